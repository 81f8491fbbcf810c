// runs output, runs export

#include <algorithm>
#include <functional>

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/atomic_file.hpp"
#include "cli/chosen_targets.hpp"
#include "cli/durable_run.hpp"
#include "cli/failure.hpp"
#include "cli/run_choice.hpp"
#include "flow/outputs.hpp"
#include "report/junit.hpp"
#include "report/lambda_answer.hpp"
#include "report/run_html.hpp"

namespace postern::cli {
namespace runs_output {

/// A destination: a file, or stdout.
class Destination {
 public:
  static Result<Destination> open(const Command& command) {
    Destination to(command);
    if (const auto path = command.invocation().value("--out")) {
      TRY_VOID(AtomicFile::check(*command.host().files, *path));
      TRY(AtomicFile file, AtomicFile::begin(*command.host().files, *path));
      to.file_ = std::make_unique<AtomicFile>(std::move(file));
    }
    return to;
  }
  Result<void> write(std::string_view bytes) {
    if (file_) return file_->write(bytes);
    const Result<void> written = command_->host().console->write(os::StdStream::out, bytes);
    gone_ = gone_ || !written;  // a reader that has gone is no failure
    return Result<void>();
  }
  bool gone() const noexcept { return gone_; }
  Result<void> close() { return file_ ? file_->commit() : Result<void>(); }

 private:
  explicit Destination(const Command& command) : command_(&command) {}
  const Command* command_;
  std::unique_ptr<AtomicFile> file_;
  bool gone_ = false;
};

rt::Task<Result<void>> pour(rt::CallContext ctx, ledger::Store& store, report::Pieces& pieces, Destination* to) {
  for (std::size_t piece = 0; piece < pieces.count() && !to->gone(); ++piece) {
    const flow::TargetResult* needs = pieces.needs(piece);
    const flow::LoadedOutput loaded(needs);
    if (needs != nullptr) CO_TRY_VOID(co_await flow::load_output_of(ctx, store, *needs));
    CO_TRY_VOID(to->write(pieces.make(piece)));
  }
  co_return Result<void>();
}

/// Every record as it is in the ledger, so that others can compute the chain; then the blobs that they refer to.
class RecordExport {
 public:
  RecordExport(OpenLedger& ledger, std::string run_id, Destination* to)
      : ledger_(ledger), run_id_(std::move(run_id)), to_(to) {}

  rt::Task<Result<void>> run(rt::CallContext ctx) {
    const std::string stream = flow::run_stream(run_id_);
    CO_TRY(const std::optional<ledger::StreamInfo> info, co_await ledger_.store->find(ctx, stream));
    if (!info) co_return fail(ErrorKind::not_found, "there is no run " + printable(run_id_, 60) + " in this ledger");
    Json head = Json::object().set("schema", "postern.run.records/1").set("world", ledger_.world);
    head.set("stream", stream).set("version", info->version).set("head", ledger::to_hex(info->head));
    CO_TRY_VOID(to_->write(head.dump() + "\n"));
    std::uint64_t next = 1;
    while (next <= info->version && !to_->gone()) {
      CO_TRY(const std::vector<ledger::Record> page, co_await ledger_.store->read(ctx, stream, next, ledger::kPageMax));
      if (page.empty()) break;
      for (const ledger::Record& record : page) {
        if (record.seq > info->version) break;  // of a run that goes on
        CO_TRY_VOID(to_->write(line_of(record)));
        note_blobs(record);
      }
      next += page.size();
    }
    co_return co_await blobs(ctx);
  }

