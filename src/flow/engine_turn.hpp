#pragma once

/// Inside of Engine: one step under construction. Everything that the model learns goes through note_down(), so that a
/// step cannot act on what its records do not say.

#include "flow/engine.hpp"
#include "flow/probe.hpp"
#include "flow/verdict.hpp"

namespace postern::flow {

class Engine::Turn {
 public:
  Turn(Engine& engine, Moment now) : e_(engine), now_(now) {}

  void begin();
  void on(event::Sent event);
  void on(event::Found event);
  void on(event::Listed event);
  void on(event::Counted event);
  void on(event::Fetched event);
  void on(event::CancelTaken event);
  void on(event::HoldRead event);
  void on(event::GateTested event);
  void on(event::Tick event);
  void on(event::Stop event);
  void decide(std::uint32_t batch, record::Decided decision);
  void cancel(record::Cancelling why);

  /// What the events have made possible: waves, sends, the end of the run.
  Step finish();

 private:
  void note_down(RunRecord record);
  void say(std::string text) { step_.notes.push_back(std::move(text)); }
  void end(std::uint32_t target, Outcome outcome, const std::string& reason, bool unreachable,
           std::optional<ErrorKind> refusal = std::nullopt);
  void flush_ends();
  void end_open_targets(std::uint32_t batch, Outcome outcome, const std::string& reason, bool unreachable,
                        std::optional<ErrorKind> refusal = std::nullopt);

  // Sending (engine_send.cpp).
  void advance_waves();
  void open_wave(std::uint32_t wave);
  std::uint32_t scopes_max() const;
  void open_scopes();
  void fill(std::uint32_t scope);
  void send(std::uint32_t batch);
  void send_again(std::uint32_t batch, Duration after);
  void refused(std::uint32_t batch, const Error& error);
  std::size_t leave_out_named(std::uint32_t batch, const Error& error);
  void lost(std::uint32_t batch);
  void look_for(std::uint32_t batch);
  void absent(std::uint32_t batch);
  void send_or_leave(std::uint32_t batch);
  void drop(std::uint32_t batch);
  void hold(record::HoldCause cause, std::string why);
  void occupy(std::uint32_t batch);
  void release(std::uint32_t batch);
  bool may_send() const;
  void check_budget();

  // Gates and the deadline (engine_gate.cpp).
  bool gate_is_open(std::uint32_t wave);
  void open_gate(std::uint32_t wave, std::string why);
  void watch_deadline();
  void meet_deadline();
  bool is_late() const;
  std::string why_dropped() const;

  // Following (engine_follow.cpp).
  void follow(std::uint32_t batch);
  void schedule_look(std::uint32_t batch);
  void look_in(std::uint32_t batch, Duration gap);
  void scout_on(std::uint32_t batch);
  std::optional<std::uint32_t> next_scout(std::uint32_t after, Shell shell) const;
  void reschedule(Shell shell);
  void retire_scout(std::uint32_t batch);
  void learn(std::uint32_t batch, std::optional<Duration> elapsed);
  Duration age_of(std::uint32_t batch) const;
  Duration command_time() const;
  void look(std::uint32_t batch);
  void list(std::uint32_t batch);
  void unreadable(std::uint32_t batch, const Error& error);
  bool none_listed(std::uint32_t batch) const;
  void take(std::uint32_t batch, const Invocation& invocation, bool whole);
  void took(std::uint32_t batch, std::uint32_t target, const Invocation& invocation, bool whole);
  bool is_whole(std::uint32_t batch, const std::vector<Invocation>& listed) const;
  void drop_waiting();
  void ask_to_end(std::uint32_t batch);
  void give_up(std::uint32_t batch, const std::string& why);
  void close();

  void set_timer(std::uint32_t batch, MonoTime at);
  void clear_timer(std::uint32_t batch);
  void fire(std::uint32_t batch);
  void busy(std::uint32_t batch);
  void not_busy(std::uint32_t batch);
  std::optional<ledger::Digest> keep(const std::string& output);
  const RunWords& words() const { return words_of(e_.model_.header().kind); }
  const BatchPlan& plan(std::uint32_t batch) const { return e_.model_.plan().batches[batch]; }
  const BatchState& state(std::uint32_t batch) const { return e_.model_.batches()[batch]; }
  Live& live(std::uint32_t batch) { return e_.live_[batch]; }
  bool is_open(std::uint32_t target) const { return !e_.model_.targets()[target].ended; }
  std::optional<std::uint32_t> target_of(std::uint32_t batch, std::string_view instance_id) const;
  Pace unknown_pace() const { return e_.unknown_pace(); }
  bool is_command() const { return e_.model_.header().kind == RunKind::command; }
  std::string place_of(std::uint32_t batch) const { return e_.model_.plan().scope_of(plan(batch)).label(); }

  Engine& e_;
  Moment now_;
  Step step_;
  std::vector<record::TargetEnd> ends_;  ///< to be recorded together
  std::set<std::uint32_t> touched_;      ///< scopes whose places may have become free
};

}  // namespace postern::flow
