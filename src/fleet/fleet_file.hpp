#pragma once

/// The fleet file, schema version 1 (DESIGN.md section 9): accounts, roles, selectors, groups. Parsing checks
/// everything that can be checked without asking AWS and reports every mistake at once, one per line:
/// `file:line:column: text`.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "fleet/dr_settings.hpp"
#include "fleet/freeze.hpp"
#include "fleet/selector.hpp"
#include "fleet/signals.hpp"
#include "fleet/tunnel.hpp"
#include "fleet/types.hpp"

namespace postern::fleet {

inline constexpr std::size_t kAccountsMax = 10'000;
inline constexpr std::size_t kProblemsMax = 50;  ///< as yaml::kProblemsMax
/// @protected: what the file's `protect` says, nobody without it.
inline constexpr std::string_view kProtected = "protected";

/// Role names (with optional path) or ARNs by duty; an empty text is not set.
struct Roles {
  Roles() = default;
  /// For every duty that has none of its own.
  std::string any;
  std::array<std::string, kDutyCount> by_duty;
  /// The duty's own role, else `any`; empty when neither is set.
  const std::string& get(Duty duty) const;
  bool empty() const;
  friend bool operator==(const Roles&, const Roles&) = default;
};

/// Where orders come from. Every member may be absent: the caller's credentials and Region are then used as they are.
struct Hub {
  Hub() = default;
  AccountId account;
  Region region;
  std::string profile;
  /// Roles are assumed with the caller's name as SourceIdentity: their trust must allow sts:SetSourceIdentity.
  bool source_identity = false;
};

struct Defaults {
  Defaults() = default;
  Roles roles;
  std::vector<Region> regions;
  std::size_t max_concurrent_accounts = 5;
  std::optional<SecretRef> external_id;
  std::string session_name;
  /// Where accounts recover to that say nothing else; empty: nowhere is said.
  Region dr_region;
  DrSettings dr;
};

struct Account {
  Account() = default;
  AccountId id;
  /// Unique in the file; the id when the file gives none.
  std::string name;
  Roles roles;
  std::optional<SecretRef> external_id;
  /// With a profile and no role of its own, the profile's credentials are the way in; with a role, they assume it.
  std::string profile;
  std::vector<Region> regions;
  Tags tags;
  /// Where the account recovers to; empty when there is no such plan.
  Region dr_region;
  /// What its site should say: its own settings over the defaults'.
  DrSettings dr;
  /// The only documents that may be sent to it, with patterns; empty: those of the file.
  std::vector<std::string> documents;
};

enum class Mode : std::uint8_t { read_write, read_only };

struct FleetFile {
  FleetFile() = default;
  /// The name that messages use.
  std::string file_name;
  Mode mode = Mode::read_write;
  Hub hub;
  Defaults defaults;
  /// In the order of the file.
  std::vector<Account> accounts;
  /// Selectors and groups by name, references not yet replaced. A name is one or the other.
  std::map<std::string, Selector, std::less<>> selectors;
  /// Which of `selectors` are groups; sorted.
  std::vector<std::string> groups;
  /// Targets that no run reaches; matches nothing when the file has no `protect`.
  Selector protect = Selector::none();
  Signals signals;
  /// Times in which no run begins. Their clocks come with load_zones().
  std::vector<FreezeWindow> freeze;
  /// The only documents that may be sent, with patterns, where an account has none of its own; empty: every one.
  std::vector<std::string> documents;
  /// Named sets of forwards.
  std::map<std::string, Tunnel, std::less<>> tunnels;
  std::string endpoint_url;
  std::string ca_bundle;
  /// Not wrong, but worth a look: file:line:column: text.
  std::vector<std::string> warnings;

  /// By id or name; null when there is none.
  const Account* find_account(std::string_view id_or_name) const;
  /// Whether the document may be sent to the account.
  bool allows_document(const AccountId& account, std::string_view document) const;
  /// The selector with every @name replaced by this file's; @protected is `protect`.
  Result<Selector> bind(const Selector& selector) const;
};

/// `name` stands in front of every message. Errors of kind usage: all mistakes, one a line, at most kProblemsMax.
/// `exec:` values are refused unless the file is trusted.
Result<FleetFile> parse_fleet_file(std::string_view text, std::string name, Trust trust = Trust::untrusted);

/// What `postern init` prints: every key explained, read-only. With accounts, they stand in it instead of the examples.
std::string default_fleet_yaml();
std::string default_fleet_yaml(const std::vector<Account>& accounts);

/// Cloud Custodian's accounts file (c7n-org: accounts[]{account_id, name, role, regions, tags, profile, external_id})
/// as a fleet file of ours. What has no counterpart (vars, role chains) is left out and named in a comment.
Result<std::string> import_c7n_accounts(std::string_view text, std::string name);

}  // namespace postern::fleet
