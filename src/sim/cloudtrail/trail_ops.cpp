// Trails: made, changed, shown, switched on and off.

#include <algorithm>

#include "base/text.hpp"
#include "iam/arn.hpp"
#include "sim/agents/node_roles.hpp"
#include "sim/cloudtrail/service.hpp"
#include "sim/paging.hpp"

namespace postern::sim {
namespace trail_ops {

using aws::cloudtrail::Trail;
using Info = aws::server::CallInfo;

constexpr std::string_view kPrincipal = "cloudtrail.amazonaws.com";
constexpr std::size_t kSelectorsMax = 5;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kPage = 100;

Error refusal(std::string code, std::string message) {
  return aws::server::fault(ErrorKind::usage, std::move(code), std::move(message), 400);
}

Error not_found(std::string_view name) {
  return aws::server::fault(ErrorKind::not_found, "TrailNotFoundException", "Unknown trail: " + printable(name, 200),
                            400);
}

bool is_name(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.size() < 3 || name.size() > 128 || !is_word(name.front()) || !is_word(name.back())) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool mark = name[i] == '.' || name[i] == '_' || name[i] == '-';
    if (!is_word(name[i]) && !mark) return false;
    if (mark && !is_word(name[i - 1])) return false;
  }
  return true;
}

std::string arn_of(const std::string& account, const std::string& region, const std::string& name) {
  return "arn:aws:cloudtrail:" + region + ":" + account + ":trail/" + name;
}

/// The members that the replies of CreateTrail and UpdateTrail have of a trail.
template <class Response>
Response answer_of(const Trail& shown) {
  Response out;
  out.name = shown.name;
  out.s3_bucket_name = shown.s3_bucket_name;
  out.s3_key_prefix = shown.s3_key_prefix;
  out.include_global_service_events = shown.include_global_service_events;
  out.is_multi_region_trail = shown.is_multi_region_trail;
  out.trail_arn = shown.trail_arn;
  out.log_file_validation_enabled = shown.log_file_validation_enabled;
  out.cloud_watch_logs_log_group_arn = shown.cloud_watch_logs_log_group_arn;
  out.cloud_watch_logs_role_arn = shown.cloud_watch_logs_role_arn;
  out.kms_key_id = shown.kms_key_id;
  out.is_organization_trail = shown.is_organization_trail;
  return out;
}

template <class T>
void set_if(std::optional<T>& to, const std::optional<T>& from) {
  if (from) to = from;
}

/// An empty text takes the setting away.
void set_text(std::optional<std::string>& to, const std::optional<std::string>& from) {
  if (!from) return;
  to = from->empty() ? std::nullopt : from;
}

/// Whether CloudTrail itself may do something with the bucket.
bool may(const StoredBucket& bucket, std::string_view action, std::string arn, const std::string& trail_arn,
         const std::string& account) {
  const iam::Principal caller = iam::Principal::service(kPrincipal);
  iam::RequestContext context;
  context.set("aws:SourceArn", trail_arn);
  context.set("aws:SourceAccount", account);
  context.set("s3:x-amz-acl", "bucket-owner-full-control");
  context.set("aws:SecureTransport", "true");
  iam::Resource resource(std::move(arn));
  resource.account = bucket.account;
  resource.policy = bucket.policy.get();
  iam::Request request;
  request.principal = &caller;
  request.action = action;
  request.context = &context;
  request.resources = std::span<const iam::Resource>(&resource, 1);
  return iam::evaluate(request, iam::PolicySet()).allowed();
}

Result<void> add_to(Tags& tags, const std::vector<aws::cloudtrail::Tag>& added) {
  for (const aws::cloudtrail::Tag& tag : added) tags[*tag.key] = tag.value.value_or("");
  if (tags.size() <= kTagsMax) return {};
  return fail(refusal("TagsLimitExceededException", "The number of tags per trail has exceeded the permitted amount."));
}

