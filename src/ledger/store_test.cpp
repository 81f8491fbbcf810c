#include "ledger/store.hpp"

#include <gtest/gtest.h>

#include "ledger/files_vfs.hpp"
#include "ledger/sqlite_db.hpp"
#include "ledger/testing/rig.hpp"

namespace postern::ledger {
namespace {

using namespace std::chrono_literals;
using testing::kWorld;
using testing::numbered_append;
using testing::read_all;
using testing::records_after;

enum class Where : std::uint8_t { real, simulated };

/// One suite over what users run and what the simulation runs.
class StoreTest : public ::testing::TestWithParam<Where> {
 protected:
  void SetUp() override {
    if (GetParam() == Where::real) {
      rig_ = std::make_unique<testing::RealRig>();
    } else {
      rig_ = std::make_unique<testing::SimRig>();
    }
  }
  void TearDown() override { store_.reset(); }

  Store& store() {
    if (!store_) store_ = rig_->open().value();
    return *store_;
  }
  Result<void> append(Append append) { return rig_->run(store().append(rig_->ctx(), std::move(append))); }
  Result<void> append(const std::string& stream, std::size_t count, std::size_t body_size = 0) {
    return append(numbered_append(*rig_, store(), stream, count, body_size));
  }
  std::optional<StreamInfo> find(const std::string& stream) {
    return rig_->run(store().find(rig_->ctx(), stream)).value();
  }
  std::vector<std::string> list(std::string prefix, std::string before = "", std::size_t limit = 100) {
    const auto infos = rig_->run(store().list(rig_->ctx(), std::move(prefix), std::move(before), limit)).value();
    std::vector<std::string> out;
    for (const StreamInfo& info : infos) out.push_back(info.id);
    return out;
  }
  Result<Lease> acquire(std::string name, std::string holder, WallTime now, WallTime until,
                        std::optional<std::uint64_t> over = std::nullopt) {
    AcquireLease wanted;
    wanted.name = std::move(name);
    wanted.holder = std::move(holder);
    wanted.now = now;
    wanted.until = until;
    wanted.over = over;
    return rig_->run(store().acquire(rig_->ctx(), std::move(wanted)));
  }
  Result<void> renew(const Fence& fence, WallTime until) { return rig_->run(store().renew(rig_->ctx(), fence, until)); }
  Result<void> release(const Fence& fence) { return rig_->run(store().release(rig_->ctx(), fence)); }
  Result<std::string> blob(const Digest& digest) { return rig_->run(store().blob(rig_->ctx(), digest)); }
  Result<void> prune(const std::string& stream, std::uint64_t version, std::string summary) {
    return rig_->run(store().prune(rig_->ctx(), stream, version, std::move(summary)));
  }
  /// A connection of the test's own, behind the store's back.
  std::unique_ptr<Db> raw(Duration busy_max = Duration(0)) {
    DbOptions options;
    options.path = rig_->path();
    options.mode = DbMode::read_write;
    options.busy_max = busy_max;
    if (rig_->options().files != nullptr) options.vfs = FilesVfs::of(rig_->files());
    return Db::open(std::move(options)).value();
  }
  std::uint32_t mode_of(const std::string& path) { return rig_->files().stat(path).value().mode; }

