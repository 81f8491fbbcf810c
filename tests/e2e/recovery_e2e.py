"""`dr jobs|drill|recover|cleanup` against a served simulated cloud with Elastic Disaster Recovery: a drill with failures, the failed
ones again, the end of it without residue; what a gate keeps; another operator's job; a kill in between.

Usage: recovery_e2e.py [CASE]; POSTERN names the program.
"""
import json
import os
import signal
import subprocess
import time

import boto3

import e2e
from sim_serve_e2e import Serving

HUB, SHOP = "111122223333", "444455556666"
SOURCE, SITE = "us-east-1", "us-west-2"
WORLD = f"""version: 1
name: recovery
seed: 7
hub: "{HUB}"
regions: [{SOURCE}, {SITE}]
accounts:
  - id: "{HUB}"
    name: hub
    users:
      - {{name: ops, access_key_id: AKIA30398579EB840807, secret_access_key: 149ce8ef994c7647efa9a9893c6e4b009e681d6f, allow: ["*"]}}
  - id: "{SHOP}"
    name: shop
    drs:
      - region: {SITE}
        pace: 600
        servers:
          - {{instance: "*", region: {SOURCE}, age: 7d, tags: {{tier: app}}}}
        faults:
          - {{kind: launch, instance: app-01, what: launch, text: "InsufficientInstanceCapacity: no m5.4xlarge", times: 1}}
          - {{kind: launch, instance: app-02, what: launch, text: "InsufficientInstanceCapacity: no m5.4xlarge", times: 1}}
          - {{kind: launch, instance: app-03, what: launch, text: "InsufficientInstanceCapacity: no m5.4xlarge", times: 1}}
          - {{kind: launch, instance: app-05, what: snapshot, times: 1}}
          - {{kind: stall, instance: cold-1, what: SNAPSHOTS_FAILURE}}
    instances:
      - {{name: "app-{{nn}}", count: 25, region: {SOURCE}, agent: none, tags: {{app: shop}}}}
      - {{name: "cold-{{n}}", count: 1, region: {SOURCE}, agent: none, tags: {{app: cold}}}}
"""
FLEET = f"""version: 1
hub: {{account: "{HUB}", region: {SOURCE}}}
defaults: {{role: OrganizationAccountAccessRole, regions: [{SOURCE}]}}
accounts:
  - {{id: "{SHOP}", name: shop, dr: {{region: {SITE}}}}}
"""


class World:
    def __init__(self, fleet=FLEET, world=WORLD):
        self.place, self.fleet_text, self.world_text = e2e.Place(), fleet, world

    def __enter__(self):
        self.cloud = Serving(self.place, "--world", self.place.write("world.yaml", self.world_text)).__enter__()
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db"),
                          "POSTERN_FLEET": self.place.write("fleet.yaml", self.fleet_text)}
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def run(self, *words):
        return self.place.run(*words, environment=self.variables, timeout=240)

    def client(self, service, region=SITE):
        made = lambda name, **keys: boto3.client(name, region_name=region, endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                                                 verify=self.variables["AWS_CA_BUNDLE"], **keys)
        keys = made("sts", aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
                    aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"]).assume_role(
            RoleArn=f"arn:aws:iam::{SHOP}:role/OrganizationAccountAccessRole", RoleSessionName="other")["Credentials"]
        return made(service, aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                    aws_session_token=keys["SessionToken"])

    def servers(self):
        """Ids by the names of the instances."""
        names = {}
        for page in self.client("ec2", SOURCE).get_paginator("describe_instances").paginate():
            for reservation in page["Reservations"]:
                for one in reservation["Instances"]:
                    names[one["InstanceId"]] = next(tag["Value"] for tag in one["Tags"] if tag["Key"] == "Name")
        drs = self.client("drs")
        found = [one for page in drs.get_paginator("describe_source_servers").paginate() for one in page["items"]]
        return {names[one["sourceProperties"]["identificationHints"]["awsInstanceID"]]: one["sourceServerID"] for one in found}

    def jobs(self):
        return [one for page in self.client("drs").get_paginator("describe_jobs").paginate() for one in page["items"]]

    def recovery_instances(self):
        pages = self.client("drs").get_paginator("describe_recovery_instances").paginate()
        return [one for page in pages for one in page["items"]]


def by_name(done):
    return {each["name"]: each for each in done.document()["servers"]}


