#include "access/endpoint_check.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "access/endpoint_cost.hpp"
#include "access/endpoint_policies.hpp"
#include "access/endpoint_policy_check.hpp"
#include "base/ipv4.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"

namespace postern::access {
namespace endpoint_check {

constexpr std::string_view kSeverityNames[] = {"blocks", "risk", "note"};
constexpr std::int32_t kHttps = 443;

/// The way that a node has to what no endpoint of its VPC answers for.
enum class WayOut : std::uint8_t { none, internet, unknown };

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

void add_new(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && !has(list, text)) list.push_back(text);
}

bool covers_https(const RuleFacts& rule) {
  if (rule.protocol == "-1") return true;
  return rule.protocol == "tcp" && rule.from <= kHttps && kHttps <= rule.to;
}

class Walk {
 public:
  Walk(const NetworkFacts& place, const VpcFacts& vpc, const EndpointWants& wants)
      : place_(place), vpc_(vpc), wants_(wants) {
    order_.uses = wants.uses;
    if (place.sessions_logged) order_.services.emplace_back("logs");
    if (place.sessions_encrypted) order_.services.emplace_back("kms");
  }

  std::vector<Finding> run() {
    for (const std::string& service : interface_services(order_)) interface(service);
    if (has_s3_gateway(order_)) s3();
    dns();
    policies();
    copies();
    agents();
    believe_what_is_seen();
    return std::move(found_);
  }

 private:
  Finding& finding(std::string_view code, Severity severity, const std::string& subject) {
    for (Finding& each : found_) {
      if (each.code == code && each.severity == severity && each.subject == subject) return each;
    }
    Finding& made = found_.emplace_back();
    made.code = code;
    made.severity = severity;
    made.vpc = vpc_.id;
    made.subject = subject;
    return made;
  }

  std::string aws(const std::string& words) const { return "aws ec2 " + words + " --region " + place_.region; }
  std::string deploy() const {
    return "postern deploy endpoints --vpc " + vpc_.id + " --region " + place_.region + wants_.way_in + for_text();
  }
  std::string for_text() const {
    std::string text;
    for (const EndpointUse use : wants_.uses) text += (text.empty() ? " --for " : ",") + std::string(to_string(use));
    return text == " --for ssm" ? "" : text;
  }

  WayOut way_out(const NodeFacts& node) const {
    const auto subnet = vpc_.subnets.find(node.subnet);
    if (subnet == vpc_.subnets.end()) return WayOut::unknown;
    const auto table = vpc_.route_tables.find(subnet->second.route_table);
    if (table == vpc_.route_tables.end()) return WayOut::unknown;
    WayOut out = WayOut::none;
    for (const RouteFacts& route : table->second) {
      const bool everything = route.destination == "0.0.0.0/0";
      if (everything && route.target.starts_with("nat-")) return WayOut::internet;
      if (everything && route.target.starts_with("igw-")) return node.public_address ? WayOut::internet : WayOut::none;
      const bool within = route.target == "local" || route.target.starts_with("vpce-");
      if (!within && !route.target.empty()) out = WayOut::unknown;
    }
    return out;
  }

  // ---- interface endpoints ----

  void interface(const std::string& service) {
    const EndpointFacts* any = nullptr;
    for (const EndpointFacts& each : vpc_.endpoints) {
      if (each.gateway || each.service != service) continue;
      if (each.private_dns && each.state == "available") {
        reach(service, each);
        zones(service, each);
        return;
      }
      if (any == nullptr || each.state == "available") any = &each;
    }
    for (const NodeFacts& node : vpc_.nodes) {
      if (way_out(node) == WayOut::internet) {
        by_internet(service, node);
      } else if (any != nullptr) {
        useless(service, *any, node);
      } else {
        absent(service, node);
      }
    }
  }

