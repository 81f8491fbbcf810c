#pragma once

/// What every target printed, as files: `--outdir`.

#include <string>
#include <string_view>
#include <vector>

#include "report/facts.hpp"

namespace postern::report {

/// A target's files.
struct TargetFiles {
  TargetFiles() = default;
  TargetFiles(const flow::TargetResult* t, std::string s) : target(t), stem(std::move(s)) {}
  const flow::TargetResult* target = nullptr;  ///< the run's own
  std::string stem;                            ///< relative, with '/'
  std::string out_path() const { return stem + ".out"; }
  /// Empty when stderr is mixed into stdout, or nothing was printed there.
  std::string err_path() const { return target->err.empty() ? std::string() : stem + ".err"; }
};

/// ACCOUNT/REGION/NAME.ID.out for everything that a target printed, and .err when it is kept apart. Targets to which
/// nothing was sent have no file; one that printed nothing has an empty one. In the run's order, and no two paths are
/// the same, not even where case does not count. `run` outlives it.
///
/// Names come from tags, which anybody may have written: a part of a path is 1 to 120 of [A-Za-z0-9._-], never begins
/// with '.' or '-', and is no device's name on Windows.
std::vector<TargetFiles> output_files(const flow::RunResult& run, const RunFacts& facts);

/// One such part made of any bytes.
std::string safe_path_part(std::string_view text);

}  // namespace postern::report
