#include "cfn/value.hpp"

#include <utility>

#include "base/check.hpp"

namespace postern::cfn {

// Here, where Entry is complete.
Value::Value() = default;
Value::Value(std::string text) : text_(std::move(text)) {}
Value::Value(std::string_view text) : text_(text) {}
Value::Value(const char* text) : text_(text) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;

Value make(Value::Kind kind, std::string text, std::vector<Value> operands) {
  Value value;
  value.kind_ = kind;
  value.text_ = std::move(text);
  for (Value& operand : operands) value.entries_.emplace_back(std::string(), std::move(operand), std::string());
  return value;
}

Value Value::integer(std::int64_t number) {
  Value value = make(Kind::integer, {}, {});
  value.number_ = number;
  return value;
}
Value Value::boolean(bool on) {
  Value value = make(Kind::boolean, {}, {});
  value.number_ = on ? 1 : 0;
  return value;
}
Value Value::list(std::vector<Value> items) {
  return make(Kind::list, {}, std::move(items));
}
Value Value::texts(const std::vector<std::string>& items) {
  Value value = list();
  for (const std::string& item : items) value.add(item);
  return value;
}
Value Value::map() {
  return make(Kind::map, {}, {});
}

bool Value::is_scalar() const noexcept {
  switch (kind_) {
    case Kind::list:
    case Kind::map:
    case Kind::when:
    case Kind::join:
    case Kind::equals:
    case Kind::negation:
      return false;
    default:
      return true;
  }
}

Value& Value::set(std::string key, Value value, std::string comment) {
  CHECK(kind_ == Kind::map);
  CHECK(find(key) == nullptr);
  entries_.emplace_back(std::move(key), std::move(value), std::move(comment));
  return *this;
}

Value& Value::add(Value item, std::string comment) {
  CHECK(kind_ == Kind::list);
  entries_.emplace_back(std::string(), std::move(item), std::move(comment));
  return *this;
}

const Value* Value::find(std::string_view key) const {
  if (kind_ != Kind::map) return nullptr;
  for (const Entry& entry : entries_) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Value ref(std::string_view name) {
  return make(Value::Kind::ref, std::string(name), {});
}
Value sub(std::string_view text) {
  for (const SubPart& part : sub_parts(text)) {
    if (part.name) return make(Value::Kind::sub, std::string(text), {});
  }
  std::string plain;
  for (const SubPart& part : sub_parts(text)) plain += part.text;
  return plain;
}
Value get_att(std::string_view resource, std::string_view attribute) {
  return make(Value::Kind::get_att, std::string(resource) + "." + std::string(attribute), {});
}
Value import_value(std::string_view name) {
  return make(Value::Kind::import_value, std::string(name), {});
}
Value when(std::string_view condition, Value then, Value otherwise) {
  return make(Value::Kind::when, std::string(condition), {std::move(then), std::move(otherwise)});
}
Value join(std::string_view separator, Value list) {
  return make(Value::Kind::join, std::string(separator), {std::move(list)});
}
Value equals(Value left, Value right) {
  return make(Value::Kind::equals, {}, {std::move(left), std::move(right)});
}
Value negation(Value condition) {
  return make(Value::Kind::negation, {}, {std::move(condition)});
}
Value no_value() {
  return make(Value::Kind::no_value, {}, {});
}

std::vector<SubPart> sub_parts(std::string_view text) {
  std::vector<SubPart> parts;
  std::string plain;
  const auto flush = [&] {
    if (!plain.empty()) parts.emplace_back(false, std::exchange(plain, {}));
  };
  while (!text.empty()) {
    const std::size_t open = text.find("${");
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    plain += text.substr(0, open);
    const std::string_view name = text.substr(open + 2, close - open - 2);
    text.remove_prefix(close + 1);
    if (name.starts_with('!')) {
      plain += "${" + std::string(name.substr(1)) + "}";
      continue;
    }
    flush();
    parts.emplace_back(true, std::string(name));
  }
  plain += text;
  flush();
  return parts;
}

}  // namespace postern::cfn
