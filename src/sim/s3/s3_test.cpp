#include <gtest/gtest.h>

#include "aws/s3/ops.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace s3_test {

namespace s3api = aws::s3;
using testing::Rig;
using testing::rig_config;

std::string code_of(const Error& error) {
  return error.aws() == nullptr ? error.to_text() : error.aws()->code;
}

template <class Op>
std::string refusal_of(Rig& rig, typename Op::Request request) {
  const auto answer = rig.call<Op>(std::move(request));
  return answer ? "accepted" : code_of(answer.error());
}

class S3Test : public ::testing::Test {
 protected:
  S3Test() : rig(rig_config(1)) {}
  std::string create(const std::string& name) {
    s3api::CreateBucketRequest request;
    request.bucket = name;
    return refusal_of<s3api::CreateBucket>(rig, request);
  }
  Result<s3api::PutObjectResponse> put(const std::string& key, std::string body) {
    s3api::PutObjectRequest request;
    request.bucket = "shelf";
    request.key = key;
    request.body.emplace(std::move(body));
    return rig.call<s3api::PutObject>(std::move(request));
  }
  Result<s3api::GetObjectResponse> get(const std::string& key, std::string range = std::string()) {
    s3api::GetObjectRequest request;
    request.bucket = "shelf";
    request.key = key;
    if (!range.empty()) request.range = std::move(range);
    return rig.call<s3api::GetObject>(std::move(request));
  }
  /// Keys and, in brackets, common prefixes of all pages.
  std::string list(s3api::ListObjectsV2Request request) {
    request.bucket = "shelf";
    std::string all;
    for (int page = 0; page < 50; ++page) {
      const auto got = rig.call<s3api::ListObjectsV2>(request);
      if (!got) return code_of(got.error());
      if (page > 0) all += "| ";
      for (const auto& object : got->contents) all += *object.key + " ";
      for (const auto& prefix : got->common_prefixes) all += "[" + *prefix.prefix + "] ";
      if (!got->is_truncated.value_or(false)) return all;
      request.continuation_token = got->next_continuation_token;
    }
    return all + "endless";
  }
  Rig rig;
};

TEST_F(S3Test, KeepsAnObjectAndItsRanges) {
  ASSERT_EQ(create("shelf"), "accepted");
  const auto made = put("a/b c", "0123456789");
  ASSERT_TRUE(made) << made.error().to_text();
  EXPECT_EQ(*made->e_tag, "\"781e5e245d69b566979b86e28d23f2c7\"");
  const auto whole = get("a/b c");
  ASSERT_TRUE(whole) << whole.error().to_text();
  EXPECT_EQ(whole->body->bytes, "0123456789");
  EXPECT_EQ(*whole->content_type, "application/octet-stream") << "as our client says when nobody else does";
  const std::pair<const char*, const char*> ranges[] = {
      {"bytes=2-4", "234"}, {"bytes=7-", "789"}, {"bytes=-2", "89"}, {"bytes=8-99", "89"}, {"bytes=x", "0123456789"}};
  for (const auto& [range, text] : ranges) {
    const auto part = get("a/b c", range);
    ASSERT_TRUE(part) << range;
    EXPECT_EQ(part->body->bytes, text) << range;
  }
  EXPECT_EQ(*get("a/b c", "bytes=2-4")->content_range, "bytes 2-4/10");
  EXPECT_EQ(code_of(get("a/b c", "bytes=10-").error()), "InvalidRange");
  EXPECT_EQ(code_of(get("none").error()), "NoSuchKey");
}

TEST_F(S3Test, BucketNamesAndRegionsAreChecked) {
  for (const char* name : {"ab", "Shelf", "a..b", "-ab", "192.168.0.1", "xn--abc", "a_b"}) {
    EXPECT_EQ(create(name), "InvalidBucketName") << name;
  }
  EXPECT_EQ(create("shelf"), "accepted");
  EXPECT_EQ(create("shelf"), "accepted");
  s3api::CreateBucketRequest request;
  request.bucket = "elsewhere";
  request.create_bucket_configuration.emplace().location_constraint.emplace().assign("mars-north-1");
  EXPECT_EQ(refusal_of<s3api::CreateBucket>(rig, request), "InvalidLocationConstraint");
  request.create_bucket_configuration->location_constraint->assign("eu-west-1");
  EXPECT_EQ(refusal_of<s3api::CreateBucket>(rig, request), "accepted");
  s3api::HeadBucketRequest head;
  head.bucket = "elsewhere";
  const auto away = rig.call<s3api::HeadBucket>(head);
  ASSERT_FALSE(away);
  s3api::ListObjectsV2Request wrong;
  wrong.bucket = "elsewhere";
  EXPECT_EQ(refusal_of<s3api::ListObjectsV2>(rig, wrong), "PermanentRedirect");
  s3api::DeleteBucketRequest remove;
  remove.bucket = "shelf";
  ASSERT_TRUE(put("x", "y"));
  EXPECT_EQ(refusal_of<s3api::DeleteBucket>(rig, remove), "BucketNotEmpty");
  EXPECT_EQ(code_of(rig.call<s3api::GetObject>([] {
                         s3api::GetObjectRequest none;
                         none.bucket = "nowhere";
                         none.key = "x";
                         return none;
                       }())
                        .error()),
            "NoSuchBucket");
}

