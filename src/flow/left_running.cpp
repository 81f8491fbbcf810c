#include "flow/left_running.hpp"

#include <algorithm>
#include <map>

namespace postern::flow {
namespace {

bool is_left(const TargetResult& target) {
  return target.outcome == Outcome::unknown && !target.command_id.empty();
}

}  // namespace

std::vector<LeftCommand> left_running(const RunResult& run) {
  std::vector<LeftCommand> left;
  std::map<std::pair<const fleet::Scope*, std::string>, std::size_t> known;
  for (const TargetResult& target : run.targets) {
    if (!is_left(target)) continue;
    const auto key = std::make_pair(&target.target.scope(), target.command_id.text());
    const auto [found, fresh] = known.emplace(key, left.size());
    if (fresh) left.emplace_back(target.target.scope_ptr(), target.command_id.text());
    ++left[found->second].targets;
    left[found->second].instances.push_back(target.target.id());
  }
  return left;
}

}  // namespace postern::flow
