#pragma once

/// What `postern render roles` writes, worked out from the command line and the fleet file. Calls nothing.

#include <optional>
#include <string>
#include <vector>

#include "access/roles.hpp"
#include "base/error.hpp"
#include "cli/parse.hpp"
#include "fleet/fleet_file.hpp"

namespace postern::cli {

struct RenderedParameter {
  RenderedParameter(std::string n, bool d) : name(std::move(n)), has_default(d) {}
  std::string name;
  bool has_default;
};

/// One template and where it belongs below --out.
struct Rendered {
  Rendered() = default;
  Rendered(std::string p, std::string t) : path(std::move(p)), text(std::move(t)) {}
  std::string path;  ///< "target.yaml"; "target/main.tf": each is a Terraform configuration of its own
  std::string text;
  std::vector<RenderedParameter> parameters;
};

struct RenderedRoles {
  RenderedRoles() = default;
  std::vector<Rendered> files;
  /// What people should know: where the names come from, what was left out. One line each.
  std::vector<std::string> notes;
};

/// The accounts of --account, else all of the file. Errors of kind usage: a name that is not in the file.
Result<std::vector<const fleet::Account*>> chosen_accounts(const Invocation& invocation, const fleet::FleetFile& fleet);

/// Names, limits and the hub as options and fleet file say, for these duties (none: those of --duty, else all). Errors
/// as of render_roles().
Result<access::RoleOrder> role_order(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                                     std::vector<access::Duty> duties, std::vector<std::string>& notes);
/// "BUCKET/PREFIX", or "BUCKET": the end of an ARN of S3.
std::string bucket_and_prefix(const fleet::S3Place& place);
/// "o-" and 10 to 32 small letters and digits.
bool is_organization_id(std::string_view text);

/// Errors of kind usage: options that do not go together, accounts that disagree on a role's name.
Result<RenderedRoles> render_roles(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet);

}  // namespace postern::cli
