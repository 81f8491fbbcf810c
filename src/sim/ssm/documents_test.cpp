#include <gtest/gtest.h>

#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace documents_test {

using namespace std::chrono_literals;
using testing::Rig;
using testing::rig_config;

constexpr const char* kTwoSteps = R"yaml(---
schemaVersion: "2.2"
description: Two platforms
parameters:
  who: {type: String, allowedPattern: "[a-z]{1,8}", default: world}
  lines: {type: StringList, minItems: 1}
mainSteps:
- name: onWindows
  action: aws:runPowerShellScript
  precondition: {StringEquals: [platformType, Windows]}
  inputs: {runCommand: ["Write-Host {{ who }}"]}
- name: onLinux
  action: aws:runShellScript
  precondition: {StringEquals: [platformType, Linux]}
  inputs:
    timeoutSeconds: 60
    onFailure: exit
    runCommand: ["echo hello {{who}}", "{{ lines }}"]
- name: after
  action: aws:runShellScript
  inputs: {runCommand: ["echo after"]}
)yaml";

std::string code(const Error& error) {
  return error.aws() == nullptr ? error.to_text() : error.aws()->code;
}

aws::ssm::CreateDocumentRequest create(std::string name, std::string content, std::string format) {
  aws::ssm::CreateDocumentRequest request;
  request.name = std::move(name);
  request.content = std::move(content);
  request.document_format.emplace(format);
  return request;
}

struct Sent {
  std::string id;
  std::string error;
};

Sent send(Rig& rig, const std::string& document, DocumentValues values) {
  aws::ssm::SendCommandRequest request;
  request.document_name = document;
  request.instance_ids = rig.ids(1);
  for (auto& [name, given] : values) request.parameters[name] = given;
  const auto sent = rig.call<aws::ssm::SendCommand>(std::move(request));
  return sent ? Sent{*sent->command->command_id, ""} : Sent{"", code(sent.error())};
}

std::vector<std::string> plugins(Rig& rig, const std::string& id) {
  aws::ssm::ListCommandInvocationsRequest request;
  request.command_id = id;
  request.details = true;
  const auto listed = rig.call<aws::ssm::ListCommandInvocations>(std::move(request));
  std::vector<std::string> seen;
  if (!listed || listed->command_invocations.size() != 1) return seen;
  for (const auto& plugin : listed->command_invocations[0].command_plugins) {
    seen.push_back(*plugin.name + " " + *plugin.status_details);
  }
  return seen;
}

TEST(Documents, ParametersAreCheckedAndPutIn) {
  std::vector<std::vector<std::string>> ran;
  Rig rig(rig_config(1), [&ran](const Work& work) {
    for (const WorkStep& step : *work.steps) ran.push_back(step.commands);
    return Behaviour();
  });
  ASSERT_TRUE(rig.become_operator());
  const auto made = rig.call<aws::ssm::CreateDocument>(create("two", kTwoSteps, "YAML"));
  ASSERT_TRUE(made) << made.error().to_text();
  EXPECT_EQ(made->document_description->platform_types.size(), 2U);
  const struct {
    DocumentValues values;
    std::string error;
  } cases[] = {
      {{{"lines", {"a"}}, {"nobody", {"x"}}}, "InvalidParameters"},
      {{{"who", {"bob"}}}, "InvalidParameters"},                         // lines is required
      {{{"lines", {}}}, "InvalidParameters"},                            // and has at least one
      {{{"lines", {"a"}}, {"who", {"Bob"}}}, "InvalidParameters"},       // the pattern
      {{{"lines", {"a"}}, {"who", {"bob", "x"}}}, "InvalidParameters"},  // one value
      {{{"lines", {"a", "b"}}, {"who", {"bob"}}}, ""},
  };
  for (const auto& c : cases) EXPECT_EQ(send(rig, "two", c.values).error, c.error);
  rig.loop().advance(1min);
  ASSERT_EQ(ran.size(), 3U);
  const std::vector<std::string> expected = {"echo hello bob", "a", "b"};
  EXPECT_EQ(ran[1], expected);
}

