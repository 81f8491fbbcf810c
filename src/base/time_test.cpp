#include "base/time.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace postern {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

WallTime at_second(std::int64_t s, std::int64_t ns = 0) {
  return WallTime(seconds(s) + Duration(ns));
}

TEST(Time, FormatsTheThreeForms) {
  const struct {
    std::int64_t second;
    std::string_view rfc3339;
    std::string_view basic;
    std::string_view http;
  } cases[] = {
      {0, "1970-01-01T00:00:00Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {-1, "1969-12-31T23:59:59Z", "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
      {951782400, "2000-02-29T00:00:00Z", "20000229T000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
      {1440938160, "2015-08-30T12:36:00Z", "20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"},
      {1709251199, "2024-02-29T23:59:59Z", "20240229T235959Z", "Thu, 29 Feb 2024 23:59:59 GMT"},
      {1795230245, "2026-11-21T03:04:05Z", "20261121T030405Z", "Sat, 21 Nov 2026 03:04:05 GMT"},
      {4107542400, "2100-03-01T00:00:00Z", "21000301T000000Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(format_rfc3339(at_second(c.second)), c.rfc3339);
    EXPECT_EQ(format_basic(at_second(c.second)), c.basic);
    EXPECT_EQ(format_http_date(at_second(c.second)), c.http);
    EXPECT_EQ(parse_rfc3339(c.rfc3339), at_second(c.second));
    EXPECT_EQ(parse_basic(c.basic), at_second(c.second));
    EXPECT_EQ(parse_http_date(c.http), at_second(c.second));
  }
}

TEST(Time, FractionsDropTrailingZeroes) {
  EXPECT_EQ(format_rfc3339(at_second(0, 500'000'000)), "1970-01-01T00:00:00.5Z");
  EXPECT_EQ(format_rfc3339(at_second(0, 1)), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(format_rfc3339(at_second(0, -1)), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_basic(at_second(0, 999'999'999)), "19700101T000000Z");
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.120Z"), at_second(0, 120'000'000));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.1234567899999Z"), at_second(0, 123'456'789));
  EXPECT_EQ(parse_http_date("Sun, 02 Jan 2000 20:34:56.456 GMT"), at_second(946845296, 456'000'000));
}

TEST(Time, ReadsOffsetsAndLeapSeconds) {
  EXPECT_EQ(parse_rfc3339("2026-11-21T04:04:05+01:00"), at_second(1795230245));
  EXPECT_EQ(parse_rfc3339("2026-11-20T21:34:05.5-05:30"), at_second(1795230245, 500'000'000));
  EXPECT_EQ(parse_rfc3339("2026-11-21t03:04:05z"), at_second(1795230245));
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), at_second(1483228800));
  EXPECT_EQ(parse_rfc3339("2017-01-01T00:59:60+01:00"), at_second(1483228800));
  EXPECT_EQ(parse_rfc3339("2016-12-31T22:59:60Z"), std::nullopt);
}

TEST(Time, RefusesWhatIsNotATime) {
  for (const char* text : {"",
                           "2026-11-21",
                           "2026-11-21T03:04:05",
                           "2026-11-21 03:04:05Z",
                           "2026-11-21T03:04:05Zx",
                           "2026-11-21T03:04:05.Z",
                           "2026-02-29T00:00:00Z",
                           "2100-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z",
                           "2026-1-01T00:00:00Z",
                           "2026-01-01T00:00:00+1:00",
                           "2026-01-01T00:00:00+24:00",
                           "2026-01-01T00:00:00+01:60",
                           "2026-01-01T00:00:00+0100",
                           "-026-01-01T00:00:00Z",
                           "0001-01-01T00:00:00Z",
                           "1677-01-01T00:00:00Z",
                           "2263-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
  for (const char* text : {"", "20261121T030405", "20261121030405Z", "20261321T030405Z", "2026-11-21T03:04:05Z",
                           "20261121T030405Z ", "20261121T250405Z"}) {
    EXPECT_EQ(parse_basic(text), std::nullopt) << text;
  }
  for (const char* text :
       {"", "Sat, 21 Nov 2026 03:04:05", "Sat, 21 Nov 2026 03:04:05 UTC", "Sat 21 Nov 2026 03:04:05 GMT",
        "Foo, 21 Nov 2026 03:04:05 GMT", "Sat, 1 Nov 2026 03:04:05 GMT", "Sat, 31 Nov 2026 03:04:05 GMT",
        "Saturday, 21-Nov-26 03:04:05 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(Time, TheRangeOfWallTimeIsCoveredToItsEnds) {
  EXPECT_EQ(parse_rfc3339("2262-04-11T23:47:15.999999999Z"), at_second(9'223'372'035, 999'999'999));
  EXPECT_EQ(parse_rfc3339("2262-04-11T23:47:16Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("1677-09-21T00:12:44Z"), at_second(-9'223'372'036));
  EXPECT_EQ(parse_rfc3339("1677-09-21T00:12:43Z"), std::nullopt);
  EXPECT_EQ(format_rfc3339(WallTime::max()), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(format_rfc3339(WallTime::min()), "1677-09-21T00:12:43.145224192Z");
}

TEST(Time, EpochSecondsSurviveTheRoundTrip) {
  EXPECT_EQ(from_epoch_seconds(1515531081.123), at_second(1515531081, 123'000'000));
  EXPECT_EQ(from_epoch_seconds(-0.5), at_second(-1, 500'000'000));
  EXPECT_EQ(from_epoch_seconds(0.9999999), at_second(1));
  EXPECT_EQ(to_epoch_seconds(at_second(1515531081, 123'000'000)), 1515531081.123);
  EXPECT_EQ(to_epoch_seconds(at_second(-1, 500'000'000)), -0.5);
  EXPECT_NEAR(to_epoch_seconds(at_second(1, 1)), 1.000000001, 1e-12);
  for (std::int64_t ms = 1'700'000'000'000; ms < 1'700'000'001'000; ++ms) {
    const WallTime time{milliseconds(ms)};
    EXPECT_EQ(from_epoch_seconds(to_epoch_seconds(time)), time);
  }
  for (const double bad : {1e10, -1e10, 1e300, std::numeric_limits<double>::infinity(), std::nan("")}) {
    EXPECT_EQ(from_epoch_seconds(bad), std::nullopt) << bad;
  }
  EXPECT_TRUE(from_epoch_seconds(9'223'372'035.0).has_value());
}

TEST(Time, DurationsAreShort) {
  const struct {
    Duration duration;
    std::string_view text;
  } cases[] = {{Duration(0), "0ms"},         {Duration(1), "<1ms"},          {milliseconds(350), "350ms"},
               {milliseconds(4200), "4.2s"}, {milliseconds(4299), "4.2s"},   {seconds(59), "59s"},
               {seconds(190), "3m10s"},      {seconds(60), "1m00s"},         {seconds(7500), "2h05m"},
               {seconds(360000), "100h00m"}, {milliseconds(-350), "-350ms"}, {Duration::min(), "-2562047h47m"}};
  for (const auto& c : cases) EXPECT_EQ(format_duration(c.duration), c.text);
}

}  // namespace
}  // namespace postern
