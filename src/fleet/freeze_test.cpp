#include "fleet/freeze.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fleet/fleet_file.hpp"
#include "fleet/testing/make.hpp"

namespace postern::fleet {
namespace {

WallTime at(std::string_view text) {
  return *parse_rfc3339(text);
}

std::string end_of(const FreezeWindow& window, std::string_view now) {
  const std::optional<WallTime> end = window.ends(at(now));
  return end ? format_rfc3339(*end) : "none";
}

FreezeWindow weekly(std::string_view span) {
  FreezeWindow window;
  window.name = "weekend";
  window.weekly.push_back(*parse_weekly(span));
  return window;
}

TEST(FreezeWindow, AnAbsoluteOneHoldsFromItsBeginningToJustBeforeItsEnd) {
  FreezeWindow window;
  window.from = at("2026-12-28T00:00:00Z");
  window.to = at("2027-01-04T00:00:00Z");
  EXPECT_EQ(end_of(window, "2026-12-27T23:59:59.9Z"), "none");
  EXPECT_EQ(end_of(window, "2026-12-28T00:00:00Z"), "2027-01-04T00:00:00Z");
  EXPECT_EQ(end_of(window, "2027-01-03T23:59:59Z"), "2027-01-04T00:00:00Z");
  EXPECT_EQ(end_of(window, "2027-01-04T00:00:00Z"), "none");
}

TEST(FreezeWindow, AWeeklyOneMayGoOverSunday) {
  const FreezeWindow window = weekly("Fri 16:00 - Mon 08:00");
  EXPECT_EQ(end_of(window, "2026-11-20T15:59:59Z"), "none");  // a Friday
  EXPECT_EQ(end_of(window, "2026-11-20T16:00:00Z"), "2026-11-23T08:00:00Z");
  EXPECT_EQ(end_of(window, "2026-11-23T07:59:59Z"), "2026-11-23T08:00:00Z");
  EXPECT_EQ(end_of(window, "2026-11-23T08:00:00Z"), "none");
  const FreezeWindow day = weekly("tue 00:00-tuesday 23:59");
  EXPECT_EQ(end_of(day, "2026-11-24T12:00:00Z"), "2026-11-24T23:59:00Z");
  EXPECT_EQ(end_of(day, "2026-11-23T23:59:59Z"), "none");
  EXPECT_EQ(end_of(day, "1969-12-30T12:00:00Z"), "1969-12-30T23:59:00Z");
}

TEST(FreezeWindow, AWeeklyOneFollowsTheClocksOfItsZone) {
  FreezeWindow window = weekly("Sun 00:00 - Mon 08:00");
  window.zone = "Europe/Berlin";
  // A file of this zone in its smallest form: no listed change, the rule alone.
  const std::string header =
      "TZif2" + std::string(15, '\0') + std::string(19, '\0') + '\1' + std::string(3, '\0') + '\1';
  const std::string body = std::string(6, '\0') + '\0';
  const std::string bytes = header + body + header + body + "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
  std::vector<FreezeWindow> windows = {window};
  const Result<void> loaded = load_zones(windows, [&bytes](const std::string& name) -> Result<std::string> {
    EXPECT_EQ(name, "Europe/Berlin");
    return bytes;
  });
  ASSERT_TRUE(loaded) << loaded.error().message();
  // On the 25th of October 2026 clocks go back: it begins in summer time and ends in winter time.
  EXPECT_EQ(end_of(windows[0], "2026-10-24T21:59:59Z"), "none");
  EXPECT_EQ(end_of(windows[0], "2026-10-24T22:00:00Z"), "2026-10-26T07:00:00Z");
  EXPECT_EQ(windows[0].describe(at("2026-10-26T07:00:00Z")),
            "freeze window weekend until 2026-10-26T07:00:00Z (2026-10-26 08:00 Europe/Berlin)");
}

TEST(FreezeWindow, AZoneThatIsNotThereIsNamedWithItsPlace) {
  std::vector<FreezeWindow> windows = {weekly("Fri 16:00 - Mon 08:00")};
  windows[0].where = "postern.yaml:7:3";
  const ZoneFiles none = [](const std::string&) -> Result<std::string> {
    return fail(ErrorKind::not_found, "no file");
  };
  EXPECT_TRUE(load_zones(windows, none));  // UTC needs none
  windows[0].zone = "Mars/Olympus";
  const Result<void> loaded = load_zones(windows, none);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind(), ErrorKind::usage);
  EXPECT_TRUE(loaded.error().message().starts_with("postern.yaml:7:3: the time zone Mars/Olympus"));
}

std::string mistakes(std::string_view more) {
  const std::string text =
      "version: 1\naccounts:\n  - {id: \"444455556666\", name: pay, profile: p}\n" + std::string(more);
  const Result<FleetFile> file = parse_fleet_file(text, "f");
  return file ? "none" : file.error().message();
}

TEST(FleetFileRails, AreReadWhole) {
  const Result<FleetFile> file = parse_fleet_file(R"(version: 1
accounts:
  - {id: "444455556666", name: pay, profile: p, documents: [Pay-*]}
  - {id: "777788889999", name: led, profile: p}
selectors: {db: "role=db"}
protect: "@db or tag:critical"
documents: [AWS-RunShellScript, AWS-RunPowerShellScript]
freeze:
  - {name: quarter-end, from: 2026-12-28T00:00:00+01:00, to: 2027-01-04T00:00:00Z, accounts: [pay]}
  - {name: weekend, weekly: [Fri 16:00 - Mon 08:00, Wed 10:00 - Wed 11:00], timezone: Europe/Berlin, selector: "@db"}
)",
                                                  "f");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->freeze.size(), 2U);
  EXPECT_EQ(format_rfc3339(*file->freeze[0].from), "2026-12-27T23:00:00Z");
  EXPECT_EQ(file->freeze[0].what.to_text(), "account:pay");
  EXPECT_EQ(file->freeze[0].where, "f:9:5");
  EXPECT_EQ(file->freeze[1].weekly.size(), 2U);
  EXPECT_EQ(file->freeze[1].zone, "Europe/Berlin");
  EXPECT_EQ(file->freeze[1].what.to_text(), "tag:role=db");
  EXPECT_TRUE(file->allows_document(testing::account("444455556666"), "Pay-Deploy"));
  EXPECT_FALSE(file->allows_document(testing::account("444455556666"), "AWS-RunShellScript"));
  EXPECT_TRUE(file->allows_document(testing::account("777788889999"), "AWS-RunShellScript"));
  EXPECT_FALSE(file->allows_document(testing::account("777788889999"), "AWS-RunPatchBaseline"));
  const Result<Selector> bound = file->bind(testing::selector("not @protected"));
  ASSERT_TRUE(bound);
  EXPECT_EQ(*bound, Selector::negation(file->protect));
}

