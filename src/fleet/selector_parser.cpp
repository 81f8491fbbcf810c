#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/text.hpp"
#include "fleet/selector_syntax.hpp"

namespace postern::fleet {

namespace selector_parser_detail {

using Chars = std::span<const SelectorChar>;
using Kind = SelectorToken::Kind;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

constexpr std::array<std::string_view, 9> kPrefixes = {"tag",    "account-tag", "name",  "id", "account",
                                                       "region", "platform",    "state", "ssm"};
constexpr std::array<std::string_view, 7> kStates = {"pending",  "running", "shutting-down", "terminated",
                                                     "stopping", "stopped", "none"};
constexpr std::array<std::string_view, 4> kPlatforms = {"linux", "windows", "macos", "unknown"};
constexpr std::array<std::string_view, 5> kSsm = {"online", "connection_lost", "inactive", "not_managed", "unknown"};

std::string text_of(Chars chars) {
  std::string text;
  for (const SelectorChar& c : chars) {
    if (c.c != 0) text += c.c;
  }
  return text;
}

bool is_quoted(Chars chars) {
  return std::any_of(chars.begin(), chars.end(), [](const SelectorChar& c) { return c.quoted; });
}

/// Index of the first unquoted `wanted`.
std::size_t find(Chars chars, char wanted) {
  for (std::size_t i = 0; i < chars.size(); ++i) {
    if (!chars[i].quoted && chars[i].c == wanted) return i;
  }
  return kNone;
}

std::optional<Field> field_named(std::string_view word) {
  for (std::size_t i = 0; i < kPrefixes.size(); ++i) {
    if (kPrefixes[i] == word) return static_cast<Field>(i);
  }
  return std::nullopt;
}

std::string shown(std::string_view text) {
  return "'" + printable(text, 60) + "'";
}

std::string guess(std::string_view word, std::span<const std::string_view> known, std::string_view suffix = "") {
  const std::string_view near = nearest(to_lower(word), known);
  return near.empty() ? std::string() : "; did you mean '" + std::string(near) + std::string(suffix) + "'?";
}

std::string check_word(std::string& value, std::string_view what, std::span<const std::string_view> known) {
  value = to_lower(value);
  if (value.find_first_of("*?") != std::string::npos) return {};
  if (std::find(known.begin(), known.end(), value) != known.end()) return {};
  std::string list;
  for (const std::string_view word : known) list += (list.empty() ? "" : ", ") + std::string(word);
  const std::string near = guess(value, known);
  return shown(value) + " is no " + std::string(what) + (near.empty() ? ": " + list : near);
}

class Parser {
 public:
  explicit Parser(const std::vector<SelectorToken>& tokens) : tokens_(tokens) {}

  SelectorSyntax<Selector> whole() {
    if (peek().kind == Kind::end) {
      return error(peek().offset, "the selector is empty: write `all` for every instance");
    }
    SelectorSyntax<Selector> selector = any_of(0);
    if (selector && peek().kind != Kind::end) return error(peek().offset, "this ) closes nothing");
    return selector;
  }

 private:
  static tl::unexpected<SelectorSyntaxError> error(std::size_t offset, std::string text) {
    return tl::unexpected(SelectorSyntaxError(offset, std::move(text)));
  }
  const SelectorToken& peek() const { return tokens_[at_]; }
  bool at_word(std::string_view word) const {
    return peek().kind == Kind::word && !is_quoted(peek().chars) && equals_ignore_case(text_of(peek().chars), word);
  }

  SelectorSyntax<Selector> any_of(int depth) {
    std::vector<Selector> parts;
    while (true) {
      SelectorSyntax<Selector> part = all_of(depth);
      if (!part) return part;
      parts.push_back(std::move(*part));
      if (!at_word("or")) return Selector::disjunction(std::move(parts));
      ++at_;
    }
  }

