#include "adapters/network_source.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "access/log_writer.hpp"
#include "adapters/network_records.hpp"
#include "adapters/node_roles.hpp"
#include "aws/core/pager.hpp"
#include "aws/ec2/ops.hpp"
#include "aws/ssm/ops.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace postern::adapters {
namespace network_source {

// What each operation takes at most.
constexpr std::int32_t kPage = 1000;
constexpr std::int32_t kTablePage = 100;
constexpr std::int32_t kAgentPage = 50;
/// A filter holds so many values; with more VPCs everything is read.
constexpr std::size_t kFilterValuesMax = 200;
/// Where Session Manager's preferences are kept.
constexpr std::string_view kPreferences = "SSM-SessionManagerRunShell";

aws::ec2::Filter filter(std::string name, std::vector<std::string> values) {
  aws::ec2::Filter out;
  out.name = std::move(name);
  out.values = std::move(values);
  return out;
}

std::string block_of(const aws::ec2::Vpc& vpc) {
  return vpc.cidr_block.value_or("");
}

}  // namespace network_source

/// One question on its way.
struct AwsNetworks::Place {
  Place(rt::CallContext c, fleet::ScopePtr s, NetworkQuestion q)
      : ctx(c), scope(std::move(s)), question(std::move(q)) {}
  rt::CallContext ctx;
  fleet::ScopePtr scope;
  NetworkQuestion question;
  aws::CallScope call;
  access::NetworkFacts facts;
  std::map<std::string, std::vector<access::NodeFacts>> nodes;  ///< by VPC
  std::vector<std::string> log_groups;

  access::VpcFacts* find(const std::optional<std::string>& id) {
    for (access::VpcFacts& vpc : facts.vpcs) {
      if (id == vpc.id) return &vpc;
    }
    return nullptr;
  }
  /// The VPCs that are looked at, as a filter.
  template <class Request>
  void limit(Request& request) const {
    if (facts.vpcs.size() > network_source::kFilterValuesMax) return;
    std::vector<std::string> ids;
    for (const access::VpcFacts& vpc : facts.vpcs) ids.push_back(vpc.id);
    request.filters.push_back(network_source::filter("vpc-id", std::move(ids)));
  }
};

rt::Task<Result<access::NetworkFacts>> AwsNetworks::read(rt::CallContext ctx, fleet::ScopePtr scope,
                                                         NetworkQuestion question) {
  Place place(ctx, scope, std::move(question));
  CO_TRY(place.call, session_.call_scope(*scope));
  place.facts.account = scope->account.text();
  place.facts.region = scope->region.text();
  place.facts.partition = to_string(scope->partition);
  CO_TRY_VOID(co_await read_nodes(place));
  if (!place.question.vpc.empty()) place.nodes.try_emplace(place.question.vpc);
  if (place.nodes.empty()) co_return std::move(place.facts);
  CO_TRY_VOID(co_await read_vpcs(place));
  CO_TRY_VOID(co_await read_subnets(place));
  CO_TRY_VOID(co_await read_route_tables(place));
  CO_TRY_VOID(co_await read_groups(place));
  CO_TRY_VOID(co_await read_endpoints(place));
  if (place.question.agents) {
    CO_TRY_VOID(co_await read_agents(place));
    CO_TRY_VOID(co_await read_preferences(place));
    CO_TRY_VOID(co_await read_log_writers(place));
  }
  co_return std::move(place.facts);
}

rt::Task<Result<void>> AwsNetworks::read_nodes(Place& place) {
  aws::ec2::DescribeInstancesRequest request;
  request.max_results = network_source::kPage;
  request.filters.push_back(
      network_source::filter("instance-state-name", {"pending", "running", "stopping", "stopped"}));
  if (!place.question.vpc.empty()) request.filters.push_back(network_source::filter("vpc-id", {place.question.vpc}));
  aws::Pager<aws::ec2::DescribeInstances> pager(place.ctx, session_.invoker(), place.call, std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return Result<void>();
    for (const aws::ec2::Reservation& reservation : page->reservations) {
      for (const aws::ec2::Instance& each : reservation.instances) {
        if (each.vpc_id) place.nodes[*each.vpc_id].push_back(network_records::node_of(each));
      }
    }
  }
}

