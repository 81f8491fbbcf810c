#include "flow/run.hpp"

#include "base/text.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kCommentMax = 100;  // SSM's limit

}  // namespace

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
