#include "ledger/sqlite_streams.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "ledger/sqlite_leases.hpp"

namespace postern::ledger {
namespace {

/// Of one page's bodies: a page is held in memory twice.
constexpr std::size_t kPageBytesMax = 4U << 20U;

std::int64_t to_column(std::uint64_t value) {
  CHECK(value <= INT64_MAX);
  return static_cast<std::int64_t>(value);
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

Result<Digest> digest_at(const Db& db, const Query& query, int column) {
  const std::span<const std::uint8_t> bytes = query.blob_at(column);
  Digest out;
  if (bytes.size() != out.size()) return fail(db.nonsense("a hash in the ledger has another length"));
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

/// A row of the table `stream`.
struct StreamRow {
  StreamRow() = default;
  std::int64_t key = 0;
  StreamInfo info;
};

constexpr std::string_view kStreamById =
    "SELECT key, id, version, head, summary, created, pruned FROM stream WHERE id = ?";

Result<StreamRow> stream_at(const Db& db, const Query& query) {
  StreamRow row;
  row.key = query.number_at(0);
  row.info.id = query.text_at(1);
  row.info.version = static_cast<std::uint64_t>(query.number_at(2));
  TRY(row.info.head, digest_at(db, query, 3));
  row.info.summary = query.text_at(4);
  row.info.created = WallTime(Duration(query.number_at(5)));
  row.info.pruned = query.number_at(6) != 0;
  return row;
}

Result<std::optional<StreamRow>> find_row(Db& db, const std::string& stream) {
  Query query(db, kStreamById);
  TRY(const bool found, query.text(stream).step());
  if (!found) return std::optional<StreamRow>();
  TRY(StreamRow row, stream_at(db, query));
  return std::optional<StreamRow>(std::move(row));
}

Error no_such_stream(const std::string& stream, std::string message) {
  return Error(ErrorKind::not_found, std::move(message)).with("stream", stream);
}

Error version_conflict(std::string message, const std::string& stream, std::uint64_t expected, std::uint64_t version) {
  return Error(ErrorKind::conflict, std::move(message))
      .with("stream", stream)
      .with("expected", std::to_string(expected))
      .with("version", std::to_string(version));
}

void check_append(const Append& append) {
  CHECK(!append.stream.empty());
  CHECK(append.records.size() <= kAppendMax);
  CHECK(!append.records.empty() || append.expected_version > 0);
  CHECK(!append.summary || append.summary->size() <= kSummaryMax);
  std::uint64_t seq = append.expected_version;
  std::size_t bytes = 0;
  for (const Record& record : append.records) {
    CHECK(record.seq == ++seq);
    CHECK(record.body.size() <= kBodyMax);
    bytes += record.type.size() + record.body.size();
  }
  CHECK(bytes <= kAppendBytesMax);
  for (const Blob& blob : append.blobs) CHECK(blob.bytes.size() <= kBlobMax);
}

/// The key of the stream that is to grow; a new one is made at version 0.
Result<std::int64_t> key_for(Db& db, const Append& append) {
  TRY(const std::optional<StreamRow> row, find_row(db, append.stream));
  const std::uint64_t version = row ? row->info.version : 0;
  if (version != append.expected_version) {
    return fail(version_conflict("the stream has changed", append.stream, append.expected_version, version));
  }
  if (row && row->info.pruned) {
    return fail(version_conflict("the stream is pruned", append.stream, append.expected_version, version)
                    .with("pruned", "true"));
  }
  if (row) return row->key;
  const Record& first = append.records.front();
  Query query(db, "INSERT INTO stream (id, version, head, summary, created) VALUES (?, 0, ?, '', ?)");
  query.text(append.stream).blob(first.hash).number(first.at.time_since_epoch().count());
  TRY_VOID(query.run());
  return db.last_row();
}

Result<void> insert_records(Db& db, std::int64_t key, const Append& append) {
  for (const Record& record : append.records) {
    Query query(db, "INSERT INTO record (stream, seq, at, type, body, hash) VALUES (?, ?, ?, ?, ?, ?)");
    query.number(key).number(to_column(record.seq)).number(record.at.time_since_epoch().count());
    TRY_VOID(query.text(record.type).text(record.body).blob(record.hash).run());
  }
  return {};
}

Result<void> insert_blobs(Db& db, std::int64_t key, const Append& append) {
  for (const Blob& blob : append.blobs) {
    Query insert(db, "INSERT INTO blob (digest, bytes) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING");
    TRY_VOID(insert.blob(blob.digest).blob(bytes_of(blob.bytes)).run());
    Query use(db,
              "INSERT INTO blob_use (stream, blob) SELECT ?, key FROM blob WHERE digest = ? "
              "ON CONFLICT (stream, blob) DO NOTHING");
    TRY_VOID(use.number(key).blob(blob.digest).run());
  }
  return {};
}

Result<void> move_head(Db& db, std::int64_t key, const Append& append) {
  if (!append.records.empty()) {
    const Record& last = append.records.back();
    Query query(db, "UPDATE stream SET version = ?, head = ? WHERE key = ?");
    TRY_VOID(query.number(to_column(last.seq)).blob(last.hash).number(key).run());
  }
  if (append.summary) {
    Query query(db, "UPDATE stream SET summary = ? WHERE key = ?");
    TRY_VOID(query.text(*append.summary).number(key).run());
  }
  return {};
}

/// The least text that is greater than every text with this prefix; empty when there is none.
std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

Result<void> append_to_stream(Db& db, const Append& append) {
  check_append(append);
  TRY(Transaction transaction, Transaction::write(db));
  if (append.fence) TRY_VOID(check_fence(db, *append.fence));
  TRY(const std::int64_t key, key_for(db, append));
  TRY_VOID(insert_records(db, key, append));
  TRY_VOID(insert_blobs(db, key, append));
  TRY_VOID(move_head(db, key, append));
  return transaction.commit();
}

Result<std::vector<Record>> read_records(Db& db, const std::string& stream, std::uint64_t from_seq, std::size_t limit) {
  TRY(const Transaction view, Transaction::read(db));
  TRY(const std::optional<StreamRow> row, find_row(db, stream));
  if (!row) return fail(no_such_stream(stream, "there is no such stream"));
  if (row->info.pruned) return fail(no_such_stream(stream, "the stream's records are pruned").with("pruned", "true"));
  std::vector<Record> out;
  if (from_seq > row->info.version) return out;
  Query query(db, "SELECT seq, at, type, body, hash FROM record WHERE stream = ? AND seq >= ? ORDER BY seq LIMIT ?");
  query.number(row->key).number(to_column(from_seq)).number(to_column(std::clamp<std::size_t>(limit, 1, kPageMax)));
  std::size_t bytes = 0;
  for (;;) {
    TRY(const bool more, query.step());
    if (!more) return out;
    Record record;
    record.seq = static_cast<std::uint64_t>(query.number_at(0));
    record.at = WallTime(Duration(query.number_at(1)));
    record.type = query.text_at(2);
    record.body = query.text_at(3);
    TRY(record.hash, digest_at(db, query, 4));
    bytes += record.type.size() + record.body.size();
    if (bytes > kPageBytesMax && !out.empty()) return out;
    out.push_back(std::move(record));
  }
}

Result<std::optional<StreamInfo>> find_stream(Db& db, const std::string& stream) {
  TRY(std::optional<StreamRow> row, find_row(db, stream));
  if (!row) return std::optional<StreamInfo>();
  return std::optional<StreamInfo>(std::move(row->info));
}

Result<std::vector<StreamInfo>> list_streams(Db& db, const std::string& prefix, const std::string& before,
                                             std::size_t limit) {
  std::string end = after_prefix(prefix);
  if (!before.empty() && (end.empty() || before < end)) end = before;
  Query query(db,
              "SELECT key, id, version, head, summary, created, pruned FROM stream "
              "WHERE id >= ?1 AND (?2 = '' OR id < ?2) ORDER BY id DESC LIMIT ?3");
  query.text(prefix).text(end).number(to_column(std::clamp<std::size_t>(limit, 1, kPageMax)));
  std::vector<StreamInfo> out;
  for (;;) {
    TRY(const bool more, query.step());
    if (!more) return out;
    TRY(StreamRow row, stream_at(db, query));
    out.push_back(std::move(row.info));
  }
}

Result<std::string> read_blob(Db& db, const Digest& digest) {
  Query query(db, "SELECT bytes FROM blob WHERE digest = ?");
  TRY(const bool found, query.blob(digest).step());
  if (!found) return fail(ErrorKind::not_found, "there is no such blob");
  const std::span<const std::uint8_t> bytes = query.blob_at(0);
  return std::string(bytes.begin(), bytes.end());
}

Result<void> prune_stream(Db& db, const std::string& stream, std::uint64_t expected_version,
                          const std::string& summary) {
  CHECK(summary.size() <= kSummaryMax);
  TRY(Transaction transaction, Transaction::write(db));
  TRY(const std::optional<StreamRow> row, find_row(db, stream));
  if (!row) return fail(no_such_stream(stream, "there is no such stream"));
  if (row->info.version != expected_version) {
    return fail(version_conflict("the stream has changed", stream, expected_version, row->info.version));
  }
  // First of all marked: the triggers let records of pruned streams go, and no others.
  Query mark(db, "UPDATE stream SET pruned = 1, summary = ? WHERE key = ?");
  TRY_VOID(mark.text(summary).number(row->key).run());
  Query records(db, "DELETE FROM record WHERE stream = ?");
  TRY_VOID(records.number(row->key).run());
  Query find(db,
             "SELECT blob FROM blob_use AS mine WHERE stream = ?1 AND NOT EXISTS "
             "(SELECT 1 FROM blob_use AS other WHERE other.blob = mine.blob AND other.stream <> ?1)");
  find.number(row->key);
  std::vector<std::int64_t> unused;
  for (;;) {
    TRY(const bool more, find.step());
    if (!more) break;
    unused.push_back(find.number_at(0));
  }
  Query uses(db, "DELETE FROM blob_use WHERE stream = ?");
  TRY_VOID(uses.number(row->key).run());
  for (const std::int64_t blob : unused) {
    Query query(db, "DELETE FROM blob WHERE key = ?");
    TRY_VOID(query.number(blob).run());
  }
  return transaction.commit();
}

}  // namespace postern::ledger
