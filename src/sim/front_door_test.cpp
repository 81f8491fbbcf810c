// Hostile input at the front door: correctly signed rubbish reaches decoders and handlers, badly signed rubbish the
// authenticator. Every request gets an answer and nothing is executed.

#include <gtest/gtest.h>

#include "aws/core/sigv4.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace front_door_test {

using testing::Rig;
using testing::rig_config;
using testing::SeededRandom;

struct Base {
  Base(std::string s, std::string t, std::string b) : service(std::move(s)), target(std::move(t)), body(std::move(b)) {}
  std::string service;
  std::string target;  ///< X-Amz-Target; empty: a form
  std::string body;
};

std::vector<Base> bases() {
  std::vector<Base> all;
  all.emplace_back("sts", "", "Action=GetCallerIdentity&Version=2011-06-15");
  all.emplace_back("sts", "",
                   "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2FOperator&"
                   "RoleSessionName=s-1&Tags.member.1.Key=a&Tags.member.1.Value=b&Policy=%7B%7D");
  all.emplace_back("ec2", "",
                   "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3Aenv&Filter.1.Value.1=prod&"
                   "InstanceId.1=i-0123456789abcdef0&NextToken=abc");
  all.emplace_back("ssm", "AmazonSSM.DescribeInstanceInformation",
                   R"({"Filters":[{"Key":"PingStatus","Values":["Online"]}],"MaxResults":10,"NextToken":"abc"})");
  all.emplace_back("ssm", "AmazonSSM.SendCommand",
                   R"({"DocumentName":"AWS-RunShellScript","InstanceIds":["i-0123456789abcdef0"],)"
                   R"("Parameters":{"commands":["true"]},"MaxConcurrency":"10%","TimeoutSeconds":60})");
  all.emplace_back("ssm", "AmazonSSM.ListCommands", R"({"Filters":[{"key":"Status","value":"Success"}]})");
  return all;
}

void mutate(std::string& text, SeededRandom& random) {
  static constexpr char kChars[] = "\0\"{}[],:&=%.\xFF\x80<>\\9-";
  constexpr std::string_view kBytes(kChars, sizeof kChars - 1);  // the first one is a NUL
  const std::uint64_t edits = 1 + random.below(4);
  for (std::uint64_t i = 0; i < edits; ++i) {
    const std::size_t at = static_cast<std::size_t>(random.below(text.size() + 1));
    switch (random.below(4)) {
      case 0:
        text.insert(at, 1, kBytes[random.below(kBytes.size())]);
        break;
      case 1:
        text.resize(at);
        break;
      case 2:
        text.insert(at, text.substr(0, at));
        break;
      default:
        if (at < text.size()) text[at] = kBytes[random.below(kBytes.size())];
        break;
    }
    if (text.size() > 8192) text.resize(8192);
  }
}

http::Request request_of(const Base& base) {
  http::Request request;
  request.method = "POST";
  request.headers.add("Host", base.service + ".us-east-1.amazonaws.com");
  if (base.target.empty()) {
    request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  } else {
    request.headers.add("Content-Type", "application/x-amz-json-1.1");
    request.headers.add("X-Amz-Target", base.target);
  }
  request.body = base.body;
  return request;
}

class FrontDoorTest : public ::testing::Test {
 protected:
  FrontDoorTest() : rig_(rig_config(2)), random_(20261121) {
    hub_.access_key_id = "AKIARIGOPERATOR00001";
    hub_.secret_access_key = Secret<>(std::string("secret"));
  }
  void sign(http::Request& request, const std::string& service) {
    const std::string host = service + ".us-east-1.amazonaws.com";
    const auto done = signer_.sign_headers(request, host, hub_, "us-east-1", service, rig_.loop().clock().wall_now());
    ASSERT_TRUE(done);
  }
  int status_of(http::Request request) {
    http::ServiceClient client(rig_.service());
    const auto response = rig_.loop().run(client.send(rig_.loop().context(), http::Origin(), std::move(request)));
    return response ? response->status : 0;
  }

  Rig rig_;
  SeededRandom random_;
  aws::Signer signer_;
  aws::Credentials hub_;
};

TEST_F(FrontDoorTest, SignedRubbishIsAnsweredAndNothingRuns) {
  for (const Base& base : bases()) {
    for (int i = 0; i < 300; ++i) {
      Base mutated = base;
      mutate(mutated.body, random_);
      http::Request request = request_of(mutated);
      sign(request, base.service);
      const int status = status_of(std::move(request));
      ASSERT_TRUE(status >= 200 && status < 500) << status << " for " << mutated.body;
    }
  }
  EXPECT_EQ(rig_.cloud().truth().commands, 0U);
}

TEST_F(FrontDoorTest, RubbishInHeadersIsRefused) {
  for (const Base& base : bases()) {
    for (int i = 0; i < 200; ++i) {
      http::Request request = request_of(base);
      sign(request, base.service);
      http::Headers spoiled;
      for (auto [name, value] : request.headers.fields()) {
        if (name == "Authorization" || (random_.below(4) == 0 && name != "X-Amz-Target")) mutate(value, random_);
        spoiled.add(std::move(name), std::move(value));
      }
      request.headers = std::move(spoiled);
      const int status = status_of(std::move(request));
      // 501 is S3's word for what it does not offer.
      ASSERT_TRUE((status >= 200 && status < 500) || status == 501) << status;
    }
  }
  EXPECT_EQ(rig_.cloud().truth().commands, 0U);
}

}  // namespace front_door_test
}  // namespace postern::sim
