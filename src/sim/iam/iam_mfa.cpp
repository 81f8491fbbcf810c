// Virtual MFA devices: there are no others here.

#include <algorithm>
#include <span>

#include "base/text.hpp"
#include "sim/iam/iam_service.hpp"
#include "sim/iam/iam_shared.hpp"
#include "sim/iam/totp.hpp"

namespace postern::sim {
namespace iam_mfa {

using namespace iam_call;

constexpr std::size_t kDevicesPerUser = 8;
constexpr std::size_t kDevicesMax = 5'000;
constexpr std::size_t kSeedBytes = 40;
constexpr std::int64_t kEnableSteps = 2;
/// Half an hour: how far a device's clock may be off to be brought back.
constexpr std::int64_t kResyncSteps = 60;

using DevicePtr = std::shared_ptr<MfaDevice>;

Error invalid_code() {
  return aws::server::fault(ErrorKind::denied, "InvalidAuthenticationCode",
                            "Authentication code for device is not valid.", 403);
}

Error no_device(std::string_view serial) {
  return no_such_entity("VirtualMFADevice with serial number " + printable(serial, 256) + " doesn't exist.");
}

Result<DevicePtr> device_of(const Call& call, const std::string& serial) {
  const auto found = call.account.mfa_devices.find(serial);
  if (found == call.account.mfa_devices.end()) return fail(no_device(serial));
  return found->second;
}

/// The user's own device.
Result<DevicePtr> device_of(const Call& call, const User& user, const std::string& serial) {
  const auto found = call.account.mfa_devices.find(serial);
  if (found == call.account.mfa_devices.end() || found->second->user != user.name) {
    return fail(no_such_entity("MFA Device invalid for user."));
  }
  return found->second;
}

Result<DevicePtr> create(const Call& call, const aws::iam::CreateVirtualMFADeviceRequest& request) {
  const std::string& name = *request.virtual_mfa_device_name;
  if (!is_name(name, "+=,.@-") || name.size() > 226) {
    return fail(validation_error(pattern_violation("virtualMFADeviceName", name, "[\\w+=,.@-]+")));
  }
  auto device = std::make_shared<MfaDevice>();
  TRY(const std::string path, check_path(request.path));
  TRY_VOID(add_tags(device->tags, request.tags));
  device->serial = "arn:aws:iam::" + call.account.id + ":mfa" + path + name;
  Access access;
  access.on(device->serial).tagging(device->tags);
  TRY_VOID(authorize_as(call, access));
  if (call.account.mfa_devices.contains(device->serial)) {
    return fail(already_exists("MFADevice entity at the same path and name already exists."));
  }
  if (call.account.mfa_devices.size() >= kDevicesMax) {
    return fail(limit_exceeded("Cannot exceed quota for VirtualMFADevicesPerAccount: 5000"));
  }
  std::string seed(kSeedBytes, '\0');
  call.info.ctx.random().fill(std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(seed.data()), seed.size()));
  device->seed = Secret<>(std::move(seed));
  call.account.mfa_devices.emplace(device->serial, device);
  return device;
}

Result<void> enable(const Call& call, const User& user, const aws::iam::EnableMFADeviceRequest& request) {
  TRY(const DevicePtr device, device_of(call, *request.serial_number));
  if (!device->user.empty()) return fail(already_exists("MFA Device is already in use."));
  const auto& all = call.account.mfa_devices;
  const auto own = [&](const auto& entry) { return entry.second->user == user.name; };
  if (std::count_if(all.begin(), all.end(), own) >= static_cast<std::ptrdiff_t>(kDevicesPerUser)) {
    return fail(limit_exceeded("Cannot exceed quota for MFADevicesPerUser: 8"));
  }
  if (!spend_codes(*device, *request.authentication_code1, *request.authentication_code2, call.now, kEnableSteps)) {
    return fail(invalid_code());
  }
  device->user = user.name;
  device->enabled = call.now;
  return {};
}

aws::iam::VirtualMFADevice shown(const Call& call, const MfaDevice& device) {
  aws::iam::VirtualMFADevice one;
  one.serial_number = device.serial;
  const auto user = call.account.users.find(device.user);
  if (user != call.account.users.end()) {
    one.user = to_user(*user->second, Shown::listed);
    one.enable_date = device.enabled;
  }
  return one;
}

}  // namespace iam_mfa

