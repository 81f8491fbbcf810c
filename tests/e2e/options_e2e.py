"""What `run` can be told besides a command: documents with parameters, the failed targets of an earlier run, secrets,
gates and deadlines; and what is removed from the ledger.

Usage: options_e2e.py [CASE]; POSTERN names the program.
"""
import json
import os
import sqlite3
import time

import boto3

import e2e
from durable_e2e import COUNT, REACHABLE, Ledger, executions, fleet_of, more_than, serving

ACCOUNTS = ("444455556666", "777788889999")
REGIONS = ("us-east-1", "us-west-2")
GREET = {
    "schemaVersion": "2.2", "description": "greets",
    "parameters": {"Who": {"type": "String", "allowedPattern": "^[a-z]+$"},
                   "Words": {"type": "StringList", "default": []},
                   "How": {"type": "String", "default": "loud", "allowedValues": ["loud", "still"]},
                   "executionTimeout": {"type": "String", "default": "60"}},
    "mainSteps": [{"action": "aws:runShellScript", "name": "greet", "precondition": {"StringEquals": ["platformType", "Linux"]},
                   "inputs": {"timeoutSeconds": "{{ executionTimeout }}",
                              "runCommand": ["printf '%s %s' '{{ How }}' '{{ Who }}'"]}}],
}


class Cloud:
    """A serving cloud with a ledger, and boto3 clients in its accounts."""

    def __init__(self, place, cloud, ledger="ledger.db"):
        self.place, self.cloud = place, cloud
        fleet_of(place, cloud)
        self.ledger = Ledger(place, cloud, ledger)
        self.run = self.ledger.run
        variables = cloud.variables()
        self.hub = boto3.session.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"],
                                         variables.get("AWS_SESSION_TOKEN"), region_name="us-east-1")
        self.endpoint, self.bundle = variables["AWS_ENDPOINT_URL"], variables["AWS_CA_BUNDLE"]

    def client(self, account, service="ssm", region="us-east-1"):
        sts = self.hub.client("sts", endpoint_url=self.endpoint, verify=self.bundle)
        keys = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole",
                               RoleSessionName="e2e")["Credentials"]
        session = boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=region)
        return session.client(service, endpoint_url=self.endpoint, verify=self.bundle)

    def everywhere(self, name, content):
        for account in ACCOUNTS:
            for region in REGIONS:
                self.client(account, region=region).create_document(Name=name, Content=json.dumps(content),
                                                                    DocumentType="Command")


