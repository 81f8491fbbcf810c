#pragma once

/// Where a call goes: the endpoint rules of AWS's service models for the services that we use, and configured endpoints
/// (AWS_ENDPOINT_URL and its relatives, peers.md 5.3).

#include <string>
#include <string_view>
#include <vector>

#include "aws/core/spec.hpp"
#include "base/error.hpp"
#include "http/client.hpp"

namespace postern::aws {

/// A URL that stands in for AWS's own endpoints.
struct CustomEndpoint {
  CustomEndpoint() = default;
  CustomEndpoint(std::string service_key, std::string endpoint_url, std::string found_in)
      : service(std::move(service_key)), url(std::move(endpoint_url)), source(std::move(found_in)) {}
  std::string service;  ///< endpoint_key() of the service; empty: every service
  std::string url;
  std::string source;  ///< "AWS_ENDPOINT_URL_SSM", "--endpoint-url": for -v and errors
};

struct EndpointConfig {
  EndpointConfig() = default;
  bool use_fips = false;
  bool use_dual_stack = false;
  std::vector<CustomEndpoint> custom;  ///< the first that fits a service wins
};

struct ResolvedEndpoint {
  ResolvedEndpoint() = default;
  http::Origin origin;
  std::string base_path;       ///< of a configured URL, without a slash at the end; usually empty
  std::string signing_region;  ///< the call's Region, but for global services the one that they live in
  std::string source;          ///< "AWS" or the configured endpoint's
  bool custom = false;
};

/// "SSM", "CLOUDWATCH_LOGS": the service id as it stands in AWS_ENDPOINT_URL_<key>; lower case in a profile's services
/// section.
std::string endpoint_key(const ServiceSpec& service);

/// Errors, all usage: no Region, a word that cannot be a Region (with the nearest known one), a configured URL that is
/// none, FIPS or dual-stack together with a configured endpoint.
Result<ResolvedEndpoint> resolve_endpoint(const ServiceSpec& service, std::string_view region,
                                          const EndpointConfig& config);

}  // namespace postern::aws
