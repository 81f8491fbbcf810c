"""The Lambda of the field guide, done well: what a careful Python programmer would run instead of postern.

One thread per account, one botocore loader for all of them, the role assumed with its ExternalId, instances found by tag
and state in all pages, sent in batches of 50 whose answers are kept, all commands of an account followed by one
ListCommands until they have ended, then every page of their invocations. Prints the Lambda's answer as JSON: one entry
per account, with counts. Run by bench/run against `postern sim serve`."""
import argparse
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

BATCH = 50
DONE = ("Success", "Failed", "TimedOut", "Cancelled")
MAKING = threading.Lock()  # making clients of one loader is not thread-safe


def client_maker(loader):
    def make(service, endpoint, credentials=None):
        with MAKING:
            core = botocore.session.Session()
            core.register_component("data_loader", loader)
            session = boto3.session.Session(botocore_session=core)
            return session.client(service, region_name="us-east-1", endpoint_url=endpoint,
                                  config=Config(retries={"mode": "standard", "max_attempts": 5}), **(credentials or {}))
    return make


def assume(sts, account, external_id):
    answer = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/PosternOperator", RoleSessionName="bench",
                             ExternalId=external_id)["Credentials"]
    return {"aws_access_key_id": answer["AccessKeyId"], "aws_secret_access_key": answer["SecretAccessKey"],
            "aws_session_token": answer["SessionToken"]}


def instances_of(ec2, ssm):
    running = [instance["InstanceId"]
               for page in ec2.get_paginator("describe_instances").paginate(
                   Filters=[{"Name": "tag:env", "Values": ["bench"]}, {"Name": "instance-state-name", "Values": ["running"]}])
               for reservation in page["Reservations"] for instance in reservation["Instances"]]
    online = {node["InstanceId"] for page in ssm.get_paginator("describe_instance_information").paginate(
        PaginationConfig={"PageSize": 50}) for node in page["InstanceInformationList"] if node["PingStatus"] == "Online"}
    return [instance for instance in running if instance in online]


def follow(ssm, commands):
    waiting, pause = set(commands), 0.5
    while waiting:
        time.sleep(pause)
        pause = min(pause * 1.5, 5)
        for page in ssm.get_paginator("list_commands").paginate(PaginationConfig={"PageSize": 50}):
            waiting -= {command["CommandId"] for command in page["Commands"] if command["Status"] in DONE}
    for command in commands:
        for page in ssm.get_paginator("list_command_invocations").paginate(
                CommandId=command, Details=True, PaginationConfig={"PageSize": 50}):
            yield from page["CommandInvocations"]


def work(make, endpoint, sts, account, external_id, shell_command):
    result = {"account_id": account, "status": "error", "instance_count": 0, "command_ids": [], "succeeded": 0}
    try:
        credentials = assume(sts, account, external_id)
        ec2, ssm = make("ec2", endpoint, credentials), make("ssm", endpoint, credentials)
        targets = instances_of(ec2, ssm)
        for start in range(0, len(targets), BATCH):
            answer = ssm.send_command(InstanceIds=targets[start:start + BATCH], DocumentName="AWS-RunShellScript",
                                      Parameters={"commands": [shell_command]}, Comment=f"bench {account}",
                                      MaxConcurrency="100%", MaxErrors="100%")
            result["command_ids"].append(answer["Command"]["CommandId"])
        outputs = {}
        for invocation in follow(ssm, result["command_ids"]):
            result["instance_count"] += 1
            result["succeeded"] += invocation["Status"] == "Success"
            outputs[invocation["InstanceId"]] = invocation["CommandPlugins"][0]["Output"]
        result["status"] = "success" if result["succeeded"] == len(targets) else "failed"
        result["outputs"] = outputs
    except Exception as error:  # as the Lambda does: one account's failure is its own
        result["error"] = str(error)
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--accounts", required=True, help="comma-separated")
    parser.add_argument("--external-id", default="bench-1")
    parser.add_argument("--command", default="true")
    parser.add_argument("--threads", type=int, default=40)
    args = parser.parse_args()
    make = client_maker(Loader())
    sts = make("sts", args.url)
    with ThreadPoolExecutor(args.threads) as pool:
        results = list(pool.map(lambda account: work(make, args.url, sts, account, args.external_id, args.command),
                                args.accounts.split(",")))
    json.dump({"statusCode": 200, "body": results}, sys.stdout)
    print(f"\n{sum(result['succeeded'] for result in results)} succeeded", file=sys.stderr)


if __name__ == "__main__":
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    main()
