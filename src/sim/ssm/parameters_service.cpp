// Parameter Store, and the tags of its parameters and of documents.

#include <algorithm>
#include <regex>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/paging.hpp"
#include "sim/ssm/service.hpp"
#include "sim/ssm/shared.hpp"

namespace postern::sim {
namespace ssm_parameters {

using aws::server::fault;
using Info = aws::server::CallInfo;
using Type = StoredParameter::Type;

constexpr std::size_t kLevelsMax = 15;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kPathPage = 10;

std::string_view type_name(Type type) {
  if (type == Type::secure_string) return "SecureString";
  return type == Type::string_list ? "StringList" : "String";
}

std::string arn_of(const Info& info, const std::string& name) {
  if (name.starts_with("arn:")) return name;
  return "arn:aws:ssm:" + info.region + ":" + info.caller.account_id + ":parameter" +
         (name.starts_with('/') ? "" : "/") + name;
}

Result<void> check_name(const std::string& name) {
  const bool word = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '/';
  });
  const std::string first = to_lower(name.starts_with('/') ? name.substr(1) : name);
  if (!word || first.empty() || first.starts_with("aws") || first.starts_with("ssm")) {
    return fail(fault(ErrorKind::usage, "ValidationException",
                      "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive) and may only "
                      "contain letters, digits and the symbols .-_/",
                      400));
  }
  const auto levels = static_cast<std::size_t>(std::count(name.begin(), name.end(), '/'));
  const bool rooted = levels == 0 || name.starts_with('/');
  if (rooted && levels <= kLevelsMax && !name.ends_with('/')) return {};
  return fail(fault(ErrorKind::usage,
                    levels > kLevelsMax ? "HierarchyLevelLimitExceededException" : "ValidationException",
                    "Parameter names with levels must be fully qualified and have at most 15 of them", 400));
}

Result<Type> type_of(const aws::ssm::PutParameterRequest& request, const StoredParameter* before) {
  if (!request.type) {
    if (before != nullptr) return before->type;
    return fail(fault(ErrorKind::usage, "ValidationException",
                      "A parameter type is required when you create a parameter.", 400));
  }
  const std::string& text = request.type->text();
  const Type type = text == "SecureString" ? Type::secure_string
                    : text == "StringList" ? Type::string_list
                                           : Type::string;
  if (before != nullptr && before->type != type) {
    return fail(fault(ErrorKind::usage, "HierarchyTypeMismatchException",
                      "Parameter type can't be changed by an overwrite", 400));
  }
  return type;
}

bool fits(const std::string& pattern, const std::string& value) {
  try {
    return std::regex_match(value, std::regex(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial));
  } catch (const std::regex_error&) {
    return false;
  }
}

Result<void> check_put(const aws::ssm::PutParameterRequest& request) {
  TRY_VOID(check_name(*request.name));
  const std::string& value = request.value->reveal();
  if (value.empty() || value.size() > ParameterStore::kValueBytesMax) {
    return fail(fault(ErrorKind::usage, "ValidationException",
                      "Standard tier parameters support a maximum parameter value of 4096 characters, and at least one",
                      400));
  }
  const bool advanced = request.tier && request.tier->text() == "Advanced";
  if (advanced || request.policies || (request.data_type && *request.data_type != "text")) {
    return fail(fault(ErrorKind::unsupported, "ValidationException",
                      "The advanced tier, policies and data types other than text are not offered by this simulator",
                      400));
  }
  if (request.allowed_pattern && !request.allowed_pattern->empty() && !fits(*request.allowed_pattern, value)) {
    return fail(fault(ErrorKind::usage, "ParameterPatternMismatchException",
                      "Parameter value, cannot be validated against allowedPattern: " + *request.allowed_pattern, 400));
  }
  if (request.overwrite.value_or(false) && !request.tags.empty()) {
    return fail(fault(ErrorKind::usage, "ValidationException",
                      "Invalid request: tags and overwrite can't be used together.", 400));
  }
  return {};
}

/// What a secret looks like to who does not ask for decryption: not the value.
Secret<> encrypted(const StoredParameter& parameter) {
  return Secret<>(to_base64("kms:alias/aws/ssm:" + parameter.name + ":" + std::to_string(parameter.version)));
}

aws::ssm::Parameter described(const Info& info, const StoredParameter& from, const std::optional<bool>& decrypt) {
  aws::ssm::Parameter to;
  to.name = from.name;
  to.type.emplace(type_name(from.type));
  const bool hidden = from.type == Type::secure_string && !decrypt.value_or(false);
  to.value = hidden ? encrypted(from) : from.value;
  to.version = from.version;
  to.last_modified_date = from.modified;
  to.arn = arn_of(info, from.name);
  to.data_type = from.data_type;
  return to;
}

Error not_found(const std::string& name) {
  return fault(ErrorKind::not_found, "ParameterNotFound", "Parameter " + printable(name, 200) + " not found.", 400);
}

