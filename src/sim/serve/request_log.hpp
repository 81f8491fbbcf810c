#pragma once

/// What was asked and what was answered, for `sim serve -v`.

#include <functional>
#include <string>
#include <string_view>

#include "aws/core/service_router.hpp"
#include "http/client.hpp"

namespace postern::sim {

struct RequestNote {
  RequestNote() = default;
  std::string remote;     ///< "127.0.0.1:51234"
  std::string operation;  ///< "ssm:SendCommand"; method and path when it is none that is known
  std::string region;     ///< as the signature claims; empty when there is none
  std::string key;        ///< the access key id that is claimed
  int status = 0;         ///< 0: the connection ended without an answer
  std::size_t bytes = 0;  ///< of the answer's body
  Duration took{};
  /// One line without a line break.
  std::string to_text() const;
};

using RequestLog = std::function<void(const RequestNote&)>;

/// Where the dispatcher would lead a request; `entry` is null when nowhere. Nothing is decoded but a form.
aws::server::Route route_of(const aws::server::ServiceRouter& router, const http::Request& request);

/// "ssm:SendCommand", or nothing when the request names no operation of the router's.
std::string operation_of(const aws::server::ServiceRouter& router, const http::Request& request);

/// Tells the log of every request that the inner service was asked. The inner service outlives it.
class LoggedService final : public http::Service {
 public:
  LoggedService(http::Service& inner, std::vector<aws::server::Binding> bindings, RequestLog log)
      : inner_(inner), router_(std::move(bindings)), log_(std::move(log)) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  http::Service& inner_;
  aws::server::ServiceRouter router_;
  RequestLog log_;
};

}  // namespace postern::sim
