#include "flow/document_look.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fleet/testing/make.hpp"
#include "flow/run_model.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::flow {
namespace document_look_test {

using fleet::Instance;
using fleet::Platform;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Answers by account; counts what it is asked.
class FakeDocuments final : public DocumentPort {
 public:
  std::map<std::string, Result<DocumentDescription>> by_account;
  std::vector<std::string> asked;

  rt::Task<Result<DocumentDescription>> describe(rt::CallContext, fleet::ScopePtr scope, std::string name,
                                                 std::string version) override {
    asked.push_back(scope->account.text() + " " + scope->region.text() + " " + name + " " + version);
    const auto found = by_account.find(scope->account.text());
    if (found == by_account.end()) co_return fail(ErrorKind::not_found, "no such document");
    co_return found->second;
  }
};

DocumentDescription scan(std::string version) {
  DocumentDescription document;
  document.name = "Scan";
  document.version = std::move(version);
  document.hash = std::string(64, 'a');
  document.platforms = {DocumentPlatform::linux_};
  ParameterDescription mode;
  mode.name = "Mode";
  mode.allowed_values = {"quick", "whole"};
  ParameterDescription time;
  time.name = "executionTimeout";
  time.default_value = "600";
  document.parameters = {mode, time};
  return document;
}

class DocumentLookTest : public ::testing::Test {
 protected:
  DocumentLookTest() {
    for (const char* account : {"111122220000", "111122220001"}) {
      scopes.push_back(fleet::testing::scope(account, "us-east-1"));
      documents.by_account.emplace(account, scan("4"));
    }
    const std::vector<std::string> parameters = {"Mode=quick"};
    Result<DocumentSpec> parsed = parse_document_spec("Scan", parameters);
    CHECK(parsed.has_value());
    spec.document = *parsed;
    spec.windows_document = *parsed;
  }

  void add(std::size_t scope, Platform platform) {
    instances.push_back(
        fleet::testing::instance(scopes[scope], fleet::testing::instance_id(static_cast<unsigned>(instances.size()))));
    instances.back().platform = platform;
  }
  Result<DocumentLook> look() {
    return loop.run(look_at_documents(loop.context(), documents, spec, document_needs(instances), options));
  }
  Plan plan_with(const DocumentLook& seen) {
    WavePolicy policy;
    policy.unfit = [&](const Instance& instance) { return why_unfit(spec, seen, instance); };
    Plan plan = plan_waves(instances, policy);
    plan.pins = document_pins(spec, seen, plan);
    return plan;
  }

