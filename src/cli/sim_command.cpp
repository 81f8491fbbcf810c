// sim serve, sim init

#include <charconv>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/demo_dr_world.hpp"
#include "cli/failure.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace sim_command {

constexpr std::size_t kFileMax = 4U << 20U;
constexpr Duration kDrainTime = std::chrono::seconds(3);

/// "127.0.0.1:8443", "[::1]:0".
Result<net::Endpoint> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  net::Endpoint at;
  if (colon != std::string::npos) {
    at.host = text.substr(0, colon);
    if (at.host.size() > 2 && at.host.front() == '[' && at.host.back() == ']')
      at.host = at.host.substr(1, at.host.size() - 2);
    const char* end = text.data() + text.size();
    const auto [stop, ec] = std::from_chars(text.data() + colon + 1, end, at.port);
    if (ec == std::errc() && stop == end && colon + 1 < text.size() && net::is_address_literal(at.host)) return at;
  }
  return fail(ErrorKind::usage, "--listen '" + printable(text, 80) + "' is not ADDRESS:PORT such as 127.0.0.1:8443");
}

Result<std::optional<std::string>> read_option(const Command& command, std::string_view option) {
  const auto path = command.invocation().value(option);
  if (!path) return std::optional<std::string>();
  Result<std::string> text = command.host().files->read(*path, kFileMax);
  if (!text) return fail(Error(ErrorKind::usage, "cannot read " + *path).caused_by(std::move(text).error()));
  return std::optional<std::string>(std::move(*text));
}

bool is_dr_example(const Invocation& invocation) {
  return invocation.value("--example") == "dr";
}

Result<CloudOrder> order_of(const Command& command) {
  const Invocation& invocation = command.invocation();
  CloudOrder order;
  TRY(order.world_yaml, read_option(command, "--world"));
  order.world_file = invocation.value("--world").value_or("");
  if (invocation.has("--example") && order.world_yaml) {
    return fail(ErrorKind::usage, "--world and --example: one of the two");
  }
  if (is_dr_example(invocation)) {
    order.world_yaml = dr_world_yaml();
    order.world_file = "the example dr";
  }
  TRY(order.faults_yaml, read_option(command, "--faults"));
  order.faults_file = invocation.value("--faults").value_or("");
  if (const auto listen = invocation.value("--listen")) {
    TRY(order.listen, parse_listen(*listen));
  }
  order.plain_door = invocation.has("--plain");
  order.truth_socket = invocation.value("--truth").value_or("");
  order.metadata_of = invocation.value("--metadata").value_or("");
  if (invocation.has("--verbose")) {
    const Command* said_by = &command;
    order.on_request = [said_by](std::string_view line) { said_by->err(std::string(line) + "\n"); };
  }
  return order;
}

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

/// The files that a served cloud leaves while it runs.
class ServedFiles {
 public:
  explicit ServedFiles(os::Files& files) : files_(files) {}
  ServedFiles(const ServedFiles&) = delete;
  ServedFiles& operator=(const ServedFiles&) = delete;
  ~ServedFiles() {
    for (const std::string& path : made_) (void)files_.remove(path);
  }
  Result<void> write(const std::string& path, std::string_view text) {
    TRY_VOID(files_.write_atomically(path, text, 0600));
    made_.push_back(path);
    return {};
  }

 private:
  os::Files& files_;
  std::vector<std::string> made_;
};

/// CA, fleet and environment files; the last one is written when all else is ready.
Result<void> write_env(const Command& command, const RunningCloud& cloud, ServedFiles& made) {
  const auto path = command.invocation().value("--env-file");
  if (!path) return {};
  const std::string& base = *path;
  const std::string absolute =
      base.starts_with('/') ? base : os::join_path(command.host().environment->get("PWD").value_or("."), base);
  std::vector<std::pair<std::string, std::string>> variables = cloud.environment();
  if (!cloud.ca_pem().empty()) {
    TRY_VOID(made.write(base + ".ca.pem", cloud.ca_pem()));
    variables.emplace_back("AWS_CA_BUNDLE", absolute + ".ca.pem");
  }
  if (!cloud.fleet_yaml().empty()) {
    TRY_VOID(made.write(base + ".fleet.yaml", cloud.fleet_yaml()));
    variables.emplace_back("POSTERN_FLEET", absolute + ".fleet.yaml");
  }
  if (!cloud.plain_url().empty()) variables.emplace_back("POSTERN_SIM_PLAIN_URL", cloud.plain_url());
  std::string text = "# SIMULATED: the cloud " + cloud.world_id() + ", served by `postern sim serve`\n";
  // What the user has set for real accounts must not get into the simulated one, nor the reverse.
  text += "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE\n";
  const std::string metadata = cloud.metadata_url();
  text += "export AWS_EC2_METADATA_DISABLED=" + std::string(metadata.empty() ? "true" : "false") + "\n";
  if (!metadata.empty()) variables.emplace_back("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata);
  for (const auto& [name, value] : variables) text += "export " + name + "=" + quoted(value) + "\n";
  // An AWS CLI older than 2.13 does not read AWS_ENDPOINT_URL.
  text += "aws() { command aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"; }\n";
  return made.write(base, text);
}

