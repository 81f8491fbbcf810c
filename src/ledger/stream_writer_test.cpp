#include "ledger/stream_writer.hpp"

#include <gtest/gtest.h>

#include "ledger/testing/rig.hpp"

namespace postern::ledger {
namespace {

using testing::kWorld;
using testing::read_all;

/// A store that counts what it is asked to append, and fails when told to.
class CountingStore final : public Store {
 public:
  explicit CountingStore(Store& inner) : inner_(inner) {}

  std::vector<std::size_t> appends;  // records of each
  std::vector<rt::Deadline> deadlines;
  std::size_t fail_at = 0;  // 1: the next one

  rt::Task<Result<void>> append(rt::CallContext ctx, Append append) override {
    appends.push_back(append.records.size());
    deadlines.push_back(ctx.deadline());
    if (fail_at > 0 && --fail_at == 0) co_return fail(ErrorKind::internal, "the disk is on fire");
    co_return co_await inner_.append(ctx, std::move(append));
  }
  rt::Task<Result<std::vector<Record>>> read(rt::CallContext ctx, std::string stream, std::uint64_t from_seq,
                                             std::size_t limit) override {
    return inner_.read(ctx, std::move(stream), from_seq, limit);
  }
  rt::Task<Result<std::optional<StreamInfo>>> find(rt::CallContext ctx, std::string stream) override {
    return inner_.find(ctx, std::move(stream));
  }
  rt::Task<Result<std::vector<StreamInfo>>> list(rt::CallContext ctx, std::string prefix, std::string before,
                                                 std::size_t limit) override {
    return inner_.list(ctx, std::move(prefix), std::move(before), limit);
  }
  rt::Task<Result<std::string>> blob(rt::CallContext ctx, Digest digest) override { return inner_.blob(ctx, digest); }
  rt::Task<Result<Lease>> acquire(rt::CallContext ctx, AcquireLease wanted) override {
    return inner_.acquire(ctx, std::move(wanted));
  }
  rt::Task<Result<void>> renew(rt::CallContext ctx, Fence fence, WallTime until) override {
    return inner_.renew(ctx, std::move(fence), until);
  }
  rt::Task<Result<void>> release(rt::CallContext ctx, Fence fence) override {
    return inner_.release(ctx, std::move(fence));
  }
  rt::Task<Result<std::optional<Lease>>> lease(rt::CallContext ctx, std::string name) override {
    return inner_.lease(ctx, std::move(name));
  }
  rt::Task<Result<void>> prune(rt::CallContext ctx, std::string stream, std::uint64_t expected_version,
                               std::string summary) override {
    return inner_.prune(ctx, std::move(stream), expected_version, std::move(summary));
  }

 private:
  Store& inner_;
};

class StreamWriterTest : public ::testing::Test {
 protected:
  std::unique_ptr<StreamWriter> make_writer(std::optional<Fence> fence = std::nullopt) {
    StreamWriterOptions options;
    options.world = kWorld;
    options.stream = "s";
    options.fence = std::move(fence);
    const std::optional<StreamInfo> info = find();
    return std::make_unique<StreamWriter>(counting_, options, info ? info->version : 0,
                                          info ? info->head : chain_start(kWorld, "s"));
  }
  std::optional<StreamInfo> find() { return rig_.run(store_->find(rig_.ctx(), "s")).value(); }
  std::vector<Record> all() {
    std::vector<Record> out = read_all(rig_, *store_, "s").value();
    EXPECT_TRUE(verify_chain(chain_start(kWorld, "s"), 1, out));
    return out;
  }
  Result<void> append(std::vector<NewRecord> records) {
    return rig_.run(writer_->append(rig_.ctx(), std::move(records)));
  }

