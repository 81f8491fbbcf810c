#pragma once

/// The stack of every account of a deployment: looked at, changed, deleted - all accounts at once, each for itself.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/stack_source.hpp"
#include "cli/aws_command.hpp"
#include "cli/deploy_order.hpp"
#include "stacks/deploy.hpp"

namespace postern::cli {

/// One account's way through the command.
struct DeployRow {
  DeployRow() = default;
  DeployPlace place;
  std::optional<stacks::Prepared> prepared;
  std::optional<stacks::Stack> found;  ///< of a deletion: what would go
  std::optional<stacks::Applied> applied;
  std::optional<Error> problem;  ///< what kept us from the above
  std::string external_id;       ///< that the stack has or gets; empty: none
  bool made_external_id = false;

  bool waits() const { return !problem && prepared && prepared->outlook == stacks::Outlook::changes; }
};

class DeployWork {
 public:
  DeployWork(const Command& command, AwsWork& work, DeployOrder order);

  const DeployOrder& order() const noexcept { return order_; }
  std::vector<DeployRow>& rows() noexcept { return rows_; }
  const std::vector<DeployRow>& rows() const noexcept { return rows_; }

  /// Each fails only with cancelled; what goes wrong in an account stands in its row.
  rt::Task<Result<void>> prepare();
  rt::Task<Result<void>> find();
  rt::Task<Result<void>> apply();
  rt::Task<Result<void>> remove();
  /// Takes away the change sets that wait.
  rt::Task<Result<void>> discard();

 private:
  using Step = rt::Task<Result<void>> (DeployWork::*)(DeployRow&);
  rt::Task<Result<void>> each(Step step);
  rt::Task<Result<void>> prepare_one(DeployRow& row);
  rt::Task<Result<void>> find_one(DeployRow& row);
  rt::Task<Result<void>> apply_one(DeployRow& row);
  rt::Task<Result<void>> remove_one(DeployRow& row);
  rt::Task<Result<void>> discard_one(DeployRow& row);
  rt::Task<Result<void>> choose_external_id(DeployRow& row, stacks::StackOrder& order);
  stacks::EventSink sink() const;
  std::string make_token() const;

  const Command& command_;
  DeployOrder order_;
  adapters::AwsStacks port_;
  stacks::Deployer deployer_;
  std::size_t concurrency_ = 16;
  std::vector<DeployRow> rows_;
};

}  // namespace postern::cli
