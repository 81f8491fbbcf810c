"""`dr rollout`, `dr status` and `dr coverage` against a served simulated cloud: 130 instances with everything that goes wrong in
the field, and the script that deployment guides name.

Usage: dr_rollout_e2e.py [CASE]; POSTERN names the program.
"""
import collections
import json
import os
import subprocess

import boto3

import e2e
from sim_serve_e2e import Serving, truth

HUB = "111122223333"
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
DRS = "arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy"
TAGS = '{"dr:enabled": "true", "dr:recovery-strategy": drs}'
OPERATOR = '{name: operator, access_key_id: AKIASIMULATED0000001, secret_access_key: made-up, allow: "*"}'


def nodes(name, count, family="Amazon Linux", profile="Node", agent="live"):
    named = f'name: "{name}-{{n}}", count: {count}' if count > 1 else f"name: {name}"
    return (f'      - {{{named}, region: us-east-1, platform_name: "{family}", profile: {profile}, agent: {agent}, tags: {TAGS}}}\n')


def account(number, name, drs, *instances):
    return (f'  - id: "{number}"\n    name: {name}\n    roles: [{{name: Node, attached: ["{CORE}", "{DRS}"]}}]\n'
            f"    instance_profiles: [{{name: Node, role: Node}}]\n{drs}    instances:\n" + "".join(instances))


FAULTS = """    drs:
      - region: us-west-2
        pace: 120
        servers: [{instance: already, region: us-east-1, age: 7d}]
        faults:
          - {kind: install, instance: "oldkernel-*", what: kernel}
          - {kind: install, instance: "full-*", what: disk_space}
          - {kind: install, instance: phantom, what: phantom}
          - {kind: install, instance: odd, what: registers_but_fails}
          - {kind: install, instance: "mirrorless-*", what: gcc}
"""
FLEET_OF_130 = (f"version: 1\nname: field\nseed: 12\nhub: \"{HUB}\"\nregions: [us-east-1, us-west-2]\naccounts:\n"
                f'  - {{id: "{HUB}", name: hub, users: [{OPERATOR}]}}\n'
                + account("444455556666", "payments", FAULTS, nodes("good", 60), nodes("already", 1), nodes("oldkernel", 3),
                          nodes("full", 2), nodes("phantom", 1), nodes("odd", 1), nodes("offline", 6, agent="connection_lost"),
                          nodes("bare", 4, profile="none"), nodes("mirrorless", 10, family="Ubuntu"))
                + account("777788889999", "ledger", "    drs: [{region: us-west-2, pace: 120}]\n", nodes("app", 37))
                + account("888899990000", "lab", "", nodes("lab", 5)))
FLEET = f"""version: 1
hub: {{account: "{HUB}", region: us-east-1}}
defaults: {{role: OrganizationAccountAccessRole, regions: [us-east-1]}}
accounts:
  - {{id: "444455556666", name: payments, dr: {{region: us-west-2}}}}
  - {{id: "777788889999", name: ledger, dr: {{region: us-west-2}}}}
  - {{id: "888899990000", name: lab, dr: {{region: us-west-2}}}}
"""


class World:
    """A serving cloud and, if there is one, a fleet file."""

    def __init__(self, world, fleet=None):
        self.place, self.world, self.fleet = e2e.Place(), world, fleet

    def __enter__(self):
        self.socket = self.place.path("truth")
        self.cloud = Serving(self.place, "--world", self.place.write("world.yaml", self.world), "--truth", self.socket).__enter__()
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db")}
        if self.fleet:
            self.variables["POSTERN_FLEET"] = self.place.write("fleet.yaml", self.fleet)
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def run(self, *words, environment=None):
        return self.place.run(*words, environment={**self.variables, **(environment or {})}, timeout=200)


def of_operator(world, service, region="us-east-1", **keys):
    keys = keys or {"aws_access_key_id": world.variables["AWS_ACCESS_KEY_ID"],
                    "aws_secret_access_key": world.variables["AWS_SECRET_ACCESS_KEY"]}
    return boto3.client(service, region_name=region, endpoint_url=world.variables["AWS_ENDPOINT_URL"],
                        verify=world.variables["AWS_CA_BUNDLE"], **keys)


