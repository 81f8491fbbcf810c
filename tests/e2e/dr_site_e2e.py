"""DRS sites against a served simulated cloud: `dr prepare`, `dr init`, `dr config`, from accounts in which nothing is set up.

Usage: dr_site_e2e.py [CASE]; POSTERN names the program.
"""
import json

import boto3

import e2e
from sim_serve_e2e import Serving

HUB, PAYMENTS, LEDGER = "111122223333", "444455556666", "777788889999"
KEYS = {"aws_access_key_id": "AKIASIMULATED0000001", "aws_secret_access_key": "made-up"}
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
DRS = "arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy"

# The profile web contains node-role, and a role called web exists too: names prove nothing.
WORLD = f"""version: 1
name: sites
seed: 7
hub: "{HUB}"
accounts:
  - id: "{HUB}"
    name: hub
    users: [{{name: operator, access_key_id: {KEYS['aws_access_key_id']}, secret_access_key: {KEYS['aws_secret_access_key']}, allow: "*"}}]
  - id: "{PAYMENTS}"
    name: payments
    roles:
      - {{name: Admin, trust: [{{principals: "arn:aws:iam::{HUB}:root", external_ids: payments-1}}], allow: "*"}}
      - {{name: node-role, attached: ["{CORE}"]}}
      - {{name: web, attached: ["{CORE}"]}}
      - name: inline-role
        attached: ["{CORE}"]
        policies:
          agent: {{Version: "2012-10-17", Statement: {{Effect: Allow, Action: "drs:*", Resource: "*"}}}}
      - name: guarded-role
        attached: ["{CORE}"]
        policies:
          guard: {{Version: "2012-10-17", Statement: {{Effect: Deny, Action: "drs:*", Resource: "*"}}}}
    instance_profiles:
      - {{name: web, role: node-role}}
      - {{name: batch, role: node-role}}
      - {{name: inline, role: inline-role}}
      - {{name: guarded, role: guarded-role}}
    drs: [{{region: us-west-2, initialized: off}}]
    instances:
      - {{name: "web-{{n}}", count: 2, region: us-east-1, profile: web, tags: &dr {{"dr:enabled": "true", "dr:recovery-strategy": drs}}}}
      - {{name: other, region: us-east-1, profile: batch}}
      - {{name: inline, region: us-east-1, profile: inline, tags: *dr}}
      - {{name: guarded, region: us-east-1, profile: guarded, tags: *dr}}
      - {{name: bare, region: us-east-1, profile: none, agent: none, tags: *dr}}
  - id: "{LEDGER}"
    name: ledger
    roles:
      - name: Admin
        trust: [{{principals: "arn:aws:iam::{HUB}:root", external_ids: ledger-1}}]
        allow: ["ec2:Describe*", "ssm:Describe*", "sts:GetCallerIdentity"]
    drs: [{{region: us-west-2, initialized: off}}]
    instances:
      - {{name: "ledger-{{n}}", count: 2, region: us-east-1, tags: *dr}}
"""
FLEET = f"""version: 1
hub: {{account: "{HUB}", region: us-east-1}}
defaults: {{role: Admin, regions: [us-east-1]}}
accounts:
  - {{id: "{PAYMENTS}", name: payments, external_id: payments-1, dr: {{region: us-west-2}}}}
  - {{id: "{LEDGER}", name: ledger, external_id: ledger-1, dr: {{region: us-west-2}}}}
"""


