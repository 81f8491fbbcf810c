#pragma once

#include "adapters/aws_session.hpp"
#include "flow/document_look.hpp"

namespace postern::adapters {

/// flow::DocumentPort on SSM. The session outlives it.
class SsmDocuments final : public flow::DocumentPort {
 public:
  explicit SsmDocuments(AwsSession& session) : session_(session) {}
  rt::Task<Result<flow::DocumentDescription>> describe(rt::CallContext ctx, fleet::ScopePtr scope, std::string name,
                                                       std::string version) override;

 private:
  AwsSession& session_;
};

/// What DescribeDocument does not tell of the parameters: allowedValues and allowedPattern of a document's content,
/// which is JSON. Content that makes no sense tells nothing.
void read_parameter_rules(std::string_view content, std::vector<flow::ParameterDescription>& parameters);

}  // namespace postern::adapters
