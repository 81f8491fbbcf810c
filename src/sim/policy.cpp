#include "sim/policy.hpp"

#include <algorithm>

#include "aws/core/server.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace {

constexpr std::size_t kPolicyCharactersMax = 2'048;

Error malformed_policy(std::string message) {
  return aws::server::fault(ErrorKind::usage, "MalformedPolicyDocument", std::move(message), 400);
}

/// IAM compares actions without case.
bool matches_action(const std::vector<std::string>& patterns, std::string_view action) {
  const std::string lower = to_lower(action);
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_match(to_lower(pattern), lower); });
}

bool matches_resource(const std::vector<std::string>& patterns, std::string_view resource) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_match(pattern, resource); });
}

Trust covers(std::string_view named, const Principal& caller) {
  if (named == "*" || named == caller.arn) return Trust::exact;
  if (!caller.role_arn.empty() && named == caller.role_arn) return Trust::exact;
  if (named == caller.account_id || named == "arn:aws:iam::" + caller.account_id + ":root") return Trust::account;
  return Trust::none;
}

}  // namespace

/// Reads one document; every mistake is an error, nothing is guessed.
class SessionPolicyReader {
 public:
  static Result<SessionPolicy> read(const Json& document) {
    const Json& statements = document["Statement"];
    SessionPolicy policy;
    if (statements.is_object()) {
      TRY(SessionPolicy::Statement one, statement(statements));
      policy.statements_.push_back(std::move(one));
      return policy;
    }
    if (!statements.is_array() || statements.empty()) return fail(malformed_policy("Policy has no Statement"));
    for (const Json& item : statements.items()) {
      TRY(SessionPolicy::Statement one, statement(item));
      policy.statements_.push_back(std::move(one));
    }
    return policy;
  }

 private:
  static Result<std::vector<std::string>> texts(const Json& value, std::string_view name) {
    std::vector<std::string> found;
    if (value.is_string()) found.push_back(value.as_string());
    for (const Json& item : value.items()) {
      if (!item.is_string()) return fail(malformed_policy(std::string(name) + " must be text"));
      found.push_back(item.as_string());
    }
    if (found.empty()) return fail(malformed_policy(std::string(name) + " is empty"));
    return found;
  }

  static Result<SessionPolicy::Statement> statement(const Json& value) {
    SessionPolicy::Statement out;
    for (const Json::Member& member : value.members()) {
      const std::string& key = member.key;
      if (key == "Effect") {
        const auto effect = member.value.to_string().value_or("");
        if (effect != "Allow" && effect != "Deny") return fail(malformed_policy("Effect must be Allow or Deny"));
        out.allows = effect == "Allow";
      } else if (key == "Action" || key == "NotAction") {
        TRY(out.actions, texts(member.value, key));
        out.actions_inverted = key == "NotAction";
      } else if (key == "Resource" || key == "NotResource") {
        TRY(out.resources, texts(member.value, key));
        out.resources_inverted = key == "NotResource";
      } else if (key == "Condition") {
        return fail(malformed_policy("conditions in session policies are not offered by this simulator"));
      } else if (key != "Sid") {
        return fail(malformed_policy("Syntax errors in policy: unknown element " + printable(key, 60)));
      }
    }
    const bool complete = value.contains("Effect") && !out.actions.empty() && !out.resources.empty();
    if (!complete) return fail(malformed_policy("a statement needs Effect, Action and Resource"));
    return out;
  }
};

Result<SessionPolicy> SessionPolicy::parse(std::string_view text) {
  if (text.size() > kPolicyCharactersMax) {
    const std::size_t percent = text.size() * 100 / kPolicyCharactersMax;
    return fail(aws::server::fault(
        ErrorKind::usage, "PackedPolicyTooLarge",
        "Packed policy consumes " + std::to_string(percent) + "% of allotted space, please use smaller policy.", 400));
  }
  Result<Json> document = Json::parse(text);
  if (!document || !document->is_object()) return fail(malformed_policy("This policy contains invalid Json"));
  const auto version = (*document)["Version"].to_string().value_or("2008-10-17");
  if (version != "2012-10-17" && version != "2008-10-17") {
    return fail(malformed_policy("The policy must contain a valid version string"));
  }
  return SessionPolicyReader::read(*document);
}

Decision SessionPolicy::evaluate(std::string_view action, std::string_view resource) const {
  Decision decision = Decision::implicit_deny;
  for (const Statement& statement : statements_) {
    if (matches_action(statement.actions, action) == statement.actions_inverted) continue;
    if (matches_resource(statement.resources, resource) == statement.resources_inverted) continue;
    if (!statement.allows) return Decision::explicit_deny;
    decision = Decision::allowed;
  }
  return decision;
}

Decision evaluate(const Permissions& permissions, std::string_view action) {
  if (matches_action(permissions.deny, action)) return Decision::explicit_deny;
  return matches_action(permissions.allow, action) ? Decision::allowed : Decision::implicit_deny;
}

Trust evaluate_trust(const RoleConfig& role, const Principal& caller, const std::optional<std::string>& external_id) {
  Trust best = Trust::none;
  for (const TrustStatement& statement : role.trust) {
    const auto& wanted = statement.external_ids;
    if (!wanted.empty()) {
      if (!external_id || std::find(wanted.begin(), wanted.end(), *external_id) == wanted.end()) continue;
    }
    for (const std::string& named : statement.principals) {
      const Trust found = covers(named, caller);
      if (found > best) best = found;
    }
  }
  return best;
}

}  // namespace postern::sim