std::string iso(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace trail_ops

bool CloudTrailService::is_visible(const Info& info, const Trail& trail) const {
  const bool here = *trail.shown.home_region == info.region || trail.shown.is_multi_region_trail.value_or(false);
  if (trail.account == info.caller.account_id) return here;
  const Organization* const organization = cloud_.directory().organization();
  return here && trail.shown.is_organization_trail.value_or(false) && organization != nullptr &&
         organization->path_of(info.caller.account_id) != nullptr;
}

Result<CloudTrailService::Trail*> CloudTrailService::open(const Info& info, const std::string& name, Change change) {
  using namespace trail_ops;
  const bool is_arn = name.starts_with("arn:");
  if (!is_arn && !is_name(name)) return fail(refusal("InvalidTrailNameException", "Trail name is not valid."));
  Trail* found = nullptr;
  for (auto& [arn, one] : trails_) {
    if ((is_arn ? arn == name : *one.shown.name == name) && is_visible(info, one)) found = &one;
  }
  const std::string arn = found != nullptr ? *found->shown.trail_arn
                          : is_arn         ? name
                                           : arn_of(info.caller.account_id, info.region, name);
  TRY_VOID(authorize(info, Access().on(arn)));
  if (found == nullptr || (change == Change::yes && found->account != info.caller.account_id)) {
    return fail(not_found(name));
  }
  if (change == Change::yes && *found->shown.home_region != info.region) {
    return fail(refusal("InvalidHomeRegionException", "The trail can be changed in its home Region only, which is " +
                                                          *found->shown.home_region + "."));
  }
  return found;
}

Result<void> CloudTrailService::check_bucket(const aws::cloudtrail::Trail& shown, const std::string& account) const {
  using namespace trail_ops;
  const StoredBucket* const bucket = store_.find(*shown.s3_bucket_name);
  if (bucket == nullptr) {
    return fail(refusal("S3BucketDoesNotExistException",
                        "S3 bucket " + printable(*shown.s3_bucket_name, 80) + " does not exist!"));
  }
  const std::string prefix = shown.s3_key_prefix ? *shown.s3_key_prefix + "/" : std::string();
  const std::string logs = bucket->arn() + "/" + prefix + "AWSLogs/";
  bool allowed = may(*bucket, "s3:GetBucketAcl", bucket->arn(), *shown.trail_arn, account) &&
                 may(*bucket, "s3:PutObject", logs + account + "/CloudTrail/key", *shown.trail_arn, account);
  if (shown.is_organization_trail.value_or(false) && cloud_.directory().organization() != nullptr) {
    const std::string folder = logs + cloud_.directory().organization()->id() + "/";
    allowed = allowed && may(*bucket, "s3:PutObject", folder + account + "/CloudTrail/key", *shown.trail_arn, account);
  }
  if (allowed) return {};
  return fail(refusal("InsufficientS3BucketPolicyException",
                      "Incorrect S3 bucket policy is detected for bucket: " + bucket->name));
}

Result<void> CloudTrailService::check_logs(const Info& info, const aws::cloudtrail::Trail& shown) const {
  using namespace trail_ops;
  const auto& group = shown.cloud_watch_logs_log_group_arn;
  const auto& role_arn = shown.cloud_watch_logs_role_arn;
  if (!group && !role_arn) return {};
  const std::string head = "arn:aws:logs:" + info.region + ":" + info.caller.account_id + ":log-group:";
  const bool shaped = group && group->starts_with(head) && group->ends_with(":*");
  const std::string name = shaped ? group->substr(head.size(), group->size() - head.size() - 2) : std::string();
  if (!shaped || !logs_.has_group({info.caller.account_id, info.region}, name)) {
    return fail(refusal("InvalidCloudWatchLogsLogGroupArnException",
                        "CloudTrail cannot validate the specified log group ARN."));
  }
  const std::shared_ptr<Role> role = cloud_.directory().find_role(role_arn.value_or(""));
  if (role == nullptr || !trusts_service(cloud_.directory(), *role, kPrincipal)) {
    return fail(refusal("InvalidCloudWatchLogsRoleArnException",
                        "Access denied. Check the trust relationships for your role."));
  }
  return authorize(
      info, Access("iam:PassRole").on(role->arn, role->tags).with("iam:PassedToService", std::string(kPrincipal)));
}

Result<void> CloudTrailService::check_organization(const Info& info) const {
  using trail_ops::refusal;
  const Organization* const organization = cloud_.directory().organization();
  if (organization == nullptr || organization->path_of(info.caller.account_id) == nullptr) {
    return fail(refusal("OrganizationsNotInUseException", "The account is in no organization."));
  }
  if (organization->management_account() == info.caller.account_id) return {};
  return fail(
      refusal("NotOrganizationMasterAccountException", "The organization's trails are the management account's."));
}

template <class Request>
Result<void> CloudTrailService::apply(const Info& info, const Request& request, aws::cloudtrail::Trail& shown) const {
  using namespace trail_ops;
  if (request.sns_topic_name && !request.sns_topic_name->empty()) {
    return fail(
        refusal("UnsupportedOperationException", "Notifications of deliveries are not offered by this simulator"));
  }
  set_if(shown.s3_bucket_name, request.s3_bucket_name);
  set_text(shown.s3_key_prefix, request.s3_key_prefix);
  set_if(shown.include_global_service_events, request.include_global_service_events);
  set_if(shown.is_multi_region_trail, request.is_multi_region_trail);
  set_if(shown.log_file_validation_enabled, request.enable_log_file_validation);
  set_text(shown.cloud_watch_logs_log_group_arn, request.cloud_watch_logs_log_group_arn);
  set_text(shown.cloud_watch_logs_role_arn, request.cloud_watch_logs_role_arn);
  set_text(shown.kms_key_id, request.kms_key_id);
  set_if(shown.is_organization_trail, request.is_organization_trail);
  if (*shown.is_multi_region_trail && !*shown.include_global_service_events) {
    return fail(
        refusal("InvalidParameterCombinationException", "Multi-Region trail must include global service events."));
  }
  if (*shown.is_organization_trail) TRY_VOID(check_organization(info));
  TRY_VOID(check_bucket(shown, info.caller.account_id));
  return check_logs(info, shown);
}

Result<aws::cloudtrail::CreateTrailResponse> CloudTrailService::create_trail(
    const Info& info, const aws::cloudtrail::CreateTrailRequest& request) {
  using namespace trail_ops;
  const std::string& name = *request.name;
  if (!is_name(name)) return fail(refusal("InvalidTrailNameException", "Trail name is not valid."));
  Trail made;
  made.account = info.caller.account_id;
  made.shown.name = name;
  made.shown.home_region = info.region;
  made.shown.trail_arn = arn_of(made.account, info.region, name);
  made.shown.include_global_service_events = true;
  made.shown.is_multi_region_trail = false;
  made.shown.log_file_validation_enabled = false;
  made.shown.is_organization_trail = false;
  made.shown.has_custom_event_selectors = false;
  made.shown.has_insight_selectors = false;
  TRY_VOID(add_to(made.tags, request.tags_list));
  TRY_VOID(authorize(info, Access().on(*made.shown.trail_arn).tagging(made.tags)));
  std::size_t own = 0;
  for (const auto& [arn, one] : trails_) {
    if (one.account != made.account || !is_visible(info, one)) continue;
    ++own;
    if (*one.shown.name != name) continue;
    return fail(aws::server::fault(ErrorKind::conflict, "TrailAlreadyExistsException",
                                   "Trail " + name + " already exists for customer: " + made.account, 400));
  }
  if (own >= kTrailsMax) {
    return fail(
        refusal("MaximumNumberOfTrailsExceededException",
                "User: " + made.account + " already has " + std::to_string(own) + " trails in " + info.region + "."));
  }
  TRY_VOID(apply(info, request, made.shown));
  aws::cloudtrail::EventSelector& all = made.selectors.emplace_back();
  all.read_write_type.emplace("All");
  all.include_management_events = true;
  const std::string arn = *made.shown.trail_arn;
  const Trail& kept = trails_.emplace(arn, std::move(made)).first->second;
  return answer_of<aws::cloudtrail::CreateTrailResponse>(kept.shown);
}

Result<aws::cloudtrail::UpdateTrailResponse> CloudTrailService::update_trail(
    const Info& info, const aws::cloudtrail::UpdateTrailRequest& request) {
  TRY(Trail * trail, open(info, *request.name, Change::yes));
  aws::cloudtrail::Trail shown = trail->shown;
  TRY_VOID(apply(info, request, shown));
  trail->shown = std::move(shown);
  return trail_ops::answer_of<aws::cloudtrail::UpdateTrailResponse>(trail->shown);
}

Result<aws::cloudtrail::DeleteTrailResponse> CloudTrailService::delete_trail(
    const Info& info, const aws::cloudtrail::DeleteTrailRequest& request) {
  TRY(const Trail* trail, open(info, *request.name, Change::yes));
  trails_.erase(std::string(*trail->shown.trail_arn));
  return aws::cloudtrail::DeleteTrailResponse();
}

Result<aws::cloudtrail::DescribeTrailsResponse> CloudTrailService::describe_trails(
    const Info& info, const aws::cloudtrail::DescribeTrailsRequest& request) {
  TRY_VOID(authorize(info));
  aws::cloudtrail::DescribeTrailsResponse response;
  const auto& names = request.trail_name_list;
  for (const auto& [arn, one] : trails_) {
    const bool shadow = *one.shown.home_region != info.region || one.account != info.caller.account_id;
    if (!is_visible(info, one) || (shadow && !request.include_shadow_trails.value_or(true))) continue;
    const auto named = [&](const std::string& name) { return name == arn || name == *one.shown.name; };
    if (names.empty() || std::ranges::any_of(names, named)) response.trail_list.push_back(one.shown);
  }
  return response;
}

Result<aws::cloudtrail::GetTrailResponse> CloudTrailService::get_trail(
    const Info& info, const aws::cloudtrail::GetTrailRequest& request) {
  TRY(const Trail* trail, open(info, *request.name, Change::no));
  aws::cloudtrail::GetTrailResponse response;
  response.trail = trail->shown;
  return response;
}

Result<aws::cloudtrail::GetTrailStatusResponse> CloudTrailService::get_trail_status(
    const Info& info, const aws::cloudtrail::GetTrailStatusRequest& request) {
  TRY(const Trail* trail, open(info, *request.name, Change::no));
  aws::cloudtrail::GetTrailStatusResponse response;
  response.is_logging = trail->logging;
  response.start_logging_time = trail->started;
  response.stop_logging_time = trail->stopped;
  response.time_logging_started = trail->started ? trail_ops::iso(*trail->started) : std::string();
  response.time_logging_stopped = trail->stopped ? trail_ops::iso(*trail->stopped) : std::string();
  return response;
}

Result<aws::cloudtrail::ListTrailsResponse> CloudTrailService::list_trails(
    const Info& info, const aws::cloudtrail::ListTrailsRequest& request) {
  TRY_VOID(authorize(info));
  std::vector<const Trail*> all;
  for (const auto& [arn, one] : trails_) {
    if (one.account == info.caller.account_id || is_visible(info, one)) all.push_back(&one);
  }
  const auto key_at = [&](std::size_t i) -> std::string_view { return *all[i]->shown.trail_arn; };
  TRY(const Page page, page_of(request.next_token.value_or(""), "trails", all.size(), trail_ops::kPage, key_at));
  aws::cloudtrail::ListTrailsResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    aws::cloudtrail::TrailInfo& item = response.trails.emplace_back();
    item.name = all[i]->shown.name;
    item.trail_arn = all[i]->shown.trail_arn;
    item.home_region = all[i]->shown.home_region;
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::cloudtrail::StartLoggingResponse> CloudTrailService::start_logging(
    const Info& info, const aws::cloudtrail::StartLoggingRequest& request) {
  TRY(Trail * trail, open(info, *request.name, Change::yes));
  trail->logging = true;
  trail->started = std::chrono::floor<std::chrono::seconds>(cloud_.now(info.ctx.clock()));
  return aws::cloudtrail::StartLoggingResponse();
}

Result<aws::cloudtrail::StopLoggingResponse> CloudTrailService::stop_logging(
    const Info& info, const aws::cloudtrail::StopLoggingRequest& request) {
  TRY(Trail * trail, open(info, *request.name, Change::yes));
  if (trail->logging) trail->stopped = std::chrono::floor<std::chrono::seconds>(cloud_.now(info.ctx.clock()));
  trail->logging = false;
  return aws::cloudtrail::StopLoggingResponse();
}

Result<aws::cloudtrail::PutEventSelectorsResponse> CloudTrailService::put_event_selectors(
    const Info& info, const aws::cloudtrail::PutEventSelectorsRequest& request) {
  using trail_ops::refusal;
  TRY(Trail * trail, open(info, *request.trail_name, Change::yes));
  const bool plain = !request.event_selectors.empty();
  if (plain == !request.advanced_event_selectors.empty() || request.event_selectors.size() > trail_ops::kSelectorsMax) {
    return fail(refusal("InvalidEventSelectorsException",
                        "A trail has either up to five event selectors or advanced event selectors."));
  }
  trail->selectors = request.event_selectors;
  trail->advanced = request.advanced_event_selectors;
  for (aws::cloudtrail::EventSelector& one : trail->selectors) {
    if (!one.read_write_type) one.read_write_type.emplace("All");
    if (!one.include_management_events) one.include_management_events = true;
  }
  trail->shown.has_custom_event_selectors = true;
  aws::cloudtrail::PutEventSelectorsResponse response;
  response.trail_arn = trail->shown.trail_arn;
  response.event_selectors = trail->selectors;
  response.advanced_event_selectors = trail->advanced;
  return response;
}

Result<aws::cloudtrail::GetEventSelectorsResponse> CloudTrailService::get_event_selectors(
    const Info& info, const aws::cloudtrail::GetEventSelectorsRequest& request) {
  TRY(const Trail* trail, open(info, *request.trail_name, Change::no));
  aws::cloudtrail::GetEventSelectorsResponse response;
  response.trail_arn = trail->shown.trail_arn;
  response.event_selectors = trail->selectors;
  response.advanced_event_selectors = trail->advanced;
  return response;
}

Result<aws::cloudtrail::AddTagsResponse> CloudTrailService::add_tags(const Info& info,
                                                                     const aws::cloudtrail::AddTagsRequest& request) {
  if (!request.resource_id->starts_with("arn:")) {
    return fail(trail_ops::refusal("CloudTrailARNInvalidException", "Tags are set by a trail's ARN."));
  }
  TRY(Trail * trail, open(info, *request.resource_id, Change::yes));
  Tags tags = trail->tags;
  TRY_VOID(trail_ops::add_to(tags, request.tags_list));
  trail->tags = std::move(tags);
  return aws::cloudtrail::AddTagsResponse();
}

Result<aws::cloudtrail::RemoveTagsResponse> CloudTrailService::remove_tags(
    const Info& info, const aws::cloudtrail::RemoveTagsRequest& request) {
  TRY(Trail * trail, open(info, *request.resource_id, Change::yes));
  for (const aws::cloudtrail::Tag& tag : request.tags_list) trail->tags.erase(*tag.key);
  return aws::cloudtrail::RemoveTagsResponse();
}

Result<aws::cloudtrail::ListTagsResponse> CloudTrailService::list_tags(
    const Info& info, const aws::cloudtrail::ListTagsRequest& request) {
  aws::cloudtrail::ListTagsResponse response;
  for (const std::string& id : request.resource_id_list) {
    TRY(const Trail* trail, open(info, id, Change::no));
    aws::cloudtrail::ResourceTag& item = response.resource_tag_list.emplace_back();
    item.resource_id = id;
    for (const auto& [key, value] : trail->tags) {
      aws::cloudtrail::Tag& tag = item.tags_list.emplace_back();
      tag.key = key;
      tag.value = value;
    }
  }
  return response;
}

}  // namespace postern::sim
