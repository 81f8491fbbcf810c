#include "flow/output_text.hpp"

#include <gtest/gtest.h>

#include "flow/driver.hpp"
#include "flow/outputs.hpp"
#include "flow/testing/durable_bed.hpp"
#include "ledger/chain.hpp"

namespace postern::flow {
namespace {

TEST(OutputText, OfNothingIsEmptyAndAlwaysThere) {
  const OutputText nothing;
  EXPECT_TRUE(nothing.empty());
  EXPECT_TRUE(nothing.loaded());
  EXPECT_EQ(nothing.size(), 0U);
  EXPECT_EQ(nothing, "");
  EXPECT_FALSE(nothing.place());
  EXPECT_TRUE(OutputText(std::string()).empty());
  EXPECT_EQ(OutputText("\n").key(), nothing.key());
}

TEST(OutputText, LineEndsAtTheEndAreNoDifference) {
  EXPECT_EQ(OutputText("ok\r\n\n").key(), OutputText("ok").key());
  EXPECT_NE(OutputText("\nok").key(), OutputText("ok").key());
  EXPECT_EQ(OutputText("ok\n").size(), 3U);
}

TEST(OutputText, WhatIsInMemoryForGoodIsNeverForgotten) {
  const OutputText text("ok");
  text.forget();
  EXPECT_EQ(text, "ok");
}

TEST(OutputText, StoredIsThereWhileItIsWanted) {
  const OutputText text = OutputText::stored(ledger::sha256("ok\n"));
  const OutputText copy = text;
  EXPECT_FALSE(text.empty());
  EXPECT_FALSE(text.loaded());
  EXPECT_FALSE(text.measured());
  copy.fill("ok\n");
  EXPECT_EQ(text, "ok\n");
  text.forget();
  EXPECT_FALSE(copy.loaded());
  EXPECT_EQ(copy.size(), 3U);
  EXPECT_EQ(copy.key(), OutputText("ok").key());
}

TEST(MeasureOutputs, ReadsEachTextOnceAndKeepsNoMoreThanItMay) {
  testing::DurableBed bed(20, 2);
  for (unsigned i = 0; i < 10; ++i) bed.port.nodes[bed.id(i)].out = "node " + std::to_string(i) + "\n";
  ASSERT_TRUE(bed.start().has_value());
  const auto model = bed.loop.run(read_run(bed.loop.context(), bed.store, "sim:test", bed.header.run_id));
  ASSERT_TRUE(model.has_value());
  const RunResult run = result_of_run(**model, "");
  for (const TargetResult& target : run.targets) EXPECT_FALSE(target.out.loaded());
  const std::size_t before = bed.store.blob_reads;
  ASSERT_TRUE(bed.loop.run(measure_outputs(bed.loop.context(), bed.store, run, 14)).has_value());
  EXPECT_EQ(bed.store.blob_reads - before, 11U);
  std::size_t loaded = 0;
  for (const TargetResult& target : run.targets) {
    EXPECT_TRUE(target.out.size() == 3 || target.out.size() == 7);
    if (target.out.loaded() && target.out.size() == 7) ++loaded;
  }
  EXPECT_GE(loaded, 1U);
  EXPECT_LE(loaded, 2U);
  const TargetResult& first = run.targets.front();
  first.out.forget();
  {
    const LoadedOutput held(&first);
    ASSERT_TRUE(bed.loop.run(load_output_of(bed.loop.context(), bed.store, first)).has_value());
    EXPECT_TRUE(first.out.loaded());
  }
  EXPECT_FALSE(first.out.loaded());
}

}  // namespace
}  // namespace postern::flow
