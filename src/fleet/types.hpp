#pragma once

/// The vocabulary of the fleet: accounts, Regions, roles, scopes and targets. Plain values; parsing is the only way to
/// make one from text, so a value that exists is well formed.

#include <algorithm>
#include <array>
#include <boost/container/flat_map.hpp>  // tidy: allow(third-party-header) what C++23 calls std::flat_map
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/error.hpp"
#include "fleet/secret_ref.hpp"

namespace postern::fleet {

/// AWS tags: case-sensitive keys, sorted so that output never depends on the order of an answer. At most 50 (EC2),
/// mostly few, and of 100,000 instances: in one piece.
using Tags = boost::container::flat_map<std::string, std::string, std::less<>>;

/// Text of one kind that was checked once. `Rule::check` returns why the text is wrong, or an empty string.
/// A default-made value is empty and means "not known".
template <class Rule>
class Checked {
 public:
  Checked() = default;
  /// Error kind usage with a sentence for people.
  static Result<Checked> parse(std::string_view text) {
    if (std::string why = Rule::check(text); !why.empty()) return fail(ErrorKind::usage, std::move(why));
    Checked value;
    value.text_ = std::string(text);
    return value;
  }
  const std::string& text() const noexcept { return text_; }
  std::string_view view() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  friend auto operator<=>(const Checked&, const Checked&) = default;

 private:
  std::string text_;
};

/// The same for text that is never long: it lies in the value itself, for there are 100,000.
template <class Rule, std::size_t kMax>
class ShortChecked {
 public:
  ShortChecked() = default;
  static Result<ShortChecked> parse(std::string_view text) {
    if (std::string why = Rule::check(text); !why.empty()) return fail(ErrorKind::usage, std::move(why));
    CHECK(text.size() <= kMax);
    ShortChecked value;
    std::copy(text.begin(), text.end(), value.text_.begin());
    value.size_ = static_cast<std::uint8_t>(text.size());
    return value;
  }
  std::string text() const { return std::string(view()); }
  std::string_view view() const noexcept { return std::string_view(text_.data(), size_); }
  bool empty() const noexcept { return size_ == 0; }
  friend bool operator==(const ShortChecked& a, const ShortChecked& b) noexcept { return a.view() == b.view(); }
  friend auto operator<=>(const ShortChecked& a, const ShortChecked& b) noexcept { return a.view() <=> b.view(); }

 private:
  std::array<char, kMax> text_ = {};
  std::uint8_t size_ = 0;
};

struct AccountIdRule {
  static std::string check(std::string_view text);
};
struct InstanceIdRule {
  static std::string check(std::string_view text);
};
struct RegionRule {
  static std::string check(std::string_view text);
};

/// Twelve decimal digits.
using AccountId = Checked<AccountIdRule>;
/// `i-` and 8 or 17 hexadecimal digits, `mi-` and 17 (a hybrid node), or `s-` and 17: what Elastic Disaster Recovery
/// calls a source server, as the target of a run that launches it.
using InstanceId = ShortChecked<InstanceIdRule, 20>;
/// A Region's name such as us-east-1; the shape is checked, not the existence.
using Region = Checked<RegionRule>;

/// True for `mi-` ids: nodes that SSM knows and EC2 does not.
bool is_hybrid(const InstanceId& id) noexcept;
/// True for `s-` ids.
bool is_source_server(const InstanceId& id) noexcept;

enum class Partition : std::uint8_t { aws, aws_cn, aws_us_gov, aws_iso, aws_iso_b, aws_iso_e, aws_iso_f, aws_eusc };
/// "aws", "aws-cn", ...
std::string_view to_string(Partition partition) noexcept;
std::optional<Partition> parse_partition(std::string_view text) noexcept;
/// By the Region's prefix, as in botocore's partitions file; an unknown prefix is `aws`.
Partition partition_of(const Region& region) noexcept;

/// What a command is allowed to do in an account; every command asks for the least (DESIGN.md 2.8).
enum class Duty : std::uint8_t { observe, operate, rollout, recover, cleanup, failback };
inline constexpr std::size_t kDutyCount = 6;
inline constexpr Duty kAllDuties[kDutyCount] = {Duty::observe, Duty::operate, Duty::rollout,
                                                Duty::recover, Duty::cleanup, Duty::failback};
std::string_view to_string(Duty duty) noexcept;
std::optional<Duty> parse_duty(std::string_view text) noexcept;

/// arn:PARTITION:iam::ACCOUNT:role/PATH/NAME
class RoleArn {
 public:
  RoleArn() = default;
  static Result<RoleArn> parse(std::string_view text);
  /// `name` may carry a path ("ops/PosternOperator", with or without a leading slash).
  static Result<RoleArn> build(Partition partition, const AccountId& account, std::string_view name);
  /// Why `name` is no role name with optional path, or empty.
  static std::string check_name(std::string_view name);

