#include "cli/render_alarms.hpp"

#include "access/alarms.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"

namespace postern::cli {

Result<Rendered> render_alarms(const Invocation& invocation) {
  const auto scope = access::parse_alarm_scope(invocation.value("--scope").value_or("all"));
  if (!scope) return fail(ErrorKind::usage, "--scope: all, commands or recovery");
  TRY(const cfn::Template source, access::alarm_template(*scope));
  const bool terraform = invocation.value("--format") == "terraform";
  TRY(std::string text, terraform ? cfn::to_terraform(source) : cfn::to_cloudformation(source));
  Rendered out(terraform ? "alarms/main.tf" : "alarms.yaml", std::move(text));
  for (const cfn::Parameter& each : source.parameters) {
    out.parameters.emplace_back(each.name, each.default_value.has_value());
  }
  return out;
}

}  // namespace postern::cli
