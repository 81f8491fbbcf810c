// Waves, sends, and sends in doubt.

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "flow/engine_turn.hpp"

namespace postern::flow {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestLook = std::chrono::seconds(20);  ///< between two looks for a lost send
constexpr std::size_t kTextMax = 1000;                       ///< bytes of what others said, in a record

/// 1, 2, 4 ... 20 seconds, or what else is the longest.
Duration next_pause(Duration& pause, Duration longest) {
  pause = pause == Duration{} ? kFirstPause : std::min<Duration>(pause * 2, longest);
  return pause;
}

}  // namespace

bool Engine::Turn::may_send() const {
  return e_.stopped_.empty() && !e_.model_.hold() && !e_.model_.cancelling() && !e_.model_.closed() && !is_late();
}

void Engine::Turn::begin() {
  for (std::uint32_t batch = 0; batch < e_.model_.batches().size(); ++batch) {
    switch (state(batch).phase) {
      case BatchPhase::sending:
      case BatchPhase::lost:
        POSTERN_PROBE(batch_resumed_in_doubt);
        occupy(batch);
        lost(batch);
        break;
      case BatchPhase::following:
        POSTERN_PROBE(batch_resumed_following);
        occupy(batch);
        follow(batch);
        break;
      default:
        break;
    }
  }
  if (!why_dropped().empty()) drop_waiting();
}

/// What was under way when the program ended counts against the limits like what is sent now.
void Engine::Turn::occupy(std::uint32_t batch) {
  Place& place = e_.places_[plan(batch).scope];
  live(batch).active = true;
  ++place.active;
  place.targets += plan(batch).count;
  if (place.open) return;
  place.open = true;
  ++e_.scopes_open_;
}

/// Opens the next wave when the one before it has ended: every target, so that nothing is in doubt either.
void Engine::Turn::advance_waves() {
  const RunModel& model = e_.model_;
  if (!may_send() || e_.reading_hold_ || e_.testing_gate_ || e_.gate_timer_) return;
  if (e_.wave_ && model.open_of_wave(*e_.wave_) > 0) return;
  std::uint32_t next = 0;
  while (next < model.plan().waves.size() && model.open_of_wave(next) == 0) ++next;
  if (next == model.plan().waves.size() || !gate_is_open(next)) return;
  e_.reading_hold_ = true;
  e_.wave_ = next;
  step_.actions.emplace_back(action::ReadHold());
}

void Engine::Turn::on(event::HoldRead event) {
  e_.reading_hold_ = false;
  if (event.why) {
    POSTERN_PROBE(fleet_held);
    hold(record::HoldCause::operator_flag, *event.why);
    return;
  }
  check_budget();  // a run that was taken up may have had its failures already
  if (may_send()) open_wave(*e_.wave_);
}

void Engine::Turn::open_wave(std::uint32_t wave) {
  const WavePlan& waves = e_.model_.plan().waves[wave];
  for (std::uint32_t i = 0; i < waves.batches; ++i) {
    const std::uint32_t batch = waves.first_batch + i;
    if (state(batch).phase != BatchPhase::waiting || live(batch).active) continue;
    Place& place = e_.places_[plan(batch).scope];
    if (place.queue.empty() && !place.open) e_.scopes_left_.push_back(plan(batch).scope);
    place.queue.push_back(batch);
    if (place.open) touched_.insert(plan(batch).scope);
  }
  for (const std::uint32_t scope : touched_) fill(scope);
  open_scopes();
}

std::uint32_t Engine::Turn::scopes_max() const {
  return std::max<std::uint32_t>(e_.model_.header().policy.scopes_at_once, 1);
}

void Engine::Turn::open_scopes() {
  while (may_send() && e_.scopes_open_ < scopes_max() && !e_.scopes_left_.empty()) {
    const std::uint32_t scope = e_.scopes_left_.front();
    e_.scopes_left_.pop_front();
    if (e_.places_[scope].queue.empty()) continue;
    e_.places_[scope].open = true;
    ++e_.scopes_open_;
    fill(scope);
  }
}

