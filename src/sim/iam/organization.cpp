#include "sim/iam/organization.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace postern::sim {
namespace organization_model {

constexpr std::string_view kFullAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
constexpr std::string_view kRcpFullAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";

iam::DocumentKind kind_of(OrganizationPolicyType type) {
  return type == OrganizationPolicyType::service_control ? iam::DocumentKind::scp : iam::DocumentKind::rcp;
}

OrganizationPolicy aws_policy(OrganizationPolicyType type) {
  const bool scp = type == OrganizationPolicyType::service_control;
  OrganizationPolicy made;
  made.id = scp ? "p-FullAWSAccess" : "p-RCPFullAWSAccess";
  made.name = scp ? "FullAWSAccess" : "RCPFullAWSAccess";
  made.description = scp ? "Allows access to every operation" : "Allows access to every operation";
  made.type = type;
  made.aws_managed = true;
  auto document = std::make_shared<SharedDocument>();
  document->text = scp ? kFullAccess : kRcpFullAccess;
  iam::ParseOptions options;
  options.author = iam::Author::aws;
  Result<iam::DocumentPtr> parsed = iam::parse_document(kind_of(type), document->text, options);
  CHECK(parsed);
  document->document = std::move(*parsed);
  made.document = std::move(document);
  return made;
}

}  // namespace organization_model

std::string_view to_string(OrganizationPolicyType type) noexcept {
  return type == OrganizationPolicyType::service_control ? "SERVICE_CONTROL_POLICY" : "RESOURCE_CONTROL_POLICY";
}

Organization::Organization(std::uint64_t seed, std::string management_account, std::string id)
    : seed_(seed), management_(std::move(management_account)), id_(std::move(id)) {
  if (id_.empty()) id_ = "o-" + derived_hex(seed_, "organization/" + management_, 10);
  root_id_ = "r-" + derived_hex(seed_, "root/" + management_, 4);
  OrganizationNode root;
  root.kind = OrganizationNode::Kind::root;
  root.id = root_id_;
  root.name = "Root";
  nodes_.emplace(root_id_, std::move(root));
  for (const auto type : {OrganizationPolicyType::service_control, OrganizationPolicyType::resource_control}) {
    OrganizationPolicy policy = organization_model::aws_policy(type);
    policies_.emplace(policy.id, std::move(policy));
  }
}

void Organization::changed() {
  ++generation_;
  levels_.clear();
  paths_.clear();
}

std::string Organization::new_id(std::string_view label, std::size_t digits) {
  ++counter_;
  return derived_hex(seed_, std::string(label) + "/" + id_ + "#" + std::to_string(counter_), digits);
}

std::string Organization::arn_of(const OrganizationNode& node) const {
  switch (node.kind) {
    case OrganizationNode::Kind::root:
      return prefix() + ":root/" + id_ + "/" + node.id;
    case OrganizationNode::Kind::unit:
      return prefix() + ":ou/" + id_ + "/" + node.id;
    case OrganizationNode::Kind::account:
      return prefix() + ":account/" + id_ + "/" + node.id;
  }
  return std::string();
}

std::string Organization::arn_of(const OrganizationPolicy& policy) const {
  const bool scp = policy.type == OrganizationPolicyType::service_control;
  const std::string tail = (scp ? "/service_control_policy/" : "/resource_control_policy/") + policy.id;
  if (policy.aws_managed) return "arn:aws:organizations::aws:policy" + tail;
  return prefix() + ":policy/" + id_ + tail;
}