rt::Task<Result<void>> AwsNetworks::read_vpcs(Place& place) {
  aws::ec2::DescribeVpcsRequest request;
  request.max_results = network_source::kPage;
  if (place.nodes.size() <= network_source::kFilterValuesMax) {
    std::vector<std::string> ids;
    for (const auto& [id, nodes] : place.nodes) ids.push_back(id);
    request.filters.push_back(network_source::filter("vpc-id", std::move(ids)));
  }
  aws::Pager<aws::ec2::DescribeVpcs> pager(place.ctx, session_.invoker(), place.call, std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) break;
    for (const aws::ec2::Vpc& each : page->vpcs) {
      const auto nodes = place.nodes.find(each.vpc_id.value_or(""));
      if (nodes == place.nodes.end()) continue;
      access::VpcFacts& vpc = place.facts.vpcs.emplace_back();
      vpc.id = nodes->first;
      vpc.name = network_records::tag_of(each.tags, "Name");
      vpc.cidrs.push_back(network_source::block_of(each));
      for (const aws::ec2::VpcCidrBlockAssociation& more : each.cidr_block_association_set) {
        const std::string block = more.cidr_block.value_or("");
        if (!block.empty() && std::ranges::find(vpc.cidrs, block) == vpc.cidrs.end()) vpc.cidrs.push_back(block);
      }
      vpc.nodes = std::move(nodes->second);
      std::ranges::sort(vpc.nodes, {}, &access::NodeFacts::id);
    }
  }
  std::ranges::sort(place.facts.vpcs, {}, &access::VpcFacts::id);
  const std::string& wanted = place.question.vpc;
  if (!wanted.empty() && place.find(wanted) == nullptr) {
    co_return fail(ErrorKind::not_found, "there is no VPC " + printable(wanted, 60) + " here");
  }
  for (access::VpcFacts& vpc : place.facts.vpcs) CO_TRY_VOID(co_await read_attributes(place, vpc));
  co_return Result<void>();
}

rt::Task<Result<void>> AwsNetworks::read_attributes(Place& place, access::VpcFacts& vpc) {
  for (const std::string_view name : {"enableDnsSupport", "enableDnsHostnames"}) {
    aws::ec2::DescribeVpcAttributeRequest request;
    request.vpc_id = vpc.id;
    request.attribute.emplace(name);
    CO_TRY(const auto got, co_await aws::call<aws::ec2::DescribeVpcAttribute>(place.ctx, session_.invoker(), place.call,
                                                                              std::move(request)));
    const bool support = name == "enableDnsSupport";
    const auto& value = support ? got.enable_dns_support : got.enable_dns_hostnames;
    (support ? vpc.dns_support : vpc.dns_hostnames) = value && value->value.value_or(false);
  }
  co_return Result<void>();
}

rt::Task<Result<void>> AwsNetworks::read_subnets(Place& place) {
  aws::ec2::DescribeSubnetsRequest request;
  request.max_results = network_source::kPage;
  place.limit(request);
  aws::Pager<aws::ec2::DescribeSubnets> pager(place.ctx, session_.invoker(), place.call, std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return Result<void>();
    for (const aws::ec2::Subnet& each : page->subnets) {
      access::VpcFacts* vpc = place.find(each.vpc_id);
      if (vpc == nullptr || !each.subnet_id) continue;
      access::SubnetFacts& subnet = vpc->subnets[*each.subnet_id];
      subnet.id = *each.subnet_id;
      subnet.zone = each.availability_zone.value_or("");
      subnet.cidr = each.cidr_block.value_or("");
    }
  }
}

rt::Task<Result<void>> AwsNetworks::read_route_tables(Place& place) {
  aws::ec2::DescribeRouteTablesRequest request;
  request.max_results = network_source::kTablePage;
  place.limit(request);
  aws::Pager<aws::ec2::DescribeRouteTables> pager(place.ctx, session_.invoker(), place.call, std::move(request));
  std::map<std::string, std::string> main;  // by VPC
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) break;
    for (const aws::ec2::RouteTable& each : page->route_tables) {
      access::VpcFacts* vpc = place.find(each.vpc_id);
      if (vpc == nullptr || !each.route_table_id) continue;
      vpc->route_tables[*each.route_table_id] = network_records::routes_of(each);
      for (const aws::ec2::RouteTableAssociation& one : each.associations) {
        if (one.main.value_or(false)) main[vpc->id] = *each.route_table_id;
        const auto subnet = vpc->subnets.find(one.subnet_id.value_or(""));
        if (subnet != vpc->subnets.end()) subnet->second.route_table = *each.route_table_id;
      }
    }
  }
  for (access::VpcFacts& vpc : place.facts.vpcs) {
    for (auto& [id, subnet] : vpc.subnets) {
      if (subnet.route_table.empty()) subnet.route_table = main[vpc.id];
    }
  }
  co_return Result<void>();
}

rt::Task<Result<void>> AwsNetworks::read_groups(Place& place) {
  aws::ec2::DescribeSecurityGroupsRequest request;
  request.max_results = network_source::kPage;
  place.limit(request);
  aws::Pager<aws::ec2::DescribeSecurityGroups> pager(place.ctx, session_.invoker(), place.call, std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return Result<void>();
    for (const aws::ec2::SecurityGroup& each : page->security_groups) {
      access::VpcFacts* vpc = place.find(each.vpc_id);
      if (vpc != nullptr && each.group_id) vpc->groups[*each.group_id] = network_records::rules_of(each);
    }
  }
}

rt::Task<Result<void>> AwsNetworks::read_endpoints(Place& place) {
  aws::ec2::DescribeVpcEndpointsRequest request;
  request.max_results = network_source::kPage;
  place.limit(request);
  aws::Pager<aws::ec2::DescribeVpcEndpoints> pager(place.ctx, session_.invoker(), place.call, std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return Result<void>();
    for (const aws::ec2::VpcEndpoint& each : page->vpc_endpoints) {
      access::VpcFacts* vpc = place.find(each.vpc_id);
      if (vpc != nullptr) vpc->endpoints.push_back(network_records::endpoint_of(each, place.facts.region));
    }
  }
}

