#include "fleet/fleet_file.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::fleet {
namespace {

constexpr std::string_view kGood = R"(version: 1
mode: read-only
hub: {account: "111122223333", region: us-east-1, profile: hub-admin, source_identity: caller}
defaults:
  role: PosternOperator
  roles: {observe: ops/PosternObserve}
  regions: [us-east-1]
  max_concurrent_accounts: 7
  external_id: "file:/run/external-id"
  session_name: postern
accounts:
  - {id: "444455556666", name: payments-prod, external_id: "env:PAYMENTS", tags: {env: prod}, dr: {region: us-west-2}}
  - {id: 777788889999, name: ledger-prod, profile: ledger-admin, regions: eu-west-1}
  - {id: "999900001111", role: "arn:aws:iam::999900001111:role/ops/Own"}
selectors:
  dr: {tags: {"dr:enabled": true, "dr:recovery-strategy": drs}, state: running}
  web: "name:web-* and not @dev"
  dev: {account_tags: {env: [dev, test]}, any: [{names: a}, "b=2"], not: {ids: i-0123456789abcdef0}}
  tagged: {tags: {owner: }}
groups:
  prod: [payments-prod, "777788889999", i-0123456789abcdef0, "@dr"]
protect: [{groups: prod}, "tag:critical"]
endpoint_url: https://localhost:8443
ca_bundle: /tmp/ca.pem
)";

TEST(FleetFile, ReadsEveryKey) {
  const Result<FleetFile> parsed = parse_fleet_file(kGood, "postern.yaml");
  ASSERT_TRUE(parsed) << parsed.error().message();
  const FleetFile& file = *parsed;
  EXPECT_EQ(file.mode, Mode::read_only);
  EXPECT_EQ(file.hub.account.text(), "111122223333");
  EXPECT_EQ(file.hub.profile, "hub-admin");
  EXPECT_TRUE(file.hub.source_identity);
  EXPECT_EQ(file.defaults.roles.get(Duty::observe), "ops/PosternObserve");
  EXPECT_EQ(file.defaults.roles.get(Duty::operate), "PosternOperator");
  EXPECT_EQ(file.defaults.max_concurrent_accounts, 7U);
  EXPECT_EQ(file.defaults.external_id->to_text(), "file:/run/external-id");
  ASSERT_EQ(file.accounts.size(), 3U);
  EXPECT_EQ(file.accounts[0].external_id->kind, SecretRef::Kind::env);
  EXPECT_EQ(file.accounts[0].dr_region.text(), "us-west-2");
  EXPECT_EQ(file.accounts[1].regions.front().text(), "eu-west-1");
  EXPECT_EQ(file.accounts[2].name, "999900001111");
  EXPECT_EQ(file.find_account("ledger-prod")->profile, "ledger-admin");
  EXPECT_EQ(file.find_account("nobody"), nullptr);
  EXPECT_EQ(file.groups, (std::vector<std::string>{"prod"}));
  EXPECT_TRUE(file.warnings.empty());
  EXPECT_EQ(file.endpoint_url, "https://localhost:8443");
}

TEST(FleetFile, TurnsMapsIntoSelectors) {
  const Result<FleetFile> file = parse_fleet_file(kGood, "postern.yaml");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->selectors.at("dr").to_text(),
            "tag:dr:enabled=true and tag:dr:recovery-strategy=drs and state:running");
  EXPECT_EQ(file->selectors.at("dev").to_text(),
            "account-tag:env=dev,test and (name:a or tag:b=2) and not id:i-0123456789abcdef0");
  EXPECT_EQ(file->selectors.at("tagged").to_text(), "tag:owner");
  EXPECT_EQ(file->selectors.at("prod").to_text(),
            "account:payments-prod or account:777788889999 or id:i-0123456789abcdef0 or @dr");
  EXPECT_FALSE(file->protect.has_references());
  EXPECT_EQ(file->bind(testing::selector("@tagged region:us-*"))->to_text(), "tag:owner and region:us-*");
  EXPECT_EQ(file->bind(testing::selector("@prd")).error().message(),
            "@prd is no selector, group or account group of the fleet file; did you mean '@prod'?");
}

