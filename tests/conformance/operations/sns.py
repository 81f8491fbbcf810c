"""SNS: topics and their attributes, subscriptions, messages."""
import re

from frame import REGION, TARGET, has

ROOT = f"arn:aws:sns:{REGION}:{TARGET}:"
TOPIC = {"TopicArn": ROOT + "case"}
NONE = {"TopicArn": ROOT + "none"}
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def told(w, message):
    """Whether a topic took the message, as the simulator itself says."""
    return any(one["message"] == message for one in w.server.truth()["messages"]["kept"])


def topics(w):
    sns = w.client("sns")
    w.answers(sns.create_topic, TOPIC, Name="case", Tags=[{"Key": "env", "Value": "test"}])
    w.refuses("InvalidParameter", sns.create_topic, Name="a b", text="Topic Name")
    w.refuses("InvalidParameter", sns.create_topic, Name="case", Tags=[{"Key": "env", "Value": "other"}],
              text="Topic already exists with different tags")
    w.answers(sns.list_topics, {"Topics": has(TOPIC)})
    w.refuses("AuthorizationError", w.client("sns", "Narrow").list_topics, text="SNS:ListTopics")
    w.answers(sns.get_topic_attributes, {"Attributes": {
        **TOPIC, "Owner": TARGET, "SubscriptionsPending": "0", "Policy": has("__default_policy_ID")}}, **TOPIC)
    w.refuses("NotFound", sns.get_topic_attributes, **NONE)
    w.answers(sns.set_topic_attributes, {}, **TOPIC, AttributeName="DisplayName", AttributeValue="Case",
              then=lambda: w.answers(sns.get_topic_attributes, {"Attributes": {"DisplayName": "Case"}}, **TOPIC))
    w.refuses("InvalidParameter", sns.set_topic_attributes, **TOPIC, AttributeName="Colour", AttributeValue="red")
    w.refuses("NotFound", sns.set_topic_attributes, **NONE, AttributeName="DisplayName", AttributeValue="x")


def subscriptions(w):
    sns = w.client("sns")
    hook = {"Protocol": "https", "Endpoint": "https://example.com/hook"}
    arn = w.answers(sns.subscribe, {"SubscriptionArn": re.compile(re.escape(ROOT + "case:") + ".{36}")}, **TOPIC, **hook,
                    ReturnSubscriptionArn=True)["SubscriptionArn"]
    w.answers(sns.subscribe, {"SubscriptionArn": "pending confirmation"}, **TOPIC, Protocol="email",
              Endpoint="ada@example.com")
    w.refuses("InvalidParameter", sns.subscribe, **TOPIC, Protocol="sqs", Endpoint="queue", text="endpoint ARN")
    w.answers(sns.list_subscriptions_by_topic, {"Subscriptions": [
        {**TOPIC, **hook, "Owner": TARGET, "SubscriptionArn": "PendingConfirmation"}, {"Protocol": "email"}]}, **TOPIC)
    w.refuses("NotFound", sns.list_subscriptions_by_topic, **NONE)
    w.answers(sns.unsubscribe, {}, SubscriptionArn=arn, then=lambda: w.answers(
        sns.list_subscriptions_by_topic, {"Subscriptions": [{"Protocol": "email"}]}, **TOPIC))
    w.refuses("InvalidParameter", sns.unsubscribe, SubscriptionArn="PendingConfirmation", text="6 elements, not 1")


def messages(w):
    sns = w.client("sns")
    w.answers(sns.publish, {"MessageId": UUID}, **TOPIC, Message="one message", Subject="Case", MessageAttributes={
        "kind": {"DataType": "String", "StringValue": "case"}}, then=lambda: told(w, "one message"))
    w.refuses("InvalidParameter", sns.publish, **TOPIC, Message="x" * 262145, text="Message too long")
    w.refuses("InvalidParameter", sns.publish, **TOPIC, Message="x", Subject="x" * 101, text="Subject")
    w.refuses("NotFound", sns.publish, **NONE, Message="x")
    w.refuses("AuthorizationError", w.client("sns", "Narrow").publish, **TOPIC, Message="x", text="SNS:Publish")
    entry = {"Id": "a", "Message": "of a batch"}
    w.answers(sns.publish_batch, {"Successful": [{"Id": "a", "MessageId": UUID}],
                                  "Failed": [{"Id": "b", "Code": "InvalidParameter", "SenderFault": True}]},
              **TOPIC, PublishBatchRequestEntries=[entry, {"Id": "b", "Message": "x", "Subject": "x" * 101}],
              then=lambda: told(w, "of a batch"))
    w.refuses("BatchEntryIdsNotDistinct", sns.publish_batch, **TOPIC, PublishBatchRequestEntries=[entry, entry])
    w.refuses("TooManyEntriesInBatchRequest", sns.publish_batch, **TOPIC, PublishBatchRequestEntries=[
        {"Id": str(number), "Message": "x"} for number in range(11)])


def deletion(w):
    sns = w.client("sns")
    w.refuses("AuthorizationError", w.client("sns", "Narrow").delete_topic, **TOPIC)
    w.answers(sns.delete_topic, {}, **TOPIC, then=lambda: w.refuses("NotFound", sns.get_topic_attributes, **TOPIC))


CASES = (topics, subscriptions, messages, deletion)
