#pragma once

/// Which of the instances that should be protected are: every one of them is in exactly one class, and the classes add
/// up to what was discovered. Pure.

#include <set>
#include <string>
#include <vector>

#include "fleet/inventory.hpp"
#include "recovery/sweep.hpp"

namespace postern::recovery {

/// The tag that takes an instance out, with the reason as its value.
inline constexpr std::string_view kExcludeTag = "postern:dr-exclude";

enum class Cover : std::uint8_t {
  protected_now,  ///< replicates, and can be recovered
  enrolled,       ///< registered with DRS; not protected yet, or no more
  installed,      ///< the agent was installed, and DRS does not know it
  missing,        ///< nothing of it
  excluded,       ///< by the tag
  unknown         ///< its site could not be asked
};
std::string_view to_string(Cover cover) noexcept;

struct CoverRow {
  CoverRow() = default;
  const fleet::Instance* instance = nullptr;
  const SourceServer* server = nullptr;  ///< the live one; null: none
  Health health;                         ///< of the server
  Cover cover = Cover::missing;
  std::string reason;                 ///< a sentence; empty when protected
  std::vector<std::string> findings;  ///< "STOPPED", "DUPLICATE_REGISTRATION"
};

struct CoverCounts {
  CoverCounts() = default;
  std::size_t tagged = 0;
  std::size_t protected_now = 0;
  std::size_t enrolled = 0;
  std::size_t installed = 0;
  std::size_t missing = 0;
  std::size_t excluded = 0;
  std::size_t unknown = 0;
  std::size_t registered() const { return protected_now + enrolled; }
  bool reconcile() const { return tagged == protected_now + enrolled + installed + missing + excluded + unknown; }
};

struct Coverage {
  Coverage() = default;
  std::vector<CoverRow> rows;  ///< in the order of the instances
  /// Live servers of the asked accounts whose instance was not found there: their points are all that is left of it.
  std::vector<const SourceServer*> orphans;
  CoverCounts counts;
};

struct CoverageInput {
  CoverageInput() = default;
  const std::vector<fleet::Instance>* instances = nullptr;  ///< that should be protected
  /// Every instance of the accounts, chosen or not, as "ACCOUNT/i-..."; empty: not known, and nothing is called an
  /// orphan.
  std::set<std::string, std::less<>> alive;
  const Sweep* sweep = nullptr;
  HealthPolicy policy;
  /// Where an installation succeeded, as the ledger has it: "ACCOUNT/i-...".
  std::set<std::string, std::less<>> installed;
};

/// "444455556666/i-0123456789abcdef0".
std::string instance_key(const std::string& account, const std::string& instance);

/// Borrows the instances and the sweep.
Coverage cover(const CoverageInput& input);

}  // namespace postern::recovery
