#include "sim/signals/sns_service.hpp"

#include <algorithm>
#include <set>

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "iam/arn.hpp"
#include "sim/signals/shared.hpp"

namespace postern::sim {
namespace sns_detail {

using signals::refusal;

constexpr std::size_t kMessageMax = 262'144;  // bytes of a message with its attributes, and of a batch
constexpr std::size_t kSubjectMax = 100;
constexpr std::size_t kNameMax = 256;
constexpr std::size_t kBatchMax = 10;
constexpr std::size_t kBatchIdMax = 80;
constexpr std::size_t kPage = 100;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kPolicyMax = 30'720;
constexpr std::size_t kDisplayNameMax = 100;

Error invalid(std::string_view what) {
  return refusal(ErrorKind::usage, "InvalidParameter", "Invalid parameter: " + std::string(what));
}

Error bad_attribute(std::string message) {
  return refusal(ErrorKind::usage, "ParameterValueInvalid", std::move(message));
}

Result<void> check_topic_arn(const std::string& arn) {
  const auto parts = iam::split_arn(arn);
  if (!parts) {
    const auto count = static_cast<std::size_t>(std::count(arn.begin(), arn.end(), ':')) + 1;
    return fail(invalid("TopicArn Reason: An ARN must have at least 6 elements, not " + std::to_string(count)));
  }
  if (parts->service() != "sns") return fail(invalid("TopicArn"));
  return {};
}

Result<void> check_subject(const std::optional<std::string>& subject) {
  if (!subject) return {};
  const bool printed = std::all_of(subject->begin(), subject->end(), [](char c) { return c >= ' ' && c < 0x7F; });
  if (printed && !subject->empty() && subject->front() != ' ' && subject->size() <= kSubjectMax) return {};
  return fail(invalid("Subject"));
}

Result<void> check_structure(const std::optional<std::string>& structure, const std::string& message) {
  if (!structure || structure->empty()) return {};
  if (*structure != "json") return fail(invalid("MessageStructure"));
  const Result<Json> body = Json::parse(message);
  if (!body || !body->is_object()) {
    return fail(invalid("Message Structure - JSON message body failed to parse"));
  }
  if (body->contains("default")) return {};
  return fail(invalid("Message Structure - No default entry in JSON message body"));
}

Result<void> check_attribute(const std::string& name, const aws::sns::MessageAttributeValue& value) {
  const bool dots = name.starts_with('.') || name.ends_with('.') || name.find("..") != std::string::npos;
  const bool reserved = starts_with_ignore_case(name, "aws.") || starts_with_ignore_case(name, "amazon.");
  if (name.empty() || name.size() > kNameMax || !signals::is_made_of(name, "_-.") || dots || reserved) {
    return fail(bad_attribute("The message attribute name '" + printable(name, 100) + "' is not valid."));
  }
  const std::string& type = *value.data_type;
  const std::string_view kind = std::string_view(type).substr(0, type.find('.'));
  if (kind != "String" && kind != "Number" && kind != "Binary") {
    return fail(bad_attribute("The message attribute '" + name +
                              "' has an invalid message attribute type, the set of supported type prefixes is Binary, "
                              "Number, and String."));
  }
  const bool binary = kind == "Binary";
  const bool there = binary ? value.binary_value && !value.binary_value->bytes.empty()
                            : value.string_value && !value.string_value->empty();
  if (!there) {
    return fail(bad_attribute("The message attribute '" + name +
                              "' must contain non-empty message attribute value for message attribute type '" +
                              printable(type, 100) + "'."));
  }
  if (kind == "Number") {
    const Result<Json> number = Json::parse(*value.string_value);
    if (!number || !number->is_number()) {
      return fail(bad_attribute("Could not cast message attribute '" + name + "' value to number."));
    }
  }
  return {};
}

/// What Publish and an entry of PublishBatch have in common.
template <class Message>
Result<std::size_t> check_message(const Message& from) {
  if (from.message->empty()) return fail(invalid("Empty message"));
  if (!is_utf8(*from.message)) return fail(invalid("Message"));
  TRY_VOID(check_subject(from.subject));
  TRY_VOID(check_structure(from.message_structure, *from.message));
  std::size_t bytes = from.message->size();
  for (const auto& [name, value] : from.message_attributes) {
    TRY_VOID(check_attribute(name, value));
    bytes += name.size() + value.data_type->size();
    bytes += value.string_value ? value.string_value->size() : value.binary_value->bytes.size();
  }
  if (bytes > kMessageMax) return fail(invalid("Message too long"));
  for (const auto& [member, name] : {std::pair(&from.message_group_id, "MessageGroupId"),
                                     std::pair(&from.message_deduplication_id, "MessageDeduplicationId")}) {
    if (*member) {
      return fail(invalid(std::string(name) + " Reason: The request includes " + name +
                          " parameter that is not valid for this topic type"));
    }
  }
  return bytes;
}

template <class Message>
std::map<std::string, std::string> attributes_of(const Message& from) {
  std::map<std::string, std::string> all;
  for (const auto& [name, value] : from.message_attributes) {
    all[name] = value.string_value ? *value.string_value : to_base64(value.binary_value->bytes);
  }
  return all;
}

Json default_policy(const std::string& account, const std::string& arn) {
  Json actions = Json::array();
  for (const char* action : {"GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission",
                             "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish"}) {
    actions.push_back(std::string("SNS:") + action);
  }
  Json owner = Json::object().set("StringEquals", Json::object().set("AWS:SourceOwner", account));
  Json statement = Json::object()
                       .set("Sid", "__default_statement_ID")
                       .set("Effect", "Allow")
                       .set("Principal", Json::object().set("AWS", "*"))
                       .set("Action", std::move(actions))
                       .set("Resource", arn)
                       .set("Condition", std::move(owner));
  Json statements = Json::array();
  statements.push_back(std::move(statement));
  return Json::object()
      .set("Version", "2008-10-17")
      .set("Id", "__default_policy_ID")
      .set("Statement", std::move(statements));
}

constexpr std::string_view kDelivery =
    R"({"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,)"
    R"("numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},)"
    R"("disableSubscriptionOverrides":false,)"
    R"("defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}})";

