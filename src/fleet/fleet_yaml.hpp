#pragma once

/// Inside of writing fleet files: the parts that `init`'s ways share.

#include <string>
#include <string_view>

#include "fleet/fleet_file.hpp"

namespace postern::fleet {

/// What stands in `hub` and `defaults`; empty members are the example's.
struct FleetHead {
  FleetHead() = default;
  AccountId hub_account;
  Region hub_region;
  std::string hub_profile;
};

/// From the first comment to `defaults`, read-only, every key explained.
std::string fleet_head(const FleetHead& head);
/// One entry of `accounts`, indented by two; nothing of the account is lost.
std::string account_yaml(const Account& account);
/// Selectors and protect.
std::string_view fleet_tail();

}  // namespace postern::fleet
