#pragma once

/// Elastic Disaster Recovery's source servers and their points in time.

#include "adapters/aws_session.hpp"
#include "recovery/server_source.hpp"

namespace postern::adapters {

class DrsServers final : public recovery::ServerSource {
 public:
  explicit DrsServers(AwsSession& session) : session_(session) {}
  rt::Task<Result<std::vector<recovery::SourceServer>>> list_servers(rt::CallContext ctx, fleet::ScopePtr site,
                                                                     std::vector<std::string> ids) override;
  rt::Task<Result<std::optional<recovery::RecoveryPoint>>> newest_point(rt::CallContext ctx, fleet::ScopePtr site,
                                                                        std::string server_id) override;

 private:
  AwsSession& session_;
};

}  // namespace postern::adapters
