#pragma once

/// What the Store does to streams, records and blobs, on a connection: each call is one transaction. See store.hpp.

#include <optional>
#include <string>
#include <vector>

#include "ledger/sqlite_db.hpp"
#include "ledger/store.hpp"

namespace postern::ledger {

Result<void> append_to_stream(Db& db, const Append& append);
Result<std::vector<Record>> read_records(Db& db, const std::string& stream, std::uint64_t from_seq, std::size_t limit);
Result<std::optional<StreamInfo>> find_stream(Db& db, const std::string& stream);
Result<std::vector<StreamInfo>> list_streams(Db& db, const std::string& prefix, const std::string& before,
                                             std::size_t limit);
Result<std::string> read_blob(Db& db, const Digest& digest);
Result<void> prune_stream(Db& db, const std::string& stream, std::uint64_t expected_version,
                          const std::string& summary);

}  // namespace postern::ledger
