#include "sim/ec2/listing.hpp"

#include <gtest/gtest.h>

#include "sim/ec2/address.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/network.hpp"

namespace postern::sim::ec2 {
namespace listing_test {

TEST(Ec2Filter, MatchesWildcardsAndEscapes) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } cases[] = {
      {"web-01", "web-01", true},
      {"web-*", "web-01", true},
      {"*", "", true},
      {"", "", true},
      {"", "a", false},
      {"w?b-*1", "web-01", true},
      {"web", "web-01", false},
      {"*01", "web-01", true},
      {"*0", "web-01", false},
      {"a*b*c", "a-b-b-c", true},
      {"a*b*c", "a-c-b", false},
      {"\\*", "*", true},
      {"\\*", "x", false},
      {"100\\%", "100%", true},
      {"a\\?c", "abc", false},
      {"a\\?c", "a?c", true},
      {"\\\\", "\\", true},
      {"WEB-01", "web-01", false},
      {"ends\\", "ends\\", true},
      {"**", "anything", true},
      {"?", "", false},
  };
  for (const auto& one : cases)
    EXPECT_EQ(filter_match(one.pattern, one.text), one.matches) << one.pattern << " " << one.text;
}

TEST(Ec2Filter, FollowsPathsIntoLists) {
  aws::ec2::RouteTable table;
  table.route_table_id = "rtb-1";
  table.routes.emplace_back().nat_gateway_id = "nat-1";
  table.routes.emplace_back().nat_gateway_id = "nat-2";
  table.associations.emplace_back().main = true;
  FilterValues values;
  values_at(aws::ConstErased(aws::ec2::RouteTable::shape(), &table), "Routes.NatGatewayId", values);
  EXPECT_EQ(values, (FilterValues{"nat-1", "nat-2"}));
  values.clear();
  values_at(aws::ConstErased(aws::ec2::RouteTable::shape(), &table), "Associations.Main", values);
  EXPECT_EQ(values, FilterValues{"true"});
  values.clear();
  values_at(aws::ConstErased(aws::ec2::RouteTable::shape(), &table), "Nothing.Here", values);
  EXPECT_TRUE(values.empty());
}

TEST(Ec2Ids, AreCheckedByTheirForm) {
  const std::pair<const char*, bool> cases[] = {
      {"vpc-0123456789abcdef0", true},
      {"vpc-01234567", true},
      {"vpc-0123456", false},
      {"subnet-01234567", false},
      {"vpc-0123456g", false},
      {"vpc", false},
      {"", false},
      {"vpc-", false},
  };
  for (const auto& [id, good] : cases) EXPECT_EQ(check_id(kVpcId, id).has_value(), good) << id;
  EXPECT_EQ(check_id(kVpcId, "nonsense").error().aws()->code, "InvalidVpcID.Malformed");
}

TEST(Ec2Address, ParsesWhatIsOne) {
  EXPECT_EQ(to_text(*parse_address("10.0.255.4")), "10.0.255.4");
  for (const char* bad : {"", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1.2", "a.b.c.d", "10.0.0.-1"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
  EXPECT_EQ(parse_cidr("10.1.2.3/16")->text(), "10.1.0.0/16");
  EXPECT_EQ(parse_cidr("0.0.0.0/0")->size(), std::uint64_t{1} << 32);
  EXPECT_TRUE(parse_cidr("0.0.0.0/0")->contains(*parse_address("203.0.113.9")));
  EXPECT_TRUE(parse_cidr("10.0.0.0/16")->overlaps(*parse_cidr("10.0.128.0/17")));
  EXPECT_FALSE(parse_cidr("10.0.0.0/16")->overlaps(*parse_cidr("10.1.0.0/16")));
  for (const char* bad : {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0/-1"})
    EXPECT_FALSE(parse_cidr(bad)) << bad;
}

TEST(Ec2Zones, HaveTheIdsThatAwsGivesThem) {
  EXPECT_EQ(zone_id("us-east-1a"), "use1-az1");
  EXPECT_EQ(zone_id("ap-southeast-2b"), "apse2-az2");
  EXPECT_EQ(zone_id("eu-central-1c"), "euc1-az3");
}

}  // namespace listing_test
}  // namespace postern::sim::ec2
