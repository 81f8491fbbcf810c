#include "flow/anchor.hpp"

#include <cctype>

#include "base/text.hpp"
#include "flow/journal.hpp"
#include "flow/record_json.hpp"

namespace postern::flow {
namespace {

/// What is wrong with a stream, or nothing.
rt::Task<Result<std::string>> compare_head(rt::CallContext ctx, ledger::Store& store, std::string stream,
                                           std::uint64_t version, std::string head) {
  CO_TRY(const std::optional<ledger::StreamInfo> info, co_await store.find(ctx, stream));
  if (!info) co_return stream + " is anchored, and it is not in the ledger";
  if (info->version < version) {
    co_return stream + " has " + std::to_string(info->version) + " records, and its record " + std::to_string(version) +
        " is anchored";
  }
  std::string found = ledger::to_hex(info->head);
  if (!info->pruned && info->version > version) {
    CO_TRY(const std::vector<ledger::Record> at, co_await store.read(ctx, stream, version, 1));
    found = at.empty() ? std::string() : ledger::to_hex(at.front().hash);
  }
  if (found == head) co_return std::string();
  co_return stream + ": its record " + std::to_string(version) + " is not the one that is anchored";
}

std::string text_of(record_json::Reader in, std::string_view key) {
  return printable(in.text(key), 200);
}

}  // namespace

Json json_of(const Anchor& anchor) {
  return Json::object()
      .set("schema", kAnchorSchema)
      .set("world", anchor.world)
      .set("ledger", anchor.ledger)
      .set("run_id", anchor.run_id)
      .set("status", anchor.status)
      .set("version", anchor.version)
      .set("head", anchor.head)
      .set("heads", Json::object().set("version", anchor.heads_version).set("head", anchor.heads_head))
      .set("at", format_rfc3339(anchor.at));
}

Result<Anchor> parse_anchor(std::string_view text) {
  TRY(const Json json, Json::parse(text));
  std::string trouble;
  record_json::Reader in(json, trouble);
  Anchor anchor;
  const std::string schema = text_of(in, "schema");
  anchor.world = text_of(in, "world");
  anchor.ledger = text_of(in, "ledger");
  anchor.run_id = text_of(in, "run_id");
  anchor.status = text_of(in, "status");
  anchor.version = in.number("version");
  anchor.head = text_of(in, "head");
  record_json::Reader heads = in.at("heads");
  anchor.heads_version = heads.number("version");
  anchor.heads_head = text_of(heads, "head");
  const std::optional<WallTime> at = parse_rfc3339(text_of(in, "at"));
  if (!trouble.empty()) return fail(ErrorKind::malformed, "it is no anchor: " + trouble);
  if (schema != kAnchorSchema || !at || anchor.version == 0) {
    return fail(ErrorKind::malformed, "it is no anchor of the schema " + std::string(kAnchorSchema));
  }
  anchor.at = *at;
  return anchor;
}

std::string anchors_prefix(std::string_view prefix, std::string_view world, std::string_view ledger) {
  std::string key(prefix);
  if (!key.empty()) key += '/';
  for (const char c : world) key += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
  return key + "/" + std::string(ledger) + "/";
}

std::string anchor_key(std::string_view prefix, const Anchor& anchor) {
  return anchors_prefix(prefix, anchor.world, anchor.ledger) + anchor.run_id + ".json";
}

rt::Task<Result<std::string>> anchored_ledger(rt::CallContext ctx, ledger::Store& store) {
  const Result<std::vector<ledger::Record>> first = co_await store.read(ctx, std::string(kHeadsStream), 1, 1);
  if (!first && first.error().kind() != ErrorKind::not_found) co_return fail(first.error());
  if (!first || first->empty()) co_return std::string();
  co_return ledger::to_hex(first->front().hash).substr(0, 16);
}

rt::Task<Result<Anchor>> make_anchor(rt::CallContext ctx, ledger::Store& store, std::string world, std::string run_id,
                                     std::string status) {
  Anchor anchor;
  anchor.world = std::move(world);
  anchor.run_id = std::move(run_id);
  anchor.status = std::move(status);
  anchor.at = std::chrono::floor<std::chrono::seconds>(ctx.clock().wall_now());
  CO_TRY(const std::optional<ledger::StreamInfo> run, co_await store.find(ctx, run_stream(anchor.run_id)));
  CO_TRY(const std::optional<ledger::StreamInfo> heads, co_await store.find(ctx, std::string(kHeadsStream)));
  if (!run || !heads) co_return fail(ErrorKind::not_found, "there is no run " + anchor.run_id);
  CO_TRY(anchor.ledger, co_await anchored_ledger(ctx, store));
  anchor.version = run->version;
  anchor.head = ledger::to_hex(run->head);
  anchor.heads_version = heads->version;
  anchor.heads_head = ledger::to_hex(heads->head);
  co_return anchor;
}

rt::Task<Result<std::string>> compare_anchor(rt::CallContext ctx, ledger::Store& store, const Anchor& anchor) {
  CO_TRY(std::string wrong, co_await compare_head(ctx, store, run_stream(anchor.run_id), anchor.version, anchor.head));
  if (!wrong.empty()) co_return wrong;
  co_return co_await compare_head(ctx, store, std::string(kHeadsStream), anchor.heads_version, anchor.heads_head);
}

}  // namespace postern::flow
