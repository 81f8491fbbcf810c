#include "base/jmespath.hpp"

#include <algorithm>

#include "base/jmespath_ast.hpp"
#include "base/text.hpp"

namespace postern::jmespath {
namespace {

// The part of the query around the place, one line, with a caret below it.
std::string caret_lines(std::string_view text, std::size_t at) {
  constexpr std::size_t kBefore = 50;
  constexpr std::size_t kAfter = 25;
  const auto boundary = [text](std::size_t i) {
    while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) ++i;
    return std::min(i, text.size());
  };
  const std::size_t begin = at > kBefore ? boundary(at - kBefore) : 0;
  const std::size_t end = text.size() - at > kAfter ? boundary(at + kAfter) : text.size();
  const std::string before = (begin > 0 ? "..." : "") + printable(text.substr(begin, at - begin));
  const std::string after = printable(text.substr(at, end - at)) + (end < text.size() ? "..." : "");
  const auto width = std::count_if(before.begin(), before.end(),
                                   [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return "\n  " + before + after + "\n  " + std::string(static_cast<std::size_t>(width), ' ') + "^";
}

}  // namespace

Error query_error(std::string_view text, std::size_t at, std::string_view error_class, std::string_view why,
                  Hint hint) {
  at = std::min(at, text.size());
  const auto column = 1 + std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  std::string message = "query: ";
  message.append(error_class).append(" at column ").append(std::to_string(column)).append(": ").append(why);
  if (hint == Hint::caret) message += caret_lines(text, at);
  return {ErrorKind::usage, std::move(message)};
}

Expression::Expression(std::shared_ptr<const std::string> text, std::shared_ptr<const Node> root)
    : text_(std::move(text)), root_(std::move(root)) {}

Result<Expression> compile(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return fail(query_error({}, 0, "syntax error", "the query is longer than 64 KiB", Hint::none));
  }
  TRY(Node root, parse_query(text));
  return Expression(std::make_shared<const std::string>(text), std::make_shared<const Node>(std::move(root)));
}

Result<Json> Expression::search(const Json& input) const {
  return evaluate(*root_, *text_, input);
}

}  // namespace postern::jmespath
