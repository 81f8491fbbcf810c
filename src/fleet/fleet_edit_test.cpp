#include "fleet/fleet_edit.hpp"

#include <gtest/gtest.h>

namespace postern::fleet {
namespace fleet_edit_test {

constexpr std::string_view kFile = R"(# ours
version: 1
defaults: {role: Op, regions: [us-east-1]}
accounts:
  # the money
  - {id: "444455556666", name: payments, tags: {env: prod}}   # do not touch
  - id: "777788889999"
    name: ledger          # with an áccent
    external_id: 'old,s' # soon new
    role: Op
  - {name: shop, tags: {of: "Zoë, {Ltd}"}, external_id: env:SHOP, id: "888899990000"}
selectors:
  dr: {state: running}
)";

AccountId id(std::string_view text) {
  return *AccountId::parse(text);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(FleetEdit, SetsAnExternalIdAndLeavesTheRest) {
  ASSERT_TRUE(with_external_id(kFile, "f", id("444455556666"), "abc-1"))
      << with_external_id(kFile, "f", id("444455556666"), "abc-1").error().message();
  EXPECT_EQ(*with_external_id(kFile, "f", id("444455556666"), "abc-1"),
            replaced(std::string(kFile), "\"444455556666\"", "\"444455556666\", external_id: \"abc-1\""));
  EXPECT_EQ(*with_external_id(kFile, "f", id("777788889999"), "abc-1"),
            replaced(std::string(kFile), "'old,s'", "\"abc-1\""));
  EXPECT_EQ(*with_external_id(kFile, "f", id("888899990000"), "abc-1"),
            replaced(std::string(kFile), "env:SHOP", "\"abc-1\""));
}

TEST(FleetEdit, SetsAnExternalIdInABlock) {
  const std::string file = "version: 1\ndefaults: {role: Op, regions: [us-east-1]}\naccounts:\n- id: \"444455556666\"";
  EXPECT_EQ(*with_external_id(file, "f", id("444455556666"), "abc-1"), file + "\n  external_id: \"abc-1\"\n");
}

TEST(FleetEdit, AddsAnAccountAfterTheLast) {
  Account account;
  account.id = id("999900001111");
  account.name = "new";
  account.external_id.emplace();
  account.external_id->kind = SecretRef::Kind::literal;
  account.external_id->text = "abc-1";
  const auto out = with_account(kFile, "f", account);
  ASSERT_TRUE(out) << out.error().message();
  const auto parsed = parse_fleet_file(*out, "f");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->accounts.back().name, "new");
  EXPECT_EQ(parsed->accounts.back().external_id->text, "abc-1");
  EXPECT_NE(out->find("external_id: env:SHOP, id: \"888899990000\"}\n  - "), std::string::npos) << *out;
  EXPECT_EQ(with_account(*out, "f", account).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(*without_account(*out, "f", account.id), kFile);
}

TEST(FleetEdit, AddsTheFirstAccount) {
  Account account;
  account.id = id("999900001111");
  account.name = "new";
  for (const std::string list : {"accounts: []\n", "accounts:\n", "", "accounts: [ ]\nmode: read-only\n"}) {
    const auto out = with_account("version: 1\ndefaults: {role: Op, regions: [us-east-1]}\n" + list, "f", account);
    ASSERT_TRUE(out) << list << out.error().message();
    EXPECT_EQ(parse_fleet_file(*out, "f")->accounts.size(), 1U) << *out;
  }
}

TEST(FleetEdit, RemovesAnAccountOfAnyStyle) {
  EXPECT_EQ(*without_account(kFile, "f", id("444455556666")),
            replaced(std::string(kFile),
                     "  - {id: \"444455556666\", name: payments, tags: {env: prod}}   # do not touch\n", ""));
  EXPECT_EQ(without_account(kFile, "f", id("777788889999"))->find("ledg"), std::string::npos);
}

TEST(FleetEdit, LeavesToPeopleWhatIsNotPlain) {
  EXPECT_EQ(with_external_id(kFile, "f", id("123412341234"), "abc-1").error().kind(), ErrorKind::not_found);
  const std::string line =
      "version: 1\ndefaults: {role: Op, regions: [us-east-1]}\naccounts: [{id: \"444455556666\"}]\n";
  EXPECT_EQ(without_account(line, "f", id("444455556666")).error().message(),
            "f is written so that only a person can change it: please do");
  EXPECT_EQ(with_external_id("accounts: {", "f", id("444455556666"), "x").error().kind(), ErrorKind::usage);
}

}  // namespace fleet_edit_test
}  // namespace postern::fleet
