#pragma once

/// Providers that only read: given keys, the environment, the two files.

#include <memory>
#include <string>

#include "aws/auth/provider_parts.hpp"
#include "aws/auth/shared_config.hpp"
#include "aws/core/credentials.hpp"

namespace postern::aws::auth {

/// Keys that somebody else has found.
class StaticProvider final : public CredentialsProvider {
 public:
  explicit StaticProvider(Credentials credentials) : credentials_(std::move(credentials)) {}
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override;

 private:
  Credentials credentials_;
};

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (or the old AWS_SECURITY_TOKEN),
/// AWS_CREDENTIAL_EXPIRATION.
class EnvironmentProvider final : public CredentialsProvider {
 public:
  explicit EnvironmentProvider(const os::Environment& environment) : environment_(environment) {}
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override { return "environment"; }

 private:
  const os::Environment& environment_;
};

/// aws_access_key_id and its relatives in one of the two files.
class FileKeysProvider final : public CredentialsProvider {
 public:
  enum class Which : std::uint8_t { credentials_file, config_file };
  FileKeysProvider(std::shared_ptr<const SharedConfig> config, Which which, std::string profile)
      : config_(std::move(config)), which_(which), profile_(std::move(profile)) {}
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override;

 private:
  Result<Credentials> read() const;
  const std::string& path() const;

  std::shared_ptr<const SharedConfig> config_;  // shared by all providers of the chain
  Which which_;
  std::string profile_;
};

}  // namespace postern::aws::auth
