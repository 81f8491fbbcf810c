// deploy roles, deploy alarms, deploy documents, deploy endpoints, deploy diff, deploy delete

#include <algorithm>

#include "base/plural.hpp"
#include "cli/deploy_endpoints.hpp"
#include "cli/deploy_show.hpp"
#include "cli/deploy_stack_set.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"

namespace postern::cli {
namespace deploy_command {

bool is_look(DeployDeed deed) {
  return deed == DeployDeed::look || deed == DeployDeed::look_at_removal;
}

/// What read-only mode refuses: even a look makes a change set.
std::string_view write_of(DeployDeed deed) {
  return is_look(deed) ? "a change set, by which CloudFormation works the changes out," : "a deployment";
}

/// What a person has to write into the fleet file, now that roles ask for it.
void tell_external_ids(const Command& command, const DeployWork& work) {
  std::string lines;
  for (const DeployRow& row : work.rows()) {
    const bool made = row.made_external_id && row.applied && row.applied->outcome == stacks::Outcome::done;
    if (made) lines += "  " + row.place.scope->who() + ": external_id: \"" + row.external_id + "\"\n";
  }
  if (lines.empty()) return;
  command.err("\nThese accounts have an ExternalId of their own now; write it into the fleet file:\n" + lines);
}

/// What lies behind the commonest failure: roles of accounts trust the hub's, and IAM wants it to be there.
void tell_hub_first(const Command& command, const DeployWork& work) {
  for (const DeployRow& row : work.rows()) {
    if (!row.applied) continue;
    for (const std::string& problem : row.applied->problems) {
      if (problem.find("Invalid principal in policy") == std::string::npos) continue;
      command.err("\nA role can only trust one that exists; the hub's comes first: postern deploy roles --for hub\n");
      return;
    }
  }
}

/// The way on from a hub whose identity has just been made: its role has to be somebody's.
void tell_next(const Command& command, const DeployWork& work) {
  for (const DeployRow& row : work.rows()) {
    const bool made = row.applied && row.applied->outcome == stacks::Outcome::done;
    if (!made || command.invocation().value("--for") != "hub") continue;
    if (!row.applied->after) continue;
    const auto profile = row.applied->after->outputs.find("HubProfileName");
    if (profile == row.applied->after->outputs.end()) continue;
    command.err(
        "\nOnly an instance that has this profile is the hub. Give it to the host that postern runs on:\n"
        "    aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=" +
        profile->second + "\nThen the target accounts: postern deploy roles\n");
  }
}

rt::Task<Result<int>> change(const Command& command, DeployWork& work, DeployDeed deed) {
  CO_TRY_VOID(co_await work.prepare());
  const bool any =
      std::any_of(work.rows().begin(), work.rows().end(), [](const DeployRow& row) { return row.waits(); });
  command.err(describe_deployment(work, deed));
  Result<void> agreed;
  if (deed == DeployDeed::change && any) {
    agreed = co_await agree(command, sum_of_changes(work) + ". Proceed?", "changed");
  }
  if (!agreed || deed == DeployDeed::look) {
    CO_TRY_VOID(co_await work.discard());
  } else {
    CO_TRY_VOID(co_await work.apply());
  }
  if (!agreed) co_return fail(std::move(agreed).error());
  CO_TRY_VOID(command.answer(deploy_answer(command, work, deed)));
  tell_external_ids(command, work);
  tell_hub_first(command, work);
  tell_next(command, work);
  const int code = deploy_exit_code(work);
  const bool differs = command.invocation().command->verb == Verb::deploy_diff && any;
  co_return code == kExitOk&& differs ? kExitGate : code;
}

rt::Task<Result<int>> remove(const Command& command, DeployWork& work, DeployDeed deed) {
  CO_TRY_VOID(co_await work.find());
  const auto going = static_cast<std::size_t>(std::count_if(
      work.rows().begin(), work.rows().end(), [](const DeployRow& row) { return row.found && !row.problem; }));
  command.err(describe_deployment(work, deed));
  if (deed == DeployDeed::remove && going > 0) {
    const std::string places = plural(going, work.order().is_regional() ? "place" : "account");
    const bool by_vpc = work.order().part == kEndpointsPart;
    std::string question = "Delete the stack " + work.order().stack + (by_vpc ? "-VPC" : "") + " of " + places +
                           " with all that is in it?";
    CO_TRY_VOID(co_await agree(command, std::move(question), "deleted"));
    CO_TRY_VOID(co_await work.remove());
  }
  CO_TRY_VOID(command.answer(deploy_answer(command, work, deed)));
  co_return deploy_exit_code(work);
}

rt::Task<Result<int>> with_session(const Command& command, DeployDeed deed) {
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  CO_TRY(AwsWork aws, open_session(executor, command));
  Result<int> code = kExitOk;
  if (is_by_stack_set(command.invocation())) {
    Result<void> sets = expect_writable(aws, write_of(deed));
    if (sets) {
      code = co_await deploy_by_stack_set(command, aws, deed);
    } else {
      code = fail(std::move(sets).error());
    }
    co_await aws.session->close();
    co_return code;
  }
  Result<DeployOrder> order = deploy_order(command.invocation(), aws.fleet, aws.session->settings().region);
  Result<void> may = expect_writable(aws, write_of(deed));
  if (may && order && order->part == kEndpointsPart) may = co_await spread_over_vpcs(command, aws, *order);
  if (!may) {
    code = fail(std::move(may).error());
  } else if (!order) {
    code = fail(std::move(order).error());
  } else {
    for (const std::string& note : order->notes) command.err("note: " + note + "\n");
    DeployWork work(command, aws, std::move(*order));
    const bool removal = deed == DeployDeed::remove || deed == DeployDeed::look_at_removal;
    if (removal) {
      code = co_await remove(command, work, deed);
    } else {
      code = co_await change(command, work, deed);
    }
  }
  co_await aws.session->close();
  co_return code;
}

}  // namespace deploy_command

rt::Task<Result<int>> run_deploy_roles(const Command& command) {
  const bool dry = command.invocation().has("--dry-run");
  return deploy_command::with_session(command, dry ? DeployDeed::look : DeployDeed::change);
}

rt::Task<Result<int>> run_deploy_alarms(const Command& command) {
  return run_deploy_roles(command);
}

rt::Task<Result<int>> run_deploy_documents(const Command& command) {
  return run_deploy_roles(command);
}

rt::Task<Result<int>> run_deploy_endpoints(const Command& command) {
  return run_deploy_roles(command);
}

rt::Task<Result<int>> run_deploy_diff(const Command& command) {
  return deploy_command::with_session(command, DeployDeed::look);
}

rt::Task<Result<int>> run_deploy_delete(const Command& command) {
  const bool dry = command.invocation().has("--dry-run");
  return deploy_command::with_session(command, dry ? DeployDeed::look_at_removal : DeployDeed::remove);
}

}  // namespace postern::cli