TEST(FleetFileRails, ProtectedIsNobodyWithoutProtectAndNothingElseWithIt) {
  const FleetFile none;
  EXPECT_EQ(*none.bind(testing::selector("@protected")), Selector::none());
  EXPECT_EQ(mistakes("selectors: {protected: \"a=b\"}\nprotect: \"@protected\"\n"), "none");
  EXPECT_EQ(mistakes("selectors: {protected: \"a=b\"}\nprotect: \"a=c\"\n"),
            "f:5:10: @protected is what protect says, and there is a selector of that name that says something else");
  EXPECT_NE(mistakes("protect: \"@protected\"\n").find("loop"), std::string::npos);
}

TEST(FleetFileRails, EveryMistakeHasItsPlace) {
  EXPECT_EQ(mistakes("freeze: always\n"), "f:4:9: freeze must be a list of windows, not text");
  EXPECT_EQ(mistakes("freeze:\n  - {from: 2026-12-28T00:00:00Z, to: 2026-12-27T00:00:00Z}\n"),
            "f:5:5: the freeze window has no name\nf:5:38: it ends before it begins");
  const struct {
    const char* window;
    const char* says;
  } cases[] = {
      {"{name: a}", "f:5:5: a freeze window has either from and to, or weekly"},
      {"{name: a, from: 2026-12-28T00:00:00Z}", "f:5:5: a freeze window with from has to, and the other way round"},
      {"{name: a, from: tomorrow, to: 2026-12-28T00:00:00Z}", "f:5:21: 'tomorrow' is no time"},
      {"{name: a, weekly: Fri 16:00 - Mon 24:00}", "f:5:23: 'Fri 16:00 - Mon 24:00' is no time of the week"},
      {"{name: a, weekly: Fri 16:00 - Fri 16:00}", "ends when it begins"},
      {"{name: a, weekly: Fr 16:00 - Mon 08:00}", "is no time of the week"},
      {"{name: a, weekly: Fri 16:00 - Mon 08:00, timezone: ../etc}", "is no time zone"},
      {"{name: a, weekly: Fri 16:00 - Mon 08:00, timezone: /etc/x}", "is no time zone"},
      {"{name: a, from: 2026-12-28T00:00:00Z, to: 2026-12-29T00:00:00Z, timezone: UTC}", "timezone goes with weekly"},
      {"{name: a, weekly: Fri 16:00 - Mon 08:00, accounts: [nobody]}", "'nobody' is no account of this file"},
      {"{name: a, weekly: Fri 16:00 - Mon 08:00, selector: \"@nobody\"}", "@nobody"},
      {"{name: a, weekly: Fri 16:00 - Mon 08:00, until: x}", "until"},
      {"{name: \"a\\x1b\", weekly: Fri 16:00 - Mon 08:00}", "may hold letters"},
  };
  for (const auto& c : cases) {
    const std::string said = mistakes(std::string("freeze:\n  - ") + c.window + "\n");
    EXPECT_NE(said.find(c.says), std::string::npos) << c.window << "\n" << said;
    EXPECT_TRUE(said.starts_with("f:")) << said;
  }
  EXPECT_EQ(mistakes("documents: []\n"),
            "f:4:12: the list of documents is empty: leave it out to allow every document");
  EXPECT_EQ(mistakes("documents: [\"a b\"]\n"), "f:4:13: 'a b' is no name of a Systems Manager document");
}

}  // namespace
}  // namespace postern::fleet
