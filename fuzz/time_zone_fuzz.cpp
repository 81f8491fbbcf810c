#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/time_zone.hpp"

// Whatever a file says, every moment has an offset of at most a day and a bit, and local times lead back close to it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto zone = postern::TimeZone::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!zone) return 0;
  for (const std::int64_t second : {-4'000'000'000LL, -1LL, 0LL, 1'774'746'000LL, 1'792'890'000LL, 9'000'000'000LL}) {
    const postern::WallTime time{std::chrono::seconds(second)};
    const auto offset = zone->offset_at(time);
    CHECK(offset < std::chrono::hours(27) && offset > -std::chrono::hours(27));
    const auto back = zone->from_local(zone->local(time)) - time;
    CHECK(back < std::chrono::hours(54) && back > -std::chrono::hours(54));
  }
  return 0;
}
