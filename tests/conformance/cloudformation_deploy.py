#!/usr/bin/env python3
"""`aws cloudformation deploy` and `delete-stack`, as deployment scripts call them, with what postern renders.

Usage: cloudformation_deploy.py TEMPLATE; TEMPLATE is what `postern render roles --compat brief` writes.
With POSTERN, the program, every other mode's templates become stacks too (by boto3, which waits in shorter steps).
Environment: POSTERN_SIM_SERVER is the server's program.
"""
import os
import subprocess
import sys
import time
import unittest

import boto3
from botocore.config import Config

import rendered_roles
import sim_harness as harness

AWS = "/usr/bin/aws"
STACK = "drs-orchestration-role"
# What the templates trust or attach to, which has to exist first.
TRUST = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
         '"Action":"sts:AssumeRole"}]}')


class Base(unittest.TestCase):
    def setUp(self):
        harness.clean_environment()
        self.server = harness.Server(os.environ["POSTERN_SIM_SERVER"])
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)

    def client(self, service, keys=None):
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.server.endpoint,
                            verify=self.server.ca_file, config=Config(retries={"total_max_attempts": 1}),
                            **(keys or harness.OPERATOR))

    def session(self, role, **more):
        found = self.client("sts").assume_role(RoleArn=f"arn:aws:iam::{role}", RoleSessionName="deploy", **more)["Credentials"]
        return {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
                "aws_session_token": found["SessionToken"]}


class Deploy(Base):
    def aws(self, keys, *words):
        environment = {**os.environ, "AWS_CA_BUNDLE": self.server.ca_file, "AWS_PAGER": "", "AWS_REGION": "us-east-1",
                       **{name.upper(): value for name, value in keys.items()}}
        return subprocess.run([AWS, "--endpoint-url", self.server.endpoint, "cloudformation", *words], env=environment,
                              capture_output=True, text=True, timeout=200, check=False)

    def test_deploys_again_and_deletes(self):
        self.client("iam").create_role(RoleName="PosternHub", AssumeRolePolicyDocument=TRUST)
        keys = self.session(f"{harness.TARGET}:role/Operator", ExternalId="x-1")
        words = ["deploy", "--template-file", TEMPLATE, "--stack-name", STACK, "--capabilities", "CAPABILITY_NAMED_IAM",
                 "--parameter-overrides", f"OrchestrationAccountId={harness.HUB}", "ExternalId=0f3c5a9e7b1d4862"]
        done = self.aws(keys, *words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"Successfully created/updated stack - {STACK}", done.stdout)
        cloud, iam = self.client("cloudformation", keys), self.client("iam", keys)
        outputs = cloud.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        self.assertEqual(outputs[0]["ExportName"], "DRSOrchestrationRoleArn")
        self.assertEqual(outputs[0]["OutputValue"], iam.get_role(RoleName="DRSOrchestrationRole")["Role"]["Arn"])
        self.assertEqual(iam.list_role_policies(RoleName="DRSOrchestrationRole")["PolicyNames"], ["DRSOrchestrationPolicy"])
        again = self.aws(keys, *words)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertIn("No changes to deploy", again.stdout + again.stderr)
        gone = self.aws(keys, "delete-stack", "--stack-name", STACK)
        self.assertEqual(gone.returncode, 0, gone.stderr)
        cloud.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName="DRSOrchestrationRole")


class Rendered(Base):
    @unittest.skipUnless(os.environ.get("POSTERN"), "SKIPPED: the program is not built: its other templates are not deployed")
    def test_every_template_becomes_a_stack(self):
        keys = self.session("500000000001:role/OrganizationAccountAccessRole")  # an account without anything in it
        cloud = self.client("cloudformation", keys)
        self.client("iam").create_role(RoleName="PosternHub", AssumeRolePolicyDocument=TRUST)
        with rendered_roles.tempfile.TemporaryDirectory() as folder:
            for number, (words, text) in enumerate(rendered_roles.every(folder, "cloudformation")):
                with self.subTest(words=words):
                    self.one(cloud, f"rendered-{number}", text)

    def one(self, cloud, name, text):
        wanted = {one["ParameterKey"] for one in cloud.get_template_summary(TemplateBody=text)["Parameters"]
                  if "DefaultValue" not in one}
        given = [{"ParameterKey": key, "ParameterValue": self.value(key)} for key in sorted(wanted)]
        cloud.create_stack(StackName=name, TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"])
        status = self.settled(cloud, name)
        if status != "CREATE_COMPLETE":
            events = cloud.describe_stack_events(StackName=name)["StackEvents"]
            why = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
            self.fail(f"{status}: {why}")
        cloud.delete_stack(StackName=name)
        cloud.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    @staticmethod
    def value(key):
        value = rendered_roles.INPUTS[key]
        return ",".join(value) if isinstance(value, list) else value

    @staticmethod
    def settled(cloud, name):
        until = time.monotonic() + 60
        while True:
            status = cloud.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            if not status.endswith("_IN_PROGRESS") or time.monotonic() > until:
                return status
            time.sleep(0.2)


if __name__ == "__main__":
    TEMPLATE = os.path.abspath(sys.argv.pop(1))
    if not os.path.exists(AWS):
        sys.exit(f"{AWS} is not here: install the package awscli")
    unittest.main(warnings="ignore")
