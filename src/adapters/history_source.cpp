#include "adapters/history_source.hpp"

#include <algorithm>

#include "aws/core/pager.hpp"
#include "aws/ssm/ops.hpp"
#include "base/text.hpp"

namespace postern::adapters {
namespace history {

constexpr std::int32_t kPage = 50;
constexpr std::size_t kCommandsMax = 50'000;  // of one account and Region: far beyond what 30 days hold

flow::PastCommand past_command(const aws::ssm::Command& wire, const fleet::ScopePtr& scope) {
  flow::PastCommand command;
  command.scope = scope;
  command.command_id = wire.command_id.value_or("");
  command.document = wire.document_name.value_or("");
  command.document_version = wire.document_version.value_or("");
  command.comment = wire.comment.value_or("");
  if (wire.requested_date_time) command.requested = *wire.requested_date_time;
  if (wire.timeout_seconds) command.delivery_timeout = std::chrono::seconds(std::max(*wire.timeout_seconds, 30));
  command.instance_ids = wire.instance_ids;
  return command;
}

}  // namespace history

rt::Task<Result<std::vector<flow::PastCommand>>> SsmHistory::commands(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                      WallTime since) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::ListCommandsRequest request;
  request.max_results = history::kPage;
  aws::ssm::CommandFilter after;
  after.key.emplace("InvokedAfter");
  after.value = format_rfc3339(std::chrono::floor<std::chrono::seconds>(since));
  request.filters.push_back(std::move(after));
  aws::Pager<aws::ssm::ListCommands> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  std::vector<flow::PastCommand> commands;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) break;
    for (const aws::ssm::Command& wire : page->commands) {
      if (!flow::parse_comment(wire.comment.value_or(""))) continue;
      commands.push_back(history::past_command(wire, scope));
      if (commands.size() > history::kCommandsMax) {
        co_return fail(ErrorKind::unsupported, scope->label() + " has more than " +
                                                   std::to_string(history::kCommandsMax) +
                                                   " commands of postern: shorten --since");
      }
    }
  }
  std::sort(commands.begin(), commands.end(),
            [](const flow::PastCommand& a, const flow::PastCommand& b) { return a.requested < b.requested; });
  co_return commands;
}

}  // namespace postern::adapters
