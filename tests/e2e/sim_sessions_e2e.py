"""Sessions of `postern sim serve`: shells, commands and ports of its own agents, by a client that is written here.

Usage: sim_sessions_e2e.py [CASE]; POSTERN names the program.
"""
import contextlib
import os
import re
import socket
import sys
import threading

import boto3
import botocore.config

import e2e
import session_client
from e2e import expect, expect_equal
from session_client import Client, Closed
from sim_serve_e2e import Serving, truth

WORLD = """version: 1
name: sessions
hub: "111122223333"
accounts:
  - id: "111122223333"
    users: [{name: operator, access_key_id: AKIASESSIONS00000001, secret_access_key: made-up, allow: "*"}]
    instances:
      - {name: web, region: us-east-1, agent: live, programs: {greet: "#!/bin/sh\\necho hello from $POSTERN_SIM_HOSTNAME\\n"}}
      - {name: wide, region: us-east-1, agent: {profile: live, session_frame_bytes: 65536}}
      - {name: windows, region: us-east-1, agent: live, platform: windows}
"""


class Scene:
    """A served world, boto3's client of it, and sessions."""

    def __init__(self, serving):
        variables = serving.variables()
        self.ca_file = variables["AWS_CA_BUNDLE"]
        options = {"region_name": "us-east-1", "endpoint_url": variables["AWS_ENDPOINT_URL"], "verify": self.ca_file,
                   "aws_access_key_id": variables["AWS_ACCESS_KEY_ID"],
                   "aws_secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
                   "config": botocore.config.Config(retries={"total_max_attempts": 1, "mode": "standard"})}
        self.client = lambda service: boto3.client(service, **options)
        self.ssm = self.client("ssm")
        found = self.client("ec2").describe_instances()
        self.ids = {next(tag["Value"] for tag in one["Tags"] if tag["Key"] == "Name"): one["InstanceId"]
                    for group in found["Reservations"] for one in group["Instances"]}

    def start(self, node, document=None, **parameters):
        words = {"DocumentName": document} if document else {}
        if parameters:
            words["Parameters"] = {name: [value] for name, value in parameters.items()}
        return self.ssm.start_session(Target=self.ids[node], **words)

    def open(self, node, document=None, **parameters):
        started = self.start(node, document, **parameters)
        return started["SessionId"], Client(started["StreamUrl"], started["TokenValue"], self.ca_file)

    def status(self, session, state="Active"):
        found = self.ssm.describe_sessions(State=state, Filters=[{"key": "SessionId", "value": session}])["Sessions"]
        return found[0]["Status"] if found else None


@contextlib.contextmanager
def scene(*words, world=WORLD):
    with e2e.Place() as place:
        place.write("world.yaml", world)
        with Serving(place, "--world", place.path("world.yaml"), *words) as serving:
            made = Scene(serving)
            made.place, made.serving = place, serving
            yield made


def run(made, command, **more):
    """A command with separate streams: its output, errors and exit code."""
    session, client = made.open("web", "AWS-StartNonInteractiveCommand", command=command, separateOutputStream="true", **more)
    why = client.until_closed()
    expect_equal(why, "", f"the end of {command}")
    expect_equal(made.status(session, "History"), "Terminated", "status")
    return client


def a_shell_on_a_terminal():
    with scene() as made:
        session, client = made.open("web")
        client.until("$ ")
        expect_equal(made.status(session), "Connected", "status")
        client.resize(123, 45)
        client.type_in("stty size; greet; tty >/dev/null && echo on a $((1+1))tty\r")
        client.until("45 123\r\n", "hello from web\r\n", "on a 2tty\r\n")
        client.type_in("cat\r")
        client.type_in("it runs\r")
        client.until("it runs\r\nit runs\r\n")
        client.type_in("\x03")
        client.until("^C")
        client.type_in("echo back $((1+1))\r")
        client.until("back 2\r\n")
        client.type_in("printf '\\303\\244%.0s' 1 2 3; echo; exit 3\r")
        client.until("äää")
        expect_equal(client.until_closed(), "", "the end")
        expect_equal(made.status(session, "History"), "Terminated", "status")


