#include "iam/condition.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::iam {
namespace {

struct OperatorRow {
  std::string_view name;
  Comparison comparison;
  bool negated;
  bool ignore_case;
};

// IAM user guide, "IAM JSON policy elements: Condition operators".
constexpr OperatorRow kOperators[] = {
    {"StringEquals", Comparison::string, false, false},
    {"StringNotEquals", Comparison::string, true, false},
    {"StringEqualsIgnoreCase", Comparison::string, false, true},
    {"StringNotEqualsIgnoreCase", Comparison::string, true, true},
    {"StringLike", Comparison::string_like, false, false},
    {"StringNotLike", Comparison::string_like, true, false},
    {"NumericEquals", Comparison::numeric_equals, false, false},
    {"NumericNotEquals", Comparison::numeric_equals, true, false},
    {"NumericLessThan", Comparison::numeric_less, false, false},
    {"NumericLessThanEquals", Comparison::numeric_less_equals, false, false},
    {"NumericGreaterThan", Comparison::numeric_greater, false, false},
    {"NumericGreaterThanEquals", Comparison::numeric_greater_equals, false, false},
    {"DateEquals", Comparison::date_equals, false, false},
    {"DateNotEquals", Comparison::date_equals, true, false},
    {"DateLessThan", Comparison::date_less, false, false},
    {"DateLessThanEquals", Comparison::date_less_equals, false, false},
    {"DateGreaterThan", Comparison::date_greater, false, false},
    {"DateGreaterThanEquals", Comparison::date_greater_equals, false, false},
    {"Bool", Comparison::boolean, false, false},
    {"BinaryEquals", Comparison::binary, false, false},
    {"IpAddress", Comparison::ip_address, false, false},
    {"NotIpAddress", Comparison::ip_address, true, false},
    {"ArnEquals", Comparison::arn, false, false},
    {"ArnLike", Comparison::arn, false, false},
    {"ArnNotEquals", Comparison::arn, true, false},
    {"ArnNotLike", Comparison::arn, true, false},
    {"Null", Comparison::null, false, false},
};

constexpr std::string_view kForAll = "ForAllValues:";
constexpr std::string_view kForAny = "ForAnyValue:";
constexpr std::string_view kIfExists = "IfExists";

// `a OP b` for the ordered comparisons; the enumerators of numbers and dates stand in the same order.
template <class T>
bool ordered_holds(Comparison comparison, Comparison equals, T a, T b) {
  switch (static_cast<int>(comparison) - static_cast<int>(equals)) {
    case 0:
      return a == b;
    case 1:
      return a < b;
    case 2:
      return a <= b;
    case 3:
      return a > b;
    default:
      return a >= b;
  }
}

bool is_numeric(Comparison comparison) {
  return comparison >= Comparison::numeric_equals && comparison <= Comparison::numeric_greater_equals;
}

bool is_date(Comparison comparison) {
  return comparison >= Comparison::date_equals && comparison <= Comparison::date_greater_equals;
}

// Each value through `parse`, which says what is wrong by returning nothing.
template <class T, class Parse>
Result<std::vector<T>> parse_values(const std::vector<std::string>& values, std::string_view what, Parse parse) {
  std::vector<T> out;
  out.reserve(values.size());
  for (const std::string& value : values) {
    auto parsed = parse(value);
    if (!parsed) return fail(ErrorKind::malformed, "\"" + printable(value, 80) + "\" is not " + std::string(what));
    out.push_back(std::move(*parsed));
  }
  return out;
}

std::optional<std::string> parse_truth(const std::string& value) {
  std::string folded = to_lower(value);
  if (folded != "true" && folded != "false") return std::nullopt;
  return folded;
}

// Of one value under a set operator an empty string is a null data set too (IAM user guide, "Multivalued context
// keys").
bool is_null_set(std::span<const std::string> values) {
  return values.size() == 1 && values.front().empty();
}

}  // namespace

std::optional<ConditionOperator> parse_operator(std::string_view name) {
  ConditionOperator op;
  if (name.starts_with(kForAll)) {
    op.quantifier = Quantifier::for_all;
    name.remove_prefix(kForAll.size());
  } else if (name.starts_with(kForAny)) {
    op.quantifier = Quantifier::for_any;
    name.remove_prefix(kForAny.size());
  }
  if (name.ends_with(kIfExists)) {
    op.if_exists = true;
    name.remove_suffix(kIfExists.size());
  }
  const auto* row = std::find_if(std::begin(kOperators), std::end(kOperators),
                                 [&](const OperatorRow& candidate) { return candidate.name == name; });
  if (row == std::end(kOperators)) return std::nullopt;
  // Null asks whether the key exists: IfExists makes no sense there and IAM refuses it.
  if (row->comparison == Comparison::null && op.if_exists) return std::nullopt;
  op.comparison = row->comparison;
  op.negated = row->negated;
  op.ignore_case = row->ignore_case;
  return op;
}

Result<Condition> Condition::make(std::string_view op, std::string_view key, std::vector<std::string> values,
                                  Variables variables) {
  const std::optional<ConditionOperator> parsed = parse_operator(op);
  if (!parsed) return fail(ErrorKind::malformed, "Invalid Condition type : " + printable(op, 80));
  Condition condition;
  condition.op_ = *parsed;
  condition.operator_text_ = std::string(op);
  condition.key_ = std::string(key);
  condition.folded_key_ = to_lower(key);
  condition.values_ = std::move(values);
  TRY_VOID(condition.compile(variables));
  return condition;
}

