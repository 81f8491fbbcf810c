#include "access/role_pieces.hpp"

#include "access/statements.hpp"
#include "cfn/resolve.hpp"
#include "iam/document.hpp"

namespace postern::access {
namespace {

/// Stands for a parameter that has no default yet: as long as a long one.
constexpr std::string_view kSomeRole = "arn:aws:iam::111122223333:role/Postern/SomeRoleOfTheHub";

/// Attached to one role, unless AWS was asked for more; one is left to others.
constexpr std::size_t kManagedPoliciesMax = 9;

cfn::Inputs made_up_inputs(const cfn::Template& source) {
  cfn::Inputs inputs;
  for (const cfn::Parameter& each : source.parameters) {
    if (each.default_value && !each.default_value->empty()) continue;
    inputs.parameters[each.name] = {std::string(each.name.ends_with("AccountId") ? "111122223333" : kSomeRole)};
  }
  for (const cfn::Resource& each : source.resources) {
    inputs.resources[each.id] = each.id;
    inputs.resources[each.id + ".Arn"] = kSomeRole;
  }
  return inputs;
}

Result<std::size_t> size_of(const cfn::Template& source, iam::DocumentKind kind, const cfn::Value& value,
                            const std::string& what) {
  TRY(const std::string json, cfn::resolve_json(source, value, made_up_inputs(source)));
  iam::ParseOptions options;
  options.size_max = iam::kDocumentBytesMax;
  const Result<iam::DocumentPtr> parsed = iam::parse_document(kind, json, options);
  if (!parsed) return fail(Error(ErrorKind::usage, what + ": IAM would refuse this policy").caused_by(parsed.error()));
  return (*parsed)->size();
}

tl::unexpected<Error> too_large(const std::string& what, std::size_t size, std::size_t size_max) {
  return fail(ErrorKind::usage, what + ": its policies have " + std::to_string(size) + " characters, IAM takes " +
                                    std::to_string(size_max) + "; render fewer duties or accounts together");
}

/// All inline policies of the role: its own, and those attached by AWS::IAM::Policy.
Result<std::size_t> inline_size(const cfn::Template& source, const cfn::Resource& role) {
  std::size_t size = 0;
  const auto add = [&](const cfn::Value& document) -> Result<void> {
    TRY(const std::size_t one, size_of(source, iam::DocumentKind::identity, document, role.id));
    size += one;
    return {};
  };
  if (const cfn::Value* policies = role.properties.find("Policies")) {
    for (const cfn::Entry& each : policies->entries()) TRY_VOID(add(*each.value.find("PolicyDocument")));
  }
  for (const cfn::Resource& other : source.resources) {
    if (other.type != "AWS::IAM::Policy") continue;
    const cfn::Value* roles = other.properties.find("Roles");
    if (roles->entries().front().value.text() == role.id) TRY_VOID(add(*other.properties.find("PolicyDocument")));
  }
  return size;
}

}  // namespace

Result<void> check_policies(const cfn::Template& source) {
  std::size_t managed = 0;
  for (const cfn::Resource& each : source.resources) {
    if (each.type == "AWS::IAM::Role") {
      const cfn::Value& trusted = *each.properties.find("AssumeRolePolicyDocument");
      TRY(const std::size_t trust_size, size_of(source, iam::DocumentKind::trust, trusted, each.id));
      if (trust_size > iam::kTrustPolicySizeMax) return too_large(each.id, trust_size, iam::kTrustPolicySizeMax);
      TRY(const std::size_t size, inline_size(source, each));
      if (size > iam::kRoleInlinePoliciesSizeMax) return too_large(each.id, size, iam::kRoleInlinePoliciesSizeMax);
    } else if (each.type == "AWS::IAM::ManagedPolicy") {
      const cfn::Value& policy = *each.properties.find("PolicyDocument");
      TRY(const std::size_t size, size_of(source, iam::DocumentKind::identity, policy, each.id));
      if (size > iam::kManagedPolicySizeMax) return too_large(each.id, size, iam::kManagedPolicySizeMax);
      if (++managed > kManagedPoliciesMax) {
        return fail(ErrorKind::usage,
                    "more target roles than fit into the " + std::to_string(kManagedPoliciesMax) +
                        " managed policies that a role may have; render fewer duties or accounts together");
      }
    } else if (each.type == "AWS::SSO::PermissionSet") {
      // Identity Center makes a role of it, with an inline policy.
      const cfn::Value& policy = *each.properties.find("InlinePolicy");
      TRY(const std::size_t size, size_of(source, iam::DocumentKind::identity, policy, each.id));
      if (size > iam::kRoleInlinePoliciesSizeMax) return too_large(each.id, size, iam::kRoleInlinePoliciesSizeMax);
    }
  }
  return {};
}

std::pair<std::string, std::string> path_and_name(std::string_view name) {
  while (name.starts_with('/')) name.remove_prefix(1);
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return {"/", std::string(name)};
  return {"/" + std::string(name.substr(0, slash + 1)), std::string(name.substr(slash + 1))};
}

std::string logical_id(std::string_view name) {
  std::string id;
  bool begins = true;
  for (const char c : path_and_name(name).second) {
    const bool small = c >= 'a' && c <= 'z';
    const bool other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (small || other) id.push_back(small && begins ? static_cast<char>(c - 'a' + 'A') : c);
    begins = !small && !other;
  }
  return id.empty() ? "Role" : id;
}

cfn::Resource role(std::string id, std::string_view name, std::string description, cfn::Value trust) {
  const auto [path, plain] = path_and_name(name);
  cfn::Resource out;
  out.id = std::move(id);
  out.type = "AWS::IAM::Role";
  out.properties.set("RoleName", plain);
  if (path != "/") out.properties.set("Path", path);
  out.properties.set("Description", std::move(description));
  out.properties.set("MaxSessionDuration", cfn::Value::integer(kSessionSeconds));
  out.properties.set("AssumeRolePolicyDocument", std::move(trust));
  return out;
}

cfn::Value trust(cfn::Value principal, std::string_view action, cfn::Value condition) {
  return trust(std::move(principal), std::vector<std::string>{std::string(action)}, std::move(condition));
}

cfn::Value trust(cfn::Value principal, const std::vector<std::string>& actions, cfn::Value condition) {
  cfn::Value statement = cfn::Value::map();
  statement.set("Effect", "Allow");
  statement.set("Principal", std::move(principal));
  if (actions.size() == 1) {
    statement.set("Action", actions.front());
  } else {
    statement.set("Action", cfn::Value::texts(actions));
  }
  if (!condition.entries().empty()) statement.set("Condition", std::move(condition));
  return document(cfn::Value::list({std::move(statement)}));
}

cfn::Value service_trust(std::string_view service, cfn::Value condition) {
  cfn::Value principal = cfn::Value::map();
  principal.set("Service", service);
  return trust(std::move(principal), "sts:AssumeRole", std::move(condition));
}

void add_trust_parameters(cfn::Template& out, const RoleOrder& order) {
  cfn::Parameter id = parameter(
      order.external_id_by_account ? "ExternalIdPrefix" : "ExternalId",
      order.external_id_by_account
          ? "What the hub says when it assumes a role here begins so and ends in the account's id: make it at random."
          : "What the hub says when it assumes a role here. Not secret, but unique to this account: make it at random.",
      R"(^[\w+=,.@:/-]{16,}$)", "16 or more letters, digits and +=,.@:/-");
  // Not in the pattern: Terraform's expressions repeat nothing more than 1,000 times.
  id.length_max = 1224;
  out.parameters.push_back(std::move(id));
  cfn::Parameter organization =
      parameter("OrganizationId", "The organisation that the hub must be in (o-...); empty to allow any",
                "^(o-[a-z0-9]{10,32})?$", "o- and 10 to 32 letters or digits, or nothing");
  organization.default_value = order.organization;
  out.parameters.push_back(std::move(organization));
  out.conditions.emplace_back(std::string(kHasOrganization),
                              cfn::negation(cfn::equals(cfn::ref("OrganizationId"), "")));
}

cfn::Value trust_condition(const RoleOrder& order) {
  cfn::Value keys = cfn::Value::map();
  keys.set("sts:ExternalId",
           order.external_id_by_account ? cfn::sub("${ExternalIdPrefix}-${AWS::AccountId}") : cfn::ref("ExternalId"));
  keys.set("aws:PrincipalOrgID", cfn::when(kHasOrganization, cfn::ref("OrganizationId"), cfn::no_value()));
  cfn::Value out = cfn::Value::map();
  out.set("StringEquals", std::move(keys));
  return out;
}

cfn::Parameter parameter(std::string name, std::string description, std::string pattern, std::string constraint) {
  cfn::Parameter out;
  out.name = std::move(name);
  out.description = std::move(description);
  out.allowed_pattern = std::move(pattern);
  out.constraint = std::move(constraint);
  return out;
}

cfn::Output output(std::string name, std::string description, cfn::Value value) {
  cfn::Output out;
  out.name = std::move(name);
  out.description = std::move(description);
  out.value = std::move(value);
  return out;
}

}  // namespace postern::access
