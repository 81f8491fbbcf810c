#pragma once

/// Whether a caller may do something to a bucket or an object: what the caller's own policies and the bucket's say.
/// Private to s3.

#include <string>
#include <string_view>

#include "aws/core/server.hpp"
#include "iam/context.hpp"
#include "sim/s3/store.hpp"

namespace postern::sim::s3 {

/// One question, about one resource.
class Question {
 public:
  /// "s3:ListBucket", as IAM calls it.
  Question(std::string_view action, std::string arn) : action_(action), arn_(std::move(arn)) {}
  /// The bucket that the resource is in, which has an owner and perhaps a policy. It outlives the question.
  Question& in(const StoredBucket& bucket) {
    bucket_ = &bucket;
    return *this;
  }
  Question& with(std::string_view key, std::string value) {
    context_.set(key, std::move(value));
    return *this;
  }
  const std::string& action() const noexcept { return action_; }
  const std::string& arn() const noexcept { return arn_; }
  const StoredBucket* bucket() const noexcept { return bucket_; }
  const iam::RequestContext& context() const noexcept { return context_; }

 private:
  std::string action_;
  std::string arn_;
  const StoredBucket* bucket_ = nullptr;
  iam::RequestContext context_;
};

/// Ok, or AccessDenied with AWS's text.
Result<void> authorize(const aws::server::CallInfo& info, const Question& question);

}  // namespace postern::sim::s3
