// RunInstances.

#include <algorithm>
#include <set>

#include "aws/core/form_value.hpp"
#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/describe.hpp"
#include "sim/ec2/images.hpp"
#include "sim/ec2/service.hpp"
#include "sim/ec2/template_versions.hpp"

namespace postern::sim {
namespace launch_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::at;
using ec2::Fleet;
using ec2::Info;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;

constexpr std::int32_t kCallMax = 1'000;
constexpr std::size_t kSiteMax = 16'000;
constexpr std::size_t kGroupsMax = 5;
constexpr std::size_t kTokenMax = 64;
constexpr std::size_t kUserDataMax = 21'848;  // 16 KiB in base64
constexpr ec2::Address kFirstHost = 4;

/// What one call launches, from template and request together.
struct Launch {
  Launch() = default;
  InstanceTraits traits;
  InstancePlacement placement;
  InstanceExtras extras;
  TagMap tags;
  TagMap volume_tags;
  TagMap interface_tags;
  std::optional<bool> public_address;
  std::string private_address;
};

/// What both have by the same names.
struct Wanted {
  Wanted() = default;
  std::string image_id;
  std::string instance_type;
  std::string key_name;
  std::string profile;
  std::string subnet_id;
  std::vector<std::string> groups;
  bool any_tags = false;
};

Result<std::string> profile_name(const Info& info, const std::optional<std::string>& arn,
                                 const std::optional<std::string>& name) {
  if (name) return *name;
  const std::string prefix = "arn:aws:iam::" + info.caller.account_id + ":instance-profile/";
  if (!arn || !arn->starts_with(prefix)) {
    return fail(invalid_value("Value (" + printable(arn.value_or(""), 200) +
                              ") for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"));
  }
  return arn->substr(arn->rfind('/') + 1);
}

template <class Options>
void take_metadata(MetadataOptions& to, const Options& from) {
  if (from.http_tokens) {
    const bool required = from.http_tokens->text() == "required";
    to.tokens = required ? MetadataOptions::Tokens::required : MetadataOptions::Tokens::optional;
  }
  if (from.http_endpoint) {
    const bool enabled = from.http_endpoint->text() == "enabled";
    to.endpoint = enabled ? MetadataOptions::Endpoint::enabled : MetadataOptions::Endpoint::disabled;
  }
  if (from.http_put_response_hop_limit) {
    to.hop_limit = static_cast<std::uint8_t>(std::clamp(*from.http_put_response_hop_limit, 1, 64));
  }
  if (from.instance_metadata_tags) to.tags_enabled = from.instance_metadata_tags->text() == "enabled";
}

template <class Mapping>
Result<void> take_volume(Launch& launch, const std::vector<Mapping>& mappings) {
  for (const Mapping& mapping : mappings) {
    const std::string device = mapping.device_name.value_or("");
    if (!mapping.ebs || (device != "/dev/xvda" && device != "/dev/sda1")) {
      return fail(refuse("UnsupportedOperation",
                         "Only the root volume can be described to this simulator, not " + printable(device, 40)));
    }
    if (mapping.ebs->volume_size) launch.extras.volume_size = std::clamp(*mapping.ebs->volume_size, 1, 16'384);
    if (mapping.ebs->volume_type) launch.extras.volume_type = mapping.ebs->volume_type->text();
    if (mapping.ebs->encrypted) launch.extras.volume_encrypted = *mapping.ebs->encrypted;
  }
  return {};
}

/// The first interface's subnet, groups and address; no other can be had.
template <class Interface>
Result<void> take_interface(Launch& launch, Wanted& wanted, const std::vector<Interface>& interfaces) {
  if (interfaces.empty()) return {};
  const Interface& first = interfaces.front();
  if (interfaces.size() > 1 || first.network_interface_id || first.device_index.value_or(0) != 0) {
    return fail(refuse("UnsupportedOperation", "This simulator launches instances with one new interface"));
  }
  if (first.subnet_id) wanted.subnet_id = *first.subnet_id;
  if (!first.groups.empty()) wanted.groups = first.groups;
  if (first.associate_public_ip_address) launch.public_address = *first.associate_public_ip_address;
  if (first.private_ip_address) launch.private_address = *first.private_ip_address;
  return {};
}

template <class Specification>
Result<void> take_tags(Launch& launch, const std::vector<Specification>& specifications) {
  for (const Specification& specification : specifications) {
    const std::string type = specification.resource_type ? specification.resource_type->text() : "";
    TRY_VOID(ec2::check_tags(specification.tags));
    TagMap* to = type == "instance"            ? &launch.tags
                 : type == "volume"            ? &launch.volume_tags
                 : type == "network-interface" ? &launch.interface_tags
                                               : nullptr;
    if (to == nullptr) {
      return fail(
          invalid_value("'" + printable(type, 60) + "' is not a valid taggable resource type for this operation."));
    }
    for (const Tag& tag : specification.tags) (*to)[*tag.key] = tag.value.value_or("");
  }
  return {};
}

Result<void> take_template(const Info& info, const ResponseLaunchTemplateData& data, Launch& launch, Wanted& wanted) {
  static constexpr std::string_view kOffered[] = {"EbsOptimized",
                                                  "IamInstanceProfile",
                                                  "BlockDeviceMappings",
                                                  "NetworkInterfaces",
                                                  "ImageId",
                                                  "InstanceType",
                                                  "KeyName",
                                                  "Monitoring",
                                                  "DisableApiTermination",
                                                  "InstanceInitiatedShutdownBehavior",
                                                  "UserData",
                                                  "TagSpecifications",
                                                  "SecurityGroupIds",
                                                  "MetadataOptions",
                                                  "DisableApiStop"};
  for (const aws::Member& member : ResponseLaunchTemplateData::shape().members) {
    const bool offered = std::find(std::begin(kOffered), std::end(kOffered), member.name) != std::end(kOffered);
    if (offered || aws::member_value(&data, member) == nullptr) continue;
    return fail(refuse("UnsupportedOperation",
                       "This simulator cannot launch from a template with " + std::string(member.name)));
  }
  wanted.image_id = data.image_id.value_or("");
  if (data.instance_type) wanted.instance_type = data.instance_type->text();
  wanted.key_name = data.key_name.value_or("");
  if (data.iam_instance_profile) {
    TRY(wanted.profile, profile_name(info, data.iam_instance_profile->arn, data.iam_instance_profile->name));
  }
  wanted.groups = data.security_group_ids;
  TRY_VOID(take_interface(launch, wanted, data.network_interfaces));
  TRY_VOID(take_volume(launch, data.block_device_mappings));
  TRY_VOID(take_tags(launch, data.tag_specifications));
  if (data.metadata_options) take_metadata(launch.traits.metadata, *data.metadata_options);
  launch.extras.user_data = data.user_data.value_or("");
  launch.extras.disable_api_termination = data.disable_api_termination.value_or(false);
  launch.extras.disable_api_stop = data.disable_api_stop.value_or(false);
  launch.extras.ebs_optimized = data.ebs_optimized.value_or(true);
  if (data.monitoring) launch.extras.monitoring = data.monitoring->enabled.value_or(false);
  if (data.instance_initiated_shutdown_behavior) {
    launch.extras.terminate_on_shutdown = data.instance_initiated_shutdown_behavior->text() == "terminate";
  }
  return {};
}

Result<void> take_request(const Info& info, const RunInstancesRequest& request, Launch& launch, Wanted& wanted) {
  if (request.image_id) wanted.image_id = *request.image_id;
  if (request.instance_type) wanted.instance_type = request.instance_type->text();
  if (request.key_name) wanted.key_name = *request.key_name;
  if (request.iam_instance_profile) {
    TRY(wanted.profile, profile_name(info, request.iam_instance_profile->arn, request.iam_instance_profile->name));
  }
  const bool own_network = request.subnet_id || !request.security_group_ids.empty() || request.private_ip_address;
  if (own_network && !request.network_interfaces.empty()) {
    return fail(
        ec2::invalid_combination("Network interfaces and an instance-level subnet ID may not be specified on "
                                 "the same request"));
  }
  if (request.subnet_id) wanted.subnet_id = *request.subnet_id;
  if (!request.security_group_ids.empty()) wanted.groups = request.security_group_ids;
  if (request.private_ip_address) launch.private_address = *request.private_ip_address;
  TRY_VOID(take_interface(launch, wanted, request.network_interfaces));
  TRY_VOID(take_volume(launch, request.block_device_mappings));
  TRY_VOID(take_tags(launch, request.tag_specifications));
  if (request.metadata_options) take_metadata(launch.traits.metadata, *request.metadata_options);
  if (request.user_data) launch.extras.user_data = request.user_data->reveal();
  if (request.disable_api_termination) launch.extras.disable_api_termination = *request.disable_api_termination;
  if (request.disable_api_stop) launch.extras.disable_api_stop = *request.disable_api_stop;
  if (request.ebs_optimized) launch.extras.ebs_optimized = *request.ebs_optimized;
  if (request.monitoring) launch.extras.monitoring = request.monitoring->enabled.value_or(false);
  if (request.instance_initiated_shutdown_behavior) {
    launch.extras.terminate_on_shutdown = request.instance_initiated_shutdown_behavior->text() == "terminate";
  }
  launch.extras.client_token = request.client_token.value_or("");
  if (launch.extras.user_data.size() > kUserDataMax) {
    return fail(invalid_value("User data is limited to 16384 bytes"));
  }
  return {};
}

Result<void> check_counts(const RunInstancesRequest& request, std::size_t there) {
  const std::int32_t min = *request.min_count;
  const std::int32_t max = *request.max_count;
  if (min < 1) {
    return fail(invalid_value("Value (" + std::to_string(min) +
                              ") for parameter minCount is invalid. Expecting a "
                              "value greater than or equal to 1."));
  }
  if (max < min) {
    return fail(
        ec2::invalid_combination("Invalid value '" + std::to_string(max) + "' for maxCount: it is less than minCount"));
  }
  if (max > kCallMax || there + static_cast<std::size_t>(min) > kSiteMax) {
    return fail(refuse("InstanceLimitExceeded", "You have requested more instances (" + std::to_string(max) +
                                                    ") than your current instance limit allows"));
  }
  return {};
}

/// Free addresses of the subnet, lowest first, at most `count`.
std::vector<ec2::Address> free_addresses(const ec2::Site& site, const Subnet& subnet, std::size_t count) {
  const ec2::Cidr block = ec2::parse_cidr(*subnet.cidr_block).value_or(ec2::Cidr());
  std::set<ec2::Address> used;
  for (const sim::Instance& one : site.instances) {
    if (one.placement->subnet_id == *subnet.subnet_id && one.state != sim::InstanceState::terminated) {
      used.insert(one.private_address);
    }
  }
  for (const auto& [id, interface] : site.network->interfaces) {
    if (interface.subnet_id == subnet.subnet_id) {
      used.insert(ec2::parse_address(*interface.private_ip_address).value_or(0));
    }
  }
  std::vector<ec2::Address> free;
  const std::uint64_t last = block.size() - 1;  // the broadcast address
  for (std::uint64_t host = kFirstHost; host < last && free.size() < count; ++host) {
    const ec2::Address address = block.base + static_cast<ec2::Address>(host);
    if (!used.contains(address)) free.push_back(address);
  }
  return free;
}

Result<void> place(const ec2::Network& net, const Wanted& wanted, Launch& launch) {
  if (wanted.subnet_id.empty()) {
    return fail(refuse("MissingInput", "No subnets found for the default VPC. Please specify a subnet."));
  }
  TRY(const Subnet* subnet, at(net.subnets, ec2::kSubnetId, wanted.subnet_id));
  launch.placement.subnet_id = wanted.subnet_id;
  launch.placement.vpc_id = *subnet->vpc_id;
  launch.placement.availability_zone = *subnet->availability_zone;
  if (!launch.public_address) launch.public_address = subnet->map_public_ip_on_launch.value_or(false);
  launch.placement.security_groups = wanted.groups;
  if (wanted.groups.empty()) {
    launch.placement.security_groups.push_back(*ec2::default_group_of(net, *subnet->vpc_id)->shape.group_id);
  }
  if (wanted.groups.size() > kGroupsMax) {
    return fail(refuse("SecurityGroupsPerInterfaceLimitExceeded",
                       "The maximum number of security groups per interface has been reached."));
  }
  for (const std::string& id : wanted.groups) {
    TRY(const ec2::GroupRecord* group, at(net.groups, ec2::kGroupId, id));
    if (group->shape.vpc_id == *subnet->vpc_id) continue;
    return fail(refuse("InvalidParameter",
                       "Security group " + id + " and subnet " + wanted.subnet_id + " belong to different networks."));
  }
  return {};
}

Result<std::vector<ec2::Address>> addresses_for(const ec2::Site& site, const Launch& launch,
                                                const RunInstancesRequest& request) {
  const Subnet& subnet = site.network->subnets.at(launch.placement.subnet_id);
  if (!launch.private_address.empty()) {
    if (*request.max_count != 1) {
      return fail(ec2::invalid_combination("A private IP address can be given to a single instance only"));
    }
    const auto address = ec2::parse_address(launch.private_address);
    if (!address || !ec2::parse_cidr(*subnet.cidr_block).value_or(ec2::Cidr()).contains(*address)) {
      return fail(invalid_value("Address " + printable(launch.private_address, 60) +
                                " does not fall within the subnet's address range"));
    }
    const auto free = free_addresses(site, subnet, SIZE_MAX);
    if (std::find(free.begin(), free.end(), *address) == free.end()) {
      return fail(refuse("InvalidIPAddress.InUse", "Address " + launch.private_address + " is in use."));
    }
    std::vector<ec2::Address> one;
    one.push_back(*address);
    return one;
  }
  auto free = free_addresses(site, subnet, static_cast<std::size_t>(*request.max_count));
  if (free.size() >= static_cast<std::size_t>(*request.min_count)) return free;
  return fail(refuse("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in subnet '" +
                                                              launch.placement.subnet_id +
                                                              "' to satisfy the requested number of instances."));
}

std::string digest_of(const RunInstancesRequest& request) {
  std::string form;
  aws::encode_form(form, aws::FormDialect::ec2, RunInstancesRequest::shape(), &request);
  return derived_hex(1, form, 32);
}

/// 198.18.0.0/15, the addresses of RFC 2544: nobody has them.
ec2::Address public_address(std::uint64_t seed, const std::string& instance_id) {
  const auto number = std::stoul(derived_hex(seed, "public/" + instance_id, 5), nullptr, 16);
  return (198U << 24U) | (18U << 16U) | static_cast<ec2::Address>(number % 131'070 + 1);
}

}  // namespace launch_ops

/// From template and request, checked against what is there.
Result<launch_ops::Launch> Ec2Service::plan_launch(const Info& info, const aws::ec2::RunInstancesRequest& request) {
  using namespace launch_ops;
  ec2::Catalog& all = catalog(info);
  Launch launch;
  Wanted wanted;
  if (request.launch_template) {
    TRY(const ec2::TemplateRecord* record, ec2::find_template(all, request.launch_template->launch_template_id,
                                                              request.launch_template->launch_template_name));
    const std::string text = request.launch_template->version.value_or("$Default");
    const auto number = ec2::template_version(*record, text);
    if (!number) return fail(ec2::unknown_version(text));
    TRY_VOID(take_template(info, *record->versions.at(*number).launch_template_data, launch, wanted));
    launch.extras.launch_template_id = *record->shape.launch_template_id;
    launch.extras.launch_template_version = std::to_string(*number);
    launch.tags["aws:ec2launchtemplate:id"] = launch.extras.launch_template_id;
    launch.tags["aws:ec2launchtemplate:version"] = launch.extras.launch_template_version;
  }
  TRY_VOID(take_request(info, request, launch, wanted));
  if (wanted.image_id.empty()) return fail(ec2::missing_parameter("ImageId"));
  const ec2::ImageRecord* image = ec2::find_image(cloud_.ec2().seed(), info.region, wanted.image_id);
  if (image == nullptr) {
    return fail(
        refuse("InvalidAMIID.NotFound", "The image id '[" + printable(wanted.image_id, 60) + "]' does not exist"));
  }
  if (!wanted.key_name.empty() && !all.key_pairs.contains(wanted.key_name)) {
    return fail(
        refuse("InvalidKeyPair.NotFound", "The key pair '" + printable(wanted.key_name, 255) + "' does not exist"));
  }
  if (!wanted.profile.empty()) TRY_VOID(check_profile(info, wanted.profile));
  TRY_VOID(place(network(info), wanted, launch));
  launch.traits.platform = image->platform;
  launch.traits.platform_name = image->platform_name;
  launch.traits.platform_version = image->platform_version;
  launch.traits.image_id = wanted.image_id;
  launch.traits.instance_type = wanted.instance_type.empty() ? "m1.small" : wanted.instance_type;
  launch.traits.key_name = wanted.key_name;
  launch.traits.instance_profile = wanted.profile;
  launch.traits.agent = cloud_.config().launched_agent;
  return launch;
}

/// One instance for each address; their ids.
std::vector<std::string> Ec2Service::launch_all(const Info& info, const launch_ops::Launch& launch,
                                                const std::vector<std::uint32_t>& addresses) {
  ec2::Fleet& fleet = cloud_.ec2();
  ec2::Site& here = site(info);
  const std::string reservation = new_id(info, "r");
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    sim::Instance made;
    made.id = new_id(info, "i");
    made.traits = fleet.share(launch.traits);
    made.placement = fleet.share(launch.placement);
    made.extras = std::make_shared<InstanceExtras>(launch.extras);
    TagMap tags = launch.tags;
    if (const auto name = tags.find("Name"); name != tags.end() && !name->second.empty()) {
      made.name = name->second;
      tags.erase(name);
    }
    made.shared_tags = fleet.share(std::move(tags));
    made.reservation = std::stoull(reservation.substr(3), nullptr, 16);
    made.private_address = addresses[i];
    if (launch.public_address.value_or(false)) {
      made.public_address = launch_ops::public_address(fleet.seed(), made.id);
    }
    made.launch_index = static_cast<std::uint32_t>(i);
    made.launched = std::chrono::floor<std::chrono::seconds>(now(info));
    made.registered = WallTime::max();
    sim::Instance& kept = fleet.insert(here, std::move(made));
    fleet.change(kept, sim::InstanceState::pending, sim::InstanceState::running, now(info));
    if (!launch.volume_tags.empty()) catalog(info).part_tags[kept.volume_id()] = launch.volume_tags;
    if (!launch.interface_tags.empty()) catalog(info).part_tags[kept.interface_id()] = launch.interface_tags;
    ids.push_back(kept.id);
  }
  return ids;
}

Result<std::vector<std::string>> Ec2Service::launch_for_service(const Info& info,
                                                                const aws::ec2::RunInstancesRequest& request) {
  using namespace launch_ops;
  TRY_VOID(check_counts(request, site(info).instances.size()));
  TRY(const Launch launch, plan_launch(info, request));
  TRY(const std::vector<ec2::Address> addresses, addresses_for(site(info), launch, request));
  return launch_all(info, launch, addresses);
}

Result<aws::ec2::RunInstancesResponse> Ec2Service::run_instances(const Info& info,
                                                                 const aws::ec2::RunInstancesRequest& request) {
  using namespace launch_ops;
  TRY_VOID(admit(info, std::nullopt, arn_of(info, "instance/*")));
  TRY_VOID(only(info, &request,
                {"BlockDeviceMappings",
                 "ClientToken",
                 "DisableApiStop",
                 "DisableApiTermination",
                 "DryRun",
                 "EbsOptimized",
                 "IamInstanceProfile",
                 "ImageId",
                 "InstanceInitiatedShutdownBehavior",
                 "InstanceType",
                 "KeyName",
                 "LaunchTemplate",
                 "MaxCount",
                 "MetadataOptions",
                 "MinCount",
                 "Monitoring",
                 "NetworkInterfaces",
                 "PrivateIpAddress",
                 "SecurityGroupIds",
                 "SubnetId",
                 "TagSpecifications",
                 "UserData"}));
  const std::string token = "RunInstances/" + request.client_token.value_or("");
  if (request.client_token) {
    if (request.client_token->size() > kTokenMax) {
      return fail(invalid_value("Value for parameter clientToken is invalid. At most 64 characters are allowed."));
    }
    const auto used = catalog(info).tokens.find(token);
    if (used != catalog(info).tokens.end()) {
      if (used->second.digest == digest_of(request)) return reservation_of(info, used->second.ids);
      return fail(refuse("IdempotentParameterMismatch",
                         "Arguments on this idempotent request are inconsistent with arguments used in previous "
                         "request(s)."));
    }
  }
  TRY_VOID(check_counts(request, site(info).instances.size()));
  TRY(const Launch launch, plan_launch(info, request));
  TRY(const std::vector<ec2::Address> addresses, addresses_for(site(info), launch, request));
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "instance/*")));
  const std::vector<std::string> ids = launch_all(info, launch, addresses);
  if (request.client_token) {
    ec2::TokenUse& use = catalog(info).tokens[token];
    use.digest = digest_of(request);
    use.ids = ids;
  }
  return reservation_of(info, ids);
}

Result<aws::ec2::Reservation> Ec2Service::reservation_of(const Info& info, const std::vector<std::string>& ids) {
  TRY(const std::vector<sim::Instance*> instances, instances_of(info, ids));
  const ec2::Surroundings around(site(info));
  aws::ec2::Reservation reservation;
  reservation.owner_id = info.caller.account_id;
  for (const sim::Instance* instance : instances) {
    reservation.reservation_id = instance->reservation_id();
    reservation.instances.push_back(ec2::describe_instance(*instance, around));
  }
  return reservation;
}

}  // namespace postern::sim
