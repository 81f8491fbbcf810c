#include "ledger/sqlite_leases.hpp"

#include "base/check.hpp"

namespace postern::ledger {
namespace {

std::int64_t lease_ticks(WallTime time) {
  return time.time_since_epoch().count();
}

Error lease_conflict(std::string message, const std::string& name, const std::optional<Lease>& held) {
  Error out(ErrorKind::conflict, std::move(message));
  out.with("lease", name);
  if (!held) return out;
  return std::move(out)
      .with("holder", held->holder)
      .with("token", std::to_string(held->token))
      .with("until", format_rfc3339(held->until));
}

Result<void> put_lease(Db& db, const Lease& lease) {
  Query query(db,
              "INSERT INTO lease (name, token, holder, until) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
              "token = excluded.token, holder = excluded.holder, until = excluded.until");
  return query.text(lease.name)
      .number(static_cast<std::int64_t>(lease.token))
      .text(lease.holder)
      .number(lease_ticks(lease.until))
      .run();
}

}  // namespace

Result<std::optional<Lease>> find_lease(Db& db, const std::string& name) {
  Query query(db, "SELECT token, holder, until FROM lease WHERE name = ?");
  TRY(const bool row, query.text(name).step());
  if (!row) return std::optional<Lease>();
  Lease lease;
  lease.name = name;
  lease.token = static_cast<std::uint64_t>(query.number_at(0));
  lease.holder = query.text_at(1);
  lease.until = WallTime(Duration(query.number_at(2)));
  return std::optional<Lease>(std::move(lease));
}

Result<void> check_fence(Db& db, const Fence& fence) {
  TRY(const std::optional<Lease> held, find_lease(db, fence.lease));
  if (held && held->token == fence.token) return {};
  return fail(lease_conflict("the lease is somebody else's by now", fence.lease, held));
}

Result<Lease> acquire_lease(Db& db, const AcquireLease& wanted) {
  CHECK(!wanted.name.empty());
  TRY(Transaction transaction, Transaction::write(db));
  TRY(const std::optional<Lease> held, find_lease(db, wanted.name));
  const std::uint64_t token = held ? held->token : 0;
  if (wanted.over && *wanted.over != token) {
    return fail(lease_conflict("the lease has changed hands", wanted.name, held));
  }
  if (held && held->until > wanted.now && !wanted.over) {
    return fail(lease_conflict("the lease is held", wanted.name, held));
  }
  Lease lease;
  lease.name = wanted.name;
  lease.token = token + 1;
  lease.holder = wanted.holder;
  lease.until = wanted.until;
  TRY_VOID(put_lease(db, lease));
  TRY_VOID(transaction.commit());
  return lease;
}

Result<void> renew_lease(Db& db, const Fence& fence, WallTime until) {
  TRY(Transaction transaction, Transaction::write(db));
  TRY_VOID(check_fence(db, fence));
  {
    Query query(db, "UPDATE lease SET until = ? WHERE name = ?");
    TRY_VOID(query.number(lease_ticks(until)).text(fence.lease).run());
  }
  return transaction.commit();
}

Result<void> release_lease(Db& db, const Fence& fence) {
  TRY(Transaction transaction, Transaction::write(db));
  {
    Query query(db, "UPDATE lease SET until = ? WHERE name = ? AND token = ?");
    query.number(lease_ticks(WallTime())).text(fence.lease).number(static_cast<std::int64_t>(fence.token));
    TRY_VOID(query.run());
  }
  return transaction.commit();
}

}  // namespace postern::ledger
