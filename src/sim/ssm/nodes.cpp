// SSM's view of the instances.

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/agents/managed_nodes.hpp"
#include "sim/ec2/reachability.hpp"
#include "sim/paging.hpp"
#include "sim/ssm/service.hpp"
#include "sim/ssm/shared.hpp"

namespace postern::sim {
namespace ssm_shared {

std::string_view platform_name(Platform platform) noexcept {
  return platform == Platform::windows ? "Windows" : "Linux";
}

bool is_listed(const Instance& instance) {
  return instance.is_managed() &&
         (instance.state == InstanceState::running || instance.state == InstanceState::pending);
}

}  // namespace ssm_shared

namespace ssm_nodes {

using aws::server::fault;
using aws::ssm::DescribeInstanceInformationRequest;
using Info = aws::server::CallInfo;

constexpr std::size_t kPageDefault = 10;
constexpr std::string_view kLatestAgent = "3.3.987.0";
constexpr std::chrono::minutes kPing{5};

/// One filter of either list: key and values.
struct NodeFilter {
  NodeFilter() = default;
  std::string key;
  std::vector<std::string> values;
};

/// An instance, its reach, and what is known of its agent when that is a program of its own.
struct Node {
  Node(const Instance& one, Reach how, const ManagedNode* known) : instance(&one), reach(how), managed(known) {}
  const Instance* instance;
  Reach reach;
  const ManagedNode* managed;  ///< null: an agent of the cloud's own
  bool is_hybrid() const { return managed != nullptr && managed->is_hybrid(); }
};

/// Those that the lists show.
std::vector<Node> listed_nodes(const Cloud& cloud, const CommandEngine& engine, const Info& info, WallTime now) {
  std::vector<Node> found;
  for (const Instance* instance : cloud.nodes(info.caller.account_id, info.region)) {
    if (!ssm_shared::is_listed(*instance)) continue;
    const ManagedNode* managed = cloud.managed().find(instance->id);
    // A node that registered and has never reported is not there yet.
    const bool remote = instance->traits->agent.profile == AgentProfile::remote;
    const bool absent = remote ? managed == nullptr || !managed->report
                               : ec2::presence_of(cloud.ec2(), *instance, now) == ec2::Presence::absent;
    if (absent) continue;
    found.emplace_back(*instance, engine.reach(*instance), managed);
  }
  return found;
}

std::string_view ping_status(Reach reach) {
  return reach == Reach::lost ? "ConnectionLost" : "Online";
}

std::string_view platform_type(const Instance& instance) {
  return ssm_shared::platform_name(agent_platform(instance));
}

Error invalid_filter(std::string_view key) {
  return fault(ErrorKind::usage, "InvalidFilterKey", "The filter key " + printable(key, 100) + " is not valid", 400);
}

/// Both generations of filters spelled the newer way.
Result<std::vector<NodeFilter>> filters_of(const DescribeInstanceInformationRequest& request) {
  std::vector<NodeFilter> all;
  for (const aws::ssm::InstanceInformationStringFilter& filter : request.filters) {
    NodeFilter& made = all.emplace_back();
    made.key = filter.key.value_or("");
    made.values = filter.values;
  }
  for (const aws::ssm::InstanceInformationFilter& filter : request.instance_information_filter_list) {
    NodeFilter& made = all.emplace_back();
    made.key = filter.key ? filter.key->text() : "";
    made.values = filter.value_set;
  }
  std::size_t tags = 0;
  for (const NodeFilter& filter : all) {
    const bool tag = filter.key == "tag-key" || filter.key.starts_with("tag:");
    tags += tag ? 1U : 0U;
    static constexpr std::string_view kKnown[] = {"InstanceIds",   "AgentVersion", "PingStatus",       "PlatformType",
                                                  "PlatformTypes", "IamRole",      "ResourceType",     "ActivationIds",
                                                  "SourceIds",     "SourceTypes",  "AssociationStatus"};
    if (!tag && std::find(std::begin(kKnown), std::end(kKnown), filter.key) == std::end(kKnown)) {
      return fail(invalid_filter(filter.key));
    }
  }
  if (tags > 0 && tags < all.size()) {
    return fail(fault(ErrorKind::usage, "InvalidFilterKey", "Tag filters cannot be mixed with other filters", 400));
  }
  return all;
}

bool contains(const std::vector<std::string>& values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool matches(const Node& node, const NodeFilter& filter) {
  const Instance& instance = *node.instance;
  const auto& values = filter.values;
  if (filter.key == "InstanceIds") return contains(values, instance.id);
  if (filter.key == "AgentVersion") return contains(values, agent_version(instance));
  if (filter.key == "PingStatus") return contains(values, ping_status(node.reach));
  if (filter.key == "PlatformType" || filter.key == "PlatformTypes") return contains(values, platform_type(instance));
  if (filter.key == "ResourceType") return contains(values, node.is_hybrid() ? "ManagedInstance" : "EC2Instance");
  if (filter.key == "ActivationIds") return node.is_hybrid() && contains(values, node.managed->activation_id);
  if (filter.key == "IamRole") return node.is_hybrid() && contains(values, node.managed->iam_role);
  if (filter.key == "SourceIds") return contains(values, instance.id);
  if (filter.key == "SourceTypes") {
    return contains(values, node.is_hybrid() ? "AWS::SSM::ManagedInstance" : "AWS::EC2::Instance");
  }
  if (filter.key == "tag-key") {
    const auto& tags = instance.tags();
    return std::any_of(values.begin(), values.end(), [&](const std::string& key) {
      return tags.contains(key) || (key == "Name" && !instance.name.empty());
    });
  }
  if (filter.key.starts_with("tag:")) {
    const std::string key = filter.key.substr(4);
    if (key == "Name") return contains(values, instance.name);
    const auto found = instance.tags().find(key);
    return found != instance.tags().end() && contains(values, found->second);
  }
  return false;  // AssociationStatus: there are no associations
}

WallTime last_ping(const Node& node, WallTime now) {
  const Instance& instance = *node.instance;
  const Reach reach = node.reach;
  if (node.managed != nullptr && node.managed->report) return node.managed->connected ? now : node.managed->report->at;
  if (reach == Reach::lost) return now - std::chrono::hours(49);
  if (reach == Reach::silent) return now - std::chrono::minutes(4);
  // A ping every five minutes since the registration.
  return now - (now - std::min(instance.registered, now)) % Duration(kPing);
}

/// What the agent says of itself, and what the activation said: the same members in both lists.
template <class Shown>
void describe_managed(const ManagedNode& node, Shown& to) {
  if (node.report) {
    to.ip_address = node.report->ip_address;
    to.computer_name = node.report->computer_name;
  }
  if (!node.is_hybrid()) return;
  to.source_type.emplace("AWS::SSM::ManagedInstance");
  to.activation_id = node.activation_id;
  to.iam_role = node.iam_role;
  to.registration_date = node.instance.registered;
  to.name = node.instance.name;
}

aws::ssm::InstanceInformation describe_node(const Node& node, WallTime now) {
  const Instance& from = *node.instance;
  const std::string version = agent_version(from);
  aws::ssm::InstanceInformation to;
  to.instance_id = from.id;
  to.ping_status.emplace(ping_status(node.reach));
  to.last_ping_date_time = std::chrono::floor<std::chrono::milliseconds>(last_ping(node, now));
  to.agent_version = version;
  to.is_latest_version = version == kLatestAgent;
  to.platform_type.emplace(platform_type(from));
  to.platform_name = from.traits->platform_name;
  to.platform_version = from.traits->platform_version;
  to.resource_type.emplace("EC2Instance");
  to.ip_address = from.private_ip();
  to.computer_name = from.name;
  to.source_id = from.id;
  to.source_type.emplace("AWS::EC2::Instance");
  if (node.is_hybrid()) to.resource_type.emplace("ManagedInstance");
  if (node.managed != nullptr) describe_managed(*node.managed, to);
  return to;
}

/// DescribeInstanceProperties compares in more ways than one.
struct PropertyFilter {
  PropertyFilter() = default;
  NodeFilter filter;
  std::string comparison = "Equal";
};

Result<std::vector<PropertyFilter>> property_filters_of(const aws::ssm::DescribeInstancePropertiesRequest& request) {
  std::vector<PropertyFilter> all;
  for (const aws::ssm::InstancePropertyFilter& filter : request.instance_property_filter_list) {
    PropertyFilter& made = all.emplace_back();
    made.filter.key = filter.key ? filter.key->text() : "";
    made.filter.values = filter.value_set;
  }
  for (const aws::ssm::InstancePropertyStringFilter& filter : request.filters_with_operator) {
    PropertyFilter& made = all.emplace_back();
    made.filter.key = filter.key.value_or("");
    made.filter.values = filter.values;
    if (filter.operator_) made.comparison = filter.operator_->text();
  }
  for (const PropertyFilter& filter : all) {
    static constexpr std::string_view kKnown[] = {"InstanceIds",   "AgentVersion",     "PingStatus",   "PlatformType",
                                                  "PlatformTypes", "IamRole",          "ResourceType", "ActivationIds",
                                                  "DocumentName",  "AssociationStatus"};
    const std::string& key = filter.filter.key;
    const bool tag = key == "tag-key" || key.starts_with("tag:");
    if (!tag && std::find(std::begin(kKnown), std::end(kKnown), key) == std::end(kKnown)) {
      return fail(invalid_filter(key));
    }
    const bool ordered =
        filter.comparison == "BeginWith" || filter.comparison == "LessThan" || filter.comparison == "GreaterThan";
    if (ordered && key != "AgentVersion") {
      return fail(fault(ErrorKind::usage, "InvalidInstancePropertyFilterValue",
                        "The operator " + filter.comparison + " is offered for AgentVersion only", 400));
    }
  }
  return all;
}

/// "3.3.987.0" before "3.3.1000.0".
bool version_before(std::string_view a, std::string_view b) {
  const auto left = split(a, '.');
  const auto right = split(b, '.');
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string_view x = i < left.size() ? left[i] : "0";
    const std::string_view y = i < right.size() ? right[i] : "0";
    if (x == y) continue;
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  }
  return false;
}

bool matches(const Node& node, const PropertyFilter& filter) {
  const auto& values = filter.filter.values;
  const std::string version = agent_version(*node.instance);
  const auto any = [&](auto compare) { return std::any_of(values.begin(), values.end(), compare); };
  if (filter.comparison == "NotEqual") return !matches(node, filter.filter);
  if (filter.comparison == "BeginWith") return any([&](const std::string& one) { return version.starts_with(one); });
  if (filter.comparison == "LessThan") return any([&](const std::string& one) { return version_before(version, one); });
  if (filter.comparison == "GreaterThan") {
    return any([&](const std::string& one) { return version_before(one, version); });
  }
  return matches(node, filter.filter);
}

aws::ssm::InstanceProperty describe_properties(const Node& node, WallTime now) {
  const Instance& from = *node.instance;
  aws::ssm::InstanceProperty to;
  to.name = from.name;
  to.instance_id = from.id;
  to.instance_type = from.traits->instance_type;
  to.instance_role = from.traits->instance_profile;
  to.instance_state = std::string(state_name(from.state));
  to.architecture = "x86_64";
  to.ip_address = from.private_ip();
  to.launch_time = from.launched;
  to.ping_status.emplace(ping_status(node.reach));
  to.last_ping_date_time = std::chrono::floor<std::chrono::milliseconds>(last_ping(node, now));
  to.agent_version = agent_version(from);
  to.platform_type.emplace(platform_type(from));
  to.platform_name = from.traits->platform_name;
  to.platform_version = from.traits->platform_version;
  to.registration_date = from.registered;
  to.resource_type = "EC2Instance";
  to.computer_name = from.name;
  to.source_id = from.id;
  to.source_type.emplace("AWS::EC2::Instance");
  if (node.is_hybrid()) to.resource_type = "ManagedInstance";
  if (node.managed != nullptr) describe_managed(*node.managed, to);
  return to;
}

std::string question_of(const Info& info, const std::vector<NodeFilter>& filters) {
  std::string text = "nodes/" + info.caller.account_id + "/" + info.region;
  for (const NodeFilter& filter : filters) text += "\n" + filter.key + "=" + join(filter.values, "\t");
  return text;
}

}  // namespace ssm_nodes

Result<aws::ssm::DescribeInstanceInformationResponse> SsmService::nodes(
    const Info& info, const aws::ssm::DescribeInstanceInformationRequest& request) const {
  using namespace ssm_nodes;
  TRY_VOID(authorize(info));
  TRY(const std::vector<NodeFilter> filters, filters_of(request));
  const WallTime now = cloud_.now(info.ctx.clock());
  std::vector<Node> found;
  for (const Node& node : listed_nodes(cloud_, engine_, info, now)) {
    const bool wanted =
        std::all_of(filters.begin(), filters.end(), [&](const NodeFilter& filter) { return matches(node, filter); });
    if (wanted) found.push_back(node);
  }
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : kPageDefault;
  TRY(const Page page, page_of(request.next_token.value_or(""), question_of(info, filters), found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i].instance->id; }));
  aws::ssm::DescribeInstanceInformationResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.instance_information_list.push_back(describe_node(found[i], now));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ssm::GetConnectionStatusResponse> SsmService::connection(
    const Info& info, const aws::ssm::GetConnectionStatusRequest& request) const {
  const Instance* instance = cloud_.find_node(info.caller.account_id, info.region, *request.target);
  Access access;
  if (instance == nullptr) access.on("*");
  if (instance != nullptr) access.on(instance->arn(), instance->all_tags());
  TRY_VOID(authorize(info, access));
  const bool connected = instance != nullptr && sessions_.reaches(*instance);
  aws::ssm::GetConnectionStatusResponse response;
  response.target = *request.target;
  response.status.emplace(connected ? "connected" : "notconnected");
  return response;
}

Result<aws::ssm::DescribeInstancePropertiesResponse> SsmService::properties(
    const Info& info, const aws::ssm::DescribeInstancePropertiesRequest& request) const {
  using namespace ssm_nodes;
  TRY_VOID(authorize(info));
  const WallTime now = cloud_.now(info.ctx.clock());
  std::vector<Node> found;
  TRY(const std::vector<PropertyFilter> filters, property_filters_of(request));
  for (const Node& node : listed_nodes(cloud_, engine_, info, now)) {
    const bool wanted = std::all_of(filters.begin(), filters.end(),
                                    [&](const PropertyFilter& filter) { return matches(node, filter); });
    if (wanted) found.push_back(node);
  }
  std::string question = "properties/" + info.caller.account_id + "/" + info.region;
  for (const PropertyFilter& filter : filters) {
    question += "\n" + filter.filter.key + filter.comparison + join(filter.filter.values, "\t");
  }
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : kPageDefault;
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i].instance->id; }));
  aws::ssm::DescribeInstancePropertiesResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.instance_properties.push_back(describe_properties(found[i], now));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

}  // namespace postern::sim
