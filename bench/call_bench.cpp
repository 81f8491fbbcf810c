#include <cstdio>
#include <fstream>
#include <iterator>

#include "aws/core/invoker.hpp"
#include "aws/ssm/ops.hpp"
#include "base/check.hpp"
#include "bench/modes.hpp"
#include "http/pool.hpp"
#include "http/server.hpp"
#include "net/certificates.hpp"
#include "net/tcp.hpp"
#include "net/tls.hpp"
#include "os/random.hpp"
#include "rt/combine.hpp"
#include "rt/loop.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::bench {
namespace {

/// The same small reply whatever is asked: both halves of a comparison meet the same server.
class FixedReply final : public http::Service {
 public:
  rt::Task<Result<http::Response>> serve(rt::CallContext, http::PeerInfo, http::Request) override {
    http::Response response;
    response.headers.set("Content-Type", "application/x-amz-json-1.1");
    response.headers.set("x-amzn-RequestId", "2f9a0d5e-1111-2222-3333-0123456789ab");
    response.body =
        R"({"CommandId":"0831e1a8-a1ac-4257-a1fd-c831bEXAMPLE","InstanceId":"i-0123456789abcdef0","Status":"Success"})";
    co_return response;
  }
};

rt::Task<Result<int>> serve(rt::Loop* loop, rt::CallContext ctx, std::string ready) {
  const WallTime now = ctx.clock().wall_now();
  const net::Validity validity(now - std::chrono::hours(1), now + std::chrono::hours(24));
  CO_TRY(const net::CertifiedKey ca, net::make_ca("postern bench", validity));
  const std::vector<std::string> names(1, "127.0.0.1");
  CO_TRY(const net::CertifiedKey key, net::issue_server_certificate(ca, names, validity));
  net::TlsServerConfig config;
  config.certificate_chain_pem = key.certificate_pem;
  config.private_key_pem = key.key_pem;
  CO_TRY(std::shared_ptr<net::TlsServer> tls, net::TlsServer::create(std::move(config)));
  const net::Endpoint any("127.0.0.1", 0);
  CO_TRY(std::unique_ptr<net::Listener> plain_listener, net::listen_tcp(loop->executor(), any));
  CO_TRY(std::unique_ptr<net::Listener> tcp_listener, net::listen_tcp(loop->executor(), any));
  auto tls_listener = std::make_unique<net::TlsListener>(std::move(tcp_listener), tls);
  FixedReply reply;
  http::Server plain(loop->executor(), std::move(plain_listener), reply, http::PeerInfo());
  http::Server secure(loop->executor(), std::move(tls_listener), reply, http::PeerInfo());
  plain.start(ctx);
  secure.start(ctx);
  const std::string ca_file = ready + ".pem";
  std::ofstream(ca_file) << ca.certificate_pem;
  const std::string text = "{\"plain\": \"http://" + plain.local().to_text() + "\", \"tls\": \"https://" +
                           secure.local().to_text() + "\", \"ca\": \"" + ca_file + "\"}\n";
  std::ofstream(ready + ".new") << text;
  CHECK(std::rename((ready + ".new").c_str(), ready.c_str()) == 0);
  // Until bench/run ends this process.
  (void)co_await rt::sleep_until(ctx.clock(), ctx.now() + std::chrono::hours(2));
  co_await plain.stop();
  co_await secure.stop();
  co_return 0;
}

/// Fresh credentials in memory, as aws/auth's CachedProvider has them.
class KeysFor final : public aws::CredentialsProvider {
 public:
  KeysFor() {
    credentials_.access_key_id = "AKIDEXAMPLE";
    credentials_.secret_access_key = Secret<>("secret");
    credentials_.session_token = Secret<>(std::string(200, 't'));
  }
  rt::Task<Result<aws::Credentials>> resolve(rt::CallContext) override { co_return credentials_; }
  const aws::Credentials* at_hand(rt::CallContext) override { return &credentials_; }
  std::string describe() const override { return "bench"; }

 private:
  aws::Credentials credentials_;
};

class Calls {
 public:
  Calls(rt::CallContext ctx, aws::Invoker& invoker, aws::CallScope scope)
      : ctx_(ctx), invoker_(&invoker), scope_(std::move(scope)) {}
  rt::Task<void> operator()(std::size_t) const {
    aws::ssm::GetCommandInvocationRequest request;
    request.command_id = "0831e1a8-a1ac-4257-a1fd-c831bEXAMPLE";
    request.instance_id = "i-0123456789abcdef0";
    const auto response =
        co_await aws::call<aws::ssm::GetCommandInvocation>(ctx_, *invoker_, scope_, std::move(request));
    if (!response) std::fprintf(stderr, "%s\n", response.error().to_text().c_str());
    CHECK(response && response->status->text() == "Success");
  }

 private:
  rt::CallContext ctx_;
  aws::Invoker* invoker_;
  aws::CallScope scope_;
};

rt::Task<Result<double>> measure(rt::Loop* loop, rt::CallContext ctx, std::string url, std::string ca, int calls,
                                 int in_flight) {
  net::TcpDialer tcp(loop->executor());
  std::unique_ptr<net::TlsDialer> tls;
  if (!ca.empty()) {
    std::ifstream file(ca);
    net::TlsClientConfig config;
    config.ca.pem.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    config.ca.origin = ca;
    CO_TRY(std::shared_ptr<net::TlsClient> client, net::TlsClient::create(std::move(config)));
    tls = std::make_unique<net::TlsDialer>(tcp, std::move(client));
  }
  http::PoolOptions options;
  options.idle_per_origin = static_cast<std::size_t>(in_flight);
  http::ClientPool pool(loop->executor(), loop->clock(), tcp, tls.get(), options);
  aws::EndpointConfig endpoints;
  endpoints.custom.emplace_back("", url, "bench");
  auto invoker = aws::make_invoker(aws::InvokerParts(pool, endpoints), aws::InvokerOptions());
  aws::CallScope scope;
  scope.account_id = "444455556666";
  scope.region = "us-east-1";
  scope.credentials = std::make_shared<KeysFor>();
  const Calls work(ctx, *invoker, scope);
  const auto limit = static_cast<std::size_t>(in_flight);
  co_await rt::for_each_bounded(limit, limit, work);  // opens the connections
  const double before = cpu_seconds();
  co_await rt::for_each_bounded(static_cast<std::size_t>(calls), limit, work);
  const double spent = cpu_seconds() - before;
  co_await pool.close();
  co_return spent;
}

}  // namespace

int serve_mode(const std::string& ready) {
  rt::Loop loop;
  os::KernelRandom random;
  rt::testing::SilentExplainer explainer;
  const rt::CallContext ctx(loop.clock(), random, explainer);
  const Result<int> code = loop.run(serve(&loop, ctx, ready));
  if (!code) std::fprintf(stderr, "%s\n", code.error().to_text().c_str());
  return code.value_or(1);
}

int call_mode(const std::string& url, const std::string& ca, int calls, int in_flight) {
  rt::Loop loop;
  os::KernelRandom random;
  rt::testing::SilentExplainer explainer;
  const rt::CallContext ctx(loop.clock(), random, explainer);
  const Result<double> spent = loop.run(measure(&loop, ctx, url, ca, calls, in_flight));
  if (!spent) {
    std::fprintf(stderr, "%s\n", spent.error().to_text().c_str());
    return 1;
  }
  std::printf("{\"calls\": %d, \"cpu_us_per_call\": %.3f}\n", calls, *spent / calls * 1e6);
  return 0;
}

}  // namespace postern::bench
