#include "report/deployment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "report/deployment_html.hpp"
#include "report/deployment_json.hpp"
#include "report/deployment_markdown.hpp"
#include "report/testing/golden.hpp"
#include "report/testing/markup.hpp"
#include "report/testing/sample.hpp"

namespace postern::report {
namespace deployment_test {

using ::testing::HasSubstr;
using ::testing::Not;

const char kRun[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

DeployedServer server(unsigned number, Stage stage, std::string code, std::string reason, std::string fix) {
  DeployedServer made;
  const bool ledger = number >= 100;
  made.account_id = ledger ? "777788889999" : "444455556666";
  made.account = ledger ? "ledger" : "payments";
  made.region = "us-east-1";
  made.site = "us-west-2";
  made.instance_id = fleet::testing::instance_id(number).text();
  made.name = "web-" + std::to_string(number);
  made.stage = stage;
  made.code = std::move(code);
  made.reason = std::move(reason);
  made.fix = std::move(fix);
  made.family = "Amazon Linux";
  return made;
}

DeployedServer registered(unsigned number, Stage stage, std::string replication, std::chrono::seconds exposure) {
  DeployedServer made = server(number, stage, "", "", "");
  made.server_id = "s-" + made.instance_id.substr(2);
  made.run_id = kRun;
  made.command_id = "6d1c5b7e-0f53-4a8e-9c55-0d6a2c1b3e4f";
  made.seen.replication = std::move(replication);
  made.seen.recoverability = "fresh";
  made.seen.lag = std::chrono::seconds(0);
  made.seen.sample_age = std::chrono::seconds(40);
  made.seen.point_age = std::chrono::minutes(9);
  made.seen.exposure = exposure;
  return made;
}

/// One of everything, in two accounts.
Deployment sample() {
  Deployment out;
  out.world = "sim:field";
  out.rollout_id = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
  out.made_at = *parse_rfc3339("2026-11-21T03:04:05Z");
  out.made_by = "ops@laptop";
  out.seen_at = *parse_rfc3339("2026-11-21T03:04:04Z");
  out.rpo = std::chrono::minutes(15);
  out.facts.emplace_back("Rollout", out.rollout_id);
  out.facts.emplace_back("World", "sim:field");
  out.facts.emplace_back("Asked by", "ops@laptop");
  out.facts.emplace_back("Caller", "arn:aws:iam::111122223333:user/operator");
  out.facts.emplace_back("Asked for", "tag:dr:enabled=true and tag:dr:recovery-strategy=drs");
  out.facts.emplace_back("Document", "AWSDisasterRecovery-InstallDRAgentOnInstance");
  out.facts.emplace_back("Ticket", "");
  for (unsigned i = 1; i <= 3; ++i) {
    out.servers.push_back(registered(i, Stage::protected_now, "healthy", std::chrono::seconds(40)));
  }
  out.servers.push_back(registered(4, Stage::registered, "catching_up", std::chrono::minutes(40)));
  out.servers.back().reason = "step 4 of 11: BOOT_REPLICATION_SERVER";
  out.servers.push_back(server(5, Stage::phantom, "PHANTOM_INSTALL",
                               "Systems Manager calls the installation a success, and DRS does not know the server",
                               "read the agent's log on the server; a wrapper may hide the installer's exit code"));
  out.servers.push_back(server(6, Stage::failed, "GCC_MISSING", "no compiler", "install gcc"));
  out.servers.push_back(server(7, Stage::excluded, "", "build host, made anew every night", ""));
  out.servers.push_back(
      server(100, Stage::blocked, "SSM_OFFLINE", "connection lost", "postern targets shows its state"));
  out.servers.push_back(server(101, Stage::not_sent, "NOT_SENT", "the family was held after its canary failed", ""));
  out.servers.push_back(server(102, Stage::unknown, "IN_DOUBT", "the answer to the send was lost", ""));
  DeploymentRun run;
  run.id = kRun;
  run.family = "Amazon Linux";
  run.status = "held";
  run.document = "AWSDisasterRecovery-InstallDRAgentOnInstance";
  run.pins.emplace_back("version 1, sha256 " + std::string(64, 'a'));
  run.targets = 7;
  run.commands.emplace_back("6d1c5b7e-0f53-4a8e-9c55-0d6a2c1b3e4f");
  run.records = 21;
  run.head = std::string(64, 'b');
  out.runs.push_back(run);
  out.records = 4;
  out.head = std::string(64, 'c');
  DeploymentAction action;
  action.what = "Install where nothing was sent (NOT_SENT)";
  action.servers = 1;
  action.commands.emplace_back("postern dr rollout -s id:i-00000000000000065");
  out.actions.push_back(action);
  out.remarks.emplace_back("2 instances tagged since are not in this rollout, nor in these numbers.");
  out.unseen.emplace_back("lab (888899990000)/us-west-2", "DRS could not be asked: AccessDeniedException");
  return out;
}

TEST(Deployment, EveryServerIsInOneClassAndTheSumSaysSo) {
  const Deployment report = sample();
  EXPECT_EQ(totals_of(report).sum(), 10U);
  EXPECT_EQ(reconciliation_of(report),
            "3 protected + 1 registered + 1 phantom + 1 failed + 1 blocked + 1 not sent + 1 excluded + 1 unknown = 10: "
            "every tagged instance is in exactly one class.");
  const std::vector<DeploymentPlace> places = places_of(report);
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].counts.sum() + places[1].counts.sum(), 10U);
  std::size_t told = 0;
  for (const DeploymentClass& one : classes_of(report)) told += one.servers.size();
  EXPECT_EQ(told, 7U) << "all but those that are protected";
}

TEST(Deployment, TheVerdictIsTheWorstThatIsKnown) {
  Deployment report = sample();
  EXPECT_EQ(verdict_of(report), "incomplete");
  report.unseen.clear();
  std::erase_if(report.servers, [](const DeployedServer& one) { return one.stage == Stage::unknown; });
  EXPECT_EQ(verdict_of(report), "gaps");
  std::erase_if(report.servers, [](const DeployedServer& one) { return tone_of(one.stage) == "bad"; });
  EXPECT_EQ(verdict_of(report), "synchronising");
  std::erase_if(report.servers, [](const DeployedServer& one) { return one.stage == Stage::registered; });
  EXPECT_EQ(verdict_of(report), "protected");
  report.servers.clear();
  EXPECT_EQ(verdict_of(report), "nothing tagged");
}

TEST(Deployment, WhatIsNotKnownOfReplicationIsNeverWithinTheLimit) {
  Deployment report = sample();
  report.servers[0].seen.exposure.reset();
  const ReplicationSums sums = replication_of(report);
  EXPECT_EQ(sums.servers, 4U);
  EXPECT_EQ(sums.within, 2U);
  EXPECT_EQ(sums.unsure, 1U);
  EXPECT_EQ(sums.worst, Duration(std::chrono::minutes(40)));
  EXPECT_EQ(sums.oldest, Duration(std::chrono::seconds(40)));
}

TEST(Deployment, IsTheSameInEveryFormAsBefore) {
  const Deployment report = sample();
  testing::expect_page("src/report/testdata/deployment.html", deployment_html(report));
  testing::expect_page("src/report/testdata/deployment.md", deployment_markdown(report));
  testing::expect_page("src/report/testdata/deployment.json", deployment_json(report).dump_pretty() + "\n");
}

TEST(Deployment, AFleetWhereNothingIsTaggedIsToldToo) {
  Deployment report;
  report.world = "aws";
  report.made_by = "ops@laptop";
  const std::string page = deployment_html(report);
  EXPECT_EQ(testing::first_bad_markup(page), "");
  EXPECT_THAT(page, HasSubstr("No instance is tagged for protection."));
  EXPECT_THAT(page, Not(HasSubstr("SIMULATED")));
  EXPECT_THAT(deployment_markdown(report), HasSubstr("**NOTHING TAGGED**: No instance is tagged"));
}

Deployment hostile_report() {
  Deployment report = sample();
  for (DeployedServer& one : report.servers) {
    one.name = one.account = one.reason = one.fix = one.seen.cause = testing::hostile();
  }
  for (DeploymentFact& fact : report.facts) fact.value = testing::hostile();
  report.made_by = report.remarks[0] = report.unseen[0].place = report.unseen[0].why = testing::hostile();
  report.actions[0].what = report.actions[0].why = report.runs[0].family = report.runs[0].pins[0] = testing::hostile();
  report.world = "sim:" + testing::hostile();
  return report;
}

TEST(Deployment, APageHasNothingThatRunsOrComesFromElsewhere) {
  const std::string page = deployment_html(hostile_report());
  EXPECT_EQ(testing::first_bad_markup(page), "");
  EXPECT_TRUE(is_utf8(page));
  for (const char* bad : {"<script", "<img", "<link", "src=x onerror=alert(1)>", "http:", "https:", "url(", "@import",
                          "\x1b", "\u202e"}) {
    EXPECT_EQ(page.find(bad), std::string::npos) << bad;
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

/// What is left of Markdown when code is taken out: nothing in it may be markup of others.
std::string outside_of_code(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '`') {
      out += text[at++];
      continue;
    }
    const std::size_t after = std::min(text.find_first_not_of('`', at), text.size());
    const std::string fence = text.substr(at, after - at);
    std::size_t end = text.find(fence, after);
    while (end != std::string::npos && end + fence.size() < text.size() && text[end + fence.size()] == '`') {
      end = text.find(fence, text.find_first_not_of('`', end));
    }
    at = end == std::string::npos ? text.size() : end + fence.size();
  }
  return out;
}

TEST(Deployment, MarkdownOfOthersStaysCode) {
  const std::string page = deployment_markdown(hostile_report());
  EXPECT_TRUE(is_utf8(page));
  const std::string plain = outside_of_code(page);
  for (const char* bad : {"<script", "<img", "onerror", "\x1b", "\u202e", "{{"}) {
    EXPECT_EQ(plain.find(bad), std::string::npos) << bad;
  }
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find("\u202e"), std::string::npos);
}

