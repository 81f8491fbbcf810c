#include "cli/run_rails.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::cli {
namespace {

constexpr std::string_view kFleet = R"(version: 1
accounts:
  - {id: "444455556666", name: payments-prod, profile: p, tags: {env: Prod}}
  - {id: "777788889999", name: ledger-prod, profile: p, tags: {env: prod}, documents: ["Ledger-*"]}
  - {id: "999900001111", name: sandbox, profile: p, tags: {env: dev}}
protect: "role=db"
documents: [AWS-RunShellScript]
freeze:
  - {name: quarter-end, from: 2026-12-28T00:00:00Z, to: 2027-01-04T00:00:00Z, accounts: [ledger-prod]}
)";

/// A plan over accounts of the file, with `count` instances in each.
struct Case {
  Case(std::vector<std::pair<const char*, const char*>> accounts, unsigned count, fleet::Tags tags = {}) {
    file = *fleet::parse_fleet_file(kFleet, "f");
    unsigned number = 0;
    for (const auto& [id, name] : accounts) {
      const fleet::ScopePtr scope = fleet::testing::scope(id, "us-east-1", name);
      for (unsigned i = 0; i < count; ++i) {
        fleet::Tags all = tags;
        all["Name"] = "web-" + std::to_string(++number);
        instances.push_back(fleet::testing::instance(scope, fleet::testing::instance_id(number), all));
      }
    }
    plan = flow::plan_waves(instances, flow::WavePolicy());
    names = TargetNames(instances);
  }
  RailView view(std::string_view now = "2026-11-21T12:00:00Z") const {
    RailView made(plan, instances, names);
    made.fleet = &file;
    made.now = *parse_rfc3339(now);
    return made;
  }
  fleet::FleetFile file;
  std::vector<fleet::Instance> instances;
  flow::Plan plan;
  TargetNames names;
};

std::string told(const RailView& view) {
  std::string out;
  for (const RailFinding& finding : plan_findings(view)) {
    out += (out.empty() ? "" : "\n") + finding.rail + (finding.breakable ? "" : "!") + ": " + finding.why;
  }
  return out;
}

TEST(Expectation, IsANumberOrARange) {
  EXPECT_EQ(*Expectation::parse("16"), Expectation(16, 16));
  EXPECT_EQ(*Expectation::parse("10-20"), Expectation(10, 20));
  EXPECT_EQ(*Expectation::parse("0"), Expectation(0, 0));
  for (const char* bad : {"", "-", "x", "20-10", "1-", "-1", "1-2-3", "1.5", " 1", "99999999999999999999"}) {
    const Result<Expectation> parsed = Expectation::parse(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().kind(), ErrorKind::usage);
  }
}

TEST(PlanFindings, MoreThanFiftyTargetsMustBeExpected) {
  const Case fifty({{"444455556666", "payments-prod"}}, 50);
  EXPECT_EQ(told(fifty.view()), "");
  const Case more({{"444455556666", "payments-prod"}}, 51);
  EXPECT_EQ(told(more.view()),
            "expect!: the plan has 51 targets in 1 account: more than 50 targets or 5 accounts must be expected: "
            "--expect 51 (or a range, --expect MIN-MAX)");
  RailView view = more.view();
  view.expected = Expectation(40, 60);
  EXPECT_EQ(told(view), "");
  view.expected = Expectation(52, 60);
  EXPECT_EQ(told(view), "expect!: the plan has 51 targets, and --expect says 52-60");
}

TEST(PlanFindings, MoreThanFiveAccountsMustBeExpected) {
  std::vector<std::pair<const char*, const char*>> accounts = {{"111122220001", "a"},
                                                               {"111122220002", "b"},
                                                               {"111122220003", "c"},
                                                               {"111122220004", "d"},
                                                               {"111122220005", "e"}};
  EXPECT_EQ(expectation_needed(Case(accounts, 1).plan), "");
  accounts.emplace_back("111122220006", "f");
  EXPECT_EQ(expectation_needed(Case(accounts, 1).plan), "6");
}

TEST(PlanFindings, AnExpectationHoldsForAnEmptyPlanToo) {
  const Case none({}, 0);
  RailView view = none.view();
  EXPECT_EQ(told(view), "");
  view.expected = Expectation(1, 5);
  EXPECT_EQ(told(view), "expect!: the plan has 0 targets, and --expect says 1-5");
}

TEST(PlanFindings, ProtectedTargetsAreNamed) {
  const Case protected_ones({{"444455556666", "payments-prod"}}, 3, {{"role", "db"}});
  EXPECT_EQ(told(protected_ones.view()),
            "protect: 3 targets are protected by the fleet file: web-[1-3]; leave them out with -s 'not @protected'");
  RailView without = protected_ones.view();
  without.fleet = nullptr;
  EXPECT_EQ(told(without), "");
}

TEST(PlanFindings, AFreezeWindowBindsItsAccountsWhileItIsOpen) {
  const Case payments({{"444455556666", "payments-prod"}}, 1);
  EXPECT_EQ(told(payments.view("2026-12-29T00:00:00Z")), "");
  EXPECT_TRUE(windows_of(payments.view()).empty());
  Case both({{"444455556666", "payments-prod"}, {"777788889999", "ledger-prod"}}, 1);
  both.file.accounts[1].documents.clear();
  EXPECT_EQ(told(both.view("2026-12-29T00:00:00Z")), "freeze: freeze window quarter-end until 2027-01-04T00:00:00Z");
  EXPECT_EQ(told(both.view("2027-01-04T00:00:00Z")), "");
  EXPECT_EQ(windows_of(both.view()).size(), 1U);  // not open yet, and about the run: its later waves are held
}

TEST(PlanFindings, DocumentsThatAreNotAllowedAreNamedWithTheirAccounts) {
  Case ledger({{"444455556666", "payments-prod"}, {"777788889999", "ledger-prod"}}, 1);
  EXPECT_EQ(told(ledger.view()), "documents: the fleet file does not allow AWS-RunShellScript in ledger-prod");
  ledger.file.documents.clear();
  ledger.file.accounts[1].documents.clear();
  EXPECT_EQ(told(ledger.view()), "");
}

TEST(ProductionOf, OneAccountIsTypedByItsNameSeveralByThePlans) {
  const Case one({{"444455556666", "payments-prod"}, {"999900001111", "sandbox"}}, 1);
  const Production single = production_of(one.plan, "5c1a2b3d", &one.file);
  EXPECT_EQ(single.accounts, (std::vector<std::string>{"payments-prod"}));
  EXPECT_EQ(single.word, "payments-prod");
  EXPECT_EQ(single.accepted, (std::vector<std::string>{"5c1a2b3d", "payments-prod", "444455556666"}));
  const Case two({{"444455556666", "payments-prod"}, {"777788889999", "ledger-prod"}}, 1);
  const Production several = production_of(two.plan, "5c1a2b3d", &two.file);
  EXPECT_EQ(several.word, "5c1a2b3d");
  EXPECT_EQ(several.accepted, (std::vector<std::string>{"5c1a2b3d"}));
  const Case none({{"999900001111", "sandbox"}}, 1);
  EXPECT_TRUE(production_of(none.plan, "5c1a2b3d", &none.file).accounts.empty());
  EXPECT_TRUE(production_of(one.plan, "5c1a2b3d", nullptr).accounts.empty());
}

}  // namespace
}  // namespace postern::cli
