// From an accepted send to the last target's end.

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "flow/engine_turn.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kListedOutput = 2500;                ///< characters that the listing has at most
constexpr Duration kTroubleMax = std::chrono::minutes(5);  ///< how long states may be unreadable without a pause
constexpr Duration kNewsDue = std::chrono::seconds(2);     ///< two counts that are closer say nothing of a stop
constexpr Duration kUnscouted = std::chrono::minutes(5);   ///< how long nobody looks although no scout saw an end

std::size_t shell_index(Shell shell) {
  return shell == Shell::powershell ? 1 : 0;
}

}  // namespace

void Engine::Turn::follow(std::uint32_t batch) {
  live(batch).since = now_.mono;
  const bool late = e_.model_.deadline_passed() && e_.model_.header().policy.deadline_cancels;
  if (e_.model_.cancelling() || late) ask_to_end(batch);
  if (e_.stopped_.empty()) schedule_look(batch);
}

/// The age of its command by the wall clock: it may have been sent by a process that is long gone.
Duration Engine::Turn::age_of(std::uint32_t batch) const {
  return std::max<Duration>(now_.wall - state(batch).op_at, Duration{});
}

/// The age at which a command must have ended.
Duration Engine::Turn::command_time() const {
  const CommandSpec& spec = e_.model_.header().spec;
  return spec.delivery_timeout + spec.execution_timeout + e_.model_.header().policy.settle;
}

void Engine::Turn::schedule_look(std::uint32_t batch) {
  const std::size_t shell = shell_index(plan(batch).shell);
  Scouting& scouting = e_.scouting_[shell];
  const Pace& pace = e_.pace_[shell];
  // Where all are asked to end, each is watched by itself.
  const bool by_scout = !pace.known() && !e_.model_.cancelling();
  if (by_scout && (!scouting.scout || scouting.scout == batch)) {
    scout_on(batch);
    return;
  }
  const Duration age = age_of(batch);
  const bool waits = by_scout && !scouting.some_ended;
  look_in(batch, waits ? Duration(kUnscouted) : pace.next_look(age) - age);
}

/// But no later than when its time is up.
void Engine::Turn::look_in(std::uint32_t batch, Duration gap) {
  const Duration left = command_time() - age_of(batch);
  set_timer(batch, now_.mono + (left > Duration{} ? std::min(gap, left) : gap));
}

/// Another batch of the shell that is followed, of another scope if there is one.
std::optional<std::uint32_t> Engine::Turn::next_scout(std::uint32_t after, Shell shell) const {
  const auto count = static_cast<std::uint32_t>(e_.live_.size());
  std::optional<std::uint32_t> same_scope;
  for (std::uint32_t i = 1; i < count; ++i) {
    const std::uint32_t batch = (after + i) % count;
    if (plan(batch).shell != shell || state(batch).phase != BatchPhase::following || e_.live_[batch].busy) continue;
    if (!e_.live_[batch].timer) continue;
    if (plan(batch).scope != plan(after).scope) return batch;
    if (!same_scope) same_scope = batch;
  }
  return same_scope;
}

/// The batch was looked at, or is to be the first: the next in turn takes over.
void Engine::Turn::scout_on(std::uint32_t batch) {
  Scouting& scouting = e_.scouting_[shell_index(plan(batch).shell)];
  std::uint32_t next = batch;
  if (scouting.scout) {
    next = next_scout(batch, plan(batch).shell).value_or(batch);
    const Duration age = age_of(batch);
    const Duration pause = scouting.some_ended ? unknown_pace().next_look(age) - age : Duration(kUnscouted);
    const bool goes_on = next != batch && state(batch).phase == BatchPhase::following;
    if (goes_on) look_in(batch, pause);
  }
  if (state(next).phase != BatchPhase::following) {
    scouting.scout.reset();
    return;
  }
  scouting.scout = next;
  const Duration age = age_of(next);
  look_in(next, unknown_pace().next_scouting(age) - age);
}

/// The batch is looked at no more: if it was the scout, another one is.
void Engine::Turn::retire_scout(std::uint32_t batch) {
  const Shell shell = plan(batch).shell;
  Scouting& scouting = e_.scouting_[shell_index(shell)];
  if (scouting.scout != batch) return;
  scouting.scout.reset();
  const bool needed = e_.stopped_.empty() && !e_.pace_[shell_index(shell)].known();
  const std::optional<std::uint32_t> next = needed ? next_scout(batch, shell) : std::nullopt;
  if (next) scout_on(*next);
}

