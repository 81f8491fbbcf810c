#pragma once

/// AtomicFile: a file that is written piece by piece and that readers see whole or not at all: beside it while it is
/// written, renamed when it is complete.

#include <memory>
#include <string>
#include <string_view>

#include "os/files.hpp"

namespace postern::cli {

class AtomicFile {
 public:
  /// Whether `path` can be written, found out by making and removing a file beside it: usage when it cannot, or
  /// when something other than a file is there.
  static Result<void> check(os::Files& files, const std::string& path);
  /// `files` outlives it. The file is 0600: what targets print is nobody else's business.
  static Result<AtomicFile> begin(os::Files& files, std::string path);
  AtomicFile(AtomicFile&& other) noexcept = default;
  AtomicFile& operator=(AtomicFile&&) = delete;
  /// What was not committed is removed.
  ~AtomicFile();

  Result<void> write(std::string_view bytes);
  /// Synced, renamed and synced again.
  Result<void> commit();

 private:
  AtomicFile() = default;
  Result<void> flush();

  os::Files* files_ = nullptr;
  std::string path_;
  std::string beside_;
  std::unique_ptr<os::File> file_;  ///< null once committed
  std::string buffer_;
  std::uint64_t end_ = 0;
};

}  // namespace postern::cli
