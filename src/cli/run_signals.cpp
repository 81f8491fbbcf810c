#include "cli/run_signals.hpp"
#include "cli/break_glass.hpp"

#include <algorithm>

#include "adapters/notice_sender.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/run_anchor.hpp"
#include "flow/side_stream.hpp"
#include "rt/combine.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace {

constexpr Duration kTellingTime = std::chrono::minutes(1);
constexpr std::size_t kToldAtOnce = 4;
constexpr std::string_view kToldType = "run.told";

rt::CallContext telling_context(const Command& command) {
  const rt::CallContext outer = command.ctx();
  return rt::CallContext(outer.clock(), outer.random(), outer.explainer(),
                         rt::Deadline::after(outer.clock(), kTellingTime));
}

void add(std::vector<fleet::NotifyTarget>& all, fleet::NotifyTarget target) {
  if (std::find(all.begin(), all.end(), target) == all.end()) all.push_back(std::move(target));
}

/// One notice to all of its targets.
class Telling {
 public:
  Telling(rt::CallContext ctx, flow::NoticePort& port, const std::vector<fleet::NotifyTarget>& targets,
          const flow::Notice& notice, std::vector<Result<void>>& results)
      : ctx_(ctx), port_(&port), targets_(&targets), notice_(&notice), results_(&results) {}
  rt::Task<void> operator()(std::size_t index) const {
    fleet::NotifyTarget target = (*targets_)[index];
    flow::Notice notice = *notice_;
    (*results_)[index] = co_await port_->tell(ctx_, std::move(target), std::move(notice));
  }

 private:
  rt::CallContext ctx_;
  flow::NoticePort* port_;
  const std::vector<fleet::NotifyTarget>* targets_;
  const flow::Notice* notice_;
  std::vector<Result<void>>* results_;
};

rt::Task<std::vector<Result<void>>> tell_all(const Command& command, AwsWork& work,
                                             const std::vector<fleet::NotifyTarget>& targets,
                                             const flow::Notice& notice) {
  adapters::HostSecrets secrets(*command.host().environment, *command.host().files);
  adapters::NoticeSender sender(*work.session, secrets, work.fleet ? work.fleet->hub.account.text() : std::string());
  std::vector<Result<void>> results(targets.size());
  const rt::CallContext ctx = telling_context(command);
  const Telling tell(ctx, sender, targets, notice, results);
  co_await rt::for_each_bounded(targets.size(), kToldAtOnce, tell);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::string label = printable(targets[i].label(), 300);
    if (!results[i]) {
      command.err("warning: " + label + " was not told: " + described_message(results[i].error(), 400) + "\n");
    } else if (ctx.explainer().wants("notify")) {
      ctx.explainer().explain("notify", label + " was told: " + notice_subject(notice));
    }
  }
  co_return results;
}

/// Those that were not told this very state before.
rt::Task<std::vector<fleet::NotifyTarget>> not_told_yet(rt::CallContext ctx, OpenLedger& ledger,
                                                        const flow::Notice& notice,
                                                        std::vector<fleet::NotifyTarget> targets) {
  const Result<std::vector<ledger::Record>> told =
      co_await flow::read_aside(ctx, *ledger.store, flow::notice_stream(notice.run_id));
  if (!told) co_return targets;
  for (const ledger::Record& record : *told) {
    const Result<Json> body = Json::parse(record.body);
    if (record.type != kToldType || !body || (*body)["id"].to_string() != notice.id()) continue;
    if (!(*body)["told"].to_bool().value_or(false)) continue;
    const std::string label((*body)["target"].to_string().value_or(""));
    std::erase_if(targets, [&label](const fleet::NotifyTarget& target) { return target.label() == label; });
  }
  co_return targets;
}

