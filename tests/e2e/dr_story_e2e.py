"""Disaster recovery as a new user meets it, from zero: an organisation in which nothing of postern's is, and at the end a drill
that left nothing behind. One world (that of `postern demo --dr`), one story, driven by postern's own command line; giving the host
its instance profile is for AWS's own tools, as it would be for the user.

Usage: dr_story_e2e.py [CASE]; POSTERN names the program.
"""
import collections
import html.parser
import json
import os
import re

import boto3

import e2e
from sim_serve_e2e import Serving, truth

HUB, PAYMENTS, LEDGER, LAB = "111122223333", "444455556666", "777788889999", "888899990000"
ACCOUNTS = {"payments": PAYMENTS, "ledger": LEDGER, "lab": LAB}
DUTIES = ("Observe", "Operate", "Rollout", "Recover", "Cleanup")
TOPIC = f"arn:aws:sns:us-east-1:{HUB}:ops"
ROLES = "{observe: PosternObserve, operate: PosternOperate, rollout: PosternRollout, recover: PosternRecover, cleanup: PosternCleanup}"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class Desk:
    """What the user has: a served cloud, an administrator's keys, a host that will get the hub's role, and a fleet file."""

    def __enter__(self):
        self.place = e2e.Place().__enter__()
        e2e.expect_code(self.place.run("sim", "init", "--example", "dr", "-O", "world.yaml"), 0)
        self.socket = self.place.path("truth")
        self.cloud = Serving(self.place, "--world", "world.yaml", "--metadata", "orchestrator", "--truth", self.socket).__enter__()
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db")}
        self.fleet = self.place.path("postern.yaml")
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def admin(self, *words):
        """With the keys of an IAM user of the hub account."""
        return self.place.run(*words, environment={**self.variables, "AWS_EC2_METADATA_DISABLED": "true"}, timeout=200)

    def host(self, *words):
        """On the orchestration host: no keys, the metadata service instead."""
        return self.place.run(*words, environment={name: value for name, value in self.variables.items() if name not in KEYS},
                              without=("AWS_EC2_METADATA_DISABLED",), timeout=200)

    def aws(self, service):
        """The administrator's, by AWS's own library."""
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                            verify=self.variables["AWS_CA_BUNDLE"], aws_access_key_id=self.variables[KEYS[0]],
                            aws_secret_access_key=self.variables[KEYS[1]])

    def edit(self, old, new):
        text = open(self.fleet, encoding="utf-8").read()
        e2e.expect(old in text, f"{old!r} is not in the fleet file:\n{text}")
        self.place.write("postern.yaml", text.replace(old, new))

    def messages(self, topic):
        return [each for each in truth(self.socket)["messages"]["kept"] if each["topic"] == topic]


class Page(html.parser.HTMLParser):
    """Whether a page is whole, stands alone, and what it says."""
    VOID = {"meta", "br", "hr", "img", "input", "link", "col"}

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.said = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "action", "srcset", "data") and value and not value.startswith("#"):
                self.wrong.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data):
        self.said.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.said))


def expect_page(text, *words):
    page = Page(text)
    e2e.expect(text.startswith("<!DOCTYPE html>") and not page.open and not page.wrong, f"the page: {page.open} {page.wrong}")
    e2e.expect("@import" not in text and "url(" not in text, "the page needs something from elsewhere")
    for word in words:
        e2e.expect(word in page.text, f"{word!r} is not in the page:\n{page.text[:3000]}")


def rows(done, key="accounts", name="name"):
    return {each[name]: each for each in done.document()[key]}


def fates(done):
    return dict(collections.Counter((each["state"], each["code"]) for each in done.document()["targets"]))


# ---- the chapters ----

