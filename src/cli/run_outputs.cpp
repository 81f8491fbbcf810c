#include "cli/run_outputs.hpp"

#include <algorithm>
#include <span>

#include "base/text.hpp"
#include "cli/atomic_file.hpp"
#include "cli/failure.hpp"
#include "cli/output_folder.hpp"
#include "flow/outputs.hpp"
#include "report/junit.hpp"
#include "report/lambda_answer.hpp"
#include "report/run_html.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace run_outputs {

constexpr std::size_t kPrinted = 64U << 10U;  ///< bytes of one write to stdout

/// Where the events go, and the stream once it has begun.
class EventSink {
 public:
  EventSink(const Command& command, std::string path) : command_(&command), path_(std::move(path)) {}
  const std::string& path() const noexcept { return path_; }
  bool on_stdout() const noexcept { return path_ == "-"; }
  Result<void> open() {
    if (on_stdout()) return Result<void>();
    Result<std::unique_ptr<os::File>> made = command_->host().files->open(path_, os::OpenMode::create, 0600);
    if (!made) return fail(Error(ErrorKind::usage, "cannot write " + printable(path_, 300)).caused_by(made.error()));
    file_ = std::move(*made);
    return file_->truncate(0);
  }
  bool write(std::string_view lines) {
    Result<void> written;
    if (on_stdout()) {
      written = command_->host().console->write(os::StdStream::out, lines);
    } else {
      written = file_->write_at(end_, std::as_bytes(std::span(lines)));
      end_ += lines.size();
    }
    if (!written && !failed_) failed_ = written.error();
    return written.has_value();
  }
  /// What kept it from writing; a reader of stdout that has gone is no failure.
  std::optional<Error> failed() const { return on_stdout() ? std::nullopt : failed_; }

 private:
  const Command* command_;
  std::string path_;
  std::unique_ptr<os::File> file_;
  std::uint64_t end_ = 0;
  std::optional<Error> failed_;
};

/// A file can be written only where nothing else is: the same name twice would leave one of the two.
Result<void> check_distinct(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  const auto twice = std::adjacent_find(paths.begin(), paths.end());
  if (twice == paths.end()) return Result<void>();
  return fail(ErrorKind::usage, "'" + printable(*twice, 300) + "' is named for two things");
}

std::string documents_of(const flow::Plan& plan) {
  std::vector<std::string> names;
  for (const flow::BatchPlan& batch : plan.batches) {
    std::string name(flow::document_of(batch.shell));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return join(names, ", ");
}

}  // namespace run_outputs

report::RunFacts facts_of(const flow::RunModel& model, std::string world) {
  const flow::RunHeader& header = model.header();
  report::RunFacts facts;
  facts.world = std::move(world);
  facts.title = header.title;
  facts.comment = header.spec.comment;
  facts.reason = header.reason;
  facts.ticket = header.ticket;
  facts.operator_name = header.operator_name;
  facts.selector = header.selector;
  facts.document = run_outputs::documents_of(model.plan());
  facts.started = model.opened_at();
  facts.ended = model.last_at();
  facts.asked = model.plan().scopes;
  facts.fold = [](std::span<const std::string> names) { return term::fold_names(names); };
  return facts;
}

rt::Task<Result<void>> print_pieces(rt::CallContext ctx, ledger::Store& store, const Command& command,
                                    report::Pieces& pieces) {
  std::string buffer;
  for (std::size_t piece = 0; piece < pieces.count(); ++piece) {
    const flow::TargetResult* needs = pieces.needs(piece);
    const flow::LoadedOutput loaded(needs);
    if (needs != nullptr) CO_TRY_VOID(co_await flow::load_output_of(ctx, store, *needs));
    buffer += pieces.make(piece);
    if (buffer.size() < run_outputs::kPrinted) continue;
    command.out(buffer);
    buffer.clear();
  }
  command.out(buffer);
  co_return Result<void>();
}

struct RunOutputs::Events {
  Events(const Command& command, std::string path) : sink(command, std::move(path)) {}
  run_outputs::EventSink sink;
  std::unique_ptr<RunEvents> stream;
};

