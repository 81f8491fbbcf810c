#pragma once

/// What has to be done to a site so that it is as somebody wants it. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/site_config.hpp"

namespace postern::recovery {

/// One setting that is not as it is wanted.
struct FieldChange {
  FieldChange() = default;
  std::string field;
  Json is;  ///< null: not set
  Json wanted;
};
/// Only what `wanted` says is compared; in its order.
std::vector<FieldChange> differences(const Json& wanted, const Json& is);
/// "10m/1h, 1h/1d", "env=prod", "none": a setting for people.
std::string setting_text(const Json& value);

/// The roles that the service makes in an account, with the service-linked one first.
const std::vector<std::string>& service_role_names();

/// How things stand.
struct SiteState {
  SiteState() = default;
  bool initialized = false;
  std::vector<Settings> replication;  ///< templates
  std::vector<Settings> launch;
  std::vector<std::string> missing_roles;  ///< of service_role_names()
  std::string roles_unread;                ///< why they could not be looked for; empty: they could
};

enum class SiteStep : std::uint8_t { initialize, replication_template, launch_template };
/// "initialize", "replication_template", "launch_template".
std::string_view to_string(SiteStep step) noexcept;

struct SiteDeed {
  SiteDeed() = default;
  SiteStep step = SiteStep::initialize;
  Settings settings;  ///< what is sent: all of a new template (no id), else what changes
  std::vector<FieldChange> changes;
  std::string why;  ///< of initialize
};

struct SitePlan {
  SitePlan() = default;
  std::vector<SiteDeed> deeds;
  std::vector<std::string> problems;  ///< why it cannot be done as it is wanted; nothing is then done
  std::vector<std::string> notes;

  bool has(SiteStep step) const;
};

/// A template that is not there is made of what is wanted and of sound defaults: private routing, no public addresses,
/// encryption, new disks replicated, 10m/1h, 1h/24h, 1d/7d; its subnet and security groups somebody must name. One that
/// is there is changed in what is wanted only.
SitePlan plan_site(const SiteState& state, const fleet::DrSettings& wanted);

/// What is worth saying of the staging network.
std::vector<std::string> network_notes(const StagingNetwork& network, const std::vector<std::string>& source_cidrs);

/// What there is to choose from for a site whose replication template names no places.
std::vector<std::string> choice_notes(const StagingChoices& choices);

/// What a person does in the console of the staging account so that `account` may use it: there is no API for it.
std::string trusted_account_step(const std::string& staging_account, const std::string& account,
                                 const std::string& region);
/// The roles that it makes there.
std::vector<std::string> trusted_account_roles(const std::string& account);

}  // namespace postern::recovery
