#pragma once

/// The calls of a run that changed something, as its records in the ledger tell them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/run_model.hpp"

namespace postern::audit {

/// One SendCommand: an intent, and what came of it.
struct Mutation {
  Mutation() = default;
  std::string op;  ///< the mark in the command's comment
  std::uint32_t batch = 0;
  WallTime intended;
  WallTime ended;                                  ///< the same as `intended` while there is no outcome
  std::optional<flow::record::SendEnded> outcome;  ///< absent: the process died in between
  std::optional<flow::record::Decision> decision;  ///< of a lost one
  std::string command_id;                          ///< of an accepted or adopted one
};

/// Folds the records of one run, in their order.
class MutationLog {
 public:
  void add(const flow::RunRecord& record, WallTime at);
  const std::vector<Mutation>& mutations() const noexcept { return mutations_; }
  /// When somebody first wanted the run to be cancelled, or its deadline passed: CancelCommand is expected from then
  /// on.
  const std::optional<WallTime>& cancelling() const noexcept { return cancelling_; }

 private:
  Mutation* find(const std::string& op);

  std::vector<Mutation> mutations_;
  std::map<std::string, std::size_t> by_op_;
  std::optional<WallTime> cancelling_;
};

}  // namespace postern::audit
