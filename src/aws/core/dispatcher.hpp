#pragma once

/// Dispatcher: the http::Service in front of typed handlers. Route, authenticate, decode, check, call, encode.

#include <string>
#include <vector>

#include "aws/core/call_observer.hpp"
#include "aws/core/codec.hpp"
#include "aws/core/server.hpp"
#include "aws/core/service_router.hpp"
#include "http/client.hpp"

namespace postern::aws::server {

struct DispatcherOptions {
  DispatcherOptions() = default;
  std::string default_region = "us-east-1";  ///< CallInfo::region of unsigned requests
  /// Host names below which a further label is a bucket ("localhost"), besides AWS's own.
  std::vector<std::string> bucket_hosts = {"localhost"};
};

/// Every answer carries a request id drawn from ctx.random(). A handler's Error with an AwsFault is answered with that
/// code, status and message; any other becomes InternalFailure (500) and its text goes to the explainer only (topic
/// "server.internal"). `cancelled` is not an answer: it is returned as it is. Handlers and authenticator outlive the
/// dispatcher. Loop thread only.
class Dispatcher final : public http::Service {
 public:
  Dispatcher(Authenticator& authenticator, std::vector<Binding> bindings,
             DispatcherOptions options = DispatcherOptions());
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;
  /// Tells it of every call that was authenticated. It outlives the dispatcher; null: nobody.
  void observed_by(CallObserver* observer) noexcept { observer_ = observer; }
  /// What is served, for the table of operations.
  std::span<const Binding> bindings() const noexcept { return router_.bindings(); }

 private:
  /// The request as the codec reads it, or nothing when that is the request as it is.
  std::optional<http::Request> rewrite(const http::Request& request, const std::optional<ClaimedScope>& scope) const;
  rt::Task<Result<CallerInfo>> identify(rt::CallContext ctx, const OperationSpec& operation,
                                        const http::Request& request, const std::optional<ClaimedScope>& scope);

  Authenticator& authenticator_;
  ServiceRouter router_;
  DispatcherOptions options_;
  CallObserver* observer_ = nullptr;
};

}  // namespace postern::aws::server
