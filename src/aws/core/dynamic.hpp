#pragma once

/// Values whose shape is known at run time only: conformance vectors, CLI input, property tests, fuzzing. They are
/// stored so that descriptors reach them like generated structs: codecs cannot tell the difference.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aws/core/shape.hpp"
#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace postern::aws {

class Value;

/// One Value per member of the structure's shape, in order: Member::offset is index * sizeof(Value). A structure
/// without members holds one Value all the same, so that its address is never null.
struct DynamicFields {
  DynamicFields() = default;
  std::vector<Value> values;
};
struct DynamicList {
  DynamicList() = default;
  std::vector<Value> values;
};
struct DynamicMap {
  DynamicMap() = default;
  std::map<std::string, Value, std::less<>> values;
};

/// A value of any kind, or null (not set). A pointer to what it holds is what Shape's Kind asks for; of a structure
/// that is the pointer to its first field.
class Value {
 public:
  using Storage = std::variant<std::monostate, DynamicFields, DynamicList, DynamicMap, std::string, bool, std::int32_t,
                               std::int64_t, float, double, Blob, WallTime>;
  Value() = default;
  bool is_null() const noexcept { return storage_.index() == 0; }
  const Storage& storage() const noexcept { return storage_; }
  Storage& storage() noexcept { return storage_; }
  /// Null, or the pointer that descriptors work with.
  const void* view() const noexcept;
  void* view() noexcept { return const_cast<void*>(static_cast<const Value*>(this)->view()); }
  /// Makes it a default value of the shape's kind unless it is one already, and returns view().
  void* emplace(const Shape& shape);
  void reset() noexcept { storage_ = std::monostate(); }

 private:
  Storage storage_;
};

/// The FieldOps and ValueOps of dynamic values: for shapes that are built by hand or by DynamicModel.
extern const FieldOps kDynamicField;
extern const ValueOps kDynamicText;
extern const ValueOps kDynamicList;
extern const ValueOps kDynamicMap;
/// The operations that fit a kind, or null for kinds that need none.
const ValueOps* dynamic_ops(Kind kind) noexcept;

/// How a blob looks in a Json document: its text as it is (conformance vectors), or base64 (CLI input).
enum class BlobText : std::uint8_t { raw, base64 };

/// Json with the model's member names (not wire names) into a value of the shape. Timestamps are epoch seconds or text,
/// NaN and the infinities strings. Unknown members and wrong types are errors: usage, with the path.
Result<void> from_json(const Json& json, const Shape& shape, Value& out, BlobText blobs = BlobText::base64);
/// The same into a default value of any storage, such as a generated struct.
Result<void> from_json(const Json& json, Erased value, BlobText blobs = BlobText::base64);
/// The reverse, for values of any storage. Timestamps become epoch seconds.
Json to_json(ConstErased value, BlobText blobs = BlobText::base64);

}  // namespace postern::aws
