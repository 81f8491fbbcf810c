"""The program against moto_server: a server of AWS's protocols that others wrote.

Three accounts by AssumeRole, instances over several pages, SSM that moto does not offer, and a command through our
client. Usage: moto_e2e.py [CASE]; POSTERN and POSTERN_MOTO_CLIENT name the programs.
"""
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

import boto3

import e2e

ACCOUNTS = {"444455556666": "payments-prod", "777788889999": "ledger-prod", "999900001111": "sandbox"}
TAGGED = 27  # in each account: more than five pages of 5
READY_SECONDS = 60
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAE2EMOTOHUB000001", "AWS_SECRET_ACCESS_KEY": "e2e/moto/hub/secret/key/0000000000000001"}
FLEET = """version: 1
mode: read-write
hub: {account: "123456789012", region: us-east-1}
defaults: {role: PosternOperator, regions: [us-east-1]}
accounts:
""" + "".join(f'  - {{id: "{id}", name: {name}, external_id: "{name}-id"}}\n' for id, name in ACCOUNTS.items()) + """
selectors:
  dr: {tags: {"dr:enabled": "true", "dr:recovery-strategy": drs}, state: running}
"""


class Moto:
    """moto_server on a free port."""

    def __enter__(self):
        port = e2e.free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        # Its catalogue of AWS's own images takes longer to load than the whole test.
        environment["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        self.process = subprocess.Popen(["moto_server", "-H", "127.0.0.1", "-p", str(port)], env=environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + READY_SECONDS
        while True:
            try:
                urllib.request.urlopen(self.url + "/moto-api/data.json", timeout=5).read()
                return self
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None or time.monotonic() > until:
                    self.__exit__()
                    raise RuntimeError("moto_server did not become ready")
                time.sleep(0.1)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def client(self, service, keys):
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **keys)

    def assume(self, account):
        hub = {"aws_access_key_id": KEYS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": KEYS["AWS_SECRET_ACCESS_KEY"]}
        found = self.client("sts", hub).assume_role(RoleArn=f"arn:aws:iam::{account}:role/PosternOperator",
                                                    RoleSessionName="moto-e2e", ExternalId="moto-e2e")["Credentials"]
        return {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
                "aws_session_token": found["SessionToken"]}


def make_fleet(moto):
    """Instances, one reservation each; the ids that `@dr` must find, by account."""
    wanted = {}
    for account, name in ACCOUNTS.items():
        ec2 = moto.client("ec2", moto.assume(account))
        image = ec2.register_image(Name="e2e", RootDeviceName="/dev/xvda", Architecture="x86_64")["ImageId"]

        def start(label, tags):
            pairs = [{"Key": key, "Value": value} for key, value in {"Name": label, **tags}.items()]
            reservation = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=[
                {"ResourceType": "instance", "Tags": pairs}])
            return reservation["Instances"][0]["InstanceId"]

        drs = {"dr:enabled": "true", "dr:recovery-strategy": "drs"}
        ids = [start(f"{name}-{i:02}", drs) for i in range(TAGGED)]
        start(f"{name}-backup", {"dr:enabled": "true", "dr:recovery-strategy": "backup"})
        start(f"{name}-off", {"dr:enabled": "false", "dr:recovery-strategy": "drs"})
        start(f"{name}-plain", {})
        stopped, ended = start(f"{name}-stopped", drs), start(f"{name}-ended", drs)
        ec2.stop_instances(InstanceIds=[stopped])
        ec2.terminate_instances(InstanceIds=[ended])
        wanted[account] = sorted(ids)
    return wanted


