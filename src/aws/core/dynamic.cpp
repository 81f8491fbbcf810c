#include "aws/core/dynamic.hpp"

#include <algorithm>

namespace postern::aws {
namespace dynamic {

const Value& as_value(const void* field) noexcept {
  return *static_cast<const Value*>(field);
}
Value& as_value(void* field) noexcept {
  return *static_cast<Value*>(field);
}

DynamicList& as_list(void* list) noexcept {
  return *static_cast<DynamicList*>(list);
}
const DynamicList& as_list(const void* list) noexcept {
  return *static_cast<const DynamicList*>(list);
}
DynamicMap& as_map(void* map) noexcept {
  return *static_cast<DynamicMap*>(map);
}
const DynamicMap& as_map(const void* map) noexcept {
  return *static_cast<const DynamicMap*>(map);
}

template <class T>
void ensure(Value::Storage& storage) {
  if (!std::holds_alternative<T>(storage)) storage.emplace<T>();
}

constexpr ListOps kListOps{
    [](const void* list) { return as_list(list).values.size(); },
    [](const void* list, std::size_t index, const Shape&) { return as_list(list).values[index].view(); },
    [](void* list, const Shape& element) -> void* { return as_list(list).values.emplace_back().emplace(element); },
    [](void* list) { as_list(list).values.emplace_back(); }};

constexpr MapOps kMapOps{[](const void* map) { return as_map(map).values.size(); },
                         [](const void* map, const Shape&, FunctionRef<void(std::string_view, const void*)> visit) {
                           for (const auto& [key, value] : as_map(map).values) visit(key, value.view());
                         },
                         [](void* map, std::string_view key, const Shape& shape) -> void* {
                           auto& values = as_map(map).values;
                           auto found = values.find(key);
                           if (found == values.end()) found = values.emplace(std::string(key), Value()).first;
                           return found->second.emplace(shape);
                         },
                         [](void* map, std::string_view key) {
                           auto& values = as_map(map).values;
                           const auto found = values.find(key);
                           if (found == values.end())
                             values.emplace(std::string(key), Value());
                           else
                             found->second.reset();
                         }};

constexpr TextOps kTextOps{[](const void* text) -> std::string_view { return *static_cast<const std::string*>(text); },
                           [](void* text, std::string_view value) { static_cast<std::string*>(text)->assign(value); }};

}  // namespace dynamic

constexpr FieldOps kDynamicField{
    [](const void* field, const Shape&) { return dynamic::as_value(field).view(); },
    [](void* field, const Shape& shape) { return dynamic::as_value(field).emplace(shape); },
    [](void* field) { dynamic::as_value(field).reset(); }, false};
constexpr ValueOps kDynamicText{nullptr, nullptr, &dynamic::kTextOps};
constexpr ValueOps kDynamicList{&dynamic::kListOps, nullptr, nullptr};
constexpr ValueOps kDynamicMap{nullptr, &dynamic::kMapOps, nullptr};

const ValueOps* dynamic_ops(Kind kind) noexcept {
  switch (kind) {
    case Kind::string:
      return &kDynamicText;
    case Kind::list:
      return &kDynamicList;
    case Kind::map:
      return &kDynamicMap;
    default:
      return nullptr;
  }
}

const void* Value::view() const noexcept {
  return std::visit(
      [](const auto& held) -> const void* {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>)
          return nullptr;
        else if constexpr (std::is_same_v<Held, DynamicFields>)
          return held.values.data();
        else
          return &held;
      },
      storage_);
}

void* Value::emplace(const Shape& shape) {
  switch (shape.kind) {
    case Kind::structure: {
      dynamic::ensure<DynamicFields>(storage_);
      auto& fields = std::get<DynamicFields>(storage_).values;
      if (fields.empty()) fields.resize(std::max<std::size_t>(1, shape.members.size()));
      break;
    }
    case Kind::list:
      dynamic::ensure<DynamicList>(storage_);
      break;
    case Kind::map:
      dynamic::ensure<DynamicMap>(storage_);
      break;
    case Kind::string:
      dynamic::ensure<std::string>(storage_);
      break;
    case Kind::boolean:
      dynamic::ensure<bool>(storage_);
      break;
    case Kind::int32:
      dynamic::ensure<std::int32_t>(storage_);
      break;
    case Kind::int64:
      dynamic::ensure<std::int64_t>(storage_);
      break;
    case Kind::float32:
      dynamic::ensure<float>(storage_);
      break;
    case Kind::float64:
      dynamic::ensure<double>(storage_);
      break;
    case Kind::blob:
      dynamic::ensure<Blob>(storage_);
      break;
    case Kind::timestamp:
      dynamic::ensure<WallTime>(storage_);
      break;
  }
  return view();
}

}  // namespace postern::aws
