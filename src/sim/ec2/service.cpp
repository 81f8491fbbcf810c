#include "sim/ec2/service.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sim/ec2/common.hpp"

namespace postern::sim {

ec2::Site& Ec2Service::site(const Info& info) {
  return cloud_.ec2().site(info.caller.account_id, info.region);
}

ec2::Network& Ec2Service::network(const Info& info) {
  return ec2::network_of(cloud_.ec2(), site(info), cloud_.begin());
}

ec2::Catalog& Ec2Service::catalog(const Info& info) {
  ec2::Site& here = site(info);
  if (!here.catalog) here.catalog = std::make_unique<ec2::Catalog>();
  return *here.catalog;
}

Result<std::vector<Instance*>> Ec2Service::instances_of(const Info& info, const std::vector<std::string>& ids) {
  std::vector<Instance*> found;
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    TRY_VOID(ec2::check_id(ec2::kInstanceId, id));
    Instance* instance = cloud_.ec2().find(id);
    const bool here =
        instance != nullptr && instance->account_id() == info.caller.account_id && instance->region() == info.region;
    if (!here) {
      missing.push_back(id);
    } else if (std::find(found.begin(), found.end(), instance) == found.end()) {
      found.push_back(instance);
    }
  }
  if (!missing.empty()) return fail(ec2::missing_id(ec2::kInstanceId, missing));
  return found;
}

Result<Instance*> Ec2Service::instance_of(const Info& info, const std::string& id) {
  std::vector<std::string> ids;
  ids.push_back(id);
  TRY(const std::vector<Instance*> found, instances_of(info, ids));
  return found.front();
}

Result<void> Ec2Service::check_profile(const Info& info, const std::string& profile) {
  const ec2::IamView* iam = cloud_.ec2().iam();
  if (iam == nullptr || iam->has_instance_profile(info.caller.account_id, profile)) return {};
  return fail(ec2::invalid_value("Value (" + printable(profile, 128) +
                                 ") for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile "
                                 "name"));
}

bool Ec2Service::subnet_in_use(const Info& info, std::string_view subnet_id) {
  const ec2::Network& net = network(info);
  const auto& instances = site(info).instances;
  return std::any_of(net.interfaces.begin(), net.interfaces.end(),
                     [&](const auto& entry) { return entry.second.subnet_id == subnet_id; }) ||
         std::any_of(instances.begin(), instances.end(), [&](const Instance& instance) {
           return instance.state != InstanceState::terminated && instance.placement->subnet_id == subnet_id;
         });
}

bool Ec2Service::group_in_use(const Info& info, std::string_view group_id) {
  const ec2::Network& net = network(info);
  const auto& instances = site(info).instances;
  const auto refers = [&](const aws::ec2::SecurityGroupRule& rule) {
    return rule.group_id != group_id && rule.referenced_group_info && rule.referenced_group_info->group_id == group_id;
  };
  for (const auto& [id, group] : net.groups) {
    if (std::any_of(group.rules.begin(), group.rules.end(), refers)) return true;
  }
  for (const auto& [id, interface] : net.interfaces) {
    for (const aws::ec2::GroupIdentifier& group : interface.groups) {
      if (group.group_id == group_id) return true;
    }
  }
  return std::any_of(instances.begin(), instances.end(), [&](const Instance& instance) {
    const auto& groups = instance.placement->security_groups;
    return instance.state != InstanceState::terminated &&
           std::find(groups.begin(), groups.end(), group_id) != groups.end();
  });
}

}  // namespace postern::sim
