#include "aws/core/packed.hpp"

#include <list>
#include <mutex>
#include <vector>

#include "base/check.hpp"

namespace postern::aws {
namespace packed {

/// What one call unpacked. The vectors get their length once: what is in them never moves.
struct Shapes {
  std::vector<Shape> shapes;
  std::vector<Member> members;
  std::vector<std::string_view> values;
};

struct Operation {
  OperationSpec spec{};
  Pagination pagination;
  std::vector<const Shape*> errors;
};

/// Everything that was unpacked, of all services: constants that were not there before somebody asked. One lock is
/// enough: it is taken once for each operation that a process uses.
struct Store {
  std::mutex mutex;
  std::list<Shapes> shapes;
  std::list<Operation> operations;
};

/// Never destroyed: what is static elsewhere may still look at a shape when it is.
Store& store() {
  static Store* const only = new Store();
  return *only;
}

/// Unpacks shapes with what they reach. Under the store's lock from its construction to its end.
class Unpacker {
 public:
  explicit Unpacker(const PackedModel& model) : model_(model), places_(model.shapes.size()) {}

  /// Adds a shape to those that unpack() will make.
  void reach(std::size_t index) {
    CHECK(index < places_.size());
    if (places_[index] != 0 || known(index) != nullptr) return;
    indices_.push_back(index);
    places_[index] = indices_.size();
    const PackedShape& row = model_.shapes[index];
    if (row.kind == Kind::structure) members_ += row.count;
    if (row.kind == Kind::string) values_ += row.count;
  }

  /// Others see the new shapes when all of them are complete, for they refer to each other.
  void unpack(Store& store) {
    // reach_children() adds to what is gone through here: shapes reach each other to any depth, and themselves.
    for (std::size_t next = 0; next < indices_.size(); ++next) reach_children(model_.shapes[indices_[next]]);
    if (indices_.empty()) return;
    out_ = &store.shapes.emplace_back();
    out_->shapes.resize(indices_.size());
    out_->members.resize(members_);
    out_->values.resize(values_);
    for (std::size_t i = 0; i < indices_.size(); ++i) fill(out_->shapes[i], model_.shapes[indices_[i]]);
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      model_.unpacked_shapes[indices_[i]].store(&out_->shapes[i], std::memory_order_release);
    }
  }

 private:
  const Shape* known(std::size_t index) const { return model_.unpacked_shapes[index].load(std::memory_order_relaxed); }
  const Shape* at(std::size_t index) const {
    return places_[index] != 0 ? &out_->shapes[places_[index] - 1] : known(index);
  }
  const XmlNamespace* namespace_at(std::size_t from_1) const {
    return from_1 != 0 ? &model_.namespaces[from_1 - 1] : nullptr;
  }

  void reach_children(const PackedShape& row) {
    if (row.kind == Kind::list || row.kind == Kind::map) reach(row.first);
    if (row.kind != Kind::structure) return;
    for (const PackedMember& member : model_.members.subspan(row.first, row.count)) reach(member.shape);
  }

  void fill(Shape& shape, const PackedShape& row) {
    shape.name = model_.view(row.name);
    shape.kind = row.kind;
    if (row.ops != 0) shape.ops = model_.value_ops[row.ops - 1U];
    shape.flattened = row.flattened;
    shape.sensitive = row.sensitive;
    shape.is_union = row.is_union;
    shape.is_document = row.is_document;
    shape.time_format = row.time_format;
    shape.sender_fault = row.sender_fault;
    if (row.kind == Kind::structure) shape.members = fill_members(row);
    if (row.kind == Kind::list || row.kind == Kind::map) shape.element = at(row.first);
    if (row.kind == Kind::string) shape.enum_values = fill_values(row);
    if (row.limits != 0) {
      const PackedLimits& limits = model_.limits[row.limits - 1U];
      shape.min = limits.min;
      shape.max = limits.max;
    }
    if (row.extras != 0) fill_extras(shape, model_.extras[row.extras - 1U]);
  }

  void fill_extras(Shape& shape, const PackedExtras& extras) {
    shape.element_name = model_.view(extras.element_name);
    shape.key_name = model_.view(extras.key_name);
    shape.error_code = model_.view(extras.error_code);
    shape.error_status = extras.error_status;
    shape.xml_namespace = model_.view(extras.xml_namespace);
    shape.xml_namespace_prefix = model_.view(extras.xml_namespace_prefix);
    shape.element_namespace = namespace_at(extras.element_namespace);
    shape.key_namespace = namespace_at(extras.key_namespace);
  }

  std::span<const Member> fill_members(const PackedShape& row) {
    const std::span<Member> made = std::span(out_->members).subspan(next_member_, row.count);
    next_member_ += row.count;
    for (std::size_t i = 0; i < made.size(); ++i) fill_member(made[i], model_.members[row.first + i]);
    return made;
  }

