#include "cfn/cloudformation.hpp"

#include <optional>

#include "base/check.hpp"
#include "cfn/yaml_text.hpp"

namespace postern::cfn {
namespace {

constexpr std::size_t kStep = 2;
/// Longer prose is folded.
constexpr std::size_t kProseColumns = 100;

using Kind = Value::Kind;

/// The value on one line, if a person would write it so.
std::optional<std::string> flow_text(const Value& value, YamlPlace place);

std::optional<std::string> flow_list(const Value& value) {
  std::string out = "[";
  for (const Entry& entry : value.entries()) {
    const auto item = flow_text(entry.value, YamlPlace::flow);
    if (!item) return std::nullopt;
    if (out.size() > 1) out += ", ";
    out += *item;
  }
  return out + "]";
}

std::optional<std::string> function_text(const char* name, const std::string& first, const Value& value) {
  std::string out = std::string(name) + " [" + first;
  for (const Entry& entry : value.entries()) {
    const bool list = entry.value.kind() == Kind::list;
    const auto operand = list ? flow_list(entry.value) : flow_text(entry.value, YamlPlace::flow);
    if (!operand) return std::nullopt;
    if (!out.ends_with('[')) out += ", ";
    out += *operand;
  }
  return out + "]";
}

std::optional<std::string> flow_text(const Value& value, YamlPlace place) {
  switch (value.kind()) {
    case Kind::text:
      return yaml_scalar(value.text(), place);
    case Kind::integer:
      return std::to_string(value.number());
    case Kind::boolean:
      return std::string(value.number() != 0 ? "true" : "false");
    case Kind::ref:
      return "!Ref " + value.text();
    case Kind::sub:
      return "!Sub " + yaml_scalar(value.text(), place);
    case Kind::get_att:
      return "!GetAtt " + value.text();
    case Kind::import_value:
      return "!ImportValue " + yaml_scalar(value.text(), place);
    case Kind::no_value:
      return std::string("!Ref AWS::NoValue");
    case Kind::when:
      return function_text("!If", yaml_scalar(value.text(), YamlPlace::flow), value);
    case Kind::join:
      return function_text("!Join", yaml_scalar(value.text(), YamlPlace::flow), value);
    case Kind::equals:
      return function_text("!Equals", {}, value);
    case Kind::negation:
      return function_text("!Not", {}, value);
    case Kind::list:
      return value.entries().empty() ? std::optional<std::string>("[]") : std::nullopt;
    case Kind::map:
      return value.entries().empty() ? std::optional<std::string>("{}") : std::nullopt;
  }
  return std::nullopt;
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  void line(std::size_t indent, std::string_view text) {
    out_.append(indent, ' ');
    out_ += text;
    out_.push_back('\n');
  }
  void blank() { out_.push_back('\n'); }
  void comment(std::size_t indent, std::string_view text) {
    for (const std::string_view each : lines_of(text)) line(indent, each.empty() ? "#" : "# " + std::string(each));
  }

  void member(std::size_t indent, const std::string& key, const Value& value) {
    value_after(indent, std::string(indent, ' ') + yaml_scalar(key) + ":", value);
  }
  void members(std::size_t indent, const Value& map) {
    for (const Entry& entry : map.entries()) {
      comment(indent, entry.comment);
      member(indent, entry.key, entry.value);
    }
  }

 private:
  void items(std::size_t indent, const Value& list) {
    for (const Entry& entry : list.entries()) {
      comment(indent, entry.comment);
      item(indent, entry.value);
    }
  }

  void item(std::size_t indent, const Value& value) {
    if (value.kind() != Kind::map || value.entries().empty()) {
      value_after(indent, std::string(indent, ' ') + "-", value);
      return;
    }
    // The first member shares its line with the dash.
    const std::size_t begin = out_.size();
    members(indent + kStep, value);
    const std::size_t at = out_.find_first_not_of(' ', begin);
    CHECK(at == begin + indent + kStep);
    out_[at - kStep] = '-';
  }

  /// What follows `lead`, a key or a dash at `indent`.
  void value_after(std::size_t indent, const std::string& lead, const Value& value) {
    const auto flow = flow_text(value, YamlPlace::block);
    if (flow && value.kind() == Kind::text && lead.size() + flow->size() > kProseColumns && folds(value.text())) {
      line(0, lead + " >-");
      for (const std::string& each : wrap_words(value.text(), kProseColumns - indent - kStep)) {
        line(indent + kStep, each);
      }
      return;
    }
    if (flow) {
      line(0, lead + " " + *flow);
      return;
    }
    switch (value.kind()) {
      case Kind::list:
        line(0, lead);
        items(indent + kStep, value);
        return;
      case Kind::map:
        line(0, lead);
        members(indent + kStep, value);
        return;
      case Kind::when:
        line(0, lead + " !If");
        line(indent + kStep, "- " + yaml_scalar(value.text()));
        break;
      case Kind::join:
        line(0, lead + " !Join");
        line(indent + kStep, "- " + yaml_scalar(value.text()));
        break;
      case Kind::equals:
        line(0, lead + " !Equals");
        break;
      default:
        CHECK(value.kind() == Kind::negation);
        line(0, lead + " !Not");
    }
    for (const Entry& entry : value.entries()) item(indent + kStep, entry.value);
  }

  /// Prose: folding keeps it as it is when every space is single.
  static bool folds(const std::string& text) {
    return text.find(' ') != std::string::npos && text.find("  ") == std::string::npos && text.front() != ' ' &&
           text.back() != ' ' && text.find_first_of("\n\t\r") == std::string::npos;
  }

  std::string out_;
};

Value count(std::size_t number) {
  return Value::integer(static_cast<std::int64_t>(number));
}

Value parameter_value(const Parameter& parameter) {
  Value map = Value::map();
  map.set("Type", parameter.type == ParameterType::text ? "String" : "CommaDelimitedList");
  if (!parameter.description.empty()) map.set("Description", parameter.description);
  if (parameter.default_value) map.set("Default", *parameter.default_value);
  if (!parameter.allowed_values.empty()) map.set("AllowedValues", Value::texts(parameter.allowed_values));
  if (!parameter.allowed_pattern.empty()) map.set("AllowedPattern", parameter.allowed_pattern);
  if (parameter.length_min) map.set("MinLength", count(*parameter.length_min));
  if (parameter.length_max) map.set("MaxLength", count(*parameter.length_max));
  if (!parameter.constraint.empty()) map.set("ConstraintDescription", parameter.constraint);
  return map;
}

std::string retention_text(Retention retention) {
  return retention == Retention::retain ? "Retain" : "Delete";
}

Value resource_value(const Resource& resource) {
  Value map = Value::map();
  map.set("Type", resource.type);
  if (!resource.condition.empty()) map.set("Condition", resource.condition);
  if (resource.depends_on.size() == 1) map.set("DependsOn", resource.depends_on.front());
  if (resource.depends_on.size() > 1) map.set("DependsOn", Value::texts(resource.depends_on));
  if (resource.deletion != Retention::unset) map.set("DeletionPolicy", retention_text(resource.deletion));
  if (resource.replacement != Retention::unset) {
    map.set("UpdateReplacePolicy", retention_text(resource.replacement));
  }
  if (!resource.properties.entries().empty()) map.set("Properties", resource.properties);
  return map;
}

Value output_value(const Output& output) {
  Value map = Value::map();
  if (!output.description.empty()) map.set("Description", output.description);
  if (!output.condition.empty()) map.set("Condition", output.condition);
  map.set("Value", output.value);
  if (output.export_name) {
    Value name = Value::map();
    name.set("Name", *output.export_name);
    map.set("Export", std::move(name));
  }
  return map;
}

}  // namespace

std::string to_yaml(const Value& map) {
  Writer writer;
  writer.members(0, map);
  return writer.take();
}

Result<std::string> to_cloudformation(const Template& source) {
  TRY_VOID(check(source));
  Writer writer;
  writer.comment(0, source.comment);
  writer.member(0, "AWSTemplateFormatVersion", "2010-09-09");
  if (!source.description.empty()) writer.member(0, "Description", source.description);
  const auto section = [&](const char* name) {
    writer.blank();
    writer.line(0, std::string(name) + ":");
  };
  if (!source.parameters.empty()) section("Parameters");
  for (const Parameter& parameter : source.parameters) writer.member(kStep, parameter.name, parameter_value(parameter));
  if (!source.conditions.empty()) section("Conditions");
  for (const Condition& condition : source.conditions) writer.member(kStep, condition.name, condition.value);
  section("Resources");
  for (const Resource& resource : source.resources) {
    if (&resource != source.resources.data()) writer.blank();
    writer.comment(kStep, resource.comment);
    writer.member(kStep, resource.id, resource_value(resource));
  }
  if (!source.outputs.empty()) section("Outputs");
  for (const Output& output : source.outputs) writer.member(kStep, output.name, output_value(output));
  return writer.take();
}

}  // namespace postern::cfn
