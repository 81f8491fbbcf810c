// init

#include "adapters/organization_source.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "fleet/organization.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kImportMax = 16U << 20U;
/// Organizations is global; some Region has to name the partition.
constexpr std::string_view kAnyRegion = "us-east-1";

rt::Task<Result<std::string>> from_organizations(const Command& command, adapters::AwsSession& session) {
  const aws::auth::Settings& settings = session.settings();
  aws::CallScope scope;
  scope.region = settings.region.empty() ? std::string(kAnyRegion) : settings.region;
  scope.credentials = session.hub();
  const std::string region = scope.region;
  fleet::OrganizationHub hub;
  CO_TRY(hub.region, fleet::Region::parse(region));
  CO_TRY(const aws::auth::CallerIdentity identity,
         co_await session.identities().identify(command.ctx(), std::move(scope)));
  CO_TRY(hub.account, fleet::AccountId::parse(identity.account_id));
  if (settings.profile_choice == aws::auth::ProfileChoice::option) hub.profile = settings.profile;
  adapters::AwsOrganization source(session, region);
  CO_TRY(const fleet::Organization organization, co_await source.read(command.ctx()));
  if (!organization.units_problem.empty()) {
    command.err("warning: the organisational units could not be read: " + organization.units_problem + "\n");
  }
  co_return fleet::organization_fleet_yaml(organization, hub);
}

rt::Task<Result<std::string>> init_text(const Command& command) {
  const Invocation& invocation = command.invocation();
  const auto c7n = invocation.value("--from-c7n");
  if (invocation.has("--from-organizations")) {
    if (c7n) co_return fail(ErrorKind::usage, "--from-organizations and --from-c7n: one of the two");
    CO_TRY(const AwsWork work, open_session(co_await rt::asio::this_coro::executor, command, FleetUse::ignored));
    Result<std::string> yaml = co_await from_organizations(command, *work.session);
    co_await work.session->close();
    co_return yaml;
  }
  if (c7n) {
    Result<std::string> text = command.host().files->read(*c7n, kImportMax);
    if (!text) co_return fail(Error(ErrorKind::usage, "cannot read " + *c7n).caused_by(text.error()));
    co_return fleet::import_c7n_accounts(*text, *c7n);
  }
  co_return fleet::default_fleet_yaml();
}

}  // namespace

rt::Task<Result<int>> run_init(const Command& command) {
  const Invocation& invocation = command.invocation();
  os::Files& files = *command.host().files;
  const auto path = invocation.value("--out");
  if (path && files.exists(*path) && !invocation.has("--force")) {
    co_return fail(ErrorKind::usage, *path + " exists already; --force overwrites it");
  }
  CO_TRY(const std::string yaml, co_await init_text(command));
  if (!path) {
    command.out(yaml);
    co_return kExitOk;
  }
  Result<void> written = files.write_atomically(*path, yaml, 0644);
  if (!written) co_return fail(std::move(written).error());
  const bool made = invocation.has("--from-organizations") || invocation.has("--from-c7n");
  command.err("wrote " + *path + (made ? "; look it over" : "; fill in your accounts") +
              ", then: postern accounts check" + (*path == "postern.yaml" ? "" : " --fleet " + *path) + "\n");
  co_return kExitOk;
}

}  // namespace postern::cli
