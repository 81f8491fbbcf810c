// What `postern init` writes: the commented fleet file, and the import of Cloud Custodian's accounts file.

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "fleet/fleet_yaml.hpp"

namespace postern::fleet {
namespace {

constexpr std::string_view kHead = R"(# The fleet of postern: which accounts there are, and how to get into each.
# Check it with: postern accounts check

version: 1

# read-only refuses every AWS operation outside a reviewed list of reads, and the roles are assumed with a session
# policy of exactly those reads. Remove the line (or say read-write) when you want to run commands.
mode: read-only

)";

constexpr std::string_view kExampleAccounts = R"(accounts:
  # By role: assumed with the hub's credentials. Quote account ids, or YAML may take them for numbers.
  - id: "444455556666"
    name: payments-prod
    external_id: "env:PAYMENTS_EXTERNAL_ID"
    regions: [us-east-1, us-west-2]
    tags: {env: prod}              # env: prod: a run must name the account, --yes is not enough
    # dr: {region: us-west-2}      # where it recovers to; what its site should say: defaults.dr
  # By profile: the profile's own credentials are the way in.
  - id: "777788889999"
    name: ledger-prod
    profile: ledger-admin
    tags: {env: prod}

)";

constexpr std::string_view kTail = R"(# Names for sets of targets: postern targets -s @dr
selectors:
  dr:
    tags: {"dr:enabled": "true", "dr:recovery-strategy": drs}
    state: running
  linux:
    platform: linux

# Targets that no run reaches: a plan that has one is refused. -s 'not @protected' leaves them out.
# protect:
#   tags: {protected: "true"}

# Times in which no run begins and no wave is opened; for everybody, or for accounts: [NAME, ...] or a selector.
# freeze:
#   - {name: quarter-end, from: 2026-12-28T00:00:00Z, to: 2027-01-04T00:00:00Z}
#   - {name: weekend, weekly: Fri 16:00 - Mon 08:00, timezone: Europe/Berlin, accounts: [payments-prod]}

# The only Systems Manager documents that may be sent; an account may have a list of its own.
# documents: [AWS-RunShellScript, AWS-RunPowerShellScript]

# Who is told when a run has ended, is held or in doubt: topics, event buses, webhooks (their address is a secret).
# notify: ["arn:aws:sns:us-east-1:111122223333:ops", "env:OPS_WEBHOOK"]

# Where nodes write all that commands print; Systems Manager itself keeps 24,000 characters.
# output: {s3: "s3://ops-output/runs", region: us-east-1}

# A bucket with Object Lock for the heads of the ledger's chains: postern ledger verify --anchors
# anchors: {s3: "s3://ops-anchors/postern", retain_days: 400}

# Buckets that postern cp sends large files through, each for the nodes of its own Region.
# copies: [{s3: "s3://ops-copies-use1/cp", region: us-east-1}]
)";

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += "\\x" + to_hex(std::string_view(&c, 1));
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string list_of_regions(const std::vector<Region>& regions) {
  std::string out = "[";
  for (const Region& region : regions) out.append(out.size() > 1 ? ", " : "").append(region.text());
  return out + "]";
}

/// "{observe: "PosternObserve"}", or nothing.
std::string roles_by_duty(const Roles& roles) {
  std::string out;
  for (const Duty duty : kAllDuties) {
    const std::string& role = roles.by_duty.at(static_cast<std::size_t>(duty));
    if (!role.empty()) out.append(out.empty() ? "{" : ", ").append(to_string(duty)).append(": ").append(quoted(role));
  }
  return out.empty() ? out : out + "}";
}

/// A scalar member of a c7n account, or empty.
std::string c7n_text(const yaml::Node& account, std::string_view key) {
  const yaml::Entry* entry = account.find(key);
  return entry != nullptr && entry->value.is_scalar() ? entry->value.text : std::string();
}

