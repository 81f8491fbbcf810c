#pragma once

/// A typed call: `co_await aws::call<ssm::SendCommand>(ctx, invoker, scope, request)`. One template of three lines over
/// one virtual function: everything else (retry, limits, signing, HTTP) is decorators of Invoker, composed in
/// invoker.hpp.

#include <memory>
#include <string>

#include "aws/core/credentials.hpp"
#include "aws/core/shape.hpp"
#include "aws/core/spec.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::aws {

/// Where a call goes and as whom: exactly one account and Region.
struct CallScope {
  CallScope() = default;
  std::string account_id;  ///< the account that the credentials must belong to; empty when it is not known yet
  std::string region;
  std::shared_ptr<CredentialsProvider> credentials;  ///< shared by every scope of the same identity; null: unsigned
};

/// Performs one operation of any service. `in` and `out` stay alive until the task ends; `out` is filled only on
/// success. Errors carry the AwsFault when AWS answered, delivery(), and context account, region, service, operation.
class Invoker {
 public:
  virtual ~Invoker() = default;
  virtual rt::Task<Result<void>> invoke(rt::CallContext ctx, const CallScope& scope, const OperationSpec& operation,
                                        ConstErased in, Erased out) = 0;
};

template <class Op>
rt::Task<Result<typename Op::Response>> call(rt::CallContext ctx, Invoker& invoker, CallScope scope,
                                             typename Op::Request request) {
  typename Op::Response response;
  const OperationSpec& spec = Op::spec();
  const ConstErased in(*spec.input, &request);
  const Erased out(*spec.output, &response);
  Result<void> done = co_await invoker.invoke(ctx, scope, spec, in, out);
  if (!done) co_return fail(std::move(done).error());
  co_return response;
}

}  // namespace postern::aws
