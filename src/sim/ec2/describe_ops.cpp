// DescribeInstances and the lists that follow from instances.

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/describe.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace describe_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::only;
using InstanceList = std::vector<const sim::Instance*>;

constexpr std::int32_t kPageMin = 5;
constexpr std::int32_t kPageMax = 1'000;

constexpr ec2::FilterPath kStatusFilters[] = {
    {"availability-zone", "AvailabilityZone"},       {"instance-state-code", "InstanceState.Code"},
    {"instance-state-name", "InstanceState.Name"},   {"instance-status.status", "InstanceStatus.Status"},
    {"system-status.status", "SystemStatus.Status"},
};
constexpr ec2::FilterPath kVolumeFilters[] = {
    {"attachment.device", "Attachments.Device"},
    {"attachment.instance-id", "Attachments.InstanceId"},
    {"attachment.status", "Attachments.State"},
    {"availability-zone", "AvailabilityZone"},
    {"encrypted", "Encrypted"},
    {"size", "Size"},
    {"status", "State"},
    {"volume-id", "VolumeId"},
    {"volume-type", "VolumeType"},
};
constexpr ec2::FilterPath kInterfaceFilters[] = {
    {"addresses.private-ip-address", "PrivateIpAddresses.PrivateIpAddress"},
    {"association.public-ip", "Association.PublicIp"},
    {"attachment.instance-id", "Attachment.InstanceId"},
    {"attachment.status", "Attachment.Status"},
    {"availability-zone", "AvailabilityZone"},
    {"description", "Description"},
    {"group-id", "Groups.GroupId"},
    {"group-name", "Groups.GroupName"},
    {"interface-type", "InterfaceType"},
    {"network-interface-id", "NetworkInterfaceId"},
    {"owner-id", "OwnerId"},
    {"private-ip-address", "PrivateIpAddress"},
    {"requester-managed", "RequesterManaged"},
    {"status", "Status"},
    {"subnet-id", "SubnetId"},
    {"vpc-id", "VpcId"},
};

/// Instances are asked for by id or by page, never both.
template <class Request>
Result<void> check_page(const Request& request) {
  if (!request.max_results) return {};
  if (!request.instance_ids.empty()) {
    return fail(ec2::invalid_combination("The parameter instancesSet cannot be used with the parameter maxResults"));
  }
  const std::int32_t size = *request.max_results;
  if (size >= kPageMin && size <= kPageMax) return {};
  return fail(ec2::invalid_value(
      "Value ( " + std::to_string(size) + " ) for parameter maxResults is invalid. Expecting a value " +
      (size < kPageMin ? "greater than " + std::to_string(kPageMin) : "less than " + std::to_string(kPageMax)) + "."));
}

InstanceStatusSummary summary(const sim::Instance& instance, WallTime now) {
  const bool running = instance.state == sim::InstanceState::running;
  const bool young = now - instance.launched < std::chrono::minutes(2);
  InstanceStatusSummary made;
  made.status.emplace(!running ? "not-applicable" : young ? "initializing" : "ok");
  InstanceStatusDetails& detail = made.details.emplace_back();
  detail.name.emplace("reachability");
  detail.status.emplace(!running ? "not-applicable" : young ? "initializing" : "passed");
  if (!running) made.details.clear();
  return made;
}

InstanceList alive(const ec2::Site& site) {
  InstanceList found;
  for (const sim::Instance& instance : site.instances) {
    if (instance.state != sim::InstanceState::terminated) found.push_back(&instance);
  }
  return found;
}

}  // namespace describe_ops

