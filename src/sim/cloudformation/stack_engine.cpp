#include "sim/cloudformation/stack_engine.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "sim/cloudformation/stack_work.hpp"

namespace postern::sim::stacks {
namespace engine_detail {

using Phase = StackWork::Phase;
using Kind = StackTask::Kind;

std::string listed(const std::vector<std::string>& ids) {
  return "[" + join(ids, ", ") + "]";
}

bool is_kept(const StackResource& resource, Phase phase) {
  if (resource.deletion_policy == DeletionPolicy::retain) return true;
  return resource.deletion_policy == DeletionPolicy::retain_except_on_create && phase != Phase::rollback_create;
}

StackTask removal(const StackResource& resource) {
  StackTask task;
  task.kind = Kind::remove;
  task.id = resource.logical_id;
  task.resource = resource;
  return task;
}

}  // namespace engine_detail

Stack::Stack() = default;
Stack::~Stack() = default;

std::string stack_arn(std::string_view region, std::string_view account, std::string_view tail) {
  return "arn:aws:cloudformation:" + std::string(region) + ":" + std::string(account) + ":" + std::string(tail);
}

StackEngine::~StackEngine() {
  for (const Stack& stack : stacks_) {
    if (stack.work) ctx_.clock().unschedule(stack.work->timer);
  }
  for (const auto& [id, timer] : pending_) ctx_.clock().unschedule(timer);
}

std::string StackEngine::uuid() {
  std::array<std::uint8_t, 16> bytes{};
  ctx_.random().fill(bytes);
  return make_uuid(bytes);
}

Stack* StackEngine::find(std::string_view account, std::string_view region, std::string_view name_or_id) {
  const bool by_id = name_or_id.starts_with("arn:");
  Stack* found = nullptr;
  for (Stack& stack : stacks_) {
    if (stack.account != account || stack.region != region) continue;
    if (by_id ? stack.id == name_or_id : stack.name == name_or_id && !stack.is_deleted()) found = &stack;
  }
  return found;
}

std::vector<Stack*> StackEngine::list(std::string_view account, std::string_view region) {
  std::vector<Stack*> all;
  for (Stack& stack : stacks_) {
    if (stack.account == account && stack.region == region) all.push_back(&stack);
  }
  return all;
}

Stack& StackEngine::add(std::string account, std::string region, std::string name) {
  std::size_t deleted = 0;
  for (const Stack& stack : stacks_) deleted += stack.is_deleted() ? 1 : 0;
  if (deleted > kDeletedMax) {
    stacks_.erase(std::find_if(stacks_.begin(), stacks_.end(), [](const Stack& one) { return one.is_deleted(); }));
  }
  Stack& made = stacks_.emplace_back();
  made.id = stack_arn(region, account, "stack/" + name + "/" + uuid());
  made.account = std::move(account);
  made.region = std::move(region);
  made.name = std::move(name);
  made.created = now();
  return made;
}

void StackEngine::forget(Stack& stack) {
  CHECK(stack.work == nullptr);
  stacks_.remove_if([&](const Stack& one) { return &one == &stack; });
}

void StackEngine::after(std::function<void()> then) {
  const std::uint64_t key = next_pending_++;
  pending_[key] = ctx_.clock().schedule(ctx_.now() + kStep, [this, key, then = std::move(then)] {
    pending_.erase(key);
    then();
  });
}

void StackEngine::later(const std::string& stack_id, std::function<void(Stack&)> then) {
  after([this, stack_id, then = std::move(then)] {
    const auto found =
        std::find_if(stacks_.begin(), stacks_.end(), [&](const Stack& one) { return one.id == stack_id; });
    if (found != stacks_.end()) then(*found);
  });
}

// ---- events ----

void StackEngine::event(Stack& stack, const StackResource& resource, std::string status, std::string reason) {
  StackEvent made;
  made.id = resource.logical_id + "-" + status + "-" + uuid();
  made.logical_id = resource.logical_id;
  made.physical_id = resource.physical_id;
  made.type = resource.type;
  made.properties = resource.properties.dump();
  made.status = status;
  made.reason = reason;
  made.time = now();
  if (stack.work) made.token = stack.work->options.token;
  stack.events.push_back(std::move(made));
  if (stack.events.size() > kEventsMax) stack.events.erase(stack.events.begin());
  const auto kept = stack.resources.find(resource.logical_id);
  if (kept == stack.resources.end() || kept->second.physical_id != resource.physical_id) return;
  kept->second.status = std::move(status);
  kept->second.reason = std::move(reason);
  kept->second.changed = now();
}

void StackEngine::stack_event(Stack& stack, std::string status, std::string reason) {
  StackEvent made;
  made.id = uuid();
  made.logical_id = stack.name;
  made.physical_id = stack.id;
  made.type = "AWS::CloudFormation::Stack";
  made.status = status;
  made.reason = reason;
  made.time = now();
  if (stack.work) made.token = stack.work->options.token;
  stack.events.push_back(std::move(made));
  stack.status = std::move(status);
  stack.reason = std::move(reason);
}

// ---- operations ----

void StackEngine::start(Stack& stack, const Info& as, WorkOptions options) {
  CHECK(stack.work == nullptr);
  stack.work = std::make_unique<StackWork>(as);
  stack.work->options = std::move(options);
}

void StackEngine::create(Stack& stack, StackModel model, const Info& as, WorkOptions options) {
  start(stack, as, std::move(options));
  stack.model = std::move(model);
  stack_event(stack, "CREATE_IN_PROGRESS", "User Initiated");
  schedule(stack);
}

void StackEngine::update(Stack& stack, StackModel model, const Info& as, WorkOptions options) {
  start(stack, as, std::move(options));
  StackWork& work = *stack.work;
  work.phase = StackWork::Phase::update;
  work.before = std::move(stack.model);
  work.resources_before = stack.resources;
  work.outputs_before = stack.outputs;
  work.imports_before = stack.imports;
  stack.model = std::move(model);
  stack.updated = now();
  stack_event(stack, "UPDATE_IN_PROGRESS", "User Initiated");
  schedule(stack);
}

void StackEngine::remove(Stack& stack, const Info& as, WorkOptions options) {
  start(stack, as, std::move(options));
  stack.work->phase = StackWork::Phase::remove;
  stack_event(stack, "DELETE_IN_PROGRESS", "User Initiated");
  schedule(stack);
}

void StackEngine::abandon(Stack& stack) {
  ctx_.clock().unschedule(stack.work->timer);
  const std::function<void(Stack&)> ended = std::move(stack.work->options.ended);
  stack.work.reset();
  if (ended) ended(stack);
}

void StackEngine::cancel_update(Stack& stack) {
  CHECK(stack.work != nullptr);
  stack.work->cancelled = true;
}

void StackEngine::schedule(Stack& stack) {
  stack.work->timer = ctx_.clock().schedule(ctx_.now() + kStep, [this, id = stack.id] {
    const auto found = std::find_if(stacks_.begin(), stacks_.end(), [&](const Stack& one) { return one.id == id; });
    if (found != stacks_.end() && found->work) tick(*found);
  });
}

void StackEngine::tick(Stack& stack) {
  StackWork& work = *stack.work;
  if (!work.planned) {
    work.planned = true;
    plan(stack);
  } else if (work.active) {
    StackTask task = std::move(*work.active);
    work.active.reset();
    finish(stack, std::move(task));
  } else if (work.cancelled && work.phase == StackWork::Phase::update) {
    work.cancelled = false;
    roll_back_update(stack, "User Initiated");
  }
  if (stack.work && !stack.work->active) {
    while (!work.waiting.empty() && !work.active) {
      StackTask task = std::move(work.waiting.front());
      work.waiting.pop_front();
      if (begin(stack, task)) work.active = std::move(task);
    }
    if (!work.active) end_phase(stack);
  }
  if (stack.work) schedule(stack);
}

void StackEngine::plan(Stack& stack) {
  StackWork& work = *stack.work;
  if (work.phase == StackWork::Phase::remove) return plan_removal(stack);
  // What cannot be worked out at all fails the stack, not a resource of it.
  const auto checked = changes(stack, stack.model);
  const auto ids = order(stack, stack.model);
  if (!checked || !ids) return fail_forward(stack, (checked ? ids.error() : checked.error()).message());
  for (const std::string& id : *ids) {
    StackTask task;
    const auto found = stack.resources.find(id);
    const bool there = found != stack.resources.end() && !found->second.physical_id.empty();
    task.kind = there ? StackTask::Kind::update : StackTask::Kind::create;
    task.id = id;
    work.waiting.push_back(std::move(task));
  }
  const auto old = order(stack, work.before.source ? work.before : stack.model);
  for (const std::string& id : old ? *old : *ids) {
    const auto found = stack.resources.find(id);
    if (found == stack.resources.end() || std::find(ids->begin(), ids->end(), id) != ids->end()) continue;
    work.leftover.insert(work.leftover.begin(), found->second);
  }
}

void StackEngine::plan_removal(Stack& stack) {
  StackWork& work = *stack.work;
  for (const StackOutput& output : stack.outputs) {
    if (output.export_name.empty()) continue;
    for (const Stack& other : stacks_) {
      const bool here = other.account == stack.account && other.region == stack.region && !other.is_deleted();
      if (!here || &other == &stack || !other.imports.contains(output.export_name)) continue;
      return end(
          stack, "DELETE_FAILED",
          "Delete canceled. Cannot delete export " + output.export_name + " as it is in use by " + other.name + ".");
    }
  }
  std::vector<std::string> ids;
  if (stack.model.source) {
    if (auto known = order(stack, stack.model)) ids = std::move(*known);
  }
  for (const auto& [id, resource] : stack.resources) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    const auto found = stack.resources.find(*id);
    if (found == stack.resources.end() || found->second.status == "DELETE_COMPLETE") continue;
    work.waiting.push_back(engine_detail::removal(found->second));
  }
}

