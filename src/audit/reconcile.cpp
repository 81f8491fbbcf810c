#include "audit/reconcile.hpp"

#include <algorithm>
#include <map>

#include "audit/sweep.hpp"
#include "flow/import.hpp"

namespace postern::audit {
namespace reconcile_detail {

using flow::record::SendEnd;

/// Clocks of this host and of AWS may be so far apart: signatures with a larger distance are refused.
constexpr Duration kClockError = std::chrono::minutes(5);

class Matcher {
 public:
  Matcher(const flow::RunModel& model, const MutationLog& log, const Evidence& evidence, WallTime now)
      : model_(model), log_(log), evidence_(evidence), used_(evidence.events.size()), now_(now) {
    for (std::size_t i = 0; i < evidence.events.size(); ++i) {
      const TrailEvent& event = evidence.events[i];
      if (event.name != "SendCommand") continue;
      if (!event.command_id.empty()) by_command_.emplace(event.command_id, i);
      if (const auto mark = flow::parse_comment(event.comment)) by_op_.emplace(mark->op, i);
    }
    for (const Mutation& mutation : log.mutations()) {
      if (!mutation.command_id.empty()) commands_.insert(mutation.command_id);
    }
  }

  Reconciliation work(const std::set<std::string>& own_keys) {
    Reconciliation out;
    for (const Mutation& mutation : log_.mutations()) out.mutations.push_back(row_of(mutation));
    // What is certain comes first: only what is left can be recognised by its time.
    for (MutationRow& row : out.mutations) {
      if (!row.event && refused(row.mutation)) match_by_time(row);
    }
    for (std::size_t i = 0; i < used_.size(); ++i) {
      if (!used_[i]) add_event(evidence_.events[i], own_keys, out.events);
    }
    std::ranges::sort(out.events, [](const EventRow& a, const EventRow& b) {
      return a.event.time != b.event.time ? a.event.time < b.event.time : a.event.id < b.event.id;
    });
    return out;
  }

 private:
  static bool refused(const Mutation& mutation) {
    return mutation.outcome && mutation.outcome->end == SendEnd::refused;
  }

  void take(MutationRow& row, std::size_t index, Proof proof) {
    used_[index] = true;
    row.event = evidence_.events[index];
    row.proof = proof;
  }

  MutationRow row_of(const Mutation& mutation) {
    MutationRow row;
    row.mutation = mutation;
    row.scope = model_.plan().scopes[model_.plan().batches[mutation.batch].scope];
    if (const auto found = by_command_.find(mutation.command_id);
        !mutation.command_id.empty() && found != by_command_.end()) {
      take(row, found->second, Proof::command_id);
    } else if (const auto marked = by_op_.find(mutation.op); marked != by_op_.end()) {
      take(row, marked->second, Proof::mark);
    }
    judge(row);
    return row;
  }

  void judge(MutationRow& row) const {
    if (row.event) {
      judge_event(row);
    } else {
      judge_absence(row);
    }
  }

  static void judge_event(MutationRow& row) {
    const bool took = row.event->succeeded();
    const Mutation& mutation = row.mutation;
    const bool lost = !mutation.outcome || mutation.outcome->end == SendEnd::lost;
    if (lost) {
      row.match = mutation.command_id.empty() ? Match::arrived : Match::matched;
      if (row.match == Match::arrived) {
        row.note = took ? "AWS took it: command " + row.event->command_id : "AWS refused it: " + row.event->error_code;
      }
      return;
    }
    const bool accepted = mutation.outcome->end == SendEnd::accepted;
    const bool same_command = row.event->command_id.empty() || row.event->command_id == mutation.command_id;
    if (accepted == took && (!accepted || same_command) && mutation.outcome->end != SendEnd::not_sent) {
      row.match = Match::matched;
      return;
    }
    row.match = Match::disputed;
    row.note = accepted ? "the ledger has it as accepted, the event as " +
                              (took ? "command " + row.event->command_id : row.event->error_code)
                        : "the ledger says that nothing was started, the event names command " + row.event->command_id;
    if (!took && mutation.outcome->end == SendEnd::not_sent) row.note = "the ledger says that nothing left this host";
  }

  void judge_absence(MutationRow& row) const {
    const Mutation& mutation = row.mutation;
    if (evidence_.unasked.contains(site_of(*row.scope))) {
      row.match = Match::unasked;
      return;
    }
    const bool accepted = !mutation.command_id.empty();
    if (!accepted && !refused(mutation)) {
      row.match = Match::none;
      const bool not_sent = mutation.outcome && mutation.outcome->end == SendEnd::not_sent;
      row.note = not_sent ? "nothing left this host" : "the answer was lost, and no event says that it arrived";
      if (!not_sent && may_come(mutation)) row.match = Match::waiting;
      return;
    }
    if (may_come(mutation)) {
      row.match = Match::waiting;
      return;
    }
    const bool old = mutation.ended < now_ - kHistory;
    row.match = Match::missing;
    row.note = old ? "CloudTrail keeps 90 days: look into the trail's bucket" : "not delivered, or lost";
  }

