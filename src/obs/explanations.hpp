#pragma once

/// Explanations: why postern did what it did (DESIGN.md 2.3), told to the log as it happens and kept for reports and
/// tests.

#include <deque>
#include <string>
#include <string_view>

#include "obs/log.hpp"
#include "rt/context.hpp"

namespace postern::obs {

struct Explanation {
  Explanation(std::string t, std::string x) : topic(std::move(t)), text(std::move(x)) {}
  std::string topic;
  std::string text;
};

/// Decisions are events of level info (-v), the topic "call" is of level debug (-vv). What the log does not take is not
/// wanted. Loop thread only; the log outlives it.
class Explanations final : public rt::Explainer {
 public:
  /// Of those kept the oldest go first.
  explicit Explanations(Log& log, std::size_t kept_max = 1000) : log_(log), kept_max_(kept_max) {}
  bool wants(std::string_view topic) const override;
  void explain(std::string_view topic, std::string text) override;
  const std::deque<Explanation>& kept() const noexcept { return kept_; }

 private:
  Log& log_;
  std::size_t kept_max_;
  std::deque<Explanation> kept_;
};

}  // namespace postern::obs
