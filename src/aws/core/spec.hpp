#pragma once

/// ServiceSpec and OperationSpec: everything about a service and an operation that is data (protocol, names,
/// idempotency, pagination, errors). Written by awsgen from the models and the selection; constant for the program's
/// life.

#include <span>
#include <string_view>

#include "aws/core/shape.hpp"

namespace postern::aws {

enum class Protocol : std::uint8_t { json, query, ec2, rest_json, rest_xml };

struct ServiceSpec {
  std::string_view id;           ///< botocore's folder name and our namespace: "ssm"
  std::string_view service_id;   ///< "SSM": AWS_ENDPOINT_URL_<SERVICE_ID upper, spaces to _>
  std::string_view full_name;    ///< "Amazon Simple Systems Manager (SSM)"
  std::string_view api_version;  ///< "2014-11-06"
  Protocol protocol;
  std::string_view json_version;     ///< "1.0" or "1.1"; json only
  std::string_view target_prefix;    ///< "AmazonSSM"; json only
  std::string_view endpoint_prefix;  ///< "ssm"
  std::string_view signing_name;     ///< "ssm"
  std::string_view xml_namespace;    ///< of query, ec2 and rest-xml replies
  std::string_view global_endpoint;  ///< "iam.amazonaws.com" where the partition has one endpoint, else empty
  /// The object store's rules (signatureVersion "s3" in the models): a bucket may stand in the host name, paths are
  /// signed as they are, bodies may be aws-chunked, errors come without a wrapper or with status 200.
  bool s3_rules = false;
};

/// Whether a call may be sent a second time by us after an ambiguous failure (DESIGN.md section 5).
enum class Effect : std::uint8_t {
  read,              ///< changes nothing: retry freely; allowed under --read-only when the reviewed list has it
  idempotent_write,  ///< a second execution does no further harm
  write,             ///< never retried blindly: the journal's job
};

/// How pages follow each other; every name is a member path ("NextToken", or "Result.NextToken").
struct Pagination {
  std::string_view input_token;
  std::string_view output_token;
  std::string_view limit_key;     ///< the request member that asks for a page size; may be empty
  std::string_view result_key;    ///< the first list of the reply
  std::string_view more_results;  ///< member that says whether there is more; usually empty
};

/// Whether the body of a request carries a checksum (the models' httpChecksum traits).
enum class BodyChecksum : std::uint8_t {
  none,
  optional,  ///< checked by a server when it is there
  required,  ///< added by the client, refused by a server without it
};

struct OperationSpec {
  std::string_view name;  ///< "SendCommand"
  const ServiceSpec* service;
  const Shape* input;               ///< never null: an empty structure where the model has none
  const Shape* output;              ///< never null
  std::string_view result_wrapper;  ///< query: "AssumeRoleResult"; empty when there is none
  std::string_view http_method;     ///< "POST"
  std::string_view request_uri;     ///< "/", or a template of REST: "/{Bucket}/{Key+}?uploads"
  std::string_view host_prefix;     ///< endpoint trait, "foo." or ""
  std::span<const Shape* const> errors;
  Effect effect = Effect::write;
  bool unsigned_request = false;  ///< authtype none (AssumeRoleWithWebIdentity)
  const Pagination* pagination = nullptr;
  std::string_view xml_root;  ///< rest-xml: locationName of the input; empty: the input shape's name
  std::string_view xml_root_namespace;
  int success_status = 200;          ///< REST: what a server answers with when all is well
  std::string_view reply_root = {};  ///< rest-xml: the reply's root element; empty: the output shape's name
  bool unwrapped_reply = false;      ///< rest-xml: the root element is the output's only member itself
  BodyChecksum body_checksum = BodyChecksum::none;
};

}  // namespace postern::aws
