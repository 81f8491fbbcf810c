#include "recovery/coverage.hpp"

#include <array>
#include <utility>

namespace postern::recovery {
namespace coverage_detail {

/// What the sweep has of each instance.
class Index {
 public:
  explicit Index(const Sweep& sweep) : sweep_(sweep) {
    for (std::size_t i = 0; i < sweep.servers.size(); ++i) {
      const SourceServer& server = sweep.servers[i];
      // An extended server is the same protection seen from the account that it would be launched in.
      if (server.instance_id.empty() || !server.is_live() || server.is_extended()) continue;
      live_.emplace(instance_key(server.origin_account, server.instance_id), i);
    }
    for (const fleet::ScopeProblem& problem : sweep.problems) unasked_.insert(problem.scope->account.text());
    for (const fleet::ScopePtr& site : sweep.uninitialized) uninitialized_.insert(site->account.text());
  }
  std::vector<std::size_t> of(const std::string& key) const {
    std::vector<std::size_t> out;
    const auto [begin, end] = live_.equal_range(key);
    for (auto at = begin; at != end; ++at) out.push_back(at->second);
    return out;
  }
  bool is_unasked(const std::string& account) const { return unasked_.contains(account); }
  bool is_uninitialized(const std::string& account) const { return uninitialized_.contains(account); }
  const Sweep& sweep() const { return sweep_; }

 private:
  const Sweep& sweep_;
  std::multimap<std::string, std::size_t, std::less<>> live_;
  std::set<std::string, std::less<>> unasked_;
  std::set<std::string, std::less<>> uninitialized_;
};

void take_server(const Index& index, std::size_t at, const HealthPolicy& policy, CoverRow& row) {
  const Sweep& sweep = index.sweep();
  row.server = &sweep.servers[at];
  row.health = assess(*row.server, sweep.points[at], sweep.at, policy);
  row.cover = row.health.is_protected() ? Cover::protected_now : Cover::enrolled;
  if (row.cover == Cover::protected_now) return;
  row.reason = row.health.cause.empty() ? std::string(to_string(row.health.replication)) : row.health.cause;
  if (const std::string step = step_text(*row.server); !step.empty()) row.reason = step;
}

CoverRow row_of(const fleet::Instance& instance, const Index& index, const CoverageInput& input) {
  CoverRow row;
  row.instance = &instance;
  const std::string& account = instance.ref.scope().account.text();
  const std::string key = instance_key(account, instance.ref.id().text());
  if (instance.state == fleet::InstanceState::stopped || instance.state == fleet::InstanceState::stopping) {
    row.findings.emplace_back("STOPPED");
  }
  const std::vector<std::size_t> servers = index.of(key);
  if (servers.size() > 1) row.findings.emplace_back("DUPLICATE_REGISTRATION");
  const auto excluded = instance.tags.find(kExcludeTag);
  if (excluded != instance.tags.end()) {
    row.cover = Cover::excluded;
    row.reason = excluded->second.empty() ? "no reason is given" : excluded->second;
    if (!servers.empty()) row.findings.emplace_back("EXCLUDED_BUT_REGISTERED");
    return row;
  }
  if (!servers.empty()) {
    take_server(index, servers.front(), input.policy, row);
  } else if (input.installed.contains(key)) {
    row.cover = Cover::installed;
    row.reason = "the agent was installed, and DRS does not know the server";
  } else if (index.is_unasked(account)) {
    row.cover = Cover::unknown;
    row.reason = "its site could not be asked";
  } else {
    row.cover = Cover::missing;
    row.reason = index.is_uninitialized(account) ? "DRS is not initialized in its site" : "no agent is installed";
  }
  return row;
}

void count(const CoverRow& row, CoverCounts& counts) {
  ++counts.tagged;
  switch (row.cover) {
    case Cover::protected_now:
      ++counts.protected_now;
      break;
    case Cover::enrolled:
      ++counts.enrolled;
      break;
    case Cover::installed:
      ++counts.installed;
      break;
    case Cover::missing:
      ++counts.missing;
      break;
    case Cover::excluded:
      ++counts.excluded;
      break;
    case Cover::unknown:
      ++counts.unknown;
      break;
  }
}

}  // namespace coverage_detail

std::string_view to_string(Cover cover) noexcept {
  constexpr std::array<std::string_view, 6> kNames = {"protected", "enrolled", "installed",
                                                      "missing",   "excluded", "unknown"};
  return kNames.at(static_cast<std::size_t>(cover));
}

std::string instance_key(const std::string& account, const std::string& instance) {
  return account + "/" + instance;
}

Coverage cover(const CoverageInput& input) {
  using namespace coverage_detail;
  const Index index(*input.sweep);
  Coverage out;
  out.rows.reserve(input.instances->size());
  for (const fleet::Instance& instance : *input.instances) {
    out.rows.push_back(row_of(instance, index, input));
    count(out.rows.back(), out.counts);
  }
  if (input.alive.empty()) return out;
  std::set<std::string, std::less<>> accounts;
  for (const std::string& key : input.alive) accounts.insert(key.substr(0, key.find('/')));
  for (const SourceServer& server : input.sweep->servers) {
    const bool ours = accounts.contains(server.origin_account) && server.is_live() && !server.is_extended();
    const std::string key = instance_key(server.origin_account, server.instance_id);
    if (ours && !server.instance_id.empty() && !input.alive.contains(key)) out.orphans.push_back(&server);
  }
  return out;
}

}  // namespace postern::recovery
