#include "fleet/types.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace postern::fleet {

namespace types_detail {

constexpr std::size_t kRegionMax = 32;
constexpr std::size_t kRoleNameMax = 64;
constexpr std::size_t kRolePathMax = 512;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

std::string quoted(std::string_view text) {
  return "'" + printable(text, 80) + "'";
}

struct PartitionName {
  Partition partition;
  std::string_view name;
  /// Regions of the partition start so; empty for the rest.
  std::string_view region_prefix;
};
constexpr std::array<PartitionName, 8> kPartitions = {{
    {Partition::aws_cn, "aws-cn", "cn-"},
    {Partition::aws_us_gov, "aws-us-gov", "us-gov-"},
    {Partition::aws_iso, "aws-iso", "us-iso-"},
    {Partition::aws_iso_b, "aws-iso-b", "us-isob-"},
    {Partition::aws_iso_e, "aws-iso-e", "eu-isoe-"},
    {Partition::aws_iso_f, "aws-iso-f", "us-isof-"},
    {Partition::aws_eusc, "aws-eusc", "eusc-"},
    {Partition::aws, "aws", ""},
}};

}  // namespace types_detail

std::string AccountIdRule::check(std::string_view text) {
  using types_detail::quoted;
  if (!std::all_of(text.begin(), text.end(), types_detail::is_digit) || text.empty()) {
    return quoted(text) + " is not an account id: twelve digits";
  }
  if (text.size() != 12) {
    std::string why =
        quoted(text) + " is not an account id: it has " + std::to_string(text.size()) + " digits, not twelve";
    if (text.size() == 11) why += " (was a leading zero lost? write it in quotes: \"0" + std::string(text) + "\")";
    return why;
  }
  return {};
}

std::string InstanceIdRule::check(std::string_view text) {
  const bool ec2 = text.starts_with("i-");
  const std::string_view digits = text.starts_with("mi-")         ? text.substr(3)
                                  : ec2 || text.starts_with("s-") ? text.substr(2)
                                                                  : std::string_view();
  const bool length_ok = digits.size() == 17 || (digits.size() == 8 && ec2);
  if (length_ok && std::all_of(digits.begin(), digits.end(), types_detail::is_hex)) return {};
  return types_detail::quoted(text) + " is not an instance id: i- and 8 or 17 hexadecimal digits, or mi- and 17";
}

std::string RegionRule::check(std::string_view text) {
  // two or more words of letters and digits that start with a letter, then a number: us-east-1, us-isob-east-1,
  // eusc-de-east-1
  const std::string why = types_detail::quoted(text) + " is not a Region's name: for example us-east-1";
  if (text.size() > types_detail::kRegionMax) return why;
  const std::vector<std::string_view> parts = split(text, '-');
  if (parts.size() < 3 || parts.size() > 5) return why;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i].empty() || !std::all_of(parts[i].begin(), parts[i].end(), types_detail::is_lower)) return why;
  }
  const std::string_view last = parts.back();
  const bool number =
      !last.empty() && last.size() <= 2 && std::all_of(last.begin(), last.end(), types_detail::is_digit);
  return number ? std::string() : why;
}

bool is_hybrid(const InstanceId& id) noexcept {
  return id.text().starts_with("mi-");
}

bool is_source_server(const InstanceId& id) noexcept {
  return id.text().starts_with("s-");
}

std::string_view to_string(Partition partition) noexcept {
  for (const auto& row : types_detail::kPartitions) {
    if (row.partition == partition) return row.name;
  }
  return "aws";
}

std::optional<Partition> parse_partition(std::string_view text) noexcept {
  for (const auto& row : types_detail::kPartitions) {
    if (row.name == text) return row.partition;
  }
  return std::nullopt;
}

Partition partition_of(const Region& region) noexcept {
  for (const auto& row : types_detail::kPartitions) {
    if (region.text().starts_with(row.region_prefix)) return row.partition;
  }
  return Partition::aws;
}

std::string_view to_string(Duty duty) noexcept {
  switch (duty) {
    case Duty::observe:
      return "observe";
    case Duty::operate:
      return "operate";
    case Duty::rollout:
      return "rollout";
    case Duty::recover:
      return "recover";
    case Duty::cleanup:
      return "cleanup";
    case Duty::failback:
      return "failback";
  }
  return "observe";
}

std::optional<Duty> parse_duty(std::string_view text) noexcept {
  for (const Duty duty : kAllDuties) {
    if (to_string(duty) == text) return duty;
  }
  return std::nullopt;
}