// ---- one resource ----

bool StackEngine::begin(Stack& stack, StackTask& task) {
  switch (task.kind) {
    case StackTask::Kind::create:
      return begin_create(stack, task);
    case StackTask::Kind::update:
      return begin_update(stack, task);
    case StackTask::Kind::revert:
      return true;
    case StackTask::Kind::remove:
      return begin_remove(stack, task);
  }
  return false;
}

bool StackEngine::begin_create(Stack& stack, StackTask& task) {
  const ResourceDecl& decl = *stack.model.source->find_resource(task.id);
  StackResource made;
  made.logical_id = task.id;
  made.type = decl.type;
  made.deletion_policy = decl.deletion_policy;
  made.replace_policy = decl.replace_policy;
  Result<Json> wanted = wanted_properties(stack, decl);
  if (wanted) {
    task.properties = std::move(*wanted);
    made.properties = task.properties;
  } else {
    task.error = wanted.error();
  }
  stack.work->touched.push_back(task.id);
  stack.resources[task.id] = made;
  event(stack, made, "CREATE_IN_PROGRESS");
  return true;
}

bool StackEngine::begin_update(Stack& stack, StackTask& task) {
  const ResourceDecl& decl = *stack.model.source->find_resource(task.id);
  StackResource& resource = stack.resources.at(task.id);
  Result<Json> wanted = wanted_properties(stack, decl);
  resource.deletion_policy = decl.deletion_policy;
  resource.replace_policy = decl.replace_policy;
  std::string reason;
  if (wanted) {
    task.properties = std::move(*wanted);
    const auto changed = changed_properties(resource.properties, task.properties);
    const ResourceType* type = find_type(decl.type);
    const bool tags = stack.model.tags != stack.work->before.tags && type->find("Tags") != nullptr;
    if (changed.empty() && !tags && decl.type == resource.type) return false;
    const auto replaces = [&](const std::string& name) {
      const PropertyRule* rule = type->find(name);
      return type->update == nullptr || (rule != nullptr && rule->replaces);
    };
    task.replaces = decl.type != resource.type || std::any_of(changed.begin(), changed.end(), replaces);
    if (task.replaces) {
      reason = "Requested update requires the creation of a new physical resource; hence creating one.";
    }
  } else {
    task.error = wanted.error();
  }
  stack.work->touched.push_back(task.id);
  event(stack, resource, "UPDATE_IN_PROGRESS", std::move(reason));
  return true;
}