/// Whether an endpoint is one of the protocol.
Result<void> check_endpoint(const std::string& protocol, const std::optional<std::string>& given) {
  static constexpr std::string_view kArns[] = {"sqs", "lambda", "firehose"};
  const std::string endpoint = given.value_or("");
  if (protocol == "sms" || protocol == "application") {
    return fail(invalid("Protocol Reason: " + protocol + " is not offered by this simulator"));
  }
  bool good = false;
  if (protocol == "http" || protocol == "https") {
    good = endpoint.starts_with(protocol + "://") && endpoint.size() > protocol.size() + 3;
  } else if (protocol == "email" || protocol == "email-json") {
    const std::size_t at = endpoint.find('@');
    good = at != std::string::npos && at > 0 && at + 1 < endpoint.size();
  } else if (std::find(std::begin(kArns), std::end(kArns), protocol) != std::end(kArns)) {
    const auto arn = iam::split_arn(endpoint);
    good = arn && arn->service() == protocol;
    if (!good) return fail(invalid(to_upper(protocol) + " endpoint ARN"));
  } else {
    return fail(invalid("Amazon SNS does not support this protocol string: " + printable(protocol, 60)));
  }
  return good ? Result<void>() : Result<void>(fail(invalid("Endpoint Reason: Please double check and try again")));
}

OwnedResource owned(const std::string& arn, const std::string& account, const Tags& tags,
                    const std::shared_ptr<const iam::AttachedPolicy>& policy) {
  OwnedResource resource;
  resource.arn = arn;
  resource.account = account;
  resource.tags = tags;
  resource.policy = policy;
  return resource;
}

}  // namespace sns_detail

