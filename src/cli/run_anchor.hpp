#pragma once

/// Anchors of the ledger's chains in the bucket that the fleet file names: written when a run is closed, compared by
/// `ledger verify`.

#include "cli/aws_command.hpp"
#include "cli/run_ledger.hpp"
#include "flow/notice.hpp"

namespace postern::cli {

/// Puts the head of a closed run's chain, and that of the chain of heads, into the bucket, and notes it in the ledger.
/// What goes wrong is a warning; the next run's anchor stands for this run too.
rt::Task<void> anchor_run(const Command& command, AwsWork& work, OpenLedger& ledger, const flow::Notice& closed);

struct AnchorsSeen {
  AnchorsSeen() = default;
  std::size_t count = 0;
  std::string newest;  ///< place of the newest, and when: "s3://... (2024-05-01T10:00:00Z)"
  std::vector<std::string> wrong;
};

/// The anchors that the ledger itself notes, against its chains.
rt::Task<Result<AnchorsSeen>> check_noted_anchors(const Command& command, OpenLedger& ledger);
/// The anchors in the fleet file's bucket, read anew, against the chains. Usage when it names none.
rt::Task<Result<AnchorsSeen>> check_kept_anchors(const Command& command, OpenLedger& ledger);

}  // namespace postern::cli
