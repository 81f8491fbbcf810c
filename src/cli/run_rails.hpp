#pragma once

/// What keeps a plan from being sent although somebody said --yes: plans that are larger than was expected, production
/// that was not named, protected targets, freeze windows, documents that are not allowed. Pure: the caller asks and
/// refuses.

#include <optional>
#include <string>
#include <vector>

#include "cli/target_names.hpp"
#include "fleet/discover.hpp"
#include "fleet/fleet_file.hpp"
#include "flow/waves.hpp"

namespace postern::cli {

/// Plans of more than these must be expected (--expect).
inline constexpr std::size_t kUnexpectedTargets = 50;
inline constexpr std::size_t kUnexpectedAccounts = 5;

/// --expect: how many targets there should be.
struct Expectation {
  Expectation() = default;
  Expectation(std::size_t l, std::size_t m) : least(l), most(m) {}
  std::size_t least = 0;
  std::size_t most = 0;
  /// "16" or "10-20". Errors of kind usage.
  static Result<Expectation> parse(std::string_view text);
  friend bool operator==(const Expectation&, const Expectation&) = default;
};

/// Why a plan may not run.
struct RailFinding {
  RailFinding(std::string r, std::string w, bool b) : rail(std::move(r)), why(std::move(w)), breakable(b) {}
  std::string rail;  ///< "expect", "protect", "freeze", "documents"
  std::string why;
  bool breakable;  ///< --break-glass goes over it
};

/// What the rails look at. Borrowed.
struct RailView {
  RailView(const flow::Plan& p, const std::vector<fleet::Instance>& i, const TargetNames& n)
      : plan(&p), instances(&i), names(&n) {}
  const flow::Plan* plan;
  const std::vector<fleet::Instance>* instances;
  const TargetNames* names;
  const flow::CommandSpec* spec = nullptr;  ///< null: a script
  bool sends_documents = true;              ///< false: it is no run of commands
  const fleet::FleetFile* fleet = nullptr;  ///< null: there is none
  std::optional<Expectation> expected;
  WallTime now;
};

/// Every rail that the plan runs into. A plan without targets runs into none.
std::vector<RailFinding> plan_findings(const RailView& view);

/// The freeze windows that are about a target of the plan, open or not.
std::vector<fleet::FreezeWindow> windows_of(const RailView& view);

/// The --expect that a plan of this size needs; empty when it needs none.
std::string expectation_needed(const flow::Plan& plan);

/// What must be typed before production is touched.
struct Production {
  Production() = default;
  std::vector<std::string> accounts;  ///< those of the plan that are tagged env: prod, by name; empty: nothing
  std::string word;                   ///< the account's name, or the plan's when there are several
  std::vector<std::string> accepted;  ///< every word that --confirm may say
};

/// `plan_name` always agrees to the plan. Without a fleet file no account is tagged.
Production production_of(const flow::Plan& plan, const std::string& plan_name, const fleet::FleetFile* fleet);

}  // namespace postern::cli
