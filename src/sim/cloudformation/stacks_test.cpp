#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/cloudformation/ops.hpp"
#include "aws/iam/ops.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace {

namespace cf = aws::cloudformation;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Rig;
using testing::rig_config;
using ::testing::StartsWith;

constexpr Duration kLong = std::chrono::minutes(1);

const std::string kRole = R"(
Parameters:
  Name: {Type: String, Default: Made}
  Secret: {Type: String, Default: hush, NoEcho: true}
  Hours: {Type: Number, Default: 1}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref Name
      Description: !Ref Secret
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: look
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'ec2:Describe*', Resource: '*'}]}
  More:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: [!Ref Role]
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'ssm:Describe*', Resource: '*'}]}
Outputs:
  Arn: {Value: !GetAtt Role.Arn, Export: {Name: !Sub '${AWS::StackName}-arn'}}
)";

std::string topic(const std::string& properties) {
  return "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: " + properties + "\n";
}

class Stacks : public ::testing::Test {
 protected:
  Stacks() : rig_(rig_config(0)), hub_(rig_.credentials()) { CHECK(rig_.become_operator().has_value()); }

  /// From now on with no more than the statements of a session policy.
  void only(const std::string& statements) {
    rig_.use(hub_);
    const auto session = rig_.become_operator(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}");
    ASSERT_TRUE(session) << session.error().to_text();
  }

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
  static cf::CreateStackRequest creation(const std::string& name, const std::string& body) {
    cf::CreateStackRequest request;
    request.stack_name = name;
    request.template_body = body;
    request.capabilities.emplace_back("CAPABILITY_NAMED_IAM");
    return request;
  }
  void wait() { rig_.loop().advance(kLong); }
  std::string create(const std::string& name, const std::string& body) {
    must<cf::CreateStack>(creation(name, body));
    wait();
    return status(name);
  }
  std::string update(const std::string& name, const std::string& body) {
    cf::UpdateStackRequest request;
    request.stack_name = name;
    request.template_body = body;
    request.capabilities.emplace_back("CAPABILITY_NAMED_IAM");
    must<cf::UpdateStack>(std::move(request));
    wait();
    return status(name);
  }
  std::string remove(const std::string& name) {
    const std::string id = *stack(name).stack_id;
    cf::DeleteStackRequest request;
    request.stack_name = name;
    must<cf::DeleteStack>(std::move(request));
    wait();
    return status(id);
  }
  cf::Stack stack(const std::string& name) {
    cf::DescribeStacksRequest request;
    request.stack_name = name;
    return must<cf::DescribeStacks>(std::move(request)).stacks.at(0);
  }
  std::string status(const std::string& name) { return stack(name).stack_status->text(); }
  /// "Role CREATE_FAILED why", oldest first.
  std::vector<std::string> events(const std::string& name) {
    cf::DescribeStackEventsRequest request;
    request.stack_name = name;
    std::vector<std::string> out;
    const auto reply = must<cf::DescribeStackEvents>(std::move(request));
    for (auto one = reply.stack_events.rbegin(); one != reply.stack_events.rend(); ++one) {
      out.push_back(*one->logical_resource_id + " " + one->resource_status->text());
      if (one->resource_status_reason) out.back() += " " + *one->resource_status_reason;
    }
    return out;
  }
  Result<aws::iam::GetRoleResponse> role(const std::string& name) {
    aws::iam::GetRoleRequest request;
    request.role_name = name;
    return rig_.call<aws::iam::GetRole>(std::move(request));
  }
  std::string physical(const std::string& name, const std::string& id) {
    cf::DescribeStackResourceRequest request;
    request.stack_name = name;
    request.logical_resource_id = id;
    return must<cf::DescribeStackResource>(std::move(request)).stack_resource_detail->physical_resource_id.value_or("");
  }

  Rig rig_;
  aws::Credentials hub_;
};

