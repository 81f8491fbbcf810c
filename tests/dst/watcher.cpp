#include "tests/dst/watcher.hpp"

#include <algorithm>

#include "sim/serve/request_log.hpp"

namespace postern::dst {

double polls_per_minute(const std::map<std::string, AccountCalls>& accounts) {
  double polls = 0;
  double minutes = 0;
  for (const auto& [id, account] : accounts) {
    polls += static_cast<double>(account.polls());
    minutes += std::max(std::chrono::duration<double, std::ratio<60>>(account.under_way()).count(), 1.0);
  }
  return minutes > 0 ? polls / minutes : 0;
}

std::string Watcher::account_of(const http::Request& request) const {
  const auto scope = aws::server::claimed_scope(request);
  if (!scope) return {};
  const auto identity = cloud_.directory().identity_of(scope->access_key_id);
  return identity == nullptr ? std::string() : identity->account_id();
}

void Watcher::clear() {
  calls_.clear();
  accounts_.clear();
}

void Watcher::count(const std::string& operation, const http::Request& request, MonoTime now) {
  ++calls_[operation];
  const bool counts = operation == "ssm:ListCommands";
  const bool lists = operation == "ssm:ListCommandInvocations";
  if (!counts && !lists && operation != "ssm:SendCommand") return;
  AccountCalls& account = accounts_[account_of(request)];
  account.last = now;
  if (counts || lists) account.reads.push_back(now);
  if (lists) ++account.lists;
  if (operation == "ssm:SendCommand" && !account.first_send) account.first_send = now;
}

rt::Task<Result<http::Response>> Watcher::serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) {
  const Error gone = Error(ErrorKind::cancelled, "this process is dead").delivered(Delivery::sent);
  if (dead_) co_return fail(gone);
  ++seen_;
  const bool dies = seen_ == die_at_;
  if (dies) {
    dead_ = true;
    if (told_) told_();
  }
  if (dies && !die_executed_) co_return fail(gone);
  const std::string operation = sim::operation_of(router_, request);
  count(operation, request, ctx.now());
  const bool sends = operation == "ssm:SendCommand";
  const std::string account = sends ? account_of(request) : std::string();
  Result<http::Response> response = co_await inner_.serve(ctx, std::move(peer), std::move(request));
  if (sends && response && response->status == 200) ++accounts_[account].sends;
  if (dead_) co_return fail(gone);
  co_return response;
}

}  // namespace postern::dst