def documents():
    with e2e.Place() as place, serving(place) as serving_cloud:
        cloud = Cloud(place, serving_cloud)
        words = ("run", "-y", "-o", "json", *REACHABLE)
        # Nothing of it is there yet.
        none = e2e.expect_code(cloud.run(*words, "--document", "Greet", "--parameter", "Who=you"), e2e.USAGE)
        e2e.expect("there is no document Greet" in none.err, "why", none)
        cloud.everywhere("Greet", GREET)
        before = executions(place)
        bad = ((("--parameter", "Who=YOU"), "Who does not match"), ((), "Who is missing"),
               (("--parameter", "Who=you", "--parameter", "How=shrill"), "How is none of: loud, still"),
               (("--parameter", "Who=you", "--parameter", "What=x"), "no parameter What"),
               (("--parameter", "Who=you", "--parameter", "Who=me"), "one value is wanted"),
               (("--parameter", "Who={{ssm:/who}}"), "--allow-references"),
               (("--parameter", "Who=@missing.txt"), "cannot read missing.txt"),
               (("--parameter", "Who"), "NAME=VALUE"),
               (("--script", "x.sh"), "--script does not go with --document"), (("--", "uptime"), "not both"))
        for more, why in bad:
            done = e2e.expect_code(cloud.run(*words, "--document", "Greet", *more), e2e.USAGE)
            e2e.expect(why in done.err, f"{why!r} is not said", done)
        e2e.expect_equal(more_than(before, executions(place)), {}, "executions of what was refused")
        e2e.expect("belong to --document" in cloud.run(*words, "--parameter", "Who=you", "--", "true").err, "alone")
        place.write("who.txt", "you")
        plan = e2e.expect_code(cloud.run("run", "--dry-run", "-o", "table", *REACHABLE, "--document", "Greet", "--parameter",
                                         "Who=@who.txt"), 0)
        e2e.expect("runs: document Greet (with Who)" in plan.out and "with: Greet version 1 (sha256 " in plan.out, "plan",
                   plan)
        done = cloud.run(*words, "--document", "Greet", "--parameter", "Who=@who.txt", "--parameter", 'Words=["a","b"]')
        # The demo's Windows node cannot take it.
        skipped = [target for target in done.document()["targets"] if target["status"] == "skipped"]
        e2e.expect(all("is for Linux" in target["reason"] for target in skipped), "reasons", done)
        e2e.expect_code(done, e2e.UNKNOWN if skipped else 0)
        ran = [target for target in done.document()["targets"] if target["status"] == "succeeded"]
        e2e.expect_equal(len(ran) + len(skipped), COUNT, "targets", done)
        e2e.expect_equal({target["stdout"] for target in ran}, {"loud you"}, "outputs", done)
        command = cloud.client("444455556666").list_commands()["Commands"]
        mine = [one for one in command if one["DocumentName"] == "Greet"]
        e2e.expect_equal({one["DocumentVersion"] for one in mine}, {"1"}, "the version that was sent")
        plain = e2e.expect_code(cloud.run("run", "--dry-run", "-o", "table", *REACHABLE, "--", "uptime"), 0)
        e2e.expect("with: AWS-RunShellScript version 1" in plain.out, "the shell's document in the plan", plain)


def failed_of():
    with e2e.Place() as place, serving(place) as serving_cloud:
        cloud = Cloud(place, serving_cloud)
        missing = e2e.expect_code(cloud.run("run", "-y", "--failed-of", "latest"), e2e.USAGE)
        e2e.expect("no run in the ledger" in missing.err, "why", missing)
        flag = place.path("mended")
        script = f'test -e {flag} && exit 0; case "$AWS_SSM_INSTANCE_ID" in *[02468ace]) exit 7;; esac'
        first = e2e.expect_code(cloud.run("run", "-y", "-o", "json", *REACHABLE, "--", script), 1).document()
        failed = {target["instance_id"] for target in first["targets"] if target["status"] == "failed"}
        e2e.expect(0 < len(failed) < COUNT, f"{len(failed)} failed")
        place.write("mended", "")
        before = executions(place)
        again = cloud.run("run", "-y", "-o", "json", "--failed-of", first["run_id"].lower())
        e2e.expect_code(again, 0)
        document = again.document()
        e2e.expect_equal({target["instance_id"] for target in document["targets"]}, failed, "targets", again)
        e2e.expect_equal(document["parent"], first["run_id"], "parent", again)
        e2e.expect_equal(set(more_than(before, executions(place))), failed, "who ran it", again)
        shown = e2e.expect_code(cloud.run("runs", "show", "--latest"), 0)
        e2e.expect("targets of run " + first["run_id"] in shown.err, "the parent is shown", shown)
        nothing = e2e.expect_code(cloud.run("run", "-y", "--failed-of", "latest"), e2e.USAGE)
        e2e.expect("nothing to do again" in nothing.err, "why", nothing)
        one = sorted(failed)[0]
        narrowed = cloud.run("run", "-y", "-o", "json", "--failed-of", first["run_id"], "-s", f"id:{one}", "--", "echo other")
        e2e.expect_code(narrowed, 0)
        e2e.expect_equal([(target["instance_id"], target["stdout"]) for target in narrowed.document()["targets"]],
                         [(one, "other\n")], "a selector narrows it, a command replaces it", narrowed)
        held = cloud.run("run", "-y", *REACHABLE, "--waves", "canary,rest", "--", "exit 7")
        e2e.expect_code(held, e2e.GATE)
        refused = e2e.expect_code(cloud.run("run", "-y", "--failed-of", "latest"), e2e.GATE)
        e2e.expect("is not over (held)" in refused.err, "why", refused)
        ended = cloud.run("run", "-y", "-o", "json", "--failed-of", "latest", "--ended-only", "--", "true")
        e2e.expect_equal(e2e.expect_code(ended, 0).document()["totals"]["succeeded"], 1, "the canary", ended)
        e2e.expect_code(cloud.run("run", "-y", "--failed-of", "latest", "--outcomes", "best"), e2e.USAGE)
        e2e.expect_code(cloud.run("run", "-y", "--outcomes", "failed", "--", "true"), e2e.USAGE)


