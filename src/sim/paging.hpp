#pragma once

/// Pages over a list of keys. A token names the last key of its page and the question that was asked, so that it stays
/// right when the list grows and cannot be used for another question.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/function_ref.hpp"

namespace postern::sim {

struct Page {
  Page() = default;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string next_token;  ///< empty: this was the last page
};

/// The page of `count` items that `token` (empty: the first) leads to, at most `size` long. `question` is everything
/// that the list depends on; `key` gives an item's unique key. Fails with InvalidNextToken (400).
Result<Page> page_of(std::string_view token, std::string_view question, std::size_t count, std::size_t size,
                     FunctionRef<std::string_view(std::size_t)> key);

}  // namespace postern::sim
