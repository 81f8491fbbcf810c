#include "sim/ec2_service.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/ec2_filters.hpp"
#include "sim/paging.hpp"

namespace postern::sim {
namespace ec2_service {

using aws::ec2::DescribeInstancesRequest;
using aws::server::CallInfo;
using aws::server::fault;

constexpr std::int32_t kPageMin = 5;
constexpr std::int32_t kPageMax = 1'000;

Result<void> check_request(const DescribeInstancesRequest& request) {
  if (request.max_results && !request.instance_ids.empty()) {
    return fail(fault(ErrorKind::usage, "InvalidParameterCombination",
                      "The parameter instancesSet cannot be used with the parameter maxResults", 400));
  }
  if (request.max_results && (*request.max_results < kPageMin || *request.max_results > kPageMax)) {
    const bool small = *request.max_results < kPageMin;
    return fail(
        fault(ErrorKind::usage, "InvalidParameterValue",
              "Value ( " + std::to_string(*request.max_results) +
                  " ) for parameter maxResults is invalid. Expecting a value " +
                  (small ? "greater than " + std::to_string(kPageMin) : "less than " + std::to_string(kPageMax)) + ".",
              400));
  }
  return check_filters(request.filters);
}

bool well_formed(std::string_view id) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return id.starts_with("i-") && (id.size() == 10 || id.size() == 19) && std::all_of(id.begin() + 2, id.end(), hex);
}

Result<void> check_ids(const Cloud& cloud, const CallInfo& info, const std::vector<std::string>& ids) {
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    if (!well_formed(id)) {
      return fail(fault(ErrorKind::usage, "InvalidInstanceID.Malformed",
                        "Invalid id: \"" + printable(id, 60) + "\" (expecting \"i-...\")", 400));
    }
    if (cloud.find_instance(info.caller.account_id, info.region, id) == nullptr) missing.push_back(id);
  }
  if (missing.empty()) return {};
  const std::string text = missing.size() == 1 ? "The instance ID '" + missing[0] + "' does not exist"
                                               : "The instance IDs '" + join(missing, ", ") + "' do not exist";
  return fail(fault(ErrorKind::not_found, "InvalidInstanceID.NotFound", text, 400));
}

aws::ec2::Tag tag(const std::string& key, const std::string& value) {
  aws::ec2::Tag made;
  made.key = key;
  made.value = value;
  return made;
}

void describe_network(const Instance& from, aws::ec2::Instance& to) {
  std::string dashed = from.private_ip();
  std::replace(dashed.begin(), dashed.end(), '.', '-');
  const std::string domain = from.region() == "us-east-1" ? ".ec2.internal" : "." + from.region() + ".compute.internal";
  to.private_dns_name = "ip-" + dashed + domain;
  to.private_ip_address = from.private_ip();
  to.public_dns_name = "";
  to.subnet_id = from.placement->subnet_id;
  to.vpc_id = from.placement->vpc_id;
  to.source_dest_check = true;
}

aws::ec2::Instance describe(const Instance& from) {
  using namespace aws::ec2;
  const bool windows = from.traits->platform == Platform::windows;
  aws::ec2::Instance to;
  to.ami_launch_index = 0;
  to.image_id = from.traits->image_id;
  to.instance_id = from.id;
  to.instance_type.emplace(from.traits->instance_type);
  to.launch_time = from.launched;
  Placement& placement = to.placement.emplace();
  placement.availability_zone = from.placement->availability_zone;
  placement.tenancy.emplace("default");
  if (windows) to.platform.emplace("windows");
  to.platform_details = windows ? "Windows" : "Linux/UNIX";
  aws::ec2::InstanceState& state = to.state.emplace();
  state.code = static_cast<std::int32_t>(from.state);
  state.name.emplace(state_name(from.state));
  to.state_transition_reason = from.state == InstanceState::stopped ? "User initiated" : "";
  describe_network(from, to);
  to.architecture.emplace("x86_64");
  to.hypervisor.emplace("xen");
  to.virtualization_type.emplace("hvm");
  to.root_device_name = windows ? "/dev/sda1" : "/dev/xvda";
  to.root_device_type.emplace("ebs");
  to.ebs_optimized = true;
  to.ena_support = true;
  if (!from.traits->instance_profile.empty()) {
    aws::ec2::IamInstanceProfile& profile = to.iam_instance_profile.emplace();
    profile.arn = "arn:aws:iam::" + from.account_id() + ":instance-profile/" + from.traits->instance_profile;
    profile.id = "AIPA" + to_upper(derived_hex(1, "profile/" + *profile.arn, 17));
  }
  if (!from.name.empty()) to.tags.push_back(tag("Name", from.name));
  for (const auto& [key, value] : from.tags()) to.tags.push_back(tag(key, value));
  return to;
}

