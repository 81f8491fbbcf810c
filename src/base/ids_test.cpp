#include "base/ids.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Ids, UlidHasTimeThenRandom) {
  const WallTime time{std::chrono::milliseconds(1469918176385)};
  EXPECT_EQ(make_ulid(time, {}), "01ARYZ6S410000000000000000");
  std::array<std::uint8_t, 10> ones{};
  ones.fill(0xFF);
  EXPECT_EQ(make_ulid(time, ones), "01ARYZ6S41ZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(make_ulid(time, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), "01ARYZ6S410000000000000001");
  EXPECT_EQ(make_ulid(time, {0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0}), "01ARYZ6S41G000000000000000");
}

TEST(Ids, UlidsSortByTime) {
  std::array<std::uint8_t, 10> ones{};
  ones.fill(0xFF);
  const WallTime time{std::chrono::milliseconds(1795230245000)};
  EXPECT_LT(make_ulid(time, ones), make_ulid(time + std::chrono::milliseconds(1), {}));
  EXPECT_EQ(make_ulid(time, {}), make_ulid(time + std::chrono::microseconds(999), {}));
  EXPECT_EQ(make_ulid(WallTime(std::chrono::seconds(-5)), {}), std::string(26, '0'));
}

TEST(Ids, UuidHasVersionAndVariant) {
  EXPECT_EQ(make_uuid({}), "00000000-0000-4000-8000-000000000000");
  std::array<std::uint8_t, 16> ones{};
  ones.fill(0xFF);
  EXPECT_EQ(make_uuid(ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

}  // namespace
}  // namespace postern
