#pragma once

/// What the operations of Organizations share. Used by organizations_*.cpp only.

#include <string>
#include <string_view>
#include <vector>

#include "aws/organizations/server.hpp"
#include "sim/access.hpp"
#include "sim/iam/organization.hpp"
#include "sim/paging.hpp"

namespace postern::sim::org_call {

using Info = aws::server::CallInfo;

constexpr std::size_t kPageMax = 20;

enum class Need : std::uint8_t {
  member,      ///< any account of the organization
  read,        ///< the management account or a delegated administrator
  management,  ///< the management account
};

/// The caller's organization, after authorisation on `resource`.
Result<Organization*> begin(const Info& info, Cloud& cloud, Need need, std::string resource = "*");
/// The ARN of a node, or "*" when there is none.
std::string arn_of(const Cloud& cloud, std::string_view node);
std::string policy_arn(const Cloud& cloud, std::string_view policy);

/// "ParentNotFoundException" and the like, status 400.
Error refuse(std::string code, std::string message);
Error constraint(std::string message);
Error invalid_input(std::string message);

Result<const OrganizationNode*> node_of(const Organization& organization, const std::string& id, std::string code,
                                        std::string_view noun);
Result<const OrganizationPolicy*> policy_of(const Organization& organization, const std::string& id);
/// The two types that this simulator evaluates.
Result<OrganizationPolicyType> type_of(const aws::Open<aws::organizations::PolicyType>& type);

aws::organizations::Account to_account(const Organization& organization, const OrganizationNode& node);
aws::organizations::OrganizationalUnit to_unit(const Organization& organization, const OrganizationNode& node);
aws::organizations::Root to_root(const Organization& organization);
aws::organizations::PolicySummary to_summary(const Organization& organization, const OrganizationPolicy& policy);
std::string path_of(const Organization& organization, const OrganizationNode& node);

/// Sorted by name, accounts by id.
std::vector<const OrganizationNode*> children(const Organization& organization, std::string_view parent,
                                              OrganizationNode::Kind kind);

/// One page of `all`: `add` gets each item of it.
template <class Request, class Response, class Item, class Key, class Add>
Result<void> fill_page(const Info& info, const Request& request, std::string_view question,
                       const std::vector<Item>& all, Response& response, Key key, Add add) {
  std::size_t size = kPageMax;
  if constexpr (requires { request.max_results; }) {
    if (request.max_results) size = static_cast<std::size_t>(*request.max_results);
  }
  const auto key_at = [&](std::size_t i) -> std::string_view { return key(all[i]); };
  const std::string asked = info.caller.account_id + "/" + action_of(info) + "/" + std::string(question);
  auto page = page_of(request.next_token.value_or(""), asked, all.size(), size, key_at);
  if (!page)
    return fail(
        invalid_input("You specified an invalid value for nextToken. You must get the value from the "
                      "response to a previous call to the API."));
  for (std::size_t i = page->begin; i < page->end; ++i) add(all[i]);
  if (!page->next_token.empty()) response.next_token = page->next_token;
  return {};
}

}  // namespace postern::sim::org_call
