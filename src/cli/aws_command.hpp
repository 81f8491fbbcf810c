#pragma once

/// What the commands that talk to AWS share: the session, the fleet file, the scopes.

#include <memory>
#include <optional>
#include <vector>

#include "adapters/aws_session.hpp"
#include "adapters/inventory_source.hpp"
#include "cli/command.hpp"
#include "fleet/discover.hpp"
#include "fleet/scopes.hpp"

namespace postern::cli {

struct AwsWork {
  AwsWork() = default;
  std::unique_ptr<adapters::AwsSession> session;
  std::optional<fleet::FleetFile> fleet;
  std::vector<fleet::ScopePtr> scopes;
  bool read_only = false;
  /// What roles are assumed for: ends their RoleSessionName, and is the id of the run that comes of it, if one does.
  std::string work_id;
};

enum class FleetUse : std::uint8_t { loaded, ignored };

/// The session and the fleet file alone: no scopes, nothing is called. `work_id` is for work that has an id already: a
/// run that is taken up.
Result<AwsWork> open_session(rt::Executor executor, const Command& command, FleetUse use = FleetUse::loaded,
                             std::string work_id = std::string());

/// What the options and the session say of the scopes.
fleet::ScopeRequest scope_request(const Command& command, const AwsWork& work, fleet::Duty duty);

/// Opens the session as options, environment and fleet file say, and works out the scopes for a duty. With
/// --all-regions the enabled Regions of each account are asked for. The caller closes the session.
rt::Task<Result<AwsWork>> open_aws(const Command& command, fleet::Duty duty, std::string work_id = std::string());

/// Where the fleet file asks for it: the caller's name becomes the SourceIdentity of every role that is assumed from
/// now on. A caller whose name cannot be learnt, or has none, is refused (rail "source-identity").
rt::Task<Result<void>> name_source(const Command& command, AwsWork& work);

/// The scopes in every Region that is enabled in their account; a scope whose account cannot say stays as it is.
rt::Task<Result<void>> widen_to_all_regions(const Command& command, AwsWork& work);

/// Without the hub's own credentials no role can be assumed: that is one problem, not one per account. Resolves them,
/// unless an account can do without; closes the session when it fails.
rt::Task<Result<void>> require_hub(const Command& command, AwsWork& work);

/// The selectors of --select joined by `and`, references replaced; everything when there is none.
Result<fleet::Selector> chosen_selector(const Command& command, const std::optional<fleet::FleetFile>& fleet);

/// Fails with refused (rail "read-only") in read-only mode. `what` is what the sentence begins with: "a deployment".
Result<void> expect_writable(const AwsWork& work, std::string_view what);

/// --concurrency, else 16.
Result<std::size_t> chosen_concurrency(const Command& command);

/// Asks STS whose the credentials of scopes without an account are (the caller's own, a profile's) and writes it into
/// them. What cannot be learnt stays as it is: the command then says what is wrong. Fails only with cancelled.
rt::Task<Result<void>> name_accounts(const Command& command, AwsWork& work, std::size_t concurrency);

/// One failed scope as in the documents: {account_id, name, region, error{code, message, candidates[]}}.
Json problem_json(const fleet::Scope& scope, const Error& error);
/// The same for people, on stderr: the sentence, then the candidate causes with the commands that tell them apart.
std::string describe_problem(const fleet::Scope& scope, const Error& error);

/// What discovery could not learn: a problem of each scope with `missing`: "targets" when it could not be listed, "ssm"
/// when only Systems Manager's state of its instances is unknown.
Json problems_json(const fleet::Discovery& discovery);
/// The same for people: one line per account, however many Regions it is about, and where to read more.
std::string summarize_problems(const fleet::Discovery& discovery);
/// "payments-prod (444455556666) in us-east-1, us-west-2; sandbox (...) in us-east-1".
std::string places_of(const std::vector<fleet::ScopeProblem>& problems);

/// 253-255 when not one scope could be asked, 4 when some could not, else 0.
int exit_code_of(const fleet::Discovery& discovery);

}  // namespace postern::cli
