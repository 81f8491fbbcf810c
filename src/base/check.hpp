#pragma once

/// CHECK(condition): a programming error ends the process, in release builds too. Not for anything that input,
/// the network or AWS can cause: that is what Result is for.

namespace postern {

/// Writes `file:line: CHECK failed: text` to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* text) noexcept;

}  // namespace postern

#define CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::postern::check_failed(__FILE__, __LINE__, #condition))
