#pragma once

/// The records of a run's stream in the ledger (docs/formats/ledger.md): what was decided and what was learnt, in
/// order. A run is what its records say: RunModel folds them, live and when they are read again.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "flow/result.hpp"
#include "flow/waves.hpp"
#include "ledger/stream_writer.hpp"

namespace postern::flow {

/// What has to be between one wave and the next, in this order.
struct GatePolicy {
  GatePolicy() = default;
  Duration wait{};          ///< time to look at what the wave before did
  std::string command;      ///< run here, by this host's shell; anything but exit 0 holds the run
  bool pause = false;       ///< a person says go on
  bool first_only = false;  ///< only after the first wave
  bool any() const noexcept { return wait > Duration{} || !command.empty() || pause; }
};

/// What a run's batches are: commands of Systems Manager, or jobs of Elastic Disaster Recovery.
enum class RunKind : std::uint8_t { command, drill, recovery, cleanup };
/// "command", "drill", "recovery", "cleanup".
std::string_view to_string(RunKind kind) noexcept;

/// How the kind is spoken of.
struct RunWords {
  std::string_view service;  ///< "Systems Manager"
  std::string_view sent;     ///< "command"
  std::string_view mark;     ///< where the mark is: "comment"
  std::string_view call;     ///< "SendCommand"
};
const RunWords& words_of(RunKind kind) noexcept;

/// What a run of another kind than `command` does, besides its plan.
struct RecoverySpec {
  RecoverySpec() = default;
  std::string point;            ///< "latest", "previous" or a snapshot's id; empty for a cleanup
  std::string override_reason;  ///< why servers go that the gate would keep; empty: none did
  /// For a cleanup: the jobs that launched what it ends.
  std::vector<std::string> jobs;
};

/// How a run goes about it; recorded, so that a resumed run goes on by the same rules.
struct RunPolicy {
  RunPolicy() = default;
  std::uint32_t scopes_at_once = 16;                ///< accounts and Regions with something under way
  std::uint32_t batches_at_once = 0;                ///< commands under way in one scope; 0: any number
  std::uint32_t targets_at_once = 0;                ///< targets of these; 0: any number
  bool idempotent = false;                          ///< the user says that doing it twice does no harm
  Duration settle = std::chrono::seconds(30);       ///< how long lists may lag behind a send
  Duration throttle_max = std::chrono::minutes(5);  ///< how long a throttled send is tried again
  Duration pause_max = std::chrono::seconds(20);    ///< between two tries of one send
  std::uint32_t resend_max = 5;                     ///< sends of one batch of which no byte left this host, tried again
  /// A lost send that is not found after `settle` was not taken: every trace that it would have left was looked for.
  bool absence_proves = false;
  bool installs = false;             ///< what is sent are installations: kInstallPace
  std::optional<WallTime> deadline;  ///< nothing is sent from then on
  bool deadline_cancels = false;     ///< and what runs then is cancelled
  GatePolicy gate;
};

/// Rails that a run was sent over on purpose.
struct BreakGlass {
  BreakGlass() = default;
  std::string reason;                 ///< empty: no glass was broken
  std::vector<std::string> overrode;  ///< what would have refused the plan; empty: nothing did, when it began
  friend bool operator==(const BreakGlass&, const BreakGlass&) = default;
};

/// Who wants what, and why.
struct RunHeader {
  RunHeader() = default;
  std::string run_id;
  std::string world;          ///< "aws:aws", "sim:demo"
  std::string digest;         ///< of the plan, hex
  std::string selector;       ///< as it was given
  std::string title;          ///< what is run, in one line
  std::string operator_name;  ///< "ops@laptop"
  std::string reason;
  std::string ticket;
  /// RoleSessionName of the roles that are assumed for it; several runs of one rollout share it. Empty: not known.
  std::string session_name;
  std::string parent;               ///< --failed-of: the run that this one repeats in part
  std::vector<std::string> notify;  ///< whom else to tell (--notify); never the literal address of a webhook
  bool imported = false;            ///< put together from what Systems Manager has of it; its command is not known
  BreakGlass break_glass;
  RunKind kind = RunKind::command;
  RecoverySpec recovery;
  CommandSpec spec;
  RunPolicy policy;
};

namespace record {

struct Opened {
  Opened() = default;
  RunHeader header;
  std::uint32_t scopes = 0;  ///< how many there are of each in the records that follow
  std::uint32_t waves = 0;
  std::uint32_t batches = 0;
  std::uint32_t targets = 0;
};

/// A piece of the plan's scopes or waves.
struct Places {
  Places() = default;
  std::vector<fleet::ScopePtr> scopes;
  std::vector<WavePlan> waves;
};

/// A piece of the documents' pins.
struct Documents {
  Documents() = default;
  std::vector<DocumentPin> pins;
};

/// A piece of the frozen target list.
struct Targets {
  Targets() = default;
  std::vector<BatchPlan> batches;
  std::vector<PlanTarget> targets;  ///< of these batches, in order
};

struct Skipped {
  Skipped() = default;
  struct One {
    One() = default;
    std::uint32_t scope = 0;
    std::string instance_id;
    std::string reason;
    std::string name;
    bool unreachable = false;
  };
  std::vector<fleet::ScopePtr> scopes;  ///< of those skipped: the plan's may lack them
  std::vector<One> targets;
};

/// The plan is complete and was agreed to: work begins.
struct Started {
  Started() = default;
  std::string confirmed;  ///< how: "yes", "asked", "typed payments-prod"
};

/// A call that changes something is about to be made.
struct Intent {
  Intent() = default;
  std::string op;
  std::uint32_t batch = 0;
  std::uint32_t targets = 0;  ///< those of the batch that have not ended
  std::string replaces;       ///< the op of a send that came to nothing, if this is not the batch's first
  std::string call = "SendCommand";
};

enum class SendEnd : std::uint8_t {
  accepted,  ///< there is a command
  refused,   ///< AWS said no: nothing runs
  not_sent,  ///< no byte left this host
  lost       ///< nobody knows
};

struct SendEnded {
  SendEnded() = default;
  std::string op;
  SendEnd end = SendEnd::lost;
  std::string command_id;
  ErrorKind kind = ErrorKind::internal;  ///< unless accepted
  std::string message;
};

/// What a look for the mark of a lost send, or a person, decided.
enum class Decision : std::uint8_t {
  adopt,    ///< the command was found, or named by a person
  absent,   ///< it is not listed although lists had time to settle: held for a person, or sent again when idempotent
  reissue,  ///< a person wants it sent again
  skip      ///< a person gives its targets up: unknown
};

struct Decided {
  Decided() = default;
  std::string op;
  Decision decision = Decision::absent;
  std::string command_id;  ///< adopt
  std::string by;          ///< empty: postern
  std::string why;
};

struct TargetEnd {
  TargetEnd() = default;
  std::uint32_t target = 0;
  Outcome outcome = Outcome::unknown;
  std::optional<int> exit_code;
  std::string reason;
  bool unreachable = false;
  bool truncated = false;
  std::optional<ErrorKind> refusal;
  std::optional<ledger::Digest> out;  ///< blobs; absent: nothing was printed
  std::optional<ledger::Digest> err;
};

struct Ended {
  Ended() = default;
  std::vector<TargetEnd> targets;
};

enum class HoldCause : std::uint8_t { budget, credentials, operator_flag, gate };

/// Nothing new is sent until somebody says so.
struct Held {
  Held() = default;
  HoldCause cause = HoldCause::budget;
  std::string why;
};

/// Somebody goes on with it: another process, or after a hold.
struct Resumed {
  Resumed() = default;
  std::string by;
  bool release = false;  ///< the hold is over
  std::string why;
  std::string break_glass;  ///< why it goes on over the rails; empty: it does not
};

/// Somebody wants it to end: nothing more is sent, and what runs is cancelled.
struct Cancelling {
  Cancelling() = default;
  std::string by;
  std::string why;
};

/// The gate before a wave: reached when the wave before it has ended, passed once for all.
struct Gate {
  Gate() = default;
  std::uint32_t wave = 0;
  bool passed = false;
  std::string why;
};

/// The deadline was there before everything was sent: what was not is skipped.
struct DeadlinePassed {
  DeadlinePassed() = default;
};

struct Closed {
  Closed() = default;
  std::string status;  ///< "succeeded", "failed", "unknown", "cancelled"
  Totals totals;
};

}  // namespace record

using RunRecord =
    std::variant<record::Opened, record::Places, record::Documents, record::Targets, record::Skipped, record::Started,
                 record::Intent, record::SendEnded, record::Decided, record::Ended, record::Held, record::Resumed,
                 record::Cancelling, record::Gate, record::DeadlinePassed, record::Closed>;

/// The ledger's type ("run.opened") and body (JSON). Sensitive literals are replaced by their digests.
ledger::NewRecord encode(const RunRecord& record);
/// Malformed when a body is not what its type asks for; unsupported for a type of a newer postern.
Result<RunRecord> decode_run_record(const ledger::Record& record);

/// The command as text, for digests: everything of it that a node will see.
std::string spec_text(const CommandSpec& spec);

/// Opened, Places, Targets and Skipped records of a plan, cut to the ledger's limits.
std::vector<RunRecord> opening_records(RunHeader header, const Plan& plan);

}  // namespace postern::flow
