#include "sim/sessions/session_faults.hpp"

#include <array>
#include <utility>

#include "sim/config.hpp"

namespace postern::sim {
namespace session_faults_detail {

using Kind = SessionFaultKind;

constexpr std::array<std::pair<Kind, std::string_view>, 8> kNames = {{
    {Kind::drop, "drop"},
    {Kind::duplicate, "duplicate"},
    {Kind::reorder, "reorder"},
    {Kind::pause, "pause"},
    {Kind::kill, "kill"},
    {Kind::slow, "slow"},
    {Kind::vanish, "vanish"},
    {Kind::expire, "expire"},
}};

std::optional<Passage> passage_of(Kind kind) {
  if (kind == Kind::drop) return Passage::drop;
  if (kind == Kind::duplicate) return Passage::twice;
  if (kind == Kind::reorder) return Passage::swap_with_next;
  return std::nullopt;
}

}  // namespace session_faults_detail

std::string_view to_string(SessionFaultKind kind) noexcept {
  return session_faults_detail::kNames[static_cast<std::size_t>(kind)].second;
}

std::optional<SessionFaultKind> parse_session_fault_kind(std::string_view text) noexcept {
  for (const auto& [kind, name] : session_faults_detail::kNames) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

std::vector<std::string> session_fault_kind_names() {
  std::vector<std::string> names;
  for (const auto& [kind, name] : session_faults_detail::kNames) names.emplace_back(name);
  return names;
}

bool SessionFaults::hits(std::size_t place, std::string_view target, std::optional<End> from) {
  Armed& armed = rules_[place];
  const SessionFaultRule& rule = armed.rule;
  if (!rule.target.empty() && rule.target != target) return false;
  if (rule.from && from && rule.from != from) return false;
  if (armed.hit >= rule.count) return false;
  const std::uint64_t turn = armed.seen++;
  if (turn < rule.skip) return false;
  if (rule.probability < 1.0) {
    constexpr double kRange = 4294967296.0;  // of 8 hex digits
    const std::string label = "session-fault/" + std::to_string(place) + "/" + std::to_string(turn);
    const std::string digits = derived_hex(seed_, label, 8);
    if (static_cast<double>(std::stoul(digits, nullptr, 16)) / kRange >= rule.probability) return false;
  }
  ++armed.hit;
  ++applied_;
  return true;
}

Passage SessionFaults::passage(std::string_view target, End from, std::uint64_t from_agent) {
  for (std::size_t place = 0; place < rules_.size(); ++place) {
    const SessionFaultRule& rule = rules_[place].rule;
    if (rule.kind == SessionFaultKind::vanish) {
      if ((rule.target.empty() || rule.target == target) && from_agent >= rule.bytes) return Passage::drop;
      continue;
    }
    const auto passage = session_faults_detail::passage_of(rule.kind);
    if (passage && hits(place, target, from)) return *passage;
  }
  return Passage::pass;
}

ConnectionFate SessionFaults::fate(std::string_view target, End end) {
  ConnectionFate fate;
  for (std::size_t place = 0; place < rules_.size(); ++place) {
    const SessionFaultRule rule = rules_[place].rule;
    if (rule.kind == SessionFaultKind::slow && hits(place, target, end)) fate.bytes_per_second = rule.bytes;
    if (rule.kind != SessionFaultKind::kill || !hits(place, target, end)) continue;
    fate.killed_after_bytes = rule.bytes;
    fate.killed_after = rule.time;
  }
  return fate;
}

bool SessionFaults::expires(std::string_view target) {
  for (std::size_t place = 0; place < rules_.size(); ++place) {
    if (rules_[place].rule.kind == SessionFaultKind::expire && hits(place, target, std::nullopt)) return true;
  }
  return false;
}

std::optional<Duration> SessionFaults::pause(std::string_view target) {
  for (std::size_t place = 0; place < rules_.size(); ++place) {
    const SessionFaultRule rule = rules_[place].rule;
    if (rule.kind == SessionFaultKind::pause && hits(place, target, std::nullopt)) return rule.time;
  }
  return std::nullopt;
}

}  // namespace postern::sim
