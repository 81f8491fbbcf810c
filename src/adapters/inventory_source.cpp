#include "adapters/inventory_source.hpp"

#include <algorithm>

#include "aws/core/pager.hpp"
#include "aws/ec2/ops.hpp"
#include "aws/ssm/ops.hpp"

namespace postern::adapters {
namespace {

// DescribeInstanceInformation takes 5 to 50.
constexpr std::int32_t kSsmPage = 50;

std::string_view text_of(const std::optional<std::string>& text) {
  return text ? std::string_view(*text) : std::string_view();
}

fleet::Ec2Record ec2_record(aws::ec2::Instance&& instance, SharedTexts& texts) {
  fleet::Ec2Record record;
  record.instance_id = text_of(instance.instance_id);
  if (instance.state && instance.state->name) record.state = texts.of(instance.state->name->text());
  if (instance.platform) {
    record.platform = texts.of(instance.platform->text());
  } else {
    // EC2 leaves Platform out for everything but Windows; PlatformDetails is missing from old emulations.
    record.platform = texts.of(instance.platform_details ? *instance.platform_details : "Linux/UNIX");
  }
  record.private_ip = text_of(instance.private_ip_address);
  if (instance.iam_instance_profile && instance.iam_instance_profile->arn) {
    record.instance_profile_arn = texts.of(*instance.iam_instance_profile->arn);
  }
  record.launch_time = instance.launch_time;
  for (aws::ec2::Tag& tag : instance.tags) {
    if (tag.key) record.tags.insert_or_assign(std::move(*tag.key), std::move(tag.value).value_or(""));
  }
  return record;
}

fleet::SsmRecord ssm_record(aws::ssm::InstanceInformation&& node, SharedTexts& texts) {
  fleet::SsmRecord record;
  record.instance_id = text_of(node.instance_id);
  if (node.ping_status) record.ping_status = texts.of(node.ping_status->text());
  if (node.agent_version) record.agent_version = texts.of(*node.agent_version);
  record.last_ping = node.last_ping_date_time;
  if (node.platform_type) record.platform_type = texts.of(node.platform_type->text());
  if (node.platform_name) record.platform_name = texts.of(*node.platform_name);
  if (record.instance_id.view().starts_with("mi-")) record.computer_name = std::move(node.computer_name).value_or("");
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
  SharedTexts texts;
  for (;;) {
    CO_TRY(auto page, co_await pager.next());
    if (!page) co_return records;
    for (aws::ec2::Reservation& reservation : page->reservations) {
      for (aws::ec2::Instance& instance : reservation.instances)
        records.push_back(ec2_record(std::move(instance), texts));
    }
  }
}

rt::Task<Result<std::vector<fleet::SsmRecord>>> AwsInventory::list_managed(rt::CallContext ctx, fleet::ScopePtr scope) {
  std::vector<fleet::SsmRecord> records;
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::DescribeInstanceInformationRequest request;
  request.max_results = kSsmPage;
  aws::Pager<aws::ssm::DescribeInstanceInformation> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  SharedTexts texts;
  for (;;) {
    CO_TRY(auto page, co_await pager.next());
    if (!page) co_return records;
    for (aws::ssm::InstanceInformation& node : page->instance_information_list)
      records.push_back(ssm_record(std::move(node), texts));
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
