// A run as people and programs are told of it: pieces of the answer, the stream of events.

#include <gtest/gtest.h>

#include <map>

#include "base/text.hpp"
#include "cli/run_events.hpp"
#include "cli/run_report.hpp"
#include "flow/outputs.hpp"
#include "flow/testing/durable_bed.hpp"

namespace postern::cli {
namespace run_tell_test {

using flow::testing::DurableBed;

flow::RunResult four_targets() {
  const auto scope = fleet::testing::scope("444455556666", "us-east-1", "payments");
  flow::RunResult run;
  run.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  for (unsigned i = 1; i <= 4; ++i) {
    run.targets.emplace_back(fleet::TargetRef(scope, fleet::testing::instance_id(i)), flow::Outcome::succeeded, "");
    run.targets.back().name = "web0" + std::to_string(i);
    run.targets.back().out = i == 3 ? "a\nc\n" : "a\nb\n";
  }
  run.targets[3].outcome = flow::Outcome::failed;
  run.targets[3].exit_code = 2;
  run.targets.emplace_back(fleet::TargetRef(scope, fleet::testing::instance_id(9)), flow::Outcome::unknown,
                           "the answer to the send was lost");
  return run;
}

std::string text_of(Grouping grouping) {
  const flow::RunResult run = four_targets();
  const fleet::Discovery nothing;
  return report::join_pieces(*run_text(run, nothing, OutputOptions(), grouping));
}

TEST(RunText, GathersWhatIsTheSame) {
  EXPECT_TRUE(text_of(Grouping::gathered)
                  .starts_with("---------------\nweb[01-02] (2)\n---------------\na\nb\n"
                               "---------------\nweb03\n---------------\na\nc\n"
                               "---------------\nweb04\n---------------\na\nb\n(failed, exit code 2)\n"
                               "\ni-00000000000000009: unknown: the answer to the send was lost\n"))
      << text_of(Grouping::gathered);
}

TEST(RunText, ShowsDifferencesFromTheMajority) {
  EXPECT_TRUE(text_of(Grouping::diff)
                  .starts_with("---------------\nweb[01-02] (2)\n---------------\na\nb\n"
                               "--- web[01-02] (2)\n+++ web03\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
                               "--- web[01-02] (2)\n+++ web04\n@@ -1,2 +1,3 @@\n a\n b\n+(failed, exit code 2)\n"))
      << text_of(Grouping::diff);
}

TEST(RunText, ByTargetIsInTheirOrder) {
  const std::string text = text_of(Grouping::by_target);
  std::size_t at = 0;
  for (const char* name : {"web01\n", "web02\n", "web03\n", "web04\n"}) {
    const std::size_t found = text.find(name, at);
    ASSERT_NE(found, std::string::npos) << text;
    at = found;
  }
}

TEST(RunJson, IsTheDocumentPieceByPiece) {
  flow::RunResult run = four_targets();
  run.targets[0].out = "line\n\xff \"quoted\" \x01\n";
  const fleet::Discovery nothing;
  for (const bool empty : {false, true}) {
    if (empty) run.targets.clear();
    EXPECT_EQ(report::join_pieces(*run_json(run, nothing, "sim:demo")),
              run_document(run, nothing, "sim:demo").dump_pretty() + "\n");
  }
}

TEST(RunRows, AreALineForEachTarget) {
  const flow::RunResult run = four_targets();
  const std::string ndjson = report::join_pieces(*run_rows(run, Format::ndjson, "sim:demo"));
  const auto lines = split(ndjson, '\n');
  ASSERT_EQ(lines.size(), 6U);
  const Result<Json> row = Json::parse(lines[3]);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ((*row)["stdout"].as_string(), "a\nb\n");
  EXPECT_EQ((*row)["world"].as_string(), "sim:demo");
  EXPECT_EQ(report::join_pieces(*run_rows(run, Format::text, "")).substr(0, 56),
            "444455556666\tus-east-1\ti-00000000000000001\tsucceeded\t\t\n4");
  EXPECT_TRUE(report::join_pieces(*run_rows(run, Format::markdown, "sim:demo"))
                  .starts_with("# Run 01ARZ3NDEKTSV4RRFFQ69G5FAV\n\n**SIMULATED** sim:demo\n\n| account_id |"));
}

/// The stream of a run of the ledger, as its records are read again.
rt::Task<Result<std::string>> told(rt::CallContext ctx, DurableBed* bed, const flow::RunResult* run) {
  std::string text;
  RunEvents events(run->run_id, report::RunFacts(), [&text](std::string_view lines) {
    text += lines;
    return true;
  });
  flow::RunModel model;
  CO_TRY(const std::vector<ledger::Record> records,
         co_await bed->store.read(ctx, flow::run_stream(run->run_id), 1, ledger::kPageMax));
  for (const ledger::Record& record : records) {
    CO_TRY(const flow::RunRecord decoded, flow::decode_run_record(record));
    CO_TRY_VOID(model.apply(decoded, record.at));
    if (std::holds_alternative<flow::record::Started>(decoded)) {
      CO_TRY_VOID(co_await events.begin(ctx, bed->store, model, record.at));
    } else if (events.begun()) {
      std::vector<ledger::Blob> blobs(1);
      blobs.front().digest = ledger::sha256("ok\n");
      blobs.front().bytes = "ok\n";
      events.recorded(model, decoded, blobs, record.at);
    }
  }
  CO_TRY_VOID(co_await events.end(ctx, bed->store, *run, "succeeded", 0, model.last_at()));
  co_return text;
}

TEST(RunEvents, TellOfEveryTargetOnceAndOfWavesInOrder) {
  DurableBed bed(30, 2, "canary,rest");
  const Result<flow::RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value()) << run.error().to_text();
  const Result<std::string> text = bed.loop.run(told(bed.loop.context(), &bed, &*run));
  ASSERT_TRUE(text.has_value()) << text.error().to_text();
  std::map<std::string, int> targets;
  std::string story;
  for (const std::string_view line : split(*text, '\n')) {
    if (line.empty()) continue;
    const Result<Json> event = Json::parse(line);
    ASSERT_TRUE(event.has_value()) << line;
    const std::string& kind = (*event)["event"].as_string();
    if (kind == "target") {
      ++targets[(*event)["account_id"].as_string() + (*event)["instance_id"].as_string()];
      EXPECT_EQ((*event)["stdout"].as_string(), "ok\n");
    } else {
      story += kind + (kind == "wave" ? " " + (*event)["name"].as_string() + " " + (*event)["state"].as_string() : "");
      story += "; ";
    }
  }
  EXPECT_EQ(targets.size(), 30U);
  for (const auto& [target, times] : targets) EXPECT_EQ(times, 1) << target;
  EXPECT_EQ(story, "plan; wave canary started; wave canary ended; wave rest started; wave rest ended; end; ");
}

TEST(RunEvents, OfARunThatStoppedTellTheOthersBeforeTheEnd) {
  DurableBed bed(10, 1, "canary,rest");
  flow::testing::Node& bad = bed.port.nodes[bed.id(0)];
  bad.end = flow::InvocationStatus::failed;
  bad.details = "Failed";
  bad.exit_code = 1;
  const Result<flow::RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  ASSERT_EQ(run->totals().skipped, 9U);
  const Result<std::string> text = bed.loop.run(told(bed.loop.context(), &bed, &*run));
  ASSERT_TRUE(text.has_value()) << text.error().to_text();
  EXPECT_NE(text->find("\"state\":\"held\""), std::string::npos) << *text;
  std::size_t skipped = 0;
  for (std::size_t at = text->find("\"status\":\"skipped\""); at != std::string::npos;
       at = text->find("\"status\":\"skipped\"", at + 1)) {
    ++skipped;
  }
  EXPECT_EQ(skipped, 9U);
  EXPECT_NE(text->rfind("\"event\":\"end\""), std::string::npos);
}

}  // namespace run_tell_test
}  // namespace postern::cli
