#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace postern {

/// Overwrites memory in a way that the optimiser may not drop.
void wipe_memory(void* data, std::size_t size) noexcept;

/// Zeroes the whole capacity, then empties the string: what an earlier, longer value left behind goes too.
inline void wipe(std::string& text) noexcept {
  text.resize(text.capacity());
  wipe_memory(text.data(), text.size());
  text.clear();
}

inline void wipe(std::vector<unsigned char>& bytes) noexcept {
  wipe_memory(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace postern