def known(done):
    """How many DRS has: the first ones may be synchronised by the time that the last are registered."""
    return sum(each["state"] in ("registered", "protected") for each in done.document()["targets"])


def fates(done):
    return dict(collections.Counter((each["state"], each["code"]) for each in done.document()["targets"]))


BLOCKED = {("blocked", "SSM_OFFLINE"): 6, ("blocked", "NO_INSTANCE_PROFILE"): 4, ("blocked", "TARGET_NOT_INITIALIZED"): 5}


def stages(document):
    return {name: count for name, count in document["totals"].items() if count and name != "tagged"}


def report_of_the_rollout(world, rollout):
    """What the ledger and DRS say of it, in every form; `rollout` is what the rollout itself answered."""
    done = e2e.expect_code(world.run("dr", "report", "deployment", "-o", "json"), 0)
    document = done.document()
    e2e.expect_equal(document["rollout_id"], rollout["rollout_id"], "which rollout", done)
    e2e.expect_equal(stages(document), {"protected": 99, "phantom": 1, "failed": 1, "blocked": 20, "not_sent": 9}, "stages", done)
    e2e.expect_equal((document["verdict"], document["reconcile"], document["totals"]["tagged"]), ("gaps", True, 130), "the sum", done)
    e2e.expect_equal(document["facts"]["caller"], f"arn:aws:iam::{HUB}:user/operator", "who asked", done)
    e2e.expect_equal({(each["code"], each["count"]) for each in document["classes"] if each["stage"] == "blocked"},
                     {("SSM_OFFLINE", 6), ("TARGET_NOT_INITIALIZED", 5), ("NO_INSTANCE_PROFILE", 4), ("KERNEL_UNSUPPORTED", 3),
                      ("DISK_SPACE", 2)}, "classes", done)
    runs = {each["run_id"]: each for each in document["runs"]}
    e2e.expect_equal(set(runs), {each["run_id"] for each in rollout["runs"]}, "the runs", done)
    for run_id, each in runs.items():
        listed = e2e.expect_code(world.run("runs", "prune", "--keep", "0", "--dry-run", "-o", "json"), 0).document()["runs"]
        e2e.expect_equal([one["head"] for one in listed if one["id"] == run_id], [each["head"]], "the head of a run", done)
        e2e.expect("sha256 " in each["pins"][0], "the document's hash is missing", done)
    lines = [line for each in document["actions"] for line in each["commands"]]
    held = [run_id for run_id, each in runs.items() if each["status"] == "held"]
    for line in (f"postern resume {held[0]} --release", "postern dr init --account 888899990000", "postern dr coverage --gaps --gate"):
        e2e.expect(line in lines, f"{line!r} is not among what is left to do", done)
    odd = [each for each in document["servers"] if each["name"] == "odd"][0]
    e2e.expect_equal((odd["stage"], odd["replication"], odd["recoverability"]), ("protected", "healthy", "fresh"), "odd", done)
    e2e.expect("INSTALLER_FAILED" in odd["notes"][0], "what the installer said of odd is lost", done)
    e2e.expect(odd["sample_age_seconds"] is not None, "the age of the sample is missing", done)

    # By the id of one of its runs, from the ledger alone, with AWS out of reach.
    gone = {"AWS_ENDPOINT_URL": "https://127.0.0.1:9"}
    done = world.run("dr", "report", "deployment", held[0], "--offline", "--format", "md", environment=gone)
    e2e.expect_code(done, 0)
    e2e.expect("99 protected + 1 phantom + 1 failed + 20 blocked + 9 not sent" in " ".join(done.out.split()), "offline", done)
    e2e.expect("**SIMULATED**" in done.out and document["head"] in done.out, "the world and the head", done)

    page = world.place.path("report.html")
    done = e2e.expect_code(world.run("dr", "report", "deployment", "--format", "html", "--out", page), 0)
    with open(page, encoding="utf-8") as file:
        text = file.read()
    e2e.expect(text.startswith("<!DOCTYPE html>") and "SIMULATED" in text and "http" not in text.replace("http-equiv", ""),
               "the page is not self-contained", done)
    e2e.expect_equal(done.out, "", "what is printed beside the file", done)
    for words in (("--now", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), ("--format", "html", "-o", "json")):
        e2e.expect_code(world.run("dr", "report", "deployment", *words), 2)
    e2e.expect_code(world.run("dr", "report", "deployment", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), 2)


