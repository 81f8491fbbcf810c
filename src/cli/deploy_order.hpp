#pragma once

/// What `postern deploy` and its kin are about: which stack, where, as whom, with which parameters. Calls nothing.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/render_endpoints.hpp"
#include "cli/render_roles.hpp"
#include "fleet/types.hpp"
#include "os/environment.hpp"

namespace postern::cli {

/// Whose rights are used in the target accounts.
inline constexpr std::string_view kAccessRole = "OrganizationAccountAccessRole";

/// The parts that are regional; kEndpointsPart is the other.
inline constexpr std::string_view kAlarmsPart = "alarms";
inline constexpr std::string_view kDocumentsPart = "documents";

/// One account, in the Region of its stack.
struct DeployPlace {
  DeployPlace() = default;
  fleet::ScopePtr scope;
  /// The ExternalId that the fleet file gives; absent: the stack's own is kept, or a new one is made.
  std::optional<fleet::SecretRef> external_id;
  // Of a stack for each VPC: what is its own.
  std::string vpc;
  std::string stack;
  std::optional<Rendered> rendered;
  std::map<std::string, std::string> parameters;
  std::optional<Error> problem;  ///< what is in the way before CloudFormation is asked
};

struct DeployOrder {
  DeployOrder() = default;
  std::string part;   ///< "hub", "target", "node", "alarms", "documents" or "endpoints"
  std::string stack;  ///< its name
  Rendered rendered;
  std::map<std::string, std::string> parameters;  ///< of --parameter
  std::vector<DeployPlace> places;
  std::vector<std::string> notes;  ///< one line each, for stderr

  bool declares(std::string_view parameter) const;
  /// A stack in every Region of an account; else one in its home Region.
  bool is_regional() const { return part == kAlarmsPart || part == kDocumentsPart || part == kEndpointsPart; }
  const std::string& stack_of(const DeployPlace& place) const { return place.stack.empty() ? stack : place.stack; }
  const Rendered& rendered_of(const DeployPlace& place) const { return place.rendered ? *place.rendered : rendered; }
  /// The place as messages name it.
  std::string name_of(const DeployPlace& place) const;
};

/// Roles are global: their stacks are in one Region of each account, always the same. `caller_region` is the fallback.
Result<fleet::Region> home_region(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                                  const std::string& caller_region);
/// The way into an account with rights over its roles and stacks: `via` is "profile", a role's name, or empty for the
/// profile where there is one, else kAccessRole.
Result<fleet::Access> deploy_access(const std::string& via, const fleet::FleetFile& fleet,
                                    const fleet::Account& account, fleet::Partition partition);

/// --parameter into the order, whose template declares them.
Result<void> take_parameters(const Invocation& invocation, DeployOrder& order);
/// Which part is deployed: --for, or what the command is about.
std::string deploy_part(const Invocation& invocation);
/// --stack-name, else that of the part ("hub", "target", "node", "alarms", "documents", "endpoints").
Result<std::string> deploy_stack_name(const Invocation& invocation, std::string_view part);

/// Errors of kind usage: options that do not go together, accounts without a way in, no Region, a parameter that the
/// template does not have. `caller_region` is the fallback of environment or profile.
Result<DeployOrder> deploy_order(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                                 const std::string& caller_region);

}  // namespace postern::cli