/// More is known than before: whoever waits for it is looked at when it is due.
void Engine::Turn::reschedule(Shell shell) {
  for (std::uint32_t batch = 0; batch < e_.live_.size(); ++batch) {
    if (plan(batch).shell != shell || state(batch).phase != BatchPhase::following) continue;
    const bool waits = live(batch).timer && !live(batch).busy;
    if (waits && e_.scouting_[shell_index(shell)].scout != batch) schedule_look(batch);
  }
}

/// One call for all commands of the scope when several run there and nothing says that this one has ended; else its
/// own list, which tells more for the same price.
void Engine::Turn::look(std::uint32_t batch) {
  const std::uint32_t scope = plan(batch).scope;
  Place& place = e_.places_[scope];
  std::uint32_t following = 0;
  WallTime oldest = now_.wall;
  for (const std::uint32_t i : e_.of_scope_[scope]) {
    if (state(i).phase != BatchPhase::following) continue;
    ++following;
    oldest = std::min(oldest, state(i).op_at);
  }
  const Pace& pace = e_.pace_[shell_index(plan(batch).shell)];
  if (!pace.known() && e_.scouting_[shell_index(plan(batch).shell)].scout == batch) POSTERN_PROBE(look_by_scout);
  const bool expected = pace.known() && age_of(batch) >= pace.expected() && live(batch).unended < pace.expected();
  if (following < 2 || expected) {
    if (expected) POSTERN_PROBE(look_when_expected);
    list(batch);
    return;
  }
  POSTERN_PROBE(look_by_count);
  if (place.counting) {
    schedule_look(batch);
    return;
  }
  place.counting = true;
  ++e_.busy_;
  action::Count count;
  count.scope = scope;
  count.not_before = oldest;
  step_.actions.emplace_back(std::move(count));
}

void Engine::Turn::list(std::uint32_t batch) {
  action::List list;
  list.batch = batch;
  list.command_id = state(batch).command_id;
  busy(batch);
  step_.actions.emplace_back(std::move(list));
}

void Engine::Turn::on(event::Counted event) {
  e_.places_[event.scope].counting = false;
  --e_.busy_;
  if (!e_.stopped_.empty()) return;
  for (const std::uint32_t batch : e_.of_scope_[event.scope]) {
    if (state(batch).phase != BatchPhase::following || live(batch).busy) continue;
    if (!event.result) {
      unreadable(batch, event.result.error());
      continue;
    }
    const auto count = std::find_if(event.result->begin(), event.result->end(),
                                    [&](const CommandCount& one) { return one.command_id == state(batch).command_id; });
    // A command that the counts lack (a clock that is off, a lagging list) is asked for by itself.
    const bool lacks = count == event.result->end();
    if (lacks) POSTERN_PROBE(count_lacks_command);
    const bool finished = lacks || count->done || count->completed >= count->targets;
    // Some have ended, and no more since the last look: those that are left take long, or for ever.
    const bool news_due = live(batch).counted && now_.mono - *live(batch).counted >= kNewsDue;
    const bool stuck =
        !lacks && news_due && count->completed > live(batch).swept && count->completed == live(batch).completed;
    if (!lacks) {
      live(batch).completed = count->completed;
      live(batch).counted = now_.mono;
    }
    if (!finished) live(batch).unended = age_of(batch);
    if (finished || stuck) {
      clear_timer(batch);
      list(batch);
      continue;
    }
    Scouting& scouting = e_.scouting_[shell_index(plan(batch).shell)];
    const bool first = count->completed > 0 && !scouting.some_ended;
    if (first) scouting.some_ended = true;
    schedule_look(batch);
    if (first) reschedule(plan(batch).shell);
  }
}

void Engine::Turn::on(event::Listed event) {
  const std::uint32_t batch = event.batch;
  not_busy(batch);
  if (!event.result) {
    unreadable(batch, event.result.error());
    return;
  }
  Live& it = live(batch);
  it.trouble_since.reset();
  it.trouble.clear();
  const bool whole = is_whole(batch, *event.result);
  const std::uint32_t open = state(batch).open;
  if (!whole) it.unended = age_of(batch);
  for (const Invocation& invocation : *event.result) take(batch, invocation, whole);
  flush_ends();
  it.swept = plan(batch).count - state(batch).open + it.fetching;
  if (!whole && it.swept > 0) it.ended_apart = true;
  if (state(batch).phase == BatchPhase::done) return;
  Scouting& scouting = e_.scouting_[shell_index(plan(batch).shell)];
  const bool first = !scouting.some_ended && (state(batch).open < open || it.fetching > 0);
  if (first) scouting.some_ended = true;
  const Duration age = now_.wall - state(batch).op_at;
  const Duration settle = e_.model_.header().policy.settle;
  if (none_listed(batch) && now_.mono - it.since >= settle && age >= settle && it.fetching == 0) {
    // What was never listed is waited for only while something else is.
    POSTERN_PROBE(gave_up_never_listed);
    give_up(batch, std::string(words().service) + " never listed it");
  } else if (age >= command_time() && now_.mono - it.since >= e_.model_.header().policy.settle && it.fetching == 0) {
    POSTERN_PROBE(gave_up_time);
    give_up(batch, "it had not ended when its time was up; last seen: " +
                       std::string(it.started.any() ? "In Progress" : "Pending"));
  } else if (e_.stopped_.empty() && it.fetching < state(batch).open) {
    schedule_look(batch);
  }
  if (first) reschedule(plan(batch).shell);
}

