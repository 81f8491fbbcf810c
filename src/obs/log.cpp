#include "obs/log.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "obs/redaction.hpp"

namespace postern::obs {
namespace {

/// A word as it is, anything else in quotes.
std::string log_word(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_of(" \"=\\") == std::string::npos;
  return plain ? text : Json(text).dump();
}

std::string terminal_line(std::string_view event, const LogFields& fields) {
  std::string line = "[" + std::string(event) + "]";
  for (const LogField& field : fields) {
    line += ' ';
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      line.append(field.key).append("=").append(std::to_string(*number));
    } else if (field.key == "text") {
      line += std::get<std::string>(field.value);
    } else {
      line.append(field.key).append("=").append(log_word(std::get<std::string>(field.value)));
    }
  }
  return line + "\n";
}

std::string json_line(WallTime now, LogLevel level, std::string_view event, const LogFields& fields) {
  Json json = Json::object();
  json.set("time", format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(now)));
  json.set("level", to_string(level)).set("event", event);
  for (const LogField& field : fields) {
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      json.set(std::string(field.key), *number);
    } else {
      json.set(std::string(field.key), std::get<std::string>(field.value));
    }
  }
  return json.dump() + "\n";
}

LogFields safe_fields(const LogFields& fields) {
  LogFields safe = fields;
  for (LogField& field : safe) {
    if (auto* text = std::get_if<std::string>(&field.value)) *text = printable(redact(*text), Log::kTextMax);
  }
  return safe;
}

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::error:
      return "error";
    case LogLevel::warning:
      return "warning";
    case LogLevel::info:
      return "info";
    case LogLevel::debug:
      return "debug";
  }
  return "debug";
}

void Log::add(LogOutput output) {
  most_ = std::max(most_, static_cast<int>(output.level));
  outputs_.push_back(std::move(output));
}

void Log::write(LogLevel level, std::string_view event, const LogFields& fields) {
  if (!enabled(level)) return;
  const LogFields safe = safe_fields(fields);
  for (const LogOutput& output : outputs_) {
    if (level > output.level) continue;
    output.sink(output.form == LogForm::terminal ? terminal_line(event, safe)
                                                 : json_line(clock_.wall_now(), level, event, safe));
  }
}

}  // namespace postern::obs
