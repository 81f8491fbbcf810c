#include "base/time_zone.hpp"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

std::string big(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::string header(std::size_t times, std::size_t types) {
  return "TZif2" + std::string(15, '\0') + big(0, 4) + big(0, 4) + big(0, 4) + big(times, 4) + big(types, 4) +
         big(4, 4);
}

/// A file of two parts: changes in the second one, and the rule for what comes after.
std::string file(const std::vector<std::pair<std::int64_t, int>>& changes, const std::string& footer) {
  std::string out = header(0, 1) + std::string(6, '\0') + "LMT" + '\0';
  out += header(changes.size(), 3);
  for (const auto& [at, type] : changes) out += big(static_cast<std::uint64_t>(at), 8);
  for (const auto& [at, type] : changes) out += static_cast<char>(type);
  for (const int offset : {3208, 3600, 7200}) out += big(static_cast<std::uint64_t>(offset), 4) + std::string(2, '\0');
  return out + "LMT" + '\0' + "\n" + footer + "\n";
}

TimeZone zone(const std::string& bytes) {
  Result<TimeZone> parsed = TimeZone::parse(bytes);
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().message());
  return parsed ? *parsed : TimeZone();
}

std::int64_t offset(const TimeZone& in, std::string_view at) {
  return in.offset_at(*parse_rfc3339(at)).count();
}

constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

TEST(TimeZone, FollowsTheRuleAfterTheLastListedChange) {
  const TimeZone berlin = zone(file({{-2422054408, 1}, {828234000, 2}, {846378000, 1}}, kBerlin));
  EXPECT_EQ(offset(berlin, "1890-01-01T00:00:00Z"), 3208);
  EXPECT_EQ(offset(berlin, "1990-01-01T00:00:00Z"), 3600);
  EXPECT_EQ(offset(berlin, "1996-05-01T00:00:00Z"), 7200);
  EXPECT_EQ(offset(berlin, "2026-03-29T00:59:59Z"), 3600);
  EXPECT_EQ(offset(berlin, "2026-03-29T01:00:00Z"), 7200);
  EXPECT_EQ(offset(berlin, "2026-10-25T00:59:59Z"), 7200);
  EXPECT_EQ(offset(berlin, "2026-10-25T01:00:00Z"), 3600);
  EXPECT_EQ(offset(berlin, "2200-07-01T00:00:00Z"), 7200);
}

TEST(TimeZone, KnowsEveryFormOfRule) {
  EXPECT_EQ(offset(TimeZone(), "2026-07-01T00:00:00Z"), 0);
  EXPECT_EQ(offset(zone(file({}, "<+0330>-3:30")), "2026-07-01T00:00:00Z"), 12600);
  const TimeZone sydney = zone(file({}, "AEST-10AEDT,M10.1.0,M4.1.0/3"));
  EXPECT_EQ(offset(sydney, "2026-01-15T00:00:00Z"), 39600);
  EXPECT_EQ(offset(sydney, "2026-07-15T00:00:00Z"), 36000);
  const TimeZone new_york = zone(file({}, "EST5EDT,M3.2.0,M11.1.0"));
  EXPECT_EQ(offset(new_york, "2026-03-08T06:59:59Z"), -18000);
  EXPECT_EQ(offset(new_york, "2026-03-08T07:00:00Z"), -14400);
  const TimeZone days = zone(file({}, "AAA0BBB,J60/0,300/0"));
  EXPECT_EQ(offset(days, "2028-02-29T23:59:59Z"), 0);  // J60 is the first of March in every year
  EXPECT_EQ(offset(days, "2028-03-01T00:00:00Z"), 3600);
}

TEST(TimeZone, TakesLocalTimesBack) {
  const TimeZone berlin = zone(file({}, kBerlin));
  for (const char* at :
       {"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-07-01T12:00:00Z", "2026-10-25T02:30:00Z"}) {
    const WallTime time = *parse_rfc3339(at);
    EXPECT_EQ(format_rfc3339(berlin.from_local(berlin.local(time))), at);
  }
}

TEST(TimeZone, RefusesWhatIsNoZone) {
  const std::string good = file({{0, 1}, {10, 2}}, kBerlin);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(TimeZone::parse(std::string_view(good).substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(TimeZone::parse(file({{10, 1}, {0, 2}}, "")).has_value());
  EXPECT_FALSE(TimeZone::parse(file({{10, 9}}, "")).has_value());
  for (const char* footer : {"X", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0", "CET-25",
                             "<CET-1", "CET-1CEST,J0,J365", "CET-1 "}) {
    EXPECT_FALSE(TimeZone::parse(file({}, footer)).has_value()) << footer;
  }
}

}  // namespace
}  // namespace postern
