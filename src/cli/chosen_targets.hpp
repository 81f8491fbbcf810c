#pragma once

/// Targets of a run in the ledger, by the words of a command line.

#include <span>
#include <string>

#include "base/error.hpp"
#include "flow/result.hpp"

namespace postern::cli {

/// Keeps the targets that one of the words means: an id, a name with * and ?, folded names (web[01-04]), or a selector
/// on id, name, account and region (the ledger keeps no tags). No words: all. Usage for a word that makes no sense, and
/// when none is left.
Result<void> keep_targets(flow::RunResult& run, std::span<const std::string> words);

/// Keeps the targets with one of these outcomes: "failed,unknown". Usage for another word.
Result<void> keep_outcomes(flow::RunResult& run, const std::string& outcomes);

}  // namespace postern::cli
