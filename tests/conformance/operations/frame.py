"""What the cases are written with: clients whose calls are recorded, and what a call must answer.

A case calls through `answers` and `refuses` only. What enters the table is what botocore (or the CLI) really sent and what
really came back for it, never what a case says of itself.
"""
import datetime
import json
import os
import re
import subprocess
import tempfile
import time

import boto3
import botocore.config
import botocore.exceptions
import botocore.loaders
import botocore.serialize
import botocore.session

import sim_harness as harness

OVERLAY = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "models", "overlay"))
HUB, TARGET = harness.HUB, harness.TARGET
REGION = "us-east-1"
# Models that boto3 does not bring: of the agent's service, and of the agent's operations of SSM.
EC2MESSAGES, SSM_AGENT = "ec2messages", "ssm-agent"
# What is newer in it than apt's models.
DRS_NEWER = "drs-newer"
# CloudWatch in RPC v2 CBOR alone: boto3 prefers awsJson. Apt's botocore knows neither.
CLOUDWATCH_CBOR, CBOR = "cloudwatch-cbor", "smithy-rpc-v2-cbor"


class Wrong(AssertionError):
    pass


class Refused(Exception):
    """A service's refusal, by whichever client."""

    def __init__(self, code, message, operation):
        super().__init__(f"{operation}: {code}: {message}")
        self.code, self.message, self.operation = code, message, operation


def has(*patterns):
    """A list (or a text) in which each of these is found."""
    def check(got):
        if isinstance(got, str):
            return all(one in got for one in patterns)
        return all(any(matches(one, each) for each in got) for one in patterns)
    return check


def lacks(pattern):
    return lambda got: not any(matches(pattern, each) for each in got or [])


def at_least(count):
    return lambda got: len(got) >= count


def body(content):
    return lambda got: got.read() == content


def moment(got):
    """A time: boto3's object, or the CLI's text."""
    if isinstance(got, str):
        got = datetime.datetime.fromisoformat(got.replace("Z", "+00:00"))
    return isinstance(got, datetime.datetime) and got.year > 2000


def difference(expected, got, path="reply"):
    """Where `got` is not as expected; None when it is. Members of `got` that nobody asks for are no difference."""
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return f"{path} is {got!r}"
        for name, value in expected.items():
            if name not in got:
                return f"{path} has no {name}: {got!r}"
            found = difference(value, got[name], f"{path}.{name}")
            if found:
                return found
        return None
    if isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            return f"{path} is {got!r}, not {len(expected)} items"
        return next((found for index, value in enumerate(expected)
                     if (found := difference(value, got[index], f"{path}[{index}]"))), None)
    if isinstance(expected, type):
        good = isinstance(got, expected)
    elif isinstance(expected, re.Pattern):
        good = isinstance(got, str) and expected.fullmatch(got)
    elif callable(expected):
        good = expected(got)
    else:
        good = got == expected
    return None if good else f"{path} is {got!r}, not {getattr(expected, 'pattern', expected)!r}"


def matches(expected, got):
    return difference(expected, got) is None


class Record:
    """What was called, by service and operation."""

    def __init__(self):
        self.valid = {}     # (service, operation) -> number of calls
        self.refusals = {}  # (service, operation) -> set of codes
        self.absent = set()  # (service, operation) that the server says it does not offer
        self.last = None    # (service, operation, HTTP status, error code or None, client)

    def take(self):
        last, self.last = self.last, None
        return last


