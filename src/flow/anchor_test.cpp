#include "flow/anchor.hpp"

#include <gtest/gtest.h>

#include "flow/side_stream.hpp"
#include "flow/testing/durable_bed.hpp"

namespace postern::flow {
namespace {

using testing::DurableBed;

Anchor anchor_of(DurableBed& bed) {
  const auto made =
      bed.loop.run(make_anchor(bed.loop.context(), bed.store, "sim:test", bed.header.run_id, "succeeded"));
  EXPECT_TRUE(made.has_value()) << made.error().to_text();
  return made.value_or(Anchor());
}

std::string compared(DurableBed& bed, const Anchor& anchor) {
  const auto compared = bed.loop.run(compare_anchor(bed.loop.context(), bed.store, anchor));
  EXPECT_TRUE(compared.has_value());
  return compared.value_or("");
}

TEST(Anchor, IsReadAsItWasWritten) {
  DurableBed bed(3, 1);
  ASSERT_TRUE(bed.start().has_value());
  const Anchor anchor = anchor_of(bed);
  const Result<Anchor> read = parse_anchor(json_of(anchor).dump());
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(*read, anchor);
  EXPECT_EQ(anchor.ledger.size(), 16U);
  EXPECT_EQ(anchor_key("a/b", anchor), "a/b/sim-test/" + anchor.ledger + "/" + anchor.run_id + ".json");
  EXPECT_EQ(anchors_prefix("", "aws", "0"), "aws/0/");
  for (const char* text : {"", "{}", "[]", R"({"schema":"postern.anchor/2"})"}) {
    EXPECT_FALSE(parse_anchor(text).has_value()) << text;
  }
}

TEST(Anchor, MatchesTheChainAndGoesOnMatchingWhenItGrows) {
  DurableBed bed(3, 1);
  ASSERT_TRUE(bed.start().has_value());
  const Anchor anchor = anchor_of(bed);
  EXPECT_EQ(compared(bed, anchor), "");
  ledger::NewRecord more("run.head", "{}");
  ASSERT_TRUE(bed.loop.run(append_aside(bed.loop.context(), bed.store, "sim:test", "heads", more)).has_value());
  EXPECT_EQ(compared(bed, anchor), "");
}

TEST(Anchor, SaysWhatIsMissingOrAnother) {
  DurableBed bed(3, 1);
  ASSERT_TRUE(bed.start().has_value());
  const Anchor anchor = anchor_of(bed);
  Anchor other = anchor;
  other.head = anchor.heads_head;
  EXPECT_NE(compared(bed, other).find("is not the one that is anchored"), std::string::npos);
  other = anchor;
  other.heads_head = anchor.head;
  EXPECT_NE(compared(bed, other).find("heads: its record"), std::string::npos);
  other = anchor;
  ++other.version;
  EXPECT_NE(compared(bed, other).find("is anchored"), std::string::npos);
  other = anchor;
  other.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  EXPECT_NE(compared(bed, other).find("is not in the ledger"), std::string::npos);
}

}  // namespace
}  // namespace postern::flow
