#include "cfn/terraform.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.hpp"
#include "cfn/hcl_value.hpp"

namespace postern::cfn {
namespace {

enum class Form : std::uint8_t {
  plain,
  json,         ///< a document: jsonencode(...)
  only,         ///< the one item of a list
  tags,         ///< [{Key, Value}] as a map
  inline_of,    ///< inline policies: resources of their own
  attached_of,  ///< attached managed policies: resources of their own
  attached_to,  ///< the roles that a managed policy is attached to: the same, from the other side
  blocks,       ///< a list of maps: a nested block for each
  rules,        ///< rules of a security group: a nested block for each, with lists of peers
  targets_of,   ///< targets of a rule: resources of their own
  held_by,      ///< what an organisation's policy is attached to: resources of their own
  setting_of,   ///< what a bucket is set to: a resource of its own
  unsaid        ///< how CloudFormation goes about it, which Terraform does anyway
};

/// Not an attribute of the resource itself.
bool is_separate(Form form) {
  return form == Form::inline_of || form == Form::attached_of || form == Form::attached_to ||
         form == Form::targets_of || form == Form::held_by || form == Form::setting_of || form == Form::unsaid;
}

struct PropertyRule {
  std::string_view property;
  std::string_view attribute;
  Form form = Form::plain;
};

constexpr PropertyRule kRole[] = {
    {"RoleName", "name"},
    {"Path", "path"},
    {"Description", "description"},
    {"MaxSessionDuration", "max_session_duration"},
    {"PermissionsBoundary", "permissions_boundary"},
    {"Tags", "tags", Form::tags},
    {"AssumeRolePolicyDocument", "assume_role_policy", Form::json},
    {"ManagedPolicyArns", "aws_iam_role_policy_attachment", Form::attached_of},
    {"Policies", "aws_iam_role_policy", Form::inline_of},
};
constexpr PropertyRule kPolicy[] = {
    {"PolicyName", "name"}, {"Roles", "role", Form::only}, {"PolicyDocument", "policy", Form::json}};
constexpr PropertyRule kManagedPolicy[] = {
    {"ManagedPolicyName", "name"},
    {"Path", "path"},
    {"Description", "description"},
    {"PolicyDocument", "policy", Form::json},
    {"Roles", "aws_iam_role_policy_attachment", Form::attached_to},
};
constexpr PropertyRule kProfile[] = {{"InstanceProfileName", "name"}, {"Path", "path"}, {"Roles", "role", Form::only}};
constexpr PropertyRule kPermissionSet[] = {
    {"Name", "name"},
    {"InstanceArn", "instance_arn"},
    {"Description", "description"},
    {"SessionDuration", "session_duration"},
    {"InlinePolicy", "aws_ssoadmin_permission_set_inline_policy", Form::inline_of},
};
constexpr PropertyRule kBucket[] = {
    {"BucketName", "bucket"},
    {"VersioningConfiguration", "aws_s3_bucket_versioning", Form::setting_of},
    {"PublicAccessBlockConfiguration", "aws_s3_bucket_public_access_block", Form::setting_of},
};
constexpr PropertyRule kBucketPolicy[] = {{"Bucket", "bucket"}, {"PolicyDocument", "policy", Form::json}};
constexpr PropertyRule kLogGroup[] = {
    {"LogGroupName", "name"}, {"RetentionInDays", "retention_in_days"}, {"KmsKeyId", "kms_key_id"}};
constexpr PropertyRule kTrail[] = {
    {"TrailName", "name"},
    {"IsLogging", "enable_logging"},
    {"IsMultiRegionTrail", "is_multi_region_trail"},
    {"IncludeGlobalServiceEvents", "include_global_service_events"},
    {"IsOrganizationTrail", "is_organization_trail"},
    {"EnableLogFileValidation", "enable_log_file_validation"},
    {"S3BucketName", "s3_bucket_name"},
    {"S3KeyPrefix", "s3_key_prefix"},
    {"CloudWatchLogsLogGroupArn", "cloud_watch_logs_group_arn"},
    {"CloudWatchLogsRoleArn", "cloud_watch_logs_role_arn"},
    {"KMSKeyId", "kms_key_id"},
};

constexpr PropertyRule kTopic[] = {{"TopicName", "name"}, {"DisplayName", "display_name"}};
constexpr PropertyRule kTopicPolicy[] = {{"Topics", "arn", Form::only}, {"PolicyDocument", "policy", Form::json}};
constexpr PropertyRule kAlarm[] = {
    {"AlarmName", "alarm_name"},
    {"AlarmDescription", "alarm_description"},
    {"Namespace", "namespace"},
    {"MetricName", "metric_name"},
    {"Statistic", "statistic"},
    {"Period", "period"},
    {"ComparisonOperator", "comparison_operator"},
    {"EvaluationPeriods", "evaluation_periods"},
    {"Threshold", "threshold"},
    {"TreatMissingData", "treat_missing_data"},
    {"AlarmActions", "alarm_actions"},
    {"Metrics", "metric_query", Form::blocks},
};
constexpr PropertyRule kRule[] = {
    {"Name", "name"},
    {"Description", "description"},
    {"EventPattern", "event_pattern", Form::json},
    {"Targets", "aws_cloudwatch_event_target", Form::targets_of},
};

constexpr PropertyRule kDocument[] = {
    {"Name", "name"},
    {"DocumentType", "document_type"},
    {"TargetType", "target_type"},
    {"VersionName", "version_name"},
    {"Content", "content", Form::json},
    {"UpdateMethod", "", Form::unsaid},
};
constexpr PropertyRule kOrganizationPolicy[] = {
    {"Name", "name"},
    {"Type", "type"},
    {"Description", "description"},
    {"Content", "content", Form::json},
    {"TargetIds", "aws_organizations_policy_attachment", Form::held_by},
};
constexpr PropertyRule kSecurityGroup[] = {
    {"GroupName", "name"},
    {"GroupDescription", "description"},
    {"VpcId", "vpc_id"},
    {"SecurityGroupIngress", "ingress", Form::rules},
    {"SecurityGroupEgress", "egress", Form::rules},
};
constexpr PropertyRule kEndpoint[] = {
    {"VpcId", "vpc_id"},
    {"ServiceName", "service_name"},
    {"VpcEndpointType", "vpc_endpoint_type"},
    {"SubnetIds", "subnet_ids"},
    {"SecurityGroupIds", "security_group_ids"},
    {"RouteTableIds", "route_table_ids"},
    {"PrivateDnsEnabled", "private_dns_enabled"},
    {"PolicyDocument", "policy", Form::json},
};

std::span<const PropertyRule> rules_of(std::string_view type) {
  if (type == "AWS::IAM::Role") return kRole;
  if (type == "AWS::IAM::Policy") return kPolicy;
  if (type == "AWS::IAM::ManagedPolicy") return kManagedPolicy;
  if (type == "AWS::IAM::InstanceProfile") return kProfile;
  if (type == "AWS::SSO::PermissionSet") return kPermissionSet;
  if (type == "AWS::SNS::Topic") return kTopic;
  if (type == "AWS::SNS::TopicPolicy") return kTopicPolicy;
  if (type == "AWS::CloudWatch::Alarm") return kAlarm;
  if (type == "AWS::Events::Rule") return kRule;
  if (type == "AWS::S3::Bucket") return kBucket;
  if (type == "AWS::S3::BucketPolicy") return kBucketPolicy;
  if (type == "AWS::Logs::LogGroup") return kLogGroup;
  if (type == "AWS::CloudTrail::Trail") return kTrail;
  if (type == "AWS::SSM::Document") return kDocument;
  if (type == "AWS::Organizations::Policy") return kOrganizationPolicy;
  if (type == "AWS::EC2::SecurityGroup") return kSecurityGroup;
  if (type == "AWS::EC2::VPCEndpoint") return kEndpoint;
  return {};
}

tl::unexpected<Error> no_counterpart(const Resource& resource, std::string_view what) {
  return fail(ErrorKind::unsupported,
              resource.id + " (" + resource.type + "): " + std::string(what) + " has no counterpart in Terraform here");
}

class Configuration {
 public:
  explicit Configuration(const Template& source) : source_(source), values_(source) {}

