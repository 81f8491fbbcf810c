#include "sim/serve/faults_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace postern::sim {
namespace faults_file {

using yaml::MapReader;
using yaml::Node;
using yaml::Problems;

constexpr std::size_t kRulesMax = 1'000;
constexpr std::size_t kSizeMax = 256U << 20U;
constexpr double kRateMax = 1e6;
constexpr std::int64_t kSpanMaxMs = std::int64_t{1000} * 86'400 * 3'650;

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<Unit, 5> kUnits = {{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

std::optional<Duration> parse_span(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::int64_t count = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (ec != std::errc() || end == text.data() || count < 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& known : kUnits) {
    if (known.name != unit) continue;
    if (count > kSpanMaxMs / known.ms) return std::nullopt;
    const auto span = std::chrono::milliseconds(count * known.ms);
    return negative ? -Duration(span) : Duration(span);
  }
  return std::nullopt;
}

std::uint64_t read_count(const MapReader& map, std::string_view key, std::uint64_t fallback) {
  const Node* node = map.get(key);
  if (node == nullptr) return fallback;
  const auto value = node->to_int();
  if (!value || *value < 0) {
    map.problems().add(*node, std::string(key) + " must be a whole number, 0 or more");
    return fallback;
  }
  return static_cast<std::uint64_t>(*value);
}

double read_rate(const MapReader& map, std::string_view key, double fallback) {
  const Node* node = map.get(key);
  if (node == nullptr) return fallback;
  double value = -1;
  const std::string& text = node->text;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc() && end == text.data() + text.size() && value > 0 && value <= kRateMax) return value;
  map.problems().add(*node, std::string(key) + " must be a number above 0, at most 1000000");
  return fallback;
}

double read_probability(const MapReader& map) {
  const Node* node = map.get("probability");
  if (node == nullptr) return 1.0;
  double value = -1;
  const std::string& text = node->text;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1) return value;
  map.problems().add(*node, "probability must be a number from 0 to 1");
  return 1.0;
}

/// The rule's kind by its name; absent when it was reported.
template <class Kind>
std::optional<Kind> read_kind(const MapReader& map, const Node& rule, std::optional<Kind> (*parse)(std::string_view),
                              const std::vector<std::string>& names) {
  const std::string text = map.text("kind");
  if (text.empty()) {
    map.problems().add(rule, "the rule has no kind: one of " + join(names, ", "));
    return std::nullopt;
  }
  if (const auto kind = parse(text)) return kind;
  const std::string near = yaml::did_you_mean(text, names);
  map.problems().add(*map.get("kind"), "there is no fault of kind '" + printable(text, 40) + "'" +
                                           (near.empty() ? "; there are " + join(names, ", ") : near));
  return std::nullopt;
}

std::optional<FaultKind> find_fault_kind(std::string_view text) {
  return parse_fault_kind(text);
}

std::optional<SessionFaultKind> find_session_fault_kind(std::string_view text) {
  return parse_session_fault_kind(text);
}

FaultRule read_rule(const Node& node, Problems& problems) {
  const MapReader map(node, "faults[]",
                      {"kind", "operation", "account", "region", "skip", "count", "probability", "delay", "size",
                       "retry_after", "code", "member", "value", "rate", "burst"},
                      problems);
  FaultRule rule;
  if (!node.is_map()) return rule;
  rule.kind = read_kind<FaultKind>(map, node, &find_fault_kind, fault_kind_names()).value_or(FaultKind::delay);
  if (map.get("operation") != nullptr) rule.operation = map.text("operation");
  rule.account = map.text("account");
  rule.region = map.text("region");
  rule.skip = read_count(map, "skip", 0);
  rule.count = read_count(map, "count", FaultRule::kForever);
  rule.probability = read_probability(map);
  rule.delay = read_span(map.get("delay"), "delay", problems).value_or(Duration::zero());
  rule.size = read_count(map, "size", rule.kind == FaultKind::slow_body ? 1'000 : rule.size);
  if (rule.size > kSizeMax) problems.add(*map.get("size"), "size must be at most 268435456");
  rule.rate = read_rate(map, "rate", 0);
  rule.burst = read_rate(map, "burst", std::max(rule.rate, 1.0));
  if (rule.rate <= 0 && map.get("burst") != nullptr) problems.add(*map.get("burst"), "burst goes with a rate");
  rule.retry_after = map.text("retry_after");
  rule.code = map.text("code");
  rule.member = map.text("member");
  rule.value = map.text("value");
  const bool named = !rule.member.empty() && !rule.value.empty();
  if (rule.kind == FaultKind::unknown_value && !named) problems.add(node, "unknown_value needs member and value");
  if (rule.kind == FaultKind::delay && rule.delay <= Duration::zero()) problems.add(node, "delay needs a delay");
  if (rule.delay < Duration::zero()) problems.add(*map.get("delay"), "delay must not be negative");
  return rule;
}

SessionFaultRule read_session_rule(const Node& node, Problems& problems) {
  using Kind = SessionFaultKind;
  const MapReader map(node, "session_faults[]",
                      {"kind", "from", "target", "skip", "count", "probability", "bytes", "time"}, problems);
  SessionFaultRule rule;
  if (!node.is_map()) return rule;
  rule.kind = read_kind<Kind>(map, node, &find_session_fault_kind, session_fault_kind_names()).value_or(Kind::expire);
  if (const Node* from = map.get("from")) {
    if (from->text == "client") rule.from = End::client;
    if (from->text == "agent") rule.from = End::agent;
    if (!rule.from) problems.add(*from, "from must be client or agent");
  }
  rule.target = map.text("target");
  rule.skip = read_count(map, "skip", 0);
  rule.count = read_count(map, "count", SessionFaultRule::kForever);
  rule.probability = read_probability(map);
  rule.bytes = read_count(map, "bytes", 0);
  rule.time = read_span(map.get("time"), "time", problems).value_or(Duration::zero());
  if (rule.time < Duration::zero()) problems.add(*map.get("time"), "time must not be negative");
  const bool kills = rule.kind == Kind::kill && rule.bytes == 0 && rule.time == Duration::zero();
  if (kills) problems.add(node, "kill needs bytes or a time");
  if (rule.kind == Kind::slow && rule.bytes == 0) problems.add(node, "slow needs bytes (a second)");
  if (rule.kind == Kind::pause && rule.time == Duration::zero()) problems.add(node, "pause needs a time");
  return rule;
}

/// A list of rules, of which there may be none.
template <class Rule>
std::vector<Rule> read_list(const Node* node, std::string_view what, Rule (*read)(const Node&, Problems&),
                            Problems& problems) {
  std::vector<Rule> rules;
  if (node == nullptr) return rules;
  if (!node->is_sequence()) {
    problems.add(*node, std::string(what) + " must be a list, not " + std::string(yaml::to_string(node->kind)));
    return rules;
  }
  if (node->items.size() > kRulesMax) {
    problems.add(*node, "more than " + std::to_string(kRulesMax) + " rules");
    return rules;
  }
  for (const Node& item : node->items) rules.push_back(read(item, problems));
  return rules;
}

}  // namespace faults_file

std::optional<Duration> read_span(const yaml::Node* node, std::string_view what, yaml::Problems& problems) {
  if (node == nullptr) return std::nullopt;
  std::optional<Duration> span;
  if (node->is_scalar()) span = faults_file::parse_span(node->text);
  if (!span) problems.add(*node, std::string(what) + " must be a time such as 300ms, 10s, 5m, 2h or 3d");
  return span;
}

std::string format_span(Duration span) {
  const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
  const std::int64_t size = ms < 0 ? -ms : ms;
  std::string text = ms < 0 ? "-" : "";
  for (auto unit = faults_file::kUnits.rbegin(); unit != faults_file::kUnits.rend(); ++unit) {
    if (size % unit->ms == 0 && (size != 0 || unit->name == "s"))
      return text + std::to_string(size / unit->ms) + std::string(unit->name);
  }
  return "0s";
}

std::vector<FaultRule> read_fault_rules(const yaml::Node* node, yaml::Problems& problems) {
  return faults_file::read_list<FaultRule>(node, "faults", &faults_file::read_rule, problems);
}

std::vector<SessionFaultRule> read_session_fault_rules(const yaml::Node* node, yaml::Problems& problems) {
  return faults_file::read_list<SessionFaultRule>(node, "session_faults", &faults_file::read_session_rule, problems);
}

Result<FaultPlan> parse_faults(std::string_view text, std::string name) {
  TRY(const yaml::Node root, yaml::parse(text, std::move(name)));
  if (root.is_null()) return fail(root.error("the faults file is empty"));
  yaml::Problems problems;
  const yaml::MapReader top(root, "the faults file",
                            {"version", "seed", "clock_skew", "list_lag", "faults", "session_faults"}, problems);
  FaultPlan plan;
  if (root.is_map()) {
    const yaml::Node* version = top.get("version");
    if (version == nullptr || version->text != "1") {
      problems.add(version == nullptr ? root : *version, "version must be 1: the first line should be `version: 1`");
    }
    if (const yaml::Node* seed = top.get("seed")) {
      const auto value = seed->to_int();
      if (!value || *value < 0) problems.add(*seed, "seed must be a whole number, 0 or more");
      plan.seed = static_cast<std::uint64_t>(value.value_or(0));
    }
    plan.clock_skew = read_span(top.get("clock_skew"), "clock_skew", problems);
    plan.list_lag = read_span(top.get("list_lag"), "list_lag", problems);
    plan.rules = read_fault_rules(top.get("faults"), problems);
    plan.session_rules = read_session_fault_rules(top.get("session_faults"), problems);
  }
  if (!problems.none()) return fail(problems.error());
  return plan;
}

}  // namespace postern::sim
