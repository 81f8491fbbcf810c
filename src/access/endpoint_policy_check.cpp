#include "access/endpoint_policy_check.hpp"

#include <algorithm>
#include <span>

#include "access/endpoints.hpp"
#include "base/text.hpp"
#include "iam/evaluate.hpp"

namespace postern::access {
namespace endpoint_policy_check {

constexpr std::string_view kStranger = "999999999999";
constexpr std::string_view kAllowAll =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";

struct Need {
  std::string_view service;
  std::string_view action;
};
/// What agents call most; whoever forbids one of these has not thought of nodes.
constexpr Need kNeeds[] = {
    {"ssm", "ssm:UpdateInstanceInformation"},
    {"ssm", "ssm:ListInstanceAssociations"},
    {"ssm", "ssm:GetDocument"},
    {"ssm", "ssm:PutInventory"},
    {"ssmmessages", "ssmmessages:CreateControlChannel"},
    {"ssmmessages", "ssmmessages:OpenControlChannel"},
    {"ssmmessages", "ssmmessages:CreateDataChannel"},
    {"ssmmessages", "ssmmessages:OpenDataChannel"},
    {"ec2messages", "ec2messages:GetMessages"},
    {"ec2messages", "ec2messages:AcknowledgeMessage"},
    {"logs", "logs:CreateLogStream"},
    {"logs", "logs:PutLogEvents"},
    {"kms", "kms:Decrypt"},
    {"drs", "drs:GetAgentInstallationAssetsForDrs"},
    {"drs", "drs:CreateSourceServerForDrs"},
    {"drs", "drs:SendAgentMetricsForDrs"},
    {"ec2", "ec2:DescribeInstances"},
};

std::string with_region(std::string text, std::string_view region) {
  constexpr std::string_view kMark = "${AWS::Region}";
  const std::size_t at = text.find(kMark);
  return at == std::string::npos ? text : text.replace(at, kMark.size(), region);
}

class Judge {
 public:
  Judge(const NetworkFacts& place, const VpcFacts& vpc, const EndpointFacts& endpoint, iam::DocumentPtr document)
      : place_(place), vpc_(vpc), endpoint_(endpoint) {
    policy_.type = endpoint.gateway ? iam::EndpointPolicy::Type::gateway : iam::EndpointPolicy::Type::interface;
    policy_.policy = iam::AttachedPolicy(endpoint.id, std::move(document));
    all_ = iam::AttachedPolicy("all", *iam::parse_document(iam::DocumentKind::identity, kAllowAll));
  }

  PolicyVerdict run(bool replication) {
    PolicyVerdict out;
    if (endpoint_.service == "s3") {
      buckets(replication, out);
    } else {
      actions(out);
    }
    out.unsure = !out.forbidden.empty() && asks_for_the_unknown();
    return out;
  }

  CopiesVerdict run(const Copies& copies) const {
    CopiesVerdict out;
    for (const CopyPrefix& each : copies.places) {
      if (!carries(copies.signer, each)) out.forbidden.push_back(each.place);
    }
    out.unsure = !out.forbidden.empty() && asks_for_the_unknown();
    return out;
  }

 private:
  struct Asked {
    Asked() = default;
    std::string account;
    std::string organization;
    std::string resource_account;
    bool presigned = false;
  };

  Asked own() const {
    Asked asked;
    asked.account = place_.account;
    asked.organization = place_.organization;
    asked.resource_account = place_.account;
    return asked;
  }

  static Asked stranger() {
    Asked asked;
    asked.account = kStranger;
    asked.resource_account = kStranger;
    return asked;
  }

  /// Everything else allows it: only the endpoint can keep it back.
  bool passes(const Asked& asked, std::string_view action, const std::string& arn) const {
    iam::Principal::Details details;
    details.org_id = asked.organization;
    const iam::Principal who = iam::Principal::role_session(
        "arn:" + place_.partition + ":iam::" + asked.account + ":role/node", "i-0123456789abcdef0", details);
    iam::RequestContext context;
    context.set("aws:RequestedRegion", place_.region).set("aws:SecureTransport", "true");
    context.set("aws:SourceVpc", vpc_.id).set("aws:SourceVpce", endpoint_.id);
    if (!asked.resource_account.empty()) context.set("aws:ResourceAccount", asked.resource_account);
    if (!asked.organization.empty()) context.set("aws:ResourceOrgID", asked.organization);
    if (asked.presigned) context.set("s3:authType", "REST-QUERY-STRING").set("s3:signatureversion", "AWS4-HMAC-SHA256");
    iam::PolicySet policies;
    policies.identity = std::span(&all_, 1);
    policies.endpoint = &policy_;
    const iam::Resource resource(arn);
    iam::Request request;
    request.principal = &who;
    request.action = action;
    request.context = &context;
    request.resources = std::span(&resource, 1);
    return iam::evaluate(request, policies).allowed();
  }

