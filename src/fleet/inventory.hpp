#pragma once

/// What is known of the fleet's instances: EC2's list joined with Systems Manager's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_text.hpp"
#include "base/short_text.hpp"
#include "base/time.hpp"
#include "fleet/types.hpp"

namespace postern::fleet {

/// EC2's instance states; `none` is a hybrid node (mi-), which has no EC2 state.
enum class InstanceState : std::uint8_t { pending, running, shutting_down, terminated, stopping, stopped, none };
/// "running", "shutting-down"; "none".
std::string_view to_string(InstanceState state) noexcept;
std::optional<InstanceState> parse_state(std::string_view text) noexcept;

enum class Platform : std::uint8_t { linux_os, windows, macos, unknown };
/// "linux", "windows", "macos", "unknown".
std::string_view to_string(Platform platform) noexcept;
/// Any case; EC2's and SSM's spellings ("Windows", "Linux/UNIX", "MacOS").
Platform parse_platform(std::string_view text) noexcept;

/// Systems Manager's view of a node. `not_managed`: SSM answered and does not know it. `unknown`: SSM did not answer.
enum class SsmStatus : std::uint8_t { online, connection_lost, inactive, not_managed, unknown };
/// "online", "connection_lost", "inactive", "not_managed", "unknown".
std::string_view to_string(SsmStatus status) noexcept;
std::optional<SsmStatus> parse_ssm_status(std::string_view text) noexcept;

struct SsmInfo {
  SsmInfo() = default;
  SsmStatus status = SsmStatus::unknown;
  /// Why the status is unknown; a sentence. Empty otherwise.
  SharedText reason;
  SharedText agent_version;
  std::optional<WallTime> last_ping;
  /// "Amazon Linux", "Microsoft Windows Server 2022 Datacenter" ...
  SharedText platform_name;
};

/// One instance of the fleet. A value: it has no live connection to anything. Small, for there are 100,000.
struct Instance {
  Instance() = default;
  TargetRef ref;
  /// The tag Name; a hybrid node's computer name.
  std::string name;
  InstanceState state = InstanceState::none;
  Platform platform = Platform::unknown;
  std::string private_ip;
  Tags tags;
  /// ARN of the instance profile; empty when there is none.
  SharedText instance_profile_arn;
  std::optional<WallTime> launch_time;
  SsmInfo ssm;
};

/// One instance as EC2 lists it; adapters fill it from DescribeInstances.
struct Ec2Record {
  Ec2Record() = default;
  ShortText instance_id;
  SharedText state;
  /// EC2's Platform member ("windows" or absent) or PlatformDetails.
  SharedText platform;
  ShortText private_ip;
  SharedText instance_profile_arn;
  std::optional<WallTime> launch_time;
  Tags tags;
};

/// One node as DescribeInstanceInformation lists it.
struct SsmRecord {
  SsmRecord() = default;
  ShortText instance_id;
  /// "Online", "ConnectionLost", "Inactive".
  SharedText ping_status;
  SharedText agent_version;
  std::optional<WallTime> last_ping;
  SharedText platform_type;
  SharedText platform_name;
  /// Of a hybrid node; who is in EC2's list has a name there.
  SharedText computer_name;
};

struct Joined {
  Joined() = default;
  /// Sorted by id, each once.
  std::vector<Instance> instances;
  /// Records whose id or state makes no sense, one sentence each (bounded): shown as problems, never dropped in
  /// silence.
  std::vector<std::string> oddities;
};

/// Joins the two lists of one scope. `ssm_failure`, when not empty, is why SSM's list is missing: every instance then
/// has ssm unknown with that reason. Hybrid nodes (mi-) come from SSM's list alone; other SSM records that EC2 did not
/// list (filtered out, or terminated since) are ignored.
Joined join_inventory(const ScopePtr& scope, std::vector<Ec2Record> ec2, const std::vector<SsmRecord>& ssm,
                      std::string_view ssm_failure);

}  // namespace postern::fleet
