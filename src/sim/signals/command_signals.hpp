#pragma once

/// What the rest of the cloud hears of Run Command: events, metrics and log streams; and alarms that stop commands.

#include "rt/context.hpp"
#include "sim/cloud.hpp"
#include "sim/signals/events_service.hpp"
#include "sim/signals/logs_service.hpp"
#include "sim/signals/metrics_service.hpp"
#include "sim/ssm/command_watcher.hpp"

namespace postern::sim {

/// Events are made only where the account has a rule; metrics are counted when a command ends; logs are written with
/// the rights of the node's role. What it is given outlives it.
class CommandSignals final : public CommandWatcher {
 public:
  CommandSignals(const Cloud& cloud, EventsService& events, LogsService& logs, MetricsService& metrics,
                 rt::CallContext ctx)
      : cloud_(cloud), events_(events), logs_(logs), metrics_(metrics), ctx_(ctx) {}
  void command_changed(const Command& command) override;
  void invocation_changed(const Command& command, const Invocation& invocation) override;
  void step_wrote(const Command& command, const Invocation& invocation, const std::string& step,
                  const std::string& stream, const std::string& text) override;
  std::optional<std::string> alarm_state(const std::string& account, const std::string& region,
                                         const std::string& alarm) const override;

 private:
  Result<void> may_write(const Command& command, const std::string& node, const std::string& stream) const;

  const Cloud& cloud_;
  EventsService& events_;
  LogsService& logs_;
  MetricsService& metrics_;
  rt::CallContext ctx_;
};

}  // namespace postern::sim
