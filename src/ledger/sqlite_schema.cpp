#include "ledger/sqlite_schema.hpp"

#include <array>
#include <string>

#include "base/check.hpp"

namespace postern::ledger {
namespace {

/// "PstL": tells a ledger from any other SQLite file, also to file(1).
constexpr std::int64_t kApplicationId = 0x5073744C;

/// Step n brings a file from version n to n + 1; what has been released is never edited, only followed by another step.
constexpr std::array<std::string_view, 1> kSteps{// 1
                                                 R"sql(
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE stream (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  head BLOB NOT NULL CHECK (length(head) = 32),
  summary TEXT NOT NULL,
  created INTEGER NOT NULL,
  pruned INTEGER NOT NULL DEFAULT 0 CHECK (pruned IN (0, 1))
) STRICT;

CREATE TABLE record (
  stream INTEGER NOT NULL REFERENCES stream (key),
  seq INTEGER NOT NULL CHECK (seq > 0),
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (stream, seq)
) STRICT;

CREATE TABLE blob (
  key INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE blob_use (
  stream INTEGER NOT NULL REFERENCES stream (key),
  blob INTEGER NOT NULL REFERENCES blob (key),
  PRIMARY KEY (stream, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_use_blob ON blob_use (blob);

CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  token INTEGER NOT NULL CHECK (token > 0),
  holder TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER record_is_never_changed BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'a record is never changed'); END;

CREATE TRIGGER record_is_deleted_by_prune_only BEFORE DELETE ON record
WHEN (SELECT pruned FROM stream WHERE key = OLD.stream) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'a record is deleted by prune only'); END;

CREATE TRIGGER record_is_only_appended BEFORE INSERT ON record
WHEN NEW.seq <= (SELECT version FROM stream WHERE key = NEW.stream)
  OR (SELECT pruned FROM stream WHERE key = NEW.stream) = 1
BEGIN SELECT RAISE(ABORT, 'a record is only appended'); END;

CREATE TRIGGER stream_only_grows BEFORE UPDATE ON stream
WHEN NEW.key <> OLD.key OR NEW.id <> OLD.id OR NEW.version < OLD.version OR NEW.created <> OLD.created
  OR NEW.pruned < OLD.pruned OR (OLD.pruned = 1 AND (NEW.version <> OLD.version OR NEW.head <> OLD.head))
BEGIN SELECT RAISE(ABORT, 'a stream only grows'); END;

CREATE TRIGGER stream_is_never_deleted BEFORE DELETE ON stream
BEGIN SELECT RAISE(ABORT, 'a stream is never deleted'); END;

CREATE TRIGGER blob_is_never_changed BEFORE UPDATE ON blob
BEGIN SELECT RAISE(ABORT, 'a blob is never changed'); END;

CREATE TRIGGER lease_token_only_grows BEFORE UPDATE ON lease
WHEN NEW.name <> OLD.name OR NEW.token < OLD.token
BEGIN SELECT RAISE(ABORT, 'a token only grows'); END;

CREATE TRIGGER lease_is_never_deleted BEFORE DELETE ON lease
BEGIN SELECT RAISE(ABORT, 'a lease is never deleted'); END;
)sql"};
constexpr auto kCurrent = static_cast<std::int64_t>(kSteps.size());

Error refused_schema(std::string message, std::string found, std::string wanted) {
  return Error(ErrorKind::refused, std::move(message))
      .with("found", std::move(found))
      .with("wanted", std::move(wanted));
}

Result<void> check_world(Db& db, std::string_view world) {
  Query query(db, "SELECT value FROM meta WHERE key = 'world'");
  TRY(const bool row, query.step());
  if (!row) return fail(db.nonsense("the ledger does not say of which world it is"));
  const std::string found(query.text_at(0));
  if (found != world) {
    return fail(refused_schema("the ledger is of another world", found, std::string(world)));
  }
  return {};
}

Result<SchemaState> look_inside(Db& db, std::string_view world) {
  TRY(const std::int64_t application, db.number("PRAGMA application_id"));
  TRY(const std::int64_t version, db.number("PRAGMA user_version"));
  if (application == 0 && version == 0) {
    TRY(const std::int64_t tables, db.number("SELECT count(*) FROM sqlite_schema"));
    if (tables == 0) return SchemaState::empty;
  }
  if (application != kApplicationId || version < 1) return fail(db.nonsense("the file is no ledger of postern's"));
  if (version > kCurrent) {
    return fail(
        refused_schema("the ledger was written by a newer postern", std::to_string(version), std::to_string(kCurrent)));
  }
  TRY_VOID(check_world(db, world));
  return version < kCurrent ? SchemaState::older : SchemaState::current;
}

Result<void> set_world(Db& db, std::string_view world) {
  Query query(db, "INSERT INTO meta (key, value) VALUES ('world', ?)");
  return query.text(world).run();
}

}  // namespace

Result<SchemaState> look_at_schema(Db& db, std::string_view world) {
  TRY(const Transaction view, Transaction::read(db));
  return look_inside(db, world);
}

Result<void> migrate(Db& db, std::string_view world) {
  TRY(Transaction transaction, Transaction::write(db));
  // Looked at again: another process may have been quicker.
  TRY(const SchemaState state, look_inside(db, world));
  if (state == SchemaState::current) return {};
  TRY(const std::int64_t version, db.number("PRAGMA user_version"));
  for (auto step = version; step < kCurrent; ++step) {
    TRY_VOID(db.execute(std::string(kSteps.at(static_cast<std::size_t>(step)))));
  }
  TRY_VOID(db.execute("PRAGMA user_version = " + std::to_string(kCurrent) +
                      "; PRAGMA application_id = " + std::to_string(kApplicationId)));
  if (state == SchemaState::empty) TRY_VOID(set_world(db, world));
  return transaction.commit();
}

}  // namespace postern::ledger
