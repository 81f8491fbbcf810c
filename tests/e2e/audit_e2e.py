"""`postern audit who` and `postern audit trail` on a served simulated cloud, whose CloudTrail saw what postern did.

Usage: audit_e2e.py [CASE]; POSTERN names the program.
"""
import boto3

import e2e
from sim_serve_e2e import Serving

HUB, PAYMENTS, SANDBOX = "111122223333", "444455556666", "999900001111"
REACHABLE = ("--account", "payments-prod,ledger-prod", "-s", "state:running and ssm:online")
FLEET = f"""version: 1
mode: read-write
hub: {{account: "{HUB}", region: us-east-1, source_identity: caller}}
defaults: {{role: PosternOperator, regions: [us-east-1, us-west-2]}}
accounts:
  - {{id: "{PAYMENTS}", name: payments-prod, external_id: payments-7f3a}}
  - {{id: "777788889999", name: ledger-prod, external_id: ledger-91bc}}
  - {{id: "{SANDBOX}", name: sandbox, external_id: sandbox-2c55}}
"""
USER = f"arn:aws:iam::{HUB}:user/"


class World:
    """The demo's world with this line of CloudTrail's, and a ledger."""

    def __init__(self, cloudtrail="cloudtrail: {delay: 0s}"):
        self.place, self.cloudtrail = e2e.Place(), cloudtrail

    def __enter__(self):
        world = e2e.expect_code(self.place.run("sim", "init"), 0).out
        e2e.expect("\nhub:" in world, "the world begins otherwise by now")
        world = world.replace("\nhub:", f"\n{self.cloudtrail}\nhub:", 1)
        self.cloud = Serving(self.place, "--world", self.place.write("world.yaml", world)).__enter__()
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db"),
                          "POSTERN_FLEET": self.place.write("fleet.yaml", FLEET)}
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def run(self, *words):
        return self.place.run(*words, environment=self.variables, timeout=240)

    def client(self, service, keys=None):
        keys = keys or {"aws_access_key_id": self.variables["AWS_ACCESS_KEY_ID"],
                        "aws_secret_access_key": self.variables["AWS_SECRET_ACCESS_KEY"]}
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                            verify=self.variables["AWS_CA_BUNDLE"], **keys)

    def entered(self):
        found = self.client("sts").assume_role(RoleArn=f"arn:aws:iam::{PAYMENTS}:role/PosternOperator", ExternalId="payments-7f3a",
                                               RoleSessionName="night-shift", SourceIdentity="eve")["Credentials"]
        return {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
                "aws_session_token": found["SessionToken"]}

    def start(self):
        return e2e.expect_code(self.run("run", "-y", "-o", "json", *REACHABLE, "--", "true"), 0).document()


def who():
    with World() as world:
        run = world.start()
        world.entered()
        done = e2e.expect_code(world.run("audit", "who", "PosternOperator", "--account", "payments-prod", "-o", "json"), 0)
        found = done.document()
        e2e.expect_equal(found["schema"], "postern.assumptions/1", "schema", done)
        rows = found["assumptions"]
        e2e.expect(len(rows) >= 2 and found["totals"]["refused"] == 0, "assumptions", done)
        e2e.expect_equal(rows, sorted(rows, key=lambda row: row["time"], reverse=True), "newest first", done)
        ours = [row for row in rows if row["session_name"].startswith("postern-")]
        eve = [row for row in rows if row.get("source_identity") == "eve"]
        e2e.expect(len(ours) >= 1 and len(eve) == 1, "postern's own session and eve's", done)
        # The run's id ends the session's name, and the caller's own name is the source identity.
        for row in ours:
            e2e.expect_equal(row["source_identity"], row["who"].rsplit("/")[-1], "the source identity", done)
        e2e.expect_equal(len([row for row in ours if row["session_name"].endswith("-" + run["run_id"])]), 1, "of the run", done)
        for row in rows:
            e2e.expect(row["who"].startswith(USER) and row["who_account_id"] == HUB, "who", done)
            e2e.expect_equal(row["role_arn"], f"arn:aws:iam::{PAYMENTS}:role/PosternOperator", "role", done)
            e2e.expect_equal((row["source_ip"], row["status"]), ("127.0.0.1", "success"), "from, status", done)
        e2e.expect_equal(len({row["shared_event_id"] for row in rows}), len(rows), "each call once", done)
        e2e.expect(found["looked_into"]["account_regions"] >= 10, "every enabled Region", done)
        one = world.run("audit", "who", f"arn:aws:iam::{PAYMENTS}:role/PosternOperator", "--last", "1", "--region", "us-east-1",
                        "-o", "table")
        e2e.expect_code(one, 0)
        e2e.expect("SIMULATED" in one.out and USER in one.out, "the table says who", one)


