// check endpoints

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/endpoint_work.hpp"
#include "cli/failure.hpp"
#include "cli/render_endpoints.hpp"

namespace postern::cli {
namespace check_endpoints_command {

using access::Finding;
using access::Severity;

constexpr std::size_t kNodesNamed = 5;

struct Totals {
  Totals() = default;
  std::size_t vpcs = 0;
  std::size_t nodes = 0;
  std::size_t online = 0;
  std::size_t by_severity[3] = {};
  std::size_t of(Severity severity) const { return by_severity[static_cast<std::size_t>(severity)]; }
};

Totals totals_of(const NetworksSeen& seen) {
  Totals out;
  for (const NetworkPlace& place : seen.places) {
    out.vpcs += place.facts.vpcs.size();
    for (const access::VpcFacts& vpc : place.facts.vpcs) {
      out.nodes += vpc.nodes.size();
      out.online += static_cast<std::size_t>(
          std::ranges::count_if(vpc.nodes, [](const access::NodeFacts& node) { return node.online; }));
    }
    for (const Finding& each : place.findings) ++out.by_severity[static_cast<std::size_t>(each.severity)];
  }
  return out;
}

Json texts_json(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& each : texts) json.push_back(each);
  return json;
}

Json place_json(const fleet::Scope& scope) {
  Json json = Json::object().set("account_id", scope.account.text()).set("account", scope.account_name);
  return json.set("region", scope.region.text());
}

Json finding_json(const fleet::Scope& scope, const Finding& each) {
  Json json = place_json(scope).set("vpc_id", each.vpc).set("severity", to_string(each.severity));
  json.set("code", each.code).set("subject", each.subject).set("services", texts_json(each.services));
  json.set("cause", each.cause).set("fix", each.fix).set("nodes", texts_json(each.nodes));
  return json.set("service_text", join(each.services, ", "));
}

Json vpc_json(const fleet::Scope& scope, const access::VpcFacts& vpc) {
  Json endpoints = Json::array();
  for (const access::EndpointFacts& each : vpc.endpoints) {
    endpoints.push_back(Json::object()
                            .set("id", each.id)
                            .set("service", each.service)
                            .set("type", each.gateway ? "gateway" : "interface")
                            .set("state", each.state)
                            .set("private_dns", each.private_dns)
                            .set("stack", each.stack));
  }
  Json json = place_json(scope).set("vpc_id", vpc.id).set("name", vpc.name).set("node_count", vpc.nodes.size());
  json.set("online_count", static_cast<std::size_t>(std::ranges::count_if(
                               vpc.nodes, [](const access::NodeFacts& node) { return node.online; })));
  return json.set("dns_support", vpc.dns_support)
      .set("dns_hostnames", vpc.dns_hostnames)
      .set("endpoints", std::move(endpoints));
}

term::Cell severity_cell(const Json& row) {
  const std::string text(row["severity"].to_string().value_or(""));
  return term::Cell(text, text == "blocks" ? term::Style::bad
                          : text == "risk" ? term::Style::warning
                                           : term::Style::plain);
}

std::string sum_text(const Totals& totals) {
  return plural(totals.nodes, "node") + " in " + plural(totals.vpcs, "VPC") + ", " + std::to_string(totals.online) +
         " online; " + std::to_string(totals.of(Severity::blocks)) + " in the way, " +
         plural(totals.of(Severity::risk), "risk") + ", " + plural(totals.of(Severity::note), "note") + "\n";
}

Answer answer_of(const Command& command, const NetworksSeen& seen) {
  const Totals totals = totals_of(seen);
  Json findings = Json::array();
  Json vpcs = Json::array();
  Json unread = Json::array();
  for (const NetworkPlace& place : seen.places) {
    for (const Finding& each : place.findings) findings.push_back(finding_json(*place.scope, each));
    for (const access::VpcFacts& each : place.facts.vpcs) vpcs.push_back(vpc_json(*place.scope, each));
    for (const std::string& each : place.facts.unread) unread.push_back(place.scope->label() + ": " + each);
  }
  Json sums = Json::object().set("vpcs", totals.vpcs).set("nodes", totals.nodes).set("online", totals.online);
  sums.set("blocks", totals.of(Severity::blocks)).set("risk", totals.of(Severity::risk));
  sums.set("note", totals.of(Severity::note));
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object().set("schema", "postern.check_endpoints/1").set("totals", std::move(sums));
  answer.document.set("findings", std::move(findings)).set("vpcs", std::move(vpcs)).set("unknown", std::move(unread));
  answer.document.set("problems", problems_json(seen.asked));
  answer.rows_key = "findings";
  answer.markdown_title = "VPC endpoints";
  answer.columns.emplace_back("SEVERITY", 0, severity_cell);
  answer.columns.push_back(member_column("ACCOUNT", 1, "account"));
  answer.columns.push_back(id_column("REGION", 3, "region"));
  answer.columns.push_back(id_column("VPC", 1, "vpc_id"));
  answer.columns.push_back(id_column("CODE", 0, "code"));
  answer.columns.push_back(member_column("SERVICES", 2, "service_text"));
  answer.columns.emplace_back("NODES", 2, [](const Json& row) {
    const std::size_t count = row["nodes"].items().size();
    return term::Cell(count == 0 ? std::string() : std::to_string(count));
  });
  answer.table_footer = sum_text(totals);
  return answer;
}

/// Names of nodes, or how many more there are.
std::string named_nodes(const access::NetworkFacts& facts, const Finding& finding) {
  std::string text;
  std::size_t told = 0;
  for (const access::VpcFacts& vpc : facts.vpcs) {
    for (const access::NodeFacts& node : vpc.nodes) {
      if (std::ranges::find(finding.nodes, node.id) == finding.nodes.end() || told == kNodesNamed) continue;
      text += (text.empty() ? "" : ", ") + (node.name.empty() ? node.id : printable(node.name, 60));
      ++told;
    }
  }
  if (finding.nodes.size() > told) text += " and " + std::to_string(finding.nodes.size() - told) + " more";
  return text;
}

/// Below the table: cause, whom it concerns, and the command that mends it.
std::string told_findings(const NetworksSeen& seen) {
  std::string out;
  for (const NetworkPlace& place : seen.places) {
    for (const Finding& each : place.findings) {
      out += place.scope->label() + (each.vpc.empty() ? "" : " " + each.vpc) + ": " + each.cause;
      const std::string nodes = named_nodes(place.facts, each);
      out += nodes.empty() ? "\n" : " (" + nodes + ")\n";
      out += "    " + each.fix + "\n";
    }
    for (const std::string& each : place.facts.unread) {
      out += place.scope->label() + ": not known: " + printable(each, 300) + "\n";
    }
  }
  return out;
}

int exit_code(const NetworksSeen& seen) {
  const int code = exit_code_of(seen.asked);
  const bool blocked = totals_of(seen).of(Severity::blocks) > 0;
  if (code > kExitUnknown) return code;
  if (blocked) return kExitGate;
  const bool unread =
      std::ranges::any_of(seen.places, [](const NetworkPlace& each) { return !each.facts.unread.empty(); });
  return unread ? kExitUnknown : code;
}

}  // namespace check_endpoints_command

