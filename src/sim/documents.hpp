#pragma once

/// The SSM documents that every account has.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sim/config.hpp"

namespace postern::sim {

struct DocumentParameter {
  DocumentParameter() = default;
  enum class Type : std::uint8_t { string, string_list };
  std::string name;
  Type type = Type::string;
  std::string description;
  bool required = false;
  std::string default_value;
  int range_min = 0;  ///< with range_max > 0: a whole number in this range
  int range_max = 0;
};

struct Document {
  Document() = default;
  std::string name;
  std::string description;
  std::string schema_version;
  std::string version = "1";
  std::vector<Platform> platforms;
  std::string plugin;  ///< "aws:runShellScript"; 1.2 documents show it as the step's name too
  std::vector<DocumentParameter> parameters;
  std::string content;  ///< JSON
  std::string hash;     ///< SHA-256 of the content, hex
  bool supports(Platform platform) const;
};

/// Immutable after construction.
class Documents {
 public:
  Documents();
  /// By name, or by ARN of an AWS-owned document; null when there is none.
  const Document* find(std::string_view name) const;

 private:
  std::vector<Document> documents_;
};

using DocumentValues = std::map<std::string, std::vector<std::string>>;

/// Fails with InvalidParameters (400): unknown, missing, of the wrong form.
Result<void> check_parameters(const Document& document, const DocumentValues& values);

}  // namespace postern::sim
