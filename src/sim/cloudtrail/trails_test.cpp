// Trails, called through the generated client and made by stacks.

#include <gtest/gtest.h>

#include "aws/cloudformation/ops.hpp"
#include "aws/cloudtrail/ops.hpp"
#include "sim/signals/test_calls.hpp"

namespace postern::sim {
namespace {

namespace api = aws::cloudtrail;
using signals_test::answer_of;
using signals_test::refusal_of;
using testing::Rig;
using testing::rig_config;

constexpr const char* kPolicy = R"({"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl",
   "Resource":"arn:aws:s3:::logs"},
  {"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",
   "Resource":"arn:aws:s3:::logs/AWSLogs/111122223333/*",
   "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]})";

CloudConfig config() {
  CloudConfig made = rig_config(1);
  BucketConfig bucket;
  bucket.name = "logs";
  bucket.region = "us-east-1";
  bucket.policy = kPolicy;
  made.accounts[0].buckets.push_back(bucket);
  bucket.name = "closed";
  bucket.policy.clear();
  made.accounts[0].buckets.push_back(bucket);
  return made;
}

api::CreateTrailRequest trail(std::string name, std::string bucket = "logs") {
  api::CreateTrailRequest request;
  request.name = std::move(name);
  request.s3_bucket_name = std::move(bucket);
  return request;
}

TEST(Trails, AreMadeSwitchedAndDeleted) {
  Rig rig(config());
  api::CreateTrailRequest wanted = trail("audit");
  wanted.is_multi_region_trail = true;
  const auto made = answer_of<api::CreateTrail>(rig, wanted);
  EXPECT_EQ(*made.trail_arn, "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit");
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, wanted), "TrailAlreadyExistsException");
  api::GetTrailStatusRequest status;
  status.name = "audit";
  EXPECT_FALSE(*answer_of<api::GetTrailStatus>(rig, status).is_logging);
  api::StartLoggingRequest start;
  start.name = *made.trail_arn;
  answer_of<api::StartLogging>(rig, start);
  EXPECT_TRUE(*answer_of<api::GetTrailStatus>(rig, status).is_logging);
  rig.in_region("us-west-2");
  EXPECT_EQ(answer_of<api::DescribeTrails>(rig, api::DescribeTrailsRequest()).trail_list.size(), 1U);
  EXPECT_EQ(refusal_of<api::StartLogging>(rig, start), "InvalidHomeRegionException");
  rig.in_region("us-east-1");
  api::DeleteTrailRequest gone;
  gone.name = "audit";
  answer_of<api::DeleteTrail>(rig, gone);
  EXPECT_EQ(refusal_of<api::DeleteTrail>(rig, gone), "TrailNotFoundException");
}

TEST(Trails, BucketsMustLetCloudTrailIn) {
  Rig rig(config());
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, trail("audit", "nowhere")), "S3BucketDoesNotExistException");
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, trail("audit", "closed")), "InsufficientS3BucketPolicyException");
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, trail("no name")), "InvalidTrailNameException");
  api::CreateTrailRequest prefixed = trail("audit");
  prefixed.s3_key_prefix = "elsewhere";
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, prefixed), "InsufficientS3BucketPolicyException");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(refusal_of<api::CreateTrail>(rig, trail("audit" + std::to_string(i))), "accepted");
  }
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, trail("audit6")), "MaximumNumberOfTrailsExceededException");
}

TEST(Trails, OrganizationsTrailIsTheManagementAccounts) {
  Rig rig(config());
  api::CreateTrailRequest wanted = trail("organization");
  wanted.is_organization_trail = true;
  // The bucket's policy knows nothing of the organization's folder.
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, wanted), "InsufficientS3BucketPolicyException");
  ASSERT_TRUE(rig.become_operator());
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, wanted), "NotOrganizationMasterAccountException");
}

TEST(Trails, LogGroupAndRoleAreChecked) {
  Rig rig(config());
  api::CreateTrailRequest wanted = trail("audit");
  wanted.cloud_watch_logs_log_group_arn = "arn:aws:logs:us-east-1:111122223333:log-group:none:*";
  EXPECT_EQ(refusal_of<api::CreateTrail>(rig, wanted), "InvalidCloudWatchLogsLogGroupArnException");
}

constexpr const char* kTemplate = R"(
Resources:
  Logs:
    Type: AWS::S3::Bucket
    DeletionPolicy: Delete
    Properties:
      BucketName: stack-logs
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
  LogsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:GetBucketAcl",
             Resource: !GetAtt Logs.Arn}
          - {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject",
             Resource: !Sub "${Logs.Arn}/AWSLogs/${AWS::AccountId}/*"}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: LogsPolicy
    Properties:
      TrailName: from-stack
      S3BucketName: !Ref Logs
      IsLogging: true
      IsMultiRegionTrail: true
      EnableLogFileValidation: true
)";

TEST(Trails, AreMadeByStacks) {
  Rig rig(config());
  aws::cloudformation::CreateStackRequest stack;
  stack.stack_name = "audit";
  stack.template_body = kTemplate;
  ASSERT_EQ(refusal_of<aws::cloudformation::CreateStack>(rig, stack), "accepted");
  rig.loop().advance(std::chrono::minutes(10));
  api::GetTrailStatusRequest status;
  status.name = "from-stack";
  EXPECT_TRUE(*answer_of<api::GetTrailStatus>(rig, status).is_logging);
  aws::cloudformation::DeleteStackRequest gone;
  gone.stack_name = "audit";
  answer_of<aws::cloudformation::DeleteStack>(rig, gone);
  rig.loop().advance(std::chrono::minutes(10));
  EXPECT_EQ(refusal_of<api::GetTrailStatus>(rig, status), "TrailNotFoundException");
  EXPECT_EQ(rig.services().store().find("stack-logs"), nullptr);
}

}  // namespace
}  // namespace postern::sim
