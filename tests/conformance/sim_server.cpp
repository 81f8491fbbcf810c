// postern_sim_server: serves a cloud made for conformance tests, with a second, plain port through which a driver sets
// faults. Not shipped. Usage: postern_sim_server FOLDER; it writes FOLDER/server.json when it is ready and ends on
// SIGTERM or POST /quit.

#include <cstdio>
#include <cstdlib>

#include "aws/core/form_value.hpp"
#include "base/json.hpp"
#include "net/tcp.hpp"
#include "os/random.hpp"
#include "os/signals.hpp"
#include "rt/combine.hpp"
#include "rt/loop.hpp"
#include "sim/serve/cloud_server.hpp"
#include "sim/serve/truth.hpp"
#include "sim_fixture.hpp"

namespace postern::conformance {
namespace {

class QuietExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

/// POST /fault, /expire, /skew, /truth, /operations, /quit with parameters in the query.
class ControlService final : public http::Service {
 public:
  explicit ControlService(sim::CloudServer& server) : server_(server) {}

  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo, http::Request request) override {
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = answer(ctx, request);
    if (response.body.empty()) response.status = 400;
    co_return response;
  }
  rt::Event& quit() { return quit_; }

 private:
  std::string answer(rt::CallContext ctx, const http::Request& request) {
    const std::string_view path = request.path();
    const auto field = [&](std::string_view name) { return aws::form_field(request.query(), name); };
    if (path == "/fault") return add_fault(field("operation"), field("kind"), field("count"), field("size"));
    if (path == "/expire") {
      const bool known = server_.cloud().expire_key(field("key"), server_.cloud().now(ctx.clock()));
      return known ? "{}" : "";
    }
    if (path == "/skew") {
      server_.cloud().set_clock_skew(std::chrono::seconds(std::atoi(field("seconds").c_str())));
      return "{}";
    }
    if (path == "/truth") return sim::truth_json(server_.cloud(), ctx.clock()).dump();
    if (path == "/operations") return operations();
    if (path != "/quit") return "";
    quit_.set();
    return "{}";
  }

  std::string add_fault(const std::string& operation, const std::string& kind, const std::string& count,
                        const std::string& size) {
    if (const auto value = sim::parse_fault_kind(kind)) {
      sim::FaultRule rule(operation, *value, static_cast<std::uint64_t>(std::atoi(count.c_str())));
      if (!size.empty()) rule.size = static_cast<std::size_t>(std::atoi(size.c_str()));
      server_.services().faults().add(rule);
      return "{}";
    }
    if (kind != "none") return "";
    server_.services().faults().clear();
    return "{}";
  }

  /// Every operation that the cloud's services are bound to: [{"service", "service_id", "operation"}].
  std::string operations() {
    Json all = Json::array();
    for (const aws::server::Binding& binding : server_.services().bindings()) {
      for (const aws::server::Entry& entry : binding.entries) {
        all.push_back(Json::object()
                          .set("service", binding.service->id)
                          .set("service_id", binding.service->service_id)
                          .set("operation", entry.operation->name));
      }
    }
    return all.dump();
  }

  sim::CloudServer& server_;
  rt::Event quit_;
};

rt::Task<Result<void>> wait_for_signal(os::Signals* signals) {
  const Result<os::Signal> signal = co_await signals->next();
  if (!signal) co_return fail(signal.error());
  co_return Result<void>();
}

std::string describe(const sim::CloudServer& server, const std::string& control, const std::string& ca_file) {
  Json environment = Json::object();
  for (const auto& [name, value] : server.environment()) environment.set(name, value);
  return Json::object()
      .set("endpoint", server.endpoint_url())
      .set("control", "http://" + control)
      .set("ca_file", ca_file)
      .set("environment", std::move(environment))
      .dump();
}

rt::Task<Result<void>> serve(rt::Loop* loop, std::string folder) {
  os::KernelRandom random;
  QuietExplainer explainer;
  const rt::CallContext ctx(loop->clock(), random, explainer);
  const auto files = os::make_posix_files();
  const auto processes = os::make_posix_processes(loop->executor());
  const auto signals = os::make_posix_signals(loop->executor());
  sim::CloudServerOptions options;
  options.agents.root_dir = os::join_path(folder, "agents");
  const sim::CloudHost host(loop->executor(), ctx, *processes, *files);
  CO_TRY(const std::unique_ptr<sim::CloudServer> server, sim::CloudServer::start(host, fixture(), options));

  ControlService control(*server);
  CO_TRY(std::unique_ptr<net::Listener> listener, net::listen_tcp(loop->executor(), net::Endpoint("127.0.0.1", 0)));
  http::Server control_server(loop->executor(), std::move(listener), control, http::PeerInfo());
  control_server.start(ctx);

  const std::string ca_file = os::join_path(folder, "ca.pem");
  Result<void> written = files->write_atomically(ca_file, server->ca_pem(), 0644);
  if (written) {
    const std::string text = describe(*server, control_server.local().to_text(), ca_file);
    written = files->write_atomically(os::join_path(folder, "server.json"), text, 0600);
  }
  if (written) co_await rt::race(wait_for_signal(signals.get()), control.quit().wait());
  co_await control_server.stop();
  co_await server->stop();
  co_return written;
}

}  // namespace
}  // namespace postern::conformance

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: postern_sim_server FOLDER\n");
    return 2;
  }
  postern::rt::Loop loop;
  const postern::Result<void> done = loop.run(postern::conformance::serve(&loop, argv[1]));
  if (done) return 0;
  std::fprintf(stderr, "postern_sim_server: %s\n", done.error().to_text().c_str());
  return 1;
}