TEST_F(S3Test, ListsByPrefixDelimiterAndPage) {
  ASSERT_EQ(create("shelf"), "accepted");
  for (const char* key : {"a", "d/1", "d/2", "d/e/1", "f/1", "z"}) ASSERT_TRUE(put(key, "x"));
  s3api::ListObjectsV2Request all;
  EXPECT_EQ(list(all), "a d/1 d/2 d/e/1 f/1 z ");
  s3api::ListObjectsV2Request grouped;
  grouped.delimiter = "/";
  EXPECT_EQ(list(grouped), "a z [d/] [f/] ");
  grouped.max_keys = 1;
  EXPECT_EQ(list(grouped), "a | [d/] | [f/] | z ");
  grouped.max_keys.reset();
  grouped.prefix = "d/";
  EXPECT_EQ(list(grouped), "d/1 d/2 [d/e/] ");
  s3api::ListObjectsV2Request later;
  later.start_after = "d/2";
  later.max_keys = 2;
  EXPECT_EQ(list(later), "d/e/1 f/1 | z ");
  later.continuation_token = "forged";
  EXPECT_EQ(list(later), "InvalidArgument");
  s3api::ListObjectsV2Request none;
  none.max_keys = 0;
  EXPECT_EQ(list(none), "");
}

TEST_F(S3Test, ConditionsDecideReads) {
  ASSERT_EQ(create("shelf"), "accepted");
  const auto made = put("k", "v");
  ASSERT_TRUE(made);
  s3api::GetObjectRequest request;
  request.bucket = "shelf";
  request.key = "k";
  request.if_none_match = *made->e_tag;
  EXPECT_NE(refusal_of<s3api::GetObject>(rig, request), "accepted");
  request.if_none_match = "\"other\"";
  EXPECT_EQ(refusal_of<s3api::GetObject>(rig, request), "accepted");
  request.if_match = "\"other\"";
  EXPECT_EQ(refusal_of<s3api::GetObject>(rig, request), "PreconditionFailed");
}

TEST_F(S3Test, VersionsStayBehindMarkers) {
  ASSERT_EQ(create("shelf"), "accepted");
  s3api::PutBucketVersioningRequest versioning;
  versioning.bucket = "shelf";
  versioning.versioning_configuration.emplace().status = s3api::BucketVersioningStatus::enabled;
  ASSERT_EQ(refusal_of<s3api::PutBucketVersioning>(rig, versioning), "accepted");
  const auto first = put("k", "one");
  ASSERT_TRUE(first && first->version_id);
  ASSERT_TRUE(put("k", "two"));
  s3api::DeleteObjectRequest remove;
  remove.bucket = "shelf";
  remove.key = "k";
  const auto removed = rig.call<s3api::DeleteObject>(remove);
  ASSERT_TRUE(removed) << removed.error().to_text();
  EXPECT_TRUE(removed->delete_marker.value_or(false));
  EXPECT_EQ(code_of(get("k").error()), "NoSuchKey");
  s3api::GetObjectRequest old;
  old.bucket = "shelf";
  old.key = "k";
  old.version_id = first->version_id;
  EXPECT_EQ(rig.call<s3api::GetObject>(old)->body->bytes, "one");
  remove.version_id = removed->version_id;
  ASSERT_EQ(refusal_of<s3api::DeleteObject>(rig, remove), "accepted");
  EXPECT_EQ(get("k")->body->bytes, "two");
}

