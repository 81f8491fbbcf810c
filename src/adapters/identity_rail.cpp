#include "adapters/identity_rail.hpp"

namespace postern::adapters {

rt::Task<Result<void>> IdentityRail::invoke(rt::CallContext ctx, const aws::CallScope& scope,
                                            const aws::OperationSpec& operation, aws::ConstErased in, aws::Erased out) {
  if (operation.effect != aws::Effect::read && scope.credentials != nullptr) {
    const Result<aws::auth::CallerIdentity> identity = co_await guard_.verify(ctx, scope);
    if (!identity) {
      Error error = identity.error();
      error.delivered(Delivery::not_sent);
      if (error.kind() == ErrorKind::refused) error.with("rail", "identity");
      co_return fail(std::move(error));
    }
  }
  co_return co_await inner_.invoke(ctx, scope, operation, in, out);
}

}  // namespace postern::adapters
