#pragma once

/// The settings of one source server: read, compared with what is wanted, changed and read back.

#include <optional>
#include <string>
#include <vector>

#include "recovery/site_plan.hpp"

namespace postern::recovery {

struct ServerSettings {
  ServerSettings() = default;
  std::optional<Settings> replication;  ///< absent of an extended server: it replicates in its staging account
  Settings launch;
  std::optional<LaunchTemplate> ec2;  ///< the default version of its EC2 launch template
  std::string ec2_unread;             ///< why that could not be read; empty: it could
};

/// Whether the replication is read too: an extended server's stands in its staging account.
enum class ReplicationPart : std::uint8_t { here, elsewhere };
/// Whether the EC2 launch template is read too: a call more.
enum class LaunchTemplatePart : std::uint8_t { read, left };

/// Two or three calls.
rt::Task<Result<ServerSettings>> read_server_settings(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site,
                                                      std::string id, ReplicationPart replication,
                                                      LaunchTemplatePart ec2);

/// What is not as it is wanted.
struct SettingsChange {
  SettingsChange() = default;
  std::vector<FieldChange> replication;
  std::vector<FieldChange> launch;
  bool empty() const { return replication.empty() && launch.empty(); }
};
SettingsChange compare_settings(const ServerSettings& is, const fleet::DrSettings& wanted);
/// Of a site's first templates; a template that is not there is left out.
SettingsChange compare_templates(const SiteState& is, const fleet::DrSettings& wanted);
/// What is sent: the changed settings, an encryption with its key.
Json changed_values(const std::vector<FieldChange>& changes, const Json& wanted);

enum class ApplyOutcome : std::uint8_t { applied, failed, unknown };
/// "applied", "failed", "unknown".
std::string_view to_string(ApplyOutcome outcome) noexcept;

struct ApplyResult {
  ApplyResult() = default;
  ApplyOutcome outcome = ApplyOutcome::unknown;
  SettingsChange left;         ///< what the last look still found different
  std::optional<Error> error;  ///< that stopped it
};

/// Sends what differs and looks again until nothing does. Fails only with cancelled.
rt::Task<Result<ApplyResult>> apply_server_settings(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site,
                                                    std::string id, SettingsChange change, fleet::DrSettings wanted);
/// The same for the templates of a site.
rt::Task<Result<ApplyResult>> apply_template_settings(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site,
                                                      SiteState state, SettingsChange change, fleet::DrSettings wanted);

}  // namespace postern::recovery
