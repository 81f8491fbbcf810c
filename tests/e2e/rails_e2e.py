"""What keeps people out of trouble, with the real program on a served simulated cloud: plans larger than expected, production,
protected targets, freeze windows, lists of documents, breaking the glass, holding a fleet.

Usage: rails_e2e.py [CASE]; POSTERN names the program.
"""
import datetime
import json
import sqlite3
import subprocess
import sys
import time

import e2e
import pty_run
from sim_serve_e2e import Serving, truth

ACCOUNTS = """accounts:
  - {id: "444455556666", name: payments-prod, external_id: payments-7f3a%s}
  - {id: "777788889999", name: ledger-prod, external_id: ledger-91bc%s}
"""
HEAD = """version: 1
hub: {account: "111122223333", region: us-east-1}
defaults: {role: PosternOperator, regions: [us-east-1, us-west-2]}
"""
REACHABLE = ("-s", "state:running and ssm:online")
COUNT = 16


class World:
    """A serving cloud with a fleet file of the case's own, and what was executed in it."""

    def __init__(self):
        self.place = e2e.Place()

    def __enter__(self):
        self.cloud = Serving(self.place, "--truth", self.place.path("truth")).__enter__()
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db"),
                          "POSTERN_FLEET": self.place.path("fleet.yaml")}
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def fleet(self, more="", payments="", ledger=""):
        self.place.write("fleet.yaml", HEAD + ACCOUNTS % (payments, ledger) + more)

    def run(self, *words, **options):
        return self.place.run(*words, environment=self.variables, timeout=120, **options)

    def refused(self, *words, says):
        """Exit code 3 with these words on stderr, nothing on stdout, and nothing sent."""
        before = truth(self.place.path("truth"))["calls"].get("ssm:SendCommand", 0)
        done = e2e.expect_code(self.run("run", "-o", "json", *words, "--", "true"), e2e.GATE)
        for word in says:
            e2e.expect(word in done.err, f"{word!r} is not said", done)
        e2e.expect_equal(done.out, "", "stdout", done)
        e2e.expect_equal(truth(self.place.path("truth"))["calls"].get("ssm:SendCommand", 0), before, "sends", done)
        return done

    def document(self, *words):
        return e2e.expect_code(self.run("run", "--dry-run", "-o", "json", *words, "--", "true"), 0).document()

    def records(self, kind):
        with sqlite3.connect(self.place.path("ledger.db")) as database:
            rows = database.execute("SELECT body FROM record WHERE type = ? ORDER BY stream, seq", (kind,)).fetchall()
        return [json.loads(body) for (body,) in rows]


def expected():
    with World() as world:
        world.fleet()
        world.refused("-y", *REACHABLE, "--expect", "17-20", says=["the plan has 16 targets, and --expect says 17-20"])
        world.refused("-y", "-s", "name:nobody-*", "--expect", "1", says=["0 targets", "--expect says 1"])
        e2e.expect_code(world.run("run", "-y", "-o", "json", *REACHABLE, "--expect", "16", "--", "true"), 0)
        for bad in ("", "x", "20-10", "-5"):
            e2e.expect_code(world.run("run", "-y", "--expect=" + bad, "--", "true"), e2e.USAGE)
    # Sixty nodes: more than anybody may send to by accident.
    with e2e.Place() as place:
        place.write("world.yaml", "version: 1\nname: many\nhub: \"111122223333\"\naccounts:\n  - id: \"111122223333\"\n"
                          "    name: hub\n    instances: [{name: \"n-{nn}\", count: 60, region: us-east-1, agent: live}]\n"
                          "    users: [{name: u, access_key_id: AKIA30398579EB840807, "
                          "secret_access_key: 149ce8ef994c7647efa9a9893c6e4b009e681d6f, allow: [\"*\"]}]\n")
        with Serving(place, "--world", "world.yaml") as many:
            variables = many.variables()

            def run(*words):
                return place.run("run", "-o", "json", *words, "--", "true", environment=variables, without=("POSTERN_FLEET",),
                                 timeout=120)
            done = e2e.expect_code(run("-y"), e2e.GATE)
            e2e.expect("--expect 60" in done.err, "the number to use is not named", done)
            e2e.expect_equal(e2e.expect_code(run("--dry-run"), 0).document()["asks"], ["--expect 60"], "what the plan asks for")
            e2e.expect_equal(e2e.expect_code(run("-y", "--expect", "60"), 0).document()["totals"]["succeeded"], 60, "succeeded")