 private:
  static std::string line_of(const ledger::Record& record) {
    const auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(record.at.time_since_epoch()).count();
    Json line = Json::object().set("seq", record.seq).set("at", at).set("time", format_rfc3339(record.at));
    line.set("type", record.type).set("body", record.body).set("hash", ledger::to_hex(record.hash));
    return line.dump() + "\n";
  }
  void note_blobs(const ledger::Record& record) {
    const Result<flow::RunRecord> decoded = flow::decode_run_record(record);
    const auto* ended = decoded ? std::get_if<flow::record::Ended>(&*decoded) : nullptr;
    if (ended == nullptr) return;
    for (const flow::record::TargetEnd& end : ended->targets) {
      for (const std::optional<ledger::Digest>& digest : {end.out, end.err}) {
        if (digest) blobs_.push_back(*digest);
      }
    }
  }
  rt::Task<Result<void>> blobs(rt::CallContext ctx) {
    std::sort(blobs_.begin(), blobs_.end());
    blobs_.erase(std::unique(blobs_.begin(), blobs_.end()), blobs_.end());
    for (const ledger::Digest& digest : blobs_) {
      if (to_->gone()) break;
      CO_TRY(const std::string bytes, co_await ledger_.store->blob(ctx, digest));
      CO_TRY_VOID(
          to_->write(Json::object().set("blob", ledger::to_hex(digest)).set("base64", to_base64(bytes)).dump() + "\n"));
    }
    co_return Result<void>();
  }

