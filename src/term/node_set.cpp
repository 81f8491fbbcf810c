#include "term/node_set.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <utility>

#include "base/text.hpp"

namespace postern::term {
namespace {

// Longer runs of digits are left as text, so that values always fit.
constexpr std::size_t kMaxDigits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

std::uint64_t to_number(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool is_aws_id(std::string_view name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > 4) return false;
  const std::string_view tail = name.substr(dash + 1);
  return (tail.size() == 8 || tail.size() == 17) && std::all_of(tail.begin(), tail.end(), is_hex);
}

// A name cut into text and numbers by turns: pieces[0] is text (perhaps empty), pieces[1] a number, and so on. A number
// piece holds folded ranges once names have been merged.
struct Folded {
  std::vector<std::string> pieces;
};

Folded cut(std::string_view name) {
  Folded folded;
  std::string text;
  // Characters of the notation itself in a name would not survive expansion: such names stay whole.
  const bool whole = is_aws_id(name) || name.find_first_of("[], ") != std::string_view::npos;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t digits = whole ? 0 : digits_at(name, at);
    if (digits == 0 || digits > kMaxDigits) {
      const std::size_t take = std::max<std::size_t>(digits, 1);
      text += name.substr(at, take);
      at += take;
      continue;
    }
    folded.pieces.push_back(std::move(text));
    text.clear();
    folded.pieces.emplace_back(name.substr(at, digits));
    at += digits;
  }
  folded.pieces.push_back(std::move(text));
  return folded;
}

bool continues(std::string_view first, std::string_view last, std::string_view next) {
  if (to_number(next) != to_number(last) + 1) return false;
  const bool padded = first.size() > 1 && first[0] == '0';
  return padded ? next.size() == first.size() : next[0] != '0' || next.size() == 1;
}

std::string range_list(std::vector<std::string> numbers) {
  std::sort(numbers.begin(), numbers.end(), [](const std::string& a, const std::string& b) {
    return std::pair(to_number(a), a.size()) < std::pair(to_number(b), b.size());
  });
  std::string out;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && continues(numbers[i], numbers[last], numbers[last + 1])) ++last;
    if (!out.empty()) out += ',';
    out += numbers[i];
    if (last != i) out.append("-").append(numbers[last]);
    i = last + 1;
  }
  return out;
}

// Merges entries that are equal in every piece but `piece`.
void merge_along(std::vector<Folded>& entries, std::size_t piece) {
  std::map<std::vector<std::string>, std::vector<std::string>> groups;
  std::vector<Folded> out;
  for (Folded& entry : entries) {
    if (piece >= entry.pieces.size()) {
      out.push_back(std::move(entry));
      continue;
    }
    std::string number = std::exchange(entry.pieces[piece], "");
    groups[std::move(entry.pieces)].push_back(std::move(number));
  }
  for (auto& [pieces, numbers] : groups) {
    Folded merged;
    merged.pieces = pieces;
    merged.pieces[piece] = numbers.size() == 1 ? std::move(numbers[0]) : range_list(std::move(numbers));
    out.push_back(std::move(merged));
  }
  entries = std::move(out);
}

std::string to_text(const Folded& folded) {
  std::string out;
  for (std::size_t i = 0; i < folded.pieces.size(); ++i) {
    const bool is_set = i % 2 == 1 && folded.pieces[i].find_first_of(",-") != std::string::npos;
    if (is_set) {
      out.append("[").append(folded.pieces[i]).append("]");
    } else {
      out += folded.pieces[i];
    }
  }
  return out;
}

tl::unexpected<Error> malformed(std::string_view folded, std::string_view why) {
  return fail(ErrorKind::usage, "bad name set \"" + printable(folded, 120) + "\": " + std::string(why));
}

