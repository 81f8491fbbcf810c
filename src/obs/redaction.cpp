#include "obs/redaction.hpp"

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

bool is_separator(char c) {
  return c == '=' || c == ':' || c == ' ' || c == '"' || c == '\'' || c == '\t';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool ends_value(char c) {
  return c == ' ' || c == '"' || c == '\'' || c == ',' || c == '&' || c == '\n' || c == '}' || c == ';';
}

/// The length of a secret-bearing name at the start of `text`, with its separators; 0 when there is none.
std::size_t secret_prefix(std::string_view text) {
  for (const std::string_view name : kNames) {
    if (!starts_with_ignore_case(text, name)) continue;
    std::size_t end = name.size();
    bool assigned = false;
    while (end < text.size() && is_separator(text[end]) && end < name.size() + 6) {
      assigned = assigned || text[end] == '=' || text[end] == ':';
      ++end;
    }
    if (assigned && end < text.size()) return end;
  }
  return 0;
}

}  // namespace

std::string redact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    // Only at the beginning of a word, or of its last part: "AWS_SESSION_TOKEN=", but not "tokens: 5" in the middle of
    // "brokens".
    const bool boundary = i == 0 || !is_word(text[i - 1]);
    const std::size_t prefix = boundary ? secret_prefix(text.substr(i)) : 0;
    if (prefix == 0) {
      out += text[i++];
      continue;
    }
    const bool header = starts_with_ignore_case(text.substr(i), "authorization");
    out.append(text.substr(i, prefix)).append(kMask);
    i += prefix;
    // An Authorization header has blanks in its value: everything to the end of the line goes.
    while (i < text.size() && (header ? text[i] != '\n' : !ends_value(text[i]))) ++i;
  }
  return out;
}

}  // namespace postern::obs
