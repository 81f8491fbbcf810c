#pragma once

/// The building blocks of generated request and response types, and the FieldOps/ValueOps for each.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/core/shape.hpp"
#include "base/secret.hpp"

namespace postern::aws {

/// An enum that AWS may extend at any time: the text is kept whatever it is, and the known values are constants of the
/// generated tag. `Open<CommandStatus>` compares with `CommandStatus::in_progress`.
/// Tag has `enum class Value` ... and `static std::string_view text(Value)`, `static std::optional<Value>
/// parse(std::string_view)`.
template <class Tag>
class Open {
 public:
  using Value = typename Tag::Value;
  Open() = default;
  Open(Value value) : text_(Tag::text(value)) {}  // NOLINT(google-explicit-constructor)
  explicit Open(std::string_view text) : text_(text) {}
  const std::string& text() const noexcept { return text_; }
  void assign(std::string_view text) { text_.assign(text); }
  /// The known value, or absent when AWS has added one since.
  std::optional<Value> known() const { return Tag::parse(text_); }
  friend bool operator==(const Open& a, const Open& b) { return a.text_ == b.text_; }
  friend bool operator==(const Open& a, Value b) { return a.text_ == Tag::text(b); }

 private:
  std::string text_;
};

/// Owns a T on the heap: what a recursive shape holds itself through. Copies are deep. Empty means not set.
template <class T>
class Box {
 public:
  Box() = default;
  Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Box(Box&&) noexcept = default;
  Box& operator=(const Box& other) {
    if (this != &other) value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
    return *this;
  }
  Box& operator=(Box&&) noexcept = default;
  ~Box() = default;
  T& emplace() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }
  void reset() noexcept { value_.reset(); }
  explicit operator bool() const noexcept { return value_ != nullptr; }
  const T& operator*() const { return *value_; }
  T& operator*() { return *value_; }
  const T* operator->() const { return value_.get(); }
  friend bool operator==(const Box& a, const Box& b) {
    return a.value_ && b.value_ ? *a.value_ == *b.value_ : !a.value_ && !b.value_;
  }

 private:
  std::unique_ptr<T> value_;
};

// --- FieldOps: one instance per distinct field type
// -------------------------------------------------------------------

template <class T>
inline constexpr FieldOps kOptionalField{[](const void* field, const Shape&) -> const void* {
                                           const auto& value = *static_cast<const std::optional<T>*>(field);
                                           return value ? &*value : nullptr;
                                         },
                                         [](void* field, const Shape&) -> void* {
                                           auto& value = *static_cast<std::optional<T>*>(field);
                                           if (!value) value.emplace();
                                           return &*value;
                                         },
                                         [](void* field) { static_cast<std::optional<T>*>(field)->reset(); }};

/// std::vector and std::map members: present when not empty.
template <class Container>
inline constexpr FieldOps kContainerField{[](const void* field, const Shape&) -> const void* {
                                            return static_cast<const Container*>(field)->empty() ? nullptr : field;
                                          },
                                          [](void* field, const Shape&) -> void* { return field; },
                                          [](void* field) { static_cast<Container*>(field)->clear(); }, true};

template <class T>
inline constexpr FieldOps kBoxField{
    [](const void* field, const Shape&) -> const void* {
      const auto& box = *static_cast<const Box<T>*>(field);
      return box ? &*box : nullptr;
    },
    [](void* field, const Shape&) -> void* { return &static_cast<Box<T>*>(field)->emplace(); },
    [](void* field) { static_cast<Box<T>*>(field)->reset(); }};

// --- ValueOps
// ----------------------------------------------------------------------------------------------------------

inline constexpr TextOps kStringText{
    [](const void* text) -> std::string_view { return *static_cast<const std::string*>(text); },
    [](void* text, std::string_view value) { static_cast<std::string*>(text)->assign(value); }};
inline constexpr TextOps kSecretText{
    [](const void* text) -> std::string_view { return static_cast<const Secret<std::string>*>(text)->reveal(); },
    [](void* text, std::string_view value) {
      *static_cast<Secret<std::string>*>(text) = Secret<std::string>(std::string(value));
    }};
template <class Tag>
inline constexpr TextOps kOpenText{
    [](const void* text) -> std::string_view { return static_cast<const Open<Tag>*>(text)->text(); },
    [](void* text, std::string_view value) { static_cast<Open<Tag>*>(text)->assign(value); }};

template <class T>
inline constexpr ListOps kVectorList{
    [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); },
    [](const void* list, std::size_t index, const Shape&) -> const void* {
      return &(*static_cast<const std::vector<T>*>(list))[index];
    },
    [](void* list, const Shape&) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); },
    [](void*) {}};

template <class T>
inline constexpr MapOps kStdMap{
    [](const void* map) { return static_cast<const std::map<std::string, T, std::less<>>*>(map)->size(); },
    [](const void* map, const Shape&, FunctionRef<void(std::string_view, const void*)> visit) {
      for (const auto& [key, value] : *static_cast<const std::map<std::string, T, std::less<>>*>(map))
        visit(key, &value);
    },
    [](void* map, std::string_view key, const Shape&) -> void* {
      auto& target = *static_cast<std::map<std::string, T, std::less<>>*>(map);
      auto found = target.find(key);
      if (found == target.end()) found = target.emplace(std::string(key), T()).first;
      return &found->second;
    },
    [](void*, std::string_view) {}};

inline constexpr ValueOps kStringOps{nullptr, nullptr, &kStringText};
inline constexpr ValueOps kSecretOps{nullptr, nullptr, &kSecretText};
template <class Tag>
inline constexpr ValueOps kOpenOps{nullptr, nullptr, &kOpenText<Tag>};
template <class T>
inline constexpr ValueOps kListOps{&kVectorList<T>, nullptr, nullptr};
template <class T>
inline constexpr ValueOps kMapOps{nullptr, &kStdMap<T>, nullptr};

/// Map members are declared as this.
template <class T>
using Map = std::map<std::string, T, std::less<>>;

}  // namespace postern::aws
