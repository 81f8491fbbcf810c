// What a recovery needs. Elastic Disaster Recovery calls EC2 and IAM with the caller's permissions: without the
// statements of the second half a job ends COMPLETED, with servers that failed. They follow
// AWSElasticDisasterRecoveryConsoleFullAccess_v2, less post-launch actions and launching into existing instances.

#include "access/duty_policies.hpp"
#include "access/statements.hpp"
#include "cfn/value.hpp"

namespace postern::access {
namespace {

using cfn::Value;

constexpr const char* kManaged = "AWSElasticDisasterRecoveryManaged";

Value via_service() {
  return condition("Bool", {{"aws:ViaAWSService", "true"}});
}

/// The resource carries the service's tag already, or gets it with this call; the call comes through the service.
Value managed_via_service(const char* which) {
  Value out = condition("Null", {{std::string("aws:") + which + "/" + kManaged, "false"}});
  out.set("Bool", *via_service().find("Bool"));
  return out;
}

std::vector<Value> ec2_arns(const std::vector<std::string>& types) {
  std::vector<Value> arns;
  for (const std::string& type : types) arns.push_back(any_arn("ec2", type + "/*"));
  return arns;
}

Value drs_role(const std::string& name) {
  return cfn::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/service-role/AWSElasticDisasterRecovery" + name);
}

Value launch_reads() {
  return allow("LookUpLaunches",
               {"ec2:DescribeAccountAttributes",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeCapacityReservations",
                "ec2:DescribeHosts",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceAttribute",
                "ec2:DescribeInstanceStatus",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeKeyPairs",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSnapshots",
                "ec2:DescribeSubnets",
                "ec2:DescribeVolumes",
                "ec2:GetEbsDefaultKmsKeyId",
                "ec2:GetEbsEncryptionByDefault",
                "ec2:GetInstanceTypesFromInstanceRequirements",
                "kms:DescribeKey",
                "kms:ListAliases"},
               {"*"});
}

void add_launch_templates(Value& out) {
  Value managed = condition("Null", {{std::string("aws:ResourceTag/") + kManaged, "false"}});
  out.add(allow("ChangeLaunchTemplates",
                {"ec2:CreateLaunchTemplateVersion", "ec2:CreateTags", "ec2:DeleteLaunchTemplateVersions",
                 "ec2:ModifyLaunchTemplate"},
                ec2_arns({"launch-template"}), std::move(managed)),
          "UpdateLaunchConfiguration writes a new version of the server's launch template.");
  out.add(allow("CreateLaunchTemplates", {"ec2:CreateLaunchTemplate"}, ec2_arns({"launch-template"}),
                condition("Null", {{std::string("aws:RequestTag/") + kManaged, "false"}})));
  out.add(allow("TagNewLaunchTemplates", {"ec2:CreateTags"}, ec2_arns({"launch-template"}),
                condition("StringEquals", {{"ec2:CreateAction", "CreateLaunchTemplate"}})));
}

void add_launches(Value& out) {
  out.add(allow("MakeManagedResources",
                {"ec2:CreateNetworkInterface", "ec2:CreateSecurityGroup", "ec2:CreateSnapshot", "ec2:CreateVolume",
                 "ec2:RunInstances"},
                ec2_arns({"instance", "network-interface", "security-group", "snapshot", "volume"}),
                managed_via_service("RequestTag")),
          "Conversion servers and recovery instances, with the tag by which the service knows them.");
  out.add(allow(
      "ChangeManagedResources",
      {"ec2:AssociateIamInstanceProfile", "ec2:AttachVolume", "ec2:AuthorizeSecurityGroupEgress",
       "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateNetworkInterfacePermission", "ec2:CreateSnapshot",
       "ec2:CreateVolume", "ec2:DeleteSnapshot", "ec2:DeleteVolume", "ec2:DetachVolume", "ec2:ModifyInstanceAttribute",
       "ec2:RevokeSecurityGroupEgress", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"},
      ec2_arns({"instance", "network-interface", "security-group", "snapshot", "volume"}),
      managed_via_service("ResourceTag")));
  out.add(allow("UseForLaunches", {"ec2:RunInstances"},
                ec2_arns({"image", "launch-template", "network-interface", "security-group", "subnet", "volume"}),
                via_service()),
          "What a launch names besides: its image, subnet, groups and template.");
  out.add(allow("LaunchByFleet", {"ec2:CreateFleet"},
                ec2_arns({"fleet", "image", "instance", "launch-template", "subnet", "volume"}), via_service()));
  out.add(allow("DetachVolumes", {"ec2:DetachVolume"}, ec2_arns({"volume"}), via_service()));
  out.add(allow("UseVpcs", {"ec2:CreateSecurityGroup"}, ec2_arns({"vpc"}), via_service()));
  out.add(allow("UseSubnets", {"ec2:CreateNetworkInterface"}, ec2_arns({"security-group", "subnet"}), via_service()));
  Value creating =
      condition("StringEquals",
                {{"ec2:CreateAction", Value::texts({"CreateFleet", "CreateNetworkInterface", "CreateSecurityGroup",
                                                    "CreateSnapshot", "CreateVolume", "RunInstances"})}});
  creating.set("Bool", *via_service().find("Bool"));
  out.add(allow("TagWhatIsMade", {"ec2:CreateTags"},
                ec2_arns({"instance", "network-interface", "security-group", "snapshot", "volume"}),
                std::move(creating)));
}

}  // namespace

void add_recovery(Value& out) {
  out.add(replication_reads());
  out.add(allow("Recover", {"drs:CreateRecoveryInstanceForDrs", "drs:StartRecovery", "drs:UpdateLaunchConfiguration"},
                {own_arn("drs", "source-server/*")}));
  out.add(allow("TagJobs", {"drs:TagResource"}, {own_arn("drs", "job/*")}),
          "A job carries the mark of the run that started it.");
  out.add(launch_reads(), "From here on: what the service does in EC2 and IAM with this role's permissions.");
  out.add(allow("PassServiceRoles", {"iam:PassRole"},
                {drs_role("ConversionServerRole"), drs_role("RecoveryInstanceRole"),
                 drs_role("RecoveryInstanceWithLaunchActionsRole")},
                condition("StringEquals", {{"iam:PassedToService", "ec2.amazonaws.com"}})));
  add_launch_templates(out);
  add_launches(out);
}

void add_cleanup(Value& out) {
  out.add(replication_reads());
  out.add(allow("Terminate", {"drs:TerminateRecoveryInstances"}, {own_arn("drs", "recovery-instance/*")}));
  out.add(allow("TagJobs", {"drs:TagResource"}, {own_arn("drs", "job/*")}),
          "A job carries the mark of the run that started it.");
  out.add(allow("LookUpVolumes", {"ec2:DescribeVolumes"}, {"*"}));
  out.add(allow("RemoveManagedResources", {"ec2:DeleteVolume", "ec2:TerminateInstances"},
                ec2_arns({"instance", "volume"}), managed_via_service("ResourceTag")),
          "The service terminates with this role's permissions, and only what it made.");
}

}  // namespace postern::access
