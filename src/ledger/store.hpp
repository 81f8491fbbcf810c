#pragma once

/// Store: what the ledger needs of a data store, and no more, so that SQLite, DynamoDB and PostgreSQL can all be one
/// (ADR 0009). It keeps streams of records, blobs by digest, and leases with fencing tokens. It knows nothing of runs,
/// of hashes' meaning, or of JSON.
///
/// Errors: conflict - the stream is not at the expected version, or the lease is not held with that token (context
/// "holder", "token" and "until" say by whom); not_found; refused - a store of another world or a newer schema;
/// malformed - the store's content makes no sense; unavailable - busy or unreachable, may pass; internal - I/O, no
/// space.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::ledger {

/// SHA-256.
using Digest = std::array<std::uint8_t, 32>;

constexpr std::size_t kBodyMax = 256U << 10U;       ///< bytes of one record's body (a DynamoDB item holds 400 KB)
constexpr std::size_t kAppendMax = 64;              ///< records of one append (a DynamoDB transaction holds 100 items)
constexpr std::size_t kAppendBytesMax = 3U << 20U;  ///< bytes of one append, blobs not counted (4 MB there)
constexpr std::size_t kSummaryMax = 4U << 10U;
constexpr std::size_t kBlobMax = 8U << 20U;
constexpr std::size_t kPageMax = 1000;

struct Record {
  Record() = default;
  std::uint64_t seq = 0;  ///< 1, 2, 3 ... within its stream
  WallTime at;
  std::string type;  ///< "mutation.intent"
  std::string body;
  Digest hash{};  ///< of this record and, through its predecessor's, of all before it
};

struct Blob {
  Blob() = default;
  Digest digest{};
  std::string bytes;
};

/// A right to write that somebody holds until it expires or is given back. Tokens of one name only grow, so that a
/// writer who slept through its own expiry is recognised whatever its clock says.
struct Lease {
  Lease() = default;
  std::string name;
  std::uint64_t token = 0;
  std::string holder;  ///< for people and for finding out whether it still lives: JSON of the writer's making
  WallTime until;
};

struct Fence {
  Fence() = default;
  Fence(std::string n, std::uint64_t t) : lease(std::move(n)), token(t) {}
  std::string lease;
  std::uint64_t token = 0;
};

struct Append {
  Append() = default;
  std::string stream;
  std::uint64_t expected_version = 0;  ///< the number of records that the writer knows of; 0 makes the stream
  std::optional<Fence> fence;          ///< the lease must be held with this token, expired or not
  std::vector<Record> records;         ///< seq follows expected_version without a gap; CHECKed
  std::vector<Blob> blobs;             ///< what the records refer to; one that is there already is left alone
  std::optional<std::string> summary;  ///< replaces the stream's summary
};

struct StreamInfo {
  StreamInfo() = default;
  std::string id;
  std::uint64_t version = 0;
  Digest head{};        ///< of the last record
  std::string summary;  ///< a cache for lists, not part of the chain
  WallTime created;     ///< of the first record
  bool pruned = false;  ///< its records are gone; version and head are what they were
};

struct AcquireLease {
  AcquireLease() = default;
  std::string name;
  std::string holder;
  WallTime now;  ///< by the caller's clock: a lease whose `until` is not after it is free
  WallTime until;
  /// Takes the lease from a holder that the caller knows to be dead, if its token is still this one.
  std::optional<std::uint64_t> over;
};

class Store {
 public:
  virtual ~Store() = default;

  /// All or nothing; when it returns the records survive a crash of the machine. A failure other than conflict may have
  /// been executed: the writer reads the stream's head before it goes on.
  virtual rt::Task<Result<void>> append(rt::CallContext ctx, Append append) = 0;
  /// Up to `limit` (at most kPageMax) records from `from_seq` on, and no more than about 4 MiB; fewer than there are
  /// only if at least one. Empty at the end of the stream; not_found when there is no such stream or it is pruned.
  virtual rt::Task<Result<std::vector<Record>>> read(rt::CallContext ctx, std::string stream, std::uint64_t from_seq,
                                                     std::size_t limit) = 0;
  virtual rt::Task<Result<std::optional<StreamInfo>>> find(rt::CallContext ctx, std::string stream) = 0;
  /// Streams with ids below `before` (empty: all) that begin with `prefix`, the greatest id first: ids that are ULIDs
  /// come newest first.
  virtual rt::Task<Result<std::vector<StreamInfo>>> list(rt::CallContext ctx, std::string prefix, std::string before,
                                                         std::size_t limit) = 0;
  virtual rt::Task<Result<std::string>> blob(rt::CallContext ctx, Digest digest) = 0;

  /// Conflict while it is held and has not expired, whoever asks (one process may have two writers), or when `over` is
  /// given and is not its token.
  virtual rt::Task<Result<Lease>> acquire(rt::CallContext ctx, AcquireLease wanted) = 0;
  /// Conflict when the token is not the lease's any more.
  virtual rt::Task<Result<void>> renew(rt::CallContext ctx, Fence fence, WallTime until) = 0;
  /// Expires it at once. A lease that somebody else holds by now is left alone.
  virtual rt::Task<Result<void>> release(rt::CallContext ctx, Fence fence) = 0;
  virtual rt::Task<Result<std::optional<Lease>>> lease(rt::CallContext ctx, std::string name) = 0;

  /// Removes the records of a stream that is at `expected_version`, and the blobs that no other stream refers to; its
  /// StreamInfo stays, with `pruned` set and `summary` replaced.
  virtual rt::Task<Result<void>> prune(rt::CallContext ctx, std::string stream, std::uint64_t expected_version,
                                       std::string summary) = 0;
};

}  // namespace postern::ledger
