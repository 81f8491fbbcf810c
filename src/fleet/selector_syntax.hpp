#pragma once

/// Inside of the selector's parser: tokens and errors with a place. Selector::parse is the door for others.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "fleet/selector.hpp"

namespace postern::fleet {

/// What is wrong and where: `offset` counts bytes from the start of the selector's text.
struct SelectorSyntaxError {
  SelectorSyntaxError() = default;
  SelectorSyntaxError(std::size_t o, std::string t) : offset(o), text(std::move(t)) {}
  std::size_t offset = 0;
  std::string text;
};

/// A byte of a word; quoted ones never act as separators. An opening quote leaves a mark of its own, {0, quoted}, which
/// is no part of the text: it tells "" from nothing.
struct SelectorChar {
  char c = 0;
  bool quoted = false;
};

struct SelectorToken {
  enum class Kind : std::uint8_t { word, open, close, bang, end };
  SelectorToken() = default;
  Kind kind = Kind::end;
  std::size_t offset = 0;
  std::vector<SelectorChar> chars;
};

template <class T>
using SelectorSyntax = tl::expected<T, SelectorSyntaxError>;

SelectorSyntax<std::vector<SelectorToken>> lex_selector(std::string_view text);
/// The whole text as a selector.
SelectorSyntax<Selector> parse_selector(std::string_view text);
/// Why `value` cannot be a value of `field`, or empty; what the fleet file's maps use too. State, platform and ssm
/// values are put into lower case.
std::string check_selector_value(Field field, std::string& value);
/// Two lines: the text and a caret under the byte at `offset`; long texts are cut around it.
std::string caret_lines(std::string_view text, std::size_t offset);

}  // namespace postern::fleet