  /// On one of the resources that the action may be about.
  bool passes_somewhere(const Asked& asked, std::string_view action) const {
    const auto arn = [&](std::string_view service, std::string_view rest) {
      return "arn:" + place_.partition + ":" + std::string(service) + ":" + place_.region + ":" + asked.account + ":" +
             std::string(rest);
    };
    const std::string_view service = action.substr(0, action.find(':'));
    std::vector<std::string> candidates = {"*", arn(service, "anything/of-it")};
    if (service == "ssm") {
      candidates.push_back(arn("ec2", "instance/i-0123456789abcdef0"));
      candidates.push_back("arn:" + place_.partition + ":ssm:" + place_.region + "::document/AWS-RunShellScript");
    }
    return std::ranges::any_of(candidates, [&](const std::string& each) { return passes(asked, action, each); });
  }

  void actions(PolicyVerdict& out) const {
    for (const Need& need : kNeeds) {
      if (need.service != endpoint_.service) continue;
      if (!passes_somewhere(own(), need.action)) out.forbidden.emplace_back(need.action);
      out.open = out.open || passes_somewhere(stranger(), need.action);
    }
  }

  void buckets(bool replication, PolicyVerdict& out) const {
    std::vector<std::string> names = agent_buckets();
    if (replication) {
      for (std::string& name : replication_buckets()) names.push_back(std::move(name));
    }
    Asked of_aws = own();
    of_aws.resource_account.clear();
    for (const std::string& name : names) {
      const std::string bucket = with_region(name, place_.region);
      if (!passes(of_aws, "s3:GetObject", "arn:" + place_.partition + ":s3:::" + bucket + "/latest/file")) {
        out.forbidden.push_back(bucket);
      }
    }
    Asked theirs = own();
    theirs.resource_account = kStranger;
    const std::string loot = "arn:" + place_.partition + ":s3:::a-bucket-of-somebody-else/file";
    out.open = passes(theirs, "s3:PutObject", loot) || passes(stranger(), "s3:PutObject", loot);
  }

  bool carries(const std::string& signer, const CopyPrefix& copies) const {
    const std::string object = "arn:" + place_.partition + ":s3:::" + copies.place + "/postern-cp-0123456789abcdef/0";
    Asked asked = own();
    asked.account = signer;
    asked.presigned = true;
    std::vector<std::string> owners = accounts_named();
    owners.push_back(signer);
    owners.push_back(place_.account);
    return std::ranges::any_of(owners, [&](const std::string& owner) {
      asked.resource_account = owner;
      return passes(asked, "s3:GetObject", object) && passes(asked, "s3:PutObject", object);
    });
  }

  /// Every number of twelve digits in the policy.
  std::vector<std::string> accounts_named() const {
    constexpr std::size_t kDigits = 12;
    constexpr std::string_view kAllDigits = "0123456789";
    std::vector<std::string> out;
    const std::string& text = endpoint_.policy;
    for (std::size_t at = text.find_first_of(kAllDigits); at != std::string::npos;) {
      const std::size_t end = std::min(text.find_first_not_of(kAllDigits, at), text.size());
      if (end - at == kDigits) out.push_back(text.substr(at, kDigits));
      at = text.find_first_of(kAllDigits, end);
    }
    return out;
  }

  bool asks_for_the_unknown() const {
    const std::string text = to_lower(endpoint_.policy);
    for (const std::string_view key : {"aws:principalarn", "aws:principaltag", "aws:principalorgpaths", ":role/"}) {
      if (text.find(key) != std::string::npos) return true;
    }
    return place_.organization.empty() && text.find("orgid") != std::string::npos;
  }

  const NetworkFacts& place_;
  const VpcFacts& vpc_;
  const EndpointFacts& endpoint_;
  iam::EndpointPolicy policy_;
  iam::AttachedPolicy all_;
};

}  // namespace endpoint_policy_check

PolicyVerdict judge_policy(const NetworkFacts& place, const VpcFacts& vpc, const EndpointFacts& endpoint,
                           bool replication) {
  PolicyVerdict out;
  if (endpoint.policy.empty()) {
    out.open = true;
    return out;
  }
  auto document = iam::parse_document(iam::DocumentKind::endpoint, endpoint.policy);
  if (!document) {
    out.unread = document.error().message();
    return out;
  }
  return endpoint_policy_check::Judge(place, vpc, endpoint, std::move(*document)).run(replication);
}

CopiesVerdict judge_copies(const NetworkFacts& place, const VpcFacts& vpc, const EndpointFacts& endpoint,
                           const Copies& copies) {
  CopiesVerdict out;
  if (copies.empty() || endpoint.policy.empty()) return out;
  auto document = iam::parse_document(iam::DocumentKind::endpoint, endpoint.policy);
  if (!document) return out;
  const endpoint_policy_check::Judge judge(place, vpc, endpoint, std::move(*document));
  return judge.run(copies);
}

}  // namespace postern::access
