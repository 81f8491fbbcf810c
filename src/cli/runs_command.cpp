// runs list, runs show, runs resume, runs cancel, ledger verify

#include <algorithm>

#include "adapters/command_port.hpp"
#include "adapters/drs_jobs.hpp"
#include "adapters/drs_servers.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/break_glass.hpp"
#include "cli/dr_lease.hpp"
#include "cli/dr_run.hpp"
#include "cli/durable_run.hpp"
#include "cli/failure.hpp"
#include "cli/hub_flag.hpp"
#include "cli/prompt.hpp"
#include "cli/run_anchor.hpp"
#include "cli/run_choice.hpp"
#include "cli/run_outputs.hpp"
#include "cli/run_secrets.hpp"
#include "cli/run_signals.hpp"
#include "cli/wave_guard.hpp"
#include "recovery/job_port.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kStreamsPerPage = 200;

Json run_row(const ledger::StreamInfo& stream) {
  Json row =
      Json::object().set("id", stream.id.substr(kRunPrefix.size())).set("opened", format_rfc3339(stream.created));
  const Result<Json> summary = Json::parse(stream.summary);
  row.set("status", "planned");  // until it says more itself
  for (const char* key : {"status", "kind", "operator", "selector", "comment", "targets", "open", "succeeded", "failed",
                          "skipped", "unknown", "break_glass"}) {
    if (summary && summary->contains(key)) row.set(key, (*summary)[key]);
  }
  if (stream.pruned) row.set("status", "pruned");
  return row;
}

/// What people want to know of a run besides its results: on whose word it went, and over what.
void tell_started(const Command& command, const flow::RunModel& model) {
  if (model.break_glass().empty()) return;
  flow::BreakGlass glass = model.header().break_glass;
  if (glass.reason.empty()) glass.reason = model.break_glass();
  tell_break_glass(command, glass);
}

struct Services {
  explicit Services(adapters::AwsSession& s) : session(&s), jobs(s), servers(s) {}
  adapters::AwsSession* session;
  adapters::DrsJobs jobs;
  adapters::DrsServers servers;
};

/// Whether the answer is wanted in a shape that commands have.
bool wants_command_shapes(const Invocation& invocation) {
  for (const char* option : {"--outdir", "--junit", "--html", "--events", "--shape", "--by-target", "--diff"}) {
    if (invocation.has(option)) return true;
  }
  return false;
}

/// The answer of a run as its kind has it.
rt::Task<Result<int>> tell_run(const Command& command, RunOutputs& outputs, OpenLedger& ledger, const RunCame& came) {
  const int code = exit_code_of(came, 0);
  if (came.kind == flow::RunKind::command || wants_command_shapes(command.invocation())) {
    const fleet::Discovery nothing;
    co_return co_await deliver_run(command, outputs, ledger, came, nothing, code);
  }
  RecoveryTold told;
  told.run = &came;
  told.exit_code = code;
  co_return co_await deliver_recovery(command, ledger, std::move(told));
}

rt::Task<Result<int>> show(const Command& command, OpenLedger& ledger) {
  CO_TRY(RunOutputs outputs, RunOutputs::chosen(command));
  CO_TRY(const std::string id, co_await chosen_run(command, *ledger.store));
  CO_TRY_VOID(outputs.check_places(id));
  CO_TRY(const std::unique_ptr<flow::RunModel> model,
         co_await flow::read_run(command.ctx(), *ledger.store, ledger.world, id));
  const RunCame came = as_it_is(*model, ledger.world, "the run is not over");
  if (!came.result.parent.empty())
    command.err("it takes up targets of run " + printable(came.result.parent, 60) + "\n");
  Result<int> code = co_await tell_run(command, outputs, ledger, came);
  tell_started(command, *model);
  co_return code;
}

/// What a run's batches go through.
std::unique_ptr<flow::CommandPort> port_of(Services& services, const flow::RunModel& model,
                                           flow::SecretValues secrets) {
  const flow::RunHeader& header = model.header();
  if (header.kind != flow::RunKind::command) {
    return std::make_unique<recovery::JobPort>(services.jobs, services.servers, header.kind, model.plan());
  }
  auto port = std::make_unique<adapters::SsmCommands>(*services.session, header.spec);
  port->use_secrets(std::move(secrets));
  return port;
}

