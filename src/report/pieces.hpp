#pragma once

/// A report made piece by piece: what 100,000 targets printed is never in memory at once.

#include <memory>
#include <string>

#include "flow/result.hpp"

namespace postern::report {

class Pieces {
 public:
  virtual ~Pieces() = default;
  virtual std::size_t count() const = 0;
  /// The target whose output must be in memory while this piece is made; null: none.
  virtual const flow::TargetResult* needs(std::size_t piece) const = 0;
  /// Each piece once, in order.
  virtual std::string make(std::size_t piece) = 0;
};

/// All of them, of a run whose outputs are in memory.
std::string join_pieces(Pieces& pieces);

}  // namespace postern::report