/// Starts what the limits of a scope allow; closes it when nothing is left to do in it.
void Engine::Turn::fill(std::uint32_t scope) {
  Place& place = e_.places_[scope];
  if (!place.open) return;
  const std::uint32_t most = e_.model_.header().policy.batches_at_once;
  const std::uint32_t most_targets = e_.model_.header().policy.targets_at_once;
  // What was adopted may have opened more scopes than are allowed: the first that is done with it steps back.
  const bool one_too_many = place.active == 0 && e_.scopes_open_ > scopes_max();
  if (one_too_many && !place.queue.empty()) e_.scopes_left_.push_back(scope);
  while (!one_too_many && may_send() && !place.queue.empty() && (most == 0 || place.active < most)) {
    const std::uint32_t batch = place.queue.front();
    const bool full = most_targets != 0 && place.active > 0 && place.targets + plan(batch).count > most_targets;
    if (full) break;
    place.queue.pop_front();
    live(batch).active = true;
    ++place.active;
    place.targets += plan(batch).count;
    send(batch);
  }
  if (one_too_many || (place.active == 0 && place.queue.empty())) {
    place.open = false;
    --e_.scopes_open_;
  }
}

/// The batch needs its place in the scope no more.
void Engine::Turn::release(std::uint32_t batch) {
  if (!live(batch).active) return;
  live(batch).active = false;
  Place& place = e_.places_[plan(batch).scope];
  CHECK(place.active > 0);
  --place.active;
  place.targets -= plan(batch).count;
  touched_.insert(plan(batch).scope);
}

void Engine::Turn::send(std::uint32_t batch) {
  record::Intent intent;
  intent.op = e_.next_id_();
  intent.batch = batch;
  intent.targets = state(batch).open;
  intent.replaces = state(batch).op;
  intent.call = std::string(words().call);
  std::vector<fleet::TargetRef> targets;
  for (std::uint32_t i = 0; i < plan(batch).count; ++i) {
    const std::uint32_t target = plan(batch).first + i;
    if (is_open(target)) targets.push_back(e_.model_.plan().ref(plan(batch), target));
  }
  action::Send send;
  send.op = intent.op;
  send.batch = batch;
  send.targets = fleet::Batch::split(targets, fleet::kBatchTargetsEver);
  CHECK(send.targets.size() == 1);
  note_down(std::move(intent));
  live(batch).since = now_.mono;
  if (!live(batch).trying_since) live(batch).trying_since = now_.mono;
  busy(batch);
  step_.actions.emplace_back(std::move(send));
}

void Engine::Turn::on(event::Sent event) {
  const std::optional<std::uint32_t> found = e_.model_.batch_of(event.op);
  CHECK(found.has_value());
  const std::uint32_t batch = *found;
  not_busy(batch);
  record::SendEnded ended;
  ended.op = event.op;
  if (event.result) {
    ended.end = record::SendEnd::accepted;
    ended.command_id = *event.result;
    note_down(std::move(ended));
    e_.running_ += state(batch).open;
    e_.places_[plan(batch).scope].accepted = now_.mono;
    Live fresh;
    fresh.active = live(batch).active;
    live(batch) = fresh;
    follow(batch);
    return;
  }
  const Error& error = event.result.error();
  ended.kind = error.kind();
  ended.message = printable(error.message(), kTextMax);
  if (is_ambiguous(error)) {
    ended.end = record::SendEnd::lost;
    POSTERN_PROBE(send_lost);
    note_down(std::move(ended));
    say(place_of(batch) + ": the answer to a send was lost (" + error.message() + "): looking for it by its " +
        std::string(words().mark));
    lost(batch);
    return;
  }
  ended.end = error.delivery() == Delivery::not_sent ? record::SendEnd::not_sent : record::SendEnd::refused;
  note_down(std::move(ended));
  refused(batch, error);
}

