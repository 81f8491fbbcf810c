#pragma once

/// STS: credentials of roles and users, in the order and with the texts of aws.md 5.1.

#include "aws/sts/server.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// The cloud outlives it.
class StsService final : public aws::sts::Handler {
 public:
  explicit StsService(Cloud& cloud) : cloud_(cloud) {}
  rt::Task<Result<aws::sts::GetCallerIdentityResponse>> get_caller_identity(
      aws::server::CallInfo info, aws::sts::GetCallerIdentityRequest request) override;
  rt::Task<Result<aws::sts::AssumeRoleResponse>> assume_role(aws::server::CallInfo info,
                                                             aws::sts::AssumeRoleRequest request) override;
  /// Refused: no identity provider is trusted here.
  rt::Task<Result<aws::sts::AssumeRoleWithWebIdentityResponse>> assume_role_with_web_identity(
      aws::server::CallInfo info, aws::sts::AssumeRoleWithWebIdentityRequest request) override;
  rt::Task<Result<aws::sts::GetSessionTokenResponse>> get_session_token(
      aws::server::CallInfo info, aws::sts::GetSessionTokenRequest request) override;
  rt::Task<Result<aws::sts::GetAccessKeyInfoResponse>> get_access_key_info(
      aws::server::CallInfo info, aws::sts::GetAccessKeyInfoRequest request) override;
  rt::Task<Result<aws::sts::DecodeAuthorizationMessageResponse>> decode_authorization_message(
      aws::server::CallInfo info, aws::sts::DecodeAuthorizationMessageRequest request) override;

 private:
  Result<aws::sts::AssumeRoleResponse> assume(const aws::server::CallInfo& info,
                                              const aws::sts::AssumeRoleRequest& request);
  Result<aws::sts::GetSessionTokenResponse> session_token(const aws::server::CallInfo& info,
                                                          const aws::sts::GetSessionTokenRequest& request);

  Cloud& cloud_;
};

}  // namespace postern::sim
