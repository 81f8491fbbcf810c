#include "aws/core/presign.hpp"

#include "aws/core/codec.hpp"
#include "aws/core/rest_bucket.hpp"
#include "aws/core/sigv4_chunks.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace {

/// What a codec says of a body; whoever sends the request says it anew.
bool is_of_body(std::string_view name) {
  return name == "content-length" || name == "content-type";
}

}  // namespace

Result<Secret<>> presign(Signer& signer, const EndpointConfig& endpoints, const OperationSpec& operation,
                         ConstErased in, std::string_view region, const Credentials& credentials, WallTime now,
                         std::chrono::seconds valid_for) {
  const std::string name = std::string(operation.service->id) + ":" + std::string(operation.name);
  const Codec* codec = codec_for(*operation.service);
  if (codec == nullptr || !operation.service->s3_rules) {
    return fail(ErrorKind::unsupported, "no URLs are signed for " + name);
  }
  TRY(const ResolvedEndpoint endpoint, resolve_endpoint(*operation.service, region, endpoints));
  TRY(http::Request request, codec->encode_request(operation, in.value));
  for (const auto& [field, value] : request.headers.fields()) {
    if (!is_of_body(to_lower(field))) return fail(ErrorKind::usage, name + ": a URL cannot say " + field);
  }
  request.headers = http::Headers();
  request.body.clear();
  std::string host;
  if (!endpoint.custom) host = move_bucket_to_host(operation, request);
  if (!endpoint.base_path.empty()) request.target.insert(0, endpoint.base_path);
  host += endpoint.origin.host_header();
  SigningOptions options = client_signing(*operation.service);
  options.unsigned_payload = true;
  TRY_VOID(signer.presign_query(request, host, credentials, endpoint.signing_region, operation.service->signing_name,
                                now, valid_for, options));
  return Secret<>((endpoint.origin.tls ? "https://" : "http://") + host + request.target);
}

}  // namespace postern::aws