TEST_F(S3Test, UploadsInParts) {
  ASSERT_EQ(create("shelf"), "accepted");
  s3api::CreateMultipartUploadRequest begin;
  begin.bucket = "shelf";
  begin.key = "big";
  const auto upload = rig.call<s3api::CreateMultipartUpload>(begin);
  ASSERT_TRUE(upload) << upload.error().to_text();
  s3api::CompleteMultipartUploadRequest finish;
  finish.bucket = "shelf";
  finish.key = "big";
  finish.upload_id = upload->upload_id;
  finish.multipart_upload.emplace();
  for (const int number : {1, 2}) {
    s3api::UploadPartRequest part;
    part.bucket = "shelf";
    part.key = "big";
    part.upload_id = upload->upload_id;
    part.part_number = number;
    part.body.emplace(std::string(number == 1 ? 5U << 20U : 3, 'x'));
    const auto done = rig.call<s3api::UploadPart>(part);
    ASSERT_TRUE(done) << done.error().to_text();
    auto& listed = finish.multipart_upload->parts.emplace_back();
    listed.part_number = number;
    listed.e_tag = done->e_tag;
  }
  auto swapped = finish;
  std::swap(swapped.multipart_upload->parts[0], swapped.multipart_upload->parts[1]);
  EXPECT_EQ(refusal_of<s3api::CompleteMultipartUpload>(rig, swapped), "InvalidPartOrder");
  const auto done = rig.call<s3api::CompleteMultipartUpload>(finish);
  ASSERT_TRUE(done) << done.error().to_text();
  EXPECT_TRUE(done->e_tag->ends_with("-2\""));
  EXPECT_EQ(get("big")->body->bytes.size(), (5U << 20U) + 3U);
  EXPECT_EQ(refusal_of<s3api::CompleteMultipartUpload>(rig, finish), "NoSuchUpload");
}

TEST_F(S3Test, CopiesWithAndWithoutHeaders) {
  ASSERT_EQ(create("shelf"), "accepted");
  s3api::PutObjectRequest request;
  request.bucket = "shelf";
  request.key = "from me";
  request.body.emplace(std::string("body"));
  request.content_type = "text/plain";
  request.metadata.emplace("colour", "red");
  ASSERT_EQ(refusal_of<s3api::PutObject>(rig, request), "accepted");
  s3api::CopyObjectRequest copy;
  copy.bucket = "shelf";
  copy.key = "to";
  copy.copy_source = "/shelf/from%20me";
  ASSERT_EQ(refusal_of<s3api::CopyObject>(rig, copy), "accepted");
  EXPECT_EQ(get("to")->metadata.at("colour"), "red");
  copy.key = "from me";
  EXPECT_EQ(refusal_of<s3api::CopyObject>(rig, copy), "InvalidRequest");
  copy.copy_source = "shelf";
  EXPECT_EQ(refusal_of<s3api::CopyObject>(rig, copy), "InvalidArgument");
}

TEST_F(S3Test, WhatIsNotOfferedIsRefused) {
  ASSERT_EQ(create("shelf"), "accepted");
  s3api::PutObjectRequest request;
  request.bucket = "shelf";
  request.key = "k";
  request.acl.emplace().assign("public-read");
  EXPECT_EQ(refusal_of<s3api::PutObject>(rig, request), "AccessControlListNotSupported");
  request.acl.reset();
  request.storage_class.emplace().assign("GLACIER");
  EXPECT_EQ(refusal_of<s3api::PutObject>(rig, request), "NotImplemented");
  request.storage_class.reset();
  request.server_side_encryption.emplace().assign("aws:kms");
  EXPECT_EQ(refusal_of<s3api::PutObject>(rig, request), "NotImplemented");
}

TEST_F(S3Test, BucketPoliciesLetOthersInAndKeepThemOut) {
  ASSERT_EQ(create("shelf"), "accepted");
  ASSERT_TRUE(put("k", "v"));
  s3api::PutBucketPolicyRequest policy;
  policy.bucket = "shelf";
  policy.policy = "{";
  EXPECT_EQ(refusal_of<s3api::PutBucketPolicy>(rig, policy), "MalformedPolicy");
  policy.policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",)"
                  R"("Resource":"arn:aws:s3:::shelf/*"}]})";
  EXPECT_EQ(refusal_of<s3api::PutBucketPolicy>(rig, policy), "AccessDenied");
  policy.policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},)"
                  R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::shelf/*"}]})";
  EXPECT_EQ(refusal_of<s3api::PutBucketPolicy>(rig, policy), "accepted");
  ASSERT_TRUE(rig.become_operator());
  EXPECT_EQ(get("k")->body->bytes, "v");
  EXPECT_EQ(code_of(put("k", "w").error()), "AccessDenied");
}

}  // namespace s3_test
}  // namespace postern::sim
