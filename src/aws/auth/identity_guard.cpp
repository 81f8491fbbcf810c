#include "aws/auth/identity_guard.hpp"

#include "aws/core/partitions.hpp"
#include "aws/sts/ops.hpp"
#include "base/text.hpp"

namespace postern::aws::auth {

namespace {

rt::Task<Result<CallerIdentity>> ask_identity(rt::CallContext ctx, Invoker& invoker, CallScope scope) {
  sts::GetCallerIdentityRequest request;
  Result<sts::GetCallerIdentityResponse> answer =
      co_await call<sts::GetCallerIdentity>(ctx, invoker, std::move(scope), std::move(request));
  if (!answer) co_return fail(std::move(answer).error());
  CallerIdentity identity;
  identity.account_id = answer->account.value_or(std::string());
  identity.arn = answer->arn.value_or(std::string());
  identity.user_id = answer->user_id.value_or(std::string());
  const auto parts = split(identity.arn, ':');
  if (identity.account_id.empty() || parts.size() < 6 || parts[0] != "arn") {
    co_return fail(ErrorKind::malformed, "STS did not say whose credentials these are");
  }
  identity.partition = parts[1];
  co_return identity;
}

Result<void> check_identity(const CallerIdentity& identity, const CallScope& scope) {
  const auto refuse = [&identity, &scope](std::string text, std::string expected, std::string actual) {
    return fail(
        Error(ErrorKind::refused, std::move(text))
            .delivered(Delivery::not_sent)
            .with("expected", std::move(expected))
            .with("actual", std::move(actual))
            .with("arn", identity.arn)
            .with("credentials", scope.credentials == nullptr ? std::string("none") : scope.credentials->describe()));
  };
  if (!scope.account_id.empty() && identity.account_id != scope.account_id) {
    return refuse("wrong account: the credentials belong to account " + printable(identity.account_id, 40) +
                      ", not to " + scope.account_id + "; nothing was sent",
                  scope.account_id, identity.account_id);
  }
  const Partition* partition = partition_of_region(scope.region);
  if (partition != nullptr && identity.partition != partition->id) {
    return refuse("wrong partition: the credentials belong to " + printable(identity.partition, 40) + ", but " +
                      scope.region + " is in " + std::string(partition->id) + "; nothing was sent",
                  std::string(partition->id), identity.partition);
  }
  return {};
}

}  // namespace

rt::Task<Result<CallerIdentity>> IdentityGuard::identify(rt::CallContext ctx, CallScope scope) {
  if (scope.credentials == nullptr) co_return fail(ErrorKind::credentials, "the scope has no credentials");
  Known& known = known_[scope.credentials.get()];  // a std::map: the reference stays good while others are added
  known.provider = scope.credentials;
  if (known.asked) co_return known.identity;
  const auto attempt = [ctx, this, &scope]() { return ask_identity(ctx, invoker_, scope); };
  Result<CallerIdentity> identity = co_await known.flight.run(ctx, attempt);
  if (identity) {
    known.identity = *identity;
    known.asked = true;
  }
  co_return identity;
}

rt::Task<Result<CallerIdentity>> IdentityGuard::verify(rt::CallContext ctx, CallScope scope) {
  Result<CallerIdentity> identity = co_await identify(ctx, scope);
  if (!identity) co_return identity;
  Result<void> good = check_identity(*identity, scope);
  if (!good) co_return fail(std::move(good).error());
  co_return identity;
}

}  // namespace postern::aws::auth
