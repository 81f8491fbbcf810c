#include "flow/notice.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "flow/driver.hpp"
#include "flow/record_json.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kTextMax = 2000;   // of a reason, a ticket, a selector
constexpr std::size_t kSubjectMax = 99;  // SNS: fewer than 100 characters

bool is_simulated(const Notice& notice) {
  return notice.world.starts_with("sim:");
}

std::string number_of(std::size_t count, std::string_view word) {
  return std::to_string(count) + " " + std::string(word);
}

/// "16 succeeded, 1 failed": what there is none of is left out.
std::string counts_text(const Notice& notice) {
  const Totals& totals = notice.totals;
  std::string out;
  const auto add = [&out](std::size_t count, std::string_view word) {
    if (count != 0) out += (out.empty() ? "" : ", ") + number_of(count, word);
  };
  add(totals.succeeded, "succeeded");
  add(totals.failed, "failed");
  add(totals.skipped, "skipped");
  add(totals.unknown, "unknown");
  add(notice.open, "not ended");
  return out.empty() ? "no targets" : out;
}

std::string what_happened(const Notice& notice) {
  const std::string run = notice.run_id.empty() ? "a run" : "run " + notice.run_id;
  switch (notice.event) {
    case NoticeEvent::ended:
      return run + " has ended: " + notice.status;
    case NoticeEvent::held:
      return run + " is held";
    case NoticeEvent::in_doubt:
      return run + " is in doubt";
    case NoticeEvent::break_glass:
      return run + " goes ahead with --break-glass";
  }
  return run;
}

std::string_view verb_of(const Notice& notice) {
  switch (notice.event) {
    case NoticeEvent::ended:
      return notice.status;
    case NoticeEvent::held:
      return "held";
    case NoticeEvent::in_doubt:
      return "in doubt";
    case NoticeEvent::break_glass:
      break;
  }
  return "break-glass";
}

void add_line(std::string& out, std::string_view label, const std::string& value) {
  if (value.empty()) return;
  out += "  " + std::string(label) + std::string(label.size() < 10 ? 10 - label.size() : 1, ' ') +
         printable(value, kTextMax) + "\n";
}

void describe(Notice& notice, const RunHeader& header, const Plan& plan) {
  notice.run_id = header.run_id;
  notice.world = header.world;
  notice.selector = header.selector;
  notice.digest = header.digest;
  notice.operator_name = header.operator_name;
  notice.reason = header.reason;
  notice.ticket = header.ticket;
  notice.comment = header.spec.comment;
  notice.targets = plan.targets.size() + plan.skipped.size();
  std::set<std::string_view> accounts;
  for (const fleet::ScopePtr& scope : plan.scopes) accounts.insert(scope->account.text());
  notice.accounts = accounts.size();
}

/// What is in doubt: the first send, and how many more.
std::string doubt_of(const RunModel& model) {
  std::size_t sends = 0;
  std::string first;
  for (const BatchState& batch : model.batches()) {
    if (batch.phase != BatchPhase::held) continue;
    if (sends++ == 0) first = "the answer to the send op=" + batch.op + " was lost: " + batch.trouble;
  }
  if (sends > 1) first += " (and " + std::to_string(sends - 1) + " more)";
  return first;
}

}  // namespace

std::string_view to_string(NoticeEvent event) noexcept {
  switch (event) {
    case NoticeEvent::ended:
      return "run.ended";
    case NoticeEvent::held:
      return "run.held";
    case NoticeEvent::in_doubt:
      return "run.in_doubt";
    case NoticeEvent::break_glass:
      break;
  }
  return "run.break_glass";
}

std::string Notice::id() const {
  std::string all(to_string(event));
  for (const std::string& part : {run_id, status, world, digest, cause, why}) all += "\n" + part;
  for (const std::size_t count : {totals.succeeded, totals.failed, totals.skipped, totals.unknown, open})
    all += "\n" + std::to_string(count);
  // Glass is broken by somebody at some moment; everything else is a state.
  if (event == NoticeEvent::break_glass) all += "\n" + operator_name + "\n" + format_rfc3339(at);
  return (run_id.empty() ? "plan" : run_id) + "-" + ledger::to_hex(ledger::sha256(all)).substr(0, 16);
}

