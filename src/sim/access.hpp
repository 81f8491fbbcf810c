#pragma once

/// From a caller to a yes or no, in the words of the service that was called.
///
///     TRY_VOID(authorize(info));                                       // the operation's own action, on "*"
///     TRY_VOID(authorize(info, instance.arn()));                       // on one resource without tags
///     TRY_VOID(authorize(info, Access().on(document_arn).on(instance.arn(), instance.tags)));
///     TRY_VOID(authorize(info, Access("iam:PassRole").on(role).with("iam:PassedToService", "ec2.amazonaws.com")));

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/server.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// What the CloudAuthenticator hands on in CallerInfo::session.
struct CallerSession {
  CallerSession() = default;
  Cloud* cloud = nullptr;
  IdentityPtr identity;
  EndpointPtr endpoint;       ///< that the request came through; null: none
  std::string vpc_source_ip;  ///< the caller's private address then
  std::string user_agent;
  std::vector<std::string> via;  ///< services that call with the caller's identity, first to last
};

/// Verifies signatures against the cloud's keys, counts the call, and hands the Identity on in CallerInfo::session.
/// The cloud outlives it.
class CloudAuthenticator final : public aws::server::Authenticator {
 public:
  explicit CloudAuthenticator(Cloud& cloud) : cloud_(cloud) {}
  /// Called for every call that may change who reaches what - writes of EC2, IAM and Organizations - before it is
  /// carried out.
  void when_changing(std::function<void()> told) { changing_ = std::move(told); }
  rt::Task<Result<aws::server::CallerInfo>> authenticate(rt::CallContext ctx, const aws::OperationSpec& operation,
                                                         const http::Request& request) override;

 private:
  Cloud& cloud_;
  aws::Signer signer_;
  std::function<void()> changing_;
};

/// The caller that the CloudAuthenticator found.
const Identity& identity_of(const aws::server::CallInfo& info);

/// The operation's own action, "ssm:SendCommand".
std::string action_of(const aws::server::CallInfo& info);

/// A resource that has its own policy, or an owner that its ARN does not name.
struct OwnedResource {
  OwnedResource() = default;
  std::string arn;
  std::string account;  ///< owner; empty: as the ARN says, or the caller's
  Tags tags;
  std::shared_ptr<const iam::AttachedPolicy> policy;  ///< bucket policy, key policy; null: none
  iam::Resource::PolicyUse policy_use = iam::Resource::PolicyUse::optional;
};

/// One question of authorisation. Without a resource it is about "*", and a denial names none.
class Access {
 public:
  /// The operation's own action.
  Access() = default;
  /// "iam:PassRole".
  explicit Access(std::string action) : action_(std::move(action)) {}

  /// Allowed only when it is on every resource.
  Access& on(std::string arn);
  /// With tags as aws:ResourceTag/* and, for the services that have it, <service>:resourceTag/*.
  Access& on(std::string arn, const Tags& tags);
  Access& on(OwnedResource resource);
  /// A condition key of the request, "ssm:SessionDocumentAccessCheck".
  Access& with(std::string_view key, std::string value);
  Access& with_list(std::string_view key, std::vector<std::string> values);
  /// Tags that the request sets: aws:RequestTag/* and aws:TagKeys.
  Access& tagging(const Tags& tags);
  /// The tag keys that the request removes: aws:TagKeys.
  Access& untagging(std::vector<std::string> keys);
  /// A service acts with the caller's identity: aws:ViaAWSService, aws:CalledVia*.
  Access& via(std::string service);

  const std::string& action() const noexcept { return action_; }
  const std::vector<OwnedResource>& resources() const noexcept { return resources_; }
  const iam::RequestContext& context() const noexcept { return context_; }

 private:
  std::string action_;
  std::vector<OwnedResource> resources_;
  iam::RequestContext context_;
  std::vector<std::string> via_;
};

/// The answer with its reasons.
iam::Evaluation evaluate_access(const aws::server::CallInfo& info, const Access& access);
/// Of somebody who is not calling (a service on somebody's behalf, an agent). `context` is the whole request's.
iam::Evaluation evaluate_access(const Cloud& cloud, const Identity& identity, const Access& access,
                                const iam::RequestContext& context);

/// Ok, or AWS's denial in the protocol of the service: AccessDeniedException, UnauthorizedOperation or AccessDenied.
Result<void> authorize(const aws::server::CallInfo& info, const Access& access);
/// "*" names no resource to EC2's callers, and is named to others.
Result<void> authorize(const aws::server::CallInfo& info, std::string_view resource = "*");
/// The denial of an evaluation in the protocol of the service.
Error denial_of(const aws::server::CallInfo& info, const iam::Evaluation& evaluation);

/// What every request has: aws:RequestedRegion, aws:CurrentTime, aws:EpochTime, aws:SecureTransport, aws:SourceIp or
/// the endpoint's keys, aws:UserAgent, aws:ViaAWSService and, of temporary credentials, aws:TokenIssueTime and
/// aws:MultiFactorAuthPresent.
iam::RequestContext request_context(const aws::server::CallInfo& info);

}  // namespace postern::sim
