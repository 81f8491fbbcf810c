#include "aws/auth/basic_providers.hpp"

#include "base/text.hpp"

namespace postern::aws::auth {

namespace {

tl::unexpected<Error> half_a_key(const std::string& where, std::string_view missing) {
  return fail(ErrorKind::credentials, where + " has an access key id but no " + std::string(missing));
}

/// AWS takes white space around a key for a part of it and answers with a puzzling signature error.
Result<void> check_key_text(const Credentials& credentials) {
  const auto clean = [](std::string_view text) {
    return text.find_first_of(" \t\r\n") == std::string_view::npos && is_utf8(text);
  };
  if (clean(credentials.access_key_id) && clean(credentials.secret_access_key.reveal()) &&
      clean(credentials.session_token.reveal())) {
    return {};
  }
  return fail(ErrorKind::credentials, credentials.source + ": a key or token contains white space or is not text");
}

Result<Credentials> read_environment(const os::Environment& environment, WallTime now) {
  const auto get = [&environment](std::string_view name) { return environment.get(name).value_or(std::string()); };
  Credentials found;
  found.source = "environment";
  found.access_key_id = get("AWS_ACCESS_KEY_ID");
  if (found.access_key_id.empty()) return does_not_apply("AWS_ACCESS_KEY_ID is not set");
  found.secret_access_key = Secret<>(get("AWS_SECRET_ACCESS_KEY"));
  if (found.secret_access_key.empty()) return half_a_key("the environment", "secret (AWS_SECRET_ACCESS_KEY)");
  for (const std::string_view name : {"AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"}) {
    if (found.session_token.empty()) found.session_token = Secret<>(get(name));
  }
  found.account_id = get("AWS_ACCOUNT_ID");
  if (const std::string expires = get("AWS_CREDENTIAL_EXPIRATION"); !expires.empty()) {
    found.expires = parse_rfc3339(expires);
    if (!found.expires) {
      return fail(ErrorKind::credentials, "AWS_CREDENTIAL_EXPIRATION is not a time: '" + printable(expires, 60) + "'");
    }
    if (*found.expires <= now)
      return fail(ErrorKind::credentials, "the credentials in the environment expired at " + expires);
  }
  TRY_VOID(check_key_text(found));
  return found;
}

}  // namespace

rt::Task<Result<Credentials>> StaticProvider::resolve(rt::CallContext) {
  co_return credentials_;
}

std::string StaticProvider::describe() const {
  return credentials_.source.empty() ? std::string("given keys") : credentials_.source;
}

rt::Task<Result<Credentials>> EnvironmentProvider::resolve(rt::CallContext ctx) {
  co_return read_environment(environment_, ctx.clock().wall_now());
}

const std::string& FileKeysProvider::path() const {
  return which_ == Which::credentials_file ? config_->credentials_path() : config_->config_path();
}

std::string FileKeysProvider::describe() const {
  return "profile " + profile_ + " in " + path();
}

Result<Credentials> FileKeysProvider::read() const {
  const IniSection* section =
      which_ == Which::credentials_file ? config_->in_credentials_file(profile_) : config_->in_config_file(profile_);
  if (section == nullptr) return does_not_apply("no profile " + profile_ + " there");
  const auto get = [section](std::string_view key) {
    const IniValue* value = section->find(key);
    return value == nullptr ? std::string() : value->text();
  };
  Credentials found;
  found.source = describe();
  found.access_key_id = get("aws_access_key_id");
  if (found.access_key_id.empty()) return does_not_apply("the profile has no aws_access_key_id");
  found.secret_access_key = Secret<>(get("aws_secret_access_key"));
  if (found.secret_access_key.empty()) return half_a_key(describe(), "aws_secret_access_key");
  for (const std::string_view key : {"aws_security_token", "aws_session_token"}) {
    if (found.session_token.empty()) found.session_token = Secret<>(get(key));
  }
  found.account_id = get("aws_account_id");
  TRY_VOID(check_key_text(found));
  return found;
}

rt::Task<Result<Credentials>> FileKeysProvider::resolve(rt::CallContext) {
  co_return read();
}

}  // namespace postern::aws::auth
