#include "cli/deploy_work.hpp"

#include <array>

#include "cli/external_id.hpp"
#include "cli/failure.hpp"
#include "rt/combine.hpp"
#include "rt/random_hex.hpp"

namespace postern::cli {
namespace deploy_work_detail {

/// A template's parameters that nobody has given a value, of a stack that is to be made.
std::string missing_parameters(const Rendered& rendered, const stacks::StackOrder& asked) {
  std::string names;
  for (const RenderedParameter& each : rendered.parameters) {
    if (each.has_default || asked.parameters.contains(each.name)) continue;
    names += (names.empty() ? "" : ", ") + each.name;
  }
  return names;
}

}  // namespace deploy_work_detail

DeployWork::DeployWork(const Command& command, AwsWork& work, DeployOrder order)
    : command_(command), order_(std::move(order)), port_(*work.session), deployer_(port_) {
  for (const DeployPlace& place : order_.places) {
    rows_.emplace_back();
    rows_.back().place = place;
    rows_.back().problem = place.problem;
  }
}

std::string DeployWork::make_token() const {
  return rt::random_hex(*command_.host().random, 8);
}

stacks::EventSink DeployWork::sink() const {
  obs::Log* log = &command_.log();
  return [log](const fleet::Scope& scope, const stacks::StackEvent& event) {
    log->write(obs::LogLevel::info, "stack.event",
               {obs::LogField("account", scope.account.text()), obs::LogField("resource", event.logical_id),
                obs::LogField("status", event.status), obs::LogField("reason", event.reason)});
  };
}

rt::Task<Result<void>> DeployWork::each(Step step) {
  struct One {
    One(DeployWork* w, Step s) : work(w), step(s) {}
    rt::Task<void> operator()(std::size_t index) const {
      DeployRow& row = work->rows_[index];
      if (row.problem) co_return;
      Result<void> done = co_await (work->*step)(row);
      if (!done) row.problem = std::move(done).error();
    }
    DeployWork* work;
    Step step;
  };
  CO_TRY(concurrency_, chosen_concurrency(command_));
  const One one(this, step);
  co_await rt::for_each_bounded(rows_.size(), concurrency_, one);
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  co_return Result<void>();
}

rt::Task<Result<void>> DeployWork::prepare() {
  co_return co_await each(&DeployWork::prepare_one);
}
rt::Task<Result<void>> DeployWork::find() {
  co_return co_await each(&DeployWork::find_one);
}
rt::Task<Result<void>> DeployWork::apply() {
  co_return co_await each(&DeployWork::apply_one);
}
rt::Task<Result<void>> DeployWork::remove() {
  co_return co_await each(&DeployWork::remove_one);
}
rt::Task<Result<void>> DeployWork::discard() {
  co_return co_await each(&DeployWork::discard_one);
}

/// The account's own: of --parameter or the fleet file, else what its stack has, else a new one at random.
Result<void> DeployWork::choose_external_id(DeployRow& row, const std::optional<stacks::Stack>& stack,
                                            stacks::StackOrder& order) {
  const std::string key(kExternalIdParameter);
  if (!order_.declares(key)) return {};
  if (const auto given = order.parameters.find(key); given != order.parameters.end()) {
    row.external_id = given->second;
    return {};
  }
  if (row.place.external_id) {
    adapters::HostSecrets secrets(*command_.host().environment, *command_.host().files);
    TRY(const Secret<std::string> value, secrets.resolve(*row.place.external_id));
    row.external_id = value.reveal();
    order.parameters[key] = row.external_id;
    return {};
  }
  if (stack) {
    if (const auto has = stack->parameters.find(key); has != stack->parameters.end() && !has->second.empty()) {
      row.external_id = has->second;
      return {};
    }
  }
  row.external_id = new_external_id(*command_.host().random);
  row.made_external_id = true;
  order.parameters[key] = row.external_id;
  return {};
}

rt::Task<Result<void>> DeployWork::prepare_one(DeployRow& row) {
  stacks::StackOrder order;
  const Rendered& rendered = order_.rendered_of(row.place);
  order.name = order_.stack_of(row.place);
  order.body = rendered.text;
  order.parameters = order_.parameters;
  for (const auto& [name, value] : row.place.parameters) order.parameters[name] = value;
  for (const RenderedParameter& each : rendered.parameters) order.declared.push_back(each.name);
  order.tags["postern:part"] = order_.part;
  order.token = make_token();
  CO_TRY(std::optional<stacks::Stack> stack, co_await port_.describe(command_.ctx(), row.place.scope, order.name));
  CO_TRY_VOID(choose_external_id(row, stack, order));
  if (!stack || stacks::standing_of(stack->status) == stacks::Standing::empty) {
    const std::string missing = deploy_work_detail::missing_parameters(rendered, order);
    if (!missing.empty()) {
      co_return fail(ErrorKind::usage, "the stack " + order.name + " needs values of " + missing +
                                           ": --parameter NAME=VALUE, or the fleet file's hub");
    }
  }
  CO_TRY(row.prepared, co_await deployer_.prepare(command_.ctx(), row.place.scope, std::move(stack), std::move(order)));
  co_return Result<void>();
}

rt::Task<Result<void>> DeployWork::find_one(DeployRow& row) {
  const std::string& stack = order_.stack_of(row.place);
  CO_TRY(row.found, co_await port_.describe(command_.ctx(), row.place.scope, stack));
  if (row.found && stacks::standing_of(row.found->status) == stacks::Standing::absent) row.found.reset();
  if (row.found && row.found->protected_from_deletion) {
    co_return fail(Error(ErrorKind::refused, "the stack " + stack +
                                                 " is protected from deletion; take the protection away first: aws "
                                                 "cloudformation update-termination-protection")
                       .with("rail", "termination protection"));
  }
  co_return Result<void>();
}

rt::Task<Result<void>> DeployWork::apply_one(DeployRow& row) {
  if (!row.waits()) co_return Result<void>();
  CO_TRY(row.applied, co_await deployer_.apply(command_.ctx(), row.place.scope, *row.prepared, sink()));
  command_.err(order_.name_of(row.place) + ": " +
               (row.applied->after ? row.applied->after->status : std::string("not known yet")) + "\n");
  co_return Result<void>();
}

rt::Task<Result<void>> DeployWork::remove_one(DeployRow& row) {
  if (!row.found) co_return Result<void>();
  CO_TRY(row.applied, co_await deployer_.remove(command_.ctx(), row.place.scope, *row.found, make_token(), sink()));
  const bool gone = row.applied->outcome == stacks::Outcome::done;
  command_.err(order_.name_of(row.place) + ": " +
               (gone                 ? std::string("deleted")
                : row.applied->after ? row.applied->after->status
                                     : "not known yet") +
               "\n");
  co_return Result<void>();
}

rt::Task<Result<void>> DeployWork::discard_one(DeployRow& row) {
  if (!row.waits()) co_return Result<void>();
  co_return co_await deployer_.discard(command_.ctx(), row.place.scope, *row.prepared);
}

}  // namespace postern::cli