  void fill_member(Member& member, const PackedMember& row) {
    member.name = model_.view(row.name);
    member.wire_name = model_.view(row.wire_name);
    member.query_name = model_.view(row.query_name);
    member.shape = at(row.shape);
    member.ops = model_.field_ops[row.ops];
    member.offset = row.offset;
    member.location = row.location;
    member.time_format = row.time_format;
    member.required = row.required;
    member.idempotency_token = row.idempotency_token;
    member.flattened = row.flattened;
    member.xml_attribute = row.xml_attribute;
    member.payload = row.payload;
    member.json_value = row.json_value;
    member.xml_namespace = namespace_at(row.xml_namespace);
  }

  std::span<const std::string_view> fill_values(const PackedShape& row) {
    const std::span<std::string_view> made = std::span(out_->values).subspan(next_value_, row.count);
    next_value_ += row.count;
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = model_.view(model_.values[row.first + i]);
    return made;
  }

  const PackedModel& model_;
  std::vector<std::size_t> places_;   // by index of the shape: its place in out_, from 1; 0: not to be unpacked
  std::vector<std::size_t> indices_;  // by place
  std::size_t members_ = 0;
  std::size_t values_ = 0;
  Shapes* out_ = nullptr;
  std::size_t next_member_ = 0;
  std::size_t next_value_ = 0;
};

/// `out.errors` is complete: the specification refers to it.
OperationSpec make_spec(const PackedModel& model, const PackedOperation& row, const Operation& out) {
  OperationSpec spec{};
  spec.name = model.view(row.name);
  spec.service = model.service;
  spec.input = &model.shape(row.input);
  spec.output = &model.shape(row.output);
  spec.result_wrapper = model.view(row.result_wrapper);
  spec.http_method = model.view(row.http_method);
  spec.request_uri = model.view(row.request_uri);
  spec.host_prefix = model.view(row.host_prefix);
  spec.errors = out.errors;
  spec.effect = row.effect;
  spec.unsigned_request = row.unsigned_request;
  spec.pagination = row.pagination != 0 ? &out.pagination : nullptr;
  spec.xml_root = model.view(row.xml_root);
  spec.xml_root_namespace = model.view(row.xml_root_namespace);
  spec.success_status = row.success_status;
  spec.reply_root = model.view(row.reply_root);
  spec.unwrapped_reply = row.unwrapped_reply;
  spec.body_checksum = row.body_checksum;
  return spec;
}

Pagination make_pagination(const PackedModel& model, const PackedPagination& row) {
  Pagination out;
  out.input_token = model.view(row.input_token);
  out.output_token = model.view(row.output_token);
  out.limit_key = model.view(row.limit_key);
  out.result_key = model.view(row.result_key);
  out.more_results = model.view(row.more_results);
  return out;
}

}  // namespace packed

const Shape& PackedModel::unpack_shape(std::size_t index) const {
  packed::Store& store = packed::store();
  const std::lock_guard lock(store.mutex);
  packed::Unpacker unpacker(*this);
  unpacker.reach(index);  // unless another thread was faster
  unpacker.unpack(store);
  return *unpacked_shapes[index].load(std::memory_order_relaxed);
}

const OperationSpec& PackedModel::unpack_operation(std::size_t index) const {
  CHECK(index < operations.size());
  const PackedOperation& row = operations[index];
  const std::span<const std::uint16_t> failures = errors.subspan(row.first_error, row.errors);
  packed::Store& store = packed::store();
  const std::lock_guard lock(store.mutex);
  // Another thread was faster:
  if (const OperationSpec* known = unpacked_operations[index].load(std::memory_order_relaxed)) return *known;
  packed::Unpacker unpacker(*this);
  unpacker.reach(row.input);
  unpacker.reach(row.output);
  for (const std::uint16_t failure : failures) unpacker.reach(failure);
  unpacker.unpack(store);
  packed::Operation& out = store.operations.emplace_back();
  out.errors.reserve(failures.size());
  for (const std::uint16_t failure : failures) out.errors.push_back(&shape(failure));
  if (row.pagination != 0) out.pagination = packed::make_pagination(*this, paginations[row.pagination - 1U]);
  out.spec = packed::make_spec(*this, row, out);
  unpacked_operations[index].store(&out.spec, std::memory_order_release);
  return out.spec;
}

std::span<const OperationSpec* const> PackedModel::all_operations() const {
  for (std::size_t i = 0; i < operations.size(); ++i) operation(i);
  const std::lock_guard lock(packed::store().mutex);
  // Written once: an earlier caller may be reading it.
  if (!operations.empty() && operation_list[0] == nullptr) {
    for (std::size_t i = 0; i < operations.size(); ++i) operation_list[i] = &operation(i);
  }
  return std::span(operation_list, operations.size());
}

std::string_view PackedModel::enum_text(std::size_t shape_index, std::size_t value) const {
  const PackedShape& row = shapes[shape_index];
  CHECK(value < row.count);
  return view(values[row.first + value]);
}

std::optional<std::size_t> PackedModel::enum_value(std::size_t shape_index, std::string_view value) const {
  const PackedShape& row = shapes[shape_index];
  for (std::size_t i = 0; i < row.count; ++i) {
    if (view(values[row.first + i]) == value) return i;
  }
  return std::nullopt;
}

}  // namespace postern::aws
