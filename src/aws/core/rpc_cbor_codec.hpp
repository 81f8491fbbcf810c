#pragma once

/// Smithy RPC v2 CBOR: POST /service/<Service>/operation/<Operation> with "smithy-protocol: rpc-v2-cbor", one CBOR map
/// each way. The server half: what current SDKs speak to CloudWatch. Our client speaks a service's other protocol.

#include <optional>
#include <string>

#include "aws/core/codec.hpp"

namespace postern::aws {

/// What the path of a request of this protocol names.
struct RpcPath {
  RpcPath() = default;
  std::string service;    ///< "GraniteServiceVersion20100801", without a namespace
  std::string operation;  ///< "PutMetricData"
};

/// Whether a request says that it is of this protocol, whatever its path.
bool is_rpc_cbor(const http::Request& request);
/// Absent when the path is not of this protocol. A prefix of the path before /service/ is allowed.
std::optional<RpcPath> rpc_path(const http::Request& request);

/// The client's functions fail with unsupported.
class RpcCborCodec final : public Codec {
 public:
  Result<http::Request> encode_request(const OperationSpec& op, const void* input) const override;
  Result<void> decode_response(const OperationSpec& op, const http::Response& response, void* output) const override;
  Error decode_error(const OperationSpec& op, const http::Response& response) const override;
  Result<void> decode_error_detail(const OperationSpec& op, const http::Response& response, const Shape& error_shape,
                                   void* detail) const override;
  std::string operation_name(const http::Request& request) const override;
  /// A request must have the media type application/cbor, or no body and none.
  Result<void> decode_request(const OperationSpec& op, const http::Request& request, void* input) const override;
  http::Response encode_response(const OperationSpec& op, const void* output,
                                 std::string_view request_id) const override;
  /// A service that also speaks query tells its code in x-amzn-query-error too.
  http::Response encode_error(const ServiceSpec& service, const WireError& error) const override;
};

/// Lives for ever.
const Codec& rpc_cbor_codec();

}  // namespace postern::aws