rt::Task<Result<int>> take_up(const Command& command, AwsWork& work, ResumeOrder order) {
  CO_TRY(RunOutputs outputs, RunOutputs::chosen(command));
  const std::string world = world_label(command, work.session.get());
  CO_TRY(OpenLedger ledger, open_ledger(command, world, LedgerUse::write));
  CO_TRY(order.run_id, co_await chosen_run(command, *ledger.store));
  CO_TRY_VOID(outputs.check_places(order.run_id));
  order.outputs = &outputs;
  CO_TRY(const std::unique_ptr<flow::RunModel> model,
         co_await flow::read_run(command.ctx(), *ledger.store, world, order.run_id));
  const StillToSend still = order.cancel || !flow::may_send_more(*model) ? StillToSend::no : StillToSend::yes;
  CO_TRY(flow::SecretValues secrets, values_again(command, model->header().spec, still));
  Services services(*work.session);
  const std::unique_ptr<flow::CommandPort> port = port_of(services, *model, std::move(secrets));
  const bool over_rails = !order.break_glass.empty() || !model->header().break_glass.reason.empty();
  std::vector<fleet::FreezeWindow> windows;
  if (work.fleet) windows = windows_for(work.fleet->freeze, model->plan().scopes);
  std::optional<adapters::HubHold> flag;
  if (Result<aws::CallScope> hub = hub_scope(work)) flag.emplace(work.session->invoker(), std::move(*hub));
  WaveGuard guard(std::move(windows), flag ? &*flag : nullptr);
  if (!over_rails) order.hold = &guard;
  flow::BreakGlass glass;
  glass.reason = order.break_glass;
  order.opened = break_glass_broadcast(command, work, glass);
  CO_TRY(const RunCame came, co_await resume_run(command, ledger, *port, work.scopes, std::move(order)));
  const bool launches = came.kind == flow::RunKind::drill || came.kind == flow::RunKind::recovery;
  if (launches && is_over(came)) {
    (void)co_await give_back_leases(command, work, ledger, launched_servers(model->plan()));
  }
  const fleet::Discovery nothing;
  const bool cleanup = came.kind == flow::RunKind::cleanup && !wants_command_shapes(command.invocation());
  Result<int> delivered = 0;
  if (cleanup) {
    delivered = co_await finish_dr_run(command, work, ledger, came, model->plan(), nothing);
  } else {
    delivered = co_await tell_run(command, outputs, ledger, came);
  }
  co_await tell_of_run(command, work, ledger, came);
  co_return delivered;
}

/// What a run asks of its roles.
struct RunsRoles {
  RunsRoles() = default;
  fleet::Duty duty = fleet::Duty::operate;
  std::string run_id;  ///< ends their sessions' names; empty: not known yet
};

/// Read before there is a session.
rt::Task<Result<RunsRoles>> roles_for(const Command& command) {
  const std::string world = world_without_session(command);
  RunsRoles roles;
  Result<OpenLedger> ledger = open_ledger(command, world, LedgerUse::look);
  if (!ledger) co_return roles;  // whoever opens it for writing says what is wrong
  CO_TRY(const std::string id, co_await chosen_run(command, *ledger->store));
  CO_TRY(const std::unique_ptr<flow::RunModel> model,
         co_await flow::read_run(command.ctx(), *ledger->store, world, id));
  roles.duty = duty_of(model->header().kind);
  roles.run_id = id;
  co_return roles;
}

rt::Task<Result<int>> with_aws(const Command& command, ResumeOrder order) {
  CO_TRY(const RunsRoles roles, co_await roles_for(command));
  CO_TRY(AwsWork work, co_await open_aws(command, roles.duty, roles.run_id));
  if (work.read_only) {
    co_await work.session->close();
    co_return fail(Error(ErrorKind::refused, "a run is not taken up in read-only mode").with("rail", "read-only"));
  }
  CO_TRY_VOID(co_await require_hub(command, work));
  Result<int> code = co_await take_up(command, work, std::move(order));
  co_await work.session->close();
  co_return code;
}

struct Verified {
  Verified() = default;
  std::size_t streams = 0;
  std::uint64_t records = 0;
  std::vector<std::string> wrong;
};

