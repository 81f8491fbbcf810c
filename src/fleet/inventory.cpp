#include "fleet/inventory.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"

namespace postern::fleet {

namespace inventory_detail {

constexpr std::size_t kOdditiesMax = 20;

struct StateName {
  InstanceState state;
  std::string_view name;
};
constexpr std::array<StateName, 7> kStates = {{{InstanceState::pending, "pending"},
                                               {InstanceState::running, "running"},
                                               {InstanceState::shutting_down, "shutting-down"},
                                               {InstanceState::terminated, "terminated"},
                                               {InstanceState::stopping, "stopping"},
                                               {InstanceState::stopped, "stopped"},
                                               {InstanceState::none, "none"}}};

struct SsmName {
  SsmStatus status;
  std::string_view name;
};
constexpr std::array<SsmName, 5> kSsmStatuses = {{{SsmStatus::online, "online"},
                                                  {SsmStatus::connection_lost, "connection_lost"},
                                                  {SsmStatus::inactive, "inactive"},
                                                  {SsmStatus::not_managed, "not_managed"},
                                                  {SsmStatus::unknown, "unknown"}}};

void note(Joined& joined, std::string text) {
  if (joined.oddities.size() < kOdditiesMax) joined.oddities.push_back(std::move(text));
}

void fill_ssm(SsmInfo& info, const SsmRecord& record) {
  info.agent_version = record.agent_version;
  info.last_ping = record.last_ping;
  info.platform_name = record.platform_name;
  const std::string ping = to_lower(record.ping_status.view());
  if (ping == "online") {
    info.status = SsmStatus::online;
  } else if (ping == "connectionlost") {
    info.status = SsmStatus::connection_lost;
  } else if (ping == "inactive") {
    info.status = SsmStatus::inactive;
  } else {
    info.status = SsmStatus::unknown;
    info.reason = "Systems Manager reported the ping status '" + printable(record.ping_status, 40) + "'";
  }
}

Instance from_ec2(const ScopePtr& scope, InstanceId id, Ec2Record&& record, Joined& joined) {
  Instance instance;
  instance.ref = TargetRef(scope, std::move(id));
  if (const auto name = record.tags.find("Name"); name != record.tags.end()) instance.name = name->second;
  if (const auto state = parse_state(record.state); state && *state != InstanceState::none) {
    instance.state = *state;
  } else {
    note(joined, record.instance_id.text() + ": unknown instance state '" + printable(record.state, 40) + "'");
  }
  // EC2 names only Windows; everything without a name is Linux unless SSM says that it is a Mac
  instance.platform = record.platform.empty() ? Platform::linux_os : parse_platform(record.platform);
  instance.private_ip = record.private_ip.text();
  instance.tags = std::move(record.tags);
  instance.instance_profile_arn = record.instance_profile_arn;
  instance.launch_time = record.launch_time;
  return instance;
}

using SsmById = std::map<std::string_view, const SsmRecord*>;

void attach_ssm(Instance& instance, const SsmById& by_id, const SharedText& ssm_failure) {
  if (!ssm_failure.empty()) {
    instance.ssm.status = SsmStatus::unknown;
    instance.ssm.reason = ssm_failure;
    return;
  }
  const auto found = by_id.find(instance.ref.id().view());
  if (found == by_id.end()) {
    instance.ssm.status = SsmStatus::not_managed;
    return;
  }
  fill_ssm(instance.ssm, *found->second);
  if (const Platform said = parse_platform(found->second->platform_type); said != Platform::unknown) {
    instance.platform = said;
  }
}

void add_hybrid_nodes(const ScopePtr& scope, const SsmById& by_id, Joined& joined) {
  for (const auto& [id_text, record] : by_id) {
    if (!id_text.starts_with("mi-")) continue;
    Result<InstanceId> id = InstanceId::parse(id_text);
    if (!id) {
      note(joined, "Systems Manager listed " + id.error().message());
      continue;
    }
    Instance node;
    node.ref = TargetRef(scope, std::move(*id));
    node.name = record->computer_name.text();
    node.platform = parse_platform(record->platform_type);
    fill_ssm(node.ssm, *record);
    joined.instances.push_back(std::move(node));
  }
}

}  // namespace inventory_detail

std::string_view to_string(InstanceState state) noexcept {
  for (const auto& row : inventory_detail::kStates) {
    if (row.state == state) return row.name;
  }
  return "none";
}

std::optional<InstanceState> parse_state(std::string_view text) noexcept {
  for (const auto& row : inventory_detail::kStates) {
    if (equals_ignore_case(row.name, text)) return row.state;
  }
  return std::nullopt;
}

std::string_view to_string(Platform platform) noexcept {
  switch (platform) {
    case Platform::linux_os:
      return "linux";
    case Platform::windows:
      return "windows";
    case Platform::macos:
      return "macos";
    case Platform::unknown:
      return "unknown";
  }
  return "unknown";
}

Platform parse_platform(std::string_view text) noexcept {
  if (starts_with_ignore_case(text, "windows")) return Platform::windows;
  if (starts_with_ignore_case(text, "macos")) return Platform::macos;
  // EC2's PlatformDetails: "Linux/UNIX", "Red Hat Enterprise Linux", "SUSE Linux", "Ubuntu Pro"
  for (const std::string_view word : {"linux", "red hat", "suse", "ubuntu"}) {
    for (std::size_t at = 0; at + word.size() <= text.size(); ++at) {
      if (starts_with_ignore_case(text.substr(at), word)) return Platform::linux_os;
    }
  }
  return Platform::unknown;
}

std::string_view to_string(SsmStatus status) noexcept {
  for (const auto& row : inventory_detail::kSsmStatuses) {
    if (row.status == status) return row.name;
  }
  return "unknown";
}

std::optional<SsmStatus> parse_ssm_status(std::string_view text) noexcept {
  for (const auto& row : inventory_detail::kSsmStatuses) {
    if (equals_ignore_case(row.name, text)) return row.status;
  }
  return std::nullopt;
}

Joined join_inventory(const ScopePtr& scope, std::vector<Ec2Record> ec2, const std::vector<SsmRecord>& ssm,
                      std::string_view ssm_failure) {
  Joined joined;
  inventory_detail::SsmById by_id;
  for (const SsmRecord& record : ssm) by_id.insert_or_assign(record.instance_id, &record);
  const SharedText failure{std::string(ssm_failure)};
  joined.instances.reserve(ec2.size());
  for (Ec2Record& record : ec2) {
    Result<InstanceId> id = InstanceId::parse(record.instance_id);
    if (!id) {
      inventory_detail::note(joined, "EC2 listed " + id.error().message());
      continue;
    }
    joined.instances.push_back(inventory_detail::from_ec2(scope, std::move(*id), std::move(record), joined));
    inventory_detail::attach_ssm(joined.instances.back(), by_id, failure);
  }
  if (ssm_failure.empty()) inventory_detail::add_hybrid_nodes(scope, by_id, joined);
  const auto before = [](const Instance& a, const Instance& b) { return a.ref.id() < b.ref.id(); };
  const auto same = [](const Instance& a, const Instance& b) { return a.ref.id() == b.ref.id(); };
  std::sort(joined.instances.begin(), joined.instances.end(), before);
  joined.instances.erase(std::unique(joined.instances.begin(), joined.instances.end(), same), joined.instances.end());
  return joined;
}

}  // namespace postern::fleet