/// Every target that is open has ended by this list.
bool Engine::Turn::is_whole(std::uint32_t batch, const std::vector<Invocation>& listed) const {
  std::size_t ended = 0;
  for (const Invocation& invocation : listed) {
    const std::optional<std::uint32_t> target = target_of(batch, invocation.instance_id);
    if (target && is_open(*target) && is_done(invocation.status)) ++ended;
  }
  return ended > 0 && ended >= state(batch).open;
}

void Engine::Turn::unreadable(std::uint32_t batch, const Error& error) {
  Live& it = live(batch);
  it.trouble = printable(error.message(), 600);
  if (!it.trouble_since) it.trouble_since = now_.mono;
  if (!e_.stopped_.empty()) return;
  if (error.kind() == ErrorKind::credentials) {
    // The command runs on; with other credentials its end can be read.
    POSTERN_PROBE(credentials_hold_following);
    hold(record::HoldCause::credentials, place_of(batch) + ": " + error.message());
    clear_timer(batch);
    retire_scout(batch);
    return;
  }
  // A job goes on whether anybody may look or not, what it launches costs money, and a role that was taken away comes
  // back: it is asked for until its time is up.
  const bool waits = !is_command() && age_of(batch) < command_time();
  if (!waits && (!may_pass(error.kind()) || now_.mono - *it.trouble_since >= kTroubleMax)) {
    POSTERN_PROBE(gave_up_unreadable);
    give_up(batch, "its state could not be read: " + error.message());
    return;
  }
  schedule_look(batch);
}

void Engine::Turn::give_up(std::uint32_t batch, const std::string& why) {
  end_open_targets(batch, Outcome::unknown,
                   why + " (" + std::string(words().sent) + " " + state(batch).command_id + ")", false);
}

/// None of the targets that have not ended was ever listed.
bool Engine::Turn::none_listed(std::uint32_t batch) const {
  for (std::uint32_t i = 0; i < plan(batch).count; ++i) {
    if (is_open(plan(batch).first + i) && e_.live_[batch].listed.test(i)) return false;
  }
  return true;
}

void Engine::Turn::take(std::uint32_t batch, const Invocation& invocation, bool whole) {
  const std::optional<std::uint32_t> target = target_of(batch, invocation.instance_id);
  if (!target || !is_open(*target) || e_.fetching_.contains(*target)) return;
  live(batch).listed.set(*target - plan(batch).first);
  if (!is_done(invocation.status)) {
    if (invocation.status == InvocationStatus::running) live(batch).started.set(*target - plan(batch).first);
    return;
  }
  took(batch, *target, invocation, whole);
}

/// An end by what is listed. The listing mixes stdout and stderr and cuts early: what is long or went wrong on the node
/// is read in full.
void Engine::Turn::took(std::uint32_t batch, std::uint32_t target, const Invocation& invocation, bool whole) {
  Invocation before;
  const bool started = live(batch).started.test(target - plan(batch).first);
  if (started) before.status = InvocationStatus::running;
  const TargetResult result = result_of(e_.model_.plan().ref(plan(batch), target), invocation, before);
  record::TargetEnd end;
  end.target = target;
  end.outcome = result.outcome;
  end.reason = printable(result.reason, 600);
  end.exit_code = result.exit_code;
  end.unreachable = result.unreachable;
  end.truncated = invocation.truncated || invocation.output.size() >= kListedOutput;
  const bool ran_badly = end.outcome == Outcome::failed && !end.unreachable;
  bool& learning = e_.learning_[shell_index(plan(batch).shell)];
  const bool learn = !learning && whole && !end.unreachable;
  if (!end.truncated && !ran_badly && !learn) {
    end.out = keep(invocation.output);
    ends_.push_back(std::move(end));
    return;
  }
  learning = learning || learn;
  Fetching fetching;
  fetching.wanted = end.truncated || ran_badly;
  fetching.learn = learn;
  if (fetching.wanted) POSTERN_PROBE(fetch_in_full);
  fetching.end = std::move(end);
  fetching.listed = invocation.output;
  e_.fetching_.emplace(target, std::move(fetching));
  ++live(batch).fetching;
  ++e_.busy_;
  action::Fetch fetch;
  fetch.batch = batch;
  fetch.target = target;
  fetch.command_id = state(batch).command_id;
  step_.actions.emplace_back(std::move(fetch));
}

