// SSM's view of the instances.

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
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

bool matches(const Instance& instance, Reach reach, const NodeFilter& filter) {
  const auto& values = filter.values;
  if (filter.key == "InstanceIds") return contains(values, instance.id);
  if (filter.key == "AgentVersion") return contains(values, agent_version(instance));
  if (filter.key == "PingStatus") return contains(values, ping_status(reach));
  if (filter.key == "PlatformType" || filter.key == "PlatformTypes") return contains(values, platform_type(instance));
  if (filter.key == "ResourceType") return contains(values, "EC2Instance");
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
  return false;  // IamRole, ActivationIds and the like: hybrid nodes only, of which there are none
}

WallTime last_ping(const Instance& instance, Reach reach, WallTime now) {
  if (reach == Reach::lost) return now - std::chrono::hours(49);
  if (reach == Reach::silent) return now - std::chrono::minutes(4);
  // A ping every five minutes since the registration.
  return now - (now - std::min(instance.registered, now)) % Duration(kPing);
}

aws::ssm::InstanceInformation describe_node(const Instance& from, Reach reach, WallTime now) {
  const std::string version = agent_version(from);
  aws::ssm::InstanceInformation to;
  to.instance_id = from.id;
  to.ping_status.emplace(ping_status(reach));
  to.last_ping_date_time = std::chrono::floor<std::chrono::milliseconds>(last_ping(from, reach, now));
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

bool matches(const Instance& instance, Reach reach, const PropertyFilter& filter) {
  const auto& values = filter.filter.values;
  const std::string version = agent_version(instance);
  const auto any = [&](auto compare) { return std::any_of(values.begin(), values.end(), compare); };
  if (filter.comparison == "NotEqual") return !matches(instance, reach, filter.filter);
  if (filter.comparison == "BeginWith") return any([&](const std::string& one) { return version.starts_with(one); });
  if (filter.comparison == "LessThan") return any([&](const std::string& one) { return version_before(version, one); });
  if (filter.comparison == "GreaterThan") {
    return any([&](const std::string& one) { return version_before(one, version); });
  }
  return matches(instance, reach, filter.filter);
}

aws::ssm::InstanceProperty describe_properties(const Instance& from, Reach reach, WallTime now) {
  aws::ssm::InstanceProperty to;
  to.name = from.name;
  to.instance_id = from.id;
  to.instance_type = from.traits->instance_type;
  to.instance_role = from.traits->instance_profile;
  to.instance_state = std::string(state_name(from.state));
  to.architecture = "x86_64";
  to.ip_address = from.private_ip();
  to.launch_time = from.launched;
  to.ping_status.emplace(ping_status(reach));
  to.last_ping_date_time = std::chrono::floor<std::chrono::milliseconds>(last_ping(from, reach, now));
  to.agent_version = agent_version(from);
  to.platform_type.emplace(platform_type(from));
  to.platform_name = from.traits->platform_name;
  to.platform_version = from.traits->platform_version;
  to.registration_date = from.registered;
  to.resource_type = "EC2Instance";
  to.computer_name = from.name;
  to.source_id = from.id;
  to.source_type.emplace("AWS::EC2::Instance");
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
  std::vector<const Instance*> found;
  for (const Instance& instance : cloud_.instances(info.caller.account_id, info.region)) {
    if (!ssm_shared::is_listed(instance)) continue;
    if (ec2::presence_of(cloud_.ec2(), instance, now) == ec2::Presence::absent) continue;
    const bool wanted = std::all_of(filters.begin(), filters.end(), [&](const NodeFilter& filter) {
      return matches(instance, engine_.reach(instance), filter);
    });
    if (wanted) found.push_back(&instance);
  }
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : kPageDefault;
  TRY(const Page page, page_of(request.next_token.value_or(""), question_of(info, filters), found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i]->id; }));
  aws::ssm::DescribeInstanceInformationResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.instance_information_list.push_back(describe_node(*found[i], engine_.reach(*found[i]), now));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ssm::GetConnectionStatusResponse> SsmService::connection(
    const Info& info, const aws::ssm::GetConnectionStatusRequest& request) const {
  const Instance* instance = cloud_.find_instance(info.caller.account_id, info.region, *request.target);
  Access access;
  if (instance == nullptr) access.on("*");
  if (instance != nullptr) access.on(instance->arn(), instance->all_tags());
  TRY_VOID(authorize(info, access));
  const bool connected = instance != nullptr && engine_.reach(*instance) == Reach::connected;
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
  std::vector<const Instance*> found;
  TRY(const std::vector<PropertyFilter> filters, property_filters_of(request));
  for (const Instance& instance : cloud_.instances(info.caller.account_id, info.region)) {
    if (!ssm_shared::is_listed(instance)) continue;
    if (ec2::presence_of(cloud_.ec2(), instance, now) == ec2::Presence::absent) continue;
    const bool wanted = std::all_of(filters.begin(), filters.end(), [&](const PropertyFilter& filter) {
      return matches(instance, engine_.reach(instance), filter);
    });
    if (wanted) found.push_back(&instance);
  }
  std::string question = "properties/" + info.caller.account_id + "/" + info.region;
  for (const PropertyFilter& filter : filters) {
    question += "\n" + filter.filter.key + filter.comparison + join(filter.filter.values, "\t");
  }
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : kPageDefault;
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i]->id; }));
  aws::ssm::DescribeInstancePropertiesResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.instance_properties.push_back(describe_properties(*found[i], engine_.reach(*found[i]), now));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

}  // namespace postern::sim