  std::unique_ptr<testing::Rig> rig_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreTest, ::testing::Values(Where::real, Where::simulated),
                         [](const auto& info) { return info.param == Where::real ? "Real" : "Simulated"; });

TEST_P(StoreTest, GivesBackWhatWasAppended) {
  Append first = numbered_append(*rig_, store(), "run/1", 2);
  first.records[1].body = std::string("\0not \xff text\0", 12);
  first.records[1].type = "";
  first.records[1].at = WallTime(Duration(-1));
  first.records[1].hash = chain_next(first.records[0].hash, first.records[1]);
  first.summary = "{\"state\":\"running\"}";
  const std::vector<Record> written = first.records;
  ASSERT_TRUE(append(std::move(first)));
  ASSERT_TRUE(append("run/1", 1));
  const std::vector<Record> read = read_all(*rig_, store(), "run/1").value();
  ASSERT_EQ(read.size(), 3U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read[i].seq, i + 1);
    EXPECT_EQ(read[i].at, written[i].at);
    EXPECT_EQ(read[i].type, written[i].type);
    EXPECT_EQ(read[i].body, written[i].body);
  }
  EXPECT_TRUE(verify_chain(chain_start(kWorld, "run/1"), 1, read));
  const StreamInfo info = find("run/1").value();
  EXPECT_EQ(info.id, "run/1");
  EXPECT_EQ(info.version, 3U);
  EXPECT_EQ(info.head, read[2].hash);
  EXPECT_EQ(info.summary, "{\"state\":\"running\"}");
  EXPECT_EQ(info.created, written[0].at);
  EXPECT_FALSE(info.pruned);
}

TEST_P(StoreTest, KeepsEverythingForTheNextOneWhoOpens) {
  ASSERT_TRUE(append("a", 3));
  const Digest head = find("a")->head;
  ASSERT_TRUE(acquire("l", "me", WallTime(), WallTime(1h)));
  store_.reset();
  EXPECT_EQ(find("a")->head, head);
  EXPECT_EQ(read_all(*rig_, store(), "a")->size(), 3U);
  EXPECT_EQ(rig_->run(store().lease(rig_->ctx(), "l")).value()->holder, "me");
}

TEST_P(StoreTest, ReadsInPages) {
  ASSERT_TRUE(append("a", 60));
  ASSERT_TRUE(append("a", 45));
  for (const std::size_t page : {1U, 7U, 105U, 5000U}) {
    EXPECT_EQ(read_all(*rig_, store(), "a", page)->size(), 105U) << page;
  }
  const auto page = [&](std::uint64_t from, std::size_t limit) {
    return rig_->run(store().read(rig_->ctx(), "a", from, limit)).value();
  };
  EXPECT_EQ(page(100, 3).front().seq, 100U);
  EXPECT_EQ(page(100, 3).back().seq, 102U);
  EXPECT_EQ(page(105, 3).size(), 1U);
  EXPECT_TRUE(page(106, 3).empty());
  EXPECT_TRUE(page(1'000'000'000'000U, 3).empty());
  const auto none = rig_->run(store().read(rig_->ctx(), "b", 1, 3));
  EXPECT_EQ(none.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(none.error().context("stream"), "b");
}

TEST_P(StoreTest, APageEndsBeforeItIsTooLarge) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append("big", 11, kBodyMax));
  const auto first = rig_->run(store().read(rig_->ctx(), "big", 1, 100)).value();
  EXPECT_EQ(first.size(), 15U);  // 4 MiB hold sixteen bodies, but not their types
  EXPECT_EQ(read_all(*rig_, store(), "big")->size(), 33U);
}

TEST_P(StoreTest, TakesAnAppendAtTheExpectedVersionOnly) {
  ASSERT_TRUE(append("a", 2));
  for (const std::uint64_t version : {0U, 1U, 3U}) {
    Append late;
    late.stream = "a";
    late.expected_version = version;
    late.records = records_after(version, Digest(), 1);
    late.summary = "never";
    const Result<void> done = append(late);
    ASSERT_FALSE(done) << version;
    EXPECT_EQ(done.error().kind(), ErrorKind::conflict);
    EXPECT_EQ(done.error().context("version"), "2");
    EXPECT_EQ(done.error().context("expected"), std::to_string(version));
  }
  Append gone;
  gone.stream = "b";
  gone.expected_version = 1;
  gone.summary = "x";
  EXPECT_EQ(append(gone).error().context("version"), "0");
  EXPECT_EQ(find("a")->version, 2U);
  EXPECT_EQ(find("a")->summary, "");
  EXPECT_FALSE(find("b"));
}

TEST_P(StoreTest, ReplacesTheSummaryAloneToo) {
  ASSERT_TRUE(append("a", 2));
  const Digest head = find("a")->head;
  Append only;
  only.stream = "a";
  only.expected_version = 2;
  only.summary = "done";
  ASSERT_TRUE(append(only));
  EXPECT_EQ(find("a")->summary, "done");
  EXPECT_EQ(find("a")->version, 2U);
  EXPECT_EQ(find("a")->head, head);
  ASSERT_TRUE(append("a", 1));
  EXPECT_EQ(find("a")->summary, "done");
}

