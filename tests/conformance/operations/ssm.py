"""SSM: documents, commands, nodes, activations, parameters, and what only agents call."""
import json
import re

import frame
import nodes
from frame import HUB, REGION, SSM_AGENT, TARGET, at_least, has, lacks, moment

SHELL = "AWS-RunShellScript"
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOWHERE = "00000000-0000-0000-0000-000000000000"
ABSENT = "i-0123456789abcdef0"


def content(*lines, schema="2.2"):
    return json.dumps({"schemaVersion": schema, "description": "a case", "parameters": {
        "who": {"type": "String", "description": "whom to greet", "default": "nobody"}}, "mainSteps": [
            {"action": "aws:runShellScript", "name": "greet", "inputs": {"runCommand": list(lines)}}]})


def documents(w):
    ssm = w.client("ssm")
    w.answers(ssm.create_document, {"DocumentDescription": {
        "Name": "Case", "DocumentVersion": "1", "DefaultVersion": "1", "DocumentType": "Command", "Owner": TARGET,
        "SchemaVersion": "2.2", "HashType": "Sha256", "CreatedDate": moment, "Tags": [{"Key": "env", "Value": "test"}]}},
              Name="Case", Content=content("echo 1"), DocumentType="Command", Tags=[{"Key": "env", "Value": "test"}])
    w.refuses("DocumentAlreadyExists", ssm.create_document, Name="Case", Content=content("echo 2"), DocumentType="Command")
    w.refuses("InvalidDocumentContent", ssm.create_document, Name="Bad", Content="{", DocumentType="Command")
    w.refuses("InvalidDocumentSchemaVersion", ssm.create_document, Name="Bad", Content=content("x", schema="9.9"),
              DocumentType="Command")
    w.answers(ssm.describe_document, {"Document": {"Name": "Case", "Status": "Active", "Parameters": [
        {"Name": "who", "Type": "String", "DefaultValue": "nobody", "Description": "whom to greet"}]}}, Name="Case")
    w.answers(ssm.describe_document, {"Document": {"Owner": "Amazon", "PlatformTypes": has("Linux"),
                                                   "SchemaVersion": "1.2"}}, Name=SHELL)
    w.refuses("InvalidDocument", ssm.describe_document, Name="AWS-Nothing")
    w.refuses("InvalidDocumentVersion", ssm.describe_document, Name="Case", DocumentVersion="9")
    w.answers(ssm.get_document, {"Name": "Case", "DocumentVersion": "1", "DocumentFormat": "JSON",
                                 "Content": has("echo 1")}, Name="Case")
    w.refuses("InvalidDocument", ssm.get_document, Name="AWS-Nothing")
    w.answers(ssm.list_documents, {"DocumentIdentifiers": [{"Name": "Case", "Owner": TARGET}]},
              Filters=[{"Key": "Owner", "Values": ["Self"]}])
    w.refuses("InvalidFilterKey", ssm.list_documents, Filters=[{"Key": "Colour", "Values": ["red"]}])


def document_versions(w):
    ssm = w.client("ssm")
    w.answers(ssm.update_document, {"DocumentDescription": {"DocumentVersion": "2", "DefaultVersion": "1"}}, Name="Case",
              Content=content("echo 2"), DocumentVersion="$LATEST")
    w.refuses("DuplicateDocumentContent", ssm.update_document, Name="Case", Content=content("echo 2"),
              DocumentVersion="$LATEST")
    w.refuses("InvalidDocument", ssm.update_document, Name="Other", Content=content("echo 3"), DocumentVersion="$LATEST")
    w.answers(ssm.list_document_versions, {"DocumentVersions": [
        {"DocumentVersion": "2", "IsDefaultVersion": False}, {"DocumentVersion": "1", "IsDefaultVersion": True}]},
              Name="Case")
    w.refuses("InvalidDocument", ssm.list_document_versions, Name="Other")
    w.answers(ssm.update_document_default_version, {"Description": {"Name": "Case", "DefaultVersion": "2"}}, Name="Case",
              DocumentVersion="2")
    w.refuses("InvalidDocumentVersion", ssm.update_document_default_version, Name="Case", DocumentVersion="3")


