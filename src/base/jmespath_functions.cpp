#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/jmespath_ast.hpp"
#include "base/text.hpp"

// The built-in functions of the specification. Numbers and types of arguments have been checked before these are
// called.

namespace postern::jmespath {
namespace {
namespace builtin {

const Json& value(const Call& call, std::size_t i) {
  return call.arguments[i].value;
}

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

Json whole(double number) {
  const auto integer = Json(number).to_int();
  return integer ? Json(*integer) : Json(number);
}

// Strings order by code point, which for UTF-8 is the order of their bytes.
bool less(const Json& a, const Json& b) {
  if (a.is_string() && b.is_string()) return a.as_string() < b.as_string();
  return compare_numbers(a, b) < 0;
}

// Positions in ascending order of their keys, equal ones as they were. (libstdc++'s stable_sort uses what C++20 has
// removed.)
std::vector<std::size_t> sorted_positions(const Json::Array& keys) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&keys](std::size_t a, std::size_t b) {
    if (less(keys[a], keys[b])) return true;
    return !less(keys[b], keys[a]) && a < b;
  });
  return order;
}

// New text costs more than a copy: this is how strings grow, 32 MiB at most in one search.
std::int64_t made_text_cost(std::size_t bytes) {
  return static_cast<std::int64_t>(bytes / 2);
}

Result<Json> made_text(Call& call, std::string text) {
  TRY_VOID(call.evaluator.charge(call.node, made_text_cost(text.size())));
  return Json(std::move(text));
}

Result<Json> abs(Call& call) {
  const Json& number = value(call, 0);
  if (!number.is_int()) return Json(std::fabs(number.as_double()));
  if (number.as_int() == INT64_MIN) return Json(-number.as_double());
  return Json(std::abs(number.as_int()));
}

Result<Json> ceil(Call& call) {
  const Json& number = value(call, 0);
  return number.is_int() ? number : whole(std::ceil(number.as_double()));
}

Result<Json> floor(Call& call) {
  const Json& number = value(call, 0);
  return number.is_int() ? number : whole(std::floor(number.as_double()));
}

Result<Json> sum(Call& call) {
  std::int64_t integer = 0;
  double number = 0;
  bool exact = true;
  for (const Json& item : value(call, 0).items()) {
    number += item.as_double();
    exact = exact && item.is_int() && !__builtin_add_overflow(integer, item.as_int(), &integer);
  }
  return exact ? Json(integer) : Json(number);
}

Result<Json> avg(Call& call) {
  const auto& items = value(call, 0).items();
  if (items.empty()) return Json();
  TRY(const Json total, sum(call));
  return Json(total.as_double() / static_cast<double>(items.size()));
}

Result<Json> contains(Call& call) {
  const Json& subject = value(call, 0);
  const Json& wanted = value(call, 1);
  if (subject.is_string()) {
    return Json(wanted.is_string() && subject.as_string().find(wanted.as_string()) != std::string::npos);
  }
  const auto& items = subject.items();
  return Json(std::find(items.begin(), items.end(), wanted) != items.end());
}

Result<Json> ends_with(Call& call) {
  return Json(value(call, 0).as_string().ends_with(value(call, 1).as_string()));
}

Result<Json> starts_with(Call& call) {
  return Json(value(call, 0).as_string().starts_with(value(call, 1).as_string()));
}

Result<Json> join(Call& call) {
  std::string text;
  const std::string& glue = value(call, 0).as_string();
  const auto& items = value(call, 1).items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t more = (i == 0 ? 0 : glue.size()) + items[i].as_string().size();
    TRY_VOID(call.evaluator.charge(call.node, made_text_cost(more)));
    if (i != 0) text += glue;
    text += items[i].as_string();
  }
  return Json(std::move(text));
}

Result<Json> keys(Call& call) {
  Json::Array out;
  for (const Json::Member& member : value(call, 0).members()) out.emplace_back(member.key);
  return Json::array(std::move(out));
}

Result<Json> values(Call& call) {
  Json::Array out;
  for (const Json::Member& member : value(call, 0).members()) out.push_back(member.value);
  return Json::array(std::move(out));
}

Result<Json> length(Call& call) {
  const Json& subject = value(call, 0);
  if (!subject.is_string()) return Json(subject.size());
  const std::string& text = subject.as_string();
  return Json(static_cast<std::int64_t>(std::count_if(text.begin(), text.end(), starts_character)));
}

Result<Json> map(Call& call) {
  Json::Array out;
  for (const Json& item : value(call, 1).items()) {
    TRY(Json mapped, call.evaluator.visit(*call.arguments[0].expression, item));
    out.push_back(std::move(mapped));
  }
  return Json::array(std::move(out));
}

Result<Json> max(Call& call) {
  const auto& items = value(call, 0).items();
  return items.empty() ? Json() : *std::max_element(items.begin(), items.end(), less);
}

Result<Json> min(Call& call) {
  const auto& items = value(call, 0).items();
  return items.empty() ? Json() : *std::min_element(items.begin(), items.end(), less);
}

// What the expression of a _by function gives for each item: all strings or all numbers.
Result<Json::Array> sort_keys(Call& call) {
  Json::Array out;
  for (const Json& item : value(call, 0).items()) {
    TRY(Json key, call.evaluator.visit(*call.arguments[1].expression, item));
    const bool fits = out.empty() ? key.is_string() || key.is_number()
                                  : (key.is_string() && out[0].is_string()) || (key.is_number() && out[0].is_number());
    if (!fits) {
      std::string why(call.node.function->name);
      why += "(): the expression must give only numbers or only strings, but it gave ";
      why += to_string(key.kind());
      return fail(call.evaluator.invalid_type(call.node, why));
    }
    out.push_back(std::move(key));
  }
  return out;
}

