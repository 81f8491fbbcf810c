#pragma once

/// The text work of SigV4, appended to a caller's buffer. Internal to aws/core.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/core/sigv4.hpp"

namespace postern::aws {

/// Reused between signatures so that signing allocates little.
struct CanonicalScratch {
  struct Field {
    std::string_view name;  // lower case, in `names`
    const std::string* value = nullptr;
    std::size_t order = 0;  // fields of one name keep their order
  };
  std::string names;
  std::vector<Field> fields;
  std::vector<std::pair<std::string, std::string>> query;
};

/// Collects the fields to sign, sorted by name, fields of one name in their order. `only`, when given, is the list to
/// follow instead of the rule of headers_to_sign(). `host` must outlive the scratch's use.
void collect_fields(CanonicalScratch& scratch, const http::Headers& headers, const std::string& host,
                    const std::span<const std::string>* only);
/// "host;x-amz-date" of what collect_fields() found.
void append_signed_names(std::string& out, const CanonicalScratch& scratch);
void append_canonical_path(std::string& out, std::string_view path, const SigningOptions& options);
void append_canonical_query(std::string& out, std::string_view query, CanonicalScratch& scratch);
/// The whole of stage 1; collect_fields() was called.
void append_canonical_request(std::string& out, const http::Request& request, std::string_view payload_hash,
                              const SigningOptions& options, CanonicalScratch& scratch);
void append_string_to_sign(std::string& out, const SigningScope& scope, std::string_view canonical_hash_hex);

}  // namespace postern::aws
