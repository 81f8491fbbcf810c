#include "flow/document_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>

#include "base/json.hpp"
#include "base/text.hpp"
#include "flow/script_quote.hpp"

namespace postern::flow {
namespace document_check {

using Kind = ParameterProblem::Kind;
using Type = ParameterDescription::Type;

constexpr std::size_t kNameMax = 128;
constexpr std::size_t kMatchedBytesMax = 4096;

bool is_document_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= kNameMax && std::all_of(name.begin(), name.end(), [](char c) {
           const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           return alnum || std::string_view("_-.:/").find(c) != std::string_view::npos;
         });
}

bool is_version(std::string_view text) {
  if (text == "$DEFAULT" || text == "$LATEST") return true;
  return !text.empty() && text.size() <= 9 && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> add_parameter(std::string_view text, DocumentParameters& to) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (equals == std::string_view::npos || name.empty()) {
    return fail(ErrorKind::usage, "a parameter is NAME=VALUE, and \"" + printable(name, 60) + "\" is not");
  }
  const std::string_view value = text.substr(equals + 1);
  if (!is_utf8(text)) {
    return fail(ErrorKind::usage, "the parameter " + printable(name, 60) + " is not valid UTF-8");
  }
  std::vector<std::string>& values = to[std::string(name)];
  if (value.starts_with('[')) {
    const Result<Json> json = Json::parse(value);
    const bool list =
        json && json->is_array() &&
        std::all_of(json->items().begin(), json->items().end(), [](const Json& j) { return j.is_string(); });
    if (list) {
      for (const Json& item : json->items()) values.push_back(item.as_string());
      return {};
    }
    if (value.starts_with("[\"")) {
      return fail(ErrorKind::usage,
                  "the parameter " + printable(name, 60) + " begins like a JSON list of strings and is none");
    }
  }
  values.emplace_back(value);
  return {};
}

bool is_whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool has_form(Type type, const std::string& value) {
  switch (type) {
    case Type::boolean:
      return equals_ignore_case(value, "true") || equals_ignore_case(value, "false");
    case Type::integer:
      return is_whole_number(value);
    case Type::string_map:
    case Type::map_list: {
      const Result<Json> json = Json::parse(value);
      return json && json->is_object();
    }
    default:
      return true;
  }
}

/// A pattern that we cannot read, and a value too long to try, are left for SSM to judge.
bool matches(const std::string& pattern, const std::string& value) {
  if (value.size() > kMatchedBytesMax) return true;
  try {
    // The pattern may be anybody's: matched in polynomial time.
    const std::regex compiled(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial);
    return std::regex_match(value, compiled);
  } catch (const std::regex_error&) {
    return true;
  }
}

class Checker {
 public:
  Checker(const DocumentDescription& document, const DocumentParameters& given, Braces braces)
      : document_(document), given_(given), braces_(braces) {}

  void check_document(std::span<const DocumentPlatform> targets) {
    if (document_.type != "Command") {
      add(Kind::not_a_command, "", document_.name + " is a document of type " + document_.type + ", not Command");
    }
    if (document_.status != "Active") add(Kind::not_active, "", document_.name + " is " + to_lower(document_.status));
    const std::string& type = document_.target_type;
    const bool takes_nodes =
        type.empty() || type == "/" || type == "/AWS::EC2::Instance" || type == "/AWS::SSM::ManagedInstance";
    if (!takes_nodes) add(Kind::not_a_command, "", document_.name + " is for targets of the type " + type);
    if (document_.platforms.empty()) return;
    std::vector<std::string> known;
    for (const DocumentPlatform platform : document_.platforms) known.emplace_back(to_string(platform));
    for (const DocumentPlatform platform :
         {DocumentPlatform::linux_, DocumentPlatform::windows, DocumentPlatform::macos}) {
      const bool wanted = std::find(targets.begin(), targets.end(), platform) != targets.end();
      const auto& can = document_.platforms;
      if (!wanted || std::find(can.begin(), can.end(), platform) != can.end()) continue;
      add(Kind::platform, "",
          document_.name + " is for " + join(known, ", ") + "; there are targets of " +
              std::string(to_string(platform)));
    }
  }

  void check_parameters() {
    for (const ParameterDescription& known : document_.parameters) {
      const auto found = given_.find(known.name);
      if (found != given_.end()) {
        check_values(known, found->second);
      } else if (!known.default_value) {
        add(Kind::missing, known.name, "the parameter " + known.name + " is missing (" + type_name(known) + ")");
      }
    }
    std::vector<std::string_view> names;
    for (const ParameterDescription& known : document_.parameters) names.emplace_back(known.name);
    for (const auto& [name, values] : given_) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      const std::string_view like = nearest(name, names);
      std::string hint;
      if (!like.empty()) {
        hint = "; did you mean " + std::string(like) + "?";
      } else if (names.empty()) {
        hint = "; it has none";
      }
      add(Kind::unknown, name, document_.name + " has no parameter " + name + hint);
    }
  }

  std::vector<ParameterProblem> take() { return std::move(problems_); }

 private:
  static std::string type_name(const ParameterDescription& known) { return std::string(to_string(known.type)); }
  void add(Kind kind, std::string parameter, std::string_view message) {
    problems_.emplace_back(kind, std::move(parameter), printable(message));
  }

