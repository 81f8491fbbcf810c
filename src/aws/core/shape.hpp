#pragma once

/// Shape descriptors: what the generator knows about AWS's types (packed.hpp is how it writes them down). One table
/// serves the codecs of every protocol in both directions, redacted printing, required-member checks, pagination and
/// random values. Codecs never see C++ types: they walk a descriptor and reach values through the operations below.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/encoding.hpp"
#include "base/function_ref.hpp"
#include "base/time.hpp"

namespace postern::aws {

/// What a value is on the wire. A value pointer (void*) of a kind always points at the C++ type named here,
/// in generated structs and in dynamic values alike.
enum class Kind : std::uint8_t {
  structure,  ///< the struct object; members at Member::offset
  list,       ///< a list container, through ListOps
  map,        ///< a string-keyed map container, through MapOps
  string,     ///< text, secret text or open enum, through TextOps
  boolean,    ///< bool
  int32,      ///< std::int32_t
  int64,      ///< std::int64_t
  float32,    ///< float
  float64,    ///< double
  blob,       ///< postern::Blob
  timestamp,  ///< postern::WallTime
};

enum class TimeFormat : std::uint8_t { unset, epoch_seconds, iso8601, http_date };

/// Where a member travels (REST protocols); the RPC protocols put everything into the body.
enum class Location : std::uint8_t { body, header, headers, query, query_map, uri, status_code };

struct Shape;

/// An XML namespace that an element declares: xmlns="uri", or xmlns:prefix="uri".
struct XmlNamespace {
  std::string_view uri;
  std::string_view prefix;
};

/// A list container whose elements are all of one shape. `at` may return null: a null element of a sparse list.
struct ListOps {
  std::size_t (*size)(const void* list);
  const void* (*at)(const void* list, std::size_t index, const Shape& element);
  /// Appends a default element and returns the pointer to its value.
  void* (*append)(void* list, const Shape& element);
  /// Appends a null where the container can hold one, else does nothing.
  void (*append_null)(void* list);
};

/// Keys are text. `each` visits in the container's order (sorted for generated types); value may be null.
struct MapOps {
  std::size_t (*size)(const void* map);
  void (*each)(const void* map, const Shape& value, FunctionRef<void(std::string_view key, const void* value)> visit);
  /// Inserts or finds the key and returns the pointer to its value.
  void* (*emplace)(void* map, std::string_view key, const Shape& value);
  void (*emplace_null)(void* map, std::string_view key);
};

/// Text may live in std::string, Secret<std::string> or Open<Enum>.
struct TextOps {
  std::string_view (*get)(const void* text);
  void (*set)(void* text, std::string_view value);
};

/// The operations that fit a shape's kind; the others are null.
struct ValueOps {
  const ListOps* list = nullptr;
  const MapOps* map = nullptr;
  const TextOps* text = nullptr;
};

/// How a member is stored inside its struct: std::optional<T>, a bare container, Box<T>, or a dynamic Value.
struct FieldOps {
  /// The value, or null when the member is not set. A bare container that is empty counts as not set.
  const void* (*view)(const void* field, const Shape& shape);
  /// Makes the member set (default value when it was not) and returns the pointer to its value.
  void* (*emplace)(void* field, const Shape& shape);
  void (*clear)(void* field);
  /// A bare container: empty and not set are the same, so a server writes it as [] when it is empty.
  bool empty_is_unset = false;
};

struct Member {
  std::string_view name;        ///< the model's name, "InstanceIds"
  std::string_view wire_name;   ///< JSON key, XML element, header or query key: locationName, else name (the payload
                                ///< of rest-xml: else its shape's name)
  std::string_view query_name;  ///< ec2 only: queryName, else locationName with a capital first letter, else name;
                                ///< elsewhere wire_name
  const Shape* shape;
  const FieldOps* ops;
  std::size_t offset;
  Location location = Location::body;
  TimeFormat time_format = TimeFormat::unset;  ///< overrides the shape's
  bool required = false;
  bool idempotency_token = false;
  bool flattened = false;  ///< the member carries the trait (query, xml)
  bool xml_attribute = false;
  bool payload = false;                         ///< REST: this member is the body
  bool json_value = false;                      ///< a header whose text is JSON in base64
  const XmlNamespace* xml_namespace = nullptr;  ///< the member's own; the shape's stands where there is none
};

/// Numbers from the model's constraints; absent is kNoLimit.
inline constexpr std::int64_t kNoLimit = INT64_MIN;

struct Shape {
  std::string_view name;
  Kind kind;
  const ValueOps* ops = nullptr;
  std::span<const Member> members;  ///< structure
  const Shape* element = nullptr;   ///< list element or map value
  std::string_view element_name =
      "member";  ///< list: element's locationName; map: value's, default "value" (set by the generator)
  std::string_view key_name = "key";  ///< map
  bool flattened = false;             ///< list or map shape carries the trait itself
  bool sensitive = false;
  bool is_union = false;
  bool is_document = false;  ///< Smithy document type: treated as opaque JSON text
  TimeFormat time_format = TimeFormat::unset;
  std::int64_t min = kNoLimit;  ///< length of text and collections, value of numbers
  std::int64_t max = kNoLimit;
  std::span<const std::string_view> enum_values;
  // Errors only:
  std::string_view error_code;  ///< the code on the wire; empty for a shape that is no error
  int error_status = 0;
  bool sender_fault = true;
  std::string_view xml_namespace;
  std::string_view xml_namespace_prefix;
  const XmlNamespace* element_namespace = nullptr;  ///< of list elements and map values where they are referred to
  const XmlNamespace* key_namespace = nullptr;      ///< of map keys
};

/// A typed value without its type. Borrowed: never outlives what it points at.
struct ConstErased {
  ConstErased(const Shape& s, const void* v) : shape(&s), value(v) {}
  const Shape* shape;
  const void* value;
};
struct Erased {
  Erased(const Shape& s, void* v) : shape(&s), value(v) {}
  operator ConstErased() const { return ConstErased(*shape, value); }  // NOLINT(google-explicit-constructor)
  const Shape* shape;
  void* value;
};

inline const void* member_value(const void* object, const Member& member) {
  return member.ops->view(static_cast<const std::byte*>(object) + member.offset, *member.shape);
}
inline void* member_emplace(void* object, const Member& member) {
  return member.ops->emplace(static_cast<std::byte*>(object) + member.offset, *member.shape);
}
inline void member_clear(void* object, const Member& member) {
  member.ops->clear(static_cast<std::byte*>(object) + member.offset);
}

}  // namespace postern::aws
