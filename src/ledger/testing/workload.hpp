#pragma once

/// What a program does with a ledger, and a model of what it may find there afterwards, whatever happened meanwhile.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/stream_writer.hpp"
#include "ledger/testing/rig.hpp"

namespace postern::ledger::testing {

inline constexpr const char* kMain = "run/main";
inline constexpr const char* kOld = "run/old";
inline constexpr const char* kLease = "lease/main";
inline constexpr std::size_t kBodySize = 700;  // more than a sector: a torn disk can divide it

struct Call {
  Call() = default;
  std::string stream;
  std::vector<std::string> bodies;
  std::string blob;  ///< empty: none
  bool acknowledged = false;
};

/// What was asked for, and what was answered.
struct Model {
  Model() = default;
  std::vector<Call> calls;
  std::uint64_t token_asked = 0;
  std::uint64_t token = 0;
  bool prune_asked = false;
  bool pruned = false;
  std::vector<Error> errors;

  std::size_t add(std::string stream, const std::string& name, std::size_t records, std::string blob) {
    Call& call = calls.emplace_back();
    call.stream = std::move(stream);
    for (std::size_t i = 0; i < records; ++i) {
      std::string body = name + "." + std::to_string(i) + " ";
      body.resize(kBodySize, '.');
      call.bodies.push_back(std::move(body));
    }
    call.blob = std::move(blob);
    return calls.size() - 1;
  }
  /// Notes the answer; true when it is good.
  template <class T>
  bool heard(const Result<T>& answer) {
    if (!answer) errors.push_back(answer.error());
    return answer.has_value();
  }
};

inline Blob named_blob(std::string bytes) {
  Blob out;
  out.digest = sha256(bytes);
  out.bytes = std::move(bytes);
  return out;
}

/// What every task of a workload has at hand.
struct Desk {
  Desk(Store& s, rt::CallContext c, Model& m, std::string p) : store(s), ctx(c), model(m), pass(std::move(p)) {}
  Store& store;
  rt::CallContext ctx;
  Model& model;
  std::string pass;  ///< names of the bodies start with it
};

/// One call through the writer.
inline rt::Task<bool> write_call(Desk* desk, StreamWriter* writer, std::string name, std::size_t records,
                                 std::string blob) {
  const std::size_t index = desk->model.add(kMain, name, records, blob);
  std::vector<NewRecord> out;
  for (const std::string& body : desk->model.calls[index].bodies) out.emplace_back("test", body);
  if (!blob.empty()) out.front().blobs.push_back(named_blob(std::move(blob)));
  const Result<void> done = co_await writer->append(desk->ctx, std::move(out), "summary of " + name);
  if (!desk->model.heard(done)) co_return false;
  desk->model.calls[index].acknowledged = true;
  co_return true;
}

inline rt::Task<void> write_calls(Desk* desk, StreamWriter* writer, std::string name) {
  for (const char* number : {"0", "1", "2"}) {
    std::string blob;
    if (*number == '0') blob = "blob of " + name;
    const std::string call = name + "." + number;
    const std::size_t records = *number == '1' ? 2 : 1;
    const bool done = co_await write_call(desk, writer, call, records, blob);
    if (!done) co_return;
  }
}

/// The lease, whoever has it: as after finding its holder dead.
inline rt::Task<Result<Lease>> take_lease(Desk* desk) {
  CO_TRY(const std::optional<Lease> held, co_await desk->store.lease(desk->ctx, kLease));
  AcquireLease wanted;
  wanted.name = kLease;
  wanted.holder = desk->pass;
  wanted.now = desk->ctx.clock().wall_now();
  wanted.until = wanted.now + std::chrono::hours(1);
  if (held) wanted.over = held->token;
  desk->model.token_asked = (held ? held->token : 0) + 1;
  Result<Lease> lease = co_await desk->store.acquire(desk->ctx, std::move(wanted));
  if (lease) desk->model.token = lease->token;
  co_return lease;
}

/// A run: a lease, tasks that write at once, a renewal, one more, the lease given back.
inline rt::Task<Result<void>> main_run(Desk* desk) {
  CO_TRY(const Lease lease, co_await take_lease(desk));
  CO_TRY(const std::optional<StreamInfo> info, co_await desk->store.find(desk->ctx, kMain));
  const Fence fence(kLease, lease.token);
  StreamWriterOptions options;
  options.world = kWorld;
  options.stream = kMain;
  options.fence = fence;
  const Digest head = info ? info->head : chain_start(kWorld, kMain);
  StreamWriter writer(desk->store, options, info ? info->version : 0, head);
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  for (const char* task : {".a", ".b", ".c"}) group.spawn(write_calls(desk, &writer, desk->pass + task));
  co_await group.join();
  CO_TRY_VOID(co_await desk->store.renew(desk->ctx, fence, lease.until + std::chrono::hours(1)));
  const std::string last = desk->pass + ".last";
  const bool done = co_await write_call(desk, &writer, last, 1, "shared");
  if (!done) co_return fail(ErrorKind::cancelled, "noted already");
  co_return co_await desk->store.release(desk->ctx, fence);
}

/// An old run that is written and pruned; one of its blobs is the main run's too.
inline rt::Task<Result<void>> old_run(Desk* desk) {
  Append append;
  append.stream = kOld;
  const std::size_t index = desk->model.add(kOld, desk->pass + ".old", 3, "shared");
  Digest head = chain_start(kWorld, kOld);
  for (const std::string& body : desk->model.calls[index].bodies) {
    Record& record = append.records.emplace_back();
    record.seq = append.records.size();
    record.body = body;
    record.hash = head = chain_next(head, record);
  }
  append.blobs.push_back(named_blob("shared"));
  append.blobs.push_back(named_blob("of the old run only"));
  CO_TRY_VOID(co_await desk->store.append(desk->ctx, std::move(append)));
  desk->model.calls[index].acknowledged = true;
  desk->model.prune_asked = true;
  CO_TRY_VOID(co_await desk->store.prune(desk->ctx, kOld, 3, "pruned"));
  desk->model.pruned = true;
  co_return Result<void>();
}

inline rt::Task<bool> whole_workload(Desk* desk, bool with_old) {
  const Result<void> main = co_await main_run(desk);
  desk->model.heard(main);
  if (with_old) {
    const Result<void> old = co_await old_run(desk);
    desk->model.heard(old);
  }
  co_return desk->model.errors.empty();
}

/// Opens the ledger and does it all; what failed is in the model. The store is left open, in `store`.
inline void run_workload(Rig& rig, const SqliteOptions& options, Model& model, std::unique_ptr<Store>& store) {
  Result<std::unique_ptr<Store>> opened = open_sqlite_store(options, rig.new_worker());
  if (!model.heard(opened)) return;
  store = std::move(*opened);
  Desk desk(*store, rig.ctx(), model, "first");
  rig.run(whole_workload(&desk, true));
}

// ---- checking -------------------------------------------------------------------------------------------------------

/// Each call is there as a whole or not at all, the acknowledged ones are, and nothing else is.
inline void check_bodies(const Model& model, const std::string& stream, const std::vector<Record>& records) {
  std::map<std::string, std::uint64_t> seqs;
  for (const Record& record : records) EXPECT_TRUE(seqs.emplace(record.body, record.seq).second) << record.body;
  std::size_t known = 0;
  for (const Call& call : model.calls) {
    if (call.stream != stream) continue;
    std::vector<std::uint64_t> found;
    for (const std::string& body : call.bodies) {
      if (const auto at = seqs.find(body); at != seqs.end()) found.push_back(at->second);
    }
    known += found.size();
    EXPECT_TRUE(found.size() == call.bodies.size() || (found.empty() && !call.acknowledged)) << call.bodies.front();
    for (std::size_t i = 1; i < found.size(); ++i) EXPECT_EQ(found[i], found[0] + i);
  }
  EXPECT_EQ(known, records.size()) << "a record that nobody handed over";
}

inline std::size_t check_stream(Rig& rig, Store& store, const Model& model, const std::string& stream) {
  const std::optional<StreamInfo> info = rig.run(store.find(rig.ctx(), stream)).value();
  std::vector<Record> records;
  if (info) records = read_all(rig, store, stream).value();
  const Result<Digest> head = verify_chain(chain_start(kWorld, stream), 1, records);
  EXPECT_TRUE(head) << head.error().to_text();
  if (info && head) EXPECT_EQ(info->head, *head);
  if (info) EXPECT_EQ(info->version, records.size());
  check_bodies(model, stream, records);
  return records.size();
}

inline bool has_blob(Rig& rig, Store& store, const std::string& bytes) {
  const Result<std::string> blob = rig.run(store.blob(rig.ctx(), sha256(bytes)));
  if (blob) EXPECT_EQ(*blob, bytes);
  if (!blob) EXPECT_EQ(blob.error().kind(), ErrorKind::not_found);
  return blob.has_value();
}

/// Pruned or not, nothing between.
inline void check_old(Rig& rig, Store& store, const Model& model) {
  const std::optional<StreamInfo> info = rig.run(store.find(rig.ctx(), kOld)).value();
  const bool only = has_blob(rig, store, "of the old run only");
  if (!info || !info->pruned) {
    EXPECT_FALSE(model.pruned);
    const std::size_t records = check_stream(rig, store, model, kOld);
    EXPECT_EQ(only, records > 0);
    return;
  }
  EXPECT_TRUE(model.prune_asked);
  EXPECT_EQ(info->version, 3U);
  EXPECT_EQ(info->summary, "pruned");
  EXPECT_EQ(rig.run(store.read(rig.ctx(), kOld, 1, 9)).error().kind(), ErrorKind::not_found);
  EXPECT_FALSE(only);
}

/// Everything that the model says must hold of what is in the store.
inline void check_store(Rig& rig, Store& store, const Model& model) {
  check_stream(rig, store, model, kMain);
  check_old(rig, store, model);
  for (const Call& call : model.calls) {
    const bool kept = call.acknowledged && call.stream == kMain && !call.blob.empty();
    if (kept) EXPECT_TRUE(has_blob(rig, store, call.blob)) << call.blob;
  }
  const std::optional<Lease> lease = rig.run(store.lease(rig.ctx(), kLease)).value();
  const std::uint64_t token = lease ? lease->token : 0;
  EXPECT_GE(token, model.token);
  EXPECT_LE(token, model.token_asked);
}

/// Opens the ledger again, checks it, and works on.
inline void check_and_go_on(Rig& rig, const SqliteOptions& options, Model& model) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(options, rig.new_worker());
  ASSERT_TRUE(store) << store.error().to_text();
  check_store(rig, **store, model);
  model.errors.clear();
  Desk desk(**store, rig.ctx(), model, "later" + std::to_string(model.calls.size()));
  EXPECT_TRUE(rig.run(whole_workload(&desk, false))) << model.errors.front().to_text();
  check_store(rig, **store, model);
}

}  // namespace postern::ledger::testing
