#include <algorithm>

#include "base/jmespath_ast.hpp"

namespace postern::jmespath {
namespace {

bool adds_level(NodeKind kind) {
  return kind == NodeKind::list || kind == NodeKind::hash || kind == NodeKind::projection || kind == NodeKind::call ||
         kind == NodeKind::value_projection || kind == NodeKind::filter;
}

bool is_sequential(NodeKind kind) {
  return kind == NodeKind::chain || kind == NodeKind::projection || kind == NodeKind::value_projection ||
         kind == NodeKind::filter || kind == NodeKind::call;
}

}  // namespace

void adopt(Node& parent, Node child) {
  parent.depth = std::max(parent.depth, child.depth + 1);
  const std::uint32_t own = parent.children.empty() && adds_level(parent.kind) ? 1 : 0;
  if (is_sequential(parent.kind))
    parent.growth += child.growth + own;
  else
    parent.growth = std::max(parent.growth, child.growth + (adds_level(parent.kind) ? 1U : 0U));
  parent.children.push_back(std::move(child));
}

Node make_node(NodeKind kind, std::size_t at) {
  Node node;
  node.kind = kind;
  node.at = at;
  return node;
}

std::int64_t weight(const Json& value, std::int64_t limit) {
  std::int64_t total = 1;
  if (value.is_string()) total += static_cast<std::int64_t>(value.as_string().size() / 16);
  for (const Json& item : value.items()) {
    if (total > limit) break;
    total += weight(item, limit - total);
  }
  for (const Json::Member& member : value.members()) {
    if (total > limit) break;
    total += static_cast<std::int64_t>(member.key.size() / 16) + weight(member.value, limit - total);
  }
  return std::min(total, limit + 1);
}

}  // namespace postern::jmespath
