// Route tables.

#include <algorithm>

#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace route_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::at;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;

constexpr std::size_t kTablesMax = 200;
constexpr std::size_t kRoutesMax = 50;

constexpr ec2::FilterPath kFilters[] = {
    {"association.main", "Associations.Main"},
    {"association.route-table-association-id", "Associations.RouteTableAssociationId"},
    {"association.route-table-id", "Associations.RouteTableId"},
    {"association.subnet-id", "Associations.SubnetId"},
    {"owner-id", "OwnerId"},
    {"route-table-id", "RouteTableId"},
    {"route.destination-cidr-block", "Routes.DestinationCidrBlock"},
    {"route.destination-prefix-list-id", "Routes.DestinationPrefixListId"},
    {"route.gateway-id", "Routes.GatewayId"},
    {"route.nat-gateway-id", "Routes.NatGatewayId"},
    {"route.origin", "Routes.Origin"},
    {"route.state", "Routes.State"},
    {"vpc-id", "VpcId"},
};

bool is_main(const RouteTable& table) {
  return std::any_of(table.associations.begin(), table.associations.end(),
                     [](const RouteTableAssociation& one) { return one.main.value_or(false); });
}

/// The table and the association with an id, or nulls.
std::pair<RouteTable*, RouteTableAssociation*> find_association(ec2::Network& net, const std::string& id) {
  for (auto& [table_id, table] : net.route_tables) {
    for (RouteTableAssociation& association : table.associations) {
      if (association.route_table_association_id == id) return {&table, &association};
    }
  }
  return {nullptr, nullptr};
}

Error unknown_association(const std::string& id) {
  return refuse("InvalidAssociationID.NotFound", "The association ID '" + printable(id, 60) + "' does not exist");
}

/// Where the routes of CreateRoute and ReplaceRoute lead.
struct Target {
  Target() = default;
  std::optional<std::string> gateway_id;
  std::optional<std::string> nat_gateway_id;
};

template <class Request>
Result<Target> target_of(const ec2::Network& net, const RouteTable& table, const Request& request) {
  if (request.gateway_id && request.nat_gateway_id) {
    return fail(ec2::invalid_combination("The parameters gatewayId and natGatewayId cannot be used together"));
  }
  Target target;
  if (request.nat_gateway_id) {
    const auto found = net.nat_gateways.find(*request.nat_gateway_id);
    if (found == net.nat_gateways.end() || found->second.state->text() == "deleted") {
      return fail(refuse("InvalidNatGatewayID.NotFound",
                         "The natGateway ID '" + printable(*request.nat_gateway_id, 60) + "' does not exist"));
    }
    if (found->second.vpc_id != table.vpc_id) {
      return fail(invalid_value("route table " + *table.route_table_id + " and network gateway " +
                                *request.nat_gateway_id + " belong to different networks"));
    }
    target.nat_gateway_id = request.nat_gateway_id;
    return target;
  }
  if (!request.gateway_id) return fail(ec2::missing_parameter("gatewayId"));
  const auto found = net.internet_gateways.find(*request.gateway_id);
  if (found == net.internet_gateways.end()) {
    return fail(refuse("InvalidGatewayID.NotFound",
                       "The gateway ID '" + printable(*request.gateway_id, 60) + "' does not exist"));
  }
  const auto& attachments = found->second.attachments;
  if (attachments.empty() || attachments.front().vpc_id != table.vpc_id) {
    return fail(invalid_value("route table " + *table.route_table_id + " and network gateway " + *request.gateway_id +
                              " belong to different networks"));
  }
  target.gateway_id = request.gateway_id;
  return target;
}

Result<ec2::Cidr> destination_of(const ec2::Network& net, const RouteTable& table,
                                 const std::optional<std::string>& text) {
  if (!text) return fail(ec2::missing_parameter("destinationCidrBlock"));
  const auto block = ec2::parse_cidr(*text);
  if (!block) {
    return fail(invalid_value("Value (" + printable(*text, 60) +
                              ") for parameter destinationCidrBlock is invalid. This is not a valid CIDR block."));
  }
  const ec2::Cidr whole = ec2::parse_cidr(*net.vpcs.at(*table.vpc_id).shape.cidr_block).value_or(ec2::Cidr());
  if (whole.contains(*block) && *block != whole) {
    return fail(invalid_value("The destination CIDR block " + block->text() +
                              " is equal to or more specific than one of this VPC's CIDR blocks. This route can target "
                              "only an interface or an instance."));
  }
  return *block;
}

Route* find_route(RouteTable& table, const std::string& block) {
  for (Route& route : table.routes) {
    if (route.destination_cidr_block == block) return &route;
  }
  return nullptr;
}

Error unknown_route(const RouteTable& table, const std::string& block) {
  return refuse("InvalidRoute.NotFound",
                "no route with destination-cidr-block " + block + " in route table " + *table.route_table_id);
}

}  // namespace route_ops