def a_fleet_with_bad_hosts():
    with World(FLEET_OF_130, FLEET) as world:
        done = e2e.expect_code(world.run("dr", "rollout", "--dry-run", "-o", "json"), 0)
        e2e.expect_equal(fates(done), {**BLOCKED, ("ready", ""): 114, ("enrolled", ""): 1}, "the plan", done)
        e2e.expect("not on" not in world.run("runs", "list").out, "a dry run left a run", done)
        e2e.expect("--expect" in e2e.expect_code(world.run("dr", "rollout", "--yes"), 3).err, "a large plan is not asked about")
        e2e.expect("read-only" in e2e.expect_code(world.run("--read-only", "dr", "rollout", "--yes"), 3).err, "rail")

        topic = of_operator(world, "sns").create_topic(Name="ops")["TopicArn"]
        e2e.expect_code(world.run("dr", "rollout", "--yes", "--expect", "114", "--notify", "nobody"), 2)
        done = world.run("dr", "rollout", "--yes", "--expect", "114", "--registration-timeout", "20s", "--until", "protected",
                         "--notify", topic, "-o", "json")
        e2e.expect_code(done, 3)
        e2e.expect_equal(fates(done), {**BLOCKED, ("blocked", "KERNEL_UNSUPPORTED"): 3, ("blocked", "DISK_SPACE"): 2,
                                       ("enrolled", ""): 1, ("failed", "GCC_MISSING"): 1, ("not_sent", "NOT_SENT"): 9,
                                       ("phantom", "PHANTOM_INSTALL"): 1, ("protected", ""): 98}, "fates", done)
        document = done.document()
        e2e.expect_equal(document["totals"]["all"], 130, "the sum", done)
        accounts = {each["account_id"]: each for each in document["accounts"]}
        e2e.expect_equal({name: each["status"] for name, each in accounts.items()},
                         {"444455556666": "partial", "777788889999": "success", "888899990000": "error"}, "accounts", done)
        e2e.expect_equal(accounts["777788889999"]["instance_count"], 37, "instances of ledger", done)
        e2e.expect_equal(len({each["command_id"] for each in document["targets"] if each["name"].startswith("app-")}),
                         len(accounts["777788889999"]["command_ids"]), "commands of ledger", done)
        odd = [each for each in document["targets"] if each["name"] == "odd"][0]
        e2e.expect_equal([note["code"] for note in odd["notes"]], ["INSTALLER_FAILED"], "what is said of odd", done)

        report_of_the_rollout(world, document)

        # Who wants to know is told of each family, by what DRS knows: the phantom is no success.
        told = sorted(each["subject"].split(" ", 4)[4] for each in truth(world.socket)["messages"]["kept"])
        e2e.expect_equal(told, ["failed: 98 succeeded, 1 failed", "held: 1 failed, 9 not ended"], "what was told", done)
        text = [each["message"] for each in truth(world.socket)["messages"]["kept"] if "has ended" in each["message"]][0]
        e2e.expect("DRS: 1 phantom, 98 protected" in text, f"no counts: {text}")

        # The family that failed waits for a person; nothing is sent beside it.
        done = e2e.expect_code(world.run("dr", "rollout", "--yes", "--expect", "0-200"), 3)
        e2e.expect("an earlier installation is not over" in done.err, "the held run", done)
        held = [each["run_id"] for each in document["runs"] if each["status"] == "held"]
        e2e.expect_code(world.run("cancel", *held), 4)
        done = world.run("dr", "rollout", "--dry-run", "-o", "json")
        e2e.expect_equal(fates(done), {**BLOCKED, ("enrolled", ""): 99, ("ready", ""): 16}, "a second time", done)

        totals = e2e.expect_code(world.run("dr", "coverage", "-o", "json"), 0).document()["totals"]
        e2e.expect_equal((totals["tagged"], totals["protected"], totals["reconcile"]), (130, 99, True), "coverage")
        e2e.expect_equal((totals["installed"], totals["missing"]), (1, 30), "the phantom, by the ledger's word", done)
        now = e2e.expect_code(world.run("dr", "report", "deployment", "--now", "-o", "json"), 0).document()
        e2e.expect_equal((now["rollout_id"], stages(now)), ("", {"protected": 99, "installed": 1, "missing": 30}), "the fleet now")
        e2e.expect_code(world.run("ledger", "verify"), 0)
        e2e.expect_code(world.run("dr", "coverage", "--gate", "-o", "json"), 3)
        done = e2e.expect_code(world.run("dr", "status", "--gate", "-o", "json"), 0)
        e2e.expect_equal(done.document()["totals"]["protected"], 99, "status", done)


