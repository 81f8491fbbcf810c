#include <gtest/gtest.h>

#include <set>

#include "aws/drs/server.hpp"
#include "aws/ec2/server.hpp"
#include "aws/iam/server.hpp"
#include "aws/organizations/server.hpp"
#include "aws/s3/server.hpp"
#include "aws/ssm/server.hpp"
#include "aws/sts/server.hpp"
#include "aws/tiny/server.hpp"

namespace postern::aws::models_test {
namespace descriptors {

struct Service {
  Service(const ServiceSpec& s, std::span<const OperationSpec* const> o) : spec(&s), operations(o) {}
  const ServiceSpec* spec;
  std::span<const OperationSpec* const> operations;
};

std::vector<Service> services() {
  return {Service(drs::service(), drs::operations()), Service(ec2::service(), ec2::operations()),
          Service(iam::service(), iam::operations()), Service(organizations::service(), organizations::operations()),
          Service(s3::service(), s3::operations()),   Service(ssm::service(), ssm::operations()),
          Service(sts::service(), sts::operations()), Service(tiny::service(), tiny::operations())};
}

/// Walks every shape once; fails the test where a descriptor contradicts itself.
class Walker {
 public:
  void walk(const Shape& shape) {
    if (!seen_.insert(&shape).second) return;
    SCOPED_TRACE(std::string(shape.name));
    EXPECT_FALSE(shape.name.empty());
    EXPECT_EQ(shape.ops != nullptr && shape.ops->list != nullptr, shape.kind == Kind::list);
    EXPECT_EQ(shape.ops != nullptr && shape.ops->map != nullptr, shape.kind == Kind::map);
    EXPECT_EQ(shape.ops != nullptr && shape.ops->text != nullptr, shape.kind == Kind::string);
    EXPECT_TRUE(shape.members.empty() || shape.kind == Kind::structure);
    EXPECT_TRUE(shape.enum_values.empty() || shape.kind == Kind::string);
    if (shape.min != kNoLimit && shape.max != kNoLimit) {
      EXPECT_LE(shape.min, shape.max);
    }
    if (shape.kind == Kind::list || shape.kind == Kind::map) {
      ASSERT_NE(shape.element, nullptr);
      EXPECT_FALSE(shape.element_name.empty());
      EXPECT_FALSE(shape.key_name.empty());
      walk(*shape.element);
    }
    if (shape.sensitive && shape.kind == Kind::string) {
      EXPECT_EQ(shape.ops, &kSecretOps);
    }
    std::size_t end_of_last = 0;
    std::set<std::string_view> wire_names;
    for (const Member& member : shape.members) {
      SCOPED_TRACE(std::string(member.name));
      EXPECT_FALSE(member.name.empty());
      EXPECT_FALSE(member.wire_name.empty());
      EXPECT_FALSE(member.query_name.empty());
      EXPECT_TRUE(wire_names.insert(member.wire_name).second) << "two members of one name on the wire";
      ASSERT_NE(member.ops, nullptr);
      ASSERT_NE(member.shape, nullptr);
      EXPECT_GE(member.offset, end_of_last);
      end_of_last = member.offset + 1;
      if (member.idempotency_token) {
        EXPECT_EQ(member.shape->kind, Kind::string);
      }
      walk(*member.shape);
    }
  }
  std::size_t count() const { return seen_.size(); }

