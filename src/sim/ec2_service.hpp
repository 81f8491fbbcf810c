#pragma once

/// EC2: DescribeInstances and DescribeRegions with filters and pages.

#include "aws/ec2/server.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// The cloud outlives it.
class Ec2Service final : public aws::ec2::Handler {
 public:
  explicit Ec2Service(const Cloud& cloud) : cloud_(cloud) {}
  Result<aws::ec2::DescribeInstancesResponse> describe_instances(
      const aws::server::CallInfo& info, const aws::ec2::DescribeInstancesRequest& request) override;
  Result<aws::ec2::DescribeRegionsResponse> describe_regions(const aws::server::CallInfo& info,
                                                             const aws::ec2::DescribeRegionsRequest& request) override;

 private:
  Result<aws::ec2::DescribeInstancesResponse> instances(const aws::server::CallInfo& info,
                                                        const aws::ec2::DescribeInstancesRequest& request) const;
  Result<aws::ec2::DescribeRegionsResponse> regions(const aws::server::CallInfo& info,
                                                    const aws::ec2::DescribeRegionsRequest& request) const;

  const Cloud& cloud_;
};

}  // namespace postern::sim
