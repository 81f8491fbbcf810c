#!/usr/bin/env python3
"""The orchestration Lambda that this product replaces, run as it was written down, against the simulated cloud.

The document with the Lambda is not part of the repository: it is ../shared/brief/003*.txt beside it, or in the folder
`brief` beside POSTERN_TEST_DATA. From it come the code, the CloudFormation template of the role that the code assumes,
the accounts and the ExternalId; the test makes the role through IAM exactly as the template says. POSTERN names the
program, whose `sim serve` serves the world below with live agents.
"""
import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import boto3
import botocore
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

from sim_harness import clean_environment

SKIPPED = 77
READY_SECONDS = 30
COMMAND_SECONDS = 90
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DR_TAGS = {"dr:enabled": "true", "dr:recovery-strategy": "drs"}
SECRET = "brief/lambda/made-up/secret"
OPERATOR = {"aws_access_key_id": "AKIABRIEFOPERATOR001", "aws_secret_access_key": SECRET}

# What stands in the place of wget on a node: the installer it brings says where it would replicate to.
GOOD_WGET = '#!/bin/sh\nprintf \'#!/bin/sh\\necho "replicating to $2"\\n\' > aws-replication-installer-init\n'
BAD_WGET = "#!/bin/sh\nexit 4\n"


def find_brief():
    folders = [os.path.join(os.path.dirname(ROOT), "shared", "brief")]
    data = os.environ.get("POSTERN_TEST_DATA")
    if data:
        folders.insert(0, os.path.join(os.path.dirname(os.path.abspath(data)), "brief"))
    for folder in folders:
        found = sorted(glob.glob(os.path.join(folder, "003*.txt")))
        if found:
            return found[0]
    print(f"SKIPPED: the brief with the Lambda is in none of {', '.join(folders)}: NOTHING WAS TESTED", file=sys.stderr)
    sys.exit(SKIPPED)


def fenced(text, language, mark):
    """The first block of the language that contains the mark."""
    for block in re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if mark in block:
            return block
    raise AssertionError(f"the brief has no {language} block with {mark!r}")


class Template(yaml.SafeLoader):
    """CloudFormation's short forms of functions, as (name, argument)."""


Template.add_multi_constructor("!", lambda loader, suffix, node: (suffix, loader.construct_scalar(node)))