  void check_values(const ParameterDescription& known, const std::vector<std::string>& values) {
    const bool list = known.type == Type::string_list || known.type == Type::map_list || known.type == Type::other;
    const std::string who = "the parameter " + known.name;
    if (!list && values.size() != 1) {
      add(Kind::not_one_value, known.name,
          who + " is a " + type_name(known) + ": one value is wanted, " + std::to_string(values.size()) + " are given");
    }
    if (values.empty() && !known.default_value) add(Kind::missing, known.name, who + " is an empty list");
    for (std::size_t at = 0; at < values.size(); ++at) {
      const std::string which = values.size() > 1 ? " (value " + std::to_string(at + 1) + ")" : "";
      check_value(known, values[at], who + which);
    }
  }

  void check_value(const ParameterDescription& known, const std::string& value, const std::string& who) {
    if (braces_ == Braces::refused && may_be_interpolated(value)) {
      add(Kind::interpolated, known.name,
          who +
              " has {{ in it, for which Systems Manager would put something else; --allow-references "
              "lets it do so");
    }
    if (!has_form(known.type, value)) {
      const bool json = known.type == Type::string_map || known.type == Type::map_list;
      add(Kind::wrong_type, known.name, who + (json ? " has to be a JSON object" : " is no " + type_name(known)));
    }
    const auto& allowed = known.allowed_values;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      add(Kind::not_allowed, known.name, who + " is none of: " + join(allowed, ", "));
    }
    if (!known.allowed_pattern.empty() && !matches(known.allowed_pattern, value)) {
      add(Kind::not_allowed, known.name, who + " does not match " + known.allowed_pattern);
    }
  }

  const DocumentDescription& document_;
  const DocumentParameters& given_;
  const Braces braces_;
  std::vector<ParameterProblem> problems_;
};

constexpr std::array<std::string_view, 3> kPlatforms = {"Linux", "Windows", "MacOS"};
constexpr std::array<std::string_view, 7> kTypes = {"String",    "StringList", "Boolean", "Integer",
                                                    "StringMap", "MapList",    "other"};

}  // namespace document_check

bool is_amazon_document(std::string_view name) noexcept {
  for (const std::string_view prefix : {"aws-", "amazon", "amzn", "awsec2", "awssupport", "awsdocs", "awsquickstarts",
                                        "awsquicksetup", "awsconfigremediation", "awsfleetmanager", "awsresilience"}) {
    if (starts_with_ignore_case(name, prefix)) return true;
  }
  return false;
}

std::string_view to_string(DocumentPlatform platform) noexcept {
  return document_check::kPlatforms[static_cast<std::size_t>(platform)];
}

std::optional<DocumentPlatform> parse_document_platform(std::string_view text) noexcept {
  for (std::size_t at = 0; at < document_check::kPlatforms.size(); ++at) {
    if (equals_ignore_case(text, document_check::kPlatforms[at])) return static_cast<DocumentPlatform>(at);
  }
  return std::nullopt;
}

std::string_view to_string(ParameterDescription::Type type) noexcept {
  return document_check::kTypes[static_cast<std::size_t>(type)];
}

ParameterDescription::Type parse_parameter_type(std::string_view text) noexcept {
  for (std::size_t at = 0; at < document_check::kTypes.size(); ++at) {
    if (text == document_check::kTypes[at]) return static_cast<ParameterDescription::Type>(at);
  }
  return ParameterDescription::Type::other;
}

Result<DocumentSpec> parse_document_spec(std::string_view document, std::span<const std::string> parameters) {
  DocumentSpec spec;
  const std::size_t colon = document.rfind(':');
  const bool arn = document.starts_with("arn:");
  std::string_view name = document;
  // The last part of an ARN is "document/NAME", which is no version.
  const bool versioned =
      colon != std::string_view::npos && (!arn || document.substr(colon).find('/') == std::string_view::npos);
  if (versioned) {
    spec.version = std::string(document.substr(colon + 1));
    name = document.substr(0, colon);
    if (!document_check::is_version(spec.version)) {
      return fail(ErrorKind::usage,
                  "\"" + printable(spec.version, 60) + "\" is no version of a document: a number, $DEFAULT or $LATEST");
    }
  }
  if (!document_check::is_document_name(name)) {
    return fail(ErrorKind::usage, "\"" + printable(name, 140) + "\" is no name of a document");
  }
  spec.name = std::string(name);
  for (const std::string& parameter : parameters) {
    TRY_VOID(document_check::add_parameter(parameter, spec.parameters));
  }
  return spec;
}

std::vector<ParameterProblem> find_parameter_problems(const DocumentDescription& document,
                                                      const DocumentParameters& parameters,
                                                      std::span<const DocumentPlatform> targets, Braces braces) {
  document_check::Checker checker(document, parameters, braces);
  checker.check_document(targets);
  checker.check_parameters();
  return checker.take();
}

Result<void> check_parameters(const DocumentDescription& document, const DocumentParameters& parameters,
                              std::span<const DocumentPlatform> targets, Braces braces) {
  const auto problems = find_parameter_problems(document, parameters, targets, braces);
  if (problems.empty()) return {};
  std::string message = "the document " + printable(document.name, 140) + " would not take this";
  const char* separator = ": ";
  for (const ParameterProblem& problem : problems) {
    message.append(separator).append(problem.message);
    separator = "; ";
  }
  return fail(ErrorKind::usage, std::move(message));
}

}  // namespace postern::flow