def document_sharing(w):
    ssm = w.client("ssm")
    share = {"Name": "Case", "PermissionType": "Share"}
    w.answers(ssm.modify_document_permission, {}, **share, AccountIdsToAdd=[HUB], then=lambda: w.answers(
        ssm.describe_document_permission, {"AccountIds": [HUB], "AccountSharingInfoList": [
            {"AccountId": HUB, "SharedDocumentVersion": "$DEFAULT"}]}, **share))
    w.answers(w.client("ssm", "hub").get_document, {"Content": has("echo 2")},
              Name=f"arn:aws:ssm:{REGION}:{TARGET}:document/Case")
    w.refuses("InvalidDocument", ssm.modify_document_permission, Name="Other", PermissionType="Share",
              AccountIdsToAdd=[HUB])
    w.refuses("InvalidDocument", ssm.describe_document_permission, Name="Other", PermissionType="Share")
    w.refuses("InvalidDocumentOperation", ssm.delete_document, Name="Case")
    w.answers(ssm.modify_document_permission, {}, **share, AccountIdsToRemove=[HUB], then=lambda: w.refuses(
        "InvalidDocument", w.client("ssm", "hub").get_document, Name=f"arn:aws:ssm:{REGION}:{TARGET}:document/Case"))
    w.answers(ssm.delete_document, {}, Name="Case", then=lambda: w.refuses(
        "InvalidDocument", ssm.describe_document, Name="Case"))
    w.refuses("InvalidDocument", ssm.delete_document, Name="Case")


def done(w, ssm, command, node):
    """The invocation when it has ended."""
    def look():
        found = ssm.list_command_invocations(CommandId=command, InstanceId=node)["CommandInvocations"]
        return found and found[0]["Status"] not in ("Pending", "InProgress", "Delayed", "Cancelling")
    w.until(look)


def commands(w):
    ssm = w.client("ssm")
    node, other = w.instances("live-01", "live-02")
    sent = w.answers(ssm.send_command, {"Command": {
        "CommandId": UUID, "DocumentName": SHELL, "Status": "Pending", "TargetCount": 1, "InstanceIds": [node],
        "Parameters": {"commands": ["echo out", "echo err >&2", "exit 3"]}, "Comment": "case"}},
        DocumentName=SHELL, InstanceIds=[node], Parameters={"commands": ["echo out", "echo err >&2", "exit 3"]},
        Comment="case")["Command"]["CommandId"]
    w.refuses("InvalidInstanceId", ssm.send_command, DocumentName=SHELL, InstanceIds=[ABSENT],
              Parameters={"commands": ["true"]})
    w.refuses("InvalidDocument", ssm.send_command, DocumentName="AWS-Nothing", InstanceIds=[node])
    w.refuses("InvalidParameters", ssm.send_command, DocumentName=SHELL, InstanceIds=[node], Parameters={"other": ["x"]})
    w.refuses("DuplicateInstanceId", ssm.send_command, DocumentName=SHELL, InstanceIds=[node, node],
              Parameters={"commands": ["true"]})
    done(w, ssm, sent, node)
    w.answers(ssm.get_command_invocation, {
        "CommandId": sent, "InstanceId": node, "Status": "Failed", "StatusDetails": "Failed", "ResponseCode": 3,
        "StandardOutputContent": "out\n", "StandardErrorContent": has("err\n")}, CommandId=sent, InstanceId=node)
    w.refuses("InvocationDoesNotExist", ssm.get_command_invocation, CommandId=sent, InstanceId=other)
    w.refuses("InvalidPluginName", ssm.get_command_invocation, CommandId=sent, InstanceId=node, PluginName="none")
    w.answers(ssm.list_commands, {"Commands": [{"CommandId": sent, "Status": "Failed", "ErrorCount": 1,
                                                "RequestedDateTime": moment}]}, CommandId=sent)
    w.refuses("InvalidCommandId", ssm.list_commands, CommandId=NOWHERE)
    w.answers(ssm.list_command_invocations, {"CommandInvocations": [{
        "CommandId": sent, "InstanceId": node, "InstanceName": "live-01", "CommandPlugins": [
            {"Name": "aws:runShellScript", "ResponseCode": 3, "Output": has("out", "err")}]}]}, CommandId=sent, Details=True)
    w.refuses("InvalidFilterKey", ssm.list_command_invocations, Filters=[{"key": "ExecutionStage", "value": "Complete"}])