def secrets():
    value = "hunter2-9f4c1b"
    with e2e.Place() as place:
        with serving(place) as serving_cloud:
            cloud = Cloud(place, serving_cloud)
            cloud.ledger.variables["DB"] = value
            words = ("run", "-y", "-o", "json", *REACHABLE)
            for more, why in ((("--env", "DB_PASSWORD=" + value), "looks like a secret"),
                              (("--env", "CODE=" + value, "--sensitive", "CODE"), "looks like a secret"),
                              (("--secret", "CODE=" + value), "say where the value is"),
                              (("--secret", value), "--secret is NAME=env:VARIABLE"),
                              (("--secret", "CODE=env:NOT_SET"), "NOT_SET is not set"),
                              (("--secret", "CODE=file:" + place.path("none")), "cannot read"),
                              (("--secret", "CODE=env:DB", "--env", "CODE=x"), "given twice"),
                              (("--secret", "CODE=ssm:"), "no name of a parameter")):
                done = e2e.expect_code(cloud.run(*words, *more, "--", "true"), e2e.USAGE)
                e2e.expect(why in done.err and value not in done.err, f"{why!r} is not said, or too much is", done)
            harmless = cloud.run(*words, "--env", "TOKENS=3", "--not-secret", "TOKENS", "--", 'echo "$TOKENS"')
            e2e.expect_code(harmless, 0)
            place.write("password", value + "\n")
            log = place.path("log.ndjson")
            done = cloud.run(*words, "-vv", "--log-file", log, "--secret", "DB_PASSWORD=env:DB", "--secret",
                             "FILED=file:" + place.path("password"), "--waves", "canary,rest",
                             "--gate", "pause", "--", 'echo "$DB_PASSWORD ${#FILED}"; echo "$FILED" >&2')
            e2e.expect_code(done, e2e.GATE)
            ran = [target for target in done.document()["targets"] if target["status"] == "succeeded"]
            e2e.expect_equal([target["stdout"].split("\n")[0] for target in ran],
                             ["[secret DB_PASSWORD] 14"], "what a node saw", done)
            e2e.expect("keeps commands in clear" in done.err, "no warning", done)
            cloud.ledger.variables["DB"] = "another"
            changed = e2e.expect_code(cloud.run("resume", "--latest", "--release"), e2e.GATE)
            e2e.expect("is not what it was" in changed.err and "another" not in changed.err, "why", changed)
            del cloud.ledger.variables["DB"]
            gone = e2e.expect_code(cloud.run("resume", "--latest", "--release"), e2e.USAGE)
            e2e.expect("DB is not set" in gone.err, "why", gone)
            cloud.ledger.variables["DB"] = value
            rest = e2e.expect_code(cloud.run("resume", "--latest", "--release", "-vv", "-o", "json"), 0)
            e2e.expect_equal({target["stdout"].split("\n")[0] for target in rest.document()["targets"]},
                             {"[secret DB_PASSWORD] 14"}, "what the others saw", rest)
            shown = e2e.expect_code(cloud.run("runs", "show", "--latest", "-o", "json"), 0)
            for what in (done, rest, shown):
                e2e.expect(value not in what.out + what.err, "the secret is said", what)
            # The nodes of this cloud have no role of their own that could read one.
            read = cloud.run("run", "-y", "-o", "json", "-s", "name:web-01", "--account", "payments-prod", "--secret",
                             "READ=ssm:/db/password", "--execution-timeout", "60s", "--", 'echo "$READ"')
            e2e.expect_code(read, 1)
            e2e.expect("this node could not read the parameter /db/password" in read.document()["targets"][0]["stderr"],
                       "why", read)
            for name in ("log.ndjson", "ledger.db", "ledger.db-wal"):
                if os.path.exists(place.path(name)):
                    with open(place.path(name), "rb") as file:
                        e2e.expect(value.encode() not in file.read(), f"the secret is in {name}")


