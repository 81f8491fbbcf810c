"""The document that installs the replication agent, its sh body run for real: a server on this host stands for the buckets of
AWS, a script for the installer. Only the two addresses are put in place of AWS's; nothing else of the body is changed.

Usage: install_document_e2e.py [CASE]; POSTERN names the program.
"""
import contextlib
import hashlib
import http.server
import os
import shutil
import subprocess
import threading

import yaml

import e2e

INSTALLER = b"""#!/bin/sh
for word in "$@"; do echo "word: $word"; done
echo "The following is the source server ID: s-0123456789abcdef0."
exit "${INSTALLER_EXIT:-0}"
"""
NAME = "aws-replication-installer-init"


def body(**values):
    """The Linux step as the agent gets it: parameters put in, lines joined."""
    with e2e.Place() as place:
        document = yaml.safe_load(e2e.expect_code(place.run("render", "documents", "--format", "document"), 0).out)
    step = [each for each in document["mainSteps"] if each["action"] == "aws:runShellScript"][0]
    e2e.expect_equal(step["precondition"], {"StringEquals": ["platformType", "Linux"]}, "precondition")
    text = "\n".join(step["inputs"]["runCommand"])
    given = {"Region": "us-west-2", **values}
    for name, parameter in document["parameters"].items():
        text = text.replace("{{ " + name + " }}", given.get(name, parameter.get("default", "")))
    e2e.expect("{{" not in text, "a parameter is left over")
    return text


class Buckets:
    """Both buckets; `files` are their content by path, and every path that is asked for is kept."""

    def __init__(self, installer=INSTALLER, published=None):
        published = hashlib.sha512(installer).hexdigest() if published is None else published
        self.files = {f"/p/latest/linux/{NAME}": installer, f"/h/latest/linux/{NAME}.sha512": published.encode()}
        self.asked, self.fail_first = [], 0

    def __enter__(self):
        buckets = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                buckets.asked.append(self.path)
                content = buckets.files.get(self.path)
                if buckets.fail_first > 0:
                    buckets.fail_first -= 1
                    content = None
                self.send_response(200 if content is not None else 503)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def run(self, text, without=(), **environment):
        base = f"http://127.0.0.1:{self.server.server_port}"
        for bucket, path in (("aws-elastic-disaster-recovery-$region", "/p"), ("aws-elastic-disaster-recovery-hashes-$region", "/h")):
            address = f"https://{bucket}.s3.$region.$dns/"
            e2e.expect_equal(text.count(address), 1, f"the address of {bucket}")
            text = text.replace(address, base + path + "/")
        with e2e.Place() as place, programs(place, without) as path:
            done = subprocess.run(["/bin/sh", place.write("body.sh", text)], capture_output=True, text=True, timeout=60,
                                  stdin=subprocess.DEVNULL,
                                  env={"PATH": path, "TMPDIR": place.path("tmp"), "HOME": place.folder, **environment})
            e2e.expect_equal(os.listdir(place.path("tmp")), [], "what is left behind")
        return done


@contextlib.contextmanager
def programs(place, without):
    """A PATH with what the body uses and nothing else; waiting takes no time."""
    folder = place.path("bin")
    os.mkdir(folder)
    for name in ("sh", "curl", "wget", "awk", "tr", "mktemp", "rm", "chmod", "sha512sum", "openssl"):
        found = shutil.which(name)
        if found and name not in without:
            os.symlink(found, os.path.join(folder, name))
    place.write("bin/sleep", "#!/bin/sh\n", mode=0o700)
    yield folder


