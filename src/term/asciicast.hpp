#pragma once

/// Asciicast: what a terminal showed, in asciinema's file format version 2 (docs.asciinema.org/manual/asciicast/v2): a
/// header, then one line of JSON per event. Text only; the owner writes it somewhere.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace postern::term {

struct CastHeader {
  CastHeader() = default;
  std::size_t columns = 80;
  std::size_t rows = 24;
  WallTime at;
  std::string title;
  std::string terminal;  ///< TERM; empty: not known
};

class Asciicast {
 public:
  static std::string header(const CastHeader& header);
  /// The line of an output event; empty while there is no whole character. Bytes that are no UTF-8 become U+FFFD.
  std::string output(Duration since_start, std::string_view bytes);
  std::string resize(Duration since_start, std::size_t columns, std::size_t rows);
  /// What is left of a character whose end never came.
  std::string finish(Duration since_start);

 private:
  std::string held_;  ///< the beginning of a character, at most three bytes
};

}  // namespace postern::term