const OrganizationNode* Organization::find(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

const OrganizationPolicy* Organization::find_policy(std::string_view id) const {
  const auto found = policies_.find(id);
  return found == policies_.end() ? nullptr : &found->second;
}

std::string Organization::path_text(std::string_view account) const {
  const OrganizationNode* node = find(account);
  if (node == nullptr) return std::string();
  std::string path;
  for (node = find(node->parent); node != nullptr; node = find(node->parent)) path.insert(0, node->id + "/");
  return id_ + "/" + path;
}

std::shared_ptr<const iam::OrganizationLevel> Organization::level_of(const OrganizationNode& node) const {
  if (const auto found = levels_.find(node.id); found != levels_.end()) return found->second;
  auto level = std::make_shared<iam::OrganizationLevel>();
  level->name = node.id;
  const auto add = [&](const OrganizationPolicy& policy) {
    iam::AttachedPolicy attached(policy.name, arn_of(policy), policy.document->document);
    const bool scp = policy.type == OrganizationPolicyType::service_control;
    (scp ? level->scps : level->rcps).push_back(std::move(attached));
  };
  for (const std::string& id : node.policies) add(policies_.at(id));
  // A type that is not enabled limits nobody.
  if (!is_enabled(OrganizationPolicyType::service_control)) add(policies_.at("p-FullAWSAccess"));
  return levels_.emplace(node.id, std::move(level)).first->second;
}

std::shared_ptr<const iam::OrganizationPath> Organization::path_of(std::string_view account) const {
  if (const auto found = paths_.find(account); found != paths_.end()) return found->second;
  const OrganizationNode* node = find(account);
  if (node == nullptr || node->kind != OrganizationNode::Kind::account) return nullptr;
  auto path = std::make_shared<iam::OrganizationPath>();
  path->account =
      node->id == management_ ? iam::OrganizationPath::Account::management : iam::OrganizationPath::Account::member;
  for (; node != nullptr; node = find(node->parent)) path->levels.push_back(level_of(*node));
  std::reverse(path->levels.begin(), path->levels.end());
  return paths_.emplace(std::string(account), std::move(path)).first->second;
}

bool Organization::may_read(std::string_view account) const {
  return account == management_ || delegated_.contains(account);
}

void Organization::attach_default(OrganizationNode& node, OrganizationPolicyType type) {
  node.policies.insert(type == OrganizationPolicyType::service_control ? "p-FullAWSAccess" : "p-RCPFullAWSAccess");
}

void Organization::add_account(std::string account, std::string name, std::string parent, WallTime joined) {
  OrganizationNode node;
  node.kind = OrganizationNode::Kind::account;
  node.id = account;
  node.parent = std::move(parent);
  node.name = std::move(name);
  node.email = "aws+" + account + "@example.com";
  node.joined = joined;
  for (const OrganizationPolicyType type : enabled_) attach_default(node, type);
  nodes_.insert_or_assign(std::move(account), std::move(node));
  changed();
}

OrganizationNode& Organization::add_unit(std::string_view parent, std::string name) {
  OrganizationNode node;
  node.id = "ou-" + root_id_.substr(2) + "-" + new_id("unit", 8);
  node.parent = parent;
  node.name = std::move(name);
  for (const OrganizationPolicyType type : enabled_) attach_default(node, type);
  changed();
  const std::string id = node.id;
  return nodes_.insert_or_assign(id, std::move(node)).first->second;
}

OrganizationPolicy& Organization::add_policy(OrganizationPolicyType type, std::string name,
                                             SharedDocumentPtr document) {
  OrganizationPolicy policy;
  policy.id = "p-" + new_id("policy", 8);
  policy.name = std::move(name);
  policy.type = type;
  policy.document = std::move(document);
  changed();
  const std::string id = policy.id;
  return policies_.insert_or_assign(id, std::move(policy)).first->second;
}

void Organization::remove_node(std::string_view id) {
  if (const auto found = nodes_.find(id); found != nodes_.end()) nodes_.erase(found);
  changed();
}

void Organization::remove_policy(std::string_view id) {
  if (const auto found = policies_.find(id); found != policies_.end()) policies_.erase(found);
  changed();
}

void Organization::move(std::string_view account, std::string parent) {
  if (const auto found = nodes_.find(account); found != nodes_.end()) found->second.parent = std::move(parent);
  changed();
}

void Organization::attach(std::string_view policy, std::string_view target) {
  if (OrganizationNode* node = edit(target)) node->policies.emplace(policy);
}

void Organization::detach(std::string_view policy, std::string_view target) {
  if (OrganizationNode* node = edit(target)) node->policies.erase(std::string(policy));
}

void Organization::enable(OrganizationPolicyType type) {
  if (!enabled_.insert(type).second) return;
  for (auto& [id, node] : nodes_) attach_default(node, type);
  changed();
}

void Organization::disable(OrganizationPolicyType type) {
  enabled_.erase(type);
  for (auto& [id, node] : nodes_) {
    std::erase_if(node.policies, [&](const std::string& policy) { return policies_.at(policy).type == type; });
  }
  changed();
}

void Organization::delegate(std::string account, std::string service) {
  delegated_[std::move(account)].insert(std::move(service));
}

void Organization::undelegate(std::string_view account, std::string_view service) {
  const auto found = delegated_.find(account);
  if (found == delegated_.end()) return;
  found->second.erase(std::string(service));
  if (found->second.empty()) delegated_.erase(found);
}

OrganizationNode* Organization::edit(std::string_view id) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return nullptr;
  changed();
  return &found->second;
}

OrganizationPolicy* Organization::edit_policy(std::string_view id) {
  const auto found = policies_.find(id);
  if (found == policies_.end()) return nullptr;
  changed();
  return &found->second;
}

}  // namespace postern::sim
