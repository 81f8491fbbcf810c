#include "term/asciicast.hpp"

#include <cstdio>

#include "base/json.hpp"
#include "base/text.hpp"

namespace postern::term {
namespace {

constexpr std::size_t kCharacterMax = 4;

std::string event_line(Duration at, char kind, std::string text) {
  const double seconds = std::chrono::duration<double>(at).count();
  char time[48];
  std::snprintf(time, sizeof time, "[%.6f, \"%c\", ", seconds, kind);
  return time + Json(std::move(text)).dump() + "]\n";
}

/// How many bytes a character has that begins so; 0: none does.
std::size_t length_of(unsigned char first) {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/// How many bytes at the end may be the beginning of a character.
std::size_t unfinished(std::string_view bytes) {
  for (std::size_t back = 1; back < kCharacterMax && back <= bytes.size(); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if ((byte & 0xc0U) == 0x80U) continue;
    return length_of(byte) > back ? back : 0;
  }
  return 0;
}

}  // namespace

std::string Asciicast::header(const CastHeader& header) {
  Json json = Json::object().set("version", 2).set("width", header.columns).set("height", header.rows);
  json.set("timestamp", std::chrono::duration_cast<std::chrono::seconds>(header.at.time_since_epoch()).count());
  if (!header.title.empty()) json.set("title", header.title);
  if (!header.terminal.empty()) json.set("env", Json::object().set("TERM", header.terminal));
  return json.dump() + "\n";
}

std::string Asciicast::output(Duration since_start, std::string_view bytes) {
  held_ += bytes;
  const std::size_t keep = unfinished(held_);
  std::string text = scrub_utf8(std::string_view(held_).substr(0, held_.size() - keep));
  held_.erase(0, held_.size() - keep);
  if (text.empty()) return {};
  return event_line(since_start, 'o', std::move(text));
}

std::string Asciicast::resize(Duration since_start, std::size_t columns, std::size_t rows) {
  return event_line(since_start, 'r', std::to_string(columns) + "x" + std::to_string(rows));
}

std::string Asciicast::finish(Duration since_start) {
  if (held_.empty()) return {};
  std::string text = scrub_utf8(held_);
  held_.clear();
  return event_line(since_start, 'o', std::move(text));
}

}  // namespace postern::term
