#include "sim/signals/event_pattern.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "aws/core/server.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace event_pattern {

Error invalid(std::string_view why) {
  return aws::server::fault(ErrorKind::usage, "InvalidEventPatternException",
                            "Event pattern is not valid. Reason: " + std::string(why), 400);
}

bool is_scalar(const Json& value) {
  return value.is_string() || value.is_number() || value.is_bool() || value.is_null();
}

bool all_of_strings(const Json& value) {
  if (value.is_string()) return true;
  const Json::Array& items = value.items();
  return value.is_array() && !items.empty() &&
         std::all_of(items.begin(), items.end(), [](const Json& one) { return one.is_string(); });
}

bool is_comparison(const Json& word) {
  static constexpr std::array<std::string_view, 5> kKnown = {"<", "<=", "=", ">", ">="};
  return word.is_string() && std::find(kKnown.begin(), kKnown.end(), word.as_string()) != kKnown.end();
}

/// ["<", 5], [">", 0, "<=", 5].
bool is_numeric(const Json& value) {
  const Json::Array& items = value.items();
  if (!value.is_array() || (items.size() != 2 && items.size() != 4)) return false;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (!is_comparison(items[i]) || !items[i + 1].is_number()) return false;
  }
  return true;
}

/// "a", 5, ["a", "b"], {"prefix": "a"}, {"suffix": "a"}.
bool is_excluded(const Json& value) {
  if (value.is_object()) {
    const Json::Members& members = value.members();
    const bool known = members.size() == 1 && (members[0].key == "prefix" || members[0].key == "suffix" ||
                                               members[0].key == "equals-ignore-case" || members[0].key == "wildcard");
    return known && all_of_strings(members[0].value);
  }
  if (value.is_string() || value.is_number()) return true;
  const Json::Array& items = value.items();
  return value.is_array() && !items.empty() &&
         std::all_of(items.begin(), items.end(), [](const Json& one) { return one.is_string() || one.is_number(); });
}

Result<void> check_filter(const Json& filter) {
  if (filter.members().size() != 1) return fail(invalid("Only one key allowed in match expression"));
  const auto& [key, value] = filter.members().front();
  bool good = false;
  if (key == "prefix" || key == "suffix" || key == "equals-ignore-case" || key == "wildcard") {
    good = value.is_string();
  } else if (key == "exists") {
    good = value.is_bool();
  } else if (key == "numeric") {
    good = is_numeric(value);
  } else if (key == "anything-but") {
    good = is_excluded(value);
  } else {
    return fail(invalid("Unrecognized match type " + printable(key, 60)));
  }
  return good ? Result<void>() : Result<void>(fail(invalid("Value of " + key + " is not what it takes")));
}

Result<void> check(const Json& pattern, int depth) {
  if (depth > EventPattern::kDepthMax) return fail(invalid("nested too deeply"));
  if (pattern.members().empty()) return fail(invalid("Empty objects are not allowed"));
  for (const auto& [key, value] : pattern.members()) {
    if (value.is_object()) {
      TRY_VOID(check(value, depth + 1));
      continue;
    }
    if (!value.is_array()) return fail(invalid("\"" + printable(key, 60) + "\" must be an object or an array"));
    if (value.items().empty()) return fail(invalid("Empty arrays are not allowed"));
    for (const Json& one : value.items()) {
      if (one.is_object()) {
        TRY_VOID(check_filter(one));
      } else if (!is_scalar(one)) {
        return fail(invalid("Match value must be String, number, true, false, or null"));
      }
    }
  }
  return {};
}

bool text_fits(std::string_view how, const std::string& wanted, std::string_view text) {
  if (how == "prefix") return text.starts_with(wanted);
  if (how == "suffix") return text.ends_with(wanted);
  if (how == "equals-ignore-case") return equals_ignore_case(wanted, text);
  // A question mark is no wildcard here.
  return wanted.find('?') == std::string::npos ? glob_match(wanted, text) : wanted == text;
}

