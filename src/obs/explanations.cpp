#include "obs/explanations.hpp"

#include "base/text.hpp"
#include "obs/redaction.hpp"

namespace postern::obs {

bool Explanations::wants(std::string_view topic) const {
  return options_.verbosity >= (topic == "call" ? 2 : 1);
}

void Explanations::explain(std::string_view topic, std::string text) {
  if (!wants(topic)) return;
  std::string safe = printable(redact(text), 2000);
  sink_("[" + std::string(topic) + "] " + safe + "\n");
  kept_.emplace_back(std::string(topic), std::move(safe));
  if (kept_.size() > options_.kept_max) kept_.pop_front();
}

}  // namespace postern::obs
