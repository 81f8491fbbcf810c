#include "cli/render_endpoints.hpp"

#include <algorithm>

#include "access/endpoint_cost.hpp"
#include "base/ipv4.hpp"
#include "base/text.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"

namespace postern::cli {
namespace render_endpoints_detail {

bool is_id(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  const std::string_view digits = text.substr(prefix.size());
  return digits.size() >= 8 && digits.size() <= 17 &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<void> check_ids(const std::vector<std::string>& ids, std::string_view prefix, const std::string& option) {
  for (const std::string& id : ids) {
    if (is_id(id, prefix)) continue;
    return fail(ErrorKind::usage,
                option + " '" + printable(id, 60) + "' is not " + std::string(prefix) + " and hexadecimal digits");
  }
  return {};
}

}  // namespace render_endpoints_detail

std::vector<std::string> listed_values(const Invocation& invocation, std::string_view option) {
  std::vector<std::string> out;
  for (const std::string& words : invocation.values(option)) {
    for (const std::string_view word : split(words, ',')) {
      std::string one(trim(word));
      if (!one.empty() && std::ranges::find(out, one) == out.end()) out.push_back(std::move(one));
    }
  }
  return out;
}

Result<access::EndpointOrder> endpoint_order(const Invocation& invocation) {
  using namespace render_endpoints_detail;
  access::EndpointOrder order;
  // Of `deploy diff` and `deploy delete`, --for names the part.
  const bool by_use = invocation.has("--use");
  const std::vector<std::string> uses = listed_values(invocation, by_use ? "--use" : "--for");
  if (!uses.empty() && uses != std::vector<std::string>{std::string(kEndpointsPart)}) {
    order.uses.clear();
    for (const std::string& word : uses) {
      const auto use = access::parse_endpoint_use(word);
      if (!use) {
        return fail(ErrorKind::usage, std::string(by_use ? "--use" : "--for") + " '" + printable(word, 60) +
                                          "': what nodes do is ssm, sessions or drs, or several with commas");
      }
      order.uses.push_back(*use);
    }
  }
  order.services = listed_values(invocation, "--services");
  order.subnets = listed_values(invocation, "--subnets");
  order.route_tables = listed_values(invocation, "--route-tables");
  order.cidrs = listed_values(invocation, "--cidr");
  order.vpc = invocation.value("--vpc").value_or("");
  if (!order.vpc.empty()) TRY_VOID(check_ids({order.vpc}, "vpc-", "--vpc"));
  TRY_VOID(check_ids(order.subnets, "subnet-", "--subnets"));
  TRY_VOID(check_ids(order.route_tables, "rtb-", "--route-tables"));
  for (const std::string& cidr : order.cidrs) {
    if (!ipv4::parse_cidr(cidr)) {
      return fail(ErrorKind::usage, "--cidr '" + printable(cidr, 60) + "' is not a block such as 10.0.0.0/16");
    }
  }
  if (const auto id = invocation.value("--organization")) {
    if (!is_organization_id(*id))
      return fail(ErrorKind::usage, "--organization '" + printable(*id, 60) + "' is not o-...");
    order.organization = *id;
  }
  return order;
}

access::Copies signed_copies(const std::optional<fleet::FleetFile>& fleet) {
  access::Copies out;
  if (!fleet) return out;
  out.signer = fleet->hub.account.text();
  for (const fleet::S3Place& each : fleet->signals.copies) {
    out.places.emplace_back(bucket_and_prefix(each), each.region.text());
  }
  return out;
}

std::string unsigned_note(const std::optional<fleet::FleetFile>& fleet) {
  if (!fleet || fleet->signals.copies.empty() || !fleet->hub.account.empty()) return {};
  return fleet->file_name +
         " has copies and not the account that signs for them: policies of S3 gateways can neither be made nor judged "
         "for them without hub: {account: ID}";
}

Result<Rendered> render_endpoints(const Invocation& invocation, const access::EndpointOrder& order) {
  TRY(const cfn::Template source, access::endpoint_template(order));
  const bool terraform = invocation.value("--format") == "terraform";
  TRY(std::string text, terraform ? cfn::to_terraform(source) : cfn::to_cloudformation(source));
  Rendered out(terraform ? "endpoints/main.tf" : "endpoints.yaml", std::move(text));
  for (const cfn::Parameter& each : source.parameters) {
    out.parameters.emplace_back(each.name, each.default_value.has_value());
  }
  return out;
}

std::vector<std::string> cost_notes(const access::EndpointOrder& order, std::size_t zones) {
  const std::size_t interfaces = access::interface_services(order).size();
  std::vector<std::string> out;
  if (interfaces == 0) return out;
  const std::size_t first = zones == 0 ? 1 : zones;
  const std::size_t last = zones == 0 ? 3 : zones;
  for (std::size_t count = first; count <= last; ++count) {
    out.push_back(access::cost_text(access::endpoint_cost(interfaces, count)));
  }
  out.push_back(access::price_note());
  return out;
}

}  // namespace postern::cli
