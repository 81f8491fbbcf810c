#include "adapters/inventory_source.hpp"

#include <algorithm>

#include "aws/core/pager.hpp"
#include "aws/ec2/ops.hpp"
#include "aws/ssm/ops.hpp"

namespace postern::adapters {
namespace {

// DescribeInstanceInformation takes 5 to 50.
constexpr std::int32_t kSsmPage = 50;

fleet::Ec2Record ec2_record(const aws::ec2::Instance& instance) {
  fleet::Ec2Record record;
  record.instance_id = instance.instance_id.value_or("");
  if (instance.state && instance.state->name) record.state = instance.state->name->text();
  if (instance.platform) {
    record.platform = instance.platform->text();
  } else {
    // EC2 leaves Platform out for everything but Windows; PlatformDetails is missing from old emulations.
    record.platform = instance.platform_details.value_or("Linux/UNIX");
  }
  record.private_ip = instance.private_ip_address.value_or("");
  if (instance.iam_instance_profile) record.instance_profile_arn = instance.iam_instance_profile->arn.value_or("");
  record.launch_time = instance.launch_time;
  for (const aws::ec2::Tag& tag : instance.tags) {
    if (tag.key) record.tags.insert_or_assign(*tag.key, tag.value.value_or(""));
  }
  return record;
}

fleet::SsmRecord ssm_record(const aws::ssm::InstanceInformation& node) {
  fleet::SsmRecord record;
  record.instance_id = node.instance_id.value_or("");
  if (node.ping_status) record.ping_status = node.ping_status->text();
  record.agent_version = node.agent_version.value_or("");
  record.last_ping = node.last_ping_date_time;
  if (node.platform_type) record.platform_type = node.platform_type->text();
  record.platform_name = node.platform_name.value_or("");
  record.computer_name = node.computer_name.value_or("");
  return record;
}

}  // namespace

rt::Task<Result<std::vector<fleet::Ec2Record>>> AwsInventory::list_instances(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                             fleet::Ec2Filters filters) {
  std::vector<fleet::Ec2Record> records;
  if (filters.nothing) co_return records;
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ec2::DescribeInstancesRequest request;
  request.max_results = page_size_;
  for (const fleet::Ec2Filter& filter : filters.filters) {
    aws::ec2::Filter wire;
    wire.name = filter.name;
    wire.values = filter.values;
    request.filters.push_back(std::move(wire));
  }
  aws::Pager<aws::ec2::DescribeInstances> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return records;
    for (const aws::ec2::Reservation& reservation : page->reservations) {
      for (const aws::ec2::Instance& instance : reservation.instances) records.push_back(ec2_record(instance));
    }
  }
}

rt::Task<Result<std::vector<fleet::SsmRecord>>> AwsInventory::list_managed(rt::CallContext ctx, fleet::ScopePtr scope) {
  std::vector<fleet::SsmRecord> records;
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::DescribeInstanceInformationRequest request;
  request.max_results = kSsmPage;
  aws::Pager<aws::ssm::DescribeInstanceInformation> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return records;
    for (const aws::ssm::InstanceInformation& node : page->instance_information_list)
      records.push_back(ssm_record(node));
  }
}

rt::Task<Result<std::vector<std::string>>> AwsInventory::enabled_regions(rt::CallContext ctx, fleet::ScopePtr scope) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ec2::DescribeRegionsRequest request;
  CO_TRY(const auto response,
         co_await aws::call<aws::ec2::DescribeRegions>(ctx, session_.invoker(), std::move(call), std::move(request)));
  std::vector<std::string> names;
  for (const aws::ec2::Region& region : response.regions) {
    if (region.region_name) names.push_back(*region.region_name);
  }
  std::sort(names.begin(), names.end());
  co_return names;
}

}  // namespace postern::adapters
