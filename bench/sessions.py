"""Sessions on a served simulated cloud: echo, ports, memory; beside the official plugin when its program is given.

Part of bench/run; `bench/sessions.py BUILD_DIR [--plugin PATH] [--quick]` runs it alone."""
import argparse
import contextlib
import copy
import json
import mmap
import os
import pty
import re
import resource
import selectors
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

MIB = 1 << 20
REGION = "us-east-1"
# Frames of AWS's agent, and of one that sends more at once, as the far side allows.
WORLD = """version: 1
name: sessions
hub: "111122223333"
accounts:
  - id: "111122223333"
    users: [{name: operator, access_key_id: AKIABENCH00000000001, secret_access_key: made-up, allow: "*"}]
    instances:
      - {name: plain, region: us-east-1, agent: live}
      - {name: large, region: us-east-1, agent: {profile: live, session_frame_bytes: 65536}}
"""
OPENED = re.compile(rb"Port (\d+) opened|127\.0\.0\.1:(\d+) ->")


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise SystemExit(f"bench/sessions.py: {what}: not within {seconds} s")
        time.sleep(0.005)
    return found


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) * 1024


class Cloud:
    """A served cloud; a context manager."""

    def __init__(self, postern):
        self.postern = os.path.abspath(postern)

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="postern-bench-")
        world, env = os.path.join(self.folder, "world.yaml"), os.path.join(self.folder, "env")
        with open(world, "w", encoding="utf-8") as file:
            file.write(WORLD)
        self.server = subprocess.Popen([self.postern, "sim", "serve", "--plain", "--world", world, "--env-file", env],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: os.path.exists(env), "the simulated cloud")
        with open(env, encoding="utf-8") as file:
            words = (line[len("export "):].strip().split("=", 1) for line in file if line.startswith("export "))
            self.variables = {**os.environ, "HOME": self.folder, **{name: value.strip("'\"") for name, value in words}}
        self.plain_port = int(self.variables["POSTERN_SIM_PLAIN_URL"].rsplit(":", 1)[1].rstrip("/"))
        # The plugin reads the machine's roots from there.
        self.variables["SSL_CERT_FILE"] = self.variables["AWS_CA_BUNDLE"]
        targets = json.loads(subprocess.run([self.postern, "targets", "-o", "json"], env=self.variables, cwd=self.folder,
                                            check=True, capture_output=True).stdout)["targets"]
        self.ids = {target["name"]: target["instance_id"] for target in targets}
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ours(self, *words):
        return [self.postern, *words]

    def through(self, relay):
        """This cloud for a client of ours whose data channels go through the relay."""
        other = copy.copy(self)
        plain = f"http://127.0.0.1:{self.plain_port}"
        other.variables = {**self.variables, "AWS_ENDPOINT_URL": plain,
                           "AWS_ENDPOINT_URL_SSMMESSAGES": f"http://127.0.0.1:{relay.port}"}
        return other

    def start_session(self, target, document=None, parameters=None):
        import boto3
        client = boto3.client("ssm", region_name=REGION, endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                              verify=self.variables["AWS_CA_BUNDLE"], aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
                              aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"])
        request = {"Target": self.ids[target]}
        if document:
            request.update(DocumentName=document, Parameters=parameters)
        answer = client.start_session(**request)
        answer.pop("ResponseMetadata")
        self.request = request
        return answer

    def theirs(self, plugin, target, document=None, parameters=None, relay=None):
        """The plugin's command line for a new session."""
        answer = self.start_session(target, document, parameters)
        if relay:
            answer["StreamUrl"] = re.sub(r"^wss://[^/]*", f"ws://127.0.0.1:{relay.port}", answer["StreamUrl"])
        return [plugin, json.dumps(answer), REGION, "StartSession", "", json.dumps(self.request), self.variables["AWS_ENDPOINT_URL"]]


class Terminal:
    """A program on a terminal of its own; a context manager."""

    def __init__(self, cloud, command):
        self.cloud, self.command = cloud, command

    def __enter__(self):
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        self.process = subprocess.Popen(self.command, stdin=slave, stdout=slave, stderr=slave, env=self.cloud.variables,
                                        cwd=self.cloud.folder, start_new_session=True)
        os.close(slave)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def read_until(self, end, seconds=30):
        seen, late = b"", time.monotonic() + seconds
        while end not in seen:
            with selectors.DefaultSelector() as selector:
                selector.register(self.master, selectors.EVENT_READ)
                if not selector.select(max(0, late - time.monotonic())):
                    raise SystemExit(f"bench/sessions.py: no {end!r} in {seen[-300:]!r}")
            seen += os.read(self.master, 65536)
        return seen


class Relay:
    """Between a client and the cloud, on connections without TLS: notes when a key leaves the client, and when its echo is handed
    to it. A process of its own, so that it takes no time of whom it looks at; a context manager."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.times = mmap.mmap(-1, 16)  # two doubles; 0: not yet

    def __enter__(self):
        self.child = os.fork()
        if self.child == 0:
            try:
                self.serve()
            finally:
                os._exit(0)
        self.listener.close()
        return self

    def __exit__(self, *_):
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)

    def reset(self):
        self.times[:] = bytes(16)

    def read(self):
        """When the key left, and when its echo was handed over."""
        return until(lambda: all(seen := struct.unpack("dd", self.times)) and seen, "a key's echo", 5)

    def serve(self):
        ends = {}
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.listener:
                        client, _ = self.listener.accept()
                        cloud = socket.create_connection(("127.0.0.1", self.to))
                        for one, other, out in ((client, cloud, True), (cloud, client, False)):
                            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                            ends[one] = (other, out)
                            selector.register(one, selectors.EVENT_READ)
                        continue
                    goal, out = ends[key.fileobj]
                    data = key.fileobj.recv(1 << 16)
                    now = time.perf_counter()
                    if not data:
                        selector.unregister(key.fileobj)
                        goal.shutdown(socket.SHUT_WR)
                        continue
                    if out and self.times[:8] == bytes(8):
                        self.times[:8] = struct.pack("d", now)
                    # Before it is handed over: whoever waits for it may be quicker than we are.
                    if not out and self.times[8:] == bytes(8) and b"output_stream_data  " in data:
                        self.times[8:] = struct.pack("d", time.perf_counter())
                    goal.sendall(data)


class Awake:
    """Keeps the processors from sleeping, at the lowest priority there is; a context manager. To wake a processor takes longer
    than what is to be seen here."""

    def __enter__(self):
        self.children = []
        for processor in os.sched_getaffinity(0):
            child = os.fork()
            if child == 0:
                os.setsid()
                os.sched_setaffinity(0, {processor})
                os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
                with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as file:
                    file.write("19")
                while True:
                    pass
            self.children.append(child)
        return self

    def __exit__(self, *_):
        for child in self.children:
            os.kill(child, 9)
            os.waitpid(child, 0)


class Bare:
    """The least that a client can be: what is typed goes out, what comes is shown; and a cloud to go with it, which echoes. What
    it takes is the terminal's, the sockets' and this measurement's own. A context manager."""

    SOURCE = """
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
int main(int count, char** words) {
  struct termios mode;
  tcgetattr(0, &mode);
  cfmakeraw(&mode);
  tcsetattr(0, TCSANOW, &mode);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct pollfd ends[2] = {{.fd = 0, .events = POLLIN}, {.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLIN}};
  if (connect(ends[1].fd, (struct sockaddr*)&to, sizeof to)) return 1;
  for (char bytes[4096];;) {
    poll(ends, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (!(ends[i].revents & (POLLIN | POLLHUP))) continue;
      ssize_t got = read(ends[i].fd, bytes, sizeof bytes);
      if (got <= 0 || write(i == 0 ? ends[1].fd : 1, bytes, got) != got) return 0;
    }
  }
}
"""

    def __init__(self, folder):
        self.program = os.path.join(folder, "bare")
        subprocess.run(["clang-19", "-O2", "-x", "c", "-o", self.program, "-"], input=self.SOURCE.encode(), check=True)

    def __enter__(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.child = os.fork()
        if self.child == 0:
            try:
                while True:
                    client, _ = listener.accept()
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    while data := client.recv(4096):
                        client.sendall(b"ready" if b"echo" in data else b"output_stream_data  " + data)
            finally:
                os._exit(0)
        listener.close()
        return self

    def __exit__(self, *_):
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)

    def command(self, relay):
        return [self.program, str(relay.port)]


class Echoes:
    """A client on a terminal, whose keys come back; a context manager."""

    def __init__(self, cloud, command, relay):
        self.relay = relay
        self.terminal = Terminal(cloud, command)
        self.count = 0

    def __enter__(self):
        self.terminal.__enter__()
        time.sleep(2.5)  # agents wait a second before they read
        os.write(self.terminal.master, b"echo rea''dy; exec cat >/dev/null\r")
        self.terminal.read_until(b"ready")
        time.sleep(0.5)
        return self

    def __exit__(self, *how):
        self.terminal.__exit__(*how)

    def added(self):
        """Seconds that the client takes of one key's echo: from the key to what leaves for the cloud, and from what comes of it
        to the terminal."""
        key = b"abcdefghij"[self.count % 10:self.count % 10 + 1]
        self.count += 1
        self.relay.reset()
        begin = time.perf_counter()
        os.write(self.terminal.master, key)
        seen = os.read(self.terminal.master, 4096)
        end = time.perf_counter()
        if key not in seen:
            raise SystemExit(f"bench/sessions.py: {key!r} is not the echo: {seen!r}")
        left, handed = self.relay.read()
        time.sleep(0.02)  # until the acknowledgements are through, too
        return left - begin + end - handed


class Peer:
    """A TCP server on loopback: counts what it gets, sends what it is asked for, or echoes; a context manager."""

    def __init__(self, kind, size=0):
        self.kind, self.size, self.got = kind, size, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.serve_echo if self.kind == "echo" else self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.sink if self.kind == "sink" else self.source, args=[connection], daemon=True).start()

    def sink(self, connection):
        with connection:
            left = self.size
            while left > 0 and (data := connection.recv(1 << 18)):
                left -= len(data)
                self.got += len(data)
            connection.sendall(b"k")
            connection.recv(1)

    def source(self, connection):
        with connection:
            connection.recv(1)
            block = bytes(range(256)) * 1024
            left = self.size
            while left > 0:
                connection.sendall(block[:left])
                left -= len(block)
            connection.recv(1)

    def serve_echo(self):
        self.listener.setblocking(False)
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    try:
                        if key.fileobj is self.listener:
                            connection, _ = self.listener.accept()
                            selector.register(connection, selectors.EVENT_READ)
                        elif data := key.fileobj.recv(65536):
                            key.fileobj.sendall(data)
                        else:
                            selector.unregister(key.fileobj)
                            key.fileobj.close()
                    except OSError:
                        return