rt::Task<Result<int>> serve(const Command& command, RunningCloud& cloud) {
  ServedFiles made(*command.host().files);
  CO_TRY_VOID(write_env(command, cloud, made));
  std::string said =
      "SIMULATED: " + cloud.world_id() + ", " + cloud.summary() + "\n  at " + cloud.endpoint_url() + "\n";
  if (!cloud.plain_url().empty()) said += "  at " + cloud.plain_url() + " (plain HTTP)\n";
  if (!cloud.metadata_url().empty()) {
    said +=
        "  metadata of " + command.invocation().value("--metadata").value_or("") + " at " + cloud.metadata_url() + "\n";
  }
  if (const auto socket = command.invocation().value("--truth")) said += "  truth at " + *socket + "\n";
  if (const auto file = command.invocation().value("--env-file")) {
    const std::string dot = file->find('/') == std::string::npos ? "./" + *file : *file;
    said += "In another shell: . " + dot + "; aws sts get-caller-identity\n";
  } else {
    said += "With --env-file FILE, `. FILE` points every AWS tool at it.\n";
  }
  command.err(said + "Ctrl-C ends it.\n");
  const rt::Deadline deadline = command.ctx().deadline();
  MonoTime end = MonoTime::max();
  if (!deadline.is_never()) end = deadline.at();
  (void)co_await rt::sleep_until(command.ctx().clock(), end);
  co_return kExitOk;
}

Result<std::optional<fleet::FleetFile>> fleet_option(const Command& command) {
  TRY(const std::optional<std::string> text, read_option(command, "--from-fleet"));
  if (!text) return std::optional<fleet::FleetFile>();
  TRY(fleet::FleetFile file, fleet::parse_fleet_file(*text, *command.invocation().value("--from-fleet")));
  return std::optional<fleet::FleetFile>(std::move(file));
}

}  // namespace sim_command

rt::Task<Result<int>> run_sim_serve(const Command& command) {
  using namespace sim_command;
  if (command.host().clouds == nullptr)
    co_return fail(ErrorKind::unsupported, "this program has no simulated cloud built in");
  CO_TRY(CloudOrder order, order_of(command));
  // Without the command's deadline: what is under way when it passes is still answered.
  const rt::CallContext ctx(command.ctx().clock(), command.ctx().random(), command.ctx().explainer());
  CO_TRY(std::unique_ptr<RunningCloud> cloud, co_await command.host().clouds->start(ctx, std::move(order)));
  Result<int> code = co_await serve(command, *cloud);
  co_await rt::uncancelled(cloud->drain(ctx.within(kDrainTime)));
  co_await rt::uncancelled(cloud->stop());
  co_return code;
}

rt::Task<Result<int>> run_sim_init(const Command& command) {
  using namespace sim_command;
  if (command.host().clouds == nullptr)
    co_return fail(ErrorKind::unsupported, "this program has no simulated cloud built in");
  CO_TRY(const std::optional<fleet::FleetFile> fleet, fleet_option(command));
  if (fleet && command.invocation().has("--example")) {
    co_return fail(ErrorKind::usage, "--from-fleet and --example: one of the two");
  }
  CO_TRY(std::string yaml, command.host().clouds->world_file(fleet));
  if (is_dr_example(command.invocation())) yaml = dr_world_yaml();
  const auto path = command.invocation().value("--out");
  if (!path) {
    command.out(yaml);
    co_return kExitOk;
  }
  os::Files& files = *command.host().files;
  if (files.exists(*path) && !command.invocation().has("--force")) {
    co_return fail(ErrorKind::usage, *path + " exists already; --force overwrites it");
  }
  CO_TRY_VOID(files.write_atomically(*path, yaml, 0644));
  command.err("wrote " + *path + "; serve it with: postern sim serve --world " + *path + " --env-file sim.env\n");
  co_return kExitOk;
}

}  // namespace postern::cli
