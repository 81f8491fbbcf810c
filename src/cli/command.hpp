#pragma once

/// What a running command has: the host's effects, its own options, and the ways to answer.

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/host.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "fleet/fleet_file.hpp"
#include "obs/log.hpp"
#include "rt/context.hpp"
#include "term/color.hpp"

namespace postern::cli {

/// What is said last when somebody leaves at once: lines about what goes on without us. Empty: nothing.
struct Farewell {
  Farewell() = default;
  std::list<std::function<std::string()>> texts;  ///< of everything that is under way
  /// Of the command that runs: takes a signal itself (a session hands Ctrl-C on); false leaves it to the usual way.
  std::function<bool(os::Signal)> taker;
  std::string text() const {
    std::string all;
    for (const auto& one : texts) all += one();
    return all;
  }
};

/// What a command reports to besides stdout and stderr. Borrowed: both outlive the command.
struct Reporting {
  Reporting(obs::Log& l, Farewell& f) : log(&l), farewell(&f) {}
  obs::Log* log;
  Farewell* farewell;
};

class Command {
 public:
  /// Reads --output, --query, --color and the terminal; fails with usage.
  static Result<Command> make(Host host, rt::CallContext ctx, const Invocation& invocation, Reporting reporting);

  const Host& host() const noexcept { return host_; }
  rt::CallContext ctx() const noexcept { return ctx_; }
  const Invocation& invocation() const noexcept { return *invocation_; }
  const OutputOptions& output() const noexcept { return output_; }
  Farewell& farewell() const noexcept { return *reporting_.farewell; }
  obs::Log& log() const noexcept { return *reporting_.log; }
  std::size_t stderr_width() const;

  /// Prints to stdout / stderr. A reader that has gone is no failure of the command.
  void out(std::string_view text) const;
  void err(std::string_view text) const;
  /// Prints the document as the user asked for it.
  Result<void> answer(const Answer& answer) const;

  /// --fleet, else POSTERN_FLEET, else ./postern.yaml when it is there; absent when there is none. Warnings go to
  /// stderr.
  Result<std::optional<fleet::FleetFile>> load_fleet() const;
  /// --read-only, POSTERN_READ_ONLY=1, or the fleet file's mode.
  bool read_only(const std::optional<fleet::FleetFile>& fleet) const;

 private:
  Command(Host host, rt::CallContext ctx, const Invocation& invocation, Reporting reporting, OutputOptions output)
      : host_(host), ctx_(ctx), invocation_(&invocation), reporting_(reporting), output_(std::move(output)) {}

  Host host_;
  rt::CallContext ctx_;
  const Invocation* invocation_;
  Reporting reporting_;
  OutputOptions output_;
};

/// While it lives, its text is part of what the farewell says.
class LeaveNote {
 public:
  LeaveNote(const Command& command, std::function<std::string()> text) : farewell_(command.farewell()) {
    mine_ = farewell_.texts.insert(farewell_.texts.end(), std::move(text));
  }
  LeaveNote(const LeaveNote&) = delete;
  LeaveNote& operator=(const LeaveNote&) = delete;
  ~LeaveNote() { farewell_.texts.erase(mine_); }

 private:
  Farewell& farewell_;
  std::list<std::function<std::string()>>::iterator mine_;
};

/// While it lives, signals go to `taker` first. One at a time.
class SignalHook {
 public:
  SignalHook(const Command& command, std::function<bool(os::Signal)> taker) : farewell_(command.farewell()) {
    farewell_.taker = std::move(taker);
  }
  SignalHook(const SignalHook&) = delete;
  SignalHook& operator=(const SignalHook&) = delete;
  ~SignalHook() { farewell_.taker = nullptr; }