@contextlib.contextmanager
def forwarding(cloud, command, count=1):
    """Runs a program that forwards; its ports here."""
    process = subprocess.Popen(command, env=cloud.variables, cwd=cloud.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        ports, seen = [], b""
        os.set_blocking(process.stdout.fileno(), False)
        end = time.monotonic() + 120
        while len(ports) < count:
            if time.monotonic() > end or process.poll() is not None:
                raise SystemExit(f"bench/sessions.py: {len(ports)} of {count} ports: {seen[-600:]!r}")
            seen += process.stdout.read() or b""
            ports = [int(one or two) for one, two in OPENED.findall(seen)]
            time.sleep(0.01)
        yield process, ports
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=120)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def upload(cloud, command, size, peer):
    """Bytes a second and CPU seconds for each MiB."""
    with forwarding(cloud, command) as (process, ports):
        with connect(ports[0]) as connection:
            before, begin = cpu_of(process.pid), time.perf_counter()
            block = bytes(1 << 18)
            for _ in range(size // len(block)):
                connection.sendall(block)
            connection.recv(1)
            took = time.perf_counter() - begin
        return size / took, (cpu_of(process.pid) - before) / (size / MIB)


def download(cloud, command, size, streams):
    with forwarding(cloud, command) as (process, ports):
        begin, before = time.perf_counter(), cpu_of(process.pid)

        def fetch():
            with connect(ports[0]) as connection:
                connection.sendall(b"g")
                left = size
                while left > 0 and (data := connection.recv(min(left, 1 << 18))):
                    left -= len(data)
                assert left == 0, f"{left} bytes did not come"
        threads = [threading.Thread(target=fetch) for _ in range(streams)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - begin
        return streams * size / took, (cpu_of(process.pid) - before) / (streams * size / MIB)


def theirs_forward(cloud, plugin, peer):
    return cloud.theirs(plugin, "plain", "AWS-StartPortForwardingSession", {"portNumber": [str(peer.port)], "localPortNumber": ["0"]})


def speed(rate):
    return f"{rate / MIB:.1f} MiB/s"


def many_connections(cloud, count):
    with Peer("echo") as peer, forwarding(cloud, cloud.ours("forward", "plain", f"0:{peer.port}")) as (_, ports):
        connections = [connect(ports[0]) for _ in range(count)]
        for index, connection in enumerate(connections):
            connection.sendall(b"%06d" % index)
        good = 0
        for index, connection in enumerate(connections):
            data = b""
            while len(data) < 6 and (more := connection.recv(6 - len(data))):
                data += more
            good += data == b"%06d" % index
        for connection in connections:
            connection.close()
        return good


def memory(cloud, count):
    """Bytes a session, of `count` in one process, beside one with a single session."""
    sizes = []
    with Peer("echo") as peer:
        for sessions in (1, count):
            words = [f"0:{peer.port}"] * sessions
            with forwarding(cloud, cloud.ours("forward", "plain", *words), sessions) as (process, ports):
                for port in ports:
                    with connect(port) as connection:
                        connection.sendall(b"x" * 4096)
                        left = 4096
                        while left > 0:
                            left -= len(connection.recv(left))
                sizes.append(rss_of(process.pid))
    return (sizes[1] - sizes[0]) / (count - 1)


def echoes(cloud, row, plugin, samples):
    """Medians of the bare client, ours and the plugin, which are asked by turns, key by key: whatever else the machine does meets
    all of them. What a client adds is what it takes beyond the bare one."""
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(Bare(cloud.folder))
        relays = [stack.enter_context(Relay(port)) for port in (bare.port, cloud.plain_port, cloud.plain_port)]
        clients = {"bare": stack.enter_context(Echoes(cloud, bare.command(relays[0]), relays[0])),
                   "ours": stack.enter_context(Echoes(cloud.through(relays[1]), cloud.ours("shell", "plain"), relays[1]))}
        if plugin:
            theirs = cloud.theirs(plugin, "plain", relay=relays[2])
            clients["theirs"] = stack.enter_context(Echoes(cloud, theirs, relays[2]))
        stack.enter_context(Awake())
        took = {name: [] for name in clients}
        for index in range(samples + 20):
            for name, client in clients.items():
                one = client.added()
                if index >= 20:
                    took[name].append(one)
    middle = {name: statistics.median(all_of_it) * 1e3 for name, all_of_it in took.items()}
    print("shell: from a key to its echo, ms, without the cloud: " + ", ".join(f"{name} {ms:.3f}" for name, ms in middle.items()))
    row("shell: what our client takes of a key's echo, ms / 1", f"{middle['ours']:.3f} ms", "1 ms", middle["ours"], 1, "at most")
    if plugin:
        ours, theirs = middle["ours"] - middle["bare"], middle["theirs"] - middle["bare"]
        row("shell: added to a key's echo, ours / plugin", f"{ours:.3f} ms", f"{theirs:.3f} ms", ours / theirs, 0.5, "at most")


def sessions(postern, row, plugin=None, quick=False):
    """Adds its rows by `row`, as bench/run has it."""
    if not plugin:
        print("the official session-manager-plugin was not given (--plugin PATH): its rows are left out")
    samples = 200 if quick else 1000
    with Cloud(postern) as cloud:
        echoes(cloud, row, plugin, samples)
        size = (64 if quick else 256) * MIB
        with Peer("sink", size) as peer:
            fast, spent = upload(cloud, cloud.ours("forward", "large", f"0:{peer.port}"), size, peer)
        if plugin:
            small = (8 if quick else 32) * MIB
            with Peer("sink", small) as peer:
                slow, their_spent = upload(cloud, theirs_forward(cloud, plugin, peer), small, peer)
            row("port forward, upload: ours / plugin", speed(fast), speed(slow), fast / slow, 5, "at least")
            row("port forward, upload: CPU per MiB, ours / plugin", f"{spent * 1e3:.1f} ms", f"{their_spent * 1e3:.1f} ms",
                spent / their_spent, 1 / 3, "at most")
            with Peer("source", small) as peer:
                slow, their_spent = download(cloud, theirs_forward(cloud, plugin, peer), small, 1)
            with Peer("source", small) as peer:
                fast, spent = download(cloud, cloud.ours("forward", "plain", f"0:{peer.port}", "--streams", "4"), small, 4)
            row("port forward, download by 4 sessions / plugin", speed(fast), speed(slow), fast / slow, 3, "at least")
            row("port forward, download: CPU per MiB, ours / plugin", f"{spent * 1e3:.1f} ms", f"{their_spent * 1e3:.1f} ms",
                spent / their_spent, 1 / 3, "at most")
        else:
            print(f"port forward, upload: {speed(fast)}, {spent * 1e3:.1f} ms CPU per MiB")
        good = many_connections(cloud, 1000)
        row("connections at once through one session / 1000", str(good), "1000", good / 1000, 1, "at least")
        each = memory(cloud, 200)
        row("200 sessions in one process: memory of each, MiB / 1", f"{each / MIB:.2f} MiB", "1 MiB", each / MIB, 1, "at most")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--plugin", help="the official session-manager-plugin, to measure beside it")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()

    def row(name, ours, theirs, ratio, bound, better):
        ok = ratio >= bound if better == "at least" else ratio <= bound
        print(f"{name:<70} {ours:>16} {theirs:>16} {ratio:>8.2f}x  {better} {bound:.2g}x  {'ok' if ok else 'MISSED'}")
        sys.stdout.flush()
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, max(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    sessions(os.path.join(args.build, "postern"), row, args.plugin, args.quick)


if __name__ == "__main__":
    main()
