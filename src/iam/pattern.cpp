#include "iam/pattern.hpp"

#include <algorithm>
#include <cstring>

#include "base/text.hpp"

namespace postern::iam {
namespace {

// Wildcards inside a compiled glob. Policy texts cannot contain these characters (the parser refuses controls), so a
// mark is never mistaken for text of the policy, and what a request contains is never read as a mark.
constexpr char kAnyRun = '\x01';
constexpr char kAnyOne = '\x02';
constexpr std::string_view kMarks = "\x01\x02";

char marked_char(char c, bool active) {
  if (active && c == '*') return kAnyRun;
  if (active && c == '?') return kAnyOne;
  return c;
}

bool piece_at(std::string_view piece, std::string_view text) noexcept {
  for (std::size_t i = 0; i < piece.size(); ++i)
    if (piece[i] != kAnyOne && piece[i] != text[i]) return false;
  return true;
}

// Where the piece occurs first, or npos.
std::size_t find_piece(std::string_view piece, std::string_view text) noexcept {
  if (text.size() < piece.size()) return std::string_view::npos;
  if (piece.find(kAnyOne) == std::string_view::npos) {
    // glibc's memmem is linear, which string_view::find is not.
    const void* at = memmem(text.data(), text.size(), piece.data(), piece.size());
    return at == nullptr ? std::string_view::npos
                         : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
  }
  for (std::size_t at = 0; at + piece.size() <= text.size(); ++at)
    if (piece_at(piece, text.substr(at))) return at;
  return std::string_view::npos;
}

// The first piece is anchored at the front, the last at the back, the others are found greedily from left to right,
// which is exact for globs: nothing is ever tried again.
bool glob_matches(std::string_view glob, std::string_view text) noexcept {
  std::size_t star = glob.find(kAnyRun);
  if (star == std::string_view::npos) return glob.size() == text.size() && piece_at(glob, text);
  const std::string_view front = glob.substr(0, star);
  if (text.size() < front.size() || !piece_at(front, text)) return false;
  text.remove_prefix(front.size());
  glob.remove_prefix(star + 1);
  while ((star = glob.find(kAnyRun)) != std::string_view::npos) {
    const std::string_view piece = glob.substr(0, star);
    glob.remove_prefix(star + 1);
    if (piece.empty()) continue;
    const std::size_t at = find_piece(piece, text);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + piece.size());
  }
  return text.size() >= glob.size() && piece_at(glob, text.substr(text.size() - glob.size()));
}

bool is_variable_key(std::string_view key) {
  return !key.empty() && key.find_first_of("${}\"'") == std::string_view::npos && key.find(':') != 0 &&
         key.find(':') != std::string_view::npos;
}

}  // namespace

TextPattern::TextPattern(std::string_view text, const Options& options) : fold_(options.fold) {
  const bool active = options.wildcards == Wildcards::active;
  if (options.variables == Variables::on && text.find("${") != std::string_view::npos) {
    compile_variables(text, active);
  } else {
    glob_.reserve(text.size());
    for (const char c : text) glob_ += marked_char(c, active);
  }
  if (fold_ == Case::insensitive) {
    glob_ = to_lower(glob_);
    for (Part& part : parts_) part.glob = to_lower(part.glob);
  }
  exact_ = parts_.empty() && glob_.find_first_of(kMarks) == std::string::npos;
  all_ = parts_.empty() && !glob_.empty() && glob_.find_first_not_of(kAnyRun) == std::string::npos;
}

