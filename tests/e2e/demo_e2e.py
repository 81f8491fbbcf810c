"""`postern demo` as a user sees it: the story to its end, in narrow and wide terminals, and interrupted.

Usage: demo_e2e.py [CASE]; POSTERN names the program. The terminal cases need tmux.
"""
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import e2e

SECONDS_MAX = 60
TEXTS = ("SIMULATED", "$ postern accounts check", "2 of 3 accounts ok", "aws iam get-role --role-name PosternOperator",
         "$ postern targets --select @dr", "connection_lost", "not_managed", "$ postern run --select all --dry-run",
         "to run it, say also: --confirm ", "$ postern run --confirm ", "canary", "none may fail",
         "6.1.115-126.197.amzn2023.x86_64", "6.1.92-99.174.amzn2023.x86_64", "web-04",
         "sandbox", "systemctl is-active nginx", "batch-01", "(exit code 1)", "(exit code 4)",
         "Everything went as the world's faults demand")
DR_TEXTS = ("SIMULATED", "admin$ postern render roles --for hub", "admin$ postern deploy roles --for hub --yes",
            "aws ec2 associate-iam-instance-profile", "orchestrator$ postern accounts check", "3 of 3 accounts ok",
            "admin$ postern dr init", "admin$ postern deploy alarms", "orchestrator$ postern dr prepare", "NO_INSTANCE_PROFILE",
            "orchestrator$ postern dr rollout --yes --expect 114 --until protected", "KERNEL_UNSUPPORTED", "DISK_SPACE",
            "PHANTOM_INSTALL", "GCC_MISSING", "130 instances:", "98 protected", "orchestrator$ postern cancel 0",
            "orchestrator$ postern dr drill --select tag:app=shop", "22 succeeded, 3 failed", "InsufficientInstanceCapacity",
            "--failed-of latest", "3 succeeded, 0 failed", "nothing is left of it", "audit who PosternRecover",
            "Everything went as the world's faults demand", "sim serve --example dr", "left out ...", "(exit code 3)")
NEVER = ("not what this world should give", "Something did not go as designed", "Traceback", "AWS_SECRET")


def left_behind(place):
    """Files in TMPDIR, and processes that know the folder of this test."""
    files = sorted(os.listdir(place.path("tmp")))
    processes = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            seen = open(f"/proc/{pid}/environ", "rb").read() + open(f"/proc/{pid}/cmdline", "rb").read()
            if place.folder.encode() in seen:
                processes.append(open(f"/proc/{pid}/cmdline", "rb").read().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return files, processes


def expect_nothing_left(place):
    """What was killed may take a moment to be gone."""
    until = time.monotonic() + 5
    while left_behind(place) != ([], []) and time.monotonic() < until:
        time.sleep(0.05)
    e2e.expect_equal(left_behind(place), ([], []), "files and processes left behind")


def story():
    with e2e.Place() as place:
        done = e2e.expect_code(place.run("demo", timeout=SECONDS_MAX), 0)
        for text in TEXTS:
            e2e.expect(text in done.out + done.err, f"{text!r} is not in the story", done)
        for text in NEVER:
            e2e.expect(text not in done.out + done.err, f"{text!r} is in the story", done)
        e2e.expect("\x1b" not in done.out + done.err, "colours without a terminal", done)
        widest = max(len(line) for line in (done.out + done.err).splitlines() if "http" not in line)
        print(f"        {done.seconds:.1f} s, {done.rss_mib:.0f} MiB, widest line {widest}")
        expect_nothing_left(place)
        done = place.run("demo", "--exit-code", timeout=SECONDS_MAX)
        e2e.expect_code(done, 1)  # of the story's last run
        expect_nothing_left(place)


def dr_story():
    """Hours of it in a few seconds, and shown shortened."""
    with e2e.Place() as place:
        done = e2e.expect_code(place.run("demo", "--dr", timeout=SECONDS_MAX), 0)
        for text in DR_TEXTS:
            e2e.expect(text in done.out, f"{text!r} is not in the story", done)
        for text in NEVER:
            e2e.expect(text not in done.out + done.err, f"{text!r} is in the story", done)
        e2e.expect("\x1b" not in done.out + done.err, "colours without a terminal", done)
        lines = done.out.splitlines()
        e2e.expect(150 < len(lines) < 450, f"{len(lines)} lines", done)
        print(f"        {done.seconds:.1f} s, {done.rss_mib:.0f} MiB, {len(lines)} lines")
        expect_nothing_left(place)


def shut_off():
    """Nothing of the user's own AWS configuration is used or even read, and a proxy is not asked."""
    with e2e.Place() as place:
        place.write("config", "[broken\n")
        hostile = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real-secret", "AWS_PROFILE": "nosuch",
                   "AWS_CONFIG_FILE": place.path("config"), "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
                   "HTTPS_PROXY": "http://127.0.0.1:9", "POSTERN_FLEET": "/nonexistent", "POSTERN_READ_ONLY": "1",
                   "AWS_CA_BUNDLE": "/nonexistent", "SSL_CERT_FILE": "/nonexistent"}
        done = e2e.expect_code(place.run("demo", environment=hostile, timeout=SECONDS_MAX), 0)
        e2e.expect("real-secret" not in done.out + done.err and "AKIAREAL" not in done.out + done.err, "real keys", done)


