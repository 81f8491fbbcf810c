#include <algorithm>
#include <cmath>

#include "base/jmespath_ast.hpp"

namespace postern::jmespath {
namespace {

// Python's rules: negative positions count from the end, and what lies outside is cut off.
std::int64_t clamp_slice_bound(std::int64_t bound, std::int64_t size, std::int64_t step) {
  if (bound < 0) {
    bound += size;
    if (bound < 0) bound = step < 0 ? -1 : 0;
  } else if (bound >= size) {
    bound = step < 0 ? size - 1 : size;
  }
  return bound;
}

bool holds(TokenKind op, const Json& a, const Json& b) {
  const int order = compare_numbers(a, b);
  switch (op) {
    case TokenKind::lt:
      return order < 0;
    case TokenKind::le:
      return order <= 0;
    case TokenKind::gt:
      return order > 0;
    default:
      return order >= 0;
  }
}

// Name and bit of each type, in the order in which they are named in messages.
struct TypeName {
  unsigned bit;
  std::string_view name;
};
constexpr TypeName kTypeNames[] = {{type::number, "a number"},
                                   {type::string, "a string"},
                                   {type::boolean, "a boolean"},
                                   {type::array, "an array"},
                                   {type::object, "an object"},
                                   {type::array_of_numbers, "an array of numbers"},
                                   {type::array_of_strings, "an array of strings"},
                                   {type::expression, "an expression (&name)"}};

unsigned types_of(const Argument& argument) {
  if (argument.expression != nullptr) return type::expression;
  const Json& value = argument.value;
  switch (value.kind()) {
    case Json::Kind::null:
      return type::null;
    case Json::Kind::boolean:
      return type::boolean;
    case Json::Kind::integer:
    case Json::Kind::number:
      return type::number;
    case Json::Kind::string:
      return type::string;
    case Json::Kind::object:
      return type::object;
    case Json::Kind::array:
      break;
  }
  const auto& items = value.items();
  unsigned types = type::array;
  if (std::all_of(items.begin(), items.end(), [](const Json& j) { return j.is_number(); })) {
    types |= type::array_of_numbers;
  }
  if (std::all_of(items.begin(), items.end(), [](const Json& j) { return j.is_string(); })) {
    types |= type::array_of_strings;
  }
  return types;
}

std::string wanted_types(unsigned types) {
  std::string text;
  for (const TypeName& entry : kTypeNames) {
    if ((types & entry.bit) == 0) continue;
    if (!text.empty()) text += " or ";
    text += entry.name;
  }
  return text;
}

}  // namespace

bool is_true(const Json& value) noexcept {
  switch (value.kind()) {
    case Json::Kind::null:
      return false;
    case Json::Kind::boolean:
      return value.as_bool();
    case Json::Kind::string:
      return !value.as_string().empty();
    case Json::Kind::array:
    case Json::Kind::object:
      return !value.empty();
    default:
      return true;
  }
}

int compare_numbers(const Json& a, const Json& b) noexcept {
  const auto sign = [](auto x, auto y) { return x < y ? -1 : (y < x ? 1 : 0); };
  if (a.is_int() && b.is_int()) return sign(a.as_int(), b.as_int());
  if (b.is_int()) return -compare_numbers(b, a);
  const double y = b.as_double();
  if (!a.is_int()) {
    const double x = a.as_double();
    return std::isnan(x) || std::isnan(y) ? sign(!std::isnan(x), !std::isnan(y)) : sign(x, y);
  }
  // As doubles, neighbours beyond 2^53 would be equal to each other and break the order.
  if (std::isnan(y) || y < -0x1p63) return 1;
  if (y >= 0x1p63) return -1;
  const double whole = std::trunc(y);
  const int order = sign(a.as_int(), static_cast<std::int64_t>(whole));
  return order != 0 ? order : sign(whole, y);
}

Result<void> Evaluator::charge(const Node& node, std::int64_t work) {
  work_ += work;
  if (work_ <= kMaxWork) return {};
  return fail(query_error(text_, node.at, "too much work", "the query makes more data than is allowed", Hint::none));
}

Error Evaluator::invalid_type(const Node& node, std::string_view why) const {
  return query_error(text_, node.at, "invalid type", why, Hint::none);
}

Result<Json> Evaluator::visit(const Node& node, const Json& current) {
  TRY_VOID(charge(node, 1));
  switch (node.kind) {
    case NodeKind::current:
      return current;
    case NodeKind::field:
      return current[node.name];
    case NodeKind::index: {
      const auto& items = current.items();
      const auto size = static_cast<std::int64_t>(items.size());
      const std::int64_t at = node.number < 0 ? node.number + size : node.number;
      return at >= 0 && at < size ? items[static_cast<std::size_t>(at)] : Json();
    }
    case NodeKind::slice:
      return visit_slice(node, current);
    case NodeKind::chain:
      return visit_chain(node, current);
    case NodeKind::literal: {
      TRY_VOID(charge(node, node.number));
      return node.value;
    }
    case NodeKind::list:
      return visit_list(node, current);
    case NodeKind::hash:
      return visit_hash(node, current);
    case NodeKind::any:
    case NodeKind::all:
      return visit_logic(node, current);
    case NodeKind::not_: {
      TRY(const Json inner, visit(node.children[0], current));
      return Json(!is_true(inner));
    }
    case NodeKind::compare:
      return visit_compare(node, current);
    case NodeKind::projection:
      return visit_projection(node, current);
    case NodeKind::value_projection:
      return visit_value_projection(node, current);
    case NodeKind::filter:
      return visit_filter(node, current);
    case NodeKind::flatten:
      return visit_flatten(node, current);
    case NodeKind::call:
      return visit_call(node, current);
    case NodeKind::reference:
      break;
  }
  return fail(invalid_type(node, "an expression is not a value"));
}

Result<Json> Evaluator::visit_slice(const Node& node, const Json& current) {
  if (!current.is_array()) return Json();
  const auto& items = current.items();
  const auto size = static_cast<std::int64_t>(items.size());
  // No array is longer than the work allowed, so a longer step selects the same.
  const std::int64_t step = std::clamp<std::int64_t>(node.slice.step, -size - 1, size + 1);
  const std::int64_t start =
      node.slice.start ? clamp_slice_bound(*node.slice.start, size, step) : (step < 0 ? size - 1 : 0);
  const std::int64_t stop = node.slice.stop ? clamp_slice_bound(*node.slice.stop, size, step) : (step < 0 ? -1 : size);
  Json::Array out;
  for (std::int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
    out.push_back(items[static_cast<std::size_t>(i)]);
  }
  TRY_VOID(charge(node, static_cast<std::int64_t>(out.size())));
  return Json::array(std::move(out));
}

Result<Json> Evaluator::visit_chain(const Node& node, const Json& current) {
  TRY(Json value, visit(node.children[0], current));
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    TRY(value, visit(node.children[i], value));
  }
  return value;
}

