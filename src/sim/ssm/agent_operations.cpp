// What agents ask of SSM: registration, credentials, reports, and associations, of which there are none.

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/agents/managed_nodes.hpp"
#include "sim/agents/node_keys.hpp"
#include "sim/agents/node_roles.hpp"
#include "sim/ssm/service.hpp"
#include "sim/ssm/shared.hpp"

namespace postern::sim {
namespace agent_operations {

using aws::server::fault;
using Info = aws::server::CallInfo;

constexpr std::chrono::hours kTokenLife{1};

Error not_existing(std::string_view id) {
  return fault(ErrorKind::not_found, "InvalidInstanceId", "Not existing InstanceId " + printable(id, 60), 400);
}

/// The node that the caller's credentials were made for: the last part of its session's name.
std::string_view node_of(const Info& info) {
  const std::string_view arn = info.caller.arn;
  const std::size_t slash = arn.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : arn.substr(slash + 1);
}

Result<void> check_own(const Info& info, std::string_view node_id) {
  if (node_of(info) == node_id) return {};
  return fail(fault(ErrorKind::denied, "AccessDeniedException",
                    "User: " + info.caller.arn + " is not authorized to perform: " + action_of(info) +
                        " on resource: " + printable(node_id, 60),
                    400));
}

Result<void> check_key(const std::string& type, const std::string& key) {
  if (type != "Rsa") return fail(fault(ErrorKind::usage, "ValidationException", "PublicKeyType must be Rsa", 400));
  if (Result<void> checked = check_node_key(key); !checked) {
    return fail(fault(ErrorKind::usage, "ValidationException", checked.error().message(), 400));
  }
  return {};
}

void take_report(ManagedNode& node, const aws::ssm::UpdateInstanceInformationRequest& request, WallTime now) {
  if (!node.report) node.report.emplace();
  AgentReport& report = *node.report;
  const auto take = [](std::string& to, const std::optional<std::string>& from) {
    if (from && !from->empty()) to = *from;
  };
  take(report.version, request.agent_version);
  take(report.computer_name, request.computer_name);
  take(report.ip_address, request.ip_address);
  take(report.platform_type, request.platform_type);
  take(report.platform_name, request.platform_name);
  take(report.platform_version, request.platform_version);
  report.at = std::chrono::floor<std::chrono::milliseconds>(now);
}

/// A report is the truth about agent and platform; what the world file said of them no longer counts.
void show_report(const AgentReport& report, Cloud& cloud, Instance& instance) {
  InstanceTraits traits = *instance.traits;
  traits.agent.profile = AgentProfile::remote;
  if (!report.version.empty()) traits.agent.version = report.version;
  if (!report.platform_name.empty()) traits.platform_name = report.platform_name;
  if (!report.platform_version.empty()) traits.platform_version = report.platform_version;
  if (equals_ignore_case(report.platform_type, "windows")) traits.platform = Platform::windows;
  if (traits != *instance.traits) instance.traits = cloud.ec2().share(std::move(traits));
}

}  // namespace agent_operations

Result<aws::ssm::RegisterManagedInstanceResponse> SsmService::register_node(
    const Info& info, const aws::ssm::RegisterManagedInstanceRequest& request) {
  using namespace agent_operations;
  TRY_VOID(check_key(*request.public_key_type, *request.public_key));
  const WallTime now = cloud_.now(info.ctx.clock());
  ManagedNode* node = nullptr;
  if (!request.activation_id) {
    // Without an activation: an EC2 instance with the credentials of its own role.
    if (info.caller.session == nullptr) {
      return fail(fault(ErrorKind::usage, "ValidationException", "ActivationId is required", 400));
    }
    TRY_VOID(check_own(info, *request.fingerprint));
    const Instance* instance = cloud_.find_instance(info.caller.account_id, info.region, *request.fingerprint);
    if (instance == nullptr) return fail(not_existing(*request.fingerprint));
    node = cloud_.managed().adopt(*instance);
  } else {
    NodeActivation* activation = cloud_.managed().find_activation(*request.activation_id);
    if (activation == nullptr || activation->code.reveal() != request.activation_code.value_or("")) {
      return fail(fault(ErrorKind::not_found, "InvalidActivation", "", 400));
    }
    if (now >= activation->expires) return fail(fault(ErrorKind::refused, "ActivationExpired", "", 400));
    if (activation->registered >= activation->limit) {
      return fail(fault(ErrorKind::refused, "RegistrationLimitExceeded",
                        "Registration limit of " + std::to_string(activation->limit) + " reached for this activation",
                        400));
    }
    node = cloud_.managed().register_hybrid(*activation, now, info.ctx.random());
  }
  if (node == nullptr) return fail(fault(ErrorKind::refused, "InternalServerError", "Too many nodes", 500));
  node->fingerprint = *request.fingerprint;
  node->public_key = *request.public_key;
  aws::ssm::RegisterManagedInstanceResponse response;
  response.instance_id = node->instance.id;
  return response;
}

Result<aws::ssm::RequestManagedInstanceRoleTokenResponse> SsmService::role_token(
    const Info& info, const aws::ssm::RequestManagedInstanceRoleTokenRequest& request) {
  using namespace agent_operations;
  const ManagedNode* node = cloud_.managed().find(node_of(info));
  if (node == nullptr || !node->is_hybrid()) return fail(not_existing(node_of(info)));
  if (node->fingerprint != *request.fingerprint) {
    return fail(fault(ErrorKind::denied, "MachineFingerprintDoesNotMatch",
                      "The fingerprint is not the one that " + node->instance.id + " registered with", 400));
  }
  const Directory& directory = cloud_.directory();
  const std::shared_ptr<Role> role = activation_role(directory, node->instance.account_id(), node->iam_role);
  if (role == nullptr || !trusts_service(directory, *role, "ssm.amazonaws.com")) {
    return fail(fault(ErrorKind::denied, "AccessDeniedException",
                      "Systems Manager's instance management role is not configured: " + node->iam_role, 400));
  }
  const WallTime now = std::chrono::floor<std::chrono::seconds>(cloud_.now(info.ctx.clock()));
  const IssuedKey key =
      cloud_.issue(node_session(directory, role, node->instance, now), now + kTokenLife, info.ctx.random());
  aws::ssm::RequestManagedInstanceRoleTokenResponse response;
  response.access_key_id = key.access_key_id;
  response.secret_access_key = key.secret_access_key;
  response.session_token = key.session_token;
  response.update_key_pair = false;
  response.token_expiration_date = key.expires;
  return response;
}

Result<aws::ssm::UpdateInstanceInformationResponse> SsmService::take_information(
    const Info& info, const aws::ssm::UpdateInstanceInformationRequest& request) {
  using namespace agent_operations;
  const std::string id = request.instance_id.value_or(std::string(node_of(info)));
  TRY_VOID(authorize(info));
  TRY_VOID(check_own(info, id));
  ManagedNode* node = cloud_.managed().find(id);
  Instance* shown = node != nullptr && node->is_hybrid() ? &node->instance : cloud_.mutable_instance(id);
  const bool own = shown != nullptr && shown->account_id() == info.caller.account_id && shown->region() == info.region;
  if (own && node == nullptr) node = cloud_.managed().adopt(*shown);
  if (!own || node == nullptr) return fail(not_existing(id));
  take_report(*node, request, cloud_.now(info.ctx.clock()));
  show_report(*node->report, cloud_, *shown);
  agents_.announce(id);
  return aws::ssm::UpdateInstanceInformationResponse();
}

SsmService::Answer<aws::ssm::RegisterManagedInstanceResponse> SsmService::register_managed_instance(
    Info info, aws::ssm::RegisterManagedInstanceRequest request) {
  co_return register_node(info, request);
}

SsmService::Answer<aws::ssm::RequestManagedInstanceRoleTokenResponse> SsmService::request_managed_instance_role_token(
    Info info, aws::ssm::RequestManagedInstanceRoleTokenRequest request) {
  co_return role_token(info, request);
}

SsmService::Answer<aws::ssm::UpdateInstanceInformationResponse> SsmService::update_instance_information(
    Info info, aws::ssm::UpdateInstanceInformationRequest request) {
  co_return take_information(info, request);
}

SsmService::Answer<aws::ssm::UpdateManagedInstancePublicKeyResponse> SsmService::update_managed_instance_public_key(
    Info info, aws::ssm::UpdateManagedInstancePublicKeyRequest request) {
  using namespace agent_operations;
  CO_TRY_VOID(check_key(*request.new_public_key_type, *request.new_public_key));
  ManagedNode* node = cloud_.managed().find(node_of(info));
  if (node == nullptr || !node->is_hybrid()) co_return fail(not_existing(node_of(info)));
  node->public_key = *request.new_public_key;
  co_return aws::ssm::UpdateManagedInstancePublicKeyResponse();
}

SsmService::Answer<aws::ssm::ListInstanceAssociationsResponse> SsmService::list_instance_associations(
    Info info, aws::ssm::ListInstanceAssociationsRequest request) {
  CO_TRY_VOID(authorize(info));
  CO_TRY_VOID(agent_operations::check_own(info, *request.instance_id));
  co_return aws::ssm::ListInstanceAssociationsResponse();
}

SsmService::Answer<aws::ssm::ListAssociationsResponse> SsmService::list_associations(
    Info info, aws::ssm::ListAssociationsRequest) {
  CO_TRY_VOID(authorize(info));
  co_return aws::ssm::ListAssociationsResponse();
}

}  // namespace postern::sim
