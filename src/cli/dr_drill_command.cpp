// dr drill, dr recover

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_candidates.hpp"
#include "cli/dr_lease.hpp"
#include "cli/dr_run.hpp"
#include "cli/failure.hpp"

namespace postern::cli {
namespace dr_drill {

constexpr std::size_t kReasonMin = 3;
constexpr std::size_t kReasonMax = 500;

Result<recovery::LaunchPolicy> chosen_policy(const Invocation& invocation, recovery::LaunchMode mode) {
  recovery::LaunchPolicy policy;
  policy.mode = mode;
  TRY(policy.point, recovery::PointChoice::parse(invocation.value("--point").value_or("latest")));
  if (const auto text = invocation.value("--max-point-age")) {
    TRY(policy.fresh, parse_duration(*text, "--max-point-age"));
  }
  if (const auto text = invocation.value("--override")) {
    policy.override_reason = std::string(trim(*text));
    if (policy.override_reason.size() < kReasonMin || policy.override_reason.size() > kReasonMax) {
      return fail(ErrorKind::usage, "--override: say why, in 3 to 500 bytes");
    }
  }
  return policy;
}

flow::RunKind kind_of(recovery::LaunchMode mode) {
  return mode == recovery::LaunchMode::drill ? flow::RunKind::drill : flow::RunKind::recovery;
}

Result<void> check_parent(const std::optional<ParentRun>& parent, flow::RunKind kind) {
  if (!parent || parent->kind == kind) return Result<void>();
  return fail(ErrorKind::usage, "run " + parent->run_id + " is no " + std::string(to_string(kind)) + ": it is a " +
                                    std::string(to_string(parent->kind)));
}

rt::Task<Result<int>> go(const Command& command, DrWork& work, DrOptions options, LaunchWanted wanted,
                         fleet::DrSettings settings) {
  const recovery::LaunchPolicy policy = wanted.policy;
  const std::string parent = wanted.parent ? wanted.parent->run_id : std::string();
  CO_TRY(Candidates candidates, co_await load_candidates(command, work, std::move(wanted)));
  const std::size_t sites = candidates.asked.scopes_asked;
  if (sites > 0 && candidates.asked.problems.size() == sites) {
    command.err(summarize_problems(candidates.asked));
    co_return exit_code_of(candidates.asked);
  }
  const bool one_point = policy.point.kind == recovery::PointChoice::Kind::named;
  if (one_point && candidates.chosen.size() != 1) {
    co_return fail(ErrorKind::usage, "--point " + policy.point.id + " is a snapshot of one server, and " +
                                         plural(candidates.chosen.size(), "server") + " are chosen");
  }
  DrOrder order;
  order.plan = recovery::plan_launches(candidates.chosen);
  order.header.kind = kind_of(policy.mode);
  order.header.parent = parent;
  order.header.recovery.point = policy.point.text();
  order.header.recovery.override_reason = policy.override_reason;
  order.header.title = std::string(to_string(order.header.kind)) + " of " +
                       plural(order.plan.targets.size(), "server") + ", point in time " + policy.point.text();
  order.chosen = std::move(candidates.chosen);
  order.instances = std::move(candidates.instances);
  order.asked = std::move(candidates.asked);
  order.doubts = std::move(candidates.doubts);
  order.settings = std::move(settings);
  co_return co_await run_dr_order(command, work, options, std::move(order));
}

rt::Task<Result<int>> launch(const Command& command, recovery::LaunchMode mode) {
  const Invocation& invocation = command.invocation();
  LaunchWanted wanted;
  wanted.words = invocation.words;
  CO_TRY(wanted.policy, chosen_policy(invocation, mode));
  CO_TRY(const DrOptions options, read_dr_options(command));
  CO_TRY(fleet::DrSettings settings, chosen_launch_settings(invocation));
  wanted.concurrency = options.concurrency;
  CO_TRY(wanted.parent, co_await chosen_parent(command));
  CO_TRY_VOID(check_parent(wanted.parent, kind_of(mode)));
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::recover));
  Result<void> ready;
  if (invocation.has("--select")) {
    Result<fleet::Selector> selector = chosen_selector(command, work.aws.fleet);
    if (selector) wanted.selector = std::move(*selector);
    if (!selector) ready = fail(selector.error());
  }
  if (ready && !invocation.has("--dry-run")) {
    ready = expect_writable(work.aws, mode == recovery::LaunchMode::drill ? "a drill" : "a recovery");
  }
  if (!ready) {
    co_await work.aws.session->close();
    co_return fail(ready.error());
  }
  Result<int> code = co_await go(command, work, options, std::move(wanted), std::move(settings));
  co_await work.aws.session->close();
  co_return code;
}

}  // namespace dr_drill

rt::Task<Result<int>> run_dr_drill(const Command& command) {
  co_return co_await dr_drill::launch(command, recovery::LaunchMode::drill);
}

rt::Task<Result<int>> run_dr_recover(const Command& command) {
  co_return co_await dr_drill::launch(command, recovery::LaunchMode::recovery);
}

}  // namespace postern::cli