  testing::SimRig rig_;
  std::unique_ptr<Store> store_ = rig_.open().value();
  CountingStore counting_{*store_};
  std::unique_ptr<StreamWriter> writer_ = make_writer();
};

std::vector<NewRecord> new_records(std::size_t count, const std::string& body) {
  std::vector<NewRecord> out;
  for (std::size_t i = 0; i < count; ++i) out.emplace_back("test", body);
  return out;
}

rt::Task<void> append_later(StreamWriter& writer, rt::CallContext ctx, std::vector<NewRecord> records,
                            std::optional<std::string> summary, std::vector<std::string>* log) {
  const std::string name = records.empty() ? "nothing" : records.front().body;
  Result<void> done;
  if (summary) {
    done = co_await writer.append(ctx, std::move(records), std::move(*summary));
  } else {
    done = co_await writer.append(ctx, std::move(records));
  }
  log->push_back(name + (done ? " durable" : " " + done.error().message()));
}

rt::Task<bool> join_all(rt::TaskGroup* group) {
  co_await group->join();
  co_return true;
}

TEST_F(StreamWriterTest, NumbersAndChains) {
  ASSERT_TRUE(append(new_records(2, "a")));
  ASSERT_TRUE(append(new_records(1, "b")));
  const std::vector<Record> records = all();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[2].body, "b");
  EXPECT_EQ(records[2].at, rig_.world().clock().wall_now());
  EXPECT_EQ(writer_->version(), 3U);
  EXPECT_EQ(writer_->head(), records[2].hash);
  EXPECT_EQ(writer_->commits(), 2U);
  writer_ = make_writer();
  ASSERT_TRUE(append(new_records(1, "c")));
  EXPECT_EQ(all().size(), 4U);
}

TEST_F(StreamWriterTest, TasksOfOneMomentShareACommit) {
  std::vector<std::string> log;
  rt::TaskGroup group(rig_.world().executor());
  for (int i = 0; i < 100; ++i) {
    group.spawn(append_later(*writer_, rig_.ctx(), new_records(1, std::to_string(i)), std::nullopt, &log));
  }
  EXPECT_TRUE(rig_.run(join_all(&group)));
  // The first that comes, as many as fit into one append, and the rest.
  EXPECT_EQ(counting_.appends, (std::vector<std::size_t>{1, 64, 35}));
  EXPECT_EQ(writer_->commits(), 3U);
  const std::vector<Record> records = all();
  ASSERT_EQ(records.size(), 100U);
  ASSERT_EQ(log.size(), 100U);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(records[i].body, std::to_string(i));
    EXPECT_EQ(log[i], std::to_string(i) + " durable");
  }
}

TEST_F(StreamWriterTest, DividesOnlyWhatFitsIntoNoCommit) {
  std::vector<std::string> log;
  rt::TaskGroup group(rig_.world().executor());
  for (const std::size_t count : {1U, 40U, 40U, 150U, 2U}) {
    group.spawn(append_later(*writer_, rig_.ctx(), new_records(count, std::to_string(count)), std::nullopt, &log));
  }
  EXPECT_TRUE(rig_.run(join_all(&group)));
  EXPECT_EQ(counting_.appends, (std::vector<std::size_t>{1, 40, 40, 64, 64, 24}));
  EXPECT_EQ(all().size(), 233U);
  EXPECT_EQ(log.back(), "2 durable");
}

TEST_F(StreamWriterTest, DividesByBytesToo) {
  ASSERT_TRUE(append(new_records(20, std::string(kBodyMax, 'x'))));
  EXPECT_EQ(counting_.appends, (std::vector<std::size_t>{11, 9}));  // twelve bodies and their types are too much
  EXPECT_EQ(all().size(), 20U);
}