class Brief:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.code = fenced(text, "python", "def lambda_handler")
        template = yaml.load(fenced(text, "yaml", "AWSTemplateFormatVersion"), Loader=Template)
        self.parameters = {name: one["Default"] for name, one in template["Parameters"].items()}
        self.role = self.resolved(template["Resources"]["DRSOrchestrationRole"]["Properties"])
        self.accounts = re.findall(r"'account_id': '(\d{12})'", self.code)
        self.hub = self.parameters["OrchestrationAccountId"]
        statement = self.role["AssumeRolePolicyDocument"]["Statement"][0]
        self.external_id = statement["Condition"]["StringEquals"]["sts:ExternalId"]

    def resolved(self, value):
        if isinstance(value, dict):
            return {key: self.resolved(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.resolved(one) for one in value]
        if isinstance(value, tuple):
            return re.sub(r"\$\{(\w+)\}", lambda found: self.parameters[found.group(1)], value[1])
        return value

    def handler(self, with_external_id=False):
        """lambda_handler as written, or with the one argument that it lacks."""
        code = self.code
        if with_external_id:
            code, count = re.subn(r"(RoleSessionName='[^']*')", rf"\1, ExternalId='{self.external_id}'", code)
            assert count == 1, "the Lambda does not call assume_role once"
        names = {"__name__": "brief_lambda_code"}
        exec(compile(code, "brief/lambda", "exec"), names)
        return names["lambda_handler"]


def world_of(brief):
    """The first account has 50 nodes that the Lambda means, the second 51 and some that it should not mean."""
    def admin(number):
        return {"name": "admin", "access_key_id": f"AKIABRIEFADMIN00000{number}", "secret_access_key": SECRET, "allow": "*"}

    def nodes(name, count, **more):
        return {"name": name, "count": count, "region": "us-east-1", "agent": "live", "programs": {"wget": GOOD_WGET},
                **more}

    lambda_role = {"name": "OrchestrationLambda", "trust": [{"principals": f"arn:aws:iam::{brief.hub}:user/operator"}],
                   "allow": "sts:AssumeRole"}
    operator = {"name": "operator", "access_key_id": OPERATOR["aws_access_key_id"], "secret_access_key": SECRET,
                "allow": "*"}
    first, second = brief.accounts
    return {
        "version": 1, "name": "brief", "hub": brief.hub, "regions": ["us-east-1", "us-west-2"],
        "accounts": [
            {"id": brief.hub, "users": [operator], "roles": [lambda_role]},
            {"id": first, "users": [admin(1)], "instances": [nodes("web-{nn}", 50, tags=DR_TAGS)]},
            {"id": second, "users": [admin(2)], "instances": [
                nodes("app-{nn}", 51, tags=DR_TAGS), nodes("unmanaged-01", 1, agent="none"),
                nodes("broken-{nn}", 8, programs={"wget": BAD_WGET})]},
        ],
    }


class Served:
    """`postern sim serve` with a world; a context manager."""

    def __init__(self, world):
        self.world = world

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="postern-brief-")
        world_file = os.path.join(self.folder.name, "world.yaml")
        env_file = os.path.join(self.folder.name, "sim.env")
        with open(world_file, "w", encoding="utf-8") as file:
            yaml.safe_dump(self.world, file)
        self.process = subprocess.Popen([os.environ["POSTERN"], "sim", "serve", "--world", world_file, "--plain",
                                         "--env-file", env_file], cwd=self.folder.name, stdout=subprocess.DEVNULL)
        until = time.monotonic() + READY_SECONDS
        while not os.path.exists(env_file):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("postern sim serve did not become ready")
            time.sleep(0.02)
        shown = subprocess.run(["sh", "-c", f'. "{env_file}"; env -0'], check=True, capture_output=True).stdout.decode()
        variables = dict(part.split("=", 1) for part in shown.split("\0") if part)
        self.endpoint = variables["POSTERN_SIM_PLAIN_URL"]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=READY_SECONDS)
        self.folder.cleanup()
        if code != 0:
            raise RuntimeError(f"postern sim serve ended with {code}")

    def client(self, service, keys, region="us-east-1"):
        return boto3.session.Session(**keys).client(service, region_name=region, endpoint_url=self.endpoint,
                                                    config=Config(retries={"max_attempts": 1, "mode": "standard"}))


