#pragma once

/// Anchor: the heads of the ledger's chains, kept where whoever can write the ledger cannot (docs/formats/ledger.md).
/// The head of the chain of heads stands for every run that was noted before it.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "ledger/store.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::flow {

inline constexpr std::string_view kAnchorSchema = "postern.anchor/1";

struct Anchor {
  Anchor() = default;
  std::string world;
  std::string ledger;  ///< which one: a bucket may hold the anchors of many. From its chain of heads' first record
  std::string run_id;
  std::string status;
  std::uint64_t version = 0;  ///< records in the run's chain
  std::string head;           ///< hex
  std::uint64_t heads_version = 0;
  std::string heads_head;
  WallTime at;
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

Json json_of(const Anchor& anchor);
/// Malformed when it is no anchor.
Result<Anchor> parse_anchor(std::string_view text);
/// "PREFIX/sim-demo/0123456789abcdef/": what the keys of a ledger's anchors begin with.
std::string anchors_prefix(std::string_view prefix, std::string_view world, std::string_view ledger);
/// The same with "01ARZ3NDEKTSV4RRFFQ69G5FAV.json" behind it: the object's key.
std::string anchor_key(std::string_view prefix, const Anchor& anchor);

/// The ledger's name for its anchors; empty while nothing was noted in it.
rt::Task<Result<std::string>> anchored_ledger(rt::CallContext ctx, ledger::Store& store);

/// What to anchor of a run that is closed, as the store has it now.
rt::Task<Result<Anchor>> make_anchor(rt::CallContext ctx, ledger::Store& store, std::string world, std::string run_id,
                                     std::string status);

/// Whether the store's chains have these heads at these records; empty when they do, else what is wrong. A run that was
/// pruned is known by its head alone.
rt::Task<Result<std::string>> compare_anchor(rt::CallContext ctx, ledger::Store& store, const Anchor& anchor);

}  // namespace postern::flow
