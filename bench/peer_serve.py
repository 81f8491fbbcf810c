"""Asks a server for DescribeInstances and SendCommand, half and half, as one JSON line. Run by bench/run against
`postern sim serve` and against moto_server with the same Python and the same requests."""
import argparse
import json
import threading
import warnings

import boto3
from botocore.config import Config

INSTANCES = 50


def clients(args):
    session = boto3.session.Session(aws_access_key_id=args.key, aws_secret_access_key=args.secret, region_name="us-east-1")
    config = Config(max_pool_connections=args.threads, retries={"max_attempts": 0})
    return (session.client(service, endpoint_url=args.url, config=config) for service in ("ec2", "ssm"))


def instance_ids(ec2, launch):
    if launch:
        ec2.run_instances(ImageId="ami-12c6146b", MinCount=INSTANCES, MaxCount=INSTANCES, TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "env", "Value": "bench"}]}])
    found = [instance["InstanceId"] for page in ec2.get_paginator("describe_instances").paginate()
             for reservation in page["Reservations"] for instance in reservation["Instances"]]
    assert len(found) == INSTANCES, f"{len(found)} instances"
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", default="AKIABENCHBENCHBENCH1")
    parser.add_argument("--secret", default="bench")
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--launch", action="store_true", help="make the instances first")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    ec2, ssm = clients(args)
    ids = instance_ids(ec2, args.launch)
    send = {"InstanceIds": ids, "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}}
    each = max(1, args.calls // args.threads // 2)

    def work():
        for _ in range(each):
            assert sum(len(r["Instances"]) for r in ec2.describe_instances()["Reservations"]) == INSTANCES
            assert ssm.send_command(**send)["Command"]["CommandId"]

    threads = [threading.Thread(target=work) for _ in range(args.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"calls": each * 2 * args.threads}))


if __name__ == "__main__":
    main()
