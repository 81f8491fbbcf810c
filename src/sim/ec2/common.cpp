#include "sim/ec2/common.hpp"

#include <algorithm>
#include <set>

#include "aws/core/scalar.hpp"
#include "base/text.hpp"
#include "sim/access.hpp"

namespace postern::sim::ec2 {
namespace common {

constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTagKeyMax = 128;
constexpr std::size_t kTagValueMax = 256;

}  // namespace common

Error refuse(std::string code, std::string message) {
  const bool missing = code.ends_with("NotFound") || code.ends_with("NotFoundException");
  const ErrorKind kind = missing ? ErrorKind::not_found : ErrorKind::usage;
  return aws::server::fault(kind, std::move(code), std::move(message), 400);
}

Error invalid_value(std::string message) {
  return refuse("InvalidParameterValue", std::move(message));
}

Error invalid_combination(std::string message) {
  return refuse("InvalidParameterCombination", std::move(message));
}

Error missing_parameter(std::string_view name) {
  return refuse("MissingParameter", "The request must contain the parameter " + std::string(name));
}

Error dependency(std::string message) {
  return aws::server::fault(ErrorKind::conflict, "DependencyViolation", std::move(message), 400);
}

std::string arn_of(const Info& info, std::string_view rest) {
  return "arn:aws:ec2:" + info.region + ":" + info.caller.account_id + ":" + std::string(rest);
}

namespace {

Result<void> refuse_dry_run(const std::optional<bool>& dry_run) {
  if (!dry_run.value_or(false)) return {};
  return fail(aws::server::fault(ErrorKind::refused, "DryRunOperation",
                                 "Request would have succeeded, but DryRun flag is set.", 412));
}

}  // namespace

Result<void> admit(const Info& info, const std::optional<bool>& dry_run, std::string_view resource) {
  TRY_VOID(authorize(info, resource));
  return refuse_dry_run(dry_run);
}

Result<void> admit(const Info& info, const std::optional<bool>& dry_run, const Access& access) {
  TRY_VOID(authorize(info, access));
  return refuse_dry_run(dry_run);
}

Result<void> only(const Info& info, const void* request, std::initializer_list<std::string_view> offered) {
  for (const aws::Member& member : info.operation->input->members) {
    if (std::find(offered.begin(), offered.end(), member.name) != offered.end()) continue;
    if (aws::member_value(request, member) == nullptr) continue;
    return fail(aws::server::fault(ErrorKind::unsupported, "UnsupportedOperation",
                                   "The parameter " + std::string(member.name) + " of " +
                                       std::string(info.operation->name) + " is not offered by this simulator",
                                   400));
  }
  return {};
}

Result<std::vector<aws::ec2::Tag>> tags_for(const std::vector<aws::ec2::TagSpecification>& specifications,
                                            std::string_view type, std::initializer_list<std::string_view> others) {
  std::vector<aws::ec2::Tag> tags;
  for (const aws::ec2::TagSpecification& specification : specifications) {
    const std::string given = specification.resource_type ? specification.resource_type->text() : "";
    TRY_VOID(check_tags(specification.tags));
    if (given == type) {
      tags.insert(tags.end(), specification.tags.begin(), specification.tags.end());
    } else if (std::find(others.begin(), others.end(), given) == others.end()) {
      return fail(
          invalid_value("'" + printable(given, 60) + "' is not a valid taggable resource type for this operation."));
    }
  }
  TRY_VOID(check_tags(tags));
  return tags;
}

Result<void> check_tags(const std::vector<aws::ec2::Tag>& tags) {
  std::set<std::string> keys;
  for (const aws::ec2::Tag& tag : tags) {
    const std::string key = tag.key.value_or("");
    if (key.empty()) return fail(invalid_value("Tag key cannot be empty."));
    if (key.size() > common::kTagKeyMax) {
      return fail(invalid_value("Tag key exceeds the maximum length of 128 characters"));
    }
    if (tag.value.value_or("").size() > common::kTagValueMax) {
      return fail(invalid_value("Tag value exceeds the maximum length of 256 characters"));
    }
    if (key.starts_with("aws:")) {
      return fail(invalid_value("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    if (!keys.insert(key).second) return fail(invalid_value("Duplicate tag key '" + key + "' specified."));
  }
  if (tags.size() <= common::kTagsMax) return {};
  return fail(refuse("TagLimitExceeded", "The maximum number of Tags for a resource has been reached."));
}

void copy_members(aws::Erased to, aws::ConstErased from) {
  for (const aws::Member& source : from.shape->members) {
    const void* value = aws::member_value(from.value, source);
    if (value == nullptr) continue;
    const auto target = std::find_if(to.shape->members.begin(), to.shape->members.end(),
                                     [&](const aws::Member& member) { return member.name == source.name; });
    if (target == to.shape->members.end() || target->shape->kind != source.shape->kind) continue;
    void* copy = aws::member_emplace(to.value, *target);
    if (source.shape->kind == aws::Kind::structure) {
      copy_members(aws::Erased(*target->shape, copy), aws::ConstErased(*source.shape, value));
      continue;
    }
    if (source.shape->kind == aws::Kind::list) {
      const aws::Shape& element = *source.shape->element;
      for (std::size_t i = 0; i < source.shape->ops->list->size(value); ++i) {
        const void* one = source.shape->ops->list->at(value, i, element);
        void* added = target->shape->ops->list->append(copy, *target->shape->element);
        if (one == nullptr) continue;
        if (element.kind == aws::Kind::structure) {
          copy_members(aws::Erased(*target->shape->element, added), aws::ConstErased(element, one));
        } else {
          std::string text;
          aws::append_scalar(text, element, one, aws::TimeFormat::iso8601);
          (void)aws::parse_scalar(*target->shape->element, text, added);
        }
      }
      continue;
    }
    std::string text;
    aws::append_scalar(text, *source.shape, value, aws::TimeFormat::iso8601);
    (void)aws::parse_scalar(*target->shape, text, copy);
  }
}

}  // namespace postern::sim::ec2