RunOutputs::RunOutputs(const Command& command) : command_(&command), options_(command.output()) {}
RunOutputs::RunOutputs(RunOutputs&&) noexcept = default;
RunOutputs::~RunOutputs() = default;

Result<RunOutputs> RunOutputs::chosen(const Command& command) {
  const Invocation& invocation = command.invocation();
  RunOutputs outputs(command);
  const bool said = invocation.has("--output");
  const bool diff = invocation.has("--diff");
  const bool by_target = invocation.has("--by-target");
  const bool text = command.output().format == Format::table;
  if (diff && by_target) return fail(ErrorKind::usage, "--diff and --by-target are two ways to print the same: choose");
  if (diff && ((said && !text) || command.output().query)) {
    return fail(ErrorKind::usage, "--diff is text for people: it goes with -o table and without --query");
  }
  if (diff) outputs.grouping_ = Grouping::diff;
  if (by_target) outputs.grouping_ = Grouping::by_target;
  // Whoever asks for it wants to read it, also through a pager.
  if ((diff || by_target) && !said && !command.output().query) outputs.options_.format = Format::table;
  outputs.lambda_ = invocation.value("--shape") == "lambda";
  if (outputs.lambda_) {
    const bool other = (said && command.output().format != Format::json && command.output().format != Format::ndjson) ||
                       diff || by_target;
    if (other) return fail(ErrorKind::usage, "--shape lambda is JSON: it goes with -o json or ndjson");
    if (!said) outputs.options_.format = Format::json;
  }
  outputs.outdir_ = invocation.value("--outdir");
  outputs.junit_ = invocation.value("--junit");
  outputs.html_ = invocation.value("--html");
  if (const auto path = invocation.value("--events")) outputs.events_ = std::make_unique<Events>(command, *path);
  if (outputs.events_on_stdout() && (said || command.output().query || diff || by_target || outputs.lambda_)) {
    return fail(ErrorKind::usage, "--events - leaves no room for another answer on stdout");
  }
  return outputs;
}

bool RunOutputs::events_on_stdout() const {
  return events_ && events_->sink.on_stdout();
}

Result<void> RunOutputs::check_places(const std::string& run_id) const {
  os::Files& files = *command_->host().files;
  std::vector<std::string> paths;
  for (const std::optional<std::string>& one : {junit_, html_, outdir_}) {
    if (one) paths.push_back(*one);
  }
  if (events_ && !events_->sink.on_stdout()) paths.push_back(events_->sink.path());
  TRY_VOID(run_outputs::check_distinct(paths));
  if (junit_) TRY_VOID(AtomicFile::check(files, *junit_));
  if (html_) TRY_VOID(AtomicFile::check(files, *html_));
  if (events_ && !events_->sink.on_stdout()) TRY_VOID(AtomicFile::check(files, events_->sink.path()));
  return outdir_ ? check_output_folder(files, *outdir_, run_id) : Result<void>();
}

rt::Task<Result<RunEvents*>> RunOutputs::begin_events(rt::CallContext ctx, ledger::Store& store,
                                                      const flow::RunModel& model, const report::RunFacts& facts) {
  if (!events_) co_return nullptr;
  CO_TRY_VOID(events_->sink.open());
  Events* events = events_.get();
  events->stream = std::make_unique<RunEvents>(model.header().run_id, facts,
                                               [events](std::string_view lines) { return events->sink.write(lines); });
  CO_TRY_VOID(co_await events->stream->begin(ctx, store, model, ctx.clock().wall_now()));
  co_return events->stream.get();
}

void RunOutputs::unwritten(const Error& error) {
  unwritten_ = true;
  command_->err(describe_failure(error));
}

rt::Task<Result<void>> RunOutputs::write_file(rt::CallContext ctx, ledger::Store& store, std::string path,
                                              report::Pieces& pieces) {
  Result<AtomicFile> file = AtomicFile::begin(*command_->host().files, std::move(path));
  Result<void> written;
  if (!file) written = fail(file.error());
  for (std::size_t piece = 0; written && piece < pieces.count(); ++piece) {
    const flow::TargetResult* needs = pieces.needs(piece);
    const flow::LoadedOutput loaded(needs);
    if (needs != nullptr) CO_TRY_VOID(co_await flow::load_output_of(ctx, store, *needs));
    written = file->write(pieces.make(piece));
  }
  if (written) written = file->commit();
  if (!written) unwritten(written.error());
  co_return Result<void>();
}