  void by_internet(const std::string& service, const NodeFacts& node) {
    Finding& out = finding("by_internet", Severity::note, vpc_.id);
    add_new(out.services, service);
    add_new(out.nodes, node.id);
    out.cause = "a way to the internet leads to " + join(out.services, ", ") + ", and no endpoint of the VPC";
    out.fix = deploy();
  }

  void useless(const std::string& service, const EndpointFacts& endpoint, const NodeFacts& node) {
    const bool off = endpoint.state == "available";
    Finding& out = finding(off ? "private_dns_off" : "endpoint_state", Severity::blocks, endpoint.id);
    add_new(out.services, service);
    add_new(out.nodes, node.id);
    if (off) {
      out.cause = "the endpoint for " + service +
                  " has private DNS off: the service's name leads to its public addresses, which nothing here reaches";
      out.fix = aws("modify-vpc-endpoint --vpc-endpoint-id " + endpoint.id + " --private-dns-enabled");
    } else {
      out.cause = "the endpoint for " + service + " is " + printable(endpoint.state, 40) + ", not available";
      out.fix = aws("describe-vpc-endpoints --vpc-endpoint-ids " + endpoint.id);
    }
  }

  void absent(const std::string& service, const NodeFacts& node) {
    const bool none = way_out(node) == WayOut::none;
    Finding& out = finding("endpoint_missing", none ? Severity::blocks : Severity::risk, vpc_.id);
    add_new(out.services, service);
    add_new(out.nodes, node.id);
    const std::string services = join(out.services, ", ");
    out.cause = none
                    ? "no endpoint for " + services + ", and no other way out"
                    : "no endpoint for " + services +
                          ", and the routes lead out of the VPC to what cannot be seen from here: endpoints in another "
                          "VPC, perhaps";
    out.fix = deploy();
  }

  /// Both security groups, for every node.
  void reach(const std::string& service, const EndpointFacts& endpoint) {
    for (const NodeFacts& node : vpc_.nodes) {
      if (!lets_in(endpoint, node)) {
        Finding& out = finding("endpoint_group", Severity::blocks, join(endpoint.groups, ","));
        add_new(out.services, service);
        add_new(out.nodes, node.id);
        add_new(closed_[out.subject], cidr_of(node.subnet));
        const std::vector<std::string>& cidrs = closed_[out.subject];
        out.cause = "the security group of the endpoints does not let TCP 443 in from " + join(cidrs, ", ");
        std::string ranges;
        for (const std::string& each : cidrs) ranges += (ranges.empty() ? "" : ",") + ("{CidrIp=" + each + "}");
        out.fix = aws("authorize-security-group-ingress --group-id " + first(endpoint.groups) +
                      " --ip-permissions 'IpProtocol=tcp,FromPort=443,ToPort=443,IpRanges=[" + ranges + "]'");
      }
      if (!lets_out(node, endpoint)) {
        node_group(service, node, "to the endpoints' group " + first(endpoint.groups),
                   "UserIdGroupPairs=[{GroupId=" + first(endpoint.groups) + "}]");
      }
    }
  }

  void node_group(const std::string& service, const NodeFacts& node, const std::string& peer,
                  const std::string& permission) {
    Finding& out = finding(service == "s3" ? "node_group_s3" : "node_group", Severity::blocks, join(node.groups, ","));
    add_new(out.services, service);
    add_new(out.nodes, node.id);
    out.cause = "the security group of the nodes does not let TCP 443 out " + peer;
    out.fix = aws("authorize-security-group-egress --group-id " + first(node.groups) +
                  " --ip-permissions 'IpProtocol=tcp,FromPort=443,ToPort=443," + permission + "'");
  }

  static std::string first(const std::vector<std::string>& list) { return list.empty() ? "GROUP" : list.front(); }
  std::string cidr_of(const std::string& subnet) const {
    const auto found = vpc_.subnets.find(subnet);
    return found == vpc_.subnets.end() ? std::string() : found->second.cidr;
  }

