#pragma once

/// What templates and servers have in common: an update of either leaves what it does not name. Private to drs.

#include "sim/drs/common.hpp"
#include "sim/drs/records.hpp"

namespace postern::sim::drs {

/// ValidationException for a rule that cannot be: an interval below ten minutes, more than 365 days, more than 5000
/// points.
Result<void> check_points(const std::vector<aws::drs::PITPolicyRule>& rules);

template <class Value>
void take(const std::optional<Value>& value, std::optional<Value>& kept) {
  if (value) kept = value;
}

/// Of a replication configuration, or of a template of one.
template <class Request, class Kept>
void take_replication(const Request& from, Kept& to) {
  take(from.staging_area_subnet_id, to.staging_area_subnet_id);
  take(from.associate_default_security_group, to.associate_default_security_group);
  take(from.replication_server_instance_type, to.replication_server_instance_type);
  take(from.use_dedicated_replication_server, to.use_dedicated_replication_server);
  take(from.default_large_staging_disk_type, to.default_large_staging_disk_type);
  take(from.ebs_encryption, to.ebs_encryption);
  take(from.ebs_encryption_key_arn, to.ebs_encryption_key_arn);
  take(from.bandwidth_throttling, to.bandwidth_throttling);
  take(from.data_plane_routing, to.data_plane_routing);
  take(from.create_public_ip, to.create_public_ip);
  take(from.auto_replicate_new_disks, to.auto_replicate_new_disks);
  take(from.internet_protocol, to.internet_protocol);
  if (!from.replication_servers_security_groups_ids.empty()) {
    to.replication_servers_security_groups_ids = from.replication_servers_security_groups_ids;
  }
  if (!from.staging_area_tags.empty()) to.staging_area_tags = from.staging_area_tags;
  if (!from.pit_policy.empty()) to.pit_policy = from.pit_policy;
}

/// Of a launch configuration, or of a template of one.
template <class Request, class Kept>
void take_launch(const Request& from, Kept& to) {
  take(from.launch_disposition, to.launch_disposition);
  take(from.target_instance_type_right_sizing_method, to.target_instance_type_right_sizing_method);
  take(from.copy_private_ip, to.copy_private_ip);
  take(from.copy_tags, to.copy_tags);
  take(from.licensing, to.licensing);
  take(from.post_launch_enabled, to.post_launch_enabled);
}

}  // namespace postern::sim::drs
