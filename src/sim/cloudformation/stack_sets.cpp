#include "sim/cloudformation/stack_sets.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sim/cloudformation/stack_work.hpp"

namespace postern::sim::stacks {
namespace stack_sets {

std::size_t share(std::int32_t percentage, std::size_t of) {
  return static_cast<std::size_t>(percentage) * of / 100;
}

/// The first resource that failed in the last operation, as results of stack sets name it.
std::string why_failed(const Stack& stack) {
  std::string why = stack.reason;
  for (auto event = stack.events.rbegin(); event != stack.events.rend(); ++event) {
    if (event->logical_id == stack.name && event->reason == "User Initiated") break;
    if (!event->status.ends_with("_FAILED") || event->logical_id == stack.name) continue;
    why = "ResourceLogicalId:" + event->logical_id + ", ResourceType:" + event->type +
          ", ResourceStatusReason:" + event->reason + ".";
  }
  return why;
}

}  // namespace stack_sets

std::size_t SetPreferences::tolerance(std::size_t accounts) const {
  if (tolerance_count) return static_cast<std::size_t>(*tolerance_count);
  return tolerance_percentage ? stack_sets::share(*tolerance_percentage, accounts) : 0;
}

std::size_t SetPreferences::concurrent(std::size_t accounts) const {
  std::size_t asked = 1;
  if (concurrent_count) asked = static_cast<std::size_t>(*concurrent_count);
  if (concurrent_percentage) asked = stack_sets::share(*concurrent_percentage, accounts);
  return std::min(std::max<std::size_t>(asked, 1), tolerance(accounts) + 1);
}

std::string StackSet::arn() const {
  return stack_arn(region, account, "stackset/" + id);
}

SetOperation* StackSet::find_operation(std::string_view operation) {
  const auto found =
      std::find_if(operations.begin(), operations.end(), [&](const SetOperation& one) { return one.id == operation; });
  return found == operations.end() ? nullptr : &*found;
}

bool StackSet::busy() const {
  return std::any_of(operations.begin(), operations.end(), [](const SetOperation& one) { return !one.over(); });
}

StackSet* StackSetEngine::find(std::string_view account, std::string_view region, std::string_view name_or_id) {
  const bool by_id = name_or_id.find(':') != std::string_view::npos;
  for (StackSet& set : sets_) {
    if (set.account != account || set.region != region) continue;
    if (by_id ? set.id == name_or_id || set.arn() == name_or_id : set.name == name_or_id && !set.deleted) return &set;
  }
  return nullptr;
}

std::vector<StackSet*> StackSetEngine::list(std::string_view account, std::string_view region) {
  std::vector<StackSet*> out;
  for (StackSet& set : sets_) {
    if (set.account == account && set.region == region) out.push_back(&set);
  }
  return out;
}

StackSet& StackSetEngine::add(std::string account, std::string region, std::string name) {
  StackSet& made = sets_.emplace_back();
  made.id = name + ":" + engine_.uuid();
  made.administration_role = "arn:aws:iam::" + account + ":role/AWSCloudFormationStackSetAdministrationRole";
  made.account = std::move(account);
  made.region = std::move(region);
  made.name = std::move(name);
  return made;
}

void StackSetEngine::start(StackSet& set, SetOperation operation) {
  const bool waits = set.busy();
  operation.created = engine_.now();
  for (const SetResult& result : operation.results) {
    const auto same = [&](const auto& run) { return run.region == result.place.second; };
    auto run = std::find_if(operation.regions.begin(), operation.regions.end(), same);
    if (run == operation.regions.end()) {
      run = operation.regions.emplace(operation.regions.end());
      run->region = result.place.second;
    }
    ++run->accounts;
  }
  if (waits) operation.status = "QUEUED";
  set.operations.push_back(std::move(operation));
  if (set.operations.size() > kOperationsKept) set.operations.pop_front();
  if (!waits) later(set, set.operations.back().id);
}

void StackSetEngine::later(StackSet& set, const std::string& operation) {
  engine_.after([this, id = set.id, operation] {
    for (StackSet& one : sets_) {
      SetOperation* found = one.id == id ? one.find_operation(operation) : nullptr;
      if (found != nullptr && !found->over()) advance(one, *found);
    }
  });
}

void StackSetEngine::advance(StackSet& set, SetOperation& operation) {
  operation.status = operation.stopped ? "STOPPING" : "RUNNING";
  bool done = true;
  for (SetOperation::RegionRun& region : operation.regions) {
    done = advance_region(set, operation, region) && done;
    if (!done && !operation.preferences.parallel) break;
  }
  if (done) finish(set, operation);
}

/// Whether nothing is left to do in the Region.
bool StackSetEngine::advance_region(StackSet& set, SetOperation& operation, SetOperation::RegionRun& region) {
  const auto failed = [&](const SetOperation::RegionRun& one) {
    return one.failures > operation.preferences.tolerance(one.accounts);
  };
  bool open = false;
  for (SetResult& result : operation.results) {
    if (result.place.second != region.region || result.status != "PENDING") continue;
    if (operation.stopped || std::any_of(operation.regions.begin(), operation.regions.end(), failed)) {
      result.status = "CANCELLED";
      result.reason = operation.stopped ? "Cancelled since the operation was stopped"
                                        : "Cancelled since failure tolerance has exceeded";
      const auto instance = set.instances.find(result.place);
      if (instance != set.instances.end()) {
        instance->second.detailed = "CANCELLED";
        instance->second.reason = result.reason;
      }
    } else if (region.running < operation.preferences.concurrent(region.accounts)) {
      ++region.running;
      work(set, operation, result);
    } else {
      open = true;
    }
  }
  return !open && region.running == 0;
}

std::shared_ptr<Role> StackSetEngine::service_role(const StackSet& set, const std::string& account) {
  AccountIam* iam = cloud_.directory().find_account(account);
  if (iam == nullptr) return nullptr;
  const std::string name = "stacksets-exec-" + set.id.substr(set.id.size() - 12) + set.account;
  if (const auto found = iam->roles.find(name); found != iam->roles.end()) return found->second;
  auto role = std::make_shared<Role>();
  role->name = name;
  role->account_id = account;
  role->arn = "arn:aws:iam::" + account + ":role/" + name;
  role->created = engine_.now();
  role->attached.emplace_back("arn:aws:iam::aws:policy/AdministratorAccess");
  role->id = cloud_.directory().new_id("AROA", role->arn);
  const Result<void> trusted =
      cloud_.directory().set_trust(*role,
                                   R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":)"
                                   R"("stacksets.cloudformation.amazonaws.com"},"Action":"sts:AssumeRole"}]})",
                                   UnknownPrincipals::outside);
  if (!trusted) return nullptr;
  iam->roles.emplace(name, role);
  cloud_.directory().changed();
  return role;
}

Result<Info> StackSetEngine::acting(const StackSet& set, const SetOperation& operation, const Place& place) {
  ServiceCalls& calls = engine_.calls();
  if (set.service_managed) {
    const std::shared_ptr<Role> role = service_role(set, place.first);
    if (role == nullptr) return fail(validation_error("Account " + place.first + " is not part of this cloud"));
    TRY(Info as, calls.acting_as(*operation.as, role->arn, "stacksets.cloudformation.amazonaws.com", set.name));
    as.region = place.second;
    return as;
  }
  const std::string target = "arn:aws:iam::" + place.first + ":role/" + set.execution_role;
  const std::string role = set.administration_role.substr(set.administration_role.rfind('/') + 1);
  const auto why = [&] {
    return validation_error("Account " + place.first + " should have '" + set.execution_role +
                            "' role with trust relationship to Role '" + role + "'.");
  };
  const Result<Info> admin =
      calls.acting_as(*operation.as, set.administration_role, "cloudformation.amazonaws.com", set.name);
  if (!admin) {
    return fail(validation_error("Account " + set.account + " should have '" + role +
                                 "' role with trust relationship to CloudFormation service."));
  }
  Json ask = Json::object().set("RoleArn", target);
  const auto assumed = calls.call(*admin, "sts", "AssumeRole", ask.set("RoleSessionName", set.name));
  if (!assumed) return fail(why());
  TRY(Info as, calls.acting_as(*admin, target, std::string_view(), set.name));
  as.region = place.second;
  return as;
}

Result<StackModel> StackSetEngine::model_for(const StackSet& set, const SetInstance& instance) const {
  StackModel model = set.model;
  for (const auto& [key, value] : instance.overrides) model.given[key] = value;
  TRY(model.parameters, parameter_values(*model.source, model.given));
  return model;
}

void StackSetEngine::work(StackSet& set, SetOperation& operation, SetResult& result) {
  const Place place = result.place;
  result.status = "RUNNING";
  SetInstance& instance = set.instances[place];
  instance.last_operation = operation.id;
  instance.detailed = "RUNNING";
  if (operation.overrides) instance.overrides = *operation.overrides;
  const auto report = [this, id = set.id, key = operation.id, place](bool good, const std::string& reason) {
    // Never from inside: who began the work still holds what changes here.
    engine_.after([this, id, key, place, good, reason] { ended(id, key, place, good, reason); });
  };
  Stack* stack = instance.stack_id.empty() ? nullptr : engine_.find(place.first, place.second, instance.stack_id);
  const bool gone = stack == nullptr || stack->is_deleted();
  if (operation.action == "DELETE" && (operation.retain || gone)) return report(true, std::string());
  if (!gone && stack->in_progress()) return report(false, "Stack is in " + stack->status + " state");
  const Result<Info> as = acting(set, operation, place);
  if (!as) return report(false, as.error().message());
  WorkOptions options;
  options.ended = [report](Stack& done) {
    const bool good = done.status == "CREATE_COMPLETE" || done.status == "UPDATE_COMPLETE" || done.is_deleted();
    report(good, good ? std::string() : stack_sets::why_failed(done));
  };
  if (operation.action == "DELETE") return engine_.remove(*stack, *as, std::move(options));
  Result<StackModel> model = model_for(set, instance);
  if (!model) return report(false, model.error().message());
  const bool usable = !gone && (stack->status == "CREATE_COMPLETE" || stack->status.starts_with("UPDATE_"));
  if (!usable) {
    Stack& made = engine_.add(place.first, place.second, "StackSet-" + set.name.substr(0, 80) + "-" + engine_.uuid());
    instance.stack_id = made.id;
    return engine_.create(made, std::move(*model), *as, std::move(options));
  }
  const Result<bool> nothing = engine_.changes_nothing(*stack, *model);
  if (nothing && *nothing) return report(true, std::string());
  engine_.update(*stack, std::move(*model), *as, std::move(options));
}

void StackSetEngine::ended(const std::string& set_id, const std::string& operation, const Place& place, bool good,
                           const std::string& reason) {
  const auto set = std::find_if(sets_.begin(), sets_.end(), [&](const StackSet& one) { return one.id == set_id; });
  SetOperation* const found = set == sets_.end() ? nullptr : set->find_operation(operation);
  if (found == nullptr) return;
  for (SetOperation::RegionRun& region : found->regions) {
    if (region.region != place.second) continue;
    --region.running;
    region.failures += good ? 0 : 1;
  }
  for (SetResult& result : found->results) {
    if (result.place != place) continue;
    result.status = good ? "SUCCEEDED" : "FAILED";
    result.reason = reason;
  }
  if (const auto instance = set->instances.find(place); instance != set->instances.end()) {
    instance->second.detailed = good ? "SUCCEEDED" : "FAILED";
    instance->second.reason = reason;
    if (good && found->action == "DELETE") {
      set->instances.erase(instance);
    } else if (found->action == "DELETE") {
      instance->second.status = "INOPERABLE";
    } else {
      instance->second.status = good ? "CURRENT" : "OUTDATED";
    }
  }
  advance(*set, *found);
}

void StackSetEngine::finish(StackSet& set, SetOperation& operation) {
  const bool failed = std::any_of(operation.regions.begin(), operation.regions.end(), [&](const auto& one) {
    return one.failures > operation.preferences.tolerance(one.accounts);
  });
  operation.status = operation.stopped ? "STOPPED" : failed ? "FAILED" : "SUCCEEDED";
  operation.ended = engine_.now();
  for (SetOperation& next : set.operations) {
    if (next.over()) continue;
    later(set, next.id);
    return;
  }
}

}  // namespace postern::sim::stacks