def cancelled(w):
    ssm = w.client("ssm")
    node = w.instances("offline-01")[0]
    sent = ssm.send_command(DocumentName=SHELL, InstanceIds=[node], Parameters={"commands": ["true"]})
    sent = sent["Command"]["CommandId"]
    w.until(lambda: ssm.list_command_invocations(CommandId=sent)["CommandInvocations"])

    def shown():
        done(w, ssm, sent, node)
        return w.answers(ssm.get_command_invocation, {"Status": "Cancelled"}, CommandId=sent, InstanceId=node)
    w.answers(ssm.cancel_command, {}, CommandId=sent, then=shown)
    w.refuses("InvalidCommandId", ssm.cancel_command, CommandId=NOWHERE)


def managed_nodes(w):
    ssm = w.client("ssm")
    node = w.instances("live-01")[0]
    w.answers(ssm.describe_instance_information, {"InstanceInformationList": [{
        "InstanceId": node, "PingStatus": "Online", "PlatformType": "Linux", "ResourceType": "EC2Instance",
        "ComputerName": "live-01", "LastPingDateTime": moment, "AgentVersion": str}]},
              Filters=[{"Key": "InstanceIds", "Values": [node]}])
    w.refuses("InvalidFilterKey", ssm.describe_instance_information, Filters=[{"Key": "Colour", "Values": ["red"]}])
    w.refuses("InvalidNextToken", ssm.describe_instance_information, NextToken="x")
    agent = w.client(SSM_AGENT)  # apt's boto3 knows no DescribeInstanceProperties
    w.answers(agent.describe_instance_properties, {"InstanceProperties": [{
        "InstanceId": node, "Name": "live-01", "PingStatus": "Online", "InstanceState": "running"}]},
              FiltersWithOperator=[{"Key": "InstanceIds", "Values": [node], "Operator": "Equal"}])
    w.refuses("InvalidFilterKey", agent.describe_instance_properties,
              FiltersWithOperator=[{"Key": "Colour", "Values": ["red"], "Operator": "Equal"}])
    w.answers(ssm.get_connection_status, {"Target": node, "Status": "connected"}, Target=node)
    w.refuses("AccessDeniedException", w.client("ssm", "weak").get_connection_status, Target=node)
    w.answers(ssm.list_associations, {"Associations": []})
    w.refuses("AccessDeniedException", w.client("ssm", "Narrow").list_associations)


def activations(w):
    ssm = w.client("ssm", "hub")
    made = w.answers(ssm.create_activation, {"ActivationId": UUID, "ActivationCode": re.compile("[A-Za-z0-9+/]{20}")},
                     IamRole="HybridNode", DefaultInstanceName="edge", RegistrationLimit=2)["ActivationId"]
    w.refuses("ValidationException", ssm.create_activation, IamRole="Nobody", text="Nonexistent role")
    w.answers(ssm.describe_activations, {"ActivationList": [{
        "ActivationId": made, "IamRole": "HybridNode", "RegistrationLimit": 2, "RegistrationsCount": 0, "Expired": False,
        "ExpirationDate": moment}]}, Filters=[{"FilterKey": "ActivationIds", "FilterValues": [made]}])
    w.refuses("InvalidNextToken", ssm.describe_activations, NextToken="x")
    w.answers(ssm.delete_activation, {}, ActivationId=made, then=lambda: w.answers(
        ssm.describe_activations, {"ActivationList": []},
        Filters=[{"FilterKey": "ActivationIds", "FilterValues": [made]}]))
    w.refuses("InvalidActivation", ssm.delete_activation, ActivationId=made)


