#include <algorithm>

#include "base/json.hpp"
#include "iam/arn.hpp"
#include "sim/iam/aws_policies.hpp"
#include "sim/iam/directory.hpp"
#include "sim/iam/totp.hpp"

namespace postern::sim {
namespace directory_loader {

Error at(Error error, const std::string& where) {
  return Error(ErrorKind::usage, error.message() + where);
}

Json texts(const std::vector<std::string>& values) {
  Json list = Json::array();
  for (const std::string& value : values) list.push_back(value);
  return list;
}

std::string document_of(const Json& statements) {
  return Json::object().set("Version", "2012-10-17").set("Statement", statements).dump();
}

/// The short form as the document that it stands for.
std::string permissions_text(const Permissions& permissions) {
  Json statements = Json::array();
  const auto add = [&](const char* effect, const std::vector<std::string>& actions) {
    if (actions.empty()) return;
    statements.push_back(Json::object().set("Effect", effect).set("Action", texts(actions)).set("Resource", Json("*")));
  };
  add("Allow", permissions.allow);
  add("Deny", permissions.deny);
  return document_of(statements);
}

bool is_service(const std::string& principal) {
  return principal.ends_with(".amazonaws.com") && principal.find(':') == std::string::npos;
}

std::string trust_text(const std::vector<TrustStatement>& trust) {
  Json statements = Json::array();
  for (const TrustStatement& one : trust) {
    Json aws = Json::array();
    Json services = Json::array();
    for (const std::string& principal : one.principals) (is_service(principal) ? services : aws).push_back(principal);
    Json principals = Json::object();
    if (!aws.empty()) principals.set("AWS", aws);
    if (!services.empty()) principals.set("Service", services);
    Json actions = texts({"sts:AssumeRole"});
    if (!aws.empty()) actions = texts({"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"});
    Json statement = Json::object().set("Effect", "Allow").set("Principal", principals).set("Action", actions);
    if (!one.external_ids.empty()) {
      const Json ids = Json::object().set("sts:ExternalId", texts(one.external_ids));
      statement.set("Condition", Json::object().set("StringEquals", ids));
    }
    statements.push_back(std::move(statement));
  }
  return document_of(statements);
}

std::vector<TrustStatement> trust_in_ec2() {
  std::vector<TrustStatement> trust(1);
  trust.front().principals.emplace_back("ec2.amazonaws.com");
  return trust;
}

}  // namespace directory_loader

/// From a config to a Directory: first everything that has a name, then what names it.
class DirectoryLoader {
 public:
  DirectoryLoader(const CloudConfig& config, WallTime now)
      : config_(config), now_(std::chrono::floor<std::chrono::seconds>(now)), directory_(new Directory(config.seed)) {}

  Result<std::unique_ptr<Directory>> load() {
    TRY_VOID(load_aws_policies());
    for (const AccountConfig& account : config_.accounts) {
      AccountIam& iam = directory_->accounts_[account.id];
      iam.id = account.id;
      iam.alias = account.alias;
      TRY_VOID(add_policies(account, iam));
      for (const RoleConfig& role : account.roles) TRY_VOID(add_role(account, iam, role));
      for (const UserConfig& user : account.users) TRY_VOID(add_user(iam, user));
      TRY_VOID(add_profiles(account, iam));
    }
    for (const AccountConfig& account : config_.accounts) {
      for (const RoleConfig& role : account.roles) TRY_VOID(add_trust(account, role));
    }
    TRY_VOID(load_organization());
    return std::move(directory_);
  }

