"""Sessions of the command line on a served simulated cloud: shell, exec, ports, the plugin, and what the ledger has of them.

Usage: session_e2e.py [CASE]; POSTERN names the program.
"""
import contextlib
import hashlib
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading

import e2e
import pty_run
from e2e import expect, expect_code, expect_equal
from sim_serve_e2e import Serving
from sim_sessions_e2e import Scene

WORLD = """version: 1
name: sessions
hub: "111122223333"
accounts:
  - id: "111122223333"
    users: [{name: operator, access_key_id: AKIASESSIONS00000001, secret_access_key: made-up, allow: "*"}]
    instances:
      - {name: web, region: us-east-1, agent: live, programs: {greet: "#!/bin/sh\\necho hello from $POSTERN_SIM_HOSTNAME\\n"}}
      - {name: twin, region: us-east-1, agent: live}
      - {name: twin, region: us-east-1, agent: live}
      - {name: windows, region: us-east-1, agent: live, platform: windows}
      - {name: stopped, region: us-east-1, agent: live, state: stopped}
"""


@contextlib.contextmanager
def scene(world=WORLD):
    with e2e.Place() as place:
        place.write("world.yaml", world)
        with Serving(place, "--world", place.path("world.yaml")) as serving:
            made = Scene(serving)
            made.place, made.serving = place, serving
            made.variables = {**place.environment, **serving.variables()}
            yield made


def postern(made, *words, **more):
    return made.place.run(*words, environment=made.variables, **more)


def sessions(made):
    return postern(made, "audit", "sessions", "-o", "json").document()["sessions"]


def exec_tells_streams_and_exit_code():
    with scene() as made:
        done = expect_code(postern(made, "exec", "web", "--", "greet; echo oops >&2; exit 7"), 7)
        expect_equal((done.out, done.err), ("hello from web\n", "oops\n"), "streams", done)
        done = expect_code(postern(made, "exec", "web", "--", "printf", "%s|", "it's", "{{ x }}", "$HOME", "a  b", "`id`"), 0)
        expect_equal(done.out, "it's|{{ x }}|$HOME|a  b|`id`|", "words", done)
        done = expect_code(postern(made, "exec", "web", "--env", "NAME=a b", "--", "echo \"$NAME\""), 0)
        expect_equal(done.out, "a b\n", "a variable", done)
        done = postern(made, "exec", "web", "--document", "AWS-StartNonInteractiveCommand", "--no-stdin", "--",
                       "echo out; echo err >&2; exit 3")
        expect_equal((done.code, done.out, done.err), (3, "out\n", "err\n"), "without a terminal", done)
        # Every session is in the ledger, which is sound.
        rows = sessions(made)
        expect_equal([row["exit_code"] for row in rows], [3, 0, 0, 7], "exit codes")
        expect(all(row["verb"] == "exec" and row["status"] == "ended" and row["name"] == "web" for row in rows), str(rows))
        expect_code(postern(made, "ledger", "verify"), 0)


def exec_hands_input_over():
    with scene() as made:
        done = expect_code(postern(made, "exec", "web", "--", "wc -c; echo end", stdin="x" * 100_000), 0)
        expect_equal(done.out.split(), ["100000", "end"], "input", done)
        script = "cat | sha256sum"
        data = os.urandom(30_000)
        with open(made.place.path("data"), "wb") as file:
            file.write(data)
        with open(made.place.path("data"), "rb") as file:
            got = subprocess.run([e2e.PROGRAM, "exec", "web", "--", script], stdin=file, env=made.variables,
                                 cwd=made.place.folder, capture_output=True, timeout=60)
        expect_equal(got.stdout.split()[:1], [hashlib.sha256(data).hexdigest().encode()], f"every byte: {got}")
        # A command that reads nothing does not wait for the end of the input.
        with subprocess.Popen([e2e.PROGRAM, "exec", "web", "--", "echo done"], stdin=subprocess.PIPE, env=made.variables,
                              cwd=made.place.folder, stdout=subprocess.PIPE) as process:
            expect_equal(process.stdout.read(), b"done\n", "output")
            expect_equal(process.wait(timeout=30), 0, "exit code")
        large = postern(made, "exec", "web", "--no-stdin", "--", "head -c 1000000 /dev/zero | tr '\\0' x")
        expect_equal((large.code, len(large.out)), (0, 1_000_000), "much output")


