#pragma once

/// Which service and operation a request names. Pure: request in, route out.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/codec.hpp"
#include "aws/core/rest_router.hpp"
#include "aws/core/server.hpp"
#include "aws/core/spec.hpp"
#include "http/message.hpp"

namespace postern::aws::server {

/// The credential scope that a request claims (header or presigned query); nothing of it is proven.
struct ClaimedScope {
  ClaimedScope() = default;
  std::string access_key_id;
  std::string region;
  std::string service;  ///< the signing name
};

/// Absent when the request has no SigV4 credential or one that makes no sense.
std::optional<ClaimedScope> claimed_scope(const http::Request& request);

/// Whether as_post() would change the request.
bool stands_for_post(const http::Request& request) noexcept;

/// A GET of the query and ec2 protocols as the POST that it stands for: parameters of the target's query without the
/// X-Amz-* ones become the body. Every other request comes back unchanged.
http::Request as_post(http::Request request);

struct Route {
  Route() = default;
  const Binding* binding = nullptr;  ///< null when no service was found
  const Entry* entry = nullptr;      ///< null when the operation is unknown
  /// Whose protocol the answer is written in: the binding's, or a nameless service of the request's protocol.
  const ServiceSpec* answer_as = nullptr;
  /// Null: that of answer_as' protocol. Services of the query protocol may be spoken to in awsJson and
  /// RPC v2 CBOR.
  const Codec* codec = nullptr;
  const Codec& answer_codec() const { return codec != nullptr ? *codec : *codec_for(*answer_as); }
  std::string code;  ///< why `entry` is null: "UnknownOperationException", "InvalidAction", ...
  std::string message;
  int http_status = 400;
};

/// Finds services by X-Amz-Target prefix (awsJson), by the scope's service, Version and Action (query, ec2) or by the
/// scope's service, method and path (REST). Of RPC v2 CBOR the path tells both.
class ServiceRouter {
 public:
  explicit ServiceRouter(std::vector<Binding> bindings);
  /// True when the request is one of the REST protocols: signed for a service that speaks one, or unsigned and neither
  /// awsJson nor a form.
  bool is_rest(const http::Request& request, const std::optional<ClaimedScope>& scope) const;
  /// Of a REST request: whether its host may name a bucket.
  bool has_buckets(const std::optional<ClaimedScope>& scope) const;
  /// `request` as as_post() leaves it, or in path style when is_rest(); `scope` is what claimed_scope() found before.
  Route route(const http::Request& request, const std::optional<ClaimedScope>& scope) const;
  std::span<const Binding> bindings() const noexcept { return bindings_; }

 private:
  Route route_target(std::string_view target) const;
  Route route_rpc(const http::Request& request) const;
  Route route_rest(const http::Request& request, const std::optional<ClaimedScope>& scope) const;
  Route route_action(const http::Request& request, const std::optional<ClaimedScope>& scope) const;

  std::vector<Binding> bindings_;
  std::vector<std::pair<std::size_t, RestRouter>> rest_;  // by index of the binding
};

}  // namespace postern::aws::server
