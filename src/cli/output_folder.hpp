#pragma once

/// The folder of --outdir: a file for what each target printed on each stream, and index.json, which comes last.

#include "os/files.hpp"
#include "report/output_files.hpp"

namespace postern::cli {

/// Makes the folder when it is not there. Usage when it cannot be written, or when there is something in it, unless
/// that is the outputs of the run `run_id`.
Result<void> check_output_folder(os::Files& files, const std::string& folder, const std::string& run_id);

class OutputFolder {
 public:
  /// `files` outlives it.
  OutputFolder(os::Files& files, std::string folder) : files_(files), folder_(std::move(folder)) {}
  /// The target's output is loaded.
  Result<void> write(const report::TargetFiles& target);
  /// Schema postern.run.files/1.
  Result<void> write_index(const flow::RunResult& run, const report::RunFacts& facts);

 private:
  Result<void> write_one(const std::string& path, std::string_view bytes);

  os::Files& files_;
  std::string folder_;
  std::string made_;  ///< the folder in which the last file is
};

}  // namespace postern::cli