  Result<std::string> run() {
    HclLines body;
    for (const Resource& resource : source_.resources) TRY_VOID(one(body, resource));
    TRY_VOID(outputs(body));
    HclLines inputs;
    for (const Parameter& parameter : source_.parameters) variable(inputs, parameter);
    TRY_VOID(locals(inputs));
    HclLines all;
    head(all);
    all.append(inputs);
    all.append(body);
    return all.text();
  }

 private:
  void head(HclLines& out) const {
    out.comment(source_.description);
    if (!source_.description.empty() && !source_.comment.empty()) out.line("#");
    out.comment(source_.comment);
    if (!out.empty()) out.blank();
    out.open("terraform {");
    out.attribute("required_version", hcl_string(">= 1.3"));
    out.blank();
    out.open("required_providers {");
    out.open("aws = {");
    out.attribute("source", hcl_string("hashicorp/aws"));
    out.attribute("version", hcl_string(">= 5.0"));
    out.close("}");
    out.close("}");
    out.close("}");
    for (const std::string& name : values_.data_sources()) {
      out.blank();
      out.line("data \"" + name + "\" \"current\" {}");
    }
  }

  static void validation(HclLines& out, const std::string& condition, const std::string& message) {
    out.blank();
    out.open("validation {");
    out.attribute("condition", condition);
    out.attribute("error_message", hcl_string(message));
    out.close("}");
  }

