#pragma once

/// A rendered role as IAM would judge it.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "cfn/resolve.hpp"
#include "iam/assume_role.hpp"

namespace postern::access::testing {

inline constexpr std::string_view kHubArn = "arn:aws:iam::111122223333:role/PosternHub";
inline constexpr std::string_view kTargetAccount = "444455556666";
inline constexpr std::string_view kExternalId = "f3b1c9d27a604e58";

/// The resource's policies and trust, worked out in the target account with a trusting parameter set.
class AsRole {
 public:
  AsRole(const cfn::Template& source, std::string_view id) {
    inputs_.account = kTargetAccount;
    for (const cfn::Parameter& each : source.parameters) {
      if (!each.default_value) inputs_.parameters[each.name] = {"something"};
      if (each.name == "HubRoleArn") inputs_.parameters[each.name] = {std::string(kHubArn)};
      if (each.name == "ExternalId") inputs_.parameters[each.name] = {std::string(kExternalId)};
      if (each.name.ends_with("AccountId")) inputs_.parameters[each.name] = {"111122223333"};
    }
    source_ = source;
    id_ = id;
    load();
  }

  void give(const std::string& parameter, std::string value) {
    inputs_.parameters[parameter] = {std::move(value)};
    load();
  }

  bool trusts(std::string_view role_arn, std::optional<std::string> external_id, const std::string& organization = {},
              const std::string& action = "sts:AssumeRole", std::string source_identity = {}) const {
    iam::Principal::Details details;
    details.org_id = organization;
    const iam::Principal caller = iam::Principal::role_session(role_arn, "run", details);
    iam::AssumeRoleRequest request;
    request.caller = &caller;
    request.action = action;
    request.role_arn = arn();
    request.trust = &*trust_;
    request.external_id = std::move(external_id);
    request.session_name = "run";
    request.source_identity = std::move(source_identity);
    const iam::PolicyList anything = {parsed(iam::DocumentKind::identity, R"({"Version": "2012-10-17", "Statement":
        [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]})")};
    iam::PolicySet policies;
    policies.identity = anything;
    return iam::evaluate_assume_role(request, policies).allowed();
  }

  /// One action on one resource, with condition keys.
  bool may(std::string_view action, const std::string& resource,
           const std::vector<std::pair<std::string, std::string>>& keys = {}) const {
    const iam::Principal caller = iam::Principal::role_session(arn(), "run", iam::Principal::Details());
    iam::RequestContext context;
    for (const auto& [key, value] : keys) context.set(key, value);
    std::vector<iam::Resource> resources = {iam::Resource(resource)};
    // The identity's own policies are what is asked about: another account's consent is not.
    resources.front().account = kTargetAccount;
    iam::Request request;
    request.principal = &caller;
    request.action = action;
    request.context = &context;
    request.resources = resources;
    iam::PolicySet set;
    set.identity = policies_;
    return iam::evaluate(request, set).allowed();
  }

  const iam::PolicyList& policies() const { return policies_; }

 private:
  std::string arn() const { return "arn:aws:iam::" + std::string(kTargetAccount) + ":role/Role"; }

  static iam::AttachedPolicy parsed(iam::DocumentKind kind, std::string_view text) {
    auto document = iam::parse_document(kind, text);
    EXPECT_TRUE(document) << document.error().to_text();
    return iam::AttachedPolicy("p", std::move(*document));
  }

  iam::AttachedPolicy resolved(iam::DocumentKind kind, const cfn::Value& value) const {
    const auto json = cfn::resolve_json(source_, value, inputs_);
    EXPECT_TRUE(json) << json.error().to_text();
    return parsed(kind, *json);
  }

  void load() {
    const cfn::Resource* role = source_.find_resource(id_);
    ASSERT_NE(role, nullptr);
    trust_ = resolved(iam::DocumentKind::trust, *role->properties.find("AssumeRolePolicyDocument"));
    policies_.clear();
    if (const cfn::Value* all = role->properties.find("Policies")) {
      for (const cfn::Entry& each : all->entries()) {
        policies_.push_back(resolved(iam::DocumentKind::identity, *each.value.find("PolicyDocument")));
      }
    }
    for (const cfn::Resource& other : source_.resources) {
      if (other.type != "AWS::IAM::Policy" && other.type != "AWS::IAM::ManagedPolicy") continue;
      if (!other.condition.empty() && !*cfn::holds(source_, other.condition, inputs_)) continue;
      policies_.push_back(resolved(iam::DocumentKind::identity, *other.properties.find("PolicyDocument")));
    }
  }

  cfn::Template source_;
  std::string id_;
  cfn::Inputs inputs_;
  std::optional<iam::AttachedPolicy> trust_;
  iam::PolicyList policies_;
};

}  // namespace postern::access::testing
