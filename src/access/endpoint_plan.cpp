#include "access/endpoint_plan.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace postern::access {
namespace endpoint_plan {

/// A security group holds 60 rules; beyond these the VPC's own blocks stand for all subnets.
constexpr std::size_t kBlocksMax = 50;

class Planner {
 public:
  Planner(const NetworkFacts& place, const VpcFacts& vpc, const EndpointOrder& wanted, const std::string& stack)
      : place_(place), vpc_(vpc), wanted_(wanted), stack_(stack) {
    for (const NodeFacts& node : vpc.nodes) {
      if (const auto found = vpc.subnets.find(node.subnet); found != vpc.subnets.end()) nodes_.insert(found->first);
    }
    // A VPC that was named, without nodes yet: everywhere.
    if (nodes_.empty()) {
      for (const auto& [id, subnet] : vpc.subnets) nodes_.insert(id);
    }
    plan_.order.uses = wanted.uses;
    plan_.order.services = wanted.services;
    plan_.order.organization = wanted.organization;
    plan_.order.copies = wanted.copies.of_region(place.region);
    plan_.parameters["VpcId"] = vpc.id;
    plan_.parameters["OrganizationId"] = wanted.organization;
  }

  EndpointPlan run() {
    s3();
    if (!interface_services(plan_.order).empty()) interfaces();
    return std::move(plan_);
  }

 private:
  bool is_own(const EndpointFacts& each) const { return !stack_.empty() && each.stack == stack_; }

  /// The tables of the nodes' subnets that have no route to somebody else's gateway.
  void s3() {
    std::set<std::string> tables;
    std::set<std::string> taken;
    for (const std::string& id : nodes_) tables.insert(vpc_.subnets.at(id).route_table);
    tables.erase("");
    for (const EndpointFacts& each : vpc_.endpoints) {
      if (!each.gateway || each.service != "s3" || is_own(each)) continue;
      taken.insert(each.route_tables.begin(), each.route_tables.end());
      leave(each);
    }
    std::vector<std::string> free;
    std::ranges::set_difference(tables, taken, std::back_inserter(free));
    if (!wanted_.route_tables.empty()) free = wanted_.route_tables;
    if (free.empty()) plan_.order.without.emplace_back("s3");
    plan_.parameters["RouteTableIds"] = join(free, ",");
  }

  void leave(const EndpointFacts& each) {
    plan_.notes.push_back("the endpoint " + each.id + " for " + each.service + " is there already and left as it is");
  }

  void interfaces() {
    std::set<std::string> kept;
    for (const EndpointFacts& each : vpc_.endpoints) {
      if (each.gateway) continue;
      if (is_own(each)) kept.insert(each.subnets.begin(), each.subnets.end());
      const std::vector<std::string> asked = interface_services(plan_.order);
      const bool conflicts = each.private_dns && std::ranges::find(asked, each.service) != asked.end();
      if (!conflicts || is_own(each)) continue;
      plan_.order.without.push_back(each.service);
      leave(each);
    }
    if (interface_services(plan_.order).empty()) return;
    std::vector<std::string> subnets = wanted_.subnets.empty() ? one_for_each_zone(kept) : wanted_.subnets;
    plan_.zones = subnets.size();
    plan_.parameters["SubnetIds"] = join(subnets, ",");
    plan_.order.cidrs = wanted_.cidrs.empty() ? blocks() : wanted_.cidrs;
    attributes();
  }

  std::vector<std::string> one_for_each_zone(const std::set<std::string>& kept) const {
    std::map<std::string, std::string> by_zone;
    for (const std::set<std::string>* from : {&kept, &nodes_}) {
      for (const std::string& id : *from) {
        const auto subnet = vpc_.subnets.find(id);
        if (subnet != vpc_.subnets.end()) by_zone.emplace(subnet->second.zone, id);
      }
    }
    std::vector<std::string> out;
    for (const auto& [zone, id] : by_zone) out.push_back(id);
    return out;
  }

  std::vector<std::string> blocks() const {
    std::vector<std::string> out;
    for (const std::string& id : nodes_) out.push_back(vpc_.subnets.at(id).cidr);
    if (out.size() > kBlocksMax) out = vpc_.cidrs;
    std::ranges::sort(out);
    return out;
  }

  /// EC2 refuses private names where the VPC could not resolve them.
  void attributes() {
    if (vpc_.dns_support && vpc_.dns_hostnames) return;
    const auto modify = [&](const char* option) {
      return "aws ec2 modify-vpc-attribute --vpc-id " + vpc_.id + " --" + option + " Value=true --region " +
             place_.region;
    };
    plan_.in_the_way = std::string(vpc_.dns_support ? "enableDnsHostnames" : "enableDnsSupport") + " of " + vpc_.id +
                       " is off: endpoints with private names cannot be made in it";
    if (!vpc_.dns_support) plan_.mend = modify("enable-dns-support");
    if (!vpc_.dns_hostnames) plan_.mend += (plan_.mend.empty() ? "" : " && ") + modify("enable-dns-hostnames");
  }

  const NetworkFacts& place_;
  const VpcFacts& vpc_;
  const EndpointOrder& wanted_;
  std::string stack_;
  std::set<std::string> nodes_;  ///< subnets that have nodes
  EndpointPlan plan_;
};

}  // namespace endpoint_plan

EndpointPlan plan_endpoints(const NetworkFacts& place, const VpcFacts& vpc, const EndpointOrder& wanted,
                            const std::string& stack) {
  return endpoint_plan::Planner(place, vpc, wanted, stack).run();
}

}  // namespace postern::access
