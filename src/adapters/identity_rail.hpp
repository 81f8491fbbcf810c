#pragma once

#include "aws/auth/identity_guard.hpp"
#include "aws/core/call.hpp"

namespace postern::adapters {

/// The wrong-account rail as a decorator: before the first operation that changes something in a scope, the scope's
/// credentials must belong to its account and partition. Fails with refused, context rail=identity, delivery not_sent.
class IdentityRail final : public aws::Invoker {
 public:
  /// Both outlive the rail.
  IdentityRail(aws::Invoker& inner, aws::auth::IdentityGuard& guard) : inner_(inner), guard_(guard) {}
  rt::Task<Result<void>> invoke(rt::CallContext ctx, const aws::CallScope& scope, const aws::OperationSpec& operation,
                                aws::ConstErased in, aws::Erased out) override;

 private:
  aws::Invoker& inner_;
  aws::auth::IdentityGuard& guard_;
};

}  // namespace postern::adapters