TEST_P(StoreTest, ListsTheGreatestIdFirst) {
  for (const char* id : {"run/03", "run/01", "plan/1", "run/02", "rum/9", "ruo", "run"}) ASSERT_TRUE(append(id, 1));
  EXPECT_EQ(list("run/"), (std::vector<std::string>{"run/03", "run/02", "run/01"}));
  EXPECT_EQ(list("run/", "", 2), (std::vector<std::string>{"run/03", "run/02"}));
  EXPECT_EQ(list("run/", "run/02"), (std::vector<std::string>{"run/01"}));
  EXPECT_EQ(list("run/", "zzz"), (std::vector<std::string>{"run/03", "run/02", "run/01"}));
  EXPECT_EQ(list("", "run"), (std::vector<std::string>{"rum/9", "plan/1"}));
  EXPECT_EQ(list("").size(), 7U);
  EXPECT_TRUE(list("x").empty());
  ASSERT_TRUE(append("\xff\xff", 1));
  EXPECT_EQ(list("\xff"), (std::vector<std::string>{"\xff\xff"}));
}

TEST_P(StoreTest, ALeaseHasOneHolderUntilItExpires) {
  const WallTime now(1000s);
  EXPECT_FALSE(rig_->run(store().lease(rig_->ctx(), "run/1")).value());
  const Lease first = acquire("run/1", "a", now, now + 30s).value();
  EXPECT_EQ(first.token, 1U);
  EXPECT_EQ(first.name, "run/1");
  const Result<Lease> refused = acquire("run/1", "b", now + 29s, now + 60s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.error().context("holder"), "a");
  EXPECT_EQ(refused.error().context("token"), "1");
  EXPECT_EQ(refused.error().context("until"), "1970-01-01T00:17:10Z");
  EXPECT_FALSE(acquire("run/1", "a", now, now + 60s));  // two writers of one process are two
  ASSERT_TRUE(acquire("run/2", "b", now, now + 60s));
  const Lease second = acquire("run/1", "b", now + 30s, now + 60s).value();
  EXPECT_EQ(second.token, 2U);
  EXPECT_EQ(rig_->run(store().lease(rig_->ctx(), "run/1")).value()->holder, "b");
}

TEST_P(StoreTest, OnlyTheHolderRenewsAndReleases) {
  const WallTime now(1000s);
  const Fence old("l", acquire("l", "a", now, now + 1s)->token);
  ASSERT_TRUE(renew(old, now + 10s));
  EXPECT_FALSE(acquire("l", "b", now + 5s, now + 60s));
  const Fence current("l", acquire("l", "b", now + 10s, now + 60s)->token);
  const Result<void> late = renew(old, now + 99s);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(late.error().context("holder"), "b");
  EXPECT_TRUE(release(old));  // no longer its own: left alone
  EXPECT_FALSE(acquire("l", "c", now + 20s, now + 60s));
  EXPECT_TRUE(release(current));
  EXPECT_EQ(acquire("l", "c", now + 20s, now + 60s)->token, 3U);
  EXPECT_EQ(renew(Fence("none", 1), now).error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(release(Fence("none", 1)));
}

TEST_P(StoreTest, ADeadHoldersLeaseIsTakenByItsToken) {
  const WallTime now(1000s);
  const std::uint64_t dead = acquire("l", "dead", now, now + 1h)->token;
  EXPECT_EQ(acquire("l", "b", now, now + 1h, dead + 1).error().kind(), ErrorKind::conflict);
  const Lease taken = acquire("l", "b", now, now + 1h, dead).value();
  EXPECT_EQ(taken.token, dead + 1);
  // Whoever saw the same dead holder comes second, also when the lease has expired since.
  EXPECT_EQ(acquire("l", "c", now, now + 1h, dead).error().context("holder"), "b");
  EXPECT_FALSE(acquire("l", "c", now + 2h, now + 3h, dead));
  EXPECT_FALSE(acquire("none", "c", now, now + 1h, 1));
}

TEST_P(StoreTest, AnAppendNeedsTheTokenOfItsFence) {
  const WallTime now(1000s);
  const Fence old("l", acquire("l", "a", now, now + 1s)->token);
  Append fenced = numbered_append(*rig_, store(), "a", 1);
  fenced.fence = old;
  ASSERT_TRUE(append(fenced));  // whether it has expired is not the store's to say
  ASSERT_TRUE(acquire("l", "b", now + 5s, now + 60s));
  Append late = numbered_append(*rig_, store(), "a", 1);
  late.fence = old;
  late.blobs.emplace_back();
  const Result<void> refused = append(late);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.error().context("holder"), "b");
  EXPECT_EQ(refused.error().context("token"), "2");
  EXPECT_EQ(refused.error().context("until"), "1970-01-01T00:17:40Z");
  EXPECT_EQ(find("a")->version, 1U);
  EXPECT_FALSE(blob(Digest()));
  late.fence = Fence("nobody's", 1);
  EXPECT_EQ(append(late).error().kind(), ErrorKind::conflict);
}

