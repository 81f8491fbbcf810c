#pragma once

/// The templates of sites and the settings of their source servers: gathered, compared with what is wanted, changed.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/drs_servers.hpp"
#include "adapters/drs_sites.hpp"
#include "cli/dr_site_work.hpp"
#include "cli/output.hpp"
#include "recovery/server_settings.hpp"

namespace postern::cli {

struct ConfigSite {
  ConfigSite() = default;
  fleet::ScopePtr site;
  fleet::DrSettings wanted;
  recovery::SiteState state;  ///< templates only
  recovery::SettingsChange change;
  std::optional<recovery::ApplyResult> result;
  std::optional<Error> problem;  ///< that kept us from looking
  std::vector<recovery::SourceServer> servers;
};

struct ConfigServer {
  ConfigServer() = default;
  std::size_t site = 0;
  recovery::SourceServer server;
  recovery::ServerSettings settings;
  recovery::SettingsChange change;
  std::optional<recovery::ApplyResult> result;
  std::optional<Error> problem;
};

/// What `wanted` comes from.
enum class ConfigSource : std::uint8_t { fleet_file, site_template, file };

struct ConfigOrder {
  ConfigOrder() = default;
  ConfigSource source = ConfigSource::fleet_file;
  fleet::DrSettings given;         ///< of --file or of options
  std::vector<std::string> words;  ///< which servers: ids, instance ids, names with * and ?; none: all
  bool compare = false;            ///< show only shows
  bool servers = true;             ///< --templates leaves them out
};
Result<ConfigOrder> config_order(const Command& command, bool compare);

class ConfigWork {
 public:
  ConfigWork(const Command& command, DrWork& work, ConfigOrder order);

  std::vector<ConfigSite>& sites() noexcept { return sites_; }
  std::vector<ConfigServer>& servers() noexcept { return servers_; }
  const std::vector<ConfigSite>& sites() const noexcept { return sites_; }
  const std::vector<ConfigServer>& servers() const noexcept { return servers_; }
  const ConfigOrder& order() const noexcept { return order_; }

  /// Reads everything. Fails with cancelled, and with usage when a word names no server.
  rt::Task<Result<void>> look(std::size_t concurrency);
  /// Changes what differs. Fails only with cancelled.
  rt::Task<Result<void>> apply(std::size_t concurrency);

 private:
  rt::Task<Result<void>> look_at_site(ConfigSite& one);
  rt::Task<Result<void>> look_at_server(ConfigServer& one);
  rt::Task<Result<void>> apply_site(ConfigSite& one);
  rt::Task<Result<void>> apply_server(ConfigServer& one);
  rt::Task<Result<void>> choose_servers(std::size_t concurrency);
  rt::Task<Result<void>> each(std::size_t count, std::size_t concurrency,
                              rt::Task<Result<void>> (ConfigWork::*step)(std::size_t));
  rt::Task<Result<void>> site_step(std::size_t index);
  rt::Task<Result<void>> server_step(std::size_t index);
  rt::Task<Result<void>> apply_site_step(std::size_t index);
  rt::Task<Result<void>> apply_server_step(std::size_t index);
  fleet::DrSettings wanted_of_server(const ConfigSite& site) const;

  const Command& command_;
  DrWork& work_;
  ConfigOrder order_;
  adapters::DrsSites port_;
  adapters::DrsServers list_;
  std::vector<ConfigSite> sites_;
  std::vector<ConfigServer> servers_;
};

/// The differences, for stderr: before somebody agrees.
std::string describe_config(const ConfigWork& work);
Answer config_answer(const Command& command, const ConfigWork& work);
/// How many templates and servers differ.
std::size_t count_differing(const ConfigWork& work);
int config_exit_code(const ConfigWork& work);

}  // namespace postern::cli
