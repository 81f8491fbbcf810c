#pragma once

/// What is looked at before every wave of a run: freeze windows, and the hub's flag.

#include <vector>

#include "fleet/freeze.hpp"
#include "flow/driver.hpp"
#include "flow/waves.hpp"

namespace postern::cli {

class WaveGuard final : public flow::HoldFlag {
 public:
  /// `windows`: those that are about the run. `hub`: null when there is no flag to read; it outlives the guard.
  WaveGuard(std::vector<fleet::FreezeWindow> windows, flow::HoldFlag* hub) : windows_(std::move(windows)), hub_(hub) {}
  /// A hub that cannot be read is told once, not before every wave.
  rt::Task<Result<std::optional<std::string>>> read(rt::CallContext ctx) override;

 private:
  std::vector<fleet::FreezeWindow> windows_;
  flow::HoldFlag* hub_;
  bool told_ = false;
};

/// The windows that may be about a target in one of these accounts and Regions: what can be said of a run whose
/// instances' tags nobody has at hand.
std::vector<fleet::FreezeWindow> windows_for(const std::vector<fleet::FreezeWindow>& windows,
                                             const std::vector<fleet::ScopePtr>& scopes);

}  // namespace postern::cli
