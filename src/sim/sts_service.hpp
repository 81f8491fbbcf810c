#pragma once

/// STS: GetCallerIdentity and AssumeRole, in the order and with the texts of aws.md 5.1.

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

 private:
  Result<aws::sts::AssumeRoleResponse> assume(const aws::server::CallInfo& info,
                                              const aws::sts::AssumeRoleRequest& request);

  Cloud& cloud_;
};

}  // namespace postern::sim