Result<void> import_role(const yaml::Node& node, Account& account, std::vector<std::string>& left_out) {
  const yaml::Entry* role = node.find("role");
  if (role == nullptr) return Result<void>();
  if (!role->value.is_scalar()) {
    left_out.push_back(account.name + ": a chain of roles");
    return Result<void>();
  }
  account.roles.any = role->value.text;
  if (role->value.text.starts_with("arn:")) TRY_VOID(RoleArn::parse(role->value.text));
  return Result<void>();
}

Result<Account> import_account(const yaml::Node& node, std::vector<std::string>& left_out) {
  if (!node.is_map()) return fail(node.error("an account must be a map"));
  Account account;
  const yaml::Entry* id = node.find("account_id");
  if (id == nullptr) return fail(node.error("account_id is missing"));
  Result<AccountId> parsed = AccountId::parse(id->value.text);
  if (!parsed) return fail(id->value.error(parsed.error().message()));
  account.id = std::move(*parsed);
  account.name = c7n_text(node, "name");
  if (account.name.empty()) account.name = account.id.text();
  account.profile = c7n_text(node, "profile");
  Result<void> role = import_role(node, account, left_out);
  if (!role) return fail(node.error(role.error().message()));
  if (const std::string text = c7n_text(node, "external_id"); !text.empty())
    account.external_id = SecretRef::literal(text);
  if (const yaml::Entry* regions = node.find("regions")) {
    for (const yaml::Node& item : regions->value.items) {
      if (item.text == "all") {
        left_out.push_back(account.name + ": regions: all (use --all-regions)");
        continue;
      }
      Result<Region> region = Region::parse(item.text);
      if (!region) return fail(item.error(region.error().message()));
      account.regions.push_back(std::move(*region));
    }
  }
  if (const yaml::Entry* tags = node.find("tags")) {
    for (const yaml::Node& item : tags->value.items) {
      const std::size_t colon = item.text.find(':');
      account.tags.insert_or_assign(item.text.substr(0, colon),
                                    colon == std::string::npos ? "true" : item.text.substr(colon + 1));
    }
  }
  if (node.find("vars") != nullptr) left_out.push_back(account.name + ": vars");
  return account;
}

}  // namespace

std::string fleet_head(const FleetHead& head) {
  const std::string region = head.hub_region.empty() ? "us-east-1" : head.hub_region.text();
  std::string out(kHead);
  out +=
      "# Where the orders come from. The default credential chain is used as the AWS CLI does it, unless a profile is "
      "named.\nhub:\n";
  out += "  account: " + quoted(head.hub_account.empty() ? "111122223333" : head.hub_account.text()) + "\n";
  out += "  region: " + region + "\n";
  out += head.hub_profile.empty() ? "  # profile: hub-admin\n" : "  profile: " + quoted(head.hub_profile) + "\n";
  out += "  # source_identity: caller    # the caller's name in every session of a role; render the roles anew first\n";
  out += "\n# What holds for every account that says nothing else.\ndefaults:\n";
  out += "  role: PosternOperator            # the name of the role to assume, for all duties; or one per duty:\n";
  out += "  # roles: {observe: PosternObserve, operate: PosternOperate}\n";
  out += "  regions: [" + region + "]\n";
  out += "  max_concurrent_accounts: 5\n";
  out +=
      "  # Sites of Elastic Disaster Recovery (postern dr init, postern dr config): what their templates should say.\n"
      "  # An account's own dr stands over this, key by key; what nobody says is left as it is.\n"
      "  # dr:\n"
      "  #   region: us-west-2                  # where accounts recover to\n"
      "  #   staging_account: \"999900001111\"    # where they replicate, when that is another account\n"
      "  #   replication:\n"
      "  #     subnet: subnet-0a1b2c3d          # of the replication servers\n"
      "  #     security_groups: [sg-0a1b2c3d]   # TCP 1500 from the sources' networks, nothing else\n"
      "  #     default_security_group: false    # the service's own besides, which is open to everybody on 1500\n"
      "  #     instance_type: t3.small          # of the replication servers\n"
      "  #     dedicated_servers: false         # one for each source server\n"
      "  #     disk_type: auto                  # of large staging disks: auto, gp2, gp3, st1\n"
      "  #     encryption: default              # default, none, or custom with key: arn:aws:kms:...\n"
      "  #     bandwidth: 0                     # Mbps for each server; 0 is no limit\n"
      "  #     routing: private                 # data goes to private addresses; public: over the internet\n"
      "  #     public_ip: false                 # replication servers have no public address\n"
      "  #     staging_tags: {owner: platform}  # on what the service makes in the staging area\n"
      "  #     points: [10m/1h, 1h/24h, 1d/7d]  # points in time: INTERVAL/RETENTION\n"
      "  #     new_disks: true                  # disks that are added later are replicated too\n"
      "  #   launch:\n"
      "  #     disposition: started             # or stopped: recovery instances are only made\n"
      "  #     right_sizing: basic              # instance types: none (the launch template's), basic, in_aws\n"
      "  #     copy_private_ip: false           # recovery instances get the sources' private addresses\n"
      "  #     copy_tags: true                  # and their tags\n"
      "  #     byol: false                      # bring your own licence\n"
      "  #     post_launch: false               # actions after the launch\n"
      "  # external_id: \"env:EXTERNAL_ID\" # env:NAME and file:PATH are read when they are needed and never "
      "stored\n\n";
  return out;
}

