#pragma once

/// What a deployment report tells: which instances were to be protected, what became of each, and what is left to do.
/// One model, which the renderers (JSON, Markdown, HTML) only spell. Values of others in it are hostile text.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace postern::report {

/// Every instance is in exactly one. In the order in which they are told: what went well, what goes on, what is in the
/// way, what nobody wants or knows.
enum class Stage : std::uint8_t {
  protected_now,  ///< it replicates and can be recovered
  registered,     ///< DRS knows it; not protected yet, or no more
  installed,      ///< the installer is done, and DRS does not know it yet
  phantom,        ///< the installer is done, and DRS never heard of it
  failed,         ///< the installation failed
  blocked,        ///< something was in the way: nothing was sent
  not_sent,       ///< its run stopped before its turn
  missing,        ///< no agent, and no rollout tried
  excluded,       ///< by its tag
  unknown         ///< what was sent, or what DRS has, is not known
};
inline constexpr std::size_t kStageCount = 10;
/// "protected", "not_sent".
std::string_view to_string(Stage stage) noexcept;
/// "protected", "not sent yet": for people.
std::string_view words_of(Stage stage) noexcept;
/// "good", "warn", "bad" or "": as the pages' style sheet has it.
std::string_view tone_of(Stage stage) noexcept;

struct StageCounts {
  StageCounts() = default;
  std::array<std::size_t, kStageCount> by_stage{};
  std::size_t of(Stage stage) const { return by_stage.at(static_cast<std::size_t>(stage)); }
  void count(Stage stage) { ++by_stage.at(static_cast<std::size_t>(stage)); }
  std::size_t sum() const;
};

/// How a server replicates, as it was last seen.
struct ReplicationSeen {
  ReplicationSeen() = default;
  std::string replication;     ///< "healthy"; empty: no server
  std::string recoverability;  ///< "fresh", "not_read"
  std::optional<Duration> lag;
  std::optional<Duration> sample_age;  ///< how long ago DRS last heard from the agent
  std::optional<Duration> point_age;   ///< of the newest point in time
  std::optional<Duration> exposure;    ///< what would be lost now; absent: nobody knows
  std::string cause;
  std::string fix;
};

struct DeployedServer {
  DeployedServer() = default;
  std::string account_id;
  std::string account;  ///< its name
  std::string region;   ///< where it runs
  std::string site;     ///< the Region that it is recovered to
  std::string instance_id;
  std::string name;
  Stage stage = Stage::unknown;
  std::string code;  ///< "SSM_OFFLINE"; empty when there is nothing to tell
  std::string reason;
  std::string fix;
  std::string outcome;  ///< what the rollout itself says of it ("enrolled", "protected"); empty: it is in none
  std::string family;
  std::string run_id;
  std::string command_id;
  std::string server_id;
  std::vector<std::string> notes;  ///< worth knowing, and not in the way
  ReplicationSeen seen;
  const std::string& label() const { return name.empty() ? instance_id : name; }
};

/// A line of the head: who, what, when.
struct DeploymentFact {
  DeploymentFact() = default;
  DeploymentFact(std::string l, std::string v) : label(std::move(l)), value(std::move(v)) {}
  std::string label;
  std::string value;
};

/// A run of the ledger that installed on one family of operating systems.
struct DeploymentRun {
  DeploymentRun() = default;
  std::string id;
  std::string family;
  std::string status;
  std::string document;
  std::vector<std::string> pins;  ///< "version 1, sha256 0123..."
  std::size_t targets = 0;
  std::vector<std::string> commands;
  std::uint64_t records = 0;
  std::string head;  ///< of its chain, hex
};

/// Something that somebody still has to do.
struct DeploymentAction {
  DeploymentAction() = default;
  std::string what;
  std::string why;  ///< may be empty
  std::size_t servers = 0;
  std::vector<std::string> commands;  ///< complete lines for a shell; made of checked ids alone
};