def gates_and_deadlines():
    with e2e.Place() as place, serving(place) as serving_cloud:
        cloud = Cloud(place, serving_cloud)
        words = ("run", "-y", "-o", "json", *REACHABLE, "--waves", "canary,rest")
        for more, why in ((("--gate", "later"), "--gate is pause or wait:DURATION"), (("--gate", "wait:never"), "not a duration"),
                          (("--gate-command", " "), "no command"), (("--gate-after", "first"), "belongs to"),
                          (("--deadline", "soon"), "neither a time"), (("--deadline", "2020-01-01T00:00:00Z"), "has passed"),
                          (("--on-deadline", "cancel"), "belongs to --deadline")):
            done = e2e.expect_code(cloud.run(*words, *more, "--", "true"), e2e.USAGE)
            e2e.expect(why in done.err, f"{why!r} is not said", done)
        plan = cloud.run("run", "-n", "-o", "table", *REACHABLE, "--waves", "canary,rest", "--gate", "wait:10m",
                         "--gate-command", "curl x", "--deadline", "2h", "--", "true")
        e2e.expect("between waves: a wait of 10 min, then the command curl x" in plan.out and "deadline: 20" in plan.out,
                   "the plan", plan)
        before = executions(place)
        shut = cloud.run(*words, "--gate-command", 'echo "$POSTERN_GATE_WAVE $POSTERN_GATE_SUCCEEDED burns" >&2; exit 3', "--", "true")
        e2e.expect_code(shut, e2e.GATE)
        e2e.expect("exit code 3: rest 1 burns" in shut.err, "why it is held", shut)
        e2e.expect_equal(len(more_than(before, executions(place))), 1, "the canary alone", shut)
        done = e2e.expect_code(cloud.run("resume", "--latest", "--release", "-o", "json"), 0)
        e2e.expect_equal(done.document()["totals"]["succeeded"], COUNT, "all of them", done)
        flag = place.path("passed")
        timed = cloud.run(*words, "--gate", "wait:2s", "--gate-command", f"touch {flag}", "--", "true")
        e2e.expect_code(timed, 0)
        e2e.expect(timed.seconds > 2 and os.path.exists(flag), "it did not wait", timed)
        late = cloud.run(*words, "--gate", "wait:1h", "--deadline", "8s", "--", "true")
        e2e.expect_code(late, e2e.UNKNOWN)
        e2e.expect(late.document()["totals"]["skipped"] in (COUNT - 1, COUNT), "skipped", late)
        e2e.expect("deadline passed before it was sent" in late.out, "why", late)
        row = cloud.run("runs", "list", "-o", "json").document()["runs"][0]
        e2e.expect_equal((row["status"], row["open"]), ("expired", 0), "the run in the list")
        # Killed in the middle of the wait, the rest of it is waited for.
        process = cloud.ledger.start("run", "-y", *REACHABLE, "--waves", "canary,rest", "--gate", "wait:6s", "--", "true")
        started = time.monotonic()
        while time.monotonic() - started < 60:
            row = cloud.run("runs", "list", "-o", "json").document()["runs"][0]
            if row["status"] == "running" and row["succeeded"] == 1:
                break
            time.sleep(0.1)
        process.kill()
        process.communicate()
        again = e2e.expect_code(cloud.run("resume", "--latest", "-o", "json"), 0)
        e2e.expect(again.seconds < 30, "the rest of the wait", again)
        e2e.expect_equal(again.document()["totals"]["succeeded"], COUNT, "all of them", again)


