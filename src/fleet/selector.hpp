#pragma once

/// Selectors: which instances of the fleet are meant. One algebra with two spellings: the command line's text (this
/// grammar) and the fleet file's maps.
///
///     selector := and { "or" and }
///     and      := unary { ["and"] unary }             terms side by side are joined by `and`
///     unary    := ("not" | "!") unary | "(" selector ")" | term
///     term     := "all" | "@" NAME | ID | PREFIX ":" VALUES | KEY "=" VALUES | KEY "!=" VALUES
///     PREFIX   := tag | account-tag (KEY[=VALUES]) | name | id | account | region | platform | state | ssm
///     VALUES   := VALUE { "," VALUE }                 any of them
///
/// `and` binds tighter than `or`. In a VALUE `*` and `?` are wildcards. KEY=VALUE is short for tag:KEY=VALUE (keys may
/// hold colons: dr:enabled=true); `tag:KEY` alone asks whether the tag is there. Quotes ("..." or '...') keep spaces,
/// commas, parentheses and words such as `and` together; inside double quotes a backslash keeps the next character.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "fleet/inventory.hpp"

namespace postern::fleet {

inline constexpr std::size_t kSelectorTextMax = 16 * 1024;
inline constexpr int kSelectorDepthMax = 64;
/// Nodes of one selector once every @name is replaced.
inline constexpr std::size_t kSelectorNodesMax = 10'000;

/// What a term looks at.
enum class Field : std::uint8_t { tag, account_tag, name, id, account, region, platform, state, ssm };
/// "tag", "account-tag", ...
std::string_view to_string(Field field) noexcept;

/// An immutable tree. Copies share it.
class Selector {
 public:
  enum class Op : std::uint8_t { all, none, term, has_tag, reference, negation, conjunction, disjunction };

  /// Matches everything.
  Selector();
  static Selector all() { return Selector(); }
  static Selector none();
  /// Any of `globs`; `key` is for tag and account_tag only.
  static Selector term(Field field, std::string key, std::vector<std::string> globs);
  /// The tag (or account tag) is there, whatever its value.
  static Selector has_tag(Field field, std::string key);
  static Selector reference(std::string name);
  static Selector negation(Selector operand);
  /// Of no operands: all.
  static Selector conjunction(std::vector<Selector> operands);
  /// Of no operands: none.
  static Selector disjunction(std::vector<Selector> operands);

  /// Errors of kind usage: the text with a caret under the column, what was expected, and the nearest known word.
  static Result<Selector> parse(std::string_view text);

  Op op() const noexcept { return node_->op; }
  Field field() const noexcept { return node_->field; }
  /// Tag key, or the name of a reference.
  const std::string& key() const noexcept { return node_->key; }
  const std::vector<std::string>& globs() const noexcept { return node_->globs; }
  const std::vector<Selector>& operands() const noexcept { return node_->operands; }

  /// Whether the instance is meant. Only for a selector without references (bind_names() first): CHECKed.
  bool matches(const Instance& instance) const;
  /// False only when no instance of the scope can match, whatever its state and tags: such a scope need not be asked.
  bool could_match(const Scope& scope) const;
  bool has_references() const;
  /// The number of nodes.
  std::size_t size() const;

  /// Canonical text in the grammar above; parse(to_text()) is the same tree.
  std::string to_text() const;
  friend bool operator==(const Selector& a, const Selector& b);

 private:
  struct Node {
    Node() = default;
    Op op = Op::all;
    Field field = Field::tag;
    std::string key;
    std::vector<std::string> globs;
    std::vector<Selector> operands;
  };
  explicit Selector(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;  // shared by copies, never changed
};

/// Gives the selector of an @name, or null when there is none.
using SelectorLookup = FunctionRef<const Selector*(std::string_view)>;

/// Replaces every reference. Errors of kind usage: an unknown @name (with the nearest of `known`), names that refer to
/// each other in a loop (the loop is shown), more than kSelectorNodesMax nodes.
Result<Selector> bind_names(const Selector& selector, SelectorLookup lookup, const std::vector<std::string>& known);

/// One EC2 filter: any of the values. All filters of a request must hold.
struct Ec2Filter {
  Ec2Filter() = default;
  Ec2Filter(std::string n, std::vector<std::string> v) : name(std::move(n)), values(std::move(v)) {}
  std::string name;
  std::vector<std::string> values;
  friend bool operator==(const Ec2Filter&, const Ec2Filter&) = default;
};

/// What EC2 can be asked for a selector: DescribeInstances with these filters lists every instance that matches, and
/// perhaps others. Sorted by name, each name once; at most 200 values in all (EC2's limit).
struct Ec2Filters {
  Ec2Filters() = default;
  std::vector<Ec2Filter> filters;
  /// No EC2 instance of the scope can match: EC2 need not be asked.
  bool nothing = false;
  friend bool operator==(const Ec2Filters&, const Ec2Filters&) = default;
};

/// Conservative: what cannot be said exactly in EC2's filters is left out. Terms about the account and the Region are
/// decided by the scope. Only for a selector without references (CHECKed).
Ec2Filters pushdown(const Selector& bound, const Scope& scope);
/// What EC2 would answer; hybrid nodes never match. For tests and simulated sources.
bool ec2_filters_match(const Ec2Filters& filters, const Instance& instance);

}  // namespace postern::fleet
