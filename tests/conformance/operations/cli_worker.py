"""The AWS CLI's own code, called again and again in one process: a JSON line with keys and arguments comes in, a JSON line
with exit status and output goes out. Apart from boto3, because either brings a botocore of its own.
"""
import contextlib
import io
import json
import os
import sys

import awscli.clidriver

NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def main():
    answers = sys.stdout
    drivers = {}
    for line in sys.stdin:
        asked = json.loads(line)
        for name in NAMES:
            os.environ.pop(name, None)
        os.environ.update({name.upper(): value for name, value in asked["keys"].items()})
        # Commands that modify leave handlers behind that trip up the ones after them: a driver of their own each.
        apart = asked["command"] if asked["command"].startswith("modify-") else ""
        key = (apart, *(os.environ.get(name) for name in NAMES))
        if key not in drivers:
            drivers[key] = awscli.clidriver.create_clidriver()
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = drivers[key].main(asked["arguments"])
            except SystemExit as error:
                status = error.code
        out.flush()
        json.dump([status, out.buffer.getvalue().decode(), err.getvalue()], answers)
        answers.write("\n")
        answers.flush()


if __name__ == "__main__":
    main()
