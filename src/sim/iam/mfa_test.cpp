#include <gtest/gtest.h>

#include "aws/iam/ops.hpp"
#include "sim/iam/totp.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace mfa_test {

using testing::Rig;
using testing::rig_config;

constexpr std::string_view kRfcSeed = "12345678901234567890";
constexpr const char* kSerial = "arn:aws:iam::111122223333:mfa/phone";

template <class Response>
std::string outcome(const Result<Response>& result) {
  return result ? "ok" : result.error().message();
}

WallTime at(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

TEST(Totp, ShowsTheCodesOfRfc6238AppendixB) {
  const struct {
    std::int64_t seconds;
    const char* code;  // the last six of the eight digits there
  } cases[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
               {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& c : cases) EXPECT_EQ(totp_code(kRfcSeed, c.seconds / 30), c.code) << c.seconds;
  EXPECT_EQ(totp_step(at(59)), 1);
  EXPECT_EQ(totp_step(at(60)), 2);
}

TEST(Totp, SeedsAreBase32AsInRfc4648) {
  const struct {
    const char* bytes;
    const char* text;
  } cases[] = {{"f", "MY"},         {"fo", "MZXQ"},        {"foo", "MZXW6"},
               {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}};
  for (const auto& c : cases) {
    EXPECT_EQ(to_base32(c.bytes), c.text);
    EXPECT_EQ(from_base32(c.text), c.bytes);
  }
  EXPECT_EQ(from_base32("mzxw 6ytb oi======"), "foobar");
  for (const char* wrong : {"", "=", "A", "MZXW1", "MZ=XQ", "MZXQ!"})
    EXPECT_EQ(from_base32(wrong), std::nullopt) << wrong;
  EXPECT_EQ(from_base32(std::string(1'000'000, 'A')), std::nullopt);
}

MfaDevice rfc_device() {
  MfaDevice device;
  device.seed = Secret<>(std::string(kRfcSeed));
  return device;
}

TEST(Totp, ACodeIsGoodOnceAndOneStepEarlyOrLate) {
  constexpr std::int64_t kStep = 41152263;
  const WallTime now = at(kStep * 30 + 7);
  const std::string_view seed = kRfcSeed;
  for (const std::int64_t off : {-1, 0, 1}) {
    MfaDevice device = rfc_device();
    EXPECT_TRUE(spend_code(device, totp_code(seed, kStep + off), now)) << off;
    EXPECT_FALSE(spend_code(device, totp_code(seed, kStep + off), now)) << off;
    EXPECT_FALSE(spend_code(device, totp_code(seed, kStep - 1), now)) << "spent with a later one";
  }
  for (const std::int64_t off : {-2, 2}) {
    MfaDevice device = rfc_device();
    EXPECT_FALSE(spend_code(device, totp_code(seed, kStep + off), now)) << off;
  }
}

TEST(Totp, TwoCodesInSuccessionBringAClockBack) {
  constexpr std::int64_t kStep = 41152263;
  const WallTime now = at(kStep * 30 + 7);
  MfaDevice device = rfc_device();
  const auto code = [](std::int64_t step) { return totp_code(kRfcSeed, step); };
  EXPECT_FALSE(spend_codes(device, code(kStep), code(kStep), now, 60));
  EXPECT_FALSE(spend_codes(device, code(kStep), code(kStep + 2), now, 60));
  EXPECT_FALSE(spend_codes(device, code(kStep + 40), code(kStep + 41), now, 2));
  EXPECT_TRUE(spend_codes(device, code(kStep + 40), code(kStep + 41), now, 60));
  EXPECT_FALSE(spend_code(device, code(kStep + 41), now)) << "spent";
  EXPECT_TRUE(spend_code(device, code(kStep + 43), now + std::chrono::seconds(60)));
}

/// The operator has a device; role Operator asks for it.
CloudConfig guarded() {
  CloudConfig config = rig_config(1);
  config.accounts[0].users[0].mfa_seed = Secret<>(to_base32(kRfcSeed));
  config.accounts[0].users[0].mfa_name = "phone";
  config.accounts[1].roles[0].trust_document =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},)"
      R"("Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},)"
      R"("NumericLessThan":{"aws:MultiFactorAuthAge":"60"}}}})";
  config.accounts[1].roles[0].permissions = Permissions();
  config.accounts[1].roles[0].policies.inline_documents["Recent"] =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ssm:*","Resource":"*","Condition":)"
      R"({"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThanEquals":{"aws:MultiFactorAuthAge":"100"}}}})";
  return config;
}

std::string code_now(Rig& rig, std::int64_t later = 0) {
  return totp_code(kRfcSeed, totp_step(rig.loop().clock().wall_now()) + later);
}