rt::Task<Result<int>> run_check_endpoints(const Command& command) {
  using namespace check_endpoints_command;
  access::EndpointWants wants;
  CO_TRY(wants.uses, chosen_uses(command.invocation()));
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::observe));
  CO_TRY_VOID(co_await require_hub(command, work));
  CO_TRY_VOID(co_await name_accounts(command, work, concurrency));
  wants.copies = signed_copies(work.fleet);
  if (const std::string note = unsigned_note(work.fleet); !note.empty()) command.err("note: " + note + "\n");
  adapters::NetworkQuestion question;
  question.vpc = command.invocation().value("--vpc").value_or("");
  question.log_group = work.fleet ? work.fleet->signals.output_logs : std::string();
  question.log_group = command.invocation().value("--output-logs").value_or(question.log_group);
  Result<NetworksSeen> seen = co_await read_networks(command, work, work.scopes, question);
  co_await work.session->close();
  if (!seen) co_return fail(std::move(seen).error());
  for (NetworkPlace& place : seen->places) {
    wants.way_in = way_in(*place.scope, work.fleet);
    place.findings = access::check_endpoints(place.facts, wants);
  }
  CO_TRY_VOID(command.answer(answer_of(command, *seen)));
  const bool table = command.output().format == Format::table && !command.output().query;
  std::string told = table ? told_findings(*seen) : std::string();
  told += summarize_problems(seen->asked);
  if (!told.empty()) command.err("\n" + fit_lines(told, command.stderr_width()));
  co_return exit_code(*seen);
}

}  // namespace postern::cli
