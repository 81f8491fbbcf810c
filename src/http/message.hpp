#pragma once

/// HTTP requests and responses as values, bodies whole: every body that postern handles is bounded.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::http {

/// Header fields in the order given; names compare without case (RFC 9110 section 5.1).
class Headers {
 public:
  Headers() = default;
  /// Appends; an existing field of the name stays.
  void add(std::string name, std::string value);
  /// Replaces every field of the name by one.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// The first field of that name, or null.
  const std::string* find(std::string_view name) const noexcept;
  /// The first value or the empty string.
  std::string_view get(std::string_view name) const noexcept;
  const std::vector<std::pair<std::string, std::string>>& fields() const noexcept { return fields_; }
  bool empty() const noexcept { return fields_.empty(); }
  /// Makes room for that many fields at once.
  void reserve(std::size_t count) { fields_.reserve(count); }
  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  Request() = default;
  std::string method = "GET";
  /// Origin form: path and, after '?', query, percent-encoded as it goes on the wire. Never empty: at least "/".
  std::string target = "/";
  Headers headers;
  std::string body;
  std::string_view path() const noexcept;
  /// What follows '?', without it; empty when there is none.
  std::string_view query() const noexcept;
};

class Takeover;

struct Response {
  Response() = default;
  int status = 200;
  Headers headers;
  std::string body;
  /// With status 101 and an Upgrade header: who goes on with the connection. Null otherwise.
  std::shared_ptr<Takeover> takeover;
};

/// The standard reason phrase, or "Unknown".
std::string_view reason_phrase(int status) noexcept;

}  // namespace postern::http