def denied():
    """The sandbox's role asks for another ExternalId; what its account knows cannot be read, what ours knows can."""
    with World() as world:
        world.run("accounts", "check")
        done = world.run("audit", "who", f"arn:aws:iam::{SANDBOX}:role/PosternOperator", "--region", "us-east-1", "-o", "json")
        e2e.expect_code(done, e2e.UNKNOWN)
        found = done.document()
        e2e.expect(found["totals"]["refused"] >= 1 and found["totals"]["succeeded"] == 0, "refused", done)
        row = found["assumptions"][0]
        e2e.expect_equal((row["status"], row["error_code"]), ("denied", "AccessDenied"), "status", done)
        e2e.expect(row["who"].startswith(USER), "who", done)
        e2e.expect_equal([each["account_id"] for each in found["looked_into"]["problems"]], [SANDBOX], "problems", done)
        e2e.expect_code(world.run("audit", "who", "PosternOperator", "--since", "91d"), e2e.USAGE)
        e2e.expect_code(world.run("audit", "who", "not a role"), e2e.USAGE)
        stranger = world.run("audit", "who", "arn:aws:iam::123456789012:role/Any")
        e2e.expect("no way leads into account 123456789012" in e2e.expect_code(stranger, e2e.USAGE).err, "why", stranger)


def trail():
    with World() as world:
        run = world.start()
        done = e2e.expect_code(world.run("audit", "trail", "--latest", "-o", "json"), 0)
        found = done.document()
        e2e.expect_equal((found["schema"], found["run_id"], found["agrees"]), ("postern.reconciliation/1", run["run_id"], True),
                         "answer", done)
        commands = {command for account in run["accounts"] for command in account["command_ids"]}
        e2e.expect_equal({row["command_id"] for row in found["mutations"]}, commands, "commands", done)
        for row in found["mutations"]:
            e2e.expect_equal((row["match"], row["proof"], row["outcome"]), ("matched", "command_id", "accepted"), "match", done)
            e2e.expect("assumed-role/PosternOperator/postern-" in row["who"], "who", done)
            e2e.expect(row["who"].endswith("-" + run["run_id"]), "the run's id is not in the session's name", done)
        e2e.expect_equal(found["totals"]["matched"], len(commands), "matched", done)
        # Somebody sends a command that says it is of this run.
        ssm = world.client("ssm", world.entered())
        node = next(each["instance_id"] for each in run["targets"]
                    if each["account_id"] == PAYMENTS and each["region"] == "us-east-1")
        ssm.send_command(DocumentName="AWS-RunShellScript", InstanceIds=[node], Parameters={"commands": ["true"]},
                         Comment=f"postern op=01ARZ3NDEKTSV4RRFFQ69G5FAV r={run['run_id']}")
        done = e2e.expect_code(world.run("audit", "trail", run["run_id"], "-o", "json"), e2e.GATE)
        found = done.document()
        e2e.expect_equal((found["totals"]["events_unknown"], found["agrees"]), (1, False), "unknown", done)
        e2e.expect("night-shift" in found["events"][0]["principal"], "whose", done)
        e2e.expect("not in the ledger: SendCommand" in done.err, "it is said", done)


def late():
    """Events of the last minutes may not be there yet: nothing agrees, and nothing is called missing."""
    with World("cloudtrail: {delay: 10m}") as world:
        world.start()
        done = e2e.expect_code(world.run("audit", "trail", "--latest", "-o", "json"), e2e.GATE)
        totals = done.document()["totals"]
        e2e.expect_equal((totals["waiting"], totals["missing"]), (totals["mutations"], 0), "waiting", done)
        e2e.expect("may still come" in done.err, "it is said", done)


def rendered():
    """The trail that is rendered can be made."""
    with World() as world:
        text = e2e.expect_code(world.run("render", "trail"), 0).out
        keys = world.client("sts").assume_role(RoleArn=f"arn:aws:iam::{PAYMENTS}:role/OrganizationAccountAccessRole",
                               RoleSessionName="trail")["Credentials"]
        keys = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"],
                "aws_session_token": keys["SessionToken"]}
        cloud = world.client("cloudformation", keys)
        cloud.create_stack(StackName="audit", TemplateBody=text, Capabilities=["CAPABILITY_IAM"])
        cloud.get_waiter("stack_create_complete").wait(StackName="audit", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        trails = world.client("cloudtrail", keys)
        e2e.expect(trails.get_trail_status(Name="postern-audit")["IsLogging"], "it is not logging")
        made = trails.describe_trails()["trailList"][0]
        e2e.expect(made["IsMultiRegionTrail"] and made["LogFileValidationEnabled"], f"its settings: {made}")


if __name__ == "__main__":
    e2e.run_cases([(name, globals()[name]) for name in ("who", "denied", "trail", "late", "rendered")])
