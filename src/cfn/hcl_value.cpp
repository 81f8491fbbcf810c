#include "cfn/hcl_value.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.hpp"

namespace postern::cfn {
namespace {

using HclKind = Value::Kind;

struct TypeName {
  std::string_view type;
  std::string_view terraform;
  std::string_view ref;  ///< the attribute that Ref gives
};

constexpr std::array<TypeName, 17> kTypeNames = {{
    {"AWS::IAM::Role", "aws_iam_role", "name"},
    {"AWS::IAM::Policy", "aws_iam_role_policy", "id"},
    {"AWS::IAM::ManagedPolicy", "aws_iam_policy", "arn"},
    {"AWS::IAM::InstanceProfile", "aws_iam_instance_profile", "name"},
    {"AWS::SSO::PermissionSet", "aws_ssoadmin_permission_set", "arn"},
    {"AWS::SNS::Topic", "aws_sns_topic", "arn"},
    {"AWS::SNS::TopicPolicy", "aws_sns_topic_policy", "id"},
    {"AWS::CloudWatch::Alarm", "aws_cloudwatch_metric_alarm", "alarm_name"},
    {"AWS::Events::Rule", "aws_cloudwatch_event_rule", "name"},
    {"AWS::S3::Bucket", "aws_s3_bucket", "id"},
    {"AWS::S3::BucketPolicy", "aws_s3_bucket_policy", "id"},
    {"AWS::Logs::LogGroup", "aws_cloudwatch_log_group", "name"},
    {"AWS::CloudTrail::Trail", "aws_cloudtrail", "name"},
    {"AWS::SSM::Document", "aws_ssm_document", "name"},
    {"AWS::Organizations::Policy", "aws_organizations_policy", "id"},
    {"AWS::EC2::SecurityGroup", "aws_security_group", "id"},
    {"AWS::EC2::VPCEndpoint", "aws_vpc_endpoint", "id"},
}};

const TypeName* type_name(std::string_view type) {
  const auto found = std::ranges::find(kTypeNames, type, &TypeName::type);
  return found == kTypeNames.end() ? nullptr : &*found;
}

struct Pseudo {
  std::string_view name;
  std::string_view source;
  std::string_view attribute;
};

constexpr std::array<Pseudo, 3> kPseudos = {{
    {kAccountId, "aws_caller_identity", "account_id"},
    {kPartition, "aws_partition", "partition"},
    {kRegion, "aws_region", "name"},
}};

/// An attribute's or object key's name: quoted unless it is an identifier.
std::string key_text(std::string_view key) {
  const auto plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool identifier =
      !key.empty() && std::ranges::all_of(key, plain) && !(key.front() >= '0' && key.front() <= '9');
  return identifier ? std::string(key) : hcl_string(key);
}

/// Whether the entry is there in one case only: !If [Condition, value, !Ref AWS::NoValue].
bool is_optional(const Value& value) {
  return value.kind() == HclKind::when && value.entries()[1].value.kind() == HclKind::no_value;
}

bool is_collection(const Value& value) {
  const bool some = value.kind() == HclKind::list || value.kind() == HclKind::map;
  return some && !value.entries().empty();
}

}  // namespace

std::string_view terraform_type(std::string_view type) {
  const TypeName* name = type_name(type);
  return name == nullptr ? std::string_view() : name->terraform;
}

Result<std::string> HclValues::attribute_of(const Resource& resource, std::string_view attribute) {
  const TypeName* type = type_name(resource.type);
  if (type == nullptr) return fail(ErrorKind::unsupported, resource.type + " has no counterpart in Terraform here");
  const std::string address = std::string(type->terraform) + "." + snake_case(resource.id);
  const bool own_arn = attribute == "PermissionSetArn";
  const std::string wanted = attribute.empty() ? std::string(type->ref) : own_arn ? "arn" : snake_case(attribute);
  if (resource.condition.empty()) return address + "." + wanted;
  return "one(" + address + "[*]." + wanted + ")";
}

Result<std::string> HclValues::named(std::string_view name) {
  for (const Pseudo& pseudo : kPseudos) {
    if (pseudo.name != name) continue;
    data_sources_.emplace(pseudo.source);
    return "data." + std::string(pseudo.source) + ".current." + std::string(pseudo.attribute);
  }
  if (source_.find_parameter(name) != nullptr) return "var." + snake_case(name);
  const std::size_t dot = name.find('.');
  const Resource* resource = source_.find_resource(name.substr(0, dot));
  CHECK(resource != nullptr);  // check() has seen the template
  return attribute_of(*resource, dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1));
}

Result<std::string> HclValues::conditional(const Value& value) {
  TRY(const std::string then, inline_text(value.entries()[0].value));
  TRY(const std::string otherwise, inline_text(value.entries()[1].value));
  return "local." + snake_case(value.text()) + " ? " + then + " : " + otherwise;
}

