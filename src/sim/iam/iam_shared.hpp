#pragma once

/// What the operations of IAM share: who calls, what is meant, errors in IAM's words, pages. Used by iam_*.cpp only.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/iam/server.hpp"
#include "base/encoding.hpp"
#include "sim/access.hpp"
#include "sim/iam/names.hpp"
#include "sim/paging.hpp"

namespace postern::sim::iam_call {

constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kAttachedMax = 10;
constexpr std::size_t kRolesMax = 1'000;
constexpr std::size_t kUsersMax = 5'000;
constexpr std::size_t kPoliciesMax = 1'500;
constexpr std::size_t kProfilesMax = 1'000;
constexpr std::size_t kVersionsMax = 5;
constexpr std::size_t kKeysMax = 2;
constexpr std::size_t kUserInlineSizeMax = 2'048;
constexpr std::size_t kPageSize = 100;

/// One call of an account's IAM.
struct Call {
  Call(const aws::server::CallInfo& i, Directory& d, AccountIam& a, WallTime n)
      : info(i), directory(d), account(a), now(n) {}
  const aws::server::CallInfo& info;
  Directory& directory;
  AccountIam& account;
  WallTime now;
};

/// Refuses credentials of GetSessionToken, unless an MFA code was shown for them: IAM takes no others.
Result<Call> begin(const aws::server::CallInfo& info, Cloud& cloud);

Error no_such_entity(std::string message);
Error already_exists(std::string message);
Error delete_conflict(std::string message);
Error limit_exceeded(std::string message);
Error invalid_input(std::string message);
Error validation_error(std::string message);
/// A policy's fault in IAM's terms.
Error policy_error(const Error& error);

/// "arn:aws:iam::ACCOUNT:<kind>/<tail>".
std::string arn_of(const Call& call, std::string_view kind, std::string_view tail);
/// Ok, or the denial that shows the resource as `shown` ("role Name"); empty: by its ARN.
Result<void> authorize_as(const Call& call, const Access& access, std::string_view shown = std::string_view());

/// Each authorises the operation on what the name stands for first: whoever may not ask learns nothing.
Result<std::shared_ptr<Role>> role_of(const Call& call, const std::string& name, Access access = Access());
/// Without a name: the caller itself.
Result<std::shared_ptr<User>> user_of(const Call& call, const std::optional<std::string>& name,
                                      Access access = Access());
Result<std::shared_ptr<InstanceProfile>> profile_of(const Call& call, const std::string& name,
                                                    Access access = Access());
/// `edit` refuses AWS's own policies.
enum class PolicyUse : std::uint8_t { read, edit };
Result<std::shared_ptr<const ManagedPolicy>> policy_of(const Call& call, const std::string& arn, PolicyUse use,
                                                       Access access = Access());
/// A policy that can be attached in this account.
Result<ManagedPolicyPtr> attachable(const Call& call, const std::string& arn);
/// A policy document of a user, role or managed policy.
Result<SharedDocumentPtr> identity_document(const Call& call, const std::string& text,
                                            std::optional<std::size_t> size_max = std::nullopt);

Result<void> check_name(std::string_view member, std::string_view name);
Result<std::string> check_path(const std::optional<std::string>& path);
Result<Tags> check_tags(const std::vector<aws::iam::Tag>& tags);
/// Adds to `tags` what the request says.
Result<void> add_tags(Tags& tags, const std::vector<aws::iam::Tag>& more);

std::vector<aws::iam::Tag> to_tags(const Tags& tags);
std::string encoded(std::string_view document);
enum class Shown : std::uint8_t { full, listed };
aws::iam::Role to_role(const Call& call, const Role& role, Shown shown);
aws::iam::User to_user(const User& user, Shown shown);
aws::iam::InstanceProfile to_profile(const Call& call, const InstanceProfile& profile, Shown shown);
aws::iam::Policy to_policy(const Call& call, const ManagedPolicy& policy, Shown shown);
aws::iam::PolicyVersion to_version(const ManagedPolicy& policy, const PolicyVersion& version, Shown shown);
/// How many users and roles of the account have the policy.
std::int32_t attachments(const AccountIam& account, std::string_view arn);
std::int32_t boundaries(const AccountIam& account, std::string_view arn);

/// Inline and attached policies and boundaries are the same for users and roles. Each is called after authorisation.
Result<void> put_inline(const Call& call, Entity& entity, const std::string& name, const std::string& text,
                        std::size_t size_max);
Result<void> delete_inline(const Call& call, Entity& entity, const std::string& name, std::string_view noun);
Result<void> attach(const Call& call, Entity& entity, const std::string& arn, std::string_view quota);
Result<void> detach(const Call& call, Entity& entity, const std::string& arn);
Result<void> set_boundary(const Call& call, Entity& entity, const std::string& arn);
std::vector<aws::iam::AttachedPolicy> attached_policies(const Call& call, const Entity& entity,
                                                        const std::optional<std::string>& path_prefix);

/// Fails with ValidationError for a marker that is not one.
Result<Page> page(const Call& call, const std::optional<std::string>& marker,
                  const std::optional<std::int32_t>& max_items, std::string_view question, std::size_t count,
                  FunctionRef<std::string_view(std::size_t)> key);

/// One page of `all` into `out`, and what the response says of the next.
template <class Request, class Response, class Item>
Result<void> fill_page(const Call& call, const Request& request, std::string_view question, std::vector<Item>& all,
                       std::vector<Item>& out, Response& response, FunctionRef<std::string_view(std::size_t)> key) {
  TRY(const Page one, page(call, request.marker, request.max_items, question, all.size(), key));
  for (std::size_t i = one.begin; i < one.end; ++i) out.push_back(std::move(all[i]));
  response.is_truncated = !one.next_token.empty();
  if (!one.next_token.empty()) response.marker = one.next_token;
  return {};
}

inline bool has_prefix(const std::string& path, const std::optional<std::string>& prefix) {
  return !prefix || path.starts_with(*prefix);
}

}  // namespace postern::sim::iam_call
