#pragma once

/// --record: what a session showed, in a file of the user's, and its hash for the ledger. What was typed is never in
/// it, but where the other side echoes it.

#include <memory>
#include <string>

#include "cli/command.hpp"
#include "ledger/chain.hpp"
#include "os/files.hpp"
#include "term/asciicast.hpp"

namespace postern::cli {

class CastFile {
 public:
  /// Fails with usage when the file is there already (unless it may be replaced), or cannot be made.
  static Result<std::unique_ptr<CastFile>> create(const Command& command, std::string path, term::CastHeader header);
  void output(std::string_view bytes);
  void resize(std::size_t columns, std::size_t rows);
  /// Ends the file; the hash of all of it, in hexadecimal. A disk that was full on the way is told here.
  Result<std::string> finish();
  const std::string& path() const noexcept { return path_; }

 private:
  CastFile(rt::Clock& clock, std::string path, std::unique_ptr<os::File> file)
      : clock_(clock), path_(std::move(path)), file_(std::move(file)), began_(clock.now()) {}
  void add(std::string_view line);

  rt::Clock& clock_;
  std::string path_;
  std::unique_ptr<os::File> file_;
  MonoTime began_;
  term::Asciicast cast_;
  ledger::Hasher hasher_;
  std::uint64_t end_ = 0;
  std::optional<Error> trouble_;
};

}  // namespace postern::cli
