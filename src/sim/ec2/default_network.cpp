// The network of sites whose config describes none. Its ids agree with default_node(): nodes know where they are before
// it exists.

#include "sim/ec2/network.hpp"

namespace postern::sim::ec2 {
namespace default_network {

constexpr int kZones = 3;
constexpr std::string_view kInterfaceServices[] = {"ssm", "ssmmessages", "ec2messages"};

RuleSpec rule(bool egress, std::string_view protocol, std::int32_t port) {
  RuleSpec spec;
  spec.egress = egress;
  spec.protocol = protocol;
  spec.from = port;
  spec.to = port;
  return spec;
}

class Builder {
 public:
  Builder(std::uint64_t seed, const SiteName& site, WallTime made)
      : seed_(seed), made_(made), network_(std::make_unique<Network>()) {
    network_->site = site;
  }

  std::unique_ptr<Network> build() {
    network_->prefix_lists = aws_prefix_lists(network_->site.region);
    vpc();
    groups();
    for (const std::string_view service : kInterfaceServices) interface_endpoint(service);
    s3_gateway();
    return std::move(network_);
  }

 private:
  std::string id(std::string_view prefix, std::string_view kind) const {
    return default_id(seed_, network_->site, prefix, kind);
  }

  void vpc() {
    const std::uint32_t octet = default_octet(seed_, network_->site);
    const Cidr block((10U << 24U) | (octet << 16U), 16);
    vpc_id_ = id("vpc", "vpc");
    VpcRecord& record = add_vpc(*network_, vpc_id_, block, id("rtb", "rtb"), id("acl", "acl"), id("sg", "sg/default"));
    record.dns_hostnames = true;
    record.shape.tags.push_back(make_tag("Name", "ssm-only"));
    for (int zone = 0; zone < kZones; ++zone) {
      const std::string letter(1, static_cast<char>('a' + zone));
      const Cidr part(block.base + (static_cast<Address>(zone) << 14U), 18);
      aws::ec2::Subnet& subnet = add_subnet(*network_, id("subnet", "subnet/" + std::to_string(zone)), vpc_id_, part,
                                            network_->site.region + letter);
      subnet.tags.push_back(make_tag("Name", "private-" + letter));
      subnet_ids_.push_back(*subnet.subnet_id);
    }
  }

  GroupRecord& group(std::string_view name, std::string_view description) {
    const std::string group_id = id("sg", "sg/" + std::string(name));
    GroupRecord& made = network_->groups[group_id];
    made.shape.group_id = group_id;
    made.shape.group_name = name;
    made.shape.description = description;
    made.shape.owner_id = network_->site.account_id;
    made.shape.vpc_id = vpc_id_;
    return made;
  }

  /// Nodes speak to the endpoints and to S3, and nobody speaks to nodes.
  void groups() {
    GroupRecord& nodes = group("nodes", "Nodes: HTTPS to the endpoints only");
    GroupRecord& endpoints = group("endpoints", "Endpoints: HTTPS from the nodes");
    endpoints_id_ = *endpoints.shape.group_id;
    RuleSpec to_endpoints = rule(true, "tcp", 443);
    to_endpoints.group = endpoints_id_;
    add_rule(nodes, to_endpoints, id("sgr", "sgr/nodes/endpoints"));
    RuleSpec to_s3 = rule(true, "tcp", 443);
    to_s3.prefix_list = network_->prefix_lists.front().id;
    add_rule(nodes, to_s3, id("sgr", "sgr/nodes/s3"));
    RuleSpec from_nodes = rule(false, "tcp", 443);
    from_nodes.group = *nodes.shape.group_id;
    add_rule(endpoints, from_nodes, id("sgr", "sgr/endpoints/nodes"));
  }

  aws::ec2::VpcEndpoint& endpoint(std::string_view service, std::string_view type) {
    const std::string endpoint_id = id("vpce", "vpce/" + std::string(service));
    aws::ec2::VpcEndpoint& made = network_->endpoints[endpoint_id];
    made.vpc_endpoint_id = endpoint_id;
    made.vpc_endpoint_type.emplace(type);
    made.vpc_id = vpc_id_;
    made.service_name = "com.amazonaws." + network_->site.region + "." + std::string(service);
    made.state.emplace("available");
    made.policy_document = R"({"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*",)"
                           R"("Action":"*","Resource":"*"}]})";
    made.requester_managed = false;
    made.creation_timestamp = made_;
    made.owner_id = network_->site.account_id;
    return made;
  }

  void interface_endpoint(std::string_view service) {
    aws::ec2::VpcEndpoint& made = endpoint(service, "Interface");
    made.private_dns_enabled = true;
    made.ip_address_type.emplace("ipv4");
    made.subnet_ids = subnet_ids_;
    aws::ec2::SecurityGroupIdentifier& identifier = made.groups.emplace_back();
    identifier.group_id = endpoints_id_;
    identifier.group_name = "endpoints";
    aws::ec2::DnsEntry& name = made.dns_entries.emplace_back();
    name.dns_name = std::string(service) + "." + network_->site.region + ".amazonaws.com";
    for (const std::string& subnet : subnet_ids_) {
      const std::string interface_id = id("eni", "eni/" + std::string(service) + "/" + subnet);
      add_interface(*network_, interface_id, subnet, "vpc_endpoint", "VPC Endpoint Interface " + *made.vpc_endpoint_id,
                    {endpoints_id_});
      made.network_interface_ids.push_back(interface_id);
    }
  }

  void s3_gateway() {
    aws::ec2::VpcEndpoint& made = endpoint("s3", "Gateway");
    made.private_dns_enabled = false;
    aws::ec2::RouteTable& table = network_->route_tables.begin()->second;
    made.route_table_ids.push_back(*table.route_table_id);
    aws::ec2::Route& route = table.routes.emplace_back();
    route.destination_prefix_list_id = network_->prefix_lists.front().id;
    route.gateway_id = made.vpc_endpoint_id;
    route.origin.emplace("CreateRoute");
    route.state.emplace("active");
  }

  std::uint64_t seed_;
  WallTime made_;
  std::unique_ptr<Network> network_;
  std::string vpc_id_;
  std::string endpoints_id_;
  std::vector<std::string> subnet_ids_;
};

}  // namespace default_network

std::unique_ptr<Network> make_default_network(std::uint64_t seed, const SiteName& site, WallTime made) {
  return default_network::Builder(seed, site, made).build();
}

}  // namespace postern::sim::ec2
