#include "cli/dr_residue.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "adapters/drs_jobs.hpp"
#include "adapters/inventory_source.hpp"
#include "adapters/launch_volumes.hpp"
#include "cli/failure.hpp"
#include "recovery/launch_plan.hpp"

namespace postern::cli {
namespace dr_residue {

constexpr std::size_t kFilterMax = 200;  // values of one filter of EC2
constexpr std::size_t kWhyMax = 300;
constexpr Duration kGoing = std::chrono::minutes(5);  // from the end of the job until EC2 has taken all away
constexpr Duration kGap = std::chrono::seconds(5);

/// What a cleanup was to end in one site.
struct Ended {
  Ended() = default;
  fleet::ScopePtr site;
  std::vector<std::string> instances;
  std::vector<std::string> servers;
  std::vector<std::string> volumes;
  std::map<std::string, std::string> instance_of;  ///< by volume
};

std::vector<Ended> ended_of(const flow::Plan& plan) {
  std::vector<Ended> out(plan.scopes.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i].site = plan.scopes[i];
  for (const flow::BatchPlan& batch : plan.batches) {
    Ended& one = out[batch.scope];
    for (std::uint32_t i = batch.first; i < batch.first + batch.count; ++i) {
      const flow::PlanTarget& target = plan.targets[i];
      one.instances.push_back(target.id.text());
      one.servers.push_back(recovery::server_of_detail(target.detail));
      for (std::string& volume : recovery::volumes_of_detail(target.detail)) {
        one.instance_of[volume] = target.id.text();
        one.volumes.push_back(std::move(volume));
      }
    }
  }
  return out;
}

rt::Task<Result<void>> look_in_drs(rt::CallContext ctx, AwsWork& work, const Ended& ended, ResidueSeen* seen) {
  adapters::DrsJobs jobs(*work.session);
  std::vector<std::string> servers = ended.servers;
  CO_TRY(const std::vector<recovery::RecoveryInstance> there,
         co_await jobs.instances(ctx, ended.site, std::move(servers)));
  const std::set<std::string> mine(ended.instances.begin(), ended.instances.end());
  for (const recovery::RecoveryInstance& one : there) {
    if (mine.contains(one.id)) seen->residue.emplace_back(ended.site, "recovery_instance", one.id, one.ec2_state);
  }
  co_return Result<void>();
}

rt::Task<Result<void>> look_in_ec2(rt::CallContext ctx, AwsWork& work, const Ended& ended, ResidueSeen* seen) {
  adapters::AwsInventory inventory(*work.session);
  for (std::size_t done = 0; done < ended.instances.size(); done += kFilterMax) {
    const std::size_t end = std::min(ended.instances.size(), done + kFilterMax);
    std::vector<std::string> some(ended.instances.begin() + static_cast<std::ptrdiff_t>(done),
                                  ended.instances.begin() + static_cast<std::ptrdiff_t>(end));
    fleet::Ec2Filters filters;
    filters.filters.emplace_back("instance-id", std::move(some));
    CO_TRY(const std::vector<fleet::Ec2Record> records,
           co_await inventory.list_instances(ctx, ended.site, std::move(filters)));
    for (const fleet::Ec2Record& record : records) {
      if (record.state == "terminated" || record.state == "shutting-down") continue;
      seen->residue.emplace_back(ended.site, "instance", record.instance_id.text(), record.state.text());
    }
  }
  adapters::LaunchVolumes volumes(*work.session);
  std::vector<std::string> ids = ended.volumes;
  CO_TRY(const std::vector<adapters::VolumeLeft> left, co_await volumes.left_of(ctx, ended.site, std::move(ids)));
  for (const adapters::VolumeLeft& one : left) seen->residue.emplace_back(ended.site, "volume", one.id, one.state);
  co_return Result<void>();
}

/// Volumes that are attached to instances on their way out: EC2 takes them away in a moment.
bool is_going(const Ended& ended, const ResidueSeen& seen) {
  std::set<std::string> staying;
  for (const Residue& one : seen.residue) {
    if (one.kind == "instance") staying.insert(one.id);
  }
  return std::any_of(seen.residue.begin(), seen.residue.end(), [&](const Residue& one) {
    const auto instance = ended.instance_of.find(one.id);
    return one.kind == "volume" && one.state == "in-use" && instance != ended.instance_of.end() &&
           !staying.contains(instance->second);
  });
}

/// One site, as often as something is still on its way out.
rt::Task<void> look_in_site(rt::CallContext ctx, AwsWork& work, const Ended& ended, ResidueSeen* seen) {
  const MonoTime until = ctx.now() + kGoing;
  for (;;) {
    ResidueSeen now;
    const Result<void> drs = co_await look_in_drs(ctx, work, ended, &now);
    if (!drs) {
      now.unverified.push_back("the recovery instances in " + ended.site->label() + ": " +
                               described_message(drs.error(), kWhyMax));
    }
    const Result<void> ec2 = co_await look_in_ec2(ctx, work, ended, &now);
    if (!ec2) {
      now.unverified.push_back("instances and volumes in " + ended.site->label() + ": " +
                               described_message(ec2.error(), kWhyMax));
    }
    const bool again = is_going(ended, now) && ctx.now() < until;
    if (again) {
      const Result<void> waited = co_await rt::sleep_until(ctx.clock(), ctx.now() + kGap);
      if (waited) continue;
    }
    seen->residue.insert(seen->residue.end(), now.residue.begin(), now.residue.end());
    seen->unverified.insert(seen->unverified.end(), now.unverified.begin(), now.unverified.end());
    co_return;
  }
}

}  // namespace dr_residue

rt::Task<ResidueSeen> look_for_residue(const Command& command, AwsWork& work, const flow::Plan& plan) {
  ResidueSeen seen;
  const std::vector<dr_residue::Ended> all = dr_residue::ended_of(plan);
  for (const dr_residue::Ended& one : all) co_await dr_residue::look_in_site(command.ctx(), work, one, &seen);
  co_return seen;
}

}  // namespace postern::cli
