#pragma once

/// Policy documents: parsed and checked once, then shared.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/json.hpp"
#include "iam/condition.hpp"
#include "iam/pattern.hpp"
#include "iam/principal.hpp"

namespace postern::iam {

/// What a document is attached to; it decides which elements it may and must have.
enum class DocumentKind : std::uint8_t {
  identity,  ///< a user's, group's or role's policy, managed or inline: no Principal
  boundary,  ///< a permissions boundary: as identity
  session,   ///< passed to AssumeRole or GetFederationToken: as identity
  trust,     ///< a role's: Principal required, no Resource, sts: actions only
  resource,  ///< a bucket's, key's, queue's ...: Principal required; without Resource it speaks of its own resource
  scp,       ///< a service control policy: no Principal
  rcp,       ///< a resource control policy: Deny for everyone, on services that support RCPs
  endpoint,  ///< of a VPC endpoint: Principal required
};
std::string_view to_string(DocumentKind kind) noexcept;

/// Bounds of every document, whatever its quota.
inline constexpr std::size_t kDocumentBytesMax = 131072;  ///< what the IAM API takes
inline constexpr int kDocumentDepthMax = 10;              ///< the language needs 6
inline constexpr std::size_t kStatementsMax = 2000;

/// Default quotas in characters, white space not counted (SCPs and RCPs: every byte counts).
inline constexpr std::size_t kManagedPolicySizeMax = 6144;
inline constexpr std::size_t kRoleInlinePoliciesSizeMax = 10240;  ///< all inline policies of a role together
inline constexpr std::size_t kTrustPolicySizeMax = 2048;          ///< 4,096 on request
inline constexpr std::size_t kSessionPolicySizeMax = 2048;
inline constexpr std::size_t kOrganizationPolicySizeMax = 5120;
inline constexpr std::size_t kEndpointPolicySizeMax = 20480;
inline constexpr std::size_t kResourcePolicySizeMax = 20480;  ///< S3's; other services have less
std::size_t default_quota(DocumentKind kind) noexcept;

enum class Effect : std::uint8_t { allow, deny };
std::string_view to_string(Effect effect) noexcept;

/// How an element speaks of its values.
enum class Scope : std::uint8_t {
  absent,
  only,        ///< Action, Resource, Principal
  all_except,  ///< NotAction, NotResource, NotPrincipal
};

/// The actions of a statement. Names without wildcards are found by binary search: managed policies list hundreds.
class ActionSet {
 public:
  ActionSet() = default;
  explicit ActionSet(std::vector<std::string> texts);
  /// `folded` is "service:action" in lower case.
  bool contains(std::string_view folded) const;
  const std::vector<std::string>& texts() const noexcept { return texts_; }

 private:
  std::vector<std::string> texts_;  ///< as written
  std::vector<std::string> exact_;  ///< lower case, sorted
  std::vector<TextPattern> globs_;
  bool all_ = false;
};

struct Statement {
  Statement() = default;
  std::string sid;
  Effect effect = Effect::allow;
  Scope action_scope = Scope::absent;
  ActionSet actions;
  Scope resource_scope = Scope::absent;
  std::vector<ArnPattern> resources;
  Scope principal_scope = Scope::absent;
  std::vector<PrincipalEntry> principals;
  std::vector<Condition> conditions;

  bool covers_action(std::string_view folded) const {
    return actions.contains(folded) == (action_scope == Scope::only);
  }
};

class Document;
/// Shared by everything that the document is attached to: identities, accounts, sessions.
using DocumentPtr = std::shared_ptr<const Document>;

/// A valid policy document. Immutable.
class Document {
 public:
  DocumentKind kind() const noexcept { return kind_; }
  /// "2008-10-17" when the document does not say: the language's default.
  const std::string& version() const noexcept { return version_; }
  const std::string& id() const noexcept { return id_; }
  const std::vector<Statement>& statements() const noexcept { return statements_; }
  /// Positions in statements() of each effect.
  const std::vector<std::uint32_t>& denies() const noexcept { return denies_; }
  const std::vector<std::uint32_t>& allows() const noexcept { return allows_; }
  /// Characters, white space between tokens not counted: what quotas are about.
  std::size_t size() const noexcept { return size_; }

  /// The same document with the users and roles of its Principal elements bound to ids, as IAM does when it saves a
  /// policy: who is deleted and made again under the same name is no longer meant. `id_of` gives the id of a user's or
  /// role's ARN, or nothing when there is none: then the answer is malformed, "Invalid principal in policy: ...".
  Result<DocumentPtr> bind_principals(FunctionRef<std::optional<std::string>(const std::string&)> id_of) const;

 private:
  friend class DocumentParser;
  Document() = default;

  DocumentKind kind_ = DocumentKind::identity;
  std::string version_;
  std::string id_;
  std::vector<Statement> statements_;
  std::vector<std::uint32_t> denies_;
  std::vector<std::uint32_t> allows_;
  std::size_t size_ = 0;
};

/// Whose document it is: AWS's own managed policies are larger than a customer's may be, and its RCP allows.
enum class Author : std::uint8_t { customer, aws };
/// `current`: only 2012-10-17, as IAM demands of identity policies that are written today.
enum class VersionRule : std::uint8_t { any, current };

struct ParseOptions {
  ParseOptions() = default;
  Author author = Author::customer;
  VersionRule version = VersionRule::any;
  std::optional<std::size_t> size_max;  ///< instead of default_quota(kind)
};

/// Parses and checks. Errors: malformed, with AWS's sentence as message, AWS's code in aws()->code
/// (MalformedPolicyDocument, LimitExceeded, ... as the service that takes this kind would say) and, in the context,
/// `path` (where in the document: "Statement[1].Condition.StringLike") and `why` when AWS's sentence does not say it.
Result<DocumentPtr> parse_document(DocumentKind kind, std::string_view text,
                                   const ParseOptions& options = ParseOptions());
/// The same of a document that is part of a larger one (CloudFormation, world files).
Result<DocumentPtr> document_from_json(DocumentKind kind, const Json& document,
                                       const ParseOptions& options = ParseOptions());

/// The services that resource control policies apply to, e.g. "s3".
bool supports_rcp(std::string_view service) noexcept;

}  // namespace postern::iam
