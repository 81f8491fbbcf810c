#include "cli/size_text.hpp"

#include <array>
#include <string_view>

namespace postern::cli {

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits = {" KiB", " MiB", " GiB", " TiB"};
  constexpr std::uint64_t kPlain = 10'000;  // fewer are told to the byte
  constexpr std::uint64_t kLarge = 1'000;   // so many of a unit are told in the next one
  if (bytes < kPlain) return std::to_string(bytes) + " B";
  std::size_t unit = 0;
  std::uint64_t scale = 1024;
  while (unit + 1 < kUnits.size() && bytes >= kLarge * scale) {
    scale *= 1024;
    ++unit;
  }
  const std::uint64_t tenths = bytes / scale * 10 + bytes % scale * 10 / scale;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + std::string(kUnits[unit]);
}

}  // namespace postern::cli
