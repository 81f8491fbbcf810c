"""What a run leaves for people and programs: text, JSON in two shapes, files, reports, events, and all of it again from the ledger.

Usage: output_e2e.py [CASE]; POSTERN names the program.
"""
import json
import os
import re
import stat
import subprocess
import xml.etree.ElementTree as ElementTree

import e2e
from durable_e2e import COUNT, REACHABLE, SECONDS_MAX, Ledger, executions, fleet_of, serving

ALL = ("--waves", "all", "--max-errors", "100%")
ODD = "case $AWS_SSM_INSTANCE_ID in *1) echo odd; exit 3;; esac; printf 'one\\ntwo\\n'"


class Fleet:
    """A served cloud with its fleet file and a ledger."""

    def __enter__(self):
        self.place = e2e.Place().__enter__()
        self.cloud = serving(self.place).__enter__()
        fleet_of(self.place, self.cloud)
        self.ledger = Ledger(self.place, self.cloud, "ledger.db")
        return self

    def __exit__(self, *details):
        self.cloud.__exit__(*details)
        self.place.__exit__(*details)

    def run(self, *words):
        return self.ledger.run(*words)

    def text(self, name):
        with open(self.place.path(name), encoding="utf-8") as file:
            return file.read()


def events_of(text):
    events = [json.loads(line) for line in text.splitlines()]
    e2e.expect_equal([event["seq"] for event in events], list(range(1, len(events) + 1)), "the numbers of the events")
    e2e.expect_equal({event["schema"] for event in events}, {"postern.run.event/1"}, "schemas")
    e2e.expect_equal((events[0]["event"], events[-1]["event"]), ("plan", "end"), "first and last event")
    return events


def targets_of(events):
    told = [event for event in events if event["event"] == "target"]
    ids = [event["instance_id"] for event in told]
    e2e.expect_equal(len(ids), len(set(ids)), "targets told of once")
    return {event["instance_id"]: event["status"] for event in told}