def exec_is_interrupted():
    with scene() as made:
        # Many short sleeps: a shell that is interrupted just before it begins one hears of it when that one is over.
        waits = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.2; done"
        with subprocess.Popen([e2e.PROGRAM, "exec", "web", "--", waits],
                              stdin=subprocess.DEVNULL, env=made.variables, cwd=made.place.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            expect_equal(process.stdout.readline(), b"ready\n", "started")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            expect_equal((process.returncode, out), (9, b"caught\n"), err.decode())
        done = postern(made, "exec", "web", "--timeout", "2s", "--", "sleep 60")
        expect_equal(done.code, e2e.OTHER, "a deadline", done)
        expect_equal([made.status(row["session_id"], "History") for row in sessions(made)], ["Terminated"] * 2, "ended")


def targets_are_told_apart():
    with scene() as made:
        done = expect_code(postern(made, "exec", "twin", "--", "true"), e2e.USAGE)
        expect("'twin' is 2 nodes" in done.err and f"111122223333/us-east-1/{made.ids['twin']}" in done.err, "list", done)
        done = expect_code(postern(made, "exec", "stopped", "--", "true"), e2e.UNKNOWN)
        expect("it is stopped" in done.err, "the broken link", done)
        done = expect_code(postern(made, "exec", "nobody", "--", "true"), e2e.USAGE)
        done = expect_code(postern(made, "exec", made.ids["stopped"], "--", "true"), e2e.UNKNOWN)
        expect("it is stopped" in done.err, "by id", done)
        done = expect_code(postern(made, "exec", f"111122223333/us-east-1/{made.ids['web']}", "--", "greet"), 0)
        done = expect_code(postern(made, "exec", "windows", "--", "dir"), e2e.OTHER)
        expect("postern run" in done.err, "what to do instead", done)
        done = expect_code(postern(made, "--read-only", "exec", "web", "--", "true"), e2e.GATE)
        with pty_run.Session(made.place, "shell", "twin", environment=made.variables) as shell:
            shell.expect(r"which one\?")
            shell.press("1\r")
            shell.expect(r"[$#] ")
            shell.press("exit\r")
            expect_equal(shell.ended(), 0, "exit code")


def a_shell_is_a_terminal():
    with scene() as made:
        cast = made.place.path("web.cast")
        with pty_run.Session(made.place, "shell", "web", "--record", cast, "--reason", "INC-1", columns=123,
                             environment=made.variables) as shell:
            shell.expect(r"[$#] ")
            shell.press("stty size; greet; echo $((40+2))\r")
            shell.expect(r"40 123\r\n")
            shell.expect(r"hello from web\r\n42\r\n")
            shell.resize(50, 90)
            shell.press("until [ \"$(stty size)\" = '50 90' ]; do sleep 0.05; done; echo resized $((1+1))\r")
            shell.expect(r"resized 2\r\n")
            # Told by the process that the interrupt is for: between two commands a shell may take it for itself.
            shell.press("sh -c 'echo ready $((2+2)); exec sleep 600'\r")
            shell.expect(r"ready 4\r\n")
            shell.interrupt()
            shell.press("echo alive $((3+4))\r")
            shell.expect(r"alive 7\r\n")
            shell.press("printf '\\303\\244\\303\\266'; echo; ~?x\r")
            shell.expect("äö")
            shell.press("\r~?")
            shell.expect(r"\[postern: at the beginning of a line ~\. ends")
            shell.press("exit 3\r")
            expect_equal(shell.ended(), 0, "exit code")
        row = sessions(made)[0]
        expect_equal((row["verb"], row["cause"], row["reason"], row["status"]), ("shell", "closed", "INC-1", "ended"), str(row))
        recorded = open(cast, "rb").read()
        expect_equal(row["transcript_sha256"], hashlib.sha256(recorded).hexdigest(), "the recording's hash")
        lines = [json.loads(line) for line in recorded.decode().splitlines()]
        expect_equal((lines[0]["version"], lines[0]["width"]), (2, 123), "header")
        text = "".join(line[2] for line in lines[1:] if line[1] == "o")
        expect("hello from web" in text and "äö" in text, text)
        expect([line[2] for line in lines if isinstance(line, list) and line[1] == "r"] == ["90x50"], "resize")
        with pty_run.Session(made.place, "shell", "web", environment=made.variables) as shell:
            shell.expect(r"[$#] ")
            shell.press("echo a$((1+1))\r")
            shell.expect("a2")
            shell.press("\r~.")
            expect_equal(shell.ended(), 0, "exit code")
        expect_equal(sessions(made)[0]["cause"], "left", "cause")
        with pty_run.Session(made.place, "shell", "web", environment=made.variables) as shell:
            shell.expect(r"[$#] ")
            shell.process.send_signal(signal.SIGTERM)
            expect_equal(shell.ended(), e2e.INTERRUPTED, "exit code")
        row = sessions(made)[0]
        expect_equal((row["cause"], made.status(row["session_id"], "History")), ("interrupted", "Terminated"), "after SIGTERM")
        # Input that is no terminal: a script.
        done = expect_code(postern(made, "shell", "web", stdin="echo from a script $((1+1))\n"), 0)
        expect("from a script 2" in done.out, "script", done)


def a_restart_is_waited_for():
    with scene() as made:
        ec2 = made.client("ec2")
        address = ec2.describe_instances(InstanceIds=[made.ids["web"]])["Reservations"][0]["Instances"][0]["PrivateIpAddress"]
        done = expect_code(postern(made, "exec", address, "--", "greet"), 0)
        expect_equal(done.out, "hello from web\n", "by its private address", done)
        with pty_run.Session(made.place, "shell", "web", "--wait", environment=made.variables) as shell:
            shell.expect(r"[$#] ")
            shell.press("echo before $((1+1))\r")
            shell.expect(r"before 2\r\n")
            ec2.reboot_instances(InstanceIds=[made.ids["web"]])
            shell.expect(r"the session is gone; waiting for web", seconds=60)
            shell.expect(r"[$#] ", seconds=120)
            shell.press("echo after $((2+2))\r")
            shell.expect(r"after 4\r\n")
            shell.press("exit 5\r")
            expect_equal(shell.ended(), 0, "exit code")
        rows = [row for row in sessions(made) if row["verb"] == "shell"]
        expect_equal(len(rows), 2, f"sessions: {rows}")
        # One that was left is not taken for one that is gone, and without --wait the end is the end.
        with pty_run.Session(made.place, "shell", "web", "--wait", environment=made.variables) as shell:
            shell.expect(r"[$#] ")
            shell.press("exit\r")
            expect_equal(shell.ended(), 0, "exit code")
        with pty_run.Session(made.place, "shell", "web", environment=made.variables) as shell:
            shell.expect(r"[$#] ")
            ec2.reboot_instances(InstanceIds=[made.ids["web"]])
            shell.ended()
        expect_equal(len([row for row in sessions(made) if row["verb"] == "shell"]), 4, "sessions")


@contextlib.contextmanager
def upper_server():
    """A server on a loopback port that answers in capitals until its peer is done."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(peer):
        with peer:
            while data := peer.recv(65536):
                peer.sendall(data.upper())

    def accept():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with listener:
        yield listener.getsockname()[1]


def talk(address, data):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as peer:
        peer.settimeout(30)
        peer.connect(address)
        sender = threading.Thread(target=peer.sendall, args=(data,), daemon=True)
        sender.start()
        got = b""
        while len(got) < len(data):
            more = peer.recv(65536)
            if not more:
                break
            got += more
        sender.join(10)
        return got


def talk_or_end(address, data):
    """`talk` while sessions end. A connection that an ending session carries ends with it, by a reset when bytes of it
    were not carried; the next one finds another session."""
    try:
        return talk(address, data)
    except (ConnectionResetError, BrokenPipeError):
        return b""


class Running:
    """A `postern` that runs until the block ends; `stdout` is read by line."""

    def __init__(self, made, *words, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen([e2e.PROGRAM, *words], stdin=stdin, env=made.variables, cwd=made.place.folder,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def line(self):
        got = self.process.stdout.readline().decode()
        expect(got, "it ended: " + (self.process.stderr.read().decode() if not got else ""))
        return got

    def stop(self, code):
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        expect_equal(self.process.returncode, code, f"exit code: {out!r} {err.decode()}")
        return err.decode()


def ports_are_forwarded():
    with scene() as made, upper_server() as port:
        path = made.place.path("a.sock")
        with Running(made, "forward", "web", f"0:{port}", f"{path}:127.0.0.1:{port}", "--streams", "2") as running:
            lines = sorted([running.line(), running.line()], key=lambda line: line.startswith("/"))
            found = re.fullmatch(r"127\.0\.0\.1:(\d+) -> web \(i-[0-9a-f]+\) (\d+)\n", lines[0])
            expect(found and int(found.group(2)) == port, f"lines: {lines}")
            expect(lines[1].startswith(path + " -> web"), f"lines: {lines}")
            here = ("127.0.0.1", int(found.group(1)))
            data = os.urandom(300_000).replace(b"a", b"b").hex().encode()
            expect_equal(talk(here, data), data.upper(), "a large one")
            results = []
            threads = [threading.Thread(target=lambda n=n: results.append(talk(here, b"hello %d" % n))) for n in range(30)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            expect_equal(sorted(results), sorted(b"HELLO %d" % n for n in range(30)), "many at once")
            expect_equal(talk(path, b"through a socket"), b"THROUGH A SOCKET", "a unix socket")
            expect_equal(os.stat(path).st_mode & 0o777, 0o600, "its rights")
            # The service ends the sessions: others take their place, and that is said.
            for session in made.ssm.describe_sessions(State="Active")["Sessions"]:
                made.ssm.terminate_session(SessionId=session["SessionId"])
            expect(any(talk_or_end(here, b"again") == b"AGAIN" for _ in range(200)), "after the end of its session")
            said = running.stop(e2e.INTERRUPTED)
            expect("opening another" in said, said)
        expect(not os.path.exists(path), "the socket is left behind")
        rows = sessions(made)
        expect(len(rows) >= 5 and all(row["status"] == "ended" and row["verb"] == "forward" for row in rows), str(rows))
        expect_equal(made.ssm.describe_sessions(State="Active")["Sessions"], [], "sessions that are left")
        # A port that is taken, one that nobody listens at, and a set of the fleet file.
        done = expect_code(postern(made, "forward", "web", f"{port}:80"), e2e.USAGE)
        expect(f"cannot listen at 127.0.0.1:{port}" in done.err, "taken", done)
        done = expect_code(postern(made, "forward", "web", "80x"), e2e.USAGE)
        made.place.write("fleet.yaml", 'version: 1\nhub: {account: "111122223333"}\ndefaults: {regions: [us-east-1]}\n'
                         'accounts: [{id: "111122223333", name: home}]\n'
                         f'tunnels: {{office: {{target: "name:web", forward: ["0:{port}"]}}}}\n')
        done = expect_code(postern(made, "forward", "--fleet", made.place.path("fleet.yaml"), "@offic"), e2e.USAGE)
        expect("did you mean '@office'" in done.err, "a typing error", done)
        with Running(made, "forward", "--fleet", made.place.path("fleet.yaml"), "@office") as running:
            found = re.match(r"127\.0\.0\.1:(\d+) -> ", running.line())
            expect(found, "a line")
            expect_equal(talk(("127.0.0.1", int(found.group(1))), b"a set"), b"A SET", "through a set of the fleet file")
            running.stop(e2e.INTERRUPTED)


def a_proxy_for_ssh():
    with scene() as made, upper_server() as port:
        with Running(made, "ssh-proxy", "web", str(port), stdin=subprocess.PIPE) as running:
            data = b"\n".join([b"ssh-2.0", b"\n", b"abc" * 50_000]) + b"\n"
            sender = threading.Thread(target=lambda: (running.process.stdin.write(data), running.process.stdin.flush()))
            sender.start()
            got = b""
            while len(got) < len(data):
                got += os.read(running.process.stdout.fileno(), 65536)
            sender.join()
            expect_equal(got, data.upper(), "every byte, and no others")
            running.process.send_signal(signal.SIGHUP)
            _, err = running.process.communicate(timeout=30)
            expect_equal((running.process.returncode, err), (0, b""), "ssh hangs up without a word")
        row = sessions(made)[0]
        expect_equal((row["verb"], row["cause"], made.status(row["session_id"], "History")), ("ssh-proxy", "left", "Terminated"),
                     str(row))
        done = expect_code(postern(made, "ssh-config", "--user", "ops", "-s", "state:running"), 0)
        expect(f"Host web 111122223333/us-east-1/web {made.ids['web']}\n  User ops\n" in done.out, "a block", done)
        expect(f"ssh-proxy 111122223333/us-east-1/{made.ids['web']} %p" in done.out, "the proxy", done)
        expect("Host twin" not in done.out, "two of a name", done)
        done = expect_code(postern(made, "ssh-config", "--pattern"), 0)
        expect("Host i-* mi-*\n" in done.out and "ssh-proxy %h %p" in done.out, "the pattern", done)


def the_plugin_carries_ports():
    with scene() as made, upper_server() as port:
        request = {"Target": made.ids["web"], "DocumentName": "AWS-StartPortForwardingSession",
                   "Parameters": {"portNumber": [str(port)], "localPortNumber": ["0"]}}
        started = made.ssm.start_session(**request)
        response = json.dumps({key: started[key] for key in ("SessionId", "TokenValue", "StreamUrl")})
        process = subprocess.Popen([plugin(made), response, "us-east-1", "StartSession", "", json.dumps(request),
                                    made.variables["AWS_ENDPOINT_URL"]], env=made.variables, cwd=made.place.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            text = ""
            while "Waiting for connections..." not in text:
                line = process.stdout.readline().decode()
                expect(line, f"it ended: {text}")
                text += line
            found = re.search(r"Port (\d+) opened for sessionId (\S+)\.\n", text)
            expect(found and found.group(2) == started["SessionId"], text)
            expect_equal(talk(("127.0.0.1", int(found.group(1))), b"hello"), b"HELLO", "through it")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            expect(f"Connection accepted for session [{started['SessionId']}]" in out.decode(), f"{out} {err}")
            expect_equal(process.returncode, e2e.INTERRUPTED, err.decode())
        finally:
            process.kill()
            process.communicate()
        expect_equal(made.status(started["SessionId"], "History"), "Terminated", "status")


def plugin(made):
    path = made.place.path("session-manager-plugin")
    if not os.path.exists(path):
        os.symlink(os.path.abspath(e2e.PROGRAM), path)
    return path


def run_plugin(made, started, request, words=(), environment=None, stdin=subprocess.DEVNULL):
    response = json.dumps({key: started[key] for key in ("SessionId", "TokenValue", "StreamUrl")})
    variables = {**made.variables, **(environment or {})}
    words = words or (response, "us-east-1", "StartSession", "", json.dumps(request), made.variables["AWS_ENDPOINT_URL"])
    return subprocess.run([plugin(made), *words], env=variables, cwd=made.place.folder, capture_output=True, stdin=stdin,
                          timeout=60)


def the_plugin_stands_in():
    with scene() as made:
        version = subprocess.run([plugin(made), "--version"], capture_output=True, text=True, check=True).stdout
        expect(re.fullmatch(r"\d+\.\d+\.\d+\.\d+\n", version), f"version: {version!r}")
        words = subprocess.run([plugin(made)], capture_output=True, text=True, check=True).stdout
        expect("was installed successfully" in words, words)
        request = {"Target": made.ids["web"], "DocumentName": "AWS-StartNonInteractiveCommand",
                   "Parameters": {"command": ["sh -c 'greet; echo oops >&2; exit 7'"], "separateOutputStream": ["true"]}}
        started = made.ssm.start_session(**request)
        done = run_plugin(made, started, request)
        expect_equal(done.returncode, 7, f"exit code: {done}")
        text = done.stdout.decode()
        expect(f"Starting session with SessionId: {started['SessionId']}" in text and "hello from web" in text, text)
        expect("EXIT_CODE: 7" in text and f"Exiting session with sessionId: {started['SessionId']}." in text, text)
        expect(b"oops" in done.stderr, done.stderr.decode())
        # The answer in a variable, which nobody sees any more.
        request = {"Target": made.ids["web"], "DocumentName": "AWS-StartInteractiveCommand",
                   "Parameters": {"command": ["greet"]}}
        started = made.ssm.start_session(**request)
        response = json.dumps({key: started[key] for key in ("SessionId", "TokenValue", "StreamUrl")})
        name = "AWS_SSM_START_SESSION_RESPONSE_1"
        done = run_plugin(made, started, request, environment={name: response},
                          words=(name, "us-east-1", "StartSession", "", json.dumps(request)))
        expect(done.returncode == 0 and b"hello from web" in done.stdout, str(done))
        # Three arguments.
        started = made.ssm.start_session(**request)
        done = run_plugin(made, started, request, words=(json.dumps(
            {key: started[key] for key in ("SessionId", "TokenValue", "StreamUrl")}), "us-east-1", "StartSession"))
        expect(done.returncode == 0 and b"hello from web" in done.stdout, str(done))
        done = run_plugin(made, started, request, words=("{}", "us-east-1", "StartSession"))
        expect_equal(done.returncode, e2e.USAGE, str(done))
        expect_equal([row["verb"] for row in sessions(made)], ["session-manager-plugin"] * 3, "ledger")


def the_aws_cli_uses_it():
    aws = "/usr/bin/aws"
    if not os.path.exists(aws):
        print("    no AWS CLI here: this case is skipped")
        return
    with scene() as made:
        plugin(made)
        variables = {**made.variables, "PATH": made.place.folder + ":" + made.variables["PATH"]}
        done = subprocess.run([aws, "--endpoint-url", variables["AWS_ENDPOINT_URL"], "ssm", "start-session", "--target",
                               made.ids["web"], "--document-name", "AWS-StartInteractiveCommand", "--parameters", "command=greet"],
                              env=variables, cwd=made.place.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        expect(done.returncode == 0 and b"hello from web" in done.stdout, str(done))


@contextlib.contextmanager
def fake_ecs(made):
    """What ECS answers to ExecuteCommand: a session of Systems Manager, under its own names. Records what it was asked."""
    asked = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.headers["X-Amz-Target"].rsplit(".", 1)[1]
            asked.append((name, request))
            arn = "arn:aws:ecs:us-east-1:111122223333:"
            if name == "ExecuteCommand":
                made_up = made.start("web", "AWS-StartInteractiveCommand", command=request["command"])
                answer = {"clusterArn": arn + "cluster/ops", "taskArn": arn + "task/ops/0123", "containerName": "app",
                          "interactive": True, "session": {"sessionId": made_up["SessionId"], "streamUrl": made_up["StreamUrl"],
                                                           "tokenValue": made_up["TokenValue"]}}
            else:
                answer = {"tasks": [{"containers": [{"name": "app", "runtimeId": "0123-456"}]}], "failures": []}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()


def the_aws_cli_enters_containers_with_it():
    aws = "/usr/bin/aws"
    if not os.path.exists(aws):
        print("    no AWS CLI here: this case is skipped")
        return
    with scene() as made, fake_ecs(made) as (endpoint, asked):
        plugin(made)
        variables = {**made.variables, "PATH": made.place.folder + ":" + made.variables["PATH"]}
        for command, said, ends in (("greet", b"hello from web", 0), ("echo $((40+2))", b"42", 0)):
            done = subprocess.run([aws, "--endpoint-url", endpoint, "ecs", "execute-command", "--cluster", "ops", "--task", "0123",
                                   "--container", "app", "--interactive", "--command", command],
                                  env=variables, cwd=made.place.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
            expect(done.returncode == ends and said in done.stdout, str(done))
        expect_equal([name for name, _ in asked], ["ExecuteCommand", "DescribeTasks"] * 2, "calls of ECS")
        rows = [row for row in sessions(made) if row["verb"] == "session-manager-plugin"]
        expect(len(rows) == 2 and all(row["target"] == "ecs:ops_0123_0123-456" for row in rows), str(rows))


if __name__ == "__main__":
    sys.exit(e2e.run_cases([
        ("exec", exec_tells_streams_and_exit_code),
        ("input", exec_hands_input_over),
        ("interrupt", exec_is_interrupted),
        ("targets", targets_are_told_apart),
        ("shell", a_shell_is_a_terminal),
        ("restart", a_restart_is_waited_for),
        ("forward", ports_are_forwarded),
        ("ssh", a_proxy_for_ssh),
        ("plugin", the_plugin_stands_in),
        ("plugin ports", the_plugin_carries_ports),
        ("aws cli", the_aws_cli_uses_it),
        ("aws ecs", the_aws_cli_enters_containers_with_it),
    ]))
