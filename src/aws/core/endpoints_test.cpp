#include "aws/core/endpoints.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <sstream>

#include "aws/core/partitions.hpp"

namespace postern::aws {
namespace {

ServiceSpec service_named(std::string_view prefix, std::string_view service_id) {
  ServiceSpec service{};
  service.id = prefix;
  service.service_id = service_id;
  service.endpoint_prefix = prefix;
  service.signing_name = prefix;
  return service;
}

TEST(Partitions, EveryRegionHasOneAndNewOnesGoByTheirName) {
  struct Row {
    std::string_view region;
    std::string_view partition;  // empty: none
  };
  const Row rows[] = {{"us-east-1", "aws"},
                      {"mx-central-1", "aws"},
                      {"eu-west-9", "aws"},
                      {"nz-north-1", "aws"},
                      {"cn-south-2", "aws-cn"},
                      {"us-gov-west-1", "aws-us-gov"},
                      {"us-gov-north-3", "aws-us-gov"},
                      {"eusc-de-west-2", "aws-eusc"},
                      {"us-iso-south-1", "aws-iso"},
                      {"us-isob-west-1", "aws-iso-b"},
                      {"eu-isoe-west-1", "aws-iso-e"},
                      {"us-isof-east-1", "aws-iso-f"},
                      {"aws-global", "aws"},
                      {"aws-us-gov-global", "aws-us-gov"},
                      {"us-east-", ""},
                      {"US-EAST-1", ""},
                      {"us east 1", ""},
                      {"", ""},
                      {"-1", ""},
                      {"us-east-1.evil.example", ""},
                      {"us-east-1/x", ""},
                      {"a-b", ""},
                      {"--1", ""}};
  for (const Row& row : rows) {
    const Partition* partition = partition_of_region(row.region);
    EXPECT_EQ(partition != nullptr ? partition->id : std::string_view(), row.partition) << row.region;
  }
  for (const Partition& partition : partitions()) {
    for (const std::string_view region : partition.regions)
      EXPECT_EQ(partition_of_region(region), &partition) << region;
    EXPECT_TRUE(is_known_region(partition.global_region));
  }
}

TEST(Endpoints, ConfiguredEndpointsWinInTheirOrder) {
  EndpointConfig config;
  config.custom.emplace_back("STS", "https://sts.example:8443/base/", "AWS_ENDPOINT_URL_STS");
  config.custom.emplace_back("", "http://127.0.0.1:5000", "AWS_ENDPOINT_URL");
  const auto sts = resolve_endpoint(service_named("sts", "STS"), "eu-west-1", config);
  ASSERT_TRUE(sts) << sts.error().to_text();
  EXPECT_EQ(sts->origin.to_text(), "https://sts.example:8443");
  EXPECT_EQ(sts->base_path, "/base");
  EXPECT_EQ(sts->signing_region, "eu-west-1");
  EXPECT_EQ(sts->source, "AWS_ENDPOINT_URL_STS");
  const auto ssm = resolve_endpoint(service_named("ssm", "SSM"), "eu-west-1", config);
  ASSERT_TRUE(ssm);
  EXPECT_EQ(ssm->origin.to_text(), "http://127.0.0.1:5000");
  EXPECT_TRUE(ssm->custom);
  EXPECT_EQ(endpoint_key(service_named("logs", "CloudWatch Logs")), "CLOUDWATCH_LOGS");
}

TEST(Endpoints, ErrorsSayWhatToMend) {
  struct Row {
    std::string_view region;
    EndpointConfig config;
    std::string_view text;
  };
  EndpointConfig plain;
  EndpointConfig bad_url;
  bad_url.custom.emplace_back("", "localhost:5000", "AWS_ENDPOINT_URL");
  EndpointConfig both = bad_url;
  both.use_fips = true;
  const Row rows[] = {
      {"", plain, "no Region: give --region, set AWS_REGION, or put region into the profile"},
      {"us-eest-1a", plain, "'us-eest-1a' is not the name of a Region: did you mean us-east-1?"},
      {"evil.example/", plain, "'evil.example/' is not the name of a Region"},
      {"us-east-1", bad_url, "source=AWS_ENDPOINT_URL"},
      {"us-east-1", both, "a FIPS endpoint and the configured endpoint of AWS_ENDPOINT_URL exclude each other"},
  };
  for (const Row& row : rows) {
    const auto result = resolve_endpoint(service_named("ssm", "SSM"), row.region, row.config);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind(), ErrorKind::usage);
    EXPECT_NE(result.error().to_text().find(row.text), std::string::npos) << result.error().to_text();
  }
}

TEST(Endpoints, GlobalServicesAndPseudoRegions) {
  const EndpointConfig config;
  const auto iam = resolve_endpoint(service_named("iam", "IAM"), "eu-west-1", config);
  ASSERT_TRUE(iam);
  EXPECT_EQ(iam->origin.host, "iam.amazonaws.com");
  EXPECT_EQ(iam->signing_region, "us-east-1");
  const auto sts = resolve_endpoint(service_named("sts", "STS"), "aws-global", config);
  ASSERT_TRUE(sts);
  EXPECT_EQ(sts->origin.host, "sts.amazonaws.com");
  EXPECT_EQ(sts->signing_region, "us-east-1");
}

TEST(Endpoints, TheObjectStoresOwnNames) {
  ServiceSpec s3 = service_named("s3", "S3");
  s3.s3_rules = true;
  EndpointConfig config;
  EXPECT_EQ(resolve_endpoint(s3, "eu-west-1", config)->origin.host, "s3.eu-west-1.amazonaws.com");
  config.use_dual_stack = true;
  EXPECT_EQ(resolve_endpoint(s3, "eu-west-1", config)->origin.host, "s3.dualstack.eu-west-1.amazonaws.com");
  config.use_fips = true;
  EXPECT_EQ(resolve_endpoint(s3, "us-east-2", config)->origin.host, "s3-fips.dualstack.us-east-2.amazonaws.com");
  config.use_dual_stack = false;
  EXPECT_EQ(resolve_endpoint(s3, "us-east-2", config)->origin.host, "s3-fips.us-east-2.amazonaws.com");
}

struct Printed {
  int status = 0;
  std::string text;
};

Printed run_python(const std::string& command) {
  Printed printed;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return printed;
  char buffer[4096];
  std::size_t size = 0;
  while ((size = fread(buffer, 1, sizeof buffer, pipe)) > 0) printed.text.append(buffer, size);
  printed.status = WEXITSTATUS(pclose(pipe));
  return printed;
}

/// Rules that AWS changed after botocore 1.29 (Debian 12): there only a newer botocore is a judge.
bool changed_since(const std::string& service, const Partition& partition, bool fips, bool dual) {
  const bool global = service == "iam" || service == "organizations";
  if (service == "organizations" && partition.id.starts_with("aws-iso")) return true;
  if (dual) return global || partition.id.starts_with("aws-iso");
  return fips && global && partition.id != "aws" && partition.id != "aws-us-gov";
}

void compare_with_botocore(const std::string& command) {
  const Printed printed = run_python(command);
  if (printed.status != 0)
    GTEST_SKIP() << "SKIPPED: " << command << " found no botocore (exit " << printed.status << ")";
  std::istringstream lines(printed.text);
  std::string word;
  std::string version;
  int partition_count = 0;
  lines >> word >> version >> partition_count;
  const bool old = partition_count < 8;
  int compared = 0;
  std::string service;
  std::string region;
  std::string host;
  std::string signing;
  int fips = 0;
  int dual = 0;
  while (lines >> service >> region >> fips >> dual >> host >> signing) {
    const Partition* partition = partition_of_region(region);
    ASSERT_NE(partition, nullptr) << region;
    if (old && changed_since(service, *partition, fips != 0, dual != 0)) continue;
    if (host == "!") continue;
    EndpointConfig config;
    config.use_fips = fips != 0;
    config.use_dual_stack = dual != 0;
    const auto ours = resolve_endpoint(service_named(service, service), region, config);
    ASSERT_TRUE(ours) << ours.error().to_text();
    EXPECT_EQ(ours->origin.host, host) << service << " " << region << " fips " << fips << " dual " << dual;
    EXPECT_EQ(ours->signing_region, signing == "-" ? region : signing) << service << " " << region;
    ++compared;
  }
  EXPECT_GT(compared, 400) << "botocore " << version;
}

TEST(Endpoints, AgreeWithDebiansBotocore) {
  compare_with_botocore("/usr/bin/python3 tests/conformance/endpoints_botocore.py /usr/lib/python3/dist-packages");
}

TEST(Endpoints, AgreeWithTheBotocoreOnPath) {
  compare_with_botocore("python3 tests/conformance/endpoints_botocore.py");
}

}  // namespace
}  // namespace postern::aws
