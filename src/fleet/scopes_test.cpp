#include "fleet/scopes.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::fleet {
namespace {

constexpr std::string_view kFleet = R"(version: 1
hub: {account: "111122223333", region: us-east-1, profile: hub}
defaults: {role: Op, roles: {observe: Look}, external_id: "env:DEFAULT_ID", session_name: postern}
accounts:
  - {id: "444455556666", name: pay, regions: [us-east-1, us-west-2], external_id: "env:PAY_ID"}
  - {id: "777788889999", name: ledger, profile: ledger-admin}
  - {id: "999900001111", name: own, profile: jump, roles: {operate: "arn:aws:iam::999900001111:role/x/Own"}}
  - {id: "222233334444", name: china, profile: cn, role: CnRole, regions: [cn-north-1]}
)";

std::optional<FleetFile> fleet_file(std::string_view text = kFleet) {
  Result<FleetFile> file = parse_fleet_file(text, "f.yaml");
  EXPECT_TRUE(file) << file.error().message();
  return std::move(*file);
}

/// One line a scope: account/Region, the way in, the external id.
std::string lines(const Result<std::vector<ScopePtr>>& scopes) {
  if (!scopes) return "error " + std::string(to_string(scopes.error().kind())) + ": " + scopes.error().message();
  std::string out;
  for (const ScopePtr& scope : *scopes) {
    out += scope->account.text() + "/" + scope->region.text() + " " + scope->access.describe();
    if (scope->access.kind == Access::Kind::role && !scope->access.profile.empty()) {
      out += " by " + scope->access.profile;
    }
    if (scope->access.external_id) out += " " + scope->access.external_id->to_text();
    out += "\n";
  }
  return out;
}

TEST(MakeScopes, TakesRoleProfileOrDefaultByDuty) {
  ScopeRequest request;
  request.duty = Duty::operate;
  EXPECT_EQ(lines(make_scopes(fleet_file(), request)),
            "444455556666/us-east-1 role arn:aws:iam::444455556666:role/Op by hub env:PAY_ID\n"
            "444455556666/us-west-2 role arn:aws:iam::444455556666:role/Op by hub env:PAY_ID\n"
            "777788889999/us-east-1 profile ledger-admin\n"
            "999900001111/us-east-1 role arn:aws:iam::999900001111:role/x/Own by jump env:DEFAULT_ID\n"
            "222233334444/cn-north-1 role arn:aws-cn:iam::222233334444:role/CnRole by cn env:DEFAULT_ID\n");
  request.duty = Duty::observe;
  request.accounts = {"pay,own"};
  request.regions = {"eu-west-1"};
  EXPECT_EQ(lines(make_scopes(fleet_file(), request)),
            "444455556666/eu-west-1 role arn:aws:iam::444455556666:role/Look by hub env:PAY_ID\n"
            "999900001111/eu-west-1 profile jump\n");
}

TEST(MakeScopes, WithNothingGivenIsTheCallersAccountAndRegion) {
  ScopeRequest request;
  EXPECT_EQ(lines(make_scopes(std::nullopt, request)),
            "error usage: no Region: give --region, set AWS_REGION, or name regions in the fleet file");
  request.caller_region = "eu-central-1";
  EXPECT_EQ(lines(make_scopes(std::nullopt, request)), "/eu-central-1 the caller's credentials\n");
  request.regions = {"us-east-1, us-west-2", "us-east-1"};
  EXPECT_EQ(lines(make_scopes(std::nullopt, request)),
            "/us-east-1 the caller's credentials\n/us-west-2 the caller's credentials\n");
}

TEST(MakeScopes, TakesProfilesAndRolesOfTheCommandLine) {
  ScopeRequest request;
  request.caller_region = "us-east-1";
  request.profiles = {"a", "b"};
  EXPECT_EQ(lines(make_scopes(std::nullopt, request)), "/us-east-1 profile a\n/us-east-1 profile b\n");
  request.profiles = {"hub"};
  request.role_arns = {"arn:aws:iam::444455556666:role/Op", "arn:aws:iam::777788889999:role/Op"};
  request.external_id = "env:ID";
  EXPECT_EQ(lines(make_scopes(fleet_file(), request)),
            "444455556666/us-east-1 role arn:aws:iam::444455556666:role/Op by hub env:ID\n"
            "777788889999/us-east-1 role arn:aws:iam::777788889999:role/Op by hub env:ID\n");
}

TEST(MakeScopes, OneProfileIsTheHubsIdentity) {
  ScopeRequest request;
  request.profiles = {"mine"};
  request.accounts = {"pay"};
  request.regions = {"us-east-1"};
  EXPECT_EQ(lines(make_scopes(fleet_file(), request)),
            "444455556666/us-east-1 role arn:aws:iam::444455556666:role/Look by mine env:PAY_ID\n");
}

TEST(MakeScopes, TheHubsOwnAccountNeedsNoRole) {
  const auto file = fleet_file(
      "version: 1\nhub: {account: \"111122223333\", region: us-east-1}\naccounts: [{id: \"111122223333\"}]\n");
  ScopeRequest request;
  EXPECT_EQ(lines(make_scopes(file, request)), "111122223333/us-east-1 the caller's credentials\n");
  request.profiles = {"mine"};
  EXPECT_EQ(lines(make_scopes(file, request)), "111122223333/us-east-1 profile mine\n");
}

