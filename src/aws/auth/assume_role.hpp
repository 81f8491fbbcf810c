#pragma once

/// Providers that call STS: AssumeRole (for profiles and for target accounts) and AssumeRoleWithWebIdentity.

#include <chrono>
#include <memory>
#include <string>

#include "aws/auth/provider_parts.hpp"
#include "aws/auth/session_name.hpp"
#include "aws/auth/shared_config.hpp"
#include "aws/core/call.hpp"
#include "aws/core/credentials.hpp"

namespace postern::aws::auth {

struct AssumeRoleOptions {
  AssumeRoleOptions() = default;
  std::string role_arn;
  std::string external_id;                                ///< empty: none is sent
  std::string session_name;                               ///< make_session_name()
  std::string source_identity;                            ///< empty: none is set, and one that there is goes on
  std::chrono::seconds duration = std::chrono::hours(1);  ///< more than an hour is refused by AWS for chained roles
  std::string session_policy;                             ///< JSON that narrows the role's permissions; empty: none
  std::string region;                                     ///< whose STS is asked; empty: the partition's own
  std::string mfa_serial;                                 ///< asks `mfa_prompt` for a code each time
  std::string label;                                      ///< for describe(); empty: the role's ARN
};

/// The keys of a role. Wrap it in a CachedProvider.
class AssumeRoleProvider final : public CredentialsProvider {
 public:
  AssumeRoleProvider(Invoker& invoker, std::shared_ptr<CredentialsProvider> source, AssumeRoleOptions options,
                     MfaPrompt mfa_prompt = MfaPrompt());
  /// Errors: usage (a value outside STS's limits, found before anything is sent), denied with context role_arn and
  /// external_id
  /// ("given" or "none"): see assume_role_candidates(); credentials when those of the source have ended or no MFA code
  /// can be asked for; else what the call failed with.
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override;
  void invalidate() override { source_->invalidate(); }

 private:
  Result<RoleArn> check() const;
  rt::Task<Result<std::string>> ask_mfa_code(rt::CallContext ctx) const;

  Invoker& invoker_;
  std::shared_ptr<CredentialsProvider> source_;  // shared: many roles are assumed from one source
  AssumeRoleOptions options_;
  MfaPrompt mfa_prompt_;
  std::string mfa_refusal_;  ///< what became of the last code; empty: it was taken, or none was sent
};

/// AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or the profile's web_identity_token_file with role_arn.
class WebIdentityProvider final : public CredentialsProvider {
 public:
  enum class UseEnvironment : std::uint8_t { yes, no };
  WebIdentityProvider(const ProviderParts& parts, std::shared_ptr<const SharedConfig> config, std::string profile,
                      std::string region, UseEnvironment use_environment);
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override { return "web identity"; }

 private:
  std::string setting(std::string_view variable, std::string_view key) const;

  const ProviderParts parts_;
  std::shared_ptr<const SharedConfig> config_;  // shared by all providers of the chain
  std::string profile_;
  std::string region_;
  UseEnvironment use_environment_;
};

}  // namespace postern::aws::auth
