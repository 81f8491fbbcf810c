#include "app/demo_cloud.hpp"

#include <array>

#include "base/encoding.hpp"
#include "sim/cloud_server.hpp"
#include "sim/demo_cloud.hpp"

namespace postern::app {
namespace {

class DemoCloud final : public cli::RunningCloud {
 public:
  DemoCloud(std::unique_ptr<sim::CloudServer> server, std::string fleet_yaml)
      : server_(std::move(server)), fleet_yaml_(std::move(fleet_yaml)) {}
  std::string endpoint_url() const override { return server_->endpoint_url(); }
  std::string ca_pem() const override { return server_->ca_pem(); }
  std::string fleet_yaml() const override { return fleet_yaml_; }
  std::string world_id() const override { return server_->world_id(); }
  std::vector<std::pair<std::string, std::string>> environment() const override { return server_->environment(); }
  rt::Task<void> stop() override { co_await server_->stop(); }

 private:
  std::unique_ptr<sim::CloudServer> server_;
  std::string fleet_yaml_;
};

}  // namespace

rt::Task<Result<std::unique_ptr<cli::RunningCloud>>> DemoCloudStarter::start(rt::CallContext ctx) {
  std::array<std::uint8_t, 8> random{};
  ctx.random().fill(random);
  const std::string suffix = to_hex(std::string_view(reinterpret_cast<const char*>(random.data()), random.size()));
  sim::CloudServerOptions options;
  options.agents.root_dir = os::join_path(environment_.get("TMPDIR").value_or("/tmp"), "postern-nodes-" + suffix);
  sim::CloudConfig config = sim::demo_cloud_config();
  std::string fleet_yaml = sim::demo_fleet_yaml(config);
  sim::CloudHost host(loop_.executor(), ctx, processes_, files_);
  CO_TRY(std::unique_ptr<sim::CloudServer> server,
         sim::CloudServer::start(host, std::move(config), std::move(options)));
  std::unique_ptr<cli::RunningCloud> cloud = std::make_unique<DemoCloud>(std::move(server), std::move(fleet_yaml));
  co_return cloud;
}

}  // namespace postern::app
