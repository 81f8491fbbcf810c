"""Durable runs of the real program on a served simulated cloud: killed at random moments and taken up again, two operators at
once, held and cancelled runs, the ledger.

Usage: durable_e2e.py [CASE]; POSTERN names the program, POSTERN_KILLS how often it is killed (default 10), POSTERN_SEED when.
"""
import json
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time

import e2e
from sim_serve_e2e import Serving, truth

REACHABLE = ("--account", "payments-prod,ledger-prod", "-s", "state:running and ssm:online")
COUNT = 16
SECONDS_MAX = 120
EXTERNAL_IDS = ("payments-7f3a", "ledger-91bc")


class Ledger:
    """The program with a ledger of its own, in a serving cloud."""

    def __init__(self, place, cloud, name):
        self.place, self.cloud, self.file = place, cloud, place.path(name)
        self.variables = {**cloud.variables(), "POSTERN_LEDGER": self.file, "POSTERN_FLEET": place.path("fleet.yaml")}

    def run(self, *words):
        return self.place.run(*words, environment=self.variables, timeout=SECONDS_MAX)

    def start(self, *words):
        return subprocess.Popen([e2e.PROGRAM, *words], env={**self.place.environment, **self.variables}, cwd=self.place.folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def executions(place):
    return truth(place.path("truth"))["executions"]


def more_than(before, after):
    return {key: count - before.get(key, 0) for key, count in after.items() if count != before.get(key, 0)}


def serving(place):
    return Serving(place, "--truth", place.path("truth"))


def fleet_of(place, cloud):
    """The fleet file of the demo's world, with its two accounts that work."""
    place.write("fleet.yaml", "version: 1\nmode: read-write\nhub: {account: \"111122223333\", region: us-east-1}\n"
                "defaults: {role: PosternOperator, regions: [us-east-1, us-west-2]}\naccounts:\n"
                "  - {id: \"444455556666\", name: payments-prod, external_id: " + EXTERNAL_IDS[0] + "}\n"
                "  - {id: \"777788889999\", name: ledger-prod, external_id: " + EXTERNAL_IDS[1] + "}\n")


def settled(place, before):
    """The executions since `before` when no command runs any more."""
    until = time.monotonic() + 30
    seen = more_than(before, executions(place))
    while time.monotonic() < until:
        time.sleep(0.5)
        now = more_than(before, executions(place))
        if now == seen and len(now) in (0, COUNT):
            break
        seen = now
    return seen


def killed():
    kills = int(os.environ.get("POSTERN_KILLS", "10"))
    chance = random.Random(int(os.environ.get("POSTERN_SEED", "4711")))
    doubts = taken_up = 0
    with e2e.Place() as place, serving(place) as cloud:
        fleet_of(place, cloud)
        words = ("run", "-y", "-o", "json", *REACHABLE, "--env", "MARK=it's \"me\"", "--",
                 "sleep 0.4; printf '%s %s' \"$MARK\" \"$AWS_SSM_INSTANCE_ID\"")
        usual = Ledger(place, cloud, "usual.db").run(*words)
        e2e.expect_code(usual, 0)
        for target in usual.document()["targets"]:
            e2e.expect_equal(target["stdout"], "it's \"me\" " + target["instance_id"], "what a command sees", usual)
        for number in range(kills):
            before = executions(place)
            ledger = Ledger(place, cloud, f"ledger-{number}.db")
            process = ledger.start(*words)
            moment = chance.uniform(0.05, usual.seconds * 1.05)
            try:
                process.wait(timeout=moment)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.communicate()
            where = f"kill {number} after {moment:.3f} s"
            resumed = ledger.run("resume", "--latest", "-o", "json")
            if resumed.code not in (0, e2e.UNKNOWN):
                # There was nothing to take up yet, or nothing any more.
                ran = settled(place, before)
                over = "is over: succeeded" in resumed.err
                e2e.expect_equal(set(ran.values()), {1} if over else set(), f"executions, {where}", resumed)
                continue
            taken_up += 1
            if resumed.code == e2e.UNKNOWN:
                doubts += 1
                e2e.expect("is in doubt" in resumed.err, f"it does not say why, {where}", resumed)
                e2e.expect_code(ledger.run("resume", "--latest", "--decide", "skip", "-o", "json"), e2e.UNKNOWN)
                e2e.expect(set(settled(place, before).values()) <= {1}, f"executions, {where}", resumed)
                continue
            ran = more_than(before, executions(place))
            e2e.expect_equal((len(ran), set(ran.values())), (COUNT, {1}), f"executions, {where}", resumed)
            verified = e2e.expect_code(ledger.run("ledger", "verify", "-o", "json"), 0)
            e2e.expect(verified.document()["consistent"], f"the chain, {where}", verified)
    print(f"        {kills} kills: {taken_up} runs taken up, {doubts} of them held for a person", flush=True)


def two_operators():
    with e2e.Place() as place, serving(place) as cloud:
        fleet_of(place, cloud)
        ledger = Ledger(place, cloud, "ledger.db")
        words = ("run", "-y", "-o", "json", *REACHABLE, "--", "sleep 2")
        first = ledger.start(*words)
        until = time.monotonic() + SECONDS_MAX
        while time.monotonic() < until:
            listed = ledger.run("runs", "list", "-o", "json").document()["runs"]
            if listed and listed[0]["status"] == "running":
                break
            time.sleep(0.05)
        second = e2e.expect_code(ledger.run(*words), e2e.GATE)
        e2e.expect(f"(process {first.pid})" in second.err, "the other operator is not named", second)
        other = e2e.expect_code(ledger.run("resume", "--latest"), e2e.GATE)
        e2e.expect(f"(process {first.pid})" in other.err, "the other operator is not named", other)
        out, _ = first.communicate(timeout=SECONDS_MAX)
        e2e.expect_equal(json.loads(out)["totals"]["succeeded"], COUNT, "the first one's targets")
        again = e2e.expect_code(ledger.run("runs", "resume", "--latest"), e2e.GATE)
        e2e.expect("is over: succeeded" in again.err, "a finished run was taken up", again)


def held_and_cancelled():
    with e2e.Place() as place, serving(place) as cloud:
        fleet_of(place, cloud)
        ledger = Ledger(place, cloud, "ledger.db")
        run = ledger.run("run", "-y", "-o", "json", *REACHABLE, "--", "exit 7")
        e2e.expect_code(run, e2e.GATE)
        totals = run.document()["totals"]
        e2e.expect_equal((totals["failed"], totals["skipped"]), (1, COUNT - 1), "failed and not sent", run)
        e2e.expect("is held: 1 of 1 targets failed in wave 'canary'" in run.err, "it does not say why", run)
        held = e2e.expect_code(ledger.run("resume", "--latest", "-o", "json"), e2e.GATE)
        e2e.expect_equal(held.document()["totals"]["failed"], 1, "failed", held)
        ended = ledger.run("cancel", "--latest", "--reason", "wrong release", "-o", "json")
        e2e.expect_equal(ended.document()["totals"]["skipped"], COUNT - 1, "skipped", ended)
        row = ledger.run("runs", "list", "-o", "json").document()["runs"][0]
        e2e.expect_equal((row["status"], row["open"], row["failed"]), ("cancelled", 0, 1), "the run in the list")
        released = ledger.run("run", "-y", "-o", "json", *REACHABLE, "--waves", "canary,rest", "--", "exit 8")
        e2e.expect_code(released, e2e.GATE)
        done = e2e.expect_code(ledger.run("resume", "--latest", "--release", "-o", "json"), 1)
        e2e.expect_equal(done.document()["totals"]["failed"], COUNT, "failed", done)


def the_ledger():
    with e2e.Place() as place, serving(place) as cloud:
        fleet_of(place, cloud)
        ledger = Ledger(place, cloud, "state/ledger.db")
        e2e.expect_equal(ledger.run("runs", "list", "-o", "json").document()["runs"], [], "runs before the first")
        run = e2e.expect_code(ledger.run("run", "-y", "-o", "json", *REACHABLE, "--ticket", "CHG-1", "--", "uname -r"), 0)
        e2e.expect_equal(stat.S_IMODE(os.stat(ledger.file).st_mode), 0o600, "the ledger's mode")
        shown = e2e.expect_code(ledger.run("runs", "show", "--latest", "-o", "json"), 0).document()
        document = run.document()
        for key in ("run_id", "totals", "targets"):
            e2e.expect_equal(shown[key], document[key], key + " as shown", run)
        text = e2e.expect_code(ledger.run("runs", "show", document["run_id"], "-o", "table"), 0)
        e2e.expect("web-[01-" in text.out, "names of the targets", text)
        e2e.expect_code(ledger.run("runs", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), e2e.USAGE)
        e2e.expect_code(ledger.run("runs", "show"), e2e.USAGE)
        with sqlite3.connect(ledger.file) as database:
            rows = database.execute("SELECT type FROM record").fetchall()
            e2e.expect(("mutation.intent",) in rows and ("mutation.outcome",) in rows, "no mutation in " + str(rows))
            whole = b"".join(body.encode() if isinstance(body, str) else body
                             for (body,) in database.execute("SELECT body FROM record"))
            for secret in EXTERNAL_IDS:
                e2e.expect(secret.encode() not in whole, "an ExternalId is in the ledger in clear")
            try:
                database.execute("UPDATE record SET body = 'x' WHERE seq = 2")
                raise AssertionError("a record could be changed")
            except sqlite3.DatabaseError:
                pass
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {name}")
            database.execute("UPDATE record SET body = replace(CAST(body AS TEXT), 'CHG-1', 'CHG-2') WHERE seq = 1")
        found = e2e.expect_code(ledger.run("ledger", "verify", "-o", "json"), e2e.GATE).document()
        e2e.expect(not found["consistent"] and found["problems"], "the change was not found")


if __name__ == "__main__":
    e2e.run_cases([("killed", killed), ("two_operators", two_operators), ("held_and_cancelled", held_and_cancelled),
                   ("the_ledger", the_ledger)])
