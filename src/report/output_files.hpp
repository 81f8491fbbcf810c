#pragma once

/// What every target printed, as files: `--outdir`.

#include <string>
#include <string_view>
#include <vector>

#include "report/facts.hpp"

namespace postern::report {

struct OutputFile {
  OutputFile() = default;
  OutputFile(std::string p, std::string_view b) : path(std::move(p)), bytes(b) {}
  std::string path;        ///< relative, with '/'
  std::string_view bytes;  ///< the run's own
};

/// ACCOUNT/REGION/NAME.ID.out for everything that a target printed, and .err when it is kept apart. Targets to which
/// nothing was sent have no file; one that printed nothing has an empty one. Sorted, and no two paths are the same, not
/// even where case does not count. `run` outlives it.
///
/// Names come from tags, which anybody may have written: a part of a path is 1 to 120 of [A-Za-z0-9._-], never begins
/// with '.' or '-', and is no device's name on Windows.
std::vector<OutputFile> output_files(const flow::RunResult& run, const RunFacts& facts);

/// One such part made of any bytes.
std::string safe_path_part(std::string_view text);

}  // namespace postern::report
