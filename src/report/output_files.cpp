#include "report/output_files.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace postern::report {
namespace output_paths {

constexpr std::size_t kPartMax = 120;
constexpr std::size_t kNameMax = 80;

bool is_device(std::string_view part) {
  const std::string stem = to_lower(part.substr(0, part.find('.')));
  constexpr std::array<std::string_view, 4> kDevices = {"con", "prn", "aux", "nul"};
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '0' && stem[3] <= '9';
}

}  // namespace output_paths

std::string safe_path_part(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, output_paths::kPartMax)) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += alnum || c == '.' || c == '_' || c == '-' ? c : '_';
  }
  while (out.ends_with('.')) out.back() = '_';  // Windows drops dots at the end
  if (out.empty() || out.front() == '.' || out.front() == '-' || output_paths::is_device(out)) out.insert(0, "_");
  if (out.size() > output_paths::kPartMax) out.resize(output_paths::kPartMax);
  return out;
}

std::vector<TargetFiles> output_files(const flow::RunResult& run, const RunFacts& facts) {
  std::vector<TargetFiles> files;
  std::set<std::string> taken;  // in lower case
  for (const flow::TargetResult& target : run.targets) {
    const bool ran =
        target.outcome == flow::Outcome::succeeded || target.exit_code || !target.out.empty() || !target.err.empty();
    if (!ran) continue;
    const fleet::Scope& scope = target.target.scope();
    const std::string& id = target.target.id().text();
    const std::string& name = facts.name_of(target);
    std::string path = (scope.account.empty() ? "account" : safe_path_part(scope.account.text())) + "/";
    path += (scope.region.empty() ? "region" : safe_path_part(scope.region.text())) + "/";
    path += name == id ? safe_path_part(id)
                       : safe_path_part(name).substr(0, output_paths::kNameMax) + "." + safe_path_part(id);
    // The id makes it the only one, unless one account was entered by two ways.
    std::string unique = path;
    for (int n = 2; !taken.insert(to_lower(unique)).second; ++n) unique = path + "." + std::to_string(n);
    files.emplace_back(&target, std::move(unique));
  }
  return files;
}

}  // namespace postern::report
