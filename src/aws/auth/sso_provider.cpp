#include "aws/auth/sso_provider.hpp"

#include <openssl/evp.h>

#include <array>

#include "aws/sso/ops.hpp"
#include "base/check.hpp"
#include "base/encoding.hpp"
#include "base/json_reader.hpp"
#include "base/text.hpp"
#include "base/wipe.hpp"

namespace postern::aws::auth {

namespace {

constexpr std::size_t kTokenFileMax = 256U << 10U;
constexpr std::string_view kCacheFolder = "~/.aws/sso/cache/";

/// The members of a cached token that matter here.
struct CachedToken {
  CachedToken() = default;
  Secret<> access_token;
  std::string expires_at;
};

Result<CachedToken> parse_token(std::string_view text) {
  JsonReader reader(text, 8);
  CachedToken token;
  std::string_view key;
  std::string_view value;
  bool good = reader.begin_object();
  while (good && reader.next_key(key)) {
    if (key == "accessToken" && reader.peek() == JsonReader::Kind::string) {
      good = reader.read_string(value);
      if (good) token.access_token = Secret<>(std::string(value));
    } else if (key == "expiresAt" && reader.peek() == JsonReader::Kind::string) {
      good = reader.read_string(value);
      if (good) token.expires_at = value;
    } else {
      good = reader.skip_value();
    }
  }
  if (!reader.finish()) return fail(ErrorKind::credentials, "it is not the JSON that it should be");
  return token;
}

/// "2026-11-21T10:00:00Z", and "...UTC" as older versions of the AWS CLI wrote it.
std::optional<WallTime> parse_end(std::string text) {
  if (text.ends_with("UTC")) text.replace(text.size() - 3, 3, "Z");
  return parse_rfc3339(text);
}

}  // namespace

std::string sso_cache_name(const SsoSettings& settings) {
  const std::string& from = settings.session.empty() ? settings.start_url : settings.session;
  std::array<unsigned char, 20> hash{};
  unsigned size = 0;
  CHECK(EVP_Digest(from.data(), from.size(), hash.data(), &size, EVP_sha1(), nullptr) == 1 && size == hash.size());
  return to_hex(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size())) + ".json";
}

std::string SsoProvider::login_hint() const {
  return "sign in with: aws sso login --profile " + profile_;
}

Result<SsoSettings> SsoProvider::settings() const {
  const Profile* profile = config_->profile(profile_);
  if (profile == nullptr) return does_not_apply("no profile " + profile_);
  const auto get = [profile](std::string_view key) {
    const std::string* value = profile->find(key);
    return value == nullptr ? std::string() : *value;
  };
  const auto wrong = [this](const std::string& what) {
    return fail(ErrorKind::credentials, "profile " + profile_ + " " + what);
  };
  if (profile->has("login_session")) {
    return fail(ErrorKind::unsupported,
                "profile " + profile_ + " signs in with `aws login` (login_session), which postern does not support " +
                    "yet; export its keys first: eval \"$(aws configure export-credentials --profile " + profile_ +
                    " --format env)\", and leave --profile away");
  }
  SsoSettings settings;
  settings.account_id = get("sso_account_id");
  settings.role_name = get("sso_role_name");
  // A profile with a session alone only yields tokens for other services: botocore passes it over, too.
  if (settings.account_id.empty() && settings.role_name.empty()) {
    return does_not_apply("the profile has neither sso_account_id nor sso_role_name");
  }
  settings.start_url = get("sso_start_url");
  settings.region = get("sso_region");
  settings.session = get("sso_session");
  if (!settings.session.empty()) {
    const IniSection* section = config_->sso_session(settings.session);
    if (section == nullptr) {
      return wrong("names the sso_session '" + printable(settings.session, 80) + "', which does not exist");
    }
    for (const auto& [key, into] : {std::pair<std::string_view, std::string*>("sso_start_url", &settings.start_url),
                                    std::pair<std::string_view, std::string*>("sso_region", &settings.region)}) {
      const IniValue* value = section->find(key);
      const std::string text = value == nullptr ? std::string() : value->text();
      if (!into->empty() && *into != text) {
        return wrong("has a " + std::string(key) + " that is not that of its sso_session " + settings.session);
      }
      *into = text;
    }
  }
  std::string missing;
  for (const auto& [key, value] :
       {std::pair<std::string_view, const std::string*>("sso_account_id", &settings.account_id),
        std::pair<std::string_view, const std::string*>("sso_role_name", &settings.role_name),
        std::pair<std::string_view, const std::string*>("sso_start_url", &settings.start_url),
        std::pair<std::string_view, const std::string*>("sso_region", &settings.region)}) {
    if (value->empty()) missing.append(missing.empty() ? "" : ", ").append(key);
  }
  if (!missing.empty()) return wrong("signs in through IAM Identity Center, but lacks " + missing);
  return settings;
}

