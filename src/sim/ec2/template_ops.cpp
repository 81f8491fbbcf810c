// Launch templates and their versions.

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/service.hpp"
#include "sim/ec2/template_versions.hpp"

namespace postern::sim {
namespace ec2 {

std::optional<std::int64_t> template_version(const TemplateRecord& record, std::string_view text) {
  if (text == "$Latest") return *record.shape.latest_version_number;
  if (text == "$Default") return *record.shape.default_version_number;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !record.versions.contains(number)) return {};
  return number;
}

Result<TemplateRecord*> find_template(Catalog& catalog, const std::optional<std::string>& id,
                                      const std::optional<std::string>& name) {
  if (id && name) {
    return fail(invalid_combination("LaunchTemplateId and LaunchTemplateName cannot be specified together"));
  }
  if (id) {
    TRY_VOID(check_id(kTemplateId, *id));
    const auto found = catalog.templates.find(*id);
    if (found != catalog.templates.end()) return &found->second;
    return fail(refuse("InvalidLaunchTemplateId.NotFound",
                       "The specified launch template, with template ID " + *id + ", does not exist."));
  }
  if (!name) return fail(missing_parameter("LaunchTemplateId or LaunchTemplateName"));
  for (auto& [key, record] : catalog.templates) {
    if (record.shape.launch_template_name == *name) return &record;
  }
  return fail(
      refuse("InvalidLaunchTemplateName.NotFoundException",
             "The specified launch template, with template name " + printable(*name, 128) + ", does not exist."));
}

aws::ec2::LaunchTemplateVersion& add_template_version(TemplateRecord& record,
                                                      const aws::ec2::RequestLaunchTemplateData& data,
                                                      const std::optional<std::string>& description,
                                                      const std::string& caller, WallTime now) {
  const std::int64_t number = record.versions.empty() ? 1 : record.versions.rbegin()->first + 1;
  aws::ec2::LaunchTemplateVersion& made = record.versions[number];
  made.launch_template_id = record.shape.launch_template_id;
  made.launch_template_name = record.shape.launch_template_name;
  made.version_number = number;
  made.version_description = description;
  made.create_time = std::chrono::floor<std::chrono::seconds>(now);
  made.created_by = caller;
  made.default_version = number == 1;
  aws::ec2::ResponseLaunchTemplateData& shown = made.launch_template_data.emplace();
  copy_members(aws::Erased(aws::ec2::ResponseLaunchTemplateData::shape(), &shown),
               aws::ConstErased(aws::ec2::RequestLaunchTemplateData::shape(), &data));
  record.shape.latest_version_number = number;
  return made;
}

Error unknown_version(std::string_view text) {
  return refuse("InvalidLaunchTemplateId.VersionNotFound",
                "Could not find the specified version " + printable(text, 40) + " for the launch template.");
}

}  // namespace ec2

namespace template_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;
using ec2::TemplateRecord;

constexpr std::size_t kTemplatesMax = 5'000;
constexpr std::size_t kVersionsMax = 10'000;

constexpr ec2::FilterPath kFilters[] = {
    {"create-time", "CreateTime"},
    {"launch-template-name", "LaunchTemplateName"},
};
constexpr ec2::FilterPath kVersionFilters[] = {
    {"create-time", "CreateTime"},
    {"ebs-optimized", "LaunchTemplateData.EbsOptimized"},
    {"http-endpoint", "LaunchTemplateData.MetadataOptions.HttpEndpoint"},
    {"http-tokens", "LaunchTemplateData.MetadataOptions.HttpTokens"},
    {"iam-instance-profile", "LaunchTemplateData.IamInstanceProfile.Arn"},
    {"image-id", "LaunchTemplateData.ImageId"},
    {"instance-type", "LaunchTemplateData.InstanceType"},
    {"is-default-version", "DefaultVersion"},
};

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("()./_-").find(c) != std::string_view::npos;
  };
  return name.size() >= 3 && name.size() <= 128 && std::all_of(name.begin(), name.end(), fits);
}

}  // namespace template_ops

