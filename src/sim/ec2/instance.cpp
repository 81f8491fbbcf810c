#include "sim/ec2/instance.hpp"

#include <array>
#include <utility>

#include "sim/ec2/address.hpp"

namespace postern::sim {
namespace ec2_instance {

constexpr std::array<std::pair<InstanceState, std::string_view>, 6> kStates = {{
    {InstanceState::pending, "pending"},
    {InstanceState::running, "running"},
    {InstanceState::shutting_down, "shutting-down"},
    {InstanceState::terminated, "terminated"},
    {InstanceState::stopping, "stopping"},
    {InstanceState::stopped, "stopped"},
}};

constexpr std::size_t kDigits = 16;

}  // namespace ec2_instance

std::string_view state_name(InstanceState state) {
  for (const auto& [value, name] : ec2_instance::kStates) {
    if (value == state) return name;
  }
  return "running";
}

std::optional<InstanceState> parse_instance_state(std::string_view text) {
  for (const auto& [value, name] : ec2_instance::kStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::string Instance::private_ip() const {
  return ec2::to_text(private_address);
}

std::string Instance::reservation_id() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "r-0";
  for (std::size_t i = ec2_instance::kDigits; i > 0; --i) text.push_back(kHex[(reservation >> (4 * (i - 1))) & 15U]);
  return text;
}

std::string Instance::interface_id() const {
  return "eni-0" + derived_hex(1, "interface/" + id, ec2_instance::kDigits);
}

std::string Instance::volume_id() const {
  return "vol-0" + derived_hex(1, "volume/" + id, ec2_instance::kDigits);
}

std::string Instance::profile_arn() const {
  if (traits->instance_profile.empty()) return {};
  return "arn:aws:iam::" + account_id() + ":instance-profile/" + traits->instance_profile;
}

const TagMap& Instance::tags() const noexcept {
  static const TagMap none;
  return shared_tags ? *shared_tags : none;
}

const std::string* Instance::tag(std::string_view key) const {
  if (key == "Name" && !name.empty()) return &name;
  const TagMap& all = tags();
  const auto found = all.find(std::string(key));
  return found == all.end() ? nullptr : &found->second;
}

TagMap Instance::all_tags() const {
  TagMap all = tags();
  if (!name.empty()) all["Name"] = name;
  return all;
}

}  // namespace postern::sim
