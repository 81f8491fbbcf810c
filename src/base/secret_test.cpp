#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <type_traits>

namespace postern {
namespace {

// A string-like value in memory that outlives it, so that a test may look at what it left behind.
struct Watched {
  Watched() = default;
  explicit Watched(std::string* m) : memory(m) {}
  std::string* memory = nullptr;
  bool empty() const { return memory == nullptr || memory->empty(); }
  friend bool operator==(const Watched&, const Watched&) = default;
};

void wipe(Watched& watched) noexcept {
  if (watched.memory != nullptr) wipe_memory(watched.memory->data(), watched.memory->size());
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

TEST(Secret, IsWipedWhenDestroyed) {
  std::string memory = "secret access key";
  {
    // Filled again because the constructor wipes what it was given.
    const Secret<Watched> secret{Watched(&memory)};
    memory = "secret access key";
    EXPECT_FALSE(secret.empty());
  }
  EXPECT_TRUE(all_zero(memory));
}

TEST(Secret, IsWipedWhenAssigned) {
  std::string first(40, 'a');
  std::string second(40, 'b');
  Secret<Watched> secret{Watched(&first)};
  Secret<Watched> other{Watched(&second)};
  first.assign(40, 'a');
  second.assign(40, 'b');
  secret = other;
  EXPECT_TRUE(all_zero(first));
  EXPECT_EQ(second, std::string(40, 'b'));
}

TEST(Secret, AShortStringLeavesNothingInTheSourceOfAMove) {
  // Short strings live inside the object; moving them copies and would leave the bytes.
  alignas(Secret<>) unsigned char room[sizeof(Secret<>)] = {};
  auto* secret = new (room) Secret<>(std::string("hunter2hunter2"));
  const Secret<> moved(std::move(*secret));
  const std::string_view left(reinterpret_cast<const char*>(room), sizeof room);
  EXPECT_EQ(left.find("hunter"), std::string_view::npos);
  EXPECT_EQ(moved.reveal(), "hunter2hunter2");
  secret->~Secret<>();
}

TEST(Secret, WipeTakesTheWholeCapacity) {
  std::string text(64, 's');
  text.resize(3);
  const char* memory = text.data();
  postern::wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.data(), memory);
  EXPECT_GE(text.capacity(), 64U);
  EXPECT_TRUE(all_zero(std::string_view(memory, 64)));
}

TEST(Secret, CopiesCompareAndRevealTheSame) {
  const Secret<> a(std::string("one"));
  Secret<> b = a;
  EXPECT_EQ(a, b);
  b = Secret<>(std::string("two"));
  EXPECT_FALSE(a == b);
  EXPECT_EQ(b.reveal(), "two");
  static_assert(!std::is_convertible_v<Secret<>, std::string>);
  static_assert(!std::is_convertible_v<std::string, Secret<>>);
}

}  // namespace
}  // namespace postern