TEST_F(StreamWriterTest, TheLastSummaryOfACommitStands) {
  std::vector<std::string> log;
  rt::TaskGroup group(rig_.world().executor());
  for (const char* name : {"a", "b", "c"}) {
    group.spawn(append_later(*writer_, rig_.ctx(), new_records(1, name), "summary " + std::string(name), &log));
  }
  group.spawn(append_later(*writer_, rig_.ctx(), new_records(1, "d"), std::nullopt, &log));
  EXPECT_TRUE(rig_.run(join_all(&group)));
  EXPECT_EQ(find()->summary, "summary c");
  EXPECT_EQ(counting_.appends.size(), 2U);
  ASSERT_TRUE(rig_.run(writer_->append(rig_.ctx(), std::vector<NewRecord>(), "alone")));
  EXPECT_EQ(find()->summary, "alone");
  EXPECT_EQ(find()->version, 4U);
  ASSERT_TRUE(append(std::vector<NewRecord>()));
  EXPECT_EQ(counting_.appends.size(), 3U);
}

TEST_F(StreamWriterTest, AfterAFailureEveryCallFails) {
  ASSERT_TRUE(append(new_records(1, "0")));
  counting_.fail_at = 2;
  std::vector<std::string> log;
  rt::TaskGroup group(rig_.world().executor());
  for (int i = 1; i <= 100; ++i) {
    group.spawn(append_later(*writer_, rig_.ctx(), new_records(1, std::to_string(i)), std::nullopt, &log));
  }
  EXPECT_TRUE(rig_.run(join_all(&group)));
  EXPECT_EQ(log.front(), "1 durable");
  for (std::size_t i = 1; i < 100; ++i) EXPECT_EQ(log[i], std::to_string(i + 1) + " the disk is on fire");
  EXPECT_EQ(append(new_records(1, "later")).error().message(), "the disk is on fire");
  EXPECT_EQ(counting_.appends.size(), 3U);
  EXPECT_EQ(writer_->version(), 2U);
  EXPECT_EQ(all().size(), 2U);
}

TEST_F(StreamWriterTest, WritesWhatACancelledTaskHandedOver) {
  std::vector<std::string> log;
  rt::TaskGroup group(rig_.world().executor());
  for (const char* name : {"a", "b", "c"}) {
    group.spawn(append_later(*writer_, rig_.ctx(), new_records(1, name), std::nullopt, &log));
  }
  group.cancel();
  EXPECT_TRUE(rig_.run(join_all(&group)));
  EXPECT_EQ(log, (std::vector<std::string>{"a durable", "b durable", "c durable"}));
  EXPECT_EQ(all().size(), 3U);
}

TEST_F(StreamWriterTest, ALostLeaseStopsIt) {
  AcquireLease wanted;
  wanted.name = "l";
  wanted.holder = "me";
  wanted.until = WallTime(std::chrono::seconds(1));
  const Lease mine = rig_.run(store_->acquire(rig_.ctx(), wanted)).value();
  writer_ = make_writer(Fence("l", mine.token));
  ASSERT_TRUE(append(new_records(1, "a")));
  wanted.now = WallTime(std::chrono::seconds(2));
  wanted.until = WallTime(std::chrono::seconds(9));
  wanted.holder = "other";
  ASSERT_TRUE(rig_.run(store_->acquire(rig_.ctx(), wanted)));
  const Result<void> refused = append(new_records(1, "b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.error().context("holder"), "other");
  EXPECT_EQ(append(new_records(1, "c")).error().context("holder"), "other");
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(StreamWriterTest, ACommitHasTheLatestDeadlineOfThoseInIt) {
  const auto within = [&](int seconds) { return rig_.ctx().within(std::chrono::seconds(seconds)); };
  std::vector<std::string> log;
  rt::TaskGroup group(rig_.world().executor());
  for (const int seconds : {1, 5, 9, 3}) {
    group.spawn(append_later(*writer_, within(seconds), new_records(1, "x"), std::nullopt, &log));
  }
  EXPECT_TRUE(rig_.run(join_all(&group)));
  ASSERT_EQ(counting_.deadlines.size(), 2U);
  EXPECT_EQ(counting_.deadlines[0].at(), within(1).deadline().at());
  EXPECT_EQ(counting_.deadlines[1].at(), within(9).deadline().at());
}

}  // namespace
}  // namespace postern::ledger