TEST_F(Stacks, CreatesInTheOrderOfItsReferences) {
  must<cf::CreateStack>(creation("roles", kRole));
  EXPECT_EQ(status("roles"), "CREATE_IN_PROGRESS");
  EXPECT_FALSE(role("Made"));
  wait();
  const cf::Stack made = stack("roles");
  EXPECT_EQ(made.stack_status->text(), "CREATE_COMPLETE");
  EXPECT_EQ(made.outputs.at(0).output_value, "arn:aws:iam::444455556666:role/Made");
  EXPECT_EQ(made.outputs.at(0).export_name, "roles-arn");
  EXPECT_EQ(made.parameters.at(1).parameter_value, "****");
  const auto found = role("Made");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->role->description, "hush");
  aws::iam::ListRolePoliciesRequest inline_policies;
  inline_policies.role_name = "Made";
  EXPECT_THAT(must<aws::iam::ListRolePolicies>(std::move(inline_policies)).policy_names, ElementsAre("look", "more"));
  EXPECT_THAT(events("roles"),
              ElementsAre("roles CREATE_IN_PROGRESS User Initiated", "Role CREATE_IN_PROGRESS",
                          "Role CREATE_IN_PROGRESS Resource creation Initiated", "Role CREATE_COMPLETE",
                          "More CREATE_IN_PROGRESS", "More CREATE_IN_PROGRESS Resource creation Initiated",
                          "More CREATE_COMPLETE", "roles CREATE_COMPLETE"));
  EXPECT_EQ(remove("roles"), "DELETE_COMPLETE");
  EXPECT_FALSE(role("Made"));
  EXPECT_THAT(refused<cf::DescribeStacks>([] {
                cf::DescribeStacksRequest request;
                request.stack_name = "roles";
                return request;
              }()),
              StartsWith("ValidationError: Stack with id roles does not exist"));
}

TEST_F(Stacks, AsksForCapabilities) {
  cf::CreateStackRequest request = creation("roles", kRole);
  request.capabilities.clear();
  request.capabilities.emplace_back("CAPABILITY_IAM");
  EXPECT_EQ(refused<cf::CreateStack>(request),
            "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]");
  EXPECT_THAT(
      refused<cf::CreateStack>(creation("x", "Resources: {A: {Type: 'AWS::EC2::Colour'}, B: {Type: 'X::Y::Z'}}")),
      HasSubstr("Template format error: Unrecognized resource types: [AWS::EC2::Colour, X::Y::Z]"));
  EXPECT_THAT(refused<cf::CreateStack>(creation("1x", kRole)), HasSubstr("[a-zA-Z][-a-zA-Z0-9]*"));
}

TEST_F(Stacks, WithoutPermissionItRollsBackAndSaysWhy) {
  only(R"({"Effect":"Allow","Action":["cloudformation:*","sns:*"],"Resource":"*"})");
  EXPECT_EQ(create("roles", kRole), "ROLLBACK_COMPLETE");
  EXPECT_THAT(events("roles"), Contains(::testing::AllOf(StartsWith("Role CREATE_FAILED "),
                                                         HasSubstr("is not authorized to perform: "
                                                                   "iam:CreateRole on resource: "
                                                                   "arn:aws:iam::444455556666:role/Made"))));
  EXPECT_EQ(stack("roles").stack_status_reason.value_or(""), "");
  EXPECT_THAT(events("roles"),
              Contains("roles ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Role]. "
                       "Rollback requested by user."));
}

TEST_F(Stacks, CallsAreMarkedAsTheServicesOwn) {
  only(R"({"Effect":"Allow","Action":["cloudformation:*","sns:*"],"Resource":"*"},)"
       R"({"Effect":"Allow","Action":"iam:*","Resource":"*",)"
       R"("Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":"cloudformation.amazonaws.com"}}})");
  EXPECT_FALSE(role("Operator"));
  EXPECT_EQ(create("roles", kRole), "CREATE_COMPLETE");
}

