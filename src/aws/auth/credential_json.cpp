#include "aws/auth/credential_json.hpp"

#include "base/json_reader.hpp"
#include "base/text.hpp"

namespace postern::aws::auth {

namespace {

struct RawDocument {
  RawDocument() = default;
  std::int64_t version = 0;
  std::string code;
  std::string message;
  std::string expiration;
  Credentials credentials;
};

bool read_secret(JsonReader& reader, Secret<>& into) {
  std::string_view text;
  if (!reader.read_string(text)) return false;
  into = Secret<>(std::string(text));
  return true;
}

bool read_plain(JsonReader& reader, std::string& into) {
  std::string_view text;
  if (!reader.read_string(text)) return false;
  into = text;
  return true;
}

bool read_member(JsonReader& reader, std::string_view key, RawDocument& raw) {
  // A null stands for "none" in the documents of several helper programs.
  if (reader.peek() == JsonReader::Kind::null) return reader.read_null();
  if (key == "Version") return reader.read_int(raw.version);
  if (key == "Code") return read_plain(reader, raw.code);
  if (key == "Message") return read_plain(reader, raw.message);
  if (key == "Expiration") return read_plain(reader, raw.expiration);
  if (key == "AccessKeyId") return read_plain(reader, raw.credentials.access_key_id);
  if (key == "AccountId") return read_plain(reader, raw.credentials.account_id);
  if (key == "SecretAccessKey") return read_secret(reader, raw.credentials.secret_access_key);
  if (key == "SessionToken" || key == "Token") return read_secret(reader, raw.credentials.session_token);
  return reader.skip_value();
}

Result<void> check_complete(const RawDocument& raw, CredentialDocument kind, const std::string& source) {
  const auto bad = [&source](const std::string& what) { return fail(ErrorKind::credentials, source + ": " + what); };
  if (kind == CredentialDocument::metadata && !raw.code.empty() && raw.code != "Success") {
    return bad("answered " + printable(raw.code, 60) + ": " + printable(raw.message, 200));
  }
  if (kind == CredentialDocument::process && raw.version != 1) {
    return bad("\"Version\" must be 1, not " + std::to_string(raw.version));
  }
  if (raw.credentials.access_key_id.empty()) return bad("no \"AccessKeyId\" in the answer");
  if (raw.credentials.secret_access_key.empty()) return bad("no \"SecretAccessKey\" in the answer");
  if (kind == CredentialDocument::metadata && raw.expiration.empty()) return bad("no \"Expiration\" in the answer");
  return {};
}

}  // namespace

Result<Credentials> parse_credential_json(std::string_view text, CredentialDocument kind, std::string source) {
  JsonReader reader(text, 8);
  RawDocument raw;
  std::string_view key;
  std::string name;
  if (reader.begin_object()) {
    while (reader.next_key(key)) {
      name = key;
      if (!read_member(reader, name, raw)) break;
    }
  }
  if (!reader.finish()) {
    return fail(ErrorKind::credentials,
                source + ": the answer is not the JSON that it should be: " + reader.error().message());
  }
  TRY_VOID(check_complete(raw, kind, source));
  if (!raw.expiration.empty()) {
    raw.credentials.expires = parse_rfc3339(raw.expiration);
    if (!raw.credentials.expires) {
      return fail(ErrorKind::credentials,
                  source + ": \"Expiration\" is not a time: '" + printable(raw.expiration, 60) + "'");
    }
  }
  raw.credentials.source = std::move(source);
  return std::move(raw.credentials);
}

}  // namespace postern::aws::auth
