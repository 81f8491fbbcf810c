#pragma once

/// Who assumed a role: the events of the role's account and of the callers' put together.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.hpp"

namespace postern::audit {

/// What every assumption of a role is called; CloudTrail is asked for each.
inline constexpr std::string_view kAssumptionNames[] = {"AssumeRole", "AssumeRoleWithSAML",
                                                        "AssumeRoleWithWebIdentity"};

/// A role of one name in some accounts. Its path is not compared: names are unique in an account.
struct RoleQuery {
  RoleQuery() = default;
  std::string name;
  std::set<std::string> accounts;
  bool fits(const TrailEvent& event) const;
};

struct Assumption {
  Assumption() = default;
  WallTime time;
  std::string role_arn;
  std::string region;
  std::string who;  ///< an ARN; "account 111122223333 (AIDA...)" where nothing more was told; or a service
  std::string who_account;
  std::string session_name;
  std::string source_identity;
  std::string source_ip;
  std::string user_agent;
  std::string error_code;  ///< empty: the role was assumed
  std::string error_message;
  std::string issued_key;
  std::string event_id;
  std::string shared_id;
  std::string request_id;
  std::string event_name;
  bool mfa = false;
};

/// Newest first, at most `last` (0: all). The two events of a call across accounts become one: the role's account knows
/// that it happened, the caller's who it was. Nothing is counted twice.
std::vector<Assumption> assumptions_of(std::vector<TrailEvent> events, const RoleQuery& role, std::size_t last);

}  // namespace postern::audit