Result<Secret<>> SsoProvider::token(const SsoSettings& settings, WallTime now) const {
  const std::string path = expand_path(*parts_.environment, std::string(kCacheFolder) + sso_cache_name(settings));
  const auto bad = [this](const std::string& what) {
    return fail(ErrorKind::credentials, "profile " + profile_ + ": " + what + "; " + login_hint());
  };
  Result<std::string> text = parts_.files->read(path, kTokenFileMax);
  if (!text) {
    if (text.error().kind() == ErrorKind::not_found) return bad("nobody has signed in to " + settings.start_url);
    return fail(Error(ErrorKind::credentials, "profile " + profile_ + ": cannot read the cached sign-in")
                    .caused_by(std::move(text).error()));
  }
  Result<CachedToken> cached = parse_token(*text);
  wipe(*text);
  if (!cached || cached->access_token.empty()) return bad("the cached sign-in in " + path + " cannot be used");
  if (cached->access_token.reveal().find_first_of("\r\n") != std::string::npos) {
    return bad("the cached sign-in in " + path + " cannot be used");
  }
  const std::optional<WallTime> end = parse_end(cached->expires_at);
  if (!end) return bad("the cached sign-in in " + path + " does not say when it ends");
  if (*end <= now) return bad("the sign-in to " + settings.start_url + " ended at " + format_rfc3339(*end));
  return std::move(cached->access_token);
}

Error SsoProvider::explained(Error error, const SsoSettings& settings) const {
  const AwsFault* fault = error.aws();
  if (fault == nullptr) return meant(std::move(error));
  const std::string what = "role " + settings.role_name + " of account " + settings.account_id;
  if (fault->http_status == 401) {
    return Error(ErrorKind::credentials, "profile " + profile_ + ": the sign-in to " + settings.start_url +
                                             " is no longer valid; " + login_hint())
        .caused_by(std::move(error));
  }
  if (fault->http_status == 403 || fault->http_status == 404) {
    return Error(ErrorKind::denied, "profile " + profile_ + ": IAM Identity Center does not give you the " + what +
                                        ": is it assigned to you?")
        .aws(*fault)
        .caused_by(std::move(error));
  }
  return meant(std::move(error));
}

rt::Task<Result<Credentials>> SsoProvider::resolve(rt::CallContext ctx) {
  CO_TRY(const SsoSettings found, settings());
  CO_TRY(Secret<> access_token, token(found, ctx.clock().wall_now()));
  sso::GetRoleCredentialsRequest request;
  request.account_id = found.account_id;
  request.role_name = found.role_name;
  request.access_token = std::move(access_token);
  CallScope scope;  // no credentials: the token is what is trusted
  scope.region = found.region;
  Result<sso::GetRoleCredentialsResponse> answer =
      co_await call<sso::GetRoleCredentials>(ctx, *parts_.invoker, std::move(scope), std::move(request));
  if (!answer) {
    if (answer.error().kind() == ErrorKind::cancelled) co_return fail(std::move(answer).error());
    co_return fail(explained(std::move(answer).error(), found));
  }
  const std::optional<sso::RoleCredentials>& given = answer->role_credentials;
  if (!given || !given->access_key_id || !given->secret_access_key || !given->session_token || !given->expiration) {
    co_return fail(ErrorKind::malformed, "IAM Identity Center answered without complete credentials");
  }
  Credentials credentials;
  credentials.access_key_id = *given->access_key_id;
  credentials.secret_access_key = *given->secret_access_key;
  credentials.session_token = *given->session_token;
  credentials.expires = WallTime(std::chrono::milliseconds(*given->expiration));
  credentials.account_id = found.account_id;
  credentials.source = describe() + " (" + found.role_name + ")";
  co_return credentials;
}

}  // namespace postern::aws::auth
