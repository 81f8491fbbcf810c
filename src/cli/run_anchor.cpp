#include "cli/run_anchor.hpp"

#include "adapters/anchor_place.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "flow/side_stream.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace {

constexpr Duration kAnchorTime = std::chrono::seconds(30);
constexpr std::size_t kReadAtOnce = 16;
constexpr std::string_view kAnchoredType = "run.anchored";

adapters::AnchorPlace place_of(AwsWork& work) {
  return adapters::AnchorPlace(*work.session, work.fleet->signals.anchors, work.fleet->hub.account.text(),
                               work.session->settings().region);
}

rt::Task<Result<void>> anchor(rt::CallContext ctx, AwsWork& work, OpenLedger& ledger, const flow::Notice& closed) {
  CO_TRY(const flow::Anchor made,
         co_await flow::make_anchor(ctx, *ledger.store, ledger.world, closed.run_id, closed.status));
  adapters::AnchorPlace place = place_of(work);
  CO_TRY_VOID(co_await place.put(ctx, made, work.fleet->signals.anchor_days));
  const Json body = Json::object().set("place", place.name_of(made)).set("anchor", json_of(made));
  ledger::NewRecord record(std::string(kAnchoredType), body.dump());
  co_return co_await flow::append_aside(ctx, *ledger.store, ledger.world, std::string(flow::kAnchorsStream),
                                        std::move(record));
}

/// Compares an anchor with the chains and keeps what it saw.
rt::Task<Result<void>> look_at(rt::CallContext ctx, OpenLedger& ledger, const flow::Anchor& anchor, std::string place,
                               AnchorsSeen* seen) {
  ++seen->count;
  seen->newest = place + " (" + format_rfc3339(anchor.at) + ")";
  CO_TRY(const std::string wrong, co_await flow::compare_anchor(ctx, *ledger.store, anchor));
  if (!wrong.empty()) seen->wrong.push_back(wrong + " (" + place + ")");
  co_return Result<void>();
}

/// One object after another, several at a time.
class AnchorReader {
 public:
  AnchorReader(rt::CallContext ctx, adapters::AnchorPlace& place, const std::vector<std::string>& keys,
               std::vector<std::optional<Result<flow::Anchor>>>& into)
      : ctx_(ctx), place_(&place), keys_(&keys), into_(&into) {}
  rt::Task<void> operator()(std::size_t index) const {
    std::string key = (*keys_)[index];
    Result<flow::Anchor> anchor = co_await place_->get(ctx_, std::move(key));
    (*into_)[index].emplace(std::move(anchor));
  }

 private:
  rt::CallContext ctx_;
  adapters::AnchorPlace* place_;
  const std::vector<std::string>* keys_;
  std::vector<std::optional<Result<flow::Anchor>>>* into_;
};

rt::Task<Result<AnchorsSeen>> read_kept(const Command& command, AwsWork& work, OpenLedger& ledger) {
  AnchorsSeen seen;
  const rt::CallContext ctx = command.ctx();
  CO_TRY(const std::string name, co_await flow::anchored_ledger(ctx, *ledger.store));
  if (name.empty()) co_return seen;
  adapters::AnchorPlace place = place_of(work);
  CO_TRY(const std::vector<std::string> keys, co_await place.keys(ctx, ledger.world, name));
  std::vector<std::optional<Result<flow::Anchor>>> anchors(keys.size());
  const AnchorReader read(ctx, place, keys, anchors);
  co_await rt::for_each_bounded(keys.size(), kReadAtOnce, read);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!anchors[i]) co_return fail(ErrorKind::cancelled, "interrupted");
    const std::string key = "s3://" + work.fleet->signals.anchors.bucket + "/" + keys[i];
    if (!*anchors[i] && anchors[i]->error().kind() == ErrorKind::malformed) {
      ++seen.count;
      seen.wrong.push_back(key + ": " + anchors[i]->error().message());
      continue;
    }
    if (!*anchors[i]) co_return fail(anchors[i]->error());
    CO_TRY_VOID(co_await look_at(ctx, ledger, **anchors[i], key, &seen));
  }
  co_return seen;
}

}  // namespace

rt::Task<void> anchor_run(const Command& command, AwsWork& work, OpenLedger& ledger, const flow::Notice& closed) {
  if (!work.fleet || work.fleet->signals.anchors.empty()) co_return;
  const rt::CallContext outer = command.ctx();
  const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                            rt::Deadline::after(outer.clock(), kAnchorTime));
  const Result<void> done = co_await anchor(ctx, work, ledger, closed);
  if (done) co_return;
  command.err("warning: the run's head was not anchored in " + work.fleet->signals.anchors.text() + ": " +
              described_message(done.error(), 400) + "\n");
}

rt::Task<Result<AnchorsSeen>> check_noted_anchors(const Command& command, OpenLedger& ledger) {
  AnchorsSeen seen;
  CO_TRY(const std::vector<ledger::Record> records,
         co_await flow::read_aside(command.ctx(), *ledger.store, std::string(flow::kAnchorsStream)));
  for (const ledger::Record& record : records) {
    if (record.type != kAnchoredType) continue;
    CO_TRY(const Json body, Json::parse(record.body));
    const std::string place = printable(body["place"].to_string().value_or(""), 300);
    const Result<flow::Anchor> anchor = flow::parse_anchor(body["anchor"].dump());
    if (!anchor) {
      seen.wrong.push_back("record " + std::to_string(record.seq) + " of anchors: " + anchor.error().message());
      continue;
    }
    CO_TRY_VOID(co_await look_at(command.ctx(), ledger, *anchor, place, &seen));
  }
  co_return seen;
}

rt::Task<Result<AnchorsSeen>> check_kept_anchors(const Command& command, OpenLedger& ledger) {
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  CO_TRY(AwsWork work, open_session(executor, command));
  if (!work.fleet || work.fleet->signals.anchors.empty()) {
    co_await work.session->close();
    co_return fail(ErrorKind::usage, "--anchors reads the bucket that the fleet file names: anchors: {s3: s3://...}");
  }
  Result<AnchorsSeen> seen = co_await read_kept(command, work, ledger);
  co_await work.session->close();
  co_return seen;
}

}  // namespace postern::cli
