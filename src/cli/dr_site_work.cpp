#include "cli/dr_site_work.hpp"

#include <algorithm>
#include <array>

#include "base/plural.hpp"
#include "base/text.hpp"

namespace postern::cli {
namespace dr_site_work {

constexpr std::size_t kNamesShown = 6;
constexpr std::size_t kFieldWidth = 24;

/// Which option is which setting.
struct OptionField {
  std::string_view option;
  std::string_view field;
};
constexpr std::array<OptionField, 14> kReplication = {{
    {"--subnet-id", "subnet"},
    {"--security-group", "security_groups"},
    {"--default-security-group", "default_security_group"},
    {"--instance-type", "instance_type"},
    {"--dedicated-servers", "dedicated_servers"},
    {"--disk-type", "disk_type"},
    {"--encryption", "encryption"},
    {"--key", "key"},
    {"--bandwidth", "bandwidth"},
    {"--routing", "routing"},
    {"--public-ip", "public_ip"},
    {"--staging-tag", "staging_tags"},
    {"--pit-policy", "points"},
    {"--new-disks", "new_disks"},
}};
constexpr std::array<OptionField, 6> kLaunch = {{
    {"--disposition", "disposition"},
    {"--right-sizing", "right_sizing"},
    {"--copy-private-ip", "copy_private_ip"},
    {"--copy-tags", "copy_tags"},
    {"--byol", "byol"},
    {"--post-launch", "post_launch"},
}};

template <class Options>
Result<void> take(const Invocation& invocation, const Options& options, std::span<const fleet::DrField> fields,
                  Json& into) {
  for (const OptionField& each : options) {
    const std::vector<std::string> values = invocation.values(each.option);
    if (values.empty()) continue;
    Result<Json> value = fleet::parse_dr_value(*fleet::find_field(fields, each.field), join(values, ","));
    if (!value)
      return fail(std::move(value).error().reworded(std::string(each.option) + ": " + value.error().message()));
    into.set(each.field, std::move(*value));
  }
  return {};
}

}  // namespace dr_site_work

Result<void> take_via(const Command& command, DrWork& work) {
  const auto via = command.invocation().value("--via");
  if (!via) return {};
  if (!work.aws.fleet) {
    return fail(
        ErrorKind::usage,
        "--via chooses the way into accounts of a fleet file: without one, --role-arn and --profile are that way");
  }
  for (fleet::ScopePtr& site : work.sites) {
    const fleet::Account* account = work.aws.fleet->find_account(site->account.text());
    if (account == nullptr || account->id == work.aws.fleet->hub.account) continue;
    fleet::Scope entered = *site;
    entered.access = fleet::Access();
    if (*via == "profile") {
      if (account->profile.empty()) {
        return fail(ErrorKind::usage, "account " + account->name + " has no profile in " + work.aws.fleet->file_name +
                                          ": give it one, or leave --via profile out");
      }
      entered.access.kind = fleet::Access::Kind::profile;
      entered.access.profile = account->profile;
    } else {
      entered.access.kind = fleet::Access::Kind::role;
      TRY(entered.access.role, fleet::RoleArn::build(site->partition, account->id, *via));
    }
    site = std::make_shared<const fleet::Scope>(std::move(entered));
  }
  return {};
}

Result<fleet::DrSettings> asked_settings(const Invocation& invocation) {
  using namespace dr_site_work;
  fleet::DrSettings out;
  TRY_VOID(take(invocation, kReplication, fleet::replication_fields(), out.replication));
  TRY_VOID(take(invocation, kLaunch, fleet::launch_fields(), out.launch));
  if (const auto account = invocation.value("--staging-account")) {
    TRY(out.staging_account, fleet::AccountId::parse(*account));
  }
  const auto encryption = out.replication["encryption"].to_string();
  if (out.replication.contains("key") && encryption && *encryption != "custom") {
    return fail(ErrorKind::usage, "--key goes with --encryption custom");
  }
  return out;
}

fleet::DrSettings wanted_settings(const AwsWork& work, const fleet::Scope& site, const fleet::DrSettings& asked) {
  if (!work.fleet) return asked;
  const fleet::Account* account = work.fleet->find_account(site.account.text());
  return asked.over(account != nullptr ? account->dr : work.fleet->defaults.dr);
}

Json changes_json(const std::vector<recovery::FieldChange>& changes) {
  Json out = Json::array();
  for (const recovery::FieldChange& change : changes) {
    out.push_back(Json::object().set("field", change.field).set("is", change.is).set("wanted", change.wanted));
  }
  return out;
}

std::string changes_text(const std::vector<recovery::FieldChange>& changes, std::string_view indent) {
  std::string out;
  for (const recovery::FieldChange& change : changes) {
    std::string name = change.field;
    name.resize(std::max(name.size() + 1, dr_site_work::kFieldWidth), ' ');
    const bool fresh = change.is.is_null();
    out.append(indent).append(name);
    if (!fresh) out += recovery::setting_text(change.is) + " -> ";
    out += recovery::setting_text(change.wanted) + "\n";
  }
  return out;
}

void GroupedText::add(const std::string& who, const std::string& body) {
  auto found = std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) { return group.body == body; });
  if (found == groups_.end()) {
    groups_.emplace_back();
    groups_.back().body = body;
    found = groups_.end() - 1;
  }
  found->who.push_back(who);
}

std::string GroupedText::text() const {
  std::string out;
  for (const Group& group : groups_) {
    std::string names = join(group.who, ", ");
    if (group.who.size() > dr_site_work::kNamesShown) names = std::to_string(group.who.size()) + ": " + names;
    out += names + "\n" + group.body;
  }
  return out;
}

}  // namespace postern::cli