struct Selected {
  Selected() = default;
  std::string name;
  std::string selector;  ///< ":3"; empty: none
};

/// "name:3" asks for a version; labels are not kept here.
Selected select(const std::string& text) {
  Selected selected;
  selected.name = text;
  const std::size_t colon = text.starts_with("arn:") ? std::string::npos : text.find(':');
  if (colon == std::string::npos) return selected;
  selected.name = text.substr(0, colon);
  selected.selector = text.substr(colon);
  return selected;
}

}  // namespace ssm_parameters

Result<aws::ssm::PutParameterResponse> SsmService::put(const Info& info, const aws::ssm::PutParameterRequest& request) {
  using namespace ssm_parameters;
  TRY_VOID(authorize(info, arn_of(info, *request.name)));
  TRY_VOID(check_put(request));
  const StoredParameter* before = parameters_.find(info.caller.account_id, info.region, *request.name);
  if (before != nullptr && !request.overwrite.value_or(false)) {
    return fail(fault(ErrorKind::conflict, "ParameterAlreadyExists",
                      "The parameter already exists. To overwrite this value, set the overwrite option in the request "
                      "to true.",
                      400));
  }
  StoredParameter made;
  if (before != nullptr) made = *before;
  TRY(made.type, type_of(request, before));
  made.name = *request.name;
  made.value = *request.value;
  made.version = before == nullptr ? 1 : before->version + 1;
  made.allowed_pattern = request.allowed_pattern.value_or("");
  made.modified = std::chrono::floor<std::chrono::milliseconds>(cloud_.now(info.ctx.clock()));
  for (const aws::ssm::Tag& tag : request.tags) made.tags[*tag.key] = *tag.value;
  aws::ssm::PutParameterResponse response;
  TRY(const StoredParameter* const stored, parameters_.put(info.caller.account_id, info.region, std::move(made)));
  response.version = stored->version;
  response.tier.emplace("Standard");
  return response;
}

Result<aws::ssm::GetParameterResponse> SsmService::parameter(const Info& info,
                                                             const aws::ssm::GetParameterRequest& request) const {
  using namespace ssm_parameters;
  const Selected selected = select(*request.name);
  TRY_VOID(authorize(info, arn_of(info, selected.name)));
  const StoredParameter* found = parameters_.find(info.caller.account_id, info.region, selected.name);
  if (found == nullptr) return fail(not_found(*request.name));
  if (!selected.selector.empty() && selected.selector != ":" + std::to_string(found->version)) {
    return fail(fault(ErrorKind::not_found, "ParameterVersionNotFound",
                      "This simulator keeps the newest version of a parameter only, and no labels", 400));
  }
  aws::ssm::GetParameterResponse response;
  response.parameter = described(info, *found, request.with_decryption);
  if (!selected.selector.empty()) response.parameter->selector = selected.selector;
  return response;
}

Result<aws::ssm::GetParametersResponse> SsmService::parameters_by_name(
    const Info& info, const aws::ssm::GetParametersRequest& request) const {
  using namespace ssm_parameters;
  aws::ssm::GetParametersResponse response;
  for (const std::string& name : request.names) TRY_VOID(authorize(info, arn_of(info, select(name).name)));
  for (const std::string& name : request.names) {
    const Selected selected = select(name);
    const StoredParameter* found = parameters_.find(info.caller.account_id, info.region, selected.name);
    const bool fits_version =
        found != nullptr && (selected.selector.empty() || selected.selector == ":" + std::to_string(found->version));
    if (fits_version) {
      response.parameters.push_back(described(info, *found, request.with_decryption));
    } else {
      response.invalid_parameters.push_back(name);
    }
  }
  return response;
}

Result<aws::ssm::GetParametersByPathResponse> SsmService::parameters_by_path(
    const Info& info, const aws::ssm::GetParametersByPathRequest& request) const {
  using namespace ssm_parameters;
  TRY_VOID(authorize(info, arn_of(info, *request.path)));
  if (!request.path->starts_with('/')) {
    return fail(fault(ErrorKind::usage, "ValidationException",
                      "The parameter doesn't meet the parameter name requirements. The parameter name must begin with "
                      "a forward slash \"/\".",
                      400));
  }
  if (!request.parameter_filters.empty()) {
    return fail(
        fault(ErrorKind::unsupported, "ValidationException", "ParameterFilters is not offered by this simulator", 400));
  }
  const auto depth =
      request.recursive.value_or(false) ? ParameterStore::Depth::recursive : ParameterStore::Depth::one_level;
  const auto found = parameters_.below(info.caller.account_id, info.region, *request.path, depth);
  const std::string question = "parameters/" + info.caller.account_id + "/" + info.region + *request.path +
                               (depth == ParameterStore::Depth::recursive ? "//" : "/");
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : kPathPage;
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i]->name; }));
  aws::ssm::GetParametersByPathResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.parameters.push_back(described(info, *found[i], request.with_decryption));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ssm::DeleteParameterResponse> SsmService::delete_one(const Info& info,
                                                                 const aws::ssm::DeleteParameterRequest& request) {
  using namespace ssm_parameters;
  TRY_VOID(authorize(info, arn_of(info, *request.name)));
  if (!parameters_.erase(info.caller.account_id, info.region, *request.name)) return fail(not_found(*request.name));
  return aws::ssm::DeleteParameterResponse();
}