def prune():
    with e2e.Place() as place, serving(place) as serving_cloud:
        cloud = Cloud(place, serving_cloud)
        runs = []
        for number in range(3):
            done = e2e.expect_code(cloud.run("run", "-y", "-o", "json", *REACHABLE, "--", f"seq {number} 4000"), 0)
            runs.append(done.document()["run_id"])
        held = cloud.run("run", "-y", "-o", "json", *REACHABLE, "--waves", "canary,rest", "--", "exit 1").document()["run_id"]
        e2e.expect_code(cloud.run("runs", "prune"), e2e.USAGE)
        e2e.expect_code(cloud.run("runs", "prune", "--older-than", "soon"), e2e.USAGE)
        e2e.expect_code(cloud.run("runs", "prune", "--keep", "0"), e2e.USAGE)  # nobody to ask
        young = cloud.run("runs", "prune", "-y", "--older-than", "1d", "-o", "json")
        e2e.expect_equal(e2e.expect_code(young, 0).document()["runs"], [], "nothing is that old", young)
        dry = e2e.expect_code(cloud.run("runs", "prune", "--keep", "2", "--dry-run", "-o", "json"), 0)
        e2e.expect_equal([(row["id"], row["what"]) for row in dry.document()["runs"]],
                         [(runs[1], "would go"), (runs[0], "would go")], "what would go", dry)
        e2e.expect_code(cloud.run("runs", "show", runs[0]), 0)
        with sqlite3.connect(cloud.ledger.file) as database:
            blobs = database.execute("SELECT count(*) FROM blob").fetchone()[0]
        done = e2e.expect_code(cloud.run("runs", "prune", "-y", "--keep", "0", "-o", "json"), 0)
        what = {row["id"]: row["what"] for row in done.document()["runs"]}
        e2e.expect_equal(what, {held: "stays: it is not over", **{run: "gone" for run in runs}}, "what went", done)
        with sqlite3.connect(cloud.ledger.file) as database:
            e2e.expect(database.execute("SELECT count(*) FROM blob").fetchone()[0] < blobs, "the blobs are still there")
        shown = cloud.run("runs", "show", runs[0])
        e2e.expect("was pruned" in shown.err and shown.code != 0, "a pruned run is shown", shown)
        rows = {row["id"]: row for row in cloud.run("runs", "list", "-o", "json").document()["runs"]}
        e2e.expect_equal((rows[runs[0]]["status"], rows[runs[0]]["targets"]), ("pruned", COUNT), "what is left of it")
        verified = e2e.expect_code(cloud.run("ledger", "verify", "-o", "json"), 0)
        e2e.expect(verified.document()["consistent"], "the chain", verified)
        latest = cloud.run("cancel", "--latest", "-o", "json")
        e2e.expect_equal(latest.document()["run_id"], held, "the newest that is there", latest)


