#pragma once

/// Templates and settings of Elastic Disaster Recovery's sites and servers, and what stands around them in IAM and EC2.

#include "adapters/aws_session.hpp"
#include "recovery/site_config.hpp"

namespace postern::adapters {

/// The session outlives it.
class DrsSites final : public recovery::SiteConfig {
 public:
  explicit DrsSites(AwsSession& session) : session_(session) {}
  rt::Task<Result<std::optional<std::vector<recovery::Settings>>>> replication_templates(rt::CallContext ctx,
                                                                                         fleet::ScopePtr site) override;
  rt::Task<Result<std::vector<recovery::Settings>>> launch_templates(rt::CallContext ctx,
                                                                     fleet::ScopePtr site) override;
  rt::Task<Result<void>> initialize(rt::CallContext ctx, fleet::ScopePtr site) override;
  rt::Task<Result<void>> put_replication_template(rt::CallContext ctx, fleet::ScopePtr site,
                                                  recovery::Settings settings) override;
  rt::Task<Result<void>> put_launch_template(rt::CallContext ctx, fleet::ScopePtr site,
                                             recovery::Settings settings) override;
  rt::Task<Result<recovery::Settings>> server_replication(rt::CallContext ctx, fleet::ScopePtr site,
                                                          std::string id) override;
  rt::Task<Result<recovery::Settings>> server_launch(rt::CallContext ctx, fleet::ScopePtr site,
                                                     std::string id) override;
  rt::Task<Result<recovery::LaunchTemplate>> launch_template(rt::CallContext ctx, fleet::ScopePtr site,
                                                             std::string id) override;
  rt::Task<Result<void>> put_server_replication(rt::CallContext ctx, fleet::ScopePtr site,
                                                recovery::Settings settings) override;
  rt::Task<Result<void>> put_server_launch(rt::CallContext ctx, fleet::ScopePtr site,
                                           recovery::Settings settings) override;
  rt::Task<Result<bool>> has_role(rt::CallContext ctx, fleet::ScopePtr site, std::string name) override;
  rt::Task<Result<recovery::StagingNetwork>> staging_network(rt::CallContext ctx, fleet::ScopePtr site,
                                                             std::string subnet,
                                                             std::vector<std::string> groups) override;
  rt::Task<Result<recovery::StagingChoices>> staging_choices(rt::CallContext ctx, fleet::ScopePtr site) override;

 private:
  AwsSession& session_;
};

}  // namespace postern::adapters
