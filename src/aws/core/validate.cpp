#include "aws/core/validate.hpp"

#include <algorithm>

#include "aws/core/codec.hpp"
#include "aws/core/reply.hpp"
#include "aws/core/scalar.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace validate {

constexpr std::size_t kShownMax = 500;

/// Characters, not bytes: that is what the models' lengths count.
std::int64_t text_length(std::string_view text) noexcept {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

/// AWS writes member names with a small first letter and list positions from 1: filters.1.member.key.
std::string small(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

void show(std::string& out, const Shape& shape, const void* v) {
  if (out.size() > kShownMax) return;
  const char* comma = "";
  switch (shape.kind) {
    case Kind::structure:
      out += std::string(shape.name) + "()";
      return;
    case Kind::list:
      out += '[';
      for (std::size_t i = 0; i < shape.ops->list->size(v) && out.size() <= kShownMax; ++i) {
        out += comma;
        if (const void* element = shape.ops->list->at(v, i, *shape.element)) show(out, *shape.element, element);
        comma = ", ";
      }
      out += ']';
      return;
    case Kind::map:
      out += '{';
      shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
        if (out.size() > kShownMax) return;
        out += comma + std::string(key) + "=";
        if (element != nullptr) show(out, *shape.element, element);
        comma = ", ";
      });
      out += '}';
      return;
    case Kind::blob:
      out += "java.nio.HeapByteBuffer";
      return;
    default:
      append_scalar(out, shape, v, TimeFormat::iso8601);
      return;
  }
}

class Walk {
 public:
  explicit Walk(std::size_t violations_max) : violations_max_(violations_max) {}

  void visit(const Shape& shape, const void* v, int depth) {
    if (depth > kMaxNesting || found_.size() >= violations_max_) return;
    limits(shape, v);
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, v, depth);
      case Kind::list:
        return list(shape, v, depth);
      case Kind::map:
        return map(shape, v, depth);
      default:
        return;
    }
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  void structure(const Shape& shape, const void* v, int depth) {
    for (const Member& member : shape.members) {
      const std::size_t mark = push(small(member.name));
      const void* field = member_value(v, member);
      if (field != nullptr)
        visit(*member.shape, field, depth + 1);
      else if (member.required)
        report("Value null", "Member must not be null");
      path_.resize(mark);
    }
  }
  void list(const Shape& shape, const void* v, int depth) {
    const ListOps& ops = *shape.ops->list;
    for (std::size_t i = 0; i < ops.size(v) && found_.size() < violations_max_; ++i) {
      const void* element = ops.at(v, i, *shape.element);
      if (element == nullptr) continue;
      const std::size_t mark = push(std::to_string(i + 1) + ".member");
      visit(*shape.element, element, depth + 1);
      path_.resize(mark);
    }
  }
  void map(const Shape& shape, const void* v, int depth) {
    shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
      if (element == nullptr) return;
      const std::size_t mark = push(std::string(key) + ".member");
      visit(*shape.element, element, depth + 1);
      path_.resize(mark);
    });
  }
  void limits(const Shape& shape, const void* v) {
    switch (shape.kind) {
      case Kind::string: {
        const std::string_view text = shape.ops->text->get(v);
        check(shape, v, text_length(text), "length");
        const auto& allowed = shape.enum_values;
        if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
          std::string set;
          for (const std::string_view value : allowed) set += (set.empty() ? "" : ", ") + std::string(value);
          violated(shape, v, "Member must satisfy enum value set: [" + set + "]");
        }
        return;
      }
      case Kind::blob:
        return check(shape, v, static_cast<std::int64_t>(static_cast<const Blob*>(v)->bytes.size()), "length");
      case Kind::list:
        return check(shape, v, static_cast<std::int64_t>(shape.ops->list->size(v)), "length");
      case Kind::map:
        return check(shape, v, static_cast<std::int64_t>(shape.ops->map->size(v)), "length");
      case Kind::int32:
        return check(shape, v, *static_cast<const std::int32_t*>(v), "value");
      case Kind::int64:
        return check(shape, v, *static_cast<const std::int64_t*>(v), "value");
      case Kind::float32:
        return check_float(shape, v, static_cast<double>(*static_cast<const float*>(v)));
      case Kind::float64:
        return check_float(shape, v, *static_cast<const double*>(v));
      default:
        return;
    }
  }
  void check(const Shape& shape, const void* v, std::int64_t actual, std::string_view what) {
    const std::string member = "Member must have " + std::string(what);
    if (shape.min != kNoLimit && actual < shape.min)
      violated(shape, v, member + " greater than or equal to " + std::to_string(shape.min));
    if (shape.max != kNoLimit && actual > shape.max)
      violated(shape, v, member + " less than or equal to " + std::to_string(shape.max));
  }
  void check_float(const Shape& shape, const void* v, double actual) {
    if (shape.min != kNoLimit && !(actual >= static_cast<double>(shape.min)))
      violated(shape, v, "Member must have value greater than or equal to " + std::to_string(shape.min));
    if (shape.max != kNoLimit && !(actual <= static_cast<double>(shape.max)))
      violated(shape, v, "Member must have value less than or equal to " + std::to_string(shape.max));
  }
  void violated(const Shape& shape, const void* v, const std::string& constraint) {
    if (shape.sensitive) return report("Value", constraint);
    std::string shown;
    show(shown, shape, v);
    report("Value '" + printable(shown, kShownMax) + "'", constraint);
  }
  void report(const std::string& value, const std::string& constraint) {
    if (found_.size() >= violations_max_) return;
    found_.push_back(value + " at '" + path_ + "' failed to satisfy constraint: " + constraint);
  }
  std::size_t push(const std::string& part) {
    const std::size_t mark = path_.size();
    if (mark != 0) path_ += '.';
    path_ += part;
    return mark;
  }

  std::size_t violations_max_;
  std::string path_;
  std::vector<std::string> found_;
};

