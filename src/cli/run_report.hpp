#pragma once

/// A run as an answer: text for people, or the document of schema postern.run/1, made piece by piece.

#include <memory>
#include <string>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "fleet/discover.hpp"
#include "flow/run.hpp"
#include "report/pieces.hpp"

namespace postern::cli {

/// How outputs are printed: identical ones once; each under its target; each as what differs from the most common one.
enum class Grouping : std::uint8_t { gathered, by_target, diff };

/// Schema postern.run/1. All that was printed must be in memory.
Json run_document(const flow::RunResult& run, const fleet::Discovery& discovery, std::string_view world);

/// The same as indented text; its targets one after the other. What these functions are given outlives the pieces.
std::unique_ptr<report::Pieces> run_json(const flow::RunResult& run, const fleet::Discovery& discovery,
                                         std::string_view world);

/// A line per target: ndjson, text or markdown.
std::unique_ptr<report::Pieces> run_rows(const flow::RunResult& run, Format format, const std::string& world);

/// Outputs with the folded names that gave them; then what went wrong; then totals per account. Outputs were measured.
std::unique_ptr<report::Pieces> run_text(const flow::RunResult& run, const fleet::Discovery& discovery,
                                         const OutputOptions& options, Grouping grouping);

}  // namespace postern::cli
