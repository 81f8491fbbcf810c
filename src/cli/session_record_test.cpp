#include "cli/session_record.hpp"

#include <gtest/gtest.h>

#include "flow/testing/durable_bed.hpp"

namespace postern::cli {
namespace session_record_test {

using flow::testing::DurableBed;

const char kId[] = "01BX5ZZKBKACTAV9WEVGEMMVRZ";

rt::Task<Result<void>> write(DurableBed* bed) {
  const rt::CallContext ctx = bed->loop.context();
  SessionRecord record(bed->store, "sim:test", kId);
  SessionBegin begin;
  begin.verb = "shell";
  begin.operator_name = "ops@laptop";
  begin.account = "444455556666";
  begin.region = "us-east-1";
  begin.target = "i-0123456789abcdef0";
  begin.target_name = "web-01";
  begin.reason = "INC-4711\x1b[31m";
  CO_TRY_VOID(co_await record.ask(ctx, std::move(begin)));
  CO_TRY_VOID(co_await record.open(ctx, "ops-0a1b2c"));
  SessionClose close;
  close.cause = "left";
  close.exit_code = 7;
  close.bytes_to_node = 12;
  close.bytes_from_node = 3456;
  close.transcript = "web-01.cast";
  close.transcript_sha256 = std::string(64, 'a');
  co_return co_await record.close(ctx, std::move(close));
}

TEST(SessionRecord, TellsWhoWhereWhyAndHowItEnded) {
  DurableBed bed(1, 1);
  const Result<void> written = bed.loop.run(write(&bed));
  ASSERT_TRUE(written) << written.error().to_text();
  const rt::CallContext ctx = bed.loop.context();
  const auto streams = bed.loop.run(bed.store.list(ctx, std::string(kSessionPrefix), "", 10));
  ASSERT_TRUE(streams);
  ASSERT_EQ(streams->size(), 1U);
  const Json row = session_row(streams->front());
  EXPECT_EQ(row["id"].to_string(), kId);
  EXPECT_EQ(row["operator"].to_string(), "ops@laptop");
  EXPECT_EQ(row["session_id"].to_string(), "ops-0a1b2c");
  EXPECT_EQ(row["status"].to_string(), "ended");
  EXPECT_EQ(row["cause"].to_string(), "left");
  EXPECT_EQ(row["exit_code"].to_int(), 7);
  EXPECT_EQ(row["reason"].to_string(), "INC-4711\\x1b[31m") << "a list is printed";
  const auto records = bed.loop.run(bed.store.read(ctx, streams->front().id, 1, 10));
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 3U);
  EXPECT_EQ((*records)[0].type, "session.asked");
  EXPECT_EQ((*records)[2].type, "session.closed");
  const Result<Json> closed = Json::parse((*records)[2].body);
  ASSERT_TRUE(closed);
  EXPECT_EQ((*closed)["transcript"]["sha256"].to_string(), std::string(64, 'a'));
  EXPECT_EQ((*closed)["bytes_from_node"].to_int(), 3456);
  const auto head = ledger::verify_chain(ledger::chain_start("sim:test", streams->front().id), 1, *records);
  ASSERT_TRUE(head);
  EXPECT_EQ(*head, streams->front().head);
}

}  // namespace session_record_test
}  // namespace postern::cli
