#include "sim/iam/directory.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "iam/arn.hpp"

namespace postern::sim {
namespace iam_directory {

constexpr std::size_t kDenialsMax = 256;

/// "arn:aws:iam::ACCOUNT:role/path/Name": the account and the name. Empty names: not such an ARN.
struct EntityName {
  std::string_view account;
  std::string_view name;
};

EntityName split_entity_arn(std::string_view arn, std::string_view kind) {
  EntityName out;
  const std::optional<iam::Arn> parts = iam::split_arn(arn);
  if (!parts || parts->service() != "iam" || !parts->region().empty()) return out;
  const std::string_view resource = parts->resource();
  if (!resource.starts_with(kind) || resource.substr(kind.size(), 1) != "/") return out;
  out.account = parts->account();
  out.name = resource.substr(resource.rfind('/') + 1);
  return out;
}

}  // namespace iam_directory

const PolicyVersion* ManagedPolicy::find_version(std::string_view version) const {
  const auto found = std::find_if(versions.begin(), versions.end(), [&](const auto& v) { return v.id == version; });
  return found == versions.end() ? nullptr : &*found;
}

const PolicyVersion& ManagedPolicy::current() const {
  const PolicyVersion* found = find_version(default_version);
  return found == nullptr ? versions.back() : *found;
}

AccountIam* Directory::find_account(std::string_view id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

const AccountIam* Directory::find_account(std::string_view id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

std::shared_ptr<Role> Directory::find_role(std::string_view arn) const {
  const auto [account, name] = iam_directory::split_entity_arn(arn, "role");
  const AccountIam* found = find_account(account);
  if (found == nullptr) return nullptr;
  const auto role = found->roles.find(name);
  return role == found->roles.end() || role->second->arn != arn ? nullptr : role->second;
}

std::shared_ptr<User> Directory::find_user(std::string_view arn) const {
  const auto [account, name] = iam_directory::split_entity_arn(arn, "user");
  const AccountIam* found = find_account(account);
  if (found == nullptr) return nullptr;
  const auto user = found->users.find(name);
  return user == found->users.end() || user->second->arn != arn ? nullptr : user->second;
}

ManagedPolicyPtr Directory::find_policy(std::string_view arn) const {
  if (const auto own = aws_policies_.find(arn); own != aws_policies_.end()) return own->second;
  const std::optional<iam::Arn> parts = iam::split_arn(arn);
  const AccountIam* account = parts ? find_account(parts->account()) : nullptr;
  if (account == nullptr) return nullptr;
  const auto found = account->policies.find(arn);
  return found == account->policies.end() ? nullptr : found->second;
}

std::shared_ptr<ManagedPolicy> Directory::edit_policy(std::string_view arn) {
  const std::optional<iam::Arn> parts = iam::split_arn(arn);
  AccountIam* account = parts ? find_account(parts->account()) : nullptr;
  if (account == nullptr) return nullptr;
  const auto found = account->policies.find(arn);
  return found == account->policies.end() ? nullptr : found->second;
}

std::shared_ptr<const InstanceProfile> Directory::find_profile(std::string_view account, std::string_view name) const {
  const AccountIam* found = find_account(account);
  if (found == nullptr) return nullptr;
  const auto profile = found->profiles.find(name);
  return profile == found->profiles.end() ? nullptr : profile->second;
}

std::string Directory::organization_of(std::string_view account) const {
  if (organization_ == nullptr || organization_->find(account) == nullptr) return std::string();
  return organization_->id();
}

void Directory::sweep_documents() const {
  if (documents_.size() < sweep_at_) return;
  std::erase_if(documents_, [](const auto& entry) { return entry.second.expired(); });
  sweep_at_ = std::max<std::size_t>(1024, documents_.size() * 2);
}

Result<SharedDocumentPtr> Directory::document(iam::DocumentKind kind, std::string_view text,
                                              const iam::ParseOptions& options) const {
  std::string key(iam::to_string(kind));
  if (options.version == iam::VersionRule::current) key += '!';
  if (options.size_max) key += std::to_string(*options.size_max);
  key += '\n';
  key += text;
  if (const auto found = documents_.find(key); found != documents_.end()) {
    if (SharedDocumentPtr known = found->second.lock()) return known;
  }
  auto made = std::make_shared<SharedDocument>();
  TRY(made->document, iam::parse_document(kind, text, options));
  made->text = text;
  sweep_documents();
  documents_.insert_or_assign(std::move(key), made);
  return SharedDocumentPtr(std::move(made));
}

std::optional<std::string> Directory::id_of(const std::string& arn, UnknownPrincipals unknown) const {
  if (const auto role = find_role(arn)) return role->id;
  if (const auto user = find_user(arn)) return user->id;
  const std::optional<iam::Arn> parts = iam::split_arn(arn);
  const bool outside = parts && find_account(parts->account()) == nullptr;
  if (unknown == UnknownPrincipals::outside && outside) return "AROA" + to_upper(derived_hex(seed_, arn, 17));
  return std::nullopt;
}

Result<void> Directory::set_trust(Role& role, std::string_view text, UnknownPrincipals unknown) const {
  TRY(SharedDocumentPtr parsed, document(iam::DocumentKind::trust, text));
  std::string ids;
  for (const iam::Statement& statement : parsed->document->statements()) {
    for (const iam::PrincipalEntry& entry : statement.principals) {
      using Type = iam::PrincipalEntry::Type;
      if (entry.type == Type::user || entry.type == Type::role) ids += id_of(entry.text, unknown).value_or("?") + ",";
      const bool account = entry.type == Type::account || entry.type == Type::session;
      if (account && unknown == UnknownPrincipals::refused && find_account(entry.account) == nullptr) {
        Error error(ErrorKind::malformed, "Invalid principal in policy: \"AWS\":\"" + entry.text + "\"");
        return fail(std::move(error));
      }
    }
  }
  iam::DocumentPtr bound = parsed->document;
  if (!ids.empty()) {
    const std::string key = "bound " + ids + "\n" + parsed->text;
    SharedDocumentPtr known;
    if (const auto found = documents_.find(key); found != documents_.end()) known = found->second.lock();
    const auto id = [&](const std::string& arn) { return id_of(arn, unknown); };
    if (known == nullptr) {
      auto made = std::make_shared<SharedDocument>();
      TRY(made->document, parsed->document->bind_principals(id));
      made->text = parsed->text;
      known = made;
      documents_.insert_or_assign(key, known);
    }
    parsed = known;
    bound = known->document;
  }
  role.trust_text = std::move(parsed);
  role.trust = iam::AttachedPolicy("the trust policy of " + role.name, std::move(bound));
  return {};
}

std::string Directory::trust_text(const Role& role) const {
  std::string text = role.trust_text->text;
  for (const iam::Statement& statement : role.trust.document->statements()) {
    for (const iam::PrincipalEntry& entry : statement.principals) {
      if (entry.unique_id.empty() || id_of(entry.text, UnknownPrincipals::outside) == entry.unique_id) continue;
      const std::string named = "\"" + entry.text + "\"";
      const std::string gone = "\"" + entry.unique_id + "\"";
      for (std::size_t at = text.find(named); at != std::string::npos; at = text.find(named, at + gone.size())) {
        text.replace(at, named.size(), gone);
      }
    }
  }
  return text;
}

const EffectivePolicies& Directory::effective(const Entity& entity) const {
  if (entity.effective != nullptr && entity.effective_at == generation_) return *entity.effective;
  auto made = std::make_shared<EffectivePolicies>();
  for (const auto& [name, document] : entity.inline_policies) {
    made->identity.emplace_back(name, document->document);
  }
  for (const std::string& arn : entity.attached) {
    if (const ManagedPolicyPtr policy = find_policy(arn)) {
      made->identity.emplace_back(policy->name, arn, policy->current().document->document);
    }
  }
  if (!entity.boundary.empty()) {
    if (const ManagedPolicyPtr policy = find_policy(entity.boundary)) {
      made->boundary.emplace(policy->name, entity.boundary, policy->current().document->document);
    }
  }
  entity.effective = std::move(made);
  entity.effective_at = generation_;
  return *entity.effective;
}

std::string Directory::new_id(std::string_view prefix, const std::string& arn) const {
  const auto found = gone_.find(arn);
  const std::string label = found == gone_.end() ? arn : arn + "#" + std::to_string(found->second);
  return std::string(prefix) + to_upper(derived_hex(seed_, label, 17));
}

void Directory::forget(const std::string& arn) {
  ++gone_[arn];
  changed();
}

void Directory::keep_denial(std::string encoded, std::string decoded) {
  if (denials_.size() >= iam_directory::kDenialsMax) denials_.pop_front();
  denials_.emplace_back(std::move(encoded), std::move(decoded));
}

const std::string* Directory::find_denial(std::string_view encoded) const {
  for (const auto& [key, text] : denials_) {
    if (key == encoded) return &text;
  }
  return nullptr;
}

// ---- keys and identities ----

std::optional<aws::KnownKey> Directory::known_key(std::string_view access_key_id) const {
  const AccessKey* key = keys_.find(access_key_id);
  if (key == nullptr || key->status != KeyStatus::active) return std::nullopt;
  return key->known;
}

iam::Principal::Details Directory::details_of(const Entity& entity) const {
  iam::Principal::Details details;
  details.unique_id = entity.id;
  details.tags.assign(entity.tags.begin(), entity.tags.end());
  if (organization_ != nullptr && organization_->find(entity.account_id) != nullptr) {
    details.org_id = organization_->id();
    details.org_path = organization_->path_text(entity.account_id);
  }
  return details;
}

IdentityPtr Directory::user_identity(const std::shared_ptr<User>& user) const {
  auto identity = std::make_shared<Identity>(iam::Principal::user(user->arn, details_of(*user)));
  identity->user_id = user->id;
  identity->entity = user;
  return identity;
}

IdentityPtr Directory::token_identity(const std::shared_ptr<User>& user, WallTime now,
                                      std::optional<WallTime> mfa_at) const {
  auto identity = std::make_shared<Identity>(iam::Principal::user(user->arn, details_of(*user)));
  identity->kind = Identity::Kind::session_token;
  identity->user_id = user->id;
  identity->entity = user;
  identity->issued = now;
  identity->mfa_at = mfa_at;
  return identity;
}

IdentityPtr Directory::role_identity(const std::shared_ptr<Role>& role, SessionOptions options, WallTime now) const {
  iam::Principal::Details details = details_of(*role);
  // A session tag wins over the role's tag of the same key, whatever its case.
  const auto replaced = [&](const auto& tag) {
    return std::any_of(options.tags.begin(), options.tags.end(),
                       [&](const auto& session) { return equals_ignore_case(session.first, tag.first); });
  };
  std::erase_if(details.tags, replaced);
  details.tags.insert(details.tags.end(), options.tags.begin(), options.tags.end());
  details.transitive_tags = std::move(options.transitive_tags);
  details.source_identity = std::move(options.source_identity);
  auto identity = std::make_shared<Identity>(iam::Principal::role_session(role->arn, options.name, std::move(details)));
  identity->kind = Identity::Kind::role_session;
  identity->user_id = role->id + ":" + options.name;
  identity->entity = role;
  identity->session_policies = std::move(options.policies);
  identity->issued = now;
  identity->keys = std::move(options.keys);
  identity->mfa_at = options.mfa_at;
  return identity;
}

IdentityPtr Directory::identity_of(std::string_view access_key_id) const {
  const AccessKey* key = keys_.find(access_key_id);
  if (key == nullptr) return nullptr;
  if (key->sort == AccessKey::Sort::issued) return key->identity;
  const std::shared_ptr<User> user = key->user.lock();
  if (user == nullptr) return nullptr;
  // Made anew when something changed: tags and the place in the organization are part of it.
  const std::uint64_t now = generation();
  if (user->identity == nullptr || user->identity_at != now) {
    user->identity = user_identity(user);
    user->identity_at = now;
  }
  return user->identity;
}

}  // namespace postern::sim
