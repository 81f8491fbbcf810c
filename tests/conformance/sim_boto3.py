#!/usr/bin/env python3
"""boto3 drives the simulated cloud: every operation it offers, its pages, its waiters, and its errors by code and text.

Environment: POSTERN_SIM_SERVER is the server's program.
"""
import datetime
import os
import time
import unittest

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

import sim_harness as harness

ROLE = f"arn:aws:iam::{harness.TARGET}:role/"
SHELL = "AWS-RunShellScript"


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        harness.clean_environment()
        cls.server = harness.Server(os.environ["POSTERN_SIM_SERVER"])
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def client(self, service, keys=None, region="us-east-1", **config):
        options = {"retries": {"max_attempts": 1, "mode": "standard"}, **config}
        return boto3.client(service, region_name=region, endpoint_url=self.server.endpoint, verify=self.server.ca_file,
                            config=Config(**options), **(keys or harness.OPERATOR))

    def assume(self, role="Operator", keys=None, **more):
        if role == "Operator":
            more.setdefault("ExternalId", "x-1")
        answer = self.client("sts", keys).assume_role(RoleArn=ROLE + role, RoleSessionName="conformance", **more)
        found = answer["Credentials"]
        return {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
                "aws_session_token": found["SessionToken"]}

    def refused(self, code, status, call, **parameters):
        """The error of a call that must fail with this code and HTTP status; its message."""
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        answer = caught.exception.response
        self.assertEqual((answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]), (code, status), answer)
        return answer["Error"]["Message"]

    def ids(self, names, region="us-east-1", keys=None):
        """Instance ids by Name, in the order of the names."""
        ec2 = self.client("ec2", keys or self.assume(), region)
        found = {}
        for page in ec2.get_paginator("describe_instances").paginate(Filters=[{"Name": "tag:Name", "Values": names}]):
            for reservation in page["Reservations"]:
                instance = reservation["Instances"][0]
                found[next(tag["Value"] for tag in instance["Tags"] if tag["Key"] == "Name")] = instance["InstanceId"]
        return [found[name] for name in names]