std::string_view fleet_tail() {
  return kTail;
}

std::string account_yaml(const Account& account) {
  std::string out = "  - id: " + quoted(account.id.text()) + "\n    name: " + quoted(account.name) + "\n";
  if (!account.roles.any.empty()) out += "    role: " + quoted(account.roles.any) + "\n";
  if (const std::string by_duty = roles_by_duty(account.roles); !by_duty.empty()) out += "    roles: " + by_duty + "\n";
  if (account.external_id) out += "    external_id: " + quoted(account.external_id->to_text()) + "\n";
  if (!account.profile.empty()) out += "    profile: " + quoted(account.profile) + "\n";
  if (!account.regions.empty()) out += "    regions: " + list_of_regions(account.regions) + "\n";
  if (!account.tags.empty()) {
    out += "    tags: {";
    const char* separator = "";
    for (const auto& [key, value] : account.tags) {
      out.append(separator).append(quoted(key)).append(": ").append(quoted(value));
      separator = ", ";
    }
    out += "}\n";
  }
  if (!account.dr_region.empty()) out += "    dr: {region: " + account.dr_region.text() + "}\n";
  return out;
}

std::string default_fleet_yaml() {
  return fleet_head(FleetHead()).append(kExampleAccounts).append(kTail);
}

std::string default_fleet_yaml(const std::vector<Account>& accounts) {
  std::string out = fleet_head(FleetHead());
  out += accounts.empty() ? "accounts: []\n" : "accounts:\n";
  for (const Account& account : accounts) out += account_yaml(account);
  return out.append("\n").append(kTail);
}

Result<std::string> import_c7n_accounts(std::string_view text, std::string name) {
  TRY(const yaml::Node root, yaml::parse(text, name));
  const yaml::Entry* accounts = root.find("accounts");
  if (accounts == nullptr || !accounts->value.is_sequence()) {
    return fail(ErrorKind::usage, name + ": not an accounts file of c7n-org: it has no list 'accounts'");
  }
  std::vector<Account> imported;
  std::vector<std::string> left_out;
  for (const yaml::Node& node : accounts->value.items) {
    TRY(Account account, import_account(node, left_out));
    imported.push_back(std::move(account));
  }
  std::string out = default_fleet_yaml(imported);
  if (!left_out.empty()) out += "\n# Left out of " + printable(name, 200) + ", it has no counterpart here:\n";
  for (const std::string& what : left_out) out += "#   " + printable(what, 200) + "\n";
  // Names and tags that c7n-org takes and we do not, duplicates, too many accounts: nothing is written that could not
  // be read.
  const Result<FleetFile> readable = parse_fleet_file(out, "in the fleet file");
  if (!readable) return fail(ErrorKind::usage, name + ": cannot be imported as it is: " + readable.error().message());
  return out;
}

}  // namespace postern::fleet
