#include "cli/rollout_ledger.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "flow/driver.hpp"
#include "recovery/coverage.hpp"

namespace postern::cli {
namespace rollout_ledger {

constexpr std::size_t kPieceBytes = 128U << 10U;  // of one record: half of what the ledger takes
constexpr std::size_t kPage = 200;
constexpr std::size_t kRunsTold = 64;  // a summary has 4 KiB; a rollout has a run for each family of systems

ledger::StreamWriterOptions options_of(const std::string& world, const std::string& id) {
  ledger::StreamWriterOptions options;
  options.world = world;
  options.stream = std::string(kRolloutPrefix) + id;
  return options;
}

ledger::Digest start_of(const std::string& world, const std::string& id) {
  return ledger::chain_start(world, std::string(kRolloutPrefix) + id);
}

/// What a list in several records is.
struct ListKind {
  std::string_view type;  ///< of the records
  std::string_view key;   ///< of what tells one list from another
  std::string_view items;
};
constexpr ListKind kTargets = {"rollout.targets", "stage", "targets"};
constexpr ListKind kPlaces = {"rollout.places", "kind", "places"};

/// A list in records of a size that the ledger takes.
void append_list(std::vector<ledger::NewRecord>& records, const ListKind& kind, std::string_view which,
                 const Json& items) {
  std::string rows;
  const auto flush = [&] {
    if (rows.empty()) return;
    std::string body = "{\"" + std::string(kind.key) + "\":\"" + std::string(which) + "\",\"";
    body += std::string(kind.items) + "\":[" + rows + "]}";
    records.emplace_back(std::string(kind.type), std::move(body));
    rows.clear();
  };
  for (const Json& item : items.items()) {
    std::string row = item.dump();
    if (rows.size() + row.size() > kPieceBytes) flush();
    rows += (rows.empty() ? "" : ",") + row;
  }
  flush();
}

std::string member_of(const Json& json, std::string_view key) {
  return std::string(json[key].to_string().value_or(""));
}

bool mentions(const ledger::StreamInfo& info, const std::string& run_id) {
  const Result<Json> summary = Json::parse(info.summary);
  if (!summary) return false;
  const Json::Array& runs = (*summary)["runs"].items();
  return std::any_of(runs.begin(), runs.end(), [&](const Json& one) { return one.to_string() == run_id; });
}

void take_record(RolloutRead& into, const ledger::Record& record, const Json& body, std::string& stage) {
  into.last_at = record.at;
  if (record.type == "rollout.opened") {
    into.header = body;
    into.opened_at = record.at;
  } else if (record.type == "rollout.targets") {
    if (member_of(body, "stage") != stage) into.targets.clear();
    stage = member_of(body, "stage");
    for (const Json& target : body["targets"].items()) into.targets.push_back(target);
  } else if (record.type == "rollout.places") {
    Json& list = into.places[member_of(body, "kind")];
    for (const Json& place : body["places"].items()) list.push_back(place);
  } else if (record.type == "rollout.run") {
    into.runs.emplace_back(member_of(body, "run_id"), member_of(body, "family"));
  } else if (record.type == "rollout.closed") {
    into.closing = body;
  }
}

}  // namespace rollout_ledger

RolloutRecord::RolloutRecord(ledger::Store& store, std::string world, std::string id)
    : store_(store),
      world_(std::move(world)),
      id_(std::move(id)),
      writer_(store, rollout_ledger::options_of(world_, id_), 0, rollout_ledger::start_of(world_, id_)) {}

std::string RolloutRecord::summary(std::string_view status) const {
  Json runs = Json::array();
  for (std::size_t i = 0; i < runs_.size() && i < rollout_ledger::kRunsTold; ++i) runs.push_back(runs_[i]);
  Json out = Json::object().set("schema", "postern.rollout-summary/1").set("status", status);
  return out.set("targets", targets_).set("runs", std::move(runs)).dump();
}

rt::Task<Result<void>> RolloutRecord::open(rt::CallContext ctx, RolloutBegin begin) {
  using rollout_ledger::append_list;
  targets_ = begin.targets.items().size();
  std::vector<ledger::NewRecord> records;
  records.emplace_back("rollout.opened", begin.header.dump());
  append_list(records, rollout_ledger::kPlaces, "scopes", begin.scopes);
  append_list(records, rollout_ledger::kPlaces, "sites", begin.sites);
  append_list(records, rollout_ledger::kTargets, "found", begin.targets);
  std::string told = summary("running");
  co_return co_await writer_.append(ctx, std::move(records), std::move(told));
}

rt::Task<Result<void>> RolloutRecord::add_run(rt::CallContext ctx, std::string run_id, std::string family) {
  std::vector<ledger::NewRecord> records;
  records.emplace_back("rollout.run", Json::object().set("run_id", run_id).set("family", family).dump());
  runs_.push_back(std::move(run_id));
  std::string told = summary("running");
  co_return co_await writer_.append(ctx, std::move(records), std::move(told));
}

rt::Task<Result<void>> RolloutRecord::close(rt::CallContext ctx, RolloutEnd end) {
  using rollout_ledger::append_list;
  std::vector<ledger::NewRecord> records;
  append_list(records, rollout_ledger::kTargets, "ended", end.targets);
  append_list(records, rollout_ledger::kPlaces, "unasked", end.unasked);
  records.emplace_back("rollout.closed", end.closing.dump());
  std::string told = summary("closed");
  CO_TRY_VOID(co_await writer_.append(ctx, std::move(records), std::move(told)));
  ledger::StreamInfo at;
  at.id = std::string(kRolloutPrefix) + id_;
  at.version = writer_.version();
  at.head = writer_.head();
  co_return co_await flow::note_stream_head(ctx, store_, world_, "closed", std::move(at));
}

const Json& RolloutRead::places_of(std::string_view kind) const {
  static const Json kNone = Json::array();
  const auto found = places.find(kind);
  return found == places.end() ? kNone : found->second;
}

rt::Task<Result<std::string>> find_rollout(rt::CallContext ctx, ledger::Store& store, std::string name) {
  const std::string id = to_upper(name);
  const bool newest = name == kLatestRun;
  if (!newest) {
    CO_TRY(const std::optional<ledger::StreamInfo> info, co_await store.find(ctx, std::string(kRolloutPrefix) + id));
    if (info) co_return id;
  }
  std::string before;
  for (;;) {
    CO_TRY(const std::vector<ledger::StreamInfo> page,
           co_await store.list(ctx, std::string(kRolloutPrefix), before, rollout_ledger::kPage));
    for (const ledger::StreamInfo& info : page) {
      if (newest || rollout_ledger::mentions(info, id)) co_return info.id.substr(kRolloutPrefix.size());
    }
    if (page.size() < rollout_ledger::kPage) break;
    before = page.back().id;
  }
  if (newest) co_return fail(ErrorKind::not_found, "there is no rollout in the ledger yet");
  co_return fail(ErrorKind::usage, "there is no rollout " + printable(name, 60) +
                                       " in this ledger, and no rollout that opened a run of this id");
}

rt::Task<Result<RolloutRead>> read_rollout(rt::CallContext ctx, ledger::Store& store, std::string world,
                                           std::string id) {
  RolloutRead out;
  out.id = id;
  const std::string stream = std::string(kRolloutPrefix) + id;
  CO_TRY(const std::optional<ledger::StreamInfo> info, co_await store.find(ctx, stream));
  if (!info) co_return fail(ErrorKind::not_found, "there is no rollout " + printable(id, 60) + " in the ledger");
  ledger::Digest head = rollout_ledger::start_of(world, id);
  std::string stage;
  std::uint64_t version = 0;
  while (version < info->version) {
    CO_TRY(const std::vector<ledger::Record> page, co_await store.read(ctx, stream, version + 1, ledger::kPageMax));
    if (page.empty()) break;
    CO_TRY(head, ledger::verify_chain(head, version + 1, page));
    for (const ledger::Record& record : page) {
      CO_TRY(const Json body, Json::parse(record.body));
      rollout_ledger::take_record(out, record, body, stage);
    }
    version += page.size();
  }
  out.info = *info;
  out.info.version = version;  // what was read: a rollout may go on
  out.info.head = head;
  co_return out;
}

rt::Task<Result<std::map<std::string, LedgerInstall, std::less<>>>> installed_by_rollouts(rt::CallContext ctx,
                                                                                          ledger::Store& store,
                                                                                          std::string world,
                                                                                          WallTime since) {
  std::map<std::string, LedgerInstall, std::less<>> installed;
  std::string before;
  for (;;) {
    CO_TRY(const std::vector<ledger::StreamInfo> page,
           co_await store.list(ctx, std::string(kRunPrefix), before, rollout_ledger::kPage));
    for (const ledger::StreamInfo& info : page) {
      const Result<Json> summary = Json::parse(info.summary);
      if (!summary || info.pruned || rollout_ledger::member_of(*summary, "comment") != kInstallComment) continue;
      CO_TRY(const std::vector<ledger::Record> last, co_await store.read(ctx, info.id, info.version, 1));
      if (last.empty() || last.back().at < since) continue;
      LedgerInstall install;
      install.run_id = info.id.substr(kRunPrefix.size());
      install.told = last.back().at;
      const Result<std::unique_ptr<flow::RunModel>> model = co_await flow::read_run(ctx, store, world, install.run_id);
      if (!model) continue;
      const flow::RunResult result = flow::result_of_run(**model, std::string());
      for (const flow::TargetResult& target : result.targets) {
        if (target.outcome != flow::Outcome::succeeded) continue;
        // Newest runs come first.
        installed.emplace(
            recovery::instance_key(target.target.scope().account.text(), target.target.id().text()), install);
      }
    }
    if (page.size() < rollout_ledger::kPage) co_return installed;
    before = page.back().id;
  }
}

}  // namespace postern::cli
