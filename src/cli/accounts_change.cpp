// accounts add, accounts remove, accounts rotate-external-id: the fleet file and the account's stack, one after the
// other, so that the same command takes up what was interrupted.

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/deploy_show.hpp"
#include "cli/external_id.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "fleet/fleet_edit.hpp"
#include "rt/clock.hpp"

namespace postern::cli {
namespace accounts_change {

// IAM tells its parts of the world about a new role one after the other ("Changes that I make are not always
// immediately visible" in the IAM User Guide).
constexpr Duration kVisibleWithin = std::chrono::seconds(60);
constexpr Duration kLookAgain = std::chrono::seconds(5);
/// The fleet file as text and as meant.
struct FleetText {
  FleetText() = default;
  std::string path;
  std::string text;
  fleet::FleetFile file;

  Result<void> take(std::string changed) {
    TRY(file, fleet::parse_fleet_file(changed, path));
    text = std::move(changed);
    return {};
  }
};

Result<FleetText> load(const Command& command) {
  TRY(std::optional<fleet::FleetFile> fleet, command.load_fleet());
  if (!fleet) {
    return fail(ErrorKind::usage, "there is no fleet file to change: postern init -O postern.yaml writes one");
  }
  FleetText out;
  out.path = fleet->file_name;
  TRY(out.text, command.host().files->read(out.path, std::size_t{4} << 20U));
  out.file = std::move(*fleet);
  return out;
}

/// Who could not read it before cannot read it afterwards.
Result<void> save(const Command& command, const FleetText& fleet) {
  os::Files& files = *command.host().files;
  TRY(const os::FileStat now, files.stat(fleet.path));
  TRY_VOID(files.write_atomically(fleet.path, fleet.text, now.mode));
  command.err("wrote " + fleet.path + "\n");
  return {};
}

Result<fleet::Account> asked_account(const Invocation& invocation) {
  fleet::Account account;
  TRY(account.id, fleet::AccountId::parse(invocation.words.front()));
  account.name = invocation.value("--name").value_or(account.id.text());
  account.profile = invocation.value("--account-profile").value_or("");
  account.roles.any = invocation.value("--role").value_or("");
  if (!account.profile.empty() && account.roles.any.empty()) {
    return fail(ErrorKind::usage, "--account-profile goes with --role: the profile's credentials assume it");
  }
  for (const std::string& text : invocation.values("--tag")) {
    TRY(auto tag, parse_pair(text, "--tag", "KEY"));
    account.tags[std::move(tag.first)] = std::move(tag.second);
  }
  return account;
}

Result<const fleet::Account*> named_account(const Command& command, const FleetText& fleet) {
  const std::string& word = command.invocation().words.front();
  const fleet::Account* account = fleet.file.find_account(word);
  if (account == nullptr) return fail(ErrorKind::usage, "no account '" + printable(word, 60) + "' in " + fleet.path);
  return account;
}

/// The deployment of one account, as `deploy roles --account ID` would do it with this fleet file.
Result<DeployOrder> order_for(const Command& command, const FleetText& fleet, const fleet::AccountId& account,
                              const std::string& caller_region) {
  std::vector<std::string> words = {"deploy", "roles", "--account", account.text()};
  for (const char* option : {"--via", "--mode", "--hub-role", "--organization", "--stack-name", "--region"}) {
    if (const auto value = command.invocation().value(option)) {
      words.emplace_back(option);
      words.push_back(*value);
    }
  }
  TRY(const Invocation invocation, parse_command_line(words));
  return deploy_order(invocation, fleet.file, caller_region);
}

/// Why the one account of a deployment is not as it should be; nothing when it is.
std::optional<Error> failure_of(const DeployWork& work, DeployDeed deed) {
  const DeployRow& row = work.rows().front();
  if (row.problem) return *row.problem;
  const std::string status = status_of(row, deed);
  for (const char* good : {"created", "changed", "unchanged", "deleted", "absent"}) {
    if (status == good) return std::nullopt;
  }
  std::string why = row.prepared ? row.prepared->why : std::string();
  if (row.applied && !row.applied->problems.empty()) why = row.applied->problems.front();
  return Error(ErrorKind::service,
               "the stack " + work.order().stack + " is " + status + (why.empty() ? "" : ": " + why));
}

/// Works the change of the one account out, shows it and asks. False for a dry run; without a yes the change set is
/// gone again.
rt::Task<Result<bool>> is_agreed(const Command& command, DeployWork& work, std::string question) {
  CO_TRY_VOID(co_await work.prepare());
  command.err(describe_deployment(work, DeployDeed::change));
  const DeployRow& row = work.rows().front();
  const bool stuck = row.problem || (row.prepared && row.prepared->outlook == stacks::Outlook::blocked);
  if (stuck) co_return fail(*failure_of(work, DeployDeed::change));
  const bool dry = command.invocation().has("--dry-run");
  Result<void> agreed;
  if (!dry) agreed = co_await agree(command, std::move(question), "changed");
  if (dry || !agreed) CO_TRY_VOID(co_await work.discard());
  if (!agreed) co_return fail(std::move(agreed).error());
  co_return !dry;
}

/// Whether we are whom the account's roles trust: the hub's role, and not the administrator who deploys.
rt::Task<bool> is_hub(const Command& command, AwsWork& aws) {
  aws::CallScope call;
  call.region = aws.session->settings().region;
  call.credentials = aws.session->hub();
  const auto identity = co_await aws.session->identities().identify(command.ctx(), std::move(call));
  const std::string role = command.invocation().value("--hub-role").value_or(std::string(access::kHubRole));
  co_return identity &&
      identity->arn.find(":assumed-role/" + role.substr(role.rfind('/') + 1) + "/") != std::string::npos;
}

/// Assumes the account's role for observation with the fleet file as it is now, again and again for a minute.
rt::Task<Result<std::string>> check(const Command& command, AwsWork& aws, const FleetText& fleet,
                                    fleet::AccountId account) {
  const bool ours = co_await is_hub(command, aws);
  if (!ours) {
    command.err("not checked: its roles trust the hub's role alone. As the hub: postern accounts check --account " +
                account.text() + "\n");
    co_return std::string();
  }
  fleet::ScopeRequest request;
  request.accounts = {account.text()};
  request.caller_region = aws.session->settings().region;
  CO_TRY(const std::vector<fleet::ScopePtr> scopes, fleet::make_scopes(fleet.file, request));
  const MonoTime until = command.ctx().clock().now() + kVisibleWithin;
  for (;;) {
    CO_TRY(aws::CallScope call, aws.session->call_scope(*scopes.front()));
    const auto identity = co_await aws.session->identities().verify(command.ctx(), std::move(call));
    if (identity) co_return identity->arn;
    const bool perhaps_later = identity.error().kind() == ErrorKind::denied && command.ctx().clock().now() < until;
    if (!perhaps_later) {
      command.err(describe_problem(*scopes.front(), identity.error()));
      co_return fail(identity.error());
    }
    CO_TRY_VOID(co_await rt::sleep_until(command.ctx().clock(), command.ctx().clock().now() + kLookAgain));
  }
}

Result<void> tell(const Command& command, const fleet::Account& account, std::string status, std::string arn,
                  std::string stack) {
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object()
                        .set("schema", "postern.account_change/1")
                        .set("account_id", account.id.text())
                        .set("name", account.name)
                        .set("status", std::move(status))
                        .set("stack", std::move(stack))
                        .set("arn", std::move(arn));
  answer.columns.push_back(id_column("ACCOUNT", 0, "account_id"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.push_back(member_column("STATUS", 0, "status"));
  answer.columns.push_back(member_column("IDENTITY", 2, "arn"));
  return command.answer(answer);
}

/// A stack that did not become what it should be: the account has failed, not the command.
Result<int> stopped(const Command& command, const fleet::Account& account, const DeployWork& work,
                    const Error& failed) {
  if (work.rows().front().problem) return fail(failed);
  command.err(described_message(failed, 500) + "\n");
  TRY_VOID(tell(command, account, "failed", "", work.order().stack));
  return kExitTargetFailed;
}

/// Everything that a command here has at hand.
struct Bench {
  Bench() = default;
  AwsWork aws;
  FleetText fleet;
};

Result<Bench> open_bench(rt::Executor executor, const Command& command) {
  if (command.invocation().words.size() != 1) {
    return fail(ErrorKind::usage, "exactly one account is named: its id or its name in the fleet file");
  }
  Bench bench;
  TRY(bench.fleet, load(command));
  TRY(bench.aws, open_session(executor, command));
  TRY_VOID(expect_writable(bench.aws, "a change of an account"));
  return bench;
}

void remind_of_hub(const Command& command) {
  command.err("The hub's policy names the roles that it may assume: postern deploy roles --for hub\n");
}

rt::Task<Result<int>> add(const Command& command, Bench& bench) {
  CO_TRY(fleet::Account account, asked_account(command.invocation()));
  FleetText after = bench.fleet;
  const fleet::Account* known = bench.fleet.file.find_account(account.id.text());
  if (known != nullptr) {
    command.err("account " + account.id.text() + " is in " + bench.fleet.path + " already: going on from there\n");
    account = *known;
  } else {
    account.external_id = fleet::SecretRef::literal(new_external_id(*command.host().random));
    CO_TRY(std::string text, fleet::with_account(bench.fleet.text, bench.fleet.path, account));
    CO_TRY_VOID(after.take(std::move(text)));
    command.err(bench.fleet.path + ": + account " + account.id.text() + " (" + account.name +
                ") with an ExternalId of its own\n");
  }
  CO_TRY(DeployOrder order, order_for(command, after, account.id, bench.aws.session->settings().region));
  const std::string stack = order.stack;
  DeployWork work(command, bench.aws, std::move(order));
  CO_TRY(const bool go, co_await is_agreed(command, work, "Proceed?"));
  if (!go) {
    CO_TRY_VOID(tell(command, account, "would_add", "", stack));
    co_return kExitOk;
  }
  // The file first: an ExternalId that is deployed and written nowhere would lock us out.
  if (known == nullptr) CO_TRY_VOID(save(command, after));
  CO_TRY_VOID(co_await work.apply());
  if (const auto failed = failure_of(work, DeployDeed::change)) {
    command.err("the account stays in " + after.path + ": the same command goes on from there\n");
    CO_TRY(const int code, stopped(command, account, work, *failed));
    co_return code;
  }
  remind_of_hub(command);
  const auto arn = co_await check(command, bench.aws, after, account.id);
  if (!arn) command.err("the stack is deployed, and its role cannot be assumed yet: postern accounts check\n");
  CO_TRY_VOID(tell(command, account, arn ? "added" : "not_assumable", arn ? *arn : "", stack));
  co_return arn ? kExitOk : kExitTargetFailed;
}

rt::Task<Result<int>> remove(const Command& command, Bench& bench) {
  CO_TRY(const fleet::Account* known, named_account(command, bench.fleet));
  const fleet::Account account = *known;
  FleetText after = bench.fleet;
  CO_TRY(std::string text, fleet::without_account(bench.fleet.text, bench.fleet.path, account.id));
  CO_TRY_VOID(after.take(std::move(text)));
  CO_TRY(DeployOrder order, order_for(command, bench.fleet, account.id, bench.aws.session->settings().region));
  const std::string stack = order.stack;
  DeployWork work(command, bench.aws, std::move(order));
  CO_TRY_VOID(co_await work.find());
  command.err(describe_deployment(work, DeployDeed::remove));
  DeployRow& row = work.rows().front();
  if (row.problem && !command.invocation().has("--keep-stack")) co_return fail(*row.problem);
  command.err(bench.fleet.path + ": - account " + account.id.text() + " (" + account.name + ")\n");
  if (command.invocation().has("--dry-run")) {
    CO_TRY_VOID(tell(command, account, "would_remove", "", stack));
    co_return kExitOk;
  }
  CO_TRY_VOID(co_await agree(command, "Proceed?", "changed"));
  if (!command.invocation().has("--keep-stack")) {
    CO_TRY_VOID(co_await work.remove());
    if (const auto failed = failure_of(work, DeployDeed::remove)) {
      command.err("the account stays in " + bench.fleet.path + ": the same command goes on from there\n");
      CO_TRY(const int code, stopped(command, account, work, *failed));
      co_return code;
    }
  }
  CO_TRY_VOID(save(command, after));
  remind_of_hub(command);
  CO_TRY_VOID(tell(command, account, "removed", "", stack));
  co_return kExitOk;
}

/// The ExternalId that the fleet file has as a text; empty without one. A reference cannot be changed from here.
Result<std::string> kept_external_id(const FleetText& fleet, const fleet::Account& account) {
  if (!account.external_id) return std::string();
  if (account.external_id->kind == fleet::SecretRef::Kind::literal) return account.external_id->text;
  return fail(ErrorKind::usage, "the ExternalId of " + account.name + " in " + fleet.path + " is a reference (" +
                                    account.external_id->to_text() +
                                    "): deploy a new one with `postern deploy roles --account " + account.name +
                                    " --parameter ExternalId=...` and write it there yourself");
}

rt::Task<Result<int>> rotate(const Command& command, Bench& bench) {
  CO_TRY(const fleet::Account* known, named_account(command, bench.fleet));
  const fleet::Account account = *known;
  CO_TRY(const std::string kept, kept_external_id(bench.fleet, account));
  CO_TRY(DeployOrder order, order_for(command, bench.fleet, account.id, bench.aws.session->settings().region));
  adapters::AwsStacks port(*bench.aws.session);
  CO_TRY(const std::optional<stacks::Stack> stack,
         co_await port.describe(command.ctx(), order.places.front().scope, order.stack));
  if (!stack || !stack->parameters.contains(std::string(kExternalIdParameter))) {
    co_return fail(ErrorKind::not_found, "account " + account.name + " has no stack " + order.stack +
                                             " with an ExternalId: postern deploy roles --account " + account.name);
  }
  const std::string deployed = stack->parameters.at(std::string(kExternalIdParameter));
  FleetText after = bench.fleet;
  const bool half_done = !kept.empty() && deployed != kept;
  const std::string next = half_done ? deployed : new_external_id(*command.host().random);
  CO_TRY(std::string text, fleet::with_external_id(bench.fleet.text, bench.fleet.path, account.id, next));
  CO_TRY_VOID(after.take(std::move(text)));
  if (half_done) {
    command.err("the stack has another ExternalId than " + bench.fleet.path +
                ", as after an interrupted rotation: the file takes the stack's\n");
    if (command.invocation().has("--dry-run")) co_return kExitOk;
    CO_TRY_VOID(co_await agree(command, "Proceed?", "changed"));
  } else {
    order.parameters[std::string(kExternalIdParameter)] = next;
    DeployWork work(command, bench.aws, std::move(order));
    CO_TRY(const bool go, co_await is_agreed(command, work, "From then on the old ExternalId is refused. Proceed?"));
    if (!go) {
      CO_TRY_VOID(tell(command, account, "would_rotate", "", stack->id));
      co_return kExitOk;
    }
    CO_TRY_VOID(co_await work.apply());
    if (const auto failed = failure_of(work, DeployDeed::change)) {
      CO_TRY(const int code, stopped(command, account, work, *failed));
      co_return code;
    }
  }
  CO_TRY_VOID(save(command, after));
  const auto arn = co_await check(command, bench.aws, after, account.id);
  CO_TRY_VOID(tell(command, account, arn ? "rotated" : "not_assumable", arn ? *arn : "", stack->id));
  co_return arn ? kExitOk : kExitTargetFailed;
}

using Deed = rt::Task<Result<int>> (*)(const Command&, Bench&);

rt::Task<Result<int>> with_bench(const Command& command, Deed deed) {
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  CO_TRY(Bench bench, open_bench(executor, command));
  Result<int> code = co_await deed(command, bench);
  co_await bench.aws.session->close();
  co_return code;
}

}  // namespace accounts_change

rt::Task<Result<int>> run_accounts_add(const Command& command) {
  return accounts_change::with_bench(command, accounts_change::add);
}

rt::Task<Result<int>> run_accounts_remove(const Command& command) {
  return accounts_change::with_bench(command, accounts_change::remove);
}

rt::Task<Result<int>> run_accounts_rotate(const Command& command) {
  return accounts_change::with_bench(command, accounts_change::rotate);
}

}  // namespace postern::cli
