#pragma once

/// What large files of `cp` travel through: objects of a bucket that this host and a node reach, this host with the
/// hub's credentials, the node by URLs that are signed with them. No name is used twice, and none stays.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "adapters/aws_session.hpp"
#include "aws/core/sigv4.hpp"
#include "fleet/notify_target.hpp"

namespace postern::adapters {

/// The bytes of one object: one request on either side carries them, from memory.
inline constexpr std::size_t kCopyObjectBytes = 8U << 20U;

class CopyPlace {
 public:
  /// How long a node has for one object.
  static constexpr std::chrono::seconds kUrlTime = std::chrono::minutes(15);

  /// `hub`: the account that the credentials must belong to; empty: any. `place` has its Region. `unique`: letters and
  /// digits that no other copy has. The session outlives it.
  CopyPlace(AwsSession& session, fleet::S3Place place, std::string hub, const std::string& unique);

  /// "s3://BUCKET/PREFIX".
  std::string text() const { return place_.text(); }
  /// "s3://BUCKET/PREFIX/postern-cp-UNIQUE/": what all objects of this copy are below.
  std::string name() const { return "s3://" + place_.bucket + "/" + prefix_; }
  /// False in a cloud in memory, whose URLs lead nowhere - or to somebody else's.
  bool has_urls() const { return session_.dialer(true) != nullptr; }

  // Objects are numbered from 0; a number stands for one object in all of the copy. Errors are the calls' own.
  rt::Task<Result<void>> put(rt::CallContext ctx, std::uint64_t number, std::string bytes);
  rt::Task<Result<std::string>> get(rt::CallContext ctx, std::uint64_t number);
  /// For the node: a URL to GET it from, or to PUT it at.
  rt::Task<Result<Secret<>>> url_to_get(rt::CallContext ctx, std::uint64_t number);
  rt::Task<Result<Secret<>>> url_to_put(rt::CallContext ctx, std::uint64_t number);
  /// Of a versioned bucket the version goes, too. An object that is not there is none to complain of.
  rt::Task<Result<void>> remove(rt::CallContext ctx, std::uint64_t number);
  /// Removes all that may be there still. Fails with the first error, after it has tried all of them.
  rt::Task<Result<void>> clear(rt::CallContext ctx);
  std::size_t left() const noexcept { return versions_.size(); }

 private:
  aws::CallScope scope() const;
  template <class Request>
  Request about(std::uint64_t number) const;
  rt::Task<Result<std::optional<std::string>>> find_version(rt::CallContext ctx, std::uint64_t number);
  /// The marker that it left, if it left one.
  rt::Task<Result<std::string>> delete_version(rt::CallContext ctx, std::uint64_t number, std::string version);
  template <class Op, class Request>
  rt::Task<Result<Secret<>>> url(rt::CallContext ctx, Request request);

  AwsSession& session_;
  fleet::S3Place place_;
  std::string hub_;
  std::string prefix_;
  aws::Signer signer_;
  /// Of every object that may be there: its version, empty in a bucket without versions; absent: nobody has looked.
  std::map<std::uint64_t, std::optional<std::string>> versions_;
};

}  // namespace postern::adapters
