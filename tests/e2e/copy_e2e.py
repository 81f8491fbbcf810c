"""`cp` on a served simulated cloud: files and folders both ways, what is refused, and what is left when it is called off.

Usage: copy_e2e.py [CASE]; POSTERN names the program.
"""
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import e2e
from e2e import expect, expect_code, expect_equal
from session_e2e import WORLD, postern, scene, sessions

BIG = 200 << 20


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def no_temporaries(*folders):
    for folder in folders:
        for where, _, names in os.walk(folder):
            expect(not [name for name in names if name.startswith(".postern-cp")], f"left in {where}: {names}")


def temporaries(folder):
    return [name for name in os.listdir(folder) if name.startswith(".postern-cp")]


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.02)


def home_of(made, target="web"):
    return expect_code(postern(made, "exec", target, "--", "pwd -P; cd; pwd -P"), 0).out.split()[-1]


def files_go_both_ways():
    with scene() as made:
        data = os.urandom(700_001) + bytes(range(256))
        source = made.place.path("it's data.bin")
        with open(source, "wb") as file:
            file.write(data)
        os.chmod(source, 0o750)
        home = home_of(made)
        done = expect_code(postern(made, "cp", source, "web:sub dir.bin", "-o", "table"), 0)
        expect("hashes verified" in done.err, "what it came to", done)
        there = os.path.join(home, "sub dir.bin")
        expect_equal((sha256(there), os.stat(there).st_mode & 0o777), (sha256(source), 0o750), "the file there", done)
        # Into a folder under its own name, an empty file, over one that is there.
        os.mkdir(os.path.join(home, "folder"))
        made.place.write("empty", "")
        expect_code(postern(made, "cp", made.place.path("empty"), "web:folder/"), 0)
        expect_equal(os.path.getsize(os.path.join(home, "folder/empty")), 0, "an empty file")
        made.place.write("empty", "no more\n")
        expect_code(postern(made, "cp", made.place.path("empty"), "web:~/folder"), 0)
        expect_equal(open(os.path.join(home, "folder/empty"), encoding="utf-8").read(), "no more\n", "a file that was there")
        back = made.place.path("back.bin")
        done = expect_code(postern(made, "cp", "web:sub dir.bin", back, "-o", "json"), 0)
        expect_equal(sha256(back), sha256(source), "the file here", done)
        found = done.document()
        told = (found["schema"], found["direction"], found["files"], found["bytes"])
        expect_equal(told, ("postern.cp/1", "down", 1, len(data)), "answer", done)
        expect_equal(os.stat(back).st_mode & 0o777, 0o750, "its mode")
        no_temporaries(home, made.place.path("."))
        rows = [row for row in sessions(made) if row["verb"] == "cp"]
        expect(len(rows) == 4 and all(row["status"] == "ended" for row in rows), f"in the ledger: {rows}")
        expect_code(postern(made, "ledger", "verify"), 0)


def folders_go_both_ways():
    with scene() as made:
        tree = made.place.path("tree")
        for index in range(60):
            path = os.path.join(tree, f"d{index % 7}", f"sub {index % 3}", f"file-{index}")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(os.urandom(index * 997))
        os.makedirs(os.path.join(tree, "empty"))
        expect_code(postern(made, "cp", tree, "web:copy"), 2)
        done = expect_code(postern(made, "cp", "--recursive", tree, "web:copy", "-o", "json"), 0)
        expect_equal(done.document()["files"], 60, "files", done)
        home = home_of(made)
        back = made.place.path("back")
        done = expect_code(postern(made, "cp", "--recursive", "web:copy", back), 0)
        for folder in (os.path.join(home, "copy"), back):
            seen = {os.path.relpath(os.path.join(where, name), folder): sha256(os.path.join(where, name))
                    for where, _, names in os.walk(folder) for name in names}
            want = {os.path.relpath(os.path.join(where, name), tree): sha256(os.path.join(where, name))
                    for where, _, names in os.walk(tree) for name in names}
            expect_equal(seen, want, f"in {folder}", done)
            expect(os.path.isdir(os.path.join(folder, "empty")), "an empty folder")
            no_temporaries(folder)


def what_cannot_be_is_said():
    with scene() as made:
        made.place.write("x", "x")
        x = made.place.path("x")
        for words, code, said in (((x, "y"), 2, "neither side is on a node"),
                                  (("web:a", "twin:b"), 2, "both sides are on nodes"),
                                  ((made.place.path("none"), "web:"), 2, "none"),
                                  (("web:none", "."), 2, "is not there on the node"),
                                  ((x, "windows:x"), 255, "POSIX shell"),
                                  ((x, "twin:x"), 2, "twin"),
                                  ((x, "stopped:x"), 4, "stopped")):
            done = postern(made, "cp", *words)
            expect_equal(done.code, code, f"exit code of {words}", done)
            expect(said in done.err, f"{words}: {said}", done)
        done = expect_code(postern(made, "cp", x, "web:/no/such/folder/x"), 1)
        expect("there is no folder /no/such/folder" in done.err, "why", done)
        with open(made.place.path("large"), "wb") as file:
            file.truncate(300 << 20)
        done = expect_code(postern(made, "cp", made.place.path("large"), "web:/no/such/folder/x", "-o", "json"), 1)
        expect_equal(done.document()["bytes"], 0, "bytes of a file that has no place", done)
        no_temporaries(home_of(made))


