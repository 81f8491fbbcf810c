#pragma once

/// Db, Query, Transaction: as much of SQLite as this module needs, with Results. For the .cpp files of the ledger only.
/// One thread at a time.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace postern::ledger {

class FilesVfs;

enum class DbMode : std::uint8_t { read_only, read_write };

struct DbOptions {
  DbOptions() = default;
  std::string path;
  DbMode mode = DbMode::read_only;
  Duration busy_max{};
  std::shared_ptr<FilesVfs> vfs;  ///< null: SQLite's own; shared with the other connections to its files
};

/// A connection, set up so that a hostile file cannot do more than fail.
class Db {
 public:
  /// Opens an existing file; an empty one is an empty database.
  static Result<std::unique_ptr<Db>> open(DbOptions options);
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;
  /// As the last connection it also brings the write-ahead log into the file.
  ~Db();

  /// Statements without parameters or rows.
  Result<void> execute(const std::string& sql);
  /// The one number, or text, that a statement without parameters gives.
  Result<std::int64_t> number(std::string_view sql);
  Result<std::string> text(std::string_view sql);
  std::int64_t last_row() const;

  /// What a result code of SQLite's means to our callers. Context "path" and "sqlite" (the code).
  Error error(int code) const;
  /// A row that our own schema does not allow.
  Error nonsense(std::string message) const;

 private:
  friend class Query;
  friend class Transaction;
  Db(DbOptions options, sqlite3* handle) : options_(std::move(options)), handle_(handle) {}
  Result<void> configure();
  Result<sqlite3_stmt*> prepare(std::string_view sql);

  DbOptions options_;
  sqlite3* handle_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

/// One use of a statement: parameters in their order, then rows. Errors of preparing and binding come from step().
/// What is bound stays where it is until the Query is gone; what text() and blob() return, until the next step().
class Query {
 public:
  Query(Db& db, std::string_view sql);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  Query& number(std::int64_t value);
  Query& text(std::string_view value);
  Query& blob(std::span<const std::uint8_t> value);

  /// True while there is a row.
  Result<bool> step();
  /// Steps to the end.
  Result<void> run();

  std::int64_t number_at(int column) const;
  std::string_view text_at(int column) const;
  std::span<const std::uint8_t> blob_at(int column) const;

 private:
  void note(int code);

  Db& db_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
  std::optional<Error> failed_;
};

/// Rolls back unless it was committed.
class Transaction {
 public:
  /// A view of one moment.
  static Result<Transaction> read(Db& db) { return begin(db, "BEGIN"); }
  /// The one writer; waits for the present one for as long as the connection may.
  static Result<Transaction> write(Db& db) { return begin(db, "BEGIN IMMEDIATE"); }
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Db& db) : db_(&db) {}
  static Result<Transaction> begin(Db& db, std::string_view sql);

  Db* db_;
};

}  // namespace postern::ledger
