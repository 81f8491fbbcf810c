"""ec2messages: what an agent without a control channel works by. The model is the overlay's: AWS publishes none."""
import json
import re

import nodes
from frame import EC2MESSAGES, has

NOBODY = "mi-00000000000000000"


def joined(w):
    if not hasattr(w, "node"):
        w.node = nodes.Node(w, "edge")
    return w.node


def send(w, node):
    sent = w.plain_client("ssm", "hub", "us-east-1").send_command(
        DocumentName="AWS-RunShellScript", InstanceIds=[node.id], Parameters={"commands": ["echo hello"]})
    return sent["Command"]["CommandId"]


def reply(status, code, output):
    step = {"status": status, "code": code, "name": "aws:runShellScript", "standardOutput": output, "standardError": ""}
    return json.dumps({"documentStatus": status, "runtimeStatus": {"aws:runShellScript": step}})


def invocation(w, command, node):
    ssm = w.plain_client("ssm", "hub", "us-east-1")
    w.until(lambda: ssm.list_command_invocations(CommandId=command)["CommandInvocations"])
    return ssm.get_command_invocation(CommandId=command, InstanceId=node.id)


def endpoint(w):
    node = joined(w)
    messages = w.client(EC2MESSAGES, node.keys)
    w.answers(messages.get_endpoint, {"Endpoint": has("ec2messages"), "Protocol": str}, Destination=node.id)
    w.refuses("AccessDeniedException", w.client(EC2MESSAGES, "weak").get_endpoint, Destination=node.id)


def work(w):
    node = joined(w)
    messages = w.client(EC2MESSAGES, node.keys)
    command = send(w, node)
    got = w.answers(messages.get_messages, {"Destination": node.id, "Messages": [{
        "MessageId": f"aws.ssm.{command}.{node.id}", "Destination": node.id, "Topic": has("aws.ssm.sendCommand"),
        "CreatedDate": re.compile(r"[\d-]{10}T[\d:.]{12}Z"), "Payload": has("echo hello")}]}, Destination=node.id,
        MessagesRequestId="6e5e8ab0-4f4b-4d4c-8d5a-000000000001", VisibilityTimeoutInSeconds=10)["Messages"][0]
    w.refuses("AccessDeniedException", messages.get_messages, Destination=NOBODY)
    w.refuses("AccessDeniedException", w.client(EC2MESSAGES, "hub").get_messages, Destination=node.id)
    w.answers(messages.acknowledge_message, {}, MessageId=got["MessageId"],
              then=lambda: invocation(w, command, node)["Status"] == "InProgress")
    w.answers(messages.send_reply, {}, MessageId=got["MessageId"], ReplyId="6e5e8ab0-4f4b-4d4c-8d5a-000000000002",
              Payload=reply("Success", 0, "hello\n"),
              then=lambda: invocation(w, command, node)["StandardOutputContent"] == "hello\n")
    w.refuses("ValidationException", messages.send_reply, MessageId=got["MessageId"], Payload="no reply")
    w.answers(messages.delete_message, {}, MessageId=got["MessageId"],
              then=lambda: invocation(w, command, node)["Status"] == "Success")
    stranger = f"aws.ssm.{command}.{NOBODY}"
    w.refuses("AccessDeniedException", messages.acknowledge_message, MessageId=stranger)
    w.refuses("AccessDeniedException", messages.delete_message, MessageId=stranger)


def failure(w):
    node = joined(w)
    messages = w.client(EC2MESSAGES, node.keys)
    command = send(w, node)
    got = messages.get_messages(Destination=node.id)["Messages"][0]
    w.answers(messages.fail_message, {}, MessageId=got["MessageId"], FailureType="InternalHandlerException",
              then=lambda: w.until(lambda: invocation(w, command, node)["Status"] == "Failed"))
    w.refuses("AccessDeniedException", messages.fail_message, MessageId=f"aws.ssm.{command}.{NOBODY}")


CASES = [endpoint, work, failure]
