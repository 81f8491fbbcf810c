"""`why` on a served simulated cloud: the denials that mistakes cause, each with the statement that decides; what `why` says is what
the simulated IAM does.

Usage: why_e2e.py [CASE]; POSTERN names the program.
"""
import json

import e2e
from roles_e2e import ACCOUNT, EXTERNAL_ID, HUB, World

OPERATE = f"arn:aws:iam::{ACCOUNT}:role/ops/PosternOperate"
OBSERVE = f"arn:aws:iam::{ACCOUNT}:role/PosternObserve"
SHELL = "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"
NODE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0"
TAG = "ssm:resourceTag/dr:enabled=true"


def why(world, role, action, *words, code=3, environment=None):
    done = world.place.run("why", "--role", role, "--action", action, "-o", "json", *words,
                           environment={**world.variables, **(environment or {})}, timeout=120)
    return e2e.expect_code(done, code).document()


def assumption():
    """B01: the ExternalId is not passed."""
    with World() as world:
        hub = f"arn:aws:iam::{HUB}:role/PosternHub"
        told = why(world, OPERATE, "sts:AssumeRole", "--caller", hub, code=0)
        e2e.expect_equal((told["allowed"], told["layer"]), (True, "identity-based policy"), "with the fleet file's")
        e2e.expect(any(EXTERNAL_ID in line and hub in line for line in told["trust"]), f"who may: {told['trust']}")
        without = world.place.write("without.yaml", open(world.variables["POSTERN_FLEET"]).read().replace(
            f", external_id: {EXTERNAL_ID}", ""))
        told = why(world, OPERATE, "sts:AssumeRole", "--caller", hub, "--fleet", without)
        e2e.expect_equal(told["layer"], "role trust policy", "layer")
        e2e.expect("sts:ExternalId expects" in told["sentence"] and "no such key" in told["sentence"], told["sentence"])
        e2e.expect("no ExternalId is passed" in told["hints"][0], f"hints: {told['hints']}")
        told = why(world, OPERATE, "sts:AssumeRole", "--caller", hub, "--context", "sts:ExternalId=DRSOrchestration2024")
        e2e.expect("another ExternalId" in told["hints"][0], f"hints: {told['hints']}")
        # Who is not named: the user that this test is.
        told = why(world, OPERATE, "sts:AssumeRole")
        e2e.expect_equal(told["nearest"][0]["differs"], "principal", "the caller itself")
        e2e.expect(told["caller"] in told["hints"][0], f"hints: {told['hints']}")
        # The hub's role asks: its own policy names this role, and not another of the account.
        world.iam(ACCOUNT).create_role(RoleName="Other", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": hub}, "Action": "sts:AssumeRole"}]}))
        told = why(world, f"arn:aws:iam::{ACCOUNT}:role/Other", "sts:AssumeRole", "--caller", hub)
        e2e.expect_equal((told["layer"], told["nearest"][0]["differs"]), ("identity-based policy", "resource"), "the caller's side")


def actions():
    """B09: an action is missing. B04 mended: documents and nodes are limited."""
    with World() as world:
        told = why(world, OBSERVE, "drs:StartRecovery")
        e2e.expect_equal((told["decision"], told["nearest"][0]["differs"]), ("implicit_deny", "action"), "a missing action")
        e2e.expect("drs:StartRecovery" in told["hints"][0], f"hints: {told['hints']}")
        why(world, OBSERVE, "drs:DescribeSourceServers", code=0)

        why(world, OPERATE, "ssm:SendCommand", "--resource", SHELL, "--resource", NODE, "--context", TAG, code=0)
        told = why(world, OPERATE, "ssm:SendCommand", "--resource", SHELL, "--resource", NODE)
        e2e.expect_equal((told["resource"], told["nearest"][0]["differs"]), (NODE, "condition"), "an untagged node")
        other = SHELL.replace("RunShellScript", "RunRemoteScript")
        told = why(world, OPERATE, "ssm:SendCommand", "--resource", other, "--resource", NODE, "--context", TAG)
        e2e.expect_equal((told["resource"], told["nearest"][0]["differs"]), (other, "resource"), "another document")

        iam = world.iam(ACCOUNT)
        iam.put_role_policy(RoleName="PosternOperate", PolicyName="all", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*"}]}))
        told = why(world, OPERATE, "ssm:SendCommand", "--resource", other, "--resource", NODE, code=0)
        e2e.expect("any document" in told["hints"][0], f"hints: {told['hints']}")

        versions = iam.create_policy(PolicyName="Never", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}))["Policy"]
        iam.create_policy_version(PolicyArn=versions["Arn"], SetAsDefault=True, PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Sid": "NoShell", "Effect": "Deny", "Action": "ssm:SendCommand", "Resource": "*"}]}))
        iam.attach_role_policy(RoleName="PosternOperate", PolicyArn=versions["Arn"])
        told = why(world, OPERATE, "ssm:SendCommand", "--resource", SHELL, "--resource", NODE, "--context", TAG)
        e2e.expect_equal(told["decision"], "explicit_deny", "decision")
        e2e.expect_equal((told["decided_by"]["policy_arn"], told["decided_by"]["sid"]), (versions["Arn"], "NoShell"), "the denial")


def boundary_and_organisation():
    with World() as world:
        iam = world.iam(ACCOUNT)
        bound = iam.create_policy(PolicyName="Bound", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}))["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName="PosternObserve", PermissionsBoundary=bound)
        told = why(world, OBSERVE, "ec2:DescribeInstances")
        e2e.expect_equal(told["layer"], "permissions boundary", "layer")
        iam.delete_role_permissions_boundary(RoleName="PosternObserve")
        told = why(world, OBSERVE, "ec2:DescribeInstances", code=0)

        organizations = world.client("organizations")
        root = organizations.list_roots()["Roots"][0]
        if not any(each["Type"] == "SERVICE_CONTROL_POLICY" for each in root["PolicyTypes"]):
            organizations.enable_policy_type(RootId=root["Id"], PolicyType="SERVICE_CONTROL_POLICY")
        policy = organizations.create_policy(Name="NoLooking", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Sid": "NoEyes", "Effect": "Deny", "Action": "ec2:Describe*", "Resource": "*"}]}))["Policy"]["PolicySummary"]
        organizations.attach_policy(PolicyId=policy["Id"], TargetId=ACCOUNT)
        told = why(world, OBSERVE, "ec2:DescribeInstances")
        e2e.expect_equal((told["layer"], told["at"], told["decided_by"]["sid"]), ("service control policy", ACCOUNT, "NoEyes"), "SCP")
        done = world.run("targets", "-s", "name:web-01")
        e2e.expect("service control policy" in done.err + done.out, "the simulated IAM says otherwise", done)
        # Who may not read them says so.
        few = world.entered(f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole")
        done = world.place.run("why", "--role", OBSERVE, "--action", "ec2:DescribeInstances", "-o", "json",
                               environment={**world.variables, **few}, without=("POSTERN_FLEET",), timeout=120)
        e2e.expect_code(done, 0)
        e2e.expect("could not be read" in done.document()["unknown"][0], "unread policies are not told of", done)


def mistakes():
    with World() as world:
        run = lambda *words: world.place.run("why", *words, environment=world.variables, timeout=120)
        e2e.expect_code(run("--role", OBSERVE), e2e.USAGE)
        e2e.expect_code(run("--role", OBSERVE, "--action", "ssm:*"), e2e.USAGE)
        e2e.expect_code(run("--role", "PosternObserve", "--action", "ssm:SendCommand"), e2e.USAGE)
        e2e.expect_code(run("--role", OBSERVE, "--action", "ssm:SendCommand", "--context", "odd"), e2e.USAGE)
        done = run("--role", f"arn:aws:iam::{ACCOUNT}:role/NoSuchRole", "--action", "ssm:SendCommand")
        e2e.expect_code(done, e2e.SERVICE)
        done = run("--role", f"arn:aws:iam::{ACCOUNT}:role/wrong/path/PosternObserve", "--action", "ssm:SendCommand")
        e2e.expect("the one of that name is" in done.err, "a wrong path", done)
        table = e2e.expect_code(run("--role", OBSERVE, "--action", "drs:StartRecovery", "-o", "table"), 3)
        e2e.expect("denied: no identity-based policy allows drs:StartRecovery" in table.out, "the table", table)


if __name__ == "__main__":
    e2e.run_cases([("assumption", assumption), ("actions", actions), ("boundary and organisation", boundary_and_organisation),
                   ("mistakes", mistakes)])