class BriefLambda(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        clean_environment()
        cls.brief = Brief(find_brief())
        cls.server = Served(world_of(cls.brief))
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.admins = {account: {"aws_access_key_id": f"AKIABRIEFADMIN00000{number}", "aws_secret_access_key": SECRET}
                      for number, account in enumerate(cls.brief.accounts, 1)}
        for keys in cls.admins.values():
            cls.deploy_role(cls.server.client("iam", keys))

    @classmethod
    def deploy_role(cls, iam):
        """What CloudFormation makes of the template."""
        role = cls.brief.role
        iam.create_role(RoleName=role["RoleName"], Description=role["Description"],
                        AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]))
        for arn in role["ManagedPolicyArns"]:
            iam.attach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
        for policy in role["Policies"]:
            iam.put_role_policy(RoleName=role["RoleName"], PolicyName=policy["PolicyName"],
                                PolicyDocument=json.dumps(policy["PolicyDocument"]))

    def run_lambda(self, **how):
        """As AWS Lambda runs it: credentials of its role, and the Region, in the environment."""
        arn = f"arn:aws:iam::{self.brief.hub}:role/OrchestrationLambda"
        own = self.server.client("sts", OPERATOR).assume_role(RoleArn=arn, RoleSessionName="function")["Credentials"]
        session = boto3.session.Session(aws_access_key_id=own["AccessKeyId"],
                                        aws_secret_access_key=own["SecretAccessKey"],
                                        aws_session_token=own["SessionToken"], region_name="us-east-1")
        # The code asks boto3 for clients by name only; where they go is the default session's business.
        plain_client = session.client
        session.client = lambda *words, **more: plain_client(*words, endpoint_url=self.server.endpoint, **more)
        boto3.DEFAULT_SESSION = session
        try:
            answer = self.brief.handler(**how)({}, None)
        finally:
            boto3.DEFAULT_SESSION = None
        # Whatever happened (B15).
        self.assertEqual(answer["statusCode"], 200)
        self.assertEqual([one["account_id"] for one in answer["body"]], self.brief.accounts)
        return answer["body"]

    def role_client(self, service, account, **more):
        """With credentials of the role, as a tool that gets them right has them."""
        found = self.server.client("sts", OPERATOR).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{self.brief.role['RoleName']}", RoleSessionName="check",
            ExternalId=self.brief.external_id, **more)["Credentials"]
        return self.server.client(service, {"aws_access_key_id": found["AccessKeyId"],
                                            "aws_secret_access_key": found["SecretAccessKey"],
                                            "aws_session_token": found["SessionToken"]})

    def ended(self, account, command_id):
        """The invocations of a command, when all of them have ended."""
        ssm = self.role_client("ssm", account)
        until = time.monotonic() + COMMAND_SECONDS
        while True:
            pages = ssm.get_paginator("list_command_invocations").paginate(CommandId=command_id, Details=True)
            all_of_it = [one for page in pages for one in page["CommandInvocations"]]
            if all_of_it and not any(one["Status"] in ("Pending", "InProgress", "Delayed") for one in all_of_it):
                return all_of_it
            self.assertLess(time.monotonic(), until, "the command does not end")
            time.sleep(0.3)

    def ids(self, account, name):
        ec2 = self.server.client("ec2", self.admins[account])
        found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])
        return [one["InstanceId"] for part in found["Reservations"] for one in part["Instances"]]

    def tag(self, account, *names):
        tags = [{"Key": key, "Value": value} for key, value in DR_TAGS.items()]
        ids = [one for name in names for one in self.ids(account, name)]
        self.server.client("ec2", self.admins[account]).create_tags(Resources=ids, Tags=tags)
        return ids

    def untag(self, account, *names):
        ids = [one for name in names for one in self.ids(account, name)]
        self.server.client("ec2", self.admins[account]).delete_tags(Resources=ids, Tags=[{"Key": "dr:enabled"}])

    def commands(self, account):
        return self.role_client("ssm", account).list_commands()["Commands"]

    # ---- in the order of their names ----

    def test_1_as_written_no_account_lets_it_in(self):
        """It sends no ExternalId."""
        for one in self.run_lambda():
            role = f"arn:aws:iam::{one['account_id']}:role/{self.brief.role['RoleName']}"
            caller = f"arn:aws:sts::{self.brief.hub}:assumed-role/OrchestrationLambda/function"
            self.assertEqual((one["status"], one["error"]), (
                "error", "An error occurred (AccessDenied) when calling the AssumeRole operation: "
                f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"))
        for account in self.brief.accounts:
            self.assertEqual(self.commands(account), [])

    def test_2_a_wrong_external_id_is_refused_alike(self):
        for wrong in (self.brief.external_id.lower(), self.brief.external_id + "5"):
            with self.assertRaises(ClientError) as caught:
                self.server.client("sts", OPERATOR).assume_role(
                    RoleArn=f"arn:aws:iam::{self.brief.accounts[0]}:role/{self.brief.role['RoleName']}",
                    RoleSessionName="check", ExternalId=wrong)
            self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDenied")

    def test_3_with_external_id_it_deploys_to_50_and_is_refused_at_51(self):
        fifty, fifty_one = self.run_lambda(with_external_id=True)
        self.assertEqual((fifty["status"], fifty.get("instance_count")), ("success", 50), fifty)
        self.assertEqual(fifty_one["status"], "error", fifty_one)
        self.assertRegex(fifty_one["error"],
                         r"^An error occurred \(ValidationException\) when calling the SendCommand operation: "
                         r"1 validation error detected: Value '\[i-.*' at 'instanceIds' failed to satisfy constraint: "
                         r"Member must have length less than or equal to 50$")
        self.assertEqual(self.commands(fifty_one["account_id"]), [])
        self.assertEqual(len(self.commands(fifty["account_id"])), 1)
        invocations = self.ended(fifty["account_id"], fifty["command_id"])
        self.assertEqual(len(invocations), 50)
        for one in invocations:
            self.assertEqual(one["Status"], "Success", one)
            self.assertEqual(one["DocumentName"], "AWSDisasterRecovery-InstallDRAgentOnInstance")
            steps = {step["Name"]: step for step in one["CommandPlugins"]}
            self.assertIn("replicating to us-west-2", steps["installReplicationAgentOnLinux"]["Output"])

    def test_4_again_is_a_second_deployment(self):
        """SendCommand has no client token, and the code looks for nothing that is done (B16)."""
        account = self.brief.accounts[0]
        again = self.run_lambda(with_external_id=True)[0]
        self.assertEqual(again["status"], "success", again)
        self.assertEqual(len(self.commands(account)), 2)
        self.assertEqual(len(self.ended(account, again["command_id"])), 50)

    def test_5_one_node_that_is_not_managed_refuses_all(self):
        """Running is not managed (B13)."""
        account = self.brief.accounts[1]
        self.untag(account, "app-*")
        ids = self.tag(account, "app-01", "unmanaged-01")
        refused = self.run_lambda(with_external_id=True)[1]
        self.assertEqual(refused["status"], "error", refused)
        self.assertIn(f"(InvalidInstanceId) when calling the SendCommand operation: Instances [[{ids[1]}]] not in a "
                      f"valid state for account {account}", refused["error"])
        self.assertEqual(self.commands(account), [])
        self.untag(account, "app-01", "unmanaged-01")

    def test_6_a_tag_is_all_that_it_takes_and_no_tag_is_no_error(self):
        """Whoever may tag an instance has something installed there as root (B33)."""
        account = self.brief.accounts[1]
        none = self.run_lambda(with_external_id=True)[1]
        self.assertEqual(none["status"], "no_instances", none)
        self.tag(account, "app-51")
        one = self.run_lambda(with_external_id=True)[1]
        self.assertEqual((one["status"], one.get("instance_count")), ("success", 1), one)
        self.assertEqual([found["Status"] for found in self.ended(account, one["command_id"])], ["Success"])
        self.untag(account, "app-51")

    def test_7_success_is_only_that_it_was_accepted(self):
        """The code never asks how it went (B15). MaxErrors is 0 unless it is said (B14): a node that is not handed the
        command before the first one fails ends as Terminated, and how many those are is a matter of speed."""
        account = self.brief.accounts[1]
        self.tag(account, "broken-*")
        sent = self.run_lambda(with_external_id=True)[1]
        self.assertEqual((sent["status"], sent.get("instance_count")), ("success", 8), sent)
        found = [one["StatusDetails"] for one in self.ended(account, sent["command_id"])]
        self.assertGreaterEqual(found.count("Failed"), 1, found)
        self.assertLessEqual(set(found), {"Failed", "Terminated"}, found)
        self.untag(account, "broken-*")

    def test_8_a_role_in_the_environment_is_not_assumed(self):
        """AWS_ROLE_ARN alone makes no SDK assume anything (B02)."""
        os.environ["AWS_ROLE_ARN"] = f"arn:aws:iam::{self.brief.accounts[0]}:role/{self.brief.role['RoleName']}"
        self.addCleanup(os.environ.pop, "AWS_ROLE_ARN")
        self.assertEqual(self.server.client("sts", OPERATOR).get_caller_identity()["Account"], self.brief.hub)

    def test_9_what_the_role_may_and_may_not(self):
        account = self.brief.accounts[0]
        ec2 = self.role_client("ec2", account)
        ec2.describe_instances(MaxResults=5)
        with self.assertRaises(ClientError) as caught:
            ec2.describe_vpcs()
        self.assertEqual(caught.exception.response["Error"]["Code"], "UnauthorizedOperation")
        # AmazonSSMFullAccess says ssm:* (B03): far more than the inline policy's list.
        ssm = self.role_client("ssm", account)
        ssm.put_parameter(Name="/too/much", Value="x", Type="String")
        # The troubleshooting section's own commands are not among its permissions (B09).
        with self.assertRaises(ClientError) as caught:
            self.role_client("iam", account).get_role_policy(
                RoleName=self.brief.role["RoleName"], PolicyName=self.brief.role["Policies"][0]["PolicyName"])
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDenied")


if __name__ == "__main__":
    find_brief()
    print(f"boto3 {boto3.__version__}, botocore {botocore.__version__}", flush=True)
    unittest.main(warnings="ignore")