def imported():
    with e2e.Place() as place, serving(place) as serving_cloud:
        cloud = Cloud(place, serving_cloud)
        done = cloud.run("run", "-y", "-o", "json", *REACHABLE, "--comment", "lost laptop", "--",
                         'case "$AWS_SSM_INSTANCE_ID" in *[02468ace]) exit 7;; esac; echo ran')
        e2e.expect_code(done, 1)
        first = done.document()
        process = cloud.ledger.start("run", "-y", *REACHABLE, "--", "sleep 8; echo late")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            row = cloud.run("runs", "list", "-o", "json").document()["runs"][0]
            if row["id"] != first["run_id"] and row["status"] == "running":
                break
            time.sleep(0.1)
        time.sleep(1)
        process.kill()
        process.communicate()
        second = row["id"]
        before = executions(place)
        cloud.ledger.variables["POSTERN_LEDGER"] = place.path("new.db")  # the laptop is gone
        e2e.expect_code(cloud.run("runs", "import"), e2e.USAGE)
        e2e.expect_code(cloud.run("runs", "import", "--from-remote", "--since", "60d"), e2e.USAGE)
        e2e.expect_code(cloud.run("runs", "import", "--from-remote", "--run", "x"), e2e.USAGE)
        one = cloud.run("runs", "import", "--from-remote", "--run", first["run_id"], "--account", "payments-prod,ledger-prod",
                        "-o", "json")
        e2e.expect_code(one, 0)
        e2e.expect_equal([row["id"] for row in one.document()["runs"]], [first["run_id"]], "the run", one)
        got = cloud.run("runs", "import", "--from-remote", "--account", "payments-prod,ledger-prod", "-o", "json")
        e2e.expect_code(got, 0)
        e2e.expect_equal({row["id"]: row["what"] for row in got.document()["runs"]},
                         {first["run_id"]: "known already", second: "imported"}, "what was imported", got)
        shown = cloud.run("runs", "show", first["run_id"], "-o", "json")
        e2e.expect_code(shown, 1)

        def ends(document):
            # Of those that failed the list has the agent's own words among the output.
            return {target["instance_id"]: (target["status"], target["stdout"] if target["status"] == "succeeded" else "")
                    for target in document["targets"]}

        e2e.expect_equal(ends(shown.document()), ends(first), "the run as it was", shown)
        e2e.expect_code(cloud.run("run", "-y", "--failed-of", first["run_id"]), e2e.USAGE)  # its command is not known
        e2e.expect_equal(more_than(before, executions(place)), {}, "nothing was sent")
        again = cloud.run("run", "-y", "-o", "json", "--failed-of", first["run_id"], "--", "true")
        e2e.expect_equal(e2e.expect_code(again, 0).document()["totals"]["succeeded"], first["totals"]["failed"], "targets", again)
        followed = cloud.run("resume", second, "-o", "json")
        e2e.expect_code(followed, 0)
        e2e.expect_equal({target["stdout"] for target in followed.document()["targets"]}, {"late\n"}, "outputs", followed)
        e2e.expect(e2e.expect_code(cloud.run("ledger", "verify", "-o", "json"), 0).document()["consistent"], "the chain")


def unreachable():
    with e2e.Place() as place, serving(place) as serving_cloud:
        cloud = Cloud(place, serving_cloud)
        words = ("run", "-y", "-o", "json", "--account", "payments-prod,ledger-prod", "-s", "state:running")
        before = executions(place)
        refused = e2e.expect_code(cloud.run(*words, "--on-unreachable", "fail", "--", "true"), e2e.UNKNOWN)
        e2e.expect("cannot be reached (--on-unreachable fail); nothing was sent" in refused.err, "why", refused)
        e2e.expect_equal((refused.out, more_than(before, executions(place))), ("", {}), "what was sent", refused)
        fine = cloud.run("run", "-y", "-o", "json", *REACHABLE, "--on-unreachable", "fail", "--", "true")
        e2e.expect_equal(e2e.expect_code(fine, 0).document()["totals"]["succeeded"], COUNT, "targets", fine)
        waited = cloud.run(*words, "--on-unreachable", "wait", "--wait-for", "3s", "--", "true")
        e2e.expect_code(waited, e2e.UNKNOWN)
        e2e.expect(waited.seconds > 3 and "waiting for" in waited.err, "it did not wait", waited)
        e2e.expect_equal(waited.document()["totals"]["succeeded"], COUNT, "those in reach", waited)
        for more, why in ((("--wait-for", "3s"), "belongs to"), (("--on-unreachable", "hope"), "wait"),
                          (("--on-unreachable", "wait", "--wait-for", "2d"), "1s to 24h")):
            done = e2e.expect_code(cloud.run(*words, *more, "--", "true"), e2e.USAGE)
            e2e.expect(why in done.err, f"{why!r} is not said", done)


if __name__ == "__main__":
    e2e.run_cases([("documents", documents), ("failed_of", failed_of), ("secrets", secrets),
                   ("gates_and_deadlines", gates_and_deadlines), ("prune", prune), ("imported", imported),
                   ("unreachable", unreachable)])
