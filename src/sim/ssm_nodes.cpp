// SSM's view of the instances, and its documents.

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/paging.hpp"
#include "sim/ssm_service.hpp"
#include "sim/ssm_shared.hpp"

namespace postern::sim {
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

/// Stopped and terminated instances are absent, as are those that never registered.
bool is_listed(const Instance& instance) {
  return instance.is_managed() &&
         (instance.state == InstanceState::running || instance.state == InstanceState::pending);
}

std::string_view ping_status(const Instance& instance) {
  return instance.traits->agent.profile == AgentProfile::connection_lost ? "ConnectionLost" : "Online";
}

std::string_view platform_type(const Instance& instance) {
  return instance.traits->platform == Platform::windows ? "Windows" : "Linux";
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

bool matches(const Instance& instance, const NodeFilter& filter) {
  const auto& values = filter.values;
  if (filter.key == "InstanceIds") return contains(values, instance.id);
  if (filter.key == "AgentVersion") return contains(values, instance.traits->agent.version);
  if (filter.key == "PingStatus") return contains(values, ping_status(instance));
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

WallTime last_ping(const Instance& instance, WallTime now) {
  if (instance.traits->agent.profile == AgentProfile::connection_lost) return now - std::chrono::hours(49);
  if (instance.traits->agent.profile == AgentProfile::offline) return now - std::chrono::minutes(4);
  // A ping every five minutes since the registration.
  const auto since = (now - instance.registered) % Duration(kPing);
  return now - since;
}

aws::ssm::InstanceInformation describe_node(const Instance& from, WallTime now) {
  aws::ssm::InstanceInformation to;
  to.instance_id = from.id;
  to.ping_status.emplace(ping_status(from));
  to.last_ping_date_time = std::chrono::floor<std::chrono::milliseconds>(last_ping(from, now));
  to.agent_version = from.traits->agent.version;
  to.is_latest_version = from.traits->agent.version == kLatestAgent;
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
  std::vector<const Instance*> found;
  for (const Instance& instance : cloud_.instances(info.caller.account_id, info.region)) {
    if (!is_listed(instance)) continue;
    const bool wanted = std::all_of(filters.begin(), filters.end(),
                                    [&](const NodeFilter& filter) { return matches(instance, filter); });
    if (wanted) found.push_back(&instance);
  }
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : kPageDefault;
  TRY(const Page page, page_of(request.next_token.value_or(""), question_of(info, filters), found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i]->id; }));
  aws::ssm::DescribeInstanceInformationResponse response;
  const WallTime now = cloud_.now(info.ctx.clock());
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.instance_information_list.push_back(describe_node(*found[i], now));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ssm::GetConnectionStatusResponse> SsmService::connection(
    const Info& info, const aws::ssm::GetConnectionStatusRequest& request) const {
  const Instance* instance = cloud_.find_instance(info.caller.account_id, info.region, *request.target);
  TRY_VOID(authorize(info, instance != nullptr ? instance->arn() : std::string("*")));
  bool connected = false;
  if (instance != nullptr && instance->state == InstanceState::running) {
    const AgentProfile profile = instance->traits->agent.profile;
    connected = profile == AgentProfile::live || profile == AgentProfile::slow;
  }
  aws::ssm::GetConnectionStatusResponse response;
  response.target = *request.target;
  response.status.emplace(connected ? "connected" : "notconnected");
  return response;
}

Result<const Document*> SsmService::document(const Info& info, const std::string& name,
                                             const std::optional<std::string>& version) const {
  using aws::server::fault;
  const Document* found = documents_.find(name);
  if (found == nullptr) {
    return fail(fault(ErrorKind::not_found, "InvalidDocument",
                      "Document with name " + printable(name, 200) + " does not exist.", 400));
  }
  const bool fits = !version || *version == found->version || *version == "$DEFAULT" || *version == "$LATEST";
  if (!fits) {
    return fail(fault(ErrorKind::not_found, "InvalidDocumentVersion",
                      "The document version " + printable(*version, 40) + " is not valid or does not exist.", 400));
  }
  return found;
}

Result<aws::ssm::DescribeDocumentResponse> SsmService::describe(
    const Info& info, const aws::ssm::DescribeDocumentRequest& request) const {
  TRY_VOID(authorize(info, "arn:aws:ssm:" + info.region + "::document/" + *request.name));
  TRY(const Document* found, document(info, *request.name, request.document_version));
  aws::ssm::DescribeDocumentResponse response;
  aws::ssm::DocumentDescription& to = response.document.emplace();
  to.name = found->name;
  to.owner = "Amazon";
  to.hash = found->hash;
  to.hash_type.emplace("Sha256");
  to.created_date = WallTime(std::chrono::seconds(1'500'000'000));
  to.status.emplace("Active");
  to.document_version = found->version;
  to.latest_version = found->version;
  to.default_version = found->version;
  to.description = found->description;
  to.schema_version = found->schema_version;
  to.document_type.emplace("Command");
  to.document_format.emplace("JSON");
  for (const Platform platform : found->platforms) {
    to.platform_types.emplace_back(platform == Platform::windows ? "Windows" : "Linux");
  }
  for (const DocumentParameter& parameter : found->parameters) {
    aws::ssm::DocumentParameter& made = to.parameters.emplace_back();
    made.name = parameter.name;
    made.type.emplace(parameter.type == DocumentParameter::Type::string_list ? "StringList" : "String");
    made.description = parameter.description;
    if (!parameter.required) made.default_value = parameter.default_value;
  }
  return response;
}

Result<aws::ssm::GetDocumentResponse> SsmService::read_document(const Info& info,
                                                                const aws::ssm::GetDocumentRequest& request) const {
  TRY_VOID(authorize(info, "arn:aws:ssm:" + info.region + "::document/" + *request.name));
  TRY(const Document* found, document(info, *request.name, request.document_version));
  aws::ssm::GetDocumentResponse response;
  response.name = found->name;
  response.created_date = WallTime(std::chrono::seconds(1'500'000'000));
  response.document_version = found->version;
  response.status.emplace("Active");
  response.content = found->content;
  response.document_type.emplace("Command");
  response.document_format.emplace("JSON");
  return response;
}

SsmService::Answer<aws::ssm::DescribeInstanceInformationResponse> SsmService::describe_instance_information(
    Info info, aws::ssm::DescribeInstanceInformationRequest request) {
  co_return nodes(info, request);
}

SsmService::Answer<aws::ssm::GetConnectionStatusResponse> SsmService::get_connection_status(
    Info info, aws::ssm::GetConnectionStatusRequest request) {
  co_return connection(info, request);
}

SsmService::Answer<aws::ssm::DescribeDocumentResponse> SsmService::describe_document(
    Info info, aws::ssm::DescribeDocumentRequest request) {
  co_return describe(info, request);
}

SsmService::Answer<aws::ssm::GetDocumentResponse> SsmService::get_document(Info info,
                                                                           aws::ssm::GetDocumentRequest request) {
  co_return read_document(info, request);
}

}  // namespace postern::sim
