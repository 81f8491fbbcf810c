#pragma once

/// EventBridge: event buses, rules with an event pattern, and their targets.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/events/server.hpp"
#include "rt/context.hpp"
#include "sim/access.hpp"
#include "sim/signals/event_pattern.hpp"

namespace postern::sim {

class LogsService;
class SnsService;

/// Events are kept as truth (Truth::events) with what became of each delivery. A target is a topic, whose policy must
/// let events.amazonaws.com in, or a log group. Not offered: schedules, input transformers, partner and other accounts'
/// buses. What it is given outlives it.
class EventsService final : public aws::events::Handler {
 public:
  using Info = aws::server::CallInfo;
  using SiteKey = std::pair<std::string, std::string>;
  static constexpr std::size_t kBusesMax = 100;      ///< per account and Region
  static constexpr std::size_t kRulesMax = 300;      ///< of a bus
  static constexpr std::size_t kTargetsMax = 5;      ///< of a rule
  static constexpr std::size_t kBytesMax = 262'144;  ///< of a PutEvents

  EventsService(Cloud& cloud, SnsService& topics, LogsService& logs, rt::CallContext ctx)
      : cloud_(cloud), topics_(topics), logs_(logs), ctx_(ctx) {}

  Result<aws::events::PutEventsResponse> put_events(const Info& info,
                                                    const aws::events::PutEventsRequest& request) override;
  Result<aws::events::CreateEventBusResponse> create_event_bus(
      const Info& info, const aws::events::CreateEventBusRequest& request) override;
  Result<aws::events::DescribeEventBusResponse> describe_event_bus(
      const Info& info, const aws::events::DescribeEventBusRequest& request) override;
  Result<aws::events::ListEventBusesResponse> list_event_buses(
      const Info& info, const aws::events::ListEventBusesRequest& request) override;
  Result<aws::events::PutRuleResponse> put_rule(const Info& info, const aws::events::PutRuleRequest& request) override;
  Result<aws::events::DescribeRuleResponse> describe_rule(const Info& info,
                                                          const aws::events::DescribeRuleRequest& request) override;
  Result<aws::events::ListRulesResponse> list_rules(const Info& info,
                                                    const aws::events::ListRulesRequest& request) override;
  Result<aws::events::DeleteRuleResponse> delete_rule(const Info& info,
                                                      const aws::events::DeleteRuleRequest& request) override;
  Result<aws::events::PutTargetsResponse> put_targets(const Info& info,
                                                      const aws::events::PutTargetsRequest& request) override;
  Result<aws::events::ListTargetsByRuleResponse> list_targets_by_rule(
      const Info& info, const aws::events::ListTargetsByRuleRequest& request) override;
  Result<aws::events::RemoveTargetsResponse> remove_targets(const Info& info,
                                                            const aws::events::RemoveTargetsRequest& request) override;

  /// Whether anybody listens on the account's default bus: without a rule a service's events are not made.
  bool has_rules(const std::string& account, const std::string& region) const;
  /// Told of every site in which a rule is made.
  void when_ruled(std::function<void(const SiteKey&)> told) { ruled_ = std::move(told); }
  /// A service's event on the default bus.
  struct ServiceEvent {
    ServiceEvent() = default;
    std::string source;  ///< "aws.ssm"
    std::string detail_type;
    std::vector<std::string> resources;
    Json detail;
  };
  void emit(const std::string& account, const std::string& region, ServiceEvent event);

 private:
  struct Target {
    Target() = default;
    std::string id;
    std::string arn;
    std::string role_arn;
    std::optional<std::string> input;
    std::optional<std::string> input_path;
  };
  struct Rule {
    Rule() = default;
    std::string name;
    std::string arn;
    std::string bus;
    std::string description;
    std::string role_arn;
    std::string pattern_text;
    std::optional<EventPattern> pattern;
    bool enabled = true;
    Tags tags;
    std::vector<Target> targets;
  };
  struct Bus {
    Bus() = default;
    std::string name;
    std::string arn;
    Tags tags;
    std::map<std::string, Rule, std::less<>> rules;
  };
  using Buses = std::map<std::string, Bus, std::less<>>;

  /// With the default bus.
  Buses& buses(const SiteKey& site);
  /// The bus that a name or an ARN means; absent: the default one. Null when there is none.
  Bus* find_bus(const Info& info, const std::optional<std::string>& name);
  /// Authorises the operation on the rule, and finds it. `bus` is told which bus it is on.
  Result<Rule*> open_rule(const Info& info, const std::string& name, const std::optional<std::string>& bus);
  Result<Bus*> open_bus_of_rule(const Info& info, const std::string& name, const std::optional<std::string>& bus,
                                const Tags& asked);
  void deliver(Bus& bus, const SiteKey& site, Json event);
  EventDelivery hand_over(const SiteKey& site, const Rule& rule, const Target& target, const Json& event);

  Cloud& cloud_;
  SnsService& topics_;
  LogsService& logs_;
  rt::CallContext ctx_;
  std::map<SiteKey, Buses> sites_;
  std::function<void(const SiteKey&)> ruled_;
};

}  // namespace postern::sim