def fleet_file(desk):
    """`init` knows the organisation; what it cannot know is written by hand. The operators have a topic already."""
    e2e.expect_equal(desk.aws("sns").create_topic(Name="ops")["TopicArn"], TOPIC, "the topic")
    done = e2e.expect_code(desk.admin("init", "--from-organizations", "-O", "postern.yaml"), 0)
    e2e.expect("postern accounts check" in done.err, "what comes next is not told", done)
    text = open(desk.fleet, encoding="utf-8").read()
    for number in ACCOUNTS.values():
        e2e.expect(f'id: "{number}"' in text, f"{number} is not in the fleet file:\n{text}")
    desk.edit("mode: read-only", "mode: read-write")
    role = next(line for line in text.splitlines() if re.match(r"\s+role: ", line))
    desk.edit(role + "\n", f"  roles: {ROLES}\n  dr: {{region: us-west-2}}\n")
    desk.edit("# notify:", f'notify: ["{TOPIC}"]\n# notify:')


def deployed_roles(desk):
    done = e2e.expect_code(desk.admin("render", "roles", "--for", "all", "--out", "roles"), 0)
    e2e.expect_equal(sorted(os.listdir(desk.place.path("roles"))),
                     ["hub.yaml", "node.yaml", "target.yaml"], "what is rendered", done)
    hub = open(desk.place.path("roles/hub.yaml"), encoding="utf-8").read()
    for number in ACCOUNTS.values():
        for duty in DUTIES:
            e2e.expect(f"arn:aws:iam::{number}:role/Postern{duty}\n" in hub, f"the hub may not assume {duty} in {number}")
    e2e.expect(f"{TOPIC}\n" in hub, "the hub may not tell the fleet file's topic")

    done = e2e.expect_code(desk.admin("deploy", "roles", "--for", "hub", "--yes", "-o", "json"), 0)
    e2e.expect_equal(rows(done)["hub"]["outputs"]["HubProfileName"], "PosternHub", "the instance profile", done)
    e2e.expect("associate-iam-instance-profile" in done.err and "postern deploy roles" in done.err, "what comes next is not told", done)
    # The look inside that a rollout begins with is a command: operate has to reach those nodes too.
    done = e2e.expect_code(desk.admin("deploy", "roles", "--node-tag", "dr:enabled=true", "--yes", "-o", "json"), 0)
    made = rows(done)
    e2e.expect_equal({name: each["status"] for name, each in made.items()}, dict.fromkeys(ACCOUNTS, "created"), "statuses", done)
    e2e.expect_equal(len({each["external_id"] for each in made.values()}), 3, "ExternalIds", done)
    for name, number in ACCOUNTS.items():
        e2e.expect(f'external_id: "{made[name]["external_id"]}"' in done.err, f"the ExternalId of {name} is not told", done)
        desk.edit(f'- id: "{number}"\n', f'- id: "{number}"\n    external_id: {made[name]["external_id"]}\n')
    e2e.expect_code(desk.admin("deploy", "diff", "--node-tag", "dr:enabled=true"), 0)


def the_hubs_host(desk):
    """An instance profile, and from then on no keys."""
    found = desk.aws("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": ["orchestrator"]}])
    instance = found["Reservations"][0]["Instances"][0]["InstanceId"]
    desk.aws("ec2").associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Name": "PosternHub"})
    done = e2e.expect_code(desk.host("accounts", "check", "-o", "json"), 0)
    e2e.expect_equal({name: each["status"] for name, each in rows(done).items()}, dict.fromkeys(ACCOUNTS, "ok"), "accounts", done)
    for name, number in ACCOUNTS.items():
        e2e.expect(rows(done)[name]["arn"].startswith(f"arn:aws:sts::{number}:assumed-role/PosternObserve/"), name, done)
    done = desk.admin("accounts", "check", "-o", "json")
    e2e.expect_equal({each["status"] for each in rows(done).values()}, {"failed"}, "with other credentials than the hub's", done)


