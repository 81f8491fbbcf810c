#include "aws/core/scalar.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "aws/core/dynamic.hpp"

namespace postern::aws {
namespace {

WallTime scalar_time(std::int64_t nanos) {
  return WallTime(Duration(nanos));
}

TEST(Scalar, WritesEpochSecondsExactly) {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "0"},
      {1'422'172'800'000'000'000, "1422172800"},
      {946'845'296'123'000'000, "946845296.123"},
      {1'000'000'001, "1.000000001"},
      {-500'000'000, "-0.5"},
      {-1'500'000'000, "-1.5"},
      {-2'000'000'000, "-2"},
  };
  for (const auto& [nanos, text] : cases) {
    EXPECT_EQ(format_timestamp(scalar_time(nanos), TimeFormat::epoch_seconds), text);
    EXPECT_EQ(parse_timestamp(text), scalar_time(nanos)) << text;
  }
}

TEST(Scalar, ReadsEveryTimeFormat) {
  const WallTime want = scalar_time(1'576'540'098'000'000'000);
  for (const std::string_view text :
       {"1576540098", "1576540098.0", "1.576540098e9", "2019-12-16T23:48:18Z", "2019-12-16T22:48:18-01:00",
        "2019-12-17T00:48:18+01:00", "Mon, 16 Dec 2019 23:48:18 GMT", " 1576540098\n"})
    EXPECT_EQ(parse_timestamp(text), want) << text;
  for (const std::string_view text :
       {"", "now", "1e400", "99999999999999999999", "--1", "1.2.3", "2019-13-01T00:00:00Z"})
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
}

TEST(Scalar, ParsesByKind) {
  struct Case {
    Case(Kind k, std::string_view t, const char* w) : kind(k), text(t), why(w) {}
    Kind kind;
    std::string_view text;
    const char* why;
  };
  const Case cases[] = {
      {Kind::int32, "2147483647", nullptr},
      {Kind::int32, "2147483648", "the number is out of range"},
      {Kind::int32, "1x", "not a whole number"},
      {Kind::int32, "", "not a whole number"},
      {Kind::int64, " -9223372036854775808 ", nullptr},
      {Kind::boolean, "true", nullptr},
      {Kind::boolean, "True", nullptr},
      {Kind::boolean, "1", "neither true nor false"},
      {Kind::float64, "1e3", nullptr},
      {Kind::float64, "inf", "not a number"},
      {Kind::float64, "nan", "not a number"},
      {Kind::float64, "-Infinity", nullptr},
      {Kind::float64, "1e999", "the number is out of range"},
      {Kind::blob, "Zm9v", nullptr},
      {Kind::blob, "Zm9*", "not base64"},
      {Kind::timestamp, "yesterday", "not a timestamp"},
      {Kind::list, "x", "a structure, list or map was expected"},
  };
  for (const Case& c : cases) {
    Shape shape{};
    shape.kind = c.kind;
    shape.ops = dynamic_ops(c.kind);
    Value value;
    const char* why = parse_scalar(shape, c.text, value.emplace(shape));
    EXPECT_STREQ(why, c.why) << c.text;
  }
}

TEST(Scalar, WritesSpecialFloats) {
  Shape shape{};
  shape.kind = Kind::float64;
  const auto text = [&](double number) {
    std::string out;
    append_scalar(out, shape, &number, TimeFormat::unset);
    return out;
  };
  EXPECT_EQ(text(std::nan("")), "NaN");
  EXPECT_EQ(text(INFINITY), "Infinity");
  EXPECT_EQ(text(-INFINITY), "-Infinity");
  EXPECT_EQ(text(10.8), "10.8");
  EXPECT_EQ(text(-0.0), "-0");
}

}  // namespace
}  // namespace postern::aws