def a_copy_that_is_called_off_leaves_nothing():
    with scene() as made:
        source = made.place.path("big")
        with open(source, "wb") as file:
            file.truncate(400 << 20)
        home = home_of(made)
        for words in (("cp", source, "web:big"), ("cp", "web:big.there", made.place.path("big.here"))):
            if words[1].startswith("web:"):
                with open(os.path.join(home, "big.there"), "wb") as file:
                    file.truncate(400 << 20)
            child = subprocess.Popen([e2e.PROGRAM, *words], env=made.variables, cwd=made.place.folder, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            folder = home if words[1] == source else made.place.path(".")
            wait_until(lambda: temporaries(folder), "a temporary")
            child.send_signal(signal.SIGINT)
            expect_equal(child.wait(timeout=60), 130, "exit code")
            wait_until(lambda: not temporaries(folder), "nothing is left")


def two_hundred_mebibytes_both_ways():
    with scene() as made:
        source, back = made.place.path("big"), made.place.path("back")
        with open(source, "wb") as file:
            for _ in range(BIG >> 20):
                file.write(os.urandom(1 << 20))
        for words in (("cp", source, "web:big"), ("cp", "web:big", back)):
            begin = time.monotonic()
            done = expect_code(postern(made, *words, "-o", "json", timeout=400), 0)
            found = done.document()
            print(f"    {found['direction']}: {BIG >> 20} MiB in {time.monotonic() - begin:.1f} s")
            expect_equal((found["bytes"], found["failures"]), (BIG, []), "what it came to", done)
        expect_equal(sha256(back), sha256(source), "hashes")
        no_temporaries(home_of(made), made.place.path("."))


CUT_OFF = WORLD.replace("      - {name: twin,", """      - name: cut
        region: us-east-1
        agent: live
        programs: {curl: "#!/bin/sh\\necho 'curl: (28) Failed to connect to s3.us-east-1.amazonaws.com' >&2; exit 28\\n"}
      - {name: twin,""", 1)
BUCKET = "copies-use1"


def make_file(path, size):
    with open(path, "wb") as file:
        file.write(os.urandom(size))
    return path


@contextlib.contextmanager
def bucket_scene(versioned=False):
    """A world with a bucket; nothing may be left in it, not even an old version: it can be deleted afterwards."""
    with scene(CUT_OFF) as made:
        made.s3 = made.client("s3")
        made.s3.create_bucket(Bucket=BUCKET)
        if versioned:
            made.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield made
        made.s3.delete_bucket(Bucket=BUCKET)


def large_files_go_through_a_bucket():
    for versioned in (False, True):
        with bucket_scene(versioned) as made:
            size = (41 << 20) + 12345
            source, back = make_file(made.place.path("big"), size), made.place.path("back")
            made.place.write("fleet.yaml", f"""version: 1
hub: {{account: "111122223333"}}
accounts: [{{id: "111122223333", name: ops}}]
defaults: {{regions: [us-east-1]}}
copies: [{{s3: "s3://{BUCKET}/cp", region: us-east-1}}, {{s3: "s3://other", region: us-west-2}}]
""")
            fleet = ("--fleet", made.place.path("fleet.yaml"))
            for words in (("cp", source, "web:big"), ("cp", "web:big", back)):
                done = expect_code(postern(made, *words, *fleet, "-o", "json", timeout=120), 0)
                found = done.document()
                expect_equal((found["bytes"], found["bytes_through_s3"], found["failures"]), (size, size, []), "bytes", done)
            expect_equal(sha256(back), sha256(source), "hashes")
            home = home_of(made)
            no_temporaries(home, made.place.path("."))
            rows = [row for row in sessions(made) if row["verb"] == "cp"]
            expect_equal([row["bytes_to_node"] < 64 << 10 and row["bytes_from_node"] < 64 << 10 for row in rows], [True] * 2,
                         "of the session little is used")
            # A folder of large and small ones, with a bucket of the command line; and a small one that has to.
            tree = made.place.path("tree")
            os.mkdir(tree)
            for index, length in enumerate((17 << 20, 3, 1 << 20, 20 << 20, 0)):
                make_file(os.path.join(tree, f"f{index}"), length)
            there = ("--s3", f"s3://{BUCKET}")
            found = expect_code(postern(made, "cp", "-o", "json", "--recursive", tree, "web:tree", *there), 0).document()
            expect_equal((found["files"], found["bytes_through_s3"]), (5, 37 << 20), "through the bucket")
            again = made.place.path("again")
            found = expect_code(postern(made, "cp", "-o", "json", "--recursive", "web:tree", again, *there), 0).document()
            expect_equal((found["files"], found["bytes_through_s3"]), (5, 37 << 20), "through the bucket")
            for name in os.listdir(tree):
                expect_equal(sha256(os.path.join(again, name)), sha256(os.path.join(tree, name)), name)
            done = expect_code(postern(made, "cp", os.path.join(tree, "f2"), "web:small", *there, "--via", "s3", "-o", "table"), 0)
            expect("1.0 MiB through S3" in done.err, "what it says", done)


def a_bucket_that_is_no_way_is_told():
    with bucket_scene() as made:
        source, back = make_file(made.place.path("big"), 17 << 20), made.place.path("back")
        there = ("--s3", f"s3://{BUCKET}/cp")
        for words in (("cp", source, "cut:big"), ("cp", "cut:big", back)):
            done = expect_code(postern(made, *words, *there, timeout=120), 0)
            expect("(28) Failed to connect" in done.err and "going on through the session" in done.err, "told", done)
        expect_equal(sha256(back), sha256(source), "hashes")
        for words in (("cp", source, "cut:other"), ("cp", "cut:big", made.place.path("other"))):
            done = expect_code(postern(made, *words, *there, "--via", "s3"), 1)
            expect("(28) Failed to connect" in done.err and f"not through s3://{BUCKET}/cp" in done.err, "told", done)
        nowhere = ("--s3", "s3://no-such-bucket")
        done = expect_code(postern(made, "cp", source, "web:big", *nowhere, timeout=120), 0)
        expect("NoSuchBucket" in done.err or "does not exist" in done.err, "told", done)
        done = expect_code(postern(made, "cp", source, "web:other", *nowhere, "--via", "s3"), 1)
        expect("not through s3://no-such-bucket" in done.err, "told", done)
        for words, said in ((("--via", "s3"), "no bucket is named"), (("--via", "pigeon"), "auto"),
                            (("--s3", "ops"), "s3://"), (("--s3-region", "us-east-1"), "goes with --s3"),
                            (("--via", "session", *there), "does not go with")):
            done = expect_code(postern(made, "cp", source, "web:x", *words), 2)
            expect(said in done.err, f"{words}: {said}", done)
        home = home_of(made)
        expect(not os.path.exists(os.path.join(home, "other")), "what failed is not there")
        no_temporaries(home, home_of(made, "cut"), made.place.path("."))


def a_bucket_is_empty_after_a_copy_that_was_called_off():
    for versioned in (False, True):
        call_a_copy_off(versioned)


def call_a_copy_off(versioned):
    with bucket_scene(versioned) as made:
        home = home_of(made)
        source = make_file(made.place.path("big"), 300 << 20)
        os.link(source, os.path.join(home, "big.there"))
        for words in (("cp", source, "web:big"), ("cp", "web:big.there", made.place.path("big.here"))):
            child = subprocess.Popen([e2e.PROGRAM, *words, "--s3", f"s3://{BUCKET}"], env=made.variables, cwd=made.place.folder,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            wait_until(lambda: made.s3.list_objects_v2(Bucket=BUCKET).get("Contents"), "an object")
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=60)
            expect_equal(child.returncode, 130, err.decode())
            for folder in (home, made.place.path(".")):
                wait_until(lambda place=folder: not temporaries(place), "nothing is left")


def a_session_that_is_lost_meanwhile_is_replaced():
    with bucket_scene() as made:
        home = home_of(made)
        source, back = make_file(made.place.path("big"), 120 << 20), made.place.path("back")
        for words, folder in ((("cp", source, "web:big"), home), (("cp", "web:big", back), made.place.path("."))):
            child = subprocess.Popen([e2e.PROGRAM, *words, "--s3", f"s3://{BUCKET}", "-o", "json"], env=made.variables,
                                     cwd=made.place.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE)
            wait_until(lambda place=folder: any(size_of(place, name) > 16 << 20 for name in temporaries(place)), "16 MiB")
            active = made.ssm.describe_sessions(State="Active")["Sessions"]
            for session in active:
                made.ssm.terminate_session(SessionId=session["SessionId"])
            out, err = child.communicate(timeout=120)
            expect_equal(child.returncode, 0, err.decode())
            expect("going on with another session" in err.decode(), err.decode())
            found = json.loads(out)
            expect(found["bytes_through_s3"] >= 80 << 20, out.decode())
        expect_equal(sha256(back), sha256(source), "hashes")
        no_temporaries(home, made.place.path("."))


def size_of(folder, name):
    try:
        return os.path.getsize(os.path.join(folder, name))
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    sys.exit(e2e.run_cases([
        ("files", files_go_both_ways),
        ("folders", folders_go_both_ways),
        ("refused", what_cannot_be_is_said),
        ("called off", a_copy_that_is_called_off_leaves_nothing),
        ("bucket", large_files_go_through_a_bucket),
        ("no way", a_bucket_that_is_no_way_is_told),
        ("bucket called off", a_bucket_is_empty_after_a_copy_that_was_called_off),
        ("bucket session lost", a_session_that_is_lost_meanwhile_is_replaced),
        ("200 MiB", two_hundred_mebibytes_both_ways),
    ]))
