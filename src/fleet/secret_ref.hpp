#pragma once

/// References to values that are read only when they are needed: env:NAME, file:PATH, exec:CMD, or a literal.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::fleet {

/// Whether `exec:` references are honoured: only in a fleet file that its user has trusted by digest.
enum class Trust : std::uint8_t { untrusted, trusted };

/// A value, or where it is to be read. Holds no secret unless the file held it literally.
struct SecretRef {
  SecretRef() = default;
  enum class Kind : std::uint8_t { literal, env, file, exec };
  Kind kind = Kind::literal;
  /// The literal, the variable's name, the path, or the command.
  std::string text;

  static SecretRef literal(std::string value);
  /// Error kind usage: an empty name, a name that no environment variable can have, or `exec:` without trust.
  static Result<SecretRef> parse(std::string_view text, Trust trust = Trust::untrusted);
  /// "env:NAME" and so on; a literal is written as it is.
  std::string to_text() const;
  friend bool operator==(const SecretRef&, const SecretRef&) = default;
};

/// Reads references when a call needs them. Implemented where environment and files are; it may cache.
class SecretResolver {
 public:
  virtual ~SecretResolver() = default;
  /// not_found when the variable or file is not there; trailing line ends of a file are dropped.
  virtual Result<Secret<std::string>> resolve(const SecretRef& reference) = 0;
};

}  // namespace postern::fleet
