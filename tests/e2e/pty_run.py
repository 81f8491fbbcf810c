"""A program on a terminal of its own: a real pty, with its own session, so that Ctrl-C is a key and not a signal."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import e2e


class Session:
    """`postern WORDS` with a controlling terminal; a context manager that leaves nothing running."""

    def __init__(self, place, *words, columns=100, environment=None):
        self.words, self.text, self.all = words, "", ""
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        variables = {**place.environment, "TERM": "xterm", **(environment or {})}
        self.process = subprocess.Popen([e2e.PROGRAM, *words], stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        env=variables, cwd=place.folder, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def read(self, seconds):
        """What comes within `seconds`, up to the first pause."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            got = os.read(self.master, 65536).decode("utf-8", "replace")
            self.text += got
            self.all += got
        return bool(ready)

    def expect(self, pattern, seconds=20):
        """Waits until what was printed since the last expect() matches; returns the match and goes on behind it."""
        until = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.text)
            if found:
                self.text = self.text[found.end():]
                return found
            left = until - time.monotonic()
            if left <= 0 or (not self.read(min(left, 0.2)) and self.process.poll() is not None and not self.read(0)):
                found = re.search(pattern, self.text)
                if not found:
                    raise AssertionError(f"{pattern!r} did not appear; {' '.join(self.words)} printed:\n{self.text}")

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def interrupt(self):
        self.press("\x03")

    def ended(self, seconds=20):
        """The exit code; the terminal must be as it was before."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self.read(0.1)
        if self.process.poll() is None:
            raise AssertionError(f"{' '.join(self.words)} did not end; it printed:\n{self.text}")
        while self.read(0):
            pass
        e2e.expect_equal(termios.tcgetattr(self.slave), self.before, "the terminal's mode")
        for word in e2e.CRASH_WORDS:
            e2e.expect(word not in self.text, f"crash word {word!r}:\n{self.text}")
        return self.process.returncode


def ignore_interrupts():
    """The test's own process is no target of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
