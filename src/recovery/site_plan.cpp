#include "recovery/site_plan.hpp"

#include <algorithm>
#include <span>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "recovery/node_rights.hpp"

namespace postern::recovery {
namespace site_plan {

constexpr std::string_view kSteps[] = {"initialize", "replication_template", "launch_template"};
constexpr std::size_t kTextMax = 400;
constexpr std::size_t kChoicesShown = 6;
constexpr std::int64_t kFewAddresses = 16;

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& each : texts) out += (out.empty() ? "" : ", ") + each;
  return out;
}

Json default_replication() {
  Json out = Json::object();
  out.set("default_security_group", false).set("instance_type", "t3.small").set("dedicated_servers", false);
  out.set("disk_type", "auto").set("encryption", "default").set("bandwidth", 0).set("routing", "private");
  out.set("public_ip", false).set("staging_tags", Json::object().set("managed-by", "postern"));
  out.set("points", Json::array().push_back("10m/1h").push_back("1h/1d").push_back("1d/7d"));
  out.set("new_disks", true);
  return out;
}

Json default_launch() {
  Json out = Json::object();
  out.set("disposition", "started").set("right_sizing", "basic").set("copy_private_ip", false);
  out.set("copy_tags", true).set("byol", false).set("post_launch", false);
  return out;
}

void lay_over(Json& base, const Json& over) {
  for (const Json::Member& member : over.members()) base.set(member.key, member.value);
}

/// All of a new template, in the order in which settings are told.
Json whole_of(const Json& wanted, const Json& defaults, std::span<const fleet::DrField> fields) {
  Json out = Json::object();
  for (const fleet::DrField& field : fields) {
    const Json* value = wanted.contains(field.name) ? wanted.find(field.name) : defaults.find(field.name);
    if (value != nullptr) out.set(field.name, *value);
  }
  return out;
}

/// What can be said of the settings together, once it is known what they will be.
void check_replication(const Json& whole, SitePlan& plan) {
  const bool custom = whole["encryption"].to_string() == "custom";
  if (custom && !whole.contains("key")) plan.problems.emplace_back("encryption: custom needs a key");
  if (whole["encryption"].to_string() == "none") {
    plan.notes.emplace_back("encryption: none leaves the staging disks and snapshots unencrypted");
  }
  if (whole["routing"].to_string() == "private" && whole["public_ip"].to_bool().value_or(false)) {
    plan.notes.emplace_back("public_ip gives replication servers public addresses that routing: private does not use");
  }
  if (whole["routing"].to_string() == "public") {
    plan.notes.emplace_back("routing: public sends the data over the internet; replication servers need a way out");
  }
}

void plan_initialize(const SiteState& state, SitePlan& plan) {
  if (state.initialized && state.missing_roles.empty()) return;
  plan.deeds.emplace_back();
  SiteDeed& deed = plan.deeds.back();
  deed.step = SiteStep::initialize;
  deed.why = state.initialized ? "missing: " + joined(state.missing_roles) : "the service is not initialised";
}

/// What nobody can choose for others. The service's own group lets everybody in on the data port.
void check_places(const Json& whole, SitePlan& plan) {
  if (!whole.contains("subnet")) {
    plan.problems.emplace_back(
        "the staging subnet is missing: --subnet-id, or dr.replication.subnet in the fleet file");
  }
  if (!whole.contains("security_groups")) {
    plan.problems.emplace_back(
        "a security group is missing that lets the sources' networks in on TCP 1500: --security-group, or "
        "dr.replication.security_groups in the fleet file");
  }
}

SiteDeed new_template(SiteStep step, Json whole) {
  SiteDeed deed;
  deed.step = step;
  deed.changes = differences(whole, Json::object());
  deed.settings.values = std::move(whole);
  return deed;
}

SiteDeed changed_template(SiteStep step, const Settings& found, const Json& wanted) {
  SiteDeed deed;
  deed.step = step;
  deed.settings.id = found.id;
  deed.changes = differences(wanted, found.values);
  for (const FieldChange& change : deed.changes) deed.settings.values.set(change.field, change.wanted);
  // An encryption is sent with its key.
  if (deed.settings.values.contains("encryption") && wanted.contains("key")) {
    deed.settings.values.set("key", wanted["key"]);
  }
  return deed;
}

void note_more(std::string_view what, const std::vector<Settings>& found, SitePlan& plan) {
  if (found.size() < 2) return;
  plan.notes.push_back(plural(found.size(), what) + "; only the first is looked at: " + found.front().id);
}

void plan_replication(const std::vector<Settings>& found, const Json& wanted, SitePlan& plan) {
  const SiteStep step = SiteStep::replication_template;
  note_more("replication template", found, plan);
  if (found.empty()) {
    Json whole = whole_of(wanted, default_replication(), fleet::replication_fields());
    check_places(whole, plan);
    check_replication(whole, plan);
    plan.deeds.push_back(new_template(step, std::move(whole)));
    return;
  }
  Json whole = found.front().values;
  lay_over(whole, wanted);
  check_replication(whole, plan);
  SiteDeed deed = changed_template(step, found.front(), wanted);
  if (!deed.changes.empty()) plan.deeds.push_back(std::move(deed));
}

