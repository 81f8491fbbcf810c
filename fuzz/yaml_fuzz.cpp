#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/yaml.hpp"

namespace {

void check_node(const postern::yaml::Node& node, std::size_t lines) {
  CHECK(node.position.line >= 1 && node.position.line <= lines && node.position.column >= 1);
  CHECK(node.items.empty() || node.is_sequence());
  CHECK(node.entries.empty() || node.is_map());
  for (const auto& item : node.items) check_node(item, lines);
  for (const auto& entry : node.entries) {
    CHECK(entry.position.line >= 1 && entry.position.line <= lines);
    check_node(entry.value, lines);
  }
}

}  // namespace

// Every node and every error must stand inside the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const auto root = postern::yaml::parse(text, "f");
  if (root)
    check_node(*root, lines);
  else
    CHECK(root.error().message().starts_with("f:"));
  return 0;
}
