"""What `permissions` prints for a command is what the command needs: attached alone to the roles of a served simulated cloud it
lets the command work, and the simulator has seen each of its actions, or the reason why not stands here.

Usage: permissions_e2e.py [CASE]; POSTERN names the program.
"""
import json

import e2e
from roles_e2e import ACCOUNT, EXTERNAL_ID, HUB, World
from sim_serve_e2e import truth

POLICY = "permissions"
NODE = ("-s", "name:web-01")
LONG = "for i in $(seq 6000); do echo line $i; done"
# Printed and not seen here: why.
UNUSED = {
    "ssm:CancelCommand": "after Ctrl-C, or by `cancel`",
    "ssm:ListCommands": "looks for a send whose answer was lost",
    "s3:PutObjectRetention": "asked with PutObject when the fleet file says how long an anchor is kept",
    "s3:DeleteObjectVersion": "counted as DeleteObject, which it is a form of: copies() says what is left without it",
    "ssm:ResumeSession": "when the connection of a session is lost",
    "ssm:TerminateSession": "when a session is called off",
    "kms:GenerateDataKey": "when sessions are encrypted",
    # CloudFormation's own calls are not counted as anybody's: needed() says of some that nothing works without them.
    "iam:CreateRole": "needed()",
    "iam:PutRolePolicy": "needed()",
    "iam:TagRole": "AWS asks for it when a role is made with the tags of its stack; the simulated IAM does not",
    "iam:DeleteRole": "needed()",
    "iam:DeleteRolePolicy": "needed()",
    "iam:AddRoleToInstanceProfile": "of the nodes' deployment, which ends well",
    "iam:CreateInstanceProfile": "the same",
    "iam:DeleteInstanceProfile": "of its deletion, which ends well",
    "iam:RemoveRoleFromInstanceProfile": "the same",
    "iam:GetRole": "AWS's handler of roles reads what it made; the simulated one does not",
    "iam:GetRolePolicy": "the same",
    "iam:ListAttachedRolePolicies": "the same",
    "iam:ListRolePolicies": "the same",
    "iam:UpdateRoleDescription": "the same, of a changed description",
    "iam:GetInstanceProfile": "the same, of instance profiles",
    "iam:AttachRolePolicy": "of roles with managed policies: nodes and Lambda functions have some",
    "iam:DetachRolePolicy": "the same",
    "iam:UntagRole": "when a later version takes a tag away",
    "iam:UpdateAssumeRolePolicy": "when the trust changes",
    "iam:UpdateRole": "when a description changes",
    "iam:PassRole": "no call of its own: checked when a role is put into a profile",
    **{action: "CloudFormation's own calls are not counted as anybody's; the deployment ends well with them alone" for action in (
        "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms",
        "events:PutRule", "events:PutTargets", "events:DeleteRule", "events:RemoveTargets")},
    **{action: "AWS's handlers read what they made, and tag it" for action in (
        "sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:TagResource", "cloudwatch:DescribeAlarms",
        "cloudwatch:TagResource", "events:DescribeRule", "events:ListTargetsByRule", "events:TagResource",
        "cloudformation:TagResource")},
    **{action: "CloudFormation's own calls, when endpoints are made, changed and taken away" for action in (
        "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint",
        "ec2:DeleteSecurityGroup", "ec2:DeleteVpcEndpoints", "ec2:ModifyVpcEndpoint", "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress")},
    "ec2:CreateTags": "AWS asks for it when endpoints and groups are made with the tags of their stack",
    "ec2:DeleteTags": "when a later version takes a tag away",
    "route53:AssociateVPCWithHostedZone": "EC2 binds the private zone to the VPC; the simulated one has no Route 53",
    "cloudformation:DeleteChangeSet": "when nobody agrees, and when there are no changes",
    "cloudformation:DeleteStack": "the shell of a stack that was never made",
}


