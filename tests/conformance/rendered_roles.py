#!/usr/bin/env python3
"""What `postern render roles`, `alarms`, `endpoints` and `trail` write, judged by the tools of others. Exit status 77: the tool is
not here.

Usage: rendered_roles.py cfn-lint|fmt|same; POSTERN names the program.
  cfn-lint  every template passes cfn-lint without a warning
  fmt       every configuration is as `terraform fmt` would write it
  same      Terraform's own evaluation gives the policies that are in the template, with and without an organisation
"""
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

FLEET = """version: 1
hub: {account: "111122223333", region: us-east-1}
defaults: {roles: {observe: Look, operate: ops/Work, rollout: Roll, recover: Save, cleanup: Save}, regions: [us-east-1]}
documents: [AWS-RunShellScript, "Payments-*"]
notify: "arn:aws:sns:us-east-1:111122223333:ops"
anchors: {s3: "s3://ops-anchors/postern", region: us-east-1}
copies: [{s3: "s3://copies-east/cp", region: us-east-1}, {s3: "s3://copies-west", region: us-west-2}]
accounts:
  - {id: "044455556666", name: payments}
  - {id: "777788889999", name: ledger}
"""
# More roles than a role's inline policies hold.
MANY = FLEET.split("accounts:")[0] + "accounts:\n" + "".join(f'  - {{id: "{100000000000 + i}", name: a{i}}}\n' for i in range(90))
MODES = ("ec2", "lambda", "state-machine", "permission-set", "oidc")
INPUTS = {
    "HubRoleArn": "arn:aws:iam::111122223333:role/PosternHub", "HubAccountId": "111122223333",
    "OrchestrationAccountId": "111122223333", "ExternalId": "0f3c5a9e7b1d4862", "OidcSubject": "repo:o/n:ref:refs/heads/main",
    "IdentityCenterArn": "arn:aws:sso:::instance/ssoins-0123456789abcdef", "OutputLogGroup": "/nodes",
    "TargetRoleArns": ["arn:aws:iam::044455556666:role/A", "arn:aws:iam::777788889999:role/B"],
}
PSEUDO = {"AWS::AccountId": "444455556666", "AWS::Partition": "aws", "AWS::Region": "eu-west-1"}


def choices():
    for mode, part in itertools.product(MODES, ("hub", "target")):
        yield ("--mode", mode, "--for", part)
    yield ("--for", "node")
    yield ("--compat", "brief")
    yield ("--organization", "o-abcdefghij", "--node-tag", "team=it's 100%")
    for duty in ("observe", "operate", "rollout", "recover", "cleanup"):
        yield ("--duty", duty)


ALARMS = ("all", "commands", "recovery")
ENDPOINTS = ((), ("--for", "ssm,sessions,drs", "--services", "ec2messages,sts,s3"), ("--for", "sessions"),
             ("--vpc", "vpc-0a1b2c3d", "--subnets", "subnet-0a1b2c3d,subnet-1a2b3c4d", "--route-tables", "rtb-0a1b2c3d",
              "--cidr", "10.0.0.0/16,10.1.0.0/16", "--organization", "o-abcdefghij"))
TRAILS = ((), ("--organization", "o-abcdefghij"), ("--bucket", "central-logs", "--trail-name", "all.of_it"))


def render(folder, fleet, words, noun="roles"):
    program = os.path.abspath(os.environ["POSTERN"])
    environment = {"PATH": os.environ["PATH"], "HOME": folder}
    arguments = [program, *(("--fleet", fleet) if fleet else ()), "render", noun, *words]
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
    if noun == "roles" and not fleet and words[:2] != ("--for", "node") and "no fleet file" not in done.stderr:
        sys.exit(f"{' '.join(arguments)}: does not say that there is no fleet file")
    return done.stdout


def every(folder, kind, alarms=True):
    """(words, text) of each template."""
    file = os.path.join(folder, "fleet.yaml")
    with open(file, "w", encoding="utf-8") as out:
        out.write(FLEET)
    for fleet, words in itertools.product((None, file), choices()):
        words += ("--format", kind) if kind == "terraform" else ()
        yield words, render(folder, fleet, words)
    with open(file, "w", encoding="utf-8") as out:
        out.write(MANY)
    words = ("--for", "hub", "--format", kind)
    yield words, render(folder, file, words)
    for scope in ALARMS if alarms else ():
        words = ("--scope", scope, "--format", kind)
        yield words, render(folder, None, words, "alarms")


def every_and_trails(folder, kind):
    yield from every(folder, kind)
    for fleet, words in itertools.product((None, os.path.join(folder, "fleet.yaml")), ENDPOINTS):
        words += ("--format", kind) if kind == "terraform" else ()
        yield ("endpoints", *words), render(folder, fleet, words, "endpoints")
    for words in TRAILS:
        words += ("--format", kind) if kind == "terraform" else ()
        yield ("trail", *words), render(folder, None, words, "trail")


def tool(name):
    found = shutil.which(name)
    if found is None or subprocess.run([found, "--version"], capture_output=True, check=False).returncode != 0:
        print(f"SKIPPED: there is no {name} on this machine: nothing but our own tests has seen what is rendered")
        sys.exit(77)
    return found


def cfn_lint(folder):
    program = tool("cfn-lint")
    files = []
    for number, (words, text) in enumerate(every_and_trails(folder, "cloudformation")):
        files.append(os.path.join(folder, f"{number:02}.yaml"))
        with open(files[-1], "w", encoding="utf-8") as out:
            out.write(f"{text}# {' '.join(words)}\n")
    done = subprocess.run([program, "--", *files], capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr + f"cfn-lint: {len(files)} templates, exit code {done.returncode}")
    return done.returncode