/// `text` behind a head that is right, so that line 3 is its first line.
Result<FleetFile> with_head(std::string_view text) {
  return parse_fleet_file("version: 1\ndefaults: {role: R, regions: [us-east-1]}\n" + std::string(text), "f.yaml");
}

TEST(FleetFile, NamesThePlaceOfEveryMistake) {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"acounts: []", "f.yaml:3:1: unknown key 'acounts' in the fleet file; did you mean 'accounts'?"},
      {"mode: readonly", "f.yaml:3:7: mode must be read-only or read-write, not 'readonly'"},
      {"accounts: {a: 1}", "f.yaml:3:11: accounts must be a list, not map"},
      {"accounts: [{nam: x, id: \"444455556666\"}]",
       "f.yaml:3:13: unknown key 'nam' in accounts[]; did you mean 'name'?"},
      {"accounts: [{name: x}]", "f.yaml:3:12: the account has no id"},
      {"accounts: [{id: 12345678901}]",
       "f.yaml:3:17: '12345678901' is not an account id: it has 11 digits, not twelve (was a leading zero lost? write "
       "it "
       "in quotes: \"012345678901\")"},
      {"accounts: [{id: \"444455556666\"}, {id: \"444455556666\"}]",
       "f.yaml:3:39: the account id 444455556666 stands there twice: first at f.yaml:3:17"},
      {"accounts: [{id: \"444455556666\", name: a}, {id: \"777788889999\", name: a}]",
       "f.yaml:3:70: the account name a stands there twice: first at f.yaml:3:39"},
      {"accounts: [{id: \"444455556666\", name: \"777788889999\"}]",
       "f.yaml:3:39: the name looks like the id of another account"},
      {"accounts: [{id: \"444455556666\", role: \"arn:aws:iam::777788889999:role/R\"}]",
       "f.yaml:3:39: the role is in account 777788889999, not in 444455556666"},
      {"accounts: [{id: \"444455556666\", external_id: \"exec:pass x\"}]",
       "f.yaml:3:46: 'exec:' would run a command, and this fleet file is not trusted: read it, then run `postern init "
       "--trust FILE`; env:NAME and file:PATH need no trust"},
      {"accounts: [{id: \"444455556666\", external_id: \"a b\"}]",
       "f.yaml:3:46: an external id has 2 to 1224 letters, digits and _+=,.@:/-"},
      {"accounts: [{id: \"444455556666\", profile: p, external_id: abc}]",
       "f.yaml:3:58: external_id goes with a role: this account is entered with the profile's own credentials"},
      {"accounts: [{id: \"444455556666\", regions: [us-east-1, cn-north-1]}]",
       "f.yaml:3:42: cn-north-1 is in the partition aws-cn, and us-east-1 in aws: an account is in one partition"},
      {"hub: {region: cn-north-1}\naccounts: [{id: \"444455556666\"}]",
       "f.yaml:4:12: the hub in cn-north-1 cannot assume a role in us-east-1 (partition aws): partitions are worlds "
       "apart; use a profile"},
      {"hub: {source_identity: eve}\naccounts: []",
       "f.yaml:3:24: source_identity is caller, or is left out: a name of one's own choice would prove nothing"},
      {"accounts: [{id: \"444455556666\", regions: [moon-1]}]",
       "f.yaml:3:43: 'moon-1' is not a Region's name: for example us-east-1"},
      {"selectors: {a: \"@b\", b: \"@a\"}", "f.yaml:3:13: selectors refer to each other in a loop: @a -> @b -> @a"},
      {"selectors: {a: \"@nobody\"}", "f.yaml:3:13: @nobody is no selector, group or account group of the fleet file"},
      {"selectors: {a: \"state:runing\"}",
       "f.yaml:3:16: column 1 of the selector: 'runing' is no instance state; did you mean 'running'?"},
      {"selectors: {a: {tag: {x: y}}}",
       "f.yaml:3:17: unknown key 'tag' in the selector; did you mean 'tags'?\n"
       "f.yaml:3:16: the selector is empty: write `all` for every instance"},
      {"selectors: {a: {state: runing}}", "f.yaml:3:24: 'runing' is no instance state; did you mean 'running'?"},
      {"selectors: {\"a b\": all}", "f.yaml:3:13: 'a b' cannot be a name: 1 to 64 letters, digits, '_', '-' and '.'"},
      {"selectors: {a: all}\ngroups: {a: [i-01234567]}",
       "f.yaml:4:10: 'a' is the name of a selector already: @a would be ambiguous"},
      {"accounts: [{id: \"444455556666\", name: pay}]\ngroups: {g: [pai]}",
       "f.yaml:4:14: 'pai' is no account of this file; did you mean 'pay'?"},
      {"endpoint_url: localhost", "f.yaml:3:15: endpoint_url must start with https:// or http://"},
  };
  for (const Case& c : cases) {
    const Result<FleetFile> file = with_head(c.text);
    ASSERT_FALSE(file) << c.text;
    EXPECT_EQ(file.error().kind(), ErrorKind::usage);
    EXPECT_EQ(file.error().message(), c.message) << c.text;
  }
}

