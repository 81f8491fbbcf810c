#pragma once

/// From a caller to a yes or no, in the words of the service that was called.

#include <string>
#include <string_view>

#include "aws/core/server.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// Verifies signatures against the cloud's keys, counts the call, and hands the Identity on in CallerInfo::session.
/// The cloud outlives it.
class CloudAuthenticator final : public aws::server::Authenticator {
 public:
  explicit CloudAuthenticator(Cloud& cloud) : cloud_(cloud) {}
  rt::Task<Result<aws::server::CallerInfo>> authenticate(rt::CallContext ctx, const aws::OperationSpec& operation,
                                                         const http::Request& request) override;

 private:
  Cloud& cloud_;
  aws::Signer signer_;
};

/// A session of `role` named after the node or instance that it is for.
std::shared_ptr<const Identity> role_session(const Cloud& cloud, const RoleConfig& role, const std::string& role_arn,
                                             const std::string& session_name);

/// The caller that the CloudAuthenticator found.
const Identity& identity_of(const aws::server::CallInfo& info);

/// The operation's own action, "ssm:SendCommand".
std::string action_of(const aws::server::CallInfo& info);

/// What identity and session policy say together.
Decision decide(const Identity& identity, std::string_view action, std::string_view resource);

/// Ok, or AWS's denial in the protocol of the service: AccessDeniedException, UnauthorizedOperation or AccessDenied.
Result<void> authorize(const aws::server::CallInfo& info, std::string_view resource = "*");

}  // namespace postern::sim