GUIDE_ACCOUNTS = ("160885257264", "664418995426")
GUIDE_WORLD = (f'version: 1\nname: guide\nseed: 3\nhub: "891376951562"\nregions: [us-east-1, us-west-2]\naccounts:\n'
               f'  - {{id: "891376951562", name: central, users: [{OPERATOR}]}}\n')
for index, number in enumerate(GUIDE_ACCOUNTS):
    ROLE = ('{name: DRSOrchestrationRole, trust: [{principals: "arn:aws:iam::891376951562:root", external_ids: guide-1}], '
            'allow: "*"}')
    ADMIN = f'{{name: admin, access_key_id: AKIASIMULATED000001{index}, secret_access_key: made-up, allow: "*"}}'
    GUIDE_WORLD += account(number, f"target-{index}", "    drs: [{region: us-west-2, pace: 120}]\n", nodes(f"web{index}", 3)).replace(
        "    roles: [", f"    users: [{ADMIN}]\n    roles: [{ROLE}, ")


def the_script_of_the_guide():
    script = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "deploy_drs_agents.sh")
    with World(GUIDE_WORLD) as world:
        config = world.place.write("config", "".join(
            f"[profile {number}_AdministratorAccess]\naws_access_key_id = AKIASIMULATED000001{index}\naws_secret_access_key = made-up\n"
            for index, number in enumerate(GUIDE_ACCOUNTS)))
        base = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        base.update(world.variables, POSTERN=os.environ["POSTERN"], POSTERN_YES="1", AWS_CONFIG_FILE=config,
                    AWS_SHARED_CREDENTIALS_FILE="/dev/null", HOME=world.place.path("."))
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

        def call(*words, without=(), **variables):
            environment = {key: value for key, value in {**base, **variables}.items() if key not in without}
            return subprocess.run([script, *words], env=environment, capture_output=True, text=True, timeout=200, cwd=world.place.path("."))

        def expect(done, code, text):
            e2e.expect(done.returncode == code and text in done.stdout + done.stderr,
                       f"expected {code} and {text!r}, got {done.returncode}:\n{done.stdout}\n{done.stderr}")

        first, second = (f"arn:aws:iam::{number}:role/DRSOrchestrationRole" for number in GUIDE_ACCOUNTS)
        # The five lines of the guide; the role asks for an ExternalId, which the guide's own code forgot.
        expect(call("160885257264", "us-east-1", "us-west-2", AWS_ROLE_ARN=first), 254, "ExternalId")
        regions = ("us-east-1", "us-west-2")
        for number, role in (("160885257264", first), ("664418995426", second)):
            done = call(number, *regions, AWS_ROLE_ARN=role, DRS_EXTERNAL_ID="guide-1")
            expect(done, 0, '"schema": "postern.dr_rollout/1"')
            # Some may be in step already: that is a matter of how long the command took.
            states = [each["state"] for each in json.loads(done.stdout)["targets"]]
            e2e.expect(len(states) == 3 and set(states) <= {"registered", "protected"}, f"{number}: {states}")
        expect(call("160885257264", without=keys, AWS_PROFILE="160885257264_AdministratorAccess"), 0, '"enrolled": 3')
        expect(call("160885257264", AWS_ROLE_ARN=first, DRS_EXTERNAL_ID="guide-1"), 0, '"enrolled": 3')
        # Slips of the hand are refused before anything is sent.
        expect(call("664418995426", AWS_ROLE_ARN=first), 2, "was asked for")
        expect(call("664418995426", without=keys, AWS_PROFILE="160885257264_AdministratorAccess"), 3, "leads to 160885257264")
        expect(call("664418995426", AWS_ROLE_ARN="nonsense"), 2, "no role's ARN")
        expect(call("66441899542"), 2, "no account id")
        expect(call(), 2, "AWS_ROLE_ARN")