Result<Json> max_by(Call& call) {
  TRY(const Json::Array keys_found, sort_keys(call));
  if (keys_found.empty()) return Json();
  const auto best = std::max_element(keys_found.begin(), keys_found.end(), less) - keys_found.begin();
  return value(call, 0).items()[static_cast<std::size_t>(best)];
}

Result<Json> min_by(Call& call) {
  TRY(const Json::Array keys_found, sort_keys(call));
  if (keys_found.empty()) return Json();
  const auto best = std::min_element(keys_found.begin(), keys_found.end(), less) - keys_found.begin();
  return value(call, 0).items()[static_cast<std::size_t>(best)];
}

Result<Json> sort_by(Call& call) {
  TRY(const Json::Array keys_found, sort_keys(call));
  Json::Array out;
  for (const std::size_t i : sorted_positions(keys_found)) out.push_back(value(call, 0).items()[i]);
  return Json::array(std::move(out));
}

Result<Json> merge(Call& call) {
  Json::Members all;
  for (const Argument& argument : call.arguments) {
    const auto& members = argument.value.members();
    all.insert(all.end(), members.begin(), members.end());
  }
  return Json::object(std::move(all));
}

Result<Json> not_null(Call& call) {
  for (const Argument& argument : call.arguments) {
    if (!argument.value.is_null()) return argument.value;
  }
  return Json();
}

Result<Json> reverse(Call& call) {
  const Json& subject = value(call, 0);
  if (subject.is_array()) return Json::array(Json::Array(subject.items().rbegin(), subject.items().rend()));
  const std::string& text = subject.as_string();
  std::string out;
  for (std::size_t end = text.size(), i = end; i-- > 0;) {
    if (!starts_character(text[i])) continue;
    out.append(text, i, end - i);
    end = i;
  }
  return made_text(call, std::move(out));
}

Result<Json> sort(Call& call) {
  const auto& items = value(call, 0).items();
  Json::Array out;
  for (const std::size_t i : sorted_positions(items)) out.push_back(items[i]);
  return Json::array(std::move(out));
}

Result<Json> to_array(Call& call) {
  const Json& subject = value(call, 0);
  return subject.is_array() ? subject : Json::array(Json::Array{subject});
}

Result<Json> to_number(Call& call) {
  const Json& subject = value(call, 0);
  if (subject.is_number()) return subject;
  if (!subject.is_string()) return Json();
  const std::string& text = subject.as_string();
  // Json::parse would accept white space around the number.
  if (text.empty() || trim(text).size() != text.size()) return Json();
  const auto number = Json::parse(text);
  return number && number->is_number() ? *number : Json();
}

Result<Json> to_string(Call& call) {
  const Json& subject = value(call, 0);
  if (subject.is_string()) return subject;
  TRY_VOID(call.evaluator.charge(call.node, weight(subject, kMaxWork)));
  return made_text(call, subject.dump());
}

Result<Json> type(Call& call) {
  return Json(postern::to_string(value(call, 0).kind()));
}

}  // namespace builtin

constexpr unsigned kComparable = type::array_of_numbers | type::array_of_strings;

constexpr Function kFunctions[] = {
    {"abs", 1, false, {type::number}, builtin::abs},
    {"avg", 1, false, {type::array_of_numbers}, builtin::avg},
    {"ceil", 1, false, {type::number}, builtin::ceil},
    {"contains", 2, false, {type::array | type::string, type::any}, builtin::contains},
    {"ends_with", 2, false, {type::string, type::string}, builtin::ends_with},
    {"floor", 1, false, {type::number}, builtin::floor},
    {"join", 2, false, {type::string, type::array_of_strings}, builtin::join},
    {"keys", 1, false, {type::object}, builtin::keys},
    {"length", 1, false, {type::string | type::array | type::object}, builtin::length},
    {"map", 2, false, {type::expression, type::array}, builtin::map},
    {"max", 1, false, {kComparable}, builtin::max},
    {"max_by", 2, false, {type::array, type::expression}, builtin::max_by},
    {"merge", 1, true, {type::object}, builtin::merge},
    {"min", 1, false, {kComparable}, builtin::min},
    {"min_by", 2, false, {type::array, type::expression}, builtin::min_by},
    {"not_null", 1, true, {type::any}, builtin::not_null},
    {"reverse", 1, false, {type::array | type::string}, builtin::reverse},
    {"sort", 1, false, {kComparable}, builtin::sort},
    {"sort_by", 2, false, {type::array, type::expression}, builtin::sort_by},
    {"starts_with", 2, false, {type::string, type::string}, builtin::starts_with},
    {"sum", 1, false, {type::array_of_numbers}, builtin::sum},
    {"to_array", 1, false, {type::any}, builtin::to_array},
    {"to_number", 1, false, {type::any}, builtin::to_number},
    {"to_string", 1, false, {type::any}, builtin::to_string},
    {"type", 1, false, {type::any}, builtin::type},
    {"values", 1, false, {type::object}, builtin::values},
};

}  // namespace

const Function* find_function(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [name](const Function& function) { return function.name == name; });
  return found != std::end(kFunctions) ? found : nullptr;
}

std::string_view nearest_function(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Function& function : kFunctions) names.push_back(function.name);
  return nearest(name, names);
}

}  // namespace postern::jmespath