  static void variable(HclLines& out, const Parameter& parameter) {
    const std::string name = snake_case(parameter.name);
    const bool list = parameter.type == ParameterType::text_list;
    out.blank();
    out.open("variable \"" + name + "\" {");
    out.attribute("type", list ? "list(string)" : "string");
    if (!parameter.description.empty()) out.attribute("description", hcl_string(parameter.description));
    if (parameter.default_value) out.attribute("default", default_text(parameter));
    // Terraform wants sentences.
    const std::string said = parameter.constraint.empty() ? "is not what is expected" : parameter.constraint;
    const std::string message = name + ": " + said + (said.ends_with('.') ? "" : ".");
    const auto each = [&](const std::string& test) {
      return list ? "alltrue([for each in var." + name + " : " + test + "])" : test;
    };
    const std::string value = list ? "each" : "var." + name;
    if (!parameter.allowed_values.empty()) {
      std::string values;
      for (const std::string& one : parameter.allowed_values) values += (values.empty() ? "" : ", ") + hcl_string(one);
      validation(out, each("contains([" + values + "], " + value + ")"), message);
    }
    if (!parameter.allowed_pattern.empty()) {
      validation(out, each("can(regex(" + hcl_string(parameter.allowed_pattern) + ", " + value + "))"), message);
    }
    if (parameter.length_min) {
      validation(out, "length(var." + name + ") >= " + std::to_string(*parameter.length_min), message);
    }
    if (parameter.length_max) {
      validation(out, "length(var." + name + ") <= " + std::to_string(*parameter.length_max), message);
    }
    out.close("}");
  }

  static std::string default_text(const Parameter& parameter) {
    if (parameter.type == ParameterType::text) return hcl_string(*parameter.default_value);
    std::string items;
    for (const std::string_view item : split(*parameter.default_value, ',')) {
      if (!item.empty()) items += (items.empty() ? "" : ", ") + hcl_string(item);
    }
    return "[" + items + "]";
  }

