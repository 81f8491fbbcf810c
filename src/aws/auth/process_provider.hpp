#pragma once

#include <memory>
#include <string>

#include "aws/auth/provider_parts.hpp"
#include "aws/auth/shared_config.hpp"
#include "aws/core/credentials.hpp"

namespace postern::aws::auth {

/// credential_process of a profile: runs a program (without a shell) that prints credentials as JSON.
class ProcessProvider final : public CredentialsProvider {
 public:
  static constexpr Duration kTimeout = std::chrono::seconds(60);  ///< some ask a person to touch a key
  ProcessProvider(const ProviderParts& parts, std::shared_ptr<const SharedConfig> config, std::string profile)
      : processes_(parts.processes), config_(std::move(config)), profile_(std::move(profile)) {}
  /// Errors: credentials, with what the program wrote to stderr.
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override { return "credential_process of profile " + profile_; }

 private:
  os::Processes* processes_;
  std::shared_ptr<const SharedConfig> config_;  // shared by all providers of the chain
  std::string profile_;
};

}  // namespace postern::aws::auth
