#include "iam/principal.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "iam/arn.hpp"

namespace postern::iam {
namespace {

std::string_view last_part(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  return slash == std::string_view::npos ? text : text.substr(slash + 1);
}

std::string sts_arn(const Arn& issuer, std::string_view resource) {
  std::string out = "arn:";
  out += issuer.partition();
  out += ":sts::";
  out += issuer.account();
  out += ':';
  out += resource;
  return out;
}

std::string_view type_name(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::root_user:
      return "Account";
    case PrincipalKind::user:
      return "User";
    case PrincipalKind::role_session:
      return "AssumedRole";
    case PrincipalKind::federated_user:
      return "FederatedUser";
    default:
      return "Anonymous";
  }
}

std::string user_id(PrincipalKind kind, const std::string& account, const std::string& id, const std::string& session) {
  switch (kind) {
    case PrincipalKind::root_user:
      return account;
    case PrincipalKind::role_session:
      return id.empty() ? std::string() : id + ":" + session;
    case PrincipalKind::federated_user:
      return account + ":" + session;
    default:
      return id;
  }
}

bool is_unique_id(std::string_view text) {
  const std::string_view id = text.substr(0, text.find(':'));
  return (id.starts_with("AIDA") || id.starts_with("AROA")) && id.size() >= 16 &&
         std::all_of(id.begin(), id.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

tl::unexpected<Error> invalid_principal(std::string_view key, std::string_view text) {
  return fail(ErrorKind::malformed,
              "Invalid principal in policy: \"" + std::string(key) + "\":\"" + printable(text, 200) + "\"");
}

Result<PrincipalEntry> parse_aws_principal(PrincipalEntry entry) {
  using Type = PrincipalEntry::Type;
  const std::string_view text = entry.text;
  if (text == "*") return entry;
  if (is_account_id(text)) {
    entry.type = Type::account;
    entry.account = entry.text;
    return entry;
  }
  if (is_unique_id(text)) {
    entry.type = Type::unique_id;
    return entry;
  }
  const std::optional<Arn> arn = split_arn(text);
  // A principal is named exactly: no part of it may be a wildcard.
  if (!arn || text.find_first_of("*?") != std::string_view::npos || !arn->region().empty())
    return invalid_principal(entry.key, text);
  const std::string_view resource = arn->resource();
  const bool iam = arn->service() == "iam";
  const bool sts = arn->service() == "sts";
  const bool account = is_account_id(arn->account());
  entry.account = std::string(arn->account());
  if (iam && account && resource == "root")
    entry.type = Type::account;
  else if (iam && (account || arn->account() == "cloudfront") && resource.starts_with("user/") && resource.size() > 5)
    entry.type = Type::user;
  else if (iam && account && resource.starts_with("role/") && resource.size() > 5)
    entry.type = Type::role;
  else if (sts && account && resource.starts_with("assumed-role/") && split(resource, '/').size() == 3)
    entry.type = Type::session;
  else if (sts && account && resource.starts_with("federated-user/") && resource.size() > 15)
    entry.type = Type::federated_user;
  else
    return invalid_principal(entry.key, text);
  return entry;
}

// A name, or a resolved id when the policy kept one.
bool same_entity(const PrincipalEntry& entry, const std::string& arn, const std::string& unique_id) {
  return entry.unique_id.empty() ? entry.text == arn : entry.unique_id == unique_id;
}

Naming names_account(const PrincipalEntry& entry, const Principal& principal) {
  if (principal.account().empty() || entry.account != principal.account()) return Naming::no;
  return principal.kind() == PrincipalKind::root_user ? Naming::itself : Naming::account;
}

Naming names_unique_id(const PrincipalEntry& entry, const Principal& principal) {
  const std::string& id = principal.details().unique_id;
  if (id.empty()) return Naming::no;
  if (principal.kind() == PrincipalKind::user) return entry.text == id ? Naming::itself : Naming::no;
  if (principal.kind() != PrincipalKind::role_session) return Naming::no;
  if (entry.text == id) return Naming::role;
  return entry.text == id + ":" + principal.session_name() ? Naming::itself : Naming::no;
}

}  // namespace

Principal Principal::anonymous() {
  Principal made;
  made.arn_ = "anonymous";
  made.finish();
  return made;
}

Principal Principal::root(std::string_view account, Details details, std::string_view partition) {
  Principal made;
  made.kind_ = PrincipalKind::root_user;
  made.arn_ = "arn:" + std::string(partition) + ":iam::" + std::string(account) + ":root";
  made.details_ = std::move(details);
  made.finish();
  return made;
}

Principal Principal::user(std::string_view arn, Details details) {
  Principal made;
  made.kind_ = PrincipalKind::user;
  made.arn_ = std::string(arn);
  made.details_ = std::move(details);
  made.finish();
  made.context_.set("aws:username", std::string(last_part(arn)));
  return made;
}

Principal Principal::role_session(std::string_view role_arn, std::string_view session_name, Details details) {
  Principal made;
  made.kind_ = PrincipalKind::role_session;
  made.issuer_arn_ = std::string(role_arn);
  made.session_name_ = std::string(session_name);
  made.details_ = std::move(details);
  if (const std::optional<Arn> role = split_arn(role_arn)) {
    const std::string resource = "assumed-role/" + std::string(last_part(role->resource())) + "/" + made.session_name_;
    made.arn_ = sts_arn(*role, resource);
    made.service_linked_ = role->resource().starts_with("role/aws-service-role/");
  }
  made.finish();
  return made;
}

Principal Principal::federated_user(std::string_view user_arn, std::string_view name, Details details) {
  Principal made;
  made.kind_ = PrincipalKind::federated_user;
  made.issuer_arn_ = std::string(user_arn);
  made.session_name_ = std::string(name);
  made.details_ = std::move(details);
  if (const std::optional<Arn> user = split_arn(user_arn))
    made.arn_ = sts_arn(*user, "federated-user/" + made.session_name_);
  made.finish();
  return made;
}

Principal Principal::service(std::string_view name) {
  Principal made;
  made.kind_ = PrincipalKind::service;
  made.arn_ = std::string(name);
  made.context_.set("aws:PrincipalIsAWSService", "true");
  made.context_.set("aws:PrincipalServiceName", made.arn_);
  return made;
}

Principal Principal::identity(std::string_view provider) {
  Principal made;
  made.kind_ = PrincipalKind::identity;
  made.arn_ = std::string(provider);
  made.context_.set("aws:PrincipalIsAWSService", "false");
  return made;
}

void Principal::finish() {
  if (const std::optional<Arn> arn = split_arn(arn_)) account_ = std::string(arn->account());
  context_.set("aws:PrincipalType", std::string(type_name(kind_)));
  context_.set("aws:PrincipalIsAWSService", "false");
  if (kind_ == PrincipalKind::anonymous) return;
  context_.set("aws:PrincipalArn", kind_ == PrincipalKind::role_session ? issuer_arn_ : arn_);
  context_.set("aws:PrincipalAccount", account_);
  const std::string id = user_id(kind_, account_, details_.unique_id, session_name_);
  if (!id.empty()) context_.set("aws:userid", id);
  if (!details_.source_identity.empty()) context_.set("aws:SourceIdentity", details_.source_identity);
  if (!details_.org_id.empty()) context_.set("aws:PrincipalOrgID", details_.org_id);
  if (!details_.org_path.empty()) context_.set_list("aws:PrincipalOrgPaths", {details_.org_path});
  for (const auto& [key, value] : details_.tags) context_.set("aws:PrincipalTag/" + key, value);
}

Result<PrincipalEntry> PrincipalEntry::parse(std::string_view key, std::string_view text) {
  PrincipalEntry entry;
  entry.key = std::string(key);
  entry.text = std::string(text);
  if (key == "AWS") return parse_aws_principal(std::move(entry));
  if (text.empty()) return invalid_principal(key, text);
  if (key == "Service") {
    const bool wildcard = text.find_first_of("*?") != std::string_view::npos;
    if (wildcard || text.find('.') == std::string_view::npos) return invalid_principal(key, text);
    entry.type = Type::service;
  } else if (key == "Federated") {
    // "*" is a trap that IAM takes for a name.
    entry.type = Type::federated;
  } else if (key == "CanonicalUser") {
    entry.type = Type::canonical_user;
  } else {
    return invalid_principal(key, text);
  }
  return entry;
}

Naming names(const PrincipalEntry& entry, const Principal& principal) noexcept {
  using Type = PrincipalEntry::Type;
  const PrincipalKind kind = principal.kind();
  const auto itself_if = [](bool same) { return same ? Naming::itself : Naming::no; };
  switch (entry.type) {
    case Type::everyone:
      return Naming::itself;
    case Type::account:
      return names_account(entry, principal);
    case Type::user:
      if (kind == PrincipalKind::federated_user)
        return entry.text == principal.issuer_arn() ? Naming::role : Naming::no;
      return itself_if(kind == PrincipalKind::user &&
                       same_entity(entry, principal.arn(), principal.details().unique_id));
    case Type::role:
      return kind == PrincipalKind::role_session &&
                     same_entity(entry, principal.issuer_arn(), principal.details().unique_id)
                 ? Naming::role
                 : Naming::no;
    case Type::session:
      return itself_if(kind == PrincipalKind::role_session && entry.text == principal.arn());
    case Type::federated_user:
      return itself_if(kind == PrincipalKind::federated_user && entry.text == principal.arn());
    case Type::unique_id:
      return names_unique_id(entry, principal);
    case Type::service:
      return itself_if(kind == PrincipalKind::service && entry.text == principal.arn());
    case Type::federated:
      return itself_if(kind == PrincipalKind::identity && entry.text == principal.arn());
    case Type::canonical_user: {
      const std::string& id = principal.details().canonical_user_id;
      if (id.empty() || id != entry.text) return Naming::no;
      return kind == PrincipalKind::root_user ? Naming::itself : Naming::account;
    }
  }
  return Naming::no;
}

bool lists_every_level(const std::vector<PrincipalEntry>& entries, const Principal& principal) noexcept {
  bool account = false;
  bool role = false;
  bool itself = false;
  for (const PrincipalEntry& entry : entries) {
    if (entry.type == PrincipalEntry::Type::everyone) return true;
    const Naming naming = names(entry, principal);
    const bool account_entry =
        entry.type == PrincipalEntry::Type::account || entry.type == PrincipalEntry::Type::canonical_user;
    account = account || (account_entry && naming != Naming::no);
    role = role || naming == Naming::role;
    itself = itself || naming == Naming::itself;
  }
  switch (principal.kind()) {
    case PrincipalKind::root_user:
      return account;
    case PrincipalKind::user:
      return account && itself;
    case PrincipalKind::role_session:
    case PrincipalKind::federated_user:
      return account && role && itself;
    default:
      return itself;
  }
}

}  // namespace postern::iam
