#include "report/junit.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "base/xml.hpp"
#include "report/run_summary.hpp"

namespace postern::report {
namespace junit {

constexpr std::size_t kReasonMax = 2'000;

std::string seconds_between(WallTime from, WallTime to) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
  if (ms <= 0) return "0";
  const std::string rest = std::to_string(ms % 1000);
  return std::to_string(ms / 1000) + "." + std::string(3 - rest.size(), '0') + rest;
}

std::string message_of(const flow::TargetResult& target) {
  std::string text = target.reason.empty() ? std::string(to_string(target.outcome)) : target.reason;
  if (target.exit_code && target.outcome == flow::Outcome::failed) {
    text += " (exit code " + std::to_string(*target.exit_code) + ")";
  }
  return printable(text, kReasonMax);
}

/// The beginning and the end of a text, cut between characters, with what is missing.
std::string within(std::string_view text, std::size_t max) {
  if (text.size() <= max) return std::string(text);
  std::size_t head = max / 2;
  std::size_t tail = text.size() - (max - head);
  const auto inside = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80;
  };
  for (int i = 0; i < 3 && inside(head); ++i) --head;
  for (int i = 0; i < 3 && inside(tail); ++i) ++tail;
  return std::string(text.substr(0, head)) + "\n[postern: " + std::to_string(tail - head) + " bytes left out]\n" +
         std::string(text.substr(tail));
}

class Writer final : public Pieces {
 public:
  Writer(const flow::RunResult& run, const RunFacts& facts, const JUnitOptions& options)
      : run_(run),
        facts_(facts),
        options_(options),
        xml_(out_),
        room_(options.all_outputs_max),
        accounts_(summarize_accounts(run, facts)) {
    reserve_for_what_went_wrong();
    for (const flow::TargetResult& target : run_.targets) {
      by_account_[target.target.scope().account.text()].push_back(&target);
    }
    for (const AccountSummary& account : accounts_) {
      steps_.emplace_back(&account, nullptr);
      for (const flow::TargetResult* target : by_account_[account.account_id]) steps_.emplace_back(&account, target);
    }
  }

  // The first piece, one for each suite's beginning and each of its cases, and the last.
  std::size_t count() const override { return steps_.size() + 2; }
  const flow::TargetResult* needs(std::size_t piece) const override {
    return piece == 0 || piece > steps_.size() ? nullptr : steps_[piece - 1].second;
  }
  std::string make(std::size_t piece) override {
    if (piece == 0) {
      begin();
    } else if (piece > steps_.size()) {
      if (!steps_.empty()) end_suite();
      line();
      xml_.close();
      out_ += "\n";
    } else {
      const auto& [account, target] = steps_[piece - 1];
      if (target != nullptr) {
        testcase(id_of(*account), *target);
      } else {
        if (piece > 1) end_suite();
        begin_suite(*account, by_account_[account->account_id]);
      }
    }
    return std::exchange(out_, std::string());
  }

 private:
  static std::string id_of(const AccountSummary& account) {
    return account.account_id.empty() ? "the caller's account" : account.account_id;
  }
  void begin() {
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    flow::Totals totals;
    std::size_t errors = 0;
    std::size_t problems = 0;
    for (const AccountSummary& account : accounts_) {
      errors += account.errors;
      problems += account.problems.size();
      add(totals, account.totals);
    }
    xml_.open("testsuites");
    xml_.attribute("name", "postern run " + run_.run_id);
    counts(totals, failures_in(run_.targets), errors, problems);
    xml_.attribute("time", seconds_between(facts_.started, facts_.ended));
  }

  /// White space between elements, for people who read the file; the writer itself makes none.
  void line() {
    const std::size_t before = out_.size();
    xml_.text("\n");
    with_line_feeds(before);
  }
  /// The writer's character references for line feeds, which a reader of text does not need, as line feeds.
  void with_line_feeds(std::size_t from) {
    constexpr std::string_view kReference = "&#xA;";
    std::string tail = out_.substr(from);
    out_.resize(from);
    for (std::size_t at = 0;;) {
      const std::size_t next = tail.find(kReference, at);
      out_.append(tail, at, next - at);
      if (next == std::string::npos) return;
      out_ += '\n';
      at = next + kReference.size();
    }
  }
  static void add(flow::Totals& to, const flow::Totals& more) {
    to.succeeded += more.succeeded;
    to.failed += more.failed;
    to.skipped += more.skipped;
    to.unknown += more.unknown;
  }
  static bool is_failure(const flow::TargetResult& target) {
    return target.outcome == flow::Outcome::failed && !is_error(target);
  }
  static std::size_t failures_in(const std::vector<flow::TargetResult>& targets) {
    return static_cast<std::size_t>(std::count_if(targets.begin(), targets.end(), is_failure));
  }
  static std::size_t bytes_of(const flow::TargetResult& target) { return target.out.size() + target.err.size(); }

  /// So that outputs of successes never take the room of those that matter.
  void reserve_for_what_went_wrong() {
    for (const flow::TargetResult& target : run_.targets) {
      if (target.outcome != flow::Outcome::succeeded) reserved_ += std::min(bytes_of(target), 2 * options_.output_max);
    }
    reserved_ = std::min(reserved_, room_);
    room_ -= reserved_;
  }

