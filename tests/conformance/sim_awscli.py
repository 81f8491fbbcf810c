#!/usr/bin/env python3
"""The AWS CLI drives the simulated cloud over TLS. Usage: sim_awscli.py AWS-PROGRAM

Environment: POSTERN_SIM_SERVER is the server's program.
"""
import json
import os
import subprocess
import sys
import unittest

import sim_harness as harness

AWS = sys.argv.pop(1) if len(sys.argv) > 1 else "aws"
ROLE = f"arn:aws:iam::{harness.TARGET}:role/"
SERVICE_ERROR = 254
WAITER_FAILED = 255


class Cli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        harness.clean_environment()
        cls.server = harness.Server(os.environ["POSTERN_SIM_SERVER"])
        cls.server.__enter__()
        cls.operator = cls.environment(harness.OPERATOR)
        answer = cls.aws("sts", "assume-role", "--role-arn", ROLE + "Operator", "--role-session-name", "cli",
                         "--external-id", "x-1", keys=cls.operator)["Credentials"]
        cls.session = cls.environment({"aws_access_key_id": answer["AccessKeyId"],
                                       "aws_secret_access_key": answer["SecretAccessKey"],
                                       "aws_session_token": answer["SessionToken"]})

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    @classmethod
    def environment(cls, keys):
        names = {name.upper(): value for name, value in keys.items()}
        return {**os.environ, **names, "AWS_CA_BUNDLE": cls.server.ca_file, "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}

    @classmethod
    def run_aws(cls, *arguments, keys=None):
        command = [AWS, "--endpoint-url", cls.server.endpoint, "--output", "json", *arguments]
        return subprocess.run(command, env=keys or cls.session, capture_output=True, text=True, timeout=120, check=False)

    @classmethod
    def aws(cls, *arguments, keys=None):
        done = cls.run_aws(*arguments, keys=keys)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: exit {done.returncode}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refused(self, code, *arguments, keys=None):
        """The error text of a call that the service must refuse with this code."""
        done = self.run_aws(*arguments, keys=keys)
        self.assertIn(f"An error occurred ({code}) when calling", done.stderr)
        self.assertIn(done.returncode, (SERVICE_ERROR, WAITER_FAILED))
        return done.stderr

    def instance(self, name):
        return self.aws("ec2", "describe-instances", "--filters", f"Name=tag:Name,Values={name}", "--query",
                        "Reservations[0].Instances[0].InstanceId")

    def test_sts(self):
        me = self.aws("sts", "get-caller-identity", keys=self.operator)
        self.assertEqual(me["Arn"], f"arn:aws:iam::{harness.HUB}:user/operator")
        me = self.aws("sts", "get-caller-identity")
        self.assertEqual(me["Arn"], f"arn:aws:sts::{harness.TARGET}:assumed-role/Operator/cli")
        assume = ("sts", "assume-role", "--role-session-name", "cli", "--role-arn")
        text = self.refused("AccessDenied", *assume, ROLE + "Operator", "--external-id", "wrong", keys=self.operator)
        self.assertIn(f"is not authorized to perform: sts:AssumeRole on resource: {ROLE}Operator", text)
        self.refused("AccessDenied", *assume, ROLE + "Missing", keys=self.operator)
        self.refused("ValidationError", *assume, ROLE + "Operator", "--external-id", "x-1", "--duration-seconds", "43200",
                     keys=self.operator)
        bad = self.environment({**harness.OPERATOR, "aws_secret_access_key": "no"})
        self.refused("SignatureDoesNotMatch", "sts", "get-caller-identity", keys=bad)
        self.refused("InvalidSignatureException", "ssm", "list-commands", keys=bad)
        self.refused("AuthFailure", "ec2", "describe-regions", keys=bad)

    def test_ec2(self):
        ids = self.aws("ec2", "describe-instances", "--page-size", "20", "--query",
                       "Reservations[].Instances[].InstanceId")
        self.assertEqual(len(set(ids)), 61)
        first = self.aws("ec2", "describe-instances", "--max-items", "10", "--page-size", "5")
        self.assertEqual(len(first["Reservations"]), 10)
        rest = self.aws("ec2", "describe-instances", "--page-size", "50", "--starting-token", first["NextToken"])
        self.assertEqual(len(rest["Reservations"]), 51)
        regions = self.aws("ec2", "describe-regions", "--region-names", "us-east-1", "us-west-2")
        self.assertEqual(len(regions["Regions"]), 2)
        self.refused("InvalidInstanceID.NotFound", "ec2", "describe-instances", "--instance-ids", "i-0123456789abcdef0")
        self.refused("InvalidInstanceID.Malformed", "ec2", "describe-instances", "--instance-ids", "web-01")

    def test_nodes_and_documents(self):
        nodes = self.aws("ssm", "describe-instance-information", "--page-size", "50", "--query",
                         "InstanceInformationList[].[ComputerName,PingStatus]")
        self.assertEqual(len(nodes), 59)
        self.assertIn(["lost-01", "ConnectionLost"], nodes)
        lost = self.aws("ssm", "get-connection-status", "--target", self.instance("lost-01"))
        self.assertEqual(lost["Status"], "notconnected")
        name = self.aws("ssm", "describe-document", "--name", "AWS-RunShellScript", "--query", "Document.Name")
        self.assertEqual(name, "AWS-RunShellScript")
        content = self.aws("ssm", "get-document", "--name", "AWS-RunShellScript", "--query", "Content")
        self.assertEqual(json.loads(content)["schemaVersion"], "1.2")
        self.refused("InvalidDocument", "ssm", "describe-document", "--name", "AWS-Nothing")

    def test_run_command(self):
        instance = self.instance("live-01")
        sent = self.aws("ssm", "send-command", "--instance-ids", instance, "--document-name", "AWS-RunShellScript",
                        "--parameters", json.dumps({"commands": ["echo on $POSTERN_SIM_HOSTNAME"]}), "--comment", "cli")
        command = sent["Command"]["CommandId"]
        self.aws("ssm", "wait", "command-executed", "--command-id", command, "--instance-id", instance)
        got = self.aws("ssm", "get-command-invocation", "--command-id", command, "--instance-id", instance)
        self.assertEqual((got["StandardOutputContent"], got["Status"]), ("on live-01\n", "Success"))
        listed = self.aws("ssm", "list-command-invocations", "--command-id", command, "--details")
        self.assertEqual(listed["CommandInvocations"][0]["CommandPlugins"][0]["Output"], "on live-01\n")
        commands = self.aws("ssm", "list-commands", "--filters", "key=Status,value=Success")["Commands"]
        self.assertIn(command, [one["CommandId"] for one in commands])

    def test_cancel_and_refusals(self):
        instance = self.instance("slow-01")
        run = ("--document-name", "AWS-RunShellScript", "--parameters", '{"commands":["true"]}')
        command = self.aws("ssm", "send-command", "--instance-ids", instance, *run)["Command"]["CommandId"]
        self.aws("ssm", "cancel-command", "--command-id", command)
        got = self.aws("ssm", "get-command-invocation", "--command-id", command, "--instance-id", instance)
        self.assertEqual(got["Status"], "Cancelled")
        unmanaged = self.instance("unmanaged-01")
        text = self.refused("InvalidInstanceId", "ssm", "send-command", "--instance-ids", instance, unmanaged, *run)
        self.assertIn(f"Instances [[{unmanaged}]] not in a valid state for account {harness.TARGET}", text)
        many = self.aws("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=live-*", "--query",
                        "Reservations[].Instances[].InstanceId")[:51]
        self.refused("ValidationException", "ssm", "send-command", "--instance-ids", *many, *run)
        self.refused("InvalidParameters", "ssm", "send-command", "--instance-ids", instance, "--document-name",
                     "AWS-RunShellScript", "--parameters", '{"nothing":["true"]}')

    def test_expired_session(self):
        passing = self.environment(harness.PASSING)
        self.aws("sts", "get-caller-identity", keys=passing)
        self.server.control("expire", key=harness.PASSING["aws_access_key_id"])
        self.refused("ExpiredToken", "sts", "get-caller-identity", keys=passing)
        self.refused("ExpiredTokenException", "ssm", "list-commands", keys=passing)


if __name__ == "__main__":
    print(subprocess.run([AWS, "--version"], capture_output=True, text=True, check=True).stdout, end="", flush=True)
    unittest.main(warnings="ignore")
