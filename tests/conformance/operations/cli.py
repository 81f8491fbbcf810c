"""The AWS CLI as a client: its own code in a process (cli_worker.py), called with arguments, heard on standard output.

A call is `aws SERVICE COMMAND --cli-input-json PARAMETERS`; what the CLI wants otherwise (files for content) is below.
"""
import base64
import io
import json
import os
import re
import subprocess
import tempfile

import frame

PYTHON = "/usr/bin/python3"  # whose modules are apt's
COMMANDS = {"s3": "s3api"}
# The commands that write what they get into a file whose name comes last; they take no JSON.
FILES = {"get_object": (), "create_virtual_mfa_device": ("--bootstrap-method", "Base32StringSeed", "--outfile")}
# What stands in for the plugin that `aws ssm start-session` starts: it only keeps what it was given.
PLUGIN = '#!/bin/sh\n[ "$1" = --version ] && exec echo 1.2.707.0\nprintf %s "$1" > "$PLUGIN_GIVEN"\n'
ERROR = re.compile(r"An error occurred \(([^)]+)\) when calling the (\w+) operation(?: \([^)]*\))?: ?(.*)", re.DOTALL)


class CliWorld(frame.World):
    """The same cases through the CLI. What the CLI has no command for goes through boto3 and is not counted."""

    kind = "cli"

    def __init__(self, server):
        super().__init__(server)
        self.ids = {}
        programs = tempfile.mkdtemp(prefix="plugin-", dir=server.folder)
        with open(os.open(os.path.join(programs, "session-manager-plugin"), os.O_CREAT | os.O_WRONLY, 0o755), "w",
                  encoding="utf-8") as file:
            file.write(PLUGIN)
        self.plugin_given = os.path.join(programs, "given.json")
        environment = {**os.environ, "AWS_CA_BUNDLE": server.ca_file, "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1",
                       "PATH": programs + ":" + os.environ["PATH"], "PLUGIN_GIVEN": self.plugin_given}
        worker = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cli_worker.py")
        self.worker = subprocess.Popen([PYTHON, worker], env=environment, text=True, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)

    def client(self, service, who="target", region=frame.REGION, **config):
        if service in (frame.EC2MESSAGES, frame.SSM_AGENT, frame.DRS_NEWER) or config:
            return super().client(service, who, region, **config)
        return CliClient(self, service, self.keys_of(who), region)

    def operation(self, service, method):
        """(service id, operation's name), as boto3's model of the service says."""
        if service not in self.ids:
            client = self.plain_client(service, "hub", frame.REGION)
            self.ids[service] = (client.meta.service_model.service_id, client.meta.method_to_api_mapping, client)
        return self.ids[service][0], self.ids[service][1][method]

    def pages(self, service, method):
        self.operation(service, method)
        return self.ids[service][2].can_paginate(method)

    def run(self, keys, arguments):
        """Exit status, standard output and standard error of `aws ARGUMENTS`."""
        given = ["--endpoint-url", self.server.endpoint, "--output", "json", *arguments]
        asked = {"keys": keys, "command": arguments[1], "arguments": given}
        self.worker.stdin.write(json.dumps(asked) + "\n")
        self.worker.stdin.flush()
        return json.loads(self.worker.stdout.readline())

    def close(self):
        self.worker.stdin.close()
        self.worker.wait(timeout=30)


class CliClient:
    """Has the methods of boto3's client of the same service."""

    def __init__(self, world, service, keys, region):
        self._world, self._service, self._keys, self._region = world, service, keys, region

    def __getattr__(self, method):
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda **parameters: self._call(method, parameters)

    def _call(self, method, parameters):
        world = self._world
        name = world.operation(self._service, method)
        with tempfile.TemporaryDirectory(dir=world.server.folder) as folder:
            content = os.path.join(folder, "content")
            arguments = [COMMANDS.get(self._service, self._service), method.replace("_", "-"), "--region", self._region]
            given = dict(parameters)
            if self._service == "kms":
                given = {name_of: base64.b64encode(value).decode() if isinstance(value, bytes) else value
                         for name_of, value in given.items()}
            if isinstance(given.get("Body"), bytes):
                with open(content, "wb") as file:
                    file.write(given.pop("Body"))
                arguments += ["--body", content]
            if world.pages(self._service, method):
                arguments.append("--no-paginate")
            if method in FILES:
                for name_of, value in given.items():
                    words = re.sub("(?<=[a-z])(?=[A-Z])", "-", name_of.replace("MFA", "Mfa")).lower()
                    arguments += ["--" + words, value]
                arguments += [*FILES[method], content]
            else:
                arguments += ["--cli-input-json", json.dumps(given, default=str)]
            status, out, err = world.run(self._keys, arguments)
            if status != 0:
                found = ERROR.search(err)
                if found is None:
                    raise frame.Wrong(f"aws {' '.join(arguments)}: status {status}: {err}")
                world.record.last = (*name, 400, found[1], "cli")
                raise frame.Refused(found[1], found[3].strip(), found[2])
            world.record.last = (*name, 200, None, "cli")
            reply = json.loads(out) if out.strip() else {}
            if method == "start_session":
                with open(world.plugin_given, encoding="utf-8") as file:
                    reply = json.load(file)
            if method in FILES:
                with open(content, "rb") as file:
                    written = file.read()
                if method == "get_object":
                    reply["Body"] = io.BytesIO(written)
                else:
                    reply["VirtualMFADevice"]["Base32StringSeed"] = written
            return reply
