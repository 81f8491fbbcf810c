// Hybrid activations, for operators: how machines outside EC2 become managed nodes.

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/agents/managed_nodes.hpp"
#include "sim/agents/node_roles.hpp"
#include "sim/paging.hpp"
#include "sim/ssm/service.hpp"
#include "sim/ssm/shared.hpp"

namespace postern::sim {
namespace activations {

using aws::server::fault;
using Info = aws::server::CallInfo;

constexpr std::chrono::hours kValidDefault{24};
constexpr std::chrono::hours kValidMost{24 * 30};
constexpr std::size_t kPage = 50;
constexpr std::string_view kPrincipal = "ssm.amazonaws.com";

Error invalid(std::string message) {
  return fault(ErrorKind::usage, "ValidationException", std::move(message), 400);
}

Result<WallTime> expiry_of(const std::optional<WallTime>& asked, WallTime now) {
  if (!asked) return now + kValidDefault;
  if (*asked <= now) return fail(invalid("ExpirationDate is in the past"));
  if (*asked > now + kValidMost) return fail(invalid("ExpirationDate is more than 30 days from now"));
  return *asked;
}

bool matches(const NodeActivation& activation, const aws::ssm::DescribeActivationsFilter& filter) {
  const std::string key(filter.filter_key ? filter.filter_key->text() : std::string_view());
  const std::string& value = key == "ActivationIds"         ? activation.id
                             : key == "DefaultInstanceName" ? activation.default_name
                                                            : activation.iam_role;
  const auto& wanted = filter.filter_values;
  return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

Result<void> check_filters(const std::vector<aws::ssm::DescribeActivationsFilter>& filters) {
  for (const auto& filter : filters) {
    const std::string_view key = filter.filter_key ? filter.filter_key->text() : std::string_view();
    if (key != "ActivationIds" && key != "DefaultInstanceName" && key != "IamRole") {
      return fail(fault(ErrorKind::usage, "InvalidFilter", "The filter key " + printable(key, 100) + " is not valid"));
    }
  }
  return {};
}

aws::ssm::Activation describe_activation(const NodeActivation& from, WallTime now) {
  aws::ssm::Activation to;
  to.activation_id = from.id;
  if (!from.description.empty()) to.description = from.description;
  if (!from.default_name.empty()) to.default_instance_name = from.default_name;
  to.iam_role = from.iam_role;
  to.registration_limit = from.limit;
  to.registrations_count = from.registered;
  to.expiration_date = from.expires;
  to.expired = now >= from.expires;
  to.created_date = from.created;
  for (const auto& [key, value] : from.tags) {
    aws::ssm::Tag& tag = to.tags.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  return to;
}

}  // namespace activations

Result<aws::ssm::CreateActivationResponse> SsmService::new_activation(
    const Info& info, const aws::ssm::CreateActivationRequest& request) {
  using namespace activations;
  TRY_VOID(authorize(info));
  if (!request.registration_metadata.empty()) {
    return fail(invalid("RegistrationMetadata is not offered by this simulator"));
  }
  const WallTime now = cloud_.now(info.ctx.clock());
  const std::string arn = "arn:aws:iam::" + info.caller.account_id + ":role/" + *request.iam_role;
  const std::shared_ptr<Role> role = cloud_.directory().find_role(arn);
  if (role == nullptr || !trusts_service(cloud_.directory(), *role, kPrincipal)) {
    return fail(invalid("Nonexistent role or missing ssm service principal in trust policy: " + printable(arn, 200)));
  }
  NodeActivation made;
  TRY(made.expires, expiry_of(request.expiration_date, now));
  made.account_id = info.caller.account_id;
  made.region = info.region;
  made.description = request.description.value_or("");
  made.default_name = request.default_instance_name.value_or("");
  made.iam_role = *request.iam_role;
  made.limit = request.registration_limit.value_or(1);
  made.created = std::chrono::floor<std::chrono::milliseconds>(now);
  for (const aws::ssm::Tag& tag : request.tags) made.tags[*tag.key] = *tag.value;
  const NodeActivation* kept = cloud_.managed().add_activation(std::move(made), info.ctx.random());
  if (kept == nullptr) return fail(fault(ErrorKind::refused, "InvalidParameters", "Too many activations", 400));
  aws::ssm::CreateActivationResponse response;
  response.activation_id = kept->id;
  response.activation_code = kept->code.reveal();
  return response;
}

Result<aws::ssm::DescribeActivationsResponse> SsmService::activations(
    const Info& info, const aws::ssm::DescribeActivationsRequest& request) {
  using namespace activations;
  TRY_VOID(authorize(info));
  TRY_VOID(check_filters(request.filters));
  std::vector<const NodeActivation*> found;
  std::string question = "activations/" + info.caller.account_id + "/" + info.region;
  for (const auto& filter : request.filters) {
    question += "\n" + std::string(filter.filter_key->text()) + "=" + join(filter.filter_values, "\t");
  }
  for (const NodeActivation* one : cloud_.managed().activations(info.caller.account_id, info.region)) {
    const bool wanted = std::all_of(request.filters.begin(), request.filters.end(),
                                    [&](const auto& filter) { return matches(*one, filter); });
    if (wanted) found.push_back(one);
  }
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : kPage;
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i]->id; }));
  aws::ssm::DescribeActivationsResponse response;
  const WallTime now = cloud_.now(info.ctx.clock());
  for (std::size_t i = page.begin; i < page.end; ++i)
    response.activation_list.push_back(describe_activation(*found[i], now));
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

SsmService::Answer<aws::ssm::CreateActivationResponse> SsmService::create_activation(
    Info info, aws::ssm::CreateActivationRequest request) {
  co_return new_activation(info, request);
}

SsmService::Answer<aws::ssm::DescribeActivationsResponse> SsmService::describe_activations(
    Info info, aws::ssm::DescribeActivationsRequest request) {
  co_return activations(info, request);
}

SsmService::Answer<aws::ssm::DeleteActivationResponse> SsmService::delete_activation(
    Info info, aws::ssm::DeleteActivationRequest request) {
  using aws::server::fault;
  CO_TRY_VOID(authorize(info));
  ManagedNodes& managed = cloud_.managed();
  const NodeActivation* found = managed.find_activation(*request.activation_id);
  const bool own = found != nullptr && found->account_id == info.caller.account_id && found->region == info.region;
  if (!own) {
    co_return fail(fault(ErrorKind::not_found, "InvalidActivation",
                         "Activation " + printable(*request.activation_id, 60) + " does not exist.", 400));
  }
  managed.remove_activation(*request.activation_id);
  co_return aws::ssm::DeleteActivationResponse();
}

SsmService::Answer<aws::ssm::DeregisterManagedInstanceResponse> SsmService::deregister_managed_instance(
    Info info, aws::ssm::DeregisterManagedInstanceRequest request) {
  using aws::server::fault;
  const ManagedNode* node = cloud_.managed().find(*request.instance_id);
  const bool own = node != nullptr && node->is_hybrid() && node->instance.account_id() == info.caller.account_id &&
                   node->instance.region() == info.region;
  CO_TRY_VOID(authorize(info, own ? node->arn() : std::string("*")));
  if (!own) {
    co_return fail(fault(ErrorKind::not_found, "InvalidInstanceId",
                         "Not existing InstanceId " + printable(*request.instance_id, 60), 400));
  }
  agents_.forget(*request.instance_id);
  cloud_.managed().remove(*request.instance_id);
  co_return aws::ssm::DeregisterManagedInstanceResponse();
}

}  // namespace postern::sim
