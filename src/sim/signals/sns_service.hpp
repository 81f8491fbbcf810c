#pragma once

/// SNS: topics, their subscriptions, and what is published to them.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/sns/server.hpp"
#include "rt/context.hpp"
#include "sim/access.hpp"

namespace postern::sim {

/// A message is kept as truth (Truth::messages) and goes nowhere else: nobody is there to confirm a subscription, so
/// each stays pending. Not offered: FIFO topics, text messages, mobile push. Cloud and ctx's effects outlive it.
class SnsService final : public aws::sns::Handler {
 public:
  using Info = aws::server::CallInfo;
  static constexpr std::size_t kTopicsMax = 1'000;         ///< per account and Region; AWS has 100,000
  static constexpr std::size_t kSubscriptionsMax = 1'000;  ///< of a topic; AWS has 12,500,000

  SnsService(Cloud& cloud, rt::CallContext ctx) : cloud_(cloud), ctx_(ctx) {}

  Result<aws::sns::CreateTopicResponse> create_topic(const Info& info,
                                                     const aws::sns::CreateTopicRequest& request) override;
  Result<aws::sns::DeleteTopicResponse> delete_topic(const Info& info,
                                                     const aws::sns::DeleteTopicRequest& request) override;
  Result<aws::sns::ListTopicsResponse> list_topics(const Info& info,
                                                   const aws::sns::ListTopicsRequest& request) override;
  Result<aws::sns::GetTopicAttributesResponse> get_topic_attributes(
      const Info& info, const aws::sns::GetTopicAttributesRequest& request) override;
  Result<aws::sns::SetTopicAttributesResponse> set_topic_attributes(
      const Info& info, const aws::sns::SetTopicAttributesRequest& request) override;
  Result<aws::sns::SubscribeResponse> subscribe(const Info& info, const aws::sns::SubscribeRequest& request) override;
  Result<aws::sns::ListSubscriptionsByTopicResponse> list_subscriptions_by_topic(
      const Info& info, const aws::sns::ListSubscriptionsByTopicRequest& request) override;
  Result<aws::sns::UnsubscribeResponse> unsubscribe(const Info& info,
                                                    const aws::sns::UnsubscribeRequest& request) override;
  Result<aws::sns::PublishResponse> publish(const Info& info, const aws::sns::PublishRequest& request) override;
  Result<aws::sns::PublishBatchResponse> publish_batch(const Info& info,
                                                       const aws::sns::PublishBatchRequest& request) override;

  /// How a service comes to publish: CloudWatch does it for the topic's own account unless the topic's policy says
  /// otherwise, EventBridge only when the policy names it.
  enum class Default : std::uint8_t { own_account, nobody };
  struct ServicePublish {
    ServicePublish() = default;
    std::string service;     ///< "events.amazonaws.com"
    std::string source_arn;  ///< the rule's or the alarm's
    std::string account;     ///< whose it is
    Default without_policy = Default::nobody;
    std::string topic_arn;
    std::string subject;
    std::string message;
  };
  /// A service publishes by itself. Fails as Publish does.
  Result<void> publish_as(ServicePublish what);

 private:
  struct Subscription {
    Subscription() = default;
    std::string arn;
    std::string protocol;
    std::string endpoint;
    std::string owner;
  };
  struct Topic {
    Topic() = default;
    std::string arn;
    std::string account;
    std::string region;
    std::map<std::string, std::string> attributes;  ///< those that were set
    Tags tags;
    std::shared_ptr<const iam::AttachedPolicy> policy;  ///< null: the default one
    std::vector<Subscription> subscriptions;
    std::size_t removed = 0;  ///< subscriptions that were unsubscribed
  };

  /// Authorises the operation on the topic, and finds it.
  Result<Topic*> open(const Info& info, const std::optional<std::string>& arn, std::string_view action);
  static Result<void> set_attribute(Topic& topic, const std::string& name, const std::string& value);
  std::string keep(const Topic& topic, std::string from, std::string subject, std::string message,
                   std::map<std::string, std::string> attributes);

  Cloud& cloud_;
  rt::CallContext ctx_;
  std::map<std::string, Topic, std::less<>> topics_;  ///< by ARN
};

}  // namespace postern::sim
