#pragma once

/// What `dr init` and `dr config` share: the settings that are wanted, the way into accounts, and how differences are
/// shown.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/dr_work.hpp"
#include "recovery/site_plan.hpp"

namespace postern::cli {

/// --via: the sites of the fleet file's accounts are entered by their profile, or by a role that the hub assumes.
Result<void> take_via(const Command& command, DrWork& work);

/// The settings of the command line's options. Usage for one that makes no sense.
Result<fleet::DrSettings> asked_settings(const Invocation& invocation);

/// What a site should be: the options over the fleet file's settings of its account.
fleet::DrSettings wanted_settings(const AwsWork& work, const fleet::Scope& site, const fleet::DrSettings& asked);

/// [{field, is, wanted}]
Json changes_json(const std::vector<recovery::FieldChange>& changes);
/// One line each, with `indent` in front: "bandwidth   0 -> 200"; of what is new the value alone.
std::string changes_text(const std::vector<recovery::FieldChange>& changes, std::string_view indent);

/// Texts under headings of those who have the same: "HEAD: a, b\nBODY".
class GroupedText {
 public:
  void add(const std::string& who, const std::string& body);
  std::string text() const;

 private:
  struct Group {
    Group() = default;
    std::string body;
    std::vector<std::string> who;
  };
  std::vector<Group> groups_;
};

}  // namespace postern::cli
