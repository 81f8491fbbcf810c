// render roles, render alarms, render documents, render endpoints, render guardrails, render trail

#include "access/trail.hpp"
#include "base/text.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"
#include "cli/command.hpp"
#include "cli/failure.hpp"
#include "cli/render_alarms.hpp"
#include "cli/render_documents.hpp"
#include "cli/render_endpoints.hpp"
#include "cli/render_roles.hpp"
#include "os/files.hpp"

namespace postern::cli {
namespace {

Result<void> write_rendered(const Command& command, const std::string& path, const std::string& text) {
  os::Files& files = *command.host().files;
  if (files.exists(path) && !command.invocation().has("--force")) {
    return fail(ErrorKind::usage, path + " exists already; --force overwrites it");
  }
  TRY_VOID(files.write_atomically(path, text, 0644));
  command.err("wrote " + path + "\n");
  return {};
}

/// To --out, else to stdout.
Result<int> print_rendered(const Command& command, const std::string& text) {
  if (const auto out = command.invocation().value("--out")) {
    TRY_VOID(write_rendered(command, *out, text));
  } else {
    command.out(text);
  }
  return kExitOk;
}

/// A folder for several, each below it.
Result<void> write_folder(const Command& command, const std::string& folder, const RenderedRoles& rendered) {
  for (const Rendered& each : rendered.files) {
    const std::string path = os::join_path(folder, each.path);
    TRY_VOID(command.host().files->make_dirs(path.substr(0, path.rfind('/')), 0755));
    TRY_VOID(write_rendered(command, path, each.text));
  }
  return {};
}

Result<std::string> trail_text(const Invocation& invocation) {
  access::TrailOrder order;
  order.name = invocation.value("--trail-name").value_or(order.name);
  order.bucket = invocation.value("--bucket").value_or("");
  if (const auto id = invocation.value("--organization")) {
    if (!is_organization_id(*id))
      return fail(ErrorKind::usage, "--organization '" + printable(*id, 60) + "' is not o-...");
    order.organization = *id;
  }
  TRY(const cfn::Template source, access::trail_template(order));
  return invocation.value("--format") == "terraform" ? cfn::to_terraform(source) : cfn::to_cloudformation(source);
}

}  // namespace

rt::Task<Result<int>> run_render_trail(const Command& command) {
  const Invocation& invocation = command.invocation();
  CO_TRY(const std::string text, trail_text(invocation));
  if (const auto bucket = invocation.value("--bucket")) {
    command.err("note: the policy of bucket " + *bucket +
                " must let cloudtrail.amazonaws.com write below AWSLogs/; leave --bucket out to see such a policy\n");
  }
  co_return print_rendered(command, text);
}

rt::Task<Result<int>> run_render_roles(const Command& command) {
  const auto out = command.invocation().value("--out");
  const bool all = command.invocation().value("--for") == "all";
  if (all && !out) {
    co_return fail(ErrorKind::usage, "--for all makes three templates, for different accounts: give --out DIR");
  }
  CO_TRY(const std::optional<fleet::FleetFile> fleet, command.load_fleet());
  CO_TRY(const RenderedRoles rendered, render_roles(command.invocation(), fleet));
  for (const std::string& note : rendered.notes) command.err("note: " + note + "\n");
  if (all) {
    CO_TRY_VOID(write_folder(command, *out, rendered));
  } else if (out) {
    CO_TRY_VOID(write_rendered(command, *out, rendered.files.front().text));
  } else {
    command.out(rendered.files.front().text);
  }
  co_return kExitOk;
}

rt::Task<Result<int>> run_render_endpoints(const Command& command) {
  CO_TRY(const std::optional<fleet::FleetFile> fleet, command.load_fleet());
  CO_TRY(access::EndpointOrder order, endpoint_order(command.invocation()));
  order.copies = signed_copies(fleet);
  CO_TRY(const Rendered rendered, render_endpoints(command.invocation(), order));
  if (const std::string note = unsigned_note(fleet); !note.empty()) command.err("note: " + note + "\n");
  // A subnet for each zone.
  for (const std::string& note : cost_notes(order, order.subnets.size())) command.err("note: " + note + "\n");
  co_return print_rendered(command, rendered.text);
}

rt::Task<Result<int>> run_render_guardrails(const Command& command) {
  CO_TRY(const std::optional<fleet::FleetFile> fleet, command.load_fleet());
  std::vector<std::string> notes;
  CO_TRY(const Rendered rendered, render_guardrails(command.invocation(), fleet, notes));
  for (const std::string& note : notes) command.err("note: " + note + "\n");
  co_return print_rendered(command, rendered.text);
}

rt::Task<Result<int>> run_render_alarms(const Command& command) {
  CO_TRY(const Rendered rendered, render_alarms(command.invocation()));
  co_return print_rendered(command, rendered.text);
}

rt::Task<Result<int>> run_render_documents(const Command& command) {
  const std::string format = command.invocation().value("--format").value_or("cloudformation");
  CO_TRY(const Rendered rendered, render_documents(format == "document"    ? RenderFormat::document
                                                   : format == "terraform" ? RenderFormat::terraform
                                                                           : RenderFormat::cloudformation));
  co_return print_rendered(command, rendered.text);
}

}  // namespace postern::cli
