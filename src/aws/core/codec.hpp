#pragma once

/// One codec per wire protocol, non-template, both halves: the client encodes requests and decodes responses, a server
/// the reverse. Sans I/O: values in, http messages out.

#include "aws/core/shape.hpp"
#include "aws/core/spec.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

namespace postern::aws {

/// A service error as it is on the wire, for the server half; the client half decodes into Error with an AwsFault.
struct WireError {
  WireError() = default;
  std::string code;  ///< "ThrottlingException"
  std::string message;
  int http_status = 400;
  bool sender_fault = true;
  std::string request_id;
  /// Modelled members of the error shape beyond code and message, or null.
  const Shape* detail_shape = nullptr;
  const void* detail = nullptr;
};

/// Limits of every decoder: hostile input is refused, never recursed into.
inline constexpr int kMaxNesting = 64;
/// Elements of lists and maps in one JSON message: "{}," is three bytes on the wire and may be two kilobytes as a
/// struct. (XML is bounded by XmlLimits, forms by kFormPairsMax.)
inline constexpr std::size_t kDecodedElementsMax = 1'000'000;

class Codec {
 public:
  virtual ~Codec() = default;
  /// Client: the request without host, signature or endpoint. Required members are checked (usage error naming the
  /// member); absent idempotency tokens are filled by the caller beforehand (fill_idempotency_tokens in prepare.hpp).
  virtual Result<http::Request> encode_request(const OperationSpec& op, const void* input) const = 0;
  /// Client: a 2xx body into `output`; malformed when it is not what the protocol says (HTML, truncated, too deep).
  virtual Result<void> decode_response(const OperationSpec& op, const http::Response& response, void* output) const = 0;
  /// The same for who needs the response no more: its body may be used up instead of being copied. After an error it is
  /// as long as before and begins as before.
  virtual Result<void> take_response(const OperationSpec& op, http::Response& response, void* output) const {
    return decode_response(op, response, output);
  }
  /// Client: a non-2xx response into an Error that carries the AwsFault (code without namespace, message, request id,
  /// status, retry-after), a kind chosen by code and status (error_class.hpp) and Delivery::answered. Never fails: an
  /// unreadable body gives code "" and a kind by status.
  virtual Error decode_error(const OperationSpec& op, const http::Response& response) const = 0;
  /// Client: the modelled members of an error into `detail`, a default-constructed object of `error_shape` (the one
  /// that find_error_shape(op, code) names). Errors: malformed.
  virtual Result<void> decode_error_detail(const OperationSpec& op, const http::Response& response,
                                           const Shape& error_shape, void* detail) const = 0;

  /// Server: which operation a request names ("SendCommand"); empty when it does not say, as in the REST protocols,
  /// where only the operations' URI templates tell (rest_router.hpp).
  virtual std::string operation_name(const http::Request& request) const = 0;
  /// Server: errors are usage with an AwsFault code such as SerializationException or ValidationException.
  virtual Result<void> decode_request(const OperationSpec& op, const http::Request& request, void* input) const = 0;
  virtual http::Response encode_response(const OperationSpec& op, const void* output,
                                         std::string_view request_id) const = 0;
  virtual http::Response encode_error(const ServiceSpec& service, const WireError& error) const = 0;
};

/// The error shape of an operation whose code on the wire is `code`, or null when the model has none.
const Shape* find_error_shape(const OperationSpec& op, std::string_view code) noexcept;

/// The codec of a service's protocol; lives for ever and is never null.
const Codec* codec_for(const ServiceSpec& service);

}  // namespace postern::aws
