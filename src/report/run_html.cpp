#include "report/run_html.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "report/html_writer.hpp"
#include "report/run_summary.hpp"

namespace postern::report {
namespace run_html_page {

constexpr std::size_t kReasonMax = 1'000;

std::string targets_text(std::size_t n) {
  return grouped_number(n) + (n == 1 ? " target" : " targets");
}

/// Of accounts and Regions.
std::string places(std::size_t n) {
  return n == 1 ? "1 Region of an account" : grouped_number(n) + " Regions of accounts";
}

std::string_view class_of(std::string_view status) {
  if (status == "succeeded") return "good";
  return status == "partial" ? "warn" : "bad";
}

class Page final : public Pieces, private HtmlWriter {
 public:
  Page(const flow::RunResult& run, const RunFacts& facts, const HtmlLimits& limits)
      : run_(run), facts_(facts), limits_(limits), totals_(run.totals()), ends_(gather_ends(run)) {
    steps_.emplace_back(&Page::top);
    plan_groups("What went wrong", ends_.wrong, limits_.wrong_groups, "b");
    steps_.emplace_back(&Page::wrong_targets);
    plan_groups("Output of what succeeded", ends_.succeeded, limits_.other_groups, "g");
    plan_groups("Skipped by rule", ends_.skipped, limits_.other_groups, "w");
    steps_.emplace_back(&Page::foot);
  }

  std::size_t count() const override { return steps_.size(); }
  const flow::TargetResult* needs(std::size_t piece) const override {
    return steps_[piece].group == nullptr ? nullptr : steps_[piece].group->example;
  }
  std::string make(std::size_t piece) override {
    const Step& step = steps_[piece];
    if (step.section != nullptr) (this->*step.section)();
    if (!step.title.empty()) raw("<h2>" + std::string(step.title) + "</h2>\n");
    if (step.group != nullptr) details(*step.group, step.style);
    if (!step.note.empty()) note(step.note);
    return take();
  }

 private:
  struct Step {
    Step() = default;
    explicit Step(void (Page::*s)()) : section(s) {}
    void (Page::*section)() = nullptr;
    std::string_view title;
    const EndGroup* group = nullptr;
    std::string_view style;
    std::string note;
  };

  void top() {
    head();
    facts_list();
    totals();
    accounts();
  }
  void foot() {
    begin_footer();
    raw("Made by postern from run ");
    text(run_.run_id);
    raw(". Every target ends as succeeded, failed, skipped or unknown; unknown means that nobody can tell whether the "
        "command ran.");
    end();
  }

  void head() {
    const std::string title = facts_.title.empty() ? "Run " + run_.run_id : facts_.title;
    begin(title, facts_.simulated() ? facts_.world : std::string_view(), "run took place");
    raw("<h1>");
    cut_text(title, 500);
    const std::string_view status = facts_.status_of(run_);
    raw(" <span class=\"");
    raw(class_of(status));
    raw("\">");
    text(status);
    raw("</span></h1>\n");
  }

  void facts_list() {
    const auto second = [](WallTime time) { return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time)); };
    raw("<dl>\n");
    fact("Run", run_.run_id);
    fact("World", facts_.world);
    fact("Operator", facts_.operator_name);
    fact("Reason", facts_.reason);
    fact("Ticket", facts_.ticket);
    fact("Comment", facts_.comment);
    fact("Selector", facts_.selector);
    fact("Document", facts_.document);
    if (facts_.started != WallTime()) fact("Started", second(facts_.started));
    if (facts_.ended != WallTime()) {
      fact("Ended", second(facts_.ended) + " (" + format_duration(facts_.ended - facts_.started) + ")");
    }
    raw("</dl>\n");
  }

  void total_row(std::string_view name, std::size_t count, std::string_view style) {
    raw("<tr><th scope=\"row\">");
    raw(name);
    raw("</th><td class=\"n");
    if (count > 0 && !style.empty()) raw(" " + std::string(style));
    raw("\">" + grouped_number(count) + "</td></tr>\n");
  }

  void totals() {
    raw("<h2>Totals</h2>\n<table class=\"small\"><thead><tr><th scope=\"col\">Outcome</th><th scope=\"col\" "
        "class=\"n\">Targets</th></tr>"
        "</thead><tbody>\n");
    total_row("failed", totals_.failed, "bad");
    total_row("unknown", totals_.unknown, "bad");
    total_row("skipped", totals_.skipped, "warn");
    total_row("succeeded", totals_.succeeded, "good");
    total_row("all", run_.targets.size(), "");
    raw("</tbody></table>\n");
    const bool reconciled = totals_.all() == run_.targets.size();
    note(grouped_number(totals_.failed) + " + " + grouped_number(totals_.unknown) + " + " +
         grouped_number(totals_.skipped) + " + " + grouped_number(totals_.succeeded) + " = " +
         grouped_number(totals_.all()) +
         (reconciled ? ": every target has exactly one outcome."
                     : ", which is NOT the number of targets, " + grouped_number(run_.targets.size()) + "."));
    unasked();
  }