 private:
  Farewell& farewell_;
};

// One function per command; the value is the exit code.
rt::Task<Result<int>> run_demo(const Command& command);
rt::Task<Result<int>> run_init(const Command& command);
rt::Task<Result<int>> run_accounts_list(const Command& command);
rt::Task<Result<int>> run_accounts_check(const Command& command);
rt::Task<Result<int>> run_accounts_add(const Command& command);
rt::Task<Result<int>> run_accounts_remove(const Command& command);
rt::Task<Result<int>> run_accounts_rotate(const Command& command);
rt::Task<Result<int>> run_targets(const Command& command);
rt::Task<Result<int>> run_run(const Command& command);
rt::Task<Result<int>> run_runs_list(const Command& command);
rt::Task<Result<int>> run_runs_show(const Command& command);
rt::Task<Result<int>> run_runs_output(const Command& command);
rt::Task<Result<int>> run_runs_export(const Command& command);
rt::Task<Result<int>> run_runs_resume(const Command& command);
rt::Task<Result<int>> run_runs_cancel(const Command& command);
rt::Task<Result<int>> run_runs_import(const Command& command);
rt::Task<Result<int>> run_runs_prune(const Command& command);
rt::Task<Result<int>> run_ledger_verify(const Command& command);
rt::Task<Result<int>> run_hold(const Command& command);
rt::Task<Result<int>> run_release(const Command& command);
rt::Task<Result<int>> run_audit_who(const Command& command);
rt::Task<Result<int>> run_audit_trail(const Command& command);
rt::Task<Result<int>> run_render_trail(const Command& command);
rt::Task<Result<int>> run_render_roles(const Command& command);
rt::Task<Result<int>> run_render_alarms(const Command& command);
rt::Task<Result<int>> run_render_endpoints(const Command& command);
rt::Task<Result<int>> run_deploy_endpoints(const Command& command);
rt::Task<Result<int>> run_check_endpoints(const Command& command);
rt::Task<Result<int>> run_render_guardrails(const Command& command);
rt::Task<Result<int>> run_check_tags(const Command& command);
rt::Task<Result<int>> run_deploy_alarms(const Command& command);
rt::Task<Result<int>> run_render_documents(const Command& command);
rt::Task<Result<int>> run_deploy_documents(const Command& command);
rt::Task<Result<int>> run_deploy_roles(const Command& command);
rt::Task<Result<int>> run_deploy_diff(const Command& command);
rt::Task<Result<int>> run_deploy_delete(const Command& command);
rt::Task<Result<int>> run_dr_coverage(const Command& command);
rt::Task<Result<int>> run_dr_report(const Command& command);
rt::Task<Result<int>> run_dr_rollout(const Command& command);
rt::Task<Result<int>> run_dr_status(const Command& command);
rt::Task<Result<int>> run_permissions(const Command& command);
rt::Task<Result<int>> run_why(const Command& command);
rt::Task<Result<int>> run_dr_jobs(const Command& command);
rt::Task<Result<int>> run_dr_drill(const Command& command);
rt::Task<Result<int>> run_dr_recover(const Command& command);
rt::Task<Result<int>> run_dr_cleanup(const Command& command);
rt::Task<Result<int>> run_doctor(const Command& command);
rt::Task<Result<int>> run_dr_init(const Command& command);
rt::Task<Result<int>> run_dr_prepare(const Command& command);
rt::Task<Result<int>> run_dr_config_show(const Command& command);
rt::Task<Result<int>> run_dr_config_diff(const Command& command);
rt::Task<Result<int>> run_dr_config_apply(const Command& command);
rt::Task<Result<int>> run_shell(const Command& command);
rt::Task<Result<int>> run_exec(const Command& command);
rt::Task<Result<int>> run_cp(const Command& command);
rt::Task<Result<int>> run_forward(const Command& command);
rt::Task<Result<int>> run_ssh_proxy(const Command& command);
rt::Task<Result<int>> run_ssh_config(const Command& command);
rt::Task<Result<int>> run_audit_sessions(const Command& command);
rt::Task<Result<int>> run_plugin(const Command& command);
rt::Task<Result<int>> run_sim_serve(const Command& command);
rt::Task<Result<int>> run_sim_init(const Command& command);

}  // namespace postern::cli