def drill_of_25():
    with World() as world:
        done = e2e.expect_code(world.run("dr", "drill", "-s", "app=shop", "--dry-run", "-o", "json"), 0)
        plan = done.document()
        e2e.expect_equal((plan["schema"], plan["is_drill"], plan["totals"]["servers"]), ("postern.recovery-plan/1", True, 25),
                         "the plan", done)
        e2e.expect_equal(plan["sites"][0]["servers_per_job"], [25], "jobs of the plan", done)
        e2e.expect_equal(world.jobs(), [], "jobs after a dry run")
        done = e2e.expect_code(world.run("dr", "drill", "-s", "app=shop"), 2)
        e2e.expect("--yes" in done.err, "no word of --yes", done)
        done = e2e.expect_code(world.run("--read-only", "dr", "drill", "-s", "app=shop", "--yes"), 3)
        e2e.expect_equal(world.jobs(), [], "jobs after refusals")

        done = e2e.expect_code(world.run("dr", "drill", "-s", "app=shop", "--yes", "-o", "json"), 1)
        document = done.document()
        e2e.expect_equal(document["totals"], {"succeeded": 22, "failed": 3, "skipped": 0, "unknown": 0}, "totals", done)
        failed = by_name(done)["app-02"]
        e2e.expect_equal(failed["cause"], "capacity", "cause", done)
        e2e.expect("LAUNCH_FAILED: InsufficientInstanceCapacity" in failed["reason"], "the reason", done)
        e2e.expect(any("LAUNCH_FAILED" in line for line in failed["log"]), "no log", done)
        previous = by_name(done)["app-05"]
        e2e.expect_equal(previous["flags"], ["previous_snapshot"], "flags", done)
        e2e.expect(previous["rpo_s"] > 0, "an earlier snapshot costs no data", done)
        e2e.expect(document["rpo"]["worst_s"] >= previous["rpo_s"], "the worst RPO", done)
        first = document["run_id"]
        job, = world.jobs()
        e2e.expect_equal(job["tags"]["postern:run"], first, "the job's tag")
        e2e.expect_equal((job["tags"]["postern:mode"], job["initiatedBy"]), ("drill", "START_DRILL"), "the job")

        done = e2e.expect_code(world.run("dr", "drill", "--failed-of", first, "--yes", "-o", "json"), 0)
        e2e.expect_equal(sorted(by_name(done)), ["app-01", "app-02", "app-03"], "the failed ones", done)
        e2e.expect_equal(len(world.jobs()), 2, "jobs")
        e2e.expect_equal(len(world.recovery_instances()), 25, "recovery instances")

        done = e2e.expect_code(world.run("runs", "show", first, "-o", "json"), 1)
        e2e.expect_equal(done.document()["schema"], "postern.recovery/1", "shown again", done)
        done = e2e.expect_code(world.run("runs", "list", "-o", "json"), 0)
        e2e.expect_equal([each["kind"] for each in done.document()["runs"]], ["drill", "drill"], "kinds", done)

        done = e2e.expect_code(world.run("dr", "jobs", "-o", "json"), 1)
        e2e.expect_equal([each["failed"] for each in done.document()["jobs"]], [0, 3], "failures", done)
        done = e2e.expect_code(world.run("dr", "jobs", job["jobID"], "--log", "-o", "json"), 1)
        shown, = done.document()["jobs"]
        e2e.expect_equal(len(shown["participating_servers"]), 25, "servers", done)
        e2e.expect(any(each.get("cause") == "capacity" for each in shown["log"]), "no cause in the log", done)

        done = e2e.expect_code(world.run("dr", "cleanup", first, "--yes", "-o", "json"), 0)
        document = done.document()
        e2e.expect_equal((document["totals"]["succeeded"], document["residue"], document["verified"]), (22, [], True), "residue", done)
        e2e.expect_equal(len(world.recovery_instances()), 3, "what the second run launched is not the first's")
        e2e.expect_code(world.run("dr", "cleanup", first, "--all-drills-of-run", "--yes"), 0)
        e2e.expect_equal(world.recovery_instances(), [], "recovery instances")
        left = [one for page in world.client("ec2").get_paginator("describe_instances").paginate()
                for reservation in page["Reservations"] for one in reservation["Instances"]
                if one["State"]["Name"] not in ("terminated", "shutting-down")]
        e2e.expect_equal(left, [], "instances in the site")
        done = e2e.expect_code(world.run("dr", "cleanup", first, "--yes"), 0)
        e2e.expect("nothing to do" in done.err, "a second cleanup", done)


