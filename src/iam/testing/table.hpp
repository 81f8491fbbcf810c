#pragma once

/// The evaluator's case tables (testdata/*.yaml; its README explains the notation). Test code.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "iam/assume_role.hpp"

namespace postern::iam::testing {

/// A table file as JSON. Errors: usage, with the position in the file.
Result<Json> load_table(std::string_view file_name);

/// One row of a table, ready to run: owns what the request borrows.
class Case {
 public:
  /// `world` is the table of named documents and principals. Errors say what in the row makes no sense.
  static Result<std::unique_ptr<Case>> make(const Json& world, const Json& row);

  Evaluation run(Detail detail, DenialStyle style) const;

 private:
  Case() = default;
  Result<void> build(const Json& world, const Json& row);
  Result<void> build_caller(const Json& world, const Json& row);
  Result<void> build_resources(const Json& world, const Json& row);
  Result<void> build_organizations(const Json& world, const Json& row);
  Result<void> build_assume(const Json& world, const Json& row);

  std::optional<Principal> principal_;
  std::string action_;
  RequestContext context_;
  PolicyList identity_;
  PolicyList session_;
  std::optional<AttachedPolicy> boundary_;
  std::optional<AttachedPolicy> resource_policy_;
  std::optional<EndpointPolicy> endpoint_;
  std::optional<OrganizationPath> organization_;
  std::optional<OrganizationPath> resource_organization_;
  std::deque<RequestContext> resource_contexts_;
  std::vector<Resource> resources_;
  std::optional<AssumeRoleRequest> assume_;
  PolicySet policies_;
};

/// A document in short: "Allow s3:Get*,s3:List* arn:aws:s3:::b/* to AWS=111122223333 if StringEquals aws:x=v". "@name"
/// is a named document, a map is a document as it is, a list is one document of several statements.
Result<DocumentPtr> make_document(const Json& world, DocumentKind kind, const Json& value);
Result<Principal> make_principal(const Json& world, const Json& value);
RequestContext make_context(const Json& value);

}  // namespace postern::iam::testing
