#pragma once

/// Who makes a request, and what a policy's Principal element names.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "iam/context.hpp"

namespace postern::iam {

enum class PrincipalKind : std::uint8_t {
  anonymous,       ///< an unsigned request
  root_user,       ///< an account's root user
  user,            ///< an IAM user
  role_session,    ///< credentials of AssumeRole*
  federated_user,  ///< credentials of GetFederationToken
  service,         ///< an AWS service acting by itself, e.g. ec2.amazonaws.com
  identity,        ///< who a SAML or OpenID Connect provider vouches for, before a role is assumed
};

using TagList = std::vector<std::pair<std::string, std::string>>;

/// The caller of a request. Made once per set of credentials and shared; immutable. It brings the condition keys that
/// follow from it: aws:PrincipalArn (of a session: the role's ARN), aws:PrincipalAccount, aws:PrincipalType,
/// aws:userid, aws:username (IAM users only), aws:PrincipalTag/*, aws:PrincipalOrgID, aws:PrincipalOrgPaths,
/// aws:SourceIdentity, aws:PrincipalIsAWSService, aws:PrincipalServiceName.
class Principal {
 public:
  /// What the factories leave open. Everything may be empty.
  struct Details {
    Details() = default;
    std::string unique_id;    ///< AIDA... of a user, AROA... of a role
    TagList tags;             ///< of the user or role, and of the session
    TagList transitive_tags;  ///< the session tags that the next AssumeRole inherits
    std::string source_identity;
    std::string org_id;             ///< o-...
    std::string org_path;           ///< o-.../r-.../ou-.../
    std::string canonical_user_id;  ///< of the account, as S3 knows it
  };

  static Principal anonymous();
  static Principal root(std::string_view account, Details details, std::string_view partition = "aws");
  /// `arn` with its path: arn:aws:iam::111122223333:user/division/alice.
  static Principal user(std::string_view arn, Details details);
  /// `role_arn` with its path. The session's own ARN has none: arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
  static Principal role_session(std::string_view role_arn, std::string_view session_name, Details details);
  /// `user_arn` is whoever called GetFederationToken.
  static Principal federated_user(std::string_view user_arn, std::string_view name, Details details);
  /// `name` is the service principal, "ec2.amazonaws.com".
  static Principal service(std::string_view name);
  /// `provider` as a trust policy names it under Federated: a provider's ARN or host name.
  static Principal identity(std::string_view provider);

  PrincipalKind kind() const noexcept { return kind_; }
  /// As GetCallerIdentity gives it; a service's or provider's name; "anonymous".
  const std::string& arn() const noexcept { return arn_; }
  /// Empty for services, identities and anonymous requests.
  const std::string& account() const noexcept { return account_; }
  /// The role of a session, the user behind a federated user; otherwise empty.
  const std::string& issuer_arn() const noexcept { return issuer_arn_; }
  const std::string& session_name() const noexcept { return session_name_; }
  const Details& details() const noexcept { return details_; }
  bool is_service_linked_role() const noexcept { return service_linked_; }
  const RequestContext& context() const noexcept { return context_; }

 private:
  Principal() = default;
  void finish();

  PrincipalKind kind_ = PrincipalKind::anonymous;
  std::string arn_;
  std::string account_;
  std::string issuer_arn_;
  std::string session_name_;
  Details details_;
  bool service_linked_ = false;
  RequestContext context_;
};

/// One entry of a Principal or NotPrincipal element.
struct PrincipalEntry {
  enum class Type : std::uint8_t {
    everyone,  ///< "*"
    account,   ///< 12 digits or arn:...:root: everyone to whom the account delegates
    user,
    role,
    session,         ///< arn:aws:sts::...:assumed-role/NAME/SESSION
    federated_user,  ///< arn:aws:sts::...:federated-user/NAME
    unique_id,       ///< AIDA..., AROA...: what is left of a principal that was deleted
    service,
    federated,
    canonical_user,
  };

  PrincipalEntry() = default;
  Type type = Type::everyone;
  std::string key;      ///< "AWS", "Service", ...; "STAR" for a bare "*", as IAM's messages have it
  std::string text;     ///< as written
  std::string account;  ///< of the types that have one
  /// The id of a user or role that the ARN stood for when the policy was saved; empty: the ARN is compared by name.
  std::string unique_id;

  /// `key` is AWS, Service, Federated or CanonicalUser. Error: malformed, IAM's sentence.
  static Result<PrincipalEntry> parse(std::string_view key, std::string_view text);
};

/// How firmly an entry names a principal. It decides what may still limit the grant inside one account
/// (IAM user guide, "Policy evaluation for requests within a single account").
enum class Naming : std::uint8_t {
  no,
  account,  ///< the account only: its identity policies decide
  role,     ///< the role of a session (or the user behind a federated user): boundary and session policy still limit
  itself,   ///< the principal itself, or everyone: nothing but explicit denies limits
};

Naming names(const PrincipalEntry& entry, const Principal& principal) noexcept;

/// Whether a Deny with NotPrincipal spares the principal: its account, its role and its session must all be listed,
/// since IAM checks each of them.
bool lists_every_level(const std::vector<PrincipalEntry>& entries, const Principal& principal) noexcept;

}  // namespace postern::iam
