"""What `render roles` writes is what the program needs: the rendered policies, given to roles of a served simulated cloud, let
its commands work, and each statement that is taken away breaks one of them.

Usage: roles_e2e.py [CASE]; POSTERN names the program.
"""
import json
import os
import ssl
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import e2e
from sim_serve_e2e import Serving

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
from rendered_roles import Template  # noqa: E402

HUB, ACCOUNT, EXTERNAL_ID = "111122223333", "444455556666", "0f3c5a9e7b1d4862"
FLEET = f"""version: 1
hub: {{account: "{HUB}", region: us-east-1}}
defaults: {{roles: {{observe: PosternObserve, operate: ops/PosternOperate}}, regions: [us-east-1]}}
accounts:
  - {{id: "{ACCOUNT}", name: payments, external_id: {EXTERNAL_ID}}}
"""
# Without it, this does not work any more.
RUN = ("run", "-y", "-o", "json", "-s", "name:web-01", "--", "true")
TARGETS = ("targets", "-o", "json", "-s", "name:web-01")
AUDIT = ("audit", "who", "PosternObserve", "--region", "us-east-1", "-o", "json")
CHECK = ("check", "endpoints", "--region", "us-east-1", "--output-logs", "/nodes", "-o", "json")
EXEC = ("exec", "web-01", "--no-stdin", "--", "true")
NEEDED = {"operate": {"Discover": RUN, "SendDocuments": RUN, "SendToTaggedNodes": RUN, "FollowCommands": RUN,
                      "SessionsOnTaggedNodes": EXEC, "SessionDocuments": EXEC},
          "observe": {"Discover": TARGETS, "LookUpCalls": AUDIT, "LookAtNetworks": CHECK, "ReadSessionPreferences": CHECK,
                      "ReadNodeRoles": CHECK}}


class World:
    """A serving cloud in which the rendered roles stand."""

    def __init__(self, node_tag="dr:enabled=true", fleet=FLEET):
        self.place, self.node_tag, self.fleet = e2e.Place(), node_tag, fleet

    def __enter__(self):
        # The demo's world, but its user in the hub may make roles there.
        world = e2e.expect_code(self.place.run("sim", "init"), 0).out
        few = 'allow: ["sts:*", "organizations:List*", "ec2:Describe*", "ssm:*", "s3:*", "cloudtrail:LookupEvents"]'
        e2e.expect(few in world, "the hub's user is another by now")
        world = self.place.write("world.yaml", world.replace(few, 'allow: ["*"]'))
        self.truth_socket = self.place.path("truth")
        self.cloud = Serving(self.place, "--world", world, "--truth", self.truth_socket).__enter__()
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db"),
                          "POSTERN_FLEET": self.place.write("fleet.yaml", self.fleet)}
        self.make_hub()
        self.targets = self.rendered("--duty", "observe", "--duty", "operate", "--node-tag", self.node_tag)
        for resource in self.targets.body["Resources"].values():
            self.make_role(ACCOUNT, self.targets.value(resource["Properties"]))
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def rendered(self, *words):
        done = e2e.expect_code(self.place.run("--fleet", self.place.path("fleet.yaml"), "render", "roles", *words), 0)
        e2e.expect_equal(done.err, "", "stderr", done)
        return Template(done.out, {"ExternalId": EXTERNAL_ID, "HubRoleArn": f"arn:aws:iam::{HUB}:role/PosternHub"})

    def client(self, service, variables=None):
        variables = variables or self.variables
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                            config=Config(signature_version="s3v4") if service == "s3" else None,
                            verify=self.variables["AWS_CA_BUNDLE"], aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
                            aws_session_token=variables.get("AWS_SESSION_TOKEN"))

    def entered(self, role):
        keys = self.client("sts").assume_role(RoleArn=role, RoleSessionName="roles")["Credentials"]
        return {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["SessionToken"]}

    def iam(self, account):
        if account == HUB:
            return self.client("iam")
        return self.client("iam", self.entered(f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"))

    def make_role(self, account, properties):
        iam = self.iam(account)
        iam.create_role(RoleName=properties["RoleName"], Path=properties.get("Path", "/"),
                        MaxSessionDuration=properties["MaxSessionDuration"],
                        AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]))
        for policy in properties["Policies"]:
            iam.put_role_policy(RoleName=properties["RoleName"], PolicyName=policy["PolicyName"],
                                PolicyDocument=json.dumps(policy["PolicyDocument"]))

    def make_hub(self):
        """The hub's own role; its orchestration host is this test, which a user of the world stands for."""
        template = self.rendered("--for", "hub")
        properties = template.value(template.body["Resources"]["HubRole"]["Properties"])
        user = self.client("sts").get_caller_identity()["Arn"]
        properties["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": user}
        self.make_role(HUB, properties)
        self.hub = {**self.variables, **self.entered(f"arn:aws:iam::{HUB}:role/PosternHub")}

    def run(self, *words):
        return self.place.run(*words, environment=self.hub, timeout=120)


