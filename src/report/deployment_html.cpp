#include "report/deployment_html.hpp"

#include <algorithm>

#include "base/plural.hpp"
#include "report/html_writer.hpp"

namespace postern::report {
namespace deployment_page {

class Page final : private HtmlWriter {
 public:
  Page(const Deployment& deployment, const DeploymentLimits& limits)
      : report_(deployment), limits_(limits), totals_(totals_of(deployment)) {}

  std::string make() {
    top();
    standing();
    actions();
    places();
    fates();
    replication();
    servers();
    proof();
    foot();
    return take();
  }

 private:
  void heading(std::string_view words) {
    raw("<h2>");
    raw(words);
    raw("</h2>\n");
  }
  void paragraph(std::string_view untrusted) {
    raw("<p>");
    text(untrusted);
    raw("</p>\n");
  }
  void code(std::string_view untrusted) {
    raw("<code>");
    text(untrusted);
    raw("</code>");
  }
  void command(std::string_view line) {
    raw("<pre class=\"cmd\" tabindex=\"0\">");
    text(line);
    raw("</pre>\n");
  }
  /// A table that scrolls on its own where the page is narrow.
  void open_table(std::string_view label, std::string_view caption) {
    raw("<div class=\"scroll\" role=\"region\" aria-label=\"");
    raw(label);
    raw("\" tabindex=\"0\"><table>");
    if (!caption.empty()) {
      raw("<caption>");
      raw(caption);
      raw("</caption>");
    }
    raw("<thead><tr>");
  }
  void column(std::string_view name, std::string_view style = "") {
    raw("<th scope=\"col\"");
    if (!style.empty()) raw(" class=\"" + std::string(style) + "\"");
    raw(">");
    raw(name);
    raw("</th>");
  }
  void open_rows() { raw("</tr></thead><tbody>\n"); }
  void close_table() { raw("</tbody></table></div>\n"); }
  void cell(std::string_view untrusted, std::string_view style = "") {
    raw(style.empty() ? std::string("<td>") : "<td class=\"" + std::string(style) + "\">");
    cut_text(untrusted, limits_.reason);
    raw("</td>");
  }
  void count_cell(std::size_t count, std::string_view tone) {
    raw("<td class=\"n");
    if (count > 0 && !tone.empty()) raw(" " + std::string(tone));
    raw(count == 0 ? std::string(" zero\">0</td>") : "\">" + grouped_number(count) + "</td>");
  }
  void unshown(std::size_t count, std::string_view noun) {
    if (count == 0) return;
    note(grouped_number(count) + " more " + std::string(noun) +
         " are not shown here; they are in the totals, and in the JSON form of this report.");
  }

  void top() {
    const std::string title = title_of(report_);
    begin(title, report_.simulated() ? report_.world : std::string_view(), "deployment took place");
    const std::string_view verdict = verdict_of(report_);
    raw("<h1>");
    text(title);
    raw(" <span class=\"badge ");
    raw(tone_of_verdict(verdict));
    raw("\">");
    raw(verdict);
    raw("</span></h1>\n<dl>\n");
    for (const DeploymentFact& one : report_.facts) {
      if (one.value.empty()) continue;
      raw("<dt>");
      text(one.label);
      raw("</dt><dd>");
      cut_text(one.value, limits_.names);
      raw("</dd>\n");
    }
    fact("Report made", second_words(report_.made_at) + " by " + report_.made_by);
    fact("DRS asked",
         report_.seen_at ? second_words(*report_.seen_at) : "not for this report: the ledger alone was read");
    raw("</dl>\n");
  }

  /// The classes as one bar: to be seen from across the room, and told in the table below it.
  void bar() {
    if (report_.servers.empty()) return;
    raw("<div class=\"bar\" aria-hidden=\"true\">");
    for (std::size_t at = 0; at < kStageCount; ++at) {
      const std::size_t count = totals_.by_stage.at(at);
      if (count == 0) continue;
      const std::string_view tone = tone_of(static_cast<Stage>(at));
      raw("<span class=\"b-");
      raw(tone.empty() ? std::string_view("dim") : tone);
      raw("\" style=\"flex-grow:" + std::to_string(count) + "\"></span>");
    }
    raw("</div>\n");
  }

  void standing() {
    heading("Where it stands");
    bar();
    raw("<p class=\"counts\">");
    for (std::size_t at = 0; at < kStageCount; ++at) {
      const std::size_t count = totals_.by_stage.at(at);
      if (count == 0) continue;
      const Stage stage = static_cast<Stage>(at);
      raw("<span><strong class=\"" + std::string(tone_of(stage)) + "\">" + grouped_number(count) + "</strong> ");
      raw(words_of(stage));
      raw("</span> ");
    }
    raw("</p>\n");
    note(reconciliation_of(report_));
    for (const std::string& one : report_.remarks) paragraph(one);
    unseen();
  }

