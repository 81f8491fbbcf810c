#include "cfn/testing/sample.hpp"

#include <utility>

namespace postern::cfn::testing {
namespace {

Value trust() {
  Value principal = Value::map();
  principal.set("AWS", ref("HubRoleArn"));
  Value keys = Value::map();
  keys.set("sts:ExternalId", ref("ExternalId"), "Unique to this account.");
  keys.set("aws:PrincipalOrgID", when("HasOrganization", ref("OrganizationId"), no_value()));
  Value condition = Value::map();
  condition.set("StringEquals", std::move(keys));
  Value statement = Value::map();
  statement.set("Effect", "Allow");
  statement.set("Principal", std::move(principal));
  statement.set("Action", "sts:AssumeRole");
  statement.set("Condition", std::move(condition));
  Value document = Value::map();
  document.set("Version", "2012-10-17");
  document.set("Statement", Value::list({std::move(statement)}));
  return document;
}

Value policy() {
  Value reads = Value::map();
  reads.set("Sid", "Read");
  reads.set("Effect", "Allow");
  reads.set("Action", Value::texts({"ec2:DescribeInstances", "ssm:DescribeInstanceInformation"}));
  reads.set("Resource", "*");
  Value own = Value::map();
  own.set("Effect", "Allow");
  own.set("Action", "ssm:GetParameter");
  own.set("Resource", sub("arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:parameter/it's/${!aws:username}"));
  Value optional = Value::map();
  optional.set("Effect", "Deny");
  optional.set("Action", "*");
  optional.set("Resource", "arn:aws:s3:::${aws:PrincipalAccount}/*");
  Value statements = Value::list();
  statements.add(std::move(reads), "Looking.");
  statements.add(std::move(own));
  statements.add(when("HasOrganization", std::move(optional), no_value()));
  Value document = Value::map();
  document.set("Version", "2012-10-17");
  document.set("Statement", std::move(statements));
  return document;
}

void add_parameters(Template& out) {
  Parameter hub;
  hub.name = "HubRoleArn";
  hub.description = "The one role that may come in.";
  hub.allowed_pattern = R"(^arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+$)";
  hub.constraint = "the ARN of a role";
  out.parameters.push_back(std::move(hub));
  Parameter id;
  id.name = "ExternalId";
  id.length_min = 2;
  id.length_max = 1224;
  out.parameters.push_back(std::move(id));
  Parameter organization;
  organization.name = "OrganizationId";
  organization.default_value = "";
  out.parameters.push_back(std::move(organization));
  Parameter regions;
  regions.name = "Regions";
  regions.type = ParameterType::text_list;
  regions.default_value = "us-east-1,eu-west-1";
  regions.allowed_values = {"us-east-1", "eu-west-1"};
  out.parameters.push_back(std::move(regions));
  out.conditions.emplace_back("HasOrganization", negation(equals(ref("OrganizationId"), "")));
}

}  // namespace

Template sample() {
  Template out;
  out.comment = "A sample.\n\nIts second paragraph.";
  out.description = "Every kind of value once";
  add_parameters(out);

  Resource role;
  role.id = "SampleRole";
  role.type = "AWS::IAM::Role";
  role.comment = "Who comes in from the hub.";
  Value inline_policy = Value::map();
  inline_policy.set("PolicyName", "read");
  inline_policy.set("PolicyDocument", policy());
  role.properties.set("RoleName", "Sample");
  role.properties.set(
      "Description",
      "A description that is long enough to be folded over two lines, since nobody reads one of a width "
      "that no window has.");
  role.properties.set("MaxSessionDuration", Value::integer(3600), "Chained sessions end after one hour anyway.");
  role.properties.set("AssumeRolePolicyDocument", trust());
  role.properties.set("ManagedPolicyArns",
                      Value::list({sub("arn:${AWS::Partition}:iam::aws:policy/AmazonSSMManagedInstanceCore")}));
  role.properties.set("Policies", Value::list({std::move(inline_policy)}));
  out.resources.push_back(std::move(role));

  Resource profile;
  profile.id = "SampleProfile";
  profile.type = "AWS::IAM::InstanceProfile";
  profile.properties.set("Roles", Value::list({ref("SampleRole")}));
  out.resources.push_back(std::move(profile));

  Resource extra;
  extra.id = "SampleExtra";
  extra.type = "AWS::IAM::Policy";
  extra.condition = "HasOrganization";
  extra.depends_on = {"SampleProfile"};
  extra.deletion = Retention::retain;
  extra.replacement = Retention::retain;
  Value document = Value::map();
  document.set("Version", "2012-10-17");
  document.set("Statement", Value::list());
  extra.properties.set("PolicyName", join("-", Value::list({"extra", ref(kRegion)})));
  extra.properties.set("Roles", Value::list({ref("SampleRole")}));
  extra.properties.set("PolicyDocument", std::move(document));
  out.resources.push_back(std::move(extra));

  Output arn;
  arn.name = "RoleArn";
  arn.description = "What the hub assumes";
  arn.value = get_att("SampleRole", "Arn");
  arn.export_name = Value("SampleRoleArn");
  out.outputs.push_back(std::move(arn));
  Output regions;
  regions.name = "RegionList";
  regions.condition = "HasOrganization";
  regions.value = join(",", ref("Regions"));
  out.outputs.push_back(std::move(regions));
  return out;
}

}  // namespace postern::cfn::testing
