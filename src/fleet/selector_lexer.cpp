#include <algorithm>

#include "base/text.hpp"
#include "fleet/selector_syntax.hpp"

namespace postern::fleet {

namespace selector_lexer_detail {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool ends_word(char c) {
  return is_space(c) || c == '(' || c == ')';
}

/// Reads a quoted part that starts at `at`; leaves `at` behind the closing quote.
SelectorSyntax<void> read_quoted(std::string_view text, std::size_t& at, SelectorToken& token) {
  const std::size_t start = at;
  const char quote = text[at++];
  token.chars.push_back(SelectorChar{0, true});
  while (at < text.size() && text[at] != quote) {
    if (text[at] == '\\' && quote == '"' && at + 1 < text.size()) ++at;
    token.chars.push_back(SelectorChar{text[at], true});
    ++at;
  }
  if (at >= text.size()) {
    return tl::unexpected(SelectorSyntaxError(start, std::string("this ") + quote + " has no closing " + quote));
  }
  ++at;
  return {};
}

SelectorSyntax<SelectorToken> read_word(std::string_view text, std::size_t& at) {
  SelectorToken token;
  token.kind = SelectorToken::Kind::word;
  token.offset = at;
  while (at < text.size() && !ends_word(text[at])) {
    if (text[at] == '"' || text[at] == '\'') {
      if (auto read = read_quoted(text, at, token); !read) return tl::unexpected(read.error());
    } else {
      token.chars.push_back(SelectorChar{text[at], false});
      ++at;
    }
  }
  return token;
}

SelectorToken symbol(SelectorToken::Kind kind, std::size_t offset) {
  SelectorToken token;
  token.kind = kind;
  token.offset = offset;
  return token;
}

}  // namespace selector_lexer_detail

SelectorSyntax<std::vector<SelectorToken>> lex_selector(std::string_view text) {
  using selector_lexer_detail::symbol;
  using Kind = SelectorToken::Kind;
  if (text.size() > kSelectorTextMax) {
    return tl::unexpected(
        SelectorSyntaxError(0, "the selector is longer than " + std::to_string(kSelectorTextMax) + " bytes"));
  }
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return tl::unexpected(SelectorSyntaxError(zero, "a zero byte has no place in a selector"));
  }
  std::vector<SelectorToken> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (selector_lexer_detail::is_space(c)) {
      ++at;
    } else if (c == '(' || c == ')') {
      tokens.push_back(symbol(c == '(' ? Kind::open : Kind::close, at++));
    } else if (c == '!' && text.substr(at, 2) != "!=") {
      tokens.push_back(symbol(Kind::bang, at++));
    } else {
      auto word = selector_lexer_detail::read_word(text, at);
      if (!word) return tl::unexpected(word.error());
      tokens.push_back(std::move(*word));
    }
  }
  tokens.push_back(symbol(Kind::end, text.size()));
  return tokens;
}

std::string caret_lines(std::string_view text, std::size_t offset) {
  constexpr std::size_t kBefore = 60;
  constexpr std::size_t kAfter = 40;
  const auto is_continuation = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U; };
  offset = std::min(offset, text.size());
  std::size_t from = offset > kBefore ? offset - kBefore : 0;
  while (from > 0 && from < text.size() && is_continuation(from)) --from;
  std::size_t to = std::min(text.size(), offset + kAfter);
  while (to < text.size() && is_continuation(to)) ++to;
  const std::string before = printable(text.substr(from, offset - from), kBefore * 8);
  const std::string after = printable(text.substr(offset, to - offset), kAfter * 8);
  const std::string lead = from > 0 ? "..." : "";
  const auto width = lead.size() + static_cast<std::size_t>(std::count_if(before.begin(), before.end(), [](char c) {
                       return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
                     }));
  return "  " + lead + before + after + (to < text.size() ? "..." : "") + "\n  " + std::string(width, ' ') + "^";
}

}  // namespace postern::fleet