def agent_registers(w):
    ssm = w.client("ssm", "hub")
    made = ssm.create_activation(IamRole="HybridNode", DefaultInstanceName="edge")
    key, other = frame.NodeKey(w.server.folder), frame.NodeKey(w.server.folder)
    loose = nodes.unsigned(w)
    mine = {"ActivationId": made["ActivationId"], "ActivationCode": made["ActivationCode"], "PublicKeyType": "Rsa",
            "Fingerprint": nodes.FINGERPRINT, "PublicKey": key.public}
    w.refuses("InvalidActivation", loose.register_managed_instance, **{**mine, "ActivationCode": "x" * 20})
    w.refuses("ValidationException", loose.register_managed_instance, **{**mine, "PublicKey": "AAAA"})
    node = w.answers(loose.register_managed_instance, {"InstanceId": re.compile("mi-[0-9a-f]{17}")}, **mine)["InstanceId"]
    w.refuses("RegistrationLimitExceeded", loose.register_managed_instance, **mine)
    asking = nodes.agent_client(w, node, key)
    token = w.answers(asking.request_managed_instance_role_token, {
        "AccessKeyId": re.compile("ASIA[A-Z0-9]{16}"), "TokenExpirationDate": moment, "UpdateKeyPair": False},
        Fingerprint=nodes.FINGERPRINT)
    w.refuses("MachineFingerprintDoesNotMatch", asking.request_managed_instance_role_token, Fingerprint="another")
    stranger = nodes.agent_client(w, node, other)
    w.refuses("InvalidSignatureException", stranger.request_managed_instance_role_token, Fingerprint=nodes.FINGERPRINT)
    w.answers(asking.update_managed_instance_public_key, {}, NewPublicKey=other.public, NewPublicKeyType="Rsa",
              then=lambda: w.answers(stranger.request_managed_instance_role_token, {"AccessKeyId": str},
                                     Fingerprint=nodes.FINGERPRINT))
    w.refuses("InvalidSignatureException", asking.update_managed_instance_public_key, NewPublicKey=key.public,
              NewPublicKeyType="Rsa")
    w.refuses("ValidationException", stranger.update_managed_instance_public_key, NewPublicKey="AAAA",
              NewPublicKeyType="Rsa")

    agent = w.client(SSM_AGENT, nodes.keys_in(token))
    report = {"InstanceId": node, "AgentVersion": "3.3.0.0", "PlatformType": "Linux", "ComputerName": "edge-1"}
    shown = {"Filters": [{"Key": "InstanceIds", "Values": [node]}]}
    w.answers(agent.update_instance_information, {}, **report, then=lambda: w.answers(
        ssm.describe_instance_information, {"InstanceInformationList": [{
            "InstanceId": node, "PingStatus": "Online", "ResourceType": "ManagedInstance", "ComputerName": "edge-1",
            "IamRole": "HybridNode", "Name": "edge"}]}, **shown))
    w.refuses("AccessDeniedException", agent.update_instance_information,
              **{**report, "InstanceId": "mi-00000000000000000"})
    w.answers(agent.list_instance_associations, {"Associations": []}, InstanceId=node)
    w.refuses("AccessDeniedException", agent.list_instance_associations, InstanceId="mi-00000000000000000")

    w.answers(ssm.deregister_managed_instance, {}, InstanceId=node, then=lambda: w.answers(
        ssm.describe_instance_information, {"InstanceInformationList": []}, **shown))
    w.refuses("InvalidInstanceId", ssm.deregister_managed_instance, InstanceId=node)