/// EC2 says it in its own way: one thing at a time.
Error ec2_violation(const OperationSpec& op, const std::string& first) {
  constexpr std::string_view kNull = "Value null at '";
  if (first.starts_with(kNull)) {
    const std::string name = first.substr(kNull.size(), first.find('\'', kNull.size()) - kNull.size());
    return bad_request(op, "MissingParameter", "The request must contain the parameter " + name);
  }
  return bad_request(op, "InvalidParameterValue", first);
}

/// S3 has codes of its own for some members.
const char* s3_code(const std::string& first) {
  return first.find("locationConstraint'") == std::string::npos ? "InvalidArgument" : "InvalidLocationConstraint";
}

}  // namespace validate

std::vector<std::string> find_violations(const Shape& input, const void* value, std::size_t violations_max) {
  validate::Walk walk(violations_max);
  walk.visit(input, value, 0);
  return walk.take();
}

Result<void> validate_input(const OperationSpec& op, const void* input) {
  const auto violations = find_violations(*op.input, input);
  if (violations.empty()) return {};
  if (op.service->protocol == Protocol::ec2) return fail(validate::ec2_violation(op, violations.front()));
  std::string message = std::to_string(violations.size()) +
                        (violations.size() == 1 ? " validation error detected: " : " validation errors detected: ") +
                        join(violations, "; ");
  // STS, IAM and the other services of the query protocol leave "Exception" away.
  const char* code = op.service->protocol == Protocol::query ? "ValidationError" : "ValidationException";
  // CloudWatch Logs has no ValidationException.
  const bool json = op.service->protocol == Protocol::json;
  if (json && find_error_shape(op, "InvalidParameterException") != nullptr) code = "InvalidParameterException";
  if (op.service->s3_rules) code = validate::s3_code(violations.front());
  return fail(bad_request(op, code, std::move(message)));
}

}  // namespace postern::aws