class Sts(Base):
    def test_identity_of_user_and_session(self):
        me = self.client("sts").get_caller_identity()
        self.assertEqual((me["Account"], me["Arn"]), (harness.HUB, f"arn:aws:iam::{harness.HUB}:user/operator"))
        answer = self.client("sts").assume_role(RoleArn=ROLE + "Operator", RoleSessionName="me", ExternalId="x-1",
                                                SourceIdentity="ada", Tags=[{"Key": "team", "Value": "dr"}])
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{harness.TARGET}:assumed-role/Operator/me")
        self.assertEqual(answer["SourceIdentity"], "ada")
        self.assertTrue(answer["Credentials"]["AccessKeyId"].startswith("ASIA"))
        left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertAlmostEqual(left.total_seconds(), 3600, delta=30)
        me = self.client("sts", self.assume()).get_caller_identity()
        self.assertEqual(me["Account"], harness.TARGET)
        self.assertRegex(me["UserId"], "^AROA[A-Z0-9]{17}:conformance$")
        weak = self.client("sts", harness.WEAK).get_caller_identity()  # needs no permission
        self.assertTrue(weak["Arn"].endswith(":user/weak"))

    def test_refusals_of_assume_role_read_the_same(self):
        sts = self.client("sts")
        cases = [("Operator", {"ExternalId": "wrong"}), ("Operator", {}), ("Nobody", {"ExternalId": "x-1"}), ("Chained", {})]
        for role, more in cases:
            message = self.refused("AccessDenied", 403, sts.assume_role, RoleArn=ROLE + role, RoleSessionName="s-1", **more)
            self.assertEqual(message, f"User: arn:aws:iam::{harness.HUB}:user/operator is not authorized to perform: "
                                      f"sts:AssumeRole on resource: {ROLE}{role}")
        self.refused("AccessDenied", 403, self.client("sts", harness.WEAK).assume_role, RoleArn=ROLE + "Operator",
                     RoleSessionName="s-1", ExternalId="x-1")

    def test_durations_and_chaining(self):
        sts = self.client("sts")
        message = self.refused("ValidationError", 400, sts.assume_role, RoleArn=ROLE + "Operator", RoleSessionName="s-1",
                               ExternalId="x-1", DurationSeconds=7201)
        self.assertEqual(message, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        chained = self.client("sts", self.assume(DurationSeconds=7200))
        message = self.refused("ValidationError", 400, chained.assume_role, RoleArn=ROLE + "Chained", RoleSessionName="s-1",
                               DurationSeconds=3601)
        self.assertEqual(message, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
                                  "role chaining.")
        answer = chained.assume_role(RoleArn=ROLE + "Chained", RoleSessionName="s-1", DurationSeconds=3600)
        self.assertIn("assumed-role/Chained/", answer["AssumedRoleUser"]["Arn"])
        plain = self.client("sts", parameter_validation=False)
        self.refused("ValidationError", 400, plain.assume_role, RoleArn=ROLE + "Operator", RoleSessionName="s-1",
                     ExternalId="x-1", DurationSeconds=899)
        self.refused("ValidationError", 400, plain.assume_role, RoleArn=ROLE + "Operator", RoleSessionName="a b",
                     ExternalId="x-1")

    def test_session_policy_narrows(self):
        policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]}'
        keys = self.assume(Policy=policy)
        self.assertEqual(len(self.client("ec2", keys).describe_regions()["Regions"]), 17)
        message = self.refused("AccessDeniedException", 400, self.client("ssm", keys).list_commands)
        self.assertIn("because no session policy allows the ssm:ListCommands action", message)
        sts = self.client("sts")
        self.refused("MalformedPolicyDocument", 400, sts.assume_role, RoleArn=ROLE + "Operator", RoleSessionName="s-1",
                     ExternalId="x-1", Policy="{")

    def test_credentials_that_are_wrong(self):
        unknown = {**harness.OPERATOR, "aws_access_key_id": "AKIANOBODY0000000000"}
        wrong = {**harness.OPERATOR, "aws_secret_access_key": "no"}
        stripped = {key: value for key, value in self.assume().items() if key != "aws_session_token"}
        cases = [
            (unknown, ("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400), ("AuthFailure", 401)),
            (wrong, ("SignatureDoesNotMatch", 403), ("InvalidSignatureException", 400), ("AuthFailure", 401)),
            (stripped, ("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400), ("AuthFailure", 401)),
        ]
        for keys, sts, ssm, ec2 in cases:
            self.refused(*sts, self.client("sts", keys).get_caller_identity)
            self.refused(*ssm, self.client("ssm", keys).list_commands)
            self.refused(*ec2, self.client("ec2", keys).describe_instances)

    def test_session_that_expired(self):
        keys = self.assume()
        self.server.control("expire", key=keys["aws_access_key_id"])
        self.refused("ExpiredToken", 403, self.client("sts", keys).get_caller_identity)
        self.refused("ExpiredTokenException", 400, self.client("ssm", keys).list_commands)
        self.refused("RequestExpired", 400, self.client("ec2", keys).describe_instances)

    def test_clock_that_is_wrong(self):
        try:
            self.server.control("skew", seconds=600)
            message = self.refused("InvalidSignatureException", 400, self.client("ssm").list_commands)
            self.assertRegex(message, r"^Signature expired: \S+ is now earlier than \S+ \(\S+ - 5 min\.\)$")
            self.refused("RequestExpired", 400, self.client("ec2").describe_instances)
            self.client("sts").get_caller_identity()
            self.server.control("skew", seconds=-1200)
            message = self.refused("SignatureDoesNotMatch", 403, self.client("sts").get_caller_identity)
            self.assertRegex(message, r"^Signature not yet current: \S+ is still later than \S+ \(\S+ \+ 15 min\.\)$")
        finally:
            self.server.control("skew", seconds=0)


class Ec2(Base):
    def setUp(self):
        self.ec2 = self.client("ec2", self.assume())

    def test_all_instances_in_pages(self):
        pages = list(self.ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 7}))
        self.assertEqual([len(page["Reservations"]) for page in pages], [7] * 8 + [5])
        instances = [one for page in pages for reservation in page["Reservations"] for one in reservation["Instances"]]
        self.assertEqual(len({one["InstanceId"] for one in instances}), 61)
        first = instances[0]
        self.assertRegex(first["InstanceId"], "^i-[0-9a-f]{17}$")
        self.assertEqual(first["State"], {"Code": 16, "Name": "running"})
        self.assertIsInstance(first["LaunchTime"], datetime.datetime)
        self.assertTrue(first["IamInstanceProfile"]["Arn"].endswith(":instance-profile/PosternNode"))
        self.assertNotIn("Platform", first)
        self.assertEqual(len(self.client("ec2", self.assume(), "us-west-2").describe_instances()["Reservations"]), 3)
        self.assertEqual(len(self.client("ec2").describe_instances()["Reservations"]), 0)

    def count(self, **filters):
        asked = [{"Name": name.replace("__", ":").replace("_", "-"), "Values": values} for name, values in filters.items()]
        return len(self.ec2.describe_instances(Filters=asked)["Reservations"])

    def test_filters(self):
        self.assertEqual(self.count(tag__fifth=["yes"]), 11)
        self.assertEqual(self.count(tag__fifth=["yes"], instance_state_name=["running"]), 11)
        self.assertEqual(self.count(tag_key=["fifth"]), 11)
        self.assertEqual(self.count(tag__Name=["live-0?"]), 9)
        self.assertEqual(self.count(tag__Name=["live-*", "lost-01"]), 56)
        self.assertEqual(self.count(instance_state_name=["stopped"]), 1)
        self.assertEqual(self.count(platform=["windows"]), 1)
        self.assertEqual(self.count(tag__Name=["nobody"]), 0)

    def test_refusals(self):
        describe = self.ec2.describe_instances
        some = self.ids(["live-01"])
        self.assertEqual(len(describe(InstanceIds=some)["Reservations"]), 1)
        self.refused("InvalidParameterCombination", 400, describe, InstanceIds=some, MaxResults=5)
        self.refused("InvalidParameterValue", 400, describe, MaxResults=4)
        self.refused("InvalidParameterValue", 400, describe, MaxResults=1001)
        self.refused("InvalidParameterValue", 400, describe, Filters=[{"Name": "colour", "Values": ["red"]}])
        message = self.refused("InvalidInstanceID.NotFound", 400, describe, InstanceIds=["i-0123456789abcdef0"])
        self.assertEqual(message, "The instance ID 'i-0123456789abcdef0' does not exist")
        self.refused("InvalidInstanceID.Malformed", 400, describe, InstanceIds=["web-01"])
        self.refused("InvalidNextToken", 400, describe, MaxResults=5, NextToken="bm9uc2Vuc2U=")
        self.refused("DryRunOperation", 412, describe, DryRun=True)
        self.refused("UnauthorizedOperation", 403, self.client("ec2", self.assume("Narrow")).describe_instances)

    def test_regions(self):
        names = [region["RegionName"] for region in self.ec2.describe_regions()["Regions"]]
        self.assertIn("eu-central-1", names)
        self.assertEqual(len(self.ec2.describe_regions(RegionNames=["us-west-2"])["Regions"]), 1)
        some = self.ec2.describe_regions(Filters=[{"Name": "region-name", "Values": ["us-*"]}])["Regions"]
        self.assertEqual(len(some), 4)


class Nodes(Base):
    def setUp(self):
        self.ssm = self.client("ssm", self.assume())

    def nodes(self, **parameters):
        pages = self.ssm.get_paginator("describe_instance_information").paginate(**parameters)
        return [node for page in pages for node in page["InstanceInformationList"]]

    def test_nodes_in_pages(self):
        first = self.ssm.describe_instance_information()
        self.assertEqual(len(first["InstanceInformationList"]), 10)
        nodes = self.nodes(PaginationConfig={"PageSize": 50})
        # Neither the unmanaged nor the stopped one.
        self.assertEqual(len({node["InstanceId"] for node in nodes}), 59)
        by_name = {node["ComputerName"]: node for node in nodes}
        self.assertEqual(by_name["lost-01"]["PingStatus"], "ConnectionLost")
        self.assertEqual(by_name["live-01"]["PingStatus"], "Online")
        self.assertEqual(by_name["windows-01"]["PlatformType"], "Windows")
        self.assertIsInstance(by_name["live-01"]["LastPingDateTime"], datetime.datetime)

    def test_filters(self):
        some = self.ids(["live-03", "unmanaged-01"])
        found = self.nodes(Filters=[{"Key": "InstanceIds", "Values": some}])
        self.assertEqual([node["ComputerName"] for node in found], ["live-03"])
        old = self.nodes(InstanceInformationFilterList=[{"key": "PingStatus", "valueSet": ["ConnectionLost"]}])
        self.assertEqual([node["ComputerName"] for node in old], ["lost-01"])
        self.assertEqual(len(self.nodes(Filters=[{"Key": "tag:fifth", "Values": ["yes"]}])), 11)
        self.assertEqual(len(self.nodes(Filters=[{"Key": "PlatformTypes", "Values": ["Windows"]}])), 1)
        call = self.ssm.describe_instance_information
        self.refused("InvalidFilterKey", 400, call, Filters=[{"Key": "Colour", "Values": ["red"]}])
        self.refused("InvalidNextToken", 400, call, NextToken="x")
        loose = self.client("ssm", self.assume(), parameter_validation=False)
        message = self.refused("ValidationException", 400, loose.describe_instance_information, MaxResults=51)
        self.assertEqual(message, "1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: "
                                  "Member must have value less than or equal to 50")

    def test_connection_status(self):
        expected = [("live-01", "connected"), ("offline-01", "notconnected"), ("lost-01", "notconnected")]
        for name, status in expected:
            answer = self.ssm.get_connection_status(Target=self.ids([name])[0])
            self.assertEqual(answer["Status"].lower().replace(" ", ""), status)

    def test_documents(self):
        document = self.ssm.describe_document(Name=SHELL)["Document"]
        self.assertEqual([one["Name"] for one in document["Parameters"]], ["commands", "workingDirectory", "executionTimeout"])
        self.assertEqual((document["Owner"], document["SchemaVersion"], document["HashType"]), ("Amazon", "1.2", "Sha256"))
        content = self.ssm.get_document(Name=SHELL)["Content"]
        self.assertIn("aws:runShellScript", content)
        self.ssm.describe_document(Name="AWS-RunPowerShellScript", DocumentVersion="$LATEST")
        self.refused("InvalidDocument", 400, self.ssm.describe_document, Name="AWS-Nothing")
        self.refused("InvalidDocumentVersion", 400, self.ssm.describe_document, Name=SHELL, DocumentVersion="9")


class RunCommand(Base):
    def setUp(self):
        self.ssm = self.client("ssm", self.assume())

    def send(self, names, *lines, **more):
        parameters = {"commands": list(lines), **more.pop("parameters", {})}
        answer = self.ssm.send_command(InstanceIds=self.ids(names), DocumentName=SHELL, Parameters=parameters, **more)
        return answer["Command"]

    def wait(self, command_id, seconds=60):
        """Until the command is done; its description."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.ssm.list_commands(CommandId=command_id)["Commands"]
            if found and found[0]["Status"] not in ("Pending", "InProgress", "Cancelling"):
                return found[0]
            time.sleep(0.1)
        self.fail("the command did not end")

    def test_command_runs_and_output_arrives(self):
        command = self.send(["live-01", "live-02"], 'echo "hello from $POSTERN_SIM_HOSTNAME"', "echo oops >&2",
                            Comment="say hello", MaxConcurrency="2")
        self.assertRegex(command["CommandId"], "^[0-9a-f-]{36}$")
        self.assertEqual((command["Status"], command["MaxErrors"], command["TargetCount"]), ("Pending", "0", 2))
        for name, instance in zip(("live-01", "live-02"), self.ids(["live-01", "live-02"])):
            self.ssm.get_waiter("command_executed").wait(CommandId=command["CommandId"], InstanceId=instance,
                                                         WaiterConfig={"Delay": 1, "MaxAttempts": 30})
            got = self.ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=instance)
            self.assertEqual(got["StandardOutputContent"], f"hello from {name}\n")
            self.assertEqual(got["StandardErrorContent"], "oops\n")
            self.assertEqual((got["ResponseCode"], got["Status"], got["Comment"]), (0, "Success", "say hello"))
            self.assertRegex(got["ExecutionElapsedTime"], r"^PT[0-9.]+S$")
        done = self.wait(command["CommandId"])
        self.assertEqual((done["Status"], done["CompletedCount"], done["ErrorCount"]), ("Success", 2, 0))

    def test_failure_shows_exit_code_and_both_streams(self):
        command = self.send(["live-03"], "echo out", "echo err >&2", "exit 7")
        done = self.wait(command["CommandId"])
        self.assertEqual((done["Status"], done["StatusDetails"], done["ErrorCount"]), ("Failed", "Failed", 1))
        listed = self.ssm.list_command_invocations(CommandId=command["CommandId"], Details=True)["CommandInvocations"][0]
        plugin = listed["CommandPlugins"][0]
        self.assertEqual((plugin["Name"], plugin["ResponseCode"], plugin["Status"]), ("aws:runShellScript", 7, "Failed"))
        self.assertEqual(plugin["Output"], "out\n\n----------ERROR-------\nerr\nfailed to run commands: exit status 7")
        with self.assertRaises(WaiterError):
            self.ssm.get_waiter("command_executed").wait(CommandId=command["CommandId"], InstanceId=listed["InstanceId"],
                                                         WaiterConfig={"Delay": 1, "MaxAttempts": 3})

    def test_right_after_sending_nothing_can_be_read(self):
        command = self.send(["live-04"], "true")
        instance = self.ids(["live-04"])[0]
        self.wait(command["CommandId"])
        # The window is shorter than a call may take on a busy machine: a fault-free server shows it at least once in ten.
        seen = 0
        for _ in range(10):
            sent = self.ssm.send_command(InstanceIds=[instance], DocumentName=SHELL, Parameters={"commands": ["true"]})
            found = self.ssm.list_command_invocations(CommandId=sent["Command"]["CommandId"])["CommandInvocations"]
            try:
                self.ssm.get_command_invocation(CommandId=sent["Command"]["CommandId"], InstanceId=instance)
            except ClientError as error:
                self.assertEqual(error.response["Error"]["Code"], "InvocationDoesNotExist")
                seen += 1
                self.assertEqual(found, [])
        self.assertGreater(seen, 0)

    def test_output_is_cut_as_aws_cuts_it(self):
        command = self.send(["live-05"], "seq 1 20000", "seq 1 20000 >&2")
        self.wait(command["CommandId"])
        got = self.ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=self.ids(["live-05"])[0])
        self.assertEqual((len(got["StandardOutputContent"]), len(got["StandardErrorContent"])), (24000, 8000))
        listed = self.ssm.list_command_invocations(CommandId=command["CommandId"], Details=True)["CommandInvocations"][0]
        self.assertEqual(len(listed["CommandPlugins"][0]["Output"]), 2500)
        self.assertTrue(listed["CommandPlugins"][0]["Output"].endswith("--output truncated--"))

    def test_execution_times_out(self):
        command = self.send(["live-06"], "sleep 60", parameters={"executionTimeout": ["5"]})
        done = self.wait(command["CommandId"])
        self.assertEqual((done["Status"], done["StatusDetails"]), ("TimedOut", "ExecutionTimedOut"))
        got = self.ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=self.ids(["live-06"])[0])
        self.assertEqual((got["Status"], got["ResponseCode"]), ("TimedOut", 137))

    def test_cancel(self):
        command = self.send(["live-07", "offline-01", "lost-01", "slow-01"], "sleep 60", MaxConcurrency="100%")
        time.sleep(1.5)
        listed = self.ssm.list_command_invocations(CommandId=command["CommandId"])["CommandInvocations"]
        states = {one["InstanceName"]: one["Status"] for one in listed}
        self.assertEqual((states["live-07"], states["offline-01"], states["lost-01"], states["slow-01"]),
                         ("InProgress", "InProgress", "Delayed", "Pending"))
        self.assertEqual(self.ssm.list_commands(Filters=[{"key": "ExecutionStage", "value": "Executing"}])["Commands"][0]
                         ["CommandId"], command["CommandId"])
        self.ssm.cancel_command(CommandId=command["CommandId"])
        done = self.wait(command["CommandId"])
        self.assertEqual((done["Status"], done["CompletedCount"]), ("Cancelled", 4))
        listed = self.ssm.list_command_invocations(CommandId=command["CommandId"])["CommandInvocations"]
        self.assertEqual({one["Status"] for one in listed}, {"Cancelled"})
        self.refused("InvalidCommandId", 400, self.ssm.cancel_command, CommandId="0" * 36)

    def test_max_errors_stops_the_rest(self):
        names = [f"live-{i:02}" for i in range(10, 20)]
        command = self.send(names, "exit 1", MaxConcurrency="1", MaxErrors="2")
        done = self.wait(command["CommandId"])
        self.assertEqual((done["Status"], done["ErrorCount"], done["CompletedCount"]), ("Failed", 3, 10))
        listed = self.ssm.list_command_invocations(CommandId=command["CommandId"])["CommandInvocations"]
        self.assertEqual(sorted(one["StatusDetails"] for one in listed), ["Failed"] * 3 + ["Terminated"] * 7)

    def test_fifty_targets_in_pages(self):
        names = [f"live-{i:02}" for i in range(1, 51)]
        command = self.send(names, "echo ok")
        done = self.wait(command["CommandId"])
        self.assertEqual((done["Status"], done["TargetCount"]), ("Success", 50))
        pages = self.ssm.get_paginator("list_command_invocations").paginate(
            CommandId=command["CommandId"], PaginationConfig={"PageSize": 20})
        self.assertEqual([len(page["CommandInvocations"]) for page in pages], [20, 20, 10])
        truth = self.server.truth()
        self.assertGreaterEqual(truth["executions"][self.ids(["live-50"])[0]], 1)

    def test_targets_by_tag(self):
        targets = [{"Key": "tag:fifth", "Values": ["yes"]}, {"Key": "tag:env", "Values": ["test"]}]
        sent = self.ssm.send_command(Targets=targets, DocumentName=SHELL, Parameters={"commands": ["true"]})["Command"]
        done = self.wait(sent["CommandId"])
        self.assertEqual((done["Status"], done["TargetCount"], done["Targets"]), ("Success", 11, targets))
        none = self.ssm.send_command(Targets=[{"Key": "tag:no", "Values": ["such"]}], DocumentName=SHELL,
                                     Parameters={"commands": ["true"]})["Command"]
        done = self.wait(none["CommandId"])
        self.assertEqual((done["Status"], done["StatusDetails"]), ("Failed", "NoInstancesInTag"))

    def test_refusals_of_send_command(self):
        loose = self.client("ssm", self.assume(), parameter_validation=False)
        one = self.ids(["live-01"])
        many = self.ids([f"live-{i:02}" for i in range(1, 52)])
        run = {"DocumentName": SHELL, "Parameters": {"commands": ["true"]}}
        before = self.server.truth()["commands"]
        message = self.refused("ValidationException", 400, loose.send_command, InstanceIds=many, **run)
        self.assertRegex(message, "^1 validation error detected: Value '.*' at 'instanceIds' failed to satisfy "
                                  "constraint: Member must have length less than or equal to 50$")
        bad = self.ids(["unmanaged-01"])
        message = self.refused("InvalidInstanceId", 400, self.ssm.send_command, InstanceIds=one + bad, **run)
        self.assertEqual(message, f"Instances [[{bad[0]}]] not in a valid state for account {harness.TARGET}")
        call = self.ssm.send_command
        self.refused("DuplicateInstanceId", 400, call, InstanceIds=one + one, **run)
        self.refused("ValidationException", 400, call, InstanceIds=["live-01"], **run)
        self.refused("ValidationException", 400, call, **run)
        self.refused("InvalidDocument", 400, call, InstanceIds=one, DocumentName="AWS-Nothing")
        self.refused("InvalidParameters", 400, call, InstanceIds=one, DocumentName=SHELL)
        self.refused("InvalidParameters", 400, call, InstanceIds=one, DocumentName=SHELL,
                     Parameters={"commands": ["true"], "colour": ["red"]})
        self.refused("InvalidParameters", 400, call, InstanceIds=one, DocumentName=SHELL,
                     Parameters={"commands": ["true"], "executionTimeout": ["soon"]})
        self.refused("ValidationException", 400, call, InstanceIds=one, MaxConcurrency="0", **run)
        self.refused("ValidationException", 400, loose.send_command, InstanceIds=one, TimeoutSeconds=29, **run)
        self.refused("ValidationException", 400, loose.send_command, InstanceIds=one, Comment="x" * 101, **run)
        self.refused("UnsupportedPlatformType", 400, call, InstanceIds=self.ids(["windows-01"]), **run)
        message = self.refused("AccessDeniedException", 400, self.client("ssm", self.assume("Narrow")).send_command,
                               InstanceIds=one, **run)
        self.assertIn("is not authorized to perform: ssm:SendCommand on resource: ", message)
        # Another account's or Region's instance is as unknown as one that never was.
        self.refused("InvalidInstanceId", 400, self.client("ssm").send_command, InstanceIds=one, **run)
        self.refused("InvalidInstanceId", 400, self.client("ssm", self.assume(), "us-west-2").send_command,
                     InstanceIds=one, **run)
        self.assertEqual(self.server.truth()["commands"], before)

    def test_lists_and_their_filters(self):
        first = self.send(["live-08"], "true", Comment="first")
        self.wait(first["CommandId"])
        second = self.send(["live-09"], "true", Comment="second")
        self.wait(second["CommandId"])
        pages = self.ssm.get_paginator("list_commands").paginate(PaginationConfig={"PageSize": 1})
        found = [page["Commands"][0]["Comment"] for page in pages if page["Commands"]]
        self.assertLess(found.index("second"), found.index("first"))
        listed = self.ssm.list_commands(InstanceId=self.ids(["live-08"])[0])["Commands"]
        self.assertIn("first", [one["Comment"] for one in listed])
        start = (second["RequestedDateTime"]).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertTrue(self.ssm.list_commands(Filters=[{"key": "InvokedAfter", "value": start}])["Commands"])
        early = self.ssm.list_commands(Filters=[{"key": "InvokedBefore", "value": "2020-01-01T00:00:00Z"}])
        self.assertEqual(early["Commands"], [])
        good = self.ssm.list_commands(Filters=[{"key": "Status", "value": "Success"},
                                               {"key": "DocumentName", "value": SHELL}])["Commands"]
        self.assertTrue(all(one["Status"] == "Success" for one in good))
        self.refused("InvalidFilterKey", 400, self.ssm.list_command_invocations,
                     Filters=[{"key": "ExecutionStage", "value": "Complete"}])
        self.refused("InvalidCommandId", 400, self.ssm.list_commands, CommandId="0" * 36)
        self.refused("InvocationDoesNotExist", 400, self.ssm.get_command_invocation, CommandId=first["CommandId"],
                     InstanceId=self.ids(["live-01"])[0])
        self.refused("InvalidPluginName", 400, self.ssm.get_command_invocation, CommandId=first["CommandId"],
                     InstanceId=self.ids(["live-08"])[0], PluginName="aws:other")
        # The hub's own account has none of them.
        self.assertEqual(self.client("ssm").list_commands()["Commands"], [])


class Faults(Base):
    def fault(self, operation, kind, count=1, **more):
        self.server.control("fault", operation=operation, kind=kind, count=count, **more)
        self.addCleanup(self.server.control, "fault", operation="*", kind="none", count=0)

    def test_throttling_has_each_services_form(self):
        self.fault("*", "throttle", 3)
        none = {"retries": {"total_max_attempts": 1, "mode": "standard"}}
        self.refused("ThrottlingException", 400, self.client("ssm", **none).list_commands)
        self.refused("RequestLimitExceeded", 503, self.client("ec2", **none).describe_instances)
        self.refused("Throttling", 400, self.client("sts", **none).get_caller_identity)
        self.client("sts").get_caller_identity()

    def test_retries_get_through(self):
        self.fault("ssm:ListCommands", "throttle", 2)
        patient = self.client("ssm", retries={"max_attempts": 4, "mode": "standard"})
        self.assertEqual(patient.list_commands()["Commands"], [])

    def test_lost_reply_of_a_call_that_ran(self):
        keys = self.assume()
        instance = self.ids(["live-01"], keys=keys)
        before = self.server.truth()["commands"]
        self.fault("ssm:SendCommand", "lost_reply")
        once = self.client("ssm", keys, retries={"total_max_attempts": 1, "mode": "standard"})
        with self.assertRaises(botocore.exceptions.ConnectionClosedError):
            once.send_command(InstanceIds=instance, DocumentName=SHELL, Parameters={"commands": ["true"]})
        self.assertEqual(self.server.truth()["commands"], before + 1)

    def test_bodies_that_make_no_sense(self):
        once = {"retries": {"total_max_attempts": 1, "mode": "standard"}}
        for kind in ("html_page", "truncated_reply"):
            self.fault("ssm:DescribeInstanceInformation", kind)
            # botocore takes what is no JSON for an answer without members.
            answer = self.client("ssm", **once).describe_instance_information()
            self.assertNotIn("InstanceInformationList", answer)
        self.fault("ssm:DescribeInstanceInformation", "invalid_utf8")
        with self.assertRaises(UnicodeDecodeError):
            self.client("ssm", **once).describe_instance_information()
        self.fault("ec2:DescribeRegions", "html_page")
        self.assertNotIn("Regions", self.client("ec2", **once).describe_regions())
        for kind in ("truncated_reply", "invalid_utf8"):
            self.fault("ec2:DescribeRegions", kind)
            with self.assertRaises(botocore.parsers.ResponseParserError):
                self.client("ec2", **once).describe_regions()


if __name__ == "__main__":
    print(f"boto3 {boto3.__version__}, botocore {botocore.__version__}", flush=True)
    unittest.main(warnings="ignore")
