#pragma once

/// The inside of jmespath: tokens, syntax tree, and the three steps. Included by jmespath*.cpp only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace postern::jmespath {

inline constexpr std::size_t kMaxTextBytes = 64 * 1024;
inline constexpr std::uint32_t kMaxNesting = 250;
/// Steps and copied values per search; a document of 100,000 targets needs about a tenth.
inline constexpr std::int64_t kMaxWork = 16'000'000;

enum class TokenKind : std::uint8_t {
  end,
  identifier,
  quoted,
  literal,
  number,
  pipe,
  or_,
  and_,
  not_,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  flatten,
  star,
  filter,
  dot,
  lbrace,
  rbrace,
  lbracket,
  rbracket,
  lparen,
  rparen,
  comma,
  colon,
  current,
  expref,
};

struct Token {
  Token() = default;
  TokenKind kind = TokenKind::end;
  std::size_t at = 0;  ///< byte offset in the query
  std::string text;    ///< identifier or quoted: the name
  Json value;          ///< literal
  std::int64_t number = 0;
};

enum class NodeKind : std::uint8_t {
  current,  ///< the value itself
  field,    ///< name
  index,    ///< number
  slice,    ///< slice
  chain,    ///< children one after the other, each on the value of the one before
  literal,  ///< value
  list,     ///< multi-select list
  hash,     ///< multi-select hash: names and children
  any,      ///< children joined by ||
  all,      ///< children joined by &&
  not_,
  compare,           ///< op
  projection,        ///< child 1 on each item of child 0
  value_projection,  ///< child 1 on each member value of child 0
  filter,            ///< child 1 on each item of child 0 for which child 2 holds
  flatten,
  call,       ///< function
  reference,  ///< &child, only as an argument
};

struct Function;

struct Slice {
  Slice() = default;
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> stop;
  std::int64_t step = 1;
};

struct Node {
  Node() = default;
  NodeKind kind = NodeKind::current;
  TokenKind op = TokenKind::end;
  std::uint32_t depth = 1;   ///< levels below and including this one
  std::uint32_t growth = 0;  ///< bound on the levels that it adds to a value
  std::size_t at = 0;        ///< byte offset in the query
  std::string name;
  std::vector<std::string> names;
  Json value;
  std::int64_t number = 0;  ///< index; for a literal its cost in work
  Slice slice;
  const Function* function = nullptr;
  std::vector<Node> children;
};

Node make_node(NodeKind kind, std::size_t at);
/// Appends a child and keeps the parent's two bounds, depth and growth, up to date.
void adopt(Node& parent, Node child);

/// "query: CLASS at column N: why", and with `Hint::caret` the query below it.
enum class Hint : std::uint8_t { none, caret };
Error query_error(std::string_view text, std::size_t at, std::string_view error_class, std::string_view why, Hint hint);

Result<std::vector<Token>> tokenize(std::string_view text);
Result<Node> parse_query(std::string_view text);
Result<Json> evaluate(const Node& root, std::string_view text, const Json& input);

/// Number of values in a tree plus the bytes of its strings in units of 16, but at most `limit` + 1.
std::int64_t weight(const Json& value, std::int64_t limit);

class Evaluator;

/// A value, or for `&expression` the expression.
struct Argument {
  Argument() = default;
  Json value;
  const Node* expression = nullptr;
};

struct Call {
  Call(Evaluator& e, const Node& n, std::vector<Argument> a) : evaluator(e), node(n), arguments(std::move(a)) {}
  Evaluator& evaluator;
  const Node& node;
  std::vector<Argument> arguments;
};

/// The types that an argument may have, as bits.
namespace type {
inline constexpr unsigned number = 1, string = 2, boolean = 4, null = 8, array = 16, object = 32, expression = 64;
inline constexpr unsigned array_of_numbers = 128, array_of_strings = 256;
inline constexpr unsigned any = number | string | boolean | null | array | object;
}  // namespace type

struct Function {
  std::string_view name;
  std::size_t arity = 1;
  bool variadic = false;  ///< any number of further arguments of the last type
  unsigned types[2] = {0, 0};
  Result<Json> (*apply)(Call&) = nullptr;
};

/// Null when there is no such function.
const Function* find_function(std::string_view name);
/// The function whose name is nearest to a mistyped one; empty when none is near.
std::string_view nearest_function(std::string_view name);

/// Walks a tree once over one input, counting its work.
class Evaluator {
 public:
  explicit Evaluator(std::string_view text) : text_(text) {}

  Result<Json> visit(const Node& node, const Json& current);
  /// Counts work; an error when there was too much of it.
  Result<void> charge(const Node& node, std::int64_t work);
  Error invalid_type(const Node& node, std::string_view why) const;

 private:
  Result<Json> visit_slice(const Node& node, const Json& current);
  Result<Json> visit_chain(const Node& node, const Json& current);
  Result<Json> visit_list(const Node& node, const Json& current);
  Result<Json> visit_hash(const Node& node, const Json& current);
  Result<Json> visit_logic(const Node& node, const Json& current);
  Result<Json> visit_compare(const Node& node, const Json& current);
  Result<Json> visit_projection(const Node& node, const Json& current);
  Result<Json> visit_value_projection(const Node& node, const Json& current);
  Result<Json> visit_filter(const Node& node, const Json& current);
  Result<Json> visit_flatten(const Node& node, const Json& current);
  Result<Json> visit_call(const Node& node, const Json& current);
  Result<void> project(const Node& node, const Json& item, Json::Array& out);

  std::string_view text_;
  std::int64_t work_ = 0;
};

/// Negative, 0 or positive. A total order over integers and doubles by exact value; not-a-number comes first.
int compare_numbers(const Json& a, const Json& b) noexcept;

/// False for null, false, "", [] and {}.
bool is_true(const Json& value) noexcept;

}  // namespace postern::jmespath
