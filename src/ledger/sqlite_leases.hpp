#pragma once

/// What the Store does to leases, on a connection. See store.hpp.

#include <optional>
#include <string>

#include "ledger/sqlite_db.hpp"
#include "ledger/store.hpp"

namespace postern::ledger {

Result<Lease> acquire_lease(Db& db, const AcquireLease& wanted);
Result<void> renew_lease(Db& db, const Fence& fence, WallTime until);
Result<void> release_lease(Db& db, const Fence& fence);
Result<std::optional<Lease>> find_lease(Db& db, const std::string& name);

/// Conflict unless the lease has this token. Inside a transaction of the caller's.
Result<void> check_fence(Db& db, const Fence& fence);

}  // namespace postern::ledger
