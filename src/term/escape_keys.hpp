#pragma once

/// EscapeKeys: what of the typed keys of a raw terminal is meant for us. As with ssh: a tilde at the beginning of a
/// line, then a dot ends the session; a question mark tells what there is; a second tilde is one for the other end.

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::term {

class EscapeKeys {
 public:
  enum class Order : std::uint8_t { none, leave, help };
  struct Taken {
    Taken() = default;
    std::string bytes;          ///< for the other end
    Order order = Order::none;  ///< what was typed behind it is dropped
  };

  /// 0: there is no such key, everything is for the other end.
  explicit EscapeKeys(char key = '~') : key_(key) {}
  Taken take(std::string_view typed);
  /// Keys that wait for the one after them; at the end of the input.
  std::string rest();

 private:
  enum class State : std::uint8_t { line_start, in_line, escaped };
  char key_;
  State state_ = State::line_start;
};

}  // namespace postern::term