  void unasked() {
    if (facts_.unasked.empty()) return;
    raw("<h2>Not asked</h2>\n<p class=\"bad\">" + places(facts_.unasked.size()) +
        " could not be asked: the targets there are unknown and not in these numbers.</p>\n<ul>\n");
    const std::size_t shown = std::min(facts_.unasked.size(), limits_.wrong_groups);
    for (std::size_t at = 0; at < shown; ++at) {
      raw("<li><strong>");
      text(facts_.unasked[at].scope->label());
      raw("</strong>: ");
      cut_text(facts_.unasked[at].message, kReasonMax);
      raw("</li>\n");
    }
    raw("</ul>\n");
    if (shown < facts_.unasked.size()) note(places(facts_.unasked.size() - shown) + " more are not shown.");
  }

  void accounts() {
    std::vector<AccountSummary> all = summarize_accounts(run_, facts_);
    const auto rank = [](const AccountSummary& a) {
      if (a.totals.failed + a.totals.unknown > 0 || !a.problems.empty()) return 0;
      return a.errors > 0 ? 1 : 2;
    };
    std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
      return rank(a) != rank(b) ? rank(a) < rank(b) : a.account_id < b.account_id;
    });
    raw("<h2>Accounts</h2>\n<div class=\"scroll\" role=\"region\" aria-label=\"Accounts\" "
        "tabindex=\"0\"><table><caption>");
    const std::size_t shown = std::min(all.size(), limits_.accounts);
    raw(plural(all.size(), "account") + ", those with something wrong first");
    raw("</caption><thead><tr><th scope=\"col\">Account</th><th scope=\"col\">Name</th>");
    for (const char* column : {"Failed", "Unknown", "Skipped", "Succeeded"}) {
      raw(std::string("<th scope=\"col\" class=\"n\">") + column + "</th>");
    }
    raw("<th scope=\"col\">Commands</th></tr></thead><tbody>\n");
    for (std::size_t at = 0; at < shown; ++at) account_row(all[at]);
    raw("</tbody></table></div>\n");
    if (shown < all.size())
      note(grouped_number(all.size() - shown) + " more accounts are not shown here; their targets are in the totals.");
  }

  void account_row(const AccountSummary& account) {
    raw("<tr><th scope=\"row\" class=\"id\">");
    text(account.account_id.empty() ? "the caller's" : account.account_id);
    raw("</th><td>");
    cut_text(account.name, 200);
    if (!account.problems.empty()) raw(" <span class=\"bad\">(not asked)</span>");
    raw("</td>");
    const auto cell = [this](std::size_t count, const char* style) {
      raw(count > 0 ? std::string("<td class=\"n ") + style + "\">" : "<td class=\"n\">");
      raw(grouped_number(count) + "</td>");
    };
    cell(account.totals.failed, "bad");
    cell(account.totals.unknown, "bad");
    cell(account.totals.skipped, "warn");
    cell(account.totals.succeeded, "good");
    raw("<td class=\"id\">");
    if (!account.command_ids.empty()) text(account.command_ids.front());
    if (account.command_ids.size() > 1) raw(" and " + grouped_number(account.command_ids.size() - 1) + " more");
    raw("</td></tr>\n");
  }

  void plan_groups(std::string_view title, const std::vector<EndGroup>& all, std::size_t limit,
                   std::string_view style) {
    if (all.empty()) return;
    const std::size_t shown = std::min(all.size(), limit);
    for (std::size_t at = 0; at < shown; ++at) {
      Step step;
      if (at == 0) step.title = title;
      step.group = &all[at];
      step.style = style;
      steps_.push_back(std::move(step));
    }
    if (shown == all.size()) return;
    std::size_t targets = 0;
    for (std::size_t at = shown; at < all.size(); ++at) targets += all[at].targets.size();
    Step rest;
    if (shown == 0) rest.title = title;
    rest.note = "Not shown: " + grouped_number(all.size() - shown) + " more different ends, of " +
                targets_text(targets) + ". The JSON answer and --outdir have them all.";
    steps_.push_back(std::move(rest));
  }

  void details(const EndGroup& one, std::string_view style) {
    raw("<details class=\"");
    raw(style);
    raw(style == "b" ? "\" open>" : "\">");
    group(one);
    raw("</details>\n");
  }

  void group(const EndGroup& group) {
    const flow::TargetResult& example = *group.example;
    raw("<summary><strong>" + targets_text(group.targets.size()) + "</strong> ");
    text(to_string(example.outcome));
    if (example.exit_code && example.outcome == flow::Outcome::failed) {
      raw(", exit code " + std::to_string(*example.exit_code));
    }
    if (!example.reason.empty() && !equals_ignore_case(example.reason, to_string(example.outcome))) {
      raw(": ");
      cut_text(example.reason, kReasonMax);
    }
    raw("</summary>\n<p class=\"names\">");
    names(group);
    raw("</p>\n");
    output("Output", example.out);
    if (!example.err.empty()) raw("<p class=\"note\">Standard error:</p>\n");
    output("Standard error", example.err);
    if (example.truncated) raw("<p class=\"warn\">Systems Manager kept no more of this output.</p>\n");
  }

  void names(const EndGroup& group) {
    std::vector<std::string> all;
    all.reserve(group.targets.size());
    for (const flow::TargetResult* target : group.targets) all.push_back(facts_.name_of(*target));
    const std::string folded = facts_.folded(all);
    if (folded.size() <= limits_.names) return text(folded);
    const std::size_t comma = folded.rfind(',', limits_.names);
    cut_text(folded.substr(0, comma == std::string::npos || comma == 0 ? limits_.names : comma), limits_.names);
    raw("... (cut; " + targets_text(all.size()) + " in all)");
  }

  void output(std::string_view label, std::string_view bytes) {
    if (bytes.empty()) return;
    raw("<pre aria-label=\"");
    raw(label);
    raw("\" tabindex=\"0\">");
    if (bytes.size() <= limits_.output) {
      text(bytes);
    } else {
      std::size_t head = limits_.output / 2;
      std::size_t tail = bytes.size() - limits_.output / 2;
      while (head > 0 && inside_character(bytes, head) && limits_.output / 2 - head < 3) --head;
      for (int i = 0; i < 3 && inside_character(bytes, tail); ++i) ++tail;
      text(bytes.substr(0, head));
      raw("\n[... " + grouped_number(tail - head) + " bytes are not shown here ...]\n");
      text(bytes.substr(tail));
    }
    raw("</pre>\n");
  }

  void wrong_targets() {
    std::size_t all = 0;
    for (const EndGroup& group : ends_.wrong) all += group.targets.size();
    if (all == 0) return;
    raw("<h2>Targets that did not succeed</h2>\n<div class=\"scroll\" role=\"region\" aria-label=\"Targets that did "
        "not succeed\" tabindex=\"0\"><table><thead><tr>");
    for (const char* column : {"Target", "Name", "Account", "Region", "Outcome"}) {
      raw(std::string("<th scope=\"col\">") + column + "</th>");
    }
    raw("<th scope=\"col\" class=\"n\">Exit code</th><th scope=\"col\">Reason</th></tr></thead><tbody>\n");
    std::size_t shown = 0;
    for (const EndGroup& group : ends_.wrong) {
      for (const flow::TargetResult* target : group.targets) {
        if (shown == limits_.targets) break;
        ++shown;
        target_row(*target);
      }
    }
    raw("</tbody></table></div>\n");
    if (shown < all) note(grouped_number(all - shown) + " more targets that did not succeed are not in this table.");
  }

  void target_row(const flow::TargetResult& target) {
    const fleet::Scope& scope = target.target.scope();
    raw("<tr><th scope=\"row\" class=\"id\">");
    text(target.target.id().text());
    raw("</th><td>");
    const std::string& name = facts_.name_of(target);
    if (name != target.target.id().text()) cut_text(name, 200);
    raw("</td><td class=\"id\">");
    text(scope.account.text());
    raw("</td><td class=\"id\">");
    text(scope.region.text());
    raw(target.outcome == flow::Outcome::skipped ? "</td><td class=\"o warn\">" : "</td><td class=\"o bad\">");
    text(to_string(target.outcome));
    raw("</td><td class=\"n\">");
    if (target.exit_code) raw(std::to_string(*target.exit_code));
    raw("</td><td>");
    cut_text(target.reason, 300);
    raw("</td></tr>\n");
  }

  const flow::RunResult& run_;
  const RunFacts& facts_;
  const HtmlLimits& limits_;
  const flow::Totals totals_;
  const Ends ends_;
  std::vector<Step> steps_;
};

}  // namespace run_html_page

std::unique_ptr<Pieces> run_html_pieces(const flow::RunResult& run, const RunFacts& facts, const HtmlLimits& limits) {
  return std::make_unique<run_html_page::Page>(run, facts, limits);
}

std::string run_html(const flow::RunResult& run, const RunFacts& facts, const HtmlLimits& limits) {
  run_html_page::Page page(run, facts, limits);
  return join_pieces(page);
}

}  // namespace postern::report
