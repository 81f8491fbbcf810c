#pragma once

/// Names and limits of STS (aws.md 5.1).

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::aws::auth {

/// "postern-<user>-<what>" with everything outside [\w+=,.@-] replaced by '-', 2 to 64 characters; `what` is kept whole
/// as long as possible (a run id: it is how CloudTrail finds the run), the user is cut.
std::string make_session_name(std::string_view user, std::string_view what);

/// The name of a caller in an ARN of STS: the user's, or that of the role's session; empty: there is none ("root").
std::string name_of_caller(std::string_view arn);

struct RoleArn {
  RoleArn() = default;
  std::string partition;
  std::string account_id;
  std::string name;  ///< without the path
};
/// "arn:aws:iam::444455556666:role/path/Name". Errors: usage, quoting the text.
Result<RoleArn> parse_role_arn(std::string_view text);

/// Each is empty when the value is within STS's limits, else says what is wrong.
std::string session_name_problem(std::string_view name);
std::string external_id_problem(std::string_view external_id);

}  // namespace postern::aws::auth
