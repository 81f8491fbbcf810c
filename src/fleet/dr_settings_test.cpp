#include "fleet/dr_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/fleet_file.hpp"

namespace postern::fleet {
namespace dr_settings_test {

using ::testing::HasSubstr;

std::string value(std::string_view field, std::string_view text) {
  const DrField* known = find_field(replication_fields(), field);
  if (known == nullptr) known = find_field(launch_fields(), field);
  const Result<Json> parsed = parse_dr_value(*known, text);
  return parsed ? parsed->dump() : parsed.error().message();
}

TEST(DrSettings, ValuesHaveOneForm) {
  EXPECT_EQ(value("security_groups", "sg-2, sg-1,sg-2"), R"(["sg-1","sg-2"])");
  EXPECT_EQ(value("routing", "Private"), R"("private")");
  EXPECT_EQ(value("copy_tags", "yes"), "true");
  EXPECT_EQ(value("bandwidth", "500"), "500");
  EXPECT_EQ(value("points", "1d/7d,60m/24h,10m/60m"), R"(["10m/1h","1h/1d","1d/7d"])");
  EXPECT_EQ(value("staging_tags", "env=prod, team=sre"), R"({"env":"prod","team":"sre"})");
}

TEST(DrSettings, NonsenseIsRefused) {
  EXPECT_THAT(value("subnet", "sg-1"), HasSubstr("should start with subnet-"));
  EXPECT_THAT(value("subnet", "subnet-1 x"), HasSubstr("is not a name"));
  EXPECT_THAT(value("routing", "sideways"), HasSubstr("is not one of private, public"));
  EXPECT_THAT(value("bandwidth", "-1"), HasSubstr("must be a number"));
  EXPECT_THAT(value("bandwidth", "99999999999999999999"), HasSubstr("must be a number"));
  EXPECT_THAT(value("points", "5m/1h"), HasSubstr("at least 10m"));
  EXPECT_THAT(value("points", "1h/30m"), HasSubstr("at least the interval"));
  EXPECT_THAT(value("points", "1d/366d"), HasSubstr("at most 365d"));
  EXPECT_THAT(value("points", "1h"), HasSubstr("INTERVAL/RETENTION"));
  EXPECT_THAT(value("staging_tags", "env"), HasSubstr("KEY=VALUE"));
}

TEST(DrSettings, AFileTellsAllItsMistakes) {
  const Result<DrSettings> bad = parse_dr_settings(
      "replication: {subnt: subnet-1, routing: up}\nlaunch: {copy_tags: [a]}\nregion: us-east-1\n", "dr.yaml");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message(), HasSubstr("did you mean 'subnet'?"));
  EXPECT_THAT(bad.error().message(), HasSubstr("dr.yaml:1:"));
  EXPECT_THAT(bad.error().message(), HasSubstr("copy_tags: cannot be a list"));
  EXPECT_THAT(bad.error().message(), HasSubstr("unknown key 'region'"));
}

TEST(DrSettings, AKeyGoesWithItsEncryption) {
  EXPECT_FALSE(parse_dr_settings("replication: {encryption: default, key: 'arn:aws:kms:us-west-2:1:key/a'}", "f"));
  const Result<DrSettings> base =
      parse_dr_settings("replication: {encryption: custom, key: 'arn:aws:kms:us-west-2:1:key/a', bandwidth: 5}", "f");
  const Result<DrSettings> own = parse_dr_settings("replication: {encryption: default}\nlaunch: {byol: true}", "f");
  ASSERT_TRUE(base && own);
  EXPECT_EQ(own->over(*base).replication.dump(), R"({"encryption":"default","bandwidth":5})");
  EXPECT_EQ(own->over(*base).launch.dump(), R"({"byol":true})");
}

TEST(DrSettings, AnAccountsStandOverTheDefaults) {
  const Result<FleetFile> file = parse_fleet_file(R"(version: 1
defaults:
  role: Operator
  regions: [us-east-1]
  dr:
    region: us-west-2
    replication: {routing: private, bandwidth: 100}
    launch: {disposition: stopped}
accounts:
  - id: "444455556666"
    name: payments
    dr: {staging_account: "999900001111", replication: {bandwidth: 0, subnet: subnet-1}}
  - {id: "777788889999", name: ledger, dr: {region: eu-west-1}}
)",
                                                  "fleet.yaml");
  ASSERT_TRUE(file) << file.error().message();
  const Account& payments = file->accounts[0];
  EXPECT_EQ(payments.dr_region.text(), "us-west-2");
  EXPECT_EQ(payments.dr.replication.dump(), R"({"routing":"private","bandwidth":0,"subnet":"subnet-1"})");
  EXPECT_EQ(payments.dr.launch.dump(), R"({"disposition":"stopped"})");
  EXPECT_EQ(payments.dr.staging_account.text(), "999900001111");
  EXPECT_EQ(file->accounts[1].dr_region.text(), "eu-west-1");
  EXPECT_EQ(file->accounts[1].dr.replication["bandwidth"].as_int(), 100);
}

}  // namespace dr_settings_test
}  // namespace postern::fleet
