#pragma once

/// A finished run as a document and as text.

#include <map>
#include <string>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "fleet/discover.hpp"
#include "flow/run.hpp"

namespace postern::cli {

/// Whether identical outputs are printed once.
enum class Grouping : std::uint8_t { gathered, by_target };

/// Names that people know, by target label.
using TargetNames = std::map<std::string, std::string, std::less<>>;
TargetNames target_names(const std::vector<fleet::Instance>& instances);

/// Schema postern.run/1.
Json run_document(const flow::RunResult& run, const fleet::Discovery& discovery, std::string_view world);

/// Identical outputs once, with the folded names that gave them; then what went wrong; then totals per account.
std::string run_text(const flow::RunResult& run, const fleet::Discovery& discovery, const TargetNames& names,
                     const OutputOptions& options, Grouping grouping);

/// Prints it as the user asked for it: run_text(), or the document.
Result<void> answer_run(const Command& command, const flow::RunResult& run, const fleet::Discovery& discovery,
                        const TargetNames& names, std::string_view world);

}  // namespace postern::cli
