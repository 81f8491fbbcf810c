#pragma once

/// Connections whose answers can be made slow: the half of the slow_body fault that a service cannot do.

#include <memory>

#include "net/stream.hpp"
#include "sim/serve/faults.hpp"

namespace postern::sim {

/// Accepts with `inner`; what a connection writes takes the pace that the table has for its peer. ctx's clock and the
/// table outlive it and its connections.
class PacedListener final : public net::Listener {
 public:
  PacedListener(std::unique_ptr<net::Listener> inner, PaceTable& paces, rt::CallContext ctx)
      : inner_(std::move(inner)), paces_(paces), ctx_(ctx) {}
  rt::Task<Result<std::unique_ptr<net::Stream>>> accept() override;
  net::Endpoint local() const override { return inner_->local(); }
  void close() noexcept override { inner_->close(); }

 private:
  std::unique_ptr<net::Listener> inner_;
  PaceTable& paces_;
  rt::CallContext ctx_;
};

}  // namespace postern::sim