Result<aws::ec2::CreateLaunchTemplateResponse> Ec2Service::create_launch_template(
    const Info& info, const aws::ec2::CreateLaunchTemplateRequest& request) {
  using namespace template_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "launch-template/*")));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "launch-template"));
  const std::string& name = *request.launch_template_name;
  if (!is_name(name)) {
    return fail(refuse("InvalidLaunchTemplateName.MalformedException",
                       "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, "
                       "and the following characters: - ( ) . / _."));
  }
  ec2::Catalog& all = catalog(info);
  const std::string token = "CreateLaunchTemplate/" + request.client_token.value_or("");
  CreateLaunchTemplateResponse response;
  for (const auto& [id, record] : all.templates) {
    if (record.shape.launch_template_name != name) continue;
    const auto used = all.tokens.find(token);
    if (request.client_token && used != all.tokens.end() && used->second.ids.front() == id) {
      response.launch_template = record.shape;
      return response;
    }
    return fail(refuse("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use."));
  }
  if (all.templates.size() >= kTemplatesMax) {
    return fail(refuse("LaunchTemplateLimitExceeded", "The maximum number of launch templates has been reached."));
  }
  const std::string id = new_id(info, "lt");
  TemplateRecord& made = all.templates[id];
  made.shape.launch_template_id = id;
  made.shape.launch_template_name = name;
  made.shape.create_time = std::chrono::floor<std::chrono::seconds>(now(info));
  made.shape.created_by = info.caller.arn;
  made.shape.default_version_number = 1;
  made.shape.tags = std::move(tags);
  ec2::add_template_version(made, *request.launch_template_data, request.version_description, info.caller.arn,
                            now(info));
  if (request.client_token) all.tokens[token].ids.push_back(id);
  response.launch_template = made.shape;
  return response;
}

Result<aws::ec2::CreateLaunchTemplateVersionResponse> Ec2Service::create_launch_template_version(
    const Info& info, const aws::ec2::CreateLaunchTemplateVersionRequest& request) {
  using namespace template_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "launch-template/" + request.launch_template_id.value_or("*"))));
  TRY(TemplateRecord * record,
      ec2::find_template(catalog(info), request.launch_template_id, request.launch_template_name));
  if (record->versions.size() >= kVersionsMax) {
    return fail(refuse("VersionLimitExceeded", "The maximum number of launch template versions has been reached."));
  }
  std::optional<std::int64_t> source;
  if (request.source_version) {
    source = ec2::template_version(*record, *request.source_version);
    if (!source) return fail(ec2::unknown_version(*request.source_version));
  }
  LaunchTemplateVersion& made = ec2::add_template_version(*record, *request.launch_template_data,
                                                          request.version_description, info.caller.arn, now(info));
  if (source) {
    // What the new version says stands over what the source says.
    ResponseLaunchTemplateData merged = *record->versions.at(*source).launch_template_data;
    const ResponseLaunchTemplateData own = *made.launch_template_data;
    for (const aws::Member& member : ResponseLaunchTemplateData::shape().members) {
      if (aws::member_value(&own, member) != nullptr) aws::member_clear(&merged, member);
    }
    ec2::copy_members(aws::Erased(ResponseLaunchTemplateData::shape(), &merged),
                      aws::ConstErased(ResponseLaunchTemplateData::shape(), &own));
    made.launch_template_data = std::move(merged);
  }
  CreateLaunchTemplateVersionResponse response;
  response.launch_template_version = made;
  return response;
}

Result<aws::ec2::ModifyLaunchTemplateResponse> Ec2Service::modify_launch_template(
    const Info& info, const aws::ec2::ModifyLaunchTemplateRequest& request) {
  using namespace template_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "launch-template/" + request.launch_template_id.value_or("*"))));
  TRY(TemplateRecord * record,
      ec2::find_template(catalog(info), request.launch_template_id, request.launch_template_name));
  if (!request.default_version) return fail(ec2::missing_parameter("DefaultVersion"));
  const auto number = ec2::template_version(*record, *request.default_version);
  if (!number) return fail(ec2::unknown_version(*request.default_version));
  record->shape.default_version_number = *number;
  for (auto& [version, shape] : record->versions) shape.default_version = version == *number;
  ModifyLaunchTemplateResponse response;
  response.launch_template = record->shape;
  return response;
}

Result<aws::ec2::DeleteLaunchTemplateResponse> Ec2Service::delete_launch_template(
    const Info& info, const aws::ec2::DeleteLaunchTemplateRequest& request) {
  using namespace template_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "launch-template/" + request.launch_template_id.value_or("*"))));
  TRY(TemplateRecord * record,
      ec2::find_template(catalog(info), request.launch_template_id, request.launch_template_name));
  DeleteLaunchTemplateResponse response;
  response.launch_template = record->shape;
  catalog(info).templates.erase(*response.launch_template->launch_template_id);
  return response;
}

Result<aws::ec2::DeleteLaunchTemplateVersionsResponse> Ec2Service::delete_launch_template_versions(
    const Info& info, const aws::ec2::DeleteLaunchTemplateVersionsRequest& request) {
  using namespace template_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "launch-template/" + request.launch_template_id.value_or("*"))));
  TRY(TemplateRecord * record,
      ec2::find_template(catalog(info), request.launch_template_id, request.launch_template_name));
  DeleteLaunchTemplateVersionsResponse response;
  for (const std::string& text : request.versions) {
    const auto number = ec2::template_version(*record, text);
    if (number && *number != *record->shape.default_version_number) {
      DeleteLaunchTemplateVersionsResponseSuccessItem& done =
          response.successfully_deleted_launch_template_versions.emplace_back();
      done.launch_template_id = record->shape.launch_template_id;
      done.launch_template_name = record->shape.launch_template_name;
      done.version_number = *number;
      record->versions.erase(*number);
      continue;
    }
    DeleteLaunchTemplateVersionsResponseErrorItem& refused =
        response.unsuccessfully_deleted_launch_template_versions.emplace_back();
    refused.launch_template_id = record->shape.launch_template_id;
    refused.launch_template_name = record->shape.launch_template_name;
    if (number) refused.version_number = *number;
    ResponseError& error = refused.response_error.emplace();
    error.code.emplace(number ? "unexpectedError" : "launchTemplateVersionDoesNotExist");
    error.message = number ? "The default version of a launch template cannot be deleted."
                           : "The specified launch template version does not exist.";
  }
  return response;
}

