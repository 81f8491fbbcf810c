#include "sim/serve/faults.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "sim/serve/fault_forms.hpp"
#include "sim/serve/request_log.hpp"

namespace postern::sim {
namespace faults {

constexpr std::size_t kRulesMax = 1'000;
constexpr std::size_t kBucketsMax = 100'000;
constexpr double kAlmostOne = 1 - 1e-9;  // what a wait of just the right length leaves of a token, in binary
constexpr std::array<std::pair<FaultKind, std::string_view>, 17> kNames = {{
    {FaultKind::delay, "delay"},
    {FaultKind::throttle, "throttle"},
    {FaultKind::server_error, "server_error"},
    {FaultKind::html_error, "html_error"},
    {FaultKind::lost_reply, "lost_reply"},
    {FaultKind::failed_reply, "failed_reply"},
    {FaultKind::lost_request, "lost_request"},
    {FaultKind::expired_token, "expired_token"},
    {FaultKind::html_page, "html_page"},
    {FaultKind::truncated_reply, "truncated_reply"},
    {FaultKind::huge_reply, "huge_reply"},
    {FaultKind::nested_reply, "nested_reply"},
    {FaultKind::invalid_utf8, "invalid_utf8"},
    {FaultKind::refused_page, "refused_page"},
    {FaultKind::endless_pages, "endless_pages"},
    {FaultKind::unknown_value, "unknown_value"},
    {FaultKind::slow_body, "slow_body"},
}};

}  // namespace faults

std::string_view to_string(FaultKind kind) noexcept {
  for (const auto& [value, name] : faults::kNames) {
    if (value == kind) return name;
  }
  return "unknown";
}

std::optional<FaultKind> parse_fault_kind(std::string_view text) noexcept {
  for (const auto& [value, name] : faults::kNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::vector<std::string> fault_kind_names() {
  std::vector<std::string> names;
  for (const auto& [value, name] : faults::kNames) names.emplace_back(name);
  return names;
}

std::size_t PaceTable::take(const std::string& peer) {
  if (paces_.empty()) return 0;
  const auto found = paces_.find(peer);
  if (found == paces_.end()) return 0;
  const std::size_t pace = found->second;
  paces_.erase(found);
  return pace;
}

void FaultyService::add(FaultRule rule) {
  if (rules_.size() < faults::kRulesMax) rules_.emplace_back(std::move(rule));
}

bool FaultyService::matches(const FaultRule& rule, const std::string& operation, const http::Request& request) const {
  if (!glob_match(rule.operation, operation)) return false;
  if (rule.kind == FaultKind::refused_page && !fault_forms::has_page_token(request)) return false;
  if (rule.region.empty() && rule.account.empty()) return true;
  const auto scope = aws::server::claimed_scope(request);
  if (!scope) return false;
  if (!rule.region.empty() && scope->region != rule.region) return false;
  if (rule.account.empty()) return true;
  const auto identity = cloud_.directory().identity_of(scope->access_key_id);
  return identity != nullptr && identity->account_id() == rule.account;
}

/// Whether a rule that matches hits this call.
bool FaultyService::hits(std::size_t place, Armed& armed) {
  if (armed.hit >= armed.rule.count) return false;
  const std::uint64_t turn = armed.seen++;
  if (turn < armed.rule.skip) return false;
  if (armed.rule.probability < 1.0) {
    constexpr double kRange = 16.0 * 16.0 * 16.0 * 16.0 * 16.0 * 16.0 * 16.0 * 16.0;
    const std::string label = "fault/" + std::to_string(place) + "/" + std::to_string(turn);
    const std::string digits = derived_hex(seed_, label, 8);
    if (static_cast<double>(std::stoul(digits, nullptr, 16)) / kRange >= armed.rule.probability) return false;
  }
  ++armed.hit;
  ++applied_;
  ++by_kind_[armed.rule.kind];
  return true;
}

/// Takes a token from the bucket of the caller's account and Region.
bool FaultyService::within_rate(Armed& armed, const std::string& operation, const http::Request& request,
                                MonoTime now) const {
  std::string key = operation;
  if (const auto scope = aws::server::claimed_scope(request)) {
    const auto identity = cloud_.directory().identity_of(scope->access_key_id);
    key += "/" + (identity == nullptr ? scope->access_key_id : identity->account_id()) + "/" + scope->region;
  }
  if (armed.buckets.size() >= faults::kBucketsMax) armed.buckets.clear();
  const auto [at, fresh] = armed.buckets.try_emplace(std::move(key));
  Bucket& bucket = at->second;
  const double most = std::max(armed.rule.burst, 1.0);
  const double refill = std::chrono::duration<double>(now - bucket.filled).count() * armed.rule.rate;
  bucket.tokens = fresh ? most : std::min(most, bucket.tokens + refill);
  bucket.filled = now;
  if (bucket.tokens < faults::kAlmostOne) return false;
  bucket.tokens -= 1;
  return true;
}

FaultyService::Chosen FaultyService::choose(const http::Request& request, MonoTime now) {
  Chosen chosen;
  const auto route = route_of(router_, request);
  if (route.entry == nullptr) return chosen;
  chosen.operation = route.entry->operation;
  chosen.codec = &route.answer_codec();
  const std::string name = std::string(route.binding->service->id) + ":" + std::string(chosen.operation->name);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    Armed& armed = rules_[i];
    if (!matches(armed.rule, name, request)) continue;
    if (armed.rule.rate > 0 && within_rate(armed, name, request, now)) continue;
    if (!hits(i, armed)) continue;
    chosen.delay += armed.rule.delay;
    if (armed.rule.kind == FaultKind::delay) continue;
    chosen.rule = armed.rule;
    break;
  }
  return chosen;
}

rt::Task<Result<http::Response>> FaultyService::serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) {
  if (rules_.empty()) co_return co_await inner_.serve(ctx, std::move(peer), std::move(request));
  const Chosen chosen = choose(request, ctx.now());
  if (chosen.delay > Duration::zero()) {
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + chosen.delay));
  }
  if (!chosen.rule) co_return co_await inner_.serve(ctx, std::move(peer), std::move(request));
  co_return co_await answer(ctx, std::move(peer), std::move(request), chosen);
}

rt::Task<Result<http::Response>> FaultyService::answer(rt::CallContext ctx, http::PeerInfo peer, http::Request request,
                                                       Chosen chosen) {
  const FaultRule& rule = *chosen.rule;
  const aws::ServiceSpec& service = *chosen.operation->service;
  const Error lost = Error(ErrorKind::cancelled, "the simulated network lost this exchange").delivered(Delivery::sent);
  if (rule.kind == FaultKind::lost_request) co_return fail(lost);
  if (!fault_forms::executes(rule.kind)) co_return fault_forms::invented(rule, service, *chosen.codec);
  const std::string remote = peer.remote;
  Result<http::Response> response = co_await inner_.serve(ctx, std::move(peer), std::move(request));
  if (!response) co_return fail(std::move(response).error());
  if (rule.kind == FaultKind::lost_reply) co_return fail(lost);
  if (rule.kind == FaultKind::failed_reply) co_return fault_forms::invented(rule, service, *chosen.codec);
  if (rule.kind == FaultKind::slow_body) paces_.set(remote, rule.size);
  std::string page_token = page_tokens_[rule.operation];
  Result<http::Response> spoiled = fault_forms::spoiled(rule, service, std::move(*response), page_token);
  page_tokens_[rule.operation] = std::move(page_token);
  co_return spoiled;
}

}  // namespace postern::sim
