#pragma once

/// A ledger::Store in memory with the contract of the real ones, and faults at chosen appends. For tests of runs.

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.hpp"
#include "flow/testing/fake_port.hpp"
#include "ledger/store.hpp"

namespace postern::flow::testing {

class MemoryStore final : public ledger::Store {
 public:
  Killer* killer = nullptr;
  std::size_t appends = 0;
  std::size_t blob_reads = 0;
  /// The append with this number (from 1) fails; `lands`: it is there all the same.
  std::size_t fail_append = 0;
  bool lands = false;

  rt::Task<Result<void>> append(rt::CallContext, ledger::Append append) override {
    ++appends;
    if (killer != nullptr && !killer->begin()) co_return fail(Killer::death());
    const bool fails = appends == fail_append;
    if (fails && !lands) co_return fail(ErrorKind::internal, "disk I/O error");
    Stream& stream = streams_[append.stream];
    if (stream.records.size() != append.expected_version) co_return fail(ErrorKind::conflict, "another version");
    if (append.fence && leases_[append.fence->lease].token != append.fence->token) {
      co_return fail(
          Error(ErrorKind::conflict, "the lease is another's").with("holder", leases_[append.fence->lease].holder));
    }
    for (ledger::Blob& blob : append.blobs) blobs_[blob.digest] = std::move(blob.bytes);
    for (ledger::Record& record : append.records) stream.records.push_back(std::move(record));
    if (append.summary) stream.summary = *append.summary;
    if (killer != nullptr && !killer->end()) co_return fail(Killer::death());
    if (fails) co_return fail(ErrorKind::internal, "disk I/O error");
    co_return Result<void>();
  }

  rt::Task<Result<std::vector<ledger::Record>>> read(rt::CallContext, std::string stream, std::uint64_t from_seq,
                                                     std::size_t limit) override {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) co_return fail(ErrorKind::not_found, "there is no stream " + stream);
    std::vector<ledger::Record> page;
    for (const ledger::Record& record : found->second.records) {
      if (record.seq >= from_seq && page.size() < limit) page.push_back(record);
    }
    co_return page;
  }

  rt::Task<Result<std::optional<ledger::StreamInfo>>> find(rt::CallContext, std::string stream) override {
    const auto found = streams_.find(stream);
    std::optional<ledger::StreamInfo> info;
    if (found != streams_.end()) info = info_of(*found);
    co_return info;
  }

  rt::Task<Result<std::vector<ledger::StreamInfo>>> list(rt::CallContext, std::string prefix, std::string before,
                                                         std::size_t limit) override {
    std::vector<ledger::StreamInfo> found;
    for (auto it = streams_.rbegin(); it != streams_.rend() && found.size() < limit; ++it) {
      if (it->first.starts_with(prefix) && (before.empty() || it->first < before)) found.push_back(info_of(*it));
    }
    co_return found;
  }

  rt::Task<Result<std::string>> blob(rt::CallContext, ledger::Digest digest) override {
    ++blob_reads;
    const auto found = blobs_.find(digest);
    if (found == blobs_.end()) co_return fail(ErrorKind::not_found, "there is no such blob");
    co_return found->second;
  }

  rt::Task<Result<ledger::Lease>> acquire(rt::CallContext, ledger::AcquireLease wanted) override {
    ledger::Lease& lease = leases_[wanted.name];
    const bool free = lease.token == 0 || lease.until <= wanted.now || (wanted.over && *wanted.over == lease.token);
    if (!free) co_return fail(Error(ErrorKind::conflict, wanted.name + " is held").with("holder", lease.holder));
    lease.name = wanted.name;
    ++lease.token;
    lease.holder = wanted.holder;
    lease.until = wanted.until;
    co_return lease;
  }

  rt::Task<Result<void>> renew(rt::CallContext, ledger::Fence fence, WallTime until) override {
    ledger::Lease& lease = leases_[fence.lease];
    if (lease.token != fence.token) co_return fail(ErrorKind::conflict, "the lease is another's");
    lease.until = until;
    co_return Result<void>();
  }

  rt::Task<Result<void>> release(rt::CallContext, ledger::Fence fence) override {
    if (killer != nullptr && killer->dead) co_return fail(Killer::death());
    ledger::Lease& lease = leases_[fence.lease];
    if (lease.token == fence.token) lease.until = WallTime();
    co_return Result<void>();
  }

  rt::Task<Result<std::optional<ledger::Lease>>> lease(rt::CallContext, std::string name) override {
    const auto found = leases_.find(name);
    std::optional<ledger::Lease> lease;
    if (found != leases_.end()) lease = found->second;
    co_return lease;
  }

  rt::Task<Result<void>> prune(rt::CallContext, std::string stream, std::uint64_t, std::string) override {
    streams_.erase(stream);
    co_return Result<void>();
  }

 private:
  struct Stream {
    Stream() = default;
    std::vector<ledger::Record> records;
    std::string summary;
  };
  static ledger::StreamInfo info_of(const std::pair<const std::string, Stream>& entry) {
    ledger::StreamInfo info;
    info.id = entry.first;
    info.version = entry.second.records.size();
    info.summary = entry.second.summary;
    if (!entry.second.records.empty()) {
      info.head = entry.second.records.back().hash;
      info.created = entry.second.records.front().at;
    }
    return info;
  }
  std::map<std::string, Stream> streams_;
  std::map<ledger::Digest, std::string> blobs_;
  std::map<std::string, ledger::Lease> leases_;
};

}  // namespace postern::flow::testing