Blob blob_of(std::string bytes) {
  Blob out;
  out.digest = sha256(bytes);
  out.bytes = std::move(bytes);
  return out;
}

TEST_P(StoreTest, PruneTakesRecordsAndTheBlobsThatNobodyElseUses) {
  const auto with_blobs = [&](const std::string& stream, const std::vector<std::string>& blobs) {
    Append out = numbered_append(*rig_, store(), stream, 2);
    for (const std::string& bytes : blobs) out.blobs.push_back(blob_of(bytes));
    return append(std::move(out));
  };
  ASSERT_TRUE(with_blobs("a", {"mine", "ours", ""}));
  ASSERT_TRUE(with_blobs("a", {"mine", "mine"}));
  ASSERT_TRUE(with_blobs("b", {"ours"}));
  EXPECT_EQ(blob(sha256("mine")).value(), "mine");
  EXPECT_EQ(blob(sha256("")).value(), "");
  const Digest head = find("a")->head;
  EXPECT_EQ(prune("a", 3, "gone").error().kind(), ErrorKind::conflict);
  EXPECT_EQ(prune("c", 0, "gone").error().kind(), ErrorKind::not_found);
  EXPECT_EQ(read_all(*rig_, store(), "a")->size(), 4U);
  ASSERT_TRUE(prune("a", 4, "gone"));
  EXPECT_TRUE(prune("a", 4, "gone"));  // as after a lost answer
  EXPECT_TRUE(find("a")->pruned);
  EXPECT_EQ(find("a")->version, 4U);
  EXPECT_EQ(find("a")->head, head);
  EXPECT_EQ(find("a")->summary, "gone");
  const auto read = rig_->run(store().read(rig_->ctx(), "a", 1, 10));
  EXPECT_EQ(read.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(read.error().context("pruned"), "true");
  EXPECT_EQ(blob(sha256("mine")).error().kind(), ErrorKind::not_found);
  EXPECT_FALSE(blob(sha256("")));
  EXPECT_EQ(blob(sha256("ours")).value(), "ours");
  EXPECT_EQ(append("a", 1).error().kind(), ErrorKind::conflict);
  ASSERT_TRUE(prune("b", 2, ""));
  EXPECT_FALSE(blob(sha256("ours")));
  EXPECT_EQ(list(""), (std::vector<std::string>{"b", "a"}));
}

TEST_P(StoreTest, PrunesAStreamThatIsLargerThanAnyCache) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append("a", kAppendMax, 2000));
  ASSERT_TRUE(prune("a", 20 * kAppendMax, ""));
  EXPECT_EQ(raw()->number("SELECT count(*) FROM record").value(), 0);
}

TEST_P(StoreTest, HoldsAnAppendAndABlobOfTheLargestSize) {
  Append large = numbered_append(*rig_, store(), "a", kAppendBytesMax / kBodyMax - 1, kBodyMax);
  large.blobs.push_back(blob_of(std::string(kBlobMax, 'b')));
  large.summary = std::string(kSummaryMax, 's');
  ASSERT_TRUE(append(large));
  EXPECT_EQ(blob(sha256(std::string(kBlobMax, 'b')))->size(), kBlobMax);
}