class World:
    """One running cloud and the clients to it."""

    kind = "boto3"

    def __init__(self, server):
        self.server = server
        self.record = Record()
        self.clients = {}
        self.keys = {"hub": harness.OPERATOR, "weak": harness.WEAK, "passing": harness.PASSING}
        self.loader_path = tempfile.mkdtemp(prefix="models-", dir=server.folder)
        self.session = boto3.Session(botocore_session=self.core_session())

    def close(self):
        """Ends what the world has started."""

    def core_session(self):
        """boto3's session with the overlay's models beside botocore's own."""
        session = botocore.session.Session()
        loader = session.get_component("data_loader")
        loader.search_paths.append(self.loader_path)
        self.write_model(EC2MESSAGES, {"shapes": {}, "operations": {}})
        self.write_model(SSM_AGENT, botocore.loaders.Loader().load_service_model("ssm", "service-2"), "ssm")
        self.write_model(DRS_NEWER, botocore.loaders.Loader().load_service_model("drs", "service-2"), "drs")
        if self.speaks_cbor():
            model = botocore.loaders.Loader().load_service_model("cloudwatch", "service-2")
            model["metadata"].update(protocol=CBOR, protocols=[CBOR])
            self.write_whole_model(CLOUDWATCH_CBOR, model, "2010-08-01")
        return session

    def speaks_cbor(self):
        return self.kind == "boto3" and CBOR in botocore.serialize.SERIALIZERS

    def write_model(self, name, model, service=None):
        folder = os.path.join(OVERLAY, service or name)
        version = os.listdir(folder)[0]
        with open(os.path.join(folder, version, "service-2.json"), encoding="utf-8") as file:
            more = json.load(file)
        made = {**model, **more, **{part: {**model[part], **more[part]} for part in ("operations", "shapes")}}
        self.write_whole_model(name, made, version)

    def write_whole_model(self, name, model, version):
        place = os.path.join(self.loader_path, name, version)
        os.makedirs(place)
        with open(os.path.join(place, "service-2.json"), "w", encoding="utf-8") as file:
            json.dump(model, file)

    def keys_of(self, who):
        """Keys by name; "target" and other roles of the target account are assumed."""
        if isinstance(who, dict):
            return who
        if who not in self.keys:
            role = "Operator" if who == "target" else who
            more = {"ExternalId": "x-1"} if role == "Operator" else {}
            sts = self.plain_client("sts", "hub", REGION)
            found = sts.assume_role(RoleArn=f"arn:aws:iam::{TARGET}:role/{role}", RoleSessionName="conformance", **more)
            self.keys[who] = {"aws_access_key_id": found["Credentials"]["AccessKeyId"],
                              "aws_secret_access_key": found["Credentials"]["SecretAccessKey"],
                              "aws_session_token": found["Credentials"]["SessionToken"]}
        return self.keys[who]

    def plain_client(self, service, who, region, **config):
        options = {"retries": {"total_max_attempts": 1, "mode": "standard"}, **config}
        return self.session.client(service, region_name=region, endpoint_url=self.server.endpoint,
                                   verify=self.server.ca_file, config=botocore.config.Config(**options),
                                   **self.keys_of(who))

    def client(self, service, who="target", region=REGION, **config):
        """A recorded client of boto3."""
        keys = self.keys_of(who)
        name = (service, tuple(keys.values()), region, tuple(sorted(config.items())))
        if name not in self.clients:
            made = self.clients[name] = self.plain_client(service, keys, region, **config)
            made.meta.events.register("after-call", self.note)
        return self.clients[name]

    def note(self, http_response, parsed, model, **_):
        code = parsed.get("Error", {}).get("Code") if http_response.status_code >= 300 else None
        self.record.last = (model.service_model.service_id, model.name, http_response.status_code, code, "boto3")

    def call(self, call, parameters):
        try:
            return call(**parameters)
        except botocore.exceptions.ClientError as error:
            said = error.response["Error"]
            raise Refused(said.get("Code"), said.get("Message", ""), error.operation_name) from None

    def answers(self, call, expected, /, then=None, **parameters):
        """The reply, which must be as expected; where there is nothing in a reply, `then` proves the effect."""
        if not expected and then is None:
            raise Wrong("a call without an expectation proves nothing")
        self.record.last = None
        try:
            reply = self.call(call, parameters)
        except Refused as error:
            raise Wrong(f"refused: {error}") from None
        seen = self.record.take()
        if seen is None or seen[3] is not None:
            raise Wrong(f"nothing was called: {seen}")
        found = difference(expected, reply)
        if found:
            raise Wrong(f"{seen[1]}: {found}")
        if then is not None and not then():
            raise Wrong(f"{seen[1]}: without its effect")
        if seen[4] == self.kind:
            self.record.valid[seen[:2]] = self.record.valid.get(seen[:2], 0) + 1
        return reply

    def refuses(self, code, call, /, text=None, **parameters):
        """True when the service itself refuses with this code (and a message in which `text` is found)."""
        self.record.last = None
        try:
            reply = self.call(call, parameters)
        except Refused as error:
            seen = self.record.take()
            if seen is None or seen[2] < 300:
                raise Wrong(f"not refused by the service: {error}") from None
            if error.code != code:
                raise Wrong(f"{seen[1]}: expected {code}: {error}") from None
            if text is not None and not re.search(text, error.message):
                raise Wrong(f"{seen[1]}: another text: {error.message!r}") from None
            if f"{seen[1]} is not offered by this simulator" in error.message:
                self.record.absent.add(seen[:2])
            elif seen[4] == self.kind:
                self.record.refusals.setdefault(seen[:2], set()).add(code)
            return True
        raise Wrong(f"{self.record.take()}: not refused with {code}: {reply}")

    def until(self, what, seconds=30):
        """What the function returns as soon as that is true: for what takes the cloud a moment."""
        end = time.monotonic() + seconds
        while True:
            found = what()
            if found:
                return found
            if time.monotonic() > end:
                raise Wrong(f"did not happen within {seconds} s")
            time.sleep(0.05)

    def instances(self, *names, region=REGION):
        """Ids of the fixture's instances in the target account."""
        ec2 = self.plain_client("ec2", "target", region)
        pages = ec2.get_paginator("describe_instances").paginate(Filters=[{"Name": "tag:Name", "Values": list(names)}])
        found = {}
        for reservation in pages.build_full_result()["Reservations"]:
            one = reservation["Instances"][0]
            found[next(tag["Value"] for tag in one["Tags"] if tag["Key"] == "Name")] = one["InstanceId"]
        return [found[name] for name in names]


class NodeKey:
    """A key pair as an agent makes one, by the openssl program."""

    def __init__(self, folder):
        self.file = os.path.join(tempfile.mkdtemp(prefix="key-", dir=folder), "key.pem")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.file)
        der = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        self.public = base64(der)

    def sign(self, text):
        return base64(openssl("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
                              "-sign", self.file, given=text.encode()))


def openssl(*arguments, given=b""):
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def base64(data):
    import base64 as codec
    return codec.b64encode(data).decode()
