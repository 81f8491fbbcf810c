#include "sim/cloudformation/resource_types.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "sim/cloudformation/template.hpp"

namespace postern::sim::stacks {

Result<Json> ResourceWork::call(std::string_view service, std::string_view operation, const Json& request) {
  return calls_.call(as_, service, operation, request);
}

Result<void> ResourceWork::remove(std::string_view service, std::string_view operation, const Json& request) {
  const Result<Json> done = calls_.call(as_, service, operation, request);
  if (done || done.error().kind() == ErrorKind::not_found) return {};
  return fail(done.error());
}

std::string ResourceWork::generated_name(std::size_t length_max) const {
  const std::size_t room = length_max - suffix.size() - 2;
  const std::string id = logical_id.substr(0, std::min(logical_id.size(), room / 2));
  return stack_name.substr(0, room - id.size()) + "-" + id + "-" + suffix;
}

std::string ResourceWork::name_from(const Json& properties, std::string_view key, std::size_t length_max) const {
  const std::string given = scalar_text(properties[key]).value_or("");
  return given.empty() ? generated_name(length_max) : given;
}

Json ResourceWork::tags(const Json& properties) const {
  std::map<std::string, std::string> all(stack_tags.begin(), stack_tags.end());
  for (const Json& tag : properties["Tags"].items()) {
    all[scalar_text(tag["Key"]).value_or("")] = scalar_text(tag["Value"]).value_or("");
  }
  for (const auto& [key, value] : properties["Tags"].members()) all[key] = scalar_text(value).value_or("");
  Json out = Json::array();
  for (const auto& [key, value] : all) out.push_back(Json::object().set("Key", key).set("Value", value));
  return out;
}

const PropertyRule* ResourceType::find(std::string_view property) const noexcept {
  const auto found = std::find_if(properties.begin(), properties.end(),
                                  [&](const PropertyRule& rule) { return rule.name == property; });
  return found == properties.end() ? nullptr : &*found;
}

const ResourceType* find_type(std::string_view name) noexcept {
  for (const auto types : {iam_types(), signal_types(), system_types(), trail_types()}) {
    for (const ResourceType& type : types) {
      if (type.name == name) return &type;
    }
  }
  return nullptr;
}

Result<void> check_properties(const ResourceType& type, const Json& properties) {
  for (const auto& [key, value] : properties.members()) {
    if (type.find(key) == nullptr) {
      return fail(ErrorKind::usage, "Encountered unsupported property " + printable(key, 100));
    }
  }
  for (const PropertyRule& rule : type.properties) {
    if (rule.required && !properties.contains(rule.name)) {
      return fail(ErrorKind::usage, "Property " + std::string(rule.name) + " cannot be empty.");
    }
  }
  return {};
}

std::vector<std::string> changed_properties(const Json& before, const Json& after) {
  std::set<std::string> names;
  for (const auto& member : before.members()) names.insert(member.key);
  for (const auto& member : after.members()) names.insert(member.key);
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (differs(before, after, name)) out.push_back(name);
  }
  return out;
}

std::string reason_of(const Error& error, const Info& as) {
  const AwsFault* fault = error.aws();
  if (fault == nullptr || fault->code.empty()) return error.message();
  std::string_view code = "GeneralServiceException";
  switch (error.kind()) {
    case ErrorKind::denied:
      code = "AccessDenied";
      break;
    case ErrorKind::not_found:
      code = "NotFound";
      break;
    case ErrorKind::conflict:
      code = fault->code.find("lreadyExists") != std::string::npos ? "AlreadyExists" : "ResourceConflict";
      break;
    case ErrorKind::usage:
      code = "InvalidRequest";
      break;
    default:
      break;
  }
  return "Resource handler returned message: \"" + error.message() + "\" (RequestToken: " + as.request_id +
         ", HandlerErrorCode: " + std::string(code) + ")";
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  if (list.is_string()) out.push_back(list.as_string());
  for (const Json& item : list.items()) out.push_back(scalar_text(item).value_or(""));
  return out;
}

bool differs(const Json& before, const Json& after, std::string_view key) {
  const Json& a = before[key];
  const Json& b = after[key];
  const auto left = scalar_text(a);
  const auto right = scalar_text(b);
  return left && right ? *left != *right : !(a == b);
}

Json picked(const Json& from, std::initializer_list<std::string_view> keys) {
  Json out = Json::object();
  for (const std::string_view key : keys) {
    if (const Json* found = from.find(key)) out.set(key, *found);
  }
  return out;
}

}  // namespace postern::sim::stacks
