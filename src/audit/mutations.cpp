#include "audit/mutations.hpp"

namespace postern::audit {

Mutation* MutationLog::find(const std::string& op) {
  const auto found = by_op_.find(op);
  return found == by_op_.end() ? nullptr : &mutations_[found->second];
}

void MutationLog::add(const flow::RunRecord& record, WallTime at) {
  if (const auto* intent = std::get_if<flow::record::Intent>(&record)) {
    by_op_.emplace(intent->op, mutations_.size());
    Mutation& made = mutations_.emplace_back();
    made.op = intent->op;
    made.batch = intent->batch;
    made.intended = at;
    made.ended = at;
  } else if (const auto* ended = std::get_if<flow::record::SendEnded>(&record)) {
    Mutation* const mutation = find(ended->op);
    if (mutation == nullptr) return;
    mutation->outcome = *ended;
    mutation->ended = at;
    if (ended->end == flow::record::SendEnd::accepted) mutation->command_id = ended->command_id;
  } else if (const auto* decided = std::get_if<flow::record::Decided>(&record)) {
    Mutation* const mutation = find(decided->op);
    if (mutation == nullptr) return;
    mutation->decision = decided->decision;
    if (decided->decision == flow::record::Decision::adopt) mutation->command_id = decided->command_id;
  } else if (std::holds_alternative<flow::record::Cancelling>(record) ||
             std::holds_alternative<flow::record::DeadlinePassed>(record)) {
    if (!cancelling_) cancelling_ = at;
  }
}

}  // namespace postern::audit
