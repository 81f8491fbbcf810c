#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/cloudformation/ops.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace {

namespace cf = aws::cloudformation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHandle =
    "Parameters: {P: {Type: String, Default: one}}\nResources: {T: {Type: 'AWS::SNS::Topic', Properties: "
    "{TopicName: set, DisplayName: !Ref P}}}\n";

/// The hub and three accounts of the unit "Work", of which two let the hub's stack sets in.
CloudConfig set_config() {
  CloudConfig config = testing::rig_config(0);
  const auto role = [](std::string name, std::string principal) {
    TrustStatement trust;
    trust.principals.push_back(std::move(principal));
    RoleConfig made;
    made.name = std::move(name);
    made.trust.push_back(std::move(trust));
    made.permissions.allow.emplace_back("*");
    return made;
  };
  config.accounts[0].roles.push_back(
      role("AWSCloudFormationStackSetAdministrationRole", "cloudformation.amazonaws.com"));
  for (int i = 0; i < 3; ++i) {
    AccountConfig made;
    made.id = std::to_string(600'000'000'000LL + i);
    made.name = "work";
    made.unit = "Work";
    if (i < 2) {
      made.roles.push_back(role("AWSCloudFormationStackSetExecutionRole",
                                "arn:aws:iam::111122223333:role/AWSCloudFormationStackSetAdministrationRole"));
    }
    config.accounts.push_back(std::move(made));
  }
  return config;
}

class StackSets : public ::testing::Test {
 protected:
  StackSets() : rig_(set_config()) {}

  template <class Op>
  typename Op::Response must(typename Op::Request request) {
    auto answer = rig_.call<Op>(std::move(request));
    if (!answer) ADD_FAILURE() << Op::spec().name << ": " << answer.error().to_text();
    CHECK(answer.has_value());
    return std::move(*answer);
  }
  template <class Op>
  std::string refused(typename Op::Request request) {
    const auto answer = rig_.call<Op>(std::move(request));
    return answer ? "accepted" : answer.error().message();
  }
  void create(bool service_managed) {
    cf::CreateStackSetRequest request;
    request.stack_set_name = "set";
    request.template_body = kHandle;
    if (service_managed) request.permission_model.emplace("SERVICE_MANAGED");
    must<cf::CreateStackSet>(std::move(request));
  }
  static cf::CreateStackInstancesRequest instances(std::vector<std::string> accounts, std::int32_t tolerance) {
    cf::CreateStackInstancesRequest request;
    request.stack_set_name = "set";
    request.accounts = std::move(accounts);
    request.regions = {"us-east-1", "us-west-2"};
    request.operation_preferences.emplace();
    request.operation_preferences->failure_tolerance_count = tolerance;
    request.operation_preferences->max_concurrent_count = 2;
    return request;
  }
  std::string status(const std::string& operation) {
    cf::DescribeStackSetOperationRequest request;
    request.stack_set_name = "set";
    request.operation_id = operation;
    return must<cf::DescribeStackSetOperation>(std::move(request)).stack_set_operation->status->text();
  }
  std::vector<std::string> results(const std::string& operation) {
    cf::ListStackSetOperationResultsRequest request;
    request.stack_set_name = "set";
    request.operation_id = operation;
    std::vector<std::string> out;
    for (const auto& one : must<cf::ListStackSetOperationResults>(std::move(request)).summaries) {
      out.push_back(one.account->substr(11) + " " + *one.region + " " + one.status->text());
    }
    return out;
  }
  void wait() { rig_.loop().advance(std::chrono::minutes(1)); }
  std::size_t count() {
    cf::ListStackInstancesRequest request;
    request.stack_set_name = "set";
    return must<cf::ListStackInstances>(std::move(request)).summaries.size();
  }

  testing::Rig rig_;
};

TEST_F(StackSets, ToleratedFailuresLeaveTheRestToGoOn) {
  create(false);
  const auto made = must<cf::CreateStackInstances>(instances({"600000000000", "600000000001", "600000000002"}, 1));
  EXPECT_EQ(status(*made.operation_id), "RUNNING");
  EXPECT_THAT(refused<cf::CreateStackInstances>(instances({"600000000000"}, 0)), HasSubstr("is in progress"));
  wait();
  EXPECT_EQ(status(*made.operation_id), "SUCCEEDED");
  EXPECT_THAT(results(*made.operation_id),
              ElementsAre("0 us-east-1 SUCCEEDED", "1 us-east-1 SUCCEEDED", "2 us-east-1 FAILED",
                          "0 us-west-2 SUCCEEDED", "1 us-west-2 SUCCEEDED", "2 us-west-2 FAILED"));
  cf::DescribeStackInstanceRequest describe;
  describe.stack_set_name = "set";
  describe.stack_instance_account = "600000000002";
  describe.stack_instance_region = "us-east-1";
  const auto failed = *must<cf::DescribeStackInstance>(describe).stack_instance;
  EXPECT_EQ(failed.status->text(), "OUTDATED");
  EXPECT_EQ(failed.status_reason,
            "Account 600000000002 should have 'AWSCloudFormationStackSetExecutionRole' role with trust relationship to "
            "Role 'AWSCloudFormationStackSetAdministrationRole'.");
}

TEST_F(StackSets, OneFailureTooManyCancelsWhatIsLeft) {
  create(false);
  cf::CreateStackInstancesRequest request = instances({"600000000001", "600000000002"}, 0);
  request.operation_preferences->region_order = {"us-west-2"};
  const auto made = must<cf::CreateStackInstances>(request);
  wait();
  EXPECT_EQ(status(*made.operation_id), "FAILED");
  EXPECT_THAT(results(*made.operation_id), ElementsAre("1 us-west-2 SUCCEEDED", "2 us-west-2 FAILED",
                                                       "1 us-east-1 CANCELLED", "2 us-east-1 CANCELLED"));
}

TEST_F(StackSets, UpdatedStoppedAndDeleted) {
  create(false);
  must<cf::CreateStackInstances>(instances({"600000000000"}, 0));
  wait();
  cf::UpdateStackSetRequest update;
  update.stack_set_name = "set";
  update.use_previous_template = true;
  cf::Parameter& parameter = update.parameters.emplace_back();
  parameter.parameter_key = "P";
  parameter.parameter_value = "two";
  const auto updated = must<cf::UpdateStackSet>(update);
  wait();
  EXPECT_EQ(status(*updated.operation_id), "SUCCEEDED");
  const auto again = must<cf::UpdateStackSet>(update);
  cf::StopStackSetOperationRequest stop;
  stop.stack_set_name = "set";
  stop.operation_id = again.operation_id;
  must<cf::StopStackSetOperation>(stop);
  wait();
  EXPECT_EQ(status(*again.operation_id), "STOPPED");
  EXPECT_THAT(refused<cf::StopStackSetOperation>(stop), HasSubstr("cannot be stopped"));
  cf::DeleteStackSetRequest drop;
  drop.stack_set_name = "set";
  EXPECT_THAT(refused<cf::DeleteStackSet>(drop), HasSubstr("StackSet is not empty"));
  cf::DeleteStackInstancesRequest gone;
  gone.stack_set_name = "set";
  gone.accounts = {"600000000000"};
  gone.regions = {"us-east-1", "us-west-2"};
  gone.retain_stacks = false;
  must<cf::DeleteStackInstances>(gone);
  wait();
  EXPECT_EQ(count(), 0U);
  must<cf::DeleteStackSet>(drop);
  cf::DescribeStackSetRequest describe;
  describe.stack_set_name = "set";
  EXPECT_THAT(refused<cf::DescribeStackSet>(describe), HasSubstr("StackSet set not found"));
}

TEST_F(StackSets, TheOrganizationsUnitsAreTargets) {
  create(true);
  std::string unit;
  for (const auto& [id, node] : rig_.cloud().directory().organization()->nodes()) {
    if (node.name == "Work") unit = id;
  }
  cf::CreateStackInstancesRequest request = instances({}, 0);
  EXPECT_THAT(refused<cf::CreateStackInstances>(request), HasSubstr("OrganizationalUnitIds are required"));
  request.deployment_targets.emplace();
  request.deployment_targets->organizational_unit_ids = {unit};
  const auto made = must<cf::CreateStackInstances>(request);
  wait();
  EXPECT_EQ(status(*made.operation_id), "SUCCEEDED") << ::testing::PrintToString(results(*made.operation_id));
  EXPECT_EQ(results(*made.operation_id).size(), 6U);
  cf::DescribeStackSetRequest describe;
  describe.stack_set_name = "set";
  EXPECT_THAT(must<cf::DescribeStackSet>(describe).stack_set->organizational_unit_ids, ElementsAre(unit));
  ASSERT_TRUE(rig_.become_operator());
  cf::CreateStackSetRequest other;
  other.stack_set_name = "other";
  other.template_body = kHandle;
  other.permission_model.emplace("SERVICE_MANAGED");
  EXPECT_THAT(refused<cf::CreateStackSet>(other), HasSubstr("You must be the management account"));
}

}  // namespace
}  // namespace postern::sim