class World:
    """A serving cloud and a fleet file."""

    def __init__(self, world=WORLD, fleet=FLEET):
        self.place, self.world, self.fleet_text = e2e.Place(), world, fleet

    def __enter__(self):
        self.cloud = Serving(self.place, "--world", self.place.write("world.yaml", self.world)).__enter__()
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db"),
                          "POSTERN_FLEET": self.place.write("fleet.yaml", self.fleet_text)}
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def client(self, service, region="us-west-2", account=PAYMENTS, external_id="payments-1"):
        made = lambda name, **more: boto3.client(name, region_name=region, endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                                                 verify=self.variables["AWS_CA_BUNDLE"], **more)
        session = made("sts", **KEYS).assume_role(RoleArn=f"arn:aws:iam::{account}:role/Admin", RoleSessionName="look",
                                                  ExternalId=external_id)["Credentials"]
        return made(service, aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"],
                    aws_session_token=session["SessionToken"])

    def run(self, *words, environment=None):
        return self.place.run(*words, environment={**self.variables, **(environment or {})}, timeout=120)

    def attached(self, role):
        answer = self.client("iam").list_attached_role_policies(RoleName=role)
        return sorted(each["PolicyArn"] for each in answer["AttachedPolicies"])


def by_name(done, key="nodes", name="name"):
    return {each[name]: each for each in done.document()[key]}


def prepare_the_right_role():
    with World() as world:
        payments = ("--account", "payments", "-o", "json")
        done = e2e.expect_code(world.run("dr", "prepare", *payments, "--dry-run"), 1)
        nodes = by_name(done)
        e2e.expect_equal({name: each["verdict"] for name, each in nodes.items()},
                         {"web-1": "PROFILE_LACKS_DRS_POLICY", "web-2": "PROFILE_LACKS_DRS_POLICY", "inline": "ok",
                          "guarded": "PROFILE_LACKS_DRS_POLICY", "bare": "NO_INSTANCE_PROFILE"}, "verdicts", done)
        e2e.expect_equal(nodes["web-1"]["role"], "node-role", "the role of the profile web", done)
        e2e.expect_equal(nodes["web-1"]["status"], "would_change", "status", done)
        e2e.expect("denied by policy" in nodes["guarded"]["reason"], "the deny is not named", done)
        e2e.expect("batch (1 instance), web (2 instances)" in done.err, "who else has the role is not told", done)
        change = by_name(done, "roles", "role")["node-role"]["change"]
        e2e.expect_equal({each["name"]: each["instances"] for each in change["profiles"]}, {"web": 2, "batch": 1}, "profiles", done)
        e2e.expect_equal(world.attached("node-role"), [CORE], "policies after a dry run", done)

        e2e.expect("read-only" in e2e.expect_code(world.run("--read-only", "dr", "prepare", *payments, "--yes"), 3).err, "rail")
        e2e.expect("--yes goes ahead" in e2e.expect_code(world.run("dr", "prepare", *payments), 2).err, "no word of --yes")
        done = e2e.expect_code(world.run("--read-only", "dr", "prepare", *payments, "-n"), 1)

        done = e2e.expect_code(world.run("dr", "prepare", *payments, "--yes"), 1)
        e2e.expect_equal(by_name(done)["web-2"]["status"], "attached", "status", done)
        e2e.expect_equal(world.attached("node-role"), sorted([CORE, DRS]), "node-role", done)
        e2e.expect_equal([world.attached(role) for role in ("web", "inline-role", "guarded-role")], [[CORE]] * 3, "others", done)
        done = e2e.expect_code(world.run("dr", "prepare", *payments, "--yes", "-s", "name:web-*"), 0)
        e2e.expect("nothing to change" in done.err, "a second time", done)


def prepare_without_permission():
    with World() as world:
        done = e2e.expect_code(world.run("dr", "prepare", "-o", "json", "--yes"), 4)
        nodes = by_name(done)
        e2e.expect_equal(nodes["web-1"]["status"], "attached", "the other account", done)
        e2e.expect_equal(nodes["ledger-1"]["status"], "unknown", "the account without permission", done)
        e2e.expect("iam:GetInstanceProfile" in nodes["ledger-1"]["reason"], "the permission is not named", done)
        done = e2e.expect_code(world.run("dr", "prepare", "--output", "table", "--account", "ledger", "-n"), 4)
        e2e.expect("ledger-1" in done.out, "the table", done)


CASES = [
    ("prepare_the_right_role", prepare_the_right_role),
    ("prepare_without_permission", prepare_without_permission),
]

if __name__ == "__main__":
    e2e.run_cases(CASES)
