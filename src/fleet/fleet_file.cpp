#include "fleet/fleet_file.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "fleet/fleet_reader.hpp"

namespace postern::fleet {

namespace fleet_file_detail {

constexpr std::size_t kConcurrentAccountsMax = 100;
constexpr std::size_t kAccountNameMax = 128;

/// Letters, digits and `more`.
bool made_of(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != more.npos;
  });
}

class Parser {
 public:
  Parser(std::string name, Trust trust) : trust_(trust) { file_.file_name = std::move(name); }

  Result<FleetFile> parse(const yaml::Node& root) {
    if (root.is_null()) return fail(root.error("the fleet file is empty: `postern init` prints one to start from"));
    const MapReader top(root, "the fleet file",
                        {"version", "mode", "hub", "defaults", "accounts", "groups", "selectors", "protect", "freeze",
                         "documents", "tunnels", "endpoint_url", "ca_bundle", "notify", "output", "anchors", "copies"},
                        problems_);
    if (root.is_map()) read(top, root);
    if (!problems_.none()) return fail(problems_.error());
    return std::move(file_);
  }

 private:
  void read(const MapReader& top, const yaml::Node& root) {
    read_version(top, root);
    read_mode(top);
    read_hub(top.get("hub"));
    read_defaults(top.get("defaults"));
    read_accounts(top.get("accounts"));
    SelectorNodes nodes;
    nodes.selectors = top.get("selectors");
    nodes.groups = top.get("groups");
    nodes.protect = top.get("protect");
    nodes.freeze = top.get("freeze");
    read_selectors(nodes, file_, problems_);
    file_.documents = read_documents(top.get("documents"), problems_);
    file_.endpoint_url = top.text("endpoint_url");
    if (!file_.endpoint_url.empty() && !file_.endpoint_url.starts_with("http://") &&
        !file_.endpoint_url.starts_with("https://")) {
      problems_.add(*top.get("endpoint_url"), "endpoint_url must start with https:// or http://");
    }
    file_.ca_bundle = top.text("ca_bundle");
    read_signals(top, file_, problems_);
    read_tunnels(top.get("tunnels"), file_, problems_);
  }

  void read_version(const MapReader& top, const yaml::Node& root) {
    const yaml::Node* version = top.get("version");
    if (version == nullptr) {
      problems_.add(root, "the version is missing: the first line should be `version: 1`");
    } else if (version->text != "1") {
      problems_.add(*version, "version must be 1; this postern knows no other");
    }
  }

  void read_mode(const MapReader& top) {
    const std::string mode = top.text("mode");
    if (mode == "read-only") {
      file_.mode = Mode::read_only;
    } else if (!mode.empty() && mode != "read-write") {
      problems_.add(*top.get("mode"), "mode must be read-only or read-write, not '" + printable(mode, 40) + "'");
    }
  }

  void read_hub(const yaml::Node* node) {
    if (node == nullptr) return;
    const MapReader hub(*node, "hub", {"account", "region", "profile", "source_identity"}, problems_);
    if (const yaml::Node* account = hub.get("account")) file_.hub.account = account_id(*account);
    if (const yaml::Node* region = hub.get("region")) file_.hub.region = checked<Region>(*region, problems_);
    file_.hub.profile = hub.text("profile");
    if (const yaml::Node* who = hub.get("source_identity")) {
      file_.hub.source_identity = who->is_scalar() && who->text == "caller";
      if (!file_.hub.source_identity) {
        problems_.add(*who,
                      "source_identity is caller, or is left out: a name of one's own choice would prove nothing");
      }
    }
  }

  void read_defaults(const yaml::Node* node) {
    if (node == nullptr) return;
    const MapReader map(*node, "defaults",
                        {"role", "roles", "regions", "max_concurrent_accounts", "external_id", "session_name", "dr"},
                        problems_);
    Defaults& defaults = file_.defaults;
    defaults.roles = roles(map, nullptr);
    if (defaults.roles.any.starts_with("arn:")) {
      problems_.add(*map.get("role"), "a default role must be a name: an ARN belongs to one account");
    }
    defaults.regions = read_regions(map.get("regions"), problems_);
    defaults.external_id = external_id(map);
    if (const yaml::Node* count = map.get("max_concurrent_accounts")) {
      const std::optional<std::int64_t> value = count->to_int();
      if (!value || *value < 1 || *value > static_cast<std::int64_t>(kConcurrentAccountsMax)) {
        problems_.add(*count, "max_concurrent_accounts must be a number from 1 to 100");
      } else {
        defaults.max_concurrent_accounts = static_cast<std::size_t>(*value);
      }
    }
    if (const yaml::Node* dr = map.get("dr")) read_dr(*dr, defaults.dr_region, defaults.dr);
    defaults.session_name = map.text("session_name");
    const std::size_t size = defaults.session_name.size();
    if (size != 0 && (size < 2 || size > 64 || !made_of(defaults.session_name, "_+=,.@-"))) {
      problems_.add(*map.get("session_name"), "session_name must be 2 to 64 letters, digits and _+=,.@-");
    }
  }