Result<SnsService::Topic*> SnsService::open(const Info& info, const std::optional<std::string>& arn,
                                            std::string_view action) {
  TRY_VOID(sns_detail::check_topic_arn(*arn));
  const auto found = topics_.find(*arn);
  Access access("SNS:" + std::string(action));
  if (found == topics_.end()) {
    access.on(*arn);
  } else {
    const Topic& topic = found->second;
    access.on(sns_detail::owned(topic.arn, topic.account, topic.tags, topic.policy));
  }
  TRY_VOID(authorize(info, access));
  if (iam::split_arn(*arn)->region() != info.region) return fail(sns_detail::invalid("TopicArn"));
  if (found != topics_.end()) return &found->second;
  return fail(signals::refusal(ErrorKind::not_found, "NotFound", "Topic does not exist", 404));
}

Result<void> SnsService::set_attribute(Topic& topic, const std::string& name, const std::string& value) {
  using namespace sns_detail;
  if (name == "Policy") {
    if (value.size() > kPolicyMax) return fail(invalid("Policy Error: too long"));
    Result<iam::DocumentPtr> document = iam::parse_document(iam::DocumentKind::resource, value);
    if (!document) return fail(invalid("Policy Error: " + document.error().message()));
    topic.policy = std::make_shared<iam::AttachedPolicy>(topic.arn, std::move(*document));
  } else if (name == "DisplayName") {
    if (value.size() > kDisplayNameMax) return fail(invalid("DisplayName Reason: must be at most 100 characters"));
  } else if (name == "DeliveryPolicy") {
    const Result<Json> policy = Json::parse(value);
    if (!value.empty() && (!policy || !policy->is_object())) return fail(invalid("DeliveryPolicy"));
  } else if (name == "SignatureVersion") {
    if (value != "1" && value != "2") return fail(invalid("SignatureVersion"));
  } else if (name == "TracingConfig") {
    if (value != "PassThrough" && value != "Active") return fail(invalid("TracingConfig"));
  } else if (name == "FifoTopic") {
    if (value != "false") return fail(invalid("FifoTopic Reason: FIFO topics are not offered by this simulator"));
    return {};
  } else if (name != "KmsMasterKeyId") {
    return fail(invalid("AttributeName"));
  }
  topic.attributes[name] = value;
  return {};
}

Result<aws::sns::CreateTopicResponse> SnsService::create_topic(const Info& info,
                                                               const aws::sns::CreateTopicRequest& request) {
  using namespace sns_detail;
  const std::string& name = *request.name;
  Topic made;
  made.account = info.caller.account_id;
  made.region = info.region;
  made.arn = signals::arn_of("sns", signals::site_of(info), name);
  for (const aws::sns::Tag& tag : request.tags) made.tags[*tag.key] = *tag.value;
  const auto there = topics_.find(made.arn);
  const Tags& now = there == topics_.end() ? made.tags : there->second.tags;
  TRY_VOID(authorize(info, Access("SNS:CreateTopic").on(made.arn, now).tagging(made.tags)));
  if (name.ends_with(".fifo")) {
    return fail(invalid("Topic Name Reason: FIFO topics are not offered by this simulator"));
  }
  if (name.empty() || name.size() > kNameMax || !signals::is_made_of(name, "_-")) return fail(invalid("Topic Name"));
  if (request.data_protection_policy) {
    return fail(invalid("DataProtectionPolicy Reason: it is not offered by this simulator"));
  }
  if (made.tags.size() > kTagsMax) {
    return fail(refusal(ErrorKind::usage, "TagLimitExceeded",
                        "Could not complete request: tag quota of per resource exceeded"));
  }
  for (const auto& [key, value] : request.attributes) TRY_VOID(set_attribute(made, key, value));
  aws::sns::CreateTopicResponse response;
  response.topic_arn = made.arn;
  if (there != topics_.end()) {
    const Topic& topic = there->second;
    const bool same = std::all_of(made.attributes.begin(), made.attributes.end(), [&](const auto& one) {
      const auto found = topic.attributes.find(one.first);
      return found != topic.attributes.end() && found->second == one.second;
    });
    if (!same) return fail(invalid("Attributes Reason: Topic already exists with different attributes"));
    if (made.tags != topic.tags && !made.tags.empty()) {
      return fail(invalid("Tags Reason: Topic already exists with different tags"));
    }
    return response;
  }
  const auto mine = [&](const auto& one) {
    return one.second.account == made.account && one.second.region == made.region;
  };
  if (std::count_if(topics_.begin(), topics_.end(), mine) >= static_cast<std::ptrdiff_t>(kTopicsMax)) {
    return fail(refusal(ErrorKind::conflict, "TopicLimitExceeded", "Topic limit exceeded"));
  }
  topics_.emplace(made.arn, std::move(made));
  return response;
}