  void unseen() {
    if (report_.unseen.empty()) return;
    raw("<h3>Not asked</h3>\n<p class=\"bad\">What is there is unknown, and may be missing in these "
        "numbers.</p>\n<ul>\n");
    const std::size_t shown = std::min(report_.unseen.size(), limits_.classes);
    for (std::size_t at = 0; at < shown; ++at) {
      raw("<li><strong>");
      text(report_.unseen[at].place);
      raw("</strong>: ");
      cut_text(report_.unseen[at].why, limits_.reason);
      raw("</li>\n");
    }
    raw("</ul>\n");
    unshown(report_.unseen.size() - shown, "places");
  }

  void actions() {
    heading("What is left to do");
    if (report_.actions.empty()) return paragraph("Nothing.");
    raw("<ol class=\"actions\">\n");
    for (const DeploymentAction& one : report_.actions) {
      raw("<li><strong>");
      cut_text(one.what, limits_.reason);
      raw("</strong>");
      if (one.servers > 0) raw(" <span class=\"note\">" + plural(one.servers, "server") + "</span>");
      raw("\n");
      if (!one.why.empty()) {
        raw("<p>");
        cut_text(one.why, limits_.reason);
        raw("</p>\n");
      }
      for (const std::string& line : one.commands) command(line);
      raw("</li>\n");
    }
    raw("</ol>\n");
  }

  void places() {
    const std::vector<DeploymentPlace> all = places_of(report_);
    if (all.empty()) return;
    heading("Accounts and Regions");
    open_table("Accounts and Regions", "");
    column("Account");
    column("From, to");
    column("Tagged", "n");
    for (std::size_t at = 0; at < kStageCount; ++at) {
      if (totals_.by_stage.at(at) > 0) column(words_of(static_cast<Stage>(at)), "n");
    }
    open_rows();
    const std::size_t shown = std::min(all.size(), limits_.places);
    for (std::size_t i = 0; i < shown; ++i) {
      raw("<tr><th scope=\"row\">");
      text(all[i].account);
      if (all[i].account != all[i].account_id) raw("<br><span class=\"id note\">" + all[i].account_id + "</span>");
      raw("</th>");
      raw("<td class=\"id\">");
      text(all[i].region);
      raw("<br>");
      text(all[i].site);
      raw("</td>");
      counts_cells(all[i].counts);
    }
    raw("</tbody><tfoot><tr><th scope=\"row\" colspan=\"2\">all</th>");
    counts_cells(totals_);
    raw("</tfoot></table></div>\n");
    unshown(all.size() - shown, "accounts and Regions");
  }

  void counts_cells(const StageCounts& counts) {
    count_cell(counts.sum(), "");
    for (std::size_t at = 0; at < kStageCount; ++at) {
      if (totals_.by_stage.at(at) > 0) count_cell(counts.by_stage.at(at), tone_of(static_cast<Stage>(at)));
    }
    raw("</tr>\n");
  }

  void fates() {
    const std::vector<DeploymentClass> all = classes_of(report_);
    heading("What is not protected, and why");
    if (all.empty()) return paragraph("None.");
    const std::size_t shown = std::min(all.size(), limits_.classes);
    for (std::size_t at = 0; at < shown; ++at) fate(all[at]);
    unshown(all.size() - shown, "classes");
  }

  void fate(const DeploymentClass& one) {
    const std::string_view tone = tone_of(one.stage);
    raw("<details class=\"");
    raw(tone == "bad" ? "b" : tone == "warn" ? "w" : "e");
    raw("\" open><summary><strong>" + grouped_number(one.servers.size()) + "</strong> ");
    raw(words_of(one.stage));
    if (!one.code.empty()) {
      raw(" ");
      code(one.code);
    }
    raw("</summary>\n");
    if (!one.reason.empty()) {
      raw("<p>");
      if (one.stage == Stage::excluded) raw("Reason given: ");
      cut_text(one.reason, limits_.reason);
      raw("</p>\n");
    }
    if (!one.fix.empty()) {
      raw("<p><strong>Fix:</strong> ");
      cut_text(one.fix, limits_.reason);
      raw("</p>\n");
    }
    raw("<p class=\"names\">");
    names(one);
    raw("</p></details>\n");
  }

  void names(const DeploymentClass& one) {
    const std::string folded = names_of(report_, one);
    if (folded.size() <= limits_.names) return text(folded);
    cut_text(folded.substr(0, folded.rfind(',', limits_.names)), limits_.names);
    raw("... (cut; " + plural(one.servers.size(), "server") + " in all)");
  }