def commands_tell_their_exit_code():
    with scene() as made:
        client = run(made, "sh -c 'greet; echo oops >&2; exit 7'")
        expect_equal((client.type, client.seen, client.errors, client.exit_code),
                     ("NonInteractiveCommands", b"hello from web\n", b"oops\n", 7), "separate streams")
        client = run(made, "sh -c 'echo a; echo b >&2'", stdoutSeparatorPrefix="OUT:", stderrSeparatorPrefix="ERR:")
        expect_equal((client.seen, client.errors, client.exit_code), (b"OUT:a\n", b"ERR:b\n", 0), "prefixes")
        client = run(made, "/no/such/program")
        expect(b"/no/such/program" in client.errors, f"a start error: {client.errors!r}")
        session, client = made.open("web", "AWS-StartNonInteractiveCommand", command="sh -c 'echo a; echo b >&2; exit 7'")
        client.until_closed()
        expect_equal((sorted(client.seen.split()), client.errors, client.exit_code), ([b"a", b"b"], b"", None), "merged")
        session, client = made.open("web", "AWS-StartNonInteractiveCommand",
                                    command="sh -c 'echo ready; exec sleep 600'", separateOutputStream="true")
        client.until("ready")
        client.type_in("\x03")
        client.until_closed()
        expect_equal(client.exit_code, 130, "interrupted")


def interactive_commands_have_a_terminal():
    with scene() as made:
        _, client = made.open("web", "AWS-StartInteractiveCommand", command="read line; echo got $line")
        client.type_in("it\r")
        client.until("got it\r\n")
        expect_equal(client.until_closed(), "", "the end")


def large_output_in_both_sizes():
    size = 3 << 20
    with scene() as made:
        for node in ("web", "wide"):
            _, client = made.open(node, "AWS-StartNonInteractiveCommand",
                                  command=f"head -c {size} /dev/zero", separateOutputStream="true")
            client.until_closed()
            expect_equal((len(client.seen), client.exit_code), (size, 0), node)
            # How full a message is depends on what the pipe holds; how full one may be does not.
            expect(client.largest == 1024 if node == "web" else 1024 < client.largest <= 65536,
                   f"{node}: {client.largest} bytes in one message")


def a_connection_that_is_lost():
    with scene() as made:
        session, client = made.open("web")
        client.until("$ ")
        client.type_in("echo before\r")
        client.until("before\r\n")
        started = made.ssm.resume_session(SessionId=session)
        again = Client(started["StreamUrl"], started["TokenValue"], made.ca_file)
        expect_equal(client.until_closed(), "another connection took this one's place", "the older connection")
        again.next_in, again.next_out = client.next_in, client.next_out
        again.type_in("echo after $((1+1))\r")
        again.until("after 2\r\n")
        again.terminate()
        expect_equal(again.until_closed(), "", "the end")
        expect_equal(made.ssm.resume_session(SessionId=session)["TokenValue"], "", "resumed when over")


def tokens_are_for_one_connection():
    with scene() as made:
        started = made.start("web")
        Client(started["StreamUrl"], started["TokenValue"], made.ca_file).until("$ ")
        for token in (started["TokenValue"], "made-up"):
            why = Client(started["StreamUrl"], token, made.ca_file).until_closed()
            expect("token" in why, f"{token}: {why}")
        try:
            Client(started["StreamUrl"].replace(started["SessionId"], "nobody-0"), "x", made.ca_file)
            raise AssertionError("a session that is not there was opened")
        except Closed as error:
            expect_equal(str(error), "status 404", "an unknown session")


