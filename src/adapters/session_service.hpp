#pragma once

/// Sessions of Systems Manager in one scope: starting them, what a data channel asks the service for, and the way to
/// its WebSocket.

#include <map>
#include <string>
#include <vector>

#include "adapters/aws_session.hpp"
#include "session/data_channel.hpp"

namespace postern::adapters {

struct SessionOrder {
  SessionOrder() = default;
  std::string target;    ///< "i-...", "mi-...", or another that StartSession takes ("ecs:...")
  std::string document;  ///< empty: the account's own, a shell
  std::map<std::string, std::vector<std::string>> parameters;
  std::string reason;  ///< at most 256 characters; empty: none is told
};

class AwsSessions final : public session::SessionService {
 public:
  /// `aws` outlives it.
  AwsSessions(AwsSession& aws, aws::CallScope scope) : aws_(aws), scope_(std::move(scope)) {}

  /// StartSession is never repeated: a lost answer leaves a session that nobody connects to, and that ends by itself.
  rt::Task<Result<session::Started>> start(rt::CallContext ctx, SessionOrder order);

  /// Whether a session could be opened on the node now.
  rt::Task<Result<bool>> is_connected(rt::CallContext ctx, std::string node);

  rt::Task<Result<Secret<std::string>>> resume(rt::CallContext ctx, std::string session_id) override;
  rt::Task<Result<void>> terminate(rt::CallContext ctx, std::string session_id) override;
  rt::Task<Result<session::DataKey>> data_key(rt::CallContext ctx, session::KeyRequest request) override;

  /// Borrows the AwsSession. TLS with its trust and proxies; ws:// only where endpoints are configured ones, for AWS's
  /// own never speak it.
  session::DataChannel::Dial dial();

 private:
  AwsSession& aws_;
  aws::CallScope scope_;
};

/// Whether an error of StartSession says that the node is not connected now, which may pass.
bool is_not_connected(const Error& error);

/// Whether an error says that the service does not know the session any more.
bool is_forgotten(const Error& error);

/// The StreamUrl at an endpoint of its own for ssmmessages (AWS_ENDPOINT_URL_SSMMESSAGES), when one is configured: its
/// scheme, host and port take the place of the URL's; path and query stay as they are.
Result<std::string> stream_url_at(std::string url, const std::vector<aws::CustomEndpoint>& custom);

}  // namespace postern::adapters
