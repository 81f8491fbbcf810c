#include "cli/dr_work.hpp"

#include "recovery/sites.hpp"

namespace postern::cli {

rt::Task<Result<DrWork>> open_dr(const Command& command, fleet::Duty duty) {
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  DrWork work;
  CO_TRY(work.aws, co_await open_aws(command, duty));
  CO_TRY_VOID(co_await require_hub(command, work.aws));
  CO_TRY_VOID(co_await name_accounts(command, work.aws, concurrency));
  const bool given = command.invocation().has("--region") || command.invocation().has("--all-regions");
  work.sites = recovery::sites_of(work.aws.scopes, work.aws.fleet,
                                  given ? recovery::SiteRegions::as_given : recovery::SiteRegions::of_the_fleet_file);
  co_return work;
}

}  // namespace postern::cli
