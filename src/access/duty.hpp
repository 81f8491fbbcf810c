#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::access {

/// What a role in a target account is for. The fleet file names a role per duty; a command assumes the least it needs.
enum class Duty : std::uint8_t {
  observe,  ///< look at instances, agents and replication
  operate,  ///< run commands on tagged nodes
  rollout,  ///< install the replication agent on tagged nodes
  recover,  ///< drills and recoveries
  cleanup   ///< terminate what they launched
};
inline constexpr Duty kEveryDuty[] = {Duty::observe, Duty::operate, Duty::rollout, Duty::recover, Duty::cleanup};
std::string_view to_string(Duty duty) noexcept;
std::optional<Duty> parse_duty(std::string_view text) noexcept;

}  // namespace postern::access
