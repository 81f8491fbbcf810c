"""What a run tells others and where its output goes, with the real program on a served simulated cloud: notices to topics,
event buses and webhooks, whole output from buckets and log groups, alarms, anchors.

Usage: signals_e2e.py [CASE]; POSTERN names the program.
"""
import base64
import datetime
import hashlib
import http.server
import json
import os
import sqlite3
import threading

import boto3

import e2e
from sim_serve_e2e import Serving, truth

SECONDS_MAX = 120
HUB, TARGET, REGION = "111122223333", "444455556666", "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:{HUB}:ops"
BUS = f"arn:aws:events:{REGION}:{HUB}:event-bus/default"
NODES = 3
WORLD = f"""
version: 1
name: signals
hub: "{HUB}"
accounts:
  - id: "{HUB}"
    name: hub
    users:
      - {{name: operator, access_key_id: AKIASIMULATED0000001, secret_access_key: made-up, allow: "*"}}
    buckets:
      - name: ops-output
        region: {REGION}
        policy: {{Version: "2012-10-17", Statement: {{Effect: Allow, Principal: {{AWS: "arn:aws:iam::{TARGET}:root"}},
                 Action: "s3:PutObject", Resource: "arn:aws:s3:::ops-output/*"}}}}
      - {{name: ops-anchors, region: {REGION}, versioning: true}}
  - id: "{TARGET}"
    name: payments
    roles:
      - {{name: Operator, trust: [{{principals: "arn:aws:iam::{HUB}:root"}}],
         allow: ["ssm:*", "ec2:Describe*", "logs:GetLogEvents", "cloudwatch:*"]}}
      - {{name: Node, trust: [{{principals: ec2.amazonaws.com}}], attached: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
         allow: ["s3:PutObject", "logs:*"]}}
    instance_profiles:
      - {{name: NodeProfile, role: Node}}
    instances:
      - {{name: "web-{{nn}}", count: {NODES}, region: {REGION}, agent: live, profile: NodeProfile}}
"""
FLEET = f"""version: 1
mode: read-write
hub: {{account: "{HUB}", region: {REGION}}}
defaults: {{role: Operator, regions: [{REGION}]}}
accounts: [{{id: "{TARGET}", name: payments}}]
"""