def terminated_by_the_service():
    with scene("--truth", "truth.sock") as made:
        session, client = made.open("web")
        client.until("$ ")
        client.type_in("sleep 600 & echo child=$!\r")
        child = int(re.search(rb"child=(\d+)", client.until("child=", "\r\n$ ").rsplit(b"echo", 1)[1]).group(1))
        made.ssm.terminate_session(SessionId=session)
        expect_equal(client.until_closed(), "", "the end")
        seen = truth(made.place.path("truth.sock"))["node_sessions"][session]
        expect_equal((seen["status"], seen["target"], seen["connections"]), ("Terminated", made.ids["web"], 1), "the truth")
        made.serving.stop()
        expect(not os.path.exists(f"/proc/{child}") or zombie(child), "a job outlived its session")


def zombie(process):
    with open(f"/proc/{process}/stat", encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "Z"


def echo_server():
    """A port whose connections get back what they send, in capitals."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection):
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65536):
                connection.sendall(data.upper())

    def serve():
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
    return str(listener.getsockname()[1])


def mux(command, stream, data=b""):
    return bytes([1, command]) + len(data).to_bytes(2, "little") + stream.to_bytes(4, "little") + data


def ports():
    port = echo_server()
    with scene() as made:
        _, client = made.open("web", "AWS-StartSSHSession", portNumber=port)
        client.until_ready()
        client.send(session_client.DATA, b"one connection\n")
        client.until("ONE CONNECTION\n")
        client.terminate()
        client.until_closed()
        _, client = made.open("web", "AWS-StartPortForwardingSession", portNumber=port)
        client.until_ready()
        for stream in (3, 5):
            client.send(session_client.DATA, mux(0, stream) + mux(2, stream, b"stream %d" % stream))
        while not (mux(2, 3, b"STREAM 3") in client.seen and mux(2, 5, b"STREAM 5") in client.seen):
            client.turn()
        client.send(session_client.DATA, mux(1, 3))
        client.terminate()
        client.until_closed()
        _, client = made.open("web", "AWS-StartSSHSession", portNumber=str(e2e.free_port()))
        expect("Connection to destination port failed" in client.until_closed(), "nobody listens")
        _, client = made.open("web", "AWS-StartPortForwardingSessionToRemoteHost", host="169.254.169.254", portNumber="80")
        expect_equal(client.until_closed(), "Forwarding to IP address 169.254.169.254 is forbidden.", "metadata")


def windows_has_no_shell_here():
    with scene() as made:
        session, client = made.open("windows")
        expect("PowerShell" in client.until_closed(), "the reason")
        expect_equal(made.status(session, "History"), "Failed", "status")


def connections_that_faults_end():
    faults = "version: 1\nsession_faults:\n  - {kind: kill, from: client, bytes: 400, count: 1}\n  - {kind: expire, skip: 1}\n"
    with e2e.Place() as place:
        place.write("world.yaml", WORLD)
        place.write("faults.yaml", faults)
        with Serving(place, "--world", place.path("world.yaml"), "--faults", place.path("faults.yaml")) as serving:
            made = Scene(serving)
            session, client = made.open("web")
            client.until("$ ")
            client.type_in("echo " + "x" * 400 + "\r")
            expect_equal(client.until_closed(), "the connection ended", "killed")
            resumed = made.ssm.resume_session(SessionId=session)
            expect(resumed["TokenValue"] != "", "the first resumption")
            expect_equal(made.ssm.resume_session(SessionId=session)["TokenValue"], "", "the second one")


if __name__ == "__main__":
    sys.exit(e2e.run_cases([
        ("shell", a_shell_on_a_terminal),
        ("commands", commands_tell_their_exit_code),
        ("interactive", interactive_commands_have_a_terminal),
        ("large", large_output_in_both_sizes),
        ("resume", a_connection_that_is_lost),
        ("tokens", tokens_are_for_one_connection),
        ("terminate", terminated_by_the_service),
        ("ports", ports),
        ("windows", windows_has_no_shell_here),
        ("faults", connections_that_faults_end),
    ]))
