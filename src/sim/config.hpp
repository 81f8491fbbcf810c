#pragma once

/// What a simulated cloud consists of, as values: accounts, identities, roles with their trust, instances and agents.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "sim/drs/drs_config.hpp"
#include "sim/ec2/network_config.hpp"

namespace postern::sim {

/// What an identity may do, in short: action globs such as "ssm:*", on every resource. A denial wins. Becomes an inline
/// policy "Permissions".
struct Permissions {
  Permissions() = default;
  std::vector<std::string> allow;
  std::vector<std::string> deny;
};

/// One statement of a role's trust policy, in short: who may assume the role, tag the session and set its source
/// identity.
struct TrustStatement {
  TrustStatement() = default;
  /// ARNs of users or roles, "arn:aws:iam::111122223333:root" for a whole account, a service ("ec2.amazonaws.com") or
  /// "*".
  std::vector<std::string> principals;
  /// The caller must send one of these; empty: none is asked for, any is accepted.
  std::vector<std::string> external_ids;
};

/// The policies of a user or role as JSON text, besides the short form.
struct PoliciesConfig {
  PoliciesConfig() = default;
  std::map<std::string, std::string> inline_documents;  ///< by policy name
  std::vector<std::string> attached;                    ///< ARNs of managed policies
  std::string boundary;                                 ///< ARN; empty: none
};

struct RoleConfig {
  RoleConfig() = default;
  std::string name;
  std::string path = "/";
  std::string description;
  std::vector<TrustStatement> trust;
  std::string trust_document;  ///< JSON; instead of `trust`. With neither the role is EC2's.
  Permissions permissions;
  PoliciesConfig policies;
  std::map<std::string, std::string> tags;
  std::chrono::seconds max_session = std::chrono::hours(1);
};

/// A customer managed policy.
struct ManagedPolicyConfig {
  ManagedPolicyConfig() = default;
  std::string name;
  std::string path = "/";
  std::string document;  ///< JSON
};

struct InstanceProfileConfig {
  InstanceProfileConfig() = default;
  std::string name;
  std::string path = "/";
  std::string role;  ///< name; empty: none
};

/// An IAM user with an access key. With a session token and an end it stands for temporary credentials of that user.
struct UserConfig {
  UserConfig() = default;
  std::string name;
  std::string access_key_id;
  Secret<> secret_access_key;
  Secret<> session_token;
  std::optional<WallTime> expires;
  Permissions permissions;
  std::string path = "/";
  PoliciesConfig policies;
  std::map<std::string, std::string> tags;
  /// The virtual MFA device that the user has: base32 (RFC 4648), such as an authenticator app takes; empty: none.
  Secret<> mfa_seed;
  std::string mfa_name;  ///< "ada" for arn:aws:iam::111122223333:mfa/ada; empty: the user's name
};

/// How the agent on an instance behaves.
enum class AgentProfile : std::uint8_t {
  none,             ///< never registered: SSM does not know the instance
  live,             ///< really runs commands in child processes
  slow,             ///< live, and takes its time to pick a command up
  offline,          ///< stopped a moment ago: still Online in the list, never picks a command up
  remote,           ///< an agent that is a program of its own and speaks to the cloud over the network
  connection_lost,  ///< stopped long ago: ConnectionLost, never picks a command up
  // Those below behave as live ones but for what they are named after; scripted agents show it (profiles.hpp).
  flaky,           ///< fails now and then
  stalls,          ///< picks up, never ends
  old,             ///< a version that lacks what newer documents ask for
  wrong_platform,  ///< says of itself that it runs on the other platform
  dies,            ///< its connection is lost while it runs a command
  reboots,         ///< the command asks for a reboot (exit code 194) and is run again after it
};

struct AgentConfig {
  AgentConfig() = default;
  AgentProfile profile = AgentProfile::none;
  std::string version = "3.3.987.0";
  Duration pick_up_delay = std::chrono::milliseconds(20);  ///< slow agents: ten seconds is typical
  /// Bytes of output in one message of a session. AWS's agent: 1,024.
  std::size_t session_frame_bytes = 1024;
  friend auto operator<=>(const AgentConfig&, const AgentConfig&) = default;
};

inline AgentConfig live_agent() {
  AgentConfig agent;
  agent.profile = AgentProfile::live;
  return agent;
}

enum class Platform : std::uint8_t { linux, windows };

struct InstanceConfig {
  InstanceConfig() = default;
  std::string id;  ///< empty: derived from the cloud's seed, account, Region and position
  std::string region;
  std::string name;               ///< the Name tag, and the simulated host's name
  std::string state = "running";  ///< pending, running, shutting-down, terminated, stopping, stopped
  Platform platform = Platform::linux;
  std::string platform_name = "Amazon Linux";
  std::string platform_version = "2023";
  std::string instance_type = "m6i.large";
  std::string private_ip;  ///< empty: derived
  std::string subnet;      ///< by name; only where the account describes its network, and then it must be there
  std::vector<std::string> security_groups;      ///< by name, with a subnet
  Switch public_address = Switch::off;           ///< with a subnet
  std::string instance_profile = "PosternNode";  ///< name; empty: none
  std::map<std::string, std::string> tags;       ///< without Name
  std::optional<Duration> age;                   ///< since launch, at the start of the cloud; absent: derived
  AgentConfig agent;
  /// Shell scripts that stand first in the PATH of a live agent's commands, by program name.
  std::map<std::string, std::string> programs;
};

/// A document of an account's own in Systems Manager.
struct DocumentConfig {
  DocumentConfig() = default;
  std::string name;
  std::string region;
  std::string type = "Command";  ///< or "Session"
  std::string format = "YAML";   ///< or "JSON"
  std::string content;
};

/// An empty bucket. Its name is unique in the whole cloud.
struct BucketConfig {
  BucketConfig() = default;
  std::string name;
  std::string region;
  Switch versioning = Switch::off;
  std::string policy;  ///< JSON; empty: none
};

/// A symmetric key in KMS.
struct KeyConfig {
  KeyConfig() = default;
  std::string id;  ///< a UUID; empty: derived from the cloud's seed, account, Region and position
  std::string region;
  std::string alias;  ///< "alias/sessions"; empty: none
  std::string description;
  std::string policy;  ///< JSON; empty: the account decides by its own policies
  Switch enabled = Switch::on;
};

/// Whether an account has AWS Organizations' OrganizationAccountAccessRole, which trusts the hub.
enum class OrganizationRole : std::uint8_t { present, absent };

struct AccountConfig {
  AccountConfig() = default;
  std::string id;
  std::string name;
  std::string unit;               ///< organisational units from the root on, "Workloads/Prod"; empty: at the root
  std::string status = "ACTIVE";  ///< in Organizations: ACTIVE, SUSPENDED, PENDING_CLOSURE
  std::vector<UserConfig> users;
  std::vector<RoleConfig> roles;
  std::vector<InstanceConfig> instances;
  /// At most one for each Region; the default network where there is none.
  std::vector<NetworkConfig> networks;
  OrganizationRole organization_role = OrganizationRole::present;
  std::vector<ManagedPolicyConfig> managed_policies;
  /// Those that instances name are there anyway, with a role of the same name that has AmazonSSMManagedInstanceCore.
  std::vector<InstanceProfileConfig> instance_profiles;
  std::string alias;
  std::vector<DocumentConfig> documents;
  std::vector<BucketConfig> buckets;
  std::vector<KeyConfig> keys;
  /// Elastic Disaster Recovery: at most one for each Region; those that are not here are uninitialized.
  std::vector<DrsSiteConfig> drs;
};

/// Which calls become events of CloudTrail's history.
enum class TrailEvents : std::uint8_t {
  none,
  writes,  ///< and AssumeRole
  all,
};

/// Nothing is recorded unless the config asks: a large simulation in memory has nobody who looks.
struct TrailConfig {
  TrailConfig() = default;
  TrailConfig(TrailEvents e, Duration d) : events(e), delay(d) {}
  TrailEvents events = TrailEvents::none;
  /// How long after a call its event can be looked up.
  Duration delay = std::chrono::seconds(1);
  friend bool operator==(const TrailConfig&, const TrailConfig&) = default;
};

/// Of worlds that are served and say nothing else.
inline TrailConfig served_trail() {
  return TrailConfig(TrailEvents::all, std::chrono::seconds(1));
}

enum class OrganizationPolicyType : std::uint8_t { service_control, resource_control };

struct OrganizationPolicyConfig {
  OrganizationPolicyConfig() = default;
  OrganizationPolicyType type = OrganizationPolicyType::service_control;
  std::string name;
  std::string document;              ///< JSON
  std::vector<std::string> targets;  ///< "root", a unit's path or an account's id
  /// Detaches FullAWSAccess from the same targets: an allow list. Of service control policies only.
  bool replaces_full_access = false;
};

enum class OrganizationPresence : std::uint8_t { present, absent };

/// The AWS organization of the hub and all accounts. Types of policies are enabled when there is one of the type.
struct OrganizationConfig {
  OrganizationConfig() = default;
  OrganizationPresence presence = OrganizationPresence::present;  ///< without a hub there is none
  std::string id;                                                 ///< empty: derived
  std::string management_account;                                 ///< empty: the hub
  std::vector<std::string> units;  ///< further ones than accounts are in: "Workloads/Empty"
  std::vector<OrganizationPolicyConfig> policies;
  std::vector<std::string> delegated_administrators;  ///< account ids
};

struct CloudConfig {
  CloudConfig() = default;
  std::string name = "test";  ///< the world is "sim:<name>"
  std::uint64_t seed = 1;
  std::string hub_account;
  std::vector<AccountConfig> accounts;
  OrganizationConfig organization;
  /// Regions that are enabled; empty: those that AWS enables by default.
  std::vector<std::string> regions;
  /// The server's clock minus the real one.
  Duration clock_skew{};
  /// The agent of instances that are launched later, by RunInstances.
  AgentConfig launched_agent = live_agent();
  /// How long after SendCommand its invocations cannot be read yet.
  Duration list_lag = std::chrono::milliseconds(300);
  TrailConfig trail;
};

/// The Regions that AWS enables for every account.
const std::vector<std::string>& default_regions();

/// Fails with usage: what is missing, doubled or malformed, and where.
Result<void> check_config(const CloudConfig& config);

/// "i-" and 17 hex digits, the same for the same arguments.
std::string derived_instance_id(const CloudConfig& config, const AccountConfig& account, std::size_t index);
/// `digits` hex digits that depend on the seed and the label only.
std::string derived_hex(std::uint64_t seed, std::string_view label, std::size_t digits);

}  // namespace postern::sim
