// From the words on the command line to an exit code: parse, dispatch, interrupt, report.

#include <array>
#include <memory>
#include <span>

#include "cli/command.hpp"
#include "cli/failure.hpp"
#include "cli/help.hpp"
#include "cli/plugin_command.hpp"
#include "cli/world_guard.hpp"
#include "obs/explanations.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace {

using Runner = rt::Task<Result<int>> (*)(const Command&);

Runner runner_of_sessions(Verb verb) {
  switch (verb) {
    case Verb::shell:
      return &run_shell;
    case Verb::exec:
      return &run_exec;
    case Verb::forward:
      return &run_forward;
    case Verb::ssh_proxy:
      return &run_ssh_proxy;
    case Verb::ssh_config:
      return &run_ssh_config;
    case Verb::cp:
      return &run_cp;
    case Verb::audit_sessions:
      return &run_audit_sessions;
    case Verb::plugin:
      return &run_plugin;
    default:
      return nullptr;
  }
}

Runner runner_of_dr(Verb verb) {
  switch (verb) {
    case Verb::dr_jobs:
      return &run_dr_jobs;
    case Verb::dr_drill:
      return &run_dr_drill;
    case Verb::dr_recover:
      return &run_dr_recover;
    case Verb::dr_cleanup:
      return &run_dr_cleanup;
    case Verb::dr_coverage:
      return &run_dr_coverage;
    case Verb::dr_report_deployment:
      return &run_dr_report;
    case Verb::dr_rollout:
      return &run_dr_rollout;
    case Verb::dr_status:
      return &run_dr_status;
    case Verb::dr_init:
      return &run_dr_init;
    case Verb::dr_config_show:
      return &run_dr_config_show;
    case Verb::dr_config_diff:
      return &run_dr_config_diff;
    case Verb::dr_config_apply:
      return &run_dr_config_apply;
    case Verb::dr_prepare:
      return &run_dr_prepare;
    default:
      return runner_of_sessions(verb);
  }
}

Runner runner_of_runs(Verb verb) {
  switch (verb) {
    case Verb::run:
      return &run_run;
    case Verb::runs_list:
      return &run_runs_list;
    case Verb::runs_show:
      return &run_runs_show;
    case Verb::runs_output:
      return &run_runs_output;
    case Verb::runs_export:
      return &run_runs_export;
    case Verb::runs_resume:
      return &run_runs_resume;
    case Verb::runs_cancel:
      return &run_runs_cancel;
    case Verb::runs_import:
      return &run_runs_import;
    case Verb::runs_prune:
      return &run_runs_prune;
    case Verb::ledger_verify:
      return &run_ledger_verify;
    case Verb::hold:
      return &run_hold;
    case Verb::release:
      return &run_release;
    default:
      return runner_of_dr(verb);
  }
}

Runner runner_of(Verb verb) {
  switch (verb) {
    case Verb::demo:
      return &run_demo;
    case Verb::init:
      return &run_init;
    case Verb::accounts_list:
      return &run_accounts_list;
    case Verb::accounts_check:
      return &run_accounts_check;
    case Verb::accounts_add:
      return &run_accounts_add;
    case Verb::accounts_remove:
      return &run_accounts_remove;
    case Verb::accounts_rotate:
      return &run_accounts_rotate;
    case Verb::targets:
      return &run_targets;
    case Verb::render_roles:
      return &run_render_roles;
    case Verb::render_endpoints:
      return &run_render_endpoints;
    case Verb::deploy_endpoints:
      return &run_deploy_endpoints;
    case Verb::check_endpoints:
      return &run_check_endpoints;
    case Verb::render_guardrails:
      return &run_render_guardrails;
    case Verb::check_tags:
      return &run_check_tags;
    case Verb::render_alarms:
      return &run_render_alarms;
    case Verb::deploy_alarms:
      return &run_deploy_alarms;
    case Verb::render_documents:
      return &run_render_documents;
    case Verb::deploy_documents:
      return &run_deploy_documents;
    case Verb::deploy_roles:
      return &run_deploy_roles;
    case Verb::deploy_diff:
      return &run_deploy_diff;
    case Verb::audit_who:
      return &run_audit_who;
    case Verb::audit_trail:
      return &run_audit_trail;
    case Verb::render_trail:
      return &run_render_trail;
    case Verb::deploy_delete:
      return &run_deploy_delete;
    case Verb::permissions:
      return &run_permissions;
    case Verb::why:
      return &run_why;
    case Verb::doctor:
      return &run_doctor;
    case Verb::sim_serve:
      return &run_sim_serve;
    case Verb::sim_init:
      return &run_sim_init;
    default:
      return runner_of_runs(verb);
  }
}

