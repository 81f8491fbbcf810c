#pragma once

/// Cloud: the state that all services of a simulated cloud share. Loop thread only.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/core/sigv4_verify.hpp"
#include "base/error.hpp"
#include "rt/clock.hpp"
#include "rt/random.hpp"
#include "sim/config.hpp"
#include "sim/ec2/fleet.hpp"
#include "sim/policy.hpp"

namespace postern::sim {

/// Who a request is made by. Immutable and shared with the calls under way.
struct Identity {
  Identity() = default;
  Principal principal;
  std::string user_id;  ///< "AIDA..." or "AROA...:session"
  Permissions permissions;
  std::optional<SessionPolicy> session_policy;
  std::string source_identity;
  std::map<std::string, std::string> session_tags;
  bool is_session() const noexcept { return !principal.role_arn.empty(); }
};

/// Credentials as STS hands them out.
struct IssuedKey {
  IssuedKey() = default;
  std::string access_key_id;
  Secret<> secret_access_key;
  Secret<> session_token;
  WallTime expires;
};

/// What really happened, for checkers. Ordered, so that it can be printed and compared.
struct Truth {
  Truth() = default;
  std::map<std::string, std::uint64_t> calls;       ///< "ssm:SendCommand": signed requests that arrived
  std::map<std::string, std::uint64_t> executions;  ///< instance id: commands that an agent began to run
  std::map<std::string, std::uint64_t> targeted;    ///< instance id: accepted commands that mean it
  std::uint64_t commands = 0;                       ///< accepted SendCommands
  std::uint64_t sessions = 0;                       ///< credentials handed out by STS
};

class Cloud {
 public:
  /// Instances and their order are those of the config, which keeps none of them: config().accounts have no instances
  /// afterwards. `now` is when the cloud begins. Fails as check_config() does.
  static Result<std::unique_ptr<Cloud>> create(CloudConfig config, WallTime now);

  const CloudConfig& config() const noexcept { return config_; }
  /// "sim:<name>".
  std::string world_id() const { return "sim:" + config_.name; }
  /// The server's idea of the time.
  WallTime now(const rt::Clock& clock) const { return clock.wall_now() + config_.clock_skew; }

  const std::vector<std::string>& regions() const noexcept { return config_.regions; }
  bool has_region(std::string_view region) const;
  const AccountConfig* find_account(std::string_view id) const;
  /// The role that an ARN names and the account it is in, or null.
  const RoleConfig* find_role(std::string_view role_arn) const;

  /// In the order of the config; empty for a site without any.
  const std::list<Instance>& instances(const std::string& account, const std::string& region) const;
  const Instance* find_instance(const std::string& account, const std::string& region, std::string_view id) const;
  /// For tests and faults: an instance changes under a running fleet. Null when there is none.
  Instance* mutable_instance(std::string_view id) { return fleet_.find(id); }
  /// All of EC2: instances, networks and what else an account keeps there.
  ec2::Fleet& ec2() noexcept { return fleet_; }
  const ec2::Fleet& ec2() const noexcept { return fleet_; }
  /// When the cloud was made.
  WallTime begin() const noexcept { return begin_; }

  /// What SigV4 needs to know about a key; absent when there is none.
  std::optional<aws::KnownKey> find_key(std::string_view access_key_id) const;
  /// The key's owner; null when there is none.
  std::shared_ptr<const Identity> identity_of(std::string_view access_key_id) const;
  /// A new key for a role session. Sessions are bounded: the one that ends first goes when there are too many.
  IssuedKey issue(std::shared_ptr<const Identity> identity, WallTime expires, rt::Random& random);
  /// Ends a key of either sort at `at`. False when there is none.
  bool expire_key(std::string_view access_key_id, WallTime at);

  void set_clock_skew(Duration skew) noexcept { config_.clock_skew = skew; }
  Truth& truth() noexcept { return truth_; }
  const Truth& truth() const noexcept { return truth_; }

 private:
  struct Key {
    Key() = default;
    aws::KnownKey known;
    std::shared_ptr<const Identity> identity;
    bool issued = false;
  };

  Cloud(CloudConfig config, WallTime now) : config_(std::move(config)), begin_(now), fleet_(config_.seed) {}
  Result<void> add_account(AccountConfig& account);
  void drop_oldest_session();

  CloudConfig config_;
  std::map<std::string, std::size_t, std::less<>> accounts_;  // into config_.accounts
  WallTime begin_;
  ec2::Fleet fleet_;
  std::map<std::string, Key, std::less<>> keys_;
  std::size_t issued_ = 0;
  Truth truth_;
};

/// "arn:aws:iam::444455556666:role/path/Name".
std::string role_arn(const AccountConfig& account, const RoleConfig& role);
/// The stable part of a role's ids: "AROA" and 17 letters and digits.
std::string role_id(const CloudConfig& config, std::string_view role_arn);

}  // namespace postern::sim