  template <class Peer>
  bool any_rule(const std::vector<std::string>& groups, bool egress, const Peer& is_peer) const {
    return std::ranges::any_of(groups, [&](const std::string& id) {
      const auto group = vpc_.groups.find(id);
      if (group == vpc_.groups.end()) return false;
      return std::ranges::any_of(group->second, [&](const RuleFacts& rule) {
        return rule.egress == egress && covers_https(rule) && is_peer(rule);
      });
    });
  }

  bool lets_in(const EndpointFacts& endpoint, const NodeFacts& node) const {
    const auto address = ipv4::parse_address(node.address);
    return any_rule(endpoint.groups, false, [&](const RuleFacts& rule) {
      if (!rule.group.empty()) return has(node.groups, rule.group);
      const auto block = ipv4::parse_cidr(rule.cidr);
      return block && address && block->contains(*address);
    });
  }

  /// To one of its subnets is enough: clients try every address of a name.
  bool lets_out(const NodeFacts& node, const EndpointFacts& endpoint) const {
    return any_rule(node.groups, true, [&](const RuleFacts& rule) {
      if (!rule.group.empty()) return has(endpoint.groups, rule.group);
      const auto block = ipv4::parse_cidr(rule.cidr);
      return block && std::ranges::any_of(endpoint.subnets, [&](const std::string& id) {
               const auto there = ipv4::parse_cidr(cidr_of(id));
               return there && block->contains(*there);
             });
    });
  }

  void zones(const std::string& service, const EndpointFacts& endpoint) {
    std::set<std::string> with;
    for (const std::string& id : endpoint.subnets) {
      if (const auto subnet = vpc_.subnets.find(id); subnet != vpc_.subnets.end()) with.insert(subnet->second.zone);
    }
    for (const NodeFacts& node : vpc_.nodes) {
      const auto subnet = vpc_.subnets.find(node.subnet);
      if (subnet == vpc_.subnets.end() || with.contains(subnet->second.zone)) continue;
      Finding& out = finding("zone", Severity::note, subnet->second.zone);
      add_new(out.services, service);
      add_new(out.nodes, node.id);
      out.cause = "nodes in " + subnet->second.zone + " use the endpoint in another zone: its failure is theirs";
      out.fix = aws("modify-vpc-endpoint --vpc-endpoint-id " + endpoint.id + " --add-subnet-ids " + node.subnet);
    }
  }

  // ---- S3 ----

  void s3() {
    const EndpointFacts* gateway = nullptr;
    for (const EndpointFacts& each : vpc_.endpoints) {
      if (each.service != "s3" || each.state != "available") continue;
      if (!each.gateway && each.private_dns) return;
      if (each.gateway) gateway = &each;
    }
    for (const NodeFacts& node : vpc_.nodes) {
      const auto subnet = vpc_.subnets.find(node.subnet);
      if (subnet == vpc_.subnets.end()) continue;
      const std::optional<std::string> list = route_to(gateway, subnet->second.route_table);
      if (list) {
        s3_group(node, *list);
      } else if (way_out(node) == WayOut::internet) {
        by_internet("s3", node);
      } else {
        no_s3(gateway, subnet->second.route_table, node);
      }
    }
  }

  /// The prefix list of the route to the gateway; absent: there is none.
  std::optional<std::string> route_to(const EndpointFacts* gateway, const std::string& table) const {
    const auto routes = vpc_.route_tables.find(table);
    if (gateway == nullptr || routes == vpc_.route_tables.end()) return std::nullopt;
    for (const RouteFacts& route : routes->second) {
      if (route.target == gateway->id) return route.destination;
    }
    return std::nullopt;
  }

  void s3_group(const NodeFacts& node, const std::string& list) {
    const bool out = any_rule(
        node.groups, true, [&](const RuleFacts& rule) { return rule.prefix_list == list || rule.cidr == "0.0.0.0/0"; });
    if (!out) node_group("s3", node, "to S3's prefix list " + list, "PrefixListIds=[{PrefixListId=" + list + "}]");
  }

