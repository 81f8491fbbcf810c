#include "sim/agents/instance_metadata.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace instance_metadata_test {

using namespace std::chrono_literals;

class Host {
 public:
  explicit Host(int hops = 1) : cloud(make()), service(*cloud, MetadataView(instance().id, hops)) {}

  static std::unique_ptr<Cloud> make() {
    CloudConfig config = testing::rig_config(1);
    config.accounts[1].instances[0].tags["env"] = "test";
    TrustStatement trust;
    trust.principals.emplace_back("ec2.amazonaws.com");
    config.accounts[1].roles[0].trust.push_back(std::move(trust));
    config.accounts[1].instances[0].instance_profile = "Operator";
    return std::move(*Cloud::create(std::move(config), WallTime(1'800'000'000s)));
  }
  Instance& instance() { return *cloud->mutable_instance(cloud->instances("444455556666", "us-east-1").front().id); }
  Result<http::Response> ask(std::string method, std::string target, std::string header = "", std::string value = "") {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    if (!header.empty()) request.headers.set(header, std::move(value));
    return loop.run(service.serve(loop.context(), http::PeerInfo(), std::move(request)));
  }
  std::string token() { return ask("PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "60")->body; }
  std::string get(const std::string& path) {
    const auto answer = ask("GET", path, "X-aws-ec2-metadata-token", token());
    return answer->status == 200 ? answer->body : std::to_string(answer->status);
  }
  void allow(MetadataOptions options) {
    InstanceTraits traits = *instance().traits;
    traits.metadata = options;
    instance().traits = cloud->ec2().share(std::move(traits));
  }

  rt::testing::ManualLoop loop;
  std::unique_ptr<Cloud> cloud;
  InstanceMetadata service;
};

TEST(InstanceMetadata, TellsAnInstanceAboutItself) {
  Host host;
  EXPECT_EQ(host.get("/latest/meta-data/instance-id"), host.instance().id);
  EXPECT_EQ(host.get("/latest/meta-data/placement/region"), "us-east-1");
  EXPECT_EQ(host.get("/latest/meta-data/placement/availability-zone").substr(0, 9), "us-east-1");
  EXPECT_EQ(host.get("/latest/meta-data/placement"), "availability-zone\nregion");
  EXPECT_NE(host.get("/latest/meta-data/").find("iam/\n"), std::string::npos);
  EXPECT_EQ(host.get("/latest/meta-data/nothing"), "404");
  EXPECT_EQ(host.get("/latest/meta-data/tags/instance/env"), "404") << "tags are off unless asked for";
  const Json document = *Json::parse(host.get("/latest/dynamic/instance-identity/document"));
  EXPECT_EQ(document["accountId"].as_string(), "444455556666");
  EXPECT_EQ(document["region"].as_string(), "us-east-1");
  EXPECT_EQ(host.get("/latest/dynamic/instance-identity/pkcs7"), "404");
}

TEST(InstanceMetadata, HandsOutTheRolesCredentials) {
  Host host;
  EXPECT_EQ(host.get("/latest/meta-data/iam/security-credentials/"), "Operator");
  const Json keys = *Json::parse(host.get("/latest/meta-data/iam/security-credentials/Operator"));
  EXPECT_EQ(keys["Code"].as_string(), "Success");
  const auto identity = host.cloud->directory().identity_of(keys["AccessKeyId"].as_string());
  ASSERT_NE(identity, nullptr);
  EXPECT_EQ(identity->arn(), "arn:aws:sts::444455556666:assumed-role/Operator/" + host.instance().id);
  EXPECT_EQ(*Json::parse(host.get("/latest/meta-data/iam/security-credentials/Operator")), keys) << "kept for a while";
  EXPECT_EQ(host.get("/latest/meta-data/iam/security-credentials/Other"), "404");
  const Json own =
      *Json::parse(host.get("/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance"));
  EXPECT_EQ(host.cloud->directory().identity_of(own["AccessKeyId"].as_string())->arn(),
            "arn:aws:sts::444455556666:assumed-role/aws:ec2-instance/" + host.instance().id);
}

TEST(InstanceMetadata, WantsATokenThatIsStillGood) {
  Host host;
  const std::string path = "/latest/meta-data/instance-id";
  EXPECT_EQ(host.ask("GET", path)->status, 401);
  EXPECT_EQ(host.ask("GET", path, "X-aws-ec2-metadata-token", "guess")->status, 401);
  const std::string token = host.token();
  EXPECT_EQ(host.ask("GET", path, "X-aws-ec2-metadata-token", token)->status, 200);
  EXPECT_EQ(host.ask("POST", path, "X-aws-ec2-metadata-token", token)->status, 405);
  host.loop.advance(61s);
  EXPECT_EQ(host.ask("GET", path, "X-aws-ec2-metadata-token", token)->status, 401);
  for (const char* ttl : {"", "0", "21601", "ten", "1x"}) {
    EXPECT_EQ(host.ask("PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", ttl)->status, 400) << ttl;
  }
  EXPECT_EQ(host.ask("PUT", "/latest/api/token", "X-Forwarded-For", "10.0.0.1")->status, 403);
  EXPECT_EQ(host.ask("GET", "/latest/api/token")->status, 405);
}

TEST(InstanceMetadata, DoesWhatTheInstancesOptionsSay) {
  Host host;
  MetadataOptions options;
  options.tokens = MetadataOptions::Tokens::optional;
  options.tags_enabled = true;
  host.allow(options);
  EXPECT_EQ(host.ask("GET", "/latest/meta-data/tags/instance/env")->body, "test");
  EXPECT_EQ(host.ask("GET", "/latest/meta-data/tags/instance/Name")->body, "node-1");
  EXPECT_EQ(host.ask("GET", "/latest/meta-data/instance-id", "X-aws-ec2-metadata-token", "guess")->status, 401);
  options.endpoint = MetadataOptions::Endpoint::disabled;
  host.allow(options);
  EXPECT_EQ(host.ask("GET", "/latest/meta-data/instance-id")->status, 403);
}

TEST(InstanceMetadata, TokensDoNotTravelBeyondTheHopLimit) {
  Host host(3);
  EXPECT_FALSE(host.ask("PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "60"));
  MetadataOptions options;
  options.hop_limit = 3;
  host.allow(options);
  EXPECT_TRUE(host.ask("PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "60"));
  host.instance().state = InstanceState::stopped;
  EXPECT_FALSE(host.ask("GET", "/latest/meta-data/"));
}

}  // namespace instance_metadata_test
}  // namespace postern::sim
