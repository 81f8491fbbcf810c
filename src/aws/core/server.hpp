#pragma once

/// The server half of a service as the generated stubs and the dispatcher share it: who calls, one exchange, and the
/// table that leads from an operation to a typed handler method.

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "aws/core/shape.hpp"
#include "aws/core/spec.hpp"
#include "base/error.hpp"
#include "http/message.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::aws::server {

/// Who signed a request, as the authenticator found out; all empty for an unsigned operation.
struct CallerInfo {
  CallerInfo() = default;
  std::string account_id;
  std::string arn;      ///< "arn:aws:sts::111122223333:assumed-role/Name/session"
  std::string user_id;  ///< "AROA...:session"
  std::string access_key_id;
  /// What else the authenticator knows (session tags, session policy), for the handlers of the same server; shared with
  /// its session table.
  std::shared_ptr<const void> session;
};

/// What a handler is told about a call beside the request.
struct CallInfo {
  explicit CallInfo(rt::CallContext context) : ctx(context) {}
  rt::CallContext ctx;
  CallerInfo caller;
  std::string region;      ///< of the signature's scope; the server's default for unsigned requests
  std::string request_id;  ///< a UUID; every answer carries it
  std::string remote;      ///< "127.0.0.1:51234"; empty in memory
  std::string host;        ///< of the request's Host header: where the caller believes to be
  bool tls = false;
  const OperationSpec* operation = nullptr;
};

/// Finds out who signed a request. The dispatcher asks before it decodes the body.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// Errors carry the AwsFault to answer with (code, HTTP status); one without becomes InternalFailure.
  /// `request` and `operation` outlive the task. Not called for an unsigned request of an operation that needs no
  /// signature.
  virtual rt::Task<Result<CallerInfo>> authenticate(rt::CallContext ctx, const OperationSpec& operation,
                                                    const http::Request& request) = 0;
};

/// One request being answered, without its types: what a thunk needs of the dispatcher.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// Decodes and validates the request into the operation's Request struct.
  virtual Result<void> decode(void* request) = 0;
  /// Takes the operation's Response struct.
  virtual void encode(const void* response) = 0;
};

/// Leads from one operation to the method of a handler. A table of them is generated per service.
struct Entry {
  const OperationSpec* operation;
  rt::Task<Result<void>> (*invoke)(void* handler, CallInfo info, Exchange& exchange);
};

/// A service together with what answers it. Borrowed: the handler outlives the binding.
struct Binding {
  Binding(const ServiceSpec& spec, void* object, std::span<const Entry> table)
      : service(&spec), handler(object), entries(table) {}
  const ServiceSpec* service;
  void* handler;
  std::span<const Entry> entries;  ///< sorted by operation name
};

/// An error that goes to the caller as it is. `code` is the service's code, such as "InvalidInstanceId".
/// `http_status` 0 means: what the operation's model says of the code, else 400.
Error fault(ErrorKind kind, std::string code, std::string message, int http_status = 0);

/// The answer to an operation that the server knows but does not offer.
Error not_offered_error(const OperationSpec& operation);

template <class Response>
rt::Task<Result<Response>> not_offered(const OperationSpec& operation) {
  co_return fail(not_offered_error(operation));
}

/// The one thunk: decode, call, encode.
template <class Op, class Handler, auto kMethod>
rt::Task<Result<void>> invoke_method(void* handler, CallInfo info, Exchange& exchange) {
  typename Op::Request request;
  CO_TRY_VOID(exchange.decode(&request));
  Result<typename Op::Response> response =
      co_await (static_cast<Handler*>(handler)->*kMethod)(std::move(info), std::move(request));
  if (!response) co_return fail(std::move(response).error());
  exchange.encode(&*response);
  co_return Result<void>();
}

/// Answers without waiting for anything: decode, call, encode.
using PlainAnswer = Result<void> (*)(void* handler, const CallInfo& info, Exchange& exchange);

template <class Op, class Handler, auto kMethod>
Result<void> answer_plain(void* handler, const CallInfo& info, Exchange& exchange) {
  typename Op::Request request;
  TRY_VOID(exchange.decode(&request));
  Result<typename Op::Response> response = (static_cast<Handler*>(handler)->*kMethod)(info, request);
  if (!response) return fail(std::move(response).error());
  exchange.encode(&*response);
  return {};
}

/// The only coroutine of all plain handlers: a coroutine per operation is what makes large services slow to compile.
rt::Task<Result<void>> run_plain(PlainAnswer answer, void* handler, CallInfo info, Exchange& exchange);

template <class Op, class Handler, auto kMethod>
rt::Task<Result<void>> invoke_plain(void* handler, CallInfo info, Exchange& exchange) {
  return run_plain(&answer_plain<Op, Handler, kMethod>, handler, std::move(info), exchange);
}

}  // namespace postern::aws::server