  void replication() {
    heading("Replication and recoverability");
    raw("<ul>\n");
    for (const std::string& one : replication_words(report_)) {
      raw("<li>");
      text(one);
      raw("</li>\n");
    }
    raw("</ul>\n");
    note(
        "Two facts: whether a server replicates, and what it could be recovered to. What would be lost is never shown "
        "better than what was seen: lag and the age of the sample, or the age of the newest point.");
  }

  void servers() {
    if (report_.servers.empty()) return;
    heading("Servers");
    open_table("Servers", "those that are not protected first");
    for (const char* name : {"Server", "Account, Region", "State", "Replication"}) column(name);
    for (const char* name : {"Lag", "Seen", "Would lose"}) column(name, "n");
    column("Source server, command");
    open_rows();
    std::vector<const DeployedServer*> rows;
    rows.reserve(report_.servers.size());
    for (const bool good : {false, true}) {
      for (const DeployedServer& server : report_.servers) {
        if ((server.stage == Stage::protected_now) == good) rows.push_back(&server);
      }
    }
    const std::size_t shown = std::min(rows.size(), limits_.servers);
    for (std::size_t at = 0; at < shown; ++at) server_row(*rows[at]);
    close_table();
    unshown(rows.size() - shown, "servers");
  }

  void server_row(const DeployedServer& server) {
    raw("<tr><th scope=\"row\">");
    cut_text(server.name, limits_.reason);
    if (!server.name.empty()) raw("<br>");
    raw("<span class=\"id\">");
    text(server.instance_id);
    raw("</span></th><td>");
    text(server.account);
    raw("<br><span class=\"id\">");
    text(server.region);
    raw("</span></td><td class=\"o " + std::string(tone_of(server.stage)) + "\">");
    raw(words_of(server.stage));
    if (!server.code.empty()) {
      raw("<br>");
      code(server.code);
    }
    raw("</td>");
    cell(server.seen.replication + (server.seen.cause.empty() ? "" : ": " + server.seen.cause));
    cell(age_words(server.seen.lag), "n");
    cell(age_words(server.seen.sample_age), "n");
    cell(age_words(server.seen.exposure), "n");
    raw("<td><span class=\"id\">");
    text(server.server_id);
    raw("</span><br><span class=\"hash\">");
    text(server.command_id);
    raw("</span></td></tr>\n");
  }

  void proof() {
    heading("How to verify this report");
    if (!report_.rollout_id.empty()) {
      open_table("Chains of the ledger", "heads of the ledger's chains (SHA-256)");
      for (const char* name : {"Stream", "Records", "Head"}) column(name);
      open_rows();
      chain_row("rollout/" + report_.rollout_id, report_.records, report_.head);
      for (const DeploymentRun& run : report_.runs) chain_row("run/" + run.id, run.records, run.head);
      close_table();
    }
    for (const DeploymentRun& run : report_.runs) run_details(run);
    for (const DeploymentProof& one : proofs_of(report_)) {
      paragraph(one.words);
      command(one.command);
    }
  }

  void chain_row(const std::string& stream, std::uint64_t records, const std::string& head) {
    raw("<tr><th scope=\"row\" class=\"id\">");
    text(stream);
    raw("</th><td class=\"n\">" + grouped_number(records) + "</td><td class=\"hash\">");
    text(head.empty() ? "its records are gone" : head);
    raw("</td></tr>\n");
  }

  void run_details(const DeploymentRun& run) {
    raw("<details><summary>");
    text(run.family);
    raw(": " + plural(run.targets, "server") + ", ");
    text(run.status);
    raw(", ");
    code(run.document);
    raw("</summary>\n<ul>\n");
    for (const std::string& pin : run.pins) item(pin, "hash");
    for (const std::string& one : run.commands) item("command " + one, "id");
    raw("</ul></details>\n");
  }
  void item(std::string_view untrusted, std::string_view style) {
    raw("<li class=\"" + std::string(style) + "\">");
    text(untrusted);
    raw("</li>\n");
  }

  void foot() {
    begin_footer();
    raw("Made by postern. A success of Systems Manager is no protection: a server counts as registered when Elastic "
        "Disaster Recovery knows it, and as protected when it replicates and can be recovered.");
    end();
  }

  const Deployment& report_;
  const DeploymentLimits& limits_;
  const StageCounts totals_;
};

}  // namespace deployment_page

std::string deployment_html(const Deployment& deployment, const DeploymentLimits& limits) {
  return deployment_page::Page(deployment, limits).make();
}

}  // namespace postern::report
