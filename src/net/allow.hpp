#pragma once

/// AllowDialer: worlds never mix. In a simulated world only the world's own addresses can be dialled.

#include <string>
#include <vector>

#include "net/stream.hpp"

namespace postern::net {

/// Refuses (ErrorKind::refused, not_sent) every endpoint that is not listed, before anything is looked up. An entry
/// with port 0 allows every port of its host; hosts compare without case. `inner` outlives it.
class AllowDialer final : public Dialer {
 public:
  /// `world` is named in the message, e.g. "the simulated world sim:01J...".
  AllowDialer(Dialer& inner, std::vector<Endpoint> allowed, std::string world)
      : inner_(&inner), allowed_(std::move(allowed)), world_(std::move(world)) {}
  bool allows(const Endpoint& endpoint) const noexcept;
  rt::Task<Result<std::unique_ptr<Stream>>> dial(rt::CallContext ctx, Endpoint endpoint) override;

 private:
  Dialer* inner_;
  std::vector<Endpoint> allowed_;
  std::string world_;
};

}  // namespace postern::net
