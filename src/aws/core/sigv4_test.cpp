#include "aws/core/sigv4.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "aws/core/sigv4_verify.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace {

namespace fs = std::filesystem;

fs::path vector_folder() {
  const char* data = std::getenv("POSTERN_TEST_DATA");
  return fs::path(data != nullptr ? data : "../shared/data") / "sigv4";
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The value of a key in one of the suite's small, flat context files.
std::string context_value(const std::string& json, const std::string& key) {
  const std::size_t at = json.find("\"" + key + "\"");
  if (at == std::string::npos) return "";
  std::size_t start = json.find(':', at) + 1;
  while (json[start] == ' ') ++start;
  if (json[start] == '"') return json.substr(start + 1, json.find('"', start + 1) - start - 1);
  return json.substr(start, json.find_first_of(",\n}", start) - start);
}

/// "GET /a b HTTP/1.1", fields with folded lines, an empty line, the body.
http::Request parse_raw(const std::string& raw) {
  http::Request request;
  const std::size_t head_end = raw.find("\n\n");
  const std::string head = raw.substr(0, head_end);
  if (head_end != std::string::npos) request.body = raw.substr(head_end + 2);
  std::vector<std::pair<std::string, std::string>> fields;
  bool first = true;
  for (const std::string_view line : split(head, '\n')) {
    if (first) {
      first = false;
      const std::size_t space = line.find(' ');
      request.method = line.substr(0, space);
      request.target = line.substr(space + 1, line.rfind(' ') - space - 1);
    } else if (line.starts_with(' ')) {
      fields.back().second += "\n" + std::string(line);
    } else if (!line.empty()) {
      const std::size_t colon = line.find(':');
      fields.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    }
  }
  for (auto& [name, value] : fields) request.headers.add(name, value);
  return request;
}

std::string to_raw(const http::Request& request) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\n";
  for (const auto& [name, value] : request.headers.fields()) out += name + ":" + value + "\n";
  return out + "\n" + request.body;
}

struct VectorCase {
  fs::path folder;
  Credentials credentials;
  SigningOptions options;
  std::string region;
  std::string service;
  WallTime time;
  std::chrono::seconds expires{0};
};

VectorCase load_case(const fs::path& folder) {
  const std::string json = read_file(folder / "context.json");
  VectorCase c;
  c.folder = folder;
  c.credentials.access_key_id = context_value(json, "access_key_id");
  c.credentials.secret_access_key = Secret<>(context_value(json, "secret_access_key"));
  c.credentials.session_token = Secret<>(context_value(json, "token"));
  c.region = context_value(json, "region");
  c.service = json.substr(json.find("\"service\": \"") + 12, 7);
  c.time = parse_rfc3339(context_value(json, "timestamp")).value();
  c.expires = std::chrono::seconds(std::stoi(context_value(json, "expiration_in_seconds")));
  if (context_value(json, "normalize") == "false") c.options.path = SigningOptions::Path::as_is;
  if (context_value(json, "sign_body") == "true") c.options.content_header = SigningOptions::ContentHeader::add;
  if (context_value(json, "omit_session_token") == "true") c.options.token = SigningOptions::Token::added_after;
  return c;
}