Result<aws::ec2::CreateRouteTableResponse> Ec2Service::create_route_table(
    const Info& info, const aws::ec2::CreateRouteTableRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "route-table/*")));
  TRY_VOID(only(info, &request, {"DryRun", "TagSpecifications", "VpcId"}));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "route-table"));
  ec2::Network& net = network(info);
  TRY(const ec2::VpcRecord* vpc, at(net.vpcs, ec2::kVpcId, *request.vpc_id));
  const auto count = std::count_if(net.route_tables.begin(), net.route_tables.end(),
                                   [&](const auto& entry) { return entry.second.vpc_id == *request.vpc_id; });
  if (static_cast<std::size_t>(count) >= kTablesMax) {
    return fail(refuse("RouteTableLimitExceeded", "The maximum number of route tables has been reached."));
  }
  const std::string id = new_id(info, "rtb");
  RouteTable& made = net.route_tables[id];
  made.route_table_id = id;
  made.vpc_id = *request.vpc_id;
  made.owner_id = info.caller.account_id;
  made.tags = std::move(tags);
  Route& local = made.routes.emplace_back();
  local.destination_cidr_block = vpc->shape.cidr_block;
  local.gateway_id = "local";
  local.origin.emplace("CreateRouteTable");
  local.state.emplace("active");
  CreateRouteTableResponse response;
  response.route_table = made;
  return response;
}

Result<aws::ec2::DeleteRouteTableResponse> Ec2Service::delete_route_table(
    const Info& info, const aws::ec2::DeleteRouteTableRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "route-table/" + *request.route_table_id)));
  ec2::Network& net = network(info);
  TRY(const RouteTable* table, at(net.route_tables, ec2::kRouteTableId, *request.route_table_id));
  if (!table->associations.empty()) {
    return fail(
        ec2::dependency("The routeTable '" + *request.route_table_id + "' has dependencies and cannot be deleted."));
  }
  for (auto& [id, endpoint] : net.endpoints) std::erase(endpoint.route_table_ids, *request.route_table_id);
  net.route_tables.erase(*request.route_table_id);
  return DeleteRouteTableResponse();
}

Result<aws::ec2::DescribeRouteTablesResponse> Ec2Service::describe_route_tables(
    const Info& info, const aws::ec2::DescribeRouteTablesRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<RouteTable> all;
  for (const auto& [id, table] : network(info).route_tables) all.push_back(table);
  DescribeRouteTablesResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kRouteTableId, &request.route_table_ids),
                     ec2::ShapeList{"RouteTableId", kFilters}, std::move(all), response.route_tables));
  return response;
}

Result<aws::ec2::CreateRouteResponse> Ec2Service::create_route(const Info& info,
                                                               const aws::ec2::CreateRouteRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "route-table/" + *request.route_table_id)));
  TRY_VOID(only(info, &request, {"DestinationCidrBlock", "DryRun", "GatewayId", "NatGatewayId", "RouteTableId"}));
  ec2::Network& net = network(info);
  TRY(RouteTable * table, at(net.route_tables, ec2::kRouteTableId, *request.route_table_id));
  TRY(const ec2::Cidr block, destination_of(net, *table, request.destination_cidr_block));
  TRY(const Target target, target_of(net, *table, request));
  if (const Route* there = find_route(*table, block.text()); there != nullptr) {
    if (there->gateway_id == target.gateway_id && there->nat_gateway_id == target.nat_gateway_id) {
      CreateRouteResponse same;
      same.return_ = true;
      return same;
    }
    return fail(refuse("RouteAlreadyExists", "The route identified by " + block.text() + " already exists."));
  }
  if (table->routes.size() >= kRoutesMax) {
    return fail(refuse("RouteLimitExceeded", "The maximum number of routes has been reached."));
  }
  Route& made = table->routes.emplace_back();
  made.destination_cidr_block = block.text();
  made.gateway_id = target.gateway_id;
  made.nat_gateway_id = target.nat_gateway_id;
  made.origin.emplace("CreateRoute");
  made.state.emplace("active");
  CreateRouteResponse response;
  response.return_ = true;
  return response;
}

Result<aws::ec2::ReplaceRouteResponse> Ec2Service::replace_route(const Info& info,
                                                                 const aws::ec2::ReplaceRouteRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "route-table/" + *request.route_table_id)));
  TRY_VOID(only(info, &request, {"DestinationCidrBlock", "DryRun", "GatewayId", "NatGatewayId", "RouteTableId"}));
  ec2::Network& net = network(info);
  TRY(RouteTable * table, at(net.route_tables, ec2::kRouteTableId, *request.route_table_id));
  TRY(const ec2::Cidr block, destination_of(net, *table, request.destination_cidr_block));
  TRY(const Target target, target_of(net, *table, request));
  Route* route = find_route(*table, block.text());
  if (route == nullptr) return fail(unknown_route(*table, block.text()));
  if (route->gateway_id == "local") {
    return fail(
        invalid_value("cannot replace local route " + block.text() + " in route table " + *request.route_table_id));
  }
  route->gateway_id = target.gateway_id;
  route->nat_gateway_id = target.nat_gateway_id;
  route->state.emplace("active");
  return ReplaceRouteResponse();
}

