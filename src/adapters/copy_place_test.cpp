#include "adapters/copy_place.hpp"

#include <gtest/gtest.h>

#include "aws/core/presign.hpp"
#include "aws/s3/ops.hpp"

namespace postern::adapters {
namespace copy_place_test {

aws::Credentials documented() {
  aws::Credentials made;
  made.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  made.secret_access_key = Secret<>("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  return made;
}

template <class Op, class Request>
Result<Secret<>> url_of(const Request& request, const aws::EndpointConfig& endpoints, const aws::Credentials& who) {
  aws::Signer signer;
  return aws::presign(signer, endpoints, Op::spec(), aws::ConstErased(*Op::spec().input, &request), "us-east-1", who,
                      *parse_rfc3339("2013-05-24T00:00:00Z"), std::chrono::hours(24));
}

aws::s3::GetObjectRequest test_file() {
  aws::s3::GetObjectRequest request;
  request.bucket = "examplebucket";
  request.key = "test.txt";
  return request;
}

// docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html signs the same for the global name.
TEST(Presign, SignsAsDocumented) {
  aws::EndpointConfig endpoints;
  endpoints.custom.emplace_back("", "https://examplebucket.s3.amazonaws.com", "test");
  aws::s3::GetObjectRequest request = test_file();
  request.bucket = "x";
  const Result<Secret<>> url = url_of<aws::s3::GetObject>(request, endpoints, documented());
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_TRUE(url->reveal().starts_with("https://examplebucket.s3.amazonaws.com/x/test.txt?")) << url->reveal();

  aws::Signer signer;
  http::Request plain;
  plain.target = "/test.txt";
  aws::SigningOptions options;
  options.unsigned_payload = true;
  ASSERT_TRUE(signer.presign_query(plain, "examplebucket.s3.amazonaws.com", documented(), "us-east-1", "s3",
                                   *parse_rfc3339("2013-05-24T00:00:00Z"), std::chrono::hours(24), options));
  EXPECT_TRUE(
      plain.target.ends_with("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
      << plain.target;
}

TEST(Presign, LeadsToTheBucketsOwnNameAndCarriesTheSession) {
  aws::Credentials who = documented();
  who.session_token = Secret<>("a/session+token=");
  const Result<Secret<>> url = url_of<aws::s3::GetObject>(test_file(), aws::EndpointConfig(), who);
  ASSERT_TRUE(url) << url.error().message();
  const std::string& text = url->reveal();
  EXPECT_TRUE(text.starts_with("https://examplebucket.s3.us-east-1.amazonaws.com/test.txt?")) << text;
  EXPECT_NE(text.find("&X-Amz-Security-Token=a%2Fsession%2Btoken%3D&"), std::string::npos) << text;
  EXPECT_NE(text.find("&X-Amz-SignedHeaders=host&"), std::string::npos) << text;
  EXPECT_NE(text.find("&X-Amz-Expires=86400&"), std::string::npos) << text;
  // Nothing in it would need quotes in a shell, a configuration file or a line.
  EXPECT_EQ(text.find_first_of(" \"'\\\n\r<>"), std::string::npos) << text;
}

TEST(Presign, RefusesWhatAUrlCannotSay) {
  aws::s3::PutObjectRequest request;
  request.bucket = "examplebucket";
  request.key = "test.txt";
  EXPECT_TRUE(url_of<aws::s3::PutObject>(request, aws::EndpointConfig(), documented()));
  request.object_lock_mode.emplace("COMPLIANCE");
  const Result<Secret<>> url = url_of<aws::s3::PutObject>(request, aws::EndpointConfig(), documented());
  ASSERT_FALSE(url);
  EXPECT_NE(url.error().message().find("x-amz-object-lock-mode"), std::string::npos) << url.error().message();
  aws::Credentials none;
  EXPECT_FALSE(url_of<aws::s3::GetObject>(test_file(), aws::EndpointConfig(), none));
}

}  // namespace copy_place_test
}  // namespace postern::adapters
