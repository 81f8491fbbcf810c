#include "cli/aws_command.hpp"

#include <map>

#include "aws/auth/assume_role_causes.hpp"
#include "aws/auth/session_name.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/in_memory.hpp"
#include "cli/mfa_prompt.hpp"
#include "cli/plugin_command.hpp"
#include "flow/verdict.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace {

constexpr Duration kNamingTime = std::chrono::seconds(10);

adapters::SessionOptions session_options(const Command& command, const AwsWork& work) {
  const Invocation& invocation = command.invocation();
  adapters::SessionOptions options;
  options.purpose = work.work_id;
  const std::vector<std::string> profiles = invocation.values("--profile");
  if (profiles.size() == 1) options.settings.profile = profiles[0];
  if (profiles.empty() && work.fleet) options.settings.profile = work.fleet->hub.profile;
  const std::vector<std::string> regions = invocation.values("--region");
  if (!regions.empty()) options.settings.region = regions[0].substr(0, regions[0].find(','));
  if (options.settings.region.empty() && work.fleet) options.settings.region = work.fleet->hub.region.text();
  options.settings.endpoint_url = invocation.value("--endpoint-url").value_or("");
  options.settings.ssm_endpoint_url = invocation.value(kSsmEndpointOption).value_or("");
  options.settings.ca_bundle = invocation.value("--ca-bundle").value_or("");
  if (work.fleet) {
    const os::Environment& environment = *command.host().environment;
    if (options.settings.endpoint_url.empty() && !environment.get("AWS_ENDPOINT_URL")) {
      options.settings.endpoint_url = work.fleet->endpoint_url;
    }
    if (options.settings.ca_bundle.empty() && !environment.get("AWS_CA_BUNDLE")) {
      options.settings.ca_bundle = work.fleet->ca_bundle;
    }
  }
  if (work.read_only) options.mode = aws::AccessMode::read_only;
  return options;
}

/// One scope per account, in its first Region.
std::vector<fleet::ScopePtr> one_per_account(const std::vector<fleet::ScopePtr>& scopes) {
  std::vector<fleet::ScopePtr> firsts;
  for (const fleet::ScopePtr& scope : scopes) {
    const bool seen =
        !firsts.empty() && firsts.back()->account == scope->account && firsts.back()->access == scope->access;
    if (!seen) firsts.push_back(scope);
  }
  return firsts;
}

rt::Task<Result<std::vector<fleet::ScopePtr>>> in_all_regions(const Command& command, AwsWork& work) {
  adapters::AwsInventory inventory(*work.session);
  std::vector<fleet::ScopePtr> scopes;
  for (const fleet::ScopePtr& scope : one_per_account(work.scopes)) {
    Result<std::vector<std::string>> names = co_await inventory.enabled_regions(command.ctx(), scope);
    if (!names) {
      // The account's own Region stays: the command then says what is wrong with it.
      scopes.push_back(scope);
      continue;
    }
    for (const std::string& name : *names) {
      fleet::Scope next = *scope;
      CO_TRY(next.region, fleet::Region::parse(name));
      scopes.push_back(std::make_shared<const fleet::Scope>(std::move(next)));
    }
  }
  co_return scopes;
}

std::vector<aws::auth::AssumeRoleCause> causes_of(const fleet::Scope& scope, const Error& error) {
  const bool had_external_id = scope.access.external_id.has_value();
  return aws::auth::assume_role_candidates(error, scope.access.role.empty() ? "" : scope.access.role.text(),
                                           had_external_id, "");
}

/// Problems that say the same of one account.
struct AccountProblem {
  AccountProblem(std::string p, const fleet::ScopeProblem& f) : place(std::move(p)), first(&f) {}
  std::string place;  ///< "payments-prod (444455556666) in us-east-1, us-west-2"
  const fleet::ScopeProblem* first;
};

/// Problems are in the order of the scopes: an account's Regions stand together.
std::vector<AccountProblem> by_account(const std::vector<fleet::ScopeProblem>& problems) {
  std::vector<AccountProblem> all;
  for (const fleet::ScopeProblem& problem : problems) {
    const fleet::Scope& scope = *problem.scope;
    const fleet::Scope* last = all.empty() ? nullptr : all.back().first->scope.get();
    const bool same = last != nullptr && last->account == scope.account && last->access == scope.access &&
                      described_message(all.back().first->error, 400) == described_message(problem.error, 400);
    if (same) {
      all.back().place += ", " + scope.region.text();
    } else {
      all.emplace_back(scope.who() + " in " + scope.region.text(), problem);
    }
  }
  return all;
}

std::string told_by_account(const std::vector<fleet::ScopeProblem>& problems, std::string_view what) {
  std::string out;
  for (const AccountProblem& problem : by_account(problems)) {
    out.append(problem.place).append(": ").append(what).append(": ") +=
        described_message(problem.first->error, 400) + "\n";
  }
  return out;
}