  void read_accounts(const yaml::Node* node) {
    if (node == nullptr) return;
    if (!node->is_sequence()) {
      problems_.add(*node, "accounts must be a list, not " + std::string(yaml::to_string(node->kind)));
      return;
    }
    if (node->items.size() > kAccountsMax) {
      problems_.add(*node, "more than " + std::to_string(kAccountsMax) + " accounts");
      return;
    }
    for (const yaml::Node& item : node->items) read_account(item);
  }

  void read_account(const yaml::Node& node) {
    const MapReader map(node, "accounts[]",
                        {"id", "name", "role", "roles", "external_id", "profile", "regions", "tags", "dr", "documents"},
                        problems_);
    if (!node.is_map()) return;
    Account account;
    if (const yaml::Node* id = map.get("id")) {
      account.id = account_id(*id);
      if (!account.id.empty()) unique(*id, account.id.text(), ids_, "the account id");
    } else {
      problems_.add(node, "the account has no id");
    }
    read_account_name(map, account);
    account.roles = roles(map, account.id.empty() ? nullptr : &account.id);
    account.profile = map.text("profile");
    account.external_id = external_id(map);
    account.regions = read_regions(map.get("regions"), problems_);
    account.documents = read_documents(map.get("documents"), problems_);
    account.tags = read_tags(map.get("tags"), "tags", problems_);
    account.dr_region = file_.defaults.dr_region;
    if (const yaml::Node* dr = map.get("dr")) read_dr(*dr, account.dr_region, account.dr);
    account.dr = account.dr.over(file_.defaults.dr);
    check_way_in(node, map, account);
    check_partition(node, account);
    file_.accounts.push_back(std::move(account));
  }

  void read_dr(const yaml::Node& node, Region& region, DrSettings& settings) {
    const MapReader map(node, "dr", {"region", "staging_account", "replication", "launch"}, problems_);
    if (const yaml::Node* where = map.get("region")) region = checked<Region>(*where, problems_);
    settings = read_dr_settings(node, map, problems_);
  }

  void read_account_name(const MapReader& map, Account& account) {
    account.name = map.text("name");
    const yaml::Node* node = map.get("name");
    if (account.name.empty()) {
      account.name = account.id.text();
    } else if (account.name.size() > kAccountNameMax || !made_of(account.name, "_.-+@/ ")) {
      problems_.add(*node, "an account's name may hold letters, digits, spaces and _.-+@/");
    } else if (account.name.size() == 12 && AccountId::parse(account.name) && account.name != account.id.text()) {
      problems_.add(*node, "the name looks like the id of another account");
    } else {
      unique(*node, account.name, names_, "the account name");
    }
  }

  void check_way_in(const yaml::Node& node, const MapReader& map, const Account& account) {
    const bool has_role = !account.roles.empty() || !file_.defaults.roles.empty();
    const bool is_hub = !account.id.empty() && account.id == file_.hub.account;
    if (!has_role && account.profile.empty() && !is_hub) {
      problems_.add(node, "the account has no way in: give it a role or a profile, or set defaults.role");
    }
    if (map.get("external_id") != nullptr && !account.profile.empty() && account.roles.empty()) {
      problems_.add(*map.get("external_id"),
                    "external_id goes with a role: this account is entered with the profile's own credentials");
    }
  }

  /// Everything of an account, and the hub that reaches it, is in one partition.
  void check_partition(const yaml::Node& node, const Account& account) {
    const std::vector<Region>& regions = account.regions.empty() ? file_.defaults.regions : account.regions;
    if (regions.empty()) return;
    const Partition partition = partition_of(regions.front());
    const std::string home = regions.front().text() + " (partition " + std::string(to_string(partition)) + ")";
    const auto check_arn = [&](const std::string& role) {
      const Result<RoleArn> arn = RoleArn::parse(role);
      if (arn && arn->partition() != partition) {
        problems_.add(node, "the role " + role + " cannot be assumed for " + home + ": the partitions differ");
      }
    };
    if (account.roles.any.starts_with("arn:")) check_arn(account.roles.any);
    for (const std::string& role : account.roles.by_duty) {
      if (role.starts_with("arn:")) check_arn(role);
    }
    if (!account.dr_region.empty() && partition_of(account.dr_region) != partition) {
      problems_.add(node, "the account's Region " + home + " and its dr.region " + account.dr_region.text() +
                              " are in different partitions");
    }
    const bool by_hub = account.profile.empty() && !file_.hub.region.empty();
    if (by_hub && partition_of(file_.hub.region) != partition) {
      problems_.add(node, "the hub in " + file_.hub.region.text() + " cannot assume a role in " + home +
                              ": partitions are worlds apart; use a profile");
    }
  }

