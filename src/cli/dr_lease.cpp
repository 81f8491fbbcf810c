#include "cli/dr_lease.hpp"

#include <algorithm>

#include "adapters/drs_sites.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_site_work.hpp"
#include "cli/failure.hpp"
#include "flow/side_stream.hpp"
#include "recovery/server_settings.hpp"
#include "rt/combine.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace dr_lease {

constexpr std::string_view kStream = "launch-leases";
constexpr std::string_view kTaken = "lease.taken";
constexpr std::string_view kReturned = "lease.returned";
constexpr std::size_t kAtOnce = 8;
constexpr std::size_t kStreamsPerPage = 200;
constexpr std::size_t kWhyMax = 300;

/// One server that is given settings.
struct Change {
  Change() = default;
  fleet::ScopePtr site;
  LaunchLease lease;
  Json wanted = Json::object();
  std::optional<Error> error;
};

fleet::DrSettings settings_of(const Json& launch) {
  fleet::DrSettings out;
  out.launch = launch;
  return out;
}

/// What has to be sent for a server to be as it is wanted.
rt::Task<Result<recovery::SettingsChange>> needed(rt::CallContext ctx, recovery::SiteConfig* port, const Change& one) {
  CO_TRY(const recovery::ServerSettings is,
         co_await recovery::read_server_settings(ctx, *port, one.site, one.lease.server,
                                                 recovery::ReplicationPart::elsewhere,
                                                 recovery::LaunchTemplatePart::left));
  co_return recovery::compare_settings(is, settings_of(one.wanted));
}

/// Reads the settings and works out what they are before they are changed.
struct Look {
  Look(rt::CallContext c, recovery::SiteConfig& p, std::vector<Change>* a) : ctx(c), port(&p), all(a) {}
  rt::Task<void> operator()(std::size_t index) const {
    Change& one = (*all)[index];
    const Result<recovery::SettingsChange> change = co_await needed(ctx, port, one);
    if (!change) {
      one.error = change.error();
      co_return;
    }
    for (const recovery::FieldChange& field : change->launch) one.lease.before.set(field.field, field.is);
  }
  rt::CallContext ctx;
  recovery::SiteConfig* port;
  std::vector<Change>* all;
};

/// Sends and reads back.
struct Apply {
  Apply(rt::CallContext c, recovery::SiteConfig& p, std::vector<Change>* a) : ctx(c), port(&p), all(a) {}
  rt::Task<void> operator()(std::size_t index) const {
    Change& one = (*all)[index];
    one.error.reset();
    Result<recovery::SettingsChange> change = co_await needed(ctx, port, one);
    if (!change) {
      one.error = std::move(change).error();
      co_return;
    }
    if (change->empty()) co_return;
    Result<recovery::ApplyResult> done = co_await recovery::apply_server_settings(
        ctx, *port, one.site, one.lease.server, std::move(*change), settings_of(one.wanted));
    if (!done) {
      one.error = std::move(done).error();
    } else if (done->outcome != recovery::ApplyOutcome::applied) {
      one.error = std::move(done->error);
      if (!one.error) one.error = Error(ErrorKind::service, "the service does not show it");
    }
  }
  rt::CallContext ctx;
  recovery::SiteConfig* port;
  std::vector<Change>* all;
};

Json lease_json(const LaunchLease& lease) {
  Json out = Json::object().set("account_id", lease.account).set("region", lease.region);
  return out.set("source_server_id", lease.server).set("before", lease.before).set("plan", lease.plan);
}

LaunchLease lease_of(const Json& json) {
  LaunchLease out;
  out.account = json["account_id"].to_string().value_or("");
  out.region = json["region"].to_string().value_or("");
  out.server = json["source_server_id"].to_string().value_or("");
  out.plan = json["plan"].to_string().value_or("");
  if (json["before"].is_object()) out.before = json["before"];
  return out;
}

bool is_same(const LaunchLease& a, const LaunchLease& b) {
  return a.account == b.account && a.region == b.region && a.server == b.server;
}

std::vector<Change> changes_of(const LaunchedServers& servers) {
  std::vector<Change> out;
  for (const auto& [site, id] : servers) {
    Change& one = out.emplace_back();
    one.site = site;
    one.lease.account = site->account.text();
    one.lease.region = site->region.text();
    one.lease.server = id;
  }
  return out;
}

