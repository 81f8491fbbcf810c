#include "flow/run.hpp"

#include "base/text.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kCommentMax = 100;  // SSM's limit

}  // namespace

std::string_view to_string(RunKind kind) noexcept {
  switch (kind) {
    case RunKind::drill:
      return "drill";
    case RunKind::recovery:
      return "recovery";
    case RunKind::cleanup:
      return "cleanup";
    case RunKind::command:
      break;
  }
  return "command";
}

const RunWords& words_of(RunKind kind) noexcept {
  static constexpr RunWords kCommand{"Systems Manager", "command", "comment", "SendCommand"};
  static constexpr RunWords kLaunch{"Elastic Disaster Recovery", "job", "tags", "StartRecovery"};
  static constexpr RunWords kTerminate{"Elastic Disaster Recovery", "job", "servers", "TerminateRecoveryInstances"};
  if (kind == RunKind::command) return kCommand;
  return kind == RunKind::cleanup ? kTerminate : kLaunch;
}

std::string comment_mark(std::string_view op_id) {
  return "postern op=" + std::string(op_id) + " ";
}

std::string make_comment(std::string_view op_id, std::string_view run_id, std::string_view user_comment) {
  std::string comment = comment_mark(op_id) + "r=" + std::string(run_id) + " ";
  const std::string_view cut = user_comment.substr(0, kCommentMax - comment.size());
  comment += cut.substr(0, utf8_prefix(cut));  // not in the middle of a character
  return comment;
}

}  // namespace postern::flow
