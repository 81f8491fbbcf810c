#include "fleet/organization.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "fleet/fleet_file.hpp"
#include "fleet/fleet_yaml.hpp"

namespace postern::fleet {
namespace organization_detail {

constexpr std::size_t kNameMax = 60;  // and 13 more for an id: within what the fleet file takes

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// What a fleet file takes as a name: runs of other characters become one dash.
std::string valid_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool good = is_letter(c) || std::string_view("_.+@/-").find(c) != std::string_view::npos;
    const bool joined = out.empty() || out.back() == '-' || out.back() == ' ';
    if (good) {
      out += c;
    } else if (!joined) {
      out += c == ' ' ? ' ' : '-';
    }
  }
  out = std::string(trim(out)).substr(0, kNameMax);
  while (out.ends_with('-') || out.ends_with(' ')) out.pop_back();
  return out;
}

/// Unique among `taken`; a name that is already there, or looks like an id, gets the account's id behind it.
std::string unique_name(const OrganizationAccount& account, std::set<std::string>& taken) {
  std::string name = valid_name(account.name);
  if (name.empty()) name = account.id;
  const bool misleading = AccountId::parse(name).has_value() && name != account.id;
  if (misleading || taken.contains(name)) name += "-" + account.id;
  taken.insert(name);
  return name;
}

std::string lower_words(std::string_view state) {
  std::string text = to_lower(state);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string commented(std::string_view yaml) {
  std::string out;
  for (const std::string_view line : split(yaml.substr(0, yaml.find_last_not_of('\n') + 1), '\n')) {
    out.append("  # ").append(line.substr(std::min<std::size_t>(2, line.size()))) += "\n";
  }
  return out;
}

std::string account_text(const OrganizationAccount& from, const AccountId& id, std::string name, bool is_hub) {
  Account account;
  account.id = id;
  account.name = std::move(name);
  if (!from.unit.empty()) account.tags.emplace("ou", from.unit);
  const std::string yaml = account_yaml(account);
  const bool renamed = account.name != from.name;
  const std::string called = renamed ? "  # in Organizations: " + printable(from.name, 130) + "\n" : std::string();
  if (is_hub) {
    return "  # The hub itself. With the role in it, too, its own instances can be targets: remove the #.\n" +
           commented(yaml);
  }
  if (from.state != "ACTIVE") return "  # Not active (" + lower_words(from.state) + "):\n" + commented(yaml);
  const std::string management =
      from.is_management ? "  # The management account: it has no OrganizationAccountAccessRole.\n" : std::string();
  return management + called + yaml;
}

}  // namespace organization_detail

Result<std::string> organization_fleet_yaml(const Organization& organization, const OrganizationHub& hub) {
  using namespace organization_detail;
  std::vector<OrganizationAccount> accounts = organization.accounts;
  std::sort(accounts.begin(), accounts.end(), [](const OrganizationAccount& a, const OrganizationAccount& b) {
    return std::tie(a.unit, a.name, a.id) < std::tie(b.unit, b.name, b.id);
  });
  std::set<std::string> names;
  std::string list;
  std::string unit;
  std::size_t active = 0;
  for (const OrganizationAccount& account : accounts) {
    TRY(const AccountId id, AccountId::parse(account.id));
    if (account.unit != unit) {
      unit = account.unit;
      list += "  # --- " + printable(unit, 400) + "\n";
    }
    const bool is_hub = id == hub.account;
    if (account.state == "ACTIVE" && !is_hub) ++active;
    list += account_text(account, id, unique_name(account, names), is_hub);
  }
  FleetHead head;
  head.hub_account = hub.account;
  head.hub_region = hub.region;
  head.hub_profile = hub.profile;
  std::string out = fleet_head(head);
  out += "# " + std::to_string(accounts.size()) + " accounts in AWS Organizations, " + std::to_string(active) +
         " of them active and not the hub.\n";
  if (!organization.units_problem.empty()) {
    out += "# Their organisational units could not be read: " + printable(organization.units_problem, 300) + "\n";
  }
  out += active == 0 ? "accounts: []\n" + list : "accounts:\n" + list;
  out += "\n" + std::string(fleet_tail());
  const Result<FleetFile> readable = parse_fleet_file(out, "in the fleet file");
  if (!readable) {
    return fail(ErrorKind::usage,
                "what Organizations lists cannot be written as a fleet file: " + readable.error().message());
  }
  return out;
}

}  // namespace postern::fleet
