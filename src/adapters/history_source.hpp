#pragma once

#include "adapters/aws_session.hpp"
#include "flow/import.hpp"

namespace postern::adapters {

/// flow::HistoryPort on SSM. The session outlives it.
class SsmHistory final : public flow::HistoryPort {
 public:
  explicit SsmHistory(AwsSession& session) : session_(session) {}
  rt::Task<Result<std::vector<flow::PastCommand>>> commands(rt::CallContext ctx, fleet::ScopePtr scope,
                                                            WallTime since) override;

 private:
  AwsSession& session_;
};

}  // namespace postern::adapters