class Hook:
    """A webhook on this host, which keeps what it got and answers as it is told."""

    def __init__(self, *statuses):
        hook = self
        self.statuses, self.got = list(statuses), []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append((self.path, dict(self.headers), json.loads(body)))
                status = hook.statuses.pop(0) if hook.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_PUT(self):
                hook.got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/services/SECRET"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Bed:
    """The cloud, the fleet file and a ledger."""

    def __enter__(self):
        self.place = e2e.Place().__enter__()
        self.place.write("world.yaml", WORLD)
        self.cloud = Serving(self.place, "--world", self.place.path("world.yaml"), "--truth", self.place.path("truth")).__enter__()
        self.variables = self.cloud.variables()
        # A webhook is not of the simulated world: the same endpoints without its name are just endpoints.
        self.variables.pop("POSTERN_WORLD", None)
        self.ledger = self.place.path("ledger.db")
        self.fleet("")
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def fleet(self, more):
        self.place.write("fleet.yaml", FLEET + more)

    def client(self, service, role=None):
        session = boto3.Session(self.variables["AWS_ACCESS_KEY_ID"], self.variables["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
        where = {"endpoint_url": self.variables["AWS_ENDPOINT_URL"], "verify": self.variables["AWS_CA_BUNDLE"]}
        if role:
            keys = session.client("sts", **where).assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
            session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION)
        return session.client(service, **where)

    def target_client(self, service):
        return self.client(service, f"arn:aws:iam::{TARGET}:role/OrganizationAccountAccessRole")

    def postern(self, *words, **more):
        return self.place.run(*words, timeout=SECONDS_MAX, environment={
            **self.variables, "POSTERN_LEDGER": self.ledger, "POSTERN_FLEET": self.place.path("fleet.yaml"), **more})

    def run(self, *words, **more):
        return self.postern("run", "-y", "-o", "json", *words, **more)

    def truth(self):
        return truth(self.place.path("truth"))

    def told(self):
        """The types of what the ledger says was told, in order: (event, told)."""
        with sqlite3.connect(self.ledger) as database:
            rows = database.execute("SELECT body FROM record WHERE type = 'run.told'").fetchall()
        bodies = [json.loads(body) for (body,) in rows]
        return [(body["event"], body["told"]) for body in bodies]


def expect_no_secret(bed, *runs):
    for run in runs:
        e2e.expect("SECRET" not in run.out + run.err, "the webhook's address was printed", run)
    with open(bed.ledger, "rb") as file:
        e2e.expect(b"SECRET" not in file.read(), "the webhook's address is in the ledger")


def notices():
    with Bed() as bed, Hook() as hook:
        bed.client("sns").create_topic(Name="ops")
        bed.fleet(f"notify: {{sns: \"{TOPIC}\", event_bus: \"{BUS}\"}}\n")
        run = e2e.expect_code(bed.run("--notify", "env:HOOK", "--reason", "kernel", "--ticket", "CHG-1", "--", "true",
                                      HOOK=hook.url), 0)
        e2e.expect("warning" not in run.err, "a warning", run)
        run_id = run.document()["run_id"]
        message, = bed.truth()["messages"]["kept"]
        e2e.expect_equal(message["subject"], f"postern: run {run_id} succeeded: {NODES} succeeded", "subject", run)
        e2e.expect_equal({key: message["attributes"][key] for key in ("event", "status", "run_id")},
                         {"event": "run.ended", "status": "succeeded", "run_id": run_id}, "attributes")
        for word in ("CHG-1", "kernel", f"{NODES} targets in 1 account"):
            e2e.expect(word in message["message"], f"no {word} in the message:\n" + message["message"])
        event = [one["event"] for one in bed.truth()["events"]["kept"] if one["event"]["source"] == "postern"][0]
        e2e.expect_equal(event["detail-type"], "postern run ended", "detail-type")
        (path, headers, body), = hook.got
        e2e.expect_equal(path, "/services/SECRET", "path")
        e2e.expect_equal(headers["Content-Type"], "application/json", "type")
        for notice in (event["detail"], body):
            e2e.expect_equal((notice["schema"], notice["event"], notice["run_id"], notice["status"]),
                             ("postern.run.notice/1", "run.ended", run_id, "succeeded"), "notice")
            e2e.expect_equal(notice["totals"], {"succeeded": NODES, "failed": 0, "skipped": 0, "unknown": 0}, "totals")
        with sqlite3.connect(bed.ledger) as database:
            head, = database.execute("SELECT hex(head) FROM stream WHERE id = ?", (f"run/{run_id}",)).fetchone()
        e2e.expect_equal(body["chain"]["head"], head.lower(), "head of the chain")
        e2e.expect(body["text"].startswith(f"run {run_id} has ended"), body["text"])
        e2e.expect_equal(bed.told(), [("run.ended", True)] * 3, "what the ledger says was told")
        expect_no_secret(bed, run)
        e2e.expect_code(bed.postern("ledger", "verify"), 0)


def broken_glass():
    """Told under the run's id before anything is sent, and again by whoever takes it up over the rails; a refused run tells
    nobody."""
    with Bed() as bed, Hook() as hook:
        bed.client("sns").create_topic(Name="ops")
        bed.fleet(f"notify: {{sns: \"{TOPIC}\"}}\nprotect: \"all\"\n")
        done = e2e.expect_code(bed.run("--expect", "1", "--break-glass", "INC-1", "--", "true"), e2e.GATE)
        e2e.expect_equal(bed.truth().get("messages", {}).get("kept", []), [], "told of a refused run")
        done = bed.run("--break-glass", "INC-1", "--notify", "env:HOOK", "--", "exit 3", HOOK=hook.url)
        run_id = done.document()["run_id"]
        first = bed.truth()["messages"]["kept"][0]
        e2e.expect_equal(first["attributes"]["event"], "run.break_glass", "event", done)
        e2e.expect_equal(first["attributes"]["run_id"], run_id, "run_id", done)
        e2e.expect("INC-1" in first["message"], first["message"])
        e2e.expect_code(bed.postern("resume", run_id, "--release", "--break-glass", "INC-2", "-o", "json"), 1)
        glass = [one for one in bed.truth()["messages"]["kept"] if one["attributes"]["event"] == "run.break_glass"]
        e2e.expect_equal([("INC-1" in one["message"], "INC-2" in one["message"]) for one in glass],
                         [(True, False), (False, True)], "told twice")


def held_runs():
    """A hold is told once, however often the run is taken up; what changes is told again."""
    with Bed() as bed, Hook() as hook:
        bed.client("sns").create_topic(Name="ops")
        run = bed.run("--notify", TOPIC, "--notify", hook.url, "--waves", "canary,rest", "--", "exit 7")
        e2e.expect_code(run, e2e.GATE)
        body = hook.got[0][2]
        e2e.expect_equal((body["event"], body["status"], body["cause"]), ("run.held", "held", "budget"), "notice", run)
        e2e.expect("--release" in body["go_on"], "it does not say how to go on")
        e2e.expect_code(bed.postern("resume", "--latest", "-o", "json"), e2e.GATE)
        e2e.expect_equal(bed.truth()["messages"]["count"], 1, "messages after the same hold again")
        ended = bed.postern("cancel", "--latest", "-o", "json")
        messages = bed.truth()["messages"]["kept"]
        e2e.expect_equal([one["attributes"]["status"] for one in messages], ["held", "cancelled"], "messages", ended)
        e2e.expect_equal(len(hook.got), 1, "a literal address is not kept for those who take the run up")
        expect_no_secret(bed, run, ended)


def what_fails_is_a_warning():
    with Bed() as bed, Hook(500, 503, 200) as patient, Hook(302, 302) as moved, Hook(404, 404) as gone:
        run = e2e.expect_code(bed.run("--notify", "env:A", "--notify", "env:B", "--notify", "env:C", "--notify", "env:NONE",
                                      "--notify", TOPIC, "--notify", BUS.replace("default", "none"), "--", "true",
                                      A=patient.url, B=moved.url, C=gone.url), 0)
        e2e.expect_equal([len(hook.got) for hook in (patient, moved, gone)], [3, 1, 1], "tries", run)
        e2e.expect_equal(len({headers["Idempotency-Key"] for _, headers, _ in patient.got}), 1, "ids of tries")
        e2e.expect("env:A was not told" not in run.err, "told in the end", run)
        e2e.expect("the webhook of env:B was not told: it answered 302: redirects are not followed" in run.err, "302", run)
        e2e.expect("the webhook of env:C was not told: it answered 404" in run.err, "404", run)
        e2e.expect("the webhook of env:NONE was not told: the environment variable NONE is not set" in run.err, "none", run)
        e2e.expect(f"{TOPIC} was not told" in run.err, "a topic that is not there", run)
        expect_no_secret(bed, run)
        for bad in ("ops", "http://example.com/SECRET", "arn:aws:sqs:us-east-1:111122223333:q"):
            refused = e2e.expect_code(bed.run("--notify", bad, "--", "true"), e2e.USAGE)
            expect_no_secret(bed, refused)
        simulated = e2e.expect_code(bed.run("--notify", "env:A", "--", "true", A=patient.url, POSTERN_WORLD="sim:signals",
                                            POSTERN_LEDGER=bed.place.path("sim.db")), 0)
        e2e.expect_equal(len(patient.got), 3, "a simulated run told the world outside", simulated)
        e2e.expect("was not told" in simulated.err, "it does not say so", simulated)


LONG = "i=0; while [ $i -lt 4000 ]; do echo \"line $i of quite some output\"; i=$((i+1)); done; echo oops >&2"
TEXT = "".join(f"line {i} of quite some output\n" for i in range(4000))


def expect_whole(run):
    for target in run.document()["targets"]:
        e2e.expect_equal(len(target["stdout"]), len(TEXT), f"length of {target['instance_id']}", run)
        e2e.expect_equal(target["stdout"], TEXT, "the text")
        e2e.expect(not target.get("truncated"), "it says truncated")


def whole_output():
    with Bed() as bed:
        cut = bed.run("--", LONG)
        for target in e2e.expect_code(cut, 0).document()["targets"]:
            e2e.expect(target["truncated"] and len(target["stdout"]) <= 24_000, "it was not cut", cut)
        expect_whole(e2e.expect_code(bed.run("--output-s3", "s3://ops-output/runs", "--", LONG), 0))
        bed.target_client("logs").create_log_group(logGroupName="/ops/runs")
        expect_whole(e2e.expect_code(bed.run("--output-logs", "/ops/runs", "--", LONG), 0))
        bed.fleet("output: {s3: \"s3://ops-output\", logs: /ops/runs}\n")
        expect_whole(e2e.expect_code(bed.run("--", LONG), 0))
        large = e2e.expect_code(bed.run("-s", "name:web-01", "--", "yes | head -c 3000000"), 0)
        target, = large.document()["targets"]
        e2e.expect_equal((target["truncated"], len(target["stdout"])), (True, 1 << 20), "more than is read", large)
        e2e.expect("the first 1 MiB" in target["reason"], "it does not say why", large)
        bed.client("s3").put_bucket_policy(Bucket="ops-output", Policy=json.dumps({"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::ops-output/*"}}))
        bed.fleet("")
        denied = e2e.expect_code(bed.run("--output-s3", "s3://ops-output", "-s", "name:web-01", "--", LONG), 0)
        target, = denied.document()["targets"]
        e2e.expect(target["truncated"] and "the rest of its stdout could not be read" in target["reason"], "denied", denied)
        for bad in (("--output-s3", "ops-output"), ("--output-s3-region", REGION), ("--output-logs", "a b"), ("--alarm", ""),
                    ("--alarm", "a", "--alarm", "b"), ("--alarm-ignore-poll-failure",)):
            e2e.expect_code(bed.run(*bad, "--", "true"), e2e.USAGE)