STAGING = "999900001111"
# By hand as the console makes them: each account trusts the other.
AUTHORIZED = (f'{{name: DRSCrossAccountAgentAuthorizedRole_{STAGING}, path: /service-role/, allow: "sts:AssumeRole"}}')
INTO_WORLD = (f'version: 1\nname: into\nseed: 7\nhub: "{HUB}"\nregions: [us-east-1, us-west-2]\naccounts:\n'
              f'  - {{id: "{HUB}", name: hub, users: [{OPERATOR}]}}\n'
              + account("444455556666", "payments", "    drs: [{region: us-west-2, pace: 120}]\n", nodes("web", 3), nodes("db", 1))
              .replace("    roles: [", f"    roles: [{AUTHORIZED}, ")
              + f'  - id: "{STAGING}"\n    name: staging\n    drs: [{{region: us-west-2, pace: 120}}]\n'
              '    roles: [{name: DRSCrossAccountAgentRole_444455556666, path: /service-role/, '
              'trust: [{principals: "arn:aws:iam::444455556666:root"}], '
              'attached: ["' + DRS + '"]}]\n')
INTO_FLEET = f"""version: 1
hub: {{account: "{HUB}", region: us-east-1}}
defaults: {{role: OrganizationAccountAccessRole, regions: [us-east-1]}}
accounts:
  - {{id: "444455556666", name: payments, dr: {{region: us-west-2}}}}
  - {{id: "{STAGING}", name: staging}}
"""


