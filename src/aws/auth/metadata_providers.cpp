#include "aws/auth/metadata_providers.hpp"

#include <array>
#include <utility>

#include "aws/auth/credential_json.hpp"
#include "base/text.hpp"
#include "rt/clock.hpp"

namespace postern::aws::auth {

namespace {

constexpr std::size_t kTokenBytesMax = 64U << 10U;
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";

/// "127.0.0.1" but not "127.0.0.1.example.com".
bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  if (!host.starts_with("127.")) return false;
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_container_host(std::string_view host) {
  static constexpr std::array<std::string_view, 3> kHosts = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
  for (const std::string_view known : kHosts) {
    if (host == known) return true;
  }
  return is_loopback(host);
}

std::string first_line(std::string_view text) {
  return std::string(trim(text.substr(0, text.find('\n'))));
}

}  // namespace

Result<http::Url> ContainerProvider::address() const {
  const auto relative = environment_.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (relative && !relative->empty()) return http::parse_url("http://169.254.170.2" + *relative);
  const auto full = environment_.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!full || full->empty()) {
    return does_not_apply(
        "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
  }
  auto url = http::parse_url(*full);
  if (!url)
    return fail(
        std::move(url).error().as(ErrorKind::credentials).with("variable", "AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  if (!url->origin.tls && !is_container_host(url->origin.host)) {
    return fail(ErrorKind::credentials,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host '" + printable(url->origin.host, 80) +
                    "' over plain HTTP; only loopback and the addresses of ECS and EKS are allowed");
  }
  return url;
}

Result<Secret<>> ContainerProvider::token() const {
  Secret<> token;
  const auto path = environment_.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (path && !path->empty()) {
    auto text = files_.read(*path, kTokenBytesMax);
    if (!text) {
      return fail(Error(ErrorKind::credentials, "cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
                      .caused_by(std::move(text).error()));
    }
    token = Secret<>(std::string(trim(*text)));
    wipe(*text);
  } else if (auto value = environment_.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
    token = Secret<>(std::move(*value));
  }
  if (token.reveal().find_first_of("\r\n") != std::string::npos) {
    return fail(ErrorKind::credentials, "the container authorization token contains a line break");
  }
  return token;
}

rt::Task<Result<Credentials>> ContainerProvider::resolve(rt::CallContext ctx) {
  CO_TRY(const http::Url url, address());
  if (client_ == nullptr)
    co_return fail(ErrorKind::credentials, "container credentials are configured, but cannot be asked for here");
  Error last(ErrorKind::unavailable, "not asked");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 0) {
      const rt::Deadline pause = ctx.deadline().sooner(rt::Deadline(ctx.now() + kPause));
      CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), pause.at()));
      if (ctx.deadline().passed(ctx.clock())) break;
    }
    CO_TRY(const Secret<> authorization, token());
    http::Request request;
    request.target = url.target;
    request.headers.add("Host", url.origin.host_header());
    request.headers.add("Accept", "application/json");
    if (!authorization.empty()) request.headers.add("Authorization", authorization.reveal());
    const rt::CallContext limited = ctx.within(kTimeout);
    Result<http::Response> response = co_await client_->send(limited, url.origin, std::move(request));
    if (!response) {
      last = std::move(response).error();
      if (last.kind() == ErrorKind::cancelled) co_return fail(std::move(last));
      continue;
    }
    if (response->status == 200) {
      Result<Credentials> found = parse_credential_json(response->body, CredentialDocument::metadata, describe());
      wipe(response->body);
      co_return found;
    }
    last = Error(ErrorKind::credentials,
                 "HTTP " + std::to_string(response->status) + ": " + printable(first_line(response->body), 200));
    if (response->status < 500) break;
  }
  co_return fail(Error(ErrorKind::credentials, "container credentials: no answer from " + url.origin.to_text())
                     .caused_by(std::move(last)));
}

rt::Task<Result<std::string>> InstanceProvider::ask(rt::CallContext ctx, http::Origin origin, http::Request request) {
  request.headers.set("Host", origin.host_header());
  std::string why;
  for (int attempt = 0; attempt < settings_.attempts; ++attempt) {
    const rt::CallContext limited = ctx.within(settings_.timeout);
    http::Request copy = request;
    Result<http::Response> response = co_await client_->send(limited, origin, std::move(copy));
    if (!response) {
      if (response.error().kind() == ErrorKind::cancelled) co_return fail(std::move(response).error());
      why = response.error().message();
      continue;
    }
    if (response->status == 200) co_return std::move(response->body);
    why = "HTTP " + std::to_string(response->status);
    if (response->status < 500) break;
  }
  co_return does_not_apply("no instance metadata at " + settings_.endpoint + ": " + why);
}

rt::Task<Result<Credentials>> InstanceProvider::resolve(rt::CallContext ctx) {
  if (settings_.disabled) co_return does_not_apply("AWS_EC2_METADATA_DISABLED is true");
  if (client_ == nullptr) co_return does_not_apply("instance metadata cannot be asked for here");
  Result<http::Url> url = http::parse_url(settings_.endpoint);
  if (!url) co_return fail(std::move(url).error().with("setting", "ec2_metadata_service_endpoint"));
  const http::Origin origin = url->origin;

  http::Request for_token;
  for_token.method = "PUT";
  for_token.target = "/latest/api/token";
  for_token.headers.add("X-aws-ec2-metadata-token-ttl-seconds", "21600");
  CO_TRY(std::string token_text, co_await ask(ctx, origin, std::move(for_token)));
  const Secret<> token{std::string(trim(token_text))};
  wipe(token_text);
  // What is no token would otherwise break the next request's head apart.
  if (token.empty() || token.reveal().find_first_of("\r\n \t<") != std::string::npos) {
    co_return does_not_apply("what answers at " + settings_.endpoint + " is not IMDS");
  }
  http::Request for_role;
  for_role.target = std::string(kRolePath);
  for_role.headers.add("X-aws-ec2-metadata-token", token.reveal());
  CO_TRY(const std::string roles, co_await ask(ctx, origin, std::move(for_role)));
  const std::string role = first_line(roles);
  if (role.empty() || role.find_first_of(" <>?#%") != std::string::npos) {
    co_return does_not_apply("the instance has no role (no instance profile)");
  }
  http::Request for_keys;
  for_keys.target = std::string(kRolePath) + role;
  for_keys.headers.add("X-aws-ec2-metadata-token", token.reveal());
  CO_TRY(std::string body, co_await ask(ctx, origin, std::move(for_keys)));
  Result<Credentials> found =
      parse_credential_json(body, CredentialDocument::metadata, "instance role " + printable(role, 80));
  wipe(body);
  co_return found;
}

}  // namespace postern::aws::auth
