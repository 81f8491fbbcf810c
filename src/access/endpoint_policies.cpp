#include "access/endpoint_policies.hpp"

#include "access/endpoints.hpp"
#include "access/role_pieces.hpp"
#include "access/statements.hpp"

namespace postern::access {
namespace endpoint_policies {

using cfn::Value;

/// Names as "Minimum S3 bucket permissions" in the Systems Manager user guide lists them.
constexpr std::string_view kAgentBuckets[] = {
    "amazon-ssm-${AWS::Region}",
    "amazon-ssm-packages-${AWS::Region}",
    "aws-patchmanager-macos-${AWS::Region}",
    "aws-ssm-${AWS::Region}",
    "aws-ssm-distributor-file-${AWS::Region}",
    "aws-ssm-document-attachments-${AWS::Region}",
    "aws-windows-downloads-${AWS::Region}",
    "patch-baseline-snapshot-${AWS::Region}",
    "${AWS::Region}-birdwatcher-prod",
};
constexpr std::string_view kPackageBuckets[] = {"al2023-repos-${AWS::Region}-de612dc2",
                                                "amazonlinux-2-repos-${AWS::Region}"};
/// As the DRS user guide's network requirements list them.
constexpr std::string_view kReplicationBuckets[] = {
    "aws-drs-clients-${AWS::Region}",
    "aws-drs-clients-hashes-${AWS::Region}",
    "aws-drs-internal-${AWS::Region}",
    "aws-drs-internal-hashes-${AWS::Region}",
    "aws-elastic-disaster-recovery-${AWS::Region}",
    "aws-elastic-disaster-recovery-hashes-${AWS::Region}",
};

Value anybody(std::string_view sid, Value action) {
  Value statement = Value::map();
  statement.set("Sid", sid).set("Effect", "Allow").set("Principal", "*").set("Action", std::move(action));
  return statement;
}

Value objects_of(std::string_view place) {
  return cfn::sub("arn:${AWS::Partition}:s3:::" + std::string(place) + "/*");
}

template <class Names>
Value read(std::string_view sid, const Names& buckets) {
  Value arns = Value::list();
  for (const std::string_view name : buckets) arns.add(objects_of(name));
  return anybody(sid, "s3:GetObject").set("Resource", std::move(arns));
}

Value carry(const Copies& copies) {
  Value arns = Value::list();
  for (const CopyPrefix& each : copies.places) arns.add(objects_of(each.place));
  return anybody("CarryCopies", Value::texts({"s3:GetObject", "s3:PutObject"}))
      .set("Resource", std::move(arns))
      .set("Condition", condition("StringEquals", {{"aws:PrincipalAccount", copies.signer}}));
}

/// Of the organisation when there is one, else of the account; `kind` is Principal or Resource.
void limit_to_own(Value& keys, const std::string& kind) {
  keys.set("aws:" + kind + "OrgID", cfn::when(kHasOrganization, cfn::ref("OrganizationId"), cfn::no_value()));
  keys.set("aws:" + kind + "Account", cfn::when(kHasAccountOnly, cfn::ref(cfn::kAccountId), cfn::no_value()));
}

template <class Names>
std::vector<std::string> texts_of(const Names& names) {
  return std::vector<std::string>(std::begin(names), std::end(names));
}

}  // namespace endpoint_policies

std::vector<std::string> agent_buckets() {
  return endpoint_policies::texts_of(endpoint_policies::kAgentBuckets);
}

std::vector<std::string> replication_buckets() {
  return endpoint_policies::texts_of(endpoint_policies::kReplicationBuckets);
}

cfn::Value own_identities_policy() {
  using namespace endpoint_policies;
  Value keys = Value::map();
  limit_to_own(keys, "Principal");
  Value limits = Value::map();
  limits.set("StringEquals", std::move(keys));
  Value statements = Value::list();
  statements.add(anybody("OwnIdentities", "*").set("Resource", "*").set("Condition", std::move(limits)));
  return document(std::move(statements));
}

cfn::Value s3_policy(bool replication, const Copies& copies) {
  using namespace endpoint_policies;
  Value statements = Value::list();
  statements.add(read("AgentBuckets", kAgentBuckets), "AWS's own, read without credentials by some agents.");
  statements.add(read("LinuxPackages", kPackageBuckets),
                 "Packages of Amazon Linux; replication servers need them too.");
  if (replication)
    statements.add(read("ReplicationBuckets", kReplicationBuckets), "Installers of the replication agent.");
  Value keys = Value::map();
  limit_to_own(keys, "Principal");
  limit_to_own(keys, "Resource");
  Value limits = Value::map();
  limits.set("StringEquals", std::move(keys));
  statements.add(anybody(kOwnBuckets, "s3:*").set("Resource", "*").set("Condition", std::move(limits)),
                 "Output, logs and repositories: nothing is carried out to the buckets of others.");
  if (!copies.empty()) {
    statements.add(carry(copies),
                   "Pieces of large files of `postern cp`: nodes put and fetch them by requests that the hub has "
                   "signed,\nand such a request is judged as the hub's.");
  }
  return document(std::move(statements));
}

}  // namespace postern::access
