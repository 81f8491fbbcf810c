#pragma once

/// run --deadline, --gate, --gate-command: how long a run has, and what is between its waves.

#include "cli/command.hpp"
#include "flow/driver.hpp"

namespace postern::cli {

/// Reads the options into the policy; usage when they make no sense, a deadline that has passed among them.
Result<void> read_timing(const Command& command, flow::RunPolicy& policy);

/// For plans: "deadline 2026-...", "between waves: ..."; empty when there is neither.
std::string describe_timing(const flow::RunPolicy& policy);

/// Runs the gate's command with /bin/sh, with the run's numbers in POSTERN_* variables beside our environment. Its last
/// words are why the gate stays shut.
class LocalGate final : public flow::GateTester {
 public:
  explicit LocalGate(const Command& command) : command_(command) {}
  rt::Task<Result<std::optional<std::string>>> test(rt::CallContext ctx, const flow::RunModel& model,
                                                    std::uint32_t wave) override;

 private:
  const Command& command_;
};

}  // namespace postern::cli
