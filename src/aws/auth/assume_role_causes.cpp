#include "aws/auth/assume_role_causes.hpp"

#include <algorithm>

#include "aws/auth/session_name.hpp"
#include "base/text.hpp"

namespace postern::aws::auth {

namespace {

/// The policy's owner: "arn:aws:sts::1:assumed-role/Hub/session" acts by the policies of "arn:aws:iam::1:role/Hub".
/// (The session's ARN has lost the role's path; simulate-principal-policy then says that there is no such role.)
std::string policy_owner(std::string_view caller_arn) {
  const auto parts = split(caller_arn, ':');
  constexpr std::string_view kAssumed = "assumed-role/";
  if (parts.size() != 6 || !parts[5].starts_with(kAssumed)) return std::string(caller_arn);
  const std::string_view rest = parts[5].substr(kAssumed.size());
  return "arn:" + std::string(parts[1]) + ":iam::" + std::string(parts[4]) + ":role/" +
         std::string(rest.substr(0, rest.find('/')));
}

/// "User: arn:... is not authorized to perform".
std::string caller_in(std::string_view text) {
  constexpr std::string_view kBefore = "User: ";
  const std::size_t start = text.find(kBefore);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = text.substr(start + kBefore.size());
  return std::string(rest.substr(0, rest.find(' ')));
}

AssumeRoleCause cause(std::string code, std::string text, std::string command, std::string where) {
  AssumeRoleCause made;
  made.code = std::move(code);
  made.text = std::move(text);
  made.command = std::move(command);
  made.where = std::move(where);
  return made;
}

}  // namespace

std::vector<AssumeRoleCause> assume_role_candidates(const Error& error, std::string_view role_arn, bool had_external_id,
                                                    std::string_view caller_arn) {
  if (error.kind() != ErrorKind::denied) return {};
  const auto role = parse_role_arn(role_arn);
  const std::string name = role ? role->name : std::string("ROLE");
  const std::string account = role ? role->account_id : std::string("ACCOUNT");
  std::string caller = printable(caller_arn.empty() ? caller_in(error.message()) : std::string(caller_arn), 300);
  if (caller.empty()) caller = "CALLER_ARN";
  const std::string in_target = "account " + account;
  const std::string role_text = printable(role_arn, 300);

  std::vector<AssumeRoleCause> causes;
  const std::string trust = "aws iam get-role --role-name " + name + " --query Role.AssumeRolePolicyDocument";
  causes.push_back(cause("trust-policy", "the trust policy of " + name + " does not name " + caller + " or its account",
                         trust, in_target));
  causes.push_back(cause("external-id",
                         had_external_id
                             ? "the ExternalId given is not the one in the trust policy's sts:ExternalId condition"
                             : "the trust policy asks for an ExternalId (sts:ExternalId) and none was given",
                         trust + ".Statement[].Condition", in_target));
  causes.push_back(cause("missing-role",
                         "there is no role " + name + " in " + in_target + " (or it has just been made)",
                         "aws iam list-roles --query \"Roles[?RoleName=='" + name + "'].Arn\"", in_target));
  causes.push_back(cause("caller-policy",
                         "no policy of " + caller +
                             " allows sts:AssumeRole on this role, or its boundary or "
                             "session policy does not",
                         "aws iam simulate-principal-policy --policy-source-arn " + policy_owner(caller) +
                             " --action-names sts:AssumeRole --resource-arns " + role_text,
                         "hub"));
  causes.push_back(
      cause("scp", "a service control policy of the hub, or a resource control policy of the target, denies it",
            "aws organizations list-policies-for-target --target-id " + account + " --filter SERVICE_CONTROL_POLICY",
            "management account"));

  // "... because no identity-based policy allows the sts:AssumeRole action", "... with an explicit deny in a service
  // control policy"
  struct Hint {
    std::string_view text;
    std::string_view code;
  };
  constexpr Hint kHints[] = {{"service control policy", "scp"},          {"resource control policy", "scp"},
                             {"identity-based policy", "caller-policy"}, {"permissions boundary", "caller-policy"},
                             {"session policy", "caller-policy"},        {"resource-based policy", "trust-policy"},
                             {"role trust policy", "trust-policy"}};
  for (const Hint& hint : kHints) {
    if (error.message().find(hint.text) == std::string::npos) continue;
    // A trust policy that refuses may do so by its ExternalId condition; the other two kinds stand alone.
    std::erase_if(causes, [&hint](const AssumeRoleCause& c) {
      return c.code != hint.code && !(hint.code == "trust-policy" && c.code == "external-id");
    });
    break;
  }
  return causes;
}

}  // namespace postern::aws::auth
