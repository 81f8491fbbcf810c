#pragma once

/// Credentials from where the program runs: containers (ECS, EKS Pod Identity) and EC2 instances (IMDSv2).

#include <string>

#include "aws/auth/provider_parts.hpp"
#include "aws/auth/settings.hpp"
#include "aws/core/credentials.hpp"

namespace postern::aws::auth {

/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (at 169.254.170.2) or _FULL_URI, with
/// AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]. A full URI over plain HTTP must be a loopback or link-local address, so
/// that no token travels in the clear.
class ContainerProvider final : public CredentialsProvider {
 public:
  static constexpr Duration kTimeout = std::chrono::seconds(2);
  static constexpr int kAttempts = 3;
  static constexpr Duration kPause = std::chrono::seconds(1);
  explicit ContainerProvider(const ProviderParts& parts)
      : environment_(*parts.environment), files_(*parts.files), client_(parts.metadata_client) {}
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override { return "container credentials"; }

 private:
  Result<http::Url> address() const;
  Result<Secret<>> token() const;

  const os::Environment& environment_;
  os::Files& files_;
  http::Client* client_;
};

/// The role of the EC2 instance, over IMDSv2 only: a session token first, then the role's name, then its keys.
class InstanceProvider final : public CredentialsProvider {
 public:
  InstanceProvider(const ProviderParts& parts, MetadataSettings settings)
      : client_(parts.metadata_client), settings_(std::move(settings)) {}
  /// No answer, or one that is not IMDS's, counts as "not on EC2": not_found.
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override { return "instance role (IMDSv2 at " + settings_.endpoint + ")"; }

 private:
  rt::Task<Result<std::string>> ask(rt::CallContext ctx, http::Origin origin, http::Request request);

  http::Client* client_;
  MetadataSettings settings_;
};

}  // namespace postern::aws::auth
