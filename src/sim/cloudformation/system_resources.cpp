#include <algorithm>

#include "sim/access.hpp"
#include "sim/cloudformation/resource_types.hpp"
#include "sim/cloudformation/template.hpp"

namespace postern::sim::stacks {
namespace system_resources {

Result<void> done(const Result<Json>& reply) {
  return reply ? Result<void>() : Result<void>(fail(reply.error()));
}

/// What `after` has and `before` has not.
Json more(const Json& before, const Json& after) {
  const std::vector<std::string> old = texts(before);
  Json out = Json::array();
  for (const std::string& one : texts(after)) {
    if (std::find(old.begin(), old.end(), one) == old.end()) out.push_back(one);
  }
  return out;
}

// ---- SSM ----

/// A list of {Key, Value} in the lower-case type's order, for services that take tags so.
void add_tags(const ResourceWork& work, const Json& properties, Json& request) {
  if (Json tags = work.tags(properties); !tags.empty()) request.set("Tags", std::move(tags));
}

Result<void> create_document(ResourceWork& work, const Json& properties) {
  const std::string name = work.name_from(properties, "Name", 128);
  Json request = picked(properties, {"Content", "DocumentFormat", "DocumentType", "TargetType", "VersionName"});
  request.set("Name", name);
  add_tags(work, properties, request);
  TRY_VOID(done(work.call("ssm", "CreateDocument", request)));
  work.physical_id = name;
  return {};
}

/// Only reached with UpdateMethod NewVersion, or with a change of nothing but it.
Result<void> update_document(ResourceWork& work, const Json& before, const Json& after) {
  if (!differs(before, after, "Content") && !differs(before, after, "VersionName")) return {};
  if (scalar_text(after["UpdateMethod"]).value_or("Replace") != "NewVersion") {
    return fail(ErrorKind::usage,
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename " +
                    work.physical_id + " and update the stack again.");
  }
  Json request = picked(after, {"Content", "DocumentFormat", "TargetType", "VersionName"});
  request.set("Name", work.physical_id).set("DocumentVersion", "$LATEST");
  TRY(const Json reply, work.call("ssm", "UpdateDocument", request));
  Json version = Json::object().set("Name", work.physical_id);
  version.set("DocumentVersion", reply["DocumentDescription"]["DocumentVersion"]);
  return done(work.call("ssm", "UpdateDocumentDefaultVersion", version));
}

Result<void> remove_document(ResourceWork& work, const Json&) {
  return work.remove("ssm", "DeleteDocument", Json::object().set("Name", work.physical_id));
}

constexpr PropertyRule kDocument[] = {{"Content", false, true}, {"DocumentFormat"}, {"DocumentType", true},
                                      {"Name", true},           {"Tags"},           {"TargetType"},
                                      {"UpdateMethod"},         {"VersionName"}};

Result<void> put_parameter(ResourceWork& work, const Json& properties, bool overwrite) {
  Json request = picked(properties, {"AllowedPattern", "DataType", "Description", "Policies", "Tier", "Type", "Value"});
  if (scalar_text(properties["Type"]).value_or("") == "SecureString") {
    return fail(ErrorKind::usage, "SecureString is not supported by AWS::SSM::Parameter");
  }
  request.set("Name", work.physical_id).set("Overwrite", overwrite);
  if (!overwrite) add_tags(work, properties, request);
  TRY_VOID(done(work.call("ssm", "PutParameter", request)));
  work.attributes["Type"] = properties["Type"];
  work.attributes["Value"] = properties["Value"];
  return {};
}

Result<void> create_parameter(ResourceWork& work, const Json& properties) {
  work.physical_id = work.name_from(properties, "Name", 1'011);
  const Result<void> made = put_parameter(work, properties, false);
  if (!made) work.physical_id.clear();
  return made;
}

Result<void> update_parameter(ResourceWork& work, const Json&, const Json& after) {
  return put_parameter(work, after, true);
}

Result<void> remove_parameter(ResourceWork& work, const Json&) {
  return work.remove("ssm", "DeleteParameter", Json::object().set("Name", work.physical_id));
}

constexpr PropertyRule kParameter[] = {{"AllowedPattern"}, {"DataType"},          {"Description"},
                                       {"Name", true},     {"Policies"},          {"Tags"},
                                       {"Tier"},           {"Type", false, true}, {"Value", false, true}};

// ---- EC2 ----

Json tag_specifications(const ResourceWork& work, const Json& properties, std::string_view kind) {
  Json tags = work.tags(properties);
  if (tags.empty()) return tags;
  return Json::array().push_back(Json::object().set("ResourceType", kind).set("Tags", std::move(tags)));
}

Result<void> create_endpoint(ResourceWork& work, const Json& properties) {
  Json request = picked(properties, {"PolicyDocument", "PrivateDnsEnabled", "RouteTableIds", "SecurityGroupIds",
                                     "ServiceName", "SubnetIds", "VpcEndpointType", "VpcId"});
  if (Json tags = tag_specifications(work, properties, "vpc-endpoint"); !tags.empty()) {
    request.set("TagSpecifications", std::move(tags));
  }
  TRY(const Json reply, work.call("ec2", "CreateVpcEndpoint", request));
  work.physical_id = reply["VpcEndpoint"]["VpcEndpointId"].as_string();
  work.attributes["Id"] = work.physical_id;
  return {};
}

Result<void> update_endpoint(ResourceWork& work, const Json& before, const Json& after) {
  Json request = Json::object();
  for (const char* list : {"RouteTableIds", "SubnetIds", "SecurityGroupIds"}) {
    const std::string singular(list);
    if (Json add = more(before[list], after[list]); !add.empty()) request.set("Add" + singular, std::move(add));
    if (Json drop = more(after[list], before[list]); !drop.empty()) request.set("Remove" + singular, std::move(drop));
  }
  if (differs(before, after, "PolicyDocument")) {
    if (after.contains("PolicyDocument")) {
      request.set("PolicyDocument", after["PolicyDocument"]);
    } else {
      request.set("ResetPolicy", true);
    }
  }
  if (differs(before, after, "PrivateDnsEnabled")) {
    request.set("PrivateDnsEnabled", after.contains("PrivateDnsEnabled") ? after["PrivateDnsEnabled"] : Json(false));
  }
  if (request.empty()) return {};
  return done(work.call("ec2", "ModifyVpcEndpoint", request.set("VpcEndpointId", work.physical_id)));
}

Result<void> remove_endpoint(ResourceWork& work, const Json&) {
  return work.remove("ec2", "DeleteVpcEndpoints",
                     Json::object().set("VpcEndpointIds", Json::array().push_back(work.physical_id)));
}

constexpr PropertyRule kEndpoint[] = {
    {"PolicyDocument"},          {"PrivateDnsEnabled"}, {"RouteTableIds"}, {"SecurityGroupIds"},
    {"ServiceName", true, true}, {"SubnetIds"},         {"Tags"},          {"VpcEndpointType", true},
    {"VpcId", true, true}};

/// One rule of a template as EC2's IpPermission.
Json permission(const Json& rule) {
  Json out = picked(rule, {"IpProtocol", "FromPort", "ToPort"});
  Json range = picked(rule, {"CidrIp", "Description"});
  if (rule.contains("CidrIp")) out.set("IpRanges", Json::array().push_back(std::move(range)));
  Json range6 = picked(rule, {"CidrIpv6", "Description"});
  if (rule.contains("CidrIpv6")) out.set("Ipv6Ranges", Json::array().push_back(std::move(range6)));
  for (const char* key : {"SourceSecurityGroupId", "DestinationSecurityGroupId"}) {
    if (!rule.contains(key)) continue;
    Json pair = picked(rule, {"Description"});
    out.set("UserIdGroupPairs", Json::array().push_back(pair.set("GroupId", rule[key])));
  }
  for (const char* key : {"SourcePrefixListId", "DestinationPrefixListId"}) {
    if (!rule.contains(key)) continue;
    Json list = picked(rule, {"Description"});
    out.set("PrefixListIds", Json::array().push_back(list.set("PrefixListId", rule[key])));
  }
  return out;
}

Result<void> change_rules(ResourceWork& work, const Json& before, const Json& after, std::string_view direction) {
  const std::string list = "SecurityGroup" + std::string(direction);
  const auto without = [](const Json& all, const Json& others) {
    Json out = Json::array();
    for (const Json& one : all.items()) {
      if (std::find(others.items().begin(), others.items().end(), one) == others.items().end()) {
        out.push_back(permission(one));
      }
    }
    return out;
  };
  if (Json drop = without(before[list], after[list]); !drop.empty()) {
    TRY_VOID(work.remove("ec2", "RevokeSecurityGroup" + std::string(direction),
                         Json::object().set("GroupId", work.physical_id).set("IpPermissions", std::move(drop))));
  }
  if (Json add = without(after[list], before[list]); !add.empty()) {
    return done(work.call("ec2", "AuthorizeSecurityGroup" + std::string(direction),
                          Json::object().set("GroupId", work.physical_id).set("IpPermissions", std::move(add))));
  }
  return {};
}

/// What every new group of a VPC lets out, until a template says otherwise.
Json everything_out() {
  return Json::object().set("IpProtocol", "-1").set("CidrIp", "0.0.0.0/0");
}

Json with_default_egress(const Json& properties) {
  if (!properties["SecurityGroupEgress"].empty()) return properties;
  Json out = properties;
  return out.set("SecurityGroupEgress", Json::array().push_back(everything_out()));
}

Result<void> update_group(ResourceWork& work, const Json& before, const Json& after) {
  TRY_VOID(change_rules(work, before, after, "Ingress"));
  return change_rules(work, with_default_egress(before), with_default_egress(after), "Egress");
}

Result<void> create_group(ResourceWork& work, const Json& properties) {
  Json request = picked(properties, {"VpcId"});
  request.set("Description", properties["GroupDescription"]);
  request.set("GroupName", work.name_from(properties, "GroupName", 255));
  if (Json tags = tag_specifications(work, properties, "security-group"); !tags.empty()) {
    request.set("TagSpecifications", std::move(tags));
  }
  TRY(const Json reply, work.call("ec2", "CreateSecurityGroup", request));
  work.physical_id = reply["GroupId"].as_string();
  work.attributes["GroupId"] = reply["GroupId"];
  work.attributes["VpcId"] = properties["VpcId"];
  return update_group(work, Json::object(), properties);
}

Result<void> remove_group(ResourceWork& work, const Json&) {
  return work.remove("ec2", "DeleteSecurityGroup", Json::object().set("GroupId", work.physical_id));
}

constexpr PropertyRule kGroup[] = {{"GroupDescription", true, true},
                                   {"GroupName", true},
                                   {"SecurityGroupEgress"},
                                   {"SecurityGroupIngress"},
                                   {"Tags"},
                                   {"VpcId", true}};

// ---- what is kept in the stack alone ----

Result<void> create_handle(ResourceWork& work, const Json&) {
  work.physical_id = "https://cloudformation-waitcondition-" + work.as().region + ".s3.amazonaws.com/" + work.stack_id +
                     "/" + work.logical_id;
  return {};
}

Result<void> remove_nothing(ResourceWork&, const Json&) {
  return {};
}

/// There is no Identity Center here: a permission set is known to its stack alone, and asks for what AWS asks for.
Result<void> permitted(ResourceWork& work, std::string_view action) {
  const iam::Evaluation answer = evaluate_access(work.as(), Access("sso:" + std::string(action)));
  return answer.allowed() ? Result<void>() : Result<void>(fail(denial_of(work.as(), answer)));
}

Result<void> create_permission_set(ResourceWork& work, const Json& properties) {
  TRY_VOID(permitted(work, "CreatePermissionSet"));
  const std::string instance = scalar_text(properties["InstanceArn"]).value_or("");
  work.physical_id = "arn:aws:sso:::permissionSet/" + instance.substr(instance.rfind('/') + 1) + "/ps-" + work.suffix;
  work.attributes["PermissionSetArn"] = work.physical_id;
  if (properties.contains("InlinePolicy")) TRY_VOID(permitted(work, "PutInlinePolicyToPermissionSet"));
  return {};
}

Result<void> update_permission_set(ResourceWork& work, const Json&, const Json&) {
  return permitted(work, "UpdatePermissionSet");
}

Result<void> remove_permission_set(ResourceWork& work, const Json&) {
  return permitted(work, "DeletePermissionSet");
}

constexpr PropertyRule kPermissionSet[] = {{"CustomerManagedPolicyReferences"},
                                           {"Description"},
                                           {"InlinePolicy"},
                                           {"InstanceArn", true, true},
                                           {"ManagedPolicies"},
                                           {"Name", true, true},
                                           {"PermissionsBoundary"},
                                           {"RelayStateType"},
                                           {"SessionDuration"},
                                           {"Tags"}};

constexpr ResourceType kAll[] = {
    {"AWS::SSM::Document", kDocument, "Name", Capability::none, create_document, update_document, remove_document},
    {"AWS::SSM::Parameter", kParameter, "Name", Capability::none, create_parameter, update_parameter, remove_parameter},
    {"AWS::EC2::VPCEndpoint", kEndpoint, "", Capability::none, create_endpoint, update_endpoint, remove_endpoint},
    {"AWS::EC2::SecurityGroup", kGroup, "GroupName", Capability::none, create_group, update_group, remove_group},
    {"AWS::CloudFormation::WaitConditionHandle", {}, "", Capability::none, create_handle, nullptr, remove_nothing},
    {"AWS::SSO::PermissionSet", kPermissionSet, "Name", Capability::none, create_permission_set, update_permission_set,
     remove_permission_set},
};

}  // namespace system_resources

std::span<const ResourceType> system_types() noexcept {
  return system_resources::kAll;
}

}  // namespace postern::sim::stacks