aws::sts::AssumeRoleRequest assume(const std::optional<std::string>& code, const char* serial = kSerial) {
  aws::sts::AssumeRoleRequest request;
  request.role_arn = "arn:aws:iam::444455556666:role/Operator";
  request.role_session_name = "mfa";
  if (code) request.serial_number = serial;
  request.token_code = code;
  return request;
}

void use(Rig& rig, const aws::sts::Credentials& from) {
  aws::Credentials credentials;
  credentials.access_key_id = *from.access_key_id;
  credentials.secret_access_key = *from.secret_access_key;
  credentials.session_token = *from.session_token;
  rig.use(std::move(credentials));
}

TEST(Mfa, ARoleThatAsksForACodeGetsIt) {
  Rig rig(guarded());
  const std::string denied =
      "AccessDenied: User: arn:aws:iam::111122223333:user/operator is not authorized to perform: sts:AssumeRole on "
      "resource: arn:aws:iam::444455556666:role/Operator";
  const std::string wrong = "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.";
  EXPECT_EQ(outcome(rig.call<aws::sts::AssumeRole>(assume(std::nullopt))), denied);
  EXPECT_EQ(outcome(rig.call<aws::sts::AssumeRole>(assume(code_now(rig, 2)))), wrong);
  EXPECT_EQ(outcome(rig.call<aws::sts::AssumeRole>(assume(code_now(rig), "arn:aws:iam::111122223333:mfa/other"))),
            "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA "
            "serial number is valid and associated with this user.");
  EXPECT_EQ(rig.call<aws::sts::AssumeRole>(assume("12345x")).error().aws()->code, "ValidationError");
  const auto session = rig.call<aws::sts::AssumeRole>(assume(code_now(rig)));
  ASSERT_TRUE(session) << outcome(session);
  EXPECT_EQ(outcome(rig.call<aws::sts::AssumeRole>(assume(code_now(rig)))), wrong) << "good once";

  use(rig, *session->credentials);
  const aws::ssm::DescribeInstanceInformationRequest list;
  EXPECT_EQ(outcome(rig.call<aws::ssm::DescribeInstanceInformation>(list)), "ok");
  rig.loop().advance(std::chrono::seconds(101));
  EXPECT_FALSE(rig.call<aws::ssm::DescribeInstanceInformation>(list)) << "the code is too old";
}

TEST(Mfa, SessionTokensCarryItToRolesAndToIam) {
  Rig rig(guarded());
  aws::sts::GetSessionTokenRequest request;
  request.serial_number = kSerial;
  request.token_code = code_now(rig);
  const auto token = rig.call<aws::sts::GetSessionToken>(request);
  ASSERT_TRUE(token) << outcome(token);
  use(rig, *token->credentials);
  EXPECT_EQ(outcome(rig.call<aws::sts::AssumeRole>(assume(std::nullopt))), "ok");
  const auto own = rig.call<aws::iam::GetUser>(aws::iam::GetUserRequest());
  ASSERT_TRUE(own) << outcome(own);
  EXPECT_EQ(own->user->user_name, "operator");
  rig.loop().advance(std::chrono::seconds(61));
  EXPECT_FALSE(rig.call<aws::sts::AssumeRole>(assume(std::nullopt))) << "the code is too old for this role";
}

TEST(Mfa, ASessionWithoutACodeHasNone) {
  Rig rig(guarded());
  const auto token = rig.call<aws::sts::GetSessionToken>(aws::sts::GetSessionTokenRequest());
  ASSERT_TRUE(token) << outcome(token);
  use(rig, *token->credentials);
  EXPECT_FALSE(rig.call<aws::sts::AssumeRole>(assume(std::nullopt)));
  // A user brings the device also with temporary credentials.
  EXPECT_EQ(outcome(rig.call<aws::sts::AssumeRole>(assume(code_now(rig)))), "ok");
}

aws::iam::EnableMFADeviceRequest enable(const std::string& serial, std::string first, std::string second) {
  aws::iam::EnableMFADeviceRequest request;
  request.user_name = "ada";
  request.serial_number = serial;
  request.authentication_code1 = std::move(first);
  request.authentication_code2 = std::move(second);
  return request;
}

