#include "term/asciicast.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace postern::term {
namespace {

using std::chrono::milliseconds;

TEST(Asciicast, TheHeaderIsVersionTwo) {
  CastHeader header;
  header.columns = 120;
  header.rows = 40;
  header.at = WallTime(std::chrono::seconds(1'700'000'000));
  header.title = "web-01";
  header.terminal = "xterm";
  EXPECT_EQ(Asciicast::header(header),
            "{\"version\":2,\"width\":120,\"height\":40,\"timestamp\":1700000000,\"title\":\"web-01\","
            "\"env\":{\"TERM\":\"xterm\"}}\n");
}

TEST(Asciicast, EventsAreLinesOfJson) {
  Asciicast cast;
  EXPECT_EQ(cast.output(milliseconds(1500), "a\r\n\x1b[31m\"x\""),
            "[1.500000, \"o\", \"a\\r\\n\\u001b[31m\\\"x\\\"\"]\n");
  EXPECT_EQ(cast.resize(milliseconds(2000), 80, 24), "[2.000000, \"r\", \"80x24\"]\n");
  EXPECT_TRUE(Json::parse(cast.output(milliseconds(3000), "\x01\x02")));
}

TEST(Asciicast, ACharacterIsNeverCutInTwo) {
  const std::string text = "a\xe2\x82\xac\xf0\x9f\x98\x80 b";  // euro sign, a face
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Asciicast cast;
    std::string seen;
    for (const std::string& part : {text.substr(0, cut), text.substr(cut)}) {
      const std::string line = cast.output(milliseconds(1), part);
      if (line.empty()) continue;
      const Result<Json> event = Json::parse(line);
      ASSERT_TRUE(event) << line;
      seen += event->items()[2].as_string();
    }
    EXPECT_EQ(seen, text) << "cut at " << cut;
    EXPECT_EQ(cast.finish(milliseconds(2)), "");
  }
}

TEST(Asciicast, WhatIsNoTextIsShownAsSuch) {
  Asciicast cast;
  EXPECT_EQ(cast.output(milliseconds(0),
                        "\xff"
                        "a"),
            "[0.000000, \"o\", \"\xef\xbf\xbd"
            "a\"]\n");
  EXPECT_EQ(cast.output(milliseconds(0), "\xe2\x82"), "");
  EXPECT_NE(cast.finish(milliseconds(0)), "");
}

}  // namespace
}  // namespace postern::term
