#include "sim/agents/profiles.hpp"

#include <algorithm>

namespace postern::sim {
namespace profiles_detail {

constexpr int kSlowFactor = 10;

/// FNV-1a, then SplitMix64's finaliser: a number for a label.
std::uint64_t number_for(std::uint64_t seed, std::string_view salt, const WorkKey& key) {
  std::uint64_t hash = 0xCBF29CE484222325ULL ^ seed;
  for (const std::string_view part : {salt, std::string_view(key.command_id), std::string_view(key.instance_id)}) {
    for (const char c : part) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  }
  hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBULL;
  return hash ^ (hash >> 31U);
}

/// 0 to 1, without 1.
double share_for(std::uint64_t seed, std::string_view salt, const WorkKey& key) {
  return static_cast<double>(number_for(seed, salt, key) >> 11U) * 0x1.0p-53;
}

/// Nine of ten instances run the newest release, whatever the command.
std::string_view release_of(std::uint64_t seed, const std::string& instance_id) {
  const std::uint64_t one_of_ten = number_for(seed, "release", WorkKey(std::string(), instance_id)) % 100;
  if (one_of_ten < 90) return "6.1.115-126.197.amzn2023";
  return one_of_ten < 99 ? "6.1.92-99.174.amzn2023" : "5.10.228-219.884.amzn2";
}

std::string filled(std::string text, std::string_view release) {
  constexpr std::string_view kMark = "{release}";
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + release.size())) {
    text.replace(at, kMark.size(), release);
  }
  return text;
}

}  // namespace profiles_detail

Behaviour profile_behaviour(const Work& work, const ScriptOptions& options) {
  using namespace profiles_detail;
  Behaviour made;
  const double wobble = 1.0 + options.jitter * (2.0 * share_for(options.seed, "time", work.key) - 1.0);
  made.run_time = Duration(static_cast<Duration::rep>(static_cast<double>(options.run_time.count()) * wobble));
  made.output = filled(options.output, release_of(options.seed, work.key.instance_id));
  switch (work.profile) {
    case AgentProfile::slow:
      made.run_time *= kSlowFactor;
      break;
    case AgentProfile::flaky:
      if (share_for(options.seed, "flaky", work.key) < options.flaky_failures) {
        made.exit_code = 1;
        made.errors = "temporary failure, try again\nfailed to run commands: exit status 1";
      }
      break;
    case AgentProfile::stalls:
      made.stalls = true;
      break;
    case AgentProfile::dies:
      made.dies = true;
      break;
    case AgentProfile::reboots:
      made.reboots = 1;
      break;
    case AgentProfile::old:
      if (work.document != nullptr && work.document->schema_version == "2.2") {
        made.refuses =
            "Document with schema version 2.2 is not supported by this version of ssm agent, please update "
            "to latest version";
      }
      break;
    default:
      break;
  }
  return made;
}

}  // namespace postern::sim
