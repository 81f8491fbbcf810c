#pragma once

/// What `cp` copies, item by item, and how: a job goes on where it was when a session is lost and another one is
/// opened.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/copy_place.hpp"
#include "cli/copy_talk.hpp"
#include "ledger/chain.hpp"
#include "os/files.hpp"

namespace postern::cli {

/// Files from this size on are worth the way through a bucket.
inline constexpr std::uint64_t kCopyThroughBytes = 16U << 20U;

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
  std::uint64_t through = 0;    ///< of those, through a bucket
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
  /// Hears what the job does otherwise than it was meant to, printable.
  void on_note(std::function<void(const std::string&)> noted) { noted_ = std::move(noted); }
  /// Large files go through a bucket as long as both sides can; with `only` all files do, or fail. The place outlives
  /// the job, and whoever has it clears it afterwards.
  void go_through(adapters::CopyPlace& place, bool only) {
    place_ = &place;
    only_ = only;
  }

 protected:
  /// Orders about objects that wait for their replies: one side has its next one while the other has this one.
  static constexpr std::size_t kObjectsAhead = 3;
  /// A node that could not have one object in so many attempts cannot have any.
  static constexpr unsigned kObjectTries = 3;

  bool goes_through(std::uint64_t size) const noexcept {
    return place_ != nullptr && size >= (only_ ? 1 : kCopyThroughBytes);
  }
  /// An object that the node was told of and has not answered about.
  struct Flight {
    Flight(std::uint64_t n, std::size_t b) : number(n), bytes(b) {}
    std::uint64_t number;
    std::size_t bytes;
  };

  adapters::CopyPlace& place() noexcept { return *place_; }
  void count_through(std::uint64_t bytes) {
    sum_.bytes += bytes;
    sum_.through += bytes;
    tell();
  }
  std::uint64_t next_object() noexcept { return objects_++; }
  /// The bucket is no way for these bytes. Fails when it is to be the only one; else none is tried any more.
  Result<void> give_up_place(const std::string& why) {
    if (only_) return fail(ErrorKind::refused, "not through " + place_->text() + ": " + why);
    if (noted_) noted_("not through " + place_->text() + ": " + why + "; going on through the session");
    place_ = nullptr;
    return {};
  }
  void tell() const {
    if (told_) told_();
  }
  CopySum sum_;

 private:
  std::function<void()> told_;
  std::function<void(const std::string&)> noted_;
  adapters::CopyPlace* place_ = nullptr;
  bool only_ = false;
  std::uint64_t objects_ = 0;
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
