#pragma once

/// SSM documents of type Command as values: schema 1.2, 2.0 and 2.2 in JSON or YAML, and what a caller gives for their
/// parameters (aws.md 1.11).

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "sim/config.hpp"

namespace postern::sim {

struct DocumentParameter {
  DocumentParameter() = default;
  enum class Type : std::uint8_t { string, string_list, boolean, integer, string_map, map_list };
  std::string name;
  Type type = Type::string;
  std::string description;
  std::optional<Json> default_value;  ///< absent: the parameter is required
  std::vector<std::string> allowed_values;
  std::string allowed_pattern;  ///< ECMAScript; the whole value must match
  std::optional<std::int64_t> chars_min;
  std::optional<std::int64_t> chars_max;
  std::optional<std::int64_t> items_min;
  std::optional<std::int64_t> items_max;
  bool required() const noexcept { return !default_value.has_value(); }
};
/// "String", "StringList", ...
std::string_view to_string(DocumentParameter::Type type) noexcept;

struct DocumentStep {
  DocumentStep() = default;
  std::string name;
  std::string action;
  Json inputs;  ///< with {{ parameters }} in place
  /// "StringEquals" of the precondition: two operands, of which "platformType" is the only variable.
  std::vector<std::string> string_equals;
};

enum class DocumentFormat : std::uint8_t { json, yaml };

struct Document {
  Document() = default;
  std::string name;
  std::string owner;  ///< account id; "Amazon"
  std::string description;
  std::string schema_version;
  std::string version = "1";
  std::string version_name;
  std::string display_name;
  std::string target_type;
  std::string type = "Command";
  DocumentFormat format = DocumentFormat::json;
  WallTime created;
  std::vector<Platform> platforms;
  std::vector<DocumentParameter> parameters;
  std::vector<DocumentStep> steps;
  std::string content;  ///< as it was given
  std::string hash;     ///< SHA-256 of the content, hex

  bool supports(Platform platform) const;
  const DocumentParameter* find_parameter(std::string_view parameter) const;
  /// Schema 1.2 and documents with one step need no PluginName.
  bool has_several_steps() const noexcept { return steps.size() > 1; }
};

using DocumentValues = std::map<std::string, std::vector<std::string>>;

/// 64 KiB, AWS's limit of a document's content.
inline constexpr std::size_t kDocumentBytesMax = 65'536;

/// Reads parameters, steps and platforms out of `content` (YAML includes JSON's syntax). Name, version and the like
/// are the caller's to fill in. Fails with InvalidDocumentContent, InvalidDocumentSchemaVersion or
/// MaxDocumentSizeExceeded (400).
Result<Document> parse_document(std::string_view content, DocumentFormat format, std::string_view type);

/// Content in the other format: what GetDocument answers when it is asked for one.
Result<std::string> document_as(const Document& document, DocumentFormat format);

/// Fails with InvalidParameters (400): unknown, missing, of the wrong form.
Result<void> check_parameters(const Document& document, const DocumentValues& values);

/// Given values and defaults, by name, as JSON: what {{ name }} stands for.
std::map<std::string, Json> bound_values(const Document& document, const DocumentValues& values);

/// `json` with every {{ name }} replaced. A string that is nothing but one placeholder becomes the value itself; as an
/// item of an array a list's items take its place.
Json interpolate(const Json& json, const std::map<std::string, Json>& values);

}  // namespace postern::sim