Result<std::string> HclValues::inline_text(const Value& value) {
  switch (value.kind()) {
    case HclKind::text:
      return hcl_string(value.text());
    case HclKind::integer:
      return std::to_string(value.number());
    case HclKind::boolean:
      return std::string(value.number() != 0 ? "true" : "false");
    case HclKind::ref:
    case HclKind::get_att:
      return named(value.text());
    case HclKind::sub: {
      std::string out = "\"";
      for (const SubPart& part : sub_parts(value.text())) {
        if (!part.name) {
          out += hcl_escaped(part.text);
          continue;
        }
        TRY(const std::string name, named(part.text));
        out += "${" + name + "}";
      }
      return out + "\"";
    }
    case HclKind::when:
      return conditional(value);
    case HclKind::join: {
      TRY(const std::string list, inline_text(value.entries()[0].value));
      return "join(" + hcl_string(value.text()) + ", " + list + ")";
    }
    case HclKind::negation: {
      const Value& inner = value.entries()[0].value;
      TRY(const std::string text, inline_text(inner));
      if (inner.kind() != HclKind::equals) return "!(" + text + ")";
      TRY(const std::string left, inline_text(inner.entries()[0].value));
      TRY(const std::string right, inline_text(inner.entries()[1].value));
      return left + " != " + right;
    }
    case HclKind::equals: {
      TRY(const std::string left, inline_text(value.entries()[0].value));
      TRY(const std::string right, inline_text(value.entries()[1].value));
      return left + " == " + right;
    }
    case HclKind::no_value:
      return std::string("null");
    case HclKind::list:
    case HclKind::map: {
      const bool list = value.kind() == HclKind::list;
      if (value.entries().empty()) return std::string(list ? "[]" : "{}");
      std::string out;
      for (const Entry& entry : value.entries()) {
        TRY(const std::string text, inline_text(entry.value));
        out += (out.empty() ? "" : ", ") + (list ? "" : key_text(entry.key) + " = ") + text;
      }
      return list ? "[" + out + "]" : "{ " + out + " }";
    }
    case HclKind::import_value:
      break;
  }
  return fail(ErrorKind::unsupported, "ImportValue has no counterpart in Terraform: make it a parameter");
}

Result<void> HclValues::attribute(HclLines& out, const std::string& name, const Value& value, const std::string& head,
                                  const std::string& tail) {
  if (is_collection(value)) return lines(out, key_text(name) + " = " + head, value, tail);
  TRY(std::string text, inline_text(value));
  out.attribute(key_text(name), head + text + tail);
  return {};
}

Result<void> HclValues::entries(HclLines& out, const Value& value, bool only_certain) {
  for (const Entry& entry : value.entries()) {
    if (only_certain && is_optional(entry.value)) continue;
    out.comment(entry.comment);
    if (value.kind() == HclKind::map) {
      TRY_VOID(attribute(out, entry.key, entry.value));
    } else if (is_collection(entry.value)) {
      TRY_VOID(lines(out, {}, entry.value, ","));
    } else {
      TRY(const std::string text, inline_text(entry.value));
      out.line(text + ",");
    }
  }
  return {};
}

/// What may be absent is joined to what is always there.
Result<void> HclValues::merged(HclLines& out, const std::string& lead, const Value& value, const std::string& tail) {
  const bool list = value.kind() == HclKind::list;
  out.open(lead + (list ? "concat(" : "merge("));
  const bool certain = !std::ranges::all_of(value.entries(), is_optional, &Entry::value);
  if (certain) {
    out.open(list ? "[" : "{");
    TRY_VOID(entries(out, value, true));
    out.close(list ? "]," : "},");
  }
  for (const Entry& entry : value.entries()) {
    if (!is_optional(entry.value)) continue;
    Value alone = list ? Value::list() : Value::map();
    const Value& then = entry.value.entries()[0].value;
    if (list) {
      alone.add(then);
    } else {
      alone.set(entry.key, then);
    }
    out.comment(entry.comment);
    const std::string condition = "local." + snake_case(entry.value.text()) + " ? ";
    if (is_collection(then)) {
      TRY_VOID(lines(out, condition, alone, list ? " : []," : " : {},"));
    } else {
      TRY(const std::string text, inline_text(alone));
      out.line(condition + text + (list ? " : []," : " : {},"));
    }
  }
  out.close(")" + tail);
  return {};
}

Result<void> HclValues::lines(HclLines& out, const std::string& lead, const Value& value, const std::string& tail) {
  if (std::ranges::any_of(value.entries(), is_optional, &Entry::value)) return merged(out, lead, value, tail);
  const bool list = value.kind() == HclKind::list;
  out.open(lead + (list ? "[" : "{"));
  TRY_VOID(entries(out, value, false));
  out.close((list ? "]" : "}") + tail);
  return {};
}

}  // namespace postern::cfn
