#pragma once

/// Engine: decides what a run does next. Pure: no clock, no I/O, no task. Every step takes an event and the time, and
/// gives records to be made durable first and actions to be done after that - in this order, which is what makes a
/// crash at any moment leave an intent behind for every call that may have been made.

#include <array>
#include <bitset>
#include <deque>
#include <functional>
#include <set>
#include <unordered_map>

#include "flow/command_port.hpp"
#include "flow/pace.hpp"
#include "flow/run_model.hpp"

namespace postern::flow {

struct Moment {
  Moment(MonoTime m, WallTime w) : mono(m), wall(w) {}
  MonoTime mono;
  WallTime wall;
};

namespace action {

/// SendCommand, once, never again by itself.
struct Send {
  Send() = default;
  std::string op;
  std::uint32_t batch = 0;
  std::vector<fleet::Batch> targets;  ///< exactly one; a Batch cannot be made empty
};
/// Look for a lost send by its mark.
struct Find {
  Find() = default;
  std::string op;
  std::uint32_t batch = 0;
  WallTime not_before;
  std::vector<fleet::InstanceId> targets;
};
/// All invocations of a batch's command.
struct List {
  List() = default;
  std::uint32_t batch = 0;
  std::string command_id;
};
/// The counts of a scope's commands that were sent at `not_before` or later.
struct Count {
  Count() = default;
  std::uint32_t scope = 0;
  WallTime not_before;
};
/// One target's whole output and elapsed time.
struct Fetch {
  Fetch() = default;
  std::uint32_t batch = 0;
  std::uint32_t target = 0;
  std::string command_id;
};
struct Cancel {
  Cancel() = default;
  std::uint32_t batch = 0;
  std::string command_id;
};
/// Whether somebody holds the fleet (postern hold); asked before every wave.
struct ReadHold {
  ReadHold() = default;
};

/// The command of the gate before a wave, on this host.
struct TestGate {
  TestGate() = default;
  std::uint32_t wave = 0;
};

}  // namespace action

using Action = std::variant<action::Send, action::Find, action::List, action::Count, action::Fetch, action::Cancel,
                            action::ReadHold, action::TestGate>;

namespace event {

struct Sent {
  Sent(std::string o, Result<std::string> r) : op(std::move(o)), result(std::move(r)) {}
  std::string op;
  Result<std::string> result;  ///< the command's id
};
struct Found {
  Found(std::string o, Result<std::optional<std::string>> r) : op(std::move(o)), result(std::move(r)) {}
  std::string op;
  Result<std::optional<std::string>> result;
};
struct Listed {
  Listed(std::uint32_t b, Result<std::vector<Invocation>> r) : batch(b), result(std::move(r)) {}
  std::uint32_t batch;
  Result<std::vector<Invocation>> result;
};
struct Counted {
  Counted(std::uint32_t s, Result<std::vector<CommandCount>> r) : scope(s), result(std::move(r)) {}
  std::uint32_t scope;
  Result<std::vector<CommandCount>> result;
};
struct Fetched {
  Fetched(std::uint32_t t, Result<Output> r) : target(t), result(std::move(r)) {}
  std::uint32_t target;
  Result<Output> result;
};
struct CancelTaken {
  CancelTaken(std::uint32_t b, Result<void> r) : batch(b), result(std::move(r)) {}
  std::uint32_t batch;
  Result<void> result;
};
struct HoldRead {
  explicit HoldRead(std::optional<std::string> w) : why(std::move(w)) {}
  std::optional<std::string> why;  ///< set: who holds the fleet and why
};
struct GateTested {
  explicit GateTested(std::optional<std::string> w) : why_not(std::move(w)) {}
  std::optional<std::string> why_not;  ///< set: the command did not exit with 0
};
/// Time has passed: at least to next_wake().
struct Tick {
  Tick() = default;
};
/// Nothing more is to be sent; what is under way is left as it is.
struct Stop {
  explicit Stop(std::string w) : why(std::move(w)) {}
  std::string why;
};

}  // namespace event

using RunEvent = std::variant<event::Sent, event::Found, event::Listed, event::Counted, event::Fetched,
                              event::CancelTaken, event::HoldRead, event::GateTested, event::Tick, event::Stop>;

struct Step {
  Step() = default;
  std::vector<RunRecord> records;   ///< first all of these, durable
  std::vector<ledger::Blob> blobs;  ///< what the records refer to
  std::vector<Action> actions;      ///< then these, in any order
  std::vector<std::string> notes;   ///< for people
};

class Engine {
 public:
  using NextId = std::function<std::string()>;

