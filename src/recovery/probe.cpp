#include "recovery/probe.hpp"

#include <array>
#include <charconv>

#include "base/text.hpp"

namespace postern::recovery {
namespace probe_detail {

using Facts = std::map<std::string, std::string, std::less<>>;

constexpr std::int64_t kRootFreeKb = std::int64_t{2} << 20U;
constexpr std::int64_t kTmpFreeKb = std::int64_t{500} << 10U;
constexpr std::int64_t kMemoryKb = std::int64_t{300} << 10U;
constexpr std::size_t kFactsMax = 100;
constexpr std::size_t kValueMax = 200;

constexpr std::string_view kLinux =
#include "recovery/probe_linux.inc"
    ;

constexpr std::string_view kWindows =
#include "recovery/probe_windows.inc"
    ;

std::string filled(std::string_view text, std::string_view mark, std::string_view with) {
  std::string out(text);
  for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at + with.size())) {
    out.replace(at, mark.size(), with);
  }
  return out;
}

std::string_view fact(const Facts& facts, std::string_view key) {
  const auto found = facts.find(key);
  return found == facts.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<std::int64_t> number(const Facts& facts, std::string_view key) {
  const std::string_view text = fact(facts, key);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Whether a kernel is older than 2.6.32, before which there is no agent. Unreadable versions are not.
bool is_too_old(std::string_view kernel) {
  std::array<int, 3> parts{};
  std::size_t count = 0;
  const char* at = kernel.data();
  const char* end = kernel.data() + kernel.size();
  while (count < parts.size()) {
    const auto [next, error] = std::from_chars(at, end, parts.at(count));
    if (error != std::errc()) break;
    ++count;
    if (next == end || *next != '.') break;
    at = next + 1;
  }
  return count == 3 && parts < std::array<int, 3>{2, 6, 32};
}

std::string megabytes(std::int64_t kilobytes) {
  return std::to_string(kilobytes / 1024) + " MB";
}

void judge_room(const Facts& facts, std::vector<Blocker>& out) {
  const auto root = number(facts, "root_free_kb");
  if (root && *root < kRootFreeKb) {
    out.emplace_back("DISK_SPACE", megabytes(*root) + " are free on the system disk, 2048 MB are needed",
                     "free or add space");
  }
  const auto tmp = number(facts, "tmp_free_kb");
  if (tmp && *tmp < kTmpFreeKb) {
    out.emplace_back("TMP_SPACE", megabytes(*tmp) + " are free in /tmp, 500 MB are needed", "free space in /tmp");
  }
  const auto memory = number(facts, "memory_kb");
  if (memory && *memory < kMemoryKb) {
    out.emplace_back("RAM_LOW", megabytes(*memory) + " of memory are free, 300 MB are needed",
                     "stop something, or take a larger instance type");
  }
}

void judge_linux(const Facts& facts, std::vector<Blocker>& out) {
  const std::string_view kernel = fact(facts, "kernel");
  if (is_too_old(kernel)) {
    out.emplace_back("KERNEL_UNSUPPORTED", "Linux " + printable(kernel, 60) + ": the agent needs 2.6.32 or later",
                     "upgrade the kernel, or exclude the server");
  }
  if (fact(facts, "tmp_noexec") == "yes") {
    out.emplace_back("TMP_NOEXEC", "/tmp is mounted with noexec: the installer runs from there",
                     "mount -o remount,exec /tmp while it is installed");
  }
  if (fact(facts, "python") == "no") {
    out.emplace_back("PYTHON_MISSING", "no Python: the installer is written in it", "install Python 3");
  }
  if (fact(facts, "secure_boot") == "yes") {
    out.emplace_back("SECURE_BOOT", "Secure Boot refuses the agent's kernel module",
                     "switch Secure Boot off, or exclude the server");
  }
  if (fact(facts, "headers") == "no") {
    out.emplace_back("HEADERS_MISSING", "the headers of the running kernel are not there: the installer fetches them",
                     "install kernel-devel (linux-headers) of the running kernel, or give it a package mirror", false);
  }
}

void judge_network(const Facts& facts, std::vector<Blocker>& out) {
  if (fact(facts, "net_s3") == "no") {
    out.emplace_back("NET_S3", "the S3 of the recovery Region, where the installer is fetched, is not reached",
                     "an S3 interface endpoint in the staging VPC with a route and DNS from here; a gateway endpoint "
                     "does not reach another Region");
  }
  if (fact(facts, "net_drs") == "no") {
    out.emplace_back("NET_DRS_API", "DRS in the recovery Region is not reached on port 443",
                     "an interface endpoint for drs in the staging VPC with a route and DNS from here");
  }
}

}  // namespace probe_detail

std::string probe_script(fleet::Platform platform, std::string_view region) {
  using namespace probe_detail;
  const std::string_view text = platform == fleet::Platform::windows ? kWindows : kLinux;
  const std::string_view suffix = region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return filled(filled(text, "{region}", region), "{suffix}", suffix);
}

std::optional<std::map<std::string, std::string, std::less<>>> read_probe(std::string_view output) {
  using namespace probe_detail;
  const std::size_t begin = output.find(kProbeMark);
  if (begin == std::string_view::npos) return std::nullopt;
  Facts facts;
  for (std::string_view line : split(output.substr(begin + kProbeMark.size()), '\n')) {
    line = trim(line);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0 || facts.size() == kFactsMax) continue;
    facts.emplace(line.substr(0, equals), line.substr(equals + 1, kValueMax));
  }
  return facts;
}

std::vector<Blocker> judge_probe(std::string_view output, fleet::Platform platform) {
  using namespace probe_detail;
  std::vector<Blocker> out;
  const auto facts = read_probe(output);
  if (!facts || facts->empty()) {
    out.emplace_back("PROBE_UNREADABLE", "the look inside the server gave nothing that can be read",
                     "postern run on it with the same account shows what it answers");
    return out;
  }
  const std::string arch = to_lower(fact(*facts, "arch"));
  if (!arch.empty() && arch != "x86_64" && arch != "amd64") {
    out.emplace_back("ARCH_UNSUPPORTED", "the agent is for x86_64, this is " + printable(arch, 40),
                     "exclude the server (tag postern:dr-exclude)");
  }
  judge_room(*facts, out);
  if (platform != fleet::Platform::windows) judge_linux(*facts, out);
  judge_network(*facts, out);
  if (fact(*facts, "agent") == "yes") {
    out.emplace_back("AGENT_PRESENT", "an agent is or was installed, and the site does not know this server",
                     "it may belong to another account or Region: disconnect it there first", false);
  }
  return out;
}

}  // namespace postern::recovery