Result<aws::ssm::DeleteParametersResponse> SsmService::delete_several(
    const Info& info, const aws::ssm::DeleteParametersRequest& request) {
  using namespace ssm_parameters;
  for (const std::string& name : request.names) TRY_VOID(authorize(info, arn_of(info, name)));
  aws::ssm::DeleteParametersResponse response;
  for (const std::string& name : request.names) {
    const bool gone = parameters_.erase(info.caller.account_id, info.region, name);
    (gone ? response.deleted_parameters : response.invalid_parameters).push_back(name);
  }
  return response;
}

/// Null when there is no such resource.
std::map<std::string, std::string>* SsmService::tags_of(const Info& info, std::string_view type,
                                                        const std::string& id) {
  if (type == "Document") {
    StoredDocument* stored = documents_.own(info.caller.account_id, info.region, id);
    return stored == nullptr ? nullptr : &stored->tags;
  }
  StoredParameter* stored = parameters_.find(info.caller.account_id, info.region, id);
  return stored == nullptr ? nullptr : &stored->tags;
}

namespace ssm_parameters {

Result<void> check_type(std::string_view type) {
  if (type == "Document" || type == "Parameter") return {};
  return fail(fault(ErrorKind::unsupported, "InvalidResourceType",
                    "Tags of " + printable(type, 40) + " are not offered by this simulator", 400));
}

std::string tagged_arn(const Info& info, std::string_view type, const std::string& id) {
  if (type == "Parameter") return arn_of(info, id);
  return "arn:aws:ssm:" + info.region + ":" + info.caller.account_id + ":document/" + id;
}

Error no_resource() {
  return fault(ErrorKind::not_found, "InvalidResourceId",
               "The resource ID isn't valid. Verify that you entered the correct ID and try again.", 400);
}

}  // namespace ssm_parameters

Result<aws::ssm::AddTagsToResourceResponse> SsmService::add_tags(const Info& info,
                                                                 const aws::ssm::AddTagsToResourceRequest& request) {
  using namespace ssm_parameters;
  const std::string& type = request.resource_type->text();
  TRY_VOID(check_type(type));
  Tags given;
  for (const aws::ssm::Tag& tag : request.tags) given[*tag.key] = *tag.value;
  auto* tags = tags_of(info, type, *request.resource_id);
  const Tags before = tags == nullptr ? Tags() : *tags;
  TRY_VOID(authorize(info, Access().on(tagged_arn(info, type, *request.resource_id), before).tagging(given)));
  if (tags == nullptr) return fail(no_resource());
  std::map<std::string, std::string> all = *tags;
  for (const aws::ssm::Tag& tag : request.tags) all[*tag.key] = *tag.value;
  if (all.size() > kTagsMax) {
    return fail(fault(ErrorKind::conflict, "TooManyTagsError", "The number of tags exceeds the limit of 50.", 400));
  }
  *tags = std::move(all);
  return aws::ssm::AddTagsToResourceResponse();
}

Result<aws::ssm::RemoveTagsFromResourceResponse> SsmService::remove_tags(
    const Info& info, const aws::ssm::RemoveTagsFromResourceRequest& request) {
  using namespace ssm_parameters;
  const std::string& type = request.resource_type->text();
  TRY_VOID(check_type(type));
  auto* tags = tags_of(info, type, *request.resource_id);
  const Tags before = tags == nullptr ? Tags() : *tags;
  const std::string arn = tagged_arn(info, type, *request.resource_id);
  TRY_VOID(authorize(info, Access().on(arn, before).untagging(request.tag_keys)));
  if (tags == nullptr) return fail(no_resource());
  for (const std::string& key : request.tag_keys) tags->erase(key);
  return aws::ssm::RemoveTagsFromResourceResponse();
}

Result<aws::ssm::ListTagsForResourceResponse> SsmService::tags(const Info& info,
                                                               const aws::ssm::ListTagsForResourceRequest& request) {
  using namespace ssm_parameters;
  const std::string& type = request.resource_type->text();
  TRY_VOID(check_type(type));
  TRY_VOID(authorize(info, tagged_arn(info, type, *request.resource_id)));
  const auto* found = tags_of(info, type, *request.resource_id);
  if (found == nullptr) return fail(no_resource());
  aws::ssm::ListTagsForResourceResponse response;
  for (const auto& [key, value] : *found) {
    aws::ssm::Tag& tag = response.tag_list.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  return response;
}

}  // namespace postern::sim