  Result<void> locals(HclLines& out) {
    if (source_.conditions.empty()) return {};
    out.blank();
    out.open("locals {");
    for (const Condition& condition : source_.conditions) {
      TRY(std::string text, values_.inline_text(condition.value));
      out.attribute(snake_case(condition.name), std::move(text));
    }
    out.close("}");
    return {};
  }

  Result<void> outputs(HclLines& out) {
    for (const Output& output : source_.outputs) {
      TRY(std::string value, values_.inline_text(output.value));
      if (!output.condition.empty()) value = "local." + snake_case(output.condition) + " ? " + value + " : null";
      out.blank();
      out.open("output \"" + snake_case(output.name) + "\" {");
      if (!output.description.empty()) out.attribute("description", hcl_string(output.description));
      out.attribute("value", std::move(value));
      out.close("}");
    }
    return {};
  }

  static void open_resource(HclLines& out, std::string_view type, const std::string& name,
                            const std::string& condition) {
    out.open("resource \"" + std::string(type) + "\" \"" + name + "\" {");
    if (condition.empty()) return;
    out.attribute("count", "local." + snake_case(condition) + " ? 1 : 0");
    out.blank();
  }

  Result<void> one(HclLines& out, const Resource& resource) {
    const std::string_view type = terraform_type(resource.type);
    if (type.empty()) return no_counterpart(resource, "its type");
    const std::span<const PropertyRule> rules = rules_of(resource.type);
    for (const Entry& property : resource.properties.entries()) {
      const bool known = std::ranges::find(rules, property.key, &PropertyRule::property) != rules.end();
      if (!known) return no_counterpart(resource, property.key);
    }
    out.blank();
    out.comment(resource.comment);
    open_resource(out, type, snake_case(resource.id), resource.condition);
    for (const PropertyRule& rule : rules) {
      for (const Entry& entry : resource.properties.entries()) {
        if (entry.key == rule.property) TRY_VOID(property(out, resource, rule, entry));
      }
    }
    trailer(out, resource);
    out.close("}");
    for (const PropertyRule& rule : rules) {
      const Value* value = resource.properties.find(rule.property);
      if (value == nullptr) continue;
      if (rule.form == Form::inline_of) TRY_VOID(inline_policies(out, resource, *value));
      if (rule.form == Form::attached_of) TRY_VOID(attachments(out, resource, *value));
      if (rule.form == Form::attached_to) TRY_VOID(holders(out, resource, *value));
      if (rule.form == Form::targets_of) TRY_VOID(targets(out, resource, *value));
      if (rule.form == Form::held_by) TRY_VOID(attached(out, resource, *value));
      if (rule.form == Form::setting_of) TRY_VOID(setting(out, resource, rule, *value));
    }
    return {};
  }

  Result<void> property(HclLines& out, const Resource& resource, const PropertyRule& rule, const Entry& entry) {
    const std::string name(rule.attribute);
    const Value& value = entry.value;
    if (rule.form == Form::json || rule.form == Form::tags) out.blank();
    if (!is_separate(rule.form) && rule.form != Form::rules) out.comment(entry.comment);
    switch (rule.form) {
      case Form::plain:
        return values_.attribute(out, name, value);
      case Form::json:
        return values_.attribute(out, name, value, "jsonencode(", ")");
      case Form::only:
        if (value.kind() != Value::Kind::list || value.entries().size() != 1) {
          return no_counterpart(resource, "more or fewer than one of " + std::string(rule.property));
        }
        return values_.attribute(out, name, value.entries()[0].value);
      case Form::tags: {
        Value tags = Value::map();
        for (const Entry& tag : value.entries()) tags.set(tag.value.find("Key")->text(), *tag.value.find("Value"));
        return values_.attribute(out, name, tags);
      }
      case Form::blocks:
        return blocks(out, name, value);
      case Form::rules:
        return group_rules(out, resource, name, entry);
      case Form::inline_of:
      case Form::attached_of:
      case Form::attached_to:
      case Form::targets_of:
      case Form::held_by:
      case Form::setting_of:
      case Form::unsaid:
        return {};
    }
    return {};
  }