  AccountId account_id(const yaml::Node& node) {
    if (!node.is_scalar()) {
      problems_.add(node, "an account id must be a text, not " + std::string(yaml::to_string(node.kind)));
      return AccountId();
    }
    AccountId id = checked<AccountId>(node, problems_);
    if (!id.empty() && node.style == yaml::Style::plain && id.text().starts_with('0')) {
      file_.warnings.push_back(
          node.error("write this id in quotes: other programs read a number that starts with 0 as octal and lose it")
              .message());
    }
    return id;
  }

  /// `owner`: the account that ARNs must belong to; null for defaults.
  Roles roles(const MapReader& map, const AccountId* owner) {
    Roles result;
    result.any = role(map.get("role"), owner);
    const yaml::Node* node = map.get("roles");
    if (node == nullptr) return result;
    const MapReader by_duty(*node, "roles", {"observe", "operate", "rollout", "recover", "cleanup", "failback"},
                            problems_);
    for (const Duty duty : kAllDuties) {
      result.by_duty.at(static_cast<std::size_t>(duty)) = role(by_duty.get(to_string(duty)), owner);
    }
    return result;
  }

  std::string role(const yaml::Node* node, const AccountId* owner) {
    if (node == nullptr) return {};
    if (!node->is_scalar()) {
      problems_.add(*node, "a role must be a name or an ARN, not " + std::string(yaml::to_string(node->kind)));
      return {};
    }
    if (node->text.starts_with("arn:")) {
      const Result<RoleArn> arn = RoleArn::parse(node->text);
      if (!arn) {
        problems_.add(*node, arn.error().message());
      } else if (owner != nullptr && arn->account() != *owner) {
        problems_.add(*node, "the role is in account " + arn->account().text() + ", not in " + owner->text());
      }
    } else if (std::string why = RoleArn::check_name(node->text); !why.empty()) {
      problems_.add(*node, why);
    }
    return node->text;
  }

  std::optional<SecretRef> external_id(const MapReader& map) {
    const std::string text = map.text("external_id");
    if (text.empty()) return std::nullopt;
    const yaml::Node& node = *map.get("external_id");
    Result<SecretRef> reference = SecretRef::parse(text, trust_);
    if (!reference) {
      problems_.add(node, reference.error().message());
      return std::nullopt;
    }
    if (reference->kind == SecretRef::Kind::literal &&
        (text.size() < 2 || text.size() > 1224 || !made_of(text, "_+=,.@:/-"))) {
      problems_.add(node, "an external id has 2 to 1224 letters, digits and _+=,.@:/-");
    }
    return std::move(*reference);
  }

  void unique(const yaml::Node& node, const std::string& text, std::map<std::string, std::string>& seen,
              std::string_view what) {
    const auto [first, inserted] = seen.emplace(text, node.where());
    if (!inserted)
      problems_.add(node, std::string(what) + " " + text + " stands there twice: first at " + first->second);
  }

  FleetFile file_;
  Problems problems_;
  Trust trust_;
  std::map<std::string, std::string> ids_;
  std::map<std::string, std::string> names_;
};

}  // namespace fleet_file_detail

const std::string& Roles::get(Duty duty) const {
  const std::string& own = by_duty.at(static_cast<std::size_t>(duty));
  return own.empty() ? any : own;
}

bool Roles::empty() const {
  return any.empty() &&
         std::all_of(by_duty.begin(), by_duty.end(), [](const std::string& role) { return role.empty(); });
}

const Account* FleetFile::find_account(std::string_view id_or_name) const {
  for (const Account& account : accounts) {
    if (account.id.text() == id_or_name || account.name == id_or_name) return &account;
  }
  return nullptr;
}

bool FleetFile::allows_document(const AccountId& account, std::string_view document) const {
  const Account* own = account.empty() ? nullptr : find_account(account.text());
  const std::vector<std::string>& allowed = own != nullptr && !own->documents.empty() ? own->documents : documents;
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(), [document](const std::string& pattern) {
           return glob_match(pattern, document);
         });
}

Result<Selector> FleetFile::bind(const Selector& selector) const {
  const auto lookup = [&](std::string_view name) -> const Selector* {
    const auto found = selectors.find(name);
    if (found != selectors.end()) return &found->second;
    return name == kProtected ? &protect : nullptr;
  };
  std::vector<std::string> known = {std::string(kProtected)};
  for (const auto& [name, value] : selectors) known.push_back(name);
  return bind_names(selector, lookup, known);
}

Result<FleetFile> parse_fleet_file(std::string_view text, std::string name, Trust trust) {
  TRY(const yaml::Node root, yaml::parse(text, name));
  fleet_file_detail::Parser parser(std::move(name), trust);
  return parser.parse(root);
}

}  // namespace postern::fleet
