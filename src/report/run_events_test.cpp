#include "report/run_events.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/json.hpp"
#include "report/testing/sample.hpp"

namespace postern::report {
namespace run_events_test {

RunEventWriter writer(RunEventOptions options = RunEventOptions()) {
  RunFacts facts = testing::sample_facts();
  facts.world = "sim:demo";
  facts.title = "";
  facts.document = "AWS-RunShellScript";
  return RunEventWriter("01ARZ3NDEKTSV4RRFFQ69G5FAV", facts, options);
}

WallTime at(std::string_view text) {
  return *parse_rfc3339(text);
}

PlanEvent plan() {
  PlanEvent event;
  event.accounts = 2;
  event.targets = 3;
  event.skipped = 1;
  event.waves = {PlannedWave("canary", 1), PlannedWave("rest", 2)};
  return event;
}

TEST(RunEventWriter, WritesWhatTheFormatsPageShows) {
  RunEventWriter events = writer();
  std::string lines = events.plan(at("2026-11-21T03:04:05Z"), plan());
  WaveEvent wave;
  wave.name = "canary";
  wave.targets = 1;
  lines += events.wave(at("2026-11-21T03:04:05Z"), wave);
  flow::TargetResult target;
  target.target = fleet::TargetRef(fleet::testing::scope("444455556666", "us-east-1"),
                                   fleet::testing::instance_id("i-0123456789abcdef0"));
  target.outcome = flow::Outcome::failed;
  target.exit_code = 3;
  target.command_id = "8d2c...";
  target.err = "no\n";
  target.reason = "Failed";
  lines += events.target(at("2026-11-21T03:04:07.25Z"), target, "web-01");
  flow::Totals totals;
  totals.failed = 1;
  totals.skipped = 1;
  totals.unknown = 2;
  lines += events.end(at("2026-11-21T03:04:08Z"), "failed", totals, 1);
  std::ifstream file("docs/formats/run-events.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_NE(page.str().find("```json\n" + lines + "```"), std::string::npos) << lines;
}

TEST(RunEventWriter, LinesAreJsonWhateverTargetsWrite) {
  RunEventOptions options;
  options.output_max = 1'000;
  RunEventWriter events = writer(options);
  std::string lines = events.plan(WallTime(), plan());
  flow::TargetResult target =
      testing::ran(fleet::testing::scope("444455556666", "us-east-1"), 1, 0, testing::hostile() + "\u2028\n");
  target.reason = testing::hostile();
  lines += events.target(WallTime(), target, testing::hostile());
  std::string long_text = target.out.bytes();
  for (int i = 0; i < 3; ++i) long_text += std::string(400, 'x') + "\u20ac";
  target.out = long_text;
  lines += events.target(WallTime(), target, "");
  lines += events.totals(WallTime(), flow::Totals(), 3, 4);
  std::int64_t seq = 0;
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) {
    const auto json = Json::parse(line);
    ASSERT_TRUE(json) << line;
    EXPECT_EQ((*json)["seq"].as_int(), ++seq);
    EXPECT_EQ((*json)["schema"].as_string(), "postern.run.event/1");
    if (seq == 3) EXPECT_EQ((*json)["stdout_bytes"].as_int(), static_cast<std::int64_t>(target.out.size()));
  }
  EXPECT_EQ(seq, 4);
}

TEST(RunEventWriterDeathTest, NothingComesBeforeThePlanOrAfterTheEnd) {
  RunEventWriter events = writer();
  EXPECT_DEATH(events.totals(WallTime(), flow::Totals(), 0, 0), "CHECK");
  events.plan(WallTime(), plan());
  events.end(WallTime(), "succeeded", flow::Totals(), std::nullopt);
  EXPECT_DEATH(events.wave(WallTime(), WaveEvent()), "CHECK");
}

}  // namespace run_events_test
}  // namespace postern::report
