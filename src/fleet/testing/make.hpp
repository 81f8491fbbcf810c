#pragma once

/// Short ways to make fleet values in tests.

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "fleet/inventory.hpp"
#include "fleet/selector.hpp"

namespace postern::fleet::testing {

inline AccountId account(std::string_view text) {
  Result<AccountId> id = AccountId::parse(text);
  CHECK(id.has_value());
  return std::move(*id);
}

inline Region region(std::string_view text) {
  Result<Region> value = Region::parse(text);
  CHECK(value.has_value());
  return std::move(*value);
}

inline InstanceId instance_id(std::string_view text) {
  Result<InstanceId> id = InstanceId::parse(text);
  CHECK(id.has_value());
  return std::move(*id);
}

/// i-00000000000000001 for 1.
inline InstanceId instance_id(unsigned number) {
  char text[24];
  std::snprintf(text, sizeof text, "i-%017x", number);
  return instance_id(text);
}

inline ScopePtr scope(std::string_view account_id, std::string_view region_name, std::string name = "") {
  Scope made;
  made.account = account(account_id);
  made.region = region(region_name);
  made.partition = partition_of(made.region);
  made.account_name = name.empty() ? std::string(account_id) : std::move(name);
  return std::make_shared<const Scope>(std::move(made));
}

/// A running Linux instance that Systems Manager sees online.
inline Instance instance(const ScopePtr& where, InstanceId id, Tags tags = {}) {
  Instance made;
  made.ref = TargetRef(where, std::move(id));
  made.state = InstanceState::running;
  made.platform = Platform::linux_os;
  made.ssm.status = SsmStatus::online;
  made.tags = std::move(tags);
  if (const auto name = made.tags.find("Name"); name != made.tags.end()) made.name = name->second;
  return made;
}

/// The selector, or a failed CHECK.
inline Selector selector(std::string_view text) {
  Result<Selector> parsed = Selector::parse(text);
  CHECK(parsed.has_value());
  return std::move(*parsed);
}

}  // namespace postern::fleet::testing
