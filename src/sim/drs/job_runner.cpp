#include "sim/drs/job_runner.hpp"

#include <algorithm>

#include "sim/drs/common.hpp"
#include "sim/drs/service_roles.hpp"
#include "sim/ec2/catalog.hpp"
#include "sim/ec2/images.hpp"
#include "sim/ec2/template_versions.hpp"

namespace postern::sim::drs {
namespace job_runner {

using Event = aws::drs::JobLogEvent;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kToStart{5};
constexpr milliseconds kBetweenServers{200};
constexpr seconds kCleanup{25};
constexpr seconds kSnapshot{60};
constexpr minutes kLinuxConversion{5};
constexpr minutes kWindowsConversion{20};
constexpr seconds kToLaunch{10};
constexpr seconds kLaunch{45};
constexpr seconds kTerminate{20};
constexpr seconds kToEnd{1};
constexpr std::size_t kLogMax = 5'000;
constexpr std::string_view kManagedValue = "drs.amazonaws.com";

std::string raw(const Error& error) {
  return error.aws() == nullptr ? error.message() : error.aws()->code + ": " + error.message();
}

aws::ec2::Tag tag(std::string_view key, std::string_view value) {
  aws::ec2::Tag made;
  made.key = std::string(key);
  made.value = std::string(value);
  return made;
}

/// An image of the machine's platform: what its disks are converted from has no other bearing.
std::string image_of(std::uint64_t seed, const std::string& region, const Machine& machine) {
  const ec2::ImageRecord* found = nullptr;
  for (const ec2::ImageRecord& one : ec2::known_images()) {
    const bool same = one.platform_name == machine.platform_name;
    if (same || (found == nullptr && one.platform == machine.platform)) found = &one;
    if (same) break;
  }
  return found == nullptr ? std::string() : ec2::image_id(seed, region, found->platform_name);
}

/// Where instances go whose launch template names no subnet: the default VPC's, or that of the network which a site has
/// when nobody has described one.
std::string usual_subnet(const ec2::Network& network, const std::string& own_vpc) {
  for (const auto& [id, subnet] : network.subnets) {
    const auto vpc = network.vpcs.find(*subnet.vpc_id);
    const bool usual = vpc != network.vpcs.end() && vpc->second.shape.is_default.value_or(false);
    if (usual || *subnet.vpc_id == own_vpc) return id;
  }
  return {};
}

}  // namespace job_runner

JobRunner::~JobRunner() {
  sites_.ctx().clock().unschedule(timer_);
}

void JobRunner::later(Duration after, Due due) {
  agenda_.emplace(sites_.ctx().now() + after, std::move(due));
  arm();
}

void JobRunner::next(const Turn& turn, Duration after, Stage stage) {
  later(after / static_cast<std::int64_t>(turn.site.pace), Due(turn.site.key, turn.job.id, turn.index, stage));
}

void JobRunner::arm() {
  rt::Clock& clock = sites_.ctx().clock();
  clock.unschedule(timer_);
  timer_ = agenda_.empty() ? 0 : clock.schedule(agenda_.begin()->first, [this] { fire(); });
}

void JobRunner::fire() {
  timer_ = 0;
  const MonoTime now = sites_.ctx().now();
  while (!agenda_.empty() && agenda_.begin()->first <= now) {
    const Due due = agenda_.begin()->second;
    agenda_.erase(agenda_.begin());
    run(due);
  }
  arm();
}

Job& JobRunner::begin(SiteRecord& site, Job job) {
  const std::string id = job.id;
  job.open = job.servers.size();
  site.job_order.push_back(id);
  Job& kept = site.jobs.emplace(id, std::move(job)).first->second;
  begin_staging_job(site, kept);
  later(Duration(job_runner::kToStart) / site.pace, Due(site.key, id, 0, Stage::start));
  return kept;
}

/// An extension is converted where it replicates, by a job of that account (dr.md 1.6).
void JobRunner::begin_staging_job(SiteRecord& site, Job& job) {
  if (job.kind != JobKind::launch) return;
  for (const JobServer& part : job.servers) {
    const auto server = site.servers.find(part.server_id);
    Server* source = server == site.servers.end() ? nullptr : sites_.replicating(server->second);
    if (source == nullptr || source->site == site.key) continue;
    SiteRecord& staging = sites_.site(source->site);
    if (job.staging_job.empty()) {
      Job made(job.caller);
      made.id = sites_.new_id(staging, "drsjob");
      made.arn = Sites::arn_of(staging.key, "job/" + made.id);
      made.site = staging.key;
      made.kind = JobKind::converted_snapshot;
      made.initiated_by = aws::drs::InitiatedBy::target_account;
      made.status = aws::drs::JobStatus::started;
      made.created = sites_.now();
      made.log.emplace_back().time = made.created;
      job.staging_job = made.id;
      staging.job_order.push_back(made.id);
      staging.jobs.emplace(made.id, std::move(made));
    }
    // Servers of a second staging account share the first one's job.
    for (auto& [key, one] : sites_.all()) {
      const auto found = one.jobs.find(job.staging_job);
      if (found == one.jobs.end()) continue;
      found->second.servers.emplace_back().server_id = source->id;
      ++found->second.open;
    }
  }
}

void JobRunner::run(const Due& due) {
  SiteRecord* site = sites_.find(due.site);
  const auto found = site == nullptr ? std::map<std::string, Job>::iterator() : site->jobs.find(due.job);
  if (site == nullptr || found == site->jobs.end()) return;
  Job& job = found->second;
  if (due.stage == Stage::start) return start(*site, job);
  if (due.stage == Stage::end) return end(job);
  const auto server = site->servers.find(job.servers[due.server].server_id);
  if (server == site->servers.end()) {
    if (--job.open == 0) later(job_runner::kToEnd, Due(site->key, job.id, 0, Stage::end));
    return;
  }
  run_stage(Turn(*site, job, due.server, server->second), due.stage);
}

void JobRunner::run_stage(const Turn& turn, Stage stage) {
  using namespace job_runner;
  switch (stage) {
    case Stage::cleanup_begin:
      return cleanup_begin(turn);
    case Stage::cleanup_end:
      return cleanup_end(turn);
    case Stage::snapshot_begin:
      return snapshot_begin(turn);
    case Stage::snapshot_end:
      return snapshot_end(turn);
    case Stage::conversion_begin:
      return conversion_begin(turn);
    case Stage::conversion_end:
      return conversion_end(turn);
    case Stage::launch_begin:
      log(turn, Event::launch_start);
      turn.part.state = LaunchState::in_progress;
      turn.server.last_launch->status.emplace(aws::drs::LaunchStatus::in_progress);
      return next(turn, kLaunch, Stage::launch_end);
    case Stage::launch_end:
      return launch_end(turn);
    case Stage::terminate_begin:
      log(turn, Event::cleanup_start).instance_id = turn.part.instance_id;
      turn.part.state = LaunchState::in_progress;
      return next(turn, kTerminate, Stage::terminate_end);
    case Stage::terminate_end:
      return terminate_end(turn);
    case Stage::start:
    case Stage::end:
      return;
  }
}

LogItem& JobRunner::log(const Turn& turn, aws::drs::JobLogEvent::Value event, std::string raw_error) {
  LogItem& item = turn.job.log.emplace_back();
  item.time = sites_.now();
  item.event = event;
  item.server_id = turn.server.id;
  item.raw_error = std::move(raw_error);
  return item;
}

LogItem& JobRunner::staging_log(const Turn& turn, aws::drs::JobLogEvent::Value event, std::string raw_error) {
  Server* source = sites_.replicating(turn.server);
  if (!turn.job.staging_job.empty() && source != nullptr && source != &turn.server) {
    for (auto& [key, site] : sites_.all()) {
      const auto found = site.jobs.find(turn.job.staging_job);
      if (found == site.jobs.end()) continue;
      LogItem& item = found->second.log.emplace_back();
      item.time = sites_.now();
      item.event = event;
      item.server_id = source->id;
      item.raw_error = std::move(raw_error);
      return item;
    }
  }
  return log(turn, event, std::move(raw_error));
}

std::string JobRunner::obstacle(const Turn& turn, std::string_view phase, Duty duty) {
  const auto key = std::make_pair(turn.job.id, duty);
  auto known = denials_.find(key);
  if (known == denials_.end()) {
    known = denials_.emplace(key, why_not(sites_.cloud(), turn.job.caller, turn.site.key, duty)).first;
  }
  if (!known->second.empty()) return known->second;
  const Machine& machine = turn.server.machine;
  const DrsFault* fault = sites_.use_fault(turn.site, DrsFaultKind::launch, phase, machine.instance_id, machine.name);
  if (fault == nullptr) return {};
  return fault->text.empty() ? "InternalError: the " + std::string(phase) + " failed" : fault->text;
}

void JobRunner::start(SiteRecord& site, Job& job) {
  using namespace job_runner;
  job.status = aws::drs::JobStatus::started;
  LogItem& item = job.log.emplace_back();
  item.time = sites_.now();
  item.event = Event::job_start;
  const Stage first = job.kind == JobKind::terminate ? Stage::terminate_begin : Stage::cleanup_begin;
  for (std::size_t i = 0; i < job.servers.size(); ++i) {
    later(Duration(kBetweenServers * static_cast<std::int64_t>(i + 1)) / static_cast<std::int64_t>(site.pace),
          Due(site.key, job.id, i, first));
  }
}

void JobRunner::cleanup_begin(const Turn& turn) {
  using namespace job_runner;
  if (turn.server.recovery_instance.empty()) return snapshot_begin(turn);
  log(turn, Event::cleanup_start).instance_id = turn.server.recovery_instance;
  next(turn, kCleanup, Stage::cleanup_end);
}

/// Empty, or why the instance stays.
std::string JobRunner::remove(const Turn& turn, const std::string& instance_id) {
  if (std::string why = obstacle(turn, "cleanup", Duty::clean_up); !why.empty()) return why;
  ec2::Fleet& fleet = sites_.cloud().ec2();
  Instance* instance = fleet.find(instance_id);
  const bool there = instance != nullptr && instance->state != InstanceState::terminated &&
                     instance->state != InstanceState::shutting_down;
  if (there && instance->extras && instance->extras->disable_api_termination) {
    return "OperationNotPermitted: The instance '" + instance_id +
           "' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.";
  }
  if (there) fleet.change(*instance, InstanceState::shutting_down, InstanceState::terminated, sites_.now());
  turn.site.instances.erase(instance_id);
  if (turn.server.recovery_instance == instance_id) turn.server.recovery_instance.clear();
  return {};
}

void JobRunner::cleanup_end(const Turn& turn) {
  using namespace job_runner;
  const std::string before = turn.server.recovery_instance;
  const std::string why = remove(turn, before);
  LogItem& item = log(turn, why.empty() ? Event::cleanup_end : Event::cleanup_fail, why);
  item.instance_id = before;
  if (!why.empty()) return finish(turn, LaunchState::failed);
  snapshot_begin(turn);
}

void JobRunner::snapshot_begin(const Turn& turn) {
  using namespace job_runner;
  if (!turn.server.extension_error.empty()) {
    log(turn, Event::snapshot_fail, turn.server.extension_error);
    return finish(turn, LaunchState::failed);
  }
  if (turn.part.point) return conversion_begin(turn);
  staging_log(turn, Event::snapshot_start);
  next(turn, kSnapshot, Stage::snapshot_end);
}

void JobRunner::snapshot_end(const Turn& turn) {
  using namespace job_runner;
  const Progress progress = sites_.progress(turn.server);
  const bool sound = progress.phase == Phase::continuous || progress.phase == Phase::backlog;
  const Machine& machine = turn.server.machine;
  const DrsFault* fault =
      sites_.use_fault(turn.site, DrsFaultKind::launch, "snapshot", machine.instance_id, machine.name);
  Server* source = sites_.replicating(turn.server);
  if (sound && fault == nullptr && source != nullptr) {
    turn.part.point = std::chrono::floor<seconds>(sites_.now() - progress.lag.value_or(Duration::zero()));
    source->on_demand.push_back(*turn.part.point);
    if (source->on_demand.size() > kLogMax) source->on_demand.erase(source->on_demand.begin());
    staging_log(turn, Event::snapshot_end);
    return conversion_begin(turn);
  }
  const bool own = fault != nullptr && !fault->text.empty();
  staging_log(turn, Event::snapshot_fail, own ? fault->text : "the source server is not replicating");
  const std::vector<WallTime> points = sites_.points(turn.server);
  if (points.empty()) {
    staging_log(turn, Event::using_previous_snapshot_failed, "there is no earlier snapshot");
    return finish(turn, LaunchState::failed);
  }
  turn.part.point = points.back();
  staging_log(turn, Event::using_previous_snapshot);
  conversion_begin(turn);
}

void JobRunner::conversion_begin(const Turn& turn) {
  using namespace job_runner;
  const std::string conversion_server =
      "i-" + derived_hex(sites_.cloud().config().seed, turn.job.id + "/conversion/" + turn.server.id, 17);
  staging_log(turn, Event::conversion_start).conversion_server = conversion_server;
  const bool windows = turn.server.machine.platform == Platform::windows;
  const Duration usual = windows ? Duration(kWindowsConversion) : Duration(kLinuxConversion);
  next(turn, varied(usual, turn.server.course.seed, turn.job.id, 1), Stage::conversion_end);
}

void JobRunner::conversion_end(const Turn& turn) {
  using namespace job_runner;
  const std::string why = obstacle(turn, "conversion", Duty::convert);
  staging_log(turn, why.empty() ? Event::conversion_end : Event::conversion_fail, why);
  if (!why.empty()) return finish(turn, LaunchState::failed);
  next(turn, kToLaunch, Stage::launch_begin);
}

aws::ec2::LaunchTemplate& JobRunner::template_of(Server& server) {
  Cloud& cloud = sites_.cloud();
  ec2::Site& home = cloud.ec2().site(server.site.first, server.site.second);
  if (!home.catalog) home.catalog = std::make_unique<ec2::Catalog>();
  auto& templates = home.catalog->templates;
  // Somebody may have deleted it.
  if (const auto found = templates.find(server.launch_template); found != templates.end()) return found->second.shape;
  const WallTime now = std::chrono::floor<std::chrono::seconds>(sites_.now());
  const std::string id = ec2::next_id(cloud.ec2(), home, "lt");
  ec2::TemplateRecord& record = templates[id];
  record.shape.launch_template_id = id;
  record.shape.launch_template_name = "created-and-used-by-DRS-" + server.id + "-" + id.substr(id.size() - 6);
  record.shape.create_time = now;
  record.shape.created_by =
      "arn:aws:sts::" + server.site.first + ":assumed-role/AWSServiceRoleForElasticDisasterRecovery/drs";
  record.shape.default_version_number = 1;
  record.shape.tags.push_back(job_runner::tag(kManagedTag, job_runner::kManagedValue));
  record.shape.tags.push_back(job_runner::tag("AWSElasticDisasterRecoverySourceServerID", server.id));
  aws::ec2::RequestLaunchTemplateData data;
  data.instance_type.emplace(server.machine.instance_type);
  ec2::add_template_version(record, data, "made by Elastic Disaster Recovery", *record.shape.created_by, now);
  server.launch_template = id;
  return record.shape;
}

Result<std::string> JobRunner::launch(const Turn& turn) {
  using namespace job_runner;
  Cloud& cloud = sites_.cloud();
  Server& server = turn.server;
  aws::ec2::RunInstancesRequest request;
  request.min_count = 1;
  request.max_count = 1;
  const std::string template_id = *template_of(server).launch_template_id;
  request.launch_template.emplace().launch_template_id = template_id;
  request.image_id = image_of(cloud.ec2().seed(), turn.site.key.second, server.machine);
  ec2::Site& home = cloud.ec2().site(turn.site.key.first, turn.site.key.second);
  const ec2::TemplateRecord& record = home.catalog->templates.at(template_id);
  const auto& data = *record.versions.at(*record.shape.default_version_number).launch_template_data;
  const bool own_subnet = !data.network_interfaces.empty() && data.network_interfaces.front().subnet_id;
  if (!own_subnet) {
    const std::string subnet = usual_subnet(ec2::network_of(cloud.ec2(), home, cloud.begin()),
                                            ec2::default_id(cloud.ec2().seed(), home.name, "vpc", "vpc"));
    if (subnet.empty()) {
      return fail(ErrorKind::usage, "VPCIdNotSpecified: No default VPC for this user, and the launch template " +
                                        template_id + " names no subnet");
    }
    request.subnet_id = subnet;
  }
  if (!data.iam_instance_profile) {
    const bool actions = server.launch.post_launch_enabled.value_or(false);
    request.iam_instance_profile.emplace().name = std::string(actions ? kLaunchActionsProfile : kRecoveryProfile);
  }
  if (server.launch.copy_private_ip.value_or(false)) request.private_ip_address = server.machine.private_ip;
  aws::ec2::TagSpecification& tags = request.tag_specifications.emplace_back();
  tags.resource_type.emplace(aws::ec2::ResourceType::instance);
  tags.tags.push_back(tag(kManagedTag, kManagedValue));
  tags.tags.push_back(tag("AWSElasticDisasterRecoverySourceServerID", server.id));
  if (!server.machine.name.empty()) tags.tags.push_back(tag("Name", server.machine.name));
  for (const auto& [key, value] : server.machine.tags) {
    const bool copied = server.launch.copy_tags.value_or(false) && key != "Name" && key != kManagedTag;
    if (copied && !key.starts_with("aws:")) tags.tags.push_back(tag(key, value));
  }
  aws::server::CallInfo as = turn.job.caller;
  as.caller.account_id = turn.site.key.first;
  as.region = turn.site.key.second;
  TRY(const std::vector<std::string> ids, ec2_.launch_for_service(as, request));
  return ids.front();
}

/// What the disks bring along: the system that ran on the source, and its agent.
void JobRunner::dress(const Turn& turn, Instance& instance) {
  ec2::Fleet& fleet = sites_.cloud().ec2();
  const Machine& machine = turn.server.machine;
  InstanceTraits traits = *instance.traits;
  traits.platform = machine.platform;
  traits.platform_name = machine.platform_name;
  traits.platform_version = machine.platform_version;
  traits.agent = machine.agent;
  instance.traits = fleet.share(std::move(traits));
  ec2::Fleet::extras(instance).volume_size = static_cast<std::int32_t>(machine.disk_bytes >> 30U);
  const bool stopped = turn.server.launch.launch_disposition == aws::drs::LaunchDisposition::stopped;
  if (stopped) fleet.change(instance, InstanceState::pending, InstanceState::stopped, sites_.now());
}

void JobRunner::launch_end(const Turn& turn) {
  using namespace job_runner;
  std::string why = obstacle(turn, "launch", Duty::launch);
  std::string id;
  if (why.empty()) {
    const Result<std::string> launched = launch(turn);
    (launched ? id : why) = launched ? *launched : raw(launched.error());
  }
  if (!why.empty()) {
    log(turn, Event::launch_failed, why);
    return finish(turn, LaunchState::failed);
  }
  if (Instance* instance = sites_.cloud().ec2().find(id)) dress(turn, *instance);
  RecoveryInstanceRecord& made = turn.site.instances[id];
  made.id = id;
  made.arn = Sites::arn_of(turn.site.key, "recovery-instance/" + id);
  made.server_id = turn.server.id;
  made.job_id = turn.job.id;
  made.drill = turn.job.is_drill();
  made.launched = sites_.now();
  made.point = turn.part.point.value_or(sites_.now());
  if (!turn.server.machine.name.empty()) made.tags["Name"] = turn.server.machine.name;
  turn.server.recovery_instance = id;
  turn.part.instance_id = id;
  finish(turn, LaunchState::launched);
}

void JobRunner::terminate_end(const Turn& turn) {
  using namespace job_runner;
  const std::string why = remove(turn, turn.part.instance_id);
  log(turn, why.empty() ? Event::cleanup_end : Event::cleanup_fail, why).instance_id = turn.part.instance_id;
  finish(turn, why.empty() ? LaunchState::terminated : LaunchState::failed);
}

void JobRunner::finish(const Turn& turn, LaunchState state) {
  using namespace job_runner;
  using aws::drs::LaunchStatus;
  turn.part.state = state;
  const bool launching = turn.job.kind == JobKind::launch;
  if (turn.server.last_launch && (launching || state == LaunchState::terminated)) {
    turn.server.last_launch->status.emplace(state == LaunchState::launched     ? LaunchStatus::launched
                                            : state == LaunchState::terminated ? LaunchStatus::terminated
                                                                               : LaunchStatus::failed);
  }
  if (launching) {
    turn.server.last_result =
        state == LaunchState::launched ? aws::drs::LastLaunchResult::succeeded : aws::drs::LastLaunchResult::failed;
  }
  if (watcher_ != nullptr) watcher_->server_ended(turn.job, turn.server, state);
  if (--turn.job.open == 0) later(kToEnd, Due(turn.site.key, turn.job.id, 0, Stage::end));
}

void JobRunner::end(Job& job) {
  const auto close = [this](Job& one) {
    one.status = aws::drs::JobStatus::completed;
    one.ended = sites_.now();
    LogItem& item = one.log.emplace_back();
    item.time = *one.ended;
    item.event = aws::drs::JobLogEvent::job_end;
  };
  close(job);
  for (auto& [key, other] : sites_.all()) {
    const auto staging = other.jobs.find(job.staging_job);
    if (job.staging_job.empty() || staging == other.jobs.end()) continue;
    for (JobServer& part : staging->second.servers) part.state = LaunchState::launched;
    close(staging->second);
  }
  std::erase_if(denials_, [&](const auto& entry) { return entry.first.first == job.id; });
}

}  // namespace postern::sim::drs