def gates():
    with World() as world:
        servers = world.servers()
        done = e2e.expect_code(world.run("dr", "drill", "-s", "app=cold", "--max-point-age", "1s", "--yes"), 3)
        e2e.expect("its replication is STALLED (SNAPSHOTS_FAILURE)" in done.err, "the cause is not told", done)
        e2e.expect("--override REASON" in done.err, "the way over is not told", done)
        e2e.expect_equal(world.jobs(), [], "jobs")
        done = e2e.expect_code(world.run("dr", "drill", servers["cold-1"], "--max-point-age", "1s", "--override", "to see it", "--yes",
                                         "-o", "json"), 0)
        e2e.expect("goes over the gate (--override): cold-1" in done.err, "the override is not told", done)
        e2e.expect(by_name(done)["cold-1"]["rpo_s"] > 0, "the RPO of a stalled server", done)

        done = e2e.expect_code(world.run("dr", "recover", servers["app-10"], servers["app-11"], "--yes", "-o", "json"), 0)
        e2e.expect_equal(done.document()["is_drill"], False, "is_drill", done)
        run = done.document()["run_id"]
        e2e.expect_equal(world.jobs()[0]["initiatedBy"], "START_RECOVERY", "the job")
        done = e2e.expect_code(world.run("dr", "drill", servers["app-10"], servers["app-12"], "--yes", "-o", "json"), 3)
        kept = by_name(done)
        e2e.expect_equal((kept["app-10"]["status"], kept["app-12"]["status"]), ("skipped", "succeeded"), "statuses", done)
        e2e.expect("real recovery instance" in kept["app-10"]["reason"], "why", done)
        done = e2e.expect_code(world.run("dr", "drill", servers["app-10"], "--break-glass", "really", "--override", "really", "--yes"), 3)
        done = e2e.expect_code(world.run("dr", "cleanup", run, "--yes"), 3)
        e2e.expect("ends what a drill launched" in done.err, "a recovery is cleaned up", done)
        done = e2e.expect_code(world.run("dr", "recover", servers["app-10"], "--dry-run", "-o", "table"), 0)
        e2e.expect("REPLACES LIVE RECOVERIES" in done.out, "what it replaces is not told", done)
        e2e.expect_code(world.run("dr", "drill", "s-00000000000000000", "--yes"), 2)
        e2e.expect_code(world.run("dr", "drill", "--yes"), 2)


def rails():
    fleet = FLEET.replace("name: shop,", "name: shop, tags: {env: prod},") + """protect: {tags: {app: cold}}
"""
    with World(fleet=fleet) as world:
        servers = world.servers()
        done = e2e.expect_code(world.run("dr", "drill", servers["app-20"], "--yes"), 3)
        e2e.expect("--confirm shop agrees to this plan" in done.err, "production is not asked for", done)
        for chosen in (("-s", "app=cold"), (servers["cold-1"],)):
            done = e2e.expect_code(world.run("dr", "drill", *chosen, "--confirm", "shop"), 3)
            e2e.expect("protected by the fleet file: cold-1" in done.err, "what is protected goes", done)
        done = e2e.expect_code(world.run("dr", "drill", servers["app-20"], "--confirm", "shop", "--expect", "2-5"), 3)
        e2e.expect("--expect says 2-5" in done.err, "the expectation does not hold", done)
        e2e.expect_code(world.run("hold", "--all", "--reason", "moving"), 0)
        done = e2e.expect_code(world.run("dr", "drill", servers["app-20"], "--confirm", "shop", "-o", "json"), 3)
        e2e.expect_equal(done.document()["status"], "held", "the fleet's hold", done)
        e2e.expect_equal(world.jobs(), [], "jobs")
        e2e.expect_code(world.run("release", "--all"), 0)
        done = e2e.expect_code(world.run("runs", "resume", "--latest", "--release", "-o", "json"), 0)
        e2e.expect_equal(done.document()["totals"]["succeeded"], 1, "after the hold", done)


def other_operators_job():
    slow = WORLD.replace("pace: 600", "pace: 20")
    with World(world=slow) as world:
        servers = world.servers()
        foreign = world.client("drs").start_recovery(
            isDrill=True, sourceServers=[{"sourceServerID": servers[f"app-{n}"]} for n in (10, 11, 12, 13)])["job"]["jobID"]
        done = e2e.expect_code(world.run("dr", "drill", "-s", "name:app-1*", "--yes", "-o", "json"), 4)
        kept = by_name(done)
        e2e.expect_equal(sorted(each for each in kept if kept[each]["status"] == "skipped"),
                         ["app-10", "app-11", "app-12", "app-13"], "the parked", done)
        e2e.expect(kept["app-10"]["reason"].startswith(f"blocked_by {foreign} (not ours: START_DRILL"), "whose job", done)
        e2e.expect_equal(done.document()["totals"]["succeeded"], 6, "the others", done)