/// Whose the credentials of scopes without an account are: an account that only its profile or its keys name.
class AccountAsker {
 public:
  AccountAsker(rt::CallContext ctx, adapters::AwsSession& session, std::vector<fleet::ScopePtr>& scopes)
      : ctx_(ctx), session_(&session), scopes_(&scopes) {}
  rt::Task<void> operator()(std::size_t index) const {
    fleet::ScopePtr& scope = (*scopes_)[index];
    if (!scope->account.empty()) co_return;
    Result<aws::CallScope> call = session_->call_scope(*scope);
    if (!call) co_return;
    // Keys first, for they may have to be typed; STS itself may be out of reach, and only a name is at stake.
    const Result<aws::Credentials> keys = co_await call->credentials->resolve(ctx_);
    if (!keys) co_return;
    const rt::CallContext brief = ctx_.within(kNamingTime);
    const Result<aws::auth::CallerIdentity> identity =
        co_await session_->identities().identify(brief, std::move(*call));
    if (!identity) co_return;
    Result<fleet::AccountId> account = fleet::AccountId::parse(identity->account_id);
    if (!account) co_return;
    fleet::Scope known = *scope;
    known.account = std::move(*account);
    if (known.account_name.empty()) known.account_name = known.account.text();
    scope = std::make_shared<const fleet::Scope>(std::move(known));
  }

 private:
  rt::CallContext ctx_;
  adapters::AwsSession* session_;
  std::vector<fleet::ScopePtr>* scopes_;
};

}  // namespace

Result<AwsWork> open_session(rt::Executor executor, const Command& command, FleetUse use, std::string work_id) {
  AwsWork work;
  work.work_id = work_id.empty() ? flow::make_op_id(command.ctx()) : std::move(work_id);
  if (use == FleetUse::loaded) {
    TRY(work.fleet, command.load_fleet());
  }
  work.read_only = command.read_only(work.fleet);
  adapters::SessionEffects effects;
  effects.environment = command.host().environment;
  effects.files = command.host().files;
  effects.processes = command.host().processes;
  effects.dialer = command.host().dialer;
  effects.clock = command.host().clock;
  effects.log = &command.log();
  if (const InMemoryCloud* cloud = in_memory(command.host())) effects.http = &cloud->client();
  effects.mfa_prompt = make_mfa_prompt(*command.host().console);
  TRY(work.session, adapters::AwsSession::open(executor, effects, session_options(command, work)));
  return work;
}

fleet::ScopeRequest scope_request(const Command& command, const AwsWork& work, fleet::Duty duty) {
  const Invocation& invocation = command.invocation();
  fleet::ScopeRequest request;
  request.profiles = invocation.values("--profile");
  request.role_arns = invocation.values("--role-arn");
  request.external_id = invocation.value("--external-id").value_or("");
  request.regions = invocation.values("--region");
  request.accounts = invocation.values("--account");
  request.duty = duty;
  request.caller_region = work.session->settings().region;
  return request;
}

rt::Task<Result<void>> name_source(const Command& command, AwsWork& work) {
  if (!work.fleet || !work.fleet->hub.source_identity) co_return Result<void>();
  aws::CallScope hub;
  hub.region = work.session->settings().region.empty() ? "us-east-1" : work.session->settings().region;
  hub.credentials = work.session->hub();
  CO_TRY(const aws::auth::CallerIdentity caller,
         co_await work.session->identities().identify(command.ctx(), std::move(hub)));
  std::string name = aws::auth::name_of_caller(caller.arn);
  if (name.size() < 2) {
    co_return fail(Error(ErrorKind::refused, "the fleet file wants the caller's name as SourceIdentity, and " +
                                                 printable(caller.arn, 200) + " has none that STS takes")
                       .with("rail", "source-identity"));
  }
  work.session->set_source_identity(std::move(name));
  co_return Result<void>();
}

rt::Task<Result<AwsWork>> open_aws(const Command& command, fleet::Duty duty, std::string work_id) {
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  CO_TRY(AwsWork work, open_session(executor, command, FleetUse::loaded, std::move(work_id)));
  Result<void> named = co_await name_source(command, work);
  if (!named) {
    co_await work.session->close();
    co_return fail(std::move(named).error());
  }
  CO_TRY(work.scopes, fleet::make_scopes(work.fleet, scope_request(command, work, duty)));
  if (command.invocation().has("--all-regions")) {
    CO_TRY(work.scopes, co_await in_all_regions(command, work));
  }
  co_return work;
}

rt::Task<Result<void>> widen_to_all_regions(const Command& command, AwsWork& work) {
  CO_TRY(work.scopes, co_await in_all_regions(command, work));
  co_return Result<void>();
}