TEST(MakeScopes, NeverGivesTheSameScopeTwice) {
  ScopeRequest request;
  request.caller_region = "us-east-1";
  request.role_arns = {"arn:aws:iam::444455556666:role/Op", "arn:aws:iam::444455556666:role/Op"};
  EXPECT_EQ(lines(make_scopes(std::nullopt, request)),
            "444455556666/us-east-1 role arn:aws:iam::444455556666:role/Op\n");
  request.role_arns.clear();
  request.profiles = {"a", "b", "a"};
  EXPECT_EQ(lines(make_scopes(std::nullopt, request)), "/us-east-1 profile a\n/us-east-1 profile b\n");
  request.profiles.clear();
  request.accounts = {"pay", "444455556666"};
  request.regions = {"us-east-1"};
  EXPECT_EQ(lines(make_scopes(fleet_file(), request)),
            "444455556666/us-east-1 role arn:aws:iam::444455556666:role/Look by hub env:PAY_ID\n");
}

TEST(MakeScopes, RefusesTwoWaysIntoOneAccount) {
  ScopeRequest request;
  request.caller_region = "us-east-1";
  request.role_arns = {"arn:aws:iam::444455556666:role/A", "arn:aws:iam::444455556666:role/B"};
  EXPECT_EQ(lines(make_scopes(std::nullopt, request)),
            "error usage: two roles for the account 444455556666, arn:aws:iam::444455556666:role/A and "
            "arn:aws:iam::444455556666:role/B: its instances would be meant twice");
}

TEST(MakeScopes, RefusesWhatMakesNoSense) {
  struct Case {
    const char* what;
    void (*change)(ScopeRequest&);
    const char* message;
  };
  const Case cases[] = {
      {"unknown account", [](ScopeRequest& r) { r.accounts = {"legder"}; },
       "error usage: no account 'legder' in f.yaml; did you mean 'ledger'?"},
      {"account with role",
       [](ScopeRequest& r) {
         r.accounts = {"pay"};
         r.role_arns = {"arn:aws:iam::444455556666:role/A"};
       },
       "error usage: --account chooses from the fleet file; --role-arn does not use it"},
      {"external id alone", [](ScopeRequest& r) { r.external_id = "x"; },
       "error usage: --external-id belongs to --role-arn; accounts of the fleet file have their own external_id"},
      {"account with profiles",
       [](ScopeRequest& r) {
         r.accounts = {"pay"};
         r.profiles = {"a", "b"};
       },
       "error usage: --account chooses from the fleet file; several --profile do not use it"},
      {"two profiles with a role",
       [](ScopeRequest& r) {
         r.profiles = {"a", "b"};
         r.role_arns = {"arn:aws:iam::444455556666:role/A"};
       },
       "error usage: --role-arn takes one --profile, the one that assumes the role"},
      {"no Region", [](ScopeRequest& r) { r.regions = {"mars"}; },
       "error usage: 'mars' is not a Region's name: for example us-east-1"},
      {"no ARN", [](ScopeRequest& r) { r.role_arns = {"Op"}; },
       "error usage: 'Op' is not a role's ARN: arn:aws:iam::111122223333:role/NAME"},
      {"another partition in front",
       [](ScopeRequest& r) {
         r.role_arns = {"arn:aws:iam::444455556666:role/A"};
         r.regions = {"cn-north-1,us-east-1"};
       },
       "error usage: arn:aws:iam::444455556666:role/A is not of the partition of the Region cn-north-1"},
      {"another partition for a role's name",
       [](ScopeRequest& r) {
         r.accounts = {"pay"};
         r.regions = {"us-east-1,cn-north-1"};
       },
       "error usage: arn:aws:iam::444455556666:role/Look is not of the partition of the Region cn-north-1"},
      {"exec",
       [](ScopeRequest& r) {
         r.role_arns = {"arn:aws:iam::444455556666:role/A"};
         r.external_id = "exec:id";
       },
       "error usage: 'exec:' would run a command, and this fleet file is not trusted: read it, then run `postern init "
       "--trust FILE`; env:NAME and file:PATH need no trust"},
  };
  for (const Case& c : cases) {
    ScopeRequest request;
    request.caller_region = "us-east-1";
    c.change(request);
    EXPECT_EQ(lines(make_scopes(fleet_file(), request)), c.message) << c.what;
  }
}

TEST(MakeScopes, NamesTheDutyThatHasNoRole) {
  ScopeRequest request;
  request.duty = Duty::recover;
  const auto file = fleet_file(
      "version: 1\ndefaults: {roles: {observe: Look}, regions: [us-east-1]}\naccounts: [{id: \"444455556666\"}]\n");
  EXPECT_EQ(
      lines(make_scopes(file, request)),
      "error usage: account 444455556666 (444455556666) has neither a role for the duty 'recover' nor a profile in "
      "f.yaml");
  request.accounts = {"x"};
  EXPECT_EQ(lines(make_scopes(std::nullopt, request)), "error usage: --account needs a fleet file: give --fleet FILE");
}

}  // namespace
}  // namespace postern::fleet