def parameters(w):
    ssm = w.client("ssm")
    put = {"Name": "/case/one", "Value": "1", "Type": "String"}
    w.answers(ssm.put_parameter, {"Version": 1, "Tier": "Standard"}, **put)
    w.refuses("ParameterAlreadyExists", ssm.put_parameter, **put)
    w.answers(ssm.put_parameter, {"Version": 2}, **{**put, "Value": "2"}, Overwrite=True)
    w.refuses("HierarchyTypeMismatchException", ssm.put_parameter, **{**put, "Type": "StringList"}, Overwrite=True)
    w.refuses("ParameterPatternMismatchException", ssm.put_parameter, Name="/case/two", Value="b", Type="String",
              AllowedPattern="^a$")
    for name in ("/case/two", "/case/deep/three"):
        ssm.put_parameter(Name=name, Value=name, Type="String")
    w.answers(ssm.get_parameter, {"Parameter": {
        "Name": "/case/one", "Type": "String", "Value": "2", "Version": 2, "LastModifiedDate": moment,
        "ARN": f"arn:aws:ssm:{REGION}:{TARGET}:parameter/case/one"}}, Name="/case/one")
    w.refuses("ParameterNotFound", ssm.get_parameter, Name="/case/none")
    w.answers(ssm.get_parameters, {"Parameters": [{"Name": "/case/one"}], "InvalidParameters": ["/case/none"]},
              Names=["/case/one", "/case/none"])
    w.refuses("AccessDeniedException", w.client("ssm", "Narrow").get_parameters, Names=["/case/one"])
    w.answers(ssm.get_parameters_by_path, {"Parameters": [{"Name": "/case/one"}, {"Name": "/case/two"}]}, Path="/case")
    w.answers(ssm.get_parameters_by_path, {"Parameters": at_least(3)}, Path="/case", Recursive=True)
    w.refuses("ValidationException", ssm.get_parameters_by_path, Path="case")


def tags(w):
    ssm = w.client("ssm")
    about = {"ResourceType": "Parameter", "ResourceId": "/case/one"}
    w.answers(ssm.add_tags_to_resource, {}, **about, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
              then=lambda: w.answers(ssm.list_tags_for_resource, {"TagList": has({"Key": "a", "Value": "1"})}, **about))
    w.answers(ssm.remove_tags_from_resource, {}, **about, TagKeys=["a"], then=lambda: w.answers(
        ssm.list_tags_for_resource, {"TagList": [{"Key": "b", "Value": "2"}]}, **about))
    absent = {**about, "ResourceId": "/case/none"}
    w.refuses("InvalidResourceId", ssm.add_tags_to_resource, **absent, Tags=[{"Key": "a", "Value": "1"}])
    w.refuses("InvalidResourceId", ssm.remove_tags_from_resource, **absent, TagKeys=["a"])
    w.refuses("InvalidResourceId", ssm.list_tags_for_resource, **absent)
    many = [{"Key": f"k{i}", "Value": "v"} for i in range(50)]
    w.refuses("TooManyTagsError", ssm.add_tags_to_resource, **about, Tags=many)


def parameters_end(w):
    ssm = w.client("ssm")
    w.answers(ssm.delete_parameter, {}, Name="/case/one", then=lambda: w.refuses(
        "ParameterNotFound", ssm.get_parameter, Name="/case/one"))
    w.refuses("ParameterNotFound", ssm.delete_parameter, Name="/case/one")
    w.answers(ssm.delete_parameters, {"DeletedParameters": has("/case/two", "/case/deep/three"),
                                      "InvalidParameters": ["/case/one"]},
              Names=["/case/two", "/case/deep/three", "/case/one"])
    w.refuses("AccessDeniedException", w.client("ssm", "Narrow").delete_parameters, Names=["/case/one"])
    w.answers(ssm.get_parameters_by_path, {"Parameters": lacks({"Name": "/case/two"})}, Path="/case")