rt::Task<Result<void>> note(rt::CallContext ctx, OpenLedger& ledger, std::string_view type,
                            std::vector<LaunchLease> leases) {
  Json list = Json::array();
  for (const LaunchLease& lease : leases) list.push_back(lease_json(lease));
  const Json body = Json::object().set("leases", std::move(list));
  ledger::NewRecord record{std::string(type), body.dump()};
  co_return co_await flow::append_aside(ctx, *ledger.store, ledger.world, std::string(kStream), std::move(record));
}

/// A drill or recovery of this ledger that is not over; empty: none.
rt::Task<Result<std::string>> launch_under_way(rt::CallContext ctx, OpenLedger& ledger) {
  for (std::string before;;) {
    CO_TRY(const std::vector<ledger::StreamInfo> page,
           co_await ledger.store->list(ctx, std::string(kRunPrefix), before, kStreamsPerPage));
    if (page.empty()) co_return std::string();
    before = page.back().id;
    for (const ledger::StreamInfo& stream : page) {
      const Result<Json> summary = Json::parse(stream.summary);
      if (!summary || stream.pruned) continue;
      const auto kind = (*summary)["kind"].to_string().value_or("");
      const auto status = (*summary)["status"].to_string().value_or("");
      const bool open = status == "running" || status == "held" || status == "in doubt";
      if (open && (kind == "drill" || kind == "recovery")) co_return stream.id.substr(kRunPrefix.size());
    }
  }
}

std::string problems_text(const std::vector<Change>& changes) {
  std::string out;
  std::size_t more = 0;
  for (const Change& one : changes) {
    if (!one.error) continue;
    if (!out.empty()) {
      ++more;
      continue;
    }
    out = one.lease.server + " in " + one.site->label() + ": " + described_message(*one.error, kWhyMax);
  }
  return more == 0 ? out : out + " (and " + plural(more, "more server") + ")";
}

/// Puts these back, which stand in the ledger; those that are done are noted. What is left has an error.
rt::Task<std::vector<Change>> put_back(rt::CallContext ctx, adapters::AwsSession& session, OpenLedger& ledger,
                                       std::vector<Change> changes) {
  for (Change& one : changes) one.wanted = one.lease.before;
  adapters::DrsSites port(session);
  const Apply apply(ctx, port, &changes);
  co_await rt::for_each_bounded(changes.size(), kAtOnce, apply);
  std::vector<LaunchLease> done;
  for (const Change& one : changes) {
    if (!one.error) done.push_back(one.lease);
  }
  Result<void> noted;
  if (!done.empty()) noted = co_await note(ctx, ledger, kReturned, std::move(done));
  for (Change& one : changes) {
    // Putting it back once more does no harm, and is what happens when nobody knows that it was done.
    if (!noted && !one.error) one.error = noted.error();
  }
  co_return changes;
}

/// The servers among these that stand in the ledger as on lease.
std::vector<Change> on_lease(const std::vector<LaunchLease>& open, const std::vector<Change>& servers) {
  std::vector<Change> out;
  for (const Change& one : servers) {
    const auto found =
        std::find_if(open.begin(), open.end(), [&](const LaunchLease& lease) { return is_same(lease, one.lease); });
    if (found == open.end()) continue;
    out.push_back(one);
    out.back().lease = *found;
  }
  return out;
}

bool any_problem(const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const Change& one) { return one.error.has_value(); });
}

rt::Task<void> give_back_now(const Command& command, AwsWork& work, OpenLedger& ledger, LaunchedServers servers,
                             bool* all_back) {
  constexpr Duration kTime = std::chrono::minutes(5);
  const rt::CallContext outer = command.ctx();
  const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                            rt::Deadline::after(outer.clock(), kTime));
  *all_back = false;
  Result<std::vector<LaunchLease>> open = co_await open_leases(ctx, ledger);
  if (!open) {
    command.err("warning: which launch settings have to be put back could not be read: " +
                described_message(open.error(), kWhyMax) + "\n");
    co_return;
  }
  std::vector<Change> leased = on_lease(*open, changes_of(servers));
  if (!leased.empty()) {
    const std::size_t count = leased.size();
    leased = co_await put_back(ctx, *work.session, ledger, std::move(leased));
    if (any_problem(leased)) {
      command.err("warning: launch settings are still those of the launch: " + problems_text(leased) +
                  "\n  a real recovery would use them; postern dr cleanup of the run, or its resume, tries again\n");
      co_return;
    }
    command.err("launch settings put back: " + plural(count, "server") + "\n");
  }
  *all_back = true;
}

}  // namespace dr_lease