def sites(desk):
    """The sites are an administrator's; the one of lab stays as it is."""
    via = ("--via", "OrganizationAccountAccessRole")
    done = e2e.expect_code(desk.admin("dr", "init", *via, "--dry-run", "-o", "json"), 3)
    e2e.expect("the staging subnet is missing" in done.err, "the subnet is not asked for", done)
    for name in ("payments", "ledger"):
        notes = " ".join(rows(done, "sites")[name]["notes"])
        subnet = re.search(r"(?<=^subnets there: )subnet-[0-9a-f]{17}", notes)
        group = re.search(r"(?<=security groups there: )sg-[0-9a-f]{17}", notes)
        e2e.expect(subnet and group, f"which subnets and groups there are is not told: {notes}", done)
        number = ACCOUNTS[name]
        replication = f"{{subnet: {subnet[0]}, security_groups: [{group[0]}]}}"
        desk.edit(f'- id: "{number}"\n', f'- id: "{number}"\n    dr: {{region: us-west-2, replication: {replication}}}\n')
    chosen = ("--account", "payments,ledger")
    done = e2e.expect_code(desk.host("dr", "init", *chosen, "--yes", "-o", "json"), 1)
    e2e.expect("--via ROLE" in done.err, "whose work it is is not told", done)
    done = e2e.expect_code(desk.admin("dr", "init", *chosen, *via, "--yes", "-o", "json"), 0)
    e2e.expect_equal({name: each["status"] for name, each in rows(done, "sites").items()}, dict.fromkeys(("payments", "ledger"), "done"),
                     "sites", done)
    done = e2e.expect_code(desk.admin("dr", "init", *chosen, *via, "--yes", "-o", "json"), 0)
    e2e.expect("nothing to do" in done.err, "a second time", done)


def alarms(desk):
    done = e2e.expect_code(desk.admin("deploy", "alarms", "--yes", "-o", "json"), 0)
    made = {(each["name"], each["region"]): each for each in done.document()["accounts"]}
    e2e.expect_equal({key: each["status"] for key, each in made.items()},
                     {(name, region): "created" for name in ACCOUNTS for region in ("us-east-1", "us-west-2")}, "places", done)
    return {key: each["outputs"]["TopicArn"] for key, each in made.items()}


def prepared_nodes(desk):
    """The roles of ledger and lab get AWS's policy; four instances have none."""
    done = e2e.expect_code(desk.host("dr", "prepare", "--dry-run", "-o", "json"), 1)
    count = lambda: dict(collections.Counter(each["verdict"] for each in done.document()["nodes"]))
    e2e.expect_equal(count(), {"ok": 84, "PROFILE_LACKS_DRS_POLICY": 42, "NO_INSTANCE_PROFILE": 4}, "nodes", done)
    e2e.expect("postern render roles --for node" in done.err, "what the four need is not told", done)
    e2e.expect_code(desk.host("dr", "prepare", "--yes", "-o", "json"), 1)
    done = e2e.expect_code(desk.host("dr", "prepare", "--dry-run", "-o", "json"), 1)
    e2e.expect_equal(count(), {"ok": 126, "NO_INSTANCE_PROFILE": 4}, "nodes, prepared", done)


BLOCKED = {("blocked", "SSM_OFFLINE"): 6, ("blocked", "NO_INSTANCE_PROFILE"): 4, ("blocked", "TARGET_NOT_INITIALIZED"): 5}


def rollout(desk):
    """Scenario S12, exactly."""
    done = e2e.expect_code(desk.host("dr", "rollout", "--dry-run", "-o", "json"), 0)
    e2e.expect_equal(fates(done), {**BLOCKED, ("ready", ""): 114, ("enrolled", ""): 1}, "the plan", done)
    done = desk.host("dr", "rollout", "--yes", "--expect", "114", "--registration-timeout", "20s", "--until", "protected", "-o", "json")
    e2e.expect_code(done, 3)
    e2e.expect_equal(fates(done), {**BLOCKED, ("blocked", "KERNEL_UNSUPPORTED"): 3, ("blocked", "DISK_SPACE"): 2, ("enrolled", ""): 1,
                                   ("failed", "GCC_MISSING"): 1, ("not_sent", "NOT_SENT"): 9, ("phantom", "PHANTOM_INSTALL"): 1,
                                   ("protected", ""): 98}, "fates", done)
    document = done.document()
    e2e.expect_equal(document["totals"]["all"], 130, "the sum", done)
    e2e.expect_equal({each["account_id"]: each["status"] for each in document["accounts"]},
                     {PAYMENTS: "partial", LEDGER: "success", LAB: "error"}, "accounts", done)
    odd = next(each for each in document["targets"] if each["name"] == "odd")
    e2e.expect_equal((odd["state"], [note["code"] for note in odd["notes"]]), ("protected", ["INSTALLER_FAILED"]), "odd", done)
    runs = {each["status"]: each["run_id"] for each in document["runs"]}
    e2e.expect(f"postern cancel {runs['held']}" in done.err, "how the held family goes on is not told", done)
    return runs, {each["command_id"] for each in document["targets"] if each["command_id"] and each["account_id"] == PAYMENTS}