Result<aws::ec2::DescribeInstancesResponse> Ec2Service::describe_instances(
    const Info& info, const aws::ec2::DescribeInstancesRequest& request) {
  using namespace describe_ops;
  TRY_VOID(authorize(info));
  TRY_VOID(check_page(request));
  TRY_VOID(admit(info, request.dry_run));
  const ec2::Site& here = site(info);
  InstanceList all;
  if (request.instance_ids.empty()) {
    for (const sim::Instance& instance : here.instances) all.push_back(&instance);
  } else {
    TRY(const std::vector<sim::Instance*> named, instances_of(info, request.instance_ids));
    all.assign(named.begin(), named.end());
  }
  TRY(ec2::ListAnswer answer,
      ec2::list_items(
          ec2::question_of(info, request), all.size(), [&](std::size_t i) -> std::string_view { return all[i]->id; },
          [](std::string_view name) { return ec2::is_instance_filter(name); },
          [&](std::size_t i, std::string_view name, ec2::FilterValues& values) {
            ec2::instance_filter_values(*all[i], name, values);
          }));
  DescribeInstancesResponse response;
  const ec2::Surroundings around(here);
  std::map<std::uint64_t, std::size_t> places;
  for (const std::size_t i : answer.items) {
    const sim::Instance& instance = *all[i];
    const auto [place, is_new] = places.emplace(instance.reservation, response.reservations.size());
    if (is_new) {
      Reservation& made = response.reservations.emplace_back();
      made.reservation_id = instance.reservation_id();
      made.owner_id = instance.account_id();
    }
    response.reservations[place->second].instances.push_back(ec2::describe_instance(instance, around));
  }
  response.next_token = std::move(answer.next_token);
  return response;
}

Result<aws::ec2::DescribeInstanceStatusResponse> Ec2Service::describe_instance_status(
    const Info& info, const aws::ec2::DescribeInstanceStatusRequest& request) {
  using namespace describe_ops;
  TRY_VOID(authorize(info));
  TRY_VOID(check_page(request));
  TRY_VOID(admit(info, request.dry_run));
  TRY_VOID(instances_of(info, request.instance_ids));
  std::vector<InstanceStatus> all;
  const bool every = request.include_all_instances.value_or(false);
  const auto& ids = request.instance_ids;
  for (const sim::Instance& instance : site(info).instances) {
    if (!every && instance.state != sim::InstanceState::running) continue;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), instance.id) == ids.end()) continue;
    InstanceStatus& status = all.emplace_back();
    status.instance_id = instance.id;
    status.availability_zone = instance.placement->availability_zone;
    status.instance_state = ec2::describe_state(instance.state);
    status.instance_status = summary(instance, now(info));
    status.system_status = summary(instance, now(info));
  }
  DescribeInstanceStatusResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request), ec2::ShapeList{"InstanceId", kStatusFilters, ""}, std::move(all),
                     response.instance_statuses));
  return response;
}

Result<aws::ec2::DescribeVolumesResponse> Ec2Service::describe_volumes(
    const Info& info, const aws::ec2::DescribeVolumesRequest& request) {
  using namespace describe_ops;
  TRY_VOID(admit(info, request.dry_run));
  const ec2::Surroundings around(site(info));
  std::vector<Volume> all;
  for (const sim::Instance* instance : alive(site(info))) all.push_back(ec2::describe_volume(*instance, around));
  DescribeVolumesResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kVolumeId, &request.volume_ids),
                     ec2::ShapeList{"VolumeId", kVolumeFilters}, std::move(all), response.volumes));
  return response;
}

Result<aws::ec2::DescribeNetworkInterfacesResponse> Ec2Service::describe_network_interfaces(
    const Info& info, const aws::ec2::DescribeNetworkInterfacesRequest& request) {
  using namespace describe_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<NetworkInterface> all;
  for (const auto& [id, interface] : network(info).interfaces) all.push_back(interface);
  const ec2::Surroundings around(site(info));
  for (const sim::Instance* instance : alive(site(info))) all.push_back(ec2::describe_interface(*instance, around));
  DescribeNetworkInterfacesResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kInterfaceId, &request.network_interface_ids),
                     ec2::ShapeList{"NetworkInterfaceId", kInterfaceFilters, "TagSet"}, std::move(all),
                     response.network_interfaces));
  return response;
}

}  // namespace postern::sim