rt::Task<void> note_told(rt::CallContext ctx, const Command& command, OpenLedger& ledger, const flow::Notice& notice,
                         const fleet::NotifyTarget& target, const Result<void>& result) {
  Json body = Json::object().set("id", notice.id()).set("event", to_string(notice.event)).set("target", target.label());
  body.set("told", result.has_value());
  if (!result) body.set("kind", to_string(result.error().kind())).set("why", printable(result.error().message(), 400));
  ledger::NewRecord record{std::string(kToldType), body.dump()};
  const Result<void> noted = co_await flow::append_aside(ctx, *ledger.store, ledger.world,
                                                         flow::notice_stream(notice.run_id), std::move(record));
  if (!noted)
    command.err("warning: who was told is not in the ledger: " + described_message(noted.error(), 400) + "\n");
}

rt::Task<void> tell_now(const Command& command, AwsWork& work, OpenLedger& ledger, const RunCame& came) {
  if (!came.notice) co_return;
  if (came.notice->event == flow::NoticeEvent::ended) co_await anchor_run(command, work, ledger, *came.notice);
  Result<std::vector<fleet::NotifyTarget>> chosen = chosen_targets(command, work.fleet);
  if (!chosen) co_return;  // said before the run began
  std::vector<fleet::NotifyTarget> targets = std::move(*chosen);
  for (const std::string& text : came.notify) {
    Result<fleet::NotifyTarget> target = fleet::NotifyTarget::parse(text);
    if (target) add(targets, std::move(*target));
  }
  if (targets.empty()) co_return;
  flow::Notice notice = *came.notice;
  notice.at = command.ctx().clock().wall_now();
  const rt::CallContext ctx = telling_context(command);
  targets = co_await not_told_yet(ctx, ledger, notice, std::move(targets));
  const std::vector<Result<void>> results = co_await tell_all(command, work, targets, notice);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    co_await note_told(ctx, command, ledger, notice, targets[i], results[i]);
  }
}

rt::Task<void> tell_glass(const Command& command, AwsWork& work, flow::Notice notice) {
  Result<std::vector<fleet::NotifyTarget>> targets = chosen_targets(command, work.fleet);
  if (!targets || targets->empty()) co_return;
  notice.at = command.ctx().clock().wall_now();
  co_await tell_all(command, work, *targets, notice);
}

}  // namespace

Result<std::vector<fleet::NotifyTarget>> chosen_targets(const Command& command,
                                                        const std::optional<fleet::FleetFile>& fleet) {
  std::vector<fleet::NotifyTarget> targets;
  for (const std::string& text : command.invocation().values("--notify")) {
    Result<fleet::NotifyTarget> target = fleet::NotifyTarget::parse(text);
    if (!target) return fail(ErrorKind::usage, "--notify: " + target.error().message());
    add(targets, std::move(*target));
  }
  if (fleet) {
    for (const fleet::NotifyTarget& target : fleet->signals.notify) add(targets, target);
  }
  if (targets.size() > fleet::kNotifyTargetsMax) {
    return fail(ErrorKind::usage,
                "--notify: more than " + std::to_string(fleet::kNotifyTargetsMax) + " of them are notified");
  }
  return targets;
}

std::vector<std::string> storable_texts(const std::vector<fleet::NotifyTarget>& targets) {
  std::vector<std::string> texts;
  for (const fleet::NotifyTarget& target : targets) {
    if (target.is_storable()) texts.push_back(target.text());
  }
  return texts;
}

rt::Task<void> tell_of_run(const Command& command, AwsWork& work, OpenLedger& ledger, const RunCame& came) {
  co_await rt::uncancelled(tell_now(command, work, ledger, came));
}

RunOpened break_glass_broadcast(const Command& command, AwsWork& work, const flow::BreakGlass& glass) {
  if (glass.reason.empty()) return {};
  return [&command, &work, why = describe_break_glass(glass)](const flow::RunModel& run) {
    return rt::uncancelled(tell_glass(command, work, flow::break_glass_notice(run.header(), run.plan(), why)));
  };
}

}  // namespace postern::cli