  void no_s3(const EndpointFacts* gateway, const std::string& table, const NodeFacts& node) {
    const bool none = way_out(node) == WayOut::none;
    Finding& out = finding(gateway == nullptr ? "s3_missing" : "s3_route", none ? Severity::blocks : Severity::risk,
                           gateway == nullptr ? vpc_.id : table);
    add_new(out.services, "s3");
    add_new(out.nodes, node.id);
    const std::string lost = ": updates of the agent, patches, packages and output to S3 fail";
    if (gateway == nullptr) {
      out.cause = "no gateway endpoint for S3" + (none ? lost : std::string(" in the VPC"));
      out.fix = deploy();
    } else {
      out.cause = "the nodes' route table has no route to the S3 endpoint " + gateway->id + lost;
      out.fix = aws("modify-vpc-endpoint --vpc-endpoint-id " + gateway->id + " --add-route-table-ids " + table);
    }
  }

  // ---- DNS, policies, agents ----

  void dns() {
    const auto modify = [&](const char* option) {
      return aws("modify-vpc-attribute --vpc-id " + vpc_.id + " --" + option + " Value=true");
    };
    if (!vpc_.dns_support) {
      Finding& out = finding("vpc_dns", Severity::blocks, vpc_.id);
      out.cause = "enableDnsSupport of the VPC is off: nothing resolves the names of the services";
      out.fix = modify("enable-dns-support");
      if (!vpc_.dns_hostnames) out.fix += " && " + modify("enable-dns-hostnames");
      name_all(out);
      return;
    }
    if (vpc_.dns_hostnames) return;
    const bool used = std::ranges::any_of(vpc_.endpoints, [](const EndpointFacts& each) { return each.private_dns; });
    const bool missing = std::ranges::any_of(
        found_, [](const Finding& each) { return each.code == "endpoint_missing" || each.code == "private_dns_off"; });
    if (!used && !missing) return;
    Finding& out = finding("vpc_dns", Severity::blocks, vpc_.id);
    out.cause = used ? "enableDnsHostnames of the VPC is off: the private names of its endpoints do not resolve"
                     : "enableDnsHostnames of the VPC is off: endpoints with private names cannot be made in it";
    out.fix = modify("enable-dns-hostnames");
    name_all(out);
  }

  void name_all(Finding& out) const {
    for (const NodeFacts& node : vpc_.nodes) add_new(out.nodes, node.id);
  }

  void policies() {
    const std::vector<std::string> services = interface_services(order_);
    const bool replication = std::ranges::find(order_.uses, EndpointUse::drs) != order_.uses.end();
    for (const EndpointFacts& each : vpc_.endpoints) {
      const bool gateway = each.gateway && each.service == "s3" && has_s3_gateway(order_);
      if (!gateway && !has(services, each.service) && each.service != "ec2messages") continue;
      const PolicyVerdict verdict = judge_policy(place_, vpc_, each, replication);
      if (verdict.open) open_policy(each);
      if (!verdict.unread.empty()) unread_policy(each, verdict.unread);
      if (!verdict.forbidden.empty()) forbidding_policy(each, verdict);
    }
  }

  /// Large files on their way through S3: the gateway, or what S3's own name leads to instead.
  void copies() {
    const Copies here = wants_.copies.of_region(place_.region);
    for (const EndpointFacts& each : vpc_.endpoints) {
      if (each.service != "s3" || (!each.gateway && !each.private_dns)) continue;
      const CopiesVerdict verdict = judge_copies(place_, vpc_, each, here);
      if (verdict.forbidden.empty()) continue;
      // No more than a risk: what does not go through the bucket goes through the session.
      Finding& out = finding("copies_forbidden", Severity::risk, each.id);
      add_new(out.services, each.service);
      name_all(out);
      out.cause = "the policy of the endpoint for s3" +
                  std::string(verdict.unsure ? " may keep back (it asks for what is not known here)" : " keeps back") +
                  " what the hub's account " + here.signer + " signs for nodes in " + join(verdict.forbidden, ", ") +
                  ": large files of `postern cp` go through slow sessions instead";
      out.fix = mend_gateway(each);
    }
  }

