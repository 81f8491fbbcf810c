#include <charconv>

#include "base/jmespath_ast.hpp"
#include "base/text.hpp"

namespace postern::jmespath {
namespace {

bool starts_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r'))) ++at_;
      Token token;
      token.at = at_;
      if (at_ == text_.size()) {
        tokens.push_back(std::move(token));
        return tokens;
      }
      TRY_VOID(scan(token));
      tokens.push_back(std::move(token));
    }
  }

 private:
  Result<void> scan(Token& token) {
    const char c = text_[at_];
    if (starts_name(c)) {
      while (at_ < text_.size() && (starts_name(text_[at_]) || is_digit(text_[at_]))) ++at_;
      token.kind = TokenKind::identifier;
      token.text = text_.substr(token.at, at_ - token.at);
      return {};
    }
    if (is_digit(c) || c == '-') return scan_number(token);
    if (c == '"') return scan_quoted(token);
    if (c == '\'') return scan_raw(token);
    if (c == '`') return scan_literal(token);
    return scan_symbol(token);
  }

  Result<void> scan_symbol(Token& token) {
    struct Symbol {
      std::string_view text;
      TokenKind kind;
    };
    // Longer spellings stand before their beginnings.
    static constexpr Symbol kSymbols[] = {
        {"||", TokenKind::or_},    {"|", TokenKind::pipe},     {"&&", TokenKind::and_},    {"&", TokenKind::expref},
        {"!=", TokenKind::ne},     {"!", TokenKind::not_},     {"==", TokenKind::eq},      {"<=", TokenKind::le},
        {"<", TokenKind::lt},      {">=", TokenKind::ge},      {">", TokenKind::gt},       {"[]", TokenKind::flatten},
        {"[?", TokenKind::filter}, {"[", TokenKind::lbracket}, {"]", TokenKind::rbracket}, {"{", TokenKind::lbrace},
        {"}", TokenKind::rbrace},  {"(", TokenKind::lparen},   {")", TokenKind::rparen},   {"*", TokenKind::star},
        {".", TokenKind::dot},     {",", TokenKind::comma},    {":", TokenKind::colon},    {"@", TokenKind::current}};
    for (const Symbol& symbol : kSymbols) {
      if (text_.substr(at_, symbol.text.size()) == symbol.text) {
        token.kind = symbol.kind;
        at_ += symbol.text.size();
        return {};
      }
    }
    if (text_[at_] == '=') return error(token.at, "a single '=' (did you mean '=='?)");
    std::size_t size = 1;
    while (at_ + size < text_.size() && (static_cast<unsigned char>(text_[at_ + size]) & 0xC0U) == 0x80U) ++size;
    return error(token.at, "unexpected character '" + printable(text_.substr(at_, size)) + "'");
  }

  Result<void> scan_number(Token& token) {
    ++at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    const std::string_view digits = text_.substr(token.at, at_ - token.at);
    if (digits == "-") return error(token.at, "'-' without a number");
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), token.number);
    if (result.ec != std::errc()) return error(token.at, "the number is too large");
    token.kind = TokenKind::number;
    return {};
  }

  // The text up to the closing delimiter, without both. A backslash takes the character after it along.
  Result<std::string_view> delimited(std::string_view what) {
    const std::size_t start = at_;
    const char delimiter = text_[at_++];
    while (at_ < text_.size() && text_[at_] != delimiter) at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return error(start, std::string(what) + " is not closed");
    return text_.substr(start + 1, at_++ - start - 1);
  }

  Result<void> scan_quoted(Token& token) {
    TRY(const std::string_view body, delimited("the quoted name"));
    auto json = Json::parse(text_.substr(token.at, body.size() + 2));
    if (!json) return error(token.at, "the quoted name is not a valid JSON string");
    token.kind = TokenKind::quoted;
    token.text = json->as_string();
    return {};
  }

  Result<void> scan_raw(Token& token) {
    TRY(const std::string_view body, delimited("the raw string"));
    token.kind = TokenKind::literal;
    token.value = unescape(body, '\'');
    return {};
  }

  Result<void> scan_literal(Token& token) {
    TRY(const std::string_view body, delimited("the literal"));
    const std::string text = unescape(body, '`');
    auto json = Json::parse(text);
    if (!json) json = Json::parse("\"" + std::string(trim(text)) + "\"");
    if (!json) return error(token.at, "the literal is neither JSON nor a plain string");
    token.kind = TokenKind::literal;
    token.value = std::move(*json);
    return {};
  }

  // Only the delimiter can be escaped; every other backslash stands for itself.
  static std::string unescape(std::string_view body, char delimiter) {
    std::string out;
    out.reserve(body.size());
    for (std::size_t i = 0; i < body.size(); ++i) {
      if (body[i] == '\\' && i + 1 < body.size() && body[i + 1] == delimiter) ++i;
      out += body[i];
    }
    return out;
  }

  tl::unexpected<Error> error(std::size_t at, const std::string& why) const {
    return fail(query_error(text_, at, "syntax error", why, Hint::caret));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view text) {
  if (!is_utf8(text)) return fail(query_error({}, 0, "syntax error", "the query is not valid UTF-8", Hint::none));
  return Lexer(text).run();
}

}  // namespace postern::jmespath
