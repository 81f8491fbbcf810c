"""CPU per signed, typed awsJson call of boto3, as one JSON line. Run by bench/run with each Python that has boto3."""
import argparse
import json
import resource
import threading
import warnings

import boto3
import botocore
from botocore.config import Config


ASK = {"CommandId": "0831e1a8-a1ac-4257-a1fd-c831bEXAMPLE", "InstanceId": "i-0123456789abcdef0"}


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--ca")
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=64)
    args = parser.parse_args()
    warnings.simplefilter("ignore")

    session = boto3.session.Session(
        aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret", aws_session_token="token" * 40,
        region_name="us-east-1")
    client = session.client(
        "ssm", endpoint_url=args.url, verify=args.ca or None,
        config=Config(max_pool_connections=args.threads, retries={"max_attempts": 0}))
    client.get_command_invocation(**ASK)  # loads the model, opens a connection

    per_thread = args.calls // args.threads

    def work():
        for _ in range(per_thread):
            answer = client.get_command_invocation(**ASK)
            assert answer["Status"] == "Success"

    threads = [threading.Thread(target=work) for _ in range(args.threads)]
    before = cpu_seconds()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = cpu_seconds() - before
    calls = per_thread * args.threads
    print(json.dumps({"peer": f"boto3 {boto3.__version__}", "botocore": botocore.__version__, "calls": calls,
                      "threads": args.threads, "cpu_us_per_call": spent / calls * 1e6}))


if __name__ == "__main__":
    main()
