#pragma once

/// One EC2 instance, small enough that 100,000 of them are nothing: what many instances have in common is shared, and
/// what can be derived from the id (volumes, interfaces) is not kept.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config.hpp"

namespace postern::sim {

/// EC2's own numbers.
enum class InstanceState : std::uint8_t {
  pending = 0,
  running = 16,
  shutting_down = 32,
  terminated = 48,
  stopping = 64,
  stopped = 80,
};

/// "shutting-down".
std::string_view state_name(InstanceState state);
std::optional<InstanceState> parse_instance_state(std::string_view name);

using TagMap = std::map<std::string, std::string>;

/// What the metadata service of an instance answers to.
struct MetadataOptions {
  MetadataOptions() = default;
  enum class Tokens : std::uint8_t { optional, required };
  enum class Endpoint : std::uint8_t { enabled, disabled };
  Tokens tokens = Tokens::required;
  Endpoint endpoint = Endpoint::enabled;
  std::uint8_t hop_limit = 2;
  bool tags_enabled = false;
  friend auto operator<=>(const MetadataOptions&, const MetadataOptions&) = default;
};

/// What a fleet's instances have in common. Immutable once it is shared.
struct InstanceTraits {
  InstanceTraits() = default;
  Platform platform = Platform::linux;
  std::string platform_name;
  std::string platform_version;
  std::string instance_type;
  std::string image_id;
  std::string key_name;
  std::string instance_profile;  ///< name, without path; empty: none
  MetadataOptions metadata;
  AgentConfig agent;
  std::map<std::string, std::string> programs;
  friend auto operator<=>(const InstanceTraits&, const InstanceTraits&) = default;
};

/// Where an instance is attached. Shared by all instances of a subnet with the same groups.
struct InstancePlacement {
  InstancePlacement() = default;
  std::string vpc_id;
  std::string subnet_id;
  std::string availability_zone;
  std::vector<std::string> security_groups;  ///< ids
  friend auto operator<=>(const InstancePlacement&, const InstancePlacement&) = default;
};

/// What few instances have.
struct InstanceExtras {
  InstanceExtras() = default;
  std::string user_data;  ///< base64, as it was sent
  std::string client_token;
  std::string launch_template_id;
  std::string launch_template_version;
  std::string profile_association;  ///< "iip-assoc-..." once a profile was associated by hand
  std::string state_reason_code;
  std::string state_reason;
  std::string transition_reason;
  std::int32_t volume_size = 8;  ///< GiB
  std::string volume_type = "gp3";
  bool volume_encrypted = false;
  bool disable_api_termination = false;
  bool disable_api_stop = false;
  bool terminate_on_shutdown = false;
  bool source_dest_check = true;
  bool ebs_optimized = true;
  bool monitoring = false;
};

/// An account's part of a Region, as its instances know it.
struct SiteName {
  SiteName() = default;
  std::string account_id;
  std::string region;
};

/// An EC2 instance with its agent. The site outlives it.
struct Instance {
  Instance() = default;
  std::string id;
  const SiteName* site = nullptr;
  std::shared_ptr<const InstanceTraits> traits;
  std::shared_ptr<const InstancePlacement> placement;
  std::shared_ptr<const TagMap> shared_tags;  ///< without Name; null: none
  std::shared_ptr<InstanceExtras> extras;     ///< null: all as usual
  std::string name;                           ///< the Name tag; empty: none
  std::uint64_t reservation = 0;
  std::uint32_t private_address = 0;
  std::uint32_t public_address = 0;  ///< 0: none
  std::uint32_t launch_index = 0;
  InstanceState state = InstanceState::running;
  WallTime launched;
  WallTime registered;  ///< with SSM; WallTime::max(): not yet

  const std::string& account_id() const noexcept { return site->account_id; }
  const std::string& region() const noexcept { return site->region; }
  /// Of a hybrid node ("mi-...", in SSM's lists only) "arn:aws:ssm:us-east-1:444455556666:managed-instance/mi-...".
  std::string arn() const {
    const bool hybrid = id.starts_with("mi-");
    return (hybrid ? "arn:aws:ssm:" : "arn:aws:ec2:") + region() + ":" + account_id() +
           (hybrid ? ":managed-instance/" : ":instance/") + id;
  }
  std::string private_ip() const;
  /// "r-0" and 16 hex digits.
  std::string reservation_id() const;
  /// "eni-0..." and "vol-0...": they follow from the id.
  std::string interface_id() const;
  std::string volume_id() const;
  /// "arn:aws:iam::444455556666:instance-profile/Name"; empty without one.
  std::string profile_arn() const;
  const TagMap& tags() const noexcept;  ///< without Name
  /// The tag's value, Name among them; null when there is none.
  const std::string* tag(std::string_view key) const;
  /// All tags in one map.
  TagMap all_tags() const;
  /// Registered with SSM, whatever became of it since.
  bool is_managed() const noexcept { return traits->agent.profile != AgentProfile::none; }
};

/// One immutable object for equal values.
template <class T>
class SharedPool {
 public:
  std::shared_ptr<const T> get(T value) {
    const auto found = values_.find(value);
    if (found != values_.end()) return *found;
    if (values_.size() >= sweep_at_) sweep();
    return *values_.insert(std::make_shared<const T>(std::move(value))).first;
  }
  std::size_t size() const noexcept { return values_.size(); }

 private:
  struct ByValue {
    using is_transparent = void;
    bool operator()(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) const { return *a < *b; }
    bool operator()(const std::shared_ptr<const T>& a, const T& b) const { return *a < b; }
    bool operator()(const T& a, const std::shared_ptr<const T>& b) const { return a < *b; }
  };
  void sweep() {
    std::erase_if(values_, [](const std::shared_ptr<const T>& value) { return value.use_count() == 1; });
    sweep_at_ = std::max<std::size_t>(sweep_at_, values_.size() * 2);
  }

  std::set<std::shared_ptr<const T>, ByValue> values_;
  std::size_t sweep_at_ = 1'024;
};

}  // namespace postern::sim
