#pragma once

/// One scenario with one seed: what is done, what is expected, and what is wrong in the end.

#include "tests/dst/dr_checkers.hpp"
#include "tests/dst/dr_world.hpp"
#include "tests/dst/workload.hpp"

namespace postern::dst {

class Story {
 public:
  Story(std::uint64_t seed, std::string_view scenario, std::vector<DrAccount> accounts);

  DrSim& sim() noexcept { return sim_; }
  rt::Random& random() noexcept { return random_; }
  const std::vector<DrAccount>& accounts() const noexcept { return accounts_; }
  std::size_t servers() const { return count_of(accounts_); }
  /// The seed's latencies and throttling begin.
  void slow_down() { dst::slow_down(sim_, random_); }

  /// A command line of postern, with its answer kept for messages.
  DrAnswer run(std::vector<std::string> words);
  /// A drill or recovery, held against the truth.
  DrAnswer launch(std::vector<std::string> words);
  DrAnswer cleanup(std::vector<std::string> words);
  /// Takes up every run that is not over, until none is or nothing moves any more. The answer of the last.
  std::optional<DrAnswer> resume_all();
  /// A command that makes one run, with so many deaths on the way: given again while there is no run, then its run is
  /// taken up until it is over. The last answer that has a document.
  DrAnswer run_over_deaths(const std::vector<std::string>& words, std::size_t deaths, const std::function<void()>& arm);
  /// The runs of the ledger, newest first.
  Json runs();

  /// The first that is wrong is what counts.
  void expect(bool ok, const std::string& sentence);
  void take(const std::string& wrong);
  bool is_wrong() const noexcept { return !wrong_.empty(); }
  /// Looks at the ledger, and counts.
  std::string end(Summary* summary);
  /// For a summary: something else that was injected.
  void injected(const std::string& what) { ++injected_[what]; }

 private:
  void count(const DrAnswer& answer);

  world::SeededRandom random_;
  std::vector<DrAccount> accounts_;
  DrSim sim_;
  std::string wrong_;
  std::string last_;  ///< of the newest command: its words and its answer
  std::map<std::string, std::uint64_t> outcomes_;
  std::map<std::string, std::uint64_t> injected_;
};

}  // namespace postern::dst
