#!/usr/bin/env python3
"""Runs a driver with the boto3 or the AWS CLI that stands on PATH when it is not apt's. Exit status 77: there is none.

Usage: newer_peer.py boto3|aws DRIVER [ARGUMENT]...
"""
import os
import shutil
import subprocess
import sys

APT = {"boto3": "/usr/bin/python3", "aws": "/usr/bin/aws"}


def main():
    kind, driver, *arguments = sys.argv[1:]
    found = shutil.which("python3" if kind == "boto3" else "aws")
    usable = found is not None and os.path.realpath(found) != os.path.realpath(APT[kind])
    if usable and kind == "boto3":
        usable = subprocess.run([found, "-c", "import boto3"], capture_output=True, check=False).returncode == 0
    if not usable:
        print(f"SKIPPED: no {kind} but apt's on this machine; the apt version is tested by conformance_*")
        return 77
    command = [found, driver] if kind == "boto3" else [APT["boto3"], driver, found]
    command += arguments
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
