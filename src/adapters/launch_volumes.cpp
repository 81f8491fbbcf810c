#include "adapters/launch_volumes.hpp"

#include <algorithm>

#include "aws/core/pager.hpp"
#include "aws/ec2/ops.hpp"

namespace postern::adapters {
namespace launch_volumes {

constexpr std::size_t kValuesMax = 200;  // of one filter
constexpr std::int32_t kPage = 500;

/// The volumes for which `filter` has one of the values, 200 values a call.
rt::Task<Result<std::vector<aws::ec2::Volume>>> list(rt::CallContext ctx, AwsSession& session, fleet::ScopePtr site,
                                                     std::string filter, std::vector<std::string> values) {
  std::vector<aws::ec2::Volume> out;
  for (std::size_t done = 0; done < values.size(); done += kValuesMax) {
    const std::size_t end = std::min(values.size(), done + kValuesMax);
    CO_TRY(aws::CallScope call, session.call_scope(*site));
    aws::ec2::DescribeVolumesRequest request;
    request.max_results = kPage;
    aws::ec2::Filter& wire = request.filters.emplace_back();
    wire.name = filter;
    wire.values.assign(values.begin() + static_cast<std::ptrdiff_t>(done),
                       values.begin() + static_cast<std::ptrdiff_t>(end));
    aws::Pager<aws::ec2::DescribeVolumes> pager(ctx, session.invoker(), std::move(call), std::move(request));
    for (;;) {
      CO_TRY(const auto page, co_await pager.next());
      if (!page) break;
      for (const aws::ec2::Volume& volume : page->volumes) out.push_back(volume);
    }
  }
  co_return out;
}

}  // namespace launch_volumes

rt::Task<Result<std::map<std::string, std::vector<std::string>>>> LaunchVolumes::attached_to(
    rt::CallContext ctx, fleet::ScopePtr site, std::vector<std::string> instances) {
  CO_TRY(const std::vector<aws::ec2::Volume> volumes,
         co_await launch_volumes::list(ctx, session_, std::move(site), "attachment.instance-id", std::move(instances)));
  std::map<std::string, std::vector<std::string>> out;
  for (const aws::ec2::Volume& volume : volumes) {
    for (const aws::ec2::VolumeAttachment& attachment : volume.attachments) {
      if (attachment.instance_id && volume.volume_id) out[*attachment.instance_id].push_back(*volume.volume_id);
    }
  }
  co_return out;
}

rt::Task<Result<std::vector<VolumeLeft>>> LaunchVolumes::left_of(rt::CallContext ctx, fleet::ScopePtr site,
                                                                 std::vector<std::string> volumes) {
  CO_TRY(const std::vector<aws::ec2::Volume> listed,
         co_await launch_volumes::list(ctx, session_, std::move(site), "volume-id", std::move(volumes)));
  std::vector<VolumeLeft> out;
  for (const aws::ec2::Volume& volume : listed) {
    VolumeLeft one;
    one.id = volume.volume_id.value_or("");
    one.state = volume.state ? std::string(volume.state->text()) : std::string();
    if (!one.id.empty() && one.state != "deleting" && one.state != "deleted") out.push_back(std::move(one));
  }
  co_return out;
}

}  // namespace postern::adapters
