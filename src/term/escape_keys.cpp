#include "term/escape_keys.hpp"

namespace postern::term {
namespace {

bool ends_line(char key) {
  return key == '\r' || key == '\n';
}

}  // namespace

EscapeKeys::Taken EscapeKeys::take(std::string_view typed) {
  Taken taken;
  if (key_ == 0) {
    taken.bytes = typed;
    return taken;
  }
  for (const char key : typed) {
    if (state_ == State::line_start && key == key_) {
      state_ = State::escaped;
      continue;
    }
    if (state_ == State::escaped) {
      if (key == '.' || key == '?') {
        taken.order = key == '.' ? Order::leave : Order::help;
        state_ = State::line_start;
        return taken;
      }
      taken.bytes += key_;
      state_ = State::in_line;
      if (key == key_) continue;
    }
    taken.bytes += key;
    state_ = ends_line(key) ? State::line_start : State::in_line;
  }
  return taken;
}

std::string EscapeKeys::rest() {
  const bool waiting = state_ == State::escaped;
  state_ = State::in_line;
  return waiting ? std::string(1, key_) : std::string();
}

}  // namespace postern::term
