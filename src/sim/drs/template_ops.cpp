// The service, its templates and the tags of everything.

#include <algorithm>

#include "sim/drs/service.hpp"
#include "sim/drs/settings.hpp"

namespace postern::sim {
namespace drs_templates {

using namespace drs;

constexpr std::size_t kTemplatesMax = 1;  // of either kind (aws.md 4.12)

/// Those that are asked for, by id; none asked for: all. Fails with ResourceNotFoundException.
template <class Records>
auto wanted(const Records& records, const std::vector<std::string>& ids, std::string_view kind)
    -> Result<std::vector<typename Records::mapped_type>> {
  std::vector<typename Records::mapped_type> all;
  for (const std::string& id : ids) {
    const auto found = records.find(id);
    if (found == records.end()) return fail(not_found(kind, id));
    all.push_back(found->second);
  }
  for (const auto& [id, record] : records) {
    if (ids.empty()) all.push_back(record);
  }
  return all;
}

Tags kept_tags(const std::map<std::string, Tags>& all, const std::string& arn) {
  const auto found = all.find(arn);
  return found == all.end() ? Tags() : found->second;
}

constexpr std::string_view kReplication = "ReplicationConfigurationTemplate";
constexpr std::string_view kLaunch = "LaunchConfigurationTemplate";

std::string replication_arn(const aws::server::CallInfo& info, std::string_view id) {
  return Sites::arn_of(SiteKey(info.caller.account_id, info.region),
                       "replication-configuration-template/" + std::string(id));
}

std::string launch_arn(const aws::server::CallInfo& info, std::string_view id) {
  return Sites::arn_of(SiteKey(info.caller.account_id, info.region),
                       "launch-configuration-template/" + std::string(id));
}

Result<void> may_tag_new(const aws::server::CallInfo& info, const std::string& arn, const Tags& tags,
                         const std::string& creating) {
  if (tags.empty()) return {};
  TRY_VOID(check_tags(tags));
  Access access("drs:TagResource");
  access.on(arn).tagging(tags).with("drs:CreateAction", creating);
  return authorize(info, access);
}

}  // namespace drs_templates

Result<aws::drs::InitializeServiceResponse> DrsService::initialize_service(const Info& info,
                                                                           const aws::drs::InitializeServiceRequest&) {
  TRY_VOID(authorize(info));
  sites_.initialize(sites_.site(drs::SiteKey(info.caller.account_id, info.region)));
  return aws::drs::InitializeServiceResponse();
}

Result<aws::drs::ReplicationConfigurationTemplate> DrsService::create_replication_configuration_template(
    const Info& info, const aws::drs::CreateReplicationConfigurationTemplateRequest& request) {
  using namespace drs_templates;
  const Tags tags = plain_tags(request.tags);
  TRY_VOID(authorize(info, Access().on(replication_arn(info, "*")).tagging(tags)));
  TRY_VOID(may_tag_new(info, replication_arn(info, "*"), tags, "CreateReplicationConfigurationTemplate"));
  TRY(SiteRecord* const site, open(info));
  TRY_VOID(check_points(request.pit_policy));
  if (site->replication_templates.size() >= kTemplatesMax) {
    return fail(quota_exceeded("an account has one replication configuration template in a Region"));
  }
  const std::string id = sites_.new_id(*site, "rct");
  aws::drs::ReplicationConfigurationTemplate& made = site->replication_templates[id];
  made.replication_configuration_template_id = id;
  made.arn = replication_arn(info, id);
  made.associate_default_security_group = true;
  made.use_dedicated_replication_server = false;
  made.create_public_ip = false;
  made.replication_server_instance_type = "t3.small";
  made.data_plane_routing.emplace(aws::drs::ReplicationConfigurationDataPlaneRouting::private_ip);
  made.default_large_staging_disk_type.emplace(aws::drs::ReplicationConfigurationDefaultLargeStagingDiskType::gp3);
  made.auto_replicate_new_disks = false;
  take_replication(request, made);
  made.tags = request.tags;
  template_tags_[*made.arn] = tags;
  return made;
}

Result<aws::drs::ReplicationConfigurationTemplate> DrsService::update_replication_configuration_template(
    const Info& info, const aws::drs::UpdateReplicationConfigurationTemplateRequest& request) {
  using namespace drs_templates;
  const std::string& id = *request.replication_configuration_template_id;
  TRY_VOID(
      authorize(info, Access().on(replication_arn(info, id), kept_tags(template_tags_, replication_arn(info, id)))));
  TRY(SiteRecord* const site, open(info));
  const auto found = site->replication_templates.find(id);
  if (found == site->replication_templates.end()) return fail(not_found(kReplication, id));
  TRY_VOID(check_points(request.pit_policy));
  take_replication(request, found->second);
  return found->second;
}

Result<aws::drs::DescribeReplicationConfigurationTemplatesResponse>
DrsService::describe_replication_configuration_templates(
    const Info& info, const aws::drs::DescribeReplicationConfigurationTemplatesRequest& request) {
  using namespace drs_templates;
  TRY_VOID(authorize(info));
  TRY(SiteRecord* const site, open(info));
  TRY(auto all, wanted(site->replication_templates, request.replication_configuration_template_ids, kReplication));
  for (auto& one : all) one.tags = shown_tags(kept_tags(template_tags_, *one.arn));
  aws::drs::DescribeReplicationConfigurationTemplatesResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, replication_arn(info, "*"), all, response.items,
                     response.next_token, [](const auto& one) { return *one.replication_configuration_template_id; }));
  return response;
}

