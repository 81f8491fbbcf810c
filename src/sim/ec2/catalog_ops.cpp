// Regions, zones, account attributes, images, prefix lists and key pairs.

#include <algorithm>
#include <set>

#include "aws/core/scalar.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/images.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace ec2 {

const std::vector<ImageRecord>& known_images() {
  static const std::vector<ImageRecord> images = {
      {"Amazon Linux", "2023", "al2023-ami-2023.6.20241121.0-kernel-6.1-x86_64", Platform::linux},
      {"Ubuntu", "22.04", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20241120", Platform::linux},
      {"Red Hat Enterprise Linux", "9.4", "RHEL-9.4.0_HVM-20241114-x86_64-0-Hourly2-GP3", Platform::linux},
      {"Microsoft Windows Server 2022 Datacenter", "10.0.20348", "Windows_Server-2022-English-Full-Base-2024.11.13",
       Platform::windows},
  };
  return images;
}

std::string image_id(std::uint64_t seed, std::string_view region, std::string_view platform_name) {
  return "ami-0" + derived_hex(seed, "ami/" + std::string(region) + std::string(platform_name), 16);
}

const ImageRecord* find_image(std::uint64_t seed, std::string_view region, std::string_view id) {
  for (const ImageRecord& image : known_images()) {
    if (image_id(seed, region, image.platform_name) == id) return &image;
  }
  return nullptr;
}

}  // namespace ec2

namespace catalog_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;

constexpr std::size_t kKeyPairsMax = 5'000;

constexpr ec2::FilterPath kRegionFilters[] = {
    {"endpoint", "Endpoint"},
    {"opt-in-status", "OptInStatus"},
    {"region-name", "RegionName"},
};
constexpr ec2::FilterPath kZoneFilters[] = {
    {"group-name", "GroupName"}, {"opt-in-status", "OptInStatus"}, {"region-name", "RegionName"}, {"state", "State"},
    {"zone-id", "ZoneId"},       {"zone-name", "ZoneName"},        {"zone-type", "ZoneType"},
};
constexpr ec2::FilterPath kImageFilters[] = {
    {"architecture", "Architecture"},
    {"description", "Description"},
    {"hypervisor", "Hypervisor"},
    {"image-id", "ImageId"},
    {"image-type", "ImageType"},
    {"is-public", "Public"},
    {"name", "Name"},
    {"owner-alias", "ImageOwnerAlias"},
    {"owner-id", "OwnerId"},
    {"platform", "Platform"},
    {"platform-details", "PlatformDetails"},
    {"root-device-type", "RootDeviceType"},
    {"state", "State"},
    {"virtualization-type", "VirtualizationType"},
};
constexpr ec2::FilterPath kListFilters[] = {
    {"owner-id", "OwnerId"},
    {"prefix-list-id", "PrefixListId"},
    {"prefix-list-name", "PrefixListName"},
};
constexpr ec2::FilterPath kKeyFilters[] = {
    {"fingerprint", "KeyFingerprint"},
    {"key-name", "KeyName"},
    {"key-pair-id", "KeyPairId"},
};

constexpr std::string_view kImageOwner = "137112412989";  // who publishes Amazon Linux

bool asked_for(const std::vector<std::string>& asked, std::string_view one) {
  return asked.empty() || std::find(asked.begin(), asked.end(), one) != asked.end();
}

Image describe(const ec2::ImageRecord& from, std::string id) {
  const bool windows = from.platform == Platform::windows;
  Image to;
  to.image_id = std::move(id);
  to.architecture.emplace("x86_64");
  to.creation_date = "2024-11-21T00:00:00.000Z";
  to.name = from.name;
  to.image_location = "amazon/" + std::string(from.name);
  to.image_type.emplace("machine");
  to.public_ = true;
  to.owner_id = kImageOwner;
  to.image_owner_alias = "amazon";
  if (windows) to.platform.emplace("windows");
  to.platform_details = windows ? "Windows" : "Linux/UNIX";
  to.usage_operation = windows ? "RunInstances:0002" : "RunInstances";
  to.state.emplace("available");
  to.description = std::string(from.platform_name) + " " + std::string(from.platform_version);
  to.ena_support = true;
  to.hypervisor.emplace("xen");
  to.root_device_name = windows ? "/dev/sda1" : "/dev/xvda";
  to.root_device_type.emplace("ebs");
  to.virtualization_type.emplace("hvm");
  return to;
}

}  // namespace catalog_ops

Result<aws::ec2::DescribeRegionsResponse> Ec2Service::describe_regions(
    const Info& info, const aws::ec2::DescribeRegionsRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run));
  for (const std::string& name : request.region_names) {
    if (!cloud_.has_region(name)) {
      return fail(invalid_value("Invalid region name(s): [" + printable(name, 60) + "]"));
    }
  }
  std::vector<Region> all;
  for (const std::string& name : cloud_.regions()) {
    if (!asked_for(request.region_names, name)) continue;
    Region& region = all.emplace_back();
    region.region_name = name;
    region.endpoint = "ec2." + name + ".amazonaws.com";
    region.opt_in_status = "opt-in-not-required";
  }
  DescribeRegionsResponse response;
  TRY_VOID(ec2::list_page(ec2::question_of(info, request), ec2::ShapeList{"RegionName", kRegionFilters, ""},
                          std::move(all), response.regions));
  return response;
}

