#include "aws/core/scalar.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.hpp"

namespace postern::aws {
namespace scalar {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

std::string format_epoch(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::int64_t whole = seconds.time_since_epoch().count();
  auto nanos = (time - seconds).count();
  std::string out;
  if (whole < 0 && nanos != 0) {
    // Floor leaves a positive fraction; as decimal text the sign covers both parts.
    whole += 1;
    nanos = kNanosPerSecond - nanos;
    if (whole == 0) out = "-";
  }
  out += std::to_string(whole);
  if (nanos == 0) return out;
  std::string fraction = std::to_string(nanos);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (fraction.back() == '0') fraction.pop_back();
  return out + "." + fraction;
}

bool all_digits(std::string_view text) noexcept {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

/// Plain decimals, exactly.
std::optional<WallTime> parse_decimal(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const std::size_t dot = digits.find('.');
  const std::string_view whole = digits.substr(0, dot);
  std::string_view fraction = dot == std::string_view::npos ? std::string_view() : digits.substr(dot + 1);
  if (whole.size() > 10 || !all_digits(whole) || !(fraction.empty() || all_digits(fraction))) return std::nullopt;
  fraction = fraction.substr(0, 9);
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), nanos);
  for (std::size_t i = fraction.size(); i < 9; ++i) nanos *= 10;
  constexpr std::int64_t kSecondsMax = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond - 1;
  if (seconds > kSecondsMax) return std::nullopt;
  const std::int64_t total = seconds * kNanosPerSecond + nanos;
  return WallTime(Duration(negative ? -total : total));
}

/// A number with an exponent, through double.
std::optional<WallTime> parse_scientific(std::string_view text) {
  if (text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return from_epoch_seconds(value);
}

template <class Number>
void append_number(std::string& out, Number value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, result.ptr);
}

template <class Float>
void append_float(std::string& out, Float value) {
  if (std::isnan(value))
    out += "NaN";
  else if (std::isinf(value))
    out += value > 0 ? "Infinity" : "-Infinity";
  else
    append_number(out, value);
}

template <class Number>
const char* parse_integer(std::string_view text, void* out) {
  Number value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) return "the number is out of range";
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return "not a whole number";
  *static_cast<Number*>(out) = value;
  return nullptr;
}

template <class Float>
const char* parse_float(std::string_view text, void* out) {
  Float value = 0;
  if (text == "NaN") {
    value = std::numeric_limits<Float>::quiet_NaN();
  } else if (text == "Infinity" || text == "-Infinity") {
    value = text.front() == '-' ? -std::numeric_limits<Float>::infinity() : std::numeric_limits<Float>::infinity();
  } else {
    // from_chars alone would also take "inf" and "nan(x)".
    if (text.empty() || text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return "not a number";
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec == std::errc::result_out_of_range) return "the number is out of range";
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return "not a number";
  }
  *static_cast<Float*>(out) = value;
  return nullptr;
}

const char* parse_bool(std::string_view text, void* out) {
  const bool yes = equals_ignore_case(text, "true");
  if (!yes && !equals_ignore_case(text, "false")) return "neither true nor false";
  *static_cast<bool*>(out) = yes;
  return nullptr;
}

}  // namespace scalar

TimeFormat time_format_of(const Shape& shape, TimeFormat member_format, TimeFormat protocol_default) noexcept {
  if (member_format != TimeFormat::unset) return member_format;
  return shape.time_format != TimeFormat::unset ? shape.time_format : protocol_default;
}

std::string format_timestamp(WallTime time, TimeFormat format) {
  switch (format) {
    case TimeFormat::iso8601:
      return format_rfc3339(time);
    case TimeFormat::http_date:
      return format_http_date(time);
    case TimeFormat::unset:
    case TimeFormat::epoch_seconds:
      break;
  }
  return scalar::format_epoch(time);
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  if (auto epoch = scalar::parse_decimal(text)) return epoch;
  if (auto time = parse_rfc3339(text)) return time;
  if (auto time = parse_http_date(text)) return time;
  return scalar::parse_scientific(text);
}

void append_scalar(std::string& out, const Shape& shape, const void* value, TimeFormat format) {
  switch (shape.kind) {
    case Kind::string:
      out += shape.ops->text->get(value);
      return;
    case Kind::boolean:
      out += *static_cast<const bool*>(value) ? "true" : "false";
      return;
    case Kind::int32:
      return scalar::append_number(out, *static_cast<const std::int32_t*>(value));
    case Kind::int64:
      return scalar::append_number(out, *static_cast<const std::int64_t*>(value));
    case Kind::float32:
      return scalar::append_float(out, *static_cast<const float*>(value));
    case Kind::float64:
      return scalar::append_float(out, *static_cast<const double*>(value));
    case Kind::blob:
      out += to_base64(static_cast<const Blob*>(value)->bytes);
      return;
    case Kind::timestamp:
      out += format_timestamp(*static_cast<const WallTime*>(value), format);
      return;
    case Kind::structure:
    case Kind::list:
    case Kind::map:
      return;
  }
}

const char* parse_scalar(const Shape& shape, std::string_view text, void* value) {
  switch (shape.kind) {
    case Kind::string:
      shape.ops->text->set(value, text);
      return nullptr;
    case Kind::boolean:
      return scalar::parse_bool(trim(text), value);
    case Kind::int32:
      return scalar::parse_integer<std::int32_t>(trim(text), value);
    case Kind::int64:
      return scalar::parse_integer<std::int64_t>(trim(text), value);
    case Kind::float32:
      return scalar::parse_float<float>(trim(text), value);
    case Kind::float64:
      return scalar::parse_float<double>(trim(text), value);
    case Kind::blob: {
      auto bytes = from_base64(trim(text));
      if (!bytes) return "not base64";
      static_cast<Blob*>(value)->bytes = std::move(*bytes);
      return nullptr;
    }
    case Kind::timestamp: {
      const auto time = parse_timestamp(text);
      if (!time) return "not a timestamp";
      *static_cast<WallTime*>(value) = *time;
      return nullptr;
    }
    case Kind::structure:
    case Kind::list:
    case Kind::map:
      break;
  }
  return "a structure, list or map was expected";
}

}  // namespace postern::aws
