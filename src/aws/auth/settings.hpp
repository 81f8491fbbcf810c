#pragma once

/// What the ecosystem's environment variables and profiles say about calls: profile, Region, endpoints, retries, CA
/// bundle, in the order of the AWS CLI (peers.md 5.1-5.3): option, environment, profile.

#include <chrono>
#include <optional>
#include <string>

#include "aws/auth/shared_config.hpp"
#include "aws/core/endpoints.hpp"
#include "base/error.hpp"
#include "os/environment.hpp"

namespace postern::aws::auth {

/// What the command line gave; empty: not given.
struct SettingsOptions {
  SettingsOptions() = default;
  std::string profile;
  std::string region;
  std::string endpoint_url;
  std::string ssm_endpoint_url;  ///< of Systems Manager alone; before every other
  std::string ca_bundle;
};

/// Who chose the profile. Only `option` takes the environment's keys out of the credential chain.
enum class ProfileChoice : std::uint8_t { standard, environment, option };

enum class RetryMode : std::uint8_t { unset, legacy, standard, adaptive };

struct MetadataSettings {
  MetadataSettings() = default;
  bool disabled = false;  ///< AWS_EC2_METADATA_DISABLED
  std::string endpoint = "http://169.254.169.254";
  std::chrono::seconds timeout{1};
  int attempts = 1;
};

struct Settings {
  Settings() = default;
  std::string profile = "default";
  ProfileChoice profile_choice = ProfileChoice::standard;
  std::string region;         ///< empty: nobody named one
  std::string region_source;  ///< "--region", "AWS_REGION", "profile payments"
  std::string ca_bundle;      ///< empty: the system's
  int max_attempts = 0;       ///< 0: not set
  RetryMode retry_mode = RetryMode::unset;
  EndpointConfig endpoints;
  MetadataSettings metadata;
};

/// Errors: usage for values that make no sense (the message names the variable or the file and line), credentials for a
/// profile that was asked for and does not exist.
Result<Settings> load_settings(const os::Environment& environment, const SharedConfig& config,
                               const SettingsOptions& options = SettingsOptions());

}  // namespace postern::aws::auth