/// Nothing runs: it is sent again, or held, or its targets end.
void Engine::Turn::refused(std::uint32_t batch, const Error& error) {
  const RunPolicy& policy = e_.model_.header().policy;
  if (!may_send() || error.kind() == ErrorKind::cancelled) {
    POSTERN_PROBE(send_stays_for_resume);
    release(batch);
    if (!why_dropped().empty()) drop(batch);
    return;  // else it waits for a resume
  }
  if (error.kind() == ErrorKind::credentials) {
    POSTERN_PROBE(credentials_hold_sending);
    release(batch);
    hold(record::HoldCause::credentials, place_of(batch) + ": " + error.message());
    return;
  }
  if (error.kind() == ErrorKind::throttled) {
    // Others of the scope that get through show that the line moves, and the client below has learnt its rate.
    const MonoTime moved = e_.places_[plan(batch).scope].accepted.value_or(MonoTime::min());
    if (moved >= live(batch).since) live(batch).pause = Duration{};
    if (now_.mono - std::max(*live(batch).trying_since, moved) < policy.throttle_max) {
      POSTERN_PROBE(send_throttled);
      const bool first = live(batch).pause == Duration{};
      if (is_command()) {
        say(place_of(batch) + ": AWS asks for fewer requests; the send waits");
      } else if (first) {
        say(place_of(batch) + ": " + error.message() + "; the job waits");
      }
      send_again(batch, next_pause(live(batch).pause, policy.pause_max));
      return;
    }
  }
  const bool never_left = error.delivery() == Delivery::not_sent && may_pass(error.kind());
  if (never_left && live(batch).retries < policy.resend_max) {
    POSTERN_PROBE(send_never_left);
    ++live(batch).retries;
    send_again(batch, next_pause(live(batch).pause, policy.pause_max));
    return;
  }
  const std::size_t named = leave_out_named(batch, error);
  flush_ends();
  if (state(batch).phase == BatchPhase::done) return;
  if (named > 0) {
    POSTERN_PROBE(left_out_named);
    say(std::to_string(named) + " targets in " + place_of(batch) + " were refused and are left out" +
        (is_command() ? std::string() : ": " + error.message()));
    send_or_leave(batch);  // nothing was executed, the answer says so
    return;
  }
  POSTERN_PROBE(send_refused);
  if (state(batch).may_have_run) {
    end_open_targets(batch, Outcome::unknown,
                     "the answer to an earlier send was lost, and it was not sent again: " + error.message(), false);
  } else {
    end_open_targets(batch, Outcome::failed, "not sent: " + error.message(), false, error.kind());
  }
}

void Engine::Turn::send_again(std::uint32_t batch, Duration after) {
  set_timer(batch, now_.mono + after);
}

/// AWS refuses a whole batch for one bad target and names it: how many of ours it named.
std::size_t Engine::Turn::leave_out_named(std::uint32_t batch, const Error& error) {
  std::size_t named = 0;
  for (const std::string_view id : split(error.context("instances"), ' ')) {
    const std::optional<std::uint32_t> target = target_of(batch, id);
    if (!target || !is_open(*target)) continue;
    const bool twice = std::any_of(ends_.begin(), ends_.end(), [&](const auto& end) { return end.target == *target; });
    if (twice) continue;
    const Outcome outcome = state(batch).may_have_run ? Outcome::unknown : Outcome::skipped;
    end(*target, outcome, (is_command() ? "AWS refused it: " : "") + error.message(), true);
    ++named;
  }
  return named;
}

void Engine::Turn::lost(std::uint32_t batch) {
  if (state(batch).phase == BatchPhase::sending) {
    record::SendEnded ended;
    ended.op = state(batch).op;
    ended.end = record::SendEnd::lost;
    ended.message = "the program ended before the answer came";
    note_down(std::move(ended));
  }
  Live& it = live(batch);
  it.pause = Duration{};
  it.since = now_.mono;
  if (e_.stopped_.empty()) set_timer(batch, now_.mono + next_pause(it.pause, kLongestLook));
}

void Engine::Turn::look_for(std::uint32_t batch) {
  action::Find find;
  find.op = state(batch).op;
  find.batch = batch;
  find.not_before = state(batch).op_at;
  for (std::uint32_t i = 0; i < plan(batch).count; ++i) {
    const std::uint32_t target = plan(batch).first + i;
    if (is_open(target)) find.targets.push_back(e_.model_.plan().targets[target].id);
  }
  busy(batch);
  step_.actions.emplace_back(std::move(find));
}

void Engine::Turn::on(event::Found event) {
  const std::optional<std::uint32_t> found = e_.model_.batch_of(event.op);
  CHECK(found.has_value());
  const std::uint32_t batch = *found;
  not_busy(batch);
  if (event.result && *event.result) {
    record::Decided decided;
    decided.op = event.op;
    decided.decision = record::Decision::adopt;
    decided.command_id = **event.result;
    decided.why = "it is listed with our mark in its " + std::string(words().mark);
    POSTERN_PROBE(adopted_by_mark);
    say(place_of(batch) + ": found it: " + decided.command_id);
    note_down(std::move(decided));
    e_.running_ += state(batch).open;
    live(batch).pause = Duration{};
    follow(batch);
    return;
  }
  if (!e_.stopped_.empty()) return;
  live(batch).trouble = event.result ? std::string() : printable(event.result.error().message(), kTextMax);
  // A list that could be read only before it had time to settle proves nothing: the last look is after that.
  const Duration settle = e_.model_.header().policy.settle;
  const bool settled = now_.wall >= state(batch).op_at + settle && now_.mono >= live(batch).since + settle / 4;
  const bool readable = event.result.has_value();
  if (settled && (readable || now_.mono >= live(batch).since + 4 * settle)) {
    absent(batch);
    return;
  }
  const MonoTime soon = now_.mono + next_pause(live(batch).pause, kLongestLook);
  set_timer(batch, soon);
}

