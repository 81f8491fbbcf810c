#pragma once

/// Records as the operations show them, and the settings that a server begins with.

#include "sim/drs/sites.hpp"

namespace postern::sim::drs {

aws::drs::SourceServer shown_server(Sites& sites, Server& server);
aws::drs::Job shown_job(const Job& job);
aws::drs::JobLog shown_item(const LogItem& item);
aws::drs::RecoveryInstance shown_instance(Sites& sites, SiteRecord& site, const RecoveryInstanceRecord& record);

/// From the site's template; null: as AWS's console makes one.
void default_replication(Server& server, const aws::drs::ReplicationConfigurationTemplate* from);
void default_launch(Server& server, const aws::drs::LaunchConfigurationTemplate* from);

}  // namespace postern::sim::drs
