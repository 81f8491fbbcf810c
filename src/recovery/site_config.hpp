#pragma once

/// What a site is set up as, and the port that reads and changes it. Settings are JSON objects in the fleet file's own
/// form (fleet/dr_settings.hpp), whatever the service calls them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/dr_settings.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::recovery {

/// A template of either kind, or a source server's own settings.
struct Settings {
  Settings() = default;
  std::string id;  ///< of a template: rct-..., lct-...; of a server: s-...
  Json values = Json::object();
  std::string launch_template;  ///< lt-..., of a server's launch settings
};

/// The default version of the EC2 launch template by which a server is launched.
struct LaunchTemplate {
  LaunchTemplate() = default;
  std::string id;
  std::int64_t version = 0;
  std::string instance_type;
  std::string subnet;
  std::vector<std::string> security_groups;
  std::string instance_profile;
};

/// What may come in on the port by which agents send data.
struct DataPortRule {
  DataPortRule() = default;
  std::string group;
  std::vector<std::string> sources;  ///< "10.0.0.0/8", "sg-...", "pl-..."
};

struct StagingNetwork {
  StagingNetwork() = default;
  std::string vpc;  ///< empty: the subnet does not exist there
  std::int64_t free_addresses = 0;
  std::vector<DataPortRule> rules;   ///< of each security group that exists
  std::vector<std::string> missing;  ///< security groups that do not
};

/// A subnet or a security group that a person may choose.
struct StagingChoice {
  StagingChoice() = default;
  StagingChoice(std::string i, std::string w) : id(std::move(i)), what(std::move(w)) {}
  std::string id;
  std::string what;  ///< "staging, 10.50.0.0/24, us-west-2a"; may be empty
};

struct StagingChoices {
  StagingChoices() = default;
  std::vector<StagingChoice> subnets;
  std::vector<StagingChoice> groups;
};

class SiteConfig {
 public:
  virtual ~SiteConfig() = default;
  /// Absent: the site is not initialised.
  virtual rt::Task<Result<std::optional<std::vector<Settings>>>> replication_templates(rt::CallContext ctx,
                                                                                       fleet::ScopePtr site) = 0;
  virtual rt::Task<Result<std::vector<Settings>>> launch_templates(rt::CallContext ctx, fleet::ScopePtr site) = 0;
  virtual rt::Task<Result<void>> initialize(rt::CallContext ctx, fleet::ScopePtr site) = 0;
  /// With an empty id a template is made, else that one is changed: only what `settings` says.
  virtual rt::Task<Result<void>> put_replication_template(rt::CallContext ctx, fleet::ScopePtr site,
                                                          Settings settings) = 0;
  virtual rt::Task<Result<void>> put_launch_template(rt::CallContext ctx, fleet::ScopePtr site, Settings settings) = 0;

  virtual rt::Task<Result<Settings>> server_replication(rt::CallContext ctx, fleet::ScopePtr site, std::string id) = 0;
  virtual rt::Task<Result<Settings>> server_launch(rt::CallContext ctx, fleet::ScopePtr site, std::string id) = 0;
  virtual rt::Task<Result<LaunchTemplate>> launch_template(rt::CallContext ctx, fleet::ScopePtr site,
                                                           std::string id) = 0;
  virtual rt::Task<Result<void>> put_server_replication(rt::CallContext ctx, fleet::ScopePtr site,
                                                        Settings settings) = 0;
  virtual rt::Task<Result<void>> put_server_launch(rt::CallContext ctx, fleet::ScopePtr site, Settings settings) = 0;

  /// Whether the account has a role of that name.
  virtual rt::Task<Result<bool>> has_role(rt::CallContext ctx, fleet::ScopePtr site, std::string name) = 0;
  virtual rt::Task<Result<StagingNetwork>> staging_network(rt::CallContext ctx, fleet::ScopePtr site,
                                                           std::string subnet, std::vector<std::string> groups) = 0;
  /// Every subnet of the site, and every security group but the default ones, by id.
  virtual rt::Task<Result<StagingChoices>> staging_choices(rt::CallContext ctx, fleet::ScopePtr site) = 0;
};

}  // namespace postern::recovery
