#pragma once

/// The texts of a policy, compiled once: wildcards, policy variables, ARNs matched field by field.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iam/arn.hpp"
#include "iam/context.hpp"

namespace postern::iam {

/// `*` and `?` are wildcards, or stand for themselves (StringEquals).
enum class Wildcards : std::uint8_t { literal, active };
/// `${...}` is a policy variable (Version 2012-10-17), or stands for itself.
enum class Variables : std::uint8_t { off, on };
enum class Case : std::uint8_t { sensitive, insensitive };

/// One text. Matching takes linear time; only a piece between two `*` that contains `?` costs its length times the
/// value's.
///
/// A variable's value is taken literally: `*` in a tag is no wildcard. A variable that cannot be resolved (absent, or
/// with several values) and has no default makes the whole text match nothing. `${*}`, `${?}` and `${$}` are those
/// characters.
class TextPattern {
 public:
  struct Options {
    Options() = default;
    Wildcards wildcards = Wildcards::active;
    Variables variables = Variables::off;
    Case fold = Case::sensitive;
  };

  TextPattern() = default;
  TextPattern(std::string_view text, const Options& options);

  bool matches(std::string_view value, const KeyLookup& keys) const;
  /// True for "*" and its repetitions: matches everything.
  bool matches_all() const noexcept { return all_; }
  bool has_variables() const noexcept { return !parts_.empty(); }
  /// A text without wildcards and variables, as it must stand in the request.
  const std::string* exact() const noexcept { return exact_ ? &glob_ : nullptr; }
  /// The text with its variables filled in, for people; unresolved ones stay as written.
  std::string expanded(const KeyLookup& keys) const;

 private:
  struct Part {
    Part() = default;
    std::string glob;  ///< literal characters and wildcard marks
    std::string text;  ///< as written in the policy
    std::string key;   ///< of a variable, lower case; empty for a literal part
    std::optional<std::string> fallback;
  };

  void compile_variables(std::string_view text, bool active);
  std::optional<std::string> fill(const KeyLookup& keys) const;

  std::string glob_;  ///< of a text without variables
  std::vector<Part> parts_;
  Case fold_ = Case::sensitive;
  bool exact_ = true;
  bool all_ = false;
};

/// An ARN pattern: split at the first five colons, every field globbed by itself, so that `*` crosses a colon only in
/// the last field. "*" alone matches everything. Missing fields are completed with `*`, as IAM does ("arn:aws:sqs" is
/// "arn:aws:sqs:*:*:*"). Variables count in the last field only, or in every field for conditions.
class ArnPattern {
 public:
  enum class VariableFields : std::uint8_t { last, every };

  ArnPattern() = default;
  ArnPattern(std::string_view text, Variables variables, VariableFields where);

  const std::string& text() const noexcept { return text_; }
  /// `arn` is `value` split, or absent when it is no ARN (the resource "*" of actions that have none).
  bool matches(std::string_view value, const std::optional<Arn>& arn, const KeyLookup& keys) const;
  bool matches_all() const noexcept { return all_; }

 private:
  std::string text_;
  std::vector<TextPattern> fields_;  ///< empty: matches nothing, or everything when all_
  bool all_ = false;
};

}  // namespace postern::iam