TEST(Mfa, DevicesAreMadeEnabledAndTakenBack) {
  Rig rig(rig_config(1));
  aws::iam::CreateUserRequest user;
  user.user_name = "ada";
  ASSERT_TRUE(rig.call<aws::iam::CreateUser>(user));
  aws::iam::CreateVirtualMFADeviceRequest create;
  create.virtual_mfa_device_name = "key";
  create.path = "/team/";
  const auto made = rig.call<aws::iam::CreateVirtualMFADevice>(create);
  ASSERT_TRUE(made) << outcome(made);
  const std::string serial = *made->virtual_mfa_device->serial_number;
  EXPECT_EQ(serial, "arn:aws:iam::111122223333:mfa/team/key");
  EXPECT_EQ(outcome(rig.call<aws::iam::CreateVirtualMFADevice>(create)),
            "EntityAlreadyExists: MFADevice entity at the same path and name already exists.");
  const auto seed = from_base32(made->virtual_mfa_device->base32_string_seed->bytes);
  ASSERT_TRUE(seed);
  const std::int64_t now = totp_step(rig.loop().clock().wall_now());
  const auto code = [&](std::int64_t later) { return totp_code(*seed, now + later); };

  EXPECT_EQ(outcome(rig.call<aws::iam::EnableMFADevice>(enable(serial, code(0), code(0)))),
            "InvalidAuthenticationCode: Authentication code for device is not valid.");
  EXPECT_EQ(rig.call<aws::iam::EnableMFADevice>(enable(serial + "x", code(0), code(1))).error().aws()->code,
            "NoSuchEntity");
  EXPECT_EQ(outcome(rig.call<aws::iam::EnableMFADevice>(enable(serial, code(-1), code(0)))), "ok");
  EXPECT_EQ(outcome(rig.call<aws::iam::EnableMFADevice>(enable(serial, code(1), code(2)))),
            "EntityAlreadyExists: MFA Device is already in use.");

  aws::iam::ListMFADevicesRequest list;
  list.user_name = "ada";
  const auto devices = rig.call<aws::iam::ListMFADevices>(list);
  ASSERT_TRUE(devices) << outcome(devices);
  ASSERT_EQ(devices->mfa_devices.size(), 1U);
  EXPECT_EQ(devices->mfa_devices[0].serial_number, serial);
  aws::iam::ListVirtualMFADevicesRequest unassigned;
  unassigned.assignment_status = aws::iam::AssignmentStatusType::unassigned;
  const auto none = rig.call<aws::iam::ListVirtualMFADevices>(unassigned);
  ASSERT_TRUE(none) << outcome(none);
  EXPECT_TRUE(none->virtual_mfa_devices.empty());
  const auto all = rig.call<aws::iam::ListVirtualMFADevices>(aws::iam::ListVirtualMFADevicesRequest());
  ASSERT_TRUE(all) << outcome(all);
  ASSERT_EQ(all->virtual_mfa_devices.size(), 1U);
  EXPECT_EQ(all->virtual_mfa_devices[0].user->user_name, "ada");
  EXPECT_FALSE(all->virtual_mfa_devices[0].base32_string_seed);

  aws::iam::ResyncMFADeviceRequest resync;
  resync.user_name = "ada";
  resync.serial_number = serial;
  resync.authentication_code1 = code(30);
  resync.authentication_code2 = code(31);
  EXPECT_EQ(outcome(rig.call<aws::iam::ResyncMFADevice>(resync)), "ok");
  aws::iam::DeleteUserRequest remove_user;
  remove_user.user_name = "ada";
  EXPECT_EQ(outcome(rig.call<aws::iam::DeleteUser>(remove_user)),
            "DeleteConflict: Cannot delete entity, must delete MFA device first.");
  aws::iam::DeleteVirtualMFADeviceRequest remove;
  remove.serial_number = serial;
  EXPECT_EQ(outcome(rig.call<aws::iam::DeleteVirtualMFADevice>(remove)),
            "DeleteConflict: MFA VirtualDevice in use. Must deactivate first.");
  aws::iam::DeactivateMFADeviceRequest deactivate;
  deactivate.user_name = "ada";
  deactivate.serial_number = serial;
  EXPECT_EQ(outcome(rig.call<aws::iam::DeactivateMFADevice>(deactivate)), "ok");
  EXPECT_EQ(outcome(rig.call<aws::iam::DeactivateMFADevice>(deactivate)), "NoSuchEntity: MFA Device invalid for user.");
  EXPECT_EQ(outcome(rig.call<aws::iam::DeleteVirtualMFADevice>(remove)), "ok");
  EXPECT_EQ(rig.call<aws::iam::DeleteVirtualMFADevice>(remove).error().aws()->code, "NoSuchEntity");
  EXPECT_EQ(outcome(rig.call<aws::iam::DeleteUser>(remove_user)), "ok");
}

TEST(Mfa, SeedsOfAConfigAreChecked) {
  CloudConfig config = guarded();
  config.accounts[0].users[0].mfa_seed = Secret<>(std::string("no base32!"));
  const auto made = Cloud::create(std::move(config), at(0));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message(), "the seed of the MFA device arn:aws:iam::111122223333:mfa/phone is not base32");
}

}  // namespace mfa_test
}  // namespace postern::sim
