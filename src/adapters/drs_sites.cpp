#include "adapters/drs_sites.hpp"

#include <algorithm>

#include "adapters/drs_settings.hpp"
#include "aws/core/pager.hpp"
#include "aws/ec2/ops.hpp"
#include "aws/iam/ops.hpp"
#include "recovery/server_source.hpp"

namespace postern::adapters {
namespace drs_sites {

namespace drs = aws::drs;
namespace ec2 = aws::ec2;
using recovery::Settings;

constexpr std::int32_t kDataPort = 1500;

bool has_code(const Error& error, std::string_view code) {
  return error.aws() != nullptr && error.aws()->code == code;
}

/// A call whose answer says no more than that it was taken.
template <class Op>
rt::Task<Result<void>> order(rt::CallContext ctx, AwsSession& session, fleet::ScopePtr site,
                             typename Op::Request request) {
  CO_TRY(aws::CallScope call, session.call_scope(*site));
  auto done = co_await aws::call<Op>(ctx, session.invoker(), std::move(call), std::move(request));
  if (!done) co_return fail(std::move(done).error());
  co_return Result<void>();
}

/// Whether a rule lets the data port in.
bool is_for_data(const ec2::IpPermission& rule) {
  const std::string protocol = rule.ip_protocol.value_or("-1");
  if (protocol == "-1") return true;
  if (protocol != "tcp" && protocol != "6") return false;
  return rule.from_port.value_or(0) <= kDataPort && rule.to_port.value_or(65'535) >= kDataPort;
}

recovery::DataPortRule rule_of(const ec2::SecurityGroup& group) {
  recovery::DataPortRule out;
  out.group = group.group_id.value_or("");
  for (const ec2::IpPermission& rule : group.ip_permissions) {
    if (!is_for_data(rule)) continue;
    for (const ec2::IpRange& range : rule.ip_ranges) out.sources.push_back(range.cidr_ip.value_or(""));
    for (const ec2::Ipv6Range& range : rule.ipv6_ranges) out.sources.push_back(range.cidr_ipv6.value_or(""));
    for (const ec2::UserIdGroupPair& pair : rule.user_id_group_pairs) {
      out.sources.push_back(pair.group_id.value_or(""));
    }
    for (const ec2::PrefixListId& list : rule.prefix_list_ids) {
      out.sources.push_back(list.prefix_list_id.value_or(""));
    }
  }
  return out;
}

recovery::LaunchTemplate template_of(const ec2::LaunchTemplateVersion& wire) {
  recovery::LaunchTemplate out;
  out.id = wire.launch_template_id.value_or("");
  out.version = wire.version_number.value_or(0);
  if (!wire.launch_template_data) return out;
  const ec2::ResponseLaunchTemplateData& data = *wire.launch_template_data;
  if (data.instance_type) out.instance_type = data.instance_type->text();
  out.security_groups = data.security_group_ids;
  if (!data.network_interfaces.empty()) {
    out.subnet = data.network_interfaces.front().subnet_id.value_or("");
    if (!data.network_interfaces.front().groups.empty()) out.security_groups = data.network_interfaces.front().groups;
  }
  if (data.iam_instance_profile) {
    out.instance_profile = data.iam_instance_profile->name.value_or(data.iam_instance_profile->arn.value_or(""));
  }
  return out;
}

}  // namespace drs_sites

rt::Task<Result<std::optional<std::vector<recovery::Settings>>>> DrsSites::replication_templates(rt::CallContext ctx,
                                                                                                 fleet::ScopePtr site) {
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  aws::drs::DescribeReplicationConfigurationTemplatesRequest request;
  aws::Pager<aws::drs::DescribeReplicationConfigurationTemplates> pager(ctx, session_.invoker(), std::move(call),
                                                                        std::move(request));
  std::optional<std::vector<recovery::Settings>> out(std::in_place);
  for (;;) {
    auto page = co_await pager.next();
    if (!page && recovery::is_uninitialized(page.error())) co_return std::optional<std::vector<recovery::Settings>>();
    if (!page) co_return fail(std::move(page).error());
    if (!*page) co_return out;
    for (const aws::drs::ReplicationConfigurationTemplate& each : (*page)->items) {
      out->emplace_back();
      out->back().id = each.replication_configuration_template_id.value_or("");
      out->back().values = drs_settings::replication_json(each);
    }
  }
}

rt::Task<Result<std::vector<recovery::Settings>>> DrsSites::launch_templates(rt::CallContext ctx,
                                                                             fleet::ScopePtr site) {
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  aws::drs::DescribeLaunchConfigurationTemplatesRequest request;
  aws::Pager<aws::drs::DescribeLaunchConfigurationTemplates> pager(ctx, session_.invoker(), std::move(call),
                                                                   std::move(request));
  std::vector<recovery::Settings> out;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return out;
    for (const aws::drs::LaunchConfigurationTemplate& each : page->items) {
      out.emplace_back();
      out.back().id = each.launch_configuration_template_id.value_or("");
      out.back().values = drs_settings::launch_json(each);
    }
  }
}

rt::Task<Result<void>> DrsSites::initialize(rt::CallContext ctx, fleet::ScopePtr site) {
  aws::drs::InitializeServiceRequest request;
  return drs_sites::order<aws::drs::InitializeService>(ctx, session_, std::move(site), std::move(request));
}

rt::Task<Result<void>> DrsSites::put_replication_template(rt::CallContext ctx, fleet::ScopePtr site,
                                                          recovery::Settings settings) {
  if (settings.id.empty()) {
    aws::drs::CreateReplicationConfigurationTemplateRequest request;
    drs_settings::put_replication(settings.values, request);
    return drs_sites::order<aws::drs::CreateReplicationConfigurationTemplate>(ctx, session_, std::move(site),
                                                                              std::move(request));
  }
  aws::drs::UpdateReplicationConfigurationTemplateRequest request;
  request.replication_configuration_template_id = std::move(settings.id);
  drs_settings::put_replication(settings.values, request);
  return drs_sites::order<aws::drs::UpdateReplicationConfigurationTemplate>(ctx, session_, std::move(site),
                                                                            std::move(request));
}

rt::Task<Result<void>> DrsSites::put_launch_template(rt::CallContext ctx, fleet::ScopePtr site,
                                                     recovery::Settings settings) {
  if (settings.id.empty()) {
    aws::drs::CreateLaunchConfigurationTemplateRequest request;
    drs_settings::put_launch(settings.values, request);
    return drs_sites::order<aws::drs::CreateLaunchConfigurationTemplate>(ctx, session_, std::move(site),
                                                                         std::move(request));
  }
  aws::drs::UpdateLaunchConfigurationTemplateRequest request;
  request.launch_configuration_template_id = std::move(settings.id);
  drs_settings::put_launch(settings.values, request);
  return drs_sites::order<aws::drs::UpdateLaunchConfigurationTemplate>(ctx, session_, std::move(site),
                                                                       std::move(request));
}

rt::Task<Result<recovery::Settings>> DrsSites::server_replication(rt::CallContext ctx, fleet::ScopePtr site,
                                                                  std::string id) {
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  recovery::Settings out;
  out.id = id;
  aws::drs::GetReplicationConfigurationRequest request;
  request.source_server_id = std::move(id);
  CO_TRY(const auto answer, co_await aws::call<aws::drs::GetReplicationConfiguration>(
                                ctx, session_.invoker(), std::move(call), std::move(request)));
  out.values = drs_settings::replication_json(answer);
  co_return out;
}

rt::Task<Result<recovery::Settings>> DrsSites::server_launch(rt::CallContext ctx, fleet::ScopePtr site,
                                                             std::string id) {
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  recovery::Settings out;
  out.id = id;
  aws::drs::GetLaunchConfigurationRequest request;
  request.source_server_id = std::move(id);
  CO_TRY(const auto answer, co_await aws::call<aws::drs::GetLaunchConfiguration>(ctx, session_.invoker(),
                                                                                 std::move(call), std::move(request)));
  out.values = drs_settings::launch_json(answer);
  out.launch_template = answer.ec2_launch_template_id.value_or("");
  co_return out;
}

rt::Task<Result<recovery::LaunchTemplate>> DrsSites::launch_template(rt::CallContext ctx, fleet::ScopePtr site,
                                                                     std::string id) {
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  aws::ec2::DescribeLaunchTemplateVersionsRequest request;
  request.launch_template_id = std::move(id);
  request.versions = std::vector<std::string>(1, "$Default");
  CO_TRY(const auto answer, co_await aws::call<aws::ec2::DescribeLaunchTemplateVersions>(
                                ctx, session_.invoker(), std::move(call), std::move(request)));
  if (answer.launch_template_versions.empty()) co_return fail(ErrorKind::not_found, "it has no default version");
  co_return drs_sites::template_of(answer.launch_template_versions.front());
}

rt::Task<Result<void>> DrsSites::put_server_replication(rt::CallContext ctx, fleet::ScopePtr site,
                                                        recovery::Settings settings) {
  aws::drs::UpdateReplicationConfigurationRequest request;
  request.source_server_id = std::move(settings.id);
  drs_settings::put_replication(settings.values, request);
  return drs_sites::order<aws::drs::UpdateReplicationConfiguration>(ctx, session_, std::move(site), std::move(request));
}

rt::Task<Result<void>> DrsSites::put_server_launch(rt::CallContext ctx, fleet::ScopePtr site,
                                                   recovery::Settings settings) {
  aws::drs::UpdateLaunchConfigurationRequest request;
  request.source_server_id = std::move(settings.id);
  drs_settings::put_launch(settings.values, request);
  return drs_sites::order<aws::drs::UpdateLaunchConfiguration>(ctx, session_, std::move(site), std::move(request));
}

rt::Task<Result<bool>> DrsSites::has_role(rt::CallContext ctx, fleet::ScopePtr site, std::string name) {
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  aws::iam::GetRoleRequest request;
  request.role_name = std::move(name);
  auto answer = co_await aws::call<aws::iam::GetRole>(ctx, session_.invoker(), std::move(call), std::move(request));
  if (answer) co_return true;
  if (drs_sites::has_code(answer.error(), "NoSuchEntity")) co_return false;
  co_return fail(std::move(answer).error());
}

rt::Task<Result<recovery::StagingNetwork>> DrsSites::staging_network(rt::CallContext ctx, fleet::ScopePtr site,
                                                                     std::string subnet,
                                                                     std::vector<std::string> groups) {
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  recovery::StagingNetwork out;
  aws::ec2::DescribeSubnetsRequest ask;
  ask.subnet_ids.push_back(std::move(subnet));
  auto subnets = co_await aws::call<aws::ec2::DescribeSubnets>(ctx, session_.invoker(), call, std::move(ask));
  if (!subnets && drs_sites::has_code(subnets.error(), "InvalidSubnetID.NotFound")) co_return out;
  if (!subnets) co_return fail(std::move(subnets).error());
  if (subnets->subnets.empty()) co_return out;
  out.vpc = subnets->subnets.front().vpc_id.value_or("");
  out.free_addresses = subnets->subnets.front().available_ip_address_count.value_or(0);
  if (groups.empty()) co_return out;
  // By filter: a group that does not exist is then missing in the answer instead of an error about all of them.
  aws::ec2::DescribeSecurityGroupsRequest request;
  request.filters.emplace_back();
  request.filters.back().name = "group-id";
  request.filters.back().values = groups;
  aws::Pager<aws::ec2::DescribeSecurityGroups> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) break;
    for (const aws::ec2::SecurityGroup& group : page->security_groups) out.rules.push_back(drs_sites::rule_of(group));
  }
  for (const std::string& id : groups) {
    const bool there =
        std::any_of(out.rules.begin(), out.rules.end(), [&](const auto& rule) { return rule.group == id; });
    if (!there) out.missing.push_back(id);
  }
  co_return out;
}