 private:
  Result<void> load_aws_policies() {
    iam::ParseOptions options;
    options.author = iam::Author::aws;
    options.size_max = iam::kDocumentBytesMax;
    for (AwsPolicyText& text : aws_policy_texts()) {
      auto policy = std::make_shared<ManagedPolicy>();
      policy->name = std::move(text.name);
      policy->path = std::move(text.path);
      policy->arn = "arn:aws:iam::aws:policy" + policy->path + policy->name;
      policy->id = directory_->new_id("ANPA", policy->arn);
      PolicyVersion version;
      version.id = "v" + std::to_string(text.version);
      auto parsed = directory_->document(iam::DocumentKind::identity, text.document, options);
      if (!parsed) return fail(directory_loader::at(std::move(parsed).error(), " in " + policy->name));
      version.document = std::move(*parsed);
      version.created = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1));
      policy->created = version.created;
      policy->updated = version.created;
      policy->default_version = version.id;
      policy->versions.push_back(std::move(version));
      const std::string arn = policy->arn;
      directory_->aws_policies_.emplace(arn, std::move(policy));
    }
    return {};
  }

  Result<void> add_policies(const AccountConfig& account, AccountIam& iam) {
    for (const ManagedPolicyConfig& from : account.managed_policies) {
      auto policy = std::make_shared<ManagedPolicy>();
      policy->name = from.name;
      policy->path = from.path;
      policy->arn = "arn:aws:iam::" + account.id + ":policy" + from.path + from.name;
      policy->id = directory_->new_id("ANPA", policy->arn);
      policy->created = now_;
      policy->updated = now_;
      policy->default_version = "v1";
      PolicyVersion version;
      version.id = "v1";
      version.created = now_;
      iam::ParseOptions options;
      options.size_max = iam::kManagedPolicySizeMax;
      auto parsed = directory_->document(iam::DocumentKind::identity, from.document, options);
      if (!parsed) return fail(directory_loader::at(std::move(parsed).error(), " in policy " + policy->arn));
      version.document = std::move(*parsed);
      policy->versions.push_back(std::move(version));
      const std::string arn = policy->arn;
      if (!iam.policies.emplace(arn, std::move(policy)).second) {
        return fail(ErrorKind::usage, "policy " + arn + " is there twice");
      }
    }
    return {};
  }

  Result<void> fill(Entity& entity, const Permissions& permissions, const PoliciesConfig& policies, const Tags& tags) {
    const std::string where = " in " + entity.arn;
    entity.tags = tags;
    const auto add = [&](const std::string& name, const std::string& text) -> Result<void> {
      auto parsed = directory_->document(iam::DocumentKind::identity, text);
      if (!parsed) return fail(directory_loader::at(std::move(parsed).error(), where));
      entity.inline_policies.insert_or_assign(name, std::move(*parsed));
      return {};
    };
    if (!permissions.allow.empty() || !permissions.deny.empty()) {
      TRY_VOID(add("Permissions", directory_loader::permissions_text(permissions)));
    }
    for (const auto& [name, text] : policies.inline_documents) TRY_VOID(add(name, text));
    entity.attached = policies.attached;
    entity.boundary = policies.boundary;
    for (const std::string& arn : policies.attached) TRY_VOID(check_policy(arn, where));
    if (!policies.boundary.empty()) TRY_VOID(check_policy(policies.boundary, where));
    return {};
  }

  Result<void> check_policy(const std::string& arn, const std::string& where) {
    if (directory_->find_policy(arn) != nullptr) return {};
    return fail(ErrorKind::usage, "there is no policy " + arn + where);
  }

  Result<void> add_role(const AccountConfig& account, AccountIam& iam, const RoleConfig& from) {
    auto role = std::make_shared<Role>();
    role->name = from.name;
    role->path = from.path;
    role->account_id = account.id;
    role->arn = "arn:aws:iam::" + account.id + ":role" + from.path + from.name;
    role->id = directory_->new_id("AROA", role->arn);
    role->created = now_;
    role->description = from.description;
    role->max_session = from.max_session;
    TRY_VOID(fill(*role, from.permissions, from.policies, from.tags));
    iam.roles.emplace(from.name, std::move(role));
    return {};
  }

  Result<void> add_trust(const AccountConfig& account, const RoleConfig& from) {
    Role& role = *directory_->accounts_.at(account.id).roles.at(from.name);
    std::string text = from.trust_document;
    if (text.empty()) {
      text = directory_loader::trust_text(from.trust.empty() ? directory_loader::trust_in_ec2() : from.trust);
    }
    auto done = directory_->set_trust(role, text, UnknownPrincipals::outside);
    if (!done) return fail(directory_loader::at(std::move(done).error(), " in the trust policy of " + role.arn));
    return {};
  }

  Result<void> add_user(AccountIam& iam, const UserConfig& from) {
    auto& user = iam.users[from.name];
    // One user may have several keys: later entries of the same name add theirs.
    if (user == nullptr) {
      user = std::make_shared<User>();
      user->name = from.name;
      user->path = from.path;
      user->account_id = iam.id;
      user->arn = "arn:aws:iam::" + iam.id + ":user" + from.path + from.name;
      user->id = directory_->new_id("AIDA", user->arn);
      user->created = now_;
      TRY_VOID(fill(*user, from.permissions, from.policies, from.tags));
    }
    TRY_VOID(add_mfa_device(iam, from));
    if (from.session_token.empty()) user->access_keys.push_back(from.access_key_id);
    AccessKey key;
    key.known.secret_access_key = from.secret_access_key;
    key.known.session_token = from.session_token;
    key.known.expires = from.expires;
    key.user = user;
    key.created = now_;
    directory_->keys_.put(from.access_key_id, std::move(key));
    return {};
  }

  Result<void> add_mfa_device(AccountIam& iam, const UserConfig& from) {
    if (from.mfa_seed.empty()) return {};
    auto device = std::make_shared<MfaDevice>();
    device->serial = "arn:aws:iam::" + iam.id + ":mfa/" + (from.mfa_name.empty() ? from.name : from.mfa_name);
    const auto seed = from_base32(from.mfa_seed.reveal());
    if (!seed) return fail(ErrorKind::usage, "the seed of the MFA device " + device->serial + " is not base32");
    device->seed = Secret<>(*seed);
    device->user = from.name;
    device->enabled = now_;
    const std::string serial = device->serial;
    if (!iam.mfa_devices.emplace(serial, std::move(device)).second) {
      return fail(ErrorKind::usage, "the MFA device " + serial + " is there twice");
    }
    return {};
  }

  Result<void> add_profile(AccountIam& iam, const std::string& name, const std::string& path, const std::string& role) {
    auto profile = std::make_shared<InstanceProfile>();
    profile->name = name;
    profile->path = path;
    profile->arn = "arn:aws:iam::" + iam.id + ":instance-profile" + path + name;
    profile->id = directory_->new_id("AIPA", profile->arn);
    profile->created = now_;
    profile->role = role;
    if (!role.empty() && !iam.roles.contains(role)) {
      return fail(ErrorKind::usage,
                  "instance profile " + profile->arn + " names a role '" + role + "' that is not there");
    }
    iam.profiles.emplace(name, std::move(profile));
    return {};
  }

  Result<void> add_profiles(const AccountConfig& account, AccountIam& iam) {
    for (const InstanceProfileConfig& from : account.instance_profiles) {
      TRY_VOID(add_profile(iam, from.name, from.path, from.role));
    }
    for (const InstanceConfig& instance : account.instances) {
      const std::string& name = instance.instance_profile;
      if (name.empty() || iam.profiles.contains(name)) continue;
      if (!iam.roles.contains(name)) {
        RoleConfig role;
        role.name = name;
        role.policies.attached.emplace_back("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore");
        TRY_VOID(add_role(account, iam, role));
        TRY_VOID(add_trust(account, role));
      }
      TRY_VOID(add_profile(iam, name, "/", name));
    }
    return {};
  }

  // ---- organization ----

  Result<void> load_organization() {
    const OrganizationConfig& from = config_.organization;
    const std::string& management = from.management_account.empty() ? config_.hub_account : from.management_account;
    if (from.presence == OrganizationPresence::absent || management.empty()) return {};
    if (directory_->find_account(management) == nullptr) {
      return fail(ErrorKind::usage, "the management account " + management + " is not among the accounts");
    }
    directory_->organization_ = std::make_unique<Organization>(config_.seed, management, from.id);
    Organization& organization = *directory_->organization_;
    units_.emplace("", organization.root_id());
    units_.emplace("root", organization.root_id());
    for (const std::string& path : from.units) TRY_VOID(add_unit(organization, path));
    for (const AccountConfig& account : config_.accounts) TRY_VOID(add_unit(organization, account.unit));
    for (const AccountConfig& account : config_.accounts) {
      organization.add_account(account.id, account.name.empty() ? account.id : account.name, units_.at(account.unit),
                               now_);
      organization.edit(account.id)->status = account.status;
    }
    for (const OrganizationPolicyConfig& policy : from.policies) TRY_VOID(add_policy(organization, policy));
    for (const std::string& account : from.delegated_administrators) {
      if (organization.find(account) == nullptr) {
        return fail(ErrorKind::usage, "the delegated administrator " + account + " is not among the accounts");
      }
      organization.delegate(account, "ssm.amazonaws.com");
    }
    return {};
  }

  /// With its parents.
  Result<void> add_unit(Organization& organization, const std::string& path) {
    std::string parent;
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t slash = std::min(path.find('/', begin), path.size());
      const std::string name = path.substr(begin, slash - begin);
      const std::string here = path.substr(0, slash);
      if (name.empty()) return fail(ErrorKind::usage, "the organizational unit '" + path + "' has a nameless part");
      if (!units_.contains(here)) units_.emplace(here, organization.add_unit(units_.at(parent), name).id);
      parent = here;
      begin = slash + 1;
    }
    return {};
  }

  Result<void> add_policy(Organization& organization, const OrganizationPolicyConfig& from) {
    const bool scp = from.type == OrganizationPolicyType::service_control;
    auto parsed = directory_->document(scp ? iam::DocumentKind::scp : iam::DocumentKind::rcp, from.document);
    const std::string where = " in the organization's policy '" + from.name + "'";
    if (!parsed) return fail(directory_loader::at(std::move(parsed).error(), where));
    organization.enable(from.type);
    const std::string id = organization.add_policy(from.type, from.name, std::move(*parsed)).id;
    for (const std::string& target : from.targets) {
      const auto unit = units_.find(target);
      const std::string& node = unit == units_.end() ? target : unit->second;
      if (organization.find(node) == nullptr) {
        return fail(ErrorKind::usage, "there is no target '" + target + "'" + where);
      }
      organization.attach(id, node);
      if (from.replaces_full_access && scp) organization.detach("p-FullAWSAccess", node);
    }
    return {};
  }

  const CloudConfig& config_;
  WallTime now_;
  std::unique_ptr<Directory> directory_;
  std::map<std::string, std::string> units_;  // path: id
};

Result<std::unique_ptr<Directory>> Directory::create(const CloudConfig& config, WallTime now) {
  return DirectoryLoader(config, now).load();
}

}  // namespace postern::sim