TEST(Documents, StepsEndOneByOneAndNeedTheirNames) {
  Behaviour broken;
  broken.exit_code = 7;
  broken.output = "tried\n";
  Rig rig(rig_config(1), [broken](const Work&) { return broken; });
  ASSERT_TRUE(rig.become_operator());
  ASSERT_TRUE(rig.call<aws::ssm::CreateDocument>(create("two", kTwoSteps, "YAML")));
  const Sent sent = send(rig, "two", {{"lines", {"a"}}});
  ASSERT_EQ(sent.error, "");
  rig.loop().advance(600ms);
  const std::vector<std::string> during = {"onWindows Skipped", "onLinux InProgress", "after Pending"};
  EXPECT_EQ(plugins(rig, sent.id), during);
  rig.loop().advance(1min);
  const std::vector<std::string> ended = {"onWindows Skipped", "onLinux Failed", "after Skipped"};
  EXPECT_EQ(plugins(rig, sent.id), ended);
  aws::ssm::GetCommandInvocationRequest request;
  request.command_id = sent.id;
  request.instance_id = rig.ids(1).front();
  const auto unnamed = rig.call<aws::ssm::GetCommandInvocation>(request);
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(code(unnamed.error()), "InvalidPluginName");
  request.plugin_name = "onLinux";
  const auto named = rig.call<aws::ssm::GetCommandInvocation>(request);
  ASSERT_TRUE(named);
  EXPECT_EQ(named->response_code, 7);
  EXPECT_EQ(*named->standard_output_content, "tried\n");
}

TEST(Documents, HaveVersionsADefaultAndHashes) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  const auto first = rig.call<aws::ssm::CreateDocument>(create("two", kTwoSteps, "YAML"));
  ASSERT_TRUE(first);
  const auto again = rig.call<aws::ssm::CreateDocument>(create("two", kTwoSteps, "YAML"));
  EXPECT_EQ(code(again.error()), "DocumentAlreadyExists");
  aws::ssm::UpdateDocumentRequest update;
  update.name = "two";
  update.content = kTwoSteps;
  update.document_version = "$LATEST";
  update.document_format.emplace("YAML");
  EXPECT_EQ(code(rig.call<aws::ssm::UpdateDocument>(update).error()), "DuplicateDocumentContent");
  *update.content += "# changed\n";
  const auto second = rig.call<aws::ssm::UpdateDocument>(update);
  ASSERT_TRUE(second) << second.error().to_text();
  EXPECT_EQ(second->document_description->document_version, "2");
  EXPECT_EQ(second->document_description->default_version, "1");
  aws::ssm::UpdateDocumentDefaultVersionRequest promote;
  promote.name = "two";
  promote.document_version = "2";
  ASSERT_TRUE(rig.call<aws::ssm::UpdateDocumentDefaultVersion>(promote));
  auto request = Rig::shell(rig.ids(1));
  request.document_name = "two";
  request.parameters = {};
  request.parameters["lines"].emplace_back("a");
  request.document_hash = *first->document_description->hash;
  EXPECT_FALSE(rig.call<aws::ssm::SendCommand>(request));  // pinned to what is no longer the default
  request.document_version = "1";
  EXPECT_TRUE(rig.call<aws::ssm::SendCommand>(request));
}

