// A server's launch configuration, half of which is a launch template in EC2.

#include "sim/drs/service.hpp"
#include "sim/drs/settings.hpp"

namespace postern::sim {
namespace drs_launch_settings {

using namespace drs;

/// An instance to launch into must say that it may be (aws.md 4.6).
Result<void> check_launch_into(const Cloud& cloud, const SiteKey& site, const std::string& id) {
  if (id.empty()) return {};
  const Instance* instance = cloud.find_instance(site.first, site.second, id);
  const std::string* tag = instance == nullptr ? nullptr : instance->tag("AWSDRS");
  if (tag != nullptr && *tag == "AllowLaunchingIntoThisInstance") return {};
  return fail(invalid("launchIntoEC2InstanceID: " + id +
                      " is no instance here with the tag AWSDRS=AllowLaunchingIntoThisInstance"));
}

}  // namespace drs_launch_settings

Result<aws::drs::LaunchConfiguration> DrsService::get_launch_configuration(
    const Info& info, const aws::drs::GetLaunchConfigurationRequest& request) {
  TRY(drs::Server* const server, open_server(info, request.source_server_id));
  server->launch.ec2_launch_template_id = *runner_.template_of(*server).launch_template_id;
  return server->launch;
}

Result<aws::drs::LaunchConfiguration> DrsService::update_launch_configuration(
    const Info& info, const aws::drs::UpdateLaunchConfigurationRequest& request) {
  using namespace drs_launch_settings;
  TRY(Server* const server, open_server(info, request.source_server_id));
  // The service writes a new version of the launch template as the caller.
  const std::string why = why_not(sites_.cloud(), info, server->site, Duty::change_template);
  if (!why.empty()) return fail(denied(why));
  const auto& into = request.launch_into_instance_properties;
  if (into) {
    TRY_VOID(check_launch_into(sites_.cloud(), server->site, into->launch_into_ec2_instance_id.value_or("")));
  }
  take_launch(request, server->launch);
  if (request.name) server->launch.name = request.name;
  if (into) server->launch.launch_into_instance_properties = into;
  server->launch.ec2_launch_template_id = *runner_.template_of(*server).launch_template_id;
  return server->launch;
}

}  // namespace postern::sim