bool StackEngine::begin_remove(Stack& stack, StackTask& task) {
  const bool kept =
      engine_detail::is_kept(task.resource, stack.work->phase) || stack.work->options.retained.contains(task.id);
  if (kept && !task.resource.physical_id.empty()) {
    event(stack, task.resource, "DELETE_SKIPPED");
    return false;
  }
  event(stack, task.resource, "DELETE_IN_PROGRESS");
  return true;
}

ResourceWork StackEngine::work_on(Stack& stack, const StackResource& resource) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  stack.work->as.request_id = uuid();
  ResourceWork work(calls_, stack.work->as);
  work.stack_name = stack.name;
  work.stack_id = stack.id;
  work.logical_id = resource.logical_id;
  work.stack_tags = stack.model.tags;
  for (int i = 0; i < 12; ++i) work.suffix += kAlphabet[ctx_.random().below(kAlphabet.size())];
  work.physical_id = resource.physical_id;
  work.attributes = resource.attributes;
  return work;
}

void StackEngine::finish(Stack& stack, StackTask task) {
  switch (task.kind) {
    case StackTask::Kind::create:
      return finish_create(stack, task);
    case StackTask::Kind::update:
      return finish_update(stack, task);
    case StackTask::Kind::revert:
      return finish_revert(stack, task);
    case StackTask::Kind::remove:
      return finish_remove(stack, task);
  }
}

