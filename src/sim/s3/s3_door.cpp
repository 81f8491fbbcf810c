#include "sim/s3/s3_door.hpp"

#include <array>

#include "aws/core/rest_bucket.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"

namespace postern::sim {
namespace s3_door {

constexpr std::string_view kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

const std::vector<std::string>& hosts() {
  static const std::vector<std::string> all(1, "localhost");
  return all;
}

/// The bucket that a request is about; empty when there is none.
std::string bucket_of(const http::Request& request) {
  const std::string target = aws::path_style_target(request, hosts());
  const std::size_t end = target.find_first_of("/?", 1);
  const auto name = percent_decode(std::string_view(target).substr(1, end == std::string::npos ? end : end - 1));
  return name.value_or("");
}

/// Whether the bucket's own name is being made: CreateBucket is asked in the Region where the bucket is to be.
bool creates(const http::Request& request, const std::string& bucket) {
  if (request.method != "PUT" || !request.query().empty()) return false;
  const std::string target = aws::path_style_target(request, hosts());
  return target == "/" + bucket || target == "/" + bucket + "/";
}

http::Response wrong_region(const http::Request& request, const StoredBucket& bucket, const std::string& asked,
                            const std::string& request_id) {
  const bool by_host = request.headers.get("Host").find(asked) != std::string_view::npos;
  std::string detail;
  http::Response response;
  if (by_host) {
    response.status = 301;
    detail =
        "<Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using "
        "the specified endpoint. Please send all future requests to this endpoint.</Message><Endpoint>" +
        bucket.name + ".s3." + bucket.region + ".amazonaws.com</Endpoint><Bucket>" + bucket.name + "</Bucket>";
  } else {
    response.status = 400;
    detail = "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region '" +
             asked + "' is wrong; expecting '" + bucket.region + "'</Message><Region>" + bucket.region + "</Region>";
  }
  response.headers.set("Content-Type", "application/xml");
  response.headers.set("x-amz-request-id", request_id);
  response.headers.set("x-amz-bucket-region", bucket.region);
  if (request.method != "HEAD") {
    response.body = std::string(kXml) + "<Error>" + detail + "<RequestId>" + request_id + "</RequestId></Error>";
  }
  return response;
}

}  // namespace s3_door

rt::Task<Result<http::Response>> S3Door::serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) {
  const auto scope = aws::server::claimed_scope(request);
  if (!scope || scope->service != "s3") {
    co_return co_await inner_.serve(ctx, std::move(peer), std::move(request));
  }
  const std::string bucket = s3_door::bucket_of(request);
  const StoredBucket* there = bucket.empty() ? nullptr : store_.find(bucket);
  if (there != nullptr && there->region != scope->region && !s3_door::creates(request, bucket)) {
    std::array<std::uint8_t, 16> bytes{};
    ctx.random().fill(bytes);
    co_return s3_door::wrong_region(request, *there, scope->region, make_uuid(bytes));
  }
  Result<http::Response> response = co_await inner_.serve(ctx, std::move(peer), std::move(request));
  if (!response) co_return response;
  if (response->headers.find("Content-Range") != nullptr && response->status == 200) response->status = 206;
  if (response->status == 304) response->body.clear();
  if (const StoredBucket* after = bucket.empty() ? nullptr : store_.find(bucket))
    response->headers.set("x-amz-bucket-region", after->region);
  co_return response;
}

}  // namespace postern::sim
