#include "flow/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"
#include "flow/run.hpp"
#include "flow/run_model.hpp"

namespace postern::flow {
namespace import_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr const char* kRun = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
constexpr const char* kOps[] = {"01ARZ3NDEKTSV4RRFFQ69G5FB0", "01ARZ3NDEKTSV4RRFFQ69G5FB1",
                                "01ARZ3NDEKTSV4RRFFQ69G5FB2"};

std::string id(unsigned number) {
  return fleet::testing::instance_id(number).text();
}

Invocation done(unsigned number, InvocationStatus status = InvocationStatus::succeeded) {
  Invocation invocation;
  invocation.instance_id = id(number);
  invocation.status = status;
  invocation.details = status == InvocationStatus::failed ? "Failed" : "Success";
  invocation.exit_code = status == InvocationStatus::failed ? 7 : 0;
  invocation.output = "ok\n";
  return invocation;
}

PastCommand command(std::size_t number, std::string account, std::vector<Invocation> invocations) {
  PastCommand one;
  one.scope = fleet::testing::scope(account, "us-east-1");
  one.command_id = "command-" + std::to_string(number);
  one.document = "AWS-RunShellScript";
  one.comment = make_comment(kOps[number], kRun, "restart");
  one.requested = WallTime(1000s + number * 60s);
  for (const Invocation& invocation : invocations) one.instance_ids.push_back(invocation.instance_id);
  one.invocations = std::move(invocations);
  return one;
}

/// The run as a ledger would have it: its records must fit together.
std::unique_ptr<RunModel> fold(const ImportedRun& run) {
  auto model = std::make_unique<RunModel>();
  const auto apply = [&model](const RunRecord& record) {
    ledger::Record kept;
    ledger::NewRecord text = encode(record);
    kept.type = text.type;
    kept.body = text.body;
    const Result<RunRecord> read = decode_run_record(kept);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    const Result<void> applied = model->apply(*read, WallTime());
    ASSERT_TRUE(applied.has_value()) << applied.error().message();
  };
  for (const RunRecord& record : opening_records(run.header, run.plan)) apply(record);
  for (const RunRecord& record : run.records) apply(record);
  return model;
}

TEST(ParseComment, ReadsOursAndNothingElse) {
  const std::optional<Mark> whole = parse_comment(make_comment(kOps[0], kRun, "restart"));
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->op + whole->run + whole->text, std::string(kOps[0]) + kRun + "restart");
  const std::optional<Mark> old = parse_comment(std::string("postern op=") + kOps[0] + " restart r=x");
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->run, kOps[0]);
  EXPECT_EQ(old->text, "restart r=x");
  EXPECT_TRUE(parse_comment(std::string("postern op=") + kOps[0]).has_value());
  for (const char* other : {"", "postern", "postern op=", "postern op=E2EMOTO", "by hand postern op=",
                            "postern op=01ARZ3NDEKTSV4RRFFQ69G5FB0X", "postern op=01ARZ3NDEKTSV4RRFFQ69G5FI0 x"}) {
    EXPECT_FALSE(parse_comment(other).has_value()) << other;
  }
  EXPECT_LE(make_comment(kOps[0], kRun, std::string(200, 'x')).size(), 100U);
}

TEST(PutTogether, MakesOneRunOfItsCommands) {
  std::vector<PastCommand> commands;
  commands.push_back(command(1, "444455556666", {done(3), done(4, InvocationStatus::failed)}));
  commands.push_back(command(0, "111122223333", {done(1), done(2)}));
  commands.push_back(command(0, "111122223333", {done(1), done(2)}));  // on two pages
  const std::vector<ImportedRun> runs = put_together(std::move(commands), "sim:test", "ops@host");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].header.run_id, kRun);
  EXPECT_TRUE(runs[0].header.imported);
  EXPECT_EQ(runs[0].first, WallTime(1000s));
  const auto model = fold(runs[0]);
  ASSERT_TRUE(model->closed());
  EXPECT_EQ(model->close()->status, "failed");
  EXPECT_EQ(model->totals().succeeded, 3U);
  EXPECT_EQ(model->totals().failed, 1U);
  EXPECT_EQ(model->header().spec.comment, "restart");
  EXPECT_TRUE(model->header().spec.sh_lines.empty());
  EXPECT_EQ(model->batches()[1].command_id, "command-1");
}

TEST(PutTogether, LeavesARunOpenWhoseCommandsRun) {
  std::vector<PastCommand> commands;
  commands.push_back(command(0, "111122223333", {done(1), done(2, InvocationStatus::running)}));
  commands.back().instance_ids.push_back(id(3));  // not listed yet
  const std::vector<ImportedRun> runs = put_together(std::move(commands), "sim:test", "ops@host");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].open, 2U);
  const auto model = fold(runs[0]);
  EXPECT_FALSE(model->closed());
  EXPECT_EQ(model->open(), 2U);
  EXPECT_EQ(model->batches()[0].phase, BatchPhase::following);
}

TEST(PutTogether, CountsATargetOfTwoCommandsForTheLater) {
  std::vector<PastCommand> commands;
  commands.push_back(command(0, "111122223333", {done(1, InvocationStatus::failed), done(2)}));
  commands.push_back(command(1, "111122223333", {done(1)}));
  commands.push_back(command(2, "444455556666", {done(1)}));  // another account's instance of the same id
  const std::vector<ImportedRun> runs = put_together(std::move(commands), "sim:test", "ops@host");
  ASSERT_EQ(runs.size(), 1U);
  const auto model = fold(runs[0]);
  EXPECT_EQ(model->totals().succeeded, 3U);
  EXPECT_EQ(model->totals().failed, 0U);
}

TEST(PutTogether, KeepsRunsApartAndSkipsWhatIsNotOurs) {
  std::vector<PastCommand> commands;
  commands.push_back(command(0, "111122223333", {done(1)}));
  commands.push_back(command(1, "111122223333", {done(1)}));
  commands[1].comment = std::string("postern op=") + kOps[1] + " before comments had runs";
  commands.push_back(command(2, "111122223333", {done(1)}));
  commands[2].comment = "by hand";
  commands.push_back(command(2, "111122223333", {}));  // of no instances
  std::vector<std::string> ids;
  for (const ImportedRun& run : put_together(std::move(commands), "sim:test", "ops@host")) {
    ids.push_back(run.header.run_id);
  }
  EXPECT_THAT(ids, ElementsAre(kRun, kOps[1]));
}

TEST(PutTogether, NamesDocumentsWithoutTheirParameters) {
  std::vector<PastCommand> commands;
  commands.push_back(command(0, "111122223333", {done(1)}));
  commands[0].document = "Deploy";
  commands[0].document_version = "7";
  const std::vector<ImportedRun> runs = put_together(std::move(commands), "sim:test", "ops@host");
  ASSERT_EQ(runs.size(), 1U);
  const auto model = fold(runs[0]);
  EXPECT_EQ(model->header().spec.document->name, "Deploy");
  EXPECT_EQ(model->header().spec.document->version, "7");
  EXPECT_TRUE(model->header().spec.document->parameters.empty());
}

}  // namespace import_test
}  // namespace postern::flow
