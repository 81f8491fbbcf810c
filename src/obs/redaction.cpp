#include "obs/redaction.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::obs {
namespace {

constexpr std::string_view kNames[] = {
    "aws_secret_access_key",
    "aws_session_token",
    "secretaccesskey",
    "sessiontoken",
    "x-amz-security-token",
    "x-amz-signature",
    "signature",
    "authorization",
    "password",
    "passwd",
    "secret",
    "token",
};
constexpr std::string_view kMask = "***";
constexpr std::string_view kKeyBegins = "-----BEGIN ";
constexpr std::string_view kKeyEnds = "-----END ";
/// Between a name and its value: `": "`, also when the JSON is itself a JSON string, `\": \"`.
constexpr std::size_t kSeparatorsMax = 8;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Where a secret is: `prefix` bytes of name and separators, then `value` bytes to mask.
struct Found {
  std::size_t prefix = 0;
  std::size_t value = 0;
};

/// How long a value is that begins at `at`, behind the separators from `name_end` on.
std::size_t value_length(std::string_view text, std::size_t name_end, std::size_t at) {
  const std::string_view separators = text.substr(name_end, at - name_end);
  const std::string_view rest = text.substr(at);
  std::string_view stops = " \t\r\n\"'\\,&;}<>";
  if (separators.ends_with('"')) stops = separators.ends_with("\\\"") ? "\\\n" : "\"\n";
  if (separators.ends_with('\'')) stops = "'\n";
  if (separators.ends_with('>')) stops = "<\n";
  const std::size_t end = rest.find_first_of(stops);
  return end == std::string_view::npos ? rest.size() : end;
}

/// `name = value` in the ways of shells, headers, URLs, JSON, XML and command lines; a value of 0 bytes: there is none.
Found named_secret(std::string_view text, std::string_view name, std::string_view before) {
  Found found;
  if (!starts_with_ignore_case(text, name)) return found;
  std::size_t end = name.size();
  // An option's value follows a blank: --password hunter2.
  bool assigned = before.ends_with("--");
  while (end < text.size() && end < name.size() + kSeparatorsMax) {
    const char c = text[end];
    const bool assigns = c == '=' || c == ':' || c == '>';
    if (!assigns && c != ' ' && c != '\t' && c != '"' && c != '\'' && c != '\\') break;
    assigned = assigned || assigns;
    ++end;
  }
  if (!assigned || end == name.size()) return found;
  found.prefix = end;
  // An Authorization header has blanks in its value: everything to the end of the line goes.
  found.value = name == "authorization" ? std::min(text.find('\n', end), text.size()) - end
                                        : value_length(text, name.size(), end);
  return found;
}

/// A private key in PEM, its begin line kept.
Found private_key(std::string_view text) {
  Found found;
  if (!text.starts_with(kKeyBegins)) return found;
  const std::size_t line_end = text.find("-----", kKeyBegins.size());
  if (line_end == std::string_view::npos) return found;
  if (text.substr(0, line_end).find("PRIVATE KEY") == std::string_view::npos) return found;
  found.prefix = line_end + 5;
  found.value = std::min(text.find(kKeyEnds, found.prefix), text.size()) - found.prefix;
  return found;
}

Found secret_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.front() == '-') return private_key(rest);
  // Only at the beginning of a word, or of its last part: "AWS_SESSION_TOKEN=", but not "NextToken=".
  if (at > 0 && is_word(text[at - 1])) return Found();
  for (const std::string_view name : kNames) {
    const Found found = named_secret(rest, name, text.substr(0, at));
    if (found.value > 0) return found;
  }
  return Found();
}

}  // namespace

std::string redact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Found found = secret_at(text, at);
    if (found.value == 0) {
      out += text[at++];
      continue;
    }
    out.append(text.substr(at, found.prefix)).append(kMask);
    at += found.prefix + found.value;
  }
  return out;
}

}  // namespace postern::obs