  bool may_come(const Mutation& mutation) const { return mutation.ended > now_ - kDeliveryDelay; }

  /// A refused call has no command, and its event may have no parameters.
  void match_by_time(MutationRow& row) {
    const Mutation& mutation = row.mutation;
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const TrailEvent& event = evidence_.events[i];
      const bool near = event.time >= mutation.intended - kClockError && event.time <= mutation.ended + kClockError;
      const bool same_site = event.account + "/" + event.region == site_of(*row.scope);
      if (used_[i] || !near || !same_site || event.name != "SendCommand" || event.succeeded()) continue;
      if (flow::parse_comment(event.comment)) continue;  // another's
      const std::string_view session = event.actor.session_name();
      const bool others = session.starts_with("postern-") && session != model_.header().session_name;
      if (others && !model_.header().session_name.empty() && !is_own_session(event)) continue;
      take(row, i, Proof::time);
      judge(row);
      return;
    }
  }

  void add_event(const TrailEvent& event, const std::set<std::string>& own_keys, std::vector<EventRow>& out) const {
    if (event.read_only) return;
    EventRow row;
    const std::optional<flow::Mark> mark = flow::parse_comment(event.comment);
    if (mark && mark->run == model_.header().run_id) {
      row.why = "the run's mark";
    } else if (commands_.contains(event.command_id)) {
      row.why = "a command of the run";
      const bool cancels = event.name == "CancelCommand";
      const bool wanted = log_.cancelling() && event.time >= *log_.cancelling() - kClockError;
      if (cancels && wanted) row.kind = EventKind::explained;
    } else if (is_own_session(event)) {
      row.why = "the run's session";
    } else if (own_keys.contains(event.actor.access_key_id)) {
      row.why = "the run's credentials";
    } else {
      return;
    }
    const auto other = evidence_.other_commands.find(event.command_id);
    if (row.kind == EventKind::unknown && !commands_.contains(event.command_id) &&
        other != evidence_.other_commands.end()) {
      row.kind = EventKind::explained;
      row.why += ", for run " + other->second;
    }
    row.event = event;
    out.push_back(std::move(row));
  }

  /// Whoever takes a run up has another name in it, and the run's id at its end.
  bool is_own_session(const TrailEvent& event) const {
    return event.actor.session_name().ends_with("-" + model_.header().run_id);
  }

  const flow::RunModel& model_;
  const MutationLog& log_;
  const Evidence& evidence_;
  std::vector<bool> used_;
  WallTime now_;
  std::map<std::string, std::size_t> by_command_;
  std::map<std::string, std::size_t> by_op_;
  std::set<std::string> commands_;
};

}  // namespace reconcile_detail

std::string_view to_string(Match match) noexcept {
  constexpr std::string_view kWords[] = {"matched", "waiting", "missing", "arrived", "disputed", "none", "unasked"};
  return kWords[static_cast<std::size_t>(match)];
}

std::string_view to_string(Proof proof) noexcept {
  constexpr std::string_view kWords[] = {"none", "command_id", "mark", "time"};
  return kWords[static_cast<std::size_t>(proof)];
}

std::string site_of(const fleet::Scope& scope) {
  return scope.account.text() + "/" + scope.region.text();
}

std::size_t Reconciliation::count(Match match) const {
  return static_cast<std::size_t>(std::ranges::count(mutations, match, &MutationRow::match));
}

std::size_t Reconciliation::unknown_events() const {
  return static_cast<std::size_t>(std::ranges::count(events, EventKind::unknown, &EventRow::kind));
}

bool Reconciliation::agrees() const {
  return count(Match::matched) + count(Match::none) == mutations.size() && unknown_events() == 0;
}

std::set<std::string> other_runs(const Reconciliation& found, std::string_view run_id) {
  std::set<std::string> runs;
  for (const EventRow& row : found.events) {
    if (row.kind != EventKind::unknown) continue;
    const auto mark = flow::parse_comment(row.event.comment);
    if (mark && mark->run != run_id) runs.insert(mark->run);
  }
  return runs;
}

std::string_view own_session(const flow::RunHeader& header) {
  return header.session_name.ends_with("-" + header.run_id) ? std::string_view(header.session_name)
                                                            : std::string_view();
}

std::set<std::string> session_keys(const Reconciliation& found) {
  std::set<std::string> keys;
  for (const MutationRow& row : found.mutations) {
    const bool certain = row.proof == Proof::command_id || row.proof == Proof::mark;
    if (!row.event || !certain) continue;
    const std::string& key = row.event->actor.access_key_id;
    if (row.event->actor.type == "AssumedRole" && key.starts_with("ASIA")) keys.insert(key);
  }
  return keys;
}

Reconciliation reconcile(const flow::RunModel& model, const MutationLog& log, const Evidence& evidence,
                         const std::set<std::string>& own_keys, WallTime now) {
  reconcile_detail::Matcher matcher(model, log, evidence, now);
  return matcher.work(own_keys);
}

}  // namespace postern::audit
