#pragma once

/// What `postern render endpoints` writes, and `deploy endpoints` for each VPC; what `render guardrails` writes. Calls
/// nothing.

#include <string>
#include <vector>

#include "access/endpoints.hpp"
#include "base/error.hpp"
#include "cli/parse.hpp"
#include "cli/render_roles.hpp"

namespace postern::cli {

/// The part of a deployment that is a stack for each VPC.
inline constexpr std::string_view kEndpointsPart = "endpoints";

/// The words of a repeatable option whose values may hold several with commas.
std::vector<std::string> listed_values(const Invocation& invocation, std::string_view option);
/// What the endpoints are for, which there are, and what is known of the VPC. Errors of kind usage.
Result<access::EndpointOrder> endpoint_order(const Invocation& invocation);
/// The fleet file's places for copies, and the hub's account, whose signature nodes come with.
access::Copies signed_copies(const std::optional<fleet::FleetFile>& fleet);
/// What is missing in the fleet file for them; empty: nothing.
std::string unsigned_note(const std::optional<fleet::FleetFile>& fleet);
/// The one template, by --format.
Result<Rendered> render_endpoints(const Invocation& invocation, const access::EndpointOrder& order);
/// What `postern render guardrails` writes: a service control policy about tags, by --format. `notes` says whom it
/// lets.
Result<Rendered> render_guardrails(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                                   std::vector<std::string>& notes);
/// What the endpoints cost, with where the prices come from. Without zones it is told for one, two and three.
std::vector<std::string> cost_notes(const access::EndpointOrder& order, std::size_t zones);

}  // namespace postern::cli
