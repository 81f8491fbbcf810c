#include "adapters/session_service.hpp"

#include "aws/kms/ops.hpp"
#include "aws/ssm/ops.hpp"
#include "base/text.hpp"

namespace postern::adapters {
namespace session_service {

/// A Dial is copied into the data channel: everything in it is borrowed.
class StreamDial {
 public:
  explicit StreamDial(AwsSession& aws) : aws_(&aws) {}
  rt::Task<Result<std::unique_ptr<net::Stream>>> operator()(rt::CallContext ctx, net::Endpoint endpoint,
                                                            bool tls) const {
    // Configured endpoints decide for every Region alike.
    if (!tls && aws_->world("us-east-1") == World::aws) {
      co_return fail(Error(ErrorKind::refused,
                           "a session without TLS to " + endpoint.to_text() + ": AWS's own endpoints never ask for one")
                         .with("rail", "session-tls"));
    }
    net::Dialer* dialer = aws_->dialer(tls);
    if (dialer == nullptr) co_return fail(ErrorKind::unsupported, "a cloud in memory has no sessions");
    co_return co_await dialer->dial(ctx, std::move(endpoint));
  }

 private:
  AwsSession* aws_;
};

}  // namespace session_service

bool is_forgotten(const Error& error) {
  const AwsFault* fault = error.aws();
  return fault != nullptr && fault->code == "DoesNotExistException";
}

bool is_not_connected(const Error& error) {
  const AwsFault* fault = error.aws();
  return fault != nullptr && fault->code == "TargetNotConnected";
}

rt::Task<Result<bool>> AwsSessions::is_connected(rt::CallContext ctx, std::string node) {
  aws::ssm::GetConnectionStatusRequest request;
  request.target = std::move(node);
  aws::CallScope scope = scope_;
  CO_TRY(const aws::ssm::GetConnectionStatusResponse response,
         co_await aws::call<aws::ssm::GetConnectionStatus>(ctx, aws_.invoker(), std::move(scope), std::move(request)));
  co_return response.status && response.status->text() == "connected";
}

rt::Task<Result<session::Started>> AwsSessions::start(rt::CallContext ctx, SessionOrder order) {
  aws::ssm::StartSessionRequest request;
  request.target = std::move(order.target);
  if (!order.document.empty()) request.document_name = std::move(order.document);
  if (!order.reason.empty()) request.reason = std::move(order.reason);
  for (auto& [name, values] : order.parameters) request.parameters[name] = std::move(values);
  aws::CallScope scope = scope_;
  CO_TRY(aws::ssm::StartSessionResponse response,
         co_await aws::call<aws::ssm::StartSession>(ctx, aws_.invoker(), std::move(scope), std::move(request)));
  session::Started started;
  started.session_id = response.session_id.value_or("");
  started.stream_url = response.stream_url.value_or("");
  if (response.token_value) started.token = std::move(*response.token_value);
  if (started.session_id.empty() || started.stream_url.empty() || started.token.empty()) {
    co_return fail(Error(ErrorKind::malformed, "StartSession's answer lacks the session's id, address or token")
                       .delivered(Delivery::answered));
  }
  CO_TRY(started.stream_url, stream_url_at(std::move(started.stream_url), aws_.settings().endpoints.custom));
  co_return started;
}

rt::Task<Result<Secret<std::string>>> AwsSessions::resume(rt::CallContext ctx, std::string session_id) {
  aws::ssm::ResumeSessionRequest request;
  request.session_id = std::move(session_id);
  aws::CallScope scope = scope_;
  Result<aws::ssm::ResumeSessionResponse> response =
      co_await aws::call<aws::ssm::ResumeSession>(ctx, aws_.invoker(), std::move(scope), std::move(request));
  if (!response && is_forgotten(response.error())) co_return Secret<std::string>();
  if (!response) co_return fail(std::move(response).error());
  Secret<std::string> token;
  if (response->token_value) token = std::move(*response->token_value);
  co_return token;
}

rt::Task<Result<void>> AwsSessions::terminate(rt::CallContext ctx, std::string session_id) {
  aws::ssm::TerminateSessionRequest request;
  request.session_id = std::move(session_id);
  aws::CallScope scope = scope_;
  Result<aws::ssm::TerminateSessionResponse> response =
      co_await aws::call<aws::ssm::TerminateSession>(ctx, aws_.invoker(), std::move(scope), std::move(request));
  if (response || is_forgotten(response.error())) co_return Result<void>();
  co_return fail(std::move(response).error());
}

rt::Task<Result<session::DataKey>> AwsSessions::data_key(rt::CallContext ctx, session::KeyRequest asked) {
  aws::kms::GenerateDataKeyRequest request;
  request.key_id = std::move(asked.key_id);
  request.number_of_bytes = static_cast<std::int32_t>(session::kDataKeyBytes);
  request.encryption_context["aws:ssm:SessionId"] = std::move(asked.session_id);
  request.encryption_context["aws:ssm:TargetId"] = std::move(asked.target);
  if (!asked.challenge.empty()) request.encryption_context["aws:ssm:RandomChallenge"] = std::move(asked.challenge);
  aws::CallScope scope = scope_;
  Result<aws::kms::GenerateDataKeyResponse> response =
      co_await aws::call<aws::kms::GenerateDataKey>(ctx, aws_.invoker(), std::move(scope), std::move(request));
  if (!response) co_return fail(std::move(response).error().with("needs", "kms:GenerateDataKey on the session's key"));
  session::DataKey key;
  if (response->plaintext) key.plaintext = Secret<std::string>(std::move(response->plaintext->bytes));
  if (response->ciphertext_blob) key.ciphertext = response->ciphertext_blob->bytes;
  if (key.plaintext.empty() || key.ciphertext.empty()) {
    co_return fail(ErrorKind::malformed, "KMS GenerateDataKey's answer has no key");
  }
  co_return key;
}

session::DataChannel::Dial AwsSessions::dial() {
  return session_service::StreamDial(aws_);
}

Result<std::string> stream_url_at(std::string url, const std::vector<aws::CustomEndpoint>& custom) {
  for (const aws::CustomEndpoint& endpoint : custom) {
    if (!equals_ignore_case(endpoint.service, "SSMMESSAGES")) continue;
    TRY(const http::Url place, http::parse_url(endpoint.url));
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return fail(ErrorKind::malformed, "a session's address has no scheme");
    const std::size_t path = url.find_first_of("/?", scheme + 3);
    return (place.origin.tls ? "wss://" : "ws://") + place.origin.host_header() +
           (path == std::string::npos ? std::string() : url.substr(path));
  }
  return url;
}

}  // namespace postern::adapters
