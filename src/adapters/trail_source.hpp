#pragma once

#include "adapters/aws_session.hpp"
#include "audit/sweep.hpp"

namespace postern::adapters {

/// audit::EventSource on CloudTrail. Two requests a second for an account and Region are the invoker's to keep. The
/// session outlives it.
class CloudTrailEvents final : public audit::EventSource {
 public:
  explicit CloudTrailEvents(AwsSession& session) : session_(session) {}
  rt::Task<Result<audit::EventPage>> page(rt::CallContext ctx, fleet::ScopePtr scope, audit::Lookup lookup,
                                          std::string token) override;

 private:
  AwsSession& session_;
};

}  // namespace postern::adapters
