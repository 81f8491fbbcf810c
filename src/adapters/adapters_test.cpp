#include <gtest/gtest.h>

#include "adapters/command_port.hpp"

namespace postern::adapters {
namespace {

TEST(InstanceIdsIn, FindsWhatAwsNames) {
  using Ids = std::vector<std::string>;
  EXPECT_EQ(instance_ids_in("Instances [[i-0123456789abcdef0]] not in a valid state for account 444455556666"),
            (Ids{"i-0123456789abcdef0"}));
  EXPECT_EQ(instance_ids_in("Instances [[i-0123456789abcdef0, mi-0123456789abcdef0]] not in a valid state"),
            (Ids{"i-0123456789abcdef0", "mi-0123456789abcdef0"}));
  EXPECT_EQ(instance_ids_in("no ids: i- i-xyz wi-0123456789abcdef0"), Ids());
  EXPECT_EQ(instance_ids_in(""), Ids());
}

TEST(SpacedDetails, BothSpellingsReadTheSame) {
  EXPECT_EQ(spaced_details("DeliveryTimedOut"), "Delivery Timed Out");
  EXPECT_EQ(spaced_details("Delivery Timed Out"), "Delivery Timed Out");
  EXPECT_EQ(spaced_details("Undeliverable"), "Undeliverable");
  EXPECT_EQ(spaced_details(""), "");
}

}  // namespace
}  // namespace postern::adapters
