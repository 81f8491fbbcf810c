#pragma once

/// Hashed containers of text that are asked with whatever text there is.

#include <cstddef>
#include <functional>
#include <string_view>

namespace postern {

/// With std::equal_to<>: find() takes a std::string_view and makes no string of it.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

}  // namespace postern
