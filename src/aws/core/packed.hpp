#pragma once

/// A service's descriptors as awsgen writes them: numbers and one text, no pointers. A table with pointers is relocated
/// when the program starts, all of it, and is memory of that process alone from then on; a run uses a twentieth
/// (docs/adr/0015-model-tables-without-pointers.md). Shapes and operations are made of these rows when they are first
/// asked for and stay for the program's life. Nobody but generated code needs this header.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "aws/core/shape.hpp"
#include "aws/core/spec.hpp"

namespace postern::aws {

/// A part of PackedModel::text.
struct PackedText {
  std::uint32_t offset : 22 = 0;
  std::uint32_t length : 10 = 0;
};

/// Member. What is "from 1" is an index plus one; 0 means none.
struct PackedMember {
  PackedText name = {};
  PackedText wire_name = {};
  PackedText query_name = {};
  std::uint16_t shape = 0;
  std::uint16_t ops = 0;  ///< in field_ops
  std::uint16_t offset = 0;
  Location location : 4 = Location::body;
  TimeFormat time_format : 4 = TimeFormat::unset;
  bool required : 1 = false;
  bool idempotency_token : 1 = false;
  bool flattened : 1 = false;
  bool xml_attribute : 1 = false;
  bool payload : 1 = false;
  bool json_value : 1 = false;
  std::uint8_t xml_namespace = 0;  ///< from 1
};

/// Shape. What few shapes have is in limits and extras, and rows of those are shared.
struct PackedShape {
  PackedText name = {};
  Kind kind = Kind::structure;
  TimeFormat time_format : 3 = TimeFormat::unset;
  bool flattened : 1 = false;
  bool sensitive : 1 = false;
  bool is_union : 1 = false;
  bool is_document : 1 = false;
  bool sender_fault : 1 = true;
  std::uint16_t ops = 0;    ///< in value_ops, from 1
  std::uint16_t first = 0;  ///< structure: first member; string: first of its values; list and map: the element's shape
  std::uint16_t count = 0;  ///< of members or values
  std::uint16_t limits = 0;  ///< from 1
  std::uint16_t extras = 0;  ///< from 1
};

struct PackedLimits {
  std::int64_t min = kNoLimit;
  std::int64_t max = kNoLimit;
};

/// The rest of a Shape.
struct PackedExtras {
  PackedText element_name = {};
  PackedText key_name = {};
  PackedText error_code = {};
  PackedText xml_namespace = {};
  PackedText xml_namespace_prefix = {};
  std::uint16_t error_status = 0;
  std::uint8_t element_namespace = 0;  ///< from 1
  std::uint8_t key_namespace = 0;      ///< from 1
};

struct PackedPagination {
  PackedText input_token = {};
  PackedText output_token = {};
  PackedText limit_key = {};
  PackedText result_key = {};
  PackedText more_results = {};
};

/// OperationSpec.
struct PackedOperation {
  PackedText name = {};
  PackedText result_wrapper = {};
  PackedText http_method = {};
  PackedText request_uri = {};
  PackedText host_prefix = {};
  PackedText xml_root = {};
  PackedText xml_root_namespace = {};
  PackedText reply_root = {};
  std::uint16_t input = 0;
  std::uint16_t output = 0;
  std::uint16_t first_error = 0;
  std::uint16_t errors = 0;
  std::uint16_t pagination = 0;  ///< from 1
  std::uint16_t success_status = 200;
  Effect effect = Effect::write;
  BodyChecksum body_checksum = BodyChecksum::none;
  bool unsigned_request = false;
  bool unwrapped_reply = false;
};

// Where rows go to waste, so does memory: a run reads them to unpack.
static_assert(sizeof(PackedText) == 4 && sizeof(PackedMember) == 24 && sizeof(PackedShape) == 16);

/// The tables of one service, and where the pointers to what was unpacked are kept: those arrays have the length of
/// the tables beside them and start as nulls. Every function may be called by several threads at once. What they return
/// lives as long as the program, and is the same object every time. Indices are the generator's: a wrong one is a
/// programming error.
struct PackedModel {
  const ServiceSpec* service;
  const char* text;
  std::span<const PackedShape> shapes;
  std::span<const PackedMember> members = {};
  std::span<const PackedText> values = {};  ///< of enums
  std::span<const PackedLimits> limits = {};
  std::span<const PackedExtras> extras = {};
  std::span<const PackedOperation> operations = {};
  std::span<const std::uint16_t> errors = {};
  std::span<const PackedPagination> paginations = {};
  std::span<const FieldOps* const> field_ops = {};
  std::span<const ValueOps* const> value_ops = {};
  std::span<const XmlNamespace> namespaces = {};
  std::atomic<const Shape*>* unpacked_shapes;
  std::atomic<const OperationSpec*>* unpacked_operations = nullptr;
  const OperationSpec** operation_list = nullptr;  ///< what all_operations() returns

  /// The shape with everything that it reaches; unpacks what was not asked for before.
  const Shape& shape(std::size_t index) const {
    const Shape* known = unpacked_shapes[index].load(std::memory_order_acquire);
    return known != nullptr ? *known : unpack_shape(index);
  }
  /// The operation with the shapes of its input, output and errors.
  const OperationSpec& operation(std::size_t index) const {
    const OperationSpec* known = unpacked_operations[index].load(std::memory_order_acquire);
    return known != nullptr ? *known : unpack_operation(index);
  }
  /// Unpacks the whole service.
  std::span<const OperationSpec* const> all_operations() const;

  std::string_view view(PackedText part) const { return std::string_view(text + part.offset, part.length); }
  /// A value of an enum, and the other way round. Neither unpacks anything.
  std::string_view enum_text(std::size_t shape_index, std::size_t value) const;
  std::optional<std::size_t> enum_value(std::size_t shape_index, std::string_view value) const;

 private:
  const Shape& unpack_shape(std::size_t index) const;
  const OperationSpec& unpack_operation(std::size_t index) const;
};

}  // namespace postern::aws
