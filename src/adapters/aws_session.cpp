#include "adapters/aws_session.hpp"

#include "adapters/call_log.hpp"
#include "adapters/identity_rail.hpp"
#include "aws/auth/cached_provider.hpp"
#include "aws/core/read_only.hpp"
#include "base/text.hpp"

namespace postern::adapters {
namespace {

constexpr std::size_t kSecretFileMax = 64U << 10U;
constexpr std::size_t kCaFileMax = 16U << 20U;
constexpr std::string_view kUserAgent = "postern/0.1.0";

std::string access_key(const fleet::Scope& scope) {
  const fleet::Access& access = scope.access;
  std::string key = access.describe() + "\n" + access.profile + "\n" + access.session_name;
  if (access.external_id) key += "\n" + access.external_id->to_text();
  return key;
}

/// What is wrong with AWS's files or the certificates is the environment's fault, not the command line's.
Error as_environment(Error error) {
  return error.kind() == ErrorKind::usage ? std::move(error).as(ErrorKind::credentials) : error;
}

}  // namespace

Result<Secret<std::string>> HostSecrets::resolve(const fleet::SecretRef& reference) {
  using Kind = fleet::SecretRef::Kind;
  switch (reference.kind) {
    case Kind::literal:
      return Secret<std::string>(reference.text);
    case Kind::env: {
      std::optional<std::string> value = environment_.get(reference.text);
      if (!value || value->empty()) {
        return fail(ErrorKind::not_found, "the environment variable " + reference.text + " is not set");
      }
      return Secret<std::string>(std::move(*value));
    }
    case Kind::file: {
      TRY(std::string text, files_.read(aws::auth::expand_path(environment_, reference.text), kSecretFileMax));
      while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
      return Secret<std::string>(std::move(text));
    }
    case Kind::exec:
      break;
  }
  return fail(ErrorKind::refused, "exec: values are read only in a trusted fleet file");
}

AwsSession::~AwsSession() = default;

Result<std::unique_ptr<AwsSession>> AwsSession::open(rt::Executor executor, SessionEffects effects,
                                                     SessionOptions options) {
  std::unique_ptr<AwsSession> session(new AwsSession(effects, std::move(options)));
  auto config = aws::auth::SharedConfig::load(*effects.environment, *effects.files);
  if (!config) return fail(as_environment(std::move(config).error()));
  session->config_ = std::move(*config);
  TRY(session->settings_,
      aws::auth::load_settings(*effects.environment, *session->config_, session->options_.settings));
  for (const aws::CustomEndpoint& endpoint : session->settings_.endpoints.custom) {
    Result<http::Url> url = http::parse_url(endpoint.url);
    if (!url) return fail(std::move(url).error().with("setting", endpoint.source));
  }
  TRY_VOID(session->connect(executor));
  return session;
}

Result<void> AwsSession::find_trust() {
  if (!settings_.ca_bundle.empty()) {
    const std::string path = aws::auth::expand_path(*effects_.environment, settings_.ca_bundle);
    Result<std::string> pem = effects_.files->read(path, kCaFileMax);
    if (!pem) {
      return fail(Error(ErrorKind::credentials, "cannot read the CA bundle " + path).caused_by(std::move(pem).error()));
    }
    ca_.pem = std::move(*pem);
    ca_.origin = path;
    return Result<void>();
  }
  const auto read = [this](const std::string& path) { return effects_.files->read(path, kCaFileMax); };
  TRY(ca_, net::find_ca_bundle(effects_.environment->get("SSL_CERT_FILE").value_or(""), read));
  return Result<void>();
}

Result<void> AwsSession::connect_pool(rt::Executor executor) {
  const auto variable = [this](std::string_view name) { return effects_.environment->get(name); };
  proxies_ = net::proxy_settings_from(variable);
  plain_dialer_ = std::make_unique<net::ProxyDialer>(*effects_.dialer, proxies_, net::Traffic::plain, nullptr);
  TRY_VOID(find_trust());
  net::TlsClientConfig tls_config;
  tls_config.ca = ca_;
  Result<std::shared_ptr<net::TlsClient>> made = net::TlsClient::create(std::move(tls_config));
  if (!made) return fail(as_environment(std::move(made).error()));
  const std::shared_ptr<net::TlsClient> tls = std::move(*made);
  tunnel_dialer_ = std::make_unique<net::ProxyDialer>(*effects_.dialer, proxies_, net::Traffic::tls, tls);
  tls_dialer_ = std::make_unique<net::TlsDialer>(*tunnel_dialer_, tls);
  client_ = std::make_unique<http::ClientPool>(executor, *effects_.clock, *plain_dialer_, tls_dialer_.get());
  wire_ = client_.get();
  return Result<void>();
}

Result<void> AwsSession::connect(rt::Executor executor) {
  wire_ = effects_.http;
  if (wire_ == nullptr) TRY_VOID(connect_pool(executor));
  // Instance metadata is never asked through a proxy.
  metadata_client_ = std::make_unique<http::ClientPool>(executor, *effects_.clock, *effects_.dialer, nullptr);

  aws::InvokerOptions invoker_options;
  invoker_options.mode = options_.mode;
  invoker_options.user_agent = kUserAgent;
  if (settings_.max_attempts > 0) invoker_options.retry.attempts_max = settings_.max_attempts;
  const bool logged = effects_.log != nullptr && effects_.log->enabled(obs::LogLevel::debug);
  if (logged) logged_client_ = std::make_unique<LoggedClient>(*wire_);
  http::Client& client = logged ? *logged_client_ : *wire_;
  pipeline_ = aws::make_invoker(aws::InvokerParts(client, settings_.endpoints), std::move(invoker_options));
  if (logged) pipeline_ = std::make_unique<LoggedInvoker>(std::move(pipeline_), *effects_.log, counters_);
  identities_ = std::make_unique<aws::auth::IdentityGuard>(*pipeline_);
  invoker_ = std::make_unique<IdentityRail>(*pipeline_, *identities_);
  hub_ = aws::auth::make_default_chain(provider_parts(), config_, settings_);
  return Result<void>();
}

std::string AwsSession::session_name() const {
  return aws::auth::make_session_name(effects_.environment->user_name(), options_.purpose);
}

aws::auth::ProviderParts AwsSession::provider_parts() {
  aws::auth::ProviderParts parts;
  parts.environment = effects_.environment;
  parts.files = effects_.files;
  parts.processes = effects_.processes;
  parts.metadata_client = metadata_client_.get();
  parts.invoker = pipeline_.get();
  parts.mfa_prompt = effects_.mfa_prompt;
  parts.session_name = session_name();
  return parts;
}

Result<std::shared_ptr<aws::CredentialsProvider>> AwsSession::profile_provider(const std::string& name) {
  if (name.empty()) return hub_;
  const std::string key = "profile\n" + name;
  if (const auto found = providers_.find(key); found != providers_.end()) return found->second;
  aws::auth::SettingsOptions asked = options_.settings;
  asked.profile = name;
  TRY(const aws::auth::Settings settings, aws::auth::load_settings(*effects_.environment, *config_, asked));
  auto provider = aws::auth::make_default_chain(provider_parts(), config_, settings);
  providers_.emplace(key, provider);
  return provider;
}

Result<std::shared_ptr<aws::CredentialsProvider>> AwsSession::role_provider(const fleet::Scope& scope) {
  const fleet::Access& access = scope.access;
  TRY(std::shared_ptr<aws::CredentialsProvider> source, profile_provider(access.profile));
  aws::auth::AssumeRoleOptions role;
  role.role_arn = access.role.text();
  if (access.external_id) {
    Result<Secret<std::string>> external_id = secrets_.resolve(*access.external_id);
    if (!external_id) {
      return fail(Error(ErrorKind::usage,
                        "the ExternalId of " + scope.label() + " cannot be read from " + access.external_id->to_text())
                      .caused_by(std::move(external_id).error()));
    }
    role.external_id = external_id->reveal();
  }
  role.session_name = access.session_name.empty() ? session_name() : access.session_name;
  role.source_identity = source_identity_;
  role.region = scope.region.text();
  if (options_.mode == aws::AccessMode::read_only) role.session_policy = aws::read_only_session_policy();
  auto assume = std::make_shared<aws::auth::AssumeRoleProvider>(*pipeline_, std::move(source), std::move(role));
  return std::make_shared<aws::auth::CachedProvider>(std::move(assume));
}

Result<std::shared_ptr<aws::CredentialsProvider>> AwsSession::provider_of(const fleet::Scope& scope) {
  switch (scope.access.kind) {
    case fleet::Access::Kind::ambient:
      return hub_;
    case fleet::Access::Kind::profile:
      return profile_provider(scope.access.profile);
    case fleet::Access::Kind::role:
      break;
  }
  const std::string key = access_key(scope);
  if (const auto found = providers_.find(key); found != providers_.end()) return found->second;
  TRY(std::shared_ptr<aws::CredentialsProvider> provider, role_provider(scope));
  providers_.emplace(key, provider);
  return provider;
}

Result<aws::CallScope> AwsSession::call_scope(const fleet::Scope& scope) {
  aws::CallScope call;
  call.account_id = scope.account.text();
  call.region = scope.region.text();
  TRY(call.credentials, provider_of(scope));
  return call;
}

World AwsSession::world(std::string_view region) const {
  // The services are those that a run touches; resolve_endpoint() is pure and cheap.
  bool custom = false;
  bool aws = settings_.endpoints.custom.empty();
  for (const std::string_view key : {"STS", "EC2", "SSM"}) {
    bool found = false;
    for (const aws::CustomEndpoint& endpoint : settings_.endpoints.custom) {
      found = found || endpoint.service.empty() || equals_ignore_case(endpoint.service, key);
    }
    (found ? custom : aws) = true;
  }
  if (custom && aws) return World::mixed;
  return custom ? World::custom : World::aws;
}

rt::Task<void> AwsSession::close() {
  if (!counters_.all().empty()) effects_.log->write(obs::LogLevel::debug, "aws.calls", counters_.fields());
  if (client_) co_await client_->close();
  co_await metadata_client_->close();
}

}  // namespace postern::adapters