TEST_F(Stacks, UpdatesInPlaceOrByReplacement) {
  ASSERT_EQ(create("roles", kRole), "CREATE_COMPLETE");
  std::string body = kRole;
  body.replace(body.find("3600"), 4, "7200");
  EXPECT_EQ(update("roles", body), "UPDATE_COMPLETE");
  EXPECT_EQ(role("Made")->role->max_session_duration, 7200);
  EXPECT_THAT(events("roles"), Contains("roles UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
  EXPECT_THAT(events("roles"), Not(Contains("More UPDATE_IN_PROGRESS")));
  body.replace(body.find("Default: Made"), 13, "Default: Next");
  EXPECT_EQ(update("roles", body), "UPDATE_COMPLETE");
  EXPECT_FALSE(role("Made"));
  ASSERT_TRUE(role("Next"));
  EXPECT_EQ(physical("roles", "Role"), "Next");
  EXPECT_EQ(stack("roles").outputs.at(0).output_value, "arn:aws:iam::444455556666:role/Next");
  cf::UpdateStackRequest same;
  same.stack_name = "roles";
  same.use_previous_template = true;
  same.capabilities.emplace_back("CAPABILITY_NAMED_IAM");
  EXPECT_EQ(refused<cf::UpdateStack>(same), "ValidationError: No updates are to be performed.");
}

TEST_F(Stacks, AFailedUpdateIsTurnedBack) {
  ASSERT_EQ(create("roles", kRole), "CREATE_COMPLETE");
  ASSERT_EQ(create("other", topic("{TopicName: taken}")), "CREATE_COMPLETE");
  std::string body = kRole;
  body.replace(body.find("3600"), 4, "7200");
  body.replace(body.find("Outputs:"), 0,
               "  Late:\n    Type: AWS::SSM::Document\n    DependsOn: More\n    Properties: {Content: nonsense}\n");
  EXPECT_EQ(update("roles", body), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(role("Made")->role->max_session_duration, 3600);
  const auto all = events("roles");
  EXPECT_THAT(all, Contains(StartsWith("Late CREATE_FAILED ")));
  EXPECT_THAT(all, Contains("roles UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Late]. "));
  EXPECT_THAT(all, Contains("roles UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"));
  cf::GetTemplateRequest request;
  request.stack_name = "roles";
  EXPECT_EQ(must<cf::GetTemplate>(request).template_body, kRole);
}

TEST_F(Stacks, ChangeSetsSayWhatWouldChange) {
  cf::CreateChangeSetRequest request;
  request.stack_name = "roles";
  request.change_set_name = "first";
  request.template_body = kRole;
  request.change_set_type.emplace("CREATE");
  request.capabilities.emplace_back("CAPABILITY_NAMED_IAM");
  const auto made = must<cf::CreateChangeSet>(request);
  EXPECT_EQ(status("roles"), "REVIEW_IN_PROGRESS");
  cf::DescribeChangeSetRequest describe;
  describe.change_set_name = *made.id;
  EXPECT_EQ(must<cf::DescribeChangeSet>(describe).status->text(), "CREATE_PENDING");
  cf::ExecuteChangeSetRequest execute;
  execute.change_set_name = "first";
  execute.stack_name = "roles";
  EXPECT_THAT(refused<cf::ExecuteChangeSet>(execute),
              HasSubstr("cannot be executed in its current status of [CREATE_PENDING]"));
  wait();
  const auto ready = must<cf::DescribeChangeSet>(describe);
  EXPECT_EQ(ready.status->text(), "CREATE_COMPLETE");
  ASSERT_EQ(ready.changes.size(), 2U);
  EXPECT_EQ(ready.changes[0].resource_change->action->text(), "Add");
  must<cf::ExecuteChangeSet>(execute);
  wait();
  EXPECT_EQ(status("roles"), "CREATE_COMPLETE");
  EXPECT_EQ(must<cf::DescribeChangeSet>(describe).execution_status->text(), "EXECUTE_COMPLETE");

  request.change_set_type.emplace("UPDATE");
  request.change_set_name = "same";
  must<cf::CreateChangeSet>(request);
  wait();
  describe.stack_name = "roles";
  describe.change_set_name = "same";
  const auto same = must<cf::DescribeChangeSet>(describe);
  EXPECT_EQ(same.status->text(), "FAILED");
  EXPECT_EQ(same.status_reason,
            "The submitted information didn't contain changes. Submit different information to create "
            "a change set.");
  request.change_set_name = "rename";
  cf::Parameter& name = request.parameters.emplace_back();
  name.parameter_key = "Name";
  name.parameter_value = "Renamed";
  must<cf::CreateChangeSet>(request);
  wait();
  describe.change_set_name = "rename";
  const auto rename = must<cf::DescribeChangeSet>(describe);
  ASSERT_EQ(rename.changes.size(), 2U);
  const cf::ResourceChange& change = *rename.changes[0].resource_change;
  EXPECT_EQ(change.action->text() + change.replacement->text(), "ModifyTrue");
  EXPECT_EQ(change.physical_resource_id, "Made");
  EXPECT_EQ(change.details.at(0).causing_entity, "Name");
  EXPECT_EQ(change.details.at(0).change_source->text(), "ParameterReference");
  EXPECT_EQ(rename.changes[1].resource_change->replacement->text(), "False");
  cf::ListChangeSetsRequest list;
  list.stack_name = "roles";
  EXPECT_EQ(must<cf::ListChangeSets>(list).summaries.size(), 3U);
  cf::DeleteChangeSetRequest drop;
  drop.stack_name = "roles";
  drop.change_set_name = "rename";
  must<cf::DeleteChangeSet>(drop);
  EXPECT_THAT(refused<cf::DescribeChangeSet>(describe),
              StartsWith("ChangeSetNotFound: ChangeSet [rename] does not exist"));
}

TEST_F(Stacks, ExportsAreUniqueAndHoldTheirStack) {
  ASSERT_EQ(create("base", topic("{TopicName: base}") + "Outputs: {Arn: {Value: !Ref T, Export: {Name: shared}}}\n"),
            "CREATE_COMPLETE");
  ASSERT_EQ(create("user", topic("{DisplayName: !ImportValue shared}")), "CREATE_COMPLETE");
  EXPECT_EQ(create("twice", topic("{TopicName: twice}") + "Outputs: {Arn: {Value: !Ref T, Export: {Name: shared}}}\n"),
            "ROLLBACK_COMPLETE");
  EXPECT_THAT(events("twice"), Contains(HasSubstr("Export with name shared is already exported by stack base.")));
  EXPECT_EQ(create("none", topic("{DisplayName: !ImportValue nothing}")), "ROLLBACK_COMPLETE");
  EXPECT_THAT(events("none"), Contains(HasSubstr("No export named nothing found")));
  EXPECT_EQ(must<cf::ListExports>(cf::ListExportsRequest()).exports.size(), 1U);
  EXPECT_EQ(remove("base"), "DELETE_FAILED");
  EXPECT_EQ(stack("base").stack_status_reason, "Delete canceled. Cannot delete export shared as it is in use by user.");
  EXPECT_EQ(remove("user"), "DELETE_COMPLETE");
  EXPECT_EQ(remove("base"), "DELETE_COMPLETE");
}

TEST_F(Stacks, ARoleWithForeignPoliciesStays) {
  ASSERT_EQ(create("roles", kRole), "CREATE_COMPLETE");
  aws::iam::AttachRolePolicyRequest attach;
  attach.role_name = "Made";
  attach.policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
  must<aws::iam::AttachRolePolicy>(attach);
  EXPECT_EQ(remove("roles"), "DELETE_FAILED");
  EXPECT_EQ(stack("roles").stack_status_reason, "The following resource(s) failed to delete: [Role]. ");
  cf::DeleteStackRequest retain;
  retain.stack_name = "roles";
  retain.retain_resources.emplace_back("Role");
  must<cf::DeleteStack>(retain);
  wait();
  EXPECT_THAT(refused<cf::DescribeStackResource>([] {
                cf::DescribeStackResourceRequest request;
                request.stack_name = "roles";
                request.logical_resource_id = "Role";
                return request;
              }()),
              HasSubstr("does not exist"));
  EXPECT_TRUE(role("Made"));
}

TEST_F(Stacks, ProtectedOrRetained) {
  cf::CreateStackRequest request = creation("kept",
                                            "Resources: {T: {Type: 'AWS::SSM::Parameter', DeletionPolicy: Retain, "
                                            "Properties: {Name: /kept, Type: String, Value: x}}}");
  request.enable_termination_protection = true;
  must<cf::CreateStack>(request);
  wait();
  cf::DeleteStackRequest drop;
  drop.stack_name = "kept";
  EXPECT_THAT(refused<cf::DeleteStack>(drop), HasSubstr("cannot be deleted while TerminationProtection is enabled"));
  cf::UpdateTerminationProtectionRequest open;
  open.stack_name = "kept";
  open.enable_termination_protection = false;
  must<cf::UpdateTerminationProtection>(open);
  const std::string id = *stack("kept").stack_id;
  EXPECT_EQ(remove("kept"), "DELETE_COMPLETE");
  EXPECT_THAT(events(id), Contains("T DELETE_SKIPPED"));
  aws::ssm::GetParameterRequest get;
  get.name = "/kept";
  EXPECT_EQ(must<aws::ssm::GetParameter>(get).parameter->value->reveal(), "x");
}

TEST_F(Stacks, OnFailureDecidesWhatIsLeft) {
  const std::string bad = topic("{TopicName: a}") +
                          "  D:\n    Type: AWS::SSM::Document\n    DependsOn: T\n"
                          "    Properties: {Content: nonsense}\n";
  cf::CreateStackRequest nothing = creation("left", bad);
  nothing.on_failure.emplace("DO_NOTHING");
  must<cf::CreateStack>(nothing);
  wait();
  EXPECT_EQ(status("left"), "CREATE_FAILED");
  EXPECT_EQ(physical("left", "T"), "arn:aws:sns:us-east-1:444455556666:a");
  cf::CreateStackRequest all = creation(
      "gone", bad.substr(0, bad.find("TopicName: a")) + "TopicName: b" + bad.substr(bad.find("TopicName: a") + 12));
  all.on_failure.emplace("DELETE");
  const std::string id = *must<cf::CreateStack>(all).stack_id;
  wait();
  EXPECT_EQ(status(id), "DELETE_COMPLETE");
}

TEST_F(Stacks, OneOperationAtATimeAndTokens) {
  cf::CreateStackRequest request = creation("one", topic("{TopicName: one}"));
  request.client_request_token = "token";
  const std::string id = *must<cf::CreateStack>(request).stack_id;
  EXPECT_EQ(must<cf::CreateStack>(request).stack_id, id);
  request.client_request_token = "another";
  EXPECT_EQ(refused<cf::CreateStack>(request), "AlreadyExistsException: Stack [one] already exists");
  cf::UpdateStackRequest update;
  update.stack_name = "one";
  update.template_body = topic("{TopicName: two}");
  EXPECT_THAT(refused<cf::UpdateStack>(update), HasSubstr("is in CREATE_IN_PROGRESS state and can not be updated."));
  wait();
  update.client_request_token = "token";
  EXPECT_THAT(refused<cf::UpdateStack>(update), StartsWith("TokenAlreadyExistsException"));
  cf::CancelUpdateStackRequest cancel;
  cancel.stack_name = "one";
  EXPECT_THAT(refused<cf::CancelUpdateStack>(cancel), HasSubstr("cannot be called from current stack status"));
  update.client_request_token = "second";
  must<cf::UpdateStack>(update);
  must<cf::CancelUpdateStack>(cancel);
  wait();
  EXPECT_EQ(status("one"), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(physical("one", "T"), "arn:aws:sns:us-east-1:444455556666:one");
}

TEST_F(Stacks, ListsComeInPages) {
  std::string body = "Resources:\n";
  for (int i = 0; i < 105; ++i)
    body += "  W" + std::to_string(i) + ": {Type: 'AWS::CloudFormation::WaitConditionHandle'}\n";
  ASSERT_EQ(create("many", body), "CREATE_COMPLETE");
  cf::ListStackResourcesRequest list;
  list.stack_name = "many";
  auto first = must<cf::ListStackResources>(list);
  EXPECT_EQ(first.stack_resource_summaries.size(), 100U);
  list.next_token = first.next_token;
  EXPECT_EQ(must<cf::ListStackResources>(list).stack_resource_summaries.size(), 5U);
  cf::DescribeStackEventsRequest events;
  events.stack_name = "many";
  const auto page = must<cf::DescribeStackEvents>(events);
  EXPECT_EQ(page.stack_events.size(), 100U);
  EXPECT_EQ(page.stack_events.front().resource_status->text(), "CREATE_COMPLETE");
  EXPECT_TRUE(page.next_token);
  events.next_token = "nonsense";
  EXPECT_THAT(refused<cf::DescribeStackEvents>(events), StartsWith("ValidationError"));
}

TEST_F(Stacks, EachOperationAsksForItsOwnPermission) {
  ASSERT_EQ(create("one", topic("{TopicName: one}")), "CREATE_COMPLETE");
  only(R"({"Effect":"Allow","Action":"cloudformation:Describe*",)"
       R"("Resource":"arn:aws:cloudformation:*:*:stack/one/*"})");
  EXPECT_EQ(status("one"), "CREATE_COMPLETE");
  EXPECT_THAT(refused<cf::ListStacks>(cf::ListStacksRequest()), StartsWith("AccessDenied"));
  cf::DescribeStacksRequest other;
  other.stack_name = "two";
  EXPECT_THAT(refused<cf::DescribeStacks>(other),
              HasSubstr("cloudformation:DescribeStacks on resource: "
                        "arn:aws:cloudformation:us-east-1:444455556666:stack/two/*"));
}

TEST_F(Stacks, AStackHasARoleOfItsOwn) {
  std::string body = kRole;
  body.replace(body.find("ec2.amazonaws.com"), 17, "cloudformation.amazonaws.com");
  ASSERT_EQ(create("deployer", body), "CREATE_COMPLETE");
  cf::CreateStackRequest request = creation("by-role", topic("{TopicName: mine}"));
  request.role_arn = "arn:aws:iam::444455556666:role/Made";
  must<cf::CreateStack>(request);
  wait();
  EXPECT_EQ(status("by-role"), "ROLLBACK_COMPLETE");
  EXPECT_THAT(events("by-role"), Contains(HasSubstr("assumed-role/Made/AWSCloudFormation is not authorized to perform: "
                                                    "SNS:CreateTopic")));
  request = creation("no-role", topic("{TopicName: mine}"));
  request.role_arn = "arn:aws:iam::444455556666:role/Operator";
  EXPECT_THAT(refused<cf::CreateStack>(request), HasSubstr("is invalid or cannot be assumed"));
}

TEST_F(Stacks, EveryTypeIsMadeChangedAndRemoved) {
  const std::string body = R"(
Parameters: {Text: {Type: String, Default: one}, Days: {Type: Number, Default: 7}}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !Ref Text, Subscription: [{Protocol: email, Endpoint: a@b.c}]}
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com},
                       Action: 'sns:Publish', Resource: !Ref Topic}]}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmDescription: !Ref Text, MetricName: M, Namespace: N, Statistic: Sum, Period: 60,
                 Threshold: !Ref Days, EvaluationPeriods: 1, ComparisonOperator: GreaterThanThreshold,
                 AlarmActions: [!Ref Topic]}
  Rule:
    Type: AWS::Events::Rule
    Properties: {Description: !Ref Text, EventPattern: {source: [aws.ssm]}, Targets: [{Id: t, Arn: !Ref Topic}]}
  Logs: {Type: 'AWS::Logs::LogGroup', Properties: {RetentionInDays: !Ref Days}}
  Parameter: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: !Ref Text}}
  Document:
    Type: AWS::SSM::Document
    Properties:
      DocumentType: Command
      UpdateMethod: NewVersion
      Content: {schemaVersion: '2.2', description: !Ref Text, mainSteps: [{action: 'aws:runShellScript', name: step,
                inputs: {runCommand: [echo]}}]}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Sid: !Ref Text, Effect: Allow, Action: 's3:*',
                 Resource: '*'}]}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref Managed]
      Tags: [{Key: text, Value: !Ref Text}]
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sts:AssumeRole',
                                 Principal: {Service: ec2.amazonaws.com}}]}
  Inline:
    Type: AWS::IAM::RolePolicy
    Properties: {RoleName: !Ref Role, PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [
                 {Sid: !Ref Text, Effect: Allow, Action: 's3:*', Resource: '*'}]}}
  Profile: {Type: 'AWS::IAM::InstanceProfile', Properties: {Roles: [!Ref Role]}}
  Handle: {Type: 'AWS::CloudFormation::WaitConditionHandle'}
  Set:
    Type: AWS::SSO::PermissionSet
    Properties: {Name: s, InstanceArn: 'arn:aws:sso:::instance/ssoins-1', Description: !Ref Text}
Outputs: {All: {Value: !Join [',', [!GetAtt Topic.TopicName, !GetAtt Alarm.Arn, !GetAtt Rule.Arn, !GetAtt Logs.Arn,
          !GetAtt Parameter.Value, !GetAtt Profile.Arn, !GetAtt Role.RoleId, !GetAtt Set.PermissionSetArn]]}}
)";
  ASSERT_EQ(create("all", body), "CREATE_COMPLETE") << ::testing::PrintToString(events("all"));
  cf::UpdateStackRequest request;
  request.stack_name = "all";
  request.use_previous_template = true;
  request.capabilities.emplace_back("CAPABILITY_IAM");
  cf::Parameter& text = request.parameters.emplace_back();
  text.parameter_key = "Text";
  text.parameter_value = "two";
  cf::Parameter& days = request.parameters.emplace_back();
  days.parameter_key = "Days";
  days.use_previous_value = true;
  must<cf::UpdateStack>(request);
  wait();
  EXPECT_EQ(status("all"), "UPDATE_COMPLETE") << ::testing::PrintToString(events("all"));
  EXPECT_EQ(remove("all"), "DELETE_COMPLETE");
}

TEST_F(Stacks, NetworksGetEndpointsAndGroups) {
  aws::ec2::CreateVpcRequest vpc;
  vpc.cidr_block = "10.9.0.0/16";
  const std::string id = *must<aws::ec2::CreateVpc>(vpc).vpc->vpc_id;
  const std::string body =
      "Parameters: {Port: {Type: Number, Default: 443}}\nResources:\n  Group:\n    Type: AWS::EC2::SecurityGroup\n"
      "    Properties: {GroupDescription: g, VpcId: " +
      id +
      ", SecurityGroupIngress: [{IpProtocol: tcp, "
      "FromPort: !Ref Port, ToPort: !Ref Port, CidrIp: 10.9.0.0/16}]}\n"
      "  Endpoint: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: " +
      id + ", ServiceName: com.amazonaws.us-east-1.s3}}\n";
  ASSERT_EQ(create("net", body), "CREATE_COMPLETE") << ::testing::PrintToString(events("net"));
  std::string other = body;
  other.replace(other.find("443"), 3, "444");
  EXPECT_EQ(update("net", other), "UPDATE_COMPLETE") << ::testing::PrintToString(events("net"));
  aws::ec2::DescribeSecurityGroupsRequest groups;
  groups.group_ids.push_back(physical("net", "Group"));
  const auto found = must<aws::ec2::DescribeSecurityGroups>(groups).security_groups.at(0);
  EXPECT_EQ(found.ip_permissions.at(0).from_port, 444);
  EXPECT_EQ(found.ip_permissions_egress.size(), 1U);
  EXPECT_EQ(remove("net"), "DELETE_COMPLETE");
}

}  // namespace
}  // namespace postern::sim
