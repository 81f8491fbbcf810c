#include "sim/ec2/describe.hpp"

#include <algorithm>

#include "aws/core/scalar.hpp"
#include "base/text.hpp"
#include "sim/ec2/network.hpp"

namespace postern::sim::ec2 {
namespace describe {

std::string private_name(const Instance& instance) {
  std::string dashed = instance.private_ip();
  std::replace(dashed.begin(), dashed.end(), '.', '-');
  return "ip-" + dashed +
         (instance.region() == "us-east-1" ? ".ec2.internal" : "." + instance.region() + ".compute.internal");
}

std::string public_name(const Instance& instance) {
  if (instance.public_address == 0) return {};
  std::string dashed = to_text(instance.public_address);
  std::replace(dashed.begin(), dashed.end(), '.', '-');
  return "ec2-" + dashed +
         (instance.region() == "us-east-1" ? ".compute-1.amazonaws.com"
                                           : "." + instance.region() + ".compute.amazonaws.com");
}

bool is_windows(const Instance& instance) {
  return instance.traits->platform == Platform::windows;
}

std::string_view root_device(const Instance& instance) {
  return is_windows(instance) ? "/dev/sda1" : "/dev/xvda";
}

const InstanceExtras& extras_of(const Instance& instance) {
  static const InstanceExtras usual;
  return instance.extras ? *instance.extras : usual;
}

const TagMap* part_tags(const Surroundings& around, const std::string& id) {
  if (around.catalog == nullptr) return nullptr;
  const auto found = around.catalog->part_tags.find(id);
  return found == around.catalog->part_tags.end() ? nullptr : &found->second;
}

std::string mac_of(const Instance& instance) {
  const std::string hex = derived_hex(1, "mac/" + instance.id, 10);
  std::string mac = "0a";
  for (std::size_t i = 0; i < hex.size(); i += 2) mac += ":" + hex.substr(i, 2);
  return mac;
}

/// Volumes and interfaces of terminated instances are gone.
bool has_parts(const Instance& instance) {
  return instance.state != InstanceState::terminated;
}

using Add = void (*)(const Instance&, FilterValues&);
struct KnownFilter {
  std::string_view name;
  Add add;
};

constexpr KnownFilter kFilters[] = {
    {"architecture", [](const Instance&, FilterValues& v) { v.emplace_back("x86_64"); }},
    {"availability-zone", [](const Instance& i, FilterValues& v) { v.push_back(i.placement->availability_zone); }},
    {"block-device-mapping.volume-id", [](const Instance& i, FilterValues& v) { v.push_back(i.volume_id()); }},
    {"client-token", [](const Instance& i, FilterValues& v) { v.push_back(extras_of(i).client_token); }},
    {"dns-name", [](const Instance& i, FilterValues& v) { v.push_back(public_name(i)); }},
    {"hypervisor", [](const Instance&, FilterValues& v) { v.emplace_back("xen"); }},
    {"iam-instance-profile.arn",
     [](const Instance& i, FilterValues& v) {
       if (!i.traits->instance_profile.empty()) v.push_back(i.profile_arn());
     }},
    {"image-id", [](const Instance& i, FilterValues& v) { v.push_back(i.traits->image_id); }},
    {"instance-id", [](const Instance& i, FilterValues& v) { v.push_back(i.id); }},
    {"instance-state-code",
     [](const Instance& i, FilterValues& v) { v.push_back(std::to_string(static_cast<int>(i.state))); }},
    {"instance-state-name", [](const Instance& i, FilterValues& v) { v.emplace_back(state_name(i.state)); }},
    {"instance-type", [](const Instance& i, FilterValues& v) { v.push_back(i.traits->instance_type); }},
    {"instance.group-id",
     [](const Instance& i, FilterValues& v) {
       v.insert(v.end(), i.placement->security_groups.begin(), i.placement->security_groups.end());
     }},
    {"ip-address",
     [](const Instance& i, FilterValues& v) {
       if (i.public_address != 0) v.push_back(to_text(i.public_address));
     }},
    {"key-name",
     [](const Instance& i, FilterValues& v) {
       if (!i.traits->key_name.empty()) v.push_back(i.traits->key_name);
     }},
    {"launch-time", [](const Instance& i,
                       FilterValues& v) { v.push_back(aws::format_timestamp(i.launched, aws::TimeFormat::iso8601)); }},
    {"metadata-options.http-endpoint",
     [](const Instance& i, FilterValues& v) {
       v.emplace_back(i.traits->metadata.endpoint == MetadataOptions::Endpoint::enabled ? "enabled" : "disabled");
     }},
    {"metadata-options.http-tokens",
     [](const Instance& i, FilterValues& v) {
       v.emplace_back(i.traits->metadata.tokens == MetadataOptions::Tokens::required ? "required" : "optional");
     }},
    {"network-interface.network-interface-id",
     [](const Instance& i, FilterValues& v) { v.push_back(i.interface_id()); }},
    {"network-interface.subnet-id", [](const Instance& i, FilterValues& v) { v.push_back(i.placement->subnet_id); }},
    {"network-interface.vpc-id", [](const Instance& i, FilterValues& v) { v.push_back(i.placement->vpc_id); }},
    {"owner-id", [](const Instance& i, FilterValues& v) { v.push_back(i.account_id()); }},
    {"platform",
     [](const Instance& i, FilterValues& v) {
       if (is_windows(i)) v.emplace_back("windows");
     }},
    {"platform-details",
     [](const Instance& i, FilterValues& v) { v.emplace_back(is_windows(i) ? "Windows" : "Linux/UNIX"); }},
    {"private-dns-name", [](const Instance& i, FilterValues& v) { v.push_back(private_name(i)); }},
    {"private-ip-address", [](const Instance& i, FilterValues& v) { v.push_back(i.private_ip()); }},
    {"reservation-id", [](const Instance& i, FilterValues& v) { v.push_back(i.reservation_id()); }},
    {"root-device-name", [](const Instance& i, FilterValues& v) { v.emplace_back(root_device(i)); }},
    {"root-device-type", [](const Instance&, FilterValues& v) { v.emplace_back("ebs"); }},
    {"subnet-id", [](const Instance& i, FilterValues& v) { v.push_back(i.placement->subnet_id); }},
    {"tag-key",
     [](const Instance& i, FilterValues& v) {
       if (!i.name.empty()) v.emplace_back("Name");
       for (const auto& [key, value] : i.tags()) v.push_back(key);
     }},
    {"tag-value",
     [](const Instance& i, FilterValues& v) {
       if (!i.name.empty()) v.push_back(i.name);
       for (const auto& [key, value] : i.tags()) v.push_back(value);
     }},
    {"tenancy", [](const Instance&, FilterValues& v) { v.emplace_back("default"); }},
    {"virtualization-type", [](const Instance&, FilterValues& v) { v.emplace_back("hvm"); }},
    {"vpc-id", [](const Instance& i, FilterValues& v) { v.push_back(i.placement->vpc_id); }},
};

const KnownFilter* find(std::string_view name) {
  for (const KnownFilter& filter : kFilters) {
    if (filter.name == name) return &filter;
  }
  return nullptr;
}

void network(const Instance& from, const Surroundings& around, aws::ec2::Instance& to) {
  to.private_dns_name = private_name(from);
  to.private_ip_address = from.private_ip();
  to.public_dns_name = public_name(from);
  if (from.public_address != 0) to.public_ip_address = to_text(from.public_address);
  to.subnet_id = from.placement->subnet_id;
  to.vpc_id = from.placement->vpc_id;
  to.source_dest_check = extras_of(from).source_dest_check;
  to.security_groups = describe_groups(from, around);
  aws::ec2::InstanceNetworkInterface& interface = to.network_interfaces.emplace_back();
  interface.network_interface_id = from.interface_id();
  interface.subnet_id = from.placement->subnet_id;
  interface.vpc_id = from.placement->vpc_id;
  interface.owner_id = from.account_id();
  interface.private_ip_address = to.private_ip_address;
  interface.private_dns_name = to.private_dns_name;
  interface.mac_address = mac_of(from);
  interface.description = "";
  interface.interface_type = "interface";
  interface.source_dest_check = to.source_dest_check;
  interface.status.emplace("in-use");
  interface.groups = to.security_groups;
  aws::ec2::InstanceNetworkInterfaceAttachment& attachment = interface.attachment.emplace();
  attachment.attachment_id = "eni-attach-0" + derived_hex(1, "attachment/" + from.id, 16);
  attachment.attach_time = from.launched;
  attachment.delete_on_termination = true;
  attachment.device_index = 0;
  attachment.status.emplace("attached");
  aws::ec2::InstancePrivateIpAddress& address = interface.private_ip_addresses.emplace_back();
  address.primary = true;
  address.private_ip_address = to.private_ip_address;
  address.private_dns_name = to.private_dns_name;
}

void device(const Instance& from, aws::ec2::Instance& to) {
  to.root_device_name = root_device(from);
  to.root_device_type.emplace("ebs");
  aws::ec2::InstanceBlockDeviceMapping& mapping = to.block_device_mappings.emplace_back();
  mapping.device_name = root_device(from);
  aws::ec2::EbsInstanceBlockDevice& ebs = mapping.ebs.emplace();
  ebs.attach_time = from.launched;
  ebs.delete_on_termination = true;
  ebs.status.emplace("attached");
  ebs.volume_id = from.volume_id();
}

}  // namespace describe

bool is_instance_filter(std::string_view name) {
  return (name.starts_with("tag:") && name.size() > 4) || describe::find(name) != nullptr;
}

void instance_filter_values(const Instance& instance, std::string_view name, FilterValues& values) {
  if (name.starts_with("tag:")) {
    if (const std::string* value = instance.tag(name.substr(4))) values.push_back(*value);
    return;
  }
  if (const describe::KnownFilter* filter = describe::find(name)) filter->add(instance, values);
}

std::vector<aws::ec2::Tag> describe_tags(const TagMap& tags) {
  std::vector<aws::ec2::Tag> all;
  for (const auto& [key, value] : tags) all.push_back(make_tag(key, value));
  return all;
}

std::vector<aws::ec2::GroupIdentifier> describe_groups(const Instance& instance, const Surroundings& around) {
  std::vector<aws::ec2::GroupIdentifier> groups;
  for (const std::string& id : instance.placement->security_groups) {
    aws::ec2::GroupIdentifier& group = groups.emplace_back();
    group.group_id = id;
    group.group_name = "nodes";  // the default network's, as long as nobody has asked for it
    if (around.network == nullptr) continue;
    const auto found = around.network->groups.find(id);
    if (found != around.network->groups.end()) group.group_name = found->second.shape.group_name;
  }
  return groups;
}

aws::ec2::InstanceState describe_state(InstanceState state) {
  aws::ec2::InstanceState shape;
  shape.code = static_cast<std::int32_t>(state);
  shape.name.emplace(state_name(state));
  return shape;
}

aws::ec2::InstanceMetadataOptionsResponse describe_metadata(const Instance& instance) {
  const MetadataOptions& from = instance.traits->metadata;
  aws::ec2::InstanceMetadataOptionsResponse to;
  to.state.emplace("applied");
  to.http_tokens.emplace(from.tokens == MetadataOptions::Tokens::required ? "required" : "optional");
  to.http_put_response_hop_limit = from.hop_limit;
  to.http_endpoint.emplace(from.endpoint == MetadataOptions::Endpoint::enabled ? "enabled" : "disabled");
  to.http_protocol_ipv6.emplace("disabled");
  to.instance_metadata_tags.emplace(from.tags_enabled ? "enabled" : "disabled");
  return to;
}

aws::ec2::Instance describe_instance(const Instance& from, const Surroundings& around) {
  const bool windows = describe::is_windows(from);
  const InstanceExtras& extras = describe::extras_of(from);
  aws::ec2::Instance to;
  to.ami_launch_index = static_cast<std::int32_t>(from.launch_index);
  to.image_id = from.traits->image_id;
  to.instance_id = from.id;
  to.instance_type.emplace(from.traits->instance_type);
  if (!from.traits->key_name.empty()) to.key_name = from.traits->key_name;
  to.launch_time = from.launched;
  to.monitoring.emplace().state.emplace(extras.monitoring ? "enabled" : "disabled");
  aws::ec2::Placement& placement = to.placement.emplace();
  placement.availability_zone = from.placement->availability_zone;
  placement.group_name = "";
  placement.tenancy.emplace("default");
  if (windows) to.platform.emplace("windows");
  to.platform_details = windows ? "Windows" : "Linux/UNIX";
  to.state = describe_state(from.state);
  to.state_transition_reason = extras.transition_reason;
  if (!extras.state_reason_code.empty()) {
    aws::ec2::StateReason& reason = to.state_reason.emplace();
    reason.code = extras.state_reason_code;
    reason.message = extras.state_reason;
  }
  if (!extras.client_token.empty()) to.client_token = extras.client_token;
  if (describe::has_parts(from)) {
    describe::network(from, around, to);
    describe::device(from, to);
  }
  to.architecture.emplace("x86_64");
  to.hypervisor.emplace("xen");
  to.virtualization_type.emplace("hvm");
  to.ebs_optimized = extras.ebs_optimized;
  to.ena_support = true;
  to.metadata_options = describe_metadata(from);
  if (!from.traits->instance_profile.empty()) {
    aws::ec2::IamInstanceProfile& profile = to.iam_instance_profile.emplace();
    profile.arn = from.profile_arn();
    profile.id = "AIPA" + to_upper(derived_hex(1, "profile/" + *profile.arn, 17));
  }
  to.tags = describe_tags(from.all_tags());
  return to;
}

aws::ec2::Volume describe_volume(const Instance& from, const Surroundings& around) {
  const InstanceExtras& extras = describe::extras_of(from);
  aws::ec2::Volume to;
  to.volume_id = from.volume_id();
  to.availability_zone = from.placement->availability_zone;
  to.create_time = from.launched;
  to.encrypted = extras.volume_encrypted;
  to.size = extras.volume_size;
  to.volume_type.emplace(extras.volume_type);
  to.iops = 3'000;
  to.multi_attach_enabled = false;
  to.state.emplace("in-use");
  aws::ec2::VolumeAttachment& attachment = to.attachments.emplace_back();
  attachment.attach_time = from.launched;
  attachment.device = describe::root_device(from);
  attachment.instance_id = from.id;
  attachment.state.emplace("attached");
  attachment.volume_id = to.volume_id;
  attachment.delete_on_termination = true;
  if (const TagMap* tags = describe::part_tags(around, *to.volume_id)) to.tags = describe_tags(*tags);
  return to;
}

aws::ec2::NetworkInterface describe_interface(const Instance& from, const Surroundings& around) {
  aws::ec2::NetworkInterface to;
  to.network_interface_id = from.interface_id();
  to.subnet_id = from.placement->subnet_id;
  to.vpc_id = from.placement->vpc_id;
  to.availability_zone = from.placement->availability_zone;
  to.description = "";
  to.interface_type.emplace("interface");
  to.mac_address = describe::mac_of(from);
  to.owner_id = from.account_id();
  to.private_ip_address = from.private_ip();
  to.private_dns_name = describe::private_name(from);
  to.requester_managed = false;
  to.source_dest_check = describe::extras_of(from).source_dest_check;
  to.status.emplace("in-use");
  to.groups = describe_groups(from, around);
  aws::ec2::NetworkInterfacePrivateIpAddress& address = to.private_ip_addresses.emplace_back();
  address.primary = true;
  address.private_ip_address = to.private_ip_address;
  address.private_dns_name = to.private_dns_name;
  if (from.public_address != 0) {
    aws::ec2::NetworkInterfaceAssociation& association = to.association.emplace();
    association.ip_owner_id = "amazon";
    association.public_ip = to_text(from.public_address);
    association.public_dns_name = describe::public_name(from);
  }
  aws::ec2::NetworkInterfaceAttachment& attachment = to.attachment.emplace();
  attachment.attachment_id = "eni-attach-0" + derived_hex(1, "attachment/" + from.id, 16);
  attachment.attach_time = from.launched;
  attachment.delete_on_termination = true;
  attachment.device_index = 0;
  attachment.instance_id = from.id;
  attachment.instance_owner_id = from.account_id();
  attachment.status.emplace("attached");
  if (const TagMap* tags = describe::part_tags(around, *to.network_interface_id)) to.tag_set = describe_tags(*tags);
  return to;
}

aws::ec2::IamInstanceProfileAssociation describe_association(const Instance& from) {
  aws::ec2::IamInstanceProfileAssociation to;
  const std::string& own = describe::extras_of(from).profile_association;
  to.association_id = own.empty() ? "iip-assoc-0" + derived_hex(1, "profile/" + from.id, 16) : own;
  to.instance_id = from.id;
  to.state.emplace("associated");
  aws::ec2::IamInstanceProfile& profile = to.iam_instance_profile.emplace();
  profile.arn = from.profile_arn();
  profile.id = "AIPA" + to_upper(derived_hex(1, "profile/" + *profile.arn, 17));
  return to;
}

}  // namespace postern::sim::ec2
