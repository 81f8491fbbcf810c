#pragma once

#include <string>
#include <string_view>

namespace postern {

/// "1 target", "2 targets".
inline std::string plural(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace postern