  /// CloudFormation tags few endpoints: whether a stack of ours made it is seen by its policy, too.
  std::string mend_gateway(const EndpointFacts& endpoint) const {
    const bool like_ours = endpoint.policy.find("\"" + std::string(kOwnBuckets) + "\"") != std::string::npos;
    if (endpoint.stack.empty() && !like_ours) return with_rendered_policy(endpoint);
    const std::string again = deploy() + organization_of(endpoint.policy);
    return endpoint.stack.empty() ? again + "; if that leaves it as it is: " + with_rendered_policy(endpoint) : again;
  }

  /// The option that lets an organisation through as the policy does: a deployment without it would shut it out.
  static std::string organization_of(std::string_view policy) {
    constexpr std::string_view kMark = "\"o-";
    const std::size_t at = policy.find(kMark);
    if (at == std::string_view::npos) return {};
    const std::size_t end = policy.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789", at + kMark.size());
    if (end == std::string_view::npos) return {};
    return " --organization " + std::string(policy.substr(at + 1, end - at - 1));
  }

  void open_policy(const EndpointFacts& endpoint) {
    Finding& out = finding("policy_open", Severity::risk, vpc_.id);
    add_new(out.services, endpoint.service);
    out.cause = "the policies of the endpoints for " + join(out.services, ", ") +
                " let identities and data of other accounts through";
    out.fix = endpoint.stack.empty()
                  ? "aws ec2 modify-vpc-endpoint --vpc-endpoint-id ID --policy-document FILE, with the policies that "
                    "`postern render endpoints` shows"
                  : deploy();
  }

  void unread_policy(const EndpointFacts& endpoint, const std::string& why) {
    Finding& out = finding("policy_unread", Severity::risk, endpoint.id);
    add_new(out.services, endpoint.service);
    out.cause = "the policy of the endpoint for " + endpoint.service + " could not be judged: " + printable(why, 200);
    out.fix = aws("describe-vpc-endpoints --vpc-endpoint-ids " + endpoint.id);
  }

  void forbidding_policy(const EndpointFacts& endpoint, const PolicyVerdict& verdict) {
    Finding& out = finding("policy_forbids", verdict.unsure ? Severity::risk : Severity::blocks, endpoint.id);
    add_new(out.services, endpoint.service);
    name_all(out);
    out.cause = "the policy of the endpoint for " + endpoint.service +
                (verdict.unsure ? " may forbid (it asks for what is not known here) " : " forbids ") +
                join(verdict.forbidden, ", ");
    out.fix = with_rendered_policy(endpoint);
  }

  std::string with_rendered_policy(const EndpointFacts& endpoint) const {
    return aws("modify-vpc-endpoint --vpc-endpoint-id " + endpoint.id + " --policy-document FILE") +
           ", with the policy that `postern render endpoints` shows";
  }

  void agents() {
    const EndpointFacts* messages = nullptr;
    for (const EndpointFacts& each : vpc_.endpoints) {
      if (each.service == "ec2messages" && !each.gateway) messages = &each;
    }
    bool known = false;
    bool old = false;
    for (const NodeFacts& node : vpc_.nodes) {
      if (node.agent_version.empty()) continue;
      known = true;
      if (!is_older(node.agent_version, kAgentWithoutEc2messages)) continue;
      old = true;
      if (messages != nullptr || way_out(node) == WayOut::internet) continue;
      Finding& out = finding("old_agent", Severity::risk, std::string(kAgentWithoutEc2messages));
      add_new(out.services, "ec2messages");
      add_new(out.nodes, node.id);
      out.cause = "agents older than " + std::string(kAgentWithoutEc2messages) +
                  " may look for commands at ec2messages, for which there is no endpoint";
      out.fix = "postern run --document AWS-UpdateSSMAgent, or " + deploy() + " --services ec2messages";
    }
    if (messages == nullptr || !known || old) return;
    Finding& out = finding("needless_endpoint", Severity::note, messages->id);
    add_new(out.services, "ec2messages");
    const EndpointCost cost = endpoint_cost(1, messages->subnets.size());
    out.cause = "every agent here is " + std::string(kAgentWithoutEc2messages) +
                " or newer and needs no ec2messages: its endpoint costs " + dollars(cost.endpoints_cents) +
                " USD a month (us-east-1 list price)";
    out.fix = aws("delete-vpc-endpoints --vpc-endpoint-ids " + messages->id);
  }

