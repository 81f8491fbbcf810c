#include "flow/journal.hpp"

#include "base/check.hpp"
#include "base/json.hpp"
#include "flow/driver.hpp"
#include "flow/probe.hpp"
#include "flow/side_stream.hpp"
#include "ledger/stream_writer.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kPage = 500;

/// A run as it was read, with what a writer needs to go on.
struct Read {
  Read() = default;
  std::unique_ptr<RunModel> model;
  std::uint64_t version = 0;
  ledger::Digest head{};
};

rt::Task<Result<Read>> read_all(rt::CallContext ctx, ledger::Store& store, std::string world, std::string run_id,
                                RecordSeen seen = nullptr) {
  Read read;
  read.model = std::make_unique<RunModel>();
  const std::string stream = run_stream(run_id);
  read.head = ledger::chain_start(world, stream);
  for (;;) {
    CO_TRY(const std::vector<ledger::Record> page, co_await store.read(ctx, stream, read.version + 1, kPage));
    if (page.empty()) break;
    CO_TRY(read.head, ledger::verify_chain(read.head, read.version + 1, page));
    for (const ledger::Record& record : page) {
      CO_TRY(const RunRecord decoded, decode_run_record(record));
      CO_TRY_VOID(read.model->apply(decoded, record.at));
      if (seen) seen(decoded, record.at);
    }
    read.version += page.size();
  }
  if (read.version == 0) co_return fail(ErrorKind::not_found, "there is no run " + run_id);
  co_return read;
}

/// Usage when a record is larger than the ledger takes: a script, a reason or a selector without measure.
Result<ledger::NewRecord> encode_one(const RunRecord& record) {
  ledger::NewRecord encoded = encode(record);
  const std::size_t size = encoded.body.size();
  if (size <= ledger::kBodyMax) return encoded;
  return fail(ErrorKind::usage, "what is to be written down (" + encoded.type + ") has " + std::to_string(size >> 10U) +
                                    " KiB, and the ledger takes " + std::to_string(ledger::kBodyMax >> 10U) +
                                    ": shorten the command, its reason or the selector");
}

Result<std::vector<ledger::NewRecord>> encode_all(const std::vector<RunRecord>& records) {
  std::vector<ledger::NewRecord> encoded;
  encoded.reserve(records.size());
  for (const RunRecord& record : records) {
    TRY(ledger::NewRecord one, encode_one(record));
    encoded.push_back(std::move(one));
  }
  return encoded;
}

}  // namespace

std::string run_stream(std::string_view run_id) {
  return "run/" + std::string(run_id);
}

struct Journal::Writer {
  Writer() = default;
  std::vector<ledger::Lease> leases;
  std::unique_ptr<ledger::StreamWriter> stream;
  std::string run_id;
};

Journal::Journal(ledger::Store& store, JournalOptions options)
    : store_(store), options_(std::move(options)), writer_(std::make_unique<Writer>()) {}

Journal::~Journal() = default;

rt::Task<Result<ledger::Lease>> Journal::acquire(rt::CallContext ctx, std::string name) {
  ledger::AcquireLease wanted;
  wanted.name = name;
  wanted.holder = options_.holder;
  wanted.now = ctx.clock().wall_now();
  wanted.until = wanted.now + options_.lease_time;
  ledger::AcquireLease first = wanted;
  Result<ledger::Lease> lease = co_await store_.acquire(ctx, std::move(first));
  if (!lease && lease.error().kind() == ErrorKind::conflict && options_.is_dead) {
    CO_TRY(const std::optional<ledger::Lease> held, co_await store_.lease(ctx, name));
    if (held && options_.is_dead(held->holder)) {
      POSTERN_PROBE(take_over_dead);
      wanted.over = held->token;
      lease = co_await store_.acquire(ctx, std::move(wanted));
    }
  }
  if (lease) writer_->leases.push_back(*lease);
  co_return lease;
}

rt::Task<Result<std::unique_ptr<Journal>>> Journal::create(rt::CallContext ctx, ledger::Store& store, RunHeader header,
                                                           const Plan& plan, JournalOptions options) {
  std::unique_ptr<Journal> journal(new Journal(store, std::move(options)));
  journal->writer_->run_id = header.run_id;
  const std::string stream = run_stream(header.run_id);
  const std::string world = journal->options_.world;
  // The plan first: that is what two operators meet at.
  for (const std::string& name : {"plan/" + header.digest, stream}) {
    const Result<ledger::Lease> lease = co_await journal->acquire(ctx, name);
    if (!lease) {
      co_await journal->close(ctx, false);
      co_return fail(lease.error());
    }
  }
  ledger::StreamWriterOptions writing;
  writing.world = world;
  writing.stream = stream;
  writing.fence = ledger::Fence(stream, journal->writer_->leases.back().token);
  ledger::Digest start = ledger::chain_start(world, stream);
  journal->writer_->stream = std::make_unique<ledger::StreamWriter>(store, std::move(writing), 0, start);
  journal->model_ = std::make_unique<RunModel>();
  std::vector<RunRecord> opening = opening_records(std::move(header), plan);
  std::vector<ledger::NewRecord> records;
  records.reserve(opening.size());
  const WallTime now = ctx.clock().wall_now();
  for (RunRecord& next : opening) {
    // Let go at once: with the caller's and the model's, a plan of 100,000 targets would be in memory three times.
    const RunRecord record = std::move(next);
    Result<ledger::NewRecord> encoded = encode_one(record);
    if (!encoded) {
      co_await journal->close(ctx, false);
      co_return fail(std::move(encoded).error());
    }
    records.push_back(std::move(*encoded));
    CHECK(journal->model_->apply(record, now).has_value());
  }
  // Whoever lists runs in this moment sees it as planned.
  const std::string summary = run_summary(*journal->model_);
  // In pieces: a plan of 100,000 targets is more than one append takes.
  Result<void> written;
  for (std::size_t i = 0; i < records.size() && written; i += 16) {
    std::vector<ledger::NewRecord> piece;
    for (std::size_t k = i; k < std::min(i + 16, records.size()); ++k) piece.push_back(std::move(records[k]));
    written = co_await journal->writer_->stream->append(ctx, std::move(piece), summary);
  }
  if (written) written = co_await journal->note_head(ctx, "opened");
  if (!written) {
    co_await journal->close(ctx, false);
    co_return fail(std::move(written).error());
  }
  co_return journal;
}

