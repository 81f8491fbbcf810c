#pragma once

/// A simulated cloud in memory and in virtual time, as the host's CloudStarter: for simulations of the program itself.

#include "cli/host.hpp"

namespace postern::cli {

/// Where requests go instead of the network; the ledger is in the host's files then, with its work done inline. Starts
/// no clouds.
class InMemoryCloud : public CloudStarter {
 public:
  explicit InMemoryCloud(http::Client& client) : client_(client) {}
  http::Client& client() const noexcept { return client_; }
  rt::Task<Result<std::unique_ptr<RunningCloud>>> start(rt::CallContext, CloudOrder) override {
    co_return fail(ErrorKind::unsupported, "this cloud is in memory: it starts no others");
  }
  Result<std::string> world_file(const std::optional<fleet::FleetFile>&) override {
    return fail(ErrorKind::unsupported, "this cloud is in memory: it has no file");
  }

 private:
  http::Client& client_;
};

/// Null: the network, this machine's files and threads.
inline const InMemoryCloud* in_memory(const Host& host) {
  return dynamic_cast<const InMemoryCloud*>(host.clouds);
}

}  // namespace postern::cli
