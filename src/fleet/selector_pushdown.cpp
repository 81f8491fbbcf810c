#include <algorithm>
#include <array>
#include <map>

#include "base/check.hpp"
#include "base/text.hpp"
#include "fleet/selector.hpp"

namespace postern::fleet {

namespace selector_pushdown_detail {

// EC2: at most 200 filter values in a request, 255 characters in a tag value
constexpr std::size_t kValuesMax = 200;
constexpr std::size_t kValueBytesMax = 255;
constexpr std::size_t kKeyBytesMax = 127;

constexpr std::array<InstanceState, 6> kStates = {InstanceState::pending,       InstanceState::running,
                                                  InstanceState::shutting_down, InstanceState::terminated,
                                                  InstanceState::stopping,      InstanceState::stopped};

/// What must hold for EC2 instances: all filters, or nothing matches at all.
struct Bound {
  bool impossible = false;
  std::map<std::string, std::vector<std::string>> filters;
};

/// Whether a subtree stands under an odd number of `not`s.
enum class Sense : std::uint8_t { plain, negated };

Sense opposite(Sense sense) {
  return sense == Sense::plain ? Sense::negated : Sense::plain;
}

Bound impossible() {
  Bound bound;
  bound.impossible = true;
  return bound;
}

Bound only(std::string name, std::vector<std::string> values) {
  Bound bound;
  bound.filters.emplace(std::move(name), std::move(values));
  return bound;
}

bool holds_any(std::string_view text, std::string_view chars) {
  return text.find_first_of(chars) != std::string_view::npos;
}

Bound push_tag_present(const std::string& key) {
  if (key.size() > kKeyBytesMax || holds_any(key, "*?\\")) return Bound();
  return only("tag-key", {key});
}

Bound push_tag(const std::string& key, const std::vector<std::string>& globs) {
  if (key.size() > kKeyBytesMax || holds_any(key, "*?\\")) return Bound();
  std::vector<std::string> values;
  for (std::string glob : globs) {
    // EC2 reads a backslash as an escape, and what it makes of empty values is not documented
    const bool sayable = !glob_match(glob, "") && glob.find('\\') == std::string::npos && glob.size() <= kValueBytesMax;
    if (!sayable) return push_tag_present(key);
    // our ? is one byte, EC2's is one character
    std::replace(glob.begin(), glob.end(), '?', '*');
    values.push_back(std::move(glob));
  }
  return only("tag:" + key, std::move(values));
}

Bound push_state(const std::vector<std::string>& globs, Sense sense) {
  std::vector<std::string> states;
  for (const InstanceState state : kStates) {
    const std::string name(to_string(state));
    const bool listed =
        std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_match(glob, name); });
    if (listed == (sense == Sense::plain)) states.push_back(name);
  }
  if (states.size() == kStates.size()) return Bound();
  return states.empty() ? impossible() : only("instance-state-name", std::move(states));
}

Bound push_ids(const std::vector<std::string>& globs) {
  std::vector<std::string> ids;
  for (const std::string& glob : globs) {
    if (holds_any(glob, "*?")) return Bound();
    if (!glob.starts_with("mi-")) ids.push_back(glob);
  }
  return ids.empty() ? impossible() : only("instance-id", std::move(ids));
}

Bound push_positive(const Selector& term) {
  switch (term.field()) {
    case Field::tag:
      return push_tag(term.key(), term.globs());
    case Field::name: {
      // an instance without a Name has the empty name
      const auto empty = [](const std::string& glob) { return glob_match(glob, ""); };
      const bool matches_none = std::any_of(term.globs().begin(), term.globs().end(), empty);
      return matches_none ? Bound() : push_tag("Name", term.globs());
    }
    case Field::id:
      return push_ids(term.globs());
    // not the platform: EC2's word is left out for Linux and wrong for some imported images; SSM knows better
    default:
      return Bound();
  }
}

bool is_scope_term(const Selector& term) {
  return term.field() == Field::account || term.field() == Field::region || term.field() == Field::account_tag;
}