  rt::testing::ManualLoop loop;
  FakeDocuments documents;
  std::vector<fleet::ScopePtr> scopes;
  std::vector<Instance> instances;
  CommandSpec spec;
  LookOptions options;
};

TEST_F(DocumentLookTest, AsksOnceForEveryScopeAndShell) {
  for (const std::size_t scope : {1U, 0U, 0U, 1U}) add(scope, Platform::linux_os);
  add(0, Platform::windows);
  instances.front().ssm.status = fleet::SsmStatus::connection_lost;
  ASSERT_TRUE(look().has_value());
  EXPECT_THAT(documents.asked, ElementsAre("111122220000 us-east-1 Scan ", "111122220001 us-east-1 Scan "));
}

TEST_F(DocumentLookTest, AsksOnceForARegionWhenTheDocumentIsAmazons) {
  spec = CommandSpec();
  spec.sh_lines.emplace_back("uptime");
  for (const std::size_t scope : {0U, 1U}) add(scope, Platform::linux_os);
  const Result<DocumentLook> seen = look();
  EXPECT_THAT(documents.asked, ElementsAre("111122220000 us-east-1 AWS-RunShellScript "));
  EXPECT_FALSE(seen.has_value());  // this one has no parameter commands
  documents.by_account.clear();
  documents.by_account.emplace("111122220000", fail(ErrorKind::denied, "not authorized"));
  const Result<DocumentLook> unseen = look();
  ASSERT_TRUE(unseen.has_value());
  EXPECT_THAT(unseen->notes, ElementsAre(HasSubstr("not authorized")));
}

TEST_F(DocumentLookTest, SkipsThePlatformsThatADocumentIsNotFor) {
  add(0, Platform::linux_os);
  add(0, Platform::windows);
  const Result<DocumentLook> seen = look();
  ASSERT_TRUE(seen.has_value());
  const Plan plan = plan_with(*seen);
  ASSERT_EQ(plan.skipped.size(), 1U);
  EXPECT_EQ(plan.skipped[0].reason, "Scan is for Linux, not for Windows");
  EXPECT_TRUE(plan.skipped[0].unreachable);
  spec.windows_document.reset();
  EXPECT_THAT(why_unfit(spec, *seen, instances[1]), HasSubstr("--document-windows"));
}

TEST_F(DocumentLookTest, PinsEveryScopeToWhatWasSeenThere) {
  documents.by_account.at("111122220001") = scan("7");
  add(0, Platform::linux_os);
  add(1, Platform::linux_os);
  const Result<DocumentLook> seen = look();
  ASSERT_TRUE(seen.has_value());
  const Plan plan = plan_with(*seen);
  ASSERT_EQ(plan.pins.size(), 2U);
  EXPECT_EQ(plan.pins[0].version + plan.pins[1].version, "47");
  const CommandSpec sent = spec_for(plan, spec, plan.batches[1]);
  EXPECT_EQ(sent.document->version, "7");
  EXPECT_EQ(sent.document->hash, std::string(64, 'a'));
  EXPECT_THAT(describe_documents(*seen), ElementsAre("Scan version 4 (sha256 aaaaaaaaaaaa) in 1 scope",
                                                     "Scan version 7 (sha256 aaaaaaaaaaaa) in 1 scope"));
}

TEST_F(DocumentLookTest, RecordsPinsAndParameters) {
  add(0, Platform::linux_os);
  const Result<DocumentLook> seen = look();
  ASSERT_TRUE(seen.has_value());
  const Plan plan = plan_with(*seen);
  RunHeader header;
  header.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  header.spec = spec;
  RunModel model;
  std::uint64_t number = 0;
  for (const RunRecord& record : opening_records(header, plan)) {
    const ledger::NewRecord text = encode(record);
    ledger::Record kept;
    kept.seq = ++number;
    kept.type = text.type;
    kept.body = text.body;
    const Result<RunRecord> read = decode_run_record(kept);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    ASSERT_TRUE(model.apply(*read, WallTime()).has_value());
  }
  EXPECT_EQ(model.plan().pins, plan.pins);
  ASSERT_TRUE(model.header().spec.document.has_value());
  EXPECT_EQ(model.header().spec.document->name, "Scan");
  EXPECT_EQ(model.header().spec.document->parameters, spec.document->parameters);
  EXPECT_TRUE(model.header().spec.windows_document.has_value());
}

TEST_F(DocumentLookTest, RefusesWhatADocumentWouldNotTake) {
  add(0, Platform::linux_os);
  add(1, Platform::linux_os);
  spec.document->parameters["Mode"] = {"s3cr3t"};
  const Result<DocumentLook> wrong = look();
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().kind(), ErrorKind::usage);
  EXPECT_THAT(wrong.error().message(), HasSubstr("Mode is none of: quick, whole (111122220000"));
  EXPECT_THAT(wrong.error().message(), ::testing::Not(HasSubstr("s3cr3t")));
  spec.document->parameters["Mode"] = {"quick"};
  documents.by_account.erase("111122220001");
  const Result<DocumentLook> absent = look();
  ASSERT_FALSE(absent.has_value());
  EXPECT_THAT(absent.error().message(), HasSubstr("there is no document Scan (111122220001"));
}

TEST_F(DocumentLookTest, RefusesBracesUnlessTheyAreMeant) {
  add(0, Platform::linux_os);
  spec.document->parameters["Mode"] = {"{{ssm:mode}}"};
  documents.by_account.at("111122220000")->parameters[0].allowed_values.clear();
  const Result<DocumentLook> refused = look();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), HasSubstr("--allow-references"));
  options.braces = Braces::meant;
  EXPECT_TRUE(look().has_value());
}

TEST_F(DocumentLookTest, GoesOnUnseenOnlyWithANumberedVersion) {
  add(0, Platform::linux_os);
  documents.by_account.at("111122220000") = fail(ErrorKind::denied, "not authorized");
  const Result<DocumentLook> refused = look();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("ssm:DescribeDocument"));
  spec.document->version = "3";
  const Result<DocumentLook> seen = look();
  ASSERT_TRUE(seen.has_value());
  EXPECT_THAT(seen->notes, ElementsAre(HasSubstr("could not be looked at")));
  const Plan plan = plan_with(*seen);
  ASSERT_EQ(plan.pins.size(), 1U);
  EXPECT_EQ(plan.pins[0].version, "3");
  EXPECT_THAT(plan.pins[0].hash, IsEmpty());
}

TEST_F(DocumentLookTest, WaitsAsLongAsADocumentMayRun) {
  add(0, Platform::linux_os);
  const Result<DocumentLook> seen = look();
  ASSERT_TRUE(seen.has_value());
  CommandSpec by_default = spec;
  settle_execution_time(by_default, *seen, std::nullopt);
  EXPECT_EQ(by_default.execution_timeout, std::chrono::hours(1));  // Windows may have another document
  by_default.windows_document.reset();
  settle_execution_time(by_default, *seen, std::nullopt);
  EXPECT_EQ(by_default.execution_timeout, std::chrono::seconds(600));
  CommandSpec given = spec;
  given.windows_document.reset();
  settle_execution_time(given, *seen, std::chrono::seconds(90));
  EXPECT_EQ(given.execution_timeout, std::chrono::seconds(90));
  EXPECT_THAT(given.document->parameters["executionTimeout"], ElementsAre("90"));
}

}  // namespace document_look_test
}  // namespace postern::flow