  void counts(const flow::Totals& totals, std::size_t failures, std::size_t errors, std::size_t problems) {
    const std::size_t all = totals.all() + problems;
    const std::size_t skipped = all - problems - totals.succeeded - failures - errors;
    xml_.attribute("tests", std::to_string(all));
    xml_.attribute("failures", std::to_string(failures));
    xml_.attribute("errors", std::to_string(errors + problems));
    xml_.attribute("skipped", std::to_string(skipped));
  }

  void property(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    xml_.open("property");
    xml_.attribute("name", name);
    xml_.attribute("value", value);
    xml_.close();
  }

  void begin_suite(const AccountSummary& account, const std::vector<const flow::TargetResult*>& targets) {
    const std::string id = id_of(account);
    const bool named = !account.name.empty() && account.name != account.account_id;
    line();
    xml_.open("testsuite");
    xml_.attribute("name", named ? account.name + " (" + id + ")" : id);
    const auto failures = std::count_if(targets.begin(), targets.end(), [](const auto* t) { return is_failure(*t); });
    counts(account.totals, static_cast<std::size_t>(failures), account.errors, account.problems.size());
    xml_.attribute("time", seconds_between(facts_.started, facts_.ended));
    // xs:dateTime without zone, as the schema of Jenkins has it.
    std::string started = format_rfc3339(std::chrono::floor<std::chrono::seconds>(facts_.started));
    if (started.ends_with('Z')) started.pop_back();
    xml_.attribute("timestamp", started);
    line();
    xml_.open("properties");
    property("postern.run_id", run_.run_id);
    property("postern.world", facts_.world);
    if (facts_.simulated()) property("postern.simulated", "SIMULATED");
    property("postern.title", facts_.title);
    property("postern.document", facts_.document);
    property("postern.selector", facts_.selector);
    property("postern.operator", facts_.operator_name);
    property("postern.reason", facts_.reason);
    property("postern.ticket", facts_.ticket);
    for (const std::string& command : account.command_ids) property("postern.command_id", command);
    xml_.close();
    for (const std::string& problem : account.problems) unasked(id, problem);
  }
  void end_suite() {
    line();
    xml_.close();
  }

  void unasked(const std::string& account, const std::string& problem) {
    line();
    xml_.open("testcase");
    xml_.attribute("classname", account);
    xml_.attribute("name", "targets of " + problem.substr(0, problem.find(':')));
    xml_.open("error");
    xml_.attribute("type", "not asked");
    xml_.attribute("message", printable(problem, kReasonMax));
    xml_.close();
    xml_.close();
  }

  void testcase(const std::string& account, const flow::TargetResult& target) {
    const std::string& id = target.target.id().text();
    const std::string& name = facts_.name_of(target);
    line();
    xml_.open("testcase");
    xml_.attribute("classname", account + "." + target.target.scope().region.text());
    xml_.attribute("name", name == id ? id : name + " (" + id + ")");
    if (target.outcome != flow::Outcome::succeeded) {
      const bool error = is_error(target);
      const bool skipped = target.outcome == flow::Outcome::skipped;
      const char* kind = skipped ? "skipped" : "failure";
      if (error) kind = "error";
      xml_.open(kind);
      if (error || !skipped) {
        std::string_view type = to_string(target.outcome);
        if (target.unreachable) type = "unreachable";
        xml_.attribute("type", target.refusal ? "refused" : type);
      }
      xml_.attribute("message", message_of(target));
      xml_.close();
    }
    std::size_t& room = target.outcome == flow::Outcome::succeeded ? room_ : reserved_;
    output("system-out", target.out, target.truncated, room);
    output("system-err", target.err, false, room);
    xml_.close();
  }

  void output(std::string_view element, std::string_view bytes, bool truncated, std::size_t& room) {
    if (bytes.empty() && !truncated) return;
    std::string text = within(bytes, options_.output_max);
    if (text.size() > room) {
      text = "[postern: " + plural(bytes.size(), "byte") + " left out, for this file is full]";
    } else {
      room -= text.size();
    }
    if (truncated) text += "\n[postern: Systems Manager has kept no more of this output]";
    const std::size_t before = out_.size();
    xml_.element(element, text);
    with_line_feeds(before);
  }

  const flow::RunResult& run_;
  const RunFacts& facts_;
  const JUnitOptions& options_;
  std::string out_;
  XmlWriter xml_;
  std::size_t room_;
  std::size_t reserved_ = 0;
  std::vector<AccountSummary> accounts_;
  std::map<std::string_view, std::vector<const flow::TargetResult*>> by_account_;
  std::vector<std::pair<const AccountSummary*, const flow::TargetResult*>> steps_;
};

}  // namespace junit

std::unique_ptr<Pieces> junit_pieces(const flow::RunResult& run, const RunFacts& facts, const JUnitOptions& options) {
  return std::make_unique<junit::Writer>(run, facts, options);
}

std::string junit_xml(const flow::RunResult& run, const RunFacts& facts, const JUnitOptions& options) {
  junit::Writer writer(run, facts, options);
  return join_pieces(writer);
}

}  // namespace postern::report