Result<aws::drs::DeleteReplicationConfigurationTemplateResponse> DrsService::delete_replication_configuration_template(
    const Info& info, const aws::drs::DeleteReplicationConfigurationTemplateRequest& request) {
  using namespace drs_templates;
  const std::string& id = *request.replication_configuration_template_id;
  TRY_VOID(
      authorize(info, Access().on(replication_arn(info, id), kept_tags(template_tags_, replication_arn(info, id)))));
  TRY(SiteRecord* const site, open(info));
  if (site->replication_templates.erase(id) == 0) return fail(not_found(kReplication, id));
  template_tags_.erase(replication_arn(info, id));
  return aws::drs::DeleteReplicationConfigurationTemplateResponse();
}

Result<aws::drs::CreateLaunchConfigurationTemplateResponse> DrsService::create_launch_configuration_template(
    const Info& info, const aws::drs::CreateLaunchConfigurationTemplateRequest& request) {
  using namespace drs_templates;
  const Tags tags = plain_tags(request.tags);
  TRY_VOID(authorize(info, Access().on(launch_arn(info, "*")).tagging(tags)));
  TRY_VOID(may_tag_new(info, launch_arn(info, "*"), tags, "CreateLaunchConfigurationTemplate"));
  TRY(SiteRecord* const site, open(info));
  if (site->launch_templates.size() >= kTemplatesMax) {
    return fail(quota_exceeded("an account has one launch configuration template in a Region"));
  }
  const std::string id = sites_.new_id(*site, "lct");
  aws::drs::LaunchConfigurationTemplate& made = site->launch_templates[id];
  made.launch_configuration_template_id = id;
  made.arn = launch_arn(info, id);
  made.launch_disposition.emplace(aws::drs::LaunchDisposition::started);
  made.target_instance_type_right_sizing_method.emplace(aws::drs::TargetInstanceTypeRightSizingMethod::basic);
  made.copy_private_ip = false;
  made.copy_tags = false;
  made.licensing.emplace().os_byol = false;
  made.post_launch_enabled = false;
  made.launch_into_source_instance = false;
  take_launch(request, made);
  take(request.export_bucket_arn, made.export_bucket_arn);
  take(request.launch_into_source_instance, made.launch_into_source_instance);
  made.tags = request.tags;
  template_tags_[*made.arn] = tags;
  aws::drs::CreateLaunchConfigurationTemplateResponse response;
  response.launch_configuration_template = made;
  return response;
}

Result<aws::drs::UpdateLaunchConfigurationTemplateResponse> DrsService::update_launch_configuration_template(
    const Info& info, const aws::drs::UpdateLaunchConfigurationTemplateRequest& request) {
  using namespace drs_templates;
  const std::string& id = *request.launch_configuration_template_id;
  TRY_VOID(authorize(info, Access().on(launch_arn(info, id), kept_tags(template_tags_, launch_arn(info, id)))));
  TRY(SiteRecord* const site, open(info));
  const auto found = site->launch_templates.find(id);
  if (found == site->launch_templates.end()) return fail(not_found(kLaunch, id));
  take_launch(request, found->second);
  take(request.export_bucket_arn, found->second.export_bucket_arn);
  take(request.launch_into_source_instance, found->second.launch_into_source_instance);
  aws::drs::UpdateLaunchConfigurationTemplateResponse response;
  response.launch_configuration_template = found->second;
  return response;
}

