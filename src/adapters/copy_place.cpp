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

template <class Request>
Request CopyPlace::about(std::uint64_t number) const {
  Request request;
  request.bucket = place_.bucket;
  request.key = prefix_ + std::to_string(number);
  return request;
}

rt::Task<Result<void>> CopyPlace::put(rt::CallContext ctx, std::uint64_t number, std::string bytes) {
  auto request = about<aws::s3::PutObjectRequest>(number);
  request.body = Blob(std::move(bytes));
  versions_.emplace(number, std::nullopt);
  aws::CallScope mine = scope();
  CO_TRY(const aws::s3::PutObjectResponse response,
         co_await aws::call<aws::s3::PutObject>(ctx, session_.invoker(), std::move(mine), std::move(request)));
  versions_[number] = response.version_id.value_or("");
  co_return Result<void>();
}

rt::Task<Result<std::string>> CopyPlace::get(rt::CallContext ctx, std::uint64_t number) {
  auto request = about<aws::s3::GetObjectRequest>(number);
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
  return url<aws::s3::GetObject>(ctx, about<aws::s3::GetObjectRequest>(number));
}

rt::Task<Result<Secret<>>> CopyPlace::url_to_put(rt::CallContext ctx, std::uint64_t number) {
  versions_.emplace(number, std::nullopt);
  return url<aws::s3::PutObject>(ctx, about<aws::s3::PutObjectRequest>(number));
}

/// The version of an object that somebody may have put there; absent: it is not there.
rt::Task<Result<std::optional<std::string>>> CopyPlace::find_version(rt::CallContext ctx, std::uint64_t number) {
  auto request = about<aws::s3::HeadObjectRequest>(number);
  aws::CallScope mine = scope();
  const Result<aws::s3::HeadObjectResponse> found =
      co_await aws::call<aws::s3::HeadObject>(ctx, session_.invoker(), std::move(mine), std::move(request));
  if (found) co_return found->version_id.value_or("");
  if (found.error().kind() == ErrorKind::not_found) co_return std::nullopt;
  // Who may not list the bucket is told this of objects that are not there.
  if (found.error().kind() == ErrorKind::denied) co_return std::string();
  co_return fail(found.error());
}

rt::Task<Result<std::string>> CopyPlace::delete_version(rt::CallContext ctx, std::uint64_t number,
                                                        std::string version) {
  auto request = about<aws::s3::DeleteObjectRequest>(number);
  if (!version.empty()) request.version_id = std::move(version);
  aws::CallScope mine = scope();
  CO_TRY(const aws::s3::DeleteObjectResponse done,
         co_await aws::call<aws::s3::DeleteObject>(ctx, session_.invoker(), std::move(mine), std::move(request)));
  co_return done.delete_marker.value_or(false) ? done.version_id.value_or("") : std::string();
}

rt::Task<Result<void>> CopyPlace::remove(rt::CallContext ctx, std::uint64_t number) {
  const auto known = versions_.find(number);
  std::optional<std::string> version = known == versions_.end() ? std::nullopt : known->second;
  if (!version) {
    CO_TRY(version, co_await find_version(ctx, number));
  }
  if (version) {
    const bool named = !version->empty();
    CO_TRY(std::string marker, co_await delete_version(ctx, number, std::move(*version)));
    // Of a bucket with versions, where there was none to be seen: the marker is all that there is.
    if (!named && !marker.empty()) CO_TRY_VOID(co_await delete_version(ctx, number, std::move(marker)));
  }
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
