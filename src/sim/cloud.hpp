#pragma once

/// Cloud: the state that all services of a simulated cloud share. Loop thread only.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "rt/clock.hpp"
#include "rt/random.hpp"
#include "sim/config.hpp"
#include "sim/ec2/fleet.hpp"
#include "sim/iam/directory.hpp"
#include "sim/signals/told.hpp"

namespace postern::sim {

/// A session of Session Manager; bytes as they stood when it ended.
struct SeenSession {
  SeenSession() = default;
  std::string target;
  std::string owner;
  std::string document;
  std::string reason;
  std::string status;
  std::string output;  ///< why it ended
  WallTime started;
  std::optional<WallTime> ended;
  std::uint64_t bytes_from_client = 0;
  std::uint64_t bytes_from_agent = 0;
  std::uint64_t connections = 0;  ///< of the client
};

/// What really happened, for checkers.
struct Truth {
  Truth() = default;
  std::map<std::string, std::uint64_t> calls;  ///< "ssm:SendCommand": signed requests that arrived
  /// Instance id: commands that an agent began to run. Unordered: there are as many as instances.
  std::unordered_map<std::string, std::uint64_t> executions;
  std::uint64_t commands = 0;                        ///< accepted SendCommands
  std::uint64_t sessions = 0;                        ///< credentials handed out by STS
  std::map<std::string, SeenSession> node_sessions;  ///< by session id
  KeptList<PublishedMessage> messages;               ///< what topics took, from callers and from services
  KeptList<SeenEvent> events;                        ///< what event buses took
};

class ManagedNodes;
class NodeRoles;

class Cloud {
 public:
  ~Cloud();
  /// Instances and their order are those of the config, which keeps none of them: config().accounts have no instances
  /// afterwards. `now` is when the cloud begins. Fails as check_config() does.
  static Result<std::unique_ptr<Cloud>> create(CloudConfig config, WallTime now);

  const CloudConfig& config() const noexcept { return config_; }
  /// "sim:<name>".
  std::string world_id() const { return "sim:" + config_.name; }
  /// The server's idea of the time.
  WallTime now(const rt::Clock& clock) const { return clock.wall_now() + config_.clock_skew; }

  const std::vector<std::string>& regions() const noexcept { return config_.regions; }
  bool has_region(std::string_view region) const;
  const AccountConfig* find_account(std::string_view id) const;

  /// In the order of the config; empty for a site without any.
  const std::list<Instance>& instances(const std::string& account, const std::string& region) const;
  const Instance* find_instance(const std::string& account, const std::string& region, std::string_view id) const;
  /// Nodes that agents of their own stand for: hybrid ones, and EC2 instances with a real agent.
  ManagedNodes& managed() noexcept { return *managed_; }
  const ManagedNodes& managed() const noexcept { return *managed_; }
  /// As SSM sees it: EC2 instances in the order of the config, then hybrid nodes.
  std::vector<const Instance*> nodes(const std::string& account, const std::string& region) const;
  /// An EC2 instance or a hybrid node.
  const Instance* find_node(const std::string& account, const std::string& region, std::string_view id) const;
  /// For tests and faults: an instance changes under a running fleet. Null when there is none.
  Instance* mutable_instance(std::string_view id) { return fleet_.find(id); }
  /// All of EC2: instances, networks and what else an account keeps there.
  ec2::Fleet& ec2() noexcept { return fleet_; }
  const ec2::Fleet& ec2() const noexcept { return fleet_; }
  /// When the cloud was made.
  WallTime begin() const noexcept { return begin_; }

  /// Identities, roles, policies, keys and the organization.
  Directory& directory() noexcept { return *directory_; }
  const Directory& directory() const noexcept { return *directory_; }
  /// A new key for temporary credentials. Sessions are bounded: the one that ends first goes when there are too many.
  IssuedKey issue(IdentityPtr identity, WallTime expires, rt::Random& random);
  /// Ends a key of either sort at `at`. False when there is none.
  bool expire_key(std::string_view access_key_id, WallTime at);

  void set_clock_skew(Duration skew) noexcept { config_.clock_skew = skew; }
  Truth& truth() noexcept { return truth_; }
  const Truth& truth() const noexcept { return truth_; }

 private:
  Cloud(CloudConfig config, WallTime now);
  Result<void> add_account(AccountConfig& account);

  CloudConfig config_;
  std::map<std::string, std::size_t, std::less<>> accounts_;  // into config_.accounts
  WallTime begin_;
  ec2::Fleet fleet_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<NodeRoles> roles_;
  std::unique_ptr<ManagedNodes> managed_;
  Truth truth_;
};

}  // namespace postern::sim