Result<void> StackEngine::make(Stack& stack, StackResource& resource, const Json& properties) {
  const ResourceType* type = find_type(resource.type);
  TRY_VOID(check_properties(*type, properties));
  ResourceWork work = work_on(stack, resource);
  work.physical_id.clear();
  work.attributes.clear();
  const Result<void> done = type->create(work, properties);
  resource.physical_id = work.physical_id;
  resource.attributes = std::move(work.attributes);
  resource.properties = properties;
  return done;
}

void StackEngine::finish_create(Stack& stack, StackTask& task) {
  StackResource& resource = stack.resources.at(task.id);
  Result<void> done = task.error ? Result<void>(fail(*task.error)) : make(stack, resource, task.properties);
  if (!resource.physical_id.empty()) event(stack, resource, "CREATE_IN_PROGRESS", "Resource creation Initiated");
  if (done) return event(stack, resource, "CREATE_COMPLETE");
  event(stack, resource, "CREATE_FAILED", reason_of(done.error(), stack.work->as));
  stack.work->failed.push_back(task.id);
  fail_forward(stack, std::string());
}

void StackEngine::finish_update(Stack& stack, StackTask& task) {
  StackResource& resource = stack.resources.at(task.id);
  const ResourceType* type = find_type(resource.type);
  Result<void> done;
  if (task.error) {
    done = fail(*task.error);
  } else if (task.replaces) {
    StackResource made = resource;
    made.type = stack.model.source->find_resource(task.id)->type;
    done = make(stack, made, task.properties);
    StackResource old = resource;
    old.deletion_policy = old.replace_policy;
    if (!made.physical_id.empty()) {
      resource = std::move(made);
      if (done) stack.work->leftover.push_back(std::move(old));
    }
  } else {
    done = check_properties(*type, task.properties);
    ResourceWork work = work_on(stack, resource);
    if (done && type->update != nullptr) done = type->update(work, resource.properties, task.properties);
    resource.attributes = std::move(work.attributes);
    if (done) resource.properties = task.properties;
  }
  if (done) return event(stack, resource, "UPDATE_COMPLETE");
  event(stack, resource, "UPDATE_FAILED", reason_of(done.error(), stack.work->as));
  stack.work->failed.push_back(task.id);
  fail_forward(stack, std::string());
}

void StackEngine::finish_revert(Stack& stack, StackTask& task) {
  StackWork& work = *stack.work;
  const auto before = work.resources_before.find(task.id);
  StackResource& resource = stack.resources.at(task.id);
  const bool added = before == work.resources_before.end() || before->second.physical_id.empty();
  const bool replaced = !added && before->second.physical_id != resource.physical_id;
  if (added || replaced) work.leftover.push_back(resource);
  if (added) {
    stack.resources.erase(task.id);
    return;
  }
  event(stack, resource, "UPDATE_IN_PROGRESS");
  Result<void> done;
  const ResourceType* type = find_type(resource.type);
  if (!replaced && type->update != nullptr) {
    ResourceWork on = work_on(stack, resource);
    on.stack_tags = work.before.tags;
    done = type->update(on, resource.properties, before->second.properties);
    if (!done) work.failed.push_back(task.id);
  }
  resource = before->second;
  event(stack, resource, done ? "UPDATE_COMPLETE" : "UPDATE_FAILED",
        done ? std::string() : reason_of(done.error(), work.as));
}

void StackEngine::finish_remove(Stack& stack, StackTask& task) {
  Result<void> done;
  if (!task.resource.physical_id.empty()) {
    ResourceWork work = work_on(stack, task.resource);
    done = find_type(task.resource.type)->remove(work, task.resource.properties);
  }
  event(stack, task.resource, done ? "DELETE_COMPLETE" : "DELETE_FAILED",
        done ? std::string() : reason_of(done.error(), stack.work->as));
  const auto kept = stack.resources.find(task.id);
  const bool same = kept != stack.resources.end() && kept->second.physical_id == task.resource.physical_id;
  const bool update =
      stack.work->phase == StackWork::Phase::cleanup || stack.work->phase == StackWork::Phase::rollback_cleanup;
  if (!done) {
    stack.work->failed.push_back(task.id);
  } else if (same && update) {
    stack.resources.erase(kept);
  }
}

