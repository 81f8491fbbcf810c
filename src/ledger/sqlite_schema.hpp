#pragma once

/// The tables of the ledger's file (docs/formats/ledger.md) and how older files come to have them.

#include <string_view>

#include "ledger/sqlite_db.hpp"

namespace postern::ledger {

/// What a file says of itself.
enum class SchemaState : std::uint8_t {
  empty,  ///< nothing has been written yet
  older,  ///< a ledger of an earlier version of postern
  current,
};

/// Looks and changes nothing. Refused for a newer schema or another world, malformed for a file of another program.
Result<SchemaState> look_at_schema(Db& db, std::string_view world);

/// Makes the tables, or brings older ones up to date, in one transaction. Does nothing to a file that is current.
Result<void> migrate(Db& db, std::string_view world);

}  // namespace postern::ledger