def said(done, code, text):
    e2e.expect(done.returncode == code and text in done.stdout + done.stderr,
               f"expected {code} and {text!r}, got {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


def words_of(done):
    return [line[len("word: "):] for line in done.stdout.splitlines() if line.startswith("word: ")]


def a_good_hash_runs_the_installer():
    for without in ((), ("curl",), ("sha512sum",)):
        with Buckets() as buckets:
            done = said(buckets.run(body(), without), 0, "source server ID: s-")
            e2e.expect_equal(words_of(done), ["--region", "us-west-2", "--no-prompt"], f"words without {without}")
            e2e.expect_equal(sorted(buckets.asked), sorted(buckets.files), "what was fetched")


def every_option_is_a_word_of_its_own():
    with Buckets() as buckets:
        disk = body(AccountId="999900001111", Devices="/dev/null", Tags="team=dr env=prod").replace('[ -b "', '[ -e "')
        done = said(buckets.run(disk), 0, "")
        e2e.expect_equal(words_of(done), ["--region", "us-west-2", "--no-prompt", "--account-id", "999900001111", "--devices",
                                          "/dev/null", "--tags", "team=dr", "env=prod"], "words")


def without_the_hash_nothing_is_run():
    good = hashlib.sha512(INSTALLER).hexdigest()
    for published, text in ((hashlib.sha512(b"another").hexdigest(), "not what AWS published"), ("", "could not be read"),
                            ("<Error><Code>AccessDenied</Code></Error>", "could not be read"), (good[:-1], "could not be read"),
                            (good[:-1] + "g", "could not be read")):
        with Buckets(published=published) as buckets:
            done = said(buckets.run(body()), 1, text)
            e2e.expect_equal(words_of(done), [], f"it ran with the hash {published!r}")
    for published in (good.upper() + "\n", f"{good}  {NAME}\n"):
        with Buckets(published=published) as buckets:
            said(buckets.run(body()), 0, "source server ID: s-")
    with Buckets() as buckets:
        said(buckets.run(body(), without=("sha512sum", "openssl")), 1, "nothing was run")


def downloads_are_tried_four_times():
    for without in ((), ("curl",)):
        with Buckets() as buckets:
            buckets.fail_first = 3
            said(buckets.run(body(), without), 0, "source server ID: s-")
            e2e.expect_equal(len(buckets.asked), 5, "requests")
        with Buckets() as buckets:
            buckets.files = {}
            e2e.expect_equal(words_of(said(buckets.run(body(), without), 1, "could not download")), [], "it ran")
            e2e.expect_equal(len(buckets.asked), 4, "requests")
    with Buckets() as buckets:
        said(buckets.run(body(), without=("curl", "wget")), 1, "neither curl nor wget")


def a_disk_that_is_not_there_stops_it():
    with Buckets() as buckets:
        said(buckets.run(body(Devices="/dev/postern-no-such-disk")), 1, "no such disk: /dev/postern-no-such-disk")
        said(buckets.run(body(Devices="C:")), 1, "no such disk: C:")
        e2e.expect_equal(buckets.asked, [], "something was fetched")


def the_installers_failure_is_the_documents():
    with Buckets() as buckets:
        said(buckets.run(body(), INSTALLER_EXIT="7"), 7, "")


def shellcheck_has_nothing_to_say():
    if shutil.which("shellcheck") is None:
        print("SKIPPED: shellcheck is not installed", flush=True)
        return
    for values in ({}, {"AccountId": "999900001111", "Devices": "/dev/xvda", "Tags": "a=b"}):
        done = subprocess.run(["shellcheck", "--shell=sh", "-"], input=body(**values), capture_output=True, text=True, timeout=60)
        e2e.expect_equal(done.stdout.strip(), "", "shellcheck")


if __name__ == "__main__":
    e2e.run_cases([("a good hash runs the installer", a_good_hash_runs_the_installer),
                   ("every option is a word of its own", every_option_is_a_word_of_its_own),
                   ("without the hash nothing is run", without_the_hash_nothing_is_run),
                   ("downloads are tried four times", downloads_are_tried_four_times),
                   ("a disk that is not there stops it", a_disk_that_is_not_there_stops_it),
                   ("the installer's failure is the document's", the_installers_failure_is_the_documents),
                   ("shellcheck has nothing to say", shellcheck_has_nothing_to_say)])
