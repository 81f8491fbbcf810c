#include "adapters/hub_hold.hpp"

#include <gtest/gtest.h>

namespace postern::adapters {
namespace {

TEST(HoldNote, IsReadBackAsItWasWritten) {
  HoldNote note;
  note.who = "ops@laptop";
  note.why = "the \"orders\" database\nis being moved";
  note.since = parse_rfc3339("2026-11-21T16:00:00Z");
  const HoldNote back = parse_hold(hold_text(note));
  EXPECT_EQ(back.who, note.who);
  EXPECT_EQ(back.since, note.since);
  EXPECT_EQ(describe_hold(back),
            "held by ops@laptop since 2026-11-21T16:00:00Z: the \"orders\" database\\nis being moved");
  EXPECT_LT(hold_text(note).size(), 4096U);
}

TEST(HoldNote, WhateverStandsThereIsAHold) {
  EXPECT_EQ(describe_hold(parse_hold("true")), "held by somebody: true");
  EXPECT_EQ(describe_hold(parse_hold("{}")), "held by somebody");
  EXPECT_EQ(describe_hold(parse_hold("{\"who\": 7, \"since\": \"soon\"}")), "held by somebody");
  EXPECT_EQ(describe_hold(parse_hold("wait\x1b[31m")).find('\x1b'), std::string::npos);
  EXPECT_LT(describe_hold(parse_hold(std::string(4096, 'x'))).size(), 1100U);
}

}  // namespace
}  // namespace postern::adapters
