#include "term/escape_keys.hpp"

#include <gtest/gtest.h>

namespace postern::term {
namespace {

using Order = EscapeKeys::Order;

/// What the other end gets of keys that come one by one, as from a keyboard, up to an order.
std::string typed(EscapeKeys& keys, std::string_view text, Order* order = nullptr) {
  std::string out;
  for (const char key : text) {
    const EscapeKeys::Taken taken = keys.take(std::string_view(&key, 1));
    out += taken.bytes;
    if (order != nullptr && taken.order != Order::none) *order = taken.order;
  }
  return out;
}

TEST(EscapeKeys, ATildeAndADotAtTheBeginningOfALineLeave) {
  for (const std::string_view text : {"~.", "ls\r~.", "ls\n~."}) {
    EscapeKeys keys;
    Order order = Order::none;
    const std::string sent = typed(keys, text, &order);
    EXPECT_EQ(order, Order::leave) << text;
    EXPECT_EQ(sent, text.substr(0, text.size() - 2));
    EscapeKeys whole;
    EXPECT_EQ(whole.take(text).order, Order::leave) << "in one piece";
  }
}

TEST(EscapeKeys, InsideALineTheyAreKeys) {
  EscapeKeys keys;
  Order order = Order::none;
  EXPECT_EQ(typed(keys, "cat a~.\r", &order), "cat a~.\r");
  EXPECT_EQ(order, Order::none);
}

TEST(EscapeKeys, OtherKeysAfterTheTildeGoWithIt) {
  EscapeKeys keys;
  EXPECT_EQ(typed(keys, "~/bin\r"), "~/bin\r");
  EXPECT_EQ(typed(keys, "~~.\r"), "~.\r") << "two are one";
  EXPECT_EQ(typed(keys, "~\r"), "~\r");
  Order order = Order::none;
  EXPECT_EQ(typed(keys, "~?", &order), "");
  EXPECT_EQ(order, Order::help);
}

TEST(EscapeKeys, ATildeThatWaitsIsToldAtTheEnd) {
  EscapeKeys keys;
  EXPECT_EQ(typed(keys, "~"), "");
  EXPECT_EQ(keys.rest(), "~");
  EXPECT_EQ(keys.rest(), "");
}

TEST(EscapeKeys, WithoutAKeyEverythingIsSent) {
  EscapeKeys keys('\0');
  EXPECT_EQ(keys.take("~.\r~.").bytes, "~.\r~.");
}

}  // namespace
}  // namespace postern::term