Bound push_term(const Selector& term, Sense sense, const Scope& scope) {
  if (is_scope_term(term)) return term.could_match(scope) == (sense == Sense::plain) ? Bound() : impossible();
  if (term.field() == Field::state) return push_state(term.globs(), sense);
  if (sense == Sense::negated) return Bound();
  return term.op() == Selector::Op::has_tag ? push_tag_present(term.key()) : push_positive(term);
}

Bound both(std::vector<Bound> parts) {
  Bound result;
  for (Bound& part : parts) {
    if (part.impossible) return impossible();
    // a second filter of the same name is left out: how EC2 joins two of one name is not documented
    result.filters.merge(part.filters);
  }
  return result;
}

Bound either(std::vector<Bound> parts) {
  std::erase_if(parts, [](const Bound& part) { return part.impossible; });
  if (parts.empty()) return impossible();
  Bound result = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    std::erase_if(result.filters, [&](const auto& filter) { return !parts[i].filters.contains(filter.first); });
    for (auto& [name, values] : result.filters) {
      const std::vector<std::string>& more = parts[i].filters.at(name);
      values.insert(values.end(), more.begin(), more.end());
    }
  }
  return result;
}

/// Negation is carried down to the terms (De Morgan).
Bound push(const Selector& selector, Sense sense, const Scope& scope) {
  using Op = Selector::Op;
  switch (selector.op()) {
    case Op::all:
      return sense == Sense::plain ? Bound() : impossible();
    case Op::none:
      return sense == Sense::plain ? impossible() : Bound();
    case Op::term:
    case Op::has_tag:
      return push_term(selector, sense, scope);
    case Op::negation:
      return push(selector.operands().front(), opposite(sense), scope);
    case Op::reference:
      break;
    case Op::conjunction:
    case Op::disjunction: {
      std::vector<Bound> parts;
      for (const Selector& operand : selector.operands()) parts.push_back(push(operand, sense, scope));
      const bool all_must_hold = (selector.op() == Op::conjunction) == (sense == Sense::plain);
      return all_must_hold ? both(std::move(parts)) : either(std::move(parts));
    }
  }
  CHECK(selector.op() != Op::reference);  // bind_names() replaces them first
  return Bound();
}

bool filter_matches(const Ec2Filter& filter, const Instance& instance) {
  const auto any = [&](std::string_view text) {
    return std::any_of(filter.values.begin(), filter.values.end(),
                       [&](const std::string& value) { return glob_match(value, text); });
  };
  if (filter.name == "instance-id") return any(instance.ref.id().text());
  if (filter.name == "instance-state-name") return any(to_string(instance.state));
  if (filter.name == "tag-key") {
    return std::any_of(instance.tags.begin(), instance.tags.end(), [&](const auto& tag) { return any(tag.first); });
  }
  if (filter.name.starts_with("tag:")) {
    const auto tag = instance.tags.find(filter.name.substr(4));
    return tag != instance.tags.end() && any(tag->second);
  }
  return false;
}

}  // namespace selector_pushdown_detail

Ec2Filters pushdown(const Selector& bound, const Scope& scope) {
  namespace detail = selector_pushdown_detail;
  detail::Bound pushed = detail::push(bound, detail::Sense::plain, scope);
  Ec2Filters result;
  if (pushed.impossible) {
    result.nothing = true;
    return result;
  }
  std::size_t values_total = 0;
  for (auto& [name, values] : pushed.filters) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    values_total += values.size();
    result.filters.emplace_back(name, std::move(values));
  }
  while (values_total > detail::kValuesMax) {
    const auto longest =
        std::max_element(result.filters.begin(), result.filters.end(),
                         [](const Ec2Filter& a, const Ec2Filter& b) { return a.values.size() < b.values.size(); });
    values_total -= longest->values.size();
    result.filters.erase(longest);
  }
  return result;
}

bool ec2_filters_match(const Ec2Filters& filters, const Instance& instance) {
  if (filters.nothing || is_hybrid(instance.ref.id())) return false;
  return std::all_of(filters.filters.begin(), filters.filters.end(), [&](const Ec2Filter& filter) {
    return selector_pushdown_detail::filter_matches(filter, instance);
  });
}

}  // namespace postern::fleet
