#include "fleet/selector.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::fleet {

namespace selector_detail {

constexpr std::array<std::string_view, 9> kFieldNames = {"tag",    "account-tag", "name",  "id", "account",
                                                         "region", "platform",    "state", "ssm"};

bool any_glob(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_match(glob, text); });
}

bool tag_matches(const Tags& tags, std::string_view key, const std::vector<std::string>& globs) {
  const auto tag = tags.find(key);
  return tag != tags.end() && any_glob(globs, tag->second);
}

bool term_matches(const Selector& term, const Instance& instance) {
  const Scope& scope = instance.ref.scope();
  switch (term.field()) {
    case Field::tag:
      return tag_matches(instance.tags, term.key(), term.globs());
    case Field::account_tag:
      return tag_matches(scope.account_tags, term.key(), term.globs());
    case Field::name:
      return any_glob(term.globs(), instance.name);
    case Field::id:
      return any_glob(term.globs(), instance.ref.id().text());
    case Field::account:
      return any_glob(term.globs(), scope.account.text()) || any_glob(term.globs(), scope.account_name);
    case Field::region:
      return any_glob(term.globs(), scope.region.text());
    case Field::platform:
      return any_glob(term.globs(), to_string(instance.platform));
    case Field::state:
      return any_glob(term.globs(), to_string(instance.state));
    case Field::ssm:
      return any_glob(term.globs(), to_string(instance.ssm.status));
  }
  return false;
}

bool needs_quotes(std::string_view text, std::string_view special) {
  return text.empty() || std::any_of(text.begin(), text.end(), [&](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte <= 0x20 || byte == 0x7f || special.find(c) != std::string_view::npos;
         });
}

