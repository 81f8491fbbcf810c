#pragma once

/// JUnit XML, as Jenkins, GitLab and GitHub's reporters read it.

#include <string>

#include "report/facts.hpp"
#include "report/pieces.hpp"

namespace postern::report {

struct JUnitOptions {
  JUnitOptions() = default;
  std::size_t output_max = 16U << 10U;       ///< bytes of one target's output that are kept, its beginning and its end
  std::size_t all_outputs_max = 32U << 20U;  ///< of all together; failures come first
};

/// One testsuite per account, one testcase per target (name: its name and id; classname: account.region):
///   succeeded                              passes
///   failed on the node                     failure
///   unknown, unreachable, send refused     error
///   skipped by a rule of the user's        skipped
/// An account or Region that could not be asked is a testcase of its own, in error: a build must not be green for what
/// nobody looked at. Valid XML 1.0 for any bytes; what output is cut or left out says so. The outputs were measured
/// (flow/outputs.hpp); `run`, `facts` and `options` outlive the pieces.
std::unique_ptr<Pieces> junit_pieces(const flow::RunResult& run, const RunFacts& facts, const JUnitOptions& options);
std::string junit_xml(const flow::RunResult& run, const RunFacts& facts, const JUnitOptions& options);

}  // namespace postern::report
