#pragma once

/// What SSM knows of nodes whose agent is a program of its own: activations, the hybrid nodes registered with them, and
/// what agents report (protocol.md B2.3 and B2.4).

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/random.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// The door through which machines outside EC2 come in.
struct NodeActivation {
  NodeActivation() = default;
  std::string id;  ///< a UUID
  Secret<> code;
  std::string account_id;
  std::string region;
  std::string description;
  std::string default_name;
  std::string iam_role;  ///< name, with its path but without the leading slash
  std::int32_t limit = 1;
  std::int32_t registered = 0;
  WallTime created;
  WallTime expires;
  std::map<std::string, std::string> tags;
};

/// What an agent last said of itself.
struct AgentReport {
  AgentReport() = default;
  std::string version;
  std::string computer_name;
  std::string ip_address;
  std::string platform_type;
  std::string platform_name;
  std::string platform_version;
  WallTime at;
};

/// A node whose agent speaks to this cloud over the network: hybrid ("mi-...") or on an EC2 instance ("i-...").
struct ManagedNode {
  ManagedNode() = default;
  ManagedNode(const ManagedNode&) = delete;
  ManagedNode& operator=(const ManagedNode&) = delete;
  SiteName site;  ///< the instance's
  /// Of a hybrid node: how the other services see it. Of an EC2 instance only id, account and Region.
  Instance instance;
  std::string activation_id;  ///< empty: not hybrid
  std::string iam_role;
  std::string fingerprint;
  std::string public_key;  ///< DER SubjectPublicKeyInfo in base64
  std::optional<AgentReport> report;
  bool connected = false;  ///< its control channel is open
  bool is_hybrid() const noexcept { return !activation_id.empty(); }
  std::string arn() const { return instance.arn(); }
};

/// Bounded: activations and nodes each at most kMost per cloud. Loop thread only.
class ManagedNodes {
 public:
  static constexpr std::size_t kMost = 20'000;

  /// Null when there are too many.
  NodeActivation* add_activation(NodeActivation activation, rt::Random& random);
  NodeActivation* find_activation(std::string_view id);
  bool remove_activation(std::string_view id);
  /// Sorted by id.
  std::vector<const NodeActivation*> activations(std::string_view account, std::string_view region) const;

  /// A new hybrid node; counts at its activation. Null when there are too many.
  ManagedNode* register_hybrid(NodeActivation& activation, WallTime now, rt::Random& random);
  /// The record of an EC2 instance, made when it is not there yet. Null when there are too many.
  ManagedNode* adopt(const Instance& instance);
  ManagedNode* find(std::string_view id);
  const ManagedNode* find(std::string_view id) const;
  /// Hybrid nodes only; sorted by id.
  std::vector<const Instance*> hybrid(std::string_view account, std::string_view region) const;
  bool remove(std::string_view id) { return nodes_.erase(std::string(id)) > 0; }

 private:
  std::map<std::string, NodeActivation, std::less<>> activations_;
  std::map<std::string, std::unique_ptr<ManagedNode>, std::less<>> nodes_;
};

/// Whether the node's last report, or its open channel, makes it Online at `now`.
bool is_online(const ManagedNode& node, WallTime now);

}  // namespace postern::sim