def production():
    with World() as world:
        world.fleet(payments=", tags: {env: prod}")
        world.refused("-y", *REACHABLE, says=["payments-prod is tagged env: prod", "--confirm payments-prod"])
        world.refused(*REACHABLE, says=["--confirm payments-prod"])
        world.refused("-y", "--confirm", "ledger-prod", *REACHABLE, says=["does not name this plan"])
        plan = world.document(*REACHABLE)
        e2e.expect_equal(plan["asks"], ["--confirm payments-prod"], "what the plan asks for")
        e2e.expect_code(world.run("run", "-o", "json", "--confirm", "payments-prod", *REACHABLE, "--", "true"), 0)
        e2e.expect_code(world.run("run", "-y", "-o", "json", "-s", "account:ledger-prod and ssm:online", "--", "true"), 0)
        world.fleet(payments=", tags: {env: prod}", ledger=", tags: {env: prod}")
        done = world.refused("-y", *REACHABLE, says=["ledger-prod", "payments-prod are tagged", "--confirm " + plan["plan"]])
        e2e.expect("--confirm payments-prod" not in done.err, "one account's name for two", done)
        e2e.expect_code(world.run("run", "-o", "json", "--confirm", plan["plan"], *REACHABLE, "--", "true"), 0)
        e2e.expect_equal([one["confirmed"] for one in world.records("run.started")],
                         ["--confirm payments-prod", "--yes", "--confirm " + plan["plan"]], "how runs were agreed to")
        world.fleet(payments=", tags: {env: prod}")
        one = ("run", "-y", "-s", "name:web-01", "--", "true")
        for typed, code in (("yes", e2e.GATE), ("payments-prod", 0)):
            with pty_run.Session(world.place, *one, environment=world.variables) as session:
                session.expect(r"production: payments-prod\. Type payments-prod, to proceed: ")
                session.press(typed + "\r")
                e2e.expect_equal(session.ended(60), code, f"exit code\n{session.all}")
        e2e.expect_equal(world.records("run.started")[-1]["confirmed"], "typed payments-prod", "how the run was agreed to")


def protected():
    with World() as world:
        world.fleet('protect: {names: ["db-*", "batch-*"]}\n')
        done = world.refused("-y", *REACHABLE, says=["2 targets are protected", "db-01", "batch-01", "-s 'not @protected'"])
        e2e.expect("--break-glass" in done.err, "how to go over it", done)
        e2e.expect_equal([one["rail"] for one in world.document(*REACHABLE)["refusals"]], ["protect"], "what the plan says")
        left = e2e.expect_code(world.run("run", "-y", "-o", "json", *REACHABLE, "-s", "not @protected", "--", "true"), 0)
        e2e.expect_equal(left.document()["totals"]["succeeded"], COUNT - 2, "succeeded", left)
        for bad in ("", "  ", "x" * 1001):
            e2e.expect_code(world.run("run", "-y", "--break-glass", bad, *REACHABLE, "--", "true"), e2e.USAGE)
        reason = "INC-7: \x1b[31mdb is down"
        over = world.run("run", "-y", "-o", "json", "--break-glass", reason, *REACHABLE, "--", "true")
        e2e.expect_equal(e2e.expect_code(over, 0).document()["totals"]["succeeded"], COUNT, "succeeded", over)
        e2e.expect("BREAK GLASS: INC-7" in over.err and "goes over protect: 2 targets" in over.err, "it is not told", over)
        e2e.expect("\x1b" not in over.err, "a reason drives the terminal", over)
        glass = world.records("run.opened")[-1]["run"]["break_glass"]
        e2e.expect_equal(glass["reason"], reason, "the reason in the ledger")
        e2e.expect(glass["overrode"][0].startswith("protect: 2 targets"), f"what it went over: {glass}")
        shown = e2e.expect_code(world.run("runs", "show", "--latest"), 0)
        e2e.expect("BREAK GLASS: INC-7" in shown.err, "runs show does not tell", shown)
        rows = world.run("runs", "list", "-o", "json").document()["runs"]
        e2e.expect_equal([("break_glass" in row) for row in rows], [True, False], "in the list")
        table = world.run("runs", "list", "-o", "table")
        e2e.expect("BREAK GLASS" in table.out and "INC-7" in table.out and "\x1b" not in table.out, "the table", table)


