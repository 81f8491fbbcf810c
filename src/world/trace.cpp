#include "world/trace.hpp"

#include <array>
#include <cstdio>

#include "world/random.hpp"

namespace postern::world {

Trace::Trace(const rt::Clock& clock) : clock_(clock), hash_(kFnvStart) {}

void Trace::append(std::string_view topic, std::string_view text) {
  mix(static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()));
  hash_ = fnv1a(text, fnv1a(":", fnv1a(topic, hash_)));
  ++count_;
  if (kept_max_ == 0) return;
  if (events_.size() >= kept_max_) events_.pop_front();
  TraceEvent event;
  event.at = clock_.now();
  event.topic = topic;
  event.text = text;
  events_.push_back(std::move(event));
}

void Trace::mix(std::uint64_t value) noexcept {
  std::array<char, 8> bytes{};
  for (char& byte : bytes) {
    byte = static_cast<char>(value & 0xFFU);
    value >>= 8U;
  }
  hash_ = fnv1a(std::string_view(bytes.data(), bytes.size()), hash_);
}

void Trace::set_kept_max(std::size_t kept_max) {
  kept_max_ = kept_max;
  while (events_.size() > kept_max_) events_.pop_front();
}

std::string Trace::to_text() const {
  std::string out;
  for (const TraceEvent& event : events_) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(event.at.time_since_epoch()).count();
    std::array<char, 48> time{};
    std::snprintf(time.data(), time.size(), "%lld.%03llds ", static_cast<long long>(ms / 1000),
                  static_cast<long long>(ms % 1000));
    out.append(time.data()).append(event.topic).append(": ").append(event.text).append("\n");
  }
  return out;
}

}  // namespace postern::world
