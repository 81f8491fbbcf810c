"""CloudWatch Logs: groups, streams, events, and the output of commands."""
import time

import ssm as commands
from frame import REGION, TARGET, at_least

GROUP = {"logGroupName": "/case/one"}
NONE = {"logGroupName": "/case/none"}
STREAM = {**GROUP, "logStreamName": "s/1"}


def now():
    return int(time.time() * 1000)


def groups(w):
    logs = w.client("logs")
    w.answers(logs.create_log_group, {}, **GROUP, then=lambda: w.answers(
        logs.describe_log_groups, {"logGroups": [{
            **GROUP, "arn": f"arn:aws:logs:{REGION}:{TARGET}:log-group:/case/one:*", "creationTime": int,
            "metricFilterCount": 0}]}, logGroupNamePrefix="/case"))
    w.refuses("ResourceAlreadyExistsException", logs.create_log_group, **GROUP)
    w.refuses("InvalidParameterException", logs.create_log_group, logGroupName="a b", text="regular expression")
    w.refuses("AccessDeniedException", w.client("logs", "Narrow").describe_log_groups)
    w.answers(logs.put_retention_policy, {}, **GROUP, retentionInDays=7, then=lambda: w.answers(
        logs.describe_log_groups, {"logGroups": [{"retentionInDays": 7}]}, logGroupNamePrefix="/case"))
    w.refuses("InvalidParameterException", logs.put_retention_policy, **GROUP, retentionInDays=2)
    w.refuses("ResourceNotFoundException", logs.put_retention_policy, **NONE, retentionInDays=7)


def streams(w):
    logs = w.client("logs")
    w.answers(logs.create_log_stream, {}, **STREAM, then=lambda: w.answers(
        logs.describe_log_streams, {"logStreams": [{"logStreamName": "s/1", "creationTime": int}]}, **GROUP))
    w.refuses("ResourceAlreadyExistsException", logs.create_log_stream, **STREAM)
    w.refuses("InvalidParameterException", logs.create_log_stream, **GROUP, logStreamName="a:b")
    w.refuses("ResourceNotFoundException", logs.describe_log_streams, **NONE)


def events(w):
    logs = w.client("logs")
    begin = now()
    lines = [{"timestamp": begin + number, "message": f"line {number}"} for number in range(3)]
    w.answers(logs.put_log_events, {"nextSequenceToken": str}, **STREAM, logEvents=lines)
    w.refuses("InvalidParameterException", logs.put_log_events, **STREAM, logEvents=lines[::-1], text="chronological order")
    w.refuses("ResourceNotFoundException", logs.put_log_events, **GROUP, logStreamName="none", logEvents=lines)
    w.answers(logs.get_log_events, {"events": [{"message": "line 1"}, {"message": "line 2", "timestamp": begin + 2}],
                                    "nextForwardToken": str, "nextBackwardToken": str}, **STREAM, limit=2)
    w.refuses("ResourceNotFoundException", logs.get_log_events, **GROUP, logStreamName="none")
    w.answers(logs.filter_log_events, {"events": [{"message": "line 1", "logStreamName": "s/1"}]}, **GROUP,
              filterPattern='"line 1"')
    w.refuses("InvalidParameterException", logs.filter_log_events, **GROUP, filterPattern="{ $.a = 1 }")


def output(w):
    """A command's whole output, once the node's role may write it."""
    ssm, iam, logs = w.client("ssm"), w.client("iam"), w.client("logs")
    node = w.instances("live-01")[0]
    iam.put_role_policy(RoleName="PosternNode", PolicyName="logs", PolicyDocument=(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}'))
    sent = ssm.send_command(DocumentName=commands.SHELL, InstanceIds=[node], Parameters={
        "commands": ["echo first", "seq 1 20000", "echo warning >&2"]}, CloudWatchOutputConfig={"CloudWatchOutputEnabled": True})
    sent = sent["Command"]["CommandId"]
    commands.done(w, ssm, sent, node)
    stream = {"logGroupName": f"/aws/ssm/{commands.SHELL}", "logStreamName": f"{sent}/{node}/aws-runShellScript/stdout"}
    w.answers(logs.get_log_events, {"events": at_least(10_000)}, **stream, startFromHead=True)
    w.answers(logs.get_log_events, {"events": [{"message": "20000"}]}, **stream, limit=1)
    w.answers(logs.get_log_events, {"events": [{"message": "warning"}]},
              **{**stream, "logStreamName": f"{sent}/{node}/aws-runShellScript/stderr"})


def deletion(w):
    logs = w.client("logs")
    w.answers(logs.delete_log_group, {}, **GROUP, then=lambda: w.answers(
        logs.describe_log_groups, {"logGroups": []}, logGroupNamePrefix="/case"))
    w.refuses("ResourceNotFoundException", logs.delete_log_group, **GROUP)


CASES = (groups, streams, events, output, deletion)
