#include <gtest/gtest.h>

#include "flow/run_model.hpp"

namespace postern::flow {
namespace {

RunRecord read_back(const RunRecord& record) {
  const ledger::NewRecord written = encode(record);
  ledger::Record read;
  read.type = written.type;
  read.body = written.body;
  Result<RunRecord> decoded = decode_run_record(read);
  EXPECT_TRUE(decoded.has_value()) << (decoded ? "" : decoded.error().message());
  return decoded ? std::move(*decoded) : RunRecord();
}

TEST(BreakGlass, StandsInTheRunsFirstRecord) {
  record::Opened opened;
  opened.header.break_glass.reason = "INC-7";
  opened.header.break_glass.overrode = {"protect: 2 targets", "freeze: quarter-end"};
  const RunRecord read = read_back(opened);
  EXPECT_EQ(std::get<record::Opened>(read).header.break_glass, opened.header.break_glass);
  // What was written before there was any.
  const ledger::NewRecord old = encode(record::Opened());
  EXPECT_EQ(old.body.find("break_glass"), std::string::npos);
  EXPECT_TRUE(std::get<record::Opened>(read_back(record::Opened())).header.break_glass.reason.empty());
}

TEST(BreakGlass, OfAResumptionIsWhatTheRunSaysFromThenOn) {
  record::Resumed resumed;
  resumed.by = "ada";
  resumed.break_glass = "INC-9";
  EXPECT_EQ(std::get<record::Resumed>(read_back(resumed)).break_glass, "INC-9");
  EXPECT_EQ(encode(record::Resumed()).body.find("break_glass"), std::string::npos);
  RunModel model;
  record::Opened opened;
  opened.header.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  ASSERT_TRUE(model.apply(opened, WallTime()));
  ASSERT_TRUE(model.apply(record::Started(), WallTime()));
  EXPECT_EQ(model.break_glass(), "");
  ASSERT_TRUE(model.apply(resumed, WallTime()));
  EXPECT_EQ(model.break_glass(), "INC-9");
}

}  // namespace
}  // namespace postern::flow