Result<aws::sns::DeleteTopicResponse> SnsService::delete_topic(const Info& info,
                                                               const aws::sns::DeleteTopicRequest& request) {
  const Result<Topic*> topic = open(info, request.topic_arn, "DeleteTopic");
  if (topic) {
    topics_.erase(topics_.find((*topic)->arn));
  } else if (topic.error().kind() != ErrorKind::not_found) {
    // Of a topic that is gone a second deletion says nothing.
    return fail(topic.error());
  }
  return aws::sns::DeleteTopicResponse();
}

Result<aws::sns::ListTopicsResponse> SnsService::list_topics(const Info& info,
                                                             const aws::sns::ListTopicsRequest& request) {
  const signals::SiteKey site = signals::site_of(info);
  const std::string every = signals::arn_of("sns", site, "*");
  TRY_VOID(authorize(info, Access("SNS:ListTopics").on(every)));
  std::vector<aws::sns::Topic> all;
  for (const auto& [arn, topic] : topics_) {
    if (topic.account == site.first && topic.region == site.second) all.emplace_back().topic_arn = arn;
  }
  aws::sns::ListTopicsResponse response;
  TRY_VOID(signals::take_page(request.next_token, "topics/" + every, sns_detail::kPage, all, response.topics,
                              response.next_token, sns_detail::invalid("NextToken"),
                              [](const aws::sns::Topic& one) { return *one.topic_arn; }));
  return response;
}

Result<aws::sns::GetTopicAttributesResponse> SnsService::get_topic_attributes(
    const Info& info, const aws::sns::GetTopicAttributesRequest& request) {
  TRY(const Topic* const topic, open(info, request.topic_arn, "GetTopicAttributes"));
  aws::sns::GetTopicAttributesResponse response;
  auto& to = response.attributes;
  to["TopicArn"] = topic->arn;
  to["Owner"] = topic->account;
  to["DisplayName"] = "";
  to["Policy"] = sns_detail::default_policy(topic->account, topic->arn).dump();
  to["EffectiveDeliveryPolicy"] = sns_detail::kDelivery;
  to["SubscriptionsConfirmed"] = "0";
  to["SubscriptionsPending"] = std::to_string(topic->subscriptions.size());
  to["SubscriptionsDeleted"] = std::to_string(topic->removed);
  for (const auto& [name, value] : topic->attributes) to[name] = value;
  return response;
}

Result<aws::sns::SetTopicAttributesResponse> SnsService::set_topic_attributes(
    const Info& info, const aws::sns::SetTopicAttributesRequest& request) {
  TRY(Topic* const topic, open(info, request.topic_arn, "SetTopicAttributes"));
  if (*request.attribute_name == "FifoTopic") return fail(sns_detail::invalid("AttributeName"));
  TRY_VOID(set_attribute(*topic, *request.attribute_name, request.attribute_value.value_or("")));
  return aws::sns::SetTopicAttributesResponse();
}