Result<aws::drs::DescribeLaunchConfigurationTemplatesResponse> DrsService::describe_launch_configuration_templates(
    const Info& info, const aws::drs::DescribeLaunchConfigurationTemplatesRequest& request) {
  using namespace drs_templates;
  TRY_VOID(authorize(info));
  TRY(SiteRecord* const site, open(info));
  TRY(auto all, wanted(site->launch_templates, request.launch_configuration_template_ids, kLaunch));
  for (auto& one : all) one.tags = shown_tags(kept_tags(template_tags_, *one.arn));
  aws::drs::DescribeLaunchConfigurationTemplatesResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, launch_arn(info, "*"), all, response.items,
                     response.next_token, [](const auto& one) { return *one.launch_configuration_template_id; }));
  return response;
}

Result<aws::drs::DeleteLaunchConfigurationTemplateResponse> DrsService::delete_launch_configuration_template(
    const Info& info, const aws::drs::DeleteLaunchConfigurationTemplateRequest& request) {
  using namespace drs_templates;
  const std::string& id = *request.launch_configuration_template_id;
  TRY_VOID(authorize(info, Access().on(launch_arn(info, id), kept_tags(template_tags_, launch_arn(info, id)))));
  TRY(SiteRecord* const site, open(info));
  if (site->launch_templates.erase(id) == 0) return fail(not_found(kLaunch, id));
  template_tags_.erase(launch_arn(info, id));
  return aws::drs::DeleteLaunchConfigurationTemplateResponse();
}

Result<Tags*> DrsService::tags_of(const Info& info, const std::string& arn) {
  const drs::SiteKey key(info.caller.account_id, info.region);
  drs::SiteRecord* site = sites_.find(key);
  const std::string prefix = drs::Sites::arn_of(key, "");
  if (site != nullptr && arn.starts_with(prefix)) {
    const std::string tail = arn.substr(prefix.size());
    const std::string id = tail.substr(std::min(tail.size(), tail.find('/') + 1));
    const auto server = site->servers.find(id);
    if (tail.starts_with("source-server/") && server != site->servers.end()) return &server->second.tags;
    const auto instance = site->instances.find(id);
    if (tail.starts_with("recovery-instance/") && instance != site->instances.end()) return &instance->second.tags;
    const auto job = site->jobs.find(id);
    if (tail.starts_with("job/") && job != site->jobs.end()) return &job->second.tags;
    const auto other = template_tags_.find(arn);
    if (other != template_tags_.end()) return &other->second;
  }
  return fail(drs::not_found("Resource", arn));
}

Result<aws::drs::TagResourceResponse> DrsService::tag_resource(const Info& info,
                                                               const aws::drs::TagResourceRequest& request) {
  const Tags added = drs::plain_tags(request.tags);
  const Result<Tags*> tags = tags_of(info, *request.resource_arn);
  TRY_VOID(authorize(info, Access().on(*request.resource_arn, tags ? **tags : Tags()).tagging(added)));
  if (!tags) return fail(tags.error());
  Tags all = added;
  all.insert((*tags)->begin(), (*tags)->end());
  TRY_VOID(drs::check_tags(all));
  **tags = std::move(all);
  return aws::drs::TagResourceResponse();
}

Result<aws::drs::UntagResourceResponse> DrsService::untag_resource(const Info& info,
                                                                   const aws::drs::UntagResourceRequest& request) {
  const Result<Tags*> tags = tags_of(info, *request.resource_arn);
  TRY_VOID(authorize(info, Access().on(*request.resource_arn, tags ? **tags : Tags()).untagging(request.tag_keys)));
  if (!tags) return fail(tags.error());
  for (const std::string& key : request.tag_keys) (*tags)->erase(key);
  return aws::drs::UntagResourceResponse();
}

Result<aws::drs::ListTagsForResourceResponse> DrsService::list_tags_for_resource(
    const Info& info, const aws::drs::ListTagsForResourceRequest& request) {
  const Result<Tags*> tags = tags_of(info, *request.resource_arn);
  TRY_VOID(authorize(info, Access().on(*request.resource_arn, tags ? **tags : Tags())));
  if (!tags) return fail(tags.error());
  aws::drs::ListTagsForResourceResponse response;
  response.tags = drs::shown_tags(**tags);
  return response;
}

}  // namespace postern::sim
