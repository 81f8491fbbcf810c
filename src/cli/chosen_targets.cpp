#include "cli/chosen_targets.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "fleet/selector.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace ledger_targets {

constexpr std::size_t kNamesMax = 1'000;  // of one word: every target is compared with each

bool known_field(fleet::Field field) {
  return field == fleet::Field::name || field == fleet::Field::id || field == fleet::Field::account ||
         field == fleet::Field::region;
}

Result<void> check_known(const fleet::Selector& selector) {
  using Op = fleet::Selector::Op;
  const bool reference = selector.op() == Op::reference;
  const bool term = selector.op() == Op::term || selector.op() == Op::has_tag;
  if (reference || (term && !known_field(selector.field()))) {
    const std::string what = reference ? "@" + selector.key() : std::string(to_string(selector.field()));
    return fail(ErrorKind::usage, "the ledger does not know " + printable(what, 60) +
                                      " of a target: choose by id, name, account or region");
  }
  for (const fleet::Selector& operand : selector.operands()) TRY_VOID(check_known(operand));
  return Result<void>();
}

bool is_selector(std::string_view word) {
  return word.starts_with("i-") || word.starts_with("mi-") || word.find_first_of(":=@()") != std::string_view::npos;
}

Result<fleet::Selector> selector_of(const std::string& word) {
  if (is_selector(word)) {
    TRY(fleet::Selector selector, fleet::Selector::parse(word));
    TRY_VOID(check_known(selector));
    return selector;
  }
  std::vector<std::string> names = {word};
  if (word.find('[') != std::string::npos) {
    TRY(names, term::expand_names(word, kNamesMax));
  }
  return fleet::Selector::term(fleet::Field::name, std::string(), std::move(names));
}

}  // namespace ledger_targets

Result<void> keep_targets(flow::RunResult& run, std::span<const std::string> words) {
  if (words.empty()) return Result<void>();
  std::vector<fleet::Selector> any;
  for (const std::string& word : words) {
    TRY(fleet::Selector one, ledger_targets::selector_of(word));
    any.push_back(std::move(one));
  }
  const fleet::Selector wanted = fleet::Selector::disjunction(std::move(any));
  std::erase_if(run.targets, [&wanted](const flow::TargetResult& target) {
    fleet::Instance instance;
    instance.ref = target.target;
    instance.name = target.name;
    return !wanted.matches(instance);
  });
  if (run.targets.empty()) return fail(ErrorKind::usage, "the run has no such target");
  return Result<void>();
}

Result<void> keep_outcomes(flow::RunResult& run, const std::string& outcomes) {
  std::vector<flow::Outcome> wanted;
  constexpr std::array<flow::Outcome, 4> kAll = {flow::Outcome::succeeded, flow::Outcome::failed,
                                                 flow::Outcome::skipped, flow::Outcome::unknown};
  for (const std::string_view word : split(outcomes, ',')) {
    const auto found =
        std::find_if(kAll.begin(), kAll.end(), [&](flow::Outcome one) { return to_string(one) == trim(word); });
    if (found == kAll.end()) {
      return fail(ErrorKind::usage,
                  "--outcome '" + printable(word, 60) + "' is not one of succeeded, failed, skipped, unknown");
    }
    wanted.push_back(*found);
  }
  std::erase_if(run.targets, [&wanted](const flow::TargetResult& target) {
    return std::find(wanted.begin(), wanted.end(), target.outcome) == wanted.end();
  });
  return Result<void>();
}

}  // namespace postern::cli
