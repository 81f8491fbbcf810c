"""EventBridge: buses, rules, targets, events."""
import json
import re

from frame import REGION, TARGET

ROOT = f"arn:aws:events:{REGION}:{TARGET}:"
TOPIC = f"arn:aws:sns:{REGION}:{TARGET}:case-events"
PATTERN = json.dumps({"source": ["case"], "detail": {"state": [{"anything-but": "new"}]}})
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RULE = {"Name": "case", "EventBusName": "orders"}
OF_RULE = {"Rule": "case", "EventBusName": "orders"}


def event(**more):
    return {"Source": "case", "DetailType": "Case", "Detail": json.dumps({"state": "done"}), "EventBusName": "orders", **more}


def buses(w):
    events = w.client("events")
    w.answers(events.create_event_bus, {"EventBusArn": ROOT + "event-bus/orders"}, Name="orders")
    w.refuses("ResourceAlreadyExistsException", events.create_event_bus, Name="orders")
    w.answers(events.describe_event_bus, {"Name": "default", "Arn": ROOT + "event-bus/default"})
    w.refuses("ResourceNotFoundException", events.describe_event_bus, Name="none", text="none does not exist")
    w.answers(events.list_event_buses, {"EventBuses": [{"Name": "default"}, {"Name": "orders"}]})
    w.refuses("AccessDeniedException", w.client("events", "Narrow").list_event_buses)


def rules(w):
    events = w.client("events")
    w.answers(events.put_rule, {"RuleArn": ROOT + "rule/orders/case"}, **RULE, EventPattern=PATTERN, Description="a case")
    w.refuses("InvalidEventPatternException", events.put_rule, **RULE, EventPattern='{"source": "case"}')
    w.refuses("ResourceNotFoundException", events.put_rule, Name="case", EventBusName="none", EventPattern=PATTERN)
    w.answers(events.describe_rule, {"Name": "case", "EventPattern": PATTERN, "State": "ENABLED", "Description": "a case",
                                     "EventBusName": "orders"}, **RULE)
    w.refuses("ResourceNotFoundException", events.describe_rule, Name="none")
    w.answers(events.list_rules, {"Rules": [{"Name": "case", "Arn": ROOT + "rule/orders/case"}]}, EventBusName="orders")
    w.refuses("ResourceNotFoundException", events.list_rules, EventBusName="none")


def targets(w):
    events, sns = w.client("events"), w.client("sns")
    sns.create_topic(Name="case-events")
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                                                "Action": "sns:Publish", "Resource": TOPIC}]}))
    w.answers(events.put_targets, {"FailedEntryCount": 0}, **OF_RULE, Targets=[
        {"Id": "topic", "Arn": TOPIC, "InputPath": "$.detail"}])
    w.refuses("LimitExceededException", events.put_targets, **OF_RULE, Targets=[
        {"Id": str(number), "Arn": TOPIC} for number in range(5)])
    w.refuses("ResourceNotFoundException", events.put_targets, Rule="none", Targets=[{"Id": "topic", "Arn": TOPIC}])
    w.answers(events.list_targets_by_rule, {"Targets": [{"Id": "topic", "Arn": TOPIC, "InputPath": "$.detail"}]}, **OF_RULE)
    w.refuses("ResourceNotFoundException", events.list_targets_by_rule, Rule="none")


def put(w):
    events = w.client("events")

    def delivered():
        truth = w.server.truth()
        return any(one["message"] == '{"state":"done"}' and one["from"] == "events.amazonaws.com"
                   for one in truth["messages"]["kept"])
    w.answers(events.put_events, {"FailedEntryCount": 2, "Entries": [
        {"EventId": UUID}, {"ErrorCode": "NotAuthorizedForSourceException"}, {"ErrorCode": "MalformedDetail"}]},
              Entries=[event(), event(Source="aws.ssm"), event(Detail="{")], then=delivered)
    w.refuses("ValidationException", events.put_events, Entries=[event(Detail=json.dumps({"x": "x" * 262144}))],
              text="over the limit")
    w.refuses("AccessDeniedException", w.client("events", "Narrow").put_events, Entries=[event()])


def deletion(w):
    events = w.client("events")
    w.refuses("ValidationException", events.delete_rule, **RULE, text="has targets")
    w.answers(events.remove_targets, {"FailedEntryCount": 1, "FailedEntries": [
        {"TargetId": "none", "ErrorCode": "ResourceNotFoundException"}]}, **OF_RULE, Ids=["topic", "none"])
    w.refuses("ResourceNotFoundException", events.remove_targets, Rule="none", Ids=["topic"])
    w.answers(events.delete_rule, {}, **RULE, then=lambda: w.refuses(
        "ResourceNotFoundException", events.describe_rule, **RULE))


CASES = (buses, rules, targets, put, deletion)
