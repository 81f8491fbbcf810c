#include "access/log_writer.hpp"

#include <algorithm>

namespace postern::access {
namespace log_writer {

struct Need {
  std::string_view action;
  bool of_group;
};
constexpr Need kNeeds[] = {
    {"logs:DescribeLogGroups", false},
    {"logs:DescribeLogStreams", true},
    {"logs:CreateLogStream", true},
    {"logs:PutLogEvents", true},
};

/// Policies name the group with and without what follows it: either does.
Result<bool> may(const RoleFacts& role, std::string_view action, const std::vector<std::string>& resources) {
  for (const std::string& resource : resources) {
    WhyQuestion question;
    question.action = action;
    question.resources = {resource};
    TRY(const Explanation out, explain(role, question));
    if (out.allowed) return true;
  }
  return false;
}

}  // namespace log_writer

LogGap judge_log_writer(const RoleFacts& role, const NetworkFacts& place, const std::string& group) {
  LogGap out;
  out.group = group;
  out.role = role.arn.substr(role.arn.rfind('/') + 1);
  const std::string arn =
      "arn:" + place.partition + ":logs:" + place.region + ":" + place.account + ":log-group:" + group;
  for (const log_writer::Need& need : log_writer::kNeeds) {
    const std::vector<std::string> resources =
        need.of_group ? std::vector<std::string>{arn, arn + ":*", arn + ":log-stream:i-0123456789abcdef0"}
                      : std::vector<std::string>{"*", arn};
    const Result<bool> allowed = log_writer::may(role, need.action, resources);
    if (!allowed) {
      out.unread.push_back(allowed.error().message());
      return out;
    }
    if (!*allowed) out.missing.emplace_back(need.action);
  }
  return out;
}

}  // namespace postern::access
