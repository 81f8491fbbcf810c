#pragma once

/// A finished run as one page for people.

#include <string>

#include "report/facts.hpp"
#include "report/pieces.hpp"

namespace postern::report {

/// What a page holds at most. Whatever is left out is counted and said on the page.
struct HtmlLimits {
  HtmlLimits() = default;
  std::size_t accounts = 1'000;    ///< rows; those with something wrong first
  std::size_t wrong_groups = 200;  ///< different ends of targets that did not succeed
  std::size_t other_groups = 50;   ///< different outputs of those that did; the same for skips
  std::size_t targets = 2'000;     ///< rows of the table of targets that did not succeed
  std::size_t output = 8U << 10U;  ///< bytes of one output: its beginning and its end
  std::size_t names = 4U << 10U;   ///< bytes of one group's folded names
};

/// A self-contained HTML page: no script, no external resource (its own policy forbids both), light and dark, fit for
/// narrow screens and for print. Says SIMULATED in a simulated world. What went wrong comes first; identical ends are
/// gathered under the folded names of their targets; totals are reconciled with the number of targets. Everything that
/// others wrote is escaped. Its size is bounded by the limits, not by the number of targets. The outputs were measured
/// (flow/outputs.hpp); `run`, `facts` and `limits` outlive the pieces.
std::unique_ptr<Pieces> run_html_pieces(const flow::RunResult& run, const RunFacts& facts, const HtmlLimits& limits);
std::string run_html(const flow::RunResult& run, const RunFacts& facts, const HtmlLimits& limits);

}  // namespace postern::report
