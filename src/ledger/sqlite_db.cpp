#include "ledger/sqlite_db.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "base/check.hpp"
#include "ledger/files_vfs.hpp"
#include "os/errno_error.hpp"

namespace postern::ledger {
namespace {

/// The largest value is a blob of 8 MiB; whatever a file says is longer is not ours.
constexpr int kValueMax = 16 << 20;

ErrorKind kind_of_code(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::malformed;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorKind::denied;
    default:
      return ErrorKind::internal;
  }
}

bool is_io(int code) {
  const int primary = code & 0xFF;
  return primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL;
}

}  // namespace

Result<std::unique_ptr<Db>> Db::open(DbOptions options) {
  // Neither a URI nor one of SQLite's special names, whatever the path looks like.
  if (!options.path.starts_with('/') && !options.path.starts_with("./")) options.path.insert(0, "./");
  const int mode = options.mode == DbMode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const std::string vfs = options.vfs ? options.vfs->name() : std::string();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   vfs.empty() ? nullptr : vfs.c_str());
  CHECK(handle != nullptr);
  std::unique_ptr<Db> db(new Db(std::move(options), handle));
  if (code != SQLITE_OK) return fail(db->error(code));
  TRY_VOID(db->configure());
  return db;
}

Db::~Db() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  // Never busy: every statement is finalised. A checkpoint that fails leaves its work to the next one who opens.
  const int code = sqlite3_close(handle_);
  CHECK(code != SQLITE_BUSY);
}

Result<void> Db::configure() {
  sqlite3_busy_timeout(handle_,
                       static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(options_.busy_max).count()));
  for (const auto& [option, value] :
       {std::pair(SQLITE_DBCONFIG_DEFENSIVE, 1), std::pair(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        std::pair(SQLITE_DBCONFIG_ENABLE_FKEY, 1), std::pair(SQLITE_DBCONFIG_ENABLE_VIEW, 0),
        std::pair(SQLITE_DBCONFIG_DQS_DDL, 0), std::pair(SQLITE_DBCONFIG_DQS_DML, 0)}) {
    const int code = sqlite3_db_config(handle_, option, value, nullptr);
    if (code != SQLITE_OK) return fail(error(code));
  }
  sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kValueMax);
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
  // Temporary files would lie in a folder of SQLite's choice.
  return execute("PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;");
}

Result<void> Db::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  return {};
}

Result<std::int64_t> Db::number(std::string_view sql) {
  Query query(*this, sql);
  TRY(const bool row, query.step());
  if (!row) return fail(nonsense("a statement of the ledger gave no row"));
  const std::int64_t out = query.number_at(0);
  TRY_VOID(query.run());
  return out;
}

Result<std::string> Db::text(std::string_view sql) {
  Query query(*this, sql);
  TRY(const bool row, query.step());
  if (!row) return fail(nonsense("a statement of the ledger gave no row"));
  std::string out(query.text_at(0));
  // What a PRAGMA changes is committed after its row: only the end tells whether it was.
  TRY_VOID(query.run());
  return out;
}

std::int64_t Db::last_row() const {
  return sqlite3_last_insert_rowid(handle_);
}

Error Db::error(int code) const {
  // The connection's message is the better one while it is about the same failure.
  const bool same = sqlite3_extended_errcode(handle_) == code;
  const char* message = same ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  Error out(kind_of_code(code), "the ledger's database failed: " + std::string(message));
  out.with("path", options_.path).with("sqlite", std::to_string(code));
  if (!is_io(code)) return out;
  if (options_.vfs) {
    std::optional<Error> cause = options_.vfs->take_error();
    return cause ? std::move(out).caused_by(std::move(*cause)) : out;
  }
  const int number = sqlite3_system_errno(handle_);
  return number != 0 ? std::move(out).caused_by(os::errno_error(number, "use the file")) : out;
}

Error Db::nonsense(std::string message) const {
  return Error(ErrorKind::malformed, std::move(message)).with("path", options_.path);
}

Result<sqlite3_stmt*> Db::prepare(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  statements_.emplace(std::string(sql), statement);
  return statement;
}

Query::Query(Db& db, std::string_view sql) : db_(db) {
  Result<sqlite3_stmt*> statement = db.prepare(sql);
  if (!statement) {
    failed_ = std::move(statement).error();
    return;
  }
  statement_ = *statement;
  CHECK(sqlite3_stmt_busy(statement_) == 0);
}

Query::~Query() {
  if (statement_ == nullptr) return;
  // Ends a statement that has more rows; those that change anything were stepped to their end, which was told.
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::note(int code) {
  if (code != SQLITE_OK && !failed_) failed_ = db_.error(code);
}

Query& Query::number(std::int64_t value) {
  if (!failed_) note(sqlite3_bind_int64(statement_, next_++, value));
  return *this;
}

Query& Query::text(std::string_view value) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = value.empty() ? "" : value.data();
  if (!failed_) note(sqlite3_bind_text64(statement_, next_++, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Query& Query::blob(std::span<const std::uint8_t> value) {
  static constexpr std::uint8_t kNothing = 0;
  const void* data = value.empty() ? &kNothing : value.data();
  if (!failed_) note(sqlite3_bind_blob64(statement_, next_++, data, value.size(), SQLITE_STATIC));
  return *this;
}

Result<bool> Query::step() {
  if (failed_) return fail(*failed_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(db_.error(code));
}

Result<void> Query::run() {
  for (;;) {
    TRY(const bool row, step());
    if (!row) return {};
  }
}

std::int64_t Query::number_at(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Query::text_at(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::span<const std::uint8_t> Query::blob_at(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return std::span(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Result<Transaction> Transaction::begin(Db& db, std::string_view sql) {
  Query query(db, sql);
  TRY_VOID(query.run());
  return Transaction(db);
}

Result<void> Transaction::commit() {
  CHECK(db_ != nullptr);
  {
    Query query(*db_, "COMMIT");
    TRY_VOID(query.run());
  }
  db_ = nullptr;
  return {};
}

Transaction::~Transaction() {
  // Some failures have rolled back already.
  if (db_ == nullptr || sqlite3_get_autocommit(db_->handle_) != 0) return;
  Query query(*db_, "ROLLBACK");
  const Result<void> done = query.run();
  static_cast<void>(done);  // a rollback that fails leaves a connection on which nothing but failures can follow
}

}  // namespace postern::ledger
