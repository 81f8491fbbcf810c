#pragma once

/// CallEvent: what is kept of a call that somebody made.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "aws/core/spec.hpp"
#include "base/time.hpp"
#include "sim/iam/identity.hpp"

namespace postern::sim::trail {

/// Where events are kept: account and Region.
using SiteKey = std::pair<std::string, std::string>;

/// One call. An AssumeRole across accounts is one call and two events: of the caller's account and of the role's.
struct CallEvent {
  CallEvent() = default;
  WallTime time;
  const aws::OperationSpec* operation = nullptr;
  std::string region;  ///< that the event belongs to
  std::string request_id;
  IdentityPtr identity;  ///< who called; null: an unsigned request
  std::string access_key_id;
  std::string source;       ///< an address, or the service that called
  std::string user_agent;   ///< cut
  std::string invoked_by;   ///< the service that called with the caller's identity; empty: the caller itself
  std::string endpoint_id;  ///< of the VPC endpoint that it came through
  std::string request;      ///< JSON; empty: none
  std::string response;     ///< JSON; empty: none
  std::string error_code;   ///< empty: it succeeded
  std::string error_message;
  std::string role_arn;   ///< of AssumeRole*
  std::string shared_id;  ///< of events that two accounts have; else empty
};
using CallEventPtr = std::shared_ptr<const CallEvent>;

/// An event as one account has it.
struct LoggedEvent {
  LoggedEvent(std::uint64_t n, std::string a, CallEventPtr c) : number(n), account(std::move(a)), call(std::move(c)) {}
  std::uint64_t number;  ///< unique in the cloud; the later the larger
  std::string account;   ///< the recipient
  CallEventPtr call;
};

}  // namespace postern::sim::trail
