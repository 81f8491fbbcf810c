// The life of instances through the dispatcher, and what they cost in memory.

#include <gtest/gtest.h>
#include <malloc.h>

#include <set>

#include "sim/ec2/images.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace instances_test {

using namespace aws::ec2;
using namespace std::chrono_literals;
using testing::Rig;
using testing::rig_config;

class Ec2Instances : public ::testing::Test {
 protected:
  Ec2Instances() : rig_(config()) { EXPECT_TRUE(rig_.become_operator()); }

  static sim::CloudConfig config() {
    sim::CloudConfig made = rig_config(3);
    made.accounts[1].instance_profiles.emplace_back().name = "Other";
    return made;
  }

  template <class Op>
  typename Op::Response ok(typename Op::Request request) {
    auto response = rig_.call<Op>(std::move(request));
    EXPECT_TRUE(response) << Op::spec().name << ": " << (response ? "" : response.error().to_text());
    return response ? std::move(*response) : typename Op::Response();
  }
  template <class Op>
  std::string refused(typename Op::Request request) {
    const auto response = rig_.call<Op>(std::move(request));
    if (response) return "accepted";
    return response.error().aws() == nullptr ? response.error().to_text() : response.error().aws()->code;
  }

  RunInstancesRequest two() {
    RunInstancesRequest request;
    request.image_id = ec2::image_id(rig_.cloud().config().seed, "us-east-1", "Amazon Linux");
    request.instance_type.emplace("m6i.large");
    request.min_count = 2;
    request.max_count = 2;
    request.subnet_id = *ok<DescribeSubnets>({}).subnets[0].subnet_id;
    request.iam_instance_profile.emplace().name = "PosternNode";
    TagSpecification& tags = request.tag_specifications.emplace_back();
    tags.resource_type.emplace("instance");
    tags.tags.emplace_back().key = "Name";
    tags.tags.back().value = "fresh";
    return request;
  }
  static std::vector<std::string> ids_of(const Reservation& reservation) {
    std::vector<std::string> ids;
    for (const aws::ec2::Instance& one : reservation.instances) ids.push_back(*one.instance_id);
    return ids;
  }
  std::string state_of(const std::string& id) {
    DescribeInstancesRequest request;
    request.instance_ids.push_back(id);
    return ok<DescribeInstances>(request).reservations[0].instances[0].state->name->text();
  }

  Rig rig_;
};

TEST_F(Ec2Instances, LiveThroughTheirStates) {
  const Reservation made = ok<RunInstances>(two());
  ASSERT_EQ(made.instances.size(), 2U);
  const std::string id = *made.instances[0].instance_id;
  EXPECT_EQ(state_of(id), "pending");
  StopInstancesRequest stop;
  stop.instance_ids = ids_of(made);
  EXPECT_EQ(refused<StopInstances>(stop), "IncorrectInstanceState");
  rig_.loop().advance(6s);
  EXPECT_EQ(state_of(id), "running");
  EXPECT_EQ(ok<StopInstances>(stop).stopping_instances[0].current_state->name->text(), "stopping");
  rig_.loop().advance(11s);
  EXPECT_EQ(state_of(id), "stopped");
  StartInstancesRequest start;
  start.instance_ids = stop.instance_ids;
  ok<StartInstances>(start);
  EXPECT_EQ(state_of(id), "pending");
  rig_.loop().advance(6s);
  TerminateInstancesRequest terminate;
  terminate.instance_ids = stop.instance_ids;
  EXPECT_EQ(ok<TerminateInstances>(terminate).terminating_instances[1].previous_state->name->text(), "running");
  rig_.loop().advance(11s);
  EXPECT_EQ(state_of(id), "terminated");
  EXPECT_EQ(refused<StartInstances>(start), "IncorrectInstanceState");
  rig_.loop().advance(61min);
  aws::Credentials hub;
  hub.access_key_id = "AKIARIGOPERATOR00001";
  hub.secret_access_key = Secret<>(std::string("secret"));
  rig_.use(std::move(hub));
  ASSERT_TRUE(rig_.become_operator()) << "the session has ended";
  EXPECT_EQ(refused<StartInstances>(start), "InvalidInstanceID.NotFound");
}

TEST_F(Ec2Instances, OneReservationForEachCall) {
  const Reservation made = ok<RunInstances>(two());
  DescribeInstancesRequest request;
  Filter& name = request.filters.emplace_back();
  name.name = "tag:Name";
  name.values = {"fre?h"};
  const auto found = ok<DescribeInstances>(request);
  ASSERT_EQ(found.reservations.size(), 1U);
  EXPECT_EQ(found.reservations[0].instances.size(), 2U);
  EXPECT_EQ(found.reservations[0].reservation_id, made.reservation_id);
  EXPECT_NE(made.instances[0].private_ip_address, made.instances[1].private_ip_address);
  EXPECT_EQ(ok<DescribeInstances>({}).reservations.size(), 4U);
}