void TextPattern::compile_variables(std::string_view text, bool active) {
  Part literal;
  bool found = false;
  const auto flush = [&] {
    if (!literal.glob.empty()) parts_.push_back(std::move(literal));
    literal = Part();
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t close = text.substr(i).starts_with("${") ? text.find('}', i) : std::string_view::npos;
    if (close == std::string_view::npos) {
      literal.glob += marked_char(text[i], active);
      literal.text += text[i++];
      continue;
    }
    const std::string_view written = text.substr(i, close + 1 - i);
    std::string_view inside = text.substr(i + 2, close - i - 2);
    i = close + 1;
    if (inside == "*" || inside == "?" || inside == "$") {
      literal.glob += inside;
      literal.text += written;
      continue;
    }
    Part variable;
    if (const std::size_t comma = inside.find(','); comma != std::string_view::npos) {
      const std::string_view quoted = trim(inside.substr(comma + 1));
      if (quoted.size() >= 2 && quoted.front() == '\'' && quoted.back() == '\'')
        variable.fallback = std::string(quoted.substr(1, quoted.size() - 2));
      inside = inside.substr(0, comma);
    }
    variable.key = to_lower(trim(inside));
    variable.text = std::string(written);
    if (!is_variable_key(variable.key)) {
      // Not a variable: the characters stand for themselves.
      for (const char c : written) literal.glob += marked_char(c, active);
      literal.text += written;
      continue;
    }
    flush();
    parts_.push_back(std::move(variable));
    found = true;
  }
  flush();
  if (found) return;
  for (const Part& part : parts_) glob_ += part.glob;
  parts_.clear();
}

std::optional<std::string> TextPattern::fill(const KeyLookup& keys) const {
  std::string glob;
  for (const Part& part : parts_) {
    if (part.key.empty()) {
      glob += part.glob;
      continue;
    }
    const KeyValues values = keys.find(part.key);
    std::string value;
    if (values && values->size() == 1)
      value = values->front();
    else if (part.fallback)
      value = *part.fallback;
    else
      return std::nullopt;
    if (value.find_first_of(kMarks) != std::string::npos) return std::nullopt;
    glob += fold_ == Case::insensitive ? to_lower(value) : value;
  }
  return glob;
}

bool TextPattern::matches(std::string_view value, const KeyLookup& keys) const {
  if (all_) return true;
  std::string folded;
  if (fold_ == Case::insensitive) {
    folded = to_lower(value);
    value = folded;
  }
  if (parts_.empty()) return exact_ ? value == glob_ : glob_matches(glob_, value);
  const std::optional<std::string> glob = fill(keys);
  return glob && glob_matches(*glob, value);
}

std::string TextPattern::expanded(const KeyLookup& keys) const {
  std::string out;
  for (const Part& part : parts_) {
    const KeyValues values = part.key.empty() ? KeyValues() : keys.find(part.key);
    if (values && values->size() == 1)
      out += values->front();
    else
      out += !part.key.empty() && part.fallback ? *part.fallback : part.text;
  }
  return out;
}

ArnPattern::ArnPattern(std::string_view text, Variables variables, VariableFields where) : text_(text) {
  all_ = !text.empty() && text.find_first_not_of('*') == std::string_view::npos;
  if (all_ || !text.starts_with("arn:")) return;
  std::vector<std::string_view> fields;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size() && fields.size() + 1 < Arn::kFields; ++i) {
    // The colon of a variable's key separates no fields.
    const std::size_t close =
        variables == Variables::on && text.substr(i).starts_with("${") ? text.find('}', i) : std::string_view::npos;
    if (close != std::string_view::npos) {
      i = close;
    } else if (text[i] == ':') {
      fields.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  fields.push_back(text.substr(start));
  while (fields.size() < Arn::kFields) fields.push_back("*");
  for (std::size_t i = 0; i < Arn::kFields; ++i) {
    TextPattern::Options options;
    if (where == VariableFields::every || i + 1 == Arn::kFields) options.variables = variables;
    fields_.emplace_back(fields[i], options);
  }
}

bool ArnPattern::matches(std::string_view value, const std::optional<Arn>& arn, const KeyLookup& keys) const {
  if (all_) return true;
  if (fields_.empty()) return value == text_;
  if (!arn) return false;
  // From the back: the resource and the account tell patterns apart soonest.
  for (std::size_t i = Arn::kFields; i-- > 0;)
    if (!fields_[i].matches(arn->fields[i], keys)) return false;
  return true;
}

}  // namespace postern::iam