rt::Task<Result<void>> AwsNetworks::read_agents(Place& place) {
  aws::ssm::DescribeInstanceInformationRequest request;
  request.max_results = network_source::kAgentPage;
  aws::Pager<aws::ssm::DescribeInstanceInformation> pager(place.ctx, session_.invoker(), place.call,
                                                          std::move(request));
  std::map<std::string, std::pair<std::string, bool>> agents;
  for (;;) {
    auto page = co_await pager.next();
    if (!page && page.error().kind() == ErrorKind::cancelled) co_return fail(std::move(page).error());
    if (!page) {
      place.facts.unread.push_back("who is online: " + page.error().message());
      co_return Result<void>();
    }
    if (!*page) break;
    for (const aws::ssm::InstanceInformation& each : (*page)->instance_information_list) {
      const bool online = each.ping_status && each.ping_status->text() == "Online";
      agents[each.instance_id.value_or("")] = {each.agent_version.value_or(""), online};
    }
  }
  for (access::VpcFacts& vpc : place.facts.vpcs) {
    for (access::NodeFacts& node : vpc.nodes) {
      const auto agent = agents.find(node.id);
      if (agent == agents.end()) continue;
      node.agent_version = agent->second.first;
      node.online = agent->second.second;
    }
  }
  co_return Result<void>();
}

rt::Task<Result<void>> AwsNetworks::read_preferences(Place& place) {
  if (!place.question.log_group.empty()) place.log_groups.push_back(place.question.log_group);
  aws::ssm::GetDocumentRequest request;
  request.name = network_source::kPreferences;
  auto got = co_await aws::call<aws::ssm::GetDocument>(place.ctx, session_.invoker(), place.call, std::move(request));
  if (!got && got.error().kind() == ErrorKind::cancelled) co_return fail(std::move(got).error());
  if (got) {
    const Result<Json> document = Json::parse(got->content.value_or(""));
    if (document) {
      const Json& inputs = (*document)["inputs"];
      const std::string group(inputs["cloudWatchLogGroupName"].to_string().value_or(""));
      if (!group.empty() && std::ranges::find(place.log_groups, group) == place.log_groups.end()) {
        place.log_groups.push_back(group);
      }
      place.facts.sessions_encrypted = !inputs["kmsKeyId"].to_string().value_or("").empty();
    }
  } else if (got.error().kind() == ErrorKind::denied) {
    place.facts.unread.push_back("the preferences of Session Manager: " + got.error().message());
  }
  place.facts.sessions_logged = !place.log_groups.empty();
  co_return Result<void>();
}

rt::Task<Result<void>> AwsNetworks::read_log_writers(Place& place) {
  if (place.log_groups.empty()) co_return Result<void>();
  std::set<std::string> profiles;
  for (const access::VpcFacts& vpc : place.facts.vpcs) {
    for (const access::NodeFacts& node : vpc.nodes) {
      if (!node.profile.empty()) profiles.insert(node.profile);
    }
  }
  for (const std::string& profile : profiles) {
    Result<void> judged = co_await judge_profile(place, profile);
    if (!judged && judged.error().kind() == ErrorKind::cancelled) co_return judged;
    if (!judged) place.facts.unread.push_back("the role of " + profile + ": " + judged.error().message());
  }
  co_return Result<void>();
}

rt::Task<Result<void>> AwsNetworks::judge_profile(Place& place, std::string profile_arn) {
  AwsNodeRoles roles(session_);
  CO_TRY(const std::optional<recovery::InstanceProfile> profile,
         co_await roles.profile(place.ctx, place.scope, recovery::profile_name_of(profile_arn)));
  if (!profile || profile->role.empty()) co_return Result<void>();
  CO_TRY(const recovery::NodeRole role, co_await roles.role(place.ctx, place.scope, profile->role, profile->role_arn));
  access::RoleFacts facts;
  facts.arn = role.arn;
  facts.organization = access::OrganizationState::none;
  std::vector<std::string> unread;
  for (const recovery::RolePolicy& policy : role.policies) {
    if (policy.document.empty()) {
      unread.push_back(policy.name + ": " + policy.unread);
    } else {
      facts.policies.emplace_back(policy.name, policy.arn, policy.document);
    }
  }
  if (role.boundary && !role.boundary->document.empty()) {
    facts.boundary.emplace(role.boundary->name, role.boundary->arn, role.boundary->document);
  }
  for (const std::string& group : place.log_groups) {
    access::LogGap gap = access::judge_log_writer(facts, place.facts, group);
    if (gap.missing.empty() && gap.unread.empty()) continue;
    gap.profile = profile_arn;
    // What was not read may grant it.
    gap.unread.insert(gap.unread.end(), unread.begin(), unread.end());
    if (!unread.empty()) gap.missing.clear();
    place.facts.log_gaps.push_back(std::move(gap));
  }
  co_return Result<void>();
}

}  // namespace postern::adapters