class Terminal:
    """A program in tmux, on a server of its own."""

    def __init__(self, place, columns, command):
        self.place = place
        self.tmux("-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", "50", "cat")
        self.tmux("set-option", "-g", "history-limit", "20000")
        variables = [f"{name}={value}" for name, value in place.environment.items()]
        line = " ".join(shlex.quote(word) for word in ("env", "-i", "TERM=screen-256color", *variables, "sh", "-c",
                                                               "trap : INT; " + command))
        self.tmux("new-window", "-d", "-n", "test", line)
        self.tmux("set-option", "-t", "test", "-w", "remain-on-exit", "on", may_fail=True)

    def tmux(self, *words, may_fail=False):
        # "-L" sockets live under TMUX_TMPDIR, which goes away with the place.
        environment = {"PATH": os.environ["PATH"], "TMUX_TMPDIR": self.place.folder, "LANG": "C.UTF-8", "TERM": "screen"}
        done = subprocess.run(["tmux", "-u", "-L", "e2e", *words], capture_output=True, text=True, env=environment,
                              check=not may_fail, timeout=20)
        return done.stdout

    def screen(self):
        """All that was printed; lines that the terminal had to break are whole again."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "test")

    def wait_for(self, pattern, seconds=SECONDS_MAX):
        until = time.monotonic() + seconds
        while True:
            text = self.screen()
            found = re.search(pattern, text)
            if found:
                return found, text
            if time.monotonic() > until:
                raise AssertionError(f"{pattern!r} did not appear:\n{text}")
            time.sleep(0.1)

    def close(self):
        self.tmux("kill-server", may_fail=True)


def in_terminal(columns):
    with e2e.Place() as place:
        terminal = Terminal(place, columns, f"{shlex.quote(e2e.PROGRAM)} demo; echo rc=$?; sleep 300")
        try:
            found, text = terminal.wait_for(r"rc=(\d+)")
            e2e.expect_equal(found.group(1), "0", f"exit code\n{text}")
            lines = [line.rstrip() for line in text.splitlines()]
            e2e.expect(len(lines) > 60, f"only {len(lines)} lines")
            # A command to copy stays in one piece however narrow the terminal is.
            wide = [line for line in lines if len(line) > columns and not re.match(r"\s+aws |\$ postern ", line)]
            e2e.expect_equal(wide, [], f"lines wider than {columns}")
            squeezed = re.sub(r"\s+", " ", text)
            for word in ("web-04", "2 of 3 accounts ok", "connection_lost", "payments-prod", "Everything went as"):
                e2e.expect(word in squeezed or word.replace("_", " ") in squeezed, f"{word!r} is not on the screen\n{text}")
            print(f"        {len(lines)} lines, widest {max(map(len, lines))}")
        finally:
            terminal.close()


def dr_in_terminal(columns):
    with e2e.Place() as place:
        terminal = Terminal(place, columns, f"{shlex.quote(e2e.PROGRAM)} demo --dr; echo rc=$?; sleep 300")
        try:
            found, text = terminal.wait_for(r"rc=(\d+)")
            e2e.expect_equal(found.group(1), "0", f"exit code\n{text}")
            lines = [line.rstrip() for line in text.splitlines()]
            wide = [line for line in lines if len(line) > columns and not re.match(r"\s+(aws|postern) |(admin|orchestrator)\$ ", line)]
            e2e.expect_equal(wide, [], f"lines wider than {columns}")
            squeezed = re.sub(r"\s+", " ", text)
            for word in ("98 protected", "nothing is left of it", "Everything went as"):
                e2e.expect(word in squeezed, f"{word!r} is not on the screen\n{text}")
            print(f"        {len(lines)} lines, widest {max(map(len, lines))}")
        finally:
            terminal.close()


def interrupted_in_terminal():
    with e2e.Place() as place:
        terminal = Terminal(place, 100, f"{shlex.quote(e2e.PROGRAM)} demo; echo rc=$?; sleep 300")
        try:
            terminal.wait_for(r"\$ postern run --confirm")
            terminal.tmux("send-keys", "-t", "test", "C-c")
            found, text = terminal.wait_for(r"rc=(\d+)", 20)
            e2e.expect_equal(found.group(1), "130", f"exit code\n{text}")
        finally:
            terminal.close()
        expect_files_gone(place)


def expect_files_gone(place):
    until = time.monotonic() + 5
    while os.listdir(place.path("tmp")) and time.monotonic() < until:
        time.sleep(0.05)
    e2e.expect_equal(os.listdir(place.path("tmp")), [], "files left behind")


def interrupted():
    """By a signal to the program alone, at several moments: its children go, its files go, it says 130."""
    for moment in ("SIMULATED", "$ postern targets", "$ postern run --confirm", "systemctl is-active nginx'"):
        with e2e.Place() as place:
            process = subprocess.Popen([e2e.PROGRAM, "demo"], env=place.environment, cwd=place.folder,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       text=True)
            seen = ""
            while moment not in seen:
                line = process.stdout.readline()
                e2e.expect(line, f"{moment!r} never came:\n{seen}")
                seen += line
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=20)[0]
            e2e.expect_equal(process.returncode, 130, f"exit code after {moment!r}\n{seen}{rest}")
            e2e.expect(time.monotonic() - started < 10, f"took {time.monotonic() - started:.1f} s to stop")
            expect_nothing_left(place)


def main():
    cases = [("story", story), ("dr_story", dr_story), ("shut_off", shut_off), ("interrupted", interrupted)]
    if shutil.which("tmux") is None:
        e2e.run_cases(cases)
        e2e.skip("tmux is not on PATH: the demo was not looked at in a terminal (apt install tmux)")
    cases += [(f"{columns}_columns", lambda columns=columns: in_terminal(columns)) for columns in (80, 200)]
    cases += [(f"dr_{columns}_columns", lambda columns=columns: dr_in_terminal(columns)) for columns in (80, 200)]
    e2e.run_cases([*cases, ("interrupted_in_terminal", interrupted_in_terminal)])


if __name__ == "__main__":
    sys.exit(main())
