#pragma once

/// An event as callers get it: the record in CloudTrail's words, whose it is and what it is about.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cloudtrail/event.hpp"

namespace postern::sim::trail {

struct NamedResource {
  NamedResource(std::string t, std::string n) : type(std::move(t)), name(std::move(n)) {}
  std::string type;  ///< "AWS::IAM::Role"
  std::string name;
};

/// A UUID that depends on the seed and the label only.
std::string derived_uuid(std::uint64_t seed, std::string_view label);

std::string event_id(std::uint64_t seed, const LoggedEvent& event);
/// The user's name, or the name of the role's session; empty for others. What one account knows of another's caller
/// is the account.
std::string user_name(const LoggedEvent& event);
/// Empty in the account of a role that somebody else's credentials asked for.
std::string access_key(const LoggedEvent& event);
std::vector<NamedResource> resources_of(const LoggedEvent& event);
bool is_read_only(const CallEvent& call) noexcept;
/// Of version 1.08.
std::string event_json(std::uint64_t seed, const LoggedEvent& event);

}  // namespace postern::sim::trail