void plan_launch(const std::vector<Settings>& found, const Json& wanted, SitePlan& plan) {
  const SiteStep step = SiteStep::launch_template;
  note_more("launch template", found, plan);
  if (found.empty()) {
    plan.deeds.push_back(new_template(step, whole_of(wanted, default_launch(), fleet::launch_fields())));
    return;
  }
  SiteDeed deed = changed_template(step, found.front(), wanted);
  if (!deed.changes.empty()) plan.deeds.push_back(std::move(deed));
}

bool is_everybody(const std::string& source) {
  return source == "0.0.0.0/0" || source == "::/0";
}

}  // namespace site_plan

std::vector<FieldChange> differences(const Json& wanted, const Json& is) {
  std::vector<FieldChange> out;
  for (const Json::Member& member : wanted.members()) {
    const Json& now = is[member.key];
    if (now == member.value) continue;
    // Nothing, said in two ways.
    const bool nothing = now.is_null() && (member.value.is_array() || member.value.is_object()) && member.value.empty();
    if (nothing && !is.empty()) continue;
    out.emplace_back();
    out.back().field = member.key;
    out.back().is = now;
    out.back().wanted = member.value;
  }
  return out;
}

std::string setting_text(const Json& value) {
  std::string out;
  for (const Json& item : value.items()) out += (out.empty() ? "" : ", ") + setting_text(item);
  for (const Json::Member& member : value.members()) {
    out += (out.empty() ? "" : ", ") + printable(member.key) + "=" + setting_text(member.value);
  }
  if (!out.empty()) return out;
  if (value.is_null() || value.is_array() || value.is_object()) return "none";
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  const auto text = value.to_string();
  return text ? printable(*text, site_plan::kTextMax) : value.dump();
}

const std::vector<std::string>& service_role_names() {
  static const std::vector<std::string> kNames = {
      "AWSServiceRoleForElasticDisasterRecovery",        "AWSElasticDisasterRecoveryAgentRole",
      "AWSElasticDisasterRecoveryReplicationServerRole", "AWSElasticDisasterRecoveryConversionServerRole",
      "AWSElasticDisasterRecoveryRecoveryInstanceRole",  "AWSElasticDisasterRecoveryFailbackRole"};
  return kNames;
}

std::string_view to_string(SiteStep step) noexcept {
  return site_plan::kSteps[static_cast<std::size_t>(step)];
}

bool SitePlan::has(SiteStep step) const {
  return std::any_of(deeds.begin(), deeds.end(), [&](const SiteDeed& deed) { return deed.step == step; });
}

SitePlan plan_site(const SiteState& state, const fleet::DrSettings& wanted) {
  using namespace site_plan;
  SitePlan plan;
  plan_initialize(state, plan);
  plan_replication(state.replication, wanted.replication, plan);
  plan_launch(state.launch, wanted.launch, plan);
  if (!state.roles_unread.empty()) {
    plan.notes.push_back("whether the service's roles are there could not be looked at: " +
                         printable(state.roles_unread, kTextMax));
  }
  return plan;
}

std::vector<std::string> network_notes(const StagingNetwork& network, const std::vector<std::string>& source_cidrs) {
  std::vector<std::string> out;
  if (network.free_addresses < site_plan::kFewAddresses) {
    out.push_back("the staging subnet has " + plural(static_cast<std::size_t>(network.free_addresses), "free IP") +
                  ": each replication server takes one");
  }
  std::vector<std::string> all;
  for (const DataPortRule& rule : network.rules) {
    for (const std::string& source : rule.sources) {
      all.push_back(source);
      if (site_plan::is_everybody(source)) {
        out.push_back(rule.group + " lets " + source + " in on TCP 1500: only the sources' networks should be allowed");
      }
    }
  }
  if (!network.rules.empty() && all.empty()) {
    out.emplace_back("no security group lets anybody in on TCP 1500: agents cannot send data");
  }
  for (const std::string& cidr : source_cidrs) {
    const bool there = std::any_of(all.begin(), all.end(), [&](const std::string& source) {
      return source == cidr || site_plan::is_everybody(source);
    });
    if (!there && !network.rules.empty()) out.push_back("no security group has a rule for " + cidr + " on TCP 1500");
  }
  return out;
}

std::vector<std::string> choice_notes(const StagingChoices& choices) {
  const auto listed = [](std::string_view of_what, const std::vector<StagingChoice>& all) {
    std::string out = "there is no " + std::string(of_what);
    for (std::size_t i = 0; i < all.size() && i < site_plan::kChoicesShown; ++i) {
      out = (i == 0 ? std::string(of_what) + "s there: " : out + "; ") + all[i].id;
      if (!all[i].what.empty()) out += " (" + printable(all[i].what, site_plan::kTextMax) + ")";
    }
    if (all.size() > site_plan::kChoicesShown) {
      out += " and " + plural(all.size() - site_plan::kChoicesShown, "other");
    }
    return out;
  };
  return {listed("subnet", choices.subnets), listed("security group", choices.groups)};
}

std::string trusted_account_step(const std::string& staging_account, const std::string& account,
                                 const std::string& region) {
  return "in account " + staging_account + ": AWS console > Elastic Disaster Recovery (" + region +
         ") > Settings > Trusted accounts > Add trusted accounts and create roles > " + account +
         ", with the staging role and the in-AWS roles. There is no API for it.";
}

std::vector<std::string> trusted_account_roles(const std::string& account) {
  return {"DRSStagingAccountRole", "DRSCrossAccountReplicationRole_" + account, agent_role(account),
          authorized_agent_role(account)};
}

}  // namespace postern::recovery