def protection(desk, runs):
    done = e2e.expect_code(desk.host("dr", "status", "--watch", "--every", "5s", "--until", "protected", "-o", "json"), 0)
    done = e2e.expect_code(desk.host("dr", "status", "--gate", "-o", "json"), 0)
    e2e.expect_equal((done.document()["totals"]["protected"], len(done.document()["servers"])), (99, 99), "servers", done)
    totals = e2e.expect_code(desk.host("dr", "coverage", "-o", "json"), 0).document()["totals"]
    e2e.expect_equal((totals["tagged"], totals["protected"], totals["reconcile"]), (130, 99, True), "coverage")
    e2e.expect_code(desk.host("dr", "coverage", "--gate"), 3)
    # The family that failed waits for a person, who calls it off.
    done = e2e.expect_code(desk.host("dr", "rollout", "--yes", "--expect", "0-200"), 3)
    e2e.expect("an earlier installation is not over" in done.err, "the held run", done)
    e2e.expect_code(desk.host("cancel", runs["held"]), 4)
    done = e2e.expect_code(desk.host("dr", "rollout", "--dry-run", "-o", "json"), 0)
    e2e.expect_equal(fates(done), {**BLOCKED, ("enrolled", ""): 99, ("ready", ""): 16}, "a second time", done)


def drill(desk):
    done = e2e.expect_code(desk.host("dr", "drill", "-s", "tag:app=shop", "--expect", "25", "--yes", "-o", "json"), 1)
    document = done.document()
    e2e.expect_equal(document["totals"], {"succeeded": 22, "failed": 3, "skipped": 0, "unknown": 0}, "the drill", done)
    failed = {each["name"]: each["cause"] for each in document["servers"] if each["status"] == "failed"}
    e2e.expect_equal(failed, dict.fromkeys(("shop-03", "shop-11", "shop-19"), "capacity"), "which, and why", done)
    first = document["run_id"]
    for line in (f"postern dr drill --failed-of {first}", f"postern dr cleanup {first}"):
        e2e.expect(line in done.err, f"that {line!r} comes next is not told", done)
    again = e2e.expect_code(desk.host("dr", "drill", "--failed-of", first, "--yes", "-o", "json"), 0)
    e2e.expect_equal(sorted(rows(again, "servers")), ["shop-03", "shop-11", "shop-19"], "the failed ones again", again)
    done = e2e.expect_code(desk.host("dr", "jobs", "-o", "json"), 1)
    e2e.expect_equal(sorted(each["failed"] for each in done.document()["jobs"]), [0, 3], "failures by job", done)

    done = e2e.expect_code(desk.host("dr", "cleanup", first, "--all-drills-of-run", "--yes", "-o", "json"), 0)
    document = done.document()
    e2e.expect_equal((document["totals"]["succeeded"], document["residue"], document["verified"]), (25, [], True), "residue", done)
    site = [each for each in truth(desk.socket)["drs"] if each["account"] == LEDGER] if "drs" in truth(desk.socket) else []
    e2e.expect(all(not each.get("recovery_instances") for each in site), f"the simulator's truth: {site}")
    return first