IamService::Answer<aws::iam::CreateVirtualMFADeviceResponse> IamService::create_virtual_mfa_device(
    Info info, aws::iam::CreateVirtualMFADeviceRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const iam_mfa::DevicePtr device, iam_mfa::create(call, request));
  aws::iam::CreateVirtualMFADeviceResponse response;
  aws::iam::VirtualMFADevice& one = response.virtual_mfa_device.emplace();
  one.serial_number = device->serial;
  // The only time that it is shown. The picture of the same (QRCodePNG) is left to whoever wants one.
  one.base32_string_seed = Blob(to_base32(device->seed.reveal()));
  one.tags = to_tags(device->tags);
  co_return response;
}

IamService::Answer<aws::iam::EnableMFADeviceResponse> IamService::enable_mfa_device(
    Info info, aws::iam::EnableMFADeviceRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  CO_TRY_VOID(iam_mfa::enable(call, *user, request));
  co_return aws::iam::EnableMFADeviceResponse();
}

IamService::Answer<aws::iam::DeactivateMFADeviceResponse> IamService::deactivate_mfa_device(
    Info info, aws::iam::DeactivateMFADeviceRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  CO_TRY(const iam_mfa::DevicePtr device, iam_mfa::device_of(call, *user, *request.serial_number));
  device->user.clear();
  co_return aws::iam::DeactivateMFADeviceResponse();
}

IamService::Answer<aws::iam::ResyncMFADeviceResponse> IamService::resync_mfa_device(
    Info info, aws::iam::ResyncMFADeviceRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  CO_TRY(const iam_mfa::DevicePtr device, iam_mfa::device_of(call, *user, *request.serial_number));
  const bool right = spend_codes(*device, *request.authentication_code1, *request.authentication_code2, call.now,
                                 iam_mfa::kResyncSteps);
  if (!right) co_return fail(iam_mfa::invalid_code());
  co_return aws::iam::ResyncMFADeviceResponse();
}

IamService::Answer<aws::iam::DeleteVirtualMFADeviceResponse> IamService::delete_virtual_mfa_device(
    Info info, aws::iam::DeleteVirtualMFADeviceRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on(*request.serial_number);
  CO_TRY_VOID(authorize_as(call, access));
  CO_TRY(const iam_mfa::DevicePtr device, iam_mfa::device_of(call, *request.serial_number));
  if (!device->user.empty()) co_return fail(delete_conflict("MFA VirtualDevice in use. Must deactivate first."));
  call.account.mfa_devices.erase(device->serial);
  co_return aws::iam::DeleteVirtualMFADeviceResponse();
}

IamService::Answer<aws::iam::ListMFADevicesResponse> IamService::list_mfa_devices(
    Info info, aws::iam::ListMFADevicesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  std::vector<aws::iam::MFADevice> all;
  for (const auto& [serial, device] : call.account.mfa_devices) {
    if (device->user != user->name) continue;
    aws::iam::MFADevice& one = all.emplace_back();
    one.user_name = user->name;
    one.serial_number = serial;
    one.enable_date = device->enabled;
  }
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].serial_number; };
  aws::iam::ListMFADevicesResponse response;
  CO_TRY_VOID(fill_page(call, request, user->arn, all, response.mfa_devices, response, key));
  co_return response;
}

IamService::Answer<aws::iam::ListVirtualMFADevicesResponse> IamService::list_virtual_mfa_devices(
    Info info, aws::iam::ListVirtualMFADevicesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on(arn_of(call, "mfa", ""));
  CO_TRY_VOID(authorize_as(call, access));
  using Status = aws::iam::AssignmentStatusType;
  std::string wanted(Status::text(Status::any));
  if (request.assignment_status) wanted = request.assignment_status->text();
  if (!Status::parse(wanted)) {
    co_return fail(validation_error(pattern_violation("assignmentStatus", wanted, "Assigned|Unassigned|Any")));
  }
  std::vector<aws::iam::VirtualMFADevice> all;
  for (const auto& [serial, device] : call.account.mfa_devices) {
    const auto status = device->user.empty() ? Status::unassigned : Status::assigned;
    if (wanted != Status::text(Status::any) && wanted != Status::text(status)) continue;
    all.push_back(iam_mfa::shown(call, *device));
  }
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].serial_number; };
  aws::iam::ListVirtualMFADevicesResponse response;
  CO_TRY_VOID(fill_page(call, request, wanted, all, response.virtual_mfa_devices, response, key));
  co_return response;
}

}  // namespace postern::sim
