"""Sessions with programs of others at both ends: a terminal in tmux with top and vim, PostgreSQL, OpenSSH; and a tunnel whose
connection is killed a hundred times.

Usage: session_peers_e2e.py [CASE]; POSTERN names the program. What the machine lacks is skipped, and said.
"""
import contextlib
import glob
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import e2e
from e2e import expect, expect_code, expect_equal
from session_e2e import WORLD, postern, scene, sessions

MIB = 1 << 20


def lacks(*programs):
    missing = [program for program in programs if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/usr/games")]
    if missing:
        print(f"    SKIPPED: this machine has no {', '.join(missing)}", flush=True)
    return bool(missing)


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        expect(time.monotonic() < end, f"{what() if callable(what) else what}: not within {seconds} s")
        time.sleep(0.05)
    return found


class Screen:
    """A program in a terminal of tmux; a context manager."""

    def __init__(self, made, command, columns=80, rows=24):
        self.made, self.socket = made, made.place.path("tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), command)
        self.tmux("set-option", "-g", "status", "off")
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def tmux(self, *words):
        variables = {**self.made.variables, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        return subprocess.run(["tmux", "-u", "-S", self.socket, *words], env=variables, cwd=self.made.place.folder,
                              check=True, capture_output=True, text=True).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.tmux("kill-server")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def line(self, text):
        self.tmux("send-keys", "-l", text)
        self.keys("Enter")

    def shown(self):
        return self.tmux("capture-pane", "-p")

    def expect(self, pattern, seconds=30):
        return wait_until(lambda: re.search(pattern, self.shown(), re.M), lambda: f"{pattern!r} on the screen:\n{self.shown()}", seconds)


def a_shell_in_a_terminal():
    if lacks("tmux", "vim", "top"):
        return
    with scene() as made:
        home = expect_code(postern(made, "exec", "web", "--", "cd; pwd -P"), 0).out.strip()
        command = f"sh -c 'stty -a >before; {shlex.quote(e2e.PROGRAM)} shell web; echo code $? >code; stty -a >after; sleep 100'"
        with Screen(made, command) as screen:
            screen.expect(r"[$#] ?$")
            screen.line("PS1='> '; export TERM=screen LANG=C.UTF-8; clear; stty size")
            screen.expect(r"^24 80$")
            screen.line("printf 'caf\\303\\251 \\342\\234\\223 \\346\\274\\242\\345\\255\\227\\n'")
            screen.expect("^café ✓ 漢字$")
            screen.line("top -d 1")
            screen.expect("load average")
            screen.expect("PID +USER")
            # top throws away what is typed while it leaves.
            wait_until(lambda: (screen.keys("q"), time.sleep(0.5), screen.keys("C-u"), screen.line("clear; echo top is over"),
                                time.sleep(0.5), re.search("^top is over", screen.shown(), re.M))[5],
                       lambda: f"the end of top:\n{screen.shown()}")
            screen.tmux("resize-window", "-x", "132", "-y", "43")
            wait_until(lambda: (screen.line("clear; stty size"), time.sleep(0.5), re.search("^43 132$", screen.shown(), re.M))[2],
                       lambda: f"the new size:\n{screen.shown()}")
            screen.line("vim -u NONE -i NONE -N text")
            screen.expect("^~")
            screen.keys("i")
            screen.tmux("send-keys", "-l", "naïve ✓ 漢字")
            screen.expect("naïve ✓ 漢字")
            screen.keys("Escape")
            screen.line(":wq")
            wait_until(lambda: os.path.exists(os.path.join(home, "text")), "the file of vim")
            wait_until(lambda: open(os.path.join(home, "text"), encoding="utf-8").read() == "naïve ✓ 漢字\n", "its text")
            screen.line("clear; echo asleep; sleep 1000")
            screen.expect("^asleep")
            screen.keys("C-c")
            screen.line("echo after $?")
            screen.expect("after 130$")
            # A paste of a megabyte, in lines that a terminal takes.
            text = "".join(hashlib.sha256(str(index).encode()).hexdigest() + "\n" for index in range(MIB // 65 + 1))
            made.place.write("paste", text)
            screen.line("clear; stty -echo; cat >pasted; stty echo; echo pasted it")
            time.sleep(1)
            screen.tmux("load-buffer", made.place.path("paste"))
            screen.tmux("paste-buffer")
            pasted = os.path.join(home, "pasted")
            wait_until(lambda: os.path.exists(pasted) and os.path.getsize(pasted) >= len(text) - 70,
                       lambda: f"paste: {os.path.getsize(pasted)}", 120)
            screen.keys("C-d")
            screen.expect("^pasted it")
            expect_equal(open(pasted, encoding="utf-8").read() == text, True, "what was pasted")
            screen.line("exit 3")
            wait_until(lambda: os.path.exists(made.place.path("after")) and os.path.getsize(made.place.path("after")), "the end")
            before, after = (open(made.place.path(name), encoding="utf-8").read() for name in ("before", "after"))
            expect_equal(re.sub("rows.*?;|columns.*?;", "", after), re.sub("rows.*?;|columns.*?;", "", before), "the terminal")


class Forward:
    """`postern forward WORDS`; a context manager with its ports here."""

    def __init__(self, made, *words, count=1):
        self.made, self.words, self.count = made, words, count

    def __enter__(self):
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen([e2e.PROGRAM, "forward", *self.words], env=self.made.variables, cwd=self.made.place.folder,
                                        stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT)
        self.ports = wait_until(lambda: (ports := re.findall(r"127\.0\.0\.1:(\d+) ->", self.said())) and len(ports) == self.count and ports,
                                lambda: f"a port: {self.said()}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.out.close()

    def said(self):
        # Of the file's own position: the child shares it.
        return os.pread(self.out.fileno(), 1 << 20, 0).decode("utf-8", "replace")


@contextlib.contextmanager
def postgres():
    folder = tempfile.mkdtemp(prefix="postern-e2e-pg-")
    shutil.chown(folder, "postgres")
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = os.path.join(folder, "data")
    subprocess.run([*as_owner, f"{programs}/initdb", "-D", data, "-A", "trust"], check=True, capture_output=True, cwd="/")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [*as_owner, f"{programs}/pg_ctl", "-D", data, "-w", "-l", os.path.join(folder, "log")]
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd="/")
    try:
        yield port
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


def postgresql_through_a_forward():
    if lacks("psql") or not glob.glob("/usr/lib/postgresql/*/bin/initdb"):
        return
    with scene() as made, postgres() as port, Forward(made, "web", f"0:{port}") as forward:
        def ask(sql):
            return subprocess.run(["psql", "-h", "127.0.0.1", "-p", forward.ports[0], "-U", "postgres", "-Atc", sql], check=True,
                                  capture_output=True, text=True, timeout=120).stdout.strip()
        expect_equal(ask("select sum(g) from generate_series(1, 1000000) g"), "500000500000", "a sum")
        expect_equal(ask("select md5(string_agg(g::text, ',')) from generate_series(1, 300000) g"),
                     hashlib.md5(",".join(map(str, range(1, 300001))).encode()).hexdigest(), "a hash")
        rows = ask("select g, md5(g::text) from generate_series(1, 50000) g").splitlines()
        expect_equal(rows, [f"{g}|{hashlib.md5(str(g).encode()).hexdigest()}" for g in range(1, 50001)], "rows")
        results = []
        threads = [threading.Thread(target=lambda n=n: results.append(ask(f"select {n}, pg_sleep(0.2)"))) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expect_equal(sorted(results, key=lambda text: int(text.split("|")[0])), [f"{n}|" for n in range(20)], "twenty at once")


@contextlib.contextmanager
def ssh_server(made):
    folder = tempfile.mkdtemp(prefix="postern-e2e-ssh-")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/{name}"], check=True)
    shutil.copy(f"{folder}/user.pub", f"{folder}/keys")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open(f"{folder}/config", "w", encoding="utf-8") as file:
        file.write(f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/keys\nUsePAM no\n"
                   f"PidFile none\nStrictModes no\nPermitRootLogin yes\nSubsystem sftp internal-sftp\n")
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    program = shutil.which("sshd", path="/usr/sbin:/sbin")
    server = subprocess.Popen([program, "-D", "-e", "-f", f"{folder}/config"], stderr=subprocess.DEVNULL)
    try:
        def answers():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        wait_until(answers, "sshd")
        yield port, folder
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def ssh_through_a_session():
    if lacks("sshd", "ssh", "scp"):
        return
    with scene() as made, ssh_server(made) as (port, folder):
        proxy = f"ProxyCommand={e2e.PROGRAM} ssh-proxy %h %p"
        options = ["-F", "none", "-i", f"{folder}/user", "-o", "StrictHostKeyChecking=no",
                   "-o", "UserKnownHostsFile=/dev/null", "-o", proxy, "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]

        def run(*words):
            return subprocess.run(words, env=made.variables, cwd=made.place.folder, capture_output=True, timeout=200)
        done = run("ssh", *options, "-p", str(port), "web", "echo out; echo err >&2; exit 5")
        expect_equal((done.returncode, done.stdout, done.stderr), (5, b"out\n", b"err\n"), "ssh")
        data = os.urandom(20 * MIB)
        made.place.write("data", data)
        done = run("scp", *options, "-P", str(port), made.place.path("data"), f"web:{folder}/there")
        expect_equal(done.returncode, 0, f"scp there: {done.stderr}")
        done = run("scp", *options, "-P", str(port), f"web:{folder}/there", made.place.path("back"))
        expect_equal(done.returncode, 0, f"scp back: {done.stderr}")
        expect_equal(hashlib.sha256(open(made.place.path("back"), "rb").read()).digest(), hashlib.sha256(data).digest(), "what came back")


def a_hundred_killed_connections():
    """50 MiB there and back, equal byte by byte, while the client's connection is ended a hundred times."""
    size = 50 * MIB
    world = WORLD + "session_faults:\n  - {kind: kill, from: client, bytes: 400000, count: 100}\n"
    with scene(world) as made:
        sent, came, listener = hashlib.sha256(), hashlib.sha256(), socket.create_server(("127.0.0.1", 0))

        def echo():
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1 << 16):
                    connection.sendall(data)
        threading.Thread(target=echo, daemon=True).start()
        with Forward(made, "web", f"0:{listener.getsockname()[1]}") as forward:
            with socket.create_connection(("127.0.0.1", int(forward.ports[0])), timeout=200) as connection:
                def send():
                    block = bytearray(os.urandom(1 << 16))
                    for index in range(size // len(block)):
                        block[:8] = index.to_bytes(8, "big")
                        connection.sendall(block)
                        sent.update(block)
                sender = threading.Thread(target=send)
                sender.start()
                left = size
                while left > 0:
                    data = connection.recv(min(left, 1 << 16))
                    expect(data, f"the stream ended {left} bytes early: {forward.said()}")
                    came.update(data)
                    left -= len(data)
                sender.join()
        listener.close()
        expect_equal(came.digest(), sent.digest(), "the stream")
        row = sessions(made)[0]
        expect(row["reconnections"] >= 100, f"reconnections: {row}")
        print(f"    {row['reconnections']} connections were lost", flush=True)


PLAYBOOK = """
- hosts: nodes
  gather_facts: true
  tasks:
    - {ansible.builtin.ping: null}
    - {ansible.builtin.command: greet, register: greeted}
    - {ansible.builtin.assert: {that: "greeted.stdout == 'hello from web'"}}
    - {ansible.builtin.copy: {src: "data.bin", dest: "{{ ansible_env.HOME }}/there.bin", mode: "0640"}}
    - {ansible.builtin.fetch: {src: "{{ ansible_env.HOME }}/there.bin", dest: "back.bin", flat: true}}
    - {ansible.builtin.shell: "echo 'äö' >&2; exit 7", register: failed, ignore_errors: true}
    - {ansible.builtin.assert: {that: "failed.rc == 7 and 'äö' in failed.stderr + failed.stdout"}}
"""


# Debian's botocore is older than AWS_ENDPOINT_URL.
ENDPOINTS = """
import os
import botocore.session

create_client = botocore.session.Session.create_client


def with_endpoint(self, *words, **more):
    more["endpoint_url"] = more.get("endpoint_url") or os.environ["AWS_ENDPOINT_URL"]
    return create_client(self, *words, **more)


botocore.session.Session.create_client = with_endpoint
"""


# The collection puts a sudo before every command.
WITH_SUDO = WORLD.replace("programs: {greet:", "programs: {sudo: \"#!/bin/sh\\nexec \\\"$@\\\"\\n\", greet:")


def ansible_through_the_plugin():
    """community.aws.aws_ssm with this program as its session-manager-plugin; modules and files go through a bucket."""
    if lacks("ansible-playbook"):
        return
    with scene(WITH_SUDO) as made:
        made.client("s3").create_bucket(Bucket="ansible-files")
        program = made.place.path("session-manager-plugin")
        os.symlink(os.path.abspath(e2e.PROGRAM), program)
        data = os.urandom(3 * MIB)
        with open(made.place.path("data.bin"), "wb") as file:
            file.write(data)
        made.place.write("playbook.yaml", PLAYBOOK)
        os.mkdir(made.place.path("python"))
        made.place.write("python/sitecustomize.py", ENDPOINTS)
        made.place.write("inventory.yaml", f"""
nodes:
  hosts:
    {made.ids["web"]}:
  vars:
    ansible_connection: community.aws.aws_ssm
    ansible_aws_ssm_region: us-east-1
    ansible_aws_ssm_bucket_name: ansible-files
    ansible_aws_ssm_plugin: {program}
    ansible_aws_ssm_s3_addressing_style: path
    ansible_python_interpreter: /usr/bin/python3
""")
        variables = {**made.variables, "ANSIBLE_HOST_KEY_CHECKING": "False", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
                     "ANSIBLE_LOCAL_TEMP": made.place.path("ansible"), "ANSIBLE_HOME": made.place.path("ansible"),
                     "PYTHONPATH": made.place.path("python")}
        done = subprocess.run(["ansible-playbook", "-i", "inventory.yaml", "playbook.yaml"], env=variables,
                              cwd=made.place.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=280)
        expect(done.returncode == 0, done.stdout + done.stderr)
        with open(made.place.path("back.bin"), "rb") as file:
            expect(file.read() == data, "the file that went there and came back")
        rows = [row for row in sessions(made) if row["verb"] == "session-manager-plugin"]
        expect(rows and all(row["status"] == "ended" for row in rows), str(rows))
        print(f"    {len(rows)} sessions", flush=True)


if __name__ == "__main__":
    sys.exit(e2e.run_cases([
        ("terminal", a_shell_in_a_terminal),
        ("postgresql", postgresql_through_a_forward),
        ("ssh", ssh_through_a_session),
        ("ansible", ansible_through_the_plugin),
        ("killed", a_hundred_killed_connections),
    ]))
