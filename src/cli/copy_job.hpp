#pragma once

/// What `cp` copies, item by item, and how: a job goes on where it was when a session is lost and another one is
/// opened.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/copy_talk.hpp"
#include "ledger/chain.hpp"
#include "os/files.hpp"

namespace postern::cli {

struct CopyFailure {
  CopyFailure(std::string p, std::string w) : path(std::move(p)), why(std::move(w)) {}
  std::string path;
  std::string why;
};

/// How far it is; of all sessions together.
struct CopySum {
  CopySum() = default;
  std::uint64_t files = 0;  ///< in their places
  std::uint64_t folders = 0;
  std::uint64_t links = 0;      ///< left out
  std::uint64_t all_files = 0;  ///< known so far
  std::uint64_t bytes = 0;      ///< of files that went over the wire
  std::uint64_t continued = 0;  ///< that were there already
  std::uint64_t all_bytes = 0;
  std::vector<CopyFailure> failures;
};

class CopyJob {
 public:
  virtual ~CopyJob() = default;
  /// Works until everything is copied or failed for good. Fails with unavailable when the session was lost (run again
  /// with another), cancelled (nothing is left behind, on either side), or for good.
  virtual rt::Task<Result<void>> run(rt::CallContext ctx, CopyTalk& talk) = 0;
  /// The job is over, however it ended: what it has begun on this host goes.
  virtual void tidy() noexcept = 0;
  const CopySum& sum() const noexcept { return sum_; }
  void on_progress(std::function<void()> told) { told_ = std::move(told); }

 protected:
  void tell() const {
    if (told_) told_();
  }
  CopySum sum_;

 private:
  std::function<void()> told_;
};

struct CopyOrder {
  CopyOrder() = default;
  std::string from;
  std::string to;
  bool recursive = false;
};

/// From this host to the node. Looks at what is to be copied: not_found, denied, usage (a folder without `recursive`, a
/// name that cannot be copied).
Result<std::unique_ptr<CopyJob>> make_upload(os::Files& files, const CopyOrder& order);
/// From the node to this host.
std::unique_ptr<CopyJob> make_download(os::Files& files, const CopyOrder& order);

/// Whether a path that a node named below a folder stays there.
bool stays_below(std::string_view path) noexcept;

}  // namespace postern::cli
