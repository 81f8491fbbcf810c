"""The program against the simulated cloud behind real TLS, asserted against that cloud's own truth.

Who may, what is refused before anything is sent, batches, exit codes, replies that are lost, forms of output.
Usage: cloud_e2e.py [CASE]; POSTERN and POSTERN_SIM_SERVER name the programs.
"""
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse

import boto3

import e2e
import hostile
from e2e import ENVIRONMENT, GATE, INTERRUPTED, UNKNOWN, USAGE

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import sim_harness  # noqa: E402 (the conformance tests' server is this test's server)

FLEET = """version: 1
mode: %(mode)s
hub: {account: "111122223333", region: us-east-1}
defaults: {role: %(role)s, regions: [us-east-1]}
accounts:
  - {id: "444455556666", name: target, external_id: %(external_id)s}
selectors:
  fifth: {tags: {fifth: "yes"}}
"""


def keys_of(user):
    names = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
             "aws_session_token": "AWS_SESSION_TOKEN"}
    return {names[key]: value for key, value in user.items()}


class Cases:
    def __init__(self, place, server):
        self.place, self.server = place, server
        place.environment.update(keys_of(sim_harness.OPERATOR), AWS_ENDPOINT_URL=server.endpoint,
                                 AWS_CA_BUNDLE=server.ca_file, AWS_REGION="us-east-1")
        self.fleet()

    def fleet(self, mode="read-write", role="Operator", external_id="x-1", name="fleet.yaml", edit=None):
        text = FLEET % {"mode": mode, "role": role, "external_id": external_id}
        return self.place.write(name, edit(text) if edit else text)

    def run(self, *words, fleet="fleet.yaml", **options):
        return self.place.run("--fleet", fleet, *words, **options)

    def changed(self, before):
        """What happened in the cloud since `before`: calls by name, executions by instance, commands."""
        after = self.server.truth()

        def less(name):
            return {key: count - before[name].get(key, 0) for key, count in after[name].items()
                    if count != before[name].get(key, 0)}

        return less("calls"), less("executions"), after["commands"] - before["commands"]

    def nothing_sent(self, before, done):
        calls, executions, commands = self.changed(before)
        e2e.expect_equal((calls.get("ssm:SendCommand", 0), executions, commands), (0, {}, 0), "what was sent", done)

    # --- who may ------------------------------------------------------------------------------------------------------

    def accounts_check(self):
        done = e2e.expect_code(self.run("accounts", "check", "-o", "json"), 0)
        row = done.document()["accounts"][0]
        e2e.expect_equal((row["account_id"], row["name"], row["status"]), ("444455556666", "target", "ok"), "row", done)
        e2e.expect(row["arn"].startswith("arn:aws:sts::444455556666:assumed-role/Operator/"), "arn", done)
        table = e2e.expect_code(self.run("accounts", "check", "-o", "markdown"), 0)
        e2e.expect("# AWS accounts overview" in table.out and "| 444455556666 | target | ok |" in table.out, "overview",
                   table)

    def denied(self, fleet, environment=None):
        """A role that cannot be assumed: the candidate causes with their commands, in the document and on stderr."""
        done = e2e.expect_code(self.run("accounts", "check", "-o", "json", fleet=fleet, environment=environment), 1)
        row = done.document()["accounts"][0]
        e2e.expect_equal((row["status"], row["error"]["code"]), ("failed", "AccessDenied"), "row", done)
        codes = [candidate["code"] for candidate in row["error"]["candidates"]]
        for candidate in row["error"]["candidates"]:
            e2e.expect(candidate["command"] in done.err and candidate["text"] in done.err, "candidate on stderr", done)
        e2e.expect(len(codes) == len(set(codes)) >= 4, f"candidates {codes}", done)
        return codes, done

    def wrong_external_id(self):
        fleet = self.fleet(external_id="wrong-one", name="wrong-id.yaml")
        codes, done = self.denied(fleet)
        e2e.expect("external-id" in codes and "trust-policy" in codes, f"candidates {codes}", done)
        e2e.expect("wrong-one" not in done.out + done.err and "x-1" not in done.out + done.err, "an ExternalId shown",
                   done)

    def missing_role(self):
        _, done = self.denied(self.fleet(role="NoSuchRole", name="no-role.yaml"))
        e2e.expect("aws iam get-role --role-name NoSuchRole" in done.err, "the command that tells it apart", done)

    def callers_policy(self):
        _, done = self.denied("fleet.yaml", keys_of(sim_harness.WEAK))
        e2e.expect("arn:aws:iam::111122223333:user/weak" in done.err, "the caller", done)

    def denied_run(self):
        """Nothing could run: AWS refused, and no plan is shown as if something could."""
        fleet = self.fleet(external_id="wrong-one", name="wrong-id.yaml")
        before = self.server.truth()
        done = e2e.expect_code(self.run("run", "-y", "-o", "json", "--", "true", fleet=fleet), e2e.SERVICE)
        e2e.expect("AccessDenied" in done.err or "not authorized" in done.err, "why", done)
        self.nothing_sent(before, done)

    def one_account_of_two(self):
        def add(text):
            return text.replace("selectors:", '  - {id: "777788889999", name: absent, external_id: x-1}\nselectors:')

        fleet = self.fleet(name="two.yaml", edit=add)
        done = e2e.expect_code(self.run("accounts", "check", "-o", "json", fleet=fleet), 1)
        e2e.expect_equal({row["name"]: row["status"] for row in done.document()["accounts"]},
                         {"target": "ok", "absent": "failed"}, "statuses", done)
        done = e2e.expect_code(self.run("targets", "-s", "name:live-01", "-o", "json", fleet=fleet), UNKNOWN)
        e2e.expect_equal([target["name"] for target in done.document()["targets"]], ["live-01"], "targets", done)
        e2e.expect_equal([problem["account_id"] for problem in done.document()["problems"]], ["777788889999"],
                         "problems", done)
        done = e2e.expect_code(self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--", "true", fleet=fleet),
                               UNKNOWN)
        document = done.document()
        e2e.expect_equal((document["status"], document["totals"]["succeeded"]), ("incomplete", 1), "run", done)
        states = {row["account_id"]: row["status"] for row in document["accounts"]}
        e2e.expect_equal(states, {"444455556666": "succeeded", "777788889999": "unknown"}, "accounts", done)

    def expired_hub_credentials(self):
        passing = keys_of(sim_harness.PASSING)
        e2e.expect_code(self.run("accounts", "check", environment=passing), 0)
        self.server.control("expire", key=passing["AWS_ACCESS_KEY_ID"])
        before = self.server.truth()
        for words in (("accounts", "check"), ("targets",), ("run", "-y", "--", "true")):
            done = e2e.expect_code(self.run(*words, environment=passing), ENVIRONMENT)
            e2e.expect("expired" in done.err, "why", done)
            e2e.expect(passing["AWS_SESSION_TOKEN"] not in done.err + done.out, "a secret", done)
        self.nothing_sent(before, done)

    # --- what is refused before anything is sent --------------------------------------------------------------------------

    def wrong_account(self):
        """Profile-based: the fleet file says one account, the profile's credentials belong to another."""
        def by_profile(text):
            return text.replace('id: "444455556666", name: target, external_id: x-1',
                                'id: "999988887777", name: mistaken, profile: hub')

        fleet = self.fleet(name="wrong.yaml", edit=by_profile)
        keys = sim_harness.OPERATOR
        config = self.place.write("credentials", f"[hub]\naws_access_key_id = {keys['aws_access_key_id']}\n"
                                                 f"aws_secret_access_key = {keys['aws_secret_access_key']}\n")
        environment = {"AWS_SHARED_CREDENTIALS_FILE": config}
        before = self.server.truth()
        done = self.run("accounts", "check", "-o", "json", fleet=fleet, environment=environment)
        e2e.expect_code(done, ENVIRONMENT)
        message = done.document()["accounts"][0]["error"]["message"]
        e2e.expect("111122223333" in message and "999988887777" in message, "both accounts named", done)
        done = self.run("run", "-y", "-o", "json", "--", "true", fleet=fleet, environment=environment)
        calls, _, commands = self.changed(before)
        e2e.expect_equal((calls.get("ssm:SendCommand", 0), commands), (0, 0), "what was sent", done)
        return done

    def wrong_account_with_targets(self):
        """The same with instances in reach: OrganizationAccountAccessRole of 444455556666 through a chained profile."""
        def by_profile(text):
            return text.replace('id: "444455556666", name: target, external_id: x-1',
                                'id: "999988887777", name: mistaken, profile: chained')

        fleet = self.fleet(name="wrong.yaml", edit=by_profile)
        keys = sim_harness.OPERATOR
        config = self.place.write("config", "[profile chained]\nrole_arn = arn:aws:iam::444455556666:role/Operator\n"
                                            "external_id = x-1\nsource_profile = hub\n[profile hub]\n"
                                            f"aws_access_key_id = {keys['aws_access_key_id']}\n"
                                            f"aws_secret_access_key = {keys['aws_secret_access_key']}\n")
        environment = {"AWS_CONFIG_FILE": config}
        done = self.run("targets", "-o", "json", "-q", "length(targets)", fleet=fleet, environment=environment)
        e2e.expect(done.document() > 50, "reads find instances, so that the rail is what stops the run", done)
        before = self.server.truth()
        done = self.run("run", "-y", "--expect", "1-99", "-o", "json", "--", "true", fleet=fleet, environment=environment)
        e2e.expect_code(done, ENVIRONMENT)
        for word in ("wrong account", "444455556666", "999988887777", "nothing was sent"):
            e2e.expect(word in done.err, f"{word!r} is not on stderr", done)
        e2e.expect_equal(done.out, "", "stdout", done)
        self.nothing_sent(before, done)

    def read_only(self):
        ways = (("--read-only",), {}, "fleet.yaml"), ((), {"POSTERN_READ_ONLY": "1"}, "fleet.yaml"), \
            ((), {}, self.fleet(mode="read-only", name="read-only.yaml"))
        for words, environment, fleet in ways:
            before = self.server.truth()
            done = self.run("run", "-y", *words, "--", "true", fleet=fleet, environment=environment)
            e2e.expect_code(done, GATE)
            e2e.expect("read-only" in done.err, "why", done)
            e2e.expect_equal(done.out, "", "stdout", done)
            self.nothing_sent(before, done)
            done = self.run("targets", "-s", "name:live-01", "-o", "json", *words, fleet=fleet, environment=environment)
            e2e.expect_equal(e2e.expect_code(done, 0).document()["targets"][0]["ssm"]["status"], "online", "reads", done)
            done = self.run("run", "--dry-run", *words, "-s", "name:live-01", "--", "true", fleet=fleet,
                            environment=environment)
            e2e.expect_code(done, 0)
            self.nothing_sent(before, done)

    def session_policy(self):
        """In read-only mode AssumeRole carries a policy of reads; otherwise none."""
        asked = []

        def remember(request):
            asked.append(urllib.parse.parse_qs(request.body.decode()))
            return hostile.response("", "500 Internal Server Error")

        with hostile.Server(remember) as server:
            environment = {"AWS_ENDPOINT_URL": server.url, "AWS_MAX_ATTEMPTS": "1"}
            self.run("targets", "--read-only", environment=environment)
            self.run("targets", environment=environment)
        e2e.expect_equal([form["Action"] for form in asked], [["AssumeRole"]] * 2, "what was asked")
        e2e.expect_equal([form["ExternalId"] for form in asked], [["x-1"]] * 2, "ExternalId")
        e2e.expect("Policy" not in asked[1], "no policy otherwise")
        policy = json.loads(asked[0]["Policy"][0])
        e2e.expect(len(asked[0]["Policy"][0]) <= 2048, "STS takes 2048 characters")
        actions = [action for statement in policy["Statement"] for action in statement["Action"]]
        e2e.expect("ec2:DescribeInstances" in actions and "ssm:DescribeInstanceInformation" in actions, f"{actions}")
        for action in actions:
            verb = action.partition(":")[2]
            e2e.expect(verb.startswith(("Describe", "List", "Get", "Simulate", "Batch", "Lookup", "Decode")) and "*" not in action,
                       f"{action} in a session policy of reads")

    def mixed_endpoints(self):
        before = self.server.truth()
        environment = {"AWS_ENDPOINT_URL_SSM": self.server.endpoint, "AWS_ENDPOINT_URL_STS": self.server.endpoint,
                       "AWS_ENDPOINT_URL_EC2": self.server.endpoint, "AWS_ENDPOINT_URL": "https://127.0.0.1:9"}
        done = self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--", "true", environment=environment)
        e2e.expect_code(done, 0)  # every service that a run needs is configured: not mixed
        del environment["AWS_ENDPOINT_URL_SSM"]
        done = self.run("run", "-y", "-s", "name:live-01", "--timeout", "10s", "--", "true", environment=environment,
                        without=("AWS_ENDPOINT_URL",))
        e2e.expect(done.code != 0, "SSM is nowhere", done)
        calls, _, commands = self.changed(before)
        e2e.expect_equal((calls["ssm:SendCommand"], commands), (1, 1), "only the first was sent", done)

    def no_terminal_no_yes(self):
        before = self.server.truth()
        done = e2e.expect_code(self.run("run", "-s", "name:live-01", "--", "true", stdin="yes\n"), USAGE)
        e2e.expect("--yes" in done.err and "--dry-run" in done.err, "what to do", done)
        e2e.expect_equal(done.out, "", "stdout", done)
        self.nothing_sent(before, done)

    def dry_run(self):
        before = self.server.truth()
        done = e2e.expect_code(self.run("run", "--dry-run", "-o", "table", "-s", "all", "--", "uname -r"), 0)
        for word in ("runs: uname -r", "canary ", "none may fail", "10% ", "rest ", "AWS-RunShellScript",
                     "AWS-RunPowerShellScript", "stopped-01", "lost-01", "unmanaged-01"):
            e2e.expect(word in done.out, f"{word!r} is not in the plan", done)
        document = e2e.expect_code(self.run("run", "--dry-run", "-o", "json", "-s", "all", "--", "uname -r"), 0).document()
        e2e.expect_equal(document["schema"], "postern.plan/1", "schema")
        e2e.expect(f"Plan {document['plan']}:" in done.out and document["digest"].startswith(document["plan"]), "its name", done)
        e2e.expect_equal(document["asks"], [f"--expect {len(document['targets'])}"], "what it asks for")
        e2e.expect_equal([wave["name"] for wave in document["waves"]], ["canary", "10%", "rest"], "waves")
        e2e.expect_equal(sum(wave["targets"] for wave in document["waves"]), len(document["targets"]), "targets")
        e2e.expect_equal(document["totals"]["targets"], len(document["targets"]), "targets in the totals")
        reasons = {one["name"]: one["reason"] for one in document["skipped"]}
        e2e.expect_equal(reasons["stopped-01"], "the instance is stopped", "reasons")
        self.nothing_sent(before, done)

    # --- runs -------------------------------------------------------------------------------------------------------------

    def fifty_five(self):
        """55 targets of one scope: two commands, every node once."""
        before = self.server.truth()
        done = e2e.expect_code(self.run("run", "-y", "--expect", "50-60", "--waves", "all", "-s", "name:live-*", "-o", "json", "--",
                                       "echo hello"), 0)
        document = done.document()
        calls, executions, commands = self.changed(before)
        e2e.expect_equal((calls["ssm:SendCommand"], commands), (2, 2), "commands", done)
        e2e.expect_equal(sorted(set(executions.values())), [1], "executions per node")
        ids = sorted(target["instance_id"] for target in document["targets"])
        e2e.expect_equal(sorted(executions), ids, "who ran it")
        e2e.expect_equal(document["totals"], {"succeeded": 55, "failed": 0, "skipped": 0, "unknown": 0}, "totals")
        e2e.expect_equal(document["schema"], "postern.run/1", "schema")
        e2e.expect_equal(len(set(document["accounts"][0]["command_ids"])), 2, "command ids")
        for target in document["targets"]:
            e2e.expect_equal((target["status"], target["exit_code"], target["stdout"]), ("succeeded", 0, "hello\n"),
                             target["instance_id"])

    def outcomes(self):
        for words, code, totals in (
                (("-s", "@fifth", "--", "true"), 0, (11, 0, 0, 0)),
                (("-s", "name:live-0*", "--", 'case "$(hostname)$POSTERN_SIM_HOSTNAME" in *live-03*) exit 7;; esac'), 1,
                 (8, 1, 0, 0)),
                (("-s", "name:live-01 or name:lost-01", "--", "true"), UNKNOWN, (1, 0, 1, 0)),
                (("-s", "name:live-01 or name:unmanaged-01", "--", "false"), UNKNOWN, (0, 1, 1, 0)),
                (("-s", "name:live-01 and not name:live-*", "--", "true"), 0, (0, 0, 0, 0))):
            done = self.run("run", "-y", "-o", "json", *words)
            got = done.document()["totals"]
            e2e.expect_equal((got["succeeded"], got["failed"], got["skipped"], got["unknown"]), totals, "totals", done)
            e2e.expect_code(done, code)
            for target in done.document()["targets"]:
                e2e.expect(target["status"] == "succeeded" or target.get("reason") or target.get("exit_code"),
                           "a reason", done)
        done = self.run("run", "-y", "-S", "-s", "name:live-01", "--", "exit 42")
        e2e.expect_code(done, 42)

    def what_nodes_get(self):
        """Words arrive as words, a script as it is, whatever is in them."""
        nasty = "a  b'c\"d$HOME`id`\\n&<>|;*é"
        done = self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--", "printf", "%s", nasty)
        e2e.expect_equal(e2e.expect_code(done, 0).document()["targets"][0]["stdout"], nasty, "words", done)
        self.place.write("script.sh", "x='two words'\necho \"$x\"\necho err >&2\ncat <<'END'\n<&>$x\nEND\n")
        done = self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--script", "script.sh")
        text = e2e.expect_code(done, 0).document()["targets"][0]["stdout"]
        e2e.expect("two words\n" in text and "<&>$x\n" in text, f"script: {text!r}", done)
        done = self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--script", "-", stdin="echo from stdin\n")
        e2e.expect_equal(e2e.expect_code(done, 0).document()["targets"][0]["stdout"], "from stdin\n", "stdin", done)
        done = self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--script", "-", stdin="false\necho on\n")
        e2e.expect_equal(e2e.expect_code(done, 1).document()["targets"][0].get("stdout", ""), "", "strict", done)
        done = self.run("run", "-y", "-o", "table", "-s", "name:live-01", "--", "printf '\\033]0;owned\\007red\\n'")
        e2e.expect("\x1b" not in e2e.expect_code(done, 0).out, "a node's escape sequence reached the terminal", done)

    def long_output(self):
        done = self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--", "seq 1 20000")
        target = e2e.expect_code(done, 0).document()["targets"][0]
        e2e.expect(target["truncated"] and target["stdout"].startswith("1\n2\n3\n"), "truncation is told", done)
        done = self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--", "seq 1 3000")
        target = e2e.expect_code(done, 0).document()["targets"][0]
        e2e.expect_equal(target["stdout"].splitlines()[-1], "3000", "what fits 24,000 characters is whole", done)
        e2e.expect_equal(target["truncated"], False, "truncated", done)

    # --- replies that are lost ------------------------------------------------------------------------------------------

    def lost(self, kind, code, executed, environment=None):
        before = self.server.truth()
        self.server.control("fault", operation="ssm:SendCommand", kind=kind, count=1)
        done = self.run("run", "-y", "--waves", "all", "-s", "name:live-0*", "-o", "json", "--", "echo once",
                        environment=environment, timeout=90)
        self.server.control("fault", operation="*", kind="none", count=0)
        e2e.expect_code(done, code)
        calls, executions, commands = self.changed(before)
        sent = (calls.get("ssm:SendCommand", 0), commands)  # what a fault swallows never reached the service
        e2e.expect_equal(sent, (1, 1) if executed else (0, 0), "sent and accepted", done)
        e2e.expect_equal(sorted(set(executions.values())), [1] if executed else [], "executions per node", done)
        return done.document(), done

    def lost_replies_are_adopted(self):
        for kind in ("lost_reply", "failed_reply", "truncated_reply"):
            document, done = self.lost(kind, 0, True)
            e2e.expect_equal(document["totals"]["succeeded"], 9, f"succeeded after {kind}", done)
            e2e.expect("found it" in done.err, "the adoption is told", done)

    def lost_requests_are_unknown(self):
        document, done = self.lost("lost_request", UNKNOWN, False)
        e2e.expect_equal((document["totals"]["unknown"], document["status"]), (9, "incomplete"), "unknown", done)
        for target in document["targets"]:
            e2e.expect("lost" in target["reason"], f"reason {target['reason']!r}", done)

    def throttled_send_is_repeated(self):
        before = self.server.truth()
        self.server.control("fault", operation="ssm:SendCommand", kind="throttle", count=2)
        done = e2e.expect_code(self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--", "true"), 0)
        _, executions, commands = self.changed(before)
        e2e.expect_equal((commands, sum(executions.values())), (1, 1), "commands, executions", done)

    def reading_fails_for_a_while(self):
        for operation, kind in (("ssm:ListCommandInvocations", "html_page"), ("ssm:ListCommandInvocations", "lost_reply"),
                                ("ec2:DescribeInstances", "throttle"), ("ssm:DescribeInstanceInformation", "lost_reply")):
            self.server.control("fault", operation=operation, kind=kind, count=1)
            done = e2e.expect_code(self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--", "true"), 0)
            e2e.expect_equal(done.document()["totals"]["succeeded"], 1, f"{operation} {kind}", done)

    def expired_in_the_middle(self):
        self.server.control("fault", operation="ssm:ListCommandInvocations", kind="expired_token", count=1)
        done = e2e.expect_code(self.run("run", "-y", "-s", "name:live-01", "-o", "json", "--", "true"), 0)
        e2e.expect_equal(done.document()["totals"]["succeeded"], 1, "new credentials are fetched", done)

    def clock_skew(self):
        self.server.control("skew", seconds=3600)
        try:
            done = e2e.expect_code(self.run("targets", "-s", "name:live-01", "-o", "json"), 0)
            e2e.expect_equal(len(done.document()["targets"]), 1, "targets with a clock that is wrong by an hour", done)
        finally:
            self.server.control("skew", seconds=0)

    # --- a first fleet file ---------------------------------------------------------------------------------------------

    def init_from_organizations(self):
        done = e2e.expect_code(self.run("init", "--from-organizations", "-O", "made.yaml"), 0)
        e2e.expect("then: postern accounts check --fleet made.yaml" in done.err, "what comes next", done)
        text = open(self.place.path("made.yaml"), encoding="utf-8").read()
        listed = e2e.expect_code(self.run("accounts", "list", "-o", "json", fleet="made.yaml"), 0).document()["accounts"]
        names = {row["account_id"]: row["name"] for row in listed}
        e2e.expect_equal(len(names), 25, "active accounts that are not the hub", done)
        e2e.expect_equal(len(set(names.values())), 25, "names are unique", done)
        e2e.expect("111122223333" not in names and '  # - id: "111122223333"' in text, f"the hub is recognised\n{text}")
        e2e.expect('  # Not active (suspended):\n  # - id: "500000000024"' in text, f"suspended accounts\n{text}")
        tags = {row["account_id"]: row["tags"] for row in listed}
        e2e.expect_equal(tags["444455556666"], {"ou": "Workloads/Prod"}, "units", done)
        e2e.expect_equal(tags["500000000000"], {"ou": "Spare"}, "units", done)
        # An existing file is kept, and nobody is asked for it.
        before = self.server.truth()
        e2e.expect_code(self.run("init", "--from-organizations", "-O", "made.yaml"), USAGE)
        e2e.expect_equal(self.changed(before)[0], {}, "calls")

    def init_denied(self):
        """A member account may not list: said with who may, and no file is written."""
        for user in (self.assume(), keys_of(sim_harness.WEAK)):
            done = e2e.expect_code(self.run("init", "--from-organizations", "-O", "none.yaml", environment=user), e2e.SERVICE)
            for text in ("organizations:ListAccounts", "management account", "describe-organization"):
                e2e.expect(text in done.err, f"{text!r} is not said", done)
            e2e.expect(not os.path.exists(self.place.path("none.yaml")), "a file was written", done)

    def assume(self):
        """Keys of the target account's role."""
        sts = boto3.client("sts", endpoint_url=self.server.endpoint, verify=self.server.ca_file, region_name="us-east-1",
                           **sim_harness.OPERATOR)
        found = sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/Operator", RoleSessionName="e2e",
                                ExternalId="x-1")["Credentials"]
        return {"AWS_ACCESS_KEY_ID": found["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
                "AWS_SESSION_TOKEN": found["SessionToken"]}

    # --- interruption -----------------------------------------------------------------------------------------------------

    def interrupt(self):
        before = self.server.truth()
        out = open(self.place.path("out"), "w+b")
        err = open(self.place.path("err"), "w+b")
        with out, err:
            process = subprocess.Popen([e2e.PROGRAM, "-f", "fleet.yaml", "run", "-y", "--waves", "all", "-s", "name:live-0*",
                                        "-o", "json", "--", "sleep 20"], cwd=self.place.folder, env=self.place.environment,
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            until = time.monotonic() + 20
            while not self.changed(before)[1] and time.monotonic() < until:
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=10)
            out.seek(0)
            err.seek(0)
            done = e2e.Done(["run"], code, out.read().decode(), err.read().decode(), 0, 0, 0)
        e2e.expect_code(done, INTERRUPTED)
        document = done.document()
        e2e.expect_equal((document["status"], document["totals"]["unknown"]), ("interrupted", 9), "what is known", done)
        for target in document["targets"]:
            e2e.expect("interrupted" in target["reason"] and target.get("command_id"), "the command to look at", done)

    # --- the log -----------------------------------------------------------------------------------------------------------

    def log_file(self):
        """One JSON object a line: every call with its account, request id and attempts; appended; no secret."""
        self.server.control("fault", operation="ssm:DescribeInstanceInformation", kind="server_error", count=1)
        words = ("targets", "-s", "name:live-01", "--log-file", "postern.log")
        done = e2e.expect_code(self.run(*words), 0)
        e2e.expect_equal(done.err, "", "stderr stays quiet", done)
        text = open(self.place.path("postern.log"), encoding="utf-8").read()
        events = [json.loads(line) for line in text.splitlines()]
        calls = {}
        for event in events:
            if event["event"] == "aws.call":
                calls.setdefault(event["operation"], event)  # of pages the first
        e2e.expect_equal(sorted(calls), ["ec2:DescribeInstances", "ssm:DescribeInstanceInformation", "sts:AssumeRole"],
                         f"calls\n{text}")
        listed = calls["ssm:DescribeInstanceInformation"]
        e2e.expect_equal((listed["account"], listed["region"], listed["status"], listed["attempts"]),
                         ("444455556666", "us-east-1", 200, 2), f"the call\n{text}")
        e2e.expect(listed["request_id"] and listed["duration_ms"] >= 0, f"request id and duration\n{text}")
        e2e.expect_equal([event["event"] for event in (events[0], events[-1])], ["command.begin", "command.end"], text)
        e2e.expect(any(event["event"] == "retry" for event in events), f"the retry is explained\n{text}")
        totals = [event for event in events if event["event"] == "aws.calls"][0]
        e2e.expect_equal(totals["attempts"] - totals["calls"], 1, f"counters\n{text}")
        e2e.expect(sim_harness.OPERATOR["aws_secret_access_key"] not in text, "a secret in the log")
        e2e.expect_equal(os.stat(self.place.path("postern.log")).st_mode & 0o777, 0o600, "mode")
        e2e.expect_code(self.run(*words), 0)
        again = open(self.place.path("postern.log"), encoding="utf-8").read()
        e2e.expect(again.startswith(text) and len(again) > len(text), "the second command appends")
        done = e2e.expect_code(self.run("targets", "--log-file", "/nonexistent/x"), USAGE)
        done = e2e.expect_code(self.run("targets", "-s", "name:live-01", "-vv"), 0)
        e2e.expect("[aws.call] operation=ssm:DescribeInstanceInformation account=444455556666" in done.err, "-vv", done)

    # --- forms of output ----------------------------------------------------------------------------------------------------

    def forms(self):
        targets = ("targets", "-s", "name:live-0*")
        ids = self.run(*targets, "-o", "json", "-q", "targets[].instance_id").document()
        e2e.expect_equal(len(ids), 9, "ids")
        rows = [json.loads(line) for line in self.run(*targets, "-o", "ndjson").out.splitlines()]
        e2e.expect_equal([row["instance_id"] for row in rows], ids, "ndjson")
        for form in ("text", "table", "markdown"):
            done = e2e.expect_code(self.run(*targets, "-o", form), 0)
            e2e.expect(all(id in done.out for id in ids), f"{form} has every id", done)
            e2e.expect("\x1b" not in done.out, f"{form} has no colours when it is no terminal", done)
        e2e.expect(self.run(*targets, "-o", "markdown").out.count("\n| ") >= 9, "markdown rows")
        text = self.run(*targets, "-o", "text", "-q", "targets[].[instance_id, name]").out.splitlines()
        e2e.expect_equal([line.split("\t")[0] for line in text], ids, "text of a query")
        run = ("run", "-y", "-s", "name:live-01 or name:live-02", "--", "echo same")
        for form in ("json", "ndjson", "text", "markdown", "table"):
            done = e2e.expect_code(self.run(*run[:2], "-o", form, *run[2:]), 0)
            e2e.expect(("live-[01-02]" if form == "table" else "succeeded") in done.out, form, done)
        e2e.expect_equal(done.out.count("same"), 1, "identical output is printed once", done)
        done = self.run("run", "-y", "-L", "-o", "table", "-s", "name:live-01 or name:live-02", "--", "echo same")
        e2e.expect_equal(e2e.expect_code(done, 0).out.count("same"), 2, "or target by target", done)
        done = self.run("run", "-y", "-o", "json", "-q", "totals.succeeded", *run[2:])
        e2e.expect_equal(e2e.expect_code(done, 0).document(), 2, "a query of a run", done)

    def two_regions(self):
        done = self.run("run", "-y", "-r", "us-east-1,us-west-2", "-s", "name:west-* or name:live-01", "-o", "json", "--",
                        "echo $AWS_SSM_REGION_NAME")
        got = {target["region"]: target["stdout"].strip() for target in e2e.expect_code(done, 0).document()["targets"]}
        e2e.expect_equal(got, {"us-east-1": "us-east-1", "us-west-2": "us-west-2"}, "Regions", done)
        e2e.expect_equal(done.document()["totals"]["succeeded"], 4, "totals", done)
        done = self.run("targets", "--all-regions", "-s", "name:west-*", "-o", "json", "-q", "length(targets)")
        e2e.expect_equal(e2e.expect_code(done, 0).document(), 3, "all Regions", done)


def main():
    if "POSTERN_SIM_SERVER" not in os.environ:
        raise SystemExit("POSTERN_SIM_SERVER names no program")
    with e2e.Place() as place, sim_harness.Server(os.environ["POSTERN_SIM_SERVER"]) as server:
        cases = Cases(place, server)
        e2e.run_cases((name, getattr(cases, name)) for name in (
            "accounts_check", "wrong_external_id", "missing_role", "callers_policy", "denied_run", "one_account_of_two",
            "wrong_account", "wrong_account_with_targets", "read_only", "session_policy", "mixed_endpoints",
            "no_terminal_no_yes", "dry_run", "fifty_five", "outcomes", "what_nodes_get", "long_output",
            "lost_replies_are_adopted", "lost_requests_are_unknown", "throttled_send_is_repeated",
            "reading_fails_for_a_while", "expired_in_the_middle", "clock_skew", "init_from_organizations", "init_denied",
            "interrupt", "log_file", "forms", "two_regions",
            "expired_hub_credentials"))


if __name__ == "__main__":
    sys.exit(main())
