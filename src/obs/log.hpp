#pragma once

/// Log: what happened, one event a line, as fields. The terminal (-v, -vv) and a file (--log-file) are outputs of it.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rt/clock.hpp"

namespace postern::obs {

/// In the order of weight.
enum class LogLevel : std::uint8_t { error, warning, info, debug };
std::string_view to_string(LogLevel level) noexcept;

struct LogField {
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::int64_t v) : key(k), value(v) {}
  std::string_view key;  ///< a constant: snake_case
  std::variant<std::string, std::int64_t> value;
};
using LogFields = std::vector<LogField>;

enum class LogForm : std::uint8_t {
  terminal,  ///< "[aws.call] operation=ssm:SendCommand status=200"; a field `text` stands without its key
  json       ///< one object a line, with time, level and event
};

/// Where lines go. Each line is whole, ends with a line end, and holds no control character.
struct LogOutput {
  LogOutput(std::function<void(std::string_view line)> s, LogLevel l, LogForm f)
      : sink(std::move(s)), level(l), form(f) {}
  std::function<void(std::string_view line)> sink;
  LogLevel level;  ///< this and what weighs more
  LogForm form;
};

/// Loop thread only. Without an output nothing is enabled and nothing costs.
class Log {
 public:
  /// Texts longer than this are cut.
  static constexpr std::size_t kTextMax = 2000;

  /// The clock outlives it.
  explicit Log(const rt::Clock& clock) : clock_(clock) {}
  void add(LogOutput output);
  /// Ask before building fields.
  bool enabled(LogLevel level) const noexcept { return static_cast<int>(level) <= most_; }
  /// Texts are redacted (redaction.hpp) and made printable.
  void write(LogLevel level, std::string_view event, const LogFields& fields);

 private:
  const rt::Clock& clock_;
  std::vector<LogOutput> outputs_;
  int most_ = -1;
};

}  // namespace postern::obs
