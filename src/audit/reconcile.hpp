#pragma once

/// A run of the ledger beside the events of CloudTrail: what each knows that the other does not.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.hpp"
#include "audit/mutations.hpp"
#include "fleet/types.hpp"

namespace postern::audit {

/// How a mutation stands beside its event.
enum class Match : std::uint8_t {
  matched,   ///< both say the same
  waiting,   ///< no event, and it may still come
  missing,   ///< no event, and it should have come
  arrived,   ///< the ledger does not know whether AWS took the call; the event says that it did
  disputed,  ///< they contradict each other
  none,      ///< no event, and none is to be expected: nothing was sent, or nobody knows
  unasked    ///< its account and Region could not be looked into
};
std::string_view to_string(Match match) noexcept;

/// By what an event was recognised.
enum class Proof : std::uint8_t { none, command_id, mark, time };
std::string_view to_string(Proof proof) noexcept;

struct MutationRow {
  MutationRow() = default;
  Mutation mutation;
  fleet::ScopePtr scope;
  Match match = Match::missing;
  Proof proof = Proof::none;
  std::optional<TrailEvent> event;
  std::string note;  ///< for people; may be empty
};

/// An event with the run's mark, its commands or its credentials.
enum class EventKind : std::uint8_t {
  explained,  ///< CancelCommand of a run that was being cancelled; a command of another run that shares credentials
  unknown     ///< the ledger has nothing of it
};

struct EventRow {
  EventRow() = default;
  EventKind kind = EventKind::unknown;
  TrailEvent event;
  /// It is the run's: "the run's mark", "a command of the run", "the run's session", "the run's credentials".
  std::string why;
};

struct Reconciliation {
  Reconciliation() = default;
  std::vector<MutationRow> mutations;  ///< in the ledger's order
  std::vector<EventRow> events;        ///< beside those of mutations, oldest first
  std::size_t count(Match match) const;
  std::size_t unknown_events() const;
  /// Every mutation has its event, or there can be none, and no event is unknown.
  bool agrees() const;
};

/// What was looked into. Account and Region as "444455556666/us-east-1".
struct Evidence {
  Evidence() = default;
  std::vector<TrailEvent> events;
  std::set<std::string> unasked;
  std::map<std::string, std::string> other_commands;  ///< of other runs of the ledger: the run's id by the command's
};

/// The runs, other than this one, that the marks of unknown events name.
std::set<std::string> other_runs(const Reconciliation& found, std::string_view run_id);

/// Access keys of sessions whose events were recognised: what else they did is the run's too. Keys of users are left
/// out: they are not one run's.
std::set<std::string> session_keys(const Reconciliation& found);

/// The RoleSessionName that only this run's roles had; empty: none is known, or other runs of its rollout had it too.
std::string_view own_session(const flow::RunHeader& header);

/// "444455556666/us-east-1"
std::string site_of(const fleet::Scope& scope);

/// Pure. `model` is the run's, for its plan. An event that is later than `now` minus the delivery delay may be missing
/// without a reason. `own_keys` are access keys that only this run had.
Reconciliation reconcile(const flow::RunModel& model, const MutationLog& log, const Evidence& evidence,
                         const std::set<std::string>& own_keys, WallTime now);

}  // namespace postern::audit
