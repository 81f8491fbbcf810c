#!/usr/bin/env python3
"""Every operation of the simulated cloud, called by boto3 and by the AWS CLI; docs/conformance.md is the table of them.

Usage: run.py [--boto3] [--cli] [--write] [--only SERVICE[.CASE]]...
  --boto3, --cli  one of the clients alone: nothing is compared with the committed table
  --write         writes the table instead of comparing it
Environment: POSTERN_SIM_SERVER is the server's program.
"""
import argparse
import importlib
import multiprocessing
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), HERE]

import sim_harness as harness  # noqa: E402  the folders come first

harness.clean_environment()

import cli  # noqa: E402
import frame  # noqa: E402
import table  # noqa: E402
import waiters  # noqa: E402

SERVICES = ("sts", "iam", "organizations", "ec2", "ssm", "s3", "ec2messages", "sns", "events", "logs", "cloudwatch",
            "drs", "cloudformation", "cloudtrail", "kms")
WAITERS = "waiters"
KINDS = {"boto3": frame.World, "cli": cli.CliWorld}
PROCESSES = 2


def run_case(module, case, world):
    """None, or why it failed."""
    try:
        case(world)
        return None
    except Exception as error:  # a case may fail in every way; the next one runs all the same
        result = f"{error}" if isinstance(error, frame.Wrong) else traceback.format_exc(limit=-3)
        where = [step for step in traceback.extract_tb(error.__traceback__) if step.filename == module.__file__]
        return result + (f" (line {where[-1].lineno})" if where else "")


def plain(names, service_id):
    """By operation what is by (service, operation)."""
    if isinstance(names, dict):
        return {name[1]: value for name, value in names.items() if name[0] == service_id}
    return {name[1] for name in names if name[0] == service_id}


def run_waiters():
    """The lines about paginators and waiters."""
    failures, untried, lines = [], [], []
    with harness.Server(os.environ["POSTERN_SIM_SERVER"]) as server:
        try:
            lines = waiters.run(frame.World(server), server.control("operations"), untried)
        except Exception:  # as with a case
            traceback.print_exc()
            failures = ["boto3 waiters"]
    return {"kind": "boto3", "service": WAITERS, "failures": failures, "lines": lines, "untried": untried}


def run_service(task):
    """One service's cases by one client in a cloud of their own; what was called."""
    kind, name, wanted = task
    if name == WAITERS:
        return run_waiters()
    module = importlib.import_module(name)
    failures = []
    with harness.Server(os.environ["POSTERN_SIM_SERVER"]) as server:
        world = KINDS[kind](server)
        for case in module.CASES:
            if wanted and name not in wanted and f"{name}.{case.__name__}" not in wanted:
                continue
            before = time.monotonic()
            failure = run_case(module, case, world)
            if failure:
                failures.append(f"{kind} {name}.{case.__name__}")
            took = time.monotonic() - before
            print(f"{kind} {name}.{case.__name__}: {'FAILED: ' + failure if failure else 'ok'} ({took:.1f} s)", flush=True)
        world.close()
        known = world.session.client(name, region_name=frame.REGION).meta.service_model
        offered = server.control("operations")
        record = world.record
        return {"kind": kind, "service": name, "service_id": known.service_id, "failures": failures,
                "operations": offered, "calls": server.truth()["calls"], "never": getattr(module, "NEVER", {}),
                "valid": plain(record.valid, known.service_id), "refusals": plain(record.refusals, known.service_id),
                "absent": plain(record.absent, known.service_id),
                "unknown": {row["operation"] for row in offered if row["service_id"] == known.service_id
                            and (name == frame.EC2MESSAGES or row["operation"] not in known.operation_names)}}


def main():
    options = argparse.ArgumentParser()
    for name in ("--boto3", "--cli", "--write"):
        options.add_argument(name, action="store_true")
    options.add_argument("--only", action="append", default=[])
    options = options.parse_args()
    kinds = [kind for kind in KINDS if vars(options)[kind]] or list(KINDS)
    names = [name for name in (*SERVICES, WAITERS) if not options.only or any(one.split(".")[0] == name for one in options.only)]
    tasks = [(kind, name, options.only) for name in names for kind in kinds if (kind, name) != ("cli", WAITERS)]
    # The longest first.
    tasks.sort(key=lambda task: (task[1] not in ("ec2", "iam"), task[0] != "cli"))
    with multiprocessing.Pool(PROCESSES) as pool:
        results = pool.map(run_service, tasks, chunksize=1)
    failures = [failure for result in results for failure in result["failures"]]
    if failures:
        print("FAILED: " + ", ".join(failures))
        return 1
    if options.only or "boto3" not in kinds:
        return 0
    waited = next(result for result in results if result["service"] == WAITERS)
    if waited["untried"]:
        print("NOT TRIED, unknown to the cases: " + ", ".join(waited["untried"]))
        if kinds == list(KINDS):
            return 1
    results = sorted((result for result in results if result is not waited),
                     key=lambda result: SERVICES.index(result["service"]))
    return table.settle(results, waited["lines"], options.write)


if __name__ == "__main__":
    sys.exit(main())