def alarms():
    with Bed() as bed:
        absent = bed.run("--alarm", "errors", "--", "true")
        e2e.expect_equal(absent.document()["totals"]["succeeded"], 0, "it ran without its alarm", absent)
        cloudwatch = bed.target_client("cloudwatch")
        cloudwatch.put_metric_alarm(AlarmName="errors", MetricName="Errors", Namespace="App", Statistic="Sum", Period=60,
                                    EvaluationPeriods=1, Threshold=5.0, ComparisonOperator="GreaterThanThreshold")
        e2e.expect_code(bed.run("--alarm", "errors", "--alarm-ignore-poll-failure", "--", "true"), 0)
        timer = threading.Timer(2, lambda: cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test"))
        timer.start()
        stopped = bed.run("--waves", "all", "--alarm", "errors", "--", "sleep 60")
        timer.join()
        e2e.expect_equal(stopped.code, 1, "exit code", stopped)
        for target in stopped.document()["targets"]:
            e2e.expect("stopped by the alarm errors, whose state was ALARM" in target["reason"], "the reason", stopped)


def anchors():
    with Bed() as bed:
        e2e.expect_code(bed.run("--", "true"), 0)
        verified = e2e.expect_code(bed.postern("ledger", "verify", "-o", "table"), 0)
        e2e.expect("self-consistent only" in verified.out, "no anchor yet", verified)
        bed.fleet("anchors: {s3: \"s3://ops-anchors/postern\"}\n")
        run = e2e.expect_code(bed.run("--", "true"), 0)
        e2e.expect("warning" not in run.err, "a warning", run)
        run_id = run.document()["run_id"]
        keys = [one["Key"] for one in bed.client("s3").list_objects_v2(Bucket="ops-anchors")["Contents"]]
        e2e.expect_equal((len(keys), keys[0].endswith(f"/{run_id}.json")), (1, True), f"keys {keys}")
        for words in ((), ("--anchors",)):
            verified = e2e.expect_code(bed.postern("ledger", "verify", *words, "-o", "json"), 0).document()
            e2e.expect_equal((verified["consistent"], verified["anchored"], verified["anchors"]["count"]), (True, True, 1), "verify")
        told = e2e.expect_code(bed.postern("ledger", "verify", "-o", "table"), 0)
        e2e.expect(f"anchored at s3://ops-anchors/{keys[0]}" in told.out, "where it is anchored", told)
        # Somebody writes another story into the bucket, or into the ledger: either is another than the other.
        anchor = json.loads(bed.client("s3").get_object(Bucket="ops-anchors", Key=keys[0])["Body"].read())
        anchor["head"] = "00" * 32
        bed.client("s3").put_object(Bucket="ops-anchors", Key=keys[0], Body=json.dumps(anchor))
        found = e2e.expect_code(bed.postern("ledger", "verify", "--anchors", "-o", "json"), e2e.GATE).document()
        e2e.expect("is not the one that is anchored" in found["problems"][0], str(found))
        bed.fleet("anchors: {s3: \"s3://not-there-at-all\"}\n")
        run = e2e.expect_code(bed.run("--", "true"), 0)
        e2e.expect("warning: the run's head was not anchored in s3://not-there-at-all" in run.err, "no warning", run)


def object_lock():
    """The simulated S3 has no Object Lock: what is sent for it is looked at."""
    with Bed() as bed, Hook() as bucket:
        bed.fleet("anchors: {s3: \"s3://ops-anchors\", retain_days: 400}\n")
        refused = e2e.expect_code(bed.run("--", "true"), 0)
        e2e.expect("does not offer object lock" in refused.err, "it was not asked for", refused)
        run = e2e.expect_code(bed.run("--", "true", AWS_ENDPOINT_URL_S3=bucket.url.replace("/services/SECRET", "")), 0)
        e2e.expect("warning" not in run.err, "a warning", run)
        (path, headers, body), = bucket.got
        headers = {name.lower(): value for name, value in headers.items()}
        anchor = json.loads(body)
        e2e.expect(path.startswith("/ops-anchors/") and path.endswith(f"/{run.document()['run_id']}.json"), path)
        e2e.expect_equal(headers["x-amz-object-lock-mode"], "COMPLIANCE", "mode")
        until = datetime.datetime.strptime(headers["x-amz-object-lock-retain-until-date"], "%Y-%m-%dT%H:%M:%SZ")
        at = datetime.datetime.strptime(anchor["at"], "%Y-%m-%dT%H:%M:%SZ")
        e2e.expect_equal((until - at).days, 400, "days")
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        e2e.expect_equal(headers["x-amz-checksum-sha256"], digest, "checksum")


if __name__ == "__main__":
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    e2e.run_cases([("notices", notices), ("broken_glass", broken_glass), ("held_runs", held_runs),
                   ("what_fails_is_a_warning", what_fails_is_a_warning), ("whole_output", whole_output), ("alarms", alarms),
                   ("anchors", anchors), ("object_lock", object_lock)])