rt::Task<Result<void>> RunOutputs::write_reports(rt::CallContext ctx, const RunTold& told) {
  if (html_) {
    const report::HtmlLimits limits;
    const std::unique_ptr<report::Pieces> page = report::run_html_pieces(*told.result, *told.facts, limits);
    CO_TRY_VOID(co_await write_file(ctx, *told.store, *html_, *page));
  }
  if (junit_) {
    const report::JUnitOptions limits;
    const std::unique_ptr<report::Pieces> xml = report::junit_pieces(*told.result, *told.facts, limits);
    CO_TRY_VOID(co_await write_file(ctx, *told.store, *junit_, *xml));
  }
  co_return Result<void>();
}

rt::Task<Result<void>> RunOutputs::write_folder(rt::CallContext ctx, const RunTold& told) {
  OutputFolder folder(*command_->host().files, *outdir_);
  Result<void> written;
  for (const report::TargetFiles& one : report::output_files(*told.result, *told.facts)) {
    const flow::LoadedOutput loaded(one.target);
    CO_TRY_VOID(co_await flow::load_output_of(ctx, *told.store, *one.target));
    written = folder.write(one);
    if (!written) break;
  }
  // Last: a folder without its index is not complete.
  if (written) written = folder.write_index(*told.result, *told.facts);
  if (!written) unwritten(written.error());
  co_return Result<void>();
}

rt::Task<Result<void>> RunOutputs::answer(rt::CallContext ctx, const RunTold& told) {
  if (events_on_stdout()) co_return Result<void>();
  const flow::RunResult& run = *told.result;
  if (lambda_ || options_.query) {
    Answer answer;
    if (lambda_) {
      answer.document = report::lambda_answer(run, *told.facts);
      answer.rows_key = "body";
    } else {
      // A query sees the whole document: this is the one form that needs all of it in memory.
      CO_TRY_VOID(co_await flow::measure_outputs(ctx, *told.store, run, flow::kOutputsAll));
      answer.document = run_document(run, *told.discovery, told.facts->world);
    }
    CO_TRY(const std::string text, render(answer, options_));
    command_->out(text);
    co_return Result<void>();
  }
  std::unique_ptr<report::Pieces> pieces;
  if (options_.format == Format::table) {
    command_->out(world_banner(command_->host().world, options_.color));
    pieces = run_text(run, *told.discovery, options_, grouping_);
  } else if (options_.format == Format::json) {
    pieces = run_json(run, *told.discovery, told.facts->world);
  } else {
    pieces = run_rows(run, options_.format, command_->host().world);
  }
  co_return co_await print_pieces(ctx, *told.store, *command_, *pieces);
}

rt::Task<Result<int>> RunOutputs::deliver(rt::CallContext ctx, RunTold told) {
  const bool grouped = options_.format == Format::table && grouping_ != Grouping::by_target && !events_on_stdout();
  if (grouped || html_ || junit_) CO_TRY_VOID(co_await flow::measure_outputs(ctx, *told.store, *told.result));
  CO_TRY_VOID(co_await write_reports(ctx, told));
  if (outdir_) CO_TRY_VOID(co_await write_folder(ctx, told));
  int code = told.exit_code;
  if (unwritten_ && code == kExitOk) code = kExitOther;
  if (events_ && events_->stream) {
    CO_TRY_VOID(co_await events_->stream->end(ctx, *told.store, *told.result, told.facts->status_of(*told.result), code,
                                              ctx.clock().wall_now()));
    if (const auto error = events_->sink.failed()) {
      unwritten(Error(ErrorKind::internal, "cannot write " + printable(events_->sink.path(), 300)).caused_by(*error));
    }
  }
  CO_TRY_VOID(co_await answer(ctx, told));
  co_return unwritten_&& code == kExitOk ? kExitOther : code;
}

}  // namespace postern::cli
