#include "base/json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.hpp"

namespace postern {

// Members in order, and for larger objects their positions sorted by key. A sorted index rather than a hash table: its
// worst case is the same for hostile keys.
struct Json::Object {
  static constexpr std::size_t kIndexedFrom = 12;
  static constexpr std::size_t kAbsent = std::numeric_limits<std::size_t>::max();

  Members members;
  std::vector<std::uint32_t> by_key;

  bool key_less(std::uint32_t position, std::string_view key) const { return members[position].key < key; }

  std::vector<std::uint32_t>::const_iterator lower_bound(std::string_view key) const {
    return std::lower_bound(by_key.begin(), by_key.end(), key,
                            [this](std::uint32_t position, std::string_view k) { return key_less(position, k); });
  }

  std::size_t position(std::string_view key) const {
    if (by_key.empty()) {
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (members[i].key == key) return i;
      }
      return kAbsent;
    }
    const auto found = lower_bound(key);
    return found != by_key.end() && members[*found].key == key ? *found : kAbsent;
  }

  void append(std::string_view key, Json value) {
    CHECK(members.size() < std::numeric_limits<std::uint32_t>::max());
    const auto at = static_cast<std::uint32_t>(members.size());
    if (!by_key.empty()) by_key.insert(lower_bound(key), at);
    members.emplace_back(std::string(key), std::move(value));
    if (by_key.empty()) reindex();
  }

  // Sorts all positions; of equal keys the earlier comes first.
  void reindex() {
    by_key.clear();
    if (members.size() < kIndexedFrom) return;
    CHECK(members.size() <= std::numeric_limits<std::uint32_t>::max());
    by_key.resize(members.size());
    std::iota(by_key.begin(), by_key.end(), 0U);
    std::sort(by_key.begin(), by_key.end(), [this](std::uint32_t a, std::uint32_t b) {
      const int order = members[a].key.compare(members[b].key);
      return order != 0 ? order < 0 : a < b;
    });
  }

  void drop_duplicates() {
    std::vector<bool> dropped(members.size(), false);
    const auto merge = [&](std::size_t first, std::size_t later) {
      members[first].value = std::move(members[later].value);
      dropped[later] = true;
    };
    if (by_key.empty()) {
      for (std::size_t i = 0; i < members.size(); ++i) {
        for (std::size_t j = i + 1; j < members.size(); ++j) {
          if (!dropped[i] && !dropped[j] && members[i].key == members[j].key) merge(i, j);
        }
      }
    } else {
      std::size_t first = by_key[0];
      for (std::size_t i = 1; i < by_key.size(); ++i) {
        if (members[by_key[i]].key == members[first].key)
          merge(first, by_key[i]);
        else
          first = by_key[i];
      }
    }
    if (std::find(dropped.begin(), dropped.end(), true) == dropped.end()) return;
    Members kept;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!dropped[i]) kept.push_back(std::move(members[i]));
    }
    members = std::move(kept);
    reindex();
  }
};

// Containers that nobody else shares are taken apart in a loop: destroying a deep value must not recurse.
void Json::release(Value& value) noexcept {
  std::vector<Value> pending;
  const auto take = [&pending](Value& v) {
    const auto* array = std::get_if<ArrayPtr>(&v);
    const auto* object = std::get_if<ObjectPtr>(&v);
    const bool last = (array != nullptr && *array && array->use_count() == 1) ||
                      (object != nullptr && *object && object->use_count() == 1);
    if (last) pending.push_back(std::move(v));
  };
  take(value);
  while (!pending.empty()) {
    const Value container = std::move(pending.back());
    pending.pop_back();
    if (const auto* array = std::get_if<ArrayPtr>(&container)) {
      for (Json& item : **array) take(item.value_);
    } else if (const auto* object = std::get_if<ObjectPtr>(&container)) {
      for (Member& member : (*object)->members) take(member.value.value_);
    }
  }
  value = Value();
}

Json::~Json() {
  if (value_.index() >= static_cast<std::size_t>(Kind::array)) release(value_);
}

Json& Json::operator=(const Json& other) {
  // The copy first: `other` may live inside the value that is about to go.
  Json copy(other);
  std::swap(value_, copy.value_);
  return *this;
}

Json& Json::operator=(Json&& other) noexcept {
  Json taken(std::move(other));
  std::swap(value_, taken.value_);
  return *this;
}

Json Json::array() {
  return array(Array());
}

Json Json::array(Array items) {
  Json json;
  json.value_ = std::make_shared<Array>(std::move(items));
  return json;
}

Json Json::object() {
  Json json;
  json.value_ = std::make_shared<Object>();
  return json;
}

Json Json::object(Members members) {
  auto object = std::make_shared<Object>();
  object->members = std::move(members);
  object->reindex();
  object->drop_duplicates();
  Json json;
  json.value_ = std::move(object);
  return json;
}

bool Json::as_bool() const {
  CHECK(is_bool());
  return *std::get_if<bool>(&value_);
}

std::int64_t Json::as_int() const {
  CHECK(is_int());
  return *std::get_if<std::int64_t>(&value_);
}