class Roles(World):
    """The world of the rendered roles, whose policies are replaced."""

    def __enter__(self):
        super().__enter__()
        self.users = self.client("sts").get_caller_identity()["Arn"]
        return self

    def permissions(self, *words):
        done = e2e.expect_code(self.place.run("permissions", *words, environment=self.variables), 0)
        return done.document()

    def give(self, account, role, policy):
        """The role has this policy and no other."""
        iam = self.iam(account)
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        if policy["Statement"]:
            iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=json.dumps(policy))

    def clear(self):
        """No role of ours in the account: they are deployed."""
        iam = self.iam(ACCOUNT)
        for role in ("PosternObserve", "PosternOperate"):
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                iam.delete_role_policy(RoleName=role, PolicyName=name)
            iam.delete_role(RoleName=role)

    def calls(self):
        return truth(self.truth_socket)["calls"]

    def compare(self, command, words, role, *options, expected=0, also=()):
        """Runs `words` with what is printed for `command`; gives the actions that were not seen."""
        account = ACCOUNT if role else HUB
        target = self.permissions(command, "--account", "payments", *options) if role else {"Statement": []}
        hub = self.permissions(command, "--account", "payments", "--hub", *options)
        if role:
            self.give(ACCOUNT, role, target)
        self.give(HUB, "PosternHub", hub)
        before = self.calls()
        runs = [e2e.expect_code(self.run(*words), expected)]
        runs += [e2e.expect_code(self.run(*more), 0) for more in also]
        after = self.calls()
        seen = {name for name in after if after[name] > before.get(name, 0)}
        printed = {action for each in (target["Statement"] + hub["Statement"])
                   for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])}
        unused = printed - seen - set(UNUSED)
        e2e.expect_equal(unused, set(), f"{command} ({account}): printed and never used", runs[0])
        return printed, runs


    def needed(self, action, command, words, *options):
        """Without the action the command fails, and says so; what it leaves behind goes away."""
        policy = self.permissions(command, "--account", "payments", *options)
        for statement in policy["Statement"]:
            if isinstance(statement["Action"], list):
                statement["Action"] = [each for each in statement["Action"] if each != action]
        self.give(ACCOUNT, "Deployer", policy)
        done = self.run(*words)
        e2e.expect(done.code != 0, f"{command} works without {action}", done)
        e2e.expect(f"not authorized to perform: {action}" in done.out, f"{command} does not name {action}", done)


def look():
    with Roles() as world:
        world.compare("accounts check", ("accounts", "check"), "PosternObserve")
        world.compare("targets", ("targets", *NODE, "--region", "us-east-1"), "PosternObserve")
        world.compare("targets", ("targets", *NODE, "--all-regions"), "PosternObserve", "--all-regions")
        # Without the option's statement, the option does not work.
        world.give(ACCOUNT, "PosternObserve", world.permissions("accounts check", "--account", "payments"))
        done = world.run("targets", *NODE)
        e2e.expect(done.code != 0, "targets works without any permission", done)