Result<aws::ec2::DescribeAvailabilityZonesResponse> Ec2Service::describe_availability_zones(
    const Info& info, const aws::ec2::DescribeAvailabilityZonesRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<AvailabilityZone> all;
  for (const char letter : {'a', 'b', 'c'}) {
    AvailabilityZone zone;
    zone.zone_name = info.region + letter;
    zone.zone_id = ec2::zone_id(*zone.zone_name);
    if (!asked_for(request.zone_names, *zone.zone_name) || !asked_for(request.zone_ids, *zone.zone_id)) continue;
    zone.region_name = info.region;
    zone.group_name = info.region;
    zone.network_border_group = info.region;
    zone.zone_type = "availability-zone";
    zone.opt_in_status.emplace("opt-in-not-required");
    zone.state.emplace("available");
    all.push_back(std::move(zone));
  }
  for (const std::string& name : request.zone_names) {
    const bool known =
        std::any_of(all.begin(), all.end(), [&](const AvailabilityZone& one) { return one.zone_name == name; });
    if (!known) return fail(invalid_value("Invalid availability zone: [" + printable(name, 60) + "]"));
  }
  DescribeAvailabilityZonesResponse response;
  TRY_VOID(ec2::list_page(ec2::question_of(info, request), ec2::ShapeList{"ZoneName", kZoneFilters, ""}, std::move(all),
                          response.availability_zones));
  return response;
}

Result<aws::ec2::DescribeAccountAttributesResponse> Ec2Service::describe_account_attributes(
    const Info& info, const aws::ec2::DescribeAccountAttributesRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run));
  const std::pair<std::string_view, std::string_view> all[] = {
      {"default-vpc", "none"},        {"max-elastic-ips", "5"},     {"max-instances", "20"},
      {"supported-platforms", "VPC"}, {"vpc-max-elastic-ips", "5"}, {"vpc-max-security-groups-per-interface", "5"},
  };
  DescribeAccountAttributesResponse response;
  for (const auto& [name, value] : all) {
    const auto& asked = request.attribute_names;
    const bool wanted =
        asked.empty() || std::any_of(asked.begin(), asked.end(), [&](const auto& one) { return one.text() == name; });
    if (!wanted) continue;
    AccountAttribute& made = response.account_attributes.emplace_back();
    made.attribute_name = name;
    made.attribute_values.emplace_back().attribute_value = value;
  }
  return response;
}

Result<aws::ec2::DescribeImagesResponse> Ec2Service::describe_images(const Info& info,
                                                                     const aws::ec2::DescribeImagesRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run));
  TRY_VOID(only(info, &request, {"DryRun", "Filters", "ImageIds", "IncludeDeprecated", "Owners"}));
  for (const std::string& id : request.image_ids) {
    if (!id.starts_with("ami-")) {
      return fail(
          refuse("InvalidAMIID.Malformed", "Invalid id: \"" + printable(id, 60) + "\" (expecting \"ami-...\")"));
    }
    if (ec2::find_image(cloud_.ec2().seed(), info.region, id) == nullptr) {
      return fail(refuse("InvalidAMIID.NotFound", "The image id '[" + printable(id, 60) + "]' does not exist"));
    }
  }
  const auto& owners = request.owners;
  const bool owned = owners.empty() || std::any_of(owners.begin(), owners.end(), [](const std::string& one) {
                       return one == "amazon" || one == kImageOwner;
                     });
  std::vector<Image> all;
  for (const ec2::ImageRecord& image : ec2::known_images()) {
    std::string id = ec2::image_id(cloud_.ec2().seed(), info.region, image.platform_name);
    if (owned && asked_for(request.image_ids, id)) all.push_back(describe(image, std::move(id)));
  }
  DescribeImagesResponse response;
  TRY_VOID(ec2::list_page(ec2::question_of(info, request), ec2::ShapeList{"ImageId", kImageFilters}, std::move(all),
                          response.images));
  return response;
}

Result<aws::ec2::DescribePrefixListsResponse> Ec2Service::describe_prefix_lists(
    const Info& info, const aws::ec2::DescribePrefixListsRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<aws::ec2::PrefixList> all;
  for (const ec2::PrefixList& list : ec2::aws_prefix_lists(info.region)) {
    aws::ec2::PrefixList& made = all.emplace_back();
    made.prefix_list_id = list.id;
    made.prefix_list_name = list.name;
    made.cidrs = list.cidrs;
  }
  DescribePrefixListsResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kPrefixListId, &request.prefix_list_ids),
                     ec2::ShapeList{"PrefixListId", kListFilters, ""}, std::move(all), response.prefix_lists));
  return response;
}

