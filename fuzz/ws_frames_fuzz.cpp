// The WebSocket frame reader on arbitrary bytes, in both roles: the result does not depend on how the bytes were cut,
// and what it read can be written and read again.

#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "ws/frame.hpp"

namespace {

using postern::ws::Event;
using postern::ws::FrameReader;

struct Heard {
  Heard() = default;
  std::vector<Event> events;
  std::uint16_t violation = 0;
};

Heard hear(postern::ws::Role role, std::string_view bytes, std::size_t step) {
  postern::ws::FrameLimits limits;
  limits.message_bytes = 5000;
  FrameReader reader(role, limits);
  Heard heard;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    for (;;) {
      auto next = reader.next();
      if (!next) {
        heard.violation = next.error().code;
        return heard;
      }
      if (!next->has_value()) break;
      heard.events.push_back(**next);
    }
  }
  return heard;
}

void check_same(const Heard& a, const Heard& b) {
  CHECK(a.violation == b.violation && a.events.size() == b.events.size());
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    CHECK(a.events[i].kind == b.events[i].kind && a.events[i].payload == b.events[i].payload &&
          a.events[i].code == b.events[i].code);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto role : {postern::ws::Role::client, postern::ws::Role::server}) {
    const Heard whole = hear(role, bytes, size + 1);
    check_same(whole, hear(role, bytes, 1));
    check_same(whole, hear(role, bytes, 7));
    std::string again;
    std::optional<std::array<unsigned char, 4>> mask;
    if (role == postern::ws::Role::server) mask = {1, 2, 3, 4};
    for (const Event& event : whole.events) {
      const bool close = event.kind == Event::Kind::close;
      write_frame_to(again, event.kind, close ? postern::ws::close_payload(event.code, event.payload) : event.payload,
                     mask);
    }
    Heard expected;
    expected.events = whole.events;
    check_same(expected, hear(role, again, again.size() + 1));
  }
  return 0;
}