def run():
    with Roles() as world:
        tag = ("--node-tag", "dr:enabled=true")
        world.compare("run", ("run", "-y", "-o", "json", *NODE, "--", LONG), "PosternOperate", *tag)
        own = {"schemaVersion": "2.2", "description": "ours", "parameters": {"Word": {"type": "String", "default": "ours"}},
               "mainSteps": [{"action": "aws:runShellScript", "name": "say", "inputs": {"runCommand": ["echo {{Word}}"]}}]}
        variables = world.entered(f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole")
        ssm = world.client("ssm", variables)
        for name in ("Ours", "Theirs"):
            ssm.create_document(Name=name, DocumentType="Command", Content=json.dumps(own))
        send = lambda name: ("run", "-y", "-o", "json", *NODE, "--document", name)
        done = world.run(*send("Ours"))
        e2e.expect(done.code != 0, "a document that was not asked for is sent", done)
        _, runs = world.compare("run", send("Ours"), "PosternOperate", *tag, "--document", "Ours")
        e2e.expect_equal(runs[0].document()["totals"]["succeeded"], 1, "succeeded", runs[0])
        done = world.run(*send("Theirs"))
        e2e.expect(done.code != 0, "another document is sent", done)
        # A selector's limits hold as well.
        world.compare("run", ("run", "-y", *NODE, "--", "true"), "PosternOperate", "--select", "dr:enabled=true")
        world.give(ACCOUNT, "PosternOperate", world.permissions("run", "--account", "payments", "--select", "team=nobody"))
        done = world.run("run", "-y", *NODE, "--", "true")
        e2e.expect(done.code != 0, "a node outside the selector is reached", done)
        world.compare("runs import", ("runs", "import", "--from-remote"), "PosternOperate")


def copies():
    """Through a bucket that keeps versions: the node has nothing but what the hub signs, and the hub what is printed."""
    with Roles() as world:
        s3 = world.client("s3")
        s3.create_bucket(Bucket="copies-east")
        s3.put_bucket_versioning(Bucket="copies-east", VersioningConfiguration={"Status": "Enabled"})
        there = ("--s3", "s3://copies-east/cp")
        big = world.place.write("big", "." * (17 << 20))
        up, down = ("cp", big, "web-01:big", *there, "-o", "json"), ("cp", "web-01:big", world.place.path("back"), *there, "-o", "json")
        _, runs = world.compare("cp", up, "PosternOperate", "--node-tag", "dr:enabled=true", *there, also=[down])
        for done in runs:
            e2e.expect_equal(done.document()["bytes_through_s3"], 17 << 20, "through the bucket", done)
        # Nothing is left, not even a version; and a version is, and is told, when none may be deleted.
        s3.delete_bucket(Bucket="copies-east")
        s3.create_bucket(Bucket="copies-east")
        s3.put_bucket_versioning(Bucket="copies-east", VersioningConfiguration={"Status": "Enabled"})
        less = world.permissions("cp", "--account", "payments", "--hub", *there)
        for statement in less["Statement"]:
            if statement["Sid"] == "CarryCopies":
                statement["Action"].remove("s3:DeleteObjectVersion")
        world.give(HUB, "PosternHub", less)
        done = e2e.expect_code(world.run(*up), 0)
        e2e.expect("s3:DeleteObjectVersion" in done.err, "what could not be deleted is not told", done)
        # Without the places, the bucket is no way.
        world.give(HUB, "PosternHub", world.permissions("cp", "--account", "payments", "--hub"))
        done = e2e.expect_code(world.run(*up, "--via", "s3"), 1)
        e2e.expect("not authorized" in done.out + done.err or "AccessDenied" in done.out + done.err, "the reason", done)


def hub_alone():
    with Roles() as world:
        world.compare("hold", ("hold", "--all", "--reason", "test"), None, also=[("hold", "--status")])
        done = world.run("release", "--all")
        e2e.expect(done.code != 0, "release works with the policy of hold", done)
        world.compare("release", ("release", "--all"), None)
        world.compare("init", ("init", "--from-organizations"), None)


def deployments():
    with Roles() as world:
        iam = world.iam(ACCOUNT)
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HUB}:role/PosternHub"}, "Action": "sts:AssumeRole"}]}
        iam.create_role(RoleName="Deployer", AssumeRolePolicyDocument=json.dumps(trust))
        world.clear()
        via = ("--via", "Deployer")
        more = (*via, "--duty", "observe", "--duty", "operate")
        deploy = ("deploy", "roles", *more, "--parameter", f"ExternalId={EXTERNAL_ID}", "-o", "json", "--yes")
        world.compare("deploy roles", deploy, "Deployer", *more, also=[
            (*deploy, "--node-tag", "team=blue"),
            ("deploy", "roles", "--duty", "observe", *via, "-o", "json", "--yes")])
        world.compare("deploy diff", ("deploy", "diff", *more, "-o", "json"), "Deployer", *more, expected=3)
        done = world.run(*deploy)
        e2e.expect(done.code != 0, "diff's policy lets a deployment through", done)
        delete = ("deploy", "delete", *via, "-o", "json", "--yes")
        for action in ("iam:DeleteRole", "iam:DeleteRolePolicy"):
            world.needed(action, "deploy delete", delete, *more)
        world.compare("deploy delete", delete, "Deployer", *more)
        for action in ("iam:CreateRole", "iam:PutRolePolicy"):
            world.needed(action, "deploy roles", deploy, *more)
            world.compare("deploy delete", delete, "Deployer", *more)
        for profile in iam.list_instance_profiles_for_role(RoleName="PosternNode")["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName="PosternNode")
            iam.delete_instance_profile(InstanceProfileName=profile["InstanceProfileName"])
        for policy in iam.list_attached_role_policies(RoleName="PosternNode")["AttachedPolicies"]:
            iam.detach_role_policy(RoleName="PosternNode", PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName="PosternNode")
        why = ("why", "--role", f"arn:aws:iam::{ACCOUNT}:role/Bounded", *via, "-o", "json", "--action")
        limits = iam.create_policy(PolicyName="Limits", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}))["Policy"]["Arn"]
        iam.create_role(RoleName="Bounded", AssumeRolePolicyDocument=json.dumps(trust), PermissionsBoundary=limits)
        iam.put_role_policy(RoleName="Bounded", PolicyName="look", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]}))
        alarms = (*via, "--region", "us-east-1", "-o", "json", "--yes")
        world.compare("deploy alarms", ("deploy", "alarms", *alarms), "Deployer", *via, "--stack-name", "postern-alarms", also=[
            ("deploy", "alarms", *alarms, "--parameter", "LagLimitSeconds=900")])
        world.compare("deploy delete", ("deploy", "delete", "--for", "alarms", *alarms), "Deployer", *via, "--for", "alarms")
        # The nodes' VPC has endpoints for Systems Manager already: what else it could have.
        endpoints = (*via, "--region", "us-east-1", "-o", "json", "--yes")
        world.compare("deploy endpoints", ("deploy", "endpoints", "--services", "sts", *endpoints), "Deployer", *via)
        world.compare("deploy delete", ("deploy", "delete", "--for", "endpoints", *endpoints), "Deployer", *via, "--for", "endpoints")
        organizations = world.client("organizations")
        organizations.enable_policy_type(RootId=organizations.list_roots()["Roots"][0]["Id"], PolicyType="SERVICE_CONTROL_POLICY")
        world.compare("why", (*why, "ec2:DescribeInstances"), "Deployer", *via)
        node = (*via, "--for", "node")
        world.compare("deploy roles", ("deploy", "roles", *node, "-o", "json", "--yes"), "Deployer", *node,
                      also=[("deploy", "roles", *node, "--parameter", "ReplicationAgent=disabled", "--yes")])
        world.compare("deploy delete", ("deploy", "delete", *node, "-o", "json", "--yes"), "Deployer", *node)


def stack_sets():
    with Roles() as world:
        world.clear()
        via = ("--via", "stackset")
        root = world.client("organizations").list_roots()["Roots"][0]["Id"]
        words = (*via, "--duty", "operate", "--ou", root, "--account", "payments", "-o", "json")
        world.compare("deploy roles", ("deploy", "roles", *words, "--yes"), None, *via, also=[
            ("deploy", "roles", *words, "--yes", "--node-tag", "team=blue")])
        world.compare("deploy diff", ("deploy", "diff", *words), None, *via, expected=3)
        world.compare("deploy delete", ("deploy", "delete", *via, "-o", "json", "--yes"), None, *via)


if __name__ == "__main__":
    e2e.run_cases([("look", look), ("run", run), ("copies", copies), ("hub alone", hub_alone), ("deployments", deployments),
                   ("stack sets", stack_sets)])
