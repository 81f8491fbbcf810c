#pragma once

/// One condition of a statement: an operator, a key and the values that it is compared with.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "iam/context.hpp"
#include "iam/pattern.hpp"

namespace postern::iam {

/// A condition operator without its prefix and suffix, and without its negation: StringNotEquals is `string`,
/// `negated`.
enum class Comparison : std::uint8_t {
  string,       ///< StringEquals, StringEqualsIgnoreCase
  string_like,  ///< StringLike
  numeric_equals,
  numeric_less,
  numeric_less_equals,
  numeric_greater,
  numeric_greater_equals,
  date_equals,
  date_less,
  date_less_equals,
  date_greater,
  date_greater_equals,
  boolean,
  binary,
  ip_address,
  arn,  ///< ArnEquals and ArnLike are the same
  null,
};

/// ForAllValues: and ForAnyValue:.
enum class Quantifier : std::uint8_t { none, for_all, for_any };

struct ConditionOperator {
  ConditionOperator() = default;
  Comparison comparison = Comparison::string;
  Quantifier quantifier = Quantifier::none;
  bool negated = false;
  bool ignore_case = false;
  bool if_exists = false;
};

/// "ForAnyValue:StringNotEqualsIfExists"; operator names are case-sensitive as in IAM's grammar. Absent when unknown.
std::optional<ConditionOperator> parse_operator(std::string_view name);

/// An address range of IPv4 or IPv6.
struct AddressRange {
  AddressRange() = default;
  std::array<std::uint8_t, 16> bytes{};
  int bits = 0;  ///< prefix length
  bool v6 = false;

  /// "203.0.113.0/24", "2001:db8::/32"; without a prefix length one address.
  static std::optional<AddressRange> parse(std::string_view text);
  bool contains(const AddressRange& other) const noexcept;
};

/// Milliseconds since the Unix epoch; years far beyond WallTime's occur in policies.
using ConditionTime = std::chrono::sys_time<std::chrono::milliseconds>;
/// ISO 8601 as IAM takes it (a year, a month, a day, or a date and time with or without zone and fraction) or seconds
/// since the epoch. Four digits are a year.
std::optional<ConditionTime> parse_condition_time(std::string_view text);
std::optional<double> parse_condition_number(std::string_view text);

/// Immutable once made.
class Condition {
 public:
  /// `op` is the operator as the policy spells it. Errors: malformed, a sentence.
  static Result<Condition> make(std::string_view op, std::string_view key, std::vector<std::string> values,
                                Variables variables);

  const std::string& operator_text() const noexcept { return operator_text_; }
  const std::string& key() const noexcept { return key_; }  ///< as written
  const std::string& folded_key() const noexcept { return folded_key_; }
  const std::vector<std::string>& values() const noexcept { return values_; }
  const ConditionOperator& op() const noexcept { return op_; }

  bool holds(const KeyLookup& keys) const;
  /// The policy's values with their variables filled in, for explanations.
  std::vector<std::string> expected(const KeyLookup& keys) const;

 private:
  Condition() = default;
  Result<void> compile(Variables variables);
  bool any_equal(std::string_view value, const KeyLookup& keys) const;
  bool single_holds(std::string_view value, const KeyLookup& keys) const {
    return any_equal(value, keys) != op_.negated;
  }

  ConditionOperator op_;
  std::string operator_text_;
  std::string key_;
  std::string folded_key_;
  std::vector<std::string> values_;
  std::variant<std::vector<TextPattern>, std::vector<ArnPattern>, std::vector<double>, std::vector<ConditionTime>,
               std::vector<AddressRange>, std::vector<std::string>>
      compiled_;
};

}  // namespace postern::iam