def fmt(folder):
    program = tool("terraform")
    count = 0
    for words, text in every_and_trails(folder, "terraform"):
        count += 1
        done = subprocess.run([program, "fmt", "-check", "-diff", "-"], input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"render roles {' '.join(words)}\n{done.stdout}{done.stderr}")
            return 1
    print(f"terraform fmt -check: {count} configurations are as it would write them")
    return 0


# ---- both formats say the same -------------------------------------------------------------------------------------


class Absent:
    """What !Ref AWS::NoValue leaves out."""


class Template:
    """A template with its intrinsics worked out."""

    def __init__(self, text, inputs):
        import yaml

        class Loader(yaml.SafeLoader):
            pass

        def function(loader, tag, node):
            kinds = {yaml.ScalarNode: "construct_scalar", yaml.SequenceNode: "construct_sequence"}
            make = getattr(loader, kinds[type(node)])
            return (tag, make(node) if isinstance(node, yaml.ScalarNode) else make(node, deep=True))

        Loader.add_multi_constructor("!", function)
        self.body = yaml.load(text, Loader)
        parameters = self.body.get("Parameters", {})
        self.names = dict(PSEUDO)
        for name, parameter in parameters.items():
            self.names[name] = inputs[name] if name in inputs else parameter["Default"]

    def policies(self):
        """In the order in which Terraform has them."""
        for resource in self.body["Resources"].values():
            properties = resource["Properties"]
            for key in ("AssumeRolePolicyDocument", "InlinePolicy"):
                if key in properties:
                    yield self.value(properties[key])
            for policy in properties.get("Policies", []):
                yield self.value(policy["PolicyDocument"])
            if "PolicyDocument" in properties:
                yield self.value(properties["PolicyDocument"])

    def value(self, tree):
        if isinstance(tree, dict):
            pairs = ((key, self.value(each)) for key, each in tree.items())
            return {key: each for key, each in pairs if each is not Absent}
        if isinstance(tree, list):
            return [each for each in map(self.value, tree) if each is not Absent]
        return self.call(*tree) if isinstance(tree, tuple) else tree

    def call(self, name, argument):
        if name == "Ref":
            return Absent if argument == "AWS::NoValue" else self.names[argument]
        if name == "Sub":
            text = re.sub(r"\$\{([^!}]+)\}", lambda found: self.names[found[1]], argument)
            return text.replace("${!", "${")
        if name == "If":
            return self.value(argument[1 if self.holds(self.body["Conditions"][argument[0]]) else 2])
        raise ValueError(name)

    def holds(self, condition):
        name, argument = condition
        if name == "Not":
            return not self.holds(argument[0])
        return self.value(argument[0]) == self.value(argument[1])


def evaluated(program, folder, text, inputs):
    """The documents of a configuration as Terraform's own language gives them; no provider is needed."""
    documents = re.findall(r" = jsonencode\((\{\n.*?\n  \})\)\n", text, re.S)
    kept = re.findall(r"^(?:variable|locals) .*?^\}\n", text, re.S | re.M)
    source = "".join(kept) + "locals {\n" + "".join(f"  document_{i} = {each}\n" for i, each in enumerate(documents)) + "}\n"
    for name, attribute in (("AWS::AccountId", "aws_caller_identity.current.account_id"),
                            ("AWS::Partition", "aws_partition.current.partition"), ("AWS::Region", "aws_region.current.name")):
        source = source.replace(f"data.{attribute}", json.dumps(PSEUDO[name]))
    with open(os.path.join(folder, "main.tf"), "w", encoding="utf-8") as out:
        out.write(source)
    snake = lambda name: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    values = {snake(name): each for name, each in inputs.items()}
    environment = dict(os.environ)
    for name in re.findall(r'^variable "(\w+)"', text, re.M):
        if name in values:
            environment[f"TF_VAR_{name}"] = values[name] if isinstance(values[name], str) else json.dumps(values[name])
    asked = "jsonencode([" + ", ".join(f"local.document_{i}" for i in range(len(documents))) + "])\n"
    done = subprocess.run([program, "console"], cwd=folder, env=environment, input=asked, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"terraform console: {done.stderr}")
    return json.loads(json.loads(done.stdout.strip().split("\n")[-1]))


def same(folder):
    program = tool("terraform")
    try:
        import yaml as _
    except ImportError:
        print("SKIPPED: python3 has no yaml (python3-yaml): the two formats were not compared")
        return 77
    count = 0
    place = os.path.join(folder, "terraform")
    os.mkdir(place)
    pairs = zip(every(folder, "cloudformation", alarms=False), every(folder, "terraform", alarms=False))
    for (words, template), (_, configuration) in pairs:
        for organization in ("", "o-zyxwvutsrq"):
            inputs = {**INPUTS, "OrganizationId": organization}
            wanted = list(Template(template, inputs).policies())
            got = evaluated(program, place, configuration, inputs)
            if got != wanted:
                print(f"render roles {' '.join(words)}\ntemplate: {json.dumps(wanted)}\nTerraform: {json.dumps(got)}")
                return 1
            count += len(wanted)
            if "organization_id" not in configuration:
                break
    print(f"{count} policies are the same in both formats")
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        sys.exit({"cfn-lint": cfn_lint, "fmt": fmt, "same": same}[sys.argv[1]](work))
