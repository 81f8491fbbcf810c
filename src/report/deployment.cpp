#include "report/deployment.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "base/plural.hpp"
#include "base/text.hpp"

namespace postern::report {
namespace deployment_detail {

struct StageWords {
  std::string_view name;
  std::string_view words;
  std::string_view tone;
};
constexpr std::array<StageWords, kStageCount> kStages = {{
    {"protected", "protected", "good"},
    {"registered", "registered", "warn"},
    {"installed", "installed", "warn"},
    {"phantom", "phantom", "bad"},
    {"failed", "failed", "bad"},
    {"blocked", "blocked", "bad"},
    {"not_sent", "not sent", "bad"},
    {"missing", "missing", "bad"},
    {"excluded", "excluded", ""},
    {"unknown", "unknown", "bad"},
}};

std::vector<std::pair<std::string, std::size_t>> most_first(const std::map<std::string, std::size_t>& counts) {
  std::vector<std::pair<std::string, std::size_t>> out(counts.begin(), counts.end());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return out;
}

void take_worse(std::optional<Duration>& worst, const std::optional<Duration>& one) {
  if (one && (!worst || *one > *worst)) worst = one;
}

}  // namespace deployment_detail

std::string_view to_string(Stage stage) noexcept {
  return deployment_detail::kStages.at(static_cast<std::size_t>(stage)).name;
}

std::string_view words_of(Stage stage) noexcept {
  return deployment_detail::kStages.at(static_cast<std::size_t>(stage)).words;
}

std::string_view tone_of(Stage stage) noexcept {
  return deployment_detail::kStages.at(static_cast<std::size_t>(stage)).tone;
}

std::size_t StageCounts::sum() const {
  return std::accumulate(by_stage.begin(), by_stage.end(), std::size_t{0});
}

StageCounts totals_of(const Deployment& deployment) {
  StageCounts counts;
  for (const DeployedServer& server : deployment.servers) counts.count(server.stage);
  return counts;
}

std::vector<DeploymentPlace> places_of(const Deployment& deployment) {
  std::map<std::tuple<std::string, std::string, std::string>, DeploymentPlace> places;
  for (const DeployedServer& server : deployment.servers) {
    DeploymentPlace& place = places[std::tuple(server.account_id, server.region, server.site)];
    place.account_id = server.account_id;
    place.account = server.account;
    place.region = server.region;
    place.site = server.site;
    place.counts.count(server.stage);
  }
  std::vector<DeploymentPlace> out;
  for (auto& [key, place] : places) out.push_back(std::move(place));
  return out;
}

std::vector<DeploymentClass> classes_of(const Deployment& deployment) {
  // What an exclusion says is its owner's own words: one class for each reason. Elsewhere the code decides.
  std::map<std::tuple<Stage, std::string, std::string>, DeploymentClass> classes;
  for (const DeployedServer& server : deployment.servers) {
    if (server.stage == Stage::protected_now) continue;
    const bool by_reason = server.code.empty() || server.stage == Stage::excluded;
    DeploymentClass& one = classes[std::tuple(server.stage, server.code, by_reason ? server.reason : std::string())];
    if (one.servers.empty()) {
      one.stage = server.stage;
      one.code = server.code;
      one.reason = server.reason;
      one.fix = server.fix;
    }
    one.servers.push_back(&server);
  }
  std::vector<DeploymentClass> out;
  for (auto& [key, one] : classes) out.push_back(std::move(one));
  std::sort(out.begin(), out.end(), [](const DeploymentClass& a, const DeploymentClass& b) {
    if (a.stage != b.stage) return a.stage < b.stage;
    if (a.servers.size() != b.servers.size()) return a.servers.size() > b.servers.size();
    return std::tie(a.code, a.reason) < std::tie(b.code, b.reason);
  });
  return out;
}

ReplicationSums replication_of(const Deployment& deployment) {
  ReplicationSums sums;
  std::map<std::string, std::size_t> replication;
  std::map<std::string, std::size_t> recoverability;
  for (const DeployedServer& server : deployment.servers) {
    const ReplicationSeen& seen = server.seen;
    if (seen.replication.empty()) continue;
    ++sums.servers;
    ++replication[seen.replication];
    ++recoverability[seen.recoverability];
    if (!seen.exposure) ++sums.unsure;
    if (seen.exposure && *seen.exposure <= deployment.rpo) ++sums.within;
    deployment_detail::take_worse(sums.worst, seen.exposure);
    deployment_detail::take_worse(sums.oldest, seen.sample_age);
  }
  sums.replication = deployment_detail::most_first(replication);
  sums.recoverability = deployment_detail::most_first(recoverability);
  return sums;
}

std::string_view verdict_of(const Deployment& deployment) {
  const StageCounts counts = totals_of(deployment);
  if (counts.of(Stage::unknown) > 0 || !deployment.unseen.empty()) return "incomplete";
  for (const Stage stage : {Stage::phantom, Stage::failed, Stage::blocked, Stage::not_sent, Stage::missing}) {
    if (counts.of(stage) > 0) return "gaps";
  }
  if (counts.of(Stage::registered) + counts.of(Stage::installed) > 0) return "synchronising";
  return counts.sum() == 0 ? "nothing tagged" : "protected";
}

std::string_view tone_of_verdict(std::string_view verdict) noexcept {
  if (verdict == "protected") return "good";
  return verdict == "synchronising" ? "warn" : "bad";
}

std::string reconciliation_of(const Deployment& deployment) {
  const StageCounts counts = totals_of(deployment);
  std::string sum;
  for (std::size_t at = 0; at < kStageCount; ++at) {
    if (counts.by_stage.at(at) == 0) continue;
    sum += (sum.empty() ? "" : " + ") + std::to_string(counts.by_stage.at(at)) + " " +
           std::string(words_of(static_cast<Stage>(at)));
  }
  const std::size_t all = deployment.servers.size();
  if (all == 0) return "No instance is tagged for protection.";
  sum += " = " + std::to_string(counts.sum());
  return sum + (counts.sum() == all ? ": every tagged instance is in exactly one class."
                                    : ", which is NOT the number of instances, " + std::to_string(all) + ".");
}

std::string title_of(const Deployment& deployment) {
  return deployment.rollout_id.empty() ? "Replication agents of the fleet" : "Deployment of the replication agent";
}

std::string names_of(const Deployment& deployment, const DeploymentClass& one) {
  std::vector<std::string> names;
  names.reserve(one.servers.size());
  for (const DeployedServer* server : one.servers) names.push_back(server->label());
  return deployment.fold ? deployment.fold(names) : join(names, ",");
}

std::vector<DeploymentProof> proofs_of(const Deployment& deployment) {
  std::vector<DeploymentProof> proofs;
  if (!deployment.rollout_id.empty()) {
    proofs.emplace_back("The chains of the ledger are whole, and their heads are the ones below.",
                        "postern ledger verify");
  }
  for (const DeploymentRun& run : deployment.runs) {
    proofs.emplace_back("What CloudTrail saw, beside run " + run.id + ".", "postern audit trail " + run.id);
  }
  proofs.emplace_back("Which of the instances are protected now, asked anew.", "postern dr coverage");
  return proofs;
}

std::vector<std::string> replication_words(const Deployment& deployment) {
  const ReplicationSums sums = replication_of(deployment);
  std::vector<std::string> out;
  if (sums.servers == 0) {
    out.emplace_back("DRS knows none of these instances.");
    return out;
  }
  const auto listed = [](const std::vector<std::pair<std::string, std::size_t>>& all) {
    std::string text;
    for (const auto& [name, count] : all) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
    return text;
  };
  out.push_back("Replication of " + plural(sums.servers, "source server") + ": " + listed(sums.replication) + ".");
  out.push_back("Points in time to recover to: " + listed(sums.recoverability) + ".");
  std::string exposure = std::to_string(sums.within) + " of " + plural(sums.servers, "server") +
                         " would lose no more than " + age_words(deployment.rpo) + " for certain";
  if (sums.worst) exposure += "; the worst of those that are known would lose " + age_words(sums.worst);
  if (sums.unsure > 0) exposure += "; of " + std::to_string(sums.unsure) + " nobody knows";
  out.push_back(exposure + ".");
  if (sums.oldest) out.push_back("No agent was last heard of longer ago than " + age_words(sums.oldest) + ".");
  return out;
}

std::string age_words(const std::optional<Duration>& age) {
  if (!age) return "-";
  const auto whole = std::chrono::floor<std::chrono::seconds>(*age);
  return whole.count() == 0 ? "0s" : format_duration(whole);
}

std::string second_words(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace postern::report
