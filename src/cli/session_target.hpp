#pragma once

/// The one node that a session is about: what the word on the command line may be, who of those that match can be
/// reached, and what to say about those that cannot. Values only; session_work.hpp asks AWS.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/discover.hpp"
#include "fleet/fleet_file.hpp"

namespace postern::cli {

/// What a word means: an id, a name (with * and ?), an address, a selector (tag:KEY=VALUE, @name ...), or one of the
/// first three behind ACCOUNT/REGION/ or ACCOUNT/.
struct TargetWord {
  TargetWord() = default;
  std::string text;
  fleet::Selector selector;  ///< bound
  std::string address;       ///< not empty: only nodes with this private address
  std::string id;            ///< when it is an id
};
Result<TargetWord> parse_target(std::string_view word, const std::optional<fleet::FleetFile>& fleet);

/// Systems Manager has it online, and it runs.
bool is_reachable(const fleet::Instance& instance);

/// Why a node cannot be reached, as far as the lists tell: the first link that is broken, and what to do.
struct BrokenLink {
  BrokenLink() = default;
  BrokenLink(std::string w, std::string n) : what(std::move(w)), next(std::move(n)) {}
  std::string what;  ///< "it is stopped"
  std::string next;  ///< a sentence or a command; may be empty
};
BrokenLink broken_link(const fleet::Instance& instance);

/// "444455556666/us-east-1/i-0123456789abcdef0 (web-01)": as it can be typed again, and its name.
std::string target_label(const fleet::Instance& instance);

/// The only one that can be reached. Fails with usage: none matches, or several do (they are listed); unavailable with
/// context "rail" absent and exit code 4 in mind (is_unreachable()) when none of those that match can be reached.
/// Nothing is chosen when `several` is not null and more than one can be reached: they are put there.
Result<std::optional<fleet::Instance>> choose_target(const TargetWord& word, const fleet::Discovery& discovery,
                                                     std::vector<fleet::Instance>& several);
Error several_match(const TargetWord& word, const std::vector<fleet::Instance>& several);

/// The exit code of nodes out of reach belongs to this error.
bool is_unreachable(const Error& error);
/// An error for which is_unreachable() holds.
Error unreachable(std::string message);

/// A list to pick from at a terminal: what was typed is a number, or a text that the rows must have.
class TargetPicker {
 public:
  explicit TargetPicker(std::vector<fleet::Instance> candidates);
  /// The rows that are left, with their numbers, for stderr.
  std::string shown(std::size_t columns) const;
  struct Picked {
    Picked() = default;
    std::optional<fleet::Instance> instance;
    std::string note;  ///< why nothing was picked: "12 is not in the list"; empty: look at shown() again
  };
  Picked take(std::string_view typed);

 private:
  std::vector<fleet::Instance> all_;
  std::vector<std::size_t> left_;  ///< of all_
};

}  // namespace postern::cli
