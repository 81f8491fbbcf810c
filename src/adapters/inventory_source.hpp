#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/aws_session.hpp"
#include "fleet/ports.hpp"

namespace postern::adapters {

/// fleet::InventorySource on EC2 DescribeInstances and SSM DescribeInstanceInformation. The session outlives it.
class AwsInventory final : public fleet::InventorySource {
 public:
  /// EC2 takes pages of 5 to 1,000 instances.
  explicit AwsInventory(AwsSession& session, std::int32_t page_size = 1000)
      : session_(session), page_size_(page_size) {}
  rt::Task<Result<std::vector<fleet::Ec2Record>>> list_instances(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                 fleet::Ec2Filters filters) override;
  rt::Task<Result<std::vector<fleet::SsmRecord>>> list_managed(rt::CallContext ctx, fleet::ScopePtr scope) override;

  /// The Regions that are enabled in a scope's account, sorted (EC2 DescribeRegions).
  rt::Task<Result<std::vector<std::string>>> enabled_regions(rt::CallContext ctx, fleet::ScopePtr scope);

 private:
  AwsSession& session_;
  std::int32_t page_size_;
};

}  // namespace postern::adapters