def frozen():
    now = datetime.datetime.now(datetime.timezone.utc)

    def window(begin, end):
        times = [(now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ") for seconds in (begin, end)]
        return f"freeze:\n  - {{name: quarter-end, from: {times[0]}, to: {times[1]}, accounts: [ledger-prod]}}\n", times[1]

    with World() as world:
        text, end = window(-3600, 3600)
        world.fleet(text)
        world.refused("-y", *REACHABLE, says=["freeze window quarter-end until " + end, "--break-glass"])
        e2e.expect_code(world.run("run", "-y", "-o", "json", "-s", "account:payments-prod ssm:online", "--", "true"), 0)
        e2e.expect_code(world.run("run", "-y", "-o", "json", "--break-glass", "INC-8", *REACHABLE, "--", "true"), 0)
        # Every day of the week is two spans: one of them is open.
        world.fleet("freeze:\n  - {name: always, weekly: [Mon 00:00 - Thu 00:00, Thu 00:00 - Mon 00:00], timezone: Europe/Berlin}\n")
        world.refused("-y", *REACHABLE, says=["freeze window always until ", "Europe/Berlin)"])
        world.fleet("freeze:\n  - {name: always, weekly: Mon 00:00 - Thu 00:00, timezone: Mars/Olympus}\n")
        done = e2e.expect_code(world.run("targets"), e2e.USAGE)
        e2e.expect("fleet.yaml:8:5: the time zone Mars/Olympus is not known" in done.err, "the place", done)
        # A run that comes into a window is held before its next wave, and goes on when it is over.
        now = datetime.datetime.now(datetime.timezone.utc)
        text, end = window(8, 3600)
        world.fleet(text)
        held = e2e.expect_code(world.run("run", "-y", "-o", "json", *REACHABLE, "--", "sleep 10"), e2e.GATE)
        e2e.expect("is held: freeze window quarter-end until " + end in held.err, "why", held)
        e2e.expect_equal(held.document()["totals"]["succeeded"], 1, "the canary", held)
        again = e2e.expect_code(world.run("resume", "--latest", "--release", "-o", "json"), e2e.GATE)
        e2e.expect_equal(again.document()["totals"]["succeeded"], 1, "still the canary alone", again)
        over = world.run("resume", "--latest", "--release", "--break-glass", "INC-9", "-o", "json")
        e2e.expect_equal(e2e.expect_code(over, 0).document()["totals"]["succeeded"], COUNT, "succeeded", over)
        e2e.expect_equal(world.records("run.resumed")[-1]["break_glass"], "INC-9", "in the ledger")
        row = world.run("runs", "list", "-o", "json").document()["runs"][0]
        e2e.expect_equal(row["break_glass"], "INC-9", "in the list")


def documents():
    with World() as world:
        world.fleet("documents: [AWS-RunShellScript]\n", ledger=", documents: [\"Ledger-*\"]")
        world.refused("-y", *REACHABLE, says=["does not allow AWS-RunShellScript in ledger-prod"])
        e2e.expect_code(world.run("run", "-y", "-o", "json", "-s", "account:payments-prod ssm:online", "--", "true"), 0)
        e2e.expect_code(world.run("run", "-y", "-o", "json", "--break-glass", "INC-10", *REACHABLE, "--", "true"), 0)


def held():
    with World() as world:
        world.fleet()
        done = e2e.expect_code(world.run("hold", "-o", "json"), 0)
        e2e.expect_equal(done.document()["held"], False, "held", done)
        e2e.expect("not held" in e2e.expect_code(world.run("release", "--all", "-o", "table"), 0).out, "nothing to let go")
        for bad in (("hold", "--reason", "x"), ("release",), ("hold", "--all", "--status"), ("hold", "--all", "--reason", "{{x}}"),
                    ("hold", "--all", "--reason", "x" * 1001)):
            e2e.expect_code(world.run(*bad), e2e.USAGE)
        for words in (("hold", "--all"), ("release", "--all")):
            e2e.expect_code(world.run(*words, "--read-only"), e2e.GATE)
        # A run under way is held before its next wave.
        process = subprocess.Popen([e2e.PROGRAM, "run", "-y", "-o", "json", *REACHABLE, "--", "sleep 8"],
                                   env={**world.place.environment, **world.variables}, cwd=world.place.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while not truth(world.place.path("truth"))["executions"] and time.monotonic() < until:
            time.sleep(0.1)
        reason = "database 'orders' \x1b[31mis moved"
        set_now = e2e.expect_code(world.run("hold", "--all", "--reason", reason, "-o", "table"), 0)
        e2e.expect("\x1b" not in set_now.out and "database 'orders'" in set_now.out, "what is said", set_now)
        out, err = process.communicate(timeout=120)
        e2e.expect_equal(process.returncode, e2e.GATE, "exit code of the run that was held\n" + err)
        e2e.expect_equal(json.loads(out)["totals"]["succeeded"], 1, "the canary\n" + err)
        e2e.expect("is held: the fleet is held by " in err and "--release" in err, "it does not say why and how\n" + err)
        second = e2e.expect_code(world.run("hold", "--all", "--reason", "mine"), e2e.GATE)
        e2e.expect("database 'orders'" in second.err, "who holds it is not shown", second)
        status = e2e.expect_code(world.run("hold", "--status", "-o", "json"), 0).document()
        e2e.expect_equal((status["held"], status["why"], status["parameter"]), (True, reason, "/postern/hold"), "the flag")
        fresh = e2e.expect_code(world.run("run", "-y", "-o", "json", "-s", "name:web-01", "--", "true"), e2e.GATE)
        e2e.expect_equal(fresh.document()["totals"]["skipped"], 1, "nothing was sent", fresh)
        e2e.expect_code(world.run("run", "-y", "-o", "json", "-s", "name:web-01", "--break-glass", "INC-11", "--", "true"), 0)
        let_go = e2e.expect_code(world.run("release", "--all", "-o", "table"), 0)
        e2e.expect("let go" in let_go.out, "what is said", let_go)
        run = [row["id"] for row in world.run("runs", "list", "-o", "json").document()["runs"] if row["targets"] == COUNT][0]
        done = world.run("resume", run, "--release", "-o", "json")
        e2e.expect_equal(e2e.expect_code(done, 0).document()["totals"]["succeeded"], COUNT, "succeeded", done)


def hub_rails():
    """The flag is the hub's: a wrong account is refused, and a hub that cannot be read stops no run."""
    with World() as world:
        world.place.write("fleet.yaml", HEAD.replace("111122223333", "123456789012") + ACCOUNTS % ("", ""))
        done = world.run("hold", "--all")
        e2e.expect(done.code != 0 and "123456789012" in done.err and "111122223333" in done.err, "the wrong account", done)
        world.place.write("fleet.yaml", HEAD.replace("us-east-1}", "eu-central-1}") + ACCOUNTS % ("", ""))
        e2e.expect_code(world.run("run", "-y", "-o", "json", "-s", "name:web-01", "--", "true"), 0)
    with e2e.Place() as place:
        place.write("faults.yaml", "version: 1\nfaults:\n  - {kind: server_error, operation: ssm:GetParameter}\n")
        place.write("fleet.yaml", HEAD + ACCOUNTS % ("", ""))
        with Serving(place, "--faults", "faults.yaml") as cloud:
            variables = {**cloud.variables(), "POSTERN_FLEET": place.path("fleet.yaml")}
            done = place.run("run", "-y", "-o", "json", *REACHABLE, "--", "true", environment=variables, timeout=120)
            e2e.expect_equal(e2e.expect_code(done, 0).document()["totals"]["succeeded"], COUNT, "succeeded", done)
            e2e.expect_equal(done.err.count("whether the fleet is held could not be read"), 1, "how often it is said", done)


if __name__ == "__main__":
    e2e.run_cases([("expected", expected), ("production", production), ("protected", protected), ("frozen", frozen),
                   ("documents", documents), ("held", held), ("hub_rails", hub_rails)])
    sys.exit(0)