Result<aws::ec2::DescribeLaunchTemplatesResponse> Ec2Service::describe_launch_templates(
    const Info& info, const aws::ec2::DescribeLaunchTemplatesRequest& request) {
  using namespace template_ops;
  TRY_VOID(admit(info, request.dry_run));
  for (const std::string& id : request.launch_template_ids) {
    TRY_VOID(ec2::find_template(catalog(info), id, std::nullopt));
  }
  for (const std::string& name : request.launch_template_names) {
    TRY_VOID(ec2::find_template(catalog(info), std::nullopt, name));
  }
  const auto named = [](const std::vector<std::string>& asked, const std::string& one) {
    return asked.empty() || std::find(asked.begin(), asked.end(), one) != asked.end();
  };
  std::vector<LaunchTemplate> all;
  for (const auto& [id, record] : catalog(info).templates) {
    const bool wanted = named(request.launch_template_ids, id) &&
                        named(request.launch_template_names, *record.shape.launch_template_name);
    if (wanted) all.push_back(record.shape);
  }
  DescribeLaunchTemplatesResponse response;
  TRY(response.next_token, ec2::list_page(ec2::question_of(info, request), ec2::ShapeList{"LaunchTemplateId", kFilters},
                                          std::move(all), response.launch_templates));
  return response;
}

Result<aws::ec2::DescribeLaunchTemplateVersionsResponse> Ec2Service::describe_launch_template_versions(
    const Info& info, const aws::ec2::DescribeLaunchTemplateVersionsRequest& request) {
  using namespace template_ops;
  TRY_VOID(admit(info, request.dry_run));
  TRY_VOID(
      only(info, &request,
           {"DryRun", "Filters", "LaunchTemplateId", "LaunchTemplateName", "MaxResults", "NextToken", "Versions"}));
  std::vector<LaunchTemplateVersion> all;
  const bool named = request.launch_template_id || request.launch_template_name;
  if (named) {
    TRY(const TemplateRecord* record,
        ec2::find_template(catalog(info), request.launch_template_id, request.launch_template_name));
    for (const std::string& text : request.versions) {
      const auto number = ec2::template_version(*record, text);
      if (!number) return fail(ec2::unknown_version(text));
      all.push_back(record->versions.at(*number));
    }
    // The newest first, as AWS lists them.
    for (auto version = record->versions.rbegin(); request.versions.empty() && version != record->versions.rend();
         ++version) {
      all.push_back(version->second);
    }
  } else {
    for (const auto& [id, record] : catalog(info).templates) {
      for (const std::string& text : request.versions) {
        if (text != "$Latest" && text != "$Default") {
          return fail(invalid_value("Without a launch template only $Latest and $Default can be asked for"));
        }
        all.push_back(record.versions.at(*ec2::template_version(record, text)));
      }
    }
    if (request.versions.empty()) return fail(ec2::missing_parameter("LaunchTemplateId or LaunchTemplateName"));
  }
  std::vector<std::string> keys;
  for (const LaunchTemplateVersion& one : all) {
    keys.push_back(*one.launch_template_id + "/" + std::to_string(*one.version_number));
  }
  const auto key_of = [&](std::size_t i) -> std::string_view { return keys[i]; };
  const auto path_of = [](std::string_view name) {
    for (const ec2::FilterPath& one : kVersionFilters) {
      if (one.filter == name) return one.path;
    }
    return std::string_view();
  };
  const auto knows = [&](std::string_view name) { return !path_of(name).empty(); };
  const auto values = [&](std::size_t i, std::string_view name, ec2::FilterValues& out) {
    ec2::values_at(aws::ConstErased(LaunchTemplateVersion::shape(), &all[i]), path_of(name), out);
  };
  TRY(ec2::ListAnswer answer, ec2::list_items(ec2::question_of(info, request), all.size(), key_of, knows, values));
  DescribeLaunchTemplateVersionsResponse response;
  for (const std::size_t i : answer.items) response.launch_template_versions.push_back(std::move(all[i]));
  response.next_token = std::move(answer.next_token);
  return response;
}

}  // namespace postern::sim
