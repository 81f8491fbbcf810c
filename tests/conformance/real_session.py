"""Sessions of our commands into a node with the real amazon-ssm-agent: shell, exec, ports, ssh's proxy, files, encryption.

Runs when POSTERN_SSM_AGENT names the agent's program with its workers beside it, as root (see real_agent.py); POSTERN names ours.
"""
import hashlib
import json
import os
import pty
import re
import select
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time

import real_agent
import sim_harness
from real_agent import check, wait_for

# The agent makes a user for sessions: in a copy of /etc, not in the machine's.
START = """
set -e
for folder in /var/lib/amazon /var/log/amazon /home; do mkdir -p $folder; mount -t tmpfs none $folder; done
cp -a /etc "$PWD/etc" && mount --bind "$PWD/etc" /etc
"$1" -register -code "$2" -id "$3" -region "$4" -y
exec "$1"
"""


class Commands:
    """Our program with the operator's keys; a context manager."""

    def __init__(self, server):
        self.program = os.environ["POSTERN"]
        self.server = server

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="postern-sessions-")
        home = self.folder.name
        self.variables = {"PATH": os.environ["PATH"], "HOME": home, "AWS_ENDPOINT_URL": self.server.endpoint,
                          "AWS_CA_BUNDLE": self.server.ca_file, "AWS_REGION": real_agent.REGION, "TERM": "xterm",
                          "AWS_ACCESS_KEY_ID": sim_harness.OPERATOR["aws_access_key_id"],
                          "AWS_SECRET_ACCESS_KEY": sim_harness.OPERATOR["aws_secret_access_key"]}
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run(self, *words, stdin=b"", seconds=120):
        return subprocess.run([self.program, *words], env=self.variables, cwd=self.folder.name, input=stdin, capture_output=True,
                              timeout=seconds)

    def start(self, *words, **more):
        return subprocess.Popen([self.program, *words], env=self.variables, cwd=self.folder.name, **more)


def read_until(master, pattern, seconds=40):
    seen, late = b"", time.monotonic() + seconds
    while not re.search(pattern, seen):
        if not select.select([master], [], [], max(0.0, late - time.monotonic()))[0]:
            raise AssertionError(f"{pattern!r} is not in {seen[-2000:]!r}")
        try:
            seen += os.read(master, 65536)
        except OSError as error:
            raise AssertionError(f"ended before {pattern!r}: {seen[-2000:]!r}") from error
    return seen


def shells(commands, node):
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (31, 99))
    child = commands.start("shell", node, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    read_until(master, rb"[$#] $")
    os.write(master, b"stty size; echo me=$(id -un)\r")
    seen = read_until(master, rb"31 99\r\n[^\r]*me=\S+")
    check("a shell has the terminal's size", b"31 99" in seen, seen)
    check("as the user of sessions", b"me=ssm-user" in seen, seen)
    os.write(master, "printf 'caf\\303\\251 %s\\n' ✓\r".encode())
    read_until(master, "café ✓".encode())
    check("UTF-8 goes both ways", True)
    os.write(master, b"sleep 300\r")
    time.sleep(1)
    os.write(master, b"\x03")
    os.write(master, b"echo after=$?\r")
    read_until(master, rb"after=130")
    check("Ctrl-C is the node's", True)
    termios.tcsetwinsize(master, (20, 60))
    os.kill(child.pid, 28)
    os.write(master, b"sleep 1; stty size\r")
    read_until(master, rb"20 60")
    check("a new size arrives", True)
    os.write(master, b"exit\r")
    code = child.wait(timeout=60)
    os.close(master)
    check("a shell that is left is over", code == 0, code)


def executions(commands, node):
    done = commands.run("exec", node, "--", "echo out; echo err >&2; exit 7")
    check("exec has streams and exit code", (done.returncode, done.stdout, done.stderr) == (7, b"out\n", b"err\n"), done)
    data = os.urandom(200_000)
    done = commands.run("exec", node, "--", "sha256sum", stdin=data)
    check("exec hands input over", done.stdout.split()[:1] == [hashlib.sha256(data).hexdigest().encode()], done)
    done = commands.run("exec", node, "--", "head -c 300000 /dev/zero | tr '\\0' '\\377'")
    check("bytes that are no text arrive", done.stdout == b"\xff" * 300_000, len(done.stdout))


def echo_server():
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection):
        with connection:
            while data := connection.recv(65536):
                connection.sendall(data)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[connection], daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return listener