def exactly_enough():
    with World() as world:
        e2e.expect_code(world.run("accounts", "check"), 0)
        e2e.expect_equal(len(e2e.expect_code(world.run(*TARGETS), 0).document()["targets"]), 1, "targets")
        e2e.expect_code(world.run(*AUDIT), 0)
        done = e2e.expect_code(world.run(*RUN), 0)
        e2e.expect_equal(done.document()["totals"]["succeeded"], 1, "succeeded", done)
        iam = world.iam(ACCOUNT)
        for duty, statements in NEEDED.items():
            role = "Postern" + duty.capitalize()
            resource = next(each for each in world.targets.body["Resources"].values() if each["Properties"]["RoleName"] == role)
            policy = world.targets.value(resource["Properties"]["Policies"][0])
            for sid, words in statements.items():
                less = dict(policy["PolicyDocument"])
                less["Statement"] = [each for each in less["Statement"] if each["Sid"] != sid]
                iam.put_role_policy(RoleName=role, PolicyName=duty, PolicyDocument=json.dumps(less))
                done = world.run(*words)
                e2e.expect(done.code != 0, f"{duty} works without {sid}", done)
                e2e.expect("not authorized" in done.out + done.err, f"{duty} without {sid} is not denied", done)
            iam.put_role_policy(RoleName=role, PolicyName=duty, PolicyDocument=json.dumps(policy["PolicyDocument"]))
        e2e.expect_code(world.run(*RUN), 0)


def nobody_else():
    with World(node_tag="team=blue") as world:
        done = world.place.run("accounts", "check", environment=world.variables, timeout=120)
        e2e.expect(done.code != 0, "the hub's user is trusted without the hub's role", done)
        e2e.expect_code(world.run(*TARGETS), 0)
        done = world.run(*RUN)
        e2e.expect(done.code != 0, "a node without the tag is reached", done)


def sent(world, url, body=None):
    """What a node does with a request that somebody else has signed: it has no credentials. The status and the body."""
    request = urllib.request.Request(url, data=body, method="GET" if body is None else "PUT")
    trusted = ssl.create_default_context(cafile=world.variables["AWS_CA_BUNDLE"])
    try:
        with urllib.request.urlopen(request, context=trusted, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def copies():
    """The hub's rendered role is enough for the pieces of copies, what it signs for nodes is judged as its own, and nobody else's is."""
    with World(fleet=FLEET + 'copies: {s3: "s3://copies-east/cp", region: us-east-1}\n') as world:
        operator = world.client("s3")
        operator.create_bucket(Bucket="copies-east")
        operator.put_bucket_versioning(Bucket="copies-east", VersioningConfiguration={"Status": "Enabled"})
        # The roles of the account, and through them its nodes', have nothing to do with it.
        theirs = world.client("s3", world.entered(f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"))
        hub = world.client("s3", world.hub)
        piece = {"Bucket": "copies-east", "Key": "cp/postern-cp-0123456789abcdef/0"}
        signed = lambda client, what, **more: client.generate_presigned_url(what, Params={**piece, **more}, ExpiresIn=600)
        e2e.expect_equal(sent(world, signed(hub, "put_object"), b"piece")[0], 200, "put by the hub's signature")
        e2e.expect_equal(sent(world, signed(hub, "get_object")), (200, b"piece"), "fetched by the hub's signature")
        e2e.expect_equal(sent(world, signed(theirs, "get_object"))[0], 403, "fetched by the signature of the account's own role")
        outside = "other/postern-cp-0123456789abcdef/0"
        e2e.expect_equal(sent(world, signed(hub, "put_object", Key=outside), b"piece")[0], 403, "put beside the place")
        e2e.expect_equal(hub.get_object(**piece)["Body"].read(), b"piece", "fetched by the hub")
        hub.put_object(**piece, Body=b"again")
        for body in (b"again", b"piece"):
            kept = operator.get_object(**piece)
            e2e.expect_equal(kept["Body"].read(), body, "what is kept")
            hub.delete_object(**piece, VersionId=kept["VersionId"])
        refused = {"GetObject": lambda: operator.get_object(**piece), "DeleteObject": lambda: theirs.delete_object(**piece),
                   "ListObjectsV2": lambda: hub.list_objects_v2(Bucket="copies-east")}
        codes = {}
        for name, call in refused.items():
            try:
                call()
            except ClientError as error:
                codes[name] = error.response["Error"]["Code"]
        e2e.expect_equal(codes, {"GetObject": "NoSuchKey", "DeleteObject": "AccessDenied", "ListObjectsV2": "AccessDenied"}, "refusals")
        hub.delete_object(**piece)


if __name__ == "__main__":
    e2e.run_cases([("exactly enough", exactly_enough), ("nobody else", nobody_else), ("copies", copies)])
