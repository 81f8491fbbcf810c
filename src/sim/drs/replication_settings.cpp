// A server's replication configuration.

#include "sim/drs/service.hpp"
#include "sim/drs/settings.hpp"

namespace postern::sim {
namespace drs {
namespace points {

constexpr std::int32_t kDaysMax = 365;
constexpr std::int32_t kPointsMax = 5'000;
constexpr std::int32_t kMinutesMin = 10;

}  // namespace points

Result<void> check_points(const std::vector<aws::drs::PITPolicyRule>& rules) {
  for (const aws::drs::PITPolicyRule& rule : rules) {
    if (!rule.units->known()) return fail(invalid("pitPolicy: unknown units " + rule.units->text()));
    const bool minutes = *rule.units == aws::drs::PITPolicyRuleUnits::minute;
    const std::int32_t most = *rule.units == aws::drs::PITPolicyRuleUnits::day ? points::kDaysMax
                              : minutes                                        ? points::kDaysMax * 24 * 60
                                                                               : points::kDaysMax * 24;
    if (minutes && *rule.interval < points::kMinutesMin)
      return fail(invalid("pitPolicy: the interval must be at least 10 minutes"));
    if (*rule.retention_duration < *rule.interval || *rule.retention_duration > most) {
      return fail(invalid("pitPolicy: the retention must be at least the interval and at most 365 days"));
    }
    if (*rule.retention_duration / *rule.interval > points::kPointsMax) {
      return fail(invalid("pitPolicy: a rule keeps at most 5000 points in time"));
    }
  }
  return {};
}

}  // namespace drs

Result<aws::drs::ReplicationConfiguration> DrsService::get_replication_configuration(
    const Info& info, const aws::drs::GetReplicationConfigurationRequest& request) {
  TRY(const drs::Server* const server, open_server(info, request.source_server_id));
  return server->replication;
}

Result<aws::drs::ReplicationConfiguration> DrsService::update_replication_configuration(
    const Info& info, const aws::drs::UpdateReplicationConfigurationRequest& request) {
  TRY(drs::Server* const server, open_server(info, request.source_server_id));
  TRY_VOID(drs::check_points(request.pit_policy));
  aws::drs::ReplicationConfiguration& to = server->replication;
  drs::take_replication(request, to);
  if (request.name) to.name = request.name;
  for (const aws::drs::ReplicationConfigurationReplicatedDisk& disk : request.replicated_disks) {
    bool known = false;
    for (aws::drs::ReplicationConfigurationReplicatedDisk& kept : to.replicated_disks) {
      if (kept.device_name != disk.device_name) continue;
      kept = disk;
      known = true;
    }
    if (!known) return fail(drs::invalid("replicatedDisks: no such device: " + disk.device_name.value_or("")));
  }
  return to;
}

}  // namespace postern::sim
