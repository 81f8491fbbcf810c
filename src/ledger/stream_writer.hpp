#pragma once

/// StreamWriter: the one writer of one stream. Numbers and chains records, and commits those of many tasks together.

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "ledger/chain.hpp"
#include "ledger/store.hpp"
#include "rt/context.hpp"

namespace postern::ledger {

struct NewRecord {
  NewRecord() = default;
  NewRecord(std::string t, std::string b) : type(std::move(t)), body(std::move(b)) {}
  std::string type;
  std::string body;
  std::vector<Blob> blobs;
};

struct StreamWriterOptions {
  StreamWriterOptions() = default;
  std::string world;
  std::string stream;
  std::optional<Fence> fence;
};

/// Loop thread only. Declared after the store; nothing may be under way when it is destroyed.
class StreamWriter {
 public:
  /// A writer for a stream whose head is `head` at `version` (0 and chain_start() for a new one).
  StreamWriter(Store& store, StreamWriterOptions options, std::uint64_t version, Digest head);
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;
  ~StreamWriter();

  /// Returns when the records, and all that were appended before them, are durable. Records of calls that come while a
  /// commit is under way share the next one (group commit). A cancellation is seen only after the commit: what was
  /// handed over is written. After any failure every later call fails with the same error: the writer's knowledge of
  /// the head is gone, and whoever owns it opens the stream again. The records of one call are in one Append of the
  /// store, all or nothing, if they fit in one; a body beyond kBodyMax is CHECKed. The deadline is the latest of those
  /// that share a commit.
  rt::Task<Result<void>> append(rt::CallContext ctx, std::vector<NewRecord> records);
  /// As append, and sets the stream's summary in the same commit.
  rt::Task<Result<void>> append(rt::CallContext ctx, std::vector<NewRecord> records, std::string summary);

  std::uint64_t version() const noexcept { return version_; }  ///< durable records
  const Digest& head() const noexcept { return head_; }
  std::uint64_t commits() const noexcept { return commits_; }

 private:
  struct Waiting;
  struct Group;
  rt::Task<Result<void>> hand_over(rt::CallContext ctx, std::vector<NewRecord> records,
                                   std::optional<std::string> summary);
  rt::Task<void> commit(rt::CallContext ctx);
  Group take_group();
  void finish(Group group, const Result<void>& outcome);

  Store& store_;
  StreamWriterOptions options_;
  std::uint64_t version_;
  Digest head_;
  std::uint64_t commits_ = 0;
  std::optional<Error> broken_;
  std::deque<Waiting*> queue_;  // in the frames of the tasks that wait; the first of them commits
};

}  // namespace postern::ledger
