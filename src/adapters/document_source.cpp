#include "adapters/document_source.hpp"

#include "aws/ssm/ops.hpp"
#include "base/json.hpp"

namespace postern::adapters {
namespace documents {

flow::DocumentDescription description_of(const aws::ssm::DocumentDescription& wire, const std::string& asked) {
  flow::DocumentDescription out;
  // By an ARN that another account shares, AWS answers with the bare name.
  out.name = asked.starts_with("arn:") ? asked : wire.name.value_or(asked);
  out.version = wire.document_version.value_or("");
  // A Sha1 of old documents pins nothing.
  const bool sha256 = !wire.hash_type || wire.hash_type->text() == "Sha256";
  if (sha256) out.hash = wire.hash.value_or("");
  if (wire.document_type) out.type = wire.document_type->text();
  if (wire.status) out.status = wire.status->text();
  out.target_type = wire.target_type.value_or("");
  for (const auto& platform : wire.platform_types) {
    if (const auto known = flow::parse_document_platform(platform.text())) out.platforms.push_back(*known);
  }
  for (const aws::ssm::DocumentParameter& parameter : wire.parameters) {
    flow::ParameterDescription one;
    one.name = parameter.name.value_or("");
    if (parameter.type) one.type = flow::parse_parameter_type(parameter.type->text());
    one.default_value = parameter.default_value;
    out.parameters.push_back(std::move(one));
  }
  return out;
}

/// "InvalidDocument", "InvalidDocumentVersion": there is no such thing here.
Error explained(Error error) {
  const std::string code = error.aws() != nullptr ? error.aws()->code : std::string();
  const bool absent = code == "InvalidDocument" || code == "InvalidDocumentVersion";
  if (!absent || error.kind() == ErrorKind::not_found) return error;
  Error known(ErrorKind::not_found, error.message());
  return std::move(known).caused_by(std::move(error));
}

}  // namespace documents

void read_parameter_rules(std::string_view content, std::vector<flow::ParameterDescription>& parameters) {
  const Result<Json> json = Json::parse(content);
  if (!json || !json->is_object()) return;
  const Json& rules = (*json)["parameters"];
  if (!rules.is_object()) return;
  for (flow::ParameterDescription& parameter : parameters) {
    const Json& rule = rules[parameter.name];
    if (!rule.is_object()) continue;
    parameter.allowed_pattern = std::string(rule["allowedPattern"].to_string().value_or(""));
    const Json& allowed = rule["allowedValues"];
    if (!allowed.is_array()) continue;
    for (const Json& value : allowed.items()) {
      if (value.is_string()) {
        parameter.allowed_values.push_back(value.as_string());
      } else if (const auto truth = value.to_bool()) {
        parameter.allowed_values.emplace_back(*truth ? "true" : "false");
      } else {
        parameter.allowed_values.push_back(value.dump());
      }
    }
  }
}

rt::Task<Result<flow::DocumentDescription>> SsmDocuments::describe(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                   std::string name, std::string version) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::CallScope again = call;
  aws::ssm::DescribeDocumentRequest request;
  request.name = name;
  if (!version.empty()) request.document_version = version;
  Result<aws::ssm::DescribeDocumentResponse> response =
      co_await aws::call<aws::ssm::DescribeDocument>(ctx, session_.invoker(), std::move(call), std::move(request));
  if (!response) co_return fail(documents::explained(std::move(response).error()));
  if (!response->document) co_return fail(ErrorKind::malformed, "DescribeDocument's answer has no document");
  flow::DocumentDescription description = documents::description_of(*response->document, name);
  // Our own two scripts have no rules that could be broken.
  const bool ours = name == flow::document_of(flow::Shell::sh) || name == flow::document_of(flow::Shell::powershell);
  if (ours || description.parameters.empty()) co_return description;
  aws::ssm::GetDocumentRequest content;
  content.name = name;
  content.document_format.emplace("JSON");
  if (!description.version.empty()) content.document_version = description.version;
  Result<aws::ssm::GetDocumentResponse> read =
      co_await aws::call<aws::ssm::GetDocument>(ctx, session_.invoker(), std::move(again), std::move(content));
  // May be denied where DescribeDocument is not: Systems Manager then judges values alone.
  if (read && read->content) {
    read_parameter_rules(*read->content, description.parameters);
    description.content = std::move(*read->content);
  }
  co_return description;
}

}  // namespace postern::adapters