/// Everything that a page's token must agree with.
std::string question_of(const CallInfo& info, const DescribeInstancesRequest& request) {
  std::string text = "instances/" + info.caller.account_id + "/" + info.region;
  for (const aws::ec2::Filter& filter : request.filters) {
    text += "\n" + filter.name.value_or("") + "=" + join(filter.values, "\t");
  }
  return text;
}

}  // namespace ec2_service

Result<aws::ec2::DescribeInstancesResponse> Ec2Service::instances(
    const aws::server::CallInfo& info, const aws::ec2::DescribeInstancesRequest& request) const {
  using namespace ec2_service;
  TRY_VOID(authorize(info));
  TRY_VOID(check_request(request));
  if (request.dry_run.value_or(false)) {
    return fail(
        fault(ErrorKind::refused, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412));
  }
  TRY_VOID(check_ids(cloud_, info, request.instance_ids));

  std::vector<const Instance*> found;
  for (const Instance& instance : cloud_.instances(info.caller.account_id, info.region)) {
    const auto& ids = request.instance_ids;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), instance.id) == ids.end()) continue;
    if (matches_filters(instance, request.filters)) found.push_back(&instance);
  }
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : found.size();
  TRY(const Page page, page_of(request.next_token.value_or(""), question_of(info, request), found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i]->id; }));
  aws::ec2::DescribeInstancesResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    aws::ec2::Reservation& reservation = response.reservations.emplace_back();
    reservation.reservation_id = found[i]->reservation_id();
    reservation.owner_id = found[i]->account_id();
    reservation.instances.push_back(describe(*found[i]));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ec2::DescribeRegionsResponse> Ec2Service::regions(const aws::server::CallInfo& info,
                                                              const aws::ec2::DescribeRegionsRequest& request) const {
  using namespace ec2_service;
  TRY_VOID(authorize(info));
  for (const std::string& name : request.region_names) {
    if (!cloud_.has_region(name)) {
      return fail(fault(ErrorKind::usage, "InvalidParameterValue",
                        "Invalid region name(s): [" + printable(name, 60) + "]", 400));
    }
  }
  aws::ec2::DescribeRegionsResponse response;
  for (const std::string& name : cloud_.regions()) {
    const auto& asked = request.region_names;
    if (!asked.empty() && std::find(asked.begin(), asked.end(), name) == asked.end()) continue;
    bool wanted = true;
    for (const aws::ec2::Filter& filter : request.filters) {
      const std::string key = filter.name.value_or("");
      if (key != "region-name" && key != "endpoint" && key != "opt-in-status") {
        return fail(fault(ErrorKind::usage, "InvalidParameterValue",
                          "The filter '" + printable(key, 100) + "' is invalid", 400));
      }
      std::string value = name;
      if (key == "endpoint") value = "ec2." + name + ".amazonaws.com";
      if (key == "opt-in-status") value = "opt-in-not-required";
      wanted = wanted && std::any_of(filter.values.begin(), filter.values.end(),
                                     [&](const std::string& pattern) { return glob_match(pattern, value); });
    }
    if (!wanted) continue;
    aws::ec2::Region& region = response.regions.emplace_back();
    region.region_name = name;
    region.endpoint = "ec2." + name + ".amazonaws.com";
    region.opt_in_status = "opt-in-not-required";
  }
  return response;
}

Result<aws::ec2::DescribeInstancesResponse> Ec2Service::describe_instances(
    const aws::server::CallInfo& info, const aws::ec2::DescribeInstancesRequest& request) {
  return instances(info, request);
}

Result<aws::ec2::DescribeRegionsResponse> Ec2Service::describe_regions(
    const aws::server::CallInfo& info, const aws::ec2::DescribeRegionsRequest& request) {
  return regions(info, request);
}

}  // namespace postern::sim