Result<aws::ec2::DescribeManagedPrefixListsResponse> Ec2Service::describe_managed_prefix_lists(
    const Info& info, const aws::ec2::DescribeManagedPrefixListsRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<ManagedPrefixList> all;
  for (const ec2::PrefixList& list : ec2::aws_prefix_lists(info.region)) {
    ManagedPrefixList& made = all.emplace_back();
    made.prefix_list_id = list.id;
    made.prefix_list_name = list.name;
    made.prefix_list_arn = "arn:aws:ec2:" + info.region + ":aws:prefix-list/" + list.id;
    made.address_family = "IPv4";
    made.state.emplace("create-complete");
    made.owner_id = "AWS";
  }
  DescribeManagedPrefixListsResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kPrefixListId, &request.prefix_list_ids),
                     ec2::ShapeList{"PrefixListId", kListFilters}, std::move(all), response.prefix_lists));
  return response;
}

Result<aws::ec2::GetManagedPrefixListEntriesResponse> Ec2Service::get_managed_prefix_list_entries(
    const Info& info, const aws::ec2::GetManagedPrefixListEntriesRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run, "arn:aws:ec2:" + info.region + ":aws:prefix-list/" + *request.prefix_list_id));
  TRY_VOID(ec2::check_id(ec2::kPrefixListId, *request.prefix_list_id));
  GetManagedPrefixListEntriesResponse response;
  for (const ec2::PrefixList& list : ec2::aws_prefix_lists(info.region)) {
    if (list.id != *request.prefix_list_id) continue;
    for (const std::string& cidr : list.cidrs) response.entries.emplace_back().cidr = cidr;
    return response;
  }
  return fail(
      refuse("InvalidPrefixListID.NotFound", "The prefix list ID '" + *request.prefix_list_id + "' does not exist"));
}

Result<aws::ec2::CreateKeyPairResponse> Ec2Service::create_key_pair(const Info& info,
                                                                    const aws::ec2::CreateKeyPairRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "key-pair/" + *request.key_name)));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "key-pair"));
  ec2::Catalog& all = catalog(info);
  if (all.key_pairs.contains(*request.key_name)) {
    return fail(
        refuse("InvalidKeyPair.Duplicate", "The keypair '" + printable(*request.key_name, 255) + "' already exists."));
  }
  if (all.key_pairs.size() >= kKeyPairsMax) {
    return fail(refuse("KeyPairLimitExceeded", "The maximum number of key pairs has been reached."));
  }
  KeyPairInfo& made = all.key_pairs[*request.key_name];
  made.key_name = *request.key_name;
  made.key_pair_id = new_id(info, "key");
  made.key_type.emplace(request.key_type ? request.key_type->text() : "rsa");
  made.create_time = std::chrono::floor<std::chrono::seconds>(now(info));
  const std::string digits = derived_hex(cloud_.ec2().seed(), *made.key_pair_id, 40);
  std::string fingerprint;
  for (std::size_t i = 0; i < digits.size(); i += 2) fingerprint += (i == 0 ? "" : ":") + digits.substr(i, 2);
  made.key_fingerprint = fingerprint;
  made.tags = tags;
  CreateKeyPairResponse response;
  response.key_name = made.key_name;
  response.key_pair_id = made.key_pair_id;
  response.key_fingerprint = made.key_fingerprint;
  // It opens nothing: no simulated instance answers to SSH.
  response.key_material.emplace("-----BEGIN RSA PRIVATE KEY-----\n" + to_base64("simulated " + digits) +
                                "\n-----END RSA PRIVATE KEY-----");
  response.tags = std::move(tags);
  return response;
}

Result<aws::ec2::DeleteKeyPairResponse> Ec2Service::delete_key_pair(const Info& info,
                                                                    const aws::ec2::DeleteKeyPairRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "key-pair/" + request.key_name.value_or("*"))));
  if (!request.key_name && !request.key_pair_id) return fail(ec2::missing_parameter("KeyName"));
  // A key that is not there is not missed.
  std::erase_if(catalog(info).key_pairs, [&](const auto& entry) {
    return (request.key_name && entry.first == *request.key_name) ||
           (request.key_pair_id && entry.second.key_pair_id == *request.key_pair_id);
  });
  return DeleteKeyPairResponse();
}

Result<aws::ec2::DescribeKeyPairsResponse> Ec2Service::describe_key_pairs(
    const Info& info, const aws::ec2::DescribeKeyPairsRequest& request) {
  using namespace catalog_ops;
  TRY_VOID(admit(info, request.dry_run));
  const ec2::Catalog& here = catalog(info);
  for (const std::string& name : request.key_names) {
    if (!here.key_pairs.contains(name)) {
      return fail(refuse("InvalidKeyPair.NotFound", "The key pair '" + printable(name, 255) + "' does not exist"));
    }
  }
  std::vector<KeyPairInfo> all;
  for (const auto& [name, pair] : here.key_pairs) {
    if (asked_for(request.key_names, name)) all.push_back(pair);
  }
  DescribeKeyPairsResponse response;
  TRY_VOID(ec2::list_page(ec2::question_of(info, request, &ec2::kKeyPairId, &request.key_pair_ids),
                          ec2::ShapeList{"KeyPairId", kKeyFilters}, std::move(all), response.key_pairs));
  return response;
}

}  // namespace postern::sim
