#!/usr/bin/env python3
"""Compiles and runs the coroutine hazard probe with every compiler at hand (README.md in this folder).

Fails when a spelling that our rules allow misbehaves under AddressSanitizer. What the forbidden spellings do is only
reported.
"""

import argparse
import pathlib
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = ["-std=c++20", "-O0", "-g1", "-fsanitize=address", "-w", "-I", str(HERE)]
COMPILERS = [("clang++-19", []), ("g++", ["-fcoroutines"])]


def compile_one(command, source, program):
    """The outcome of compiling `source` (ccache makes the second time nearly free) and linking it."""
    cache = [shutil.which("ccache")] if shutil.which("ccache") else []
    obj = program.with_suffix(".o")
    done = subprocess.run(cache + command + ["-c", str(HERE / source), "-o", str(obj)], capture_output=True, text=True)
    if done.returncode != 0:
        return done
    return subprocess.run(command + [str(obj), "-o", str(program)], capture_output=True, text=True)


def run_one(command):
    """(passed, one word or line on what happened)"""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, errors="replace")
    except subprocess.TimeoutExpired:
        return False, "does not end"
    if done.returncode == 0:
        return True, done.stdout.strip()
    for line in done.stderr.splitlines():
        if "ERROR: AddressSanitizer:" in line:
            return False, line.split("AddressSanitizer:")[1].split(" on ")[0].strip()
    how = signal.Signals(-done.returncode).name if done.returncode < 0 else f"exit {done.returncode}"
    return False, (done.stdout.strip() or how)


def probe(compiler, extra, work):
    """True when every allowed spelling passes with this compiler."""
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    print(f"== {version}")
    command = [compiler] + FLAGS + extra
    prefix = compiler.replace("+", "p")

    safe = work / f"{prefix}-safe"
    built = compile_one(command, "safe.cpp", safe)
    if built.returncode != 0:
        print("FAILED: safe.cpp does not compile\n" + built.stderr)
        return False
    ok, text = run_one([str(safe)])
    print(("ok: " if ok else "FAILED: ") + text)

    hazards = work / f"{prefix}-hazards"
    built = compile_one(command, "hazards.cpp", hazards)
    if built.returncode != 0:
        print("note: hazards.cpp does not compile: " + (built.stderr.splitlines() or ["?"])[0])
    else:
        names = subprocess.run([str(hazards)], capture_output=True, text=True).stdout.splitlines()
        bad = 0
        for index, name in enumerate(names):
            passed, what = run_one([str(hazards), str(index)])
            bad += not passed
            print(f"   forbidden: {name:36} {'passes' if passed else what}")
        print(f"   {bad} of {len(names)} forbidden spellings misbehave")

    built = compile_one(command, "lists.cpp", work / f"{prefix}-lists")
    print("   forbidden: lists in braces " + ("compile" if built.returncode == 0 else "do not compile"))
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder for what is built")
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    present = [(c, extra) for c, extra in COMPILERS if shutil.which(c)]
    for compiler, _ in COMPILERS:
        if not shutil.which(compiler):
            print(f"note: {compiler} is not installed: its half of the probe is left out")
    if not present:
        print("FAILED: no compiler at all")
        return 1
    results = [probe(compiler, extra, work) for compiler, extra in present]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
