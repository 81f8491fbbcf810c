#include "sim/live_agents.hpp"

#include "base/text.hpp"
#include "sim/agents/live_node.hpp"

namespace postern::sim {
namespace live_agents {

/// The service keeps 24,000 and 8,000 characters, of up to four bytes each.
constexpr std::size_t kOutputBytesMax = 4 * 24'000;
constexpr std::size_t kErrorBytesMax = 4 * 8'000;
/// Of a command whose whole output is kept elsewhere.
constexpr std::size_t kFullOutputBytesMax = 4 * 1024 * 1024;
constexpr int kSignalBase = 128;
constexpr int kKilledExit = 137;

StepOutcome outcome_of(Result<os::ProcessResult> result) {
  using End = StepOutcome::End;
  StepOutcome outcome;
  if (!result) {
    const Error& error = result.error();
    outcome.exit_code = error.kind() == ErrorKind::timeout || error.kind() == ErrorKind::cancelled ? kKilledExit : 1;
    if (error.kind() == ErrorKind::timeout) outcome.end = End::timed_out;
    if (error.kind() == ErrorKind::cancelled) outcome.end = End::cancelled;
    if (outcome.end == End::failed) outcome.errors = error.to_text() + "\n";
    return outcome;
  }
  outcome.exit_code = result->signal != 0 ? kSignalBase + result->signal : result->exit_code;
  outcome.end = outcome.exit_code == 0 ? End::success : End::failed;
  outcome.output = scrub_utf8(result->output);
  outcome.errors = scrub_utf8(result->errors);
  if (outcome.exit_code != 0) {
    outcome.errors += "failed to run commands: exit status " + std::to_string(outcome.exit_code);
  }
  return outcome;
}

}  // namespace live_agents

LiveAgents::LiveAgents(rt::Executor executor, rt::CallContext ctx, os::Processes& processes, os::Files& files,
                       LiveAgentOptions options)
    : ctx_(ctx),
      processes_(processes),
      files_(files),
      options_(std::move(options)),
      slots_(options_.running_max),
      tasks_(executor) {}

Result<void> LiveAgents::start() {
  TRY_VOID(files_.make_dirs(options_.root_dir, 0700));
  started_ = true;
  return {};
}

void LiveAgents::deliver(Work work, WorkListener& listener) {
  tasks_.spawn(supervise(std::move(work), &listener));
}

void LiveAgents::cancel(const WorkKey& key) {
  const auto found = running_.find(key);
  if (found != running_.end()) found->second->cancel();
}

rt::Task<void> LiveAgents::supervise(Work work, WorkListener* listener) {
  WorkOutcome outcome;
  bool accepted = false;
  rt::TaskGroup group(tasks_.executor());
  running_[work.key] = &group;
  group.spawn(execute(&work, listener, &outcome, &accepted));
  co_await group.join();
  running_.erase(work.key);
  if (accepted) listener->finished(work.key, std::move(outcome));
}

rt::Task<void> LiveAgents::execute(const Work* work, WorkListener* listener, WorkOutcome* outcome, bool* accepted) {
  const Result<void> waited = co_await rt::sleep_until(ctx_.clock(), ctx_.now() + work->pick_up_delay);
  if (!waited) co_return;
  const Result<void> slot = co_await slots_.acquire();
  if (!slot) co_return;
  const rt::Semaphore::Permit permit(slots_);
  *accepted = listener->picked_up(work->key);
  if (!*accepted) co_return;
  for (;;) {
    const std::optional<std::size_t> next = next_step(*work->steps, outcome->steps);
    if (!next) co_return;
    if (!outcome->steps.empty()) listener->progressed(work->key, outcome->steps);
    Result<os::ProcessResult> result = co_await run_script(*work, (*work->steps)[*next]);
    outcome->steps.push_back(live_agents::outcome_of(std::move(result)));
  }
}

rt::Task<Result<os::ProcessResult>> LiveAgents::run_script(const Work& work, const WorkStep& step) {
  Result<os::ProcessSpec> spec = prepare(work, step);
  if (!spec) co_return fail(std::move(spec).error());
  co_return co_await processes_.run(ctx_.within(step.timeout), std::move(*spec));
}

Result<os::ProcessSpec> LiveAgents::prepare(const Work& work, const WorkStep& step) {
  if (work.platform == Platform::windows || step.action == "aws:runPowerShellScript") {
    return fail(ErrorKind::unsupported, "a live agent of the simulated cloud cannot run PowerShell");
  }
  if (step.action != "aws:runShellScript") {
    return fail(ErrorKind::unsupported, "a live agent of the simulated cloud cannot run " + step.action);
  }
  LiveNodeName name;
  name.id = work.key.instance_id;
  name.host = work.host_name;
  name.region = work.region;
  name.platform = work.platform_name;
  name.platform_version = work.platform_version;
  TRY(LiveNode node, prepare_live_node(files_, options_.root_dir, name, work.programs));
  const std::string command = os::join_path(os::join_path(node.folder, "orchestration"), work.key.command_id);
  // A single step has the command's folder to itself, as ever.
  const std::string folder = work.steps->size() == 1 ? command : os::join_path(command, step.name);
  TRY_VOID(files_.make_dirs(folder));
  std::string script;
  for (const std::string& line : step.commands) script += line + "\n";
  const std::string path = os::join_path(folder, "_script.sh");
  TRY_VOID(write_whole_file(files_, path, script, 0700));

  os::ProcessSpec spec;
  // The agent starts `sh -c PATH`, so that a first line with #! chooses the interpreter; without one the shell reads
  // it, which also works where the root's file system forbids execution.
  if (!script.starts_with("#!")) spec.argv.push_back(options_.shell);
  spec.argv.push_back(path);
  spec.working_dir = step.working_directory.empty() ? folder : step.working_directory;
  const bool kept_whole = !work.output_bucket.empty() || !work.log_group.empty();
  spec.stdout_max_bytes = kept_whole ? live_agents::kFullOutputBytesMax : live_agents::kOutputBytesMax;
  spec.stderr_max_bytes = kept_whole ? live_agents::kFullOutputBytesMax : live_agents::kErrorBytesMax;
  spec.environment = std::move(node.environment);
  spec.environment->emplace_back("SSM_COMMAND_ID", work.key.command_id);
  return spec;
}

rt::Task<void> LiveAgents::stop() {
  tasks_.cancel();
  co_await tasks_.join();
  if (!started_) co_return;
  started_ = false;
  // By a child process: it removes links instead of following them.
  os::ProcessSpec spec;
  spec.argv.emplace_back("rm");
  spec.argv.emplace_back("-rf");
  spec.argv.emplace_back("--");
  spec.argv.push_back(options_.root_dir);
  const Result<os::ProcessResult> removed = co_await processes_.run(ctx_, std::move(spec));
  if (!removed || !removed->succeeded()) {
    ctx_.explainer().explain("sim.agents", "cannot remove " + options_.root_dir);
  }
}

}  // namespace postern::sim