  /// `model` has all of the run's records, Started included. Ids for intents come from `next_id`.
  Engine(RunModel model, NextId next_id);

  /// Takes the run up, for the first time or after a crash: what was in doubt is looked for, what ran is followed.
  Step begin(Moment now);
  Step on(RunEvent event, Moment now);

  /// A person's decision about a send in doubt, before begin(); the step has records only. Adopt needs the command's
  /// id. Usage when the batch is in no doubt.
  Result<Step> decide(std::uint32_t batch, record::Decision decision, std::string command_id, std::string by,
                      std::string why, Moment now);
  /// Nothing more is sent and what runs is cancelled. Before begin() the step has records only; begin() does the work.
  Step cancel(std::string by, std::string why, Moment now);

  const RunModel& model() const noexcept { return model_; }
  /// When the next Tick is due; absent: only events can change anything.
  std::optional<MonoTime> next_wake() const;
  /// Nothing is under way and nothing will be: closed, held, in doubt, or stopped.
  bool idle() const;
  /// Targets whose command was sent and has not ended.
  std::size_t running() const noexcept { return running_; }
  const std::string& stopped() const noexcept { return stopped_; }  ///< why; empty: it goes on

 private:
  /// What a batch does right now; forgotten by a crash.
  struct Live {
    Live() = default;
    bool busy = false;    ///< a call about it is under way
    bool active = false;  ///< counts against the limits of its scope
    std::optional<MonoTime> timer;
    unsigned retries = 0;
    Duration pause{};
    MonoTime since;                        ///< of the send, or of its loss
    std::optional<MonoTime> trying_since;  ///< the first send that was refused or did not leave
    std::optional<MonoTime> trouble_since;
    std::string trouble;
    std::bitset<fleet::kBatchTargetsEver> listed;   ///< by target: it was listed
    std::bitset<fleet::kBatchTargetsEver> started;  ///< by target: it was seen running
    std::uint32_t fetching = 0;
    std::size_t completed = 0;        ///< targets that had ended when its command was counted last
    std::size_t swept = 0;            ///< when it was listed last
    std::optional<MonoTime> counted;  ///< when its command was counted last
    bool ended_apart = false;         ///< it was listed when some had ended and some had not
    Duration unended{};               ///< the age at which it was last seen not to have ended
  };
  struct Place {
    Place() = default;
    std::deque<std::uint32_t> queue;  ///< waiting batches of the current wave
    std::uint32_t active = 0;
    std::uint32_t targets = 0;  ///< of the batches that are active
    bool open = false;          ///< counts against scopes_at_once
    bool counting = false;
    std::optional<MonoTime> accepted;  ///< the last send that AWS took
  };
  /// While nothing is known of how long commands take, one is looked at on behalf of all, another each time: a fleet
  /// costs as many looks as one account.
  struct Scouting {
    Scouting() = default;
    std::optional<std::uint32_t> scout;  ///< batch
    bool some_ended = false;             ///< targets have ended, but no whole batch: the others are looked at too
  };
  struct Fetching {
    Fetching() = default;
    record::TargetEnd end;
    std::string listed;   ///< its output as the listing had it: kept with the record of its end, not before
    bool wanted = false;  ///< the output, not just the time that it took
    bool learn = false;   ///< its batch had ended as a whole: the time tells how long they take
  };

  class Turn;  ///< one step under construction
  friend class Turn;
  Pace unknown_pace() const;

  RunModel model_;
  NextId next_id_;
  std::vector<Live> live_;
  std::vector<Place> places_;                         ///< by scope
  std::vector<std::vector<std::uint32_t>> of_scope_;  ///< batches
  std::deque<std::uint32_t> scopes_left_;             ///< of the current wave, not opened
  std::uint32_t scopes_open_ = 0;
  std::optional<std::uint32_t> wave_;  ///< the wave that is under way
  bool begun_ = false;
  bool reading_hold_ = false;
  bool testing_gate_ = false;
  std::optional<MonoTime> gate_timer_;      ///< the end of a gate's wait
  std::optional<MonoTime> deadline_timer_;  ///< while there is something to send
  std::set<std::pair<MonoTime, std::uint32_t>> timers_;
  std::unordered_map<std::uint32_t, Fetching> fetching_;  ///< by target; looked up only
  std::array<Pace, 2> pace_;                              ///< by shell
  std::array<Scouting, 2> scouting_;
  std::array<bool, 2> learning_{};
  std::size_t busy_ = 0;
  std::size_t running_ = 0;
  std::string stopped_;
};

}  // namespace postern::flow