Result<aws::sns::SubscribeResponse> SnsService::subscribe(const Info& info, const aws::sns::SubscribeRequest& request) {
  using namespace sns_detail;
  TRY(Topic* const topic, open(info, request.topic_arn, "Subscribe"));
  TRY_VOID(check_endpoint(*request.protocol, request.endpoint));
  if (!request.attributes.empty()) {
    return fail(invalid("Attributes Reason: attributes of subscriptions are not offered by this simulator"));
  }
  auto& all = topic->subscriptions;
  auto found = std::find_if(all.begin(), all.end(), [&](const Subscription& one) {
    return one.protocol == *request.protocol && one.endpoint == *request.endpoint;
  });
  if (found == all.end()) {
    if (all.size() >= kSubscriptionsMax) {
      return fail(refusal(ErrorKind::conflict, "SubscriptionLimitExceeded", "Subscription limit exceeded"));
    }
    Subscription made;
    made.arn = topic->arn + ":" + signals::new_uuid(info.ctx.random());
    made.protocol = *request.protocol;
    made.endpoint = *request.endpoint;
    made.owner = info.caller.account_id;
    found = all.insert(all.end(), std::move(made));
  }
  aws::sns::SubscribeResponse response;
  const bool named = request.return_subscription_arn.value_or(false);
  response.subscription_arn = named ? found->arn : "pending confirmation";
  return response;
}

Result<aws::sns::ListSubscriptionsByTopicResponse> SnsService::list_subscriptions_by_topic(
    const Info& info, const aws::sns::ListSubscriptionsByTopicRequest& request) {
  TRY(const Topic* const topic, open(info, request.topic_arn, "ListSubscriptionsByTopic"));
  std::vector<const Subscription*> all;
  for (const Subscription& one : topic->subscriptions) all.push_back(&one);
  std::vector<const Subscription*> shown;
  aws::sns::ListSubscriptionsByTopicResponse response;
  TRY_VOID(signals::take_page(request.next_token, "subscriptions/" + topic->arn, sns_detail::kPage, all, shown,
                              response.next_token, sns_detail::invalid("NextToken"),
                              [](const Subscription* one) { return one->arn; }));
  for (const Subscription* one : shown) {
    aws::sns::Subscription& to = response.subscriptions.emplace_back();
    to.subscription_arn = "PendingConfirmation";
    to.owner = one->owner;
    to.protocol = one->protocol;
    to.endpoint = one->endpoint;
    to.topic_arn = topic->arn;
  }
  return response;
}

Result<aws::sns::UnsubscribeResponse> SnsService::unsubscribe(const Info& info,
                                                              const aws::sns::UnsubscribeRequest& request) {
  const std::string& arn = *request.subscription_arn;
  const std::size_t end = arn.rfind(':');
  const auto parts = iam::split_arn(arn);
  if (!parts || parts->service() != "sns") {
    const auto count = static_cast<std::size_t>(std::count(arn.begin(), arn.end(), ':')) + 1;
    return fail(sns_detail::invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not " +
                                    std::to_string(count)));
  }
  const std::string topic_arn = arn.substr(0, end);
  const auto found = topics_.find(topic_arn);
  TRY_VOID(authorize(info, Access("SNS:Unsubscribe").on(found == topics_.end() ? arn : topic_arn)));
  if (found == topics_.end()) return aws::sns::UnsubscribeResponse();
  auto& all = found->second.subscriptions;
  found->second.removed += std::erase_if(all, [&](const Subscription& one) { return one.arn == arn; });
  return aws::sns::UnsubscribeResponse();
}

std::string SnsService::keep(const Topic& topic, std::string from, std::string subject, std::string message,
                             std::map<std::string, std::string> attributes) {
  PublishedMessage kept;
  kept.time = cloud_.now(ctx_.clock());
  kept.topic_arn = topic.arn;
  kept.id = signals::new_uuid(ctx_.random());
  kept.from = std::move(from);
  kept.subject = std::move(subject);
  kept.message = std::move(message);
  kept.attributes = std::move(attributes);
  const std::string id = kept.id;
  const std::size_t bytes = kept.message.size() + sizeof(kept);
  cloud_.truth().messages.add(std::move(kept), bytes);
  return id;
}