TEST(Documents, AreBoundedAndRefusedWithAwsCodes) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  const std::string steps = R"("mainSteps":[{"name":"one","action":"aws:runShellScript","inputs":{}}])";
  const struct {
    std::string name;
    std::string content;
    std::string error;
  } cases[] = {
      {"mine", "{", "InvalidDocumentContent"},
      {"mine", "{\"schemaVersion\":\"0.3\"," + steps + "}", "InvalidDocumentSchemaVersion"},
      {"mine", "{\"schemaVersion\":\"2.2\"}", "InvalidDocumentContent"},
      {"mine", "{\"schemaVersion\":\"2.2\",\"mainSteps\":[{\"name\":\"one\",\"action\":\"aws:fly\"}]}",
       "InvalidDocumentContent"},
      {"mine", "{\"schemaVersion\":\"2.2\",\"description\":\"" + std::string(70'000, 'x') + "\"," + steps + "}",
       "MaxDocumentSizeExceeded"},
      {"aws-mine", "{\"schemaVersion\":\"2.2\"," + steps + "}", "ValidationException"},
      {"mine", "{\"schemaVersion\":\"2.2\"," + steps + "}", ""},
  };
  for (const auto& c : cases) {
    const auto made = rig.call<aws::ssm::CreateDocument>(create(c.name, c.content, "JSON"));
    EXPECT_EQ(made ? "" : code(made.error()), c.error) << c.content.substr(0, 80);
  }
}

TEST(Documents, TheReplicationAgentsDocumentTakesRegionAndTagsAndNothingElse) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  const std::string name = "AWSDisasterRecovery-InstallDRAgentOnInstance";
  EXPECT_EQ(send(rig, name, {{"Region", {"us-west-2"}}, {"StagingAccountID", {"1"}}}).error, "InvalidParameters");
  EXPECT_EQ(send(rig, name, {{"Tags", {"a=b"}}}).error, "InvalidParameters");
  const Sent sent = send(rig, name, {{"Region", {"us-west-2"}}});
  ASSERT_EQ(sent.error, "");
  rig.loop().advance(5min);
  // Nothing is set up for it here: drs/install_test.cpp.
  const std::vector<std::string> ended = {"installReplicationAgentOnWindows Skipped",
                                          "installReplicationAgentOnLinux Failed"};
  EXPECT_EQ(plugins(rig, sent.id), ended);
}

TEST(ParameterStore, KeepsSecretsAndNames) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  const auto put = [&](const std::string& name, const std::string& value, const std::string& type) {
    aws::ssm::PutParameterRequest request;
    request.name = name;
    request.value = Secret<>(value);
    request.type.emplace(type);
    const auto done = rig.call<aws::ssm::PutParameter>(std::move(request));
    return done ? std::string() : code(done.error());
  };
  EXPECT_EQ(put("/app/plain", "v", "String"), "");
  EXPECT_EQ(put("/app/plain", "v", "String"), "ParameterAlreadyExists");
  EXPECT_EQ(put("/app/deep/secret", "s3cret", "SecureString"), "");
  EXPECT_EQ(put("aws/x", "v", "String"), "ValidationException");
  aws::ssm::GetParameterRequest get;
  get.name = "/app/deep/secret";
  const auto hidden = rig.call<aws::ssm::GetParameter>(get);
  ASSERT_TRUE(hidden);
  EXPECT_EQ(hidden->parameter->value->reveal().find("s3cret"), std::string::npos);
  get.with_decryption = true;
  EXPECT_EQ(rig.call<aws::ssm::GetParameter>(get)->parameter->value->reveal(), "s3cret");
  aws::ssm::GetParametersByPathRequest path;
  path.path = "/app";
  EXPECT_EQ(rig.call<aws::ssm::GetParametersByPath>(path)->parameters.size(), 1U);
  path.recursive = true;
  EXPECT_EQ(rig.call<aws::ssm::GetParametersByPath>(path)->parameters.size(), 2U);
  EXPECT_EQ(send(rig, "AWS-RunShellScript", {{"commands", {"echo {{ssm:/app/plain}}"}}}).error, "");
  EXPECT_EQ(send(rig, "AWS-RunShellScript", {{"commands", {"echo {{ssm:/app/deep/secret}}"}}}).error,
            "InvalidParameters");
}

}  // namespace documents_test
}  // namespace postern::sim
