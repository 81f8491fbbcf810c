#pragma once

/// Who carries a notice to those who want it; adapters implement it with AWS and HTTP.

#include "fleet/notify_target.hpp"
#include "flow/notice.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::flow {

class NoticePort {
 public:
  virtual ~NoticePort() = default;
  /// Once or, when the first answer is lost, more often: receivers tell doubles by the notice's id. The error never
  /// repeats the address of a webhook.
  virtual rt::Task<Result<void>> tell(rt::CallContext ctx, fleet::NotifyTarget target, Notice notice) = 0;
};

}  // namespace postern::flow
