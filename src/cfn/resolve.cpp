#include "cfn/resolve.hpp"

#include "base/check.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace postern::cfn {
namespace {

class Resolver {
 public:
  Resolver(const Template& source, const Inputs& inputs) : source_(source), inputs_(inputs) {}

  Result<void> write(JsonWriter& out, const Value& value) const {
    switch (value.kind()) {
      case Value::Kind::integer:
        out.integer(value.number());
        return {};
      case Value::Kind::boolean:
        out.boolean(value.number() != 0);
        return {};
      case Value::Kind::list:
        out.begin_array();
        for (const Entry& entry : value.entries()) TRY_VOID(present(out, entry));
        out.end_array();
        return {};
      case Value::Kind::map:
        out.begin_object();
        for (const Entry& entry : value.entries()) TRY_VOID(present(out, entry));
        out.end_object();
        return {};
      case Value::Kind::when: {
        TRY(const Value* const chosen, branch(value));
        return write(out, *chosen);
      }
      case Value::Kind::ref: {
        const Parameter* parameter = source_.find_parameter(value.text());
        if (parameter == nullptr || parameter->type == ParameterType::text) break;
        TRY(const std::vector<std::string> items, given(*parameter));
        out.begin_array();
        for (const std::string& item : items) out.string(item);
        out.end_array();
        return {};
      }
      default:
        break;
    }
    TRY(const std::string text, text_of(value));
    out.string(text);
    return {};
  }

  Result<bool> truth(const Value& value) const {
    if (value.kind() == Value::Kind::negation) {
      TRY(const bool inner, truth(value.entries()[0].value));
      return !inner;
    }
    CHECK(value.kind() == Value::Kind::equals);
    TRY(const std::string left, text_of(value.entries()[0].value));
    TRY(const std::string right, text_of(value.entries()[1].value));
    return left == right;
  }

  Result<bool> condition(std::string_view name) const {
    const Condition* found = source_.find_condition(name);
    CHECK(found != nullptr);
    return truth(found->value);
  }

 private:
  /// Writes the entry unless it resolves to nothing.
  Result<void> present(JsonWriter& out, const Entry& entry) const {
    const Value* value = &entry.value;
    while (value->kind() == Value::Kind::when) {
      TRY(value, branch(*value));
    }
    if (value->kind() == Value::Kind::no_value) return {};
    if (!entry.key.empty()) out.key(entry.key);
    return write(out, *value);
  }

  Result<const Value*> branch(const Value& value) const {
    TRY(const bool on, condition(value.text()));
    return &value.entries()[on ? 0 : 1].value;
  }

  Result<std::vector<std::string>> given(const Parameter& parameter) const {
    if (const auto found = inputs_.parameters.find(parameter.name); found != inputs_.parameters.end()) {
      return found->second;
    }
    if (!parameter.default_value) return fail(ErrorKind::usage, "the parameter " + parameter.name + " has no value");
    if (parameter.type == ParameterType::text) return std::vector<std::string>{*parameter.default_value};
    std::vector<std::string> items;
    for (const std::string_view item : split(*parameter.default_value, ',')) items.emplace_back(item);
    return items;
  }

  Result<std::string> named(std::string_view name) const {
    if (name == kAccountId) return inputs_.account;
    if (name == kPartition) return inputs_.partition;
    if (name == kRegion) return inputs_.region;
    if (const Parameter* parameter = source_.find_parameter(name)) {
      TRY(const std::vector<std::string> items, given(*parameter));
      return postern::join(items, ",");
    }
    if (const auto found = inputs_.resources.find(name); found != inputs_.resources.end()) return found->second;
    return fail(ErrorKind::not_found, std::string(name) + " is not known before the stack is made");
  }

  Result<std::string> text_of(const Value& value) const {
    switch (value.kind()) {
      case Value::Kind::text:
        return value.text();
      case Value::Kind::ref:
      case Value::Kind::get_att:
        return named(value.text());
      case Value::Kind::sub: {
        std::string out;
        for (const SubPart& part : sub_parts(value.text())) {
          if (!part.name) {
            out += part.text;
            continue;
          }
          TRY(const std::string text, named(part.text));
          out += text;
        }
        return out;
      }
      case Value::Kind::join: {
        const Value& list = value.entries()[0].value;
        if (list.kind() != Value::Kind::list) return text_of(list);
        std::vector<std::string> items;
        for (const Entry& entry : list.entries()) {
          TRY(std::string item, text_of(entry.value));
          items.push_back(std::move(item));
        }
        return postern::join(items, value.text());
      }
      default:
        return fail(ErrorKind::unsupported, "this value cannot be worked out before the stack is made");
    }
  }

  const Template& source_;
  const Inputs& inputs_;
};

}  // namespace

Result<std::string> resolve_json(const Template& source, const Value& value, const Inputs& inputs) {
  std::string out;
  JsonWriter writer(out);
  TRY_VOID(Resolver(source, inputs).write(writer, value));
  return out;
}

Result<bool> holds(const Template& source, std::string_view condition, const Inputs& inputs) {
  return Resolver(source, inputs).condition(condition);
}

}  // namespace postern::cfn