Result<Json> Evaluator::visit_list(const Node& node, const Json& current) {
  if (current.is_null()) return Json();
  Json::Array out;
  out.reserve(node.children.size());
  for (const Node& child : node.children) {
    TRY(Json value, visit(child, current));
    // The same value may stand here many times over; counting it whole keeps results of a size that can be written.
    TRY_VOID(charge(node, weight(value, kMaxWork)));
    out.push_back(std::move(value));
  }
  return Json::array(std::move(out));
}

Result<Json> Evaluator::visit_hash(const Node& node, const Json& current) {
  if (current.is_null()) return Json();
  Json::Members out;
  out.reserve(node.children.size());
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    TRY(Json value, visit(node.children[i], current));
    TRY_VOID(charge(node, weight(value, kMaxWork)));
    out.emplace_back(node.names[i], std::move(value));
  }
  return Json::object(std::move(out));
}

Result<Json> Evaluator::visit_logic(const Node& node, const Json& current) {
  const bool stop_at = node.kind == NodeKind::any;
  Json value;
  for (const Node& child : node.children) {
    TRY(value, visit(child, current));
    if (is_true(value) == stop_at) break;
  }
  return value;
}

Result<Json> Evaluator::visit_compare(const Node& node, const Json& current) {
  TRY(const Json left, visit(node.children[0], current));
  TRY(const Json right, visit(node.children[1], current));
  if (node.op == TokenKind::eq) return Json(left == right);
  if (node.op == TokenKind::ne) return Json(!(left == right));
  if (!left.is_number() || !right.is_number()) return Json();
  return Json(holds(node.op, left, right));
}