TEST_P(StoreTest, TheFileItselfKeepsRecordsFromBeingChanged) {
  ASSERT_TRUE(append("a", 3));
  ASSERT_TRUE(acquire("l", "me", WallTime(), WallTime(1h)));
  const std::unique_ptr<Db> db = raw();
  for (const char* sql : {
           "UPDATE record SET body = 'other' WHERE seq = 2",
           "DELETE FROM record WHERE seq = 3",
           "INSERT OR REPLACE INTO record SELECT stream, 2, at, type, 'other', hash FROM record WHERE seq = 2",
           "INSERT INTO record SELECT stream, 3, at, type, 'other', hash FROM record WHERE seq = 2",
           "UPDATE stream SET version = 2",
           "UPDATE stream SET id = 'b'",
           "DELETE FROM stream",
           "UPDATE lease SET token = 0",
           "DELETE FROM lease",
           "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE type = 'trigger'",
       }) {
    EXPECT_FALSE(db->execute(sql)) << sql;
  }
  EXPECT_TRUE(verify_chain(chain_start(kWorld, "a"), 1, read_all(*rig_, store(), "a").value()));
}

TEST_P(StoreTest, RefusesAnotherWorldAndANewerSchema) {
  ASSERT_TRUE(append("a", 1));
  store_.reset();
  SqliteOptions other = rig_->options();
  other.world = "aws:aws";
  for (const auto& opened : {open_sqlite_store(other, rig_->new_worker()).error(),
                             open_sqlite_store_read_only(other, rig_->new_worker()).error()}) {
    EXPECT_EQ(opened.kind(), ErrorKind::refused);
    EXPECT_EQ(opened.context("found"), kWorld);
    EXPECT_EQ(opened.context("wanted"), "aws:aws");
  }
  ASSERT_TRUE(raw()->execute("PRAGMA user_version = 99"));
  EXPECT_EQ(rig_->open().error().kind(), ErrorKind::refused);
  EXPECT_EQ(rig_->open_read_only().error().context("found"), "99");
}

TEST_P(StoreTest, TakesNoOtherFileForALedger) {
  ASSERT_TRUE(rig_->files().make_dirs(os::parent_dir(rig_->path())));
  const std::string garbage(5000, 'g');
  ASSERT_TRUE(rig_->files().write_atomically(rig_->path(), garbage));
  EXPECT_EQ(rig_->open().error().kind(), ErrorKind::malformed);
  EXPECT_EQ(rig_->open_read_only().error().kind(), ErrorKind::malformed);
  EXPECT_EQ(rig_->files().read(rig_->path(), 9999).value(), garbage);
  ASSERT_TRUE(rig_->files().write_atomically(rig_->path(), ""));
  EXPECT_EQ(rig_->open_read_only().error().kind(), ErrorKind::not_found);
  ASSERT_TRUE(raw()->execute("CREATE TABLE theirs (x)"));
  EXPECT_EQ(rig_->open().error().kind(), ErrorKind::malformed);
  EXPECT_EQ(raw()->text("PRAGMA journal_mode").value(), "delete");
}

TEST_P(StoreTest, ReadingOnlyChangesNothing) {
  EXPECT_EQ(rig_->open_read_only().error().kind(), ErrorKind::not_found);
  EXPECT_FALSE(rig_->files().exists(rig_->path()));
  ASSERT_TRUE(append("a", 3));
  store_.reset();
  const std::string before = rig_->files().read(rig_->path(), 10U << 20U).value();
  store_ = rig_->open_read_only().value();
  EXPECT_EQ(read_all(*rig_, store(), "a")->size(), 3U);
  EXPECT_EQ(list(""), std::vector<std::string>{"a"});
  EXPECT_EQ(append("a", 1).error().kind(), ErrorKind::refused);
  EXPECT_EQ(acquire("l", "me", WallTime(), WallTime(1h)).error().kind(), ErrorKind::refused);
  EXPECT_EQ(prune("a", 3, "").error().kind(), ErrorKind::refused);
  store_.reset();
  EXPECT_EQ(rig_->files().read(rig_->path(), 10U << 20U).value(), before);
  ASSERT_TRUE(append("a", 1));
}

