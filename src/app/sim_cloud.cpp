#include "app/sim_cloud.hpp"

#include <set>

#include "app/fleet_world.hpp"
#include "base/plural.hpp"
#include "rt/random_hex.hpp"
#include "sim/serve/cloud_server.hpp"
#include "sim/serve/demo_cloud.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world.hpp"

namespace postern::app {
namespace {

std::string summary_of(const sim::CloudConfig& config) {
  std::size_t instances = 0;
  std::set<std::string> regions;
  for (const sim::AccountConfig& account : config.accounts) {
    instances += account.instances.size();
    for (const sim::InstanceConfig& instance : account.instances) regions.insert(instance.region);
  }
  std::string summary = plural(config.accounts.size(), "account") + ", " + plural(instances, "instance");
  if (instances > 0) summary += " in " + plural(regions.size(), "Region");
  return summary;
}

class SimCloud final : public cli::RunningCloud {
 public:
  SimCloud(std::unique_ptr<sim::CloudServer> server, std::string fleet_yaml, std::string summary)
      : server_(std::move(server)), fleet_yaml_(std::move(fleet_yaml)), summary_(std::move(summary)) {}
  std::string endpoint_url() const override { return server_->endpoint_url(); }
  std::string plain_url() const override { return server_->plain_url(); }
  std::string metadata_url() const override { return server_->metadata_url(); }
  std::string ca_pem() const override { return server_->ca_pem(); }
  std::string fleet_yaml() const override { return fleet_yaml_; }
  std::string world_id() const override { return server_->world_id(); }
  std::string summary() const override { return summary_; }
  std::vector<std::pair<std::string, std::string>> environment() const override { return server_->environment(); }
  rt::Task<void> drain(rt::CallContext ctx) override { co_await server_->drain(ctx); }
  rt::Task<void> stop() override { co_await server_->stop(); }

 private:
  std::unique_ptr<sim::CloudServer> server_;
  std::string fleet_yaml_;
  std::string summary_;
};

sim::CloudServerOptions server_options(const cli::CloudOrder& order) {
  sim::CloudServerOptions options;
  options.listen = order.listen;
  if (order.plain_door) options.plain_listen = net::Endpoint("127.0.0.1", 0);
  options.truth_socket = order.truth_socket;
  options.metadata_of = order.metadata_of;
  if (order.on_request) {
    options.on_request = [say = order.on_request](const sim::RequestNote& note) { say(note.to_text()); };
  }
  return options;
}

struct Ordered {
  Ordered() = default;
  sim::World world;
  std::string fleet_yaml;  ///< of the demo's world only
  std::optional<std::uint64_t> faults_seed;
};

Result<Ordered> read_order(const cli::CloudOrder& order) {
  Ordered ordered;
  if (order.world_yaml) {
    TRY(ordered.world, sim::parse_world(*order.world_yaml, order.world_file));
  } else {
    ordered.world.config = sim::demo_cloud_config();
    ordered.fleet_yaml = sim::demo_fleet_yaml(ordered.world.config);
  }
  if (!order.faults_yaml) return ordered;
  TRY(sim::FaultPlan plan, sim::parse_faults(*order.faults_yaml, order.faults_file));
  if (plan.clock_skew) ordered.world.config.clock_skew = *plan.clock_skew;
  if (plan.list_lag) ordered.world.config.list_lag = *plan.list_lag;
  ordered.faults_seed = plan.seed;
  for (sim::FaultRule& rule : plan.rules) ordered.world.faults.push_back(std::move(rule));
  for (sim::SessionFaultRule& rule : plan.session_rules) ordered.world.session_faults.push_back(std::move(rule));
  return ordered;
}

}  // namespace

rt::Task<Result<std::unique_ptr<cli::RunningCloud>>> SimCloudStarter::start(rt::CallContext ctx,
                                                                            cli::CloudOrder order) {
  const std::string suffix = rt::random_hex(ctx.random(), 8);
  sim::CloudServerOptions options = server_options(order);
  options.agents.root_dir = os::join_path(environment_.get("TMPDIR").value_or("/tmp"), "postern-nodes-" + suffix);
  CO_TRY(Ordered ordered, read_order(order));
  options.authority = std::move(ordered.world.authority);
  std::string summary = summary_of(ordered.world.config);
  const sim::CloudHost host(loop_.executor(), ctx, processes_, files_);
  CO_TRY(std::unique_ptr<sim::CloudServer> server,
         sim::CloudServer::start(host, std::move(ordered.world.config), std::move(options)));
  for (sim::FaultRule& rule : ordered.world.faults) server->services().faults().add(std::move(rule));
  sim::SessionFaults& sessions = server->services().sessions().faults();
  for (sim::SessionFaultRule& rule : ordered.world.session_faults) sessions.add(std::move(rule));
  if (ordered.faults_seed) {
    server->services().faults().set_seed(*ordered.faults_seed);
    sessions.set_seed(*ordered.faults_seed);
  }
  std::unique_ptr<cli::RunningCloud> cloud =
      std::make_unique<SimCloud>(std::move(server), std::move(ordered.fleet_yaml), std::move(summary));
  co_return cloud;
}

Result<std::string> SimCloudStarter::world_file(const std::optional<fleet::FleetFile>& fleet) {
  if (fleet) return fleet_world_yaml(*fleet);
  return sim::demo_world_yaml();
}

}  // namespace postern::app