  Partition partition() const noexcept { return partition_; }
  const AccountId& account() const noexcept { return account_; }
  /// "/" or "/ops/".
  const std::string& path() const noexcept { return path_; }
  const std::string& name() const noexcept { return name_; }
  std::string text() const;
  bool empty() const noexcept { return name_.empty(); }
  friend auto operator<=>(const RoleArn&, const RoleArn&) = default;

 private:
  Partition partition_ = Partition::aws;
  AccountId account_;
  std::string path_ = "/";
  std::string name_;
};

/// How a scope's credentials are come by. References only; nothing secret is held here.
struct Access {
  Access() = default;
  enum class Kind : std::uint8_t {
    ambient,  ///< the caller's own credentials, as they are
    profile,  ///< a named profile of the shared configuration
    role      ///< assume `role` with the hub's credentials (`profile` names them when it is not empty)
  };
  Kind kind = Kind::ambient;
  std::string profile;
  RoleArn role;
  /// ExternalId of the AssumeRole call; absent when none is sent.
  std::optional<SecretRef> external_id;
  /// Empty: the adapter makes one.
  std::string session_name;
  /// "role arn:...", "profile NAME" or "the caller's credentials", for messages.
  std::string describe() const;
  friend bool operator==(const Access&, const Access&) = default;
};

/// Account + Region + access: every AWS call has exactly one. Immutable and shared by the targets found in it.
struct Scope {
  Scope() = default;
  AccountId account;
  Region region;
  Partition partition = Partition::aws;
  Access access;
  /// The fleet file's name for the account, else its id.
  std::string account_name;
  /// Tags that the fleet file gives the account (not tags of instances).
  Tags account_tags;
  /// Who is meant, as far as it is known: "payments-prod (444455556666)" of a fleet file, else the account with the way
  /// in, "444455556666 (role Operator)", "444455556666 (profile ops)", "profile ops", "444455556666", or "the caller's
  /// account".
  std::string who() const;
  /// who() and the Region: "payments-prod (444455556666)/us-east-1".
  std::string label() const;
  friend bool operator==(const Scope&, const Scope&) = default;
};
/// Owned jointly by the targets of the scope: 100,000 targets must not hold 100,000 copies.
using ScopePtr = std::shared_ptr<const Scope>;
/// Order of output: account id, Region, then the way in.
bool scope_before(const Scope& a, const Scope& b);

/// One instance in one scope.
class TargetRef {
 public:
  TargetRef() = default;
  TargetRef(ScopePtr scope, InstanceId id) : scope_(std::move(scope)), id_(std::move(id)) {}
  const Scope& scope() const noexcept { return *scope_; }
  const ScopePtr& scope_ptr() const noexcept { return scope_; }
  const InstanceId& id() const noexcept { return id_; }
  /// "444455556666/us-east-1/i-0123456789abcdef0"
  std::string label() const;
  friend bool operator==(const TargetRef& a, const TargetRef& b) {
    return a.id_ == b.id_ && (a.scope_ == b.scope_ || *a.scope_ == *b.scope_);
  }
  friend bool operator<(const TargetRef& a, const TargetRef& b) {
    if (a.scope_ != b.scope_) {
      if (scope_before(*a.scope_, *b.scope_)) return true;
      if (scope_before(*b.scope_, *a.scope_)) return false;
    }
    return a.id_ < b.id_;
  }

 private:
  ScopePtr scope_;
  InstanceId id_;
};

}  // namespace postern::fleet
