#include <algorithm>

#include "base/text.hpp"
#include "sim/cloudformation/stack_engine.hpp"
#include "sim/cloudformation/stack_work.hpp"

namespace postern::sim::stacks {
namespace changes_detail {

constexpr std::string_view kUnknown = "{{changeSet:KNOWN_AFTER_APPLY}}";

std::map<std::string, Json> pseudo_parameters(const Stack& stack, const StackModel& model) {
  std::map<std::string, Json> out;
  out["AWS::AccountId"] = stack.account;
  out["AWS::Region"] = stack.region;
  out["AWS::Partition"] = "aws";
  out["AWS::StackId"] = stack.id;
  out["AWS::StackName"] = stack.name;
  out["AWS::URLSuffix"] = "amazonaws.com";
  Json arns = Json::array();
  for (const std::string& arn : model.notification_arns) arns.push_back(arn);
  out["AWS::NotificationARNs"] = std::move(arns);
  return out;
}

Error unresolved(std::string_view id) {
  return validation_error("Template format error: Unresolved resource dependencies [" + std::string(id) +
                          "] in the Resources block of the template");
}

Error no_attribute(std::string_view id, std::string_view attribute) {
  return validation_error("Template error: resource " + std::string(id) + " does not support attribute type " +
                          printable(attribute, 100) + " in Fn::GetAtt");
}

bool mentions_unknown(const Json& value) {
  return value.dump().find(kUnknown) != std::string::npos;
}

/// What a change of a property comes from: a parameter, another resource, or the template.
void add_causes(const StackModel& before, const StackModel& after, const std::string& id, const std::string& property,
                const std::set<std::string>& changed, ResourceChange::Detail detail,
                std::vector<ResourceChange::Detail>& out) {
  const ResourceDecl* old = before.source ? before.source->find_resource(id) : nullptr;
  const Json& now = after.source->find_resource(id)->properties[property];
  const std::size_t already = out.size();
  for (const std::string& name : references(now)) {
    const bool parameter = after.source->find_parameter(name) != nullptr;
    const auto was = before.parameters.find(name);
    const auto is = after.parameters.find(name);
    if (parameter && is != after.parameters.end() && (was == before.parameters.end() || !(was->second == is->second))) {
      detail.source = "ParameterReference";
      detail.cause = name;
      detail.dynamic = false;
      out.push_back(detail);
    } else if (changed.contains(name)) {
      detail.source = "ResourceReference";
      detail.cause = name;
      detail.dynamic = true;
      out.push_back(detail);
    }
  }
  if (out.size() != already && old != nullptr && old->properties[property] == now) return;
  detail.source = "DirectModification";
  detail.cause.clear();
  detail.dynamic = false;
  out.push_back(std::move(detail));
}

}  // namespace changes_detail

Meaning StackEngine::meaning(const Stack& stack, const StackModel& model, std::set<std::string>* imports) const {
  Meaning out(*model.source);
  out.parameters = model.parameters;
  out.pseudo = changes_detail::pseudo_parameters(stack, model);
  out.resource = [&stack](std::string_view id) -> Result<Json> {
    const auto found = stack.resources.find(std::string(id));
    if (found == stack.resources.end()) return fail(changes_detail::unresolved(id));
    return Json(found->second.physical_id);
  };
  out.attribute = [&stack](std::string_view id, std::string_view attribute) -> Result<Json> {
    const auto found = stack.resources.find(std::string(id));
    if (found == stack.resources.end()) return fail(changes_detail::unresolved(id));
    const auto value = found->second.attributes.find(std::string(attribute));
    if (value == found->second.attributes.end()) return fail(changes_detail::no_attribute(id, attribute));
    return value->second;
  };
  out.imported = [this, &stack, imports](std::string_view name) -> Result<Json> {
    const auto all = exports(stack.account, stack.region);
    const auto found = all.find(std::string(name));
    if (found == all.end()) return fail(validation_error("No export named " + printable(name, 255) + " found"));
    if (imports != nullptr) imports->insert(found->first);
    return Json(found->second.second);
  };
  return out;
}

Meaning StackEngine::meaning_after(const Stack& stack, const StackModel& model,
                                   const std::set<std::string>& unknown) const {
  Meaning out = meaning(stack, model, nullptr);
  out.resource = [now = out.resource, &unknown](std::string_view id) -> Result<Json> {
    if (unknown.contains(std::string(id))) return Json(changes_detail::kUnknown);
    return now(id);
  };
  out.attribute = [now = out.attribute, &unknown](std::string_view id, std::string_view attribute) -> Result<Json> {
    if (unknown.contains(std::string(id))) return Json(changes_detail::kUnknown);
    return now(id, attribute);
  };
  return out;
}

Result<std::vector<std::string>> StackEngine::order(const Stack& stack, const StackModel& model) const {
  const Meaning names = meaning(stack, model, nullptr);
  Evaluator evaluator(names);
  std::map<std::string, std::set<std::string>> waits;
  std::vector<std::string> left;
  for (const ResourceDecl& one : model.source->resources) {
    TRY(const bool there, evaluator.holds(one.condition));
    if (!there) continue;
    left.push_back(one.id);
    std::set<std::string>& all = waits[one.id] = references(one.properties);
    all.insert(one.depends_on.begin(), one.depends_on.end());
  }
  std::set<std::string> open(left.begin(), left.end());
  std::vector<std::string> out;
  while (!left.empty()) {
    const auto ready = std::find_if(left.begin(), left.end(), [&](const std::string& id) {
      const std::set<std::string>& names = waits[id];
      return std::none_of(names.begin(), names.end(), [&](const std::string& name) { return open.contains(name); });
    });
    if (ready == left.end()) return fail(validation_error("Circular dependency between resources"));
    out.push_back(*ready);
    open.erase(*ready);
    left.erase(ready);
  }
  return out;
}

Result<Json> StackEngine::wanted_properties(Stack& stack, const ResourceDecl& decl) {
  const Meaning names = meaning(stack, stack.model, &stack.imports);
  Evaluator evaluator(names);
  TRY(std::optional<Json> value, evaluator.value(decl.properties));
  return value ? std::move(*value) : Json::object();
}

Result<std::vector<StackOutput>> StackEngine::outputs_of(const StackModel& model, const Meaning& meaning) const {
  Evaluator evaluator(meaning);
  std::vector<StackOutput> out;
  for (const OutputDecl& decl : model.source->outputs) {
    TRY(const bool there, evaluator.holds(decl.condition));
    if (!there) continue;
    TRY(const std::optional<Json> value, evaluator.value(decl.value));
    const std::optional<std::string> text = value ? scalar_text(*value) : std::nullopt;
    if (!text) {
      return fail(
          validation_error("Template format error: The Value field of every Outputs member must evaluate to a "
                           "String."));
    }
    StackOutput made;
    made.id = decl.id;
    made.value = *text;
    made.description = decl.description;
    if (!decl.export_name.is_null()) {
      TRY(const std::optional<Json> name, evaluator.value(decl.export_name));
      made.export_name = name ? scalar_text(*name).value_or("") : std::string();
    }
    out.push_back(std::move(made));
  }
  return out;
}

Result<void> StackEngine::publish_outputs(Stack& stack) {
  const Meaning names = meaning(stack, stack.model, &stack.imports);
  TRY(std::vector<StackOutput> made, outputs_of(stack.model, names));
  const auto known = exports(stack.account, stack.region);
  for (const StackOutput& one : made) {
    const auto found = known.find(one.export_name);
    if (found != known.end() && found->second.first != &stack) {
      return fail(validation_error("Export with name " + one.export_name + " is already exported by stack " +
                                   found->second.first->name + "."));
    }
  }
  for (const StackOutput& old : stack.outputs) {
    if (old.export_name.empty()) continue;
    const auto now = std::find_if(made.begin(), made.end(),
                                  [&](const StackOutput& one) { return one.export_name == old.export_name; });
    if (now != made.end() && now->value == old.value) continue;
    for (const Stack& other : stacks_) {
      const bool here = other.account == stack.account && other.region == stack.region && !other.is_deleted();
      if (!here || &other == &stack || !other.imports.contains(old.export_name)) continue;
      return fail(validation_error("Export " + old.export_name + " cannot be " +
                                   (now == made.end() ? "deleted" : "updated") + " as it is in use by " + other.name));
    }
  }
  stack.outputs = std::move(made);
  return {};
}

std::map<std::string, std::pair<const Stack*, std::string>> StackEngine::exports(std::string_view account,
                                                                                 std::string_view region) const {
  std::map<std::string, std::pair<const Stack*, std::string>> out;
  for (const Stack& stack : stacks_) {
    if (stack.account != account || stack.region != region || stack.is_deleted()) continue;
    for (const StackOutput& output : stack.outputs) {
      if (!output.export_name.empty()) out[output.export_name] = std::pair(&stack, output.value);
    }
  }
  return out;
}

namespace changes_detail {

/// How one existing resource changes; absent: not at all.
std::optional<ResourceChange> changed_resource(const Stack& stack, const StackModel& model, const StackResource& old,
                                               const ResourceDecl& decl, const Json& wanted,
                                               const std::set<std::string>& changed) {
  const ResourceType* type = find_type(decl.type);
  if (type == nullptr) return std::nullopt;
  const std::vector<std::string> names = changed_properties(old.properties, wanted);
  const bool tags = model.tags != stack.model.tags && type->find("Tags") != nullptr;
  if (names.empty() && !tags && decl.type == old.type) return std::nullopt;
  ResourceChange out;
  out.action = "Modify";
  out.logical_id = old.logical_id;
  out.physical_id = old.physical_id;
  out.type = decl.type;
  out.replacement = decl.type == old.type ? "False" : "True";
  for (const std::string& name : names) {
    const PropertyRule* rule = type->find(name);
    const bool replaces = type->update == nullptr || (rule != nullptr && rule->replaces);
    const bool unsure = mentions_unknown(wanted[name]);
    if (replaces && out.replacement != "True") out.replacement = unsure ? "Conditional" : "True";
    ResourceChange::Detail detail;
    detail.attribute = name == "Tags" ? "Tags" : "Properties";
    if (name != "Tags") detail.property = name;
    detail.recreation = replaces ? (unsure ? "Conditionally" : "Always") : "Never";
    add_causes(stack.model, model, old.logical_id, name, changed, detail, out.details);
  }
  const bool only_tags = names.empty() || (names.size() == 1 && names.front() == "Tags");
  if (!only_tags) out.scope.emplace_back("Properties");
  if (tags || std::find(names.begin(), names.end(), "Tags") != names.end()) out.scope.emplace_back("Tags");
  if (tags) {
    ResourceChange::Detail detail;
    detail.attribute = "Tags";
    detail.recreation = "Never";
    detail.source = "DirectModification";
    out.details.push_back(std::move(detail));
  }
  return out;
}

}  // namespace changes_detail

Result<std::vector<ResourceChange>> StackEngine::changes(const Stack& stack, const StackModel& model) const {
  TRY(const std::vector<std::string> ids, order(stack, model));
  std::set<std::string> unknown;  // Ref and attributes are known later only
  std::set<std::string> changed;
  std::vector<ResourceChange> out;
  // A resource that is not there has to be made before what is in it can be told.
  for (const std::string& id : ids) {
    const ResourceDecl& decl = *model.source->find_resource(id);
    const auto found = stack.resources.find(id);
    const bool there = found != stack.resources.end() && !found->second.physical_id.empty();
    const Meaning names = meaning_after(stack, model, unknown);
    Evaluator evaluator(names);
    TRY(const std::optional<Json> wanted, evaluator.value(decl.properties));
    if (!there) {
      ResourceChange& made = out.emplace_back();
      made.action = "Add";
      made.logical_id = id;
      made.type = decl.type;
      unknown.insert(id);
      changed.insert(id);
      continue;
    }
    auto change = changes_detail::changed_resource(stack, model, found->second, decl, *wanted, changed);
    if (!change) continue;
    changed.insert(id);
    if (change->replacement != "False") unknown.insert(id);
    out.push_back(std::move(*change));
  }
  const Meaning names = meaning_after(stack, model, unknown);
  TRY_VOID(outputs_of(model, names));
  for (const auto& [id, resource] : stack.resources) {
    const bool gone = std::find(ids.begin(), ids.end(), id) == ids.end();
    if (!gone || resource.physical_id.empty() || resource.status == "DELETE_COMPLETE") continue;
    ResourceChange& made = out.emplace_back();
    made.action = "Remove";
    made.logical_id = id;
    made.physical_id = resource.physical_id;
    made.type = resource.type;
  }
  return out;
}

Result<bool> StackEngine::changes_nothing(const Stack& stack, const StackModel& model) const {
  TRY(const std::vector<ResourceChange> all, changes(stack, model));
  if (!all.empty() || model.tags != stack.model.tags) return false;
  const Meaning names = meaning(stack, model, nullptr);
  TRY(const std::vector<StackOutput> made, outputs_of(model, names));
  const auto same = [](const StackOutput& a, const StackOutput& b) {
    return a.id == b.id && a.value == b.value && a.description == b.description && a.export_name == b.export_name;
  };
  return std::equal(made.begin(), made.end(), stack.outputs.begin(), stack.outputs.end(), same);
}

}  // namespace postern::sim::stacks