Result<aws::ec2::DeleteRouteResponse> Ec2Service::delete_route(const Info& info,
                                                               const aws::ec2::DeleteRouteRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "route-table/" + *request.route_table_id)));
  TRY_VOID(only(info, &request, {"DestinationCidrBlock", "DryRun", "RouteTableId"}));
  TRY(RouteTable * table, at(network(info).route_tables, ec2::kRouteTableId, *request.route_table_id));
  const std::string block = request.destination_cidr_block.value_or("");
  const Route* route = find_route(*table, block);
  if (route == nullptr) return fail(unknown_route(*table, printable(block, 60)));
  if (route->gateway_id == "local") {
    return fail(invalid_value("cannot remove local route " + block + " in route table " + *request.route_table_id));
  }
  std::erase_if(table->routes, [&](const Route& one) { return one.destination_cidr_block == block; });
  return DeleteRouteResponse();
}

Result<aws::ec2::AssociateRouteTableResponse> Ec2Service::associate_route_table(
    const Info& info, const aws::ec2::AssociateRouteTableRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "route-table/" + *request.route_table_id)));
  TRY_VOID(only(info, &request, {"DryRun", "RouteTableId", "SubnetId"}));
  ec2::Network& net = network(info);
  TRY(RouteTable * table, at(net.route_tables, ec2::kRouteTableId, *request.route_table_id));
  if (!request.subnet_id) return fail(ec2::missing_parameter("subnetId"));
  TRY(const Subnet* subnet, at(net.subnets, ec2::kSubnetId, *request.subnet_id));
  if (subnet->vpc_id != table->vpc_id) {
    return fail(invalid_value("Route table " + *request.route_table_id + " and subnet " + *request.subnet_id +
                              " belong to different networks"));
  }
  for (const auto& [id, other] : net.route_tables) {
    for (const RouteTableAssociation& association : other.associations) {
      if (association.subnet_id != *request.subnet_id) continue;
      return fail(refuse("Resource.AlreadyAssociated", "the specified association for route table " +
                                                           *request.route_table_id +
                                                           " conflicts with an existing association"));
    }
  }
  RouteTableAssociation& made = table->associations.emplace_back();
  made.main = false;
  made.route_table_association_id = new_id(info, "rtbassoc");
  made.route_table_id = *request.route_table_id;
  made.subnet_id = *request.subnet_id;
  made.association_state.emplace().state.emplace("associated");
  AssociateRouteTableResponse response;
  response.association_id = made.route_table_association_id;
  response.association_state = made.association_state;
  return response;
}

Result<aws::ec2::DisassociateRouteTableResponse> Ec2Service::disassociate_route_table(
    const Info& info, const aws::ec2::DisassociateRouteTableRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "route-table/*")));
  ec2::Network& net = network(info);
  const auto [table, association] = find_association(net, *request.association_id);
  if (table == nullptr) return fail(unknown_association(*request.association_id));
  if (association->main.value_or(false)) {
    return fail(invalid_value("cannot disassociate the main route table association " + *request.association_id));
  }
  std::erase_if(table->associations,
                [&](const auto& one) { return one.route_table_association_id == *request.association_id; });
  return DisassociateRouteTableResponse();
}

Result<aws::ec2::ReplaceRouteTableAssociationResponse> Ec2Service::replace_route_table_association(
    const Info& info, const aws::ec2::ReplaceRouteTableAssociationRequest& request) {
  using namespace route_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "route-table/" + *request.route_table_id)));
  ec2::Network& net = network(info);
  TRY(RouteTable * to, at(net.route_tables, ec2::kRouteTableId, *request.route_table_id));
  const auto [from, association] = find_association(net, *request.association_id);
  if (from == nullptr) return fail(unknown_association(*request.association_id));
  if (from->vpc_id != to->vpc_id) {
    return fail(invalid_value("Route table " + *request.route_table_id + " and association " + *request.association_id +
                              " belong to different networks"));
  }
  RouteTableAssociation moved = *association;
  std::erase_if(from->associations,
                [&](const auto& one) { return one.route_table_association_id == *request.association_id; });
  moved.route_table_association_id = new_id(info, "rtbassoc");
  moved.route_table_id = *request.route_table_id;
  ReplaceRouteTableAssociationResponse response;
  response.new_association_id = moved.route_table_association_id;
  response.association_state = moved.association_state;
  to->associations.push_back(std::move(moved));
  return response;
}

}  // namespace postern::sim
