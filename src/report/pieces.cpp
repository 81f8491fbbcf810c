#include "report/pieces.hpp"

namespace postern::report {

std::string join_pieces(Pieces& pieces) {
  std::string out;
  for (std::size_t piece = 0; piece < pieces.count(); ++piece) out += pieces.make(piece);
  return out;
}

}  // namespace postern::report