rt::Task<Result<void>> require_hub(const Command& command, AwsWork& work) {
  for (const fleet::ScopePtr& scope : work.scopes) {
    const fleet::Access& access = scope->access;
    if (access.kind != fleet::Access::Kind::ambient && !access.profile.empty()) co_return Result<void>();
  }
  const Result<aws::Credentials> hub = co_await work.session->hub()->resolve(command.ctx());
  if (hub) co_return Result<void>();
  co_await work.session->close();
  co_return fail(hub.error());
}

rt::Task<Result<void>> name_accounts(const Command& command, AwsWork& work, std::size_t concurrency) {
  const AccountAsker ask(command.ctx(), *work.session, work.scopes);
  co_await rt::for_each_bounded(work.scopes.size(), concurrency, ask);
  const bool stopped = co_await rt::is_cancelled();
  if (!stopped) co_return Result<void>();
  co_await work.session->close();
  co_return fail(ErrorKind::cancelled, "interrupted");
}

Result<fleet::Selector> chosen_selector(const Command& command, const std::optional<fleet::FleetFile>& fleet) {
  std::vector<fleet::Selector> parts;
  for (const std::string& text : command.invocation().values("--select")) {
    TRY(fleet::Selector part, fleet::Selector::parse(text));
    parts.push_back(std::move(part));
  }
  const fleet::Selector all = parts.size() == 1 ? parts[0] : fleet::Selector::conjunction(std::move(parts));
  if (fleet) return fleet->bind(all);
  const fleet::FleetFile none;
  return none.bind(all);
}

Result<void> expect_writable(const AwsWork& work, std::string_view what) {
  if (!work.read_only) return Result<void>();
  return fail(Error(ErrorKind::refused, std::string(what) +
                                            " is refused in read-only mode (--read-only, POSTERN_READ_ONLY or mode: "
                                            "read-only in the fleet file)")
                  .with("rail", "read-only"));
}

Result<std::size_t> chosen_concurrency(const Command& command) {
  const auto text = command.invocation().value("--concurrency");
  if (!text) return std::size_t{16};
  TRY(const int count, parse_count(*text, "--concurrency", 1, 1000));
  return static_cast<std::size_t>(count);
}

Json problem_json(const fleet::Scope& scope, const Error& error) {
  Json failure = failure_json(error);
  Json candidates = Json::array();
  for (const aws::auth::AssumeRoleCause& cause : causes_of(scope, error)) {
    candidates.push_back(Json::object()
                             .set("code", cause.code)
                             .set("text", cause.text)
                             .set("command", cause.command)
                             .set("where", cause.where));
  }
  if (!candidates.empty()) failure.set("candidates", std::move(candidates));
  Json problem = Json::object();
  problem.set("account_id", scope.account.text()).set("name", scope.account_name).set("region", scope.region.text());
  problem.set("error", std::move(failure));
  return problem;
}

std::string describe_problem(const fleet::Scope& scope, const Error& error) {
  std::string out = scope.label() + ": " + described_message(error, 500) + "\n";
  const std::vector<aws::auth::AssumeRoleCause> causes = causes_of(scope, error);
  if (!causes.empty()) out += "  AWS gives the same answer for each of these; the command behind it tells it apart:\n";
  for (const aws::auth::AssumeRoleCause& cause : causes) {
    out += "  - " + cause.text + "\n      " + cause.command + "   (as " + cause.where + ")\n";
  }
  if (causes.empty() && error.cause() != nullptr)
    out += "  because: " + printable(error.cause()->to_text(), 500) + "\n";
  return out;
}

Json problems_json(const fleet::Discovery& discovery) {
  Json problems = Json::array();
  for (const fleet::ScopeProblem& problem : discovery.problems) {
    problems.push_back(problem_json(*problem.scope, problem.error).set("missing", "targets"));
  }
  for (const fleet::ScopeProblem& problem : discovery.ssm_problems) {
    problems.push_back(problem_json(*problem.scope, problem.error).set("missing", "ssm"));
  }
  return problems;
}

std::string places_of(const std::vector<fleet::ScopeProblem>& problems) {
  std::string out;
  for (const AccountProblem& problem : by_account(problems)) out.append(out.empty() ? "" : "; ") += problem.place;
  return out;
}

std::string summarize_problems(const fleet::Discovery& discovery) {
  std::string out = told_by_account(discovery.problems, "could not be asked");
  out += told_by_account(discovery.ssm_problems, "Systems Manager's state is unknown");
  bool causes = false;
  for (const fleet::ScopeProblem& problem : discovery.problems) {
    causes = causes || !causes_of(*problem.scope, problem.error).empty();
  }
  if (causes) out += "postern accounts check lists the possible causes and the commands that tell them apart.\n";
  return out;
}

int exit_code_of(const fleet::Discovery& discovery) {
  if (discovery.problems.empty()) return kExitOk;
  if (discovery.problems.size() == discovery.scopes_asked) return exit_code_of(discovery.problems.front().error);
  return kExitUnknown;
}

}  // namespace postern::cli
