#include "sim/agents/managed_nodes.hpp"

#include <array>

#include "base/encoding.hpp"
#include "base/ids.hpp"

namespace postern::sim {
namespace managed_nodes {

constexpr std::size_t kNodeIdBytes = 9;
constexpr std::size_t kNodeIdDigits = 17;
constexpr std::size_t kCodeBytes = 15;
/// Agents report every five minutes, the first time after up to five.
constexpr std::chrono::minutes kSilenceMax{11};

std::string random_bytes(rt::Random& random, std::size_t count) {
  std::string bytes(count, '\0');
  std::vector<std::uint8_t> buffer(count);
  random.fill(buffer);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(buffer[i]);
  return bytes;
}

}  // namespace managed_nodes

NodeActivation* ManagedNodes::add_activation(NodeActivation activation, rt::Random& random) {
  if (activations_.size() >= kMost) return nullptr;
  do {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    activation.id = make_uuid(bytes);
  } while (activations_.contains(activation.id));
  activation.code = Secret<>(to_base64(managed_nodes::random_bytes(random, managed_nodes::kCodeBytes)));
  std::string id = activation.id;
  return &activations_.emplace(std::move(id), std::move(activation)).first->second;
}

NodeActivation* ManagedNodes::find_activation(std::string_view id) {
  const auto found = activations_.find(id);
  return found == activations_.end() ? nullptr : &found->second;
}

bool ManagedNodes::remove_activation(std::string_view id) {
  const auto found = activations_.find(id);
  if (found == activations_.end()) return false;
  activations_.erase(found);
  return true;
}

std::vector<const NodeActivation*> ManagedNodes::activations(std::string_view account, std::string_view region) const {
  std::vector<const NodeActivation*> found;
  for (const auto& [id, activation] : activations_) {
    if (activation.account_id == account && activation.region == region) found.push_back(&activation);
  }
  return found;
}

ManagedNode* ManagedNodes::register_hybrid(NodeActivation& activation, WallTime now, rt::Random& random) {
  if (nodes_.size() >= kMost) return nullptr;
  auto made = std::make_unique<ManagedNode>();
  Instance& instance = made->instance;
  do {
    const std::string digits = to_hex(managed_nodes::random_bytes(random, managed_nodes::kNodeIdBytes));
    instance.id = "mi-" + digits.substr(0, managed_nodes::kNodeIdDigits);
  } while (nodes_.contains(instance.id));
  made->site.account_id = activation.account_id;
  made->site.region = activation.region;
  instance.site = &made->site;
  instance.name = activation.default_name;
  InstanceTraits traits;
  traits.agent.profile = AgentProfile::remote;
  traits.agent.version.clear();
  instance.traits = std::make_shared<const InstanceTraits>(std::move(traits));
  instance.placement = std::make_shared<const InstancePlacement>();
  if (!activation.tags.empty()) instance.shared_tags = std::make_shared<const TagMap>(activation.tags);
  instance.registered = std::chrono::floor<std::chrono::milliseconds>(now);
  made->activation_id = activation.id;
  made->iam_role = activation.iam_role;
  ++activation.registered;
  std::string id = instance.id;
  return nodes_.emplace(std::move(id), std::move(made)).first->second.get();
}

ManagedNode* ManagedNodes::adopt(const Instance& instance) {
  if (ManagedNode* known = find(instance.id)) return known;
  if (nodes_.size() >= kMost) return nullptr;
  auto made = std::make_unique<ManagedNode>();
  made->site = *instance.site;
  made->instance.id = instance.id;
  made->instance.site = &made->site;
  return nodes_.emplace(instance.id, std::move(made)).first->second.get();
}

ManagedNode* ManagedNodes::find(std::string_view id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second.get();
}

const ManagedNode* ManagedNodes::find(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second.get();
}

std::vector<const Instance*> ManagedNodes::hybrid(std::string_view account, std::string_view region) const {
  std::vector<const Instance*> found;
  for (const auto& [id, node] : nodes_) {
    const Instance& instance = node->instance;
    if (node->is_hybrid() && instance.account_id() == account && instance.region() == region) {
      found.push_back(&instance);
    }
  }
  return found;
}

bool is_online(const ManagedNode& node, WallTime now) {
  if (node.connected) return true;
  return node.report && now - node.report->at <= managed_nodes::kSilenceMax;
}

}  // namespace postern::sim