void Engine::Turn::on(event::Fetched event) {
  const auto found = e_.fetching_.find(event.target);
  CHECK(found != e_.fetching_.end());
  Fetching fetching = std::move(found->second);
  e_.fetching_.erase(found);
  --e_.busy_;
  const std::uint32_t batch = e_.model_.batch_of_target(event.target);
  --live(batch).fetching;
  const bool in_full = event.result && fetching.wanted;
  if (!in_full) fetching.end.out = keep(fetching.listed);
  if (!event.result) {
    POSTERN_PROBE(fetch_failed);
    if (fetching.learn) e_.learning_[shell_index(plan(batch).shell)] = false;
  }
  if (event.result) {
    if (fetching.learn) learn(batch, event.result->elapsed);
    if (!fetching.end.exit_code) fetching.end.exit_code = event.result->exit_code;
    if (in_full) {
      fetching.end.out = keep(event.result->out);
      fetching.end.err = keep(event.result->err);
      fetching.end.truncated = event.result->truncated;
      const std::string note = printable(event.result->note, 600);
      if (!note.empty()) fetching.end.reason += (fetching.end.reason.empty() ? "" : "; ") + note;
    }
  }
  if (is_open(event.target)) ends_.push_back(std::move(fetching.end));
  flush_ends();
  const Live& it = live(batch);
  const bool forgotten = it.fetching == 0 && !it.busy && !it.timer && e_.stopped_.empty();
  if (forgotten && state(batch).phase == BatchPhase::following) schedule_look(batch);
}

/// A whole batch has ended: now the others are looked at when they should have. `elapsed` is what one of its targets
/// took; of use unless they were seen to take longer, or to end one by one.
void Engine::Turn::learn(std::uint32_t batch, std::optional<Duration> elapsed) {
  const std::size_t shell = shell_index(plan(batch).shell);
  const bool news = !e_.pace_[shell].known();
  const Live& it = live(batch);
  const bool alike = elapsed && *elapsed >= it.unended && it.completed == 0 && !it.ended_apart;
  e_.pace_[shell].learn(alike ? *elapsed : age_of(batch));
  if (!news || !e_.stopped_.empty()) return;
  e_.scouting_[shell].scout.reset();
  for (std::uint32_t other = 0; other < e_.live_.size(); ++other) {
    if (plan(other).shell != plan(batch).shell || state(other).phase != BatchPhase::following) continue;
    if (!live(other).timer || live(other).busy) continue;
    // Those that should have ended by now are looked at now, unless they are known to take longer.
    const Duration due = e_.pace_[shell].expected();
    if (live(other).unended >= due) continue;
    set_timer(other, now_.mono + std::max<Duration>(due - age_of(other), Duration{}));
  }
}

void Engine::Turn::cancel(record::Cancelling why) {
  if (e_.model_.cancelling()) return;
  note_down(std::move(why));
  if (!e_.begun_) return;
  drop_waiting();
  for (std::uint32_t batch = 0; batch < e_.model_.batches().size(); ++batch) {
    if (state(batch).phase == BatchPhase::following) ask_to_end(batch);
  }
}

void Engine::Turn::drop_waiting() {
  for (std::uint32_t batch = 0; batch < e_.model_.batches().size(); ++batch) {
    if (state(batch).phase != BatchPhase::waiting) continue;
    clear_timer(batch);
    drop(batch);
  }
}

void Engine::Turn::ask_to_end(std::uint32_t batch) {
  ++e_.busy_;
  action::Cancel cancel;
  cancel.batch = batch;
  cancel.command_id = state(batch).command_id;
  step_.actions.emplace_back(std::move(cancel));
}

void Engine::Turn::on(event::CancelTaken event) {
  --e_.busy_;
  if (event.result) POSTERN_PROBE(cancel_taken);
  if (!event.result) POSTERN_PROBE(cancel_refused);
  if (!event.result) say(place_of(event.batch) + ": it could not be cancelled: " + event.result.error().message());
  if (state(event.batch).phase == BatchPhase::following && e_.stopped_.empty() && !live(event.batch).busy) {
    set_timer(event.batch, now_.mono + std::chrono::seconds(1));  // most obey at once
  }
}

}  // namespace postern::flow