TEST_P(StoreTest, AReaderSeesWhatIsCommittedWhileAWriterWrites) {
  ASSERT_TRUE(append("a", 3));
  const std::unique_ptr<Store> reader = rig_->open_read_only().value();
  const std::unique_ptr<Store> second = rig_->open().value();
  const std::unique_ptr<Db> db = raw();
  {
    const Transaction writing = Transaction::write(*db).value();
    ASSERT_TRUE(db->execute("UPDATE stream SET summary = 'half'"));
    EXPECT_EQ(read_all(*rig_, *reader, "a")->size(), 3U);
    EXPECT_EQ(rig_->run(second->find(rig_->ctx(), "a")).value()->summary, "");
  }
  ASSERT_TRUE(append("a", 2));
  EXPECT_EQ(read_all(*rig_, *reader, "a")->size(), 5U);
  EXPECT_EQ(read_all(*rig_, *second, "a")->size(), 5U);
}

TEST_P(StoreTest, ASecondWriterIsKeptOutByLeaseAndVersion) {
  const WallTime now(1000s);
  const Fence mine("l", acquire("l", "me", now, now + 30s)->token);
  Append first = numbered_append(*rig_, store(), "a", 1);
  first.fence = mine;
  ASSERT_TRUE(append(first));
  const std::unique_ptr<Store> second = rig_->open().value();
  AcquireLease wanted;
  wanted.name = "l";
  wanted.holder = "other";
  wanted.now = now;
  wanted.until = now + 30s;
  EXPECT_EQ(rig_->run(second->acquire(rig_->ctx(), wanted)).error().context("holder"), "me");
  wanted.over = mine.token;
  ASSERT_TRUE(rig_->run(second->acquire(rig_->ctx(), wanted)));
  Append late = numbered_append(*rig_, store(), "a", 1);
  late.fence = mine;
  EXPECT_EQ(append(late).error().context("holder"), "other");
}

TEST_P(StoreTest, AWriterThatWaitsTooLongIsToldThatItMayPass) {
  ASSERT_TRUE(append("a", 1));
  SqliteOptions impatient = rig_->options();
  impatient.busy_max = 1ms;
  const std::unique_ptr<Store> other = open_sqlite_store(impatient, rig_->new_worker()).value();
  const std::unique_ptr<Db> db = raw();
  const Append next = numbered_append(*rig_, store(), "a", 1);
  {
    const Transaction writing = Transaction::write(*db).value();
    const Result<void> done = rig_->run(other->append(rig_->ctx(), next));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::unavailable);
  }
  EXPECT_TRUE(rig_->run(other->append(rig_->ctx(), next)));
}

TEST_P(StoreTest, IsForItsOwnerOnly) {
  ASSERT_TRUE(append("a", 1));
  EXPECT_EQ(mode_of(os::parent_dir(rig_->path())), 0700U);
  EXPECT_EQ(mode_of(rig_->path()), 0600U);
  EXPECT_EQ(mode_of(rig_->path() + "-wal"), 0600U);
  store_.reset();
  ASSERT_TRUE(rig_->files().set_mode(rig_->path(), 0644));
  ASSERT_TRUE(append("a", 1));
  EXPECT_EQ(mode_of(rig_->path()), 0600U);
  EXPECT_EQ(mode_of(rig_->path() + "-wal"), 0600U);
}

TEST_P(StoreTest, SaysThatAFileIsDamaged) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append("a", kAppendMax, 500));
  store_.reset();
  std::string bytes = rig_->files().read(rig_->path(), 10U << 20U).value();
  for (std::size_t at = 20 * 4096; at < bytes.size(); at += 4096) bytes.replace(at, 200, 200, '\x7f');
  ASSERT_TRUE(rig_->files().write_atomically(rig_->path(), bytes));
  const auto read = read_all(*rig_, store(), "a");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind(), ErrorKind::malformed);
  EXPECT_NE(read.error().context("path"), "");
}

}  // namespace
}  // namespace postern::ledger