def sessions(w):
    ssm = w.client("ssm")
    node, offline = w.instances("live-01", "offline-01")
    identity = re.compile("conformance-0[0-9a-f]{16}")
    url = re.compile("wss://[^/]+/v1/data-channel/conformance-0[0-9a-f]{16}[?]role=publish_subscribe")
    started = w.answers(ssm.start_session, {"SessionId": identity, "TokenValue": lambda got: 20 < len(got) <= 300,
                                            "StreamUrl": url}, Target=node, Reason="a case")
    session = started["SessionId"]
    w.refuses("TargetNotConnected", ssm.start_session, Target=ABSENT)
    w.refuses("TargetNotConnected", ssm.start_session, Target=offline)
    w.refuses("InvalidDocument", ssm.start_session, Target=node, DocumentName="AWS-Nothing")
    w.refuses("InvalidDocument", ssm.start_session, Target=node, DocumentName=SHELL)
    w.refuses("InvalidParameters", ssm.start_session, Target=node, DocumentName="AWS-StartSSHSession",
              Parameters={"portNumber": ["0"]})
    w.refuses("AccessDeniedException", w.client("ssm", "Narrow").start_session, Target=node, text="ssm:StartSession")
    owner = f"arn:aws:sts::{TARGET}:assumed-role/Operator/conformance"
    only = [{"key": "SessionId", "value": session}]
    w.answers(ssm.describe_sessions, {"Sessions": [{
        "SessionId": session, "Target": node, "Owner": owner, "Reason": "a case", "Status": "Connecting",
        "DocumentName": "SSM-SessionManagerRunShell", "StartDate": moment}]}, State="Active", Filters=only)
    w.refuses("ValidationException", ssm.describe_sessions, State="Active",
              Filters=[{"key": "InvokedAfter", "value": "soon"}])
    w.answers(ssm.resume_session, {"SessionId": session, "StreamUrl": url,
                                   "TokenValue": lambda got: got not in ("", started["TokenValue"])}, SessionId=session)
    w.refuses("DoesNotExistException", ssm.resume_session, SessionId="nobody-0123456789abcdef0")
    w.answers(ssm.terminate_session, {"SessionId": session}, SessionId=session, then=lambda: w.answers(
        ssm.describe_sessions, {"Sessions": [{"Status": "Terminated", "EndDate": moment}]}, State="History", Filters=only))
    w.refuses("DoesNotExistException", ssm.terminate_session, SessionId="nobody-0123456789abcdef0")
    w.refuses("AccessDeniedException", w.client("ssm", "Narrow").terminate_session, SessionId=session)


def session_preferences(w):
    ssm = w.client("ssm")
    name = "SSM-SessionManagerRunShell"

    def preferences(minutes):
        return json.dumps({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": {
            "idleSessionTimeout": minutes, "maxSessionDuration": "60"}})
    w.answers(ssm.create_document, {"DocumentDescription": {"Name": name, "DocumentType": "Session"}}, Name=name,
              Content=preferences("20"), DocumentType="Session", DocumentFormat="JSON")
    w.refuses("InvalidDocumentContent", ssm.update_document, Name=name, Content=preferences("61"), DocumentVersion="$LATEST")
    w.answers(ssm.update_document, {"DocumentDescription": {"DocumentVersion": "2"}}, Name=name, Content=preferences("5"),
              DocumentVersion="$LATEST")
    session = ssm.start_session(Target=w.instances("live-01")[0])["SessionId"]
    w.answers(ssm.describe_sessions, {"Sessions": [{"MaxSessionDuration": "60", "DocumentName": name}]}, State="Active",
              Filters=[{"key": "SessionId", "value": session}])
    ssm.terminate_session(SessionId=session)
    ssm.delete_document(Name=name)
    w.answers(ssm.describe_document, {"Document": {"DocumentType": "Session", "Parameters": has(
        {"Name": "portNumber", "DefaultValue": "22"})}}, Name="AWS-StartSSHSession")


def not_offered(w):
    """What the models have and the simulator does not offer says so."""
    ssm, agent = w.client("ssm"), w.client(SSM_AGENT)
    node = w.instances("live-01")[0]
    code, text = "UnknownOperationException", "is not offered by this simulator"
    w.refuses(code, ssm.put_compliance_items, text=text, ResourceId=node, ResourceType="ManagedInstance",
              ComplianceType="Custom:Case", ExecutionSummary={"ExecutionTime": 1_700_000_000},
              Items=[{"Severity": "LOW", "Status": "COMPLIANT", "Id": "1", "Title": "t"}])
    w.refuses(code, ssm.put_inventory, text=text, InstanceId=node, Items=[
        {"TypeName": "Custom:Case", "SchemaVersion": "1.0", "CaptureTime": "2026-01-01T00:00:00Z"}])
    w.refuses(code, agent.update_instance_association_status, AssociationId=NOWHERE, InstanceId=node, text=text)


CASES = [documents, document_versions, document_sharing, commands, cancelled, managed_nodes, activations, agent_registers,
         parameters, tags, parameters_end, sessions, session_preferences, not_offered]
