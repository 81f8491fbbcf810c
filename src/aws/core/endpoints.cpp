#include "aws/core/endpoints.hpp"

#include <algorithm>
#include <array>

#include "aws/core/partitions.hpp"
#include "base/text.hpp"

namespace postern::aws {

namespace {

/// A service that has one endpoint per partition. Empty names follow the rule of the row's service.
struct GlobalEndpoint {
  std::string_view prefix;
  std::string_view partition;
  std::string_view region;  ///< signed for
  std::string_view plain;
  std::string_view fips;
  std::string_view dual;
  std::string_view fips_dual;
};

constexpr std::array<GlobalEndpoint, 14> kGlobals = {{
    {"iam", "aws", "us-east-1", "iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws",
     "iam-fips.global.api.aws"},
    {"iam", "aws-cn", "cn-north-1", "iam.cn-north-1.amazonaws.com.cn", "", "iam.global.api.amazonwebservices.com.cn",
     ""},
    {"iam", "aws-us-gov", "us-gov-west-1", "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws",
     "iam.us-gov.api.aws"},
    {"iam", "aws-iso", "us-iso-east-1", "iam.us-iso-east-1.c2s.ic.gov", "iam-fips.us-iso-east-1.c2s.ic.gov", "", ""},
    {"iam", "aws-iso-b", "us-isob-east-1", "iam.us-isob-east-1.sc2s.sgov.gov", "iam-fips.us-isob-east-1.sc2s.sgov.gov",
     "", ""},
    {"iam", "aws-iso-e", "eu-isoe-west-1", "iam.eu-isoe-west-1.cloud.adc-e.uk", "", "", ""},
    {"iam", "aws-iso-f", "us-isof-south-1", "iam.us-isof-south-1.csp.hci.ic.gov", "", "", ""},
    {"iam", "aws-eusc", "eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu", "", "", ""},
    {"organizations", "aws", "us-east-1", "organizations.us-east-1.amazonaws.com",
     "organizations-fips.us-east-1.amazonaws.com", "", ""},
    {"organizations", "aws-cn", "cn-northwest-1", "organizations.cn-northwest-1.amazonaws.com.cn", "", "", ""},
    {"organizations", "aws-us-gov", "us-gov-west-1", "organizations.us-gov-west-1.amazonaws.com",
     "organizations.us-gov-west-1.amazonaws.com", "", ""},
    {"organizations", "aws-iso", "us-iso-east-1", "organizations.us-iso-east-1.c2s.ic.gov", "", "", ""},
    {"organizations", "aws-iso-b", "us-isob-east-1", "organizations.us-isob-east-1.sc2s.sgov.gov", "", "", ""},
    {"organizations", "aws-iso-f", "us-isof-south-1", "organizations.us-isof-south-1.csp.hci.ic.gov", "", "", ""},
}};

/// Services whose GovCloud endpoints are FIPS endpoints under their ordinary name.
constexpr std::array<std::string_view, 18> kGovPlainFips = {"autoscaling",
                                                            "cloudformation",
                                                            "cloudtrail",
                                                            "config",
                                                            "dynamodb",
                                                            "ec2",
                                                            "elasticloadbalancing",
                                                            "events",
                                                            "logs",
                                                            "monitoring",
                                                            "oidc",
                                                            "portal.sso",
                                                            "ram",
                                                            "resource-groups",
                                                            "servicequotas",
                                                            "sns",
                                                            "ssm",
                                                            "sts"};

std::string_view global_name(const GlobalEndpoint& row, const EndpointConfig& config) {
  if (config.use_fips) return config.use_dual_stack ? row.fips_dual : row.fips;
  return config.use_dual_stack ? row.dual : row.plain;
}

std::string regional_name(const ServiceSpec& service, std::string_view region, const Partition& partition,
                          const EndpointConfig& config) {
  const std::string_view prefix = service.endpoint_prefix;
  const bool gov_plain = partition.id == "aws-us-gov" && !config.use_dual_stack &&
                         std::find(kGovPlainFips.begin(), kGovPlainFips.end(), prefix) != kGovPlainFips.end();
  std::string name(prefix);
  if (config.use_fips && !gov_plain) name += "-fips";
  if (service.s3_rules && config.use_dual_stack) name += ".dualstack";
  // IAM knows no Regions: where its table has no name, the partition's suffix follows at once.
  if (prefix != "iam") name.append(".").append(region);
  // The object store has dual-stack names of its own.
  const bool other_suffix = config.use_dual_stack && !service.s3_rules;
  name.append(".").append(other_suffix ? partition.dual_stack_suffix : partition.dns_suffix);
  return name;
}

Result<const Partition*> check_region(const ServiceSpec& service, std::string_view region) {
  if (region.empty()) {
    return fail(Error(ErrorKind::usage, "no Region: give --region, set AWS_REGION, or put region into the profile")
                    .with("service", std::string(service.id)));
  }
  const Partition* partition = partition_of_region(region);
  if (partition == nullptr) {
    const std::string_view near = nearest_region(region);
    std::string text = "'" + printable(region) + "' is not the name of a Region";
    if (!near.empty()) text += ": did you mean " + std::string(near) + "?";
    return fail(Error(ErrorKind::usage, std::move(text)).with("service", std::string(service.id)));
  }
  return partition;
}

Result<ResolvedEndpoint> custom_endpoint(const CustomEndpoint& custom, std::string_view region,
                                         const EndpointConfig& config) {
  if (config.use_fips || config.use_dual_stack) {
    const std::string what = config.use_fips ? "FIPS" : "dual-stack";
    return fail(ErrorKind::usage, "a " + what + " endpoint and the configured endpoint of " + custom.source +
                                      " exclude each other: unset one of them");
  }
  auto url = http::parse_url(custom.url);
  if (!url) return fail(std::move(url).error().with("source", custom.source));
  ResolvedEndpoint endpoint;
  endpoint.origin = url->origin;
  endpoint.base_path = url->target.substr(0, url->target.find('?'));
  while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
  endpoint.signing_region = region;
  endpoint.source = custom.source;
  endpoint.custom = true;
  return endpoint;
}

}  // namespace

std::string endpoint_key(const ServiceSpec& service) {
  std::string key = to_upper(service.service_id);
  std::replace_if(key.begin(), key.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  return key;
}

Result<ResolvedEndpoint> resolve_endpoint(const ServiceSpec& service, std::string_view region,
                                          const EndpointConfig& config) {
  TRY(const Partition* partition, check_region(service, region));
  const std::string key = endpoint_key(service);
  for (const CustomEndpoint& custom : config.custom) {
    if (custom.service.empty() || custom.service == key) return custom_endpoint(custom, region, config);
  }
  ResolvedEndpoint endpoint;
  endpoint.source = "AWS";
  endpoint.signing_region = region;
  if (region == partition->global_name) {
    region = partition->global_region;
    endpoint.signing_region = region;
    if (service.endpoint_prefix == "sts" && !config.use_fips && !config.use_dual_stack && partition->id == "aws") {
      endpoint.origin.host = "sts.amazonaws.com";
      return endpoint;
    }
  }
  for (const GlobalEndpoint& row : kGlobals) {
    if (row.prefix != service.endpoint_prefix || row.partition != partition->id) continue;
    const std::string_view name = global_name(row, config);
    if (name.empty()) break;
    endpoint.origin.host = name;
    endpoint.signing_region = row.region;
    return endpoint;
  }
  if (service.endpoint_prefix == "iam") endpoint.signing_region = partition->global_region;
  endpoint.origin.host = regional_name(service, region, *partition, config);
  return endpoint;
}

}  // namespace postern::aws
