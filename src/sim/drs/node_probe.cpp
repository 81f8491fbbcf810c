#include "sim/drs/node_probe.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace postern::sim::drs {
namespace node_probe {

constexpr std::string_view kMark = "postern-drs-probe 1";

std::map<std::string, std::string, std::less<>> facts_of(Platform platform) {
  if (platform == Platform::windows) {
    return {{"agent", "no"},    {"arch", "AMD64"}, {"kernel", "10.0.20348.0"},  {"memory_kb", "4194304"},
            {"net_drs", "yes"}, {"net_s3", "yes"}, {"root_free_kb", "41943040"}};
  }
  return {{"agent", "no"},           {"arch", "x86_64"},          {"gcc", "yes"},        {"headers", "yes"},
          {"kernel", "6.1.112-122"}, {"memory_kb", "2097152"},    {"net_drs", "yes"},    {"net_s3", "yes"},
          {"python", "yes"},         {"root_free_kb", "6291456"}, {"secure_boot", "no"}, {"tmp_free_kb", "2097152"},
          {"tmp_noexec", "no"}};
}

}  // namespace node_probe

std::optional<std::string> probed_region(const WorkStep& step) {
  bool marked = false;
  std::string region;
  for (const std::string& line : step.commands) {
    if (line.find(node_probe::kMark) != std::string::npos) marked = true;
    constexpr std::string_view kService = "drs.";
    const std::size_t at = line.find(kService);
    if (line.find("net_drs=") == std::string::npos || at == std::string::npos) continue;
    const std::size_t begin = at + kService.size();
    region = line.substr(begin, line.find('.', begin) - begin);
  }
  if (!marked || region.empty()) return std::nullopt;
  return region;
}

std::string probe_answer(Platform platform, std::string_view obstacle, std::string_view network) {
  auto facts = node_probe::facts_of(platform);
  if (obstacle == "kernel") facts["kernel"] = "2.6.18-398.el5";
  if (obstacle == "disk_space") facts["root_free_kb"] = "204800";
  if (obstacle == "memory") facts["memory_kb"] = "65536";
  if (obstacle == "python") facts["python"] = "no";
  if (obstacle == "noexec") facts["tmp_noexec"] = "yes";
  if (obstacle == "secure_boot") facts["secure_boot"] = "yes";
  if (obstacle == "headers" || obstacle == "gcc") facts["headers"] = "no";
  if (obstacle == "network" || network == "s3") facts["net_s3"] = "no";
  if (network == "drs") facts["net_drs"] = "no";
  std::string out(node_probe::kMark);
  out += "\n";
  for (const auto& [key, value] : facts) out.append(key).append("=").append(value).append("\n");
  return out;
}

}  // namespace postern::sim::drs
