#pragma once

/// AwsSession: one command's way to AWS - settings, HTTP, the hub's credentials, the invoker with its rails - and the
/// roles that its scopes assume. Implements nothing of fleet's or flow's ports itself: inventory_source.hpp and
/// command_port.hpp do, on top of it.

#include <map>
#include <memory>
#include <string>

#include "aws/auth/assume_role.hpp"
#include "aws/auth/chain.hpp"
#include "aws/auth/identity_guard.hpp"
#include "aws/auth/settings.hpp"
#include "aws/core/invoker.hpp"
#include "fleet/secret_ref.hpp"
#include "fleet/types.hpp"
#include "http/pool.hpp"
#include "net/proxy.hpp"
#include "net/tls.hpp"
#include "obs/counters.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/processes.hpp"

namespace postern::adapters {

/// Borrowed: all outlive the session.
struct SessionEffects {
  SessionEffects() = default;
  os::Environment* environment = nullptr;
  os::Files* files = nullptr;
  os::Processes* processes = nullptr;
  net::Dialer* dialer = nullptr;  ///< plain TCP
  rt::Clock* clock = nullptr;
  obs::Log* log = nullptr;          ///< null: calls are not logged
  aws::auth::MfaPrompt mfa_prompt;  ///< empty: there is nobody to ask
  /// Null: connections through `dialer`. Set, every request of the session goes there instead: a cloud in memory.
  http::Client* http = nullptr;
};

struct SessionOptions {
  SessionOptions() = default;
  aws::auth::SettingsOptions settings;
  aws::AccessMode mode = aws::AccessMode::read_write;
  std::string purpose = "cli";  ///< ends the RoleSessionName, so that CloudTrail tells runs apart
};

/// Reads env: and file: references; exec: runs nothing here and is refused.
class HostSecrets final : public fleet::SecretResolver {
 public:
  HostSecrets(const os::Environment& environment, os::Files& files) : environment_(environment), files_(files) {}
  Result<Secret<std::string>> resolve(const fleet::SecretRef& reference) override;

 private:
  const os::Environment& environment_;
  os::Files& files_;
};

/// What a scope's services resolve to: AWS's own endpoints, configured ones, or some of each.
enum class World : std::uint8_t { aws, custom, mixed };

class AwsSession {
 public:
  /// Errors: usage (settings, a bad endpoint URL), credentials (an unknown profile, no CA bundle).
  static Result<std::unique_ptr<AwsSession>> open(rt::Executor executor, SessionEffects effects,
                                                  SessionOptions options);
  ~AwsSession();
  AwsSession(const AwsSession&) = delete;
  AwsSession& operator=(const AwsSession&) = delete;

  const aws::auth::Settings& settings() const noexcept { return settings_; }
  const aws::auth::SharedConfig& shared_config() const noexcept { return *config_; }
  /// Every call of the command goes through this: rails, retry, limits, signature, HTTP.
  aws::Invoker& invoker() noexcept { return *invoker_; }
  aws::auth::IdentityGuard& identities() noexcept { return *identities_; }
  http::Client& http() noexcept { return *wire_; }
  /// Connections of their own, with the same proxies and trust; null in a cloud in memory.
  net::Dialer* dialer(bool tls) noexcept { return tls ? tls_dialer_.get() : plain_dialer_.get(); }
  const net::CaBundle& ca() const noexcept { return ca_; }
  const net::ProxySettings& proxies() const noexcept { return proxies_; }

  /// RoleSessionName of the roles that it assumes, but where a profile or the fleet file names one.
  std::string session_name() const;
  /// Roles that are assumed from now on carry this SourceIdentity.
  void set_source_identity(std::string name) { source_identity_ = std::move(name); }
  /// The caller's own credentials.
  const std::shared_ptr<aws::CredentialsProvider>& hub() const noexcept { return hub_; }
  /// Account (may be empty), Region and credentials for calls in a scope. Fails with usage when an ExternalId reference
  /// cannot be read, credentials for an unknown profile.
  Result<aws::CallScope> call_scope(const fleet::Scope& scope);
  /// Where the STS, EC2 and SSM of a Region would be asked.
  World world(std::string_view region) const;

  /// Closes idle connections; to be awaited before the session is destroyed.
  rt::Task<void> close();

 private:
  AwsSession(SessionEffects effects, SessionOptions options)
      : effects_(std::move(effects)), options_(std::move(options)), secrets_(*effects_.environment, *effects_.files) {}
  Result<void> connect(rt::Executor executor);
  Result<void> find_trust();
  Result<void> connect_pool(rt::Executor executor);
  Result<std::shared_ptr<aws::CredentialsProvider>> provider_of(const fleet::Scope& scope);
  Result<std::shared_ptr<aws::CredentialsProvider>> role_provider(const fleet::Scope& scope);
  Result<std::shared_ptr<aws::CredentialsProvider>> profile_provider(const std::string& name);
  aws::auth::ProviderParts provider_parts();

  SessionEffects effects_;
  SessionOptions options_;
  std::string source_identity_;  // empty: none is set
  HostSecrets secrets_;
  aws::auth::Settings settings_;
  std::shared_ptr<const aws::auth::SharedConfig> config_;  // shared with the providers made from it
  net::CaBundle ca_;
  net::ProxySettings proxies_;
  std::unique_ptr<net::Dialer> plain_dialer_;
  std::unique_ptr<net::Dialer> tunnel_dialer_;
  std::unique_ptr<net::Dialer> tls_dialer_;
  std::unique_ptr<http::ClientPool> client_;  // null: requests go to effects_.http
  http::Client* wire_ = nullptr;              // either of them
  std::unique_ptr<http::ClientPool> metadata_client_;
  obs::Counters counters_;
  std::unique_ptr<http::Client> logged_client_;  // null unless calls are logged
  std::unique_ptr<aws::Invoker> pipeline_;       // for STS on behalf of credentials: no identity rail, no loop
  std::unique_ptr<aws::auth::IdentityGuard> identities_;
  std::unique_ptr<aws::Invoker> invoker_;
  std::shared_ptr<aws::CredentialsProvider> hub_;
  // One provider per way in, whatever the Region: an account in four Regions is assumed once.
  std::map<std::string, std::shared_ptr<aws::CredentialsProvider>, std::less<>> providers_;
};

}  // namespace postern::adapters