def ports(commands, node):
    with echo_server() as listener:
        port = listener.getsockname()[1]
        with tempfile.TemporaryFile() as out:
            child = commands.start("forward", node, f"0:{port}", stdout=out, stderr=subprocess.STDOUT)
            try:
                local = int(wait_for("a port", 60, lambda: re.search(rb"127\.0\.0\.1:(\d+) ->", os.pread(out.fileno(), 9999, 0)))[1])
                data = os.urandom(2 << 20)
                for count in (1, 8):
                    results = [b""] * count

                    def once(index):
                        with socket.create_connection(("127.0.0.1", local), timeout=120) as connection:
                            threading.Thread(target=connection.sendall, args=[data]).start()
                            while len(results[index]) < len(data):
                                results[index] += connection.recv(65536)
                    threads = [threading.Thread(target=once, args=[index]) for index in range(count)]
                    begin = time.monotonic()
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        thread.join()
                    took = time.monotonic() - begin
                    check(f"{count} forwarded connections carry 2 MiB both ways ({count * 2 / took:.2f} MiB/s)",
                          all(result == data for result in results))
            finally:
                child.terminate()
                child.wait()
        child = commands.start("ssh-proxy", node, str(port), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        text = b"A\n\n\n\n" + os.urandom(50_000)
        child.stdin.write(text)
        child.stdin.flush()
        check("ssh's proxy changes no byte", child.stdout.read(len(text)) == text)
        child.stdin.close()
        child.terminate()
        child.wait()


def files(commands, node):
    with open(commands.path("data"), "wb") as file:
        file.write(os.urandom(3 << 20))
    for words in (("cp", "data", f"{node}:there"), ("cp", f"{node}:there", "back")):
        done = commands.run(*words, seconds=300)
        check(" ".join(words[:2]), done.returncode == 0, done)
        print("    " + (done.stdout or done.stderr).decode().replace("\n", " ")[:300])
    same = open(commands.path("data"), "rb").read() == open(commands.path("back"), "rb").read()
    check("a file went there and came back", same)


def bucket(commands, node, clients):
    clients["s3"].create_bucket(Bucket="copies")
    size = 40 << 20
    with open(commands.path("large"), "wb") as file:
        file.write(os.urandom(size))
    for words in (("cp", "large", f"{node}:large"), ("cp", f"{node}:large", "large.back")):
        done = commands.run(*words, "--s3", "s3://copies/cp", "--via", "s3", "-o", "json", seconds=300)
        check(" ".join(words[:2]) + " through a bucket", done.returncode == 0, done)
        found = json.loads(done.stdout)
        check("all of it", found["bytes_through_s3"] == size)
        print(f"    {size / found['seconds'] / (1 << 20):.1f} MiB/s")
    check("the large file came back", open(commands.path("large"), "rb").read() == open(commands.path("large.back"), "rb").read())
    clients["s3"].delete_bucket(Bucket="copies")
    check("nothing is left in the bucket", True)


def encrypted(commands, node, clients):
    # The node's role may decrypt because the key says so.
    everybody = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}}
    key = clients["kms"].create_key(Description="sessions", Policy=json.dumps(everybody))["KeyMetadata"]["Arn"]
    content = {"schemaVersion": "1.0", "description": "preferences", "sessionType": "Standard_Stream", "inputs": {"kmsKeyId": key}}
    clients["ssm"].create_document(Name="SSM-SessionManagerRunShell", DocumentType="Session", Content=json.dumps(content))
    shells(commands, node)
    executions(commands, node)
    files(commands, node)
    check("sessions with a KMS key work", True)


def main():
    program = os.environ.get("POSTERN_SSM_AGENT", "")
    if not program or not os.environ.get("POSTERN"):
        real_agent.skip("POSTERN_SSM_AGENT is not set")
    if os.geteuid() != 0:
        real_agent.skip("it needs root")
    import boto3
    sim_harness.clean_environment()
    real_agent.START = START
    source = os.path.dirname(os.path.abspath(program))
    with sim_harness.Server(os.environ["POSTERN_SIM_SERVER"]) as server, Commands(server) as commands:
        clients = {name: boto3.client(name, region_name=real_agent.REGION, endpoint_url=server.endpoint, verify=server.ca_file,
                                      **sim_harness.OPERATOR) for name in ("ssm", "kms", "s3")}
        ssm = clients["ssm"]
        activation = ssm.create_activation(IamRole="HybridNode", DefaultInstanceName="real-agent")
        with real_agent.Agent(source, server, activation, "ssmmessages"):
            def online():
                found = ssm.describe_instance_information(Filters=[{"Key": "ActivationIds", "Values": [activation["ActivationId"]]}])
                return [n["InstanceId"] for n in found["InstanceInformationList"] if n["PingStatus"] == "Online"]
            node = wait_for("a node of the activation", real_agent.ONLINE_SECONDS, online)[0]
            wait_for("the control channel", 60, lambda: ssm.get_connection_status(Target=node)["Status"] == "connected")
            chosen = sys.argv[1:]
            for case in (shells, executions, ports, files):
                if not chosen or case.__name__ in chosen:
                    case(commands, node)
            if not chosen or "bucket" in chosen:
                bucket(commands, node, clients)
            if not chosen or "encrypted" in chosen:
                encrypted(commands, node, clients)


if __name__ == "__main__":
    main()
