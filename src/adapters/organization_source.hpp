#pragma once

#include "adapters/aws_session.hpp"
#include "fleet/organization.hpp"

namespace postern::adapters {

/// fleet::OrganizationSource on AWS Organizations, with the hub's own credentials. The session outlives it.
class AwsOrganization final : public fleet::OrganizationSource {
 public:
  /// Units beyond so many are not asked for: the accounts' units are then not known.
  static constexpr std::size_t kUnitsMax = 2'000;
  /// `region` chooses the partition; Organizations itself is global.
  AwsOrganization(AwsSession& session, std::string region) : session_(session), region_(std::move(region)) {}
  /// A denial has the context `hint`: who may list, and how to find out.
  rt::Task<Result<fleet::Organization>> read(rt::CallContext ctx) override;

 private:
  aws::CallScope scope() const;
  rt::Task<Result<std::map<std::string, std::string>>> units_of_accounts(rt::CallContext ctx);

  AwsSession& session_;
  std::string region_;
};

}  // namespace postern::adapters