TEST(Markdown, TextIsPlainOnlyWhenNothingInItCanBeMarkup) {
  for (const char* plain : {"web-01", "no compiler", "step 4 of 11: BOOT_REPLICATION_SERVER", "AWSDisasterRecovery"}) {
    EXPECT_EQ(markdown_text(plain), plain);
  }
  for (const char* code : {"# heading", "- item", "*bold*", "_it_", "<b>", "a|b", "[x](y)", "https://evil.example",
                           "www.evil.example", "@everyone", "a & b", "$x$", "~~gone~~", ":smile: or :+1:"}) {
    EXPECT_EQ(markdown_text(code), "`" + std::string(code) + "`");
  }
  EXPECT_EQ(markdown_text("a`b``c"), "```a`b``c```");
  EXPECT_EQ(markdown_text("`"), "`` ` ``");
  EXPECT_EQ(markdown_text("a\nb\r\x1b[0m"), "`a\\x0ab\\x0d\\x1b[0m`");
}

TEST(Markdown, LinesFitATerminalUnlessAWordDoesNot) {
  Deployment report = sample();
  for (DeployedServer& one : report.servers) one.fix = "mend " + std::string(300, 'x') + " and then mend it once more";
  report.fold = [](std::span<const std::string>) { return std::string("web-[1-999]"); };
  for (const std::string& text : {deployment_markdown(sample()), deployment_markdown(report)}) {
    for (const std::string_view line : split(text, '\n')) {
      const bool one_word = line.find(std::string(64, 'a')) != std::string_view::npos ||
                            line.find(std::string(64, 'x')) != std::string_view::npos || line.starts_with('|');
      EXPECT_TRUE(one_word || line.size() <= 80) << line;
    }
  }
}

TEST(Deployment, ABigFleetMakesABoundedPageThatSaysWhatIsMissing) {
  Deployment report = sample();
  report.servers.clear();
  for (unsigned i = 0; i < 20'000; ++i) {
    DeployedServer one = server(i % 90, Stage::blocked, "SSM_OFFLINE", std::string(i < 10 ? 100'000 : 50, 'x'), "");
    one.instance_id = fleet::testing::instance_id(i).text();
    one.account_id = std::to_string(100'000'000'000ULL + i % 3'000);
    report.servers.push_back(one);
  }
  for (const std::string& page : {deployment_html(report), deployment_markdown(report)}) {
    EXPECT_LT(page.size(), 6U << 20U);
    EXPECT_THAT(page, HasSubstr("more servers"));
    EXPECT_THAT(page, HasSubstr("more accounts and Regions"));
  }
  EXPECT_THAT(deployment_html(report), HasSubstr("15,000 more servers are not shown here"));
}

}  // namespace deployment_test
}  // namespace postern::report