std::string RoleArn::check_name(std::string_view name) {
  using types_detail::quoted;
  if (name.starts_with('/')) name.remove_prefix(1);
  const std::size_t slash = name.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? name : name.substr(slash + 1);
  const std::string_view path = slash == std::string_view::npos ? std::string_view() : name.substr(0, slash + 1);
  const auto name_char = [](char c) {
    return types_detail::is_digit(c) || types_detail::is_lower(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("_+=,.@-").find(c) != std::string_view::npos;
  };
  if (last.empty()) return quoted(name) + " is not a role name: it is empty";
  if (last.size() > types_detail::kRoleNameMax) return quoted(name) + " is not a role name: longer than 64 characters";
  if (!std::all_of(last.begin(), last.end(), name_char)) {
    return quoted(name) + " is not a role name: letters, digits and _+=,.@- only";
  }
  const auto path_char = [](char c) { return c > 0x20 && c < 0x7f && c != ':'; };
  if (path.size() > types_detail::kRolePathMax || !std::all_of(path.begin(), path.end(), path_char) ||
      path.find("//") != std::string_view::npos) {
    return quoted(name) + " has a path that no role can have";
  }
  return {};
}

Result<RoleArn> RoleArn::parse(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  const std::string shown = types_detail::quoted(text);
  if (parts.size() != 6 || parts[0] != "arn") {
    return fail(ErrorKind::usage, shown + " is not a role's ARN: arn:aws:iam::111122223333:role/NAME");
  }
  const std::optional<Partition> partition = parse_partition(parts[1]);
  if (!partition)
    return fail(ErrorKind::usage, shown + " names the unknown partition '" + printable(parts[1], 40) + "'");
  if (parts[2] != "iam" || !parts[3].empty() || !parts[5].starts_with("role/")) {
    const bool assumed = parts[2] == "sts" && parts[5].starts_with("assumed-role/");
    return fail(ErrorKind::usage, shown + (assumed ? " is the ARN of a role session: give the role's own, "
                                                     "arn:aws:iam::ACCOUNT:role/NAME"
                                                   : " is not the ARN of an IAM role"));
  }
  TRY(AccountId account, AccountId::parse(parts[4]));
  return build(*partition, account, parts[5].substr(5));
}

Result<RoleArn> RoleArn::build(Partition partition, const AccountId& account, std::string_view name) {
  if (std::string why = check_name(name); !why.empty()) return fail(ErrorKind::usage, std::move(why));
  if (name.starts_with('/')) name.remove_prefix(1);
  const std::size_t slash = name.rfind('/');
  RoleArn arn;
  arn.partition_ = partition;
  arn.account_ = account;
  if (slash != std::string_view::npos) arn.path_ = "/" + std::string(name.substr(0, slash + 1));
  arn.name_ = std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
  return arn;
}

std::string RoleArn::text() const {
  return "arn:" + std::string(to_string(partition_)) + ":iam::" + account_.text() + ":role" + path_ + name_;
}

std::string Access::describe() const {
  switch (kind) {
    case Kind::ambient:
      return "the caller's credentials";
    case Kind::profile:
      return "profile " + profile;
    case Kind::role:
      return "role " + role.text();
  }
  return {};
}

std::string Scope::who() const {
  const bool by_profile = access.kind == Access::Kind::profile;
  const bool named =
      !account_name.empty() && account_name != account.text() && !(by_profile && account_name == access.profile);
  if (named && !account.empty()) return account_name + " (" + account.text() + ")";
  std::string way;
  if (by_profile) way = "profile " + access.profile;
  if (access.kind == Access::Kind::role) way = "role " + access.role.name();
  if (account.empty()) return way.empty() ? "the caller's account" : way;
  return way.empty() ? account.text() : account.text() + " (" + way + ")";
}

std::string Scope::label() const {
  return who() + "/" + region.text();
}

bool scope_before(const Scope& a, const Scope& b) {
  if (a.account != b.account) return a.account < b.account;
  if (a.region != b.region) return a.region < b.region;
  if (a.access.kind != b.access.kind) return a.access.kind < b.access.kind;
  if (a.access.role != b.access.role) return a.access.role < b.access.role;
  return a.access.profile < b.access.profile;
}

std::string TargetRef::label() const {
  return scope_->account.text() + "/" + scope_->region.text() + "/" + id_.text();
}

}  // namespace postern::fleet