  Result<void> blocks(HclLines& out, const std::string& name, const Value& list) {
    for (const Entry& item : list.entries()) {
      out.blank();
      out.open(name + " {");
      for (const Entry& member : item.value.entries()) {
        TRY_VOID(values_.attribute(out, snake_case(member.key), member.value));
      }
      out.close("}");
    }
    return {};
  }

  /// Terraform wants ports of every rule, and peers as lists.
  Result<void> group_rules(HclLines& out, const Resource& group, const std::string& name, const Entry& list) {
    for (const Entry& item : list.value.entries()) {
      const Value& rule = item.value;
      out.blank();
      out.comment(list.comment);
      out.open(name + " {");
      for (const char* port : {"FromPort", "ToPort"}) {
        const Value* given = rule.find(port);
        TRY_VOID(values_.attribute(out, snake_case(port), given == nullptr ? Value::integer(0) : *given));
      }
      for (const Entry& member : rule.entries()) {
        if (member.key == "FromPort" || member.key == "ToPort") continue;
        if (member.key == "IpProtocol" || member.key == "Description") {
          TRY_VOID(values_.attribute(out, member.key == "Description" ? "description" : "protocol", member.value));
        } else if (member.key == "CidrIp") {
          TRY(const std::string cidr, values_.inline_text(member.value));
          out.attribute("cidr_blocks", "[" + cidr + "]");
        } else {
          return no_counterpart(group, member.key);
        }
      }
      out.close("}");
    }
    return {};
  }

  /// What is no property: dependencies and what happens to the resource when it goes.
  void trailer(HclLines& out, const Resource& resource) const {
    if (!resource.depends_on.empty()) {
      std::string names;
      for (const std::string& id : resource.depends_on) {
        const std::string_view type = terraform_type(source_.find_resource(id)->type);
        names += (names.empty() ? "" : ", ") + std::string(type) + "." + snake_case(id);
      }
      out.blank();
      out.attribute("depends_on", "[" + names + "]");
    }
    if (resource.deletion == Retention::retain || resource.replacement == Retention::retain) {
      out.blank();
      out.open("lifecycle {");
      out.attribute("prevent_destroy", "true");
      out.close("}");
    }
  }

  /// Which condition an entry of a list has, besides its resource's; `value` becomes what stands inside.
  static std::string unwrap(const Value*& value) {
    if (value->kind() != Value::Kind::when) return {};
    const std::string condition = value->text();
    value = &value->entries()[0].value;
    return condition;
  }

  Result<void> inline_policies(HclLines& out, const Resource& resource, const Value& value) {
    if (resource.type == "AWS::SSO::PermissionSet") {
      TRY(std::string arn, values_.attribute_of(resource, "arn"));
      out.blank();
      open_resource(out, "aws_ssoadmin_permission_set_inline_policy", snake_case(resource.id), resource.condition);
      TRY_VOID(values_.attribute(out, "instance_arn", *resource.properties.find("InstanceArn")));
      out.attribute("permission_set_arn", std::move(arn));
      out.blank();
      TRY_VOID(values_.attribute(out, "inline_policy", value, "jsonencode(", ")"));
      out.close("}");
      return {};
    }
    for (const Entry& entry : value.entries()) {
      const Value* policy = &entry.value;
      const std::string condition = unwrap(policy);
      if (!condition.empty() && !resource.condition.empty()) {
        return no_counterpart(resource, "a conditional policy of a conditional role");
      }
      const std::string name = policy->find("PolicyName")->text();
      TRY(std::string role, values_.attribute_of(resource, "name"));
      out.blank();
      out.comment(entry.comment);
      open_resource(out, "aws_iam_role_policy", snake_case(resource.id) + "_" + snake_case(name),
                    condition.empty() ? resource.condition : condition);
      out.attribute("name", hcl_string(name));
      out.attribute("role", std::move(role));
      out.blank();
      TRY_VOID(values_.attribute(out, "policy", *policy->find("PolicyDocument"), "jsonencode(", ")"));
      out.close("}");
    }
    return {};
  }

