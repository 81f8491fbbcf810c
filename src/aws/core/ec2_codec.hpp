#pragma once

/// EC2's variant of the query protocol: capitalised names, lists always flattened in requests, no result wrapper in
/// replies.

#include "aws/core/codec.hpp"

namespace postern::aws {

class Ec2Codec final : public Codec {
 public:
  Result<http::Request> encode_request(const OperationSpec& op, const void* input) const override;
  Result<void> decode_response(const OperationSpec& op, const http::Response& response, void* output) const override;
  Result<void> take_response(const OperationSpec& op, http::Response& response, void* output) const override;
  Error decode_error(const OperationSpec& op, const http::Response& response) const override;
  Result<void> decode_error_detail(const OperationSpec& op, const http::Response& response, const Shape& error_shape,
                                   void* detail) const override;
  std::string operation_name(const http::Request& request) const override;
  Result<void> decode_request(const OperationSpec& op, const http::Request& request, void* input) const override;
  http::Response encode_response(const OperationSpec& op, const void* output,
                                 std::string_view request_id) const override;
  http::Response encode_error(const ServiceSpec& service, const WireError& error) const override;
};

}  // namespace postern::aws
