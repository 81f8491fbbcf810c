#pragma once

/// A Systems Manager document other than our own scripts: which one, with which parameters, and whether it would take
/// them. Pure; who describes the document is the adapters' business.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::flow {

/// Parameters as SendCommand takes them: every value is a list.
using DocumentParameters = std::map<std::string, std::vector<std::string>, std::less<>>;

struct DocumentSpec {
  DocumentSpec() = default;
  std::string name;     ///< or the ARN of a document that another account shares
  std::string version;  ///< "$DEFAULT", "$LATEST" or a number; empty: not given
  std::string hash;     ///< SHA-256 of the content that may be run; empty: any
  DocumentParameters parameters;
};

/// `document`: NAME or NAME:VERSION. Each parameter is NAME=VALUE; repeated names make a list; a value that begins with
/// [ and is a JSON list of strings is that list. Fails with usage: on a name or version that SSM would refuse, on a
/// value that begins with [" and is no JSON list.
Result<DocumentSpec> parse_document_spec(std::string_view document, std::span<const std::string> parameters);

enum class DocumentPlatform : std::uint8_t { linux_, windows, macos };
std::string_view to_string(DocumentPlatform platform) noexcept;  ///< "Linux", "Windows", "MacOS": as SSM names them
std::optional<DocumentPlatform> parse_document_platform(std::string_view text) noexcept;

struct ParameterDescription {
  ParameterDescription() = default;
  enum class Type : std::uint8_t { string, string_list, boolean, integer, string_map, map_list, other };
  std::string name;
  Type type = Type::string;
  std::optional<std::string> default_value;  ///< absent: the parameter is required
  /// What only the document's content tells, not DescribeDocument; empty: not known, or not limited.
  std::vector<std::string> allowed_values;
  std::string allowed_pattern;
};
/// "String", "StringList", ...; what AWS may add is `other`, whose values are not judged.
std::string_view to_string(ParameterDescription::Type type) noexcept;
ParameterDescription::Type parse_parameter_type(std::string_view text) noexcept;

/// What DescribeDocument says of a document.
struct DocumentDescription {
  DocumentDescription() = default;
  std::string name;
  std::string version;
  std::string hash;  ///< SHA-256: sent along, it pins the content
  std::string type = "Command";
  std::string status = "Active";
  std::string target_type;                  ///< "/AWS::EC2::Instance"; empty or "/": any
  std::vector<DocumentPlatform> platforms;  ///< empty: any
  std::vector<ParameterDescription> parameters;
  std::string content;  ///< of that version, in JSON; empty: it was not read, or may not be
};

struct ParameterProblem {
  enum class Kind : std::uint8_t {
    not_a_command,  ///< an Automation or Session document, say
    not_active,
    unknown,  ///< the document has no such parameter
    missing,
    not_one_value,  ///< a list for a String
    wrong_type,
    not_allowed,
    interpolated,  ///< SSM would put a value in place of {{ }}
    platform       ///< not for the targets' platform
  };
  ParameterProblem(Kind k, std::string p, std::string m) : kind(k), parameter(std::move(p)), message(std::move(m)) {}
  Kind kind;
  std::string parameter;  ///< empty: the document as a whole
  std::string message;    ///< a sentence
};

/// Whether the document belongs to Amazon: nobody else may use these names, and it is the same in every account.
bool is_amazon_document(std::string_view name) noexcept;

/// Whether {{ }} in values is meant ({{ssm:NAME}} reads a parameter of the Parameter Store in the target's account).
enum class Braces : std::uint8_t { refused, meant };

/// Everything that is wrong, in the order of the document's parameters; nothing: SSM should take it. Values of
/// parameters are never part of a message: they may be secret.
std::vector<ParameterProblem> find_parameter_problems(const DocumentDescription& document,
                                                      const DocumentParameters& parameters,
                                                      std::span<const DocumentPlatform> targets, Braces braces);

/// The same as one error of kind usage with all of them; ok when there are none.
Result<void> check_parameters(const DocumentDescription& document, const DocumentParameters& parameters,
                              std::span<const DocumentPlatform> targets, Braces braces);

}  // namespace postern::flow