struct UnseenPlace {
  UnseenPlace() = default;
  UnseenPlace(std::string p, std::string w) : place(std::move(p)), why(std::move(w)) {}
  std::string place;
  std::string why;
};

struct Deployment {
  Deployment() = default;
  std::string world;       ///< "aws", "custom", "sim:demo"
  std::string rollout_id;  ///< empty: the state of the fleet, of no rollout
  WallTime made_at;
  std::string made_by;
  std::optional<WallTime> seen_at;  ///< when DRS had answered; absent: the ledger alone was read
  Duration rpo{};
  std::vector<DeploymentFact> facts;
  std::vector<DeployedServer> servers;  ///< by account, Region and id
  std::vector<UnseenPlace> unseen;      ///< accounts and sites that could not be asked
  std::vector<std::string> remarks;     ///< sentences: what is not as one may think
  std::vector<DeploymentAction> actions;
  std::vector<DeploymentRun> runs;
  std::uint64_t records = 0;  ///< of the rollout's own chain
  std::string head;           ///< hex; empty without a rollout
  /// Many names as one short text, as term::fold_names makes it; absent: joined with commas.
  std::function<std::string(std::span<const std::string>)> fold;

  bool simulated() const noexcept { return std::string_view(world).starts_with("sim:"); }
};

/// Account and Region with what became of the instances there.
struct DeploymentPlace {
  DeploymentPlace() = default;
  std::string account_id;
  std::string account;
  std::string region;
  std::string site;
  StageCounts counts;
};

/// Instances with the same fate for the same reason.
struct DeploymentClass {
  DeploymentClass() = default;
  Stage stage = Stage::unknown;
  std::string code;
  std::string reason;  ///< of the first
  std::string fix;
  std::vector<const DeployedServer*> servers;
};

/// How the servers that DRS knows replicate.
struct ReplicationSums {
  ReplicationSums() = default;
  std::size_t servers = 0;
  std::vector<std::pair<std::string, std::size_t>> replication;     ///< "healthy" and how many; most first
  std::vector<std::pair<std::string, std::size_t>> recoverability;  ///< the same of points
  std::size_t within = 0;                                           ///< keep to the limit for certain
  std::size_t unsure = 0;                                           ///< what they would lose is not known
  std::optional<Duration> worst;                                    ///< exposure of those where it is known
  std::optional<Duration> oldest;                                   ///< sample
};

StageCounts totals_of(const Deployment& deployment);
std::vector<DeploymentPlace> places_of(const Deployment& deployment);
/// In the order of stages, then the most common first. Without those that are protected.
std::vector<DeploymentClass> classes_of(const Deployment& deployment);
ReplicationSums replication_of(const Deployment& deployment);

/// "protected": every instance is, or is excluded; "synchronising": or will be; "gaps": somebody has to do something;
/// "incomplete": something is not known; "nothing tagged".
std::string_view verdict_of(const Deployment& deployment);
std::string_view tone_of_verdict(std::string_view verdict) noexcept;
/// "99 protected + 1 phantom + ... = 130: every instance is in exactly one class", or that they do not add up.
std::string reconciliation_of(const Deployment& deployment);
/// "Deployment of the replication agent", or of the fleet without a rollout.
std::string title_of(const Deployment& deployment);

/// The servers' names, folded.
std::string names_of(const Deployment& deployment, const DeploymentClass& one);
/// How what is told can be checked: sentences and command lines, in turn.
struct DeploymentProof {
  DeploymentProof() = default;
  DeploymentProof(std::string w, std::string c) : words(std::move(w)), command(std::move(c)) {}
  std::string words;
  std::string command;
};
std::vector<DeploymentProof> proofs_of(const Deployment& deployment);
/// "All 99 servers that DRS knows ...": the sums of replication as sentences.
std::vector<std::string> replication_words(const Deployment& deployment);

/// "3m10s", "-".
std::string age_words(const std::optional<Duration>& age);
/// "2026-11-21T03:04:05Z".
std::string second_words(WallTime time);

}  // namespace postern::report
