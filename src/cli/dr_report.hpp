#pragma once

/// A drill, a recovery or a cleanup as an answer (schema postern.recovery/1).

#include "cli/durable_run.hpp"

namespace postern::cli {

/// What a cleanup left behind.
struct Residue {
  Residue() = default;
  Residue(fleet::ScopePtr s, std::string k, std::string i, std::string st)
      : site(std::move(s)), kind(std::move(k)), id(std::move(i)), state(std::move(st)) {}
  fleet::ScopePtr site;
  std::string kind;  ///< "recovery_instance", "instance", "volume"
  std::string id;
  std::string state;
};

struct RecoveryTold {
  RecoveryTold() = default;
  const RunCame* run = nullptr;
  const fleet::Discovery* asked = nullptr;  ///< its problems; null: none
  bool verified = false;                    ///< of a cleanup: it was looked for what is left
  std::vector<Residue> residue;
  std::vector<std::string> unverified;  ///< where it could not be looked, one sentence each
  int exit_code = 0;
};

/// Prints it as the command line asks, then how the run goes on, on stderr. The exit code.
rt::Task<Result<int>> deliver_recovery(const Command& command, OpenLedger& ledger, RecoveryTold told);

}  // namespace postern::cli