def killed_and_resumed():
    slow = WORLD.replace("pace: 600", "pace: 20")
    with World(world=slow) as world:
        process = subprocess.Popen([e2e.PROGRAM, "dr", "drill", "-s", "name:app-2*", "--yes"], cwd=world.place.folder,
                                   env={**world.place.environment, **world.variables}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while not world.jobs() and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        done = e2e.expect_code(world.run("runs", "resume", "--latest", "-o", "json"), 0)
        e2e.expect_equal(done.document()["totals"]["succeeded"], 6, "servers", done)
        e2e.expect_equal(len(world.jobs()), 1, "jobs")


def launch_of(world, server):
    found = world.client("drs").get_launch_configuration(sourceServerID=server)
    return found["launchDisposition"], found["targetInstanceTypeRightSizingMethod"]


def settings_of_a_launch():
    with World() as world:
        servers = world.servers()
        own = launch_of(world, servers["app-10"])
        e2e.expect(own != ("STOPPED", "NONE"), f"app-10 is launched so anyway: {own}")
        e2e.expect_code(world.run("dr", "drill", "-s", "name:app-10", "--disposition", "sideways", "--dry-run"), 2)
        words = ("dr", "drill", "-s", "name:app-10", "--disposition", "stopped", "--right-sizing", "none", "-o", "json")
        done = e2e.expect_code(world.run(*words, "--dry-run"), 0)
        e2e.expect_equal(done.document()["launch_settings"], {"disposition": "stopped", "right_sizing": "none"}, "the plan", done)
        done = e2e.expect_code(world.run(*words[:-2], "-o", "table", "--dry-run"), 0)
        e2e.expect("for this launch alone: disposition stopped, right_sizing none" in done.out, "the plan as text", done)
        e2e.expect_equal(launch_of(world, servers["app-10"]), own, "after a dry run")
        done = e2e.expect_code(world.run(*words, "--yes"), 0)
        e2e.expect("launch settings put back: 1 server" in done.err, "no word of it", done)
        until = time.monotonic() + 60  # EC2 takes its time to end a launch so

        def states():
            return [each["ec2InstanceState"] for each in world.recovery_instances()]

        while states() == ["PENDING"] and time.monotonic() < until:
            time.sleep(0.1)
        e2e.expect_equal(states(), ["STOPPED"], "the instance", done)
        e2e.expect_equal(launch_of(world, servers["app-10"]), own, "after the drill", done)
        e2e.expect_code(world.run("ledger", "verify"), 0)


def settings_after_a_kill():
    slow = WORLD.replace("pace: 600", "pace: 20")
    drill = ("dr", "drill", "-s", "name:app-2*", "--right-sizing", "none", "--disposition", "stopped", "--yes")
    for mend in (("runs", "resume", "--latest"), ("dr", "cleanup", "--latest", "--yes")):
        with World(world=slow) as world:
            servers = world.servers()
            own = launch_of(world, servers["app-20"])
            process = subprocess.Popen([e2e.PROGRAM, *drill], cwd=world.place.folder, stdin=subprocess.DEVNULL,
                                       env={**world.place.environment, **world.variables}, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            until = time.monotonic() + 60
            while not world.jobs() and time.monotonic() < until:
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)
            e2e.expect_equal(launch_of(world, servers["app-20"]), ("STOPPED", "NONE"), "while the run is open")
            done = world.run(*mend)
            e2e.expect_equal({launch_of(world, servers[f"app-2{n}"]) for n in range(6)}, {own}, f"after {' '.join(mend)}", done)


def protected_from_termination():
    with World() as world:
        servers = world.servers()
        done = e2e.expect_code(world.run("dr", "drill", servers["app-20"], servers["app-21"], "--yes", "-o", "json"), 0)
        kept = by_name(done)["app-20"]["recovery_instance_id"]
        world.client("ec2").modify_instance_attribute(InstanceId=kept, DisableApiTermination={"Value": True})
        done = e2e.expect_code(world.run("dr", "cleanup", "--latest", "--yes", "-o", "json"), 1)
        left = {(each["kind"], each["id"]) for each in done.document()["residue"]}
        e2e.expect({("recovery_instance", kept), ("instance", kept)} <= left, "the residue", done)
        e2e.expect(any(kind == "volume" for kind, _ in left), "the volume", done)
        e2e.expect_equal(by_name(done)["app-20"].get("cause"), "protected", "cause", done)


if __name__ == "__main__":
    e2e.run_cases([("drill_of_25", drill_of_25), ("gates", gates), ("rails", rails), ("other_operators_job", other_operators_job),
                   ("killed_and_resumed", killed_and_resumed), ("settings_of_a_launch", settings_of_a_launch),
                   ("settings_after_a_kill", settings_after_a_kill), ("protected_from_termination", protected_from_termination)])
