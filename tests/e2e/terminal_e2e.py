"""What a person at a terminal meets: Ctrl-C during a run (what runs remotely is named, and cancelled when that is
wanted; the second one leaves at once), and the question for an MFA code.

Against the simulated cloud, whose nodes really run child processes. Usage: terminal_e2e.py [CASE]; POSTERN and
POSTERN_SIM_SERVER name the programs.
"""
import os
import re
import signal
import subprocess
import sys
import time

import boto3

import e2e
import pty_run
from cloud_e2e import Cases, sim_harness
from e2e import INTERRUPTED

NODES = 9  # live-01 .. live-09
LINE = r"    aws ssm cancel-command --region us-east-1 --command-id ([0-9a-f-]{36})   # 9 targets of target \(444455556666\)"


class TerminalCases(Cases):
    def processes(self, mark):
        """The nodes' child processes that sleep for `mark` seconds."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if open(f"/proc/{pid}/cmdline", "rb").read() == b"sleep\0" + mark.encode() + b"\0":
                    found.append(pid)
            except OSError:
                continue
        return found

    def wait_processes(self, mark, count):
        until = time.monotonic() + 20
        while len(self.processes(mark)) != count and time.monotonic() < until:
            time.sleep(0.05)
        e2e.expect_equal(len(self.processes(mark)), count, f"processes with {mark}")

    def words(self, mark, *options):
        # At most eight children run at once on this host; `exec` makes the sleep the child itself.
        return ("-f", "fleet.yaml", "run", "-y", "--waves", "all", *options, "-s", "name:live-0*", "--", f"exec sleep {mark}")

    def signalled(self, mark, *options):
        """Without a terminal: a signal to the program alone while the nodes sleep for `mark` seconds."""
        out, err = open(self.place.path("out"), "w+b"), open(self.place.path("err"), "w+b")
        with out, err:
            words = self.words(mark, "-o", "json", *options)
            process = subprocess.Popen([e2e.PROGRAM, *words], cwd=self.place.folder, env=self.place.environment,
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            self.wait_processes(mark, 8)
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=30)
            out.seek(0)
            err.seek(0)
            return e2e.expect_code(e2e.Done(words, code, out.read().decode(), err.read().decode(), 0, 0, 0), INTERRUPTED)

    def left_by_default(self):
        done = self.signalled("41.01")
        document = done.document()
        e2e.expect_equal((document["status"], document["totals"]["unknown"]), ("interrupted", NODES), "totals", done)
        left = document["left_running"]
        e2e.expect_equal([len(one["instance_ids"]) for one in left], [NODES], "left running", done)
        found = re.search(LINE, done.err)
        e2e.expect(found and found.group(1) == left[0]["command_id"], "the line that stops it", done)
        e2e.expect("role arn:aws:iam::444455556666:role/Operator" in done.err, "as whom", done)
        self.wait_processes("41.01", 8)
        self.stop(left[0]["command_id"])
        self.wait_processes("41.01", 0)

    def stop(self, command_id):
        """Cancels as an independent client does."""
        def client(service, keys):
            return boto3.client(service, endpoint_url=self.server.endpoint, verify=self.server.ca_file,
                                region_name="us-east-1", **keys)
        found = client("sts", sim_harness.OPERATOR).assume_role(
            RoleArn="arn:aws:iam::444455556666:role/Operator", RoleSessionName="e2e", ExternalId="x-1")["Credentials"]
        keys = {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
                "aws_session_token": found["SessionToken"]}
        client("ssm", keys).cancel_command(CommandId=command_id)

    def cancelled_by_option(self):
        done = self.signalled("42.01", "--on-interrupt", "cancel")
        document = done.document()
        e2e.expect_equal(document["left_running"], [], "left running", done)
        e2e.expect_equal((document["status"], document["totals"]["failed"]), ("interrupted", NODES), "totals", done)
        e2e.expect_equal({target["reason"] for target in document["targets"]}, {"Cancelled"}, "reasons", done)
        e2e.expect("cancelled: 1 command on 9 targets" in done.err, "what was done", done)
        self.wait_processes("42.01", 0)

    def left_by_option(self):
        done = self.signalled("43.01", "--on-interrupt=leave")
        self.wait_processes("43.01", 8)
        self.stop(done.document()["left_running"][0]["command_id"])
        self.wait_processes("43.01", 0)

    def asked(self, mark, answer):
        with pty_run.Session(self.place, *self.words(mark)) as session:
            session.expect("9 running")
            self.wait_processes(mark, 8)
            session.interrupt()
            session.expect("stopping: nothing new is started")
            command_id = session.expect(LINE.replace("    aws", "aws").replace(" +", r"\s+")).group(1)
            session.expect(r"Cancel the 1 command still running\? \[y/N\] ")
            session.press(answer)
            if answer.startswith("y"):
                session.expect("cancelled: 1 command on 9 targets")
            session.expect("ACCOUNT")
            e2e.expect_equal(session.ended(), INTERRUPTED, f"exit code\n{session.text}")
            return command_id

    def yes_on_a_terminal(self):
        self.asked("44.01", "y\r")
        self.wait_processes("44.01", 0)

    def no_on_a_terminal(self):
        for mark, answer in (("45.01", "\r"), ("45.02", "no\r"), ("45.03", "\x04")):
            command_id = self.asked(mark, answer)
            self.wait_processes(mark, 8)
            self.stop(command_id)
            self.wait_processes(mark, 0)

    def second_leaves_at_once(self):
        """Twice: while it asks, and while it works on the answer to the first."""
        with pty_run.Session(self.place, *self.words("46.01")) as session:
            session.expect("9 running")
            self.wait_processes("46.01", 8)
            session.interrupt()
            session.expect(r"still running\? \[y/N\] ")
            started = time.monotonic()
            session.interrupt()
            session.expect("left at once")
            command_id = session.expect(r"--command-id ([0-9a-f-]{36})").group(1)
            e2e.expect_equal(session.ended(), INTERRUPTED, "exit code")
            e2e.expect(time.monotonic() - started < 2, "it took its time")
        self.wait_processes("46.01", 8)
        self.stop(command_id)
        self.wait_processes("46.01", 0)

    # --- MFA -------------------------------------------------------------------------------------------------------------

    def mfa_profile(self):
        os.makedirs(self.place.path(".aws"), exist_ok=True)
        keys = sim_harness.OPERATOR
        self.place.write(".aws/config", f"""[profile base]
