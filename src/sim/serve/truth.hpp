#pragma once

/// The simulator's own truth for checkers: read-only JSON, beside the services and never through them.

#include "base/json.hpp"
#include "http/client.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// {"schema": "postern.truth/1", "world", "time", "calls": {"ssm:SendCommand": 3}, "executions": {"i-...": 1},
/// "commands", "sessions", "messages": {"count", "kept": [{"time", "topic", "id", "from", "subject", "message",
/// "attributes"}]}, "events": {"count", "kept": [{"bus", "event", "deliveries": [{"rule", "target", "refused"}]}]}}.
/// Keys are sorted.
Json truth_json(const Cloud& cloud, rt::Clock& clock);

/// GET of any path answers with truth_json(); everything else is refused. The cloud outlives it.
class TruthService final : public http::Service {
 public:
  explicit TruthService(const Cloud& cloud) : cloud_(cloud) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  const Cloud& cloud_;
};

}  // namespace postern::sim
