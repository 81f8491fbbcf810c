#pragma once

/// Json: a JSON value of ours for output documents, configuration and JMESPath. Wire bodies of AWS do not pass through
/// it (aws/core reads those straight into typed structs).

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace postern {

/// A value. Copies are cheap: arrays and objects are shared until one of the copies is changed. An object keeps the
/// order in which its keys were set. Nesting depth is bounded by parse(); a value built by hand may nest as deep as
/// memory allows and is still destroyed safely.
class Json {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };

  struct Member;
  using Array = std::vector<Json>;
  using Members = std::vector<Member>;

  Json() noexcept = default;
  Json(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor): set("key", nullptr)
  template <std::same_as<bool> B>
  Json(B value) noexcept : value_(value) {}  // NOLINT(google-explicit-constructor)
  /// Unsigned values beyond int64 become a double.
  template <std::integral I>
    requires(!std::same_as<I, bool> && !std::same_as<I, char>)
  Json(I value) noexcept {  // NOLINT(google-explicit-constructor)
    if (std::in_range<std::int64_t>(value))
      value_ = static_cast<std::int64_t>(value);
    else
      value_ = static_cast<double>(value);
  }
  Json(double value) noexcept : value_(value) {}                  // NOLINT(google-explicit-constructor)
  Json(std::string value) noexcept : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Json(std::string_view value) : value_(std::string(value)) {}    // NOLINT(google-explicit-constructor)
  Json(const char* value) : value_(std::string(value)) {}         // NOLINT(google-explicit-constructor)
  Json(const Json&) = default;
  Json(Json&& other) noexcept : value_(std::exchange(other.value_, Value())) {}
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  static Json array();
  static Json array(Array items);
  static Json object();
  /// Of several members with the same key the last value wins, at the place of the first.
  static Json object(Members members);

  /// Strict RFC 8259 with valid UTF-8 and at most 256 levels. Of duplicate keys the last wins. Integers outside int64
  /// become doubles; a number too large for a double, or an exponent beyond int32, is an error. Errors: malformed,
  /// "invalid JSON at LINE:COLUMN: why".
  static Result<Json> parse(std::string_view text);

  Kind kind() const noexcept { return static_cast<Kind>(value_.index()); }
  bool is_null() const noexcept { return kind() == Kind::null; }
  bool is_bool() const noexcept { return kind() == Kind::boolean; }
  bool is_int() const noexcept { return kind() == Kind::integer; }
  /// An int64 or a double.
  bool is_number() const noexcept { return kind() == Kind::integer || kind() == Kind::number; }
  bool is_string() const noexcept { return kind() == Kind::string; }
  bool is_array() const noexcept { return kind() == Kind::array; }
  bool is_object() const noexcept { return kind() == Kind::object; }

  /// The value of a kind that the caller has made sure of; anything else is a programming error (CHECK).
  bool as_bool() const;
  std::int64_t as_int() const;
  double as_double() const;  ///< of an integer too
  const std::string& as_string() const;
  /// The items of an array; empty for every other kind.
  const Array& items() const& noexcept;
  const Array& items() const&& = delete;  // a loop over a temporary's items would outlive them
  /// The members of an object in their order; empty for every other kind.
  const Members& members() const& noexcept;
  const Members& members() const&& = delete;

  /// The value when it is of that kind, for reading documents of others. to_int also takes a whole double.
  std::optional<bool> to_bool() const noexcept;
  std::optional<std::int64_t> to_int() const noexcept;
  std::optional<double> to_double() const noexcept;
  std::optional<std::string_view> to_string() const noexcept;

  /// Number of items or members; 0 for scalars.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  /// The member's value, or nothing when this is no object or has no such key.
  const Json* find(std::string_view key) const noexcept;
  bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
  /// As find, but an absent member reads as null, so that lookups chain: `doc["a"]["b"]`.
  const Json& operator[](std::string_view key) const noexcept;

  /// Sets a member; an existing key keeps its place. On null it makes an object first; CHECK on other kinds.
  Json& set(std::string_view key, Json value) &;
  Json&& set(std::string_view key, Json value) &&;
  /// Appends to an array. On null it makes an array first; CHECK on other kinds.
  Json& push_back(Json value) &;
  Json&& push_back(Json value) &&;
  /// Removes a member when it is there.
  void erase(std::string_view key);

  /// Compact text. Doubles in the shortest form that reads back to the same value; not-a-number and infinities, which
  /// JSON cannot express, become null; malformed UTF-8 becomes U+FFFD.
  std::string dump() const;
  /// Indented by two spaces, no newline at the end.
  std::string dump_pretty() const;
  /// Appends dump() to `out`.
  void dump_to(std::string& out) const;

  /// Numbers compare by value (1 == 1.0), objects without regard to order.
  friend bool operator==(const Json& a, const Json& b) noexcept;

 private:
  struct Object;
  using ArrayPtr = std::shared_ptr<Array>;
  using ObjectPtr = std::shared_ptr<Object>;
  // In the order of Kind.
  using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, ArrayPtr, ObjectPtr>;

  Array& own_array();
  Object& own_object();
  static void release(Value& value) noexcept;

  Value value_;
};

struct Json::Member {
  Member() = default;
  Member(std::string k, Json v) : key(std::move(k)), value(std::move(v)) {}
  std::string key;
  Json value;
};

/// The kind as JMESPath's type() has it: null, boolean, number, string, array, object.
std::string_view to_string(Json::Kind kind) noexcept;

}  // namespace postern