/// Texts that need no command: help, version, completion. Absent when there is a command to run.
std::optional<std::string> fixed_text(const Invocation& invocation, std::size_t columns) {
  if (invocation.has("--version")) return "postern " + std::string(kVersion) + "\n";
  if (invocation.has("--man")) return man_page();
  if (invocation.has("--markdown")) return markdown_reference();
  if (const auto shell = invocation.value("--completion")) return completion_script(*shell);
  if (invocation.has("--help")) {
    if (invocation.command == nullptr) return general_help(columns);
    const bool group_alone = invocation.topic != invocation.command->path &&
                             !std::string_view(invocation.command->path).starts_with(invocation.topic + " ");
    if (group_alone) return group_help(invocation.topic, columns);
    return command_help(*invocation.command, columns);
  }
  if (invocation.command == nullptr) return general_help(columns);
  return std::nullopt;
}

rt::Task<void> keep_result(rt::Task<Result<int>> task, std::optional<Result<int>>* result, rt::TaskGroup* watcher) {
  result->emplace(co_await std::move(task));
  watcher->cancel();
}

/// The first interrupt cancels the command, which drains; the second leaves at once.
rt::Task<void> watch_signals(Host host, const Command* command, rt::TaskGroup* running) {
  bool asked = false;
  for (;;) {
    const Result<os::Signal> signal = co_await host.signals->next();
    if (!signal) co_return;
    const std::function<bool(os::Signal)> taker = command->farewell().taker;
    if (!asked && taker && taker(*signal)) continue;
    if (*signal == os::Signal::window_change) continue;
    if (asked) {
      host.console->restore();
      const std::string last_words = command->farewell().text();
      (void)host.console->write(
          os::StdStream::err,
          "\npostern: left at once; " + (last_words.empty() ? "nothing is known to run on\n" : last_words));
      host.leave(kExitInterrupted);
      co_return;
    }
    asked = true;
    const Verb verb = command->invocation().command->verb;
    const bool sends = verb == Verb::run || verb == Verb::runs_resume;
    const std::string rest = sends ? ": nothing new is started; what runs remotely runs on. " : ". ";
    (void)host.console->write(os::StdStream::err, "\npostern: stopping" + rest + "Interrupt again to leave at once.\n");
    running->cancel();
  }
}

rt::Task<Result<int>> run_interruptible(Host host, const Command& command) {
  std::optional<Result<int>> result;
  rt::TaskGroup watcher(co_await rt::asio::this_coro::executor);
  rt::TaskGroup running(watcher.executor());
  running.spawn(keep_result(runner_of(command.invocation().command->verb)(command), &result, &watcher));
  if (host.signals != nullptr) watcher.spawn(watch_signals(host, &command, &running));
  co_await running.join();
  watcher.cancel();
  co_await watcher.join();
  co_return std::move(*result);
}

int report(Host host, const Result<int>& result) {
  if (result) return *result;
  std::string text = describe_failure(result.error());
  if (host.console->is_tty(os::StdStream::err)) {
    const auto size = host.console->size();
    text = fit_lines(text, size && size->columns > 20 ? size->columns : 80);
  }
  (void)host.console->write(os::StdStream::err, text);
  return exit_code_of(result.error());
}

Result<rt::Deadline> command_deadline(Host host, const Invocation& invocation) {
  const auto timeout = invocation.value("--timeout");
  if (!timeout) return rt::Deadline::never();
  TRY(const std::chrono::seconds seconds, parse_duration(*timeout, "--timeout"));
  return rt::Deadline::after(*host.clock, seconds);
}

/// Appends lines to a file that no other process has for its log.
class LogFile {
 public:
  static Result<LogFile> open(os::Files& files, const std::string& path) {
    LogFile log;
    TRY(std::unique_ptr<os::File> file, files.open(path, os::OpenMode::create, 0600));
    log.file_ = std::move(file);
    TRY_VOID(log.file_->try_lock(os::LockKind::exclusive));
    TRY(log.end_, log.file_->size());
    return log;
  }
  /// A full disk must not end the command: what does not fit is lost.
  void operator()(std::string_view line) {
    if (file_->write_at(end_, std::as_bytes(std::span(line)))) end_ += line.size();
  }

 private:
  std::shared_ptr<os::File> file_;  // shared by the copies that std::function makes
  std::uint64_t end_ = 0;
};