  Result<void> attachments(HclLines& out, const Resource& resource, const Value& value) {
    for (const Entry& entry : value.entries()) {
      const Value* arn = &entry.value;
      const std::string condition = unwrap(arn);
      const std::string short_name = arn->text().substr(arn->text().rfind('/') + 1);
      TRY(std::string role, values_.attribute_of(resource, "name"));
      out.blank();
      out.comment(entry.comment);
      open_resource(out, "aws_iam_role_policy_attachment", snake_case(resource.id) + "_" + snake_case(short_name),
                    condition.empty() ? resource.condition : condition);
      out.attribute("role", std::move(role));
      TRY_VOID(values_.attribute(out, "policy_arn", *arn));
      out.close("}");
    }
    return {};
  }

  Result<void> setting(HclLines& out, const Resource& bucket, const PropertyRule& rule, const Value& value) {
    TRY(std::string id, values_.attribute_of(bucket, ""));
    out.blank();
    open_resource(out, rule.attribute, snake_case(bucket.id), bucket.condition);
    out.attribute("bucket", std::move(id));
    const bool in_block = rule.property == "VersioningConfiguration";
    out.blank();
    if (in_block) out.open("versioning_configuration {");
    for (const Entry& entry : value.entries()) TRY_VOID(values_.attribute(out, snake_case(entry.key), entry.value));
    if (in_block) out.close("}");
    out.close("}");
    return {};
  }

  Result<void> holders(HclLines& out, const Resource& policy, const Value& roles) {
    for (const Entry& entry : roles.entries()) {
      TRY(std::string role, values_.inline_text(entry.value));
      TRY(std::string arn, values_.attribute_of(policy, "arn"));
      out.blank();
      open_resource(out, "aws_iam_role_policy_attachment", snake_case(policy.id) + "_" + snake_case(entry.value.text()),
                    policy.condition);
      out.attribute("role", std::move(role));
      out.attribute("policy_arn", std::move(arn));
      out.close("}");
    }
    return {};
  }

  Result<void> attached(HclLines& out, const Resource& policy, const Value& targets) {
    TRY(const std::string each, values_.inline_text(targets));
    TRY(std::string id, values_.attribute_of(policy, "id"));
    out.blank();
    open_resource(out, "aws_organizations_policy_attachment", snake_case(policy.id), policy.condition);
    out.attribute("for_each", "toset(" + each + ")");
    out.blank();
    out.attribute("policy_id", std::move(id));
    out.attribute("target_id", "each.value");
    out.close("}");
    return {};
  }

  Result<void> targets(HclLines& out, const Resource& rule, const Value& list) {
    for (const Entry& entry : list.entries()) {
      const std::string id = entry.value.find("Id")->text();
      TRY(std::string name, values_.attribute_of(rule, "name"));
      out.blank();
      out.comment(entry.comment);
      open_resource(out, "aws_cloudwatch_event_target", snake_case(rule.id) + "_" + snake_case(id), rule.condition);
      out.attribute("rule", std::move(name));
      out.attribute("target_id", hcl_string(id));
      TRY_VOID(values_.attribute(out, "arn", *entry.value.find("Arn")));
      out.close("}");
    }
    return {};
  }

  const Template& source_;
  HclValues values_;
};

}  // namespace

Result<std::string> to_terraform(const Template& source) {
  TRY_VOID(check(source));
  return Configuration(source).run();
}

}  // namespace postern::cfn