std::string strip_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<fs::path> vector_cases() {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(vector_folder(), error)) {
    if (fs::exists(entry.path() / "context.json")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::optional<KnownKey> known(const VectorCase& c, std::string_view id) {
  if (id != c.credentials.access_key_id) return std::nullopt;
  KnownKey key;
  key.secret_access_key = c.credentials.secret_access_key;
  key.session_token = c.credentials.session_token;
  return key;
}

void expect_verified(Signer& signer, const VectorCase& c, const std::string& raw) {
  VerifyOptions options;
  options.signing.path = c.options.path;
  options.region = c.region;
  options.service = c.service;
  const auto lookup = [&c](std::string_view id) { return known(c, id); };
  const http::Request request = parse_raw(raw);
  const auto good = verify_signature(signer, request, lookup, c.time, options);
  ASSERT_TRUE(good.has_value()) << good.error().message;
  EXPECT_EQ(good->access_key_id, "AKIDEXAMPLE");
  http::Request other = request;
  other.body += "x";
  const auto bad = verify_signature(signer, other, lookup, c.time, options);
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().problem, SignatureProblem::mismatch);
}

TEST(SigV4, AllCasesOfTheSuiteAtEveryStageInHeaderForm) {
  const auto folders = vector_cases();
  if (folders.empty()) GTEST_SKIP() << "SKIPPED: no SigV4 cases in " << vector_folder();
  ASSERT_EQ(folders.size(), 38u);
  Signer signer;
  for (const auto& folder : folders) {
    SCOPED_TRACE(folder.filename().string());
    const VectorCase c = load_case(folder);
    http::Request request = parse_raw(read_file(folder / "request.txt"));
    const std::string payload = signer.sha256_hex(request.body);
    ASSERT_TRUE(signer.sign_headers(request, "unused", c.credentials, c.region, c.service, c.time, c.options));
    std::string body_end = request.body;
    EXPECT_EQ(strip_end(to_raw(request)), strip_end(read_file(folder / "header-signed-request.txt")));

    http::Request bare = request;
    bare.headers.remove("Authorization");
    if (c.options.token == SigningOptions::Token::added_after) bare.headers.remove("X-Amz-Security-Token");
    const auto names = headers_to_sign(bare.headers);
    const std::string canonical = canonical_request(bare, "unused", names, payload, c.options);
    EXPECT_EQ(canonical, strip_end(read_file(folder / "header-canonical-request.txt")));
    const SigningScope scope(c.region, c.service, c.time);
    const std::string to_sign = string_to_sign(scope, canonical);
    EXPECT_EQ(to_sign, strip_end(read_file(folder / "header-string-to-sign.txt")));
    EXPECT_EQ(signature(c.credentials.secret_access_key.reveal(), scope, to_sign),
              strip_end(read_file(folder / "header-signature.txt")));
    expect_verified(signer, c, to_raw(request));
  }
  EXPECT_EQ(signer.cached_keys(), 1u);
}

TEST(SigV4, AllCasesOfTheSuiteAtEveryStageInQueryForm) {
  const auto folders = vector_cases();
  if (folders.empty()) GTEST_SKIP() << "SKIPPED: no SigV4 cases in " << vector_folder();
  Signer signer;
  for (const auto& folder : folders) {
    SCOPED_TRACE(folder.filename().string());
    const VectorCase c = load_case(folder);
    http::Request request = parse_raw(read_file(folder / "request.txt"));
    const std::string payload = signer.sha256_hex(request.body);
    ASSERT_TRUE(
        signer.presign_query(request, "unused", c.credentials, c.region, c.service, c.time, c.expires, c.options));
    EXPECT_EQ(strip_end(to_raw(request)), strip_end(read_file(folder / "query-signed-request.txt")));

    http::Request bare = request;
    const std::size_t token = bare.target.find("&X-Amz-Security-Token=");
    if (c.options.token == SigningOptions::Token::added_after && token != std::string::npos) bare.target.resize(token);
    const auto names = headers_to_sign(bare.headers);
    const std::string canonical = canonical_request(bare, "unused", names, payload, c.options);
    EXPECT_EQ(canonical, strip_end(read_file(folder / "query-canonical-request.txt")));
    const SigningScope scope(c.region, c.service, c.time);
    const std::string to_sign = string_to_sign(scope, canonical);
    EXPECT_EQ(to_sign, strip_end(read_file(folder / "query-string-to-sign.txt")));
    EXPECT_EQ(signature(c.credentials.secret_access_key.reveal(), scope, to_sign),
              strip_end(read_file(folder / "query-signature.txt")));
    expect_verified(signer, c, to_raw(request));
  }
}

Credentials example_credentials() {
  Credentials credentials;
  credentials.access_key_id = "AKIAEXAMPLE";
  credentials.secret_access_key = Secret<>("secret");
  return credentials;
}

const WallTime kNow = parse_rfc3339("2026-11-21T03:04:05Z").value();

TEST(Signer, SigningTwiceReplacesTheFirstSignature) {
  Signer signer;
  http::Request request;
  ASSERT_TRUE(signer.sign_headers(request, "h", example_credentials(), "r", "s", kNow));
  const http::Headers once = request.headers;
  ASSERT_TRUE(signer.sign_headers(request, "h", example_credentials(), "r", "s", kNow));
  EXPECT_EQ(request.headers, once);
}

TEST(Signer, CacheIsBoundedAndTellsSecretsOfOneKeyApart) {
  Signer signer(2);
  const SigningScope scope("r", "s", kNow);
  const std::string first = signer.sign_string("AKID", "one", scope, "text");
  EXPECT_NE(signer.sign_string("AKID", "two", scope, "text"), first);
  signer.sign_string("OTHER", "three", scope, "text");
  EXPECT_EQ(signer.cached_keys(), 2u);
  EXPECT_EQ(signer.sign_string("AKID", "one", scope, "text"), first);
  EXPECT_EQ(signature("one", scope, "text"), first);
}

TEST(Signer, IncompleteCredentialsAreAnErrorThatNamesTheirSource) {
  Signer signer;
  Credentials credentials;
  credentials.access_key_id = "AKIA";
  credentials.source = "profile payments";
  http::Request request;
  const auto result = signer.sign_headers(request, "h", credentials, "r", "s", kNow);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::credentials);
  EXPECT_NE(result.error().message().find("profile payments"), std::string::npos);
}

}  // namespace
}  // namespace postern::aws
