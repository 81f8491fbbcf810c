#pragma once

/// Profiles with role_arn: source_profile or credential_source, chains of any depth.

#include <memory>
#include <string>

#include "aws/auth/assume_role.hpp"
#include "aws/auth/chain.hpp"
#include "aws/auth/provider_parts.hpp"
#include "aws/auth/settings.hpp"
#include "aws/auth/shared_config.hpp"
#include "aws/core/credentials.hpp"

namespace postern::aws::auth {

/// The profile's own links in botocore's order: web identity, SSO, credentials file, credential_process, config file.
ChainProvider::Links profile_links(const ProviderParts& parts, std::shared_ptr<const SharedConfig> config,
                                   const std::string& profile, const std::string& region,
                                   WebIdentityProvider::UseEnvironment use_environment);

/// The provider that a profile with role_arn means; the source of every step is cached. Errors: credentials, with
/// file:line, for a profile that does not exist, has both or neither of source_profile and credential_source, or leads
/// back to itself (the message shows the loop). A profile may name itself when it also has keys.
Result<std::shared_ptr<CredentialsProvider>> make_profile_role(const ProviderParts& parts,
                                                               std::shared_ptr<const SharedConfig> config,
                                                               const Settings& settings, const std::string& profile);

/// The chain's link: builds the above when it is first asked, so that a broken profile hurts only those who need it.
class ProfileRoleProvider final : public CredentialsProvider {
 public:
  ProfileRoleProvider(const ProviderParts& parts, std::shared_ptr<const SharedConfig> config, Settings settings)
      : parts_(parts), config_(std::move(config)), settings_(std::move(settings)) {}
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override;
  void invalidate() override;

 private:
  const ProviderParts parts_;
  std::shared_ptr<const SharedConfig> config_;  // shared by all providers of the chain
  Settings settings_;
  std::shared_ptr<CredentialsProvider> built_;  // shared only for the type's sake: nobody else holds it
};

}  // namespace postern::aws::auth