rt::Task<Result<recovery::StagingChoices>> DrsSites::staging_choices(rt::CallContext ctx, fleet::ScopePtr site) {
  CO_TRY(const aws::CallScope call, session_.call_scope(*site));
  recovery::StagingChoices out;
  aws::ec2::DescribeSubnetsRequest of_subnets;
  aws::Pager<aws::ec2::DescribeSubnets> subnets(ctx, session_.invoker(), call, std::move(of_subnets));
  for (;;) {
    CO_TRY(const auto page, co_await subnets.next());
    if (!page) break;
    for (const aws::ec2::Subnet& subnet : page->subnets) {
      std::string what;
      for (const aws::ec2::Tag& tag : subnet.tags) {
        if (tag.key == "Name" && tag.value) what = *tag.value + ", ";
      }
      what += subnet.cidr_block.value_or("") + ", " + subnet.availability_zone.value_or("");
      out.subnets.emplace_back(subnet.subnet_id.value_or(""), std::move(what));
    }
  }
  aws::ec2::DescribeSecurityGroupsRequest of_groups;
  aws::Pager<aws::ec2::DescribeSecurityGroups> groups(ctx, session_.invoker(), call, std::move(of_groups));
  for (;;) {
    CO_TRY(const auto page, co_await groups.next());
    if (!page) break;
    for (const aws::ec2::SecurityGroup& group : page->security_groups) {
      if (group.group_name == "default") continue;
      out.groups.emplace_back(group.group_id.value_or(""),
                              group.group_name.value_or("") + ", " + group.vpc_id.value_or(""));
    }
  }
  const auto by_id = [](const recovery::StagingChoice& a, const recovery::StagingChoice& b) { return a.id < b.id; };
  std::sort(out.subnets.begin(), out.subnets.end(), by_id);
  std::sort(out.groups.begin(), out.groups.end(), by_id);
  co_return out;
}

}  // namespace postern::adapters