aws_access_key_id = {keys["aws_access_key_id"]}
aws_secret_access_key = {keys["aws_secret_access_key"]}
[profile guarded]
role_arn = arn:aws:iam::444455556666:role/Operator
source_profile = base
external_id = x-1
mfa_serial = arn:aws:iam::111122223333:mfa/ada
""")
        return ("--profile", "guarded", "targets", "-s", "name:live-01")

    def mfa_code_is_asked_and_not_shown(self):
        with pty_run.Session(self.place, *self.mfa_profile(), "-vv") as session:
            session.expect(r"MFA code for arn:aws:iam::111122223333:mfa/ada: ")
            e2e.expect(not session.echoes(), "the terminal echoes the code")
            session.press("12x\r")
            session.expect("a code has six digits")
            session.expect("MFA code for ")
            wrong = f"{(int(sim_harness.mfa_code()) + 431298) % 1_000_000:06}"
            session.press(wrong + "\r")
            session.expect("MultiFactorAuthentication failed")  # sent, and it is not what the device shows
            session.expect("MFA code for ")  # and asked for another one
            session.interrupt()
            e2e.expect_equal(session.ended(), INTERRUPTED, f"exit code\n{session.all}")
            e2e.expect(wrong not in session.all, f"the code is on the screen\n{session.all}")

    def mfa_right_code_is_accepted(self):
        """The device's code gets in; the same code again does not."""
        code = sim_harness.mfa_code()
        with pty_run.Session(self.place, *self.mfa_profile()) as session:
            session.expect(r"MFA code for arn:aws:iam::111122223333:mfa/ada: ")
            session.press(code + "\r")
            session.expect("live-01")
            e2e.expect_equal(session.ended(), 0, f"exit code\n{session.all}")
            e2e.expect(code not in session.all, f"the code is on the screen\n{session.all}")
        with pty_run.Session(self.place, *self.mfa_profile()) as session:
            session.expect("MFA code for ")
            session.press(code + "\r")
            session.expect("MultiFactorAuthentication failed")
            session.expect("MFA code for ")
            session.interrupt()
            e2e.expect_equal(session.ended(), INTERRUPTED, f"exit code\n{session.all}")

    def mfa_interrupted(self):
        with pty_run.Session(self.place, *self.mfa_profile()) as session:
            session.expect("MFA code for ")
            session.interrupt()
            e2e.expect_equal(session.ended(), INTERRUPTED, f"exit code\n{session.all}")

    def mfa_without_a_terminal(self):
        done = e2e.expect_code(self.place.run(*self.mfa_profile()), e2e.ENVIRONMENT)
        e2e.expect("profile guarded: the role asks for a code of the MFA device" in done.err, "the profile is named", done)

    def deadline(self):
        """--timeout is no interrupt: nobody is asked, but what may still run is named."""
        done = self.place.run(*self.words("47.01", "--timeout", "2s", "-o", "json"))
        e2e.expect(done.code != 0, "exit code", done)
        left = done.document()["left_running"]
        e2e.expect(re.search(LINE, done.err) and len(left) == 1, "the line that stops it", done)
        self.stop(left[0]["command_id"])
        self.wait_processes("47.01", 0)


def main():
    pty_run.ignore_interrupts()
    with e2e.Place() as place, sim_harness.Server(os.environ["POSTERN_SIM_SERVER"]) as server:
        cases = TerminalCases(place, server)
        e2e.run_cases((name, getattr(cases, name)) for name in (
            "left_by_default", "cancelled_by_option", "left_by_option", "yes_on_a_terminal", "no_on_a_terminal",
            "second_leaves_at_once", "deadline",
            "mfa_code_is_asked_and_not_shown", "mfa_right_code_is_accepted",
            "mfa_interrupted", "mfa_without_a_terminal"))


if __name__ == "__main__":
    sys.exit(main())
