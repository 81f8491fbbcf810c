#pragma once

/// A small run with one of everything, and facts to it.

#include "fleet/testing/make.hpp"
#include "report/facts.hpp"

namespace postern::report::testing {

inline flow::TargetResult result(const fleet::ScopePtr& scope, unsigned number, flow::Outcome outcome,
                                 std::string reason) {
  return flow::TargetResult(fleet::TargetRef(scope, fleet::testing::instance_id(number)), outcome, std::move(reason));
}

inline flow::TargetResult ran(const fleet::ScopePtr& scope, unsigned number, int exit_code, std::string out) {
  flow::TargetResult target = result(scope, number, exit_code == 0 ? flow::Outcome::succeeded : flow::Outcome::failed,
                                     exit_code == 0 ? "" : "Failed");
  target.exit_code = exit_code;
  target.out = std::move(out);
  target.command_id = "c-" + scope->account.text();
  return target;
}

/// payments: two succeeded alike, one failed, one skipped by rule; ledger: one unknown, one unreachable, one refused.
inline flow::RunResult sample_run() {
  const auto payments = fleet::testing::scope("444455556666", "us-east-1", "payments");
  const auto ledger = fleet::testing::scope("777788889999", "eu-west-1", "ledger");
  flow::RunResult run;
  run.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  run.targets.push_back(ran(payments, 1, 0, "ok\n"));
  run.targets.push_back(ran(payments, 2, 0, "ok"));
  run.targets.push_back(ran(payments, 3, 3, "no\n"));
  run.targets.push_back(result(payments, 4, flow::Outcome::skipped, "excluded by name"));
  run.targets.push_back(result(ledger, 5, flow::Outcome::unknown, "the answer to the send was lost"));
  run.targets.push_back(result(ledger, 6, flow::Outcome::skipped, "connection lost"));
  run.targets.back().unreachable = true;
  run.targets.push_back(result(ledger, 7, flow::Outcome::failed, "AccessDenied"));
  run.targets.back().refusal = ErrorKind::denied;
  return run;
}

inline RunFacts sample_facts() {
  RunFacts facts;
  facts.title = "uptime";
  facts.selector = "@web";
  facts.started = *parse_rfc3339("2026-11-21T03:04:05Z");
  facts.ended = *parse_rfc3339("2026-11-21T03:04:09.5Z");
  facts.names["444455556666/us-east-1/i-00000000000000001"] = "web-01";
  return facts;
}

/// Everything that markup, JSON, consoles and people can be tricked with.
inline std::string hostile() {
  std::string text =
      "</script></pre><img src=x onerror=alert(1)>\"'&amp; ]]> \x1b[31m \xff\xfe \r\nnext\r \u202egnp.exe "
      "\u0085 \ufffe {{ x }}";
  text += '\0';
  return text;
}

}  // namespace postern::report::testing
