#pragma once

/// A rollout in the ledger: what was asked, by whom, what was found of every instance before anything was sent, the
/// runs that were opened, and what became of every instance. The runs' own streams say what was sent
/// (docs/formats/ledger.md).

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/run_ledger.hpp"
#include "ledger/stream_writer.hpp"

namespace postern::cli {

/// The prefix of the streams of rollouts.
inline constexpr std::string_view kRolloutPrefix = "rollout/";

/// The comment of the runs that install, by which an open one is found.
inline constexpr std::string_view kInstallComment = "dr rollout: install";

/// What is known before anything is sent.
struct RolloutBegin {
  RolloutBegin() = default;
  Json header;
  Json scopes;   ///< where instances run: {account_id, account, region}
  Json sites;    ///< where they are recovered: the same
  Json targets;  ///< as items of the rollout's answer
};

struct RolloutEnd {
  RolloutEnd() = default;
  Json closing;
  Json targets;
  Json unasked;  ///< {place, why}
};

/// Writes the stream of one rollout. `store` outlives it.
class RolloutRecord {
 public:
  RolloutRecord(ledger::Store& store, std::string world, std::string id);
  const std::string& id() const noexcept { return id_; }

  /// What was asked, and the targets as they were found. Durable when it returns.
  rt::Task<Result<void>> open(rt::CallContext ctx, RolloutBegin begin);
  /// A run is in the ledger, and nothing of it was sent yet.
  rt::Task<Result<void>> add_run(rt::CallContext ctx, std::string run_id, std::string family);
  /// What became of the targets. The head of the stream is noted in the chain of heads.
  rt::Task<Result<void>> close(rt::CallContext ctx, RolloutEnd end);

 private:
  std::string summary(std::string_view status) const;

  ledger::Store& store_;
  std::string world_;
  std::string id_;
  std::vector<std::string> runs_;
  std::size_t targets_ = 0;
  ledger::StreamWriter writer_;
};

struct RolloutRun {
  RolloutRun() = default;
  RolloutRun(std::string i, std::string f) : id(std::move(i)), family(std::move(f)) {}
  std::string id;
  std::string family;
};

/// A rollout as the ledger has it.
struct RolloutRead {
  RolloutRead() = default;
  std::string id;
  Json header;
  Json closing;                                     ///< null while it is not closed: it goes on, or died
  std::vector<Json> targets;                        ///< as they ended, else as they were found
  std::map<std::string, Json, std::less<>> places;  ///< "scopes", "sites", "unasked"
  const Json& places_of(std::string_view kind) const;
  std::vector<RolloutRun> runs;
  ledger::StreamInfo info;
  WallTime opened_at;
  WallTime last_at;
  bool closed() const { return !closing.is_null(); }
};

/// The rollout of this id, the one that opened the run of this id, or with kLatestRun the newest. Usage when there is
/// none of the id, not_found when there is none at all.
rt::Task<Result<std::string>> find_rollout(rt::CallContext ctx, ledger::Store& store, std::string name);

/// Reads it and checks its chain.
rt::Task<Result<RolloutRead>> read_rollout(rt::CallContext ctx, ledger::Store& store, std::string world,
                                           std::string id);

/// An installation that Systems Manager called a success.
struct LedgerInstall {
  LedgerInstall() = default;
  std::string run_id;
  WallTime told;  ///< when the run's stream last grew: the installation is no newer
};

/// The newest of every instance, by ACCOUNT/i-..., of runs whose stream grew at `since` or later. Runs whose records
/// are gone or cannot be read are left out.
rt::Task<Result<std::map<std::string, LedgerInstall, std::less<>>>> installed_by_rollouts(rt::CallContext ctx,
                                                                                          ledger::Store& store,
                                                                                          std::string world,
                                                                                          WallTime since);

}  // namespace postern::cli