bool compares(std::string_view how, double wanted, double got) {
  if (how == "<") return got < wanted;
  if (how == "<=") return got <= wanted;
  if (how == ">") return got > wanted;
  return how == ">=" ? got >= wanted : got == wanted;
}

bool is_any_of(const Json& list, const Json& value) {
  return std::any_of(list.items().begin(), list.items().end(), [&](const Json& one) { return one == value; });
}

bool is_left_out(const Json& excluded, const Json& value) {
  if (excluded.is_array()) return is_any_of(excluded, value);
  if (!excluded.is_object()) return excluded == value;
  if (!value.is_string()) return false;
  const auto& [how, wanted] = excluded.members().front();
  if (wanted.is_string()) return text_fits(how, wanted.as_string(), value.as_string());
  return std::any_of(wanted.items().begin(), wanted.items().end(),
                     [&, &kind = how](const Json& one) { return text_fits(kind, one.as_string(), value.as_string()); });
}

/// Of a scalar that is there.
bool filter_fits(const Json& filter, const Json& value) {
  const auto& [how, wanted] = filter.members().front();
  if (how == "exists") return wanted.as_bool();
  if (how == "anything-but") return !is_left_out(wanted, value);
  if (how == "numeric") {
    const Json::Array& terms = wanted.items();
    for (std::size_t i = 0; i < terms.size(); i += 2) {
      const bool good =
          value.is_number() && compares(terms[i].as_string(), terms[i + 1].as_double(), value.as_double());
      if (!good) return false;
    }
    return true;
  }
  return value.is_string() && text_fits(how, wanted.as_string(), value.as_string());
}

bool value_fits(const Json& leaf, const Json& value) {
  return std::any_of(leaf.items().begin(), leaf.items().end(),
                     [&](const Json& one) { return one.is_object() ? filter_fits(one, value) : one == value; });
}

/// A leaf matches an absent field only when it asks for one that is absent.
bool allows_absence(const Json& leaf) {
  return std::any_of(leaf.items().begin(), leaf.items().end(), [](const Json& one) {
    const Json* exists = one.find("exists");
    return exists != nullptr && exists->is_bool() && !exists->as_bool();
  });
}

bool leaf_fits(const Json& leaf, const Json* value) {
  const bool absent = value == nullptr || value->is_object();
  if (absent) return allows_absence(leaf);
  if (!value->is_array()) return value_fits(leaf, *value);
  if (value->items().empty()) return allows_absence(leaf);
  return std::any_of(value->items().begin(), value->items().end(),
                     [&](const Json& one) { return is_scalar(one) && value_fits(leaf, one); });
}

bool fits(const Json& pattern, const Json& event) {
  const Json::Members& fields = pattern.members();
  return std::all_of(fields.begin(), fields.end(), [&](const Json::Member& field) {
    const Json* value = event.find(field.key);
    if (!field.value.is_object()) return leaf_fits(field.value, value);
    if (value != nullptr && value->is_array()) {
      return std::any_of(value->items().begin(), value->items().end(),
                         [&](const Json& one) { return fits(field.value, one); });
    }
    static const Json nothing = Json::object();
    return fits(field.value, value == nullptr ? nothing : *value);
  });
}

}  // namespace event_pattern

Result<EventPattern> EventPattern::parse(std::string_view text) {
  if (text.size() > kBytesMax) return fail(event_pattern::invalid("longer than 2048 characters"));
  Result<Json> pattern = Json::parse(text);
  if (!pattern) return fail(event_pattern::invalid(pattern.error().message()));
  if (!pattern->is_object()) return fail(event_pattern::invalid("Filter is not an object"));
  TRY_VOID(event_pattern::check(*pattern, 0));
  return EventPattern(std::move(*pattern));
}

bool EventPattern::matches(const Json& event) const {
  return event_pattern::fits(pattern_, event);
}

}  // namespace postern::sim