Result<aws::sns::PublishResponse> SnsService::publish(const Info& info, const aws::sns::PublishRequest& request) {
  using namespace sns_detail;
  if (request.phone_number) {
    return fail(invalid("PhoneNumber Reason: text messages are not offered by this simulator"));
  }
  if (!request.topic_arn && !request.target_arn) {
    return fail(invalid("TopicArn or TargetArn Reason: no value for required parameter"));
  }
  if (request.topic_arn && request.target_arn) {
    return fail(invalid("TopicArn or TargetArn Reason: both parameters are given"));
  }
  TRY(const Topic* const topic, open(info, request.topic_arn ? request.topic_arn : request.target_arn, "Publish"));
  TRY_VOID(check_message(request));
  aws::sns::PublishResponse response;
  response.message_id =
      keep(*topic, info.caller.arn, request.subject.value_or(""), *request.message, attributes_of(request));
  return response;
}

Result<aws::sns::PublishBatchResponse> SnsService::publish_batch(const Info& info,
                                                                 const aws::sns::PublishBatchRequest& request) {
  using namespace sns_detail;
  // A batch is published under the action of a single message.
  TRY(const Topic* const topic, open(info, request.topic_arn, "Publish"));
  const auto& entries = request.publish_batch_request_entries;
  if (entries.size() > kBatchMax) {
    return fail(refusal(ErrorKind::usage, "TooManyEntriesInBatchRequest",
                        "The batch request contains more entries than permissible."));
  }
  std::set<std::string> ids;
  std::size_t bytes = 0;
  for (const auto& entry : entries) {
    const std::string& id = *entry.id;
    if (id.empty() || id.size() > kBatchIdMax || !signals::is_made_of(id, "_-")) {
      return fail(refusal(ErrorKind::usage, "InvalidBatchEntryId",
                          "The Id of a batch entry in a batch request doesn't abide by the specification."));
    }
    if (!ids.insert(id).second) {
      return fail(refusal(ErrorKind::usage, "BatchEntryIdsNotDistinct",
                          "Two or more batch entries in the request have the same Id."));
    }
    bytes += entry.message->size();
  }
  if (bytes > kMessageMax) {
    return fail(refusal(ErrorKind::usage, "BatchRequestTooLong",
                        "The length of all the messages put together is more than the limit."));
  }
  aws::sns::PublishBatchResponse response;
  for (const auto& entry : entries) {
    const Result<std::size_t> checked = check_message(entry);
    if (!checked) {
      aws::sns::BatchResultErrorEntry& failed = response.failed.emplace_back();
      failed.id = *entry.id;
      failed.code = checked.error().aws()->code;
      failed.message = checked.error().message();
      failed.sender_fault = true;
      continue;
    }
    aws::sns::PublishBatchResultEntry& done = response.successful.emplace_back();
    done.id = *entry.id;
    done.message_id = keep(*topic, info.caller.arn, entry.subject.value_or(""), *entry.message, attributes_of(entry));
  }
  return response;
}

Result<void> SnsService::publish_as(ServicePublish what) {
  using namespace sns_detail;
  const auto found = topics_.find(what.topic_arn);
  if (found == topics_.end()) {
    return fail(refusal(ErrorKind::not_found, "NotFound", "Topic does not exist", 404));
  }
  const Topic& topic = found->second;
  bool allowed =
      topic.policy == nullptr && what.without_policy == Default::own_account && topic.account == what.account;
  if (topic.policy != nullptr) {
    const iam::Principal caller = iam::Principal::service(what.service);
    iam::RequestContext context;
    context.set("aws:SourceArn", what.source_arn);
    context.set("aws:SourceAccount", what.account);
    std::vector<iam::Resource> resources(1, iam::Resource(topic.arn));
    resources.front().account = topic.account;
    resources.front().policy = topic.policy.get();
    iam::Request ask;
    ask.principal = &caller;
    ask.action = "SNS:Publish";
    ask.context = &context;
    ask.resources = resources;
    allowed = iam::evaluate(ask, iam::PolicySet()).allowed();
  }
  if (!allowed) {
    return fail(refusal(ErrorKind::denied, "AuthorizationError",
                        "the policy of " + topic.arn + " does not let " + what.service + " publish", 403));
  }
  if (what.message.size() > kMessageMax) return fail(invalid("Message too long"));
  keep(topic, std::move(what.service), std::move(what.subject), std::move(what.message), {});
  return {};
}

}  // namespace postern::sim