/// -v and -vv show the log on stderr; --log-file keeps all of it.
Result<void> open_log(Host host, const Invocation& invocation, obs::Log& log) {
  const int verbosity = invocation.count("--verbose");
  os::Console* console = host.console;
  if (verbosity > 0) {
    const obs::LogLevel level = verbosity > 1 ? obs::LogLevel::debug : obs::LogLevel::info;
    log.add(obs::LogOutput([console](std::string_view line) { (void)console->write(os::StdStream::err, line); }, level,
                           obs::LogForm::terminal));
  }
  if (const auto path = invocation.value("--log-file")) {
    Result<LogFile> file = LogFile::open(*host.files, *path);
    if (!file) return fail(Error(ErrorKind::usage, "cannot write the log to " + *path).caused_by(file.error()));
    log.add(obs::LogOutput(std::move(*file), obs::LogLevel::debug, obs::LogForm::json));
  }
  obs::LogFields fields;
  fields.emplace_back("command", std::string(invocation.command->path));
  fields.emplace_back("version", std::string(kVersion));
  log.write(obs::LogLevel::debug, "command.begin", fields);
  return Result<void>();
}

void log_end(const Invocation& invocation, obs::Log& log, int code, Duration took) {
  obs::LogFields fields;
  fields.emplace_back("command", std::string(invocation.command->path));
  fields.emplace_back("exit_code", code);
  fields.emplace_back("duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  log.write(obs::LogLevel::debug, "command.end", fields);
}

/// Commands that start a world of their own are not in that of their environment.
bool makes_worlds(Verb verb) {
  return verb == Verb::demo || verb == Verb::sim_serve || verb == Verb::sim_init;
}

rt::Task<int> run_invocation(Host host, const Invocation& invocation) {
  obs::Log log(*host.clock);
  if (const Result<void> opened = open_log(host, invocation, log); !opened)
    co_return report(host, fail(opened.error()));
  obs::Explanations explanations(log);
  const Result<rt::Deadline> deadline = command_deadline(host, invocation);
  if (!deadline) co_return report(host, fail(deadline.error()));
  const rt::CallContext ctx(*host.clock, *host.random, explanations, *deadline);
  Result<std::string> world = simulated_world(*host.environment);
  if (makes_worlds(invocation.command->verb)) world = std::string();
  if (!world) co_return report(host, fail(world.error()));
  std::optional<net::AllowDialer> fence;
  if (!world->empty()) {
    Result<net::AllowDialer> made = world_dialer(*host.dialer, *host.environment, *world);
    if (!made) co_return report(host, fail(made.error()));
    fence.emplace(std::move(*made));
    host.dialer = &*fence;
    host.world = *world;
  }
  Farewell farewell;
  const Result<Command> command = Command::make(host, ctx, invocation, Reporting(log, farewell));
  if (!command) co_return report(host, fail(command.error()));
  const MonoTime begin = host.clock->now();
  const Result<int> result = co_await run_interruptible(host, *command);
  const int code = report(host, result);
  log_end(invocation, log, code, host.clock->now() - begin);
  co_return code;
}

/// Not in the table: it has another name and other words.
constexpr CommandSpec kPlugin = {kPluginName,
                                 Verb::plugin,
                                 "RESPONSE REGION StartSession [PROFILE REQUEST [ENDPOINT]]",
                                 "",
                                 "",
                                 {},
                                 Positionals::names,
                                 {}};

}  // namespace

rt::Task<int> run_cli(Host host, std::vector<std::string> arguments) {
  const Result<Invocation> invocation = parse_command_line(arguments);
  if (!invocation) co_return report(host, fail(invocation.error()));
  const auto size = host.console->size();
  const std::size_t columns = size && size->columns >= 40 ? std::min<std::size_t>(size->columns, 120) : 80;
  if (const auto text = fixed_text(*invocation, columns)) {
    (void)host.console->write(os::StdStream::out, *text);
    co_return kExitOk;
  }
  co_return co_await run_invocation(host, *invocation);
}

rt::Task<int> run_plugin_cli(Host host, std::vector<std::string> arguments) {
  if (arguments.empty()) {
    // Installers look for these words.
    (void)host.console->write(
        os::StdStream::out,
        "\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a session.\n\n");
    co_return kExitOk;
  }
  if (arguments.front() == "--version") {
    (void)host.console->write(os::StdStream::out, std::string(session::kClientVersion) + "\n");
    co_return kExitOk;
  }
  const Result<PluginOrder> order = parse_plugin_words(arguments);
  if (!order) co_return report(host, fail(order.error()));
  Invocation invocation;
  invocation.command = &kPlugin;
  if (!order->profile.empty()) invocation.add("--profile", order->profile);
  if (!order->region.empty()) invocation.add("--region", order->region);
  if (!order->endpoint.empty()) invocation.add(kSsmEndpointOption, order->endpoint);
  invocation.words = std::move(arguments);
  co_return co_await run_invocation(host, invocation);
}

}  // namespace postern::cli