Result<fleet::DrSettings> chosen_launch_settings(const Invocation& invocation) {
  return asked_settings(invocation);
}

rt::Task<Result<std::vector<LaunchLease>>> open_leases(rt::CallContext ctx, OpenLedger& ledger) {
  CO_TRY(const std::vector<ledger::Record> records,
         co_await flow::read_aside(ctx, *ledger.store, std::string(dr_lease::kStream)));
  std::vector<LaunchLease> open;
  for (const ledger::Record& record : records) {
    const Result<Json> body = Json::parse(record.body);
    if (!body) continue;
    for (const Json& item : (*body)["leases"].items()) {
      LaunchLease lease = dr_lease::lease_of(item);
      std::erase_if(open, [&](const LaunchLease& one) { return dr_lease::is_same(one, lease); });
      if (record.type == dr_lease::kTaken) open.push_back(std::move(lease));
    }
  }
  co_return open;
}

rt::Task<Result<void>> take_leases(const Command& command, AwsWork& work, OpenLedger& ledger, LaunchedServers servers,
                                   const fleet::DrSettings& wanted, std::string digest) {
  using namespace dr_lease;
  const rt::CallContext ctx = command.ctx();
  std::vector<Change> changes = changes_of(servers);
  CO_TRY(const std::vector<LaunchLease> open, co_await open_leases(ctx, ledger));
  std::vector<Change> left = on_lease(open, changes);
  if (!left.empty()) {
    CO_TRY(const std::string run, co_await launch_under_way(ctx, ledger));
    if (!run.empty()) {
      co_return fail(Error(ErrorKind::refused, "the launch settings of " + plural(left.size(), "server") +
                                                   " are those of a launch that is not over: postern resume " + run)
                         .with("rail", "lease"));
    }
    command.err("an earlier launch left its settings with " + plural(left.size(), "server") + ": they are put back\n");
    left = co_await put_back(ctx, *work.session, ledger, std::move(left));
    if (any_problem(left)) {
      co_return fail(ErrorKind::service,
                     "launch settings of an earlier launch could not be put back: " + problems_text(left));
    }
  }
  if (wanted.launch.empty()) co_return Result<void>();
  adapters::DrsSites port(*work.session);
  for (Change& one : changes) one.wanted = wanted.launch;
  const Look look(ctx, port, &changes);
  co_await rt::for_each_bounded(changes.size(), kAtOnce, look);
  if (any_problem(changes)) {
    co_return fail(ErrorKind::service,
                   "launch settings could not be read, nothing was launched: " + problems_text(changes));
  }
  std::erase_if(changes, [](const Change& one) { return one.lease.before.empty(); });
  if (changes.empty()) co_return Result<void>();
  std::vector<LaunchLease> leases;
  for (Change& one : changes) {
    one.lease.plan = digest;
    leases.push_back(one.lease);
  }
  CO_TRY_VOID(co_await note(ctx, ledger, kTaken, std::move(leases)));
  command.err("giving " + plural(changes.size(), "server") + " launch settings for this run\n");
  const Apply apply(ctx, port, &changes);
  co_await rt::for_each_bounded(changes.size(), kAtOnce, apply);
  if (!any_problem(changes)) co_return Result<void>();
  const std::string why = problems_text(changes);
  (void)co_await give_back_leases(command, work, ledger, std::move(servers));
  co_return fail(ErrorKind::service, "launch settings could not be changed, nothing was launched: " + why);
}

LaunchedServers launched_servers(const flow::Plan& plan) {
  LaunchedServers out;
  for (const flow::BatchPlan& batch : plan.batches) {
    for (std::uint32_t at = batch.first; at < batch.first + batch.count; ++at) {
      out.emplace_back(plan.scopes[batch.scope], plan.targets[at].id.text());
    }
  }
  return out;
}

rt::Task<bool> give_back_leases(const Command& command, AwsWork& work, OpenLedger& ledger, LaunchedServers servers) {
  bool all_back = false;
  co_await rt::uncancelled(dr_lease::give_back_now(command, work, ledger, std::move(servers), &all_back));
  co_return all_back;
}

}  // namespace postern::cli
