"""Runs the real program and keeps what it printed, how long it took and how much memory it held."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

PROGRAM = os.environ.get("POSTERN", "postern")
SKIPPED = 77
USAGE, GATE, UNKNOWN, INTERRUPTED, ENVIRONMENT, SERVICE, OTHER = 2, 3, 4, 130, 253, 254, 255
# What must never be seen: a crash's own words.
CRASH_WORDS = ("CHECK failed", "terminate called", "Sanitizer", "Segmentation", "Assertion", "std::", "bad_alloc")


class Done:
    """One run of the program that has ended."""

    def __init__(self, words, code, out, err, seconds, cpu_seconds, rss_mib):
        self.words, self.code, self.out, self.err = words, code, out, err
        self.seconds, self.cpu_seconds, self.rss_mib = seconds, cpu_seconds, rss_mib

    def document(self):
        return json.loads(self.out)

    def describe(self):
        return (f"$ postern {' '.join(self.words)}\n-> {self.code} in {self.seconds:.2f} s, {self.rss_mib:.0f} MiB\n"
                f"stdout: {self.out[:3000]!r}\nstderr: {self.err[:3000]}")


class Place:
    """A folder of its own as HOME, TMPDIR and working directory; nothing of the caller's environment but PATH."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="postern-e2e-")
        os.mkdir(self.path("tmp"))
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": self.folder,
            "TMPDIR": self.path("tmp"),
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content, mode=0o600):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(self.path(name), mode)
        return self.path(name)

    def run(self, *words, environment=None, without=(), stdin="", timeout=60):
        """Runs `postern WORDS`; a run that does not end in time is killed and fails the test."""
        variables = {**self.environment, **(environment or {})}
        for name in without:
            variables.pop(name, None)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            started = time.monotonic()
            process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.PIPE, stdout=out, stderr=err,
                                       env=variables, cwd=self.folder)
            late = threading.Timer(timeout, process.kill)
            late.start()
            try:
                try:
                    process.stdin.write(stdin.encode())
                    process.stdin.close()
                except BrokenPipeError:
                    pass
                _, status, usage = os.wait4(process.pid, 0)
            finally:
                late.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.monotonic() - started
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read(64 << 20).decode("utf-8", "strict"))
        done = Done(words, process.returncode, *texts, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        if done.seconds >= timeout:
            raise AssertionError("did not end in time\n" + done.describe())
        for word in CRASH_WORDS:
            if word in done.err:
                raise AssertionError(f"crash word {word!r}\n" + done.describe())
        if done.code < 0:
            raise AssertionError("ended by a signal\n" + done.describe())
        return done


def expect(condition, what, done=None):
    if not condition:
        raise AssertionError(what + ("\n" + done.describe() if done is not None else ""))


def expect_equal(got, want, what, done=None):
    expect(got == want, f"{what}: got {got!r}, want {want!r}", done)


def expect_code(done, code):
    expect_equal(done.code, code, "exit code", done)
    return done


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def skip(why):
    print(f"SKIPPED: {why}", flush=True)
    sys.exit(SKIPPED)


def run_cases(cases):
    """Runs (name, function) pairs, all of them; exits 1 when one failed. Words on the command line choose by name."""
    chosen = sys.argv[1:]
    failed = []
    for name, function in cases:
        if chosen and not any(word in name for word in chosen):
            continue
        started = time.monotonic()
        try:
            function()
            print(f"ok      {name} ({time.monotonic() - started:.2f} s)", flush=True)
        except Exception as error:  # a failed case must not hide the others
            failed.append(name)
            # Only an expectation says by itself what was wrong; any other error needs its place.
            detail = str(error) if isinstance(error, AssertionError) else traceback.format_exc().rstrip()
            print(f"FAILED  {name}\n    " + detail.replace("\n", "\n    "), flush=True)
    if failed:
        print(f"{len(failed)} failed: {', '.join(failed)}", flush=True)
        sys.exit(1)
