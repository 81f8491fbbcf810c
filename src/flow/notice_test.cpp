#include "flow/notice.hpp"

#include <gtest/gtest.h>

#include "flow/testing/durable_bed.hpp"

namespace postern::flow {
namespace {

using testing::DurableBed;
using testing::Fault;
using testing::Node;

std::optional<Notice> told_of(DurableBed& bed) {
  bed.header.selector = "@web";
  bed.header.reason = "kernel\x1b[31m";
  bed.header.ticket = "CHG-1";
  EXPECT_TRUE(bed.start().has_value());
  const auto model = bed.loop.run(read_run(bed.loop.context(), bed.store, "sim:test", bed.header.run_id));
  EXPECT_TRUE(model.has_value());
  if (!model) return std::nullopt;
  return notice_of(**model);
}

TEST(Notice, OfARunThatEndedHasCountsNotAccounts) {
  DurableBed bed(120, 2);
  std::optional<Notice> notice = told_of(bed);
  ASSERT_TRUE(notice);
  notice->head = "ab12";
  notice->version = 9;
  EXPECT_EQ(notice->event, NoticeEvent::ended);
  EXPECT_EQ(notice_subject(*notice), "SIMULATED postern: run 01ARZ3NDEKTSV4RRFFQ69G5FAV succeeded: 120 succeeded");
  const std::string text = notice_text(*notice);
  EXPECT_NE(text.find("SIMULATED"), std::string::npos);
  EXPECT_NE(text.find("120 targets in 2 accounts"), std::string::npos) << text;
  EXPECT_NE(text.find("ab12 (record 9)"), std::string::npos) << text;
  EXPECT_NE(text.find("CHG-1"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("uptime"), std::string::npos) << "the command itself is not for everybody";
  const Json json = notice_json(*notice);
  EXPECT_EQ(json["schema"].to_string(), kNoticeSchema);
  EXPECT_EQ(json["event"].to_string(), "run.ended");
  EXPECT_EQ(json["status"].to_string(), "succeeded");
  EXPECT_EQ(json["totals"]["succeeded"].to_int(), 120);
  EXPECT_EQ(json["chain"]["head"].to_string(), "ab12");
  EXPECT_EQ(json["simulated"].to_bool(), true);
}

TEST(Notice, OfAHeldRunHasTheCause) {
  DurableBed bed(30, 1, "canary,rest");
  Node bad;
  bad.end = InvocationStatus::failed;
  bad.details = "Failed";
  bed.port.nodes[bed.id(0)] = bad;
  const std::optional<Notice> notice = told_of(bed);
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->event, NoticeEvent::held);
  EXPECT_EQ(notice->cause, "budget");
  EXPECT_EQ(notice->open, 29U);
  EXPECT_EQ(notice_subject(*notice), "SIMULATED postern: run 01ARZ3NDEKTSV4RRFFQ69G5FAV held: 1 failed, 29 not ended");
  EXPECT_NE(notice_text(*notice).find("1 of 1 targets failed"), std::string::npos);
}

TEST(Notice, OfASendInDoubtSaysWhich) {
  DurableBed bed(60, 1);
  Error lost(ErrorKind::unavailable, "the connection was closed");
  lost.delivered(Delivery::sent);
  bed.port.send_faults[0] = Fault(lost, false);
  const std::optional<Notice> notice = told_of(bed);
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->event, NoticeEvent::in_doubt);
  EXPECT_NE(notice->why.find("op="), std::string::npos);
  EXPECT_NE(notice->why.find("the connection was closed"), std::string::npos);
}

TEST(Notice, TheSameStateHasTheSameId) {
  Notice one;
  one.event = NoticeEvent::held;
  one.run_id = "R";
  one.cause = "gate";
  one.at = WallTime(std::chrono::seconds(1));
  Notice same = one;
  same.at = WallTime(std::chrono::seconds(2));
  same.head = "another";
  EXPECT_EQ(one.id(), same.id());
  same.totals.failed = 1;
  EXPECT_NE(one.id(), same.id());
  one.event = same.event = NoticeEvent::break_glass;
  same.totals.failed = 0;
  EXPECT_NE(one.id(), same.id()) << "glass that is broken twice is told twice";
}

TEST(Notice, SubjectsAreShortPlainAscii) {
  Notice notice;
  notice.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  notice.status = "f\n\xc3\xa9";
  notice.world = "sim:x";
  notice.totals.succeeded = notice.totals.failed = notice.totals.skipped = notice.totals.unknown = 100'000;
  notice.open = 100'000;
  const std::string subject = notice_subject(notice);
  EXPECT_LT(subject.size(), 100U);
  EXPECT_TRUE(std::all_of(subject.begin(), subject.end(), [](char c) { return c >= ' ' && c <= '~'; })) << subject;
}

TEST(Notice, HostileTextsAreCutBelowTheLimitsOfAws) {
  Notice notice;
  notice.event = NoticeEvent::held;
  notice.selector = notice.reason = notice.ticket = notice.comment = notice.why = std::string(1 << 20, '\x01');
  EXPECT_LT(notice_json(notice).dump().size(), 64U << 10U);
  EXPECT_LT(notice_text(notice).size(), 64U << 10U);
}

}  // namespace
}  // namespace postern::flow
