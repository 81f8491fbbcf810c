#include "report/deployment_markdown.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "report/html_text.hpp"

namespace postern::report {
namespace deployment_md {

constexpr std::size_t kWidth = 78;
constexpr std::size_t kTableWidth = 80;
constexpr std::string_view kPlain = " .,:;()+=/-'%";

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// Whether Markdown takes the text for nothing but text, wherever it stands in a line.
bool is_plain(std::string_view text) {
  if (text.empty() || !is_word(text.front())) return false;
  bool colon = false;  // two of them in one word may be an emoji's name
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == ':' && std::exchange(colon, true)) return false;
    if (c == ' ') colon = false;
    const bool inside = at > 0 && at + 1 < text.size();
    const bool joined = c == '_' && inside && is_word(text[at - 1]) && is_word(text[at + 1]);
    if (!is_word(c) && !joined && kPlain.find(c) == std::string_view::npos) return false;
  }
  return text.find("://") == std::string_view::npos && to_lower(text).find("www.") == std::string::npos;
}

/// Columns of a line of text, near enough: what is not ASCII counts as one.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

/// Where the word that begins at `begin` ends: at a blank that is not within code.
std::size_t end_of_word(std::string_view text, std::size_t begin) {
  std::size_t fence = 0;  // backticks that opened the code; 0: outside
  for (std::size_t at = begin; at < text.size();) {
    if (text[at] == ' ' && fence == 0) return at;
    if (text[at] != '`') {
      ++at;
      continue;
    }
    const std::size_t after = std::min(text.find_first_not_of('`', at), text.size());
    if (fence == 0) {
      fence = after - at;
    } else if (fence == after - at) {
      fence = 0;
    }
    at = after;
  }
  return text.size();
}

/// Whether a line may begin with the word: neither a list's mark nor an underline.
bool may_begin(std::string_view word) {
  if (word.front() == '`' || word.front() == '*') return true;
  if (!is_word(word.front())) return false;
  const std::size_t digits = word.find_first_not_of("0123456789");
  return digits == 0 || digits == std::string_view::npos || (word[digits] != '.' && word[digits] != ')');
}

/// Words in lines of at most kWidth columns, further lines indented. Code is never broken.
void append_wrapped(std::string& out, std::string_view lead, std::string_view indent, std::string_view text) {
  std::string line(lead);
  bool empty = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = end_of_word(text, begin);
    const std::string_view word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    if (!empty && columns_of(line) + 1 + columns_of(word) > kWidth && may_begin(word)) {
      out += line + "\n";
      line = indent;
      empty = true;
    }
    line += (empty ? "" : " ") + std::string(word);
    empty = false;
  }
  out += line + "\n";
}

class Table {
 public:
  explicit Table(std::vector<std::string> header) : numbers_(header.size(), false) {
    rows_.push_back(std::move(header));
  }
  void right(std::size_t column) { numbers_.at(column) = true; }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// How wide it is in a terminal.
  std::size_t width() const {
    std::size_t all = 1;
    for (const std::size_t one : widths()) all += one + 3;
    return all;
  }
  void write(std::string& out) const {
    const std::vector<std::size_t> widths = this->widths();
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      for (std::size_t i = 0; i < widths.size(); ++i) {
        const std::string& text = rows_[r][i];
        const std::string pad(widths[i] - columns_of(text), ' ');
        out += (i == 0 ? "| " : " | ") + (numbers_[i] ? pad + text : text + pad);
      }
      out += " |\n";
      if (r == 0) write_rule(out, widths);
    }
    out += "\n";
  }

 private:
  std::vector<std::size_t> widths() const {
    std::vector<std::size_t> widths(numbers_.size(), 3);
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
    }
    return widths;
  }
  void write_rule(std::string& out, const std::vector<std::size_t>& widths) const {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += (i == 0 ? "| " : " | ") + std::string(widths[i] - (numbers_[i] ? 1 : 0), '-') + (numbers_[i] ? ":" : "");
    }
    out += " |\n";
  }
  std::vector<std::vector<std::string>> rows_;
  std::vector<bool> numbers_;
};

/// What stands in a cell: a bar ends it even within code.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

