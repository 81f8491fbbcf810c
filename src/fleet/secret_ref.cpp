#include "fleet/secret_ref.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace postern::fleet {

namespace secret_ref_detail {

constexpr std::size_t kTextMax = 4096;

bool is_env_name(std::string_view name) {
  const auto ok = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), ok);
}

SecretRef make(SecretRef::Kind kind, std::string_view text) {
  SecretRef reference;
  reference.kind = kind;
  reference.text = std::string(text);
  return reference;
}

}  // namespace secret_ref_detail

SecretRef SecretRef::literal(std::string value) {
  SecretRef reference;
  reference.text = std::move(value);
  return reference;
}

Result<SecretRef> SecretRef::parse(std::string_view text, Trust trust) {
  using secret_ref_detail::make;
  if (text.size() > secret_ref_detail::kTextMax) return fail(ErrorKind::usage, "the value is longer than 4096 bytes");
  if (text.find('\0') != std::string_view::npos) return fail(ErrorKind::usage, "the value holds a zero byte");
  if (text.starts_with("env:")) {
    const std::string_view name = text.substr(4);
    if (!secret_ref_detail::is_env_name(name)) {
      return fail(ErrorKind::usage, "'" + std::string(text) + "' names no environment variable: write env:NAME");
    }
    return make(Kind::env, name);
  }
  if (text.starts_with("file:")) {
    if (text.size() == 5) return fail(ErrorKind::usage, "'file:' needs a path: write file:/path/to/file");
    return make(Kind::file, text.substr(5));
  }
  if (text.starts_with("exec:")) {
    if (text.size() == 5) return fail(ErrorKind::usage, "'exec:' needs a command");
    if (trust == Trust::untrusted) {
      return fail(ErrorKind::usage,
                  "'exec:' would run a command, and this fleet file is not trusted: read it, then run "
                  "`postern init --trust FILE`; env:NAME and file:PATH need no trust");
    }
    return make(Kind::exec, text.substr(5));
  }
  return make(Kind::literal, text);
}

std::string SecretRef::to_text() const {
  switch (kind) {
    case Kind::literal:
      return text;
    case Kind::env:
      return "env:" + text;
    case Kind::file:
      return "file:" + text;
    case Kind::exec:
      return "exec:" + text;
  }
  return text;
}

}  // namespace postern::fleet