def clients_of(world, account_id):
    """By the organisation's own role there."""
    keys = of_operator(world, "sts").assume_role(RoleArn=f"arn:aws:iam::{account_id}:role/OrganizationAccountAccessRole",
                                                 RoleSessionName="test")["Credentials"]
    return lambda service, region: of_operator(
        world, service, region, aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"])


def into_another_account():
    with World(INTO_WORLD, INTO_FLEET) as world:
        words = ("dr", "rollout", "payments", "--into", "staging", "--registration-timeout", "30s", "-o", "json", "--yes")
        done = e2e.expect_code(world.run(*words), 3)
        e2e.expect_equal(fates(done), {("blocked", "DOCUMENT_MISSING"): 4}, "without the document", done)
        e2e.expect("postern deploy documents --account 444455556666 --region us-east-1" in done.err, "how to deploy it", done)
        deploy = ("deploy", "documents", "--account", "payments", "--region", "us-east-1", "--yes", "-o", "json")
        e2e.expect_code(world.run(*deploy), 0)
        done = e2e.expect_code(world.run(*deploy), 0)
        e2e.expect_equal([each["status"] for each in done.document()["accounts"]], ["unchanged"], "a second time", done)
        e2e.expect_code(world.run("deploy", "diff", "--for", "documents", "--account", "payments", "--region", "us-east-1"), 0)

        # Somebody changes it: nothing is sent until it is ours again.
        client = clients_of(world, "444455556666")
        ssm = client("ssm", "us-east-1")
        name = "Postern-InstallReplicationAgent"
        ours = ssm.get_document(Name=name)
        made = ssm.update_document(Name=name, Content=ours["Content"].replace("--no-prompt", "--no-prompt --x"), DocumentVersion="$LATEST")
        theirs = made["DocumentDescription"]["DocumentVersion"]
        ssm.update_document_default_version(Name=name, DocumentVersion=theirs)
        done = e2e.expect_code(world.run(*words, "--waive", "DOCUMENT_CHANGED"), 3)
        e2e.expect_equal(fates(done), {("blocked", "DOCUMENT_CHANGED"): 4}, "with a changed document", done)
        e2e.expect("postern deploy documents" in done.err, "how to mend it", done)
        e2e.expect_equal(ssm.list_commands()["Commands"], [], "a command was sent")
        ssm.update_document_default_version(Name=name, DocumentVersion=ours["DocumentVersion"])

        done = e2e.expect_code(world.run(*words, "--tag", "team=dr"), 0)
        e2e.expect_equal(known(done), 4, "into staging", done)
        e2e.expect_equal({each["site_account_id"] for each in done.document()["targets"]}, {STAGING}, "sites", done)
        e2e.expect_equal(done.document()["document"], name, "document", done)
        sent = [each for each in ssm.list_commands()["Commands"] if each["DocumentName"] == name]
        e2e.expect_equal({each["Parameters"]["AccountId"][0] for each in sent}, {STAGING}, "AccountId")
        e2e.expect_equal({each["DocumentVersion"] for each in sent}, {ours["DocumentVersion"]}, "the version that is pinned")
        servers = clients_of(world, STAGING)("drs", "us-west-2").describe_source_servers(filters={})["items"]
        e2e.expect_equal({each["sourceCloudProperties"]["originAccountID"] for each in servers}, {"444455556666"}, "origins")
        e2e.expect_equal(({each["tags"]["team"] for each in servers}, len(servers)), ({"dr"}, 4), "servers in staging")
        e2e.expect_equal(client("drs", "us-west-2").describe_source_servers(filters={})["items"], [], "servers in payments")
        e2e.expect_equal(fates(e2e.expect_code(world.run(*words), 0)), {("enrolled", ""): 4}, "once more")


def into_another_account_without_trust():
    with World(INTO_WORLD.replace("DRSCrossAccountAgentRole_444455556666", "Other"),
               INTO_FLEET.replace("dr: {region: us-west-2}", f'dr: {{region: us-west-2, staging_account: "{STAGING}"}}')) as world:
        e2e.expect_code(world.run("deploy", "documents", "--account", "payments", "--region", "us-east-1", "--yes"), 0)
        done = e2e.expect_code(world.run("dr", "rollout", "payments", "--yes", "-o", "json"), 3)
        e2e.expect_equal(fates(done), {("blocked", "TRUSTED_ACCOUNT_MISSING"): 4}, "without the role", done)
        e2e.expect("DRSCrossAccountAgentRole_444455556666 in " + STAGING in done.out, "which role", done)
        # The installer says so too, when it is sent all the same.
        done = e2e.expect_code(world.run("dr", "rollout", "payments", "--yes", "--waive", "TRUSTED_ACCOUNT_MISSING", "-o", "json",
                                         "--waves", "rest", "--max-errors", "100%"), 1)
        e2e.expect_equal(fates(done), {("failed", "CROSS_ACCOUNT_ROLE"): 4}, "with the role waived", done)
        done = world.run("dr", "rollout", "payments", "--into", "nobody", "--dry-run")
        e2e.expect("nobody" in e2e.expect_code(done, 2).err, "an account that is not there", done)


def some_devices_only():
    with World(INTO_WORLD, INTO_FLEET) as world:
        e2e.expect_code(world.run("deploy", "documents", "--account", "payments", "--region", "us-east-1", "--yes"), 0)
        words = ("dr", "rollout", "payments", "--yes", "-o", "json", "--waves", "rest", "--max-errors", "100%")
        done = world.run(*words, "--devices", "/dev/xvda,$(id)")
        e2e.expect("--devices '$(id)'" in e2e.expect_code(done, 2).err, "a device that is none", done)
        done = e2e.expect_code(world.run(*words, "--devices", "D:"), 3)
        e2e.expect_equal(fates(done), {("blocked", "DEVICES_UNSAID"): 4}, "devices of another platform", done)
        done = e2e.expect_code(world.run(*words, "--devices", "/dev/xvda,/dev/xvdz", "-s", "name:db"), 1)
        e2e.expect_equal(fates(done), {("failed", "DEVICE_UNKNOWN"): 1}, "a disk that is not there", done)
        done = e2e.expect_code(world.run(*words, "--devices", "/dev/xvda", "--devices", "C:,D:"), 0)
        e2e.expect_equal(known(done), 4, "one disk", done)
        sent = clients_of(world, "444455556666")("ssm", "us-east-1").list_commands()["Commands"]
        devices = [each["Parameters"].get("Devices") for each in sent if each["DocumentName"] == "Postern-InstallReplicationAgent"]
        e2e.expect(["/dev/xvda"] in devices and not any("AccountId" in each["Parameters"] for each in sent), "parameters")


if __name__ == "__main__":
    e2e.run_cases([("a fleet with bad hosts", a_fleet_with_bad_hosts), ("the script of the guide", the_script_of_the_guide),
                   ("into another account", into_another_account),
                   ("into another account without trust", into_another_account_without_trust),
                   ("some devices only", some_devices_only)])