class Writer {
 public:
  Writer(const Deployment& deployment, const DeploymentLimits& limits)
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
    return std::move(out_);
  }

 private:
  void heading(std::string_view words) { out_ += "## " + std::string(words) + "\n\n"; }
  void paragraph(const std::string& text) {
    append_wrapped(out_, "", "", text);
    out_ += "\n";
  }
  void bullet(const std::string& text) { append_wrapped(out_, "- ", "  ", text); }
  std::string cut(const std::string& text, std::size_t max) const { return markdown_text(printable(text, max)); }
  /// What goes on is part of the list's item when it is indented.
  void commands(const std::vector<std::string>& lines, std::string_view indent) {
    out_ += "\n" + std::string(indent) + "```sh\n";
    for (const std::string& line : lines) out_ += std::string(indent) + printable(line, 8192) + "\n";
    out_ += std::string(indent) + "```\n";
  }
  void unshown(std::size_t count, std::string_view noun) {
    if (count == 0) return;
    paragraph(std::to_string(count) + " more " + std::string(noun) +
              " are not shown here; they are in the totals, and in the JSON form of this report.");
  }

  void top() {
    const std::string verdict(verdict_of(report_));
    out_ += "# " + title_of(report_) + "\n\n";
    if (report_.simulated()) {
      append_wrapped(out_, "> ", "> ",
                     "**SIMULATED**: this deployment took place in the simulated world " +
                         markdown_code(report_.world) + ". Nothing real was touched.");
      out_ += "\n";
    }
    append_wrapped(out_, "", "", "**" + to_upper(verdict) + "**: " + reconciliation_of(report_));
    out_ += "\n";
    for (const DeploymentFact& one : report_.facts) {
      if (!one.value.empty()) bullet(one.label + ": " + cut(one.value, limits_.names));
    }
    bullet("Report made: " + second_words(report_.made_at) + " by " + cut(report_.made_by, limits_.reason));
    bullet("DRS asked: " + (report_.seen_at ? second_words(*report_.seen_at)
                                            : std::string("not for this report: the ledger alone was read")));
    out_ += "\n";
  }

  void standing() {
    for (const std::string& one : report_.remarks) paragraph(cut(one, limits_.reason));
    if (report_.unseen.empty()) return;
    heading("Not asked");
    paragraph("What is there is unknown, and may be missing in these numbers.");
    const std::size_t shown = std::min(report_.unseen.size(), limits_.classes);
    for (std::size_t at = 0; at < shown; ++at) {
      bullet("**" + cut(report_.unseen[at].place, limits_.reason) +
             "**: " + cut(report_.unseen[at].why, limits_.reason));
    }
    out_ += "\n";
    unshown(report_.unseen.size() - shown, "places");
  }

  void actions() {
    heading("What is left to do");
    if (report_.actions.empty()) return paragraph("Nothing.");
    std::size_t number = 0;
    for (const DeploymentAction& one : report_.actions) {
      const std::string lead = std::to_string(++number) + ". ";
      const std::string indent(lead.size(), ' ');
      std::string text = cut(one.what, limits_.reason);
      if (one.servers > 0) text += " (" + plural(one.servers, "server") + ")";
      if (!one.why.empty()) text += ": " + cut(one.why, limits_.reason);
      append_wrapped(out_, lead, indent, text);
      if (!one.commands.empty()) commands(one.commands, indent);
      out_ += "\n";
    }
  }

  void places() {
    const std::vector<DeploymentPlace> all = places_of(report_);
    if (all.empty()) return;
    heading("Accounts and Regions");
    std::vector<std::string> header = {"Account", "From", "To", "Tagged"};
    for (std::size_t at = 0; at < kStageCount; ++at) {
      if (totals_.by_stage.at(at) > 0) header.emplace_back(words_of(static_cast<Stage>(at)));
    }
    Table table(header);
    for (std::size_t column = 3; column < header.size(); ++column) table.right(column);
    const std::size_t shown = std::min(all.size(), limits_.places);
    for (std::size_t i = 0; i < shown; ++i) {
      table.add(place_row(cell(account_of(all[i])), all[i].region, all[i].site, all[i].counts));
    }
    table.add(place_row("all", "", "", totals_));
    // With many classes it is a list: a table that a terminal breaks is read by nobody.
    if (table.width() <= kTableWidth) {
      table.write(out_);
    } else {
      for (std::size_t i = 0; i < shown; ++i) place_item(all[i]);
      out_ += "\n";
    }
    unshown(all.size() - shown, "accounts and Regions");
  }

  std::string account_of(const DeploymentPlace& place) const {
    const bool named = !place.account.empty() && place.account != place.account_id;
    return named ? cut(place.account, 100) + " " + place.account_id : place.account_id;
  }

  void place_item(const DeploymentPlace& place) {
    std::string text =
        "**" + account_of(place) + "**, " + place.region + (place.site.empty() ? "" : " to " + place.site);
    text += ": " + std::to_string(place.counts.sum()) + " tagged = ";
    bool first = true;
    for (std::size_t at = 0; at < kStageCount; ++at) {
      const std::size_t count = place.counts.by_stage.at(at);
      if (count == 0) continue;
      text += (first ? "" : " + ") + std::to_string(count) + " " + std::string(words_of(static_cast<Stage>(at)));
      first = false;
    }
    bullet(text);
  }

  std::vector<std::string> place_row(std::string account, std::string region, std::string site,
                                     const StageCounts& counts) const {
    std::vector<std::string> row = {std::move(account), std::move(region), std::move(site),
                                    std::to_string(counts.sum())};
    for (std::size_t at = 0; at < kStageCount; ++at) {
      if (totals_.by_stage.at(at) > 0) row.push_back(std::to_string(counts.by_stage.at(at)));
    }
    return row;
  }

  void fates() {
    const std::vector<DeploymentClass> all = classes_of(report_);
    heading("What is not protected, and why");
    if (all.empty()) return paragraph("None.");
    const std::size_t shown = std::min(all.size(), limits_.classes);
    for (std::size_t at = 0; at < shown; ++at) {
      const DeploymentClass& one = all[at];
      std::string text = "**" + std::to_string(one.servers.size()) + " " + std::string(words_of(one.stage)) + "**";
      if (!one.code.empty()) text += " " + markdown_code(one.code);
      if (one.stage == Stage::excluded && !one.reason.empty()) text += ", reason given";
      if (!one.reason.empty()) text += ": " + cut(one.reason, limits_.reason);
      bullet(text);
      if (!one.fix.empty()) append_wrapped(out_, "  - ", "    ", "fix: " + cut(one.fix, limits_.reason));
      append_wrapped(out_, "  - ", "    ", names(one));
    }
    out_ += "\n";
    unshown(all.size() - shown, "classes");
  }

  /// Folded names; between them lines may be broken.
  std::string names(const DeploymentClass& one) const {
    const std::string folded = printable(names_of(report_, one), limits_.names);
    std::string out;
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t at = 0; at <= folded.size(); ++at) {
      if (at < folded.size() && folded[at] == '[') ++depth;
      if (at < folded.size() && folded[at] == ']') --depth;
      const bool ends = at == folded.size() || (folded[at] == ',' && depth <= 0);
      if (!ends) continue;
      out += (out.empty() ? "" : ", ") + markdown_code(std::string_view(folded).substr(begin, at - begin));
      begin = at + 1;
    }
    return out;
  }

  void replication() {
    heading("Replication and recoverability");
    for (const std::string& one : replication_words(report_)) bullet(one);
    out_ += "\n";
  }

  void servers() {
    if (report_.servers.empty()) return;
    heading("Servers");
    std::vector<std::string> header = {"Server", "Instance", "Source server", "State", "Would lose"};
    Table table(header);
    table.right(4);
    const std::size_t shown = std::min(report_.servers.size(), limits_.servers);
    for (std::size_t at = 0; at < shown; ++at) {
      const DeployedServer& server = report_.servers[at];
      std::string name = server.name.empty() ? "" : cell(markdown_text(printable(server.name, 200)));
      table.add({std::move(name), server.instance_id, server.server_id, std::string(words_of(server.stage)),
                 age_words(server.seen.exposure)});
    }
    table.write(out_);
    paragraph("What would be lost now is never better than what was seen; - where nobody knows.");
    unshown(report_.servers.size() - shown, "servers");
  }

  void proof() {
    heading("How to verify this report");
    if (!report_.rollout_id.empty()) {
      paragraph("Heads of the ledger's chains (SHA-256):");
      chain("rollout/" + report_.rollout_id, report_.records, report_.head);
      for (const DeploymentRun& run : report_.runs) {
        chain("run/" + run.id, run.records, run.head);
        append_wrapped(out_, "  - ", "    ",
                       markdown_text(run.family) + ": " + plural(run.targets, "server") + ", " + run.status + ", " +
                           markdown_code(run.document));
        for (const std::string& pin : run.pins) append_wrapped(out_, "  - ", "    ", cut(pin, limits_.reason));
      }
      out_ += "\n";
    }
    std::vector<std::string> lines;
    for (const DeploymentProof& one : proofs_of(report_)) {
      lines.push_back("# " + one.words);
      lines.push_back(one.command);
    }
    out_.pop_back();
    commands(lines, "");
  }

  void chain(const std::string& stream, std::uint64_t records, const std::string& head) {
    bullet(markdown_code(stream) + ", " + plural(records, "record"));
    append_wrapped(out_, "  - ", "    ", head.empty() ? "its records are gone" : markdown_code(head));
  }

  const Deployment& report_;
  const DeploymentLimits& limits_;
  const StageCounts totals_;
  std::string out_;
};

}  // namespace deployment_md

std::string markdown_code(std::string_view untrusted) {
  const std::string text = visible_line(untrusted);
  std::size_t longest = 0;
  std::size_t ticks = 0;
  for (const char c : text) {
    ticks = c == '`' ? ticks + 1 : 0;
    longest = std::max(longest, ticks);
  }
  const std::string fence(longest + 1, '`');
  const bool padded = text.empty() || text.front() == '`' || text.back() == '`';
  return fence + (padded ? " " : "") + text + (padded ? " " : "") + fence;
}

std::string markdown_text(std::string_view untrusted) {
  return untrusted.empty() || deployment_md::is_plain(untrusted) ? std::string(untrusted) : markdown_code(untrusted);
}

std::string deployment_markdown(const Deployment& deployment, const DeploymentLimits& limits) {
  return deployment_md::Writer(deployment, limits).make();
}

}  // namespace postern::report
