#include "aws/core/sigv4_canonical.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::aws {

namespace {

constexpr std::string_view kSignatureParameter = "X-Amz-Signature";

/// Fields that the HTTP stack or a proxy may add, change or drop after signing, and the signature itself.
bool is_signed_field(std::string_view lower_name) {
  static constexpr std::array<std::string_view, 13> kUnsigned = {
      "authorization", "connection",        "expect",  "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
      "trailer",       "transfer-encoding", "upgrade", "user-agent", "proxy-connection",   "x-amzn-trace-id"};
  return std::find(kUnsigned.begin(), kUnsigned.end(), lower_name) == kUnsigned.end();
}

bool is_field_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Trimmed, inner runs of white space (line folding among them) as one space.
void append_field_value(std::string& out, std::string_view value) {
  while (!value.empty() && is_field_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_field_space(value.back())) value.remove_suffix(1);
  // Nearly every value is copied whole: only what has a tab, a line break or two spaces in a row is not. (One search
  // for each is several times faster than one for any of them.)
  const auto absent = [value](char c) { return value.find(c) == std::string_view::npos; };
  if (absent('\t') && absent('\r') && absent('\n') && (absent(' ') || value.find("  ") == std::string_view::npos)) {
    out += value;
    return;
  }
  bool pending = false;
  bool any = false;
  for (const char c : value) {
    if (is_field_space(c)) {
      pending = any;
      continue;
    }
    if (pending) out += ' ';
    pending = false;
    any = true;
    out += c;
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Decodes escapes and encodes again, so that every spelling of a parameter has one canonical form. A '%' that starts
/// no escape stands for itself.
std::string canonical_component(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  percent_encode_to(out, decoded);
  return out;
}

/// RFC 3986 section 5.2.4 as AWS does it: empty segments vanish too, a slash at the end stays.
std::string normalized_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(segment);
    }
  }
  std::string out;
  out.reserve(path.size() + 1);
  for (const std::string_view segment : kept) {
    out += '/';
    out += segment;
  }
  const bool directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  if (out.empty() || directory) out += '/';
  return out;
}

bool is_plain_path(std::string_view path) {
  return path.find("//") == std::string_view::npos && path.find("/.") == std::string_view::npos &&
         path.starts_with('/');
}

}  // namespace

void collect_fields(CanonicalScratch& scratch, const http::Headers& headers, const std::string& host,
                    const std::span<const std::string>* only) {
  static const std::string kHost = "host";
  scratch.names.clear();
  scratch.fields.clear();
  std::size_t bytes = 0;
  for (const auto& field : headers.fields()) bytes += field.first.size();
  scratch.names.reserve(bytes);  // the views below point into it: no growth after this
  const auto wanted = [only](std::string_view name) {
    return only ? std::find(only->begin(), only->end(), name) != only->end() : is_signed_field(name);
  };
  bool has_host = false;
  for (const auto& [name, value] : headers.fields()) {
    const std::size_t start = scratch.names.size();
    scratch.names += name;
    for (char* c = scratch.names.data() + start; c != scratch.names.data() + scratch.names.size(); ++c) {
      if (*c >= 'A' && *c <= 'Z') *c = static_cast<char>(*c + ('a' - 'A'));
    }
    CanonicalScratch::Field field;
    field.name = std::string_view(scratch.names).substr(start);
    field.value = &value;
    field.order = scratch.fields.size();
    if (field.name.empty() || !wanted(field.name)) continue;
    has_host = has_host || field.name == kHost;
    scratch.fields.push_back(field);
  }
  if (!has_host && wanted(kHost)) {
    CanonicalScratch::Field field;
    field.name = kHost;
    field.value = &host;
    scratch.fields.push_back(field);
  }
  std::sort(scratch.fields.begin(), scratch.fields.end(),
            [](const CanonicalScratch::Field& a, const CanonicalScratch::Field& b) {
              const int names = a.name.compare(b.name);
              return names != 0 ? names < 0 : a.order < b.order;
            });
}

void append_signed_names(std::string& out, const CanonicalScratch& scratch) {
  std::string_view last;
  for (const auto& field : scratch.fields) {
    if (field.name == last) continue;
    if (!last.empty()) out += ';';
    out += field.name;
    last = field.name;
  }
}

void append_canonical_path(std::string& out, std::string_view path, const SigningOptions& options) {
  if (path.empty()) path = "/";
  std::string normalized;
  if (options.path == SigningOptions::Path::normalize && !is_plain_path(path)) {
    normalized = normalized_path(path);
    path = normalized;
  }
  if (options.escape == SigningOptions::Escape::again) {
    percent_encode_to(out, path, Slash::keep);
  } else {
    out += path;
  }
}

void append_canonical_query(std::string& out, std::string_view query, CanonicalScratch& scratch) {
  if (query.empty()) return;
  scratch.query.clear();
  for (const std::string_view piece : split(query, '&')) {
    if (piece.empty()) continue;
    const std::size_t equals = piece.find('=');
    const std::string_view name = piece.substr(0, equals);
    if (name == kSignatureParameter) continue;
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1);
    scratch.query.emplace_back(canonical_component(name), canonical_component(value));
  }
  std::sort(scratch.query.begin(), scratch.query.end());
  bool first = true;
  for (const auto& [name, value] : scratch.query) {
    if (!first) out += '&';
    first = false;
    out += name;
    out += '=';
    out += value;
  }
}

void append_canonical_request(std::string& out, const http::Request& request, std::string_view payload_hash,
                              const SigningOptions& options, CanonicalScratch& scratch) {
  out += request.method;
  out += '\n';
  append_canonical_path(out, request.path(), options);
  out += '\n';
  append_canonical_query(out, request.query(), scratch);
  out += '\n';
  std::string_view last;
  for (const auto& field : scratch.fields) {
    if (field.name == last) {
      out.back() = ',';  // was the line's end
    } else {
      out += field.name;
      out += ':';
      last = field.name;
    }
    append_field_value(out, *field.value);
    out += '\n';
  }
  out += '\n';
  append_signed_names(out, scratch);
  out += '\n';
  out += payload_hash;
}

void append_string_to_sign(std::string& out, const SigningScope& scope, std::string_view canonical_hash_hex) {
  out += "AWS4-HMAC-SHA256\n";
  out += scope.timestamp;
  out += '\n';
  out += scope.date();
  out += '/';
  out += scope.region;
  out += '/';
  out += scope.service;
  out += "/aws4_request\n";
  out += canonical_hash_hex;
}

}  // namespace postern::aws