  SelectorSyntax<Selector> all_of(int depth) {
    std::vector<Selector> parts;
    while (true) {
      SelectorSyntax<Selector> part = unary(depth);
      if (!part) return part;
      parts.push_back(std::move(*part));
      if (at_word("and")) {
        ++at_;
      } else if (peek().kind == Kind::end || peek().kind == Kind::close || at_word("or")) {
        return Selector::conjunction(std::move(parts));
      }
    }
  }

  SelectorSyntax<Selector> unary(int depth) {
    const SelectorToken& token = peek();
    if (depth > kSelectorDepthMax) {
      return error(token.offset, "nested more than " + std::to_string(kSelectorDepthMax) + " levels deep");
    }
    if (token.kind == Kind::bang || at_word("not")) {
      ++at_;
      SelectorSyntax<Selector> operand = unary(depth + 1);
      if (!operand) return operand;
      return Selector::negation(std::move(*operand));
    }
    if (token.kind == Kind::open) {
      ++at_;
      SelectorSyntax<Selector> inner = any_of(depth + 1);
      if (!inner) return inner;
      if (peek().kind != Kind::close) return error(token.offset, "this ( is never closed");
      ++at_;
      return inner;
    }
    if (token.kind != Kind::word || at_word("and") || at_word("or")) {
      return error(token.offset, "a term is expected here, such as tag:env=prod, name:web-* or i-0123456789abcdef0");
    }
    ++at_;
    return term(token);
  }

  SelectorSyntax<Selector> term(const SelectorToken& token);
  SelectorSyntax<Selector> tag_term(Field field, Chars chars, std::size_t offset);
  SelectorSyntax<Selector> bare_word(const SelectorToken& token);
  SelectorSyntax<Selector> values_term(Field field, Chars values, std::size_t offset);
  SelectorSyntax<std::vector<std::string>> values(Chars chars, Field field, std::size_t offset);