TEST(FleetFile, ReportsSeveralMistakesAtOnceAndNotTooMany) {
  const Result<FleetFile> file = parse_fleet_file(
      "version: 2\nmode: off\ndefaults: {max_concurrent_accounts: 0, role: \"arn:aws:iam::444455556666:role/R\"}\n",
      "f");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message(),
            "f:1:10: version must be 1; this postern knows no other\n"
            "f:2:7: mode must be read-only or read-write, not 'off'\n"
            "f:3:46: a default role must be a name: an ARN belongs to one account\n"
            "f:3:37: max_concurrent_accounts must be a number from 1 to 100");
  std::string many = "version: 1\n";
  for (int i = 0; i < 80; ++i) many += "zzzzzzzz" + std::to_string(i) + ": 1\n";
  const std::string text = parse_fleet_file(many, "f").error().message();
  EXPECT_TRUE(text.ends_with("\n... and 30 more")) << text;
}

TEST(FleetFile, ExplainsEmptyFilesAndMissingVersions) {
  EXPECT_EQ(parse_fleet_file("", "f").error().message(),
            "f:1:1: the fleet file is empty: `postern init` prints one to start from");
  EXPECT_EQ(parse_fleet_file("accounts: []\n", "f").error().message(),
            "f:1:1: the version is missing: the first line should be `version: 1`");
  EXPECT_FALSE(parse_fleet_file("- a\n- b\n", "f"));
  EXPECT_FALSE(parse_fleet_file("version: [", "f"));
  EXPECT_EQ(parse_fleet_file("version: 1\naccounts: [{id: \"444455556666\"}]\n", "f").error().message(),
            "f:2:12: the account has no way in: give it a role or a profile, or set defaults.role");
}

TEST(FleetFile, WarnsOfUnquotedIdsThatOtherProgramsLose) {
  const Result<FleetFile> file = with_head("accounts: [{id: 012345678901}]");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->accounts[0].id.text(), "012345678901");
  EXPECT_EQ(file->warnings,
            (std::vector<std::string>{"f.yaml:3:17: write this id in quotes: other programs read a number "
                                      "that starts with 0 as octal and lose it"}));
}

TEST(FleetFile, TakesCommandsOnlyWhenTrusted) {
  const std::string text =
      "version: 1\ndefaults: {role: R, external_id: \"exec:pass show x\"}\naccounts: [{id: \"444455556666\"}]\n";
  EXPECT_FALSE(parse_fleet_file(text, "f"));
  const Result<FleetFile> trusted = parse_fleet_file(text, "f", Trust::trusted);
  ASSERT_TRUE(trusted) << trusted.error().message();
  EXPECT_EQ(trusted->defaults.external_id->kind, SecretRef::Kind::exec);
}

