#pragma once

#include <cstdint>
#include <string>

namespace postern::cli {

/// "3.1 MiB", "812 B": for people.
std::string size_text(std::uint64_t bytes);

}  // namespace postern::cli
