#pragma once

/// What the sites of Elastic Disaster Recovery should say, as the fleet file and the command line give it:
///
///     dr:
///       region: us-west-2
///       staging_account: "999900001111"
///       replication: {subnet: subnet-0a1b2c3d, security_groups: [sg-0a1b2c3d], routing: private}
///       launch: {disposition: stopped, right_sizing: basic}
///
/// A setting is a value of one form, whoever wrote it, so that two of them are the same exactly when they are equal:
/// words in lower case, lists sorted, points in time as "INTERVAL/RETENTION" ("10m/1h").

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/yaml.hpp"
#include "fleet/types.hpp"

namespace postern::fleet {

enum class DrKind : std::uint8_t { text, choice, flag, number, texts, tags, points };

/// One setting: its name in the fleet file, and what it may be.
struct DrField {
  std::string_view name;
  DrKind kind = DrKind::text;
  std::string_view rule;  ///< of text and texts: what it starts with; of a choice: "a|b|c"
};

std::span<const DrField> replication_fields();
std::span<const DrField> launch_fields();
/// Null when there is none of that name.
const DrField* find_field(std::span<const DrField> fields, std::string_view name);

/// The setting that a text means: "true", "12", "a,b", "key=value,key=value", "10m/1h,1h/24h". Usage for one that it
/// cannot be; the message does not name the setting.
Result<Json> parse_dr_value(const DrField& field, std::string_view text);

/// Every `interval` (in minutes) a point in time, kept for `retention` (in minutes). The form is "10m/1h".
struct PointRule {
  PointRule() = default;
  std::int64_t interval = 0;
  std::int64_t retention = 0;
};
Result<PointRule> parse_point_rule(std::string_view text);
std::string to_text(const PointRule& rule);

/// Only what somebody has asked for.
struct DrSettings {
  DrSettings() = default;
  Json replication = Json::object();  ///< by the names of replication_fields()
  Json launch = Json::object();       ///< by the names of launch_fields()
  AccountId staging_account;          ///< where it replicates, when that is another account

  bool empty() const { return replication.empty() && launch.empty() && staging_account.empty(); }
  /// These, and whatever they do not say from `base`.
  DrSettings over(const DrSettings& base) const;
};

/// A file of settings: the keys replication and launch, as under `dr`. All mistakes at once, as parse_fleet_file.
Result<DrSettings> parse_dr_settings(std::string_view text, std::string name);

}  // namespace postern::fleet
