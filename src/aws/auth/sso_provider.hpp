#pragma once

/// Profiles that sign in through IAM Identity Center: the token that `aws sso login` left is exchanged for keys.

#include <memory>
#include <string>

#include "aws/auth/provider_parts.hpp"
#include "aws/auth/shared_config.hpp"
#include "aws/core/credentials.hpp"

namespace postern::aws::auth {

/// What a profile says about its sign-in.
struct SsoSettings {
  SsoSettings() = default;
  std::string session;  ///< the name of an [sso-session]; empty for the older way
  std::string start_url;
  std::string region;  ///< of Identity Center, not of the calls
  std::string account_id;
  std::string role_name;
};

/// The name of the file in ~/.aws/sso/cache: SHA-1 of the session's name, or of the start URL without one, as botocore
/// and the AWS CLI name it.
std::string sso_cache_name(const SsoSettings& settings);

/// Reads the token, never writes or renews it: there is no login here. Errors: not_found (the profile has nothing of
/// it), credentials (a key is missing or contradicts the session, nobody has signed in, the sign-in has ended: the
/// message says which `aws sso login`), denied (the role is not the user's), unsupported (`aws login`).
class SsoProvider final : public CredentialsProvider {
 public:
  SsoProvider(const ProviderParts& parts, std::shared_ptr<const SharedConfig> config, std::string profile)
      : parts_(parts), config_(std::move(config)), profile_(std::move(profile)) {}
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override { return "IAM Identity Center of profile " + profile_; }

 private:
  Result<SsoSettings> settings() const;
  Result<Secret<>> token(const SsoSettings& settings, WallTime now) const;
  Error explained(Error error, const SsoSettings& settings) const;
  std::string login_hint() const;

  const ProviderParts parts_;
  std::shared_ptr<const SharedConfig> config_;  // shared by all providers of the chain
  std::string profile_;
};

}  // namespace postern::aws::auth