Result<void> Condition::compile(Variables variables) {
  if (op_.comparison == Comparison::string || op_.comparison == Comparison::string_like) {
    TextPattern::Options options;
    options.wildcards = op_.comparison == Comparison::string ? Wildcards::literal : Wildcards::active;
    options.variables = variables;
    options.fold = op_.ignore_case ? Case::insensitive : Case::sensitive;
    std::vector<TextPattern> patterns;
    patterns.reserve(values_.size());
    for (const std::string& value : values_) patterns.emplace_back(value, options);
    compiled_ = std::move(patterns);
  } else if (op_.comparison == Comparison::arn) {
    std::vector<ArnPattern> patterns;
    patterns.reserve(values_.size());
    for (const std::string& value : values_) patterns.emplace_back(value, variables, ArnPattern::VariableFields::every);
    compiled_ = std::move(patterns);
  } else if (is_numeric(op_.comparison)) {
    TRY(compiled_, parse_values<double>(values_, "a number", parse_condition_number));
  } else if (is_date(op_.comparison)) {
    TRY(compiled_, parse_values<ConditionTime>(values_, "a date", parse_condition_time));
  } else if (op_.comparison == Comparison::ip_address) {
    TRY(compiled_, parse_values<AddressRange>(values_, "an IP address or range", AddressRange::parse));
  } else if (op_.comparison == Comparison::binary) {
    TRY(compiled_, parse_values<std::string>(values_, "base64", [](const std::string& v) { return from_base64(v); }));
  } else {
    TRY(compiled_, parse_values<std::string>(values_, "true or false", parse_truth));
  }
  return {};
}

// Whether the value equals (matches, is less than, lies in) one of the policy's, the operator's negation left aside.
bool Condition::any_equal(std::string_view value, const KeyLookup& keys) const {
  if (const auto* patterns = std::get_if<std::vector<TextPattern>>(&compiled_))
    return std::any_of(patterns->begin(), patterns->end(), [&](const auto& p) { return p.matches(value, keys); });
  if (const auto* patterns = std::get_if<std::vector<ArnPattern>>(&compiled_)) {
    const std::optional<Arn> arn = split_arn(value);
    return arn &&
           std::any_of(patterns->begin(), patterns->end(), [&](const auto& p) { return p.matches(value, arn, keys); });
  }
  if (const auto* numbers = std::get_if<std::vector<double>>(&compiled_)) {
    const std::optional<double> number = parse_condition_number(value);
    return number && std::any_of(numbers->begin(), numbers->end(), [&](double wanted) {
             return ordered_holds(op_.comparison, Comparison::numeric_equals, *number, wanted);
           });
  }
  if (const auto* times = std::get_if<std::vector<ConditionTime>>(&compiled_)) {
    const std::optional<ConditionTime> time = parse_condition_time(value);
    return time && std::any_of(times->begin(), times->end(), [&](ConditionTime wanted) {
             return ordered_holds(op_.comparison, Comparison::date_equals, *time, wanted);
           });
  }
  if (const auto* ranges = std::get_if<std::vector<AddressRange>>(&compiled_)) {
    const std::optional<AddressRange> address = AddressRange::parse(value);
    return address &&
           std::any_of(ranges->begin(), ranges->end(), [&](const auto& range) { return range.contains(*address); });
  }
  const auto& texts = std::get<std::vector<std::string>>(compiled_);
  if (op_.comparison == Comparison::boolean)
    return std::any_of(texts.begin(), texts.end(), [&](const auto& t) { return equals_ignore_case(t, value); });
  return std::find(texts.begin(), texts.end(), value) != texts.end();
}

bool Condition::holds(const KeyLookup& keys) const {
  const KeyValues found = keys.find(folded_key_);
  if (op_.comparison == Comparison::null) {
    const auto& wanted = std::get<std::vector<std::string>>(compiled_);
    return std::find(wanted.begin(), wanted.end(), found ? "false" : "true") != wanted.end();
  }
  const bool missing = !found || (op_.quantifier != Quantifier::none && is_null_set(*found));
  if (missing) {
    if ((op_.if_exists && !found) || op_.quantifier == Quantifier::for_all) return true;
    return op_.quantifier == Quantifier::none && op_.negated;
  }
  const auto one = [&](const std::string& value) { return single_holds(value, keys); };
  // A negated operator is the opposite of its positive twin: every value must differ from all of the policy's.
  const bool all = op_.quantifier == Quantifier::for_all || (op_.quantifier == Quantifier::none && op_.negated);
  return all ? std::all_of(found->begin(), found->end(), one) : std::any_of(found->begin(), found->end(), one);
}

std::vector<std::string> Condition::expected(const KeyLookup& keys) const {
  const auto* patterns = std::get_if<std::vector<TextPattern>>(&compiled_);
  if (patterns == nullptr) return values_;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < patterns->size(); ++i)
    out.push_back((*patterns)[i].has_variables() ? (*patterns)[i].expanded(keys) : values_[i]);
  return out;
}

}  // namespace postern::iam