Result<void> Evaluator::project(const Node& node, const Json& item, Json::Array& out) {
  if (node.children[1].kind == NodeKind::current) {
    // Nothing follows the projection, as in a[] or a[?b]: the item itself.
    if (!item.is_null()) out.push_back(item);
    return charge(node, 1);
  }
  TRY(Json value, visit(node.children[1], item));
  if (!value.is_null()) out.push_back(std::move(value));
  return {};
}

Result<Json> Evaluator::visit_projection(const Node& node, const Json& current) {
  TRY(const Json base, visit(node.children[0], current));
  if (!base.is_array()) return Json();
  Json::Array out;
  for (const Json& item : base.items()) TRY_VOID(project(node, item, out));
  return Json::array(std::move(out));
}

Result<Json> Evaluator::visit_value_projection(const Node& node, const Json& current) {
  TRY(const Json base, visit(node.children[0], current));
  if (!base.is_object()) return Json();
  Json::Array out;
  for (const Json::Member& member : base.members()) TRY_VOID(project(node, member.value, out));
  return Json::array(std::move(out));
}

Result<Json> Evaluator::visit_filter(const Node& node, const Json& current) {
  TRY(const Json base, visit(node.children[0], current));
  if (!base.is_array()) return Json();
  Json::Array out;
  for (const Json& item : base.items()) {
    TRY(const Json condition, visit(node.children[2], item));
    if (is_true(condition)) TRY_VOID(project(node, item, out));
  }
  return Json::array(std::move(out));
}

Result<Json> Evaluator::visit_flatten(const Node& node, const Json& current) {
  TRY(const Json base, visit(node.children[0], current));
  if (!base.is_array()) return Json();
  Json::Array out;
  for (const Json& item : base.items()) {
    // This is how arrays grow in memory, so it costs more than a step.
    TRY_VOID(charge(node, 4 * (1 + static_cast<std::int64_t>(item.items().size()))));
    if (item.is_array())
      out.insert(out.end(), item.items().begin(), item.items().end());
    else
      out.push_back(item);
  }
  return Json::array(std::move(out));
}

Result<Json> Evaluator::visit_call(const Node& node, const Json& current) {
  const Function& function = *node.function;
  std::vector<Argument> arguments(node.children.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Node& child = node.children[i];
    if (child.kind == NodeKind::reference) {
      arguments[i].expression = &child.children[0];
    } else {
      TRY(arguments[i].value, visit(child, current));
      TRY_VOID(charge(node, static_cast<std::int64_t>(arguments[i].value.size())));
    }
    const unsigned wanted = function.types[std::min<std::size_t>(i, function.arity - 1)];
    if ((types_of(arguments[i]) & wanted) != 0) continue;
    std::string why(function.name);
    why += function.arity == 1 && !function.variadic ? "()" : "() argument " + std::to_string(i + 1);
    why.append(" must be ").append(wanted == type::any ? "a value" : wanted_types(wanted)).append(", not ");
    why += arguments[i].expression != nullptr ? "an expression" : to_string(arguments[i].value.kind());
    return fail(invalid_type(node, why));
  }
  Call call(*this, node, std::move(arguments));
  return function.apply(call);
}

Result<Json> evaluate(const Node& root, std::string_view text, const Json& input) {
  return Evaluator(text).visit(root, input);
}

}  // namespace postern::jmespath
