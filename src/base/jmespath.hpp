#pragma once

/// JMESPath (https://jmespath.org/specification.html), the language of --query. As in the AWS CLI, a literal between
/// backticks that is not JSON is taken as a string: `running` is `"running"`.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace postern::jmespath {

struct Node;

/// A compiled query; immutable, cheap to copy.
class Expression {
 public:
  /// The value of the query for `input`. Errors (usage) begin with the class that the specification names, e.g.
  /// "query: invalid type at column 1: ..."; a query whose work or result would grow beyond all measure is refused.
  Result<Json> search(const Json& input) const;

  const std::string& text() const noexcept { return *text_; }

 private:
  friend Result<Expression> compile(std::string_view text);
  Expression(std::shared_ptr<const std::string> text, std::shared_ptr<const Node> root);

  std::shared_ptr<const std::string> text_;
  std::shared_ptr<const Node> root_;
};

/// Errors (usage): "query: CLASS at column N: why", then the query with a caret under the place; CLASS is "syntax
/// error", "unknown function", "invalid arity" or "invalid value". Columns count characters from 1. Queries are limited
/// to 64 KiB and 250 levels of nesting.
Result<Expression> compile(std::string_view text);

}  // namespace postern::jmespath
