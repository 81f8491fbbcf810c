#pragma once

/// An IAM of values: profiles, roles, and who has them.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recovery/node_role.hpp"

namespace postern::recovery::testing {

class FakeNodeRoles final : public NodeRoles {
 public:
  std::map<std::string, InstanceProfile> profiles;    ///< by name
  std::map<std::string, NodeRole> roles;              ///< by name
  std::map<std::string, std::size_t> instances;       ///< in each Region, by profile ARN
  std::map<std::string, std::vector<Error>> failing;  ///< by call: of the next calls, the last first
  std::vector<std::string> calls;                     ///< "profile web", "attach WebRole arn:..."
  bool lose_reply = false;                            ///< the next change is made, and its answer lost
  int looks_until_shown = 0;                          ///< that `attached` lags behind a change

  void add(const std::string& profile, const std::string& role) {
    InstanceProfile made;
    made.name = profile;
    made.arn = "arn:aws:iam::444455556666:instance-profile/" + profile;
    made.role = role;
    if (!role.empty()) made.role_arn = "arn:aws:iam::444455556666:role/" + role;
    profiles[profile] = made;
    if (role.empty()) return;
    roles[role].name = role;
    roles[role].arn = made.role_arn;
  }
  void put(const std::string& role, std::string name, std::string arn, std::string document) {
    RolePolicy policy;
    policy.name = std::move(name);
    policy.arn = std::move(arn);
    policy.document = std::move(document);
    if (policy.document.empty()) policy.unread = "not authorized to perform iam:GetPolicy";
    roles[role].policies.push_back(std::move(policy));
  }

  rt::Task<Result<std::optional<InstanceProfile>>> profile(rt::CallContext, fleet::ScopePtr,
                                                           std::string name) override {
    calls.push_back("profile " + name);
    if (std::optional<Error> error = take_error("profile")) co_return fail(std::move(*error));
    const auto found = profiles.find(name);
    if (found == profiles.end()) co_return std::optional<InstanceProfile>();
    co_return std::optional<InstanceProfile>(found->second);
  }
  rt::Task<Result<NodeRole>> role(rt::CallContext, fleet::ScopePtr, std::string name, std::string) override {
    calls.push_back("role " + name);
    if (std::optional<Error> error = take_error("role")) co_return fail(std::move(*error));
    co_return roles.at(name);
  }
  rt::Task<Result<std::vector<std::string>>> attached(rt::CallContext, fleet::ScopePtr, std::string role) override {
    calls.push_back("attached " + role);
    if (std::optional<Error> error = take_error("attached")) co_return fail(std::move(*error));
    std::vector<std::string> out;
    if (looks_until_shown-- > 0) co_return out;
    for (const RolePolicy& each : roles.at(role).policies) out.push_back(each.arn);
    co_return out;
  }
  rt::Task<Result<std::vector<InstanceProfile>>> profiles_of(rt::CallContext, fleet::ScopePtr,
                                                             std::string role) override {
    if (std::optional<Error> error = take_error("profiles_of")) co_return fail(std::move(*error));
    std::vector<InstanceProfile> out;
    for (const auto& [name, each] : profiles) {
      if (each.role == role) out.push_back(each);
    }
    co_return out;
  }
  rt::Task<Result<std::map<std::string, std::size_t>>> count_instances(rt::CallContext, fleet::ScopePtr,
                                                                       std::vector<std::string> arns) override {
    if (std::optional<Error> error = take_error("count")) co_return fail(std::move(*error));
    std::map<std::string, std::size_t> out;
    for (const std::string& arn : arns) {
      if (instances.contains(arn)) out[arn] = instances.at(arn);
    }
    co_return out;
  }
  rt::Task<Result<void>> attach(rt::CallContext, fleet::ScopePtr, std::string role, std::string arn) override {
    calls.push_back("attach " + role + " " + arn);
    if (std::optional<Error> error = take_error("attach")) co_return fail(std::move(*error));
    put(role, profile_name_of(arn), arn, "{}");
    if (!std::exchange(lose_reply, false)) co_return Result<void>();
    co_return fail(Error(ErrorKind::unavailable, "connection reset").delivered(Delivery::sent));
  }

 private:
  std::optional<Error> take_error(const std::string& call) {
    std::vector<Error>& errors = failing[call];
    if (errors.empty()) return std::nullopt;
    std::optional<Error> error = std::move(errors.back());
    errors.pop_back();
    return error;
  }
};

}  // namespace postern::recovery::testing