  OpenLedger& ledger_;
  std::string run_id_;
  Destination* to_;
  std::vector<ledger::Digest> blobs_;
};

/// The events as they were told while it ran, from its records.
rt::Task<Result<void>> export_events(rt::CallContext ctx, OpenLedger& ledger, const RunCame& run, Destination* to) {
  const std::string stream = flow::run_stream(run.result.run_id);
  Result<void> written;
  RunEvents events(run.result.run_id, run.facts, [to, &written](std::string_view lines) {
    if (written) written = to->write(lines);
    return written && !to->gone();
  });
  flow::RunModel model;
  std::uint64_t next = 1;
  for (;;) {
    CO_TRY(const std::vector<ledger::Record> page, co_await ledger.store->read(ctx, stream, next, ledger::kPageMax));
    if (page.empty()) break;
    for (const ledger::Record& record : page) {
      CO_TRY(const flow::RunRecord decoded, flow::decode_run_record(record));
      CO_TRY_VOID(model.apply(decoded, record.at));
      if (std::holds_alternative<flow::record::Started>(decoded)) {
        CO_TRY_VOID(co_await events.begin(ctx, *ledger.store, model, record.at));
        continue;
      }
      if (!events.begun()) continue;
      std::vector<ledger::Blob> blobs;
      if (const auto* ended = std::get_if<flow::record::Ended>(&decoded)) {
        for (const flow::record::TargetEnd& end : ended->targets) {
          for (const std::optional<ledger::Digest>& digest : {end.out, end.err}) {
            if (!digest) continue;
            ledger::Blob blob;
            blob.digest = *digest;
            CO_TRY(blob.bytes, co_await ledger.store->blob(ctx, *digest));
            blobs.push_back(std::move(blob));
          }
        }
      }
      events.recorded(model, decoded, blobs, record.at);
    }
    next += page.size();
  }
  if (!events.begun()) CO_TRY_VOID(co_await events.begin(ctx, *ledger.store, model, model.last_at()));
  CO_TRY_VOID(co_await events.end(ctx, *ledger.store, run.result, run.facts.status_of(run.result), std::nullopt,
                                  model.last_at()));
  co_return written;
}

rt::Task<Result<void>> export_as(rt::CallContext ctx, std::string format, OpenLedger& ledger, const RunCame& run,
                                 Destination* to) {
  ledger::Store& store = *ledger.store;
  const fleet::Discovery nothing;
  if (format == "records") {
    RecordExport records(ledger, run.result.run_id, to);
    co_return co_await records.run(ctx);
  }
  if (format == "events") co_return co_await export_events(ctx, ledger, run, to);
  if (format == "lambda") co_return to->write(report::lambda_answer(run.result, run.facts).dump_pretty() + "\n");
  const report::HtmlLimits html;
  const report::JUnitOptions junit;
  std::unique_ptr<report::Pieces> pieces;
  if (format == "html" || format == "junit") CO_TRY_VOID(co_await flow::measure_outputs(ctx, store, run.result));
  if (format == "html") {
    pieces = report::run_html_pieces(run.result, run.facts, html);
  } else if (format == "junit") {
    pieces = report::junit_pieces(run.result, run.facts, junit);
  } else if (format == "ndjson") {
    pieces = run_rows(run.result, Format::ndjson, run.facts.simulated() ? run.facts.world : std::string());
  } else {
    pieces = run_json(run.result, nothing, run.facts.world);
  }
  co_return co_await pour(ctx, store, *pieces, to);
}

/// Only one of the streams, as if nothing had been printed on the other.
Result<void> keep_stream(flow::RunResult& run, const std::string& stream) {
  for (flow::TargetResult& target : run.targets) {
    if (stream == "stderr") target.out = target.err;
    target.err = flow::OutputText();
  }
  return Result<void>();
}

/// What the targets printed and nothing else: for other programs.
rt::Task<Result<void>> print_raw(rt::CallContext ctx, const Command& command, ledger::Store& store,
                                 const flow::RunResult& run) {
  for (const flow::TargetResult& target : run.targets) {
    const flow::LoadedOutput loaded(&target);
    CO_TRY_VOID(co_await flow::load_output_of(ctx, store, target));
    command.out(target.out.bytes());
    command.out(target.err.bytes());
  }
  co_return Result<void>();
}

}  // namespace runs_output

rt::Task<Result<int>> run_runs_output(const Command& command) {
  const Invocation& invocation = command.invocation();
  CO_TRY(RunOutputs outputs, RunOutputs::chosen(command));
  CO_TRY(OpenLedger ledger, open_ledger(command, world_without_session(command), LedgerUse::look));
  CO_TRY(const ChosenRun chosen, co_await chosen_run_and_words(command, *ledger.store));
  CO_TRY_VOID(outputs.check_places(chosen.run_id));
  CO_TRY(const std::unique_ptr<flow::RunModel> model,
         co_await flow::read_run(command.ctx(), *ledger.store, ledger.world, chosen.run_id));
  RunCame run = as_it_is(*model, ledger.world, "the run is not over");
  CO_TRY_VOID(keep_targets(run.result, chosen.words));
  if (const auto outcomes = invocation.value("--outcome")) CO_TRY_VOID(keep_outcomes(run.result, *outcomes));
  if (const auto stream = invocation.value("--stream")) CO_TRY_VOID(runs_output::keep_stream(run.result, *stream));
  if (command.output().format == Format::text && invocation.has("--output") && !command.output().query) {
    CO_TRY_VOID(co_await runs_output::print_raw(command.ctx(), command, *ledger.store, run.result));
    co_return kExitOk;
  }
  const fleet::Discovery nothing;
  RunTold told;
  told.result = &run.result;
  told.facts = &run.facts;
  told.discovery = &nothing;
  told.store = ledger.store.get();
  co_return co_await outputs.deliver(command.ctx(), told);
}

rt::Task<Result<int>> run_runs_export(const Command& command) {
  CO_TRY(OpenLedger ledger, open_ledger(command, world_without_session(command), LedgerUse::look));
  CO_TRY(const ChosenRun chosen, co_await chosen_run_and_words(command, *ledger.store));
  if (!chosen.words.empty()) co_return fail(ErrorKind::usage, "name one run, or --latest");
  CO_TRY(const std::unique_ptr<flow::RunModel> model,
         co_await flow::read_run(command.ctx(), *ledger.store, ledger.world, chosen.run_id));
  CO_TRY(runs_output::Destination to, runs_output::Destination::open(command));
  const RunCame run = as_it_is(*model, ledger.world, "the run is not over");
  std::string format = command.invocation().value("--format").value_or("json");
  CO_TRY_VOID(co_await runs_output::export_as(command.ctx(), std::move(format), ledger, run, &to));
  CO_TRY_VOID(to.close());
  co_return kExitOk;
}

}  // namespace postern::cli
