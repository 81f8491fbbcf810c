#pragma once

/// Explanations: why postern did what it did (DESIGN.md 2.3), printed as it happens with -v and kept for reports and
/// tests.

#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "rt/context.hpp"

namespace postern::obs {

struct ExplanationOptions {
  ExplanationOptions() = default;
  int verbosity = 0;            ///< 0: silent; 1: decisions; 2: every call as well
  std::size_t kept_max = 1000;  ///< the oldest go first
};

struct Explanation {
  Explanation(std::string t, std::string x) : topic(std::move(t)), text(std::move(x)) {}
  std::string topic;
  std::string text;
};

/// Everything that passes is redacted (redaction.hpp) and made fit for a terminal. Loop thread only; the console
/// outlives it.
class Explanations final : public rt::Explainer {
 public:
  /// Takes lines, each ended by a line end: stderr, in the end.
  using Sink = std::function<void(std::string_view line)>;
  Explanations(Sink sink, ExplanationOptions options) : sink_(std::move(sink)), options_(options) {}
  bool wants(std::string_view topic) const override;
  void explain(std::string_view topic, std::string text) override;
  const std::deque<Explanation>& kept() const noexcept { return kept_; }

 private:
  Sink sink_;
  ExplanationOptions options_;
  std::deque<Explanation> kept_;
};

}  // namespace postern::obs