TEST_F(Ec2Instances, ClientTokenLaunchesOnce) {
  RunInstancesRequest request = two();
  request.client_token = "once";
  const Reservation first = ok<RunInstances>(request);
  EXPECT_EQ(ids_of(ok<RunInstances>(request)), ids_of(first));
  request.min_count = 1;
  EXPECT_EQ(refused<RunInstances>(request), "IdempotentParameterMismatch");
}

TEST_F(Ec2Instances, RefusesWhatAwsRefuses) {
  const struct {
    const char* code;
    std::function<void(RunInstancesRequest&)> change;
  } cases[] = {
      {"InvalidAMIID.NotFound", [](RunInstancesRequest& r) { r.image_id = "ami-00000000000000000"; }},
      {"MissingParameter", [](RunInstancesRequest& r) { r.image_id.reset(); }},
      {"InvalidParameterValue", [](RunInstancesRequest& r) { r.min_count = 0; }},
      {"InvalidParameterCombination", [](RunInstancesRequest& r) { r.max_count = 1; }},
      {"InvalidSubnetID.NotFound", [](RunInstancesRequest& r) { r.subnet_id = "subnet-00000000"; }},
      {"InvalidGroup.NotFound", [](RunInstancesRequest& r) { r.security_group_ids = {"sg-00000000"}; }},
      {"InvalidKeyPair.NotFound", [](RunInstancesRequest& r) { r.key_name = "nobody"; }},
      {"InvalidLaunchTemplateName.NotFoundException",
       [](RunInstancesRequest& r) { r.launch_template.emplace().launch_template_name = "nothing"; }},
      {"DryRunOperation", [](RunInstancesRequest& r) { r.dry_run = true; }},
      {"UnsupportedOperation", [](RunInstancesRequest& r) { r.cpu_options.emplace().core_count = 2; }},
      {"InstanceLimitExceeded", [](RunInstancesRequest& r) { r.max_count = 5'000; }},
      {"InvalidParameterValue", [](RunInstancesRequest& r) { r.tag_specifications[0].resource_type.emplace("vpc"); }},
  };
  for (const auto& one : cases) {
    RunInstancesRequest request = two();
    one.change(request);
    EXPECT_EQ(refused<RunInstances>(request), one.code);
  }
  EXPECT_EQ(ok<DescribeInstances>({}).reservations.size(), 3U);
}

TEST_F(Ec2Instances, AreLaunchedFromATemplateVersion) {
  CreateLaunchTemplateRequest create;
  create.launch_template_name = "nodes";
  RequestLaunchTemplateData& data = create.launch_template_data.emplace();
  data.image_id = *two().image_id;
  data.instance_type.emplace("t3.micro");
  data.metadata_options.emplace().http_tokens.emplace("optional");
  ok<CreateLaunchTemplate>(create);
  EXPECT_EQ(refused<CreateLaunchTemplate>(create), "InvalidLaunchTemplateName.AlreadyExistsException");
  CreateLaunchTemplateVersionRequest next;
  next.launch_template_name = "nodes";
  next.source_version = "1";
  next.launch_template_data.emplace().instance_type.emplace("t3.small");
  EXPECT_EQ(*ok<CreateLaunchTemplateVersion>(next).launch_template_version->version_number, 2);
  RunInstancesRequest run = two();
  run.image_id.reset();
  run.instance_type.reset();
  LaunchTemplateSpecification& from = run.launch_template.emplace();
  from.launch_template_name = "nodes";
  EXPECT_EQ(ok<RunInstances>(run).instances[0].instance_type->text(), "t3.micro");
  from.version = "$Latest";
  const Reservation latest = ok<RunInstances>(run);
  EXPECT_EQ(latest.instances[0].instance_type->text(), "t3.small");
  EXPECT_EQ(latest.instances[0].metadata_options->http_tokens->text(), "optional");
  from.version = "3";
  EXPECT_EQ(refused<RunInstances>(run), "InvalidLaunchTemplateId.VersionNotFound");
  DescribeLaunchTemplateVersionsRequest describe;
  describe.launch_template_name = "nodes";
  EXPECT_EQ(ok<DescribeLaunchTemplateVersions>(describe).launch_template_versions.size(), 2U);
  DeleteLaunchTemplateRequest gone;
  gone.launch_template_name = "nodes";
  ok<DeleteLaunchTemplate>(gone);
  EXPECT_TRUE(ok<DescribeLaunchTemplates>({}).launch_templates.empty());
}

TEST_F(Ec2Instances, ProfilesAndAttributesChange) {
  const std::string id = rig_.ids(1)[0];
  const auto before = ok<DescribeIamInstanceProfileAssociations>({}).iam_instance_profile_associations;
  ASSERT_EQ(before.size(), 3U);
  AssociateIamInstanceProfileRequest associate;
  associate.instance_id = id;
  associate.iam_instance_profile.emplace().name = "Other";
  EXPECT_EQ(refused<AssociateIamInstanceProfile>(associate), "IncorrectState");
  for (const IamInstanceProfileAssociation& one : before) {
    if (one.instance_id != id) continue;
    DisassociateIamInstanceProfileRequest part;
    part.association_id = *one.association_id;
    ok<DisassociateIamInstanceProfile>(part);
  }
  ok<AssociateIamInstanceProfile>(associate);
  ModifyInstanceAttributeRequest modify;
  modify.instance_id = id;
  modify.disable_api_termination.emplace().value = true;
  ok<ModifyInstanceAttribute>(modify);
  TerminateInstancesRequest terminate;
  terminate.instance_ids.push_back(id);
  EXPECT_EQ(refused<TerminateInstances>(terminate), "OperationNotPermitted");
  modify.instance_type.emplace().value = "m6i.xlarge";
  EXPECT_EQ(refused<ModifyInstanceAttribute>(modify), "IncorrectInstanceState");
  ModifyInstanceMetadataOptionsRequest metadata;
  metadata.instance_id = id;
  metadata.http_tokens.emplace("optional");
  EXPECT_EQ(ok<ModifyInstanceMetadataOptions>(metadata).instance_metadata_options->http_tokens->text(), "optional");
  DescribeInstanceAttributeRequest attribute;
  attribute.instance_id = id;
  attribute.attribute.emplace("disableApiTermination");
  EXPECT_EQ(ok<DescribeInstanceAttribute>(attribute).disable_api_termination->value, true);
}

TEST_F(Ec2Instances, AreDescribedInPagesOrById) {
  DescribeInstancesRequest request;
  request.max_results = 4;
  EXPECT_EQ(refused<DescribeInstances>(request), "InvalidParameterValue");
  request.max_results = 5;
  request.instance_ids = rig_.ids(1);
  EXPECT_EQ(refused<DescribeInstances>(request), "InvalidParameterCombination");
  request.max_results.reset();
  request.instance_ids = {"i-00000000000000000"};
  EXPECT_EQ(refused<DescribeInstances>(request), "InvalidInstanceID.NotFound");
  request.instance_ids = {"nonsense"};
  EXPECT_EQ(refused<DescribeInstances>(request), "InvalidInstanceID.Malformed");
  EXPECT_EQ(ok<DescribeVolumes>({}).volumes.size(), 3U);
  EXPECT_EQ(ok<DescribeInstanceStatus>({}).instance_statuses.size(), 3U);
  EXPECT_GE(ok<DescribeImages>({}).images.size(), 3U);
}

TEST(Ec2Memory, OfAnInstanceIsSmall) {
  constexpr std::size_t kAccounts = 20;
  constexpr std::size_t kEach = 500;
  const auto before = static_cast<std::size_t>(mallinfo2().uordblks);
  std::unique_ptr<Cloud> cloud;
  {
    CloudConfig config = rig_config(0);
    config.accounts.resize(1);
    for (std::size_t i = 0; i < kAccounts; ++i) {
      AccountConfig account;
      account.id = std::to_string(200'000'000'000 + i);
      for (std::size_t k = 0; k < kEach; ++k) {
        InstanceConfig& node = account.instances.emplace_back();
        node.region = "us-east-1";
        node.name = "node-" + std::to_string(k);
        node.agent = live_agent();
        node.tags = {{"env", "prod"}, {"team", "core"}, {"dr:enabled", "true"}};
      }
      config.accounts.push_back(std::move(account));
    }
    cloud = std::move(*Cloud::create(std::move(config), WallTime(std::chrono::hours(400'000))));
  }
  const auto after = static_cast<std::size_t>(mallinfo2().uordblks);
  const std::size_t each = after > before ? (after - before) / (kAccounts * kEach) : 0;
  RecordProperty("bytes_per_instance", static_cast<int>(each));
  EXPECT_LE(sizeof(Instance), 208U);
  EXPECT_LE(each, 448U) << "the index, the site and the accounts' share included";
}

}  // namespace instances_test
}  // namespace postern::sim
