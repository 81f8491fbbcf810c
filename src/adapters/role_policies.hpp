#pragma once

/// The policies of a role as IAM lists them, and their documents.

#include <string>
#include <utility>
#include <vector>

#include "adapters/aws_session.hpp"

namespace postern::adapters {

/// Pages to the end. Documents are JSON texts, decoded: IAM gives them as they stand in a URL; an answer without one is
/// malformed. Errors are those of the call that failed. The session outlives it.
class RolePolicies {
 public:
  struct Attached {
    Attached(std::string n, std::string a) : name(std::move(n)), arn(std::move(a)) {}
    std::string name;
    std::string arn;
  };

  explicit RolePolicies(AwsSession& session) : session_(session) {}

  rt::Task<Result<std::vector<Attached>>> attached(rt::CallContext ctx, aws::CallScope scope, std::string role);
  rt::Task<Result<std::vector<std::string>>> inline_names(rt::CallContext ctx, aws::CallScope scope, std::string role);
  rt::Task<Result<std::string>> inline_document(rt::CallContext ctx, aws::CallScope scope, std::string role,
                                                std::string name);
  /// Of a managed policy: of its default version.
  rt::Task<Result<std::string>> managed_document(rt::CallContext ctx, aws::CallScope scope, std::string arn);

 private:
  AwsSession& session_;
};

/// A document as IAM's answer about `what` has it.
Result<std::string> policy_text(const std::optional<std::string>& document, const std::string& what);

}  // namespace postern::adapters
