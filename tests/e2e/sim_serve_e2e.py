"""`postern sim serve` and `postern sim init` as a user has them: the env file, world and faults files, the truth, the end.

Usage: sim_serve_e2e.py [CASE]; POSTERN names the program.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import e2e

SECONDS_MAX = 120


class Serving:
    """A `postern sim serve` that runs until the block ends."""

    def __init__(self, place, *words):
        self.place = place
        self.env_file = place.path("sim.env")
        self.words = ("sim", "serve", "--env-file", self.env_file, *words)

    def __enter__(self):
        self.log = open(self.place.path("serve.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([e2e.PROGRAM, *self.words], env=self.place.environment, cwd=self.place.folder,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        until = time.monotonic() + SECONDS_MAX
        # The file is there a moment before the lines that tell of it.
        while not os.path.exists(self.env_file) or not self.said():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError("did not become ready:\n" + self.said())
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.stop()
        self.log.close()

    def said(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as file:
            return file.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=SECONDS_MAX)

    def variables(self):
        """What a shell has after `. FILE`."""
        done = subprocess.run(["sh", "-c", f'. "{self.env_file}"; env -0'], env=self.place.environment, check=True,
                              capture_output=True)
        return dict(part.split("=", 1) for part in done.stdout.decode().split("\0") if part)

    def shell(self, line):
        done = subprocess.run(["sh", "-c", f'. "{self.env_file}"; {line}'], env=self.place.environment, cwd=self.place.folder,
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        return done

    def postern(self, *words):
        return self.place.run(*words, environment=self.variables(), without=("AWS_PROFILE",), timeout=SECONDS_MAX)


def truth(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b"GET / HTTP/1.1\r\nHost: truth\r\nConnection: close\r\n\r\n")
        answer = b""
        while True:
            piece = client.recv(65536)
            if not piece:
                break
            answer += piece
    return json.loads(answer.split(b"\r\n\r\n", 1)[1])


def env_file():
    with e2e.Place() as place:
        with Serving(place, "--plain", "--truth", place.path("truth"), "-v") as cloud:
            mode = os.stat(cloud.env_file).st_mode & 0o777
            e2e.expect_equal(mode, 0o600, "rights of the env file")
            who = cloud.shell("/usr/bin/env true && aws sts get-caller-identity --output json")
            e2e.expect_equal(who.returncode, 0, f"aws sts get-caller-identity\n{who.stderr}")
            e2e.expect_equal(json.loads(who.stdout)["Account"], "111122223333", "the caller's account")
            done = e2e.expect_code(cloud.postern("accounts", "check", "-o", "json"), 1)
            e2e.expect_equal(done.document()["world"], "sim:demo", "world", done)
            known = truth(place.path("truth"))
            e2e.expect_equal(known["world"], "sim:demo", "world of the truth")
            e2e.expect(known["calls"]["sts:AssumeRole"] >= 3, f"calls: {known['calls']}")
            e2e.expect("sts:AssumeRole 403" in cloud.said(), "no progress line with -v:\n" + cloud.said())
            e2e.expect(cloud.variables()["POSTERN_SIM_PLAIN_URL"].startswith("http://127.0.0.1:"), "plain URL")
            e2e.expect_equal(cloud.stop(), 0, "exit code after Ctrl-C")
        left = sorted(set(os.listdir(place.folder)) - {"tmp", "serve.log"})
        e2e.expect_equal((left, os.listdir(place.path("tmp"))), ([], []), "files left behind")


def simulated_everywhere():
    """Every form of an answer says where it is from, and nothing else can be reached."""
    with e2e.Place() as place, Serving(place) as cloud:
        table = e2e.expect_code(cloud.postern("targets", "-s", "name:web-01", "-o", "table"), 4)
        e2e.expect("SIMULATED sim:demo" in table.out, "the table does not say SIMULATED", table)
        page = cloud.postern("targets", "-s", "name:web-01", "-o", "markdown")
        e2e.expect("**SIMULATED** sim:demo" in page.out, "the report does not say SIMULATED", page)
        row = cloud.postern("targets", "-s", "name:web-01", "-o", "ndjson")
        e2e.expect_equal(json.loads(row.out.splitlines()[0])["world"], "sim:demo", "world of a row", row)
        run = cloud.postern("run", "--confirm", "payments-prod", "-o", "json", "--account", "payments-prod",
                            "-s", "name:web-01", "--", "uname -r")
        e2e.expect_equal(run.document()["world"], "sim:demo", "world of a run", run)
        away = cloud.postern("targets", "--endpoint-url", "https://127.0.0.1:9")
        e2e.expect("not an address of the simulated world sim:demo" in away.err, "it tried to get out", away)
        lost = place.run("targets", environment={"POSTERN_WORLD": "sim:demo"})
        e2e.expect_code(lost, e2e.USAGE)
        odd = place.run("targets", environment={"POSTERN_WORLD": "mars"})
        e2e.expect_code(odd, e2e.USAGE)


def own_world():
    with e2e.Place() as place:
        e2e.expect_code(place.run("sim", "init", "-O", "world.yaml"), 0)
        e2e.expect_code(place.run("sim", "init", "-O", "world.yaml"), e2e.USAGE)
        with Serving(place, "--world", "world.yaml") as cloud:
            e2e.expect("24 instances" in cloud.said(), cloud.said())
        place.write("fleet.yaml", 'version: 1\nhub: {account: "111122223333", region: us-east-1}\n'
                    'defaults: {role: Operator, regions: [us-east-1, eu-west-1]}\n'
                    'accounts:\n  - {id: "444455556666", name: shop, external_id: "env:SHOP_ID"}\n')
        done = e2e.expect_code(place.run("sim", "init", "--from-fleet", "fleet.yaml"), 0)
        e2e.expect("export SHOP_ID=simulated-444455556666" in done.out, "the made-up ExternalId is not told", done)
        place.write("shop.yaml", done.out)
        with Serving(place, "--world", "shop.yaml") as cloud:
            variables = {**cloud.variables(), "SHOP_ID": "simulated-444455556666"}
            check = place.run("--fleet", "fleet.yaml", "accounts", "check", "-o", "json", environment=variables)
            e2e.expect_code(check, 0)
            run = place.run("--fleet", "fleet.yaml", "run", "-y", "-o", "json", "--", "true", environment=variables)
            e2e.expect_equal(e2e.expect_code(run, 0).document()["totals"]["succeeded"], 6, "nodes that ran it", run)


def metadata():
    """An SDK on an instance: credentials of its role by IMDSv2, and nothing without a token."""
    with e2e.Place() as place, Serving(place, "--metadata", "web-01") as cloud:
        url = cloud.variables()["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
        e2e.expect(f"metadata of web-01 at {url}" in cloud.said(), cloud.said())
        # Old and new AWS CLIs join the endpoint and the path differently: Debian's, and the one on PATH. The old one does not
        # know AWS_ENDPOINT_URL.
        for aws in sorted({"aws", "/usr/bin/aws"} if os.path.exists("/usr/bin/aws") else {"aws"}):
            who = cloud.shell("unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY; "
                              f"{aws} --endpoint-url \"$AWS_ENDPOINT_URL\" sts get-caller-identity --output json")
            e2e.expect_equal(who.returncode, 0, f"{aws} sts get-caller-identity\n{who.stderr}")
            arn = json.loads(who.stdout)["Arn"]
            e2e.expect(arn.startswith("arn:aws:sts::444455556666:assumed-role/PosternNode/i-"), arn)
        try:
            urllib.request.urlopen(url + "latest/meta-data/instance-id", timeout=10)
            raise AssertionError("answered without a token")
        except urllib.error.HTTPError as error:
            e2e.expect_equal(error.code, 401, "status without a token")
    with e2e.Place() as place:
        done = e2e.expect_code(place.run("sim", "serve", "--metadata", "nobody"), e2e.USAGE)
        e2e.expect("there is no instance 'nobody' in sim:demo" in done.err, "the mistake is named", done)


def mistakes():
    with e2e.Place() as place:
        place.write("world.yaml", "version: 1\nname: x\nacounts: []\n")
        done = e2e.expect_code(place.run("sim", "serve", "--world", "world.yaml"), e2e.USAGE)
        e2e.expect("world.yaml:3:1: unknown key 'acounts'" in done.err, "no position", done)
        place.write("faults.yaml", "version: 1\nfaults: [{kind: rain}]\n")
        done = e2e.expect_code(place.run("sim", "serve", "--faults", "faults.yaml"), e2e.USAGE)
        e2e.expect("faults.yaml:2:" in done.err, "no position", done)
        done = e2e.expect_code(place.run("sim", "serve", "--listen", "0.0.0.0:0"), e2e.USAGE)
        e2e.expect("loopback" in done.err, "live agents on every address", done)
        e2e.expect_code(place.run("sim", "serve", "--listen", "localhost"), e2e.USAGE)
        e2e.expect_code(place.run("sim", "serve", "--world", "/nonexistent"), e2e.USAGE)
        taken = place.write("taken", "x")
        e2e.expect(place.run("sim", "serve", "--truth", taken).code != 0, "a file in the socket's place was accepted")
        e2e.expect_equal(open(taken, encoding="utf-8").read(), "x", "the file in the socket's place")
        e2e.expect_equal(os.listdir(place.path("tmp")), [], "files left behind")


def faults():
    with e2e.Place() as place:
        place.write("faults.yaml", "version: 1\nfaults:\n"
                    "  - {kind: throttle, operation: 'ssm:Describe*', count: 2}\n"
                    "  - {kind: lost_reply, operation: ssm:SendCommand, count: 1}\n"
                    "  - {kind: slow_body, operation: 'ec2:*', size: 40000, region: us-west-2}\n")
        with Serving(place, "--faults", "faults.yaml", "--truth", place.path("truth")) as cloud:
            done = cloud.postern("run", "--confirm", "payments-prod", "-o", "json", "--account", "payments-prod",
                                 "-s", "name:web-01", "--", "true")
            e2e.expect_equal(e2e.expect_code(done, 0).document()["totals"]["succeeded"], 1, "succeeded", done)
            known = truth(place.path("truth"))
            e2e.expect_equal(list(known["executions"].values()), [1], "executions of a command whose answer was lost")


def scripts():
    """What a script is made of arrives on the nodes as it is, and none of its failures is masked."""
    with e2e.Place() as place, Serving(place) as cloud:
        def run(*words):
            return cloud.postern("run", "--confirm", "payments-prod", "-o", "json", "--account", "payments-prod",
                                 "-s", "name:web-01", *words)

        def only(done):
            return done.document()["targets"][0]

        # The four commands of Systems Manager's everyday example, the second of which fails: the last one's end is all that
        # Run Command itself reports.
        place.write("nginx.sh", 'apt() { [ "$1" != install ]; }\nsystemctl() { echo "systemctl $*"; }\n'
                    "apt update -y\napt install nginx -y\nsystemctl enable nginx\nsystemctl start nginx\n")
        masked = e2e.expect_code(run("--no-strict", "--script", "nginx.sh"), 0)
        e2e.expect_equal(only(masked)["status"], "succeeded", "without strict mode", masked)
        told = e2e.expect_code(run("--script", "nginx.sh"), 1)
        e2e.expect_equal((only(told)["status"], only(told)["exit_code"]), ("failed", 1), "in strict mode", told)
        e2e.expect("systemctl" not in only(told)["stdout"], "it went on after the failure", told)

        place.write("show.py", b"#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\nimport os, sys\n"
                    b"print(ascii(os.environ['V']), os.environ['AWS_SSM_INSTANCE_ID'][:2], len('\xff{{ commands }}'))\nsys.exit(5)\n")
        value = "it's \"$HOME\"\n{{ssm:x}}\n"
        done = e2e.expect_code(run("--script", "show.py", "--env", "V=" + value), 1)
        e2e.expect_equal(only(done)["exit_code"], 5, "exit code of the interpreter", done)
        e2e.expect(only(done)["stdout"].startswith(ascii(value) + " i- 15\n"), "what the script saw", done)
        words = e2e.expect_code(run("--", "printf", "%s|", "it's", "{{ executionTimeout }}", "", "a\nb"), 0)
        e2e.expect_equal(only(words)["stdout"], "it's|{{ executionTimeout }}||a\nb|", "words", words)

        value = bytes(range(255, 0, -1))
        raw = e2e.expect_code(run("--env", os.fsdecode(b"V=" + value), "--", 'printf %s "$V" | od -An -v -tx1 | tr -d " \\n"'), 0)
        e2e.expect_equal(only(raw)["stdout"], value.hex(), "bytes of a variable", raw)

        place.write("large.sh", "# " + "x" * 80_000 + "\n")
        refused = e2e.expect_code(run("--script", "large.sh"), e2e.USAGE)
        e2e.expect("bytes on its way (80003 as it is)" in refused.err, "the size is not told", refused)
        e2e.expect_code(run("--env", "1X=y", "--", "true"), e2e.USAGE)
        plan = e2e.expect_code(cloud.postern("run", "-n", "-o", "table", "-s", "name:web-01", "--env",
                                             "TOKEN=hidden", "--not-secret", "TOKEN", "--script", "show.py"), 0)
        e2e.expect("runs: the script show.py  (with TOKEN)" in plan.out and "hidden" not in plan.out + plan.err, "the plan", plan)


def object_store():
    """aws s3 mb, cp, ls, sync, rm and rb."""
    with e2e.Place() as place, Serving(place) as cloud:
        place.write("small", "hello\n")
        place.write("large", os.urandom(12 << 20))
        os.mkdir(place.path("tree"))
        place.write("tree/a", "a")
        place.write("tree/b c", "bc")
        for line in ("mb s3://shelf", "cp small s3://shelf/x/small", "cp large s3://shelf/large",
                     "cp s3://shelf/large back", "sync tree s3://shelf/tree", "cp s3://shelf/x/small s3://shelf/copy"):
            done = cloud.shell("aws s3 " + line)
            e2e.expect_equal(done.returncode, 0, f"aws s3 {line}\n{done.stdout}{done.stderr}")
        same = open(place.path("back"), "rb").read() == open(place.path("large"), "rb").read()
        e2e.expect(same, "a large object came back changed")
        listed = cloud.shell("aws s3 ls --recursive s3://shelf").stdout
        names = sorted(line.split(None, 3)[3] for line in listed.splitlines())
        e2e.expect_equal(names, ["copy", "large", "tree/a", "tree/b c", "x/small"], "aws s3 ls")
        e2e.expect("PRE tree/" in cloud.shell("aws s3 ls s3://shelf").stdout, "no common prefix")
        refused = cloud.shell("aws s3 rb s3://shelf")
        e2e.expect("BucketNotEmpty" in refused.stderr, refused.stderr)
        for line in ("rm s3://shelf/copy", "rm --recursive s3://shelf", "rb s3://shelf"):
            done = cloud.shell("aws s3 " + line)
            e2e.expect_equal(done.returncode, 0, f"aws s3 {line}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(e2e.run_cases([("env_file", env_file), ("simulated_everywhere", simulated_everywhere), ("own_world", own_world),
                            ("metadata", metadata), ("mistakes", mistakes), ("faults", faults), ("scripts", scripts),
                            ("object_store", object_store)]))