/// Not found: only the user's word that doing it twice does no harm lets us send it again, or that what is not listed
/// where it was looked for cannot have been taken.
void Engine::Turn::absent(std::uint32_t batch) {
  record::Decided decided;
  decided.op = state(batch).op;
  decided.decision = record::Decision::absent;
  decided.why = live(batch).trouble.empty() ? "no " + std::string(words().sent) + " with its mark is listed"
                                            : "its mark could not be looked for: " + live(batch).trouble;
  const std::string why = decided.why;
  note_down(std::move(decided));
  const RunPolicy& policy = e_.model_.header().policy;
  const bool proven = policy.absence_proves && live(batch).trouble.empty();
  if (!policy.idempotent && !proven) {
    POSTERN_PROBE(absent_held);
    say(place_of(batch) + ": the answer to a send was lost and " + why + ": a person must decide");
    release(batch);
    return;
  }
  POSTERN_PROBE(absent_reissued);
  record::Decided again;
  again.op = state(batch).op;
  again.decision = record::Decision::reissue;
  again.why = policy.idempotent ? "the run is declared idempotent"
                                : "nothing of it is listed after lists had time to settle: it was not taken";
  note_down(std::move(again));
  send_or_leave(batch);
}

/// Sends what was about to be sent before, unless things have changed since: then it gives its place up and waits for a
/// resume, or is dropped.
void Engine::Turn::send_or_leave(std::uint32_t batch) {
  check_budget();  // with everything sent there was no reason to hold; now something waits again
  if (may_send()) {
    send(batch);
    return;
  }
  release(batch);
  if (!why_dropped().empty()) drop(batch);
}

/// It is not sent any more. Skipped, unless an earlier send of it was lost: that one may have run.
void Engine::Turn::drop(std::uint32_t batch) {
  const bool doubtful = state(batch).may_have_run;
  const std::string why =
      doubtful ? "the answer to an earlier send was lost, and then " + why_dropped() : why_dropped();
  end_open_targets(batch, doubtful ? Outcome::unknown : Outcome::skipped, why, true);
}

void Engine::Turn::decide(std::uint32_t batch, record::Decided decision) {
  const bool skip = decision.decision == record::Decision::skip;
  if (skip) POSTERN_PROBE(decided_skip);
  if (decision.decision == record::Decision::adopt) POSTERN_PROBE(decided_adopt);
  if (decision.decision == record::Decision::reissue) POSTERN_PROBE(decided_reissue);
  const std::string why = "whether it ran is not known, and it was given up by " + decision.by +
                          (decision.why.empty() ? "" : ": " + decision.why);
  note_down(std::move(decision));
  clear_timer(batch);
  if (skip) end_open_targets(batch, Outcome::unknown, why, false);
  if (state(batch).phase == BatchPhase::following) e_.running_ += state(batch).open;
}

void Engine::Turn::hold(record::HoldCause cause, std::string why) {
  if (e_.model_.hold()) return;
  record::Held held;
  held.cause = cause;
  held.why = printable(why, kTextMax);
  note_down(std::move(held));
  say("held: " + why);
}

void Engine::Turn::check_budget() {
  if (!e_.wave_ || e_.model_.hold() || e_.model_.open() == 0) return;
  const WavePlan& wave = e_.model_.plan().waves[*e_.wave_];
  const std::size_t failures = e_.model_.failures(*e_.wave_);
  const std::size_t allowed = wave.budget.allowed(wave.targets);
  if (failures <= allowed) return;
  const bool all_sent = std::none_of(e_.model_.batches().begin(), e_.model_.batches().end(),
                                     [](const BatchState& one) { return one.phase == BatchPhase::waiting; });
  if (all_sent) {
    POSTERN_PROBE(all_sent_over_budget);
    return;  // what is under way runs on in any case
  }
  POSTERN_PROBE(held_over_budget);
  hold(record::HoldCause::budget, std::to_string(failures) + " of " + std::to_string(wave.targets) +
                                      " targets failed in wave '" + wave.name + "', which allows " +
                                      std::to_string(allowed) + " (--max-errors " + wave.budget.text() + ")");
}

}  // namespace postern::flow