// ---- phases ----

void StackEngine::end_phase(Stack& stack) {
  using Phase = StackWork::Phase;
  StackWork& work = *stack.work;
  switch (work.phase) {
    case Phase::create:
    case Phase::update: {
      if (work.phase == Phase::update && work.cancelled) {
        work.cancelled = false;
        return roll_back_update(stack, "User Initiated");
      }
      const Result<void> published = publish_outputs(stack);
      if (!published) return fail_forward(stack, published.error().message());
      if (work.phase == Phase::create) return end(stack, "CREATE_COMPLETE");
      stack_event(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
      work.phase = Phase::cleanup;
      break;
    }
    case Phase::rollback_update:
      if (!work.failed.empty()) {
        stack.model = work.before;
        return end(stack, "UPDATE_ROLLBACK_FAILED",
                   "The following resource(s) failed to update: " + engine_detail::listed(work.failed) + ". ");
      }
      stack_event(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
      work.phase = Phase::rollback_cleanup;
      break;
    case Phase::cleanup:
      return end(stack, "UPDATE_COMPLETE");
    case Phase::rollback_cleanup:
      stack.model = work.before;
      stack.outputs = work.outputs_before;
      stack.imports = work.imports_before;
      return end(stack, "UPDATE_ROLLBACK_COMPLETE");
    case Phase::rollback_create:
    case Phase::remove: {
      const bool deletion = work.phase == Phase::remove;
      if (work.failed.empty()) return end(stack, deletion ? "DELETE_COMPLETE" : "ROLLBACK_COMPLETE");
      return end(stack, deletion ? "DELETE_FAILED" : "ROLLBACK_FAILED",
                 "The following resource(s) failed to delete: " + engine_detail::listed(work.failed) + ". ");
    }
  }
  for (StackResource& one : work.leftover) work.waiting.push_back(engine_detail::removal(one));
  work.leftover.clear();
}

void StackEngine::fail_forward(Stack& stack, const std::string& why) {
  using Phase = StackWork::Phase;
  StackWork& work = *stack.work;
  const bool update = work.phase == Phase::update;
  std::string reason = why;
  if (reason.empty()) {
    reason = "The following resource(s) failed to " + std::string(update ? "update" : "create") + ": " +
             engine_detail::listed(work.failed) + ".";
  }
  work.failed.clear();
  work.waiting.clear();
  if (work.options.on_failure == OnFailure::nothing) {
    return end(stack, update ? "UPDATE_FAILED" : "CREATE_FAILED", reason + " ");
  }
  if (update) return roll_back_update(stack, reason + " ");
  const bool deletion = work.options.on_failure == OnFailure::remove;
  stack_event(stack, deletion ? "DELETE_IN_PROGRESS" : "ROLLBACK_IN_PROGRESS",
              reason + (deletion ? " Delete requested by user." : " Rollback requested by user."));
  work.phase = deletion ? Phase::remove : Phase::rollback_create;
  for (auto id = work.touched.rbegin(); id != work.touched.rend(); ++id) {
    work.waiting.push_back(engine_detail::removal(stack.resources.at(*id)));
  }
}

void StackEngine::roll_back_update(Stack& stack, const std::string& why) {
  StackWork& work = *stack.work;
  stack_event(stack, "UPDATE_ROLLBACK_IN_PROGRESS", why);
  work.phase = StackWork::Phase::rollback_update;
  work.failed.clear();
  work.waiting.clear();
  work.leftover.clear();
  for (auto id = work.touched.rbegin(); id != work.touched.rend(); ++id) {
    StackTask task;
    task.kind = StackTask::Kind::revert;
    task.id = *id;
    work.waiting.push_back(std::move(task));
  }
}

void StackEngine::end(Stack& stack, std::string status, std::string reason) {
  if (status == "DELETE_COMPLETE") {
    stack.deleted = now();
    stack.imports.clear();
    stack.outputs.clear();
    stack.change_sets.clear();
  }
  stack_event(stack, std::move(status), std::move(reason));
  const std::function<void(Stack&)> ended = std::move(stack.work->options.ended);
  stack.work.reset();
  if (ended) ended(stack);
}

}  // namespace postern::sim::stacks
