#include "cli/session_record.hpp"

#include "base/text.hpp"
#include "flow/journal.hpp"

namespace postern::cli {
namespace session_record {

constexpr std::size_t kTextMax = 400;

ledger::StreamWriterOptions options_of(const std::string& world, const std::string& id) {
  ledger::StreamWriterOptions options;
  options.world = world;
  options.stream = std::string(kSessionPrefix) + id;
  return options;
}

void set_some(Json& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.set(key, scrub_utf8(text));
}

}  // namespace session_record

SessionRecord::SessionRecord(ledger::Store& store, std::string world, std::string id)
    : store_(store),
      world_(std::move(world)),
      id_(std::move(id)),
      summary_(Json::object().set("schema", "postern.session-summary/1")),
      writer_(store, session_record::options_of(world_, id_), 0,
              ledger::chain_start(world_, std::string(kSessionPrefix) + id_)) {}

rt::Task<Result<void>> SessionRecord::add(rt::CallContext ctx, std::string type, Json body) {
  std::vector<ledger::NewRecord> records;
  records.emplace_back(std::move(type), body.dump());
  std::string told = summary_.dump();
  co_return co_await writer_.append(ctx, std::move(records), std::move(told));
}

rt::Task<Result<void>> SessionRecord::ask(rt::CallContext ctx, SessionBegin begin) {
  using session_record::set_some;
  Json body = Json::object().set("verb", begin.verb).set("operator", begin.operator_name);
  set_some(body, "account_id", begin.account);
  set_some(body, "account", begin.account_name);
  body.set("region", begin.region);
  set_some(body, "access", begin.access);
  body.set("target", begin.target);
  set_some(body, "name", begin.target_name);
  set_some(body, "document", begin.document);
  set_some(body, "reason", begin.reason);
  if (!begin.parameters.is_null()) body.set("parameters", std::move(begin.parameters));
  summary_.set("verb", begin.verb).set("operator", printable(begin.operator_name, 100));
  summary_.set("account_id", begin.account).set("region", begin.region).set("target", printable(begin.target, 200));
  summary_.set("name", printable(begin.target_name, 100)).set("reason", printable(begin.reason, 256));
  summary_.set("status", "asked");
  co_return co_await add(ctx, "session.asked", std::move(body));
}

rt::Task<Result<void>> SessionRecord::open(rt::CallContext ctx, std::string session_id) {
  summary_.set("session_id", printable(session_id, 100)).set("status", "open");
  Json body = Json::object().set("session_id", std::move(session_id));
  co_return co_await add(ctx, "session.opened", std::move(body));
}

rt::Task<Result<void>> SessionRecord::close(rt::CallContext ctx, SessionClose end) {
  using session_record::set_some;
  Json body = Json::object().set("cause", end.cause);
  set_some(body, "text", printable(end.text, session_record::kTextMax));
  if (end.exit_code) body.set("exit_code", *end.exit_code);
  body.set("bytes_to_node", end.bytes_to_node).set("bytes_from_node", end.bytes_from_node);
  if (end.connections > 0) body.set("connections", end.connections);
  body.set("reconnections", end.reconnections);
  if (!end.transcript.empty()) {
    body.set("transcript", Json::object().set("file", end.transcript).set("sha256", end.transcript_sha256));
  }
  const WallTime now = ctx.clock().wall_now();
  summary_.set("status", "ended").set("cause", end.cause);
  summary_.set("ended_at", format_rfc3339(std::chrono::floor<std::chrono::seconds>(now)));
  summary_.set("bytes_to_node", end.bytes_to_node).set("bytes_from_node", end.bytes_from_node);
  summary_.set("reconnections", end.reconnections);
  if (end.exit_code) summary_.set("exit_code", *end.exit_code);
  if (!end.transcript_sha256.empty()) summary_.set("transcript_sha256", end.transcript_sha256);
  CO_TRY_VOID(co_await add(ctx, "session.closed", std::move(body)));
  ledger::StreamInfo at;
  at.id = std::string(kSessionPrefix) + id_;
  at.version = writer_.version();
  at.head = writer_.head();
  co_return co_await flow::note_stream_head(ctx, store_, world_, "closed", std::move(at));
}

Json session_row(const ledger::StreamInfo& info) {
  Json row = Json::object().set("id", info.id.substr(kSessionPrefix.size()));
  row.set("asked_at", format_rfc3339(std::chrono::floor<std::chrono::seconds>(info.created)));
  const Result<Json> summary = Json::parse(info.summary);
  if (!summary) return row;
  for (const Json::Member& member : summary->members()) {
    if (member.key != "schema") row.set(member.key, member.value);
  }
  return row;
}

}  // namespace postern::cli
