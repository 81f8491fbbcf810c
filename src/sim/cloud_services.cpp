#include "sim/cloud_services.hpp"

#include "base/check.hpp"
#include "sim/configured_stores.hpp"

namespace postern::sim {
namespace cloud_services {

std::vector<aws::server::Binding> bindings(StsService& sts, Ec2Service& ec2, SsmService& ssm,
                                           OrganizationsService& organizations, IamService& iam, S3Service& s3,
                                           Ec2MessagesService& messages) {
  std::vector<aws::server::Binding> all;
  all.push_back(aws::sts::bind(sts));
  all.push_back(aws::ec2::bind(ec2));
  all.push_back(aws::ssm::bind(ssm));
  all.push_back(aws::organizations::bind(organizations));
  all.push_back(aws::iam::bind(iam));
  all.push_back(aws::s3::bind(s3));
  all.push_back(aws::ec2messages::bind(messages));
  return all;
}

std::vector<aws::server::Binding> with_others(std::vector<aws::server::Binding> all, SnsService& sns,
                                              EventsService& events, LogsService& logs, MetricsService& metrics,
                                              DrsService& drs, CloudTrailService& trails, KmsService& kms) {
  all.push_back(aws::sns::bind(sns));
  all.push_back(aws::events::bind(events));
  all.push_back(aws::logs::bind(logs));
  all.push_back(aws::cloudwatch::bind(metrics));
  all.push_back(aws::drs::bind(drs));
  all.push_back(aws::cloudtrail::bind(trails));
  all.push_back(aws::kms::bind(kms));
  return all;
}

/// CloudFormation makes its resources with all the others.
std::vector<aws::server::Binding> with_stacks(std::vector<aws::server::Binding> all, CloudFormationService& stacks) {
  stacks.calls().serve(all);
  all.push_back(aws::cloudformation::bind(stacks));
  return all;
}

}  // namespace cloud_services

rt::Task<Result<http::Response>> DatedService::serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) {
  Result<http::Response> response = co_await inner_.serve(ctx, std::move(peer), std::move(request));
  if (response) {
    response->headers.set("Date", format_http_date(std::chrono::floor<std::chrono::seconds>(cloud_.now(ctx.clock()))));
  }
  co_return response;
}

CloudServices::CloudServices(Cloud& cloud, Agents& agents, rt::CallContext ctx, EngineOptions options)
    : cloud_(cloud),
      drs_sites_(cloud, ctx),
      drs_installer_(drs_sites_, agents),
      remote_(cloud, drs_installer_, ctx),
      engine_(cloud, remote_, ctx, options),
      sessions_(cloud, engine_, ctx),
      remote_sessions_(sessions_, ctx),
      scripted_sessions_(sessions_, ctx),
      authenticator_(cloud),
      kms_(cloud, ctx),
      sts_(cloud),
      ec2_(cloud),
      ssm_(cloud, engine_, remote_, sessions_),
      messages_(cloud, remote_),
      organizations_(cloud),
      iam_(cloud),
      output_(cloud, store_, ctx),
      s3_(cloud, store_),
      sns_(cloud, ctx),
      logs_(cloud, ctx),
      events_(cloud, sns_, logs_, ctx),
      metrics_(cloud, sns_, ctx),
      drs_runner_(drs_sites_, ec2_),
      drs_(drs_sites_, drs_runner_),
      signals_(cloud, events_, logs_, metrics_, ctx),
      replication_(drs_sites_, events_, metrics_),
      trails_(cloud, store_, logs_),
      stacks_(cloud, ctx),
      dispatcher_(authenticator_,
                  cloud_services::with_stacks(
                      cloud_services::with_others(
                          cloud_services::bindings(sts_, ec2_, ssm_, organizations_, iam_, s3_, messages_), sns_,
                          events_, logs_, metrics_, drs_, trails_, kms_),
                      stacks_)),
      door_(dispatcher_, store_),
      channels_(door_, authenticator_, sessions_),
      gateway_(channels_, authenticator_, cloud, remote_, remote_sessions_),
      faults_(gateway_, std::vector<aws::server::Binding>(dispatcher_.bindings().begin(), dispatcher_.bindings().end()),
              cloud),
      dated_(faults_, cloud) {
  // Cloud::create() has checked them.
  const Result<void> documents = add_configured_documents(cloud.config(), cloud.begin(), ssm_.documents());
  const Result<void> buckets = add_configured_buckets(cloud.config(), cloud.begin(), store_);
  const Result<void> keys = add_configured_keys(cloud.config(), cloud.begin(), kms_.keys());
  CHECK(documents && buckets && keys);
  sessions_.run_by(scripted_sessions_, remote_sessions_);
  dispatcher_.observed_by(&trails_.recorder());
  stacks_.calls().observed_by(&trails_.recorder());
  engine_.keep_output(&output_);
  engine_.watched_by(&signals_);
  drs_runner_.watched_by(&replication_);
  drs_sites_.when_registered([this](const drs::SiteKey& site) { replication_.listen(site); });
  ec2_.when_down([this](const Instance& node, Duration time) { sessions_.node_down(node, time); });
  metrics_.when_watched([this](const MetricsService::SiteKey& site) { replication_.listen(site); });
  events_.when_ruled([this](const EventsService::SiteKey& site) { replication_.listen(site); });
  metrics_.when_alarm([this](const MetricsService::SiteKey&, const std::string&) { engine_.alarm_changed(); });
  authenticator_.when_changing([this] { engine_.reconsider(); });
  stacks_.calls().when_changing([this] { engine_.reconsider(); });
  remote_.when_connected([this](const std::string& node) { engine_.connected(node); });
}

}  // namespace postern::sim
