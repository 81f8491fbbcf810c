// dr rollout

#include "cli/dr_rollout_show.hpp"
#include "cli/dr_show.hpp"
#include "cli/failure.hpp"
#include "cli/run_signals.hpp"

namespace postern::cli {
namespace dr_rollout {

rt::Task<Result<void>> install_and_confirm(RolloutWork& rollout) {
  CO_TRY_VOID(co_await rollout.probe());
  CO_TRY_VOID(co_await rollout.install());
  if (!rollout.interrupted()) CO_TRY_VOID(co_await rollout.confirm());
  co_return Result<void>();
}

rt::Task<Result<int>> roll_out(const Command& command, DrWork& work) {
  const bool dry = command.invocation().has("--dry-run");
  if (!dry) CO_TRY_VOID(expect_writable(work.aws, "a rollout (--dry-run shows the plan)"));
  CO_TRY(RolloutOrder order, rollout_order(command, work.aws.fleet));
  // Somebody who cannot be told is found before anything is called.
  CO_TRY(const std::vector<fleet::NotifyTarget> told, chosen_targets(command, work.aws.fleet));
  RolloutWork rollout(command, work, std::move(order));
  CO_TRY_VOID(co_await rollout.look());
  const bool nothing =
      rollout.discovery().scopes_asked > 0 && rollout.discovery().problems.size() == rollout.discovery().scopes_asked;
  if (nothing) {
    constexpr std::size_t kTold = 3;
    const auto& problems = rollout.discovery().problems;
    for (std::size_t i = 0; i < problems.size() && i < kTold; ++i) {
      command.err(describe_problem(*problems[i].scope, problems[i].error));
    }
    if (problems.size() > kTold) command.err(summarize_problems(rollout.discovery()));
    co_return exit_code_of(rollout.discovery());
  }
  if (!dry && command.invocation().has("--prepare")) CO_TRY_VOID(co_await rollout.prepare_roles());
  rollout.form_groups();
  if (dry) {
    CO_TRY_VOID(command.answer(rollout_answer(command, rollout, RolloutStage::plan)));
    command.err(rollout_advice(rollout) + summarize_problems(rollout.discovery()));
    co_return kExitOk;
  }
  command.err(rollout_plan_text(rollout));
  CO_TRY_VOID(co_await rollout.agree());
  CO_TRY_VOID(co_await rollout.record());
  Result<void> done = co_await install_and_confirm(rollout);
  co_await rollout.close_record();
  if (!done) co_return fail(std::move(done).error());
  co_await rollout.tell();
  CO_TRY_VOID(command.answer(rollout_answer(command, rollout, RolloutStage::done)));
  const std::string notes =
      rollout_advice(rollout) + summarize_sites(rollout.sweep()) + summarize_problems(rollout.discovery());
  if (!notes.empty()) command.err("\n" + notes);
  co_return rollout_exit_code(rollout);
}

}  // namespace dr_rollout

rt::Task<Result<int>> run_dr_rollout(const Command& command) {
  CO_TRY(DrWork work, co_await open_rollout(command));
  Result<int> code = co_await dr_rollout::roll_out(command, work);
  co_await work.aws.session->close();
  co_return code;
}

}  // namespace postern::cli