/// Every record of a stream against its hashes, and the last against the stream's head.
rt::Task<Result<void>> verify_stream(const Command& command, OpenLedger& ledger, ledger::StreamInfo info,
                                     Verified* into) {
  ++into->streams;
  if (info.pruned) co_return Result<void>();
  ledger::Digest head = ledger::chain_start(ledger.world, info.id);
  std::uint64_t version = 0;
  while (version < info.version) {
    CO_TRY(const std::vector<ledger::Record> page,
           co_await ledger.store->read(command.ctx(), info.id, version + 1, ledger::kPageMax));
    if (page.empty()) break;
    Result<ledger::Digest> next = ledger::verify_chain(head, version + 1, page);
    if (!next) {
      into->wrong.push_back(info.id + ": " + next.error().message());
      co_return Result<void>();
    }
    head = *next;
    version += page.size();
    into->records += page.size();
  }
  // More records than when it was listed: a run that goes on.
  if (version < info.version) into->wrong.push_back(info.id + ": records are missing at its end");
  if (version == info.version && head != info.head) into->wrong.push_back(info.id + ": its head is another");
  co_return Result<void>();
}

/// Every run that the chain of heads knows is there, with the head that was noted.
rt::Task<Result<void>> verify_heads(const Command& command, OpenLedger& ledger, Verified* into) {
  const std::string heads(flow::kHeadsStream);
  std::uint64_t next = 1;
  for (;;) {
    Result<std::vector<ledger::Record>> page =
        co_await ledger.store->read(command.ctx(), heads, next, ledger::kPageMax);
    if (!page && page.error().kind() == ErrorKind::not_found) co_return Result<void>();
    if (!page) co_return fail(std::move(page).error());
    if (page->empty()) co_return Result<void>();
    for (const ledger::Record& record : *page) {
      CO_TRY(const Json body, Json::parse(record.body));
      // Of a run, or of a stream that is none.
      const std::string run(body["run"].to_string().value_or(""));
      const std::string stream =
          run.empty() ? std::string(body["stream"].to_string().value_or("")) : flow::run_stream(run);
      const std::string what = run.empty() ? printable(stream, 60) : "run " + printable(run, 60);
      const std::uint64_t version = static_cast<std::uint64_t>(body["version"].to_int().value_or(0));
      CO_TRY(const std::optional<ledger::StreamInfo> info, co_await ledger.store->find(command.ctx(), stream));
      if (!info || info->version < version) {
        into->wrong.push_back(what + ": the chain of heads knows more of it than there is");
        continue;
      }
      if (info->pruned || version == 0) continue;
      CO_TRY(const std::vector<ledger::Record> at, co_await ledger.store->read(command.ctx(), info->id, version, 1));
      const bool same = !at.empty() && ledger::to_hex(at.front().hash) == body["head"].to_string().value_or("");
      if (!same)
        into->wrong.push_back(what + ": its record " + std::to_string(version) +
                              " is not the one that the chain of heads knows");
    }
    next += page->size();
  }
}

Json anchors_json(const AnchorsSeen& anchors, bool kept) {
  return Json::object().set("count", anchors.count).set("newest", anchors.newest).set("read", kept);
}

std::string anchored_text(const AnchorsSeen& anchors, bool kept) {
  if (anchors.count == 0) return "self-consistent only (no anchor outside of the file)\n";
  return "consistent, anchored at " + printable(anchors.newest, 400) +
         (kept ? "\n"
               : ", as the ledger notes it; --anchors reads " + std::string(anchors.count > 1 ? "all " : "") +
                     plural(anchors.count, "anchor") + " there\n");
}

rt::Task<Result<int>> verify(const Command& command, OpenLedger& ledger) {
  Verified verified;
  std::string before;
  for (;;) {
    CO_TRY(const std::vector<ledger::StreamInfo> page,
           co_await ledger.store->list(command.ctx(), std::string(), before, kStreamsPerPage));
    if (page.empty()) break;
    for (const ledger::StreamInfo& info : page) CO_TRY_VOID(co_await verify_stream(command, ledger, info, &verified));
    before = page.back().id;
  }
  CO_TRY_VOID(co_await verify_heads(command, ledger, &verified));
  const bool kept = command.invocation().has("--anchors");
  AnchorsSeen anchors;
  if (kept) {
    CO_TRY(anchors, co_await check_kept_anchors(command, ledger));
  } else {
    CO_TRY(anchors, co_await check_noted_anchors(command, ledger));
  }
  verified.wrong.insert(verified.wrong.end(), anchors.wrong.begin(), anchors.wrong.end());
  const bool anchored = anchors.count > 0 && anchors.wrong.empty();
  Answer answer;
  answer.world = command.host().world;
  answer.document =
      Json::object().set("schema", "postern.ledger/1").set("ledger", ledger.path).set("world", ledger.world);
  Json wrong = Json::array();
  for (const std::string& one : verified.wrong) wrong.push_back(one);
  answer.document.set("streams", verified.streams).set("records", verified.records);
  answer.document.set("consistent", verified.wrong.empty())
      .set("anchored", anchored)
      .set("anchors", anchors_json(anchors, kept))
      .set("problems", std::move(wrong));
  if (command.output().format == Format::table && !command.output().query) {
    std::string out = world_banner(command.host().world, command.output().color);
    for (const std::string& one : verified.wrong) out += "WRONG  " + printable(one, 400) + "\n";
    out +=
        plural(verified.records, "record") + " in " + plural(verified.streams, "stream") + " of " + ledger.path + ": ";
    out += verified.wrong.empty() ? anchored_text(anchors, kept) : std::string("NOT consistent\n");
    command.out(out);
  } else {
    CO_TRY_VOID(command.answer(answer));
  }
  co_return verified.wrong.empty() ? kExitOk : kExitGate;
}

}  // namespace

