"""Starts postern_sim_server and knows what is in its cloud (sim_fixture.hpp)."""
import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

HUB = "111122223333"
TARGET = "444455556666"
OPERATOR = {"aws_access_key_id": "AKIACONFORMANCE00001", "aws_secret_access_key": "conformance/operator/secret/key/00000001"}
WEAK = {"aws_access_key_id": "AKIACONFORMANCE00002", "aws_secret_access_key": "conformance/weak/secret/key/000000000002"}
PASSING = {
    "aws_access_key_id": "ASIACONFORMANCE00003",
    "aws_secret_access_key": "conformance/passing/secret/key/0000000003",
    "aws_session_token": "conformance-session-token",
}
MFA_SERIAL = f"arn:aws:iam::{HUB}:mfa/ada"  # of the operator
MFA_SEED = "CONFORMANCEOPERATORMFASEED234567"
INSTANCES = 64  # in TARGET, of which 61 in us-east-1
READY_SECONDS = 30


def mfa_code(seed=MFA_SEED, now=None):
    """What a device with that seed shows: RFC 6238, 30 s, six digits."""
    step = int(time.time() if now is None else now) // 30
    digest = hmac.new(base64.b32decode(seed), step.to_bytes(8, "big"), hashlib.sha1).digest()
    number = int.from_bytes(digest[digest[19] & 15:][:4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


class Server:
    """A running cloud; a context manager."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="postern-conformance-")
        self.process = subprocess.Popen([self.program, self.folder])
        ready = os.path.join(self.folder, "server.json")
        until = time.monotonic() + READY_SECONDS
        while not os.path.exists(ready):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("postern_sim_server did not become ready")
            time.sleep(0.02)
        with open(ready, encoding="utf-8") as file:
            about = json.load(file)
        self.endpoint = about["endpoint"]
        self.ca_file = about["ca_file"]
        self.environment = about["environment"]
        self.control_url = about["control"]
        return self

    def __exit__(self, *_):
        try:
            self.control("quit")
            code = self.process.wait(timeout=READY_SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            left = os.path.exists(os.path.join(self.folder, "agents"))
            shutil.rmtree(self.folder, ignore_errors=True)
        if code != 0 or left:
            raise RuntimeError(f"postern_sim_server ended with {code}; agents' folder left behind: {left}")

    def control(self, action, **parameters):
        """POST /ACTION?parameters to the control port; the JSON answer."""
        query = urllib.parse.urlencode(parameters)
        request = urllib.request.Request(f"{self.control_url}/{action}?{query}", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def truth(self):
        return self.control("truth")


def clean_environment():
    """The process's environment without anything that an AWS client would read."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.devnull
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