def told(desk, topics, runs, drill_run):
    """The fleet's topic heard how each run ended, the accounts' topics what went wrong there."""
    heard = {(each["attributes"]["run_id"], each["attributes"]["status"]): each for each in desk.messages(TOPIC)}
    for run, status, subject in ((runs["held"], "held", "1 failed"), (runs["held"], "cancelled", "9 skipped"),
                                 (drill_run, "failed", "22 succeeded, 3 failed")):
        e2e.expect((run, status) in heard, f"{run} {status} was not told: {sorted(heard)}")
        note = heard[run, status]
        e2e.expect(subject in note["subject"] + note["message"], f"{subject!r} is not told: {note}")
        e2e.expect("SIMULATED" in note["subject"] + note["message"], f"that it is simulated is not told: {note}")
    raised = [json.loads(each["message"]) for each in desk.messages(topics["payments", "us-east-1"])]
    e2e.expect("postern-commands-failed" in {each["AlarmName"] for each in raised}, f"alarms in payments: {raised}")
    e2e.expect_equal(desk.messages(topics["ledger", "us-east-1"]), [], "alarms in ledger, where no command failed")


def audited(desk, runs, commands):
    done = e2e.expect_code(desk.host("audit", "who", "PosternRecover", "--account", "ledger", "-o", "json"), 0)
    found = done.document()
    e2e.expect(found["totals"]["succeeded"] >= 1 and found["totals"]["refused"] == 0, "assumptions", done)
    e2e.expect_equal({each["who_account_id"] for each in found["assumptions"]}, {HUB}, "from where", done)
    # The families of a rollout are runs of their own that share credentials: beside the held run's commands there are the
    # others', which the ledger knows, and nothing else.
    done = e2e.expect_code(desk.host("audit", "trail", runs["held"], "-o", "json"), 0)
    found = done.document()
    e2e.expect_equal((found["totals"]["matched"], found["totals"]["mutations"]), (1, 1), "the held run's command", done)
    own = {each["command_id"] for each in found["mutations"]}
    e2e.expect_equal({each["command_id"] for each in found["events"]}, commands - own, "what else these credentials did", done)
    e2e.expect_code(desk.host("ledger", "verify"), 0)


def reported(desk, runs, drill_run):
    for run, words in ((drill_run, ("SIMULATED", "22", "shop-03", "InsufficientInstanceCapacity")),
                       (runs["held"], ("SIMULATED", "mirrorless"))):
        e2e.expect_code(desk.host("runs", "export", run, "--format", "html", "-O", f"{run}.html"), 0)
        expect_page(open(desk.place.path(f"{run}.html"), encoding="utf-8").read(), run, *words)


def deployment(desk):
    """The report that the guide of deployments ends with."""
    done = e2e.expect_code(desk.host("dr", "report", "deployment", "-o", "json"), 0)
    found = done.document()
    e2e.expect_equal((found["totals"]["tagged"], found["reconcile"], found["simulated"]), (130, True, True), "the report", done)
    page = desk.place.path("deployment.html")
    e2e.expect_code(desk.host("dr", "report", "deployment", "--format", "html", "--out", page), 0)
    expect_page(open(page, encoding="utf-8").read(), "postern", "SIMULATED", "mirrorless")
    done = e2e.expect_code(desk.host("dr", "report", "deployment", "--format", "md"), 0)
    e2e.expect("130" in done.out and "mirrorless" in done.out, "the report as text", done)


def from_zero():
    with Desk() as desk:
        fleet_file(desk)
        deployed_roles(desk)
        the_hubs_host(desk)
        sites(desk)
        topics = alarms(desk)
        prepared_nodes(desk)
        runs, commands = rollout(desk)
        protection(desk, runs)
        drill_run = drill(desk)
        told(desk, topics, runs, drill_run)
        audited(desk, runs, commands)
        reported(desk, runs, drill_run)
        deployment(desk)


if __name__ == "__main__":
    e2e.run_cases([("from zero", from_zero)])
