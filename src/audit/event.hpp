#pragma once

/// TrailEvent: what postern reads of an event of CloudTrail.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"

namespace postern::audit {

/// Who called, as far as the account that has the event was told.
struct Actor {
  Actor() = default;
  std::string type;  ///< "IAMUser", "AssumedRole", "AWSAccount" (of another account's caller), "AWSService", ...
  std::string arn;   ///< empty: not told
  std::string principal_id;
  std::string account;
  std::string access_key_id;
  std::string source_identity;
  std::string invoked_by;  ///< a service that called with the caller's identity, or for itself
  bool mfa = false;

  /// RoleSessionName of a role's session; empty: it is none.
  std::string_view session_name() const;
};

struct TrailEvent {
  TrailEvent() = default;
  std::string id;
  std::string name;    ///< "AssumeRole"
  std::string source;  ///< "sts.amazonaws.com"
  WallTime time;
  std::string region;
  std::string account;  ///< that has the event
  std::string request_id;
  std::string shared_id;  ///< the same in both accounts of a call across accounts
  std::string source_ip;
  std::string user_agent;
  std::string error_code;  ///< empty: it succeeded
  std::string error_message;
  bool read_only = false;
  Actor actor;
  // Of AssumeRole*:
  std::string role_arn;         ///< asked for; of a denial out of its message
  std::string session_name;     ///< asked for
  std::string source_identity;  ///< of the new session
  std::string issued_key;       ///< its access key's id
  // Of Systems Manager's commands:
  std::string command_id;
  std::string comment;

  bool succeeded() const noexcept { return error_code.empty(); }
};

/// Reads the JSON text of an event (CloudTrailEvent). Malformed when it is none, or lacks name, time or id.
Result<TrailEvent> parse_event(std::string_view text);

}  // namespace postern::audit
