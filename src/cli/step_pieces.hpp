#pragma once

/// A report as a list of steps, each of which makes its piece when its turn comes.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "report/pieces.hpp"

namespace postern::cli {

class StepPieces final : public report::Pieces {
 public:
  void add(const flow::TargetResult* needs, std::function<std::string()> make) {
    steps_.emplace_back(needs, std::move(make));
  }
  void add(std::string text) {
    add(nullptr, [text = std::move(text)] { return text; });
  }
  std::size_t count() const override { return steps_.size(); }
  const flow::TargetResult* needs(std::size_t piece) const override { return steps_[piece].first; }
  std::string make(std::size_t piece) override { return steps_[piece].second(); }

 private:
  std::vector<std::pair<const flow::TargetResult*, std::function<std::string()>>> steps_;
};

}  // namespace postern::cli
