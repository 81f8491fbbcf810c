#include "obs/explanations.hpp"

#include "base/text.hpp"
#include "obs/redaction.hpp"

namespace postern::obs {
namespace {

LogLevel level_of(std::string_view topic) {
  return topic == "call" ? LogLevel::debug : LogLevel::info;
}

}  // namespace

bool Explanations::wants(std::string_view topic) const {
  return log_.enabled(level_of(topic));
}

void Explanations::explain(std::string_view topic, std::string text) {
  if (!wants(topic)) return;
  std::string safe = printable(redact(text), Log::kTextMax);
  LogFields fields;
  fields.emplace_back("text", safe);
  log_.write(level_of(topic), topic, fields);
  kept_.emplace_back(std::string(topic), std::move(safe));
  if (kept_.size() > kept_max_) kept_.pop_front();
}

}  // namespace postern::obs