double Json::as_double() const {
  CHECK(is_number());
  return is_int() ? static_cast<double>(as_int()) : *std::get_if<double>(&value_);
}

const std::string& Json::as_string() const {
  CHECK(is_string());
  return *std::get_if<std::string>(&value_);
}

const Json::Array& Json::items() const& noexcept {
  static const Array kNone;
  const auto* array = std::get_if<ArrayPtr>(&value_);
  return array != nullptr ? **array : kNone;
}

const Json::Members& Json::members() const& noexcept {
  static const Members kNone;
  const auto* object = std::get_if<ObjectPtr>(&value_);
  return object != nullptr ? (*object)->members : kNone;
}

std::optional<bool> Json::to_bool() const noexcept {
  const auto* value = std::get_if<bool>(&value_);
  return value != nullptr ? std::optional<bool>(*value) : std::nullopt;
}

std::optional<std::int64_t> Json::to_int() const noexcept {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  const auto* number = std::get_if<double>(&value_);
  // 2^63 itself does not fit; the comparison is false for NaN.
  if (number == nullptr || !(*number >= -0x1p63 && *number < 0x1p63) || std::trunc(*number) != *number) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

std::optional<double> Json::to_double() const noexcept {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  const auto* number = std::get_if<double>(&value_);
  return number != nullptr ? std::optional<double>(*number) : std::nullopt;
}

std::optional<std::string_view> Json::to_string() const noexcept {
  const auto* value = std::get_if<std::string>(&value_);
  return value != nullptr ? std::optional<std::string_view>(*value) : std::nullopt;
}

std::size_t Json::size() const noexcept {
  return is_array() ? items().size() : members().size();
}

const Json* Json::find(std::string_view key) const noexcept {
  const auto* object = std::get_if<ObjectPtr>(&value_);
  if (object == nullptr) return nullptr;
  const std::size_t at = (*object)->position(key);
  return at == Object::kAbsent ? nullptr : &(*object)->members[at].value;
}

const Json& Json::operator[](std::string_view key) const noexcept {
  static const Json kNull;
  const Json* found = find(key);
  return found != nullptr ? *found : kNull;
}

Json::Array& Json::own_array() {
  if (is_null()) *this = array();
  CHECK(is_array());
  auto& array = *std::get_if<ArrayPtr>(&value_);
  if (array.use_count() != 1) array = std::make_shared<Array>(*array);
  return *array;
}

Json::Object& Json::own_object() {
  if (is_null()) *this = object();
  CHECK(is_object());
  auto& object = *std::get_if<ObjectPtr>(&value_);
  if (object.use_count() != 1) object = std::make_shared<Object>(*object);
  return *object;
}

Json& Json::set(std::string_view key, Json value) & {
  Object& object = own_object();
  const std::size_t at = object.position(key);
  if (at == Object::kAbsent)
    object.append(key, std::move(value));
  else
    object.members[at].value = std::move(value);
  return *this;
}

Json&& Json::set(std::string_view key, Json value) && {
  return std::move(this->set(key, std::move(value)));
}

Json& Json::push_back(Json value) & {
  own_array().push_back(std::move(value));
  return *this;
}

Json&& Json::push_back(Json value) && {
  return std::move(this->push_back(std::move(value)));
}

void Json::erase(std::string_view key) {
  if (!contains(key)) return;
  Object& object = own_object();
  object.members.erase(object.members.begin() + static_cast<std::ptrdiff_t>(object.position(key)));
  object.reindex();
}

namespace {

bool json_number_equal(std::int64_t whole, double number) noexcept {
  const auto other = Json(number).to_int();
  return other && *other == whole;
}

}  // namespace

bool operator==(const Json& a, const Json& b) noexcept {
  if (a.is_number() && b.is_number()) {
    if (a.is_int() && b.is_int()) return a.as_int() == b.as_int();
    if (a.is_int()) return json_number_equal(a.as_int(), b.as_double());
    if (b.is_int()) return json_number_equal(b.as_int(), a.as_double());
    return a.as_double() == b.as_double();
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Json::Kind::boolean:
      return a.as_bool() == b.as_bool();
    case Json::Kind::string:
      return a.as_string() == b.as_string();
    case Json::Kind::array:
      return &a.items() == &b.items() || a.items() == b.items();
    case Json::Kind::object: {
      if (&a.members() == &b.members()) return true;
      if (a.size() != b.size()) return false;
      return std::all_of(a.members().begin(), a.members().end(), [&b](const Json::Member& member) {
        const Json* other = b.find(member.key);
        return other != nullptr && member.value == *other;
      });
    }
    default:
      return true;
  }
}

std::string_view to_string(Json::Kind kind) noexcept {
  switch (kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return "boolean";
    case Json::Kind::integer:
    case Json::Kind::number:
      return "number";
    case Json::Kind::string:
      return "string";
    case Json::Kind::array:
      return "array";
    case Json::Kind::object:
      return "object";
  }
  return "null";
}

}  // namespace postern