rt::Task<Result<std::unique_ptr<Journal>>> Journal::take_up(rt::CallContext ctx, ledger::Store& store,
                                                            std::string run_id, JournalOptions options) {
  std::unique_ptr<Journal> journal(new Journal(store, std::move(options)));
  journal->writer_->run_id = run_id;
  const std::string stream = run_stream(run_id);
  const std::string world = journal->options_.world;
  // The lease first: what is read before it may be overtaken.
  CO_TRY(const ledger::Lease lease, co_await journal->acquire(ctx, stream));
  Result<Read> read = co_await read_all(ctx, store, world, run_id);
  if (!read) {
    co_await journal->close(ctx, false);
    co_return fail(std::move(read).error());
  }
  ledger::StreamWriterOptions writing;
  writing.world = world;
  writing.stream = stream;
  writing.fence = ledger::Fence(stream, lease.token);
  journal->writer_->stream =
      std::make_unique<ledger::StreamWriter>(store, std::move(writing), read->version, read->head);
  journal->model_ = std::move(read->model);
  co_return journal;
}

rt::Task<Result<void>> Journal::append(rt::CallContext ctx, std::vector<RunRecord> records,
                                       std::vector<ledger::Blob> blobs, std::string summary) {
  CO_TRY(std::vector<ledger::NewRecord> encoded, encode_all(records));
  CHECK(!encoded.empty());
  encoded.back().blobs = std::move(blobs);
  co_return co_await writer_->stream->append(ctx, std::move(encoded), std::move(summary));
}

rt::Task<Result<void>> Journal::renew(rt::CallContext ctx) {
  const WallTime until = ctx.clock().wall_now() + options_.lease_time;
  for (const ledger::Lease& lease : writer_->leases) {
    ledger::Fence fence(lease.name, lease.token);
    CO_TRY_VOID(co_await store_.renew(ctx, std::move(fence), until));
  }
  co_return Result<void>();
}

rt::Task<void> Journal::close(rt::CallContext ctx, bool run_closed) {
  if (run_closed && writer_->stream) {
    const Result<void> noted = co_await note_head(ctx, "closed");
    if (!noted && ctx.explainer().wants("ledger")) {
      ctx.explainer().explain("ledger", "the run's head is not in the chain of heads: " + noted.error().to_text());
    }
  }
  for (const ledger::Lease& lease : writer_->leases) {
    ledger::Fence fence(lease.name, lease.token);
    const Result<void> released = co_await store_.release(ctx, std::move(fence));
    if (!released && ctx.explainer().wants("ledger")) {
      ctx.explainer().explain("ledger", lease.name + " stays locked until it expires: " + released.error().to_text());
    }
  }
  writer_->leases.clear();
}

rt::Task<Result<void>> Journal::note_head(rt::CallContext ctx, std::string_view what) {
  ledger::StreamInfo at;
  at.version = writer_->stream->version();
  at.head = writer_->stream->head();
  co_return co_await note_run_head(ctx, store_, options_.world, writer_->run_id, std::string(what), std::move(at));
}

rt::Task<Result<void>> note_run_head(rt::CallContext ctx, ledger::Store& store, std::string world, std::string run_id,
                                     std::string what, ledger::StreamInfo at) {
  const Json body = Json::object()
                        .set("run", run_id)
                        .set("what", what)
                        .set("version", at.version)
                        .set("head", ledger::to_hex(at.head));
  ledger::NewRecord record("run.head", body.dump());
  co_return co_await append_aside(ctx, store, std::move(world), std::string(kHeadsStream), std::move(record));
}

rt::Task<Result<void>> note_stream_head(rt::CallContext ctx, ledger::Store& store, std::string world, std::string what,
                                        ledger::StreamInfo at) {
  const Json body = Json::object()
                        .set("stream", at.id)
                        .set("what", what)
                        .set("version", at.version)
                        .set("head", ledger::to_hex(at.head));
  ledger::NewRecord record("stream.head", body.dump());
  co_return co_await append_aside(ctx, store, std::move(world), std::string(kHeadsStream), std::move(record));
}

rt::Task<Result<std::unique_ptr<RunModel>>> read_run(rt::CallContext ctx, ledger::Store& store, std::string world,
                                                     std::string run_id, RecordSeen seen) {
  CO_TRY(Read read, co_await read_all(ctx, store, std::move(world), std::move(run_id), std::move(seen)));
  co_return std::move(read.model);
}

}  // namespace postern::flow