TEST(FleetTemplate, IsReadOnlyAndParses) {
  const Result<FleetFile> file = parse_fleet_file(default_fleet_yaml(), "init");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->mode, Mode::read_only);
  EXPECT_TRUE(file->warnings.empty());
}

TEST(FleetTemplate, KeepsTheAccountsItIsGiven) {
  Account account;
  account.id = testing::account("444455556666");
  account.name = "pay-prod";
  account.roles.any = "ops/Own";
  account.roles.by_duty.at(static_cast<std::size_t>(Duty::observe)) = "Observe";
  account.roles.by_duty.at(static_cast<std::size_t>(Duty::failback)) = "arn:aws:iam::444455556666:role/dr/Failback";
  account.dr_region = testing::region("us-west-2");
  account.external_id = SecretRef::literal("a:b=c");
  account.regions = {testing::region("us-east-1"), testing::region("eu-west-1")};
  account.tags = {{"env", "prod"}, {"lines", "a\n\tb"}, {"quote", "a \"b\" \\ c"}};
  const Result<FleetFile> file = parse_fleet_file(default_fleet_yaml({account}), "init");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->accounts.size(), 1U);
  const Account& read = file->accounts[0];
  EXPECT_EQ(read.id, account.id);
  EXPECT_EQ(read.name, account.name);
  EXPECT_EQ(read.roles, account.roles);
  EXPECT_EQ(read.external_id, account.external_id);
  EXPECT_EQ(read.regions, account.regions);
  EXPECT_EQ(read.tags, account.tags);
  EXPECT_EQ(read.dr_region, account.dr_region);
}

TEST(C7nImport, MakesAFleetFileThatParses) {
  const Result<std::string> text = import_c7n_accounts(R"(accounts:
- account_id: '123123123123'
  name: account-1
  regions: [us-east-1, us-west-2]
  role: arn:aws:iam::123123123123:role/CloudCustodian
  external_id: abc123
  tags: ["type:prod", "division:some division", flag]
  vars: {charge_code: xyz}
- account_id: '012312312312'
  profile: other
  regions: [all]
)",
                                                       "accounts.yml");
  ASSERT_TRUE(text) << text.error().message();
  const Result<FleetFile> file = parse_fleet_file(*text, "imported");
  ASSERT_TRUE(file) << file.error().message() << "\n" << *text;
  ASSERT_EQ(file->accounts.size(), 2U);
  EXPECT_EQ(file->accounts[0].roles.any, "arn:aws:iam::123123123123:role/CloudCustodian");
  EXPECT_EQ(file->accounts[0].tags, (Tags{{"division", "some division"}, {"flag", "true"}, {"type", "prod"}}));
  EXPECT_EQ(file->accounts[0].regions.size(), 2U);
  EXPECT_EQ(file->accounts[1].profile, "other");
  EXPECT_NE(text->find("account-1: vars"), std::string::npos);
  EXPECT_NE(text->find("regions: all"), std::string::npos);
}

TEST(C7nImport, RefusesOtherFiles) {
  EXPECT_FALSE(import_c7n_accounts("", "a.yml"));
  EXPECT_FALSE(import_c7n_accounts("policies: []\n", "a.yml"));
  EXPECT_EQ(import_c7n_accounts("accounts:\n- account_id: 1\n", "a.yml").error().message(),
            "a.yml:2:15: '1' is not an account id: it has 1 digits, not twelve");
  // A name that no fleet file can have.
  const auto odd = import_c7n_accounts("accounts:\n- {account_id: '123123123123', name: pay~}\n", "a.yml");
  ASSERT_FALSE(odd);
  EXPECT_NE(odd.error().message().find("a.yml: cannot be imported as it is"), std::string::npos);
}

}  // namespace
}  // namespace postern::fleet
