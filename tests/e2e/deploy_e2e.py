"""`deploy` and `accounts add|remove|rotate-external-id` against a served simulated cloud: from no roles at all to accounts that
can be checked, changed, rotated and left again; and what goes wrong on the way.

Usage: deploy_e2e.py [CASE]; POSTERN names the program.
"""
import json
import os

import boto3

import e2e
from sim_serve_e2e import Serving

HUB, PAYMENTS, LEDGER, SHOP = "111122223333", "444455556666", "777788889999", "999900001111"
HEAD = f"""version: 1
hub: {{account: "{HUB}", region: us-east-1}}
defaults: {{roles: {{observe: PosternObserve, operate: PosternOperate}}, regions: [us-east-1]}}
"""
FLEET = HEAD + f"""accounts:
  - {{id: "{PAYMENTS}", name: payments}}   # the money
  - {{id: "{LEDGER}", name: ledger}}
"""


class World:
    """A serving cloud without any of postern's roles, and a fleet file."""

    def __init__(self, fleet=FLEET):
        self.place, self.fleet_text = e2e.Place(), fleet

    def __enter__(self):
        world = e2e.expect_code(self.place.run("sim", "init"), 0).out
        few = 'allow: ["sts:*", "organizations:List*", "ec2:Describe*", "ssm:*", "s3:*", "cloudtrail:LookupEvents"]'
        e2e.expect(few in world, "the hub's user is another by now")
        self.cloud = Serving(self.place, "--world", self.place.write("world.yaml", world.replace(few, 'allow: ["*"]')),
                             "--truth", self.place.path("truth")).__enter__()
        self.fleet = self.place.write("fleet.yaml", self.fleet_text)
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db"), "POSTERN_FLEET": self.fleet}
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def client(self, service, account=HUB):
        keys = {"aws_access_key_id": self.variables["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": self.variables["AWS_SECRET_ACCESS_KEY"]}
        made = lambda name, **more: boto3.client(name, region_name="us-east-1", endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                                                 verify=self.variables["AWS_CA_BUNDLE"], **more)
        if account != HUB:
            role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
            session = made("sts", **keys).assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"]
            keys = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": session["SecretAccessKey"],
                    "aws_session_token": session["SessionToken"]}
        return made(service, **keys)

    def run(self, *words, environment=None):
        return self.place.run(*words, environment={**self.variables, **(environment or {})}, timeout=120)

    def stacks(self, account):
        return {each["StackName"]: each for each in self.client("cloudformation", account).describe_stacks()["Stacks"]}

    def let_us_in(self):
        """The hub's role stands; its host is this test, which the world's user stands for."""
        user = self.client("sts").get_caller_identity()["Arn"]
        trust = {"Version": "2012-10-17",
                 "Statement": [{"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}]}
        self.client("iam").update_assume_role_policy(RoleName="PosternHub", PolicyDocument=json.dumps(trust))
        keys = self.client("sts").assume_role(RoleArn=f"arn:aws:iam::{HUB}:role/PosternHub", RoleSessionName="hub")["Credentials"]
        return {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["SessionToken"]}


def rows(done):
    return {each["name"]: each for each in done.document()["accounts"]}


DUTIES = ("--duty", "observe", "--duty", "operate")


def from_zero():
    with World() as world:
        done = e2e.expect_code(world.run("deploy", "roles", *DUTIES, "--dry-run", "-o", "json"), 0)
        e2e.expect_equal([each["status"] for each in rows(done).values()], ["would_create"] * 2, "statuses", done)
        e2e.expect("create: payments (444455556666), ledger (777788889999)" in done.err, "the same changes are not shown together", done)
        e2e.expect_equal(world.stacks(PAYMENTS), {}, "stacks after a dry run")
        done = e2e.expect_code(world.run("deploy", "roles", *DUTIES), 2)
        e2e.expect("--yes goes ahead" in done.err, "no word of --yes", done)
        e2e.expect_equal(world.stacks(PAYMENTS), {}, "stacks after a refusal")

        done = e2e.expect_code(world.run("deploy", "roles", "--for", "hub", *DUTIES, "--yes", "-o", "json"), 0)
        e2e.expect_equal(rows(done)["hub"]["status"], "created", "the hub", done)
        done = e2e.expect_code(world.run("deploy", "roles", *DUTIES, "--yes", "-o", "json"), 0)
        made = rows(done)
        e2e.expect_equal([each["status"] for each in made.values()], ["created"] * 2, "statuses", done)
        ids = [each["external_id"] for each in made.values()]
        e2e.expect(len(set(ids)) == 2 and all(len(each) == 32 for each in ids), "ExternalIds are not the accounts' own", done)
        e2e.expect(f'external_id: "{ids[0]}"' in done.err, "the ExternalId is not told", done)
        role = f"arn:aws:iam::{PAYMENTS}:role/PosternObserve"
        e2e.expect(role in made["payments"]["outputs"].values(), "the role is no output", done)

        done = e2e.expect_code(world.run("deploy", "roles", *DUTIES, "--yes", "-o", "json"), 0)
        e2e.expect_equal([each["status"] for each in rows(done).values()], ["unchanged"] * 2, "a second time", done)
        e2e.expect_equal([each["external_id"] for each in rows(done).values()], ids, "kept ExternalIds", done)
        e2e.expect_code(world.run("deploy", "diff", *DUTIES), 0)

        text = open(world.fleet).read()
        for number, name in ((PAYMENTS, "payments"), (LEDGER, "ledger")):
            text = text.replace(f"name: {name}", f"name: {name}, external_id: {made[name]['external_id']}")
        world.place.write("fleet.yaml", text)
        done = world.run("accounts", "check", environment=world.let_us_in())
        e2e.expect_code(done, 0)

        done = e2e.expect_code(world.run("deploy", "diff", *DUTIES, "--node-tag", "team=web", "-o", "json"), 3)
        change = rows(done)["ledger"]["changes"][0]
        e2e.expect_equal((change["action"], change["replaced"]), ("modify", False), "the change", done)
        e2e.expect_equal(rows(done)["ledger"]["status"], "would_change", "status", done)
        done = e2e.expect_code(world.run("deploy", "roles", *DUTIES, "--node-tag", "team=web", "--yes", "-o", "json"), 0)
        e2e.expect_equal(rows(done)["ledger"]["status"], "changed", "status", done)

        e2e.expect_code(world.run("deploy", "delete", "--dry-run"), 0)
        done = e2e.expect_code(world.run("deploy", "delete", "--yes", "-o", "json"), 0)
        e2e.expect_equal([each["status"] for each in rows(done).values()], ["deleted"] * 2, "statuses", done)
        e2e.expect_equal(world.stacks(PAYMENTS), {}, "stacks")
        done = e2e.expect_code(world.run("deploy", "delete", "--yes", "-o", "json"), 0)
        e2e.expect_equal(rows(done)["payments"]["status"], "absent", "status", done)


def roll_back():
    with World() as world:
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        done = e2e.expect_code(world.run("deploy", "roles", *DUTIES, "--account", "payments", "--yes", "-o", "json"), 1)
        e2e.expect("the hub's comes first: postern deploy roles --for hub" in done.err, "the order is not told", done)
        e2e.expect_code(world.run("deploy", "delete", "--yes"), 0)
        e2e.expect_code(world.run("deploy", "roles", "--for", "hub", *DUTIES, "--yes"), 0)
        world.client("iam", LEDGER).create_role(RoleName="PosternObserve", AssumeRolePolicyDocument=json.dumps(trust))
        done = e2e.expect_code(world.run("deploy", "roles", *DUTIES, "--yes", "-o", "json"), 1)
        e2e.expect_equal(rows(done)["payments"]["status"], "created", "payments", done)
        e2e.expect_equal(rows(done)["ledger"]["status"], "rolled_back", "ledger", done)
        e2e.expect("already exists" in rows(done)["ledger"]["reason"], "the first cause is not told", done)
        done = e2e.expect_code(world.run("deploy", "roles", *DUTIES, "--yes", "-o", "json"), 3)
        e2e.expect_equal(rows(done)["ledger"]["status"], "blocked", "ledger", done)
        e2e.expect("has to be deleted first" in rows(done)["ledger"]["reason"], "no way out is told", done)
        world.client("cloudformation", PAYMENTS).update_termination_protection(StackName="postern-roles",
                                                                               EnableTerminationProtection=True)
        done = e2e.expect_code(world.run("deploy", "delete", "--yes", "-o", "json"), 3)
        e2e.expect_equal(rows(done)["payments"]["status"], "blocked", "payments", done)
        e2e.expect_equal(rows(done)["ledger"]["status"], "deleted", "ledger", done)


def rails():
    with World() as world:
        done = e2e.expect_code(world.run("--read-only", "deploy", "roles", "--dry-run"), 3)
        e2e.expect("read-only" in done.err, "the rail is not named", done)
        done = e2e.expect_code(world.run("deploy", "roles", "--via", "NoSuchRole", "--dry-run", "-o", "json"), 254)
        e2e.expect_equal(rows(done)["payments"]["status"], "failed", "status", done)
        done = e2e.expect_code(world.run("deploy", "roles", "--region", "us-east-1,us-west-2"), 2)


def account_comes_and_goes():
    with World() as world:
        e2e.expect_code(world.run("deploy", "roles", "--for", "hub", "--yes"), 0)
        before = open(world.fleet).read()
        done = e2e.expect_code(world.run("accounts", "add", SHOP, "--name", "shop", "--dry-run", "-o", "json"), 0)
        e2e.expect_equal(open(world.fleet).read(), before, "the fleet file after a dry run", done)
        done = e2e.expect_code(world.run("accounts", "add", SHOP, "--name", "shop", "--tag", "env=prod", "--yes", "-o", "json"), 0)
        after = open(world.fleet).read()
        e2e.expect(after.startswith(before) and "# the money" in after, "the file's own words are gone", done)
        e2e.expect_equal(os.stat(world.fleet).st_mode & 0o777, 0o600, "the file's mode", done)
        e2e.expect("postern deploy roles --for hub" in done.err, "the hub's policy is forgotten", done)
        e2e.expect_code(world.run("deploy", "roles", "--for", "hub", "--yes"), 0)
        hub = world.let_us_in()
        e2e.expect_code(world.run("accounts", "check", "--account", "shop", environment=hub), 0)
        done = e2e.expect_code(world.run("accounts", "add", SHOP, "--yes", "-o", "json"), 0)
        e2e.expect("going on from there" in done.err, "a second time", done)
        e2e.expect_equal(open(world.fleet).read(), after, "the fleet file", done)

        done = e2e.expect_code(world.run("accounts", "rotate-external-id", "shop", "--yes", "-o", "json"), 0)
        e2e.expect("not checked: its roles trust the hub's role alone" in done.err, "no word of the check", done)
        rotated = open(world.fleet).read()
        e2e.expect(rotated != after and len(rotated) == len(after), "the ExternalId is the same", done)
        e2e.expect_code(world.run("accounts", "check", "--account", "shop", environment=hub), 0)
        # As if it had been killed between the stack and the file: the next one ends it, and begins no other.
        world.place.write("fleet.yaml", after)
        done = world.run("accounts", "rotate-external-id", "shop", "--yes", "-o", "json")
        e2e.expect("as after an interrupted rotation" in done.err, "it began anew", done)
        e2e.expect_equal(open(world.fleet).read(), rotated, "the fleet file", done)

        done = e2e.expect_code(world.run("accounts", "remove", "shop", "--yes", "-o", "json"), 0)
        e2e.expect_equal(open(world.fleet).read(), before, "the fleet file", done)
        e2e.expect_equal(world.stacks(SHOP), {}, "stacks", done)


if __name__ == "__main__":
    e2e.run_cases([("from zero", from_zero), ("roll back", roll_back), ("rails", rails),
                   ("an account comes and goes", account_comes_and_goes)])