def all_together():
    with Fleet() as fleet:
        done = fleet.run("run", "-y", *REACHABLE, *ALL, "--diff", "--outdir", "out", "--junit", "run.xml", "--html", "run.html",
                         "--events", "events.ndjson", "--", ODD)
        e2e.expect_code(done, 1)
        failed = len(re.findall(r"^failed: ", done.err, re.MULTILINE))
        e2e.expect(failed > 0, "no failure was told as it came", done)
        e2e.expect("@@ " in done.out and "+odd" in done.out and "Plan:" not in done.out, "no difference on stdout", done)
        index = json.loads(fleet.text("out/index.json"))
        e2e.expect_equal((index["schema"], len(index["targets"])), ("postern.run.files/1", COUNT), "the index")
        for target in index["targets"]:
            said = fleet.text("out/" + target["stdout"])
            e2e.expect_equal(said, "odd\n" if target["status"] == "failed" else "one\ntwo\n", target["stdout"])
        for name in ("run.xml", "run.html", "events.ndjson", "out/index.json"):
            e2e.expect_equal(stat.S_IMODE(os.stat(fleet.place.path(name)).st_mode), 0o600, "the mode of " + name)
        suites = ElementTree.parse(fleet.place.path("run.xml")).getroot()
        e2e.expect_equal((suites.get("tests"), suites.get("failures")), (str(COUNT), str(failed)), "the suites")
        page = fleet.text("run.html")
        e2e.expect(page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>"), "the page is not whole")
        e2e.expect(index["run_id"] in page and "odd" in page, "the page does not tell of the run")
        live = events_of(fleet.text("events.ndjson"))
        e2e.expect_equal(live[-1]["exit_code"], 1, "the exit code of the end")
        e2e.expect_equal(len(targets_of(live)), COUNT, "targets of the stream")
        later = events_of(e2e.expect_code(fleet.run("runs", "export", "--latest", "--format", "events"), 0).out)
        e2e.expect_equal(targets_of(later), targets_of(live), "the stream from the ledger")
        for name, form in (("run.xml", "junit"), ("run.html", "html")):
            again = e2e.expect_code(fleet.run("runs", "export", "--latest", "--format", form), 0)
            e2e.expect_equal(again.out, fleet.text(name), "the exported " + form)
        e2e.expect_equal(sorted(os.listdir(fleet.place.folder)),
                         sorted(set(os.listdir(fleet.place.folder)) - {".run.xml.part", ".run.html.part"}), "what is left")


def refused_before_anything_is_sent():
    with Fleet() as fleet:
        os.mkdir(fleet.place.path("full"))
        fleet.place.write("full/mine", "x")
        fleet.place.write("file", "x")
        before = executions(fleet.place)
        for words in (("--outdir", "full"), ("--outdir", "file"), ("--junit", "none/run.xml"), ("--html", "full"),
                      ("--events", "none/x"), ("--junit", "a", "--html", "a"), ("--diff", "-L"), ("--diff", "-o", "json"),
                      ("--events", "-", "-o", "json"), ("--shape", "lambda", "-o", "table"), ("--shape", "cube"),
                      ("--outdir", "/proc/none"), ("--junit", ""), ("--outdir", "")):
            done = e2e.expect_code(fleet.run("run", "-y", *REACHABLE, *words, "--", "uptime"), e2e.USAGE)
            e2e.expect_equal(done.out, "", "stdout of a usage error", done)
        e2e.expect_equal(executions(fleet.place), before, "executions")
        e2e.expect_equal(fleet.run("runs", "list", "-o", "json").document()["runs"], [], "runs")
        e2e.expect_equal(os.listdir(fleet.place.path("full")), ["mine"], "what is in the full folder")


def shapes():
    with Fleet() as fleet:
        first = e2e.expect_code(fleet.run("run", "-y", *REACHABLE, "--shape", "lambda", "--", "true"), 0)
        answer = first.document()
        e2e.expect_equal((answer["statusCode"], len(answer["body"])), (200, 2), "the answer")
        for entry in answer["body"]:
            e2e.expect_equal(entry["status"], "success", "the status of " + entry["account_id"], first)
            e2e.expect(entry["command_id"] and entry["instance_count"] > 0, "what consumers read", first)
        e2e.expect_equal(sum(entry["instance_count"] for entry in answer["body"]), COUNT, "instances")
        count = e2e.expect_code(fleet.run("runs", "show", "--latest", "--shape", "lambda", "-q", "length(body)"), 0)
        e2e.expect_equal(count.out, "2\n", "a query of that shape")
        live = e2e.expect_code(fleet.run("run", "-y", *REACHABLE, "--waves", "canary,rest", "--events", "-", "--", ODD), e2e.GATE)
        events = events_of(live.out)
        e2e.expect("held" in [event.get("state") for event in events] or len(targets_of(events)) == COUNT, "the hold", live)
        resumed = fleet.run("resume", "--latest", "--release", "--events", "-")
        again = events_of(resumed.out)
        e2e.expect_equal(len(targets_of(again)), COUNT, "targets of the resumed stream", resumed)
        e2e.expect_equal(again[-1]["exit_code"], resumed.code, "the end's exit code", resumed)
        worst = fleet.run("run", "-y", "-S", *REACHABLE, *ALL, "-o", "ndjson", "--", ODD)
        e2e.expect_code(worst, 3)
        e2e.expect_equal(len(worst.out.splitlines()), COUNT, "rows", worst)
        piped = e2e.expect_code(fleet.run("runs", "show", "--latest", "-L"), 1)
        e2e.expect_equal(piped.out.count("---------------\n"), 2 * COUNT, "headers by target", piped)


def output_and_export():
    with Fleet() as fleet:
        e2e.expect_code(fleet.run("run", "-y", *REACHABLE, *ALL, "--", "echo \"to err\" >&2; " + ODD), 1)
        run = fleet.run("runs", "show", "--latest", "-o", "json").document()
        bad = [target["instance_id"] for target in run["targets"] if target["status"] == "failed"]
        raw = e2e.expect_code(fleet.run("runs", "output", run["run_id"], bad[0], "--stream", "stdout", "-o", "text"), 0)
        e2e.expect_equal(raw.out, "odd\n", "the bytes alone", raw)
        err = e2e.expect_code(fleet.run("runs", "output", "--latest", bad[0], "--stream", "stderr", "-o", "text"), 0)
        e2e.expect("to err" in err.out and "odd" not in err.out, "the other stream", err)
        some = e2e.expect_code(fleet.run("runs", "output", "--latest", "--outcome", "failed", "-o", "json"), 0)
        e2e.expect_equal([target["instance_id"] for target in some.document()["targets"]], bad, "those that failed", some)
        named = e2e.expect_code(fleet.run("runs", "output", "--latest", "web-[01-02]", "-o", "table"), 0)
        e2e.expect("web-01" in named.out or "web-[01-02]" in named.out, "names", named)
        e2e.expect_code(fleet.run("runs", "output", "--latest", "account:payments-prod", "--outdir", "out"), 0)
        e2e.expect_equal(sorted(os.listdir(fleet.place.path("out"))), ["444455556666", "index.json"], "folders")
        for words in (("output", "--latest", "nobody"), ("output", "--latest", "tag:dr=true"), ("output",), ("export",),
                      ("export", "--latest", "two"), ("export", "--latest", "--format", "xml"),
                      ("output", "--latest", "--outcome", "odd"), ("export", "--latest", "-O", "none/x")):
            e2e.expect_code(fleet.run("runs", *words), e2e.USAGE)
        shown = e2e.expect_code(fleet.run("runs", "export", "--latest", "-O", "run.json"), 0)
        e2e.expect_equal((shown.out, json.loads(fleet.text("run.json"))["targets"]), ("", run["targets"]), "the document")
        records = e2e.expect_code(fleet.run("runs", "export", "--latest", "--format", "records"), 0).out
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        with open(os.path.join(root, "docs/formats/run-records.md"), encoding="utf-8") as page:
            verify = re.search(r"```python\n(.*?)```", page.read(), re.DOTALL).group(1)
        good = subprocess.run(["/usr/bin/python3", "-c", verify], input=records, text=True, capture_output=True, timeout=SECONDS_MAX)
        e2e.expect("self-consistent" in good.stdout, "the page's program: " + good.stderr)
        changed = records.replace("run.started", "run.starting", 1)
        bad = subprocess.run(["/usr/bin/python3", "-c", verify], input=changed, text=True, capture_output=True, timeout=SECONDS_MAX)
        e2e.expect(bad.returncode != 0, "the page's program did not see a change")


if __name__ == "__main__":
    e2e.run_cases([("all_together", all_together), ("refused_before_anything_is_sent", refused_before_anything_is_sent),
                   ("shapes", shapes), ("output_and_export", output_and_export)])
