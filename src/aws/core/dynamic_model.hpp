#pragma once

/// Descriptors made at run time from a service model in botocore's form (metadata, shapes, operations).

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/dynamic.hpp"
#include "aws/core/spec.hpp"

namespace postern::aws {

/// Owns the descriptors of one model; everything that it hands out lives as long as it. Values of its shapes are
/// dynamic (dynamic.hpp): `Value v; v.emplace(*op.input)` is an object to give to a codec.
class DynamicModel {
 public:
  struct Arena;  ///< what owns the descriptors; known to the source file only

  /// `model` has "metadata", "shapes" and, as service models have it, "operations". Errors: malformed.
  static Result<DynamicModel> build(const Json& model);
  DynamicModel(DynamicModel&&) noexcept;
  DynamicModel& operator=(DynamicModel&&) noexcept;
  ~DynamicModel();

  const ServiceSpec& service() const noexcept;
  /// An operation of the model, or null.
  const OperationSpec* find_operation(std::string_view name) const noexcept;
  /// Adds one operation in the model's form ({"name", "http", "input", "output", "errors", ...}).
  Result<const OperationSpec*> add_operation(const Json& operation);
  const Shape* find_shape(std::string_view name) const noexcept;

 private:
  explicit DynamicModel(std::unique_ptr<Arena> arena) noexcept;
  std::unique_ptr<Arena> arena_;
};

}  // namespace postern::aws
