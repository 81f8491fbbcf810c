#include "iam/testing/table.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "base/yaml.hpp"

namespace postern::iam::testing {
namespace {

constexpr std::string_view kFolder = "src/iam/testdata/";

Json to_json(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::Kind::null:
      return {};
    case yaml::Kind::scalar:
      if (const auto truth = node.to_bool()) return *truth;
      return node.text;
    case yaml::Kind::sequence: {
      Json list = Json::array();
      for (const yaml::Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case yaml::Kind::map:
      break;
  }
  Json map = Json::object();
  for (const yaml::Entry& entry : node.entries) map.set(entry.key, to_json(entry.value));
  return map;
}

std::vector<std::string> texts_of(const Json& value) {
  std::vector<std::string> out;
  if (value.is_string()) out.push_back(value.as_string());
  if (value.is_bool()) out.push_back(value.dump());
  for (const Json& item : value.items()) out.push_back(item.is_string() ? item.as_string() : item.dump());
  return out;
}

std::string text_of(const Json& value) {
  return std::string(value.to_string().value_or(""));
}

Json list_of(std::string_view commas) {
  Json list = Json::array();
  for (const std::string_view part : split(commas, ',')) list.push_back(std::string(part));
  return list;
}

// "AWS=1111...,Service=ec2.amazonaws.com" or "*".
Json principal_of(std::string_view text) {
  if (text == "*") return "*";
  Json map = Json::object();
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string key(part.substr(0, equals));
    Json list = map[key];
    list.push_back(std::string(part.substr(equals + 1)));
    map.set(key, std::move(list));
  }
  return map;
}

Json statement_of(std::string_view text) {
  Json statement = Json::object();
  std::string_view condition;
  if (const std::size_t at = text.find(" if "); at != std::string_view::npos) {
    condition = text.substr(at + 4);
    text = text.substr(0, at);
  }
  const std::vector<std::string_view> words = split(text, ' ');
  statement.set("Effect", std::string(words[0]));
  if (words.size() > 1) statement.set("Action", list_of(words[1]));
  std::size_t next = 2;
  if (words.size() > next && words[next] != "to" && words[next] != "except")
    statement.set("Resource", list_of(words[next++]));
  if (words.size() > next + 1)
    statement.set(words[next] == "to" ? "Principal" : "NotPrincipal", principal_of(words[next + 1]));
  if (!condition.empty()) {
    const std::size_t space = condition.find(' ');
    const std::size_t equals = condition.find('=');
    const Json values = list_of(condition.substr(equals + 1));
    const Json keys = Json::object().set(condition.substr(space + 1, equals - space - 1), values);
    statement.set("Condition", Json::object().set(condition.substr(0, space), keys));
  }
  return statement;
}

Json document_of(const Json& value) {
  Json statements = Json::array();
  if (value.is_string()) statements.push_back(statement_of(value.as_string()));
  for (const Json& item : value.items()) statements.push_back(item.is_string() ? statement_of(item.as_string()) : item);
  return Json::object().set("Version", "2012-10-17").set("Statement", std::move(statements));
}

Result<AttachedPolicy> make_policy(const Json& world, DocumentKind kind, const Json& value, std::string name) {
  auto document = make_document(world, kind, value);
  if (!document) return fail(std::move(document).error().with("policy", value.dump()));
  std::string arn;
  if (value.is_string() && value.as_string().starts_with('@')) {
    name = value.as_string().substr(1);
    arn = text_of(world["arns"][name]);
  }
  return AttachedPolicy(std::move(name), std::move(arn), std::move(*document));
}

Result<PolicyList> make_policies(const Json& world, DocumentKind kind, const Json& value, const std::string& name) {
  PolicyList list;
  for (const Json& item : value.items()) {
    TRY(auto policy, make_policy(world, kind, item, name + "#" + std::to_string(list.size() + 1)));
    list.push_back(std::move(policy));
  }
  return list;
}

// {scps: [[root's], [OU's], [account's]], rcps: ..., management: true}
Result<OrganizationPath> make_organization(const Json& world, const Json& value) {
  constexpr std::string_view kNames[] = {"r-root", "ou-root-workloads", "account", "deeper"};
  OrganizationPath path;
  if (value["management"] == Json(true)) path.account = OrganizationPath::Account::management;
  const Json& scps = value["scps"];
  const Json& rcps = value["rcps"];
  for (std::size_t i = 0; i < std::max(scps.size(), rcps.size()); ++i) {
    auto level = std::make_shared<OrganizationLevel>();
    level->name = kNames[std::min<std::size_t>(i, 3)];
    const Json open = Json::array().push_back("Allow * *");
    TRY(level->scps, make_policies(world, DocumentKind::scp, i < scps.size() ? scps.items()[i] : open, "scp"));
    if (i < rcps.size()) {
      TRY(level->rcps, make_policies(world, DocumentKind::rcp, rcps.items()[i], "rcp"));
    }
    path.levels.push_back(std::move(level));
  }
  return path;
}

}  // namespace

Result<Json> load_table(std::string_view file_name) {
  const std::string path = std::string(kFolder) + std::string(file_name);
  std::ifstream file(path);
  if (!file) return fail(ErrorKind::not_found, path + ": not there");
  std::stringstream text;
  text << file.rdbuf();
  TRY(const yaml::Node node, yaml::parse(text.str(), path));
  return to_json(node);
}

Result<DocumentPtr> make_document(const Json& world, DocumentKind kind, const Json& value) {
  if (value.is_string() && value.as_string().starts_with('@')) {
    const Json& named = world["documents"][value.as_string().substr(1)];
    if (named.is_null()) return fail(ErrorKind::usage, value.as_string() + " is not defined");
    return make_document(world, kind, named);
  }
  return document_from_json(kind, value.is_object() ? value : document_of(value));
}

RequestContext make_context(const Json& value) {
  RequestContext context;
  for (const Json::Member& member : value.members()) context.set_list(member.key, texts_of(member.value));
  return context;
}

Result<Principal> make_principal(const Json& world, const Json& value) {
  if (value.is_string()) {
    const Json& named = world["principals"][value.as_string()];
    if (named.is_null()) return fail(ErrorKind::usage, "no principal " + value.as_string());
    return make_principal(world, named);
  }
  Principal::Details details;
  details.unique_id = text_of(value["id"]);
  details.source_identity = text_of(value["source_identity"]);
  details.org_id = text_of(value["org"]);
  details.org_path = text_of(value["org_path"]);
  details.canonical_user_id = text_of(value["canonical"]);
  for (const Json::Member& tag : value["tags"].members()) details.tags.emplace_back(tag.key, text_of(tag.value));
  for (const Json::Member& tag : value["transitive_tags"].members())
    details.transitive_tags.emplace_back(tag.key, text_of(tag.value));
  if (value.contains("root")) return Principal::root(text_of(value["root"]), std::move(details));
  if (value.contains("user")) return Principal::user(text_of(value["user"]), std::move(details));
  if (value.contains("role"))
    return Principal::role_session(text_of(value["role"]), text_of(value["session"]), std::move(details));
  if (value.contains("federated_user"))
    return Principal::federated_user(text_of(value["by"]), text_of(value["federated_user"]), std::move(details));
  if (value.contains("service")) return Principal::service(text_of(value["service"]));
  if (value.contains("identity")) return Principal::identity(text_of(value["identity"]));
  return Principal::anonymous();
}

Result<std::unique_ptr<Case>> Case::make(const Json& world, const Json& row) {
  std::unique_ptr<Case> made(new Case());
  TRY_VOID(made->build(world, row));
  return made;
}

Result<void> Case::build(const Json& world, const Json& row) {
  constexpr std::string_view kKnown[] = {"name",
                                         "rule",
                                         "who",
                                         "action",
                                         "resource",
                                         "resources",
                                         "identity",
                                         "boundary",
                                         "session",
                                         "organization",
                                         "resource_organization",
                                         "endpoint",
                                         "gateway_endpoint",
                                         "resource_policy",
                                         "key_policy",
                                         "resource_account",
                                         "context",
                                         "resource_context",
                                         "assume",
                                         "expect",
                                         "layer",
                                         "by",
                                         "text",
                                         "style",
                                         "key"};
  for (const Json::Member& member : row.members())
    if (std::find(std::begin(kKnown), std::end(kKnown), member.key) == std::end(kKnown))
      return fail(ErrorKind::usage, "unknown field " + member.key);
  TRY_VOID(build_caller(world, row));
  TRY_VOID(build_organizations(world, row));
  TRY_VOID(build_resources(world, row));
  if (row.contains("assume")) TRY_VOID(build_assume(world, row));
  return {};
}

Result<void> Case::build_caller(const Json& world, const Json& row) {
  TRY(principal_, make_principal(world, row["who"]));
  action_ = text_of(row["action"]);
  context_ = make_context(row["context"]);
  TRY(identity_, make_policies(world, DocumentKind::identity, row["identity"], "identity"));
  TRY(session_, make_policies(world, DocumentKind::session, row["session"], "session"));
  if (row.contains("boundary")) {
    TRY(boundary_, make_policy(world, DocumentKind::boundary, row["boundary"], "boundary"));
    policies_.boundary = &*boundary_;
  }
  for (const std::string_view name : {"endpoint", "gateway_endpoint"}) {
    if (!row.contains(name)) continue;
    endpoint_.emplace();
    if (name != "endpoint") endpoint_->type = EndpointPolicy::Type::gateway;
    TRY(endpoint_->policy, make_policy(world, DocumentKind::endpoint, row[name], "endpoint"));
    policies_.endpoint = &*endpoint_;
  }
  policies_.identity = identity_;
  policies_.session = session_;
  return {};
}

Result<void> Case::build_organizations(const Json& world, const Json& row) {
  if (row.contains("organization")) {
    TRY(organization_, make_organization(world, row["organization"]));
    policies_.organization = &*organization_;
  }
  if (row.contains("resource_organization")) {
    TRY(resource_organization_, make_organization(world, row["resource_organization"]));
  }
  return {};
}

Result<void> Case::build_resources(const Json& world, const Json& row) {
  const bool required = row.contains("key_policy");
  if (required || row.contains("resource_policy")) {
    const Json& value = row[required ? "key_policy" : "resource_policy"];
    TRY(resource_policy_, make_policy(world, DocumentKind::resource, value, "resource"));
  }
  Json list = row.contains("resources") ? row["resources"] : Json::array();
  if (row.contains("resource")) list.push_back(row["resource"]);
  for (const Json& item : list.items()) {
    // {arn: ..., account: ..., context: {...}} or just the ARN
    Resource resource(text_of(item.is_object() ? item["arn"] : item));
    resource.account = text_of(item.is_object() ? item["account"] : row["resource_account"]);
    resource_contexts_.push_back(make_context(item.is_object() ? item["context"] : row["resource_context"]));
    resource.context = &resource_contexts_.back();
    resource.policy = resource_policy_ ? &*resource_policy_ : nullptr;
    if (required) resource.policy_use = Resource::PolicyUse::required;
    resource.organization = resource_organization_ ? &*resource_organization_ : nullptr;
    resources_.push_back(std::move(resource));
  }
  return {};
}

// {role: ARN, trust: document, external_id: ..., session_name: ..., source_identity: ..., tags: {...}, transitive:
// [...]}
Result<void> Case::build_assume(const Json& world, const Json& row) {
  const Json& value = row["assume"];
  TRY(resource_policy_, make_policy(world, DocumentKind::trust, value["trust"], "trust"));
  assume_.emplace();
  assume_->caller = &*principal_;
  if (!action_.empty()) assume_->action = action_;
  assume_->role_arn = text_of(value["role"]);
  assume_->trust = &*resource_policy_;
  assume_->context = &context_;
  assume_->role_organization = resource_organization_ ? &*resource_organization_ : nullptr;
  if (value.contains("external_id")) assume_->external_id = text_of(value["external_id"]);
  assume_->session_name = value.contains("session_name") ? text_of(value["session_name"]) : "test";
  assume_->source_identity = text_of(value["source_identity"]);
  for (const Json::Member& tag : value["tags"].members()) assume_->tags.emplace_back(tag.key, text_of(tag.value));
  assume_->transitive_tag_keys = texts_of(value["transitive"]);
  return {};
}

Evaluation Case::run(Detail detail, DenialStyle style) const {
  EvaluateOptions options;
  options.detail = detail;
  options.style = style;
  if (assume_) return evaluate_assume_role(*assume_, policies_, options);
  Request request;
  request.principal = &*principal_;
  request.action = action_;
  request.context = &context_;
  request.resources = resources_;
  return evaluate(request, policies_, options);
}

}  // namespace postern::iam::testing