std::optional<Notice> notice_of(const RunModel& model) {
  Notice notice;
  notice.status = run_status(model);
  if (model.closed()) {
    notice.event = NoticeEvent::ended;
  } else if (notice.status == "in doubt") {
    notice.event = NoticeEvent::in_doubt;
    notice.why = doubt_of(model);
  } else if (notice.status == "held") {
    notice.event = NoticeEvent::held;
    notice.cause = std::string(record_json::name_of(model.hold()->cause));
    notice.why = model.hold()->why;
  } else {
    return std::nullopt;
  }
  describe(notice, model.header(), model.plan());
  notice.totals = model.totals();
  notice.open = model.open();
  return notice;
}

Notice break_glass_notice(const RunHeader& header, const Plan& plan, std::string why) {
  Notice notice;
  notice.event = NoticeEvent::break_glass;
  describe(notice, header, plan);
  notice.why = std::move(why);
  return notice;
}

std::string notice_subject(const Notice& notice) {
  std::string out = is_simulated(notice) ? "SIMULATED postern: " : "postern: ";
  if (!notice.run_id.empty()) out += "run " + notice.run_id + " ";
  out += verb_of(notice);
  if (notice.event != NoticeEvent::break_glass) out += ": " + counts_text(notice);
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  if (out.size() > kSubjectMax) out = out.substr(0, kSubjectMax - 3) + "...";
  return out;
}

std::string notice_text(const Notice& notice) {
  std::string out = is_simulated(notice) ? "SIMULATED: nothing of this happened in AWS.\n\n" : "";
  out += what_happened(notice) + "\n\n";
  if (notice.event != NoticeEvent::break_glass || notice.targets != 0) {
    add_line(out, "targets",
             number_of(notice.targets, notice.targets == 1 ? "target" : "targets") + " in " +
                 number_of(notice.accounts, notice.accounts == 1 ? "account" : "accounts"));
  }
  if (notice.event != NoticeEvent::break_glass) add_line(out, "outcome", counts_text(notice));
  add_line(out, "held for", notice.cause);
  add_line(out, "why", notice.why);
  add_line(out, "selector", notice.selector);
  add_line(out, "by", notice.operator_name);
  add_line(out, "reason", notice.reason);
  add_line(out, "ticket", notice.ticket);
  add_line(out, "comment", notice.comment);
  add_line(out, "world", notice.world);
  add_line(out, "plan", notice.digest);
  if (!notice.head.empty()) {
    add_line(out, "chain", notice.head + " (record " + std::to_string(notice.version) + ")");
  }
  if (!notice.go_on.empty()) out += "\n" + notice.go_on;
  return out;
}

Json notice_json(const Notice& notice) {
  const auto cut = [](const std::string& text) { return printable(text, kTextMax); };
  Json out = Json::object().set("schema", kNoticeSchema).set("id", notice.id()).set("event", to_string(notice.event));
  out.set("at", format_rfc3339(notice.at)).set("world", notice.world).set("simulated", is_simulated(notice));
  if (!notice.run_id.empty()) out.set("run_id", notice.run_id);
  if (!notice.status.empty()) out.set("status", notice.status);
  out.set("plan", notice.digest).set("selector", cut(notice.selector)).set("operator", cut(notice.operator_name));
  if (!notice.reason.empty()) out.set("reason", cut(notice.reason));
  if (!notice.ticket.empty()) out.set("ticket", cut(notice.ticket));
  if (!notice.comment.empty()) out.set("comment", cut(notice.comment));
  out.set("targets", notice.targets).set("accounts", notice.accounts);
  if (notice.event != NoticeEvent::break_glass) {
    out.set("totals", Json::object()
                          .set("succeeded", notice.totals.succeeded)
                          .set("failed", notice.totals.failed)
                          .set("skipped", notice.totals.skipped)
                          .set("unknown", notice.totals.unknown));
    out.set("open", notice.open);
  }
  if (!notice.cause.empty()) out.set("cause", notice.cause);
  if (!notice.why.empty()) out.set("why", cut(notice.why));
  if (!notice.head.empty()) out.set("chain", Json::object().set("version", notice.version).set("head", notice.head));
  if (!notice.go_on.empty()) out.set("go_on", notice.go_on);
  return out;
}

}  // namespace postern::flow