 private:
  std::set<const Shape*> seen_;
};

const Member* find_member(const Shape& shape, std::string_view name) {
  for (const Member& member : shape.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

TEST(Descriptors, AreSoundForEveryShapeOfEveryService) {
  for (const Service& service : services()) {
    SCOPED_TRACE(std::string(service.spec->id));
    Walker walker;
    for (const OperationSpec* operation : service.operations) {
      EXPECT_EQ(operation->service, service.spec);
      ASSERT_NE(operation->input, nullptr);
      ASSERT_NE(operation->output, nullptr);
      EXPECT_EQ(operation->input->kind, Kind::structure);
      EXPECT_EQ(operation->output->kind, Kind::structure);
      walker.walk(*operation->input);
      walker.walk(*operation->output);
      for (const Shape* error : operation->errors) {
        EXPECT_FALSE(error->error_code.empty());
        EXPECT_GE(error->error_status, 400);
        walker.walk(*error);
      }
    }
    EXPECT_GT(walker.count(), service.operations.size());
  }
}

TEST(Descriptors, OperationsAreSortedAndComplete) {
  for (const Service& service : services()) {
    SCOPED_TRACE(std::string(service.spec->id));
    std::string_view last;
    EXPECT_FALSE(service.operations.empty());
    for (const OperationSpec* operation : service.operations) {
      EXPECT_LT(last, operation->name);
      last = operation->name;
      EXPECT_FALSE(operation->http_method.empty());
      const bool rest = service.spec->protocol == Protocol::rest_json || service.spec->protocol == Protocol::rest_xml;
      if (!rest) {
        EXPECT_EQ(operation->request_uri, "/");
      }
      // AWS's query services wrap every result; an operation without output has nothing to wrap.
      if (service.spec->protocol == Protocol::query && !operation->output->members.empty()) {
        EXPECT_EQ(operation->result_wrapper, std::string(operation->name) + "Result");
      }
    }
    EXPECT_FALSE(service.spec->signing_name.empty());
    EXPECT_EQ(service.spec->protocol == Protocol::json, !service.spec->target_prefix.empty());
  }
}

TEST(Descriptors, PaginationNamesMembersThatExist) {
  int paged = 0;
  for (const Service& service : services()) {
    for (const OperationSpec* operation : service.operations) {
      if (operation->pagination == nullptr) continue;
      SCOPED_TRACE(std::string(operation->name));
      ++paged;
      const Pagination& page = *operation->pagination;
      EXPECT_NE(find_member(*operation->input, page.input_token), nullptr);
      EXPECT_NE(find_member(*operation->output, page.output_token), nullptr);
      const Member* result = find_member(*operation->output, page.result_key);
      ASSERT_NE(result, nullptr);
      EXPECT_EQ(result->shape->kind, Kind::list);
      if (!page.limit_key.empty()) {
        EXPECT_NE(find_member(*operation->input, page.limit_key), nullptr);
      }
    }
  }
  EXPECT_GT(paged, 8);
}

TEST(Descriptors, EffectsOfWhatChangesThings) {
  EXPECT_EQ(ssm::SendCommand::spec().effect, Effect::write);
  EXPECT_EQ(ssm::StartSession::spec().effect, Effect::write);
  EXPECT_EQ(ssm::PutParameter::spec().effect, Effect::write);
  EXPECT_EQ(ssm::CancelCommand::spec().effect, Effect::idempotent_write);
  EXPECT_EQ(ssm::TerminateSession::spec().effect, Effect::idempotent_write);
  EXPECT_EQ(sts::AssumeRole::spec().effect, Effect::read);
  EXPECT_EQ(ec2::DescribeInstances::spec().effect, Effect::read);
  EXPECT_TRUE(sts::AssumeRoleWithWebIdentity::spec().unsigned_request);
  EXPECT_FALSE(sts::AssumeRole::spec().unsigned_request);
}

TEST(Descriptors, CarryTheModelsConstraints) {
  const Shape& request = *ssm::SendCommand::spec().input;
  EXPECT_EQ(find_member(request, "InstanceIds")->shape->max, 50);
  EXPECT_TRUE(find_member(request, "DocumentName")->required);
  EXPECT_EQ(find_member(request, "Comment")->shape->max, 100);
  EXPECT_TRUE(find_member(request, "Parameters")->shape->sensitive);
  EXPECT_EQ(find_member(*ec2::DescribeInstances::spec().input, "Filters")->query_name, "Filter");
  EXPECT_EQ(find_member(*ec2::DescribeInstances::spec().input, "InstanceIds")->query_name, "InstanceId");
  const Member* reservations = find_member(*ec2::DescribeInstances::spec().output, "Reservations");
  EXPECT_EQ(reservations->wire_name, "reservationSet");
  EXPECT_EQ(reservations->shape->element_name, "item");
}

TEST(Descriptors, ErrorsKnowTheirCodeAndStatus) {
  const Shape& rejected = sts::IDPRejectedClaimException::shape();
  EXPECT_EQ(rejected.error_code, "IDPRejectedClaim");
  EXPECT_EQ(rejected.error_status, 403);
  EXPECT_EQ(ssm::InvalidInstanceId::shape().error_code, "InvalidInstanceId");
  EXPECT_EQ(ssm::InvalidInstanceId::shape().error_status, 400);
  EXPECT_FALSE(tiny::Broken::shape().sender_fault);
}

TEST(Descriptors, RestOperationsSayWhatTheirModelsSay) {
  EXPECT_TRUE(s3::service().s3_rules);
  EXPECT_FALSE(drs::service().s3_rules);
  EXPECT_EQ(s3::service().xml_namespace, "http://s3.amazonaws.com/doc/2006-03-01/");
  const OperationSpec& list = s3::ListObjectsV2::spec();
  EXPECT_EQ(list.http_method, "GET");
  EXPECT_EQ(list.request_uri, "/{Bucket}?list-type=2");
  EXPECT_EQ(list.reply_root, "ListBucketResult");
  EXPECT_EQ(find_member(*list.input, "MaxKeys")->location, Location::query);
  EXPECT_TRUE(find_member(*list.output, "Contents")->shape->flattened);
  EXPECT_EQ(s3::DeleteObject::spec().success_status, 204);
  EXPECT_EQ(s3::PutBucketPolicy::spec().body_checksum, BodyChecksum::required);
  EXPECT_EQ(s3::PutObject::spec().body_checksum, BodyChecksum::optional);
  EXPECT_TRUE(s3::GetBucketLocation::spec().unwrapped_reply);
  const Member* config = find_member(*s3::PutBucketVersioning::spec().input, "VersioningConfiguration");
  EXPECT_TRUE(config->payload);
  ASSERT_NE(config->xml_namespace, nullptr);
  EXPECT_EQ(config->xml_namespace->uri, s3::service().xml_namespace);
  EXPECT_EQ(find_member(*s3::PutObject::spec().input, "Metadata")->location, Location::headers);
  EXPECT_EQ(find_member(*s3::PutObject::spec().input, "Metadata")->wire_name, "x-amz-meta-");
  EXPECT_EQ(drs::StartRecovery::spec().success_status, 202);
  EXPECT_EQ(drs::StartRecovery::spec().effect, Effect::write);
}

TEST(OpenEnums, KnowTheirValuesAndKeepOthers) {
  ssm::Command command;
  command.status = ssm::CommandStatus::in_progress;
  EXPECT_EQ(command.status->text(), "InProgress");
  EXPECT_TRUE(command.status == ssm::CommandStatus::in_progress);
  command.status->assign("Levitating");
  EXPECT_EQ(command.status->text(), "Levitating");
  EXPECT_FALSE(command.status->known());
  command.status->assign("Success");
  EXPECT_EQ(command.status->known(), ssm::CommandStatus::success);
}

TEST(Types, RecursiveOnesCopyDeeply) {
  tiny::Node tree;
  tree.left.emplace().label = "left";
  tree.children.emplace_back().label = "child";
  tiny::Node copy = tree;
  EXPECT_EQ(copy, tree);
  copy.left.emplace().label = "other";
  EXPECT_NE(copy, tree);
  EXPECT_EQ(tree.left->label, "left");
}

}  // namespace descriptors
}  // namespace postern::aws::models_test