  /// A node that is online falsifies what says that it cannot be: something is not seen from here.
  void believe_what_is_seen() {
    std::set<std::string> online;
    for (const NodeFacts& node : vpc_.nodes) {
      if (node.online) online.insert(node.id);
    }
    for (Finding& each : found_) {
      const bool agent = has(each.services, "ssm") || each.code == "vpc_dns";
      const bool all = !each.nodes.empty() &&
                       std::ranges::all_of(each.nodes, [&](const std::string& id) { return online.contains(id); });
      if (each.severity != Severity::blocks || !agent || !all) continue;
      each.severity = Severity::risk;
      each.cause += "; yet its nodes are online: by a way that is not seen from here, or not for long";
    }
  }

  const NetworkFacts& place_;
  const VpcFacts& vpc_;
  const EndpointWants& wants_;
  EndpointOrder order_;
  std::map<std::string, std::vector<std::string>> closed_;  ///< blocks that are not let in, by groups
  std::vector<Finding> found_;
};

Finding log_finding(const LogGap& gap) {
  Finding out;
  out.code = "log_group";
  out.severity = gap.missing.empty() ? Severity::risk : Severity::blocks;
  out.subject = gap.role;
  out.services = {"logs"};
  if (gap.missing.empty()) {
    out.cause = "whether the role " + gap.role + " may write to the log group " + gap.group +
                " is not known: " + printable(join(gap.unread, "; "), 200);
  } else {
    out.cause = "the nodes' role " + gap.role + " may not " + join(gap.missing, ", ") + " on the log group " +
                gap.group + ": what nodes write there is lost";
  }
  out.fix = "postern render roles --for node, with OutputLogGroup=" + gap.group +
            ": attach the policy command-output to " + gap.role;
  return out;
}

}  // namespace endpoint_check

std::string_view to_string(Severity severity) noexcept {
  return endpoint_check::kSeverityNames[static_cast<std::size_t>(severity)];
}

bool is_older(std::string_view a, std::string_view b) {
  if (a.empty()) return false;
  const std::vector<std::string_view> left = split(a, '.');
  const std::vector<std::string_view> right = split(b, '.');
  for (std::size_t i = 0; i < right.size(); ++i) {
    const auto number = [i](const std::vector<std::string_view>& parts) {
      int value = 0;
      if (i >= parts.size()) return value;
      const auto [end, error] = std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), value);
      const bool whole = error == std::errc() && end == parts[i].data() + parts[i].size();
      return whole ? value : -1;
    };
    const int x = number(left);
    const int y = number(right);
    if (x < 0 || y < 0) return false;
    if (x != y) return x < y;
  }
  return false;
}

std::vector<Finding> check_endpoints(const NetworkFacts& facts, const EndpointWants& wants) {
  std::vector<Finding> all;
  for (const VpcFacts& vpc : facts.vpcs) {
    for (Finding& each : endpoint_check::Walk(facts, vpc, wants).run()) all.push_back(std::move(each));
  }
  for (const LogGap& gap : facts.log_gaps) all.push_back(endpoint_check::log_finding(gap));
  std::vector<Finding> out;
  for (const Severity severity : {Severity::blocks, Severity::risk, Severity::note}) {
    std::ranges::copy_if(all, std::back_inserter(out),
                         [severity](const Finding& each) { return each.severity == severity; });
  }
  return out;
}

}  // namespace postern::access
