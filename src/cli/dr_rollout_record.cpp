// What a rollout leaves in the ledger besides its runs.

#include "cli/dr_rollout_show.hpp"
#include "cli/failure.hpp"
#include "cli/hub_flag.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace rollout_record {

constexpr Duration kCloseTime = std::chrono::minutes(2);

Json texts(const std::vector<std::string>& all) {
  Json out = Json::array();
  for (const std::string& one : all) out.push_back(one);
  return out;
}

Json places(const std::vector<fleet::ScopePtr>& scopes) {
  Json out = Json::array();
  for (const fleet::ScopePtr& scope : scopes) {
    Json one = Json::object().set("account_id", scope->account.text()).set("account", scope->account_name);
    out.push_back(one.set("region", scope->region.text()));
  }
  return out;
}

Json targets_json(const std::vector<recovery::RolloutTarget>& targets) {
  Json rows = Json::array();
  for (const recovery::RolloutTarget& target : targets) rows.push_back(rollout_target_json(target));
  return rows;
}

void add_problems(Json& into, const std::vector<fleet::ScopeProblem>& problems, std::string_view what) {
  for (const fleet::ScopeProblem& problem : problems) {
    into.push_back(Json::object()
                       .set("place", problem.scope->label())
                       .set("why", std::string(what) + described_message(problem.error, 400)));
  }
}

rt::Task<void> close_into(RolloutRecord* record, rt::CallContext ctx, RolloutEnd end, Result<void>* done) {
  *done = co_await record->close(ctx, std::move(end));
}

}  // namespace rollout_record

rt::Task<Result<Json>> RolloutWork::header_record() {
  using namespace rollout_record;
  const Invocation& invocation = command_.invocation();
  Json header = Json::object().set("schema", "postern.rollout/1").set("world", ledger_->world);
  header.set("operator", operator_name(command_)).set("session_name", work_.aws.session->session_name());
  if (Result<aws::CallScope> hub = hub_scope(work_.aws)) {
    const Result<aws::auth::CallerIdentity> caller =
        co_await work_.aws.session->identities().identify(command_.ctx(), std::move(*hub));
    if (caller) header.set("caller_arn", caller->arn);
  }
  header.set("selector", order_.selector.to_text()).set("selected", texts(invocation.values("--select")));
  header.set("account", invocation.words.empty() ? std::string() : invocation.words.front());
  header.set("from", texts(invocation.values("--from"))).set("to", invocation.value("--to").value_or(""));
  header.set("document", documents()).set("tags", texts(order_.tags)).set("waived", texts(order_.waived));
  header.set("probe", order_.probe).set("reason", invocation.value("--reason").value_or(""));
  header.set("ticket", invocation.value("--ticket").value_or("")).set("confirmed", confirmed_);
  header.set("break_glass", glass_.reason).set("overrode", texts(glass_.overrode));
  header.set("registration_s", std::chrono::duration_cast<std::chrono::seconds>(order_.registration).count());
  co_return header;
}

RolloutEnd RolloutWork::end_record() const {
  using namespace rollout_record;
  RolloutEnd end;
  end.targets = targets_json(targets_);
  end.unasked = Json::array();
  add_problems(end.unasked, discovery_.problems, "its instances could not be listed: ");
  add_problems(end.unasked, sweep_.problems, "DRS could not be asked: ");
  Json runs = Json::array();
  for (const InstallGroup& group : groups_) {
    if (!group.came) continue;
    Json run = Json::object().set("run_id", group.came->result.run_id).set("family", group.label);
    runs.push_back(run.set("status", group.came->status));
  }
  end.closing = Json::object().set("interrupted", interrupted_).set("runs", std::move(runs));
  const recovery::RolloutTotals totals = recovery::totals_of(targets_);
  Json sums = Json::object().set("all", totals.all);
  for (const auto& [state, count] : totals.by_state) sums.set(state, count);
  end.closing.set("totals", std::move(sums));
  return end;
}

rt::Task<Result<void>> RolloutWork::record() {
  CO_TRY(ledger_, open_ledger(command_, world_label(command_, work_.aws.session.get()), LedgerUse::write));
  if (!groups_.empty()) CO_TRY_VOID(co_await refuse_open_runs());
  RolloutBegin begin;
  CO_TRY(begin.header, co_await header_record());
  begin.scopes = rollout_record::places(scopes());
  begin.sites = rollout_record::places(work_.sites);
  begin.targets = rollout_record::targets_json(targets_);
  record_ = std::make_unique<RolloutRecord>(*ledger_->store, ledger_->world, work_.aws.work_id);
  co_return co_await record_->open(command_.ctx(), std::move(begin));
}

rt::Task<void> RolloutWork::close_record() {
  using namespace rollout_record;
  if (!record_) co_return;
  const rt::CallContext outer = command_.ctx();
  const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                            rt::Deadline::after(outer.clock(), kCloseTime));
  Result<void> done;
  RolloutEnd end = end_record();
  co_await rt::uncancelled(close_into(record_.get(), ctx, std::move(end), &done));
  if (done) {
    command_.err("postern dr report deployment " + id() + " tells of this rollout again\n");
  } else {
    command_.err("warning: the ledger has no end of this rollout: " + described_message(done.error(), 400) + "\n");
  }
}

}  // namespace postern::cli
