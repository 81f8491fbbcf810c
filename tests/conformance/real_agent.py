"""The real amazon-ssm-agent against the simulated cloud: registers with a hybrid activation, appears Online, runs commands.

Runs when POSTERN_SSM_AGENT names an amazon-ssm-agent program with its workers beside it (ssm-agent-worker,
ssm-document-worker, ssm-session-worker); root is needed, because the agent keeps its state in /var/lib/amazon/ssm, which
this test covers with an empty file system of its own. Nothing of the agent is part of postern.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import sim_harness

SKIPPED = 77
PROGRAMS = ("amazon-ssm-agent", "ssm-agent-worker", "ssm-document-worker", "ssm-session-worker")
REGION = "us-east-1"
ONLINE_SECONDS = 90
COMMAND_SECONDS = 60

# The agent's folders are constants of its own; a private mount namespace keeps them apart from the machine's.
START = """
set -e
for folder in /var/lib/amazon /var/log/amazon; do mkdir -p $folder; mount -t tmpfs none $folder; done
"$1" -register -code "$2" -id "$3" -region "$4" -y
exec "$1"
"""


def skip(why):
    print(f"SKIPPED: the real amazon-ssm-agent was not tried: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def check(what, condition, seen=""):
    if not condition:
        raise AssertionError(f"{what}: {seen}")
    print(f"ok: {what}")


class Agent:
    """The agent as a child process in a folder of its own; a context manager."""

    def __init__(self, source, server, activation, channel):
        self.source = source
        self.server = server
        self.activation = activation
        self.channel = channel

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="postern-agent-")
        os.chmod(self.folder, 0o755)
        for name in PROGRAMS:
            shutil.copy(os.path.join(self.source, name), self.folder)
            os.chmod(os.path.join(self.folder, name), 0o755)
        nowhere = "https://127.0.0.1:1"
        config = {
            "Ssm": {"Endpoint": self.server.endpoint},
            "Mds": {"Endpoint": self.server.endpoint},
            "Mgs": {"Endpoint": self.server.endpoint if self.channel == "ssmmessages" else nowhere, "Region": REGION},
            "Kms": {"Endpoint": self.server.endpoint},
            "Profile": {"ShareCreds": False},
            "Identity": {"ConsumptionOrder": ["OnPrem"]},
        }
        os.mkdir(os.path.join(self.folder, "configuration"), 0o755)
        with open(os.path.join(self.folder, "configuration", "amazon-ssm-agent.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        # The users of sessions are others: the server's own file is not theirs to read.
        self.trust = tempfile.NamedTemporaryFile(prefix="postern-conformance-", suffix=".pem")
        with open(self.server.ca_file, "rb") as file:
            self.trust.write(file.read())
        self.trust.flush()
        os.chmod(self.trust.name, 0o644)
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "SSL_CERT_FILE": self.server.ca_file,
                       "CURL_CA_BUNDLE": self.trust.name}
        program = os.path.join(self.folder, "amazon-ssm-agent")
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", START, "sh",
                 program, self.activation["ActivationCode"], self.activation["ActivationId"], REGION],
                cwd=self.folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        return self

    def __exit__(self, kind, *_):
        self.process.kill()
        self.process.wait()
        if kind is not None:
            with open(self.log, errors="replace", encoding="utf-8") as file:
                print("the agent's log:\n" + file.read()[-20000:], file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.trust.close()


def wait_for(what, seconds, probe):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = probe()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def send(ssm, node, commands, **more):
    parameters = {"commands": commands, **more.pop("parameters", {})}
    reply = ssm.send_command(DocumentName="AWS-RunShellScript", InstanceIds=[node], Parameters=parameters, **more)
    return reply["Command"]["CommandId"]


def result(ssm, node, command):
    def probe():
        found = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
        if not found or found[0]["Status"] in ("Pending", "InProgress", "Delayed", "Cancelling"):
            return None
        return ssm.get_command_invocation(CommandId=command, InstanceId=node)
    return wait_for(f"the end of {command}", COMMAND_SECONDS, probe)


def show(name, found):
    print(f"    {name}: {found['Status']} / {found['StatusDetails']} code {found['ResponseCode']} "
          f"stdout {found['StandardOutputContent'][:60]!r} stderr {found['StandardErrorContent'][:80]!r}")


TWO_STEPS = {
    "schemaVersion": "2.2",
    "parameters": {"who": {"type": "String", "default": "nobody"}},
    "mainSteps": [
        {"action": "aws:runShellScript", "name": "greet", "inputs": {"runCommand": ["echo hello {{ who }}"]}},
        {"action": "aws:runShellScript", "name": "fail", "inputs": {"runCommand": ["exit 4"]}},
    ],
}


def two_steps(ssm, node):
    name = "TwoSteps-" + node[-6:]
    ssm.create_document(Name=name, DocumentType="Command", Content=json.dumps(TWO_STEPS))
    command = ssm.send_command(DocumentName=name, InstanceIds=[node], Parameters={"who": ["world"]})["Command"]["CommandId"]

    def probe():
        found = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
        return found[0] if found and found[0]["Status"] not in ("Pending", "InProgress", "Delayed") else None
    found = wait_for("the end of both steps", COMMAND_SECONDS, probe)
    steps = [(p["Name"], p["Status"], p["ResponseCode"]) for p in found["CommandPlugins"]]
    print(f"    two steps: {found['Status']} {steps}")
    check("a document of two steps runs", steps == [("greet", "Success", 0), ("fail", "Failed", 4)], found)
    check("its parameters are put in", found["CommandPlugins"][0]["Output"] == "hello world\n", found)


def run_commands(ssm, node):
    found = result(ssm, node, send(ssm, node, ["echo hello from $AWS_SSM_INSTANCE_ID", "echo trouble >&2"]))
    show("success", found)
    check("a command runs", found["Status"] == "Success" and found["ResponseCode"] == 0, found)
    check("its output arrives", found["StandardOutputContent"] == f"hello from {node}\n", found)
    check("its errors arrive", found["StandardErrorContent"] == "trouble\n", found)

    found = result(ssm, node, send(ssm, node, ["echo half", "exit 3"]))
    show("exit 3", found)
    check("a failing exit code arrives", found["Status"] == "Failed" and found["ResponseCode"] == 3, found)
    check("with the agent's own line", "failed to run commands: exit status 3" in found["StandardErrorContent"], found)

    found = result(ssm, node, send(ssm, node, ["i=0", "while [ $i -lt 4000 ]; do echo 0123456789; i=$((i+1)); done"]))
    show("44,000 characters", found)
    check("long output is cut", len(found["StandardOutputContent"]) <= 24000, len(found["StandardOutputContent"]))

    found = result(ssm, node, send(ssm, node, ["sleep 50"], parameters={"executionTimeout": ["5"]}))
    show("executionTimeout", found)
    check("executionTimeout ends it", found["StatusDetails"] == "ExecutionTimedOut", found)

    command = send(ssm, node, ["echo begun", "sleep 50"])
    wait_for("the start", 20, lambda: [i for i in ssm.list_command_invocations(CommandId=command)["CommandInvocations"]
                                       if i["Status"] == "InProgress"])
    time.sleep(1.5)  # it is the agent's own start-up of the script that is waited for here
    ssm.cancel_command(CommandId=command)
    found = result(ssm, node, command)
    show("CancelCommand", found)
    check("CancelCommand ends it", found["Status"] == "Cancelled", found)

    two_steps(ssm, node)
    commands = [send(ssm, node, [f"sleep 1; echo {i}"]) for i in range(12)]
    outputs = [result(ssm, node, command)["StandardOutputContent"] for command in commands]
    check("twelve at once all run, though the agent takes ten", outputs == [f"{i}\n" for i in range(12)], outputs)


def prove(source, server, channel):
    import boto3
    ssm = boto3.client("ssm", region_name=REGION, endpoint_url=server.endpoint, verify=server.ca_file,
                       **sim_harness.OPERATOR)
    activation = ssm.create_activation(IamRole="HybridNode", DefaultInstanceName="real-agent")
    with Agent(source, server, activation, channel) as agent:
        def online():
            if agent.process.poll() is not None:
                raise AssertionError(f"the agent ended with {agent.process.returncode}")
            found = ssm.describe_instance_information(
                Filters=[{"Key": "ActivationIds", "Values": [activation["ActivationId"]]}])
            return [n for n in found["InstanceInformationList"] if n["PingStatus"] == "Online"]
        node = wait_for("a node of the activation", ONLINE_SECONDS, online)[0]
        print("    " + json.dumps(node, default=str))
        check("the agent registered and is Online", node["InstanceId"].startswith("mi-"), node)
        check("as a managed instance", node["ResourceType"] == "ManagedInstance" and node["Name"] == "real-agent", node)
        print(f"agent version {node['AgentVersion']} over {channel}")
        name = node["InstanceId"]
        if channel == "ssmmessages":
            wait_for("the control channel", 60,
                     lambda: ssm.get_connection_status(Target=name)["Status"] == "connected")
            check("its control channel is connected", True)
        run_commands(ssm, name)
    used = {a["ActivationId"]: a["RegistrationsCount"] for a in ssm.describe_activations()["ActivationList"]}
    check("the activation counts its node", used[activation["ActivationId"]] == 1, used)
    ssm.deregister_managed_instance(InstanceId=name)
    left = ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [name]}])
    check("a deregistered node is gone", not left["InstanceInformationList"], left)


def main():
    program = os.environ.get("POSTERN_SSM_AGENT", "")
    if not program:
        skip("POSTERN_SSM_AGENT is not set")
    source = os.path.dirname(os.path.abspath(program))
    missing = [name for name in PROGRAMS if not os.access(os.path.join(source, name), os.X_OK)]
    if missing:
        skip(f"{', '.join(missing)} missing in {source}")
    if os.geteuid() != 0:
        skip("it needs root")
    sim_harness.clean_environment()
    with sim_harness.Server(os.environ["POSTERN_SIM_SERVER"]) as server:
        for channel in ("ssmmessages", "ec2messages"):
            prove(source, server, channel)


if __name__ == "__main__":
    main()