rt::Task<Result<int>> run_runs_list(const Command& command) {
  int limit = 20;
  if (const auto text = command.invocation().value("--limit")) {
    CO_TRY(limit, parse_count(*text, "--limit", 1, static_cast<int>(ledger::kPageMax)));
  }
  const std::string world = world_without_session(command);
  Json rows = Json::array();
  bool glass = false;
  bool kinds = false;
  Result<OpenLedger> ledger = open_ledger(command, world, LedgerUse::look);
  if (!ledger && ledger.error().kind() != ErrorKind::not_found) co_return fail(std::move(ledger).error());
  if (ledger) {
    Result<std::vector<ledger::StreamInfo>> runs = co_await ledger->store->list(
        command.ctx(), std::string(kRunPrefix), std::string(), static_cast<std::size_t>(limit));
    if (!runs) co_return fail(std::move(runs).error());
    for (const ledger::StreamInfo& run : *runs) {
      rows.push_back(run_row(run));
      glass = glass || rows.items().back().contains("break_glass");
      kinds = kinds || rows.items().back().contains("kind");
    }
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object().set("schema", "postern.runs/1").set("world", world).set("runs", std::move(rows));
  answer.rows_key = "runs";
  answer.markdown_title = "Runs";
  answer.columns.push_back(id_column("RUN", 0, "id"));
  answer.columns.push_back(member_column("OPENED", 2, "opened"));
  answer.columns.push_back(member_column("STATUS", 0, "status"));
  if (kinds) answer.columns.push_back(member_column("KIND", 1, "kind"));
  answer.columns.push_back(member_column("TARGETS", 1, "targets"));
  answer.columns.push_back(member_column("OPEN", 1, "open"));
  answer.columns.push_back(member_column("FAILED", 1, "failed"));
  answer.columns.push_back(member_column("UNKNOWN", 1, "unknown"));
  if (glass) answer.columns.push_back(member_column("BREAK GLASS", 0, "break_glass"));
  answer.columns.push_back(member_column("BY", 3, "operator"));
  answer.columns.push_back(member_column("COMMENT", 4, "comment"));
  CO_TRY_VOID(command.answer(answer));
  co_return kExitOk;
}

rt::Task<Result<int>> run_runs_show(const Command& command) {
  CO_TRY(OpenLedger ledger, open_ledger(command, world_without_session(command), LedgerUse::look));
  co_return co_await show(command, ledger);
}

rt::Task<Result<int>> run_runs_resume(const Command& command) {
  const Invocation& invocation = command.invocation();
  ResumeOrder order;
  order.release = invocation.has("--release");
  order.why = invocation.value("--reason").value_or("");
  order.command_id = invocation.value("--command-id").value_or("");
  CO_TRY(order.break_glass, chosen_break_glass(invocation));
  if (const auto what = invocation.value("--decide")) {
    order.decide = flow::record::Decision::skip;
    if (*what == "adopt") order.decide = flow::record::Decision::adopt;
    if (*what == "reissue") order.decide = flow::record::Decision::reissue;
  }
  co_return co_await with_aws(command, std::move(order));
}

rt::Task<Result<int>> run_runs_cancel(const Command& command) {
  ResumeOrder order;
  order.cancel = true;
  order.why = command.invocation().value("--reason").value_or("");
  co_return co_await with_aws(command, std::move(order));
}

rt::Task<Result<int>> run_ledger_verify(const Command& command) {
  CO_TRY(OpenLedger ledger, open_ledger(command, world_without_session(command), LedgerUse::look));
  co_return co_await verify(command, ledger);
}

}  // namespace postern::cli
