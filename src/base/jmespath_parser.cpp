#include <algorithm>

#include "base/jmespath_ast.hpp"

namespace postern::jmespath {
namespace {

// How strongly a token binds to what stands left of it (the table of the specification's own parsers). A projection
// ends at whatever binds less than kProjectionStop.
constexpr int kProjectionStop = 10;
constexpr int kBindStar = 20;
constexpr int kBindFilter = 21;
constexpr int kBindFlatten = 9;
constexpr int kBindDot = 40;
constexpr int kBindNot = 45;

int binding_power(TokenKind kind) {
  switch (kind) {
    case TokenKind::pipe:
      return 1;
    case TokenKind::or_:
      return 2;
    case TokenKind::and_:
      return 3;
    case TokenKind::eq:
    case TokenKind::ne:
    case TokenKind::lt:
    case TokenKind::le:
    case TokenKind::gt:
    case TokenKind::ge:
      return 5;
    case TokenKind::flatten:
      return kBindFlatten;
    case TokenKind::star:
      return kBindStar;
    case TokenKind::filter:
      return kBindFilter;
    case TokenKind::dot:
      return kBindDot;
    case TokenKind::not_:
      return kBindNot;
    case TokenKind::lbrace:
      return 50;
    case TokenKind::lbracket:
      return 55;
    case TokenKind::lparen:
      return 60;
    default:
      return 0;
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  Result<Node> run() {
    TRY(Node root, expression(0));
    if (kind() != TokenKind::end) return unexpected();
    return root;
  }

 private:
  const Token& token() const { return tokens_[next_]; }
  TokenKind kind(std::size_t ahead = 0) const { return tokens_[std::min(next_ + ahead, tokens_.size() - 1)].kind; }
  const Token& advance() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }

  tl::unexpected<Error> error(std::size_t at, std::string_view error_class, const std::string& why) const {
    return fail(query_error(text_, at, error_class, why, Hint::caret));
  }
  tl::unexpected<Error> unexpected() const {
    if (kind() == TokenKind::end) return error(token().at, "syntax error", "the query ends too early");
    const std::size_t end = tokens_[next_ + 1].at;
    std::string_view shown = text_.substr(token().at, end - token().at);
    while (shown.ends_with(' ')) shown.remove_suffix(1);
    if (shown.size() > 40) return error(token().at, "syntax error", "this is not expected here");
    return error(token().at, "syntax error", "unexpected " + std::string(shown));
  }
  Result<void> expect(TokenKind wanted) {
    if (kind() != wanted) return unexpected();
    advance();
    return {};
  }

  // A finished node, unless it is too deep for the walks that follow.
  Result<Node> done(Node node) const {
    if (node.depth > kMaxNesting || node.growth > kMaxNesting) return too_deep(node.at);
    return node;
  }
  tl::unexpected<Error> too_deep(std::size_t at) const {
    return error(at, "syntax error", "the query is nested more than 250 levels deep");
  }

  Result<Node> expression(int power) {
    if (++nesting_ > kMaxNesting) return too_deep(token().at);
    TRY(Node left, prefix());
    while (power < binding_power(kind())) {
      TRY(left, infix(std::move(left)));
    }
    --nesting_;
    return left;
  }

  Result<Node> prefix() {
    const Token& first = advance();
    switch (first.kind) {
      case TokenKind::literal: {
        Node node = make_node(NodeKind::literal, first.at);
        node.number = weight(first.value, kMaxWork);
        node.value = first.value;
        return node;
      }
      case TokenKind::quoted:
        if (kind() == TokenKind::lparen) return error(first.at, "syntax error", "a function's name is not quoted");
        [[fallthrough]];
      case TokenKind::identifier: {
        Node node = make_node(NodeKind::field, first.at);
        node.name = first.text;
        return node;
      }
      case TokenKind::current:
        return make_node(NodeKind::current, first.at);
      case TokenKind::not_: {
        TRY(Node inner, expression(kBindNot));
        Node node = make_node(NodeKind::not_, first.at);
        adopt(node, std::move(inner));
        return done(std::move(node));
      }
      case TokenKind::lparen: {
        TRY(Node inner, expression(0));
        TRY_VOID(expect(TokenKind::rparen));
        return inner;
      }
      case TokenKind::lbrace:
        return select_hash(first.at);
      case TokenKind::star:
        return projection(NodeKind::value_projection, make_node(NodeKind::current, first.at), kBindStar);
      case TokenKind::flatten:
        return flatten(make_node(NodeKind::current, first.at), first.at);
      case TokenKind::filter:
        return filter(make_node(NodeKind::current, first.at), first.at);
      case TokenKind::lbracket:
        if (kind() == TokenKind::number || kind() == TokenKind::colon ||
            (kind() == TokenKind::star && kind(1) == TokenKind::rbracket)) {
          return bracket(make_node(NodeKind::current, first.at), first.at);
        }
        return select_list(first.at);
      default:
        break;
    }
    if (first.kind != TokenKind::end) --next_;
    return unexpected();
  }

  Result<Node> infix(Node left) {
    const Token& op = advance();
    switch (op.kind) {
      case TokenKind::dot: {
        if (kind() == TokenKind::star) {
          advance();
          return projection(NodeKind::value_projection, std::move(left), kBindStar);
        }
        TRY(Node right, after_dot(kBindDot));
        return join(NodeKind::chain, std::move(left), std::move(right), op.at);
      }
      case TokenKind::pipe:
        return binary(NodeKind::chain, std::move(left), op);
      case TokenKind::or_:
        return binary(NodeKind::any, std::move(left), op);
      case TokenKind::and_:
        return binary(NodeKind::all, std::move(left), op);
      case TokenKind::eq:
      case TokenKind::ne:
      case TokenKind::lt:
      case TokenKind::le:
      case TokenKind::gt:
      case TokenKind::ge:
        return binary(NodeKind::compare, std::move(left), op);
      case TokenKind::flatten:
        return flatten(std::move(left), op.at);
      case TokenKind::filter:
        return filter(std::move(left), op.at);
      case TokenKind::lbracket:
        return bracket(std::move(left), op.at);
      case TokenKind::lparen:
        return call(std::move(left));
      default:
        break;
    }
    --next_;
    return unexpected();
  }

  Result<Node> binary(NodeKind node_kind, Node left, const Token& op) {
    TRY(Node right, expression(binding_power(op.kind)));
    if (node_kind != NodeKind::compare) return join(node_kind, std::move(left), std::move(right), op.at);
    Node node = make_node(NodeKind::compare, op.at);
    node.op = op.kind;
    adopt(node, std::move(left));
    adopt(node, std::move(right));
    return done(std::move(node));
  }

  // a.b.c and a || b || c become one flat node each, so that long ones are not deep.
  Result<Node> join(NodeKind node_kind, Node left, Node right, std::size_t at) {
    if (left.kind != node_kind) {
      Node node = make_node(node_kind, at);
      adopt(node, std::move(left));
      left = std::move(node);
    }
    adopt(left, std::move(right));
    return done(std::move(left));
  }

  Result<Node> after_dot(int power) {
    const std::size_t at = token().at;
    switch (kind()) {
      case TokenKind::identifier:
      case TokenKind::quoted:
      case TokenKind::star:
        return expression(power);
      case TokenKind::lbracket:
        advance();
        return select_list(at);
      case TokenKind::lbrace:
        advance();
        return select_hash(at);
      default:
        return unexpected();
    }
  }

  Result<Node> projected(int power) {
    if (binding_power(kind()) < kProjectionStop) return make_node(NodeKind::current, token().at);
    if (kind() == TokenKind::lbracket || kind() == TokenKind::filter) return expression(power);
    TRY_VOID(expect(TokenKind::dot));
    return after_dot(power);
  }

  Result<Node> projection(NodeKind node_kind, Node left, int power) {
    Node node = make_node(node_kind, left.at);
    TRY(Node right, projected(power));
    adopt(node, std::move(left));
    adopt(node, std::move(right));
    return done(std::move(node));
  }

  Result<Node> flatten(Node left, std::size_t at) {
    Node node = make_node(NodeKind::flatten, at);
    adopt(node, std::move(left));
    return projection(NodeKind::projection, std::move(node), kBindFlatten);
  }

  Result<Node> filter(Node left, std::size_t at) {
    TRY(Node condition, expression(0));
    TRY_VOID(expect(TokenKind::rbracket));
    Node right = make_node(NodeKind::current, at);
    if (kind() != TokenKind::flatten) {
      TRY(right, projected(kBindFilter));
    }
    Node node = make_node(NodeKind::filter, at);
    adopt(node, std::move(left));
    adopt(node, std::move(right));
    adopt(node, std::move(condition));
    return done(std::move(node));
  }

  // Behind '[': an index, a slice or '*'.
  Result<Node> bracket(Node left, std::size_t at) {
    if (kind() == TokenKind::star) {
      advance();
      TRY_VOID(expect(TokenKind::rbracket));
      return projection(NodeKind::projection, std::move(left), kBindStar);
    }
    if (kind() == TokenKind::colon || kind(1) == TokenKind::colon) {
      TRY(Node node, slice(at));
      TRY(Node sliced, join(NodeKind::chain, std::move(left), std::move(node), at));
      return projection(NodeKind::projection, std::move(sliced), kBindStar);
    }
    if (kind() != TokenKind::number) return unexpected();
    Node node = make_node(NodeKind::index, at);
    node.number = advance().number;
    TRY_VOID(expect(TokenKind::rbracket));
    return join(NodeKind::chain, std::move(left), std::move(node), at);
  }

  Result<Node> slice(std::size_t at) {
    std::optional<std::int64_t> parts[3];
    std::size_t part = 0;
    while (kind() != TokenKind::rbracket) {
      if (kind() == TokenKind::colon && part < 2) {
        ++part;
      } else if (kind() == TokenKind::number && !parts[part]) {
        parts[part] = token().number;
      } else {
        return unexpected();
      }
      advance();
    }
    advance();
    if (parts[2] == 0) return error(at, "invalid value", "the step of a slice cannot be 0");
    Node node = make_node(NodeKind::slice, at);
    node.slice.start = parts[0];
    node.slice.stop = parts[1];
    node.slice.step = parts[2].value_or(1);
    return node;
  }

  Result<Node> select_list(std::size_t at) {
    Node node = make_node(NodeKind::list, at);
    while (true) {
      TRY(Node item, expression(0));
      adopt(node, std::move(item));
      if (kind() == TokenKind::rbracket) break;
      TRY_VOID(expect(TokenKind::comma));
    }
    advance();
    return done(std::move(node));
  }

  Result<Node> select_hash(std::size_t at) {
    Node node = make_node(NodeKind::hash, at);
    while (true) {
      if (kind() != TokenKind::identifier && kind() != TokenKind::quoted) return unexpected();
      node.names.push_back(advance().text);
      TRY_VOID(expect(TokenKind::colon));
      TRY(Node item, expression(0));
      adopt(node, std::move(item));
      if (kind() == TokenKind::rbrace) break;
      TRY_VOID(expect(TokenKind::comma));
    }
    advance();
    return done(std::move(node));
  }

  // Behind NAME and '('. Names and numbers of arguments are checked here: a mistake shows before any data is fetched.
  Result<Node> call(Node left) {
    if (left.kind != NodeKind::field || tokens_[next_ - 2].kind != TokenKind::identifier) {
      return error(tokens_[next_ - 1].at, "syntax error", "only a function's name can stand before '('");
    }
    Node node = make_node(NodeKind::call, left.at);
    while (kind() != TokenKind::rparen) {
      TRY(Node item, argument());
      adopt(node, std::move(item));
      if (kind() == TokenKind::rparen) break;
      TRY_VOID(expect(TokenKind::comma));
      if (kind() == TokenKind::rparen) return unexpected();
    }
    advance();
    node.function = find_function(left.name);
    if (node.function == nullptr) {
      const std::string_view near = nearest_function(left.name);
      std::string why = left.name + "()";
      if (!near.empty()) why.append(" (did you mean ").append(near).append("()?)");
      return error(left.at, "unknown function", why);
    }
    const Function& function = *node.function;
    const std::size_t count = node.children.size();
    if (count < function.arity || (count > function.arity && !function.variadic)) {
      return error(left.at, "invalid arity",
                   left.name + "() takes " + (function.variadic ? "at least " : "") + std::to_string(function.arity) +
                       (function.arity == 1 ? " argument, not " : " arguments, not ") + std::to_string(count));
    }
    return done(std::move(node));
  }

  Result<Node> argument() {
    if (kind() != TokenKind::expref) return expression(0);
    Node node = make_node(NodeKind::reference, advance().at);
    TRY(Node inner, expression(0));
    adopt(node, std::move(inner));
    return done(std::move(node));
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::uint32_t nesting_ = 0;
};

}  // namespace

Result<Node> parse_query(std::string_view text) {
  TRY(std::vector<Token> tokens, tokenize(text));
  return Parser(text, std::move(tokens)).run();
}

}  // namespace postern::jmespath