// "01-04,07" -> 01 02 03 04 07
Result<std::vector<std::string>> expand_ranges(std::string_view text, std::string_view whole, std::size_t max_names) {
  std::vector<std::string> out;
  for (const std::string_view item : split(text, ',')) {
    const std::size_t dash = item.find('-');
    const std::string_view first = item.substr(0, dash);
    const std::string_view last = dash == std::string_view::npos ? first : item.substr(dash + 1);
    for (const std::string_view end : {first, last}) {
      if (end.empty() || end.size() > kMaxDigits || digits_at(end, 0) != end.size()) {
        return malformed(whole, "a range is NUMBER or NUMBER-NUMBER");
      }
    }
    const std::uint64_t low = to_number(first);
    const std::uint64_t high = to_number(last);
    if (high < low) return malformed(whole, "a range runs backwards");
    if (high - low >= max_names - std::min(out.size(), max_names)) return malformed(whole, "too many names");
    const bool padded = first.size() > 1 && first[0] == '0';
    for (std::uint64_t n = low; n <= high; ++n) {
      std::string number = std::to_string(n);
      if (padded && number.size() < first.size()) number.insert(0, first.size() - number.size(), '0');
      out.push_back(std::move(number));
    }
  }
  return out;
}

// One element without commas outside brackets.
Result<std::vector<std::string>> expand_one(std::string_view element, std::size_t max_names) {
  std::vector<std::string> out(1);
  for (std::size_t at = 0; at < element.size();) {
    const std::size_t open = element.find('[', at);
    const std::string_view text = element.substr(at, open - at);
    if (text.find(']') != std::string_view::npos) return malformed(element, "unexpected ]");
    for (std::string& name : out) name += text;
    if (open == std::string_view::npos) break;
    const std::size_t close = element.find(']', open);
    if (close == std::string_view::npos) return malformed(element, "missing ]");
    TRY(const auto numbers, expand_ranges(element.substr(open + 1, close - open - 1), element, max_names));
    if (numbers.size() > max_names / out.size()) return malformed(element, "too many names");
    std::vector<std::string> product;
    product.reserve(out.size() * numbers.size());
    for (const std::string& name : out) {
      for (const std::string& number : numbers) product.push_back(name + number);
    }
    out = std::move(product);
    at = close + 1;
  }
  return out;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) noexcept {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const std::size_t da = digits_at(a, i);
    const std::size_t db = digits_at(b, j);
    if (da != 0 && db != 0 && da <= kMaxDigits && db <= kMaxDigits) {
      const std::uint64_t na = to_number(a.substr(i, da));
      const std::uint64_t nb = to_number(b.substr(j, db));
      if (na != nb) return na < nb;
      i += da;
      j += db;
      continue;
    }
    if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
    ++i;
    ++j;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

std::string fold_names(std::span<const std::string> names) {
  std::vector<std::string> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<Folded> entries;
  std::size_t pieces = 0;
  for (const std::string& name : sorted) {
    entries.push_back(cut(name));
    pieces = std::max(pieces, entries.back().pieces.size());
  }
  // From the last number to the first: the last varies most often.
  const std::size_t last_number = pieces < 3 ? 0 : (pieces - 1) / 2 * 2 - 1;
  for (std::size_t piece = last_number; piece > 0 && piece < pieces; piece = piece >= 2 ? piece - 2 : 0) {
    merge_along(entries, piece);
    if (piece == 1) break;
  }
  std::vector<std::string> texts;
  for (const Folded& entry : entries) texts.push_back(to_text(entry));
  std::sort(texts.begin(), texts.end(), natural_less);
  return join(texts, ",");
}

Result<std::vector<std::string>> expand_names(std::string_view folded, std::size_t max_names) {
  std::vector<std::string> out;
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t at = 0; at <= folded.size(); ++at) {
    const char c = at < folded.size() ? folded[at] : ',';
    if (c == '[' && ++depth > 1) return malformed(folded, "[ inside [");
    if (c == ']') --depth;
    if (c != ',' || (depth != 0 && at < folded.size())) continue;
    const std::string_view element = trim(folded.substr(start, at - start));
    start = at + 1;
    if (element.empty()) {
      if (trim(folded).empty()) return out;
      return malformed(folded, "an empty name");
    }
    TRY(auto names, expand_one(element, max_names));
    if (names.size() > max_names - out.size()) return malformed(folded, "too many names");
    std::move(names.begin(), names.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace postern::term
