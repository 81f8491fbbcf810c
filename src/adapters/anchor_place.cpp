#include "adapters/anchor_place.hpp"

#include "aws/core/pager.hpp"
#include "aws/s3/ops.hpp"
#include "base/encoding.hpp"
#include "ledger/chain.hpp"

namespace postern::adapters {
namespace {

constexpr std::size_t kAnchorsMax = 100'000;
constexpr std::size_t kAnchorBytesMax = 16U << 10U;

}  // namespace

aws::CallScope AnchorPlace::scope() const {
  aws::CallScope scope;
  scope.account_id = hub_;
  scope.region = place_.region.empty() ? region_ : place_.region.text();
  scope.credentials = session_.hub();
  return scope;
}

std::string AnchorPlace::name_of(const flow::Anchor& anchor) const {
  return "s3://" + place_.bucket + "/" + flow::anchor_key(place_.prefix, anchor);
}

rt::Task<Result<void>> AnchorPlace::put(rt::CallContext ctx, const flow::Anchor& anchor, int days) {
  aws::s3::PutObjectRequest request;
  request.bucket = place_.bucket;
  request.key = flow::anchor_key(place_.prefix, anchor);
  request.content_type = "application/json";
  std::string body = json_of(anchor).dump() + "\n";
  // Object Lock wants a checksum with the object.
  const ledger::Digest digest = ledger::sha256(body);
  request.checksum_algorithm.emplace("SHA256");
  request.checksum_sha256 = to_base64(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
  request.body = Blob(std::move(body));
  if (days > 0) {
    request.object_lock_mode.emplace("COMPLIANCE");
    request.object_lock_retain_until_date = anchor.at + std::chrono::hours(24) * days;
  }
  aws::CallScope mine = scope();
  const Result<aws::s3::PutObjectResponse> response =
      co_await aws::call<aws::s3::PutObject>(ctx, session_.invoker(), std::move(mine), std::move(request));
  if (!response) co_return fail(response.error());
  co_return Result<void>();
}

rt::Task<Result<std::vector<std::string>>> AnchorPlace::keys(rt::CallContext ctx, std::string world,
                                                             std::string ledger) {
  aws::s3::ListObjectsV2Request request;
  request.bucket = place_.bucket;
  request.prefix = flow::anchors_prefix(place_.prefix, world, ledger);
  aws::CallScope mine = scope();
  aws::Pager<aws::s3::ListObjectsV2> pager(ctx, session_.invoker(), std::move(mine), std::move(request));
  std::vector<std::string> keys;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return keys;
    for (const aws::s3::Object& object : page->contents) keys.push_back(object.key.value_or(""));
    if (keys.size() > kAnchorsMax) {
      co_return fail(ErrorKind::refused, "there are more than " + std::to_string(kAnchorsMax) + " anchors");
    }
  }
}

rt::Task<Result<flow::Anchor>> AnchorPlace::get(rt::CallContext ctx, std::string key) {
  aws::s3::GetObjectRequest request;
  request.bucket = place_.bucket;
  request.key = std::move(key);
  request.range = "bytes=0-" + std::to_string(kAnchorBytesMax - 1);
  aws::CallScope mine = scope();
  CO_TRY(const aws::s3::GetObjectResponse response,
         co_await aws::call<aws::s3::GetObject>(ctx, session_.invoker(), std::move(mine), std::move(request)));
  co_return flow::parse_anchor(response.body ? response.body->bytes : std::string());
}

}  // namespace postern::adapters
