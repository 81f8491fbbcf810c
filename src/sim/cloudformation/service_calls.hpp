#pragma once

/// ServiceCalls: how CloudFormation calls the other services of its cloud, with the permissions of whom it acts for.

#include <functional>
#include <string_view>
#include <vector>

#include "aws/core/call_observer.hpp"
#include "aws/core/server.hpp"
#include "base/json.hpp"
#include "rt/task.hpp"
#include "sim/cloud.hpp"

namespace postern::sim::stacks {

using Info = aws::server::CallInfo;

/// Requests and replies are Json with the member names of AWS's models, so that a resource type is written as data. A
/// call is checked as the service's own front door would check it; only the signature is missing. Loop thread only.
class ServiceCalls {
 public:
  ServiceCalls(Cloud& cloud, rt::CallContext ctx) : cloud_(cloud), ctx_(ctx) {}

  /// What can be called. The handlers outlive this, and answer without waiting, as all handlers of the simulator do.
  void serve(std::vector<aws::server::Binding> services) { services_ = std::move(services); }
  /// Told of every call, as of those that come over the wire. It outlives this; null: nobody.
  void observed_by(aws::server::CallObserver* observer) noexcept { observer_ = observer; }
  /// Told before every call that may change who reaches what.
  void when_changing(std::function<void()> told) { changing_ = std::move(told); }

  /// The caller as CloudFormation acts for it: aws:ViaAWSService and aws:CalledVia say so, and the caller's address and
  /// VPC endpoint are not those of the call. The source of the rule: IAM's user guide, "aws:CalledVia".
  Info acting_for(const Info& caller) const;
  /// A role's session, for a stack with a service role or a stack set's target. Without a service nobody is asked
  /// whether the role may be assumed. Errors: ValidationError when there is no such role or it does not trust the
  /// service.
  Result<Info> acting_as(const Info& caller, std::string_view role_arn, std::string_view service,
                         std::string_view session_name) const;

  /// Errors: the service's own, with its AwsFault; usage when the request has no such member.
  Result<Json> call(const Info& as, std::string_view service, std::string_view operation, const Json& request);

 private:
  Cloud& cloud_;
  rt::CallContext ctx_;
  rt::asio::io_context turn_;  // runs one handler to its end
  std::vector<aws::server::Binding> services_;
  std::function<void()> changing_;
  aws::server::CallObserver* observer_ = nullptr;
};

/// Text for numbers and truth values and the reverse, where the shape asks for them: properties come as either.
Json coerced(const Json& value, const aws::Shape& shape);

}  // namespace postern::sim::stacks
