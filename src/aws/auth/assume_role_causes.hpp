#pragma once

/// Why AssumeRole may have been refused. AWS gives one answer ("AccessDenied") for five different causes (aws.md 5.1).

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::aws::auth {

struct AssumeRoleCause {
  AssumeRoleCause() = default;
  std::string code;     ///< "trust-policy", "external-id", "missing-role", "caller-policy", "scp"
  std::string text;     ///< one sentence: what would be wrong
  std::string command;  ///< what tells this cause from the others
  std::string where;    ///< whose credentials the command needs: "hub", "account 444455556666", "management account"
};

/// The candidates, likeliest first. What AWS's own text says (it sometimes names the kind of policy) puts one at the
/// top and removes what it rules out. Empty for an error that is no refusal of AssumeRole. `caller_arn` may be empty:
/// then it is taken from the text.
std::vector<AssumeRoleCause> assume_role_candidates(const Error& error, std::string_view role_arn, bool had_external_id,
                                                    std::string_view caller_arn);

}  // namespace postern::aws::auth