class Cases:
    def __init__(self, place, moto):
        self.place, self.moto = place, moto
        place.environment.update(KEYS, AWS_ENDPOINT_URL=moto.url)
        self.fleet = place.write("fleet.yaml", FLEET)
        self.wanted = make_fleet(moto)

    def run(self, *words):
        return self.place.run("--fleet", self.fleet, *words)

    def accounts_check(self):
        done = e2e.expect_code(self.run("accounts", "check", "-o", "json"), 0)
        rows = {row["account_id"]: row for row in done.document()["accounts"]}
        e2e.expect_equal(sorted(rows), sorted(ACCOUNTS), "accounts", done)
        for account, row in rows.items():
            e2e.expect_equal(row["status"], "ok", account, done)
            e2e.expect_equal(row["name"], ACCOUNTS[account], account, done)
            prefix = f"arn:aws:sts::{account}:assumed-role/PosternOperator/"
            e2e.expect(row["arn"].startswith(prefix) and len(row["arn"]) > len(prefix), f"arn {row['arn']}", done)

    def targets_over_pages(self):
        for size in ("5", "1000"):
            done = e2e.expect_code(self.run("targets", "-s", "@dr", "-o", "json", "--page-size", size), 0)
            found = {account: [] for account in ACCOUNTS}
            for target in done.document()["targets"]:
                e2e.expect_equal(target["state"], "running", target["instance_id"])
                e2e.expect_equal(target["tags"]["dr:recovery-strategy"], "drs", target["instance_id"])
                found[target["account_id"]].append(target["instance_id"])
            e2e.expect_equal({account: sorted(ids) for account, ids in found.items()}, self.wanted,
                             f"ids in pages of {size}")

    def unknown_is_no_failure(self):
        """moto does not know DescribeInstanceInformation and answers HTML with 500: unknown, and the reason said."""
        done = e2e.expect_code(self.run("targets", "-s", "@dr", "-o", "json"), 0)
        for target in done.document()["targets"]:
            e2e.expect_equal(target["ssm"]["status"], "unknown", target["instance_id"])
            reason = target["ssm"].get("reason", "")
            for word in ("500", "text/html"):
                e2e.expect(word in reason, f"{word} is not in the reason {reason!r}")
        problems = [(problem["account_id"], problem["missing"]) for problem in done.document()["problems"]]
        e2e.expect_equal(problems, [(account, "ssm") for account in ACCOUNTS], "problems", done)
        table = e2e.expect_code(self.run("targets", "-s", "@dr", "-o", "table"), 0)
        e2e.expect("unknown" in table.out, "the table says unknown", table)
        for account, name in ACCOUNTS.items():  # once for each, however many targets there are
            line = f"{name} ({account}) in us-east-1: Systems Manager's state is unknown: "
            e2e.expect_equal(table.err.count(line), 1, "the reason", table)

    def stopped_and_names(self):
        done = e2e.expect_code(self.run("targets", "-s", "state:stopped", "-o", "json", "-q", "targets[].name"), 0)
        e2e.expect_equal(sorted(done.document()), sorted(f"{name}-stopped" for name in ACCOUNTS.values()), "names")
        done = self.run("targets", "-s", "name:ledger-prod-0* and not name:*-03", "-o", "json", "-q", "length(targets)")
        e2e.expect_equal(e2e.expect_code(done, 0).document(), 9, "count", done)

    def fleet_file_of_an_organisation(self):
        hub = {"aws_access_key_id": KEYS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": KEYS["AWS_SECRET_ACCESS_KEY"]}
        organizations = self.moto.client("organizations", hub)
        done = e2e.expect_code(self.run("init", "--from-organizations"), e2e.SERVICE)
        e2e.expect("belongs to no organisation" in done.err, "why", done)
        organizations.create_organization(FeatureSet="ALL")
        root = organizations.list_roots()["Roots"][0]["Id"]
        unit = organizations.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
        unit = organizations.create_organizational_unit(ParentId=unit, Name="Prod")["OrganizationalUnit"]["Id"]
        ids = []
        for i in range(23):
            status = organizations.create_account(AccountName=f"acc {i % 20}", Email=f"a{i}@example.com")
            ids.append(status["CreateAccountStatus"]["AccountId"])
        organizations.move_account(AccountId=ids[0], SourceParentId=root, DestinationParentId=unit)
        e2e.expect_code(self.run("init", "--from-organizations", "-O", "organisation.yaml"), 0)
        done = e2e.expect_code(self.place.run("--fleet", "organisation.yaml", "accounts", "list", "-o", "json"), 0)
        rows = {row["account_id"]: row for row in done.document()["accounts"]}
        e2e.expect_equal(sorted(rows), sorted(ids), "accounts", done)
        e2e.expect_equal(rows[ids[0]]["tags"], {"ou": "Workloads/Prod"}, "units", done)

    def command_through_client(self):
        program = os.environ["POSTERN_MOTO_CLIENT"]
        account = "777788889999"
        ids = self.wanted[account][:2]
        done = subprocess.run([program, self.moto.url, account, *ids], capture_output=True, text=True, timeout=60,
                              env=self.place.environment, check=False)
        e2e.expect_equal(done.returncode, 0, f"moto_client: {done.stderr}")
        answer = json.loads(done.stdout)
        # moto adds every instance of the account when the request has no Targets.
        e2e.expect(set(ids) <= set(answer["instance_ids"]), f"instances {answer['instance_ids']}")
        e2e.expect_equal(answer["comment"], "postern op=01E2EMOTO", "comment")
        e2e.expect_equal([row["instance_id"] for row in answer["invocations"]], ids, "invocations")
        for row in answer["invocations"]:
            e2e.expect_equal(row["command_id"], answer["command_id"], "command id")
            e2e.expect_equal(row["status"], "Success", "status")
            e2e.expect_equal(row["document"], "AWS-RunShellScript", "document")
        # The command is in the assumed account and nowhere else, as an independent client sees it.
        for other in ACCOUNTS:
            listed = self.moto.client("ssm", self.moto.assume(other)).list_commands()["Commands"]
            want = [answer["command_id"]] if other == account else []
            e2e.expect_equal([command["CommandId"] for command in listed], want, f"commands of {other}")
            for command in listed:
                e2e.expect_equal(command["Parameters"]["commands"], ["uptime", "echo 'täst \"x\" & <y>'"], "parameters")


def main():
    if shutil.which("moto_server") is None:
        e2e.skip("moto_server is not on PATH: nothing of this client was checked against moto (pip install 'moto[server]')")
    with e2e.Place() as place, Moto() as moto:
        cases = Cases(place, moto)
        e2e.run_cases((name, getattr(cases, name)) for name in (
            "accounts_check", "targets_over_pages", "unknown_is_no_failure", "stopped_and_names",
            "fleet_file_of_an_organisation",
            "command_through_client"))


if __name__ == "__main__":
    sys.exit(main())