std::string quote(std::string_view text, std::string_view special) {
  if (!needs_quotes(text, special)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

constexpr std::string_view kSpecialInValue = "(),\"'\\";
constexpr std::string_view kSpecialInKey = "(),\"'\\=!";
constexpr std::string_view kSpecialInName = "(),\"'\\=!";

std::string term_text(const Selector& term) {
  std::string text = std::string(to_string(term.field())) + ":";
  if (term.field() == Field::tag || term.field() == Field::account_tag) {
    text += quote(term.key(), kSpecialInKey);
    if (term.op() == Selector::Op::has_tag) return text;
    text += '=';
  }
  for (std::size_t i = 0; i < term.globs().size(); ++i) {
    if (i != 0) text += ',';
    text += quote(term.globs()[i], kSpecialInValue);
  }
  return text;
}

/// How tightly the text of an operator binds: or 0, and 1, not 2, terms 3.
int binding(Selector::Op op) {
  switch (op) {
    case Selector::Op::disjunction:
      return 0;
    case Selector::Op::conjunction:
      return 1;
    case Selector::Op::none:  // written "not all"
    case Selector::Op::negation:
      return 2;
    default:
      return 3;
  }
}

void write(const Selector& selector, int outer, std::string& out) {
  using Op = Selector::Op;
  const int own = binding(selector.op());
  if (own < outer) out += '(';
  switch (selector.op()) {
    case Op::all:
      out += "all";
      break;
    case Op::none:
      out += "not all";
      break;
    case Op::term:
    case Op::has_tag:
      out += term_text(selector);
      break;
    case Op::reference:
      out += "@" + quote(selector.key(), kSpecialInName);
      break;
    case Op::negation:
      out += "not ";
      write(selector.operands().front(), own, out);
      break;
    case Op::conjunction:
    case Op::disjunction:
      for (std::size_t i = 0; i < selector.operands().size(); ++i) {
        if (i != 0) out += selector.op() == Op::conjunction ? " and " : " or ";
        write(selector.operands()[i], own + 1, out);
      }
      break;
  }
  if (own < outer) out += ')';
}

/// What a subtree can come to over all instances of a scope.
struct Possible {
  bool yes = true;
  bool no = true;
};

Possible possible(const Selector& selector, const Scope& scope);

Possible possible_term(const Selector& selector, const Scope& scope) {
  const bool has_key_only = selector.op() == Selector::Op::has_tag;
  bool holds = false;
  if (selector.field() == Field::account_tag) {
    holds = has_key_only ? scope.account_tags.contains(selector.key())
                         : tag_matches(scope.account_tags, selector.key(), selector.globs());
  } else if (selector.field() == Field::account) {
    holds = any_glob(selector.globs(), scope.account.text()) || any_glob(selector.globs(), scope.account_name);
  } else if (selector.field() == Field::region) {
    holds = any_glob(selector.globs(), scope.region.text());
  } else {
    return Possible();
  }
  return Possible{holds, !holds};
}

Possible possible(const Selector& selector, const Scope& scope) {
  using Op = Selector::Op;
  switch (selector.op()) {
    case Op::all:
      return Possible{true, false};
    case Op::none:
      return Possible{false, true};
    case Op::reference:
      return Possible();
    case Op::term:
    case Op::has_tag:
      return possible_term(selector, scope);
    case Op::negation: {
      const Possible inner = possible(selector.operands().front(), scope);
      return Possible{inner.no, inner.yes};
    }
    case Op::conjunction:
    case Op::disjunction:
      break;
  }
  // `a and b` is no when one of them is; `a or b` is yes when one of them is
  const bool conjunction = selector.op() == Op::conjunction;
  Possible result{conjunction, !conjunction};
  for (const Selector& operand : selector.operands()) {
    const Possible part = possible(operand, scope);
    result.yes = conjunction ? result.yes && part.yes : result.yes || part.yes;
    result.no = conjunction ? result.no || part.no : result.no && part.no;
  }
  return result;
}

}  // namespace selector_detail

std::string_view to_string(Field field) noexcept {
  return selector_detail::kFieldNames.at(static_cast<std::size_t>(field));
}

Selector::Selector() : node_(std::make_shared<const Node>()) {}

Selector Selector::none() {
  auto node = std::make_shared<Node>();
  node->op = Op::none;
  return Selector(std::move(node));
}

Selector Selector::term(Field field, std::string key, std::vector<std::string> globs) {
  auto node = std::make_shared<Node>();
  node->op = Op::term;
  node->field = field;
  node->key = std::move(key);
  node->globs = std::move(globs);
  return Selector(std::move(node));
}

Selector Selector::has_tag(Field field, std::string key) {
  CHECK(field == Field::tag || field == Field::account_tag);
  auto node = std::make_shared<Node>();
  node->op = Op::has_tag;
  node->field = field;
  node->key = std::move(key);
  return Selector(std::move(node));
}

Selector Selector::reference(std::string name) {
  auto node = std::make_shared<Node>();
  node->op = Op::reference;
  node->key = std::move(name);
  return Selector(std::move(node));
}

Selector Selector::negation(Selector operand) {
  // "none" is written "not all", so the two must be one tree
  if (operand.op() == Op::all) return none();
  if (operand.op() == Op::none) return all();
  auto node = std::make_shared<Node>();
  node->op = Op::negation;
  node->operands.push_back(std::move(operand));
  return Selector(std::move(node));
}

Selector Selector::conjunction(std::vector<Selector> operands) {
  if (operands.empty()) return all();
  if (operands.size() == 1) return std::move(operands.front());
  auto node = std::make_shared<Node>();
  node->op = Op::conjunction;
  for (Selector& operand : operands) {
    if (operand.op() == Op::conjunction) {
      node->operands.insert(node->operands.end(), operand.operands().begin(), operand.operands().end());
    } else {
      node->operands.push_back(std::move(operand));
    }
  }
  return Selector(std::move(node));
}

Selector Selector::disjunction(std::vector<Selector> operands) {
  if (operands.empty()) return none();
  if (operands.size() == 1) return std::move(operands.front());
  auto node = std::make_shared<Node>();
  node->op = Op::disjunction;
  for (Selector& operand : operands) {
    if (operand.op() == Op::disjunction) {
      node->operands.insert(node->operands.end(), operand.operands().begin(), operand.operands().end());
    } else {
      node->operands.push_back(std::move(operand));
    }
  }
  return Selector(std::move(node));
}

bool Selector::matches(const Instance& instance) const {
  const auto holds = [&](const Selector& operand) { return operand.matches(instance); };
  switch (op()) {
    case Op::all:
      return true;
    case Op::none:
      return false;
    case Op::term:
      return selector_detail::term_matches(*this, instance);
    case Op::has_tag:
      return (field() == Field::tag ? instance.tags : instance.ref.scope().account_tags).contains(key());
    case Op::reference:
      break;
    case Op::negation:
      return !operands().front().matches(instance);
    case Op::conjunction:
      return std::all_of(operands().begin(), operands().end(), holds);
    case Op::disjunction:
      return std::any_of(operands().begin(), operands().end(), holds);
  }
  CHECK(op() != Op::reference);  // bind_names() replaces them first
  return false;
}

bool Selector::could_match(const Scope& scope) const {
  return selector_detail::possible(*this, scope).yes;
}

bool Selector::has_references() const {
  return op() == Op::reference || std::any_of(operands().begin(), operands().end(),
                                              [](const Selector& operand) { return operand.has_references(); });
}

std::size_t Selector::size() const {
  std::size_t total = 1;
  for (const Selector& operand : operands()) total += operand.size();
  return total;
}

std::string Selector::to_text() const {
  std::string out;
  selector_detail::write(*this, 0, out);
  return out;
}

bool operator==(const Selector& a, const Selector& b) {
  if (a.node_ == b.node_) return true;
  return a.op() == b.op() && a.field() == b.field() && a.key() == b.key() && a.globs() == b.globs() &&
         a.operands() == b.operands();
}

}  // namespace postern::fleet
