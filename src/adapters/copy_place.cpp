#include "adapters/copy_place.hpp"

#include "aws/core/presign.hpp"
#include "aws/s3/ops.hpp"

namespace postern::adapters {

CopyPlace::CopyPlace(AwsSession& session, fleet::S3Place place, std::string hub, const std::string& unique)
    : session_(session), place_(std::move(place)), hub_(std::move(hub)) {
  prefix_ = (place_.prefix.empty() ? "" : place_.prefix + "/") + "postern-cp-" + unique + "/";
}

aws::CallScope CopyPlace::scope() const {
  aws::CallScope scope;
  scope.account_id = hub_;
  scope.region = place_.region.text();
  scope.credentials = session_.hub();
  return scope;
}

std::string CopyPlace::key_of(std::uint64_t number) const {
  return prefix_ + std::to_string(number);
}

rt::Task<Result<void>> CopyPlace::put(rt::CallContext ctx, std::uint64_t number, std::string bytes) {
  aws::s3::PutObjectRequest request;
  request.bucket = place_.bucket;
  request.key = key_of(number);
  request.body = Blob(std::move(bytes));
  versions_.emplace(number, std::string());
  aws::CallScope mine = scope();
  CO_TRY(const aws::s3::PutObjectResponse response,
         co_await aws::call<aws::s3::PutObject>(ctx, session_.invoker(), std::move(mine), std::move(request)));
  versions_[number] = response.version_id.value_or("");
  co_return Result<void>();
}

rt::Task<Result<std::string>> CopyPlace::get(rt::CallContext ctx, std::uint64_t number) {
  aws::s3::GetObjectRequest request;
  request.bucket = place_.bucket;
  request.key = key_of(number);
  // What a node has put there is not believed to be as large as it was asked for.
  request.range = "bytes=0-" + std::to_string(kCopyObjectBytes);
  aws::CallScope mine = scope();
  CO_TRY(aws::s3::GetObjectResponse response,
         co_await aws::call<aws::s3::GetObject>(ctx, session_.invoker(), std::move(mine), std::move(request)));
  versions_[number] = response.version_id.value_or("");
  co_return response.body ? std::move(response.body->bytes) : std::string();
}

template <class Op, class Request>
rt::Task<Result<Secret<>>> CopyPlace::url(rt::CallContext ctx, Request request) {
  CO_TRY(const aws::Credentials credentials, co_await session_.hub()->resolve(ctx));
  const aws::ConstErased in(*Op::spec().input, &request);
  co_return aws::presign(signer_, session_.settings().endpoints, Op::spec(), in, place_.region.text(), credentials,
                         ctx.clock().wall_now(), kUrlTime);
}

rt::Task<Result<Secret<>>> CopyPlace::url_to_get(rt::CallContext ctx, std::uint64_t number) {
  aws::s3::GetObjectRequest request;
  request.bucket = place_.bucket;
  request.key = key_of(number);
  return url<aws::s3::GetObject>(ctx, std::move(request));
}

rt::Task<Result<Secret<>>> CopyPlace::url_to_put(rt::CallContext ctx, std::uint64_t number) {
  aws::s3::PutObjectRequest request;
  request.bucket = place_.bucket;
  request.key = key_of(number);
  versions_.emplace(number, std::string());
  return url<aws::s3::PutObject>(ctx, std::move(request));
}

rt::Task<Result<void>> CopyPlace::remove(rt::CallContext ctx, std::uint64_t number) {
  aws::s3::DeleteObjectRequest request;
  request.bucket = place_.bucket;
  request.key = key_of(number);
  if (const auto found = versions_.find(number); found != versions_.end() && !found->second.empty()) {
    request.version_id = found->second;
  }
  aws::CallScope mine = scope();
  const Result<aws::s3::DeleteObjectResponse> done =
      co_await aws::call<aws::s3::DeleteObject>(ctx, session_.invoker(), std::move(mine), std::move(request));
  if (!done) co_return fail(done.error());
  versions_.erase(number);
  co_return Result<void>();
}

rt::Task<Result<void>> CopyPlace::clear(rt::CallContext ctx) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, version] : versions_) numbers.push_back(number);
  Result<void> all;
  for (const std::uint64_t number : numbers) {
    Result<void> one = co_await remove(ctx, number);
    if (!one && all) all = std::move(one);
  }
  co_return all;
}

}  // namespace postern::adapters