  const std::vector<SelectorToken>& tokens_;
  std::size_t at_ = 0;
};

SelectorSyntax<Selector> Parser::term(const SelectorToken& token) {
  const Chars chars(token.chars);
  if (!chars.empty() && !chars[0].quoted && chars[0].c == '@') {
    const std::string name = text_of(chars.subspan(1));
    if (name.empty()) return error(token.offset, "@ needs the name of a selector or group of the fleet file");
    return Selector::reference(name);
  }
  const std::size_t colon = find(chars, ':');
  const std::size_t equals = find(chars, '=');
  if (colon != kNone && (equals == kNone || colon < equals)) {
    const std::string prefix = text_of(chars.first(colon));
    if (const std::optional<Field> field = field_named(prefix)) {
      const Chars rest = chars.subspan(colon + 1);
      const bool is_tag = *field == Field::tag || *field == Field::account_tag;
      return is_tag ? tag_term(*field, rest, token.offset) : values_term(*field, rest, token.offset);
    }
    if (equals == kNone) {
      return error(token.offset, "unknown prefix " + shown(prefix + ":") + guess(prefix, kPrefixes, ":"));
    }
  }
  if (equals == kNone) return bare_word(token);
  std::string key = text_of(chars.first(equals));
  if (key.ends_with('!')) key.pop_back();
  if (const std::optional<Field> field = field_named(key); field && *field != Field::tag) {
    const std::string value = text_of(chars.subspan(equals + 1));
    return error(token.offset, shown(key + "=" + value) + " would read the tag " + shown(key) + ": write " + key + ":" +
                                   printable(value, 40) + ", or tag:" + key + "=" + printable(value, 40) +
                                   " for the tag");
  }
  return tag_term(Field::tag, chars, token.offset);
}

SelectorSyntax<Selector> Parser::tag_term(Field field, Chars chars, std::size_t offset) {
  const std::size_t equals = find(chars, '=');
  if (equals == kNone) {
    std::string key = text_of(chars);
    if (key.empty()) return error(offset, "a tag key is missing: tag:KEY=VALUE");
    return Selector::has_tag(field, std::move(key));
  }
  const bool negated = equals > 0 && !chars[equals - 1].quoted && chars[equals - 1].c == '!';
  std::string key = text_of(chars.first(negated ? equals - 1 : equals));
  if (key.empty()) return error(offset, "a tag key is missing before =");
  auto globs = values(chars.subspan(equals + 1), field, offset);
  if (!globs) return tl::unexpected(globs.error());
  Selector positive = Selector::term(field, std::move(key), std::move(*globs));
  if (negated) return Selector::negation(std::move(positive));
  return positive;
}

SelectorSyntax<Selector> Parser::values_term(Field field, Chars chars, std::size_t offset) {
  auto globs = values(chars, field, offset);
  if (!globs) return tl::unexpected(globs.error());
  return Selector::term(field, std::string(), std::move(*globs));
}

SelectorSyntax<std::vector<std::string>> Parser::values(Chars chars, Field field, std::size_t offset) {
  std::vector<std::string> all;
  while (true) {
    const std::size_t comma = find(chars, ',');
    const Chars piece = comma == kNone ? chars : chars.first(comma);
    const bool absent = piece.empty();
    if (absent && (comma != kNone || !all.empty())) {
      return error(offset, "a value is missing beside a comma: a comma joins values of one key, `and` joins terms");
    }
    std::string value = text_of(piece);
    if (std::string why = check_selector_value(field, value); !why.empty()) return error(offset, std::move(why));
    all.push_back(std::move(value));
    if (comma == kNone) return all;
    chars = chars.subspan(comma + 1);
  }
}

SelectorSyntax<Selector> Parser::bare_word(const SelectorToken& token) {
  const std::string text = text_of(token.chars);
  if (!is_quoted(token.chars) && equals_ignore_case(text, "all")) return Selector::all();
  if (text.starts_with("i-") || text.starts_with("mi-")) return values_term(Field::id, token.chars, token.offset);
  if (text == "&" || text == "&&") return error(token.offset, "write `and`, or just a space");
  if (text == "|" || text == "||") return error(token.offset, "write `or`");
  if (text.find_first_not_of(',') == std::string::npos) return error(token.offset, "write `and` or `or` between terms");
  return error(token.offset, shown(text) + " is no term: write name:" + printable(text, 60) +
                                 " for the tag Name, or KEY=VALUE for another tag");
}

}  // namespace selector_parser_detail

std::string check_selector_value(Field field, std::string& value) {
  using namespace selector_parser_detail;
  const bool glob = value.find_first_of("*?") != std::string::npos;
  if (field == Field::tag || field == Field::account_tag) return {};
  if (value.empty()) return std::string(to_string(field)) + ": needs a value";
  switch (field) {
    case Field::id:
      return glob ? std::string() : InstanceIdRule::check(value);
    case Field::region:
      return glob ? std::string() : RegionRule::check(value);
    case Field::account: {
      const bool number = value.find_first_not_of("0123456789") == std::string::npos;
      return number ? AccountIdRule::check(value) : std::string();
    }
    case Field::state:
      return check_word(value, "instance state", kStates);
    case Field::platform:
      return check_word(value, "platform", kPlatforms);
    case Field::ssm:
      return check_word(value, "SSM status", kSsm);
    default:
      return {};
  }
}

SelectorSyntax<Selector> parse_selector(std::string_view text) {
  auto tokens = lex_selector(text);
  if (!tokens) return tl::unexpected(tokens.error());
  selector_parser_detail::Parser parser(*tokens);
  return parser.whole();
}

Result<Selector> Selector::parse(std::string_view text) {
  SelectorSyntax<Selector> parsed = parse_selector(text);
  if (parsed) return std::move(*parsed);
  const SelectorSyntaxError& error = parsed.error();
  return fail(ErrorKind::usage, "selector, column " + std::to_string(error.offset + 1) + ": " + error.text + "\n" +
                                    caret_lines(text, error.offset));
}

}  // namespace postern::fleet
