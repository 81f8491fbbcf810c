#!/usr/bin/env python3
"""Prints botocore's endpoints: "service region fips dualstack host signing-region" a line ("-": none named, "!": refused).

Read by src/aws/core/endpoints_test.cpp. Exit status 77: no botocore here. The argument, if any, is a folder to import it from.
"""
import glob
import gzip
import json
import os
import sys

if len(sys.argv) > 1:
    sys.path.insert(0, sys.argv[1])
try:
    import botocore
    from botocore.endpoint_provider import EndpointProvider
except ImportError:
    sys.exit(77)

DATA = os.path.join(os.path.dirname(botocore.__file__), "data")
if not os.path.isdir(os.path.join(DATA, "sts")):
    DATA = "/usr/share/python3-botocore/data"


def load(path):
    opened = gzip.open(path) if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        return json.load(file)


partitions = load(os.path.join(DATA, "partitions.json"))
print("botocore", botocore.__version__, len(partitions["partitions"]))
for service in ("sts", "ssm", "ec2", "iam", "organizations", "drs"):
    rules = sorted(glob.glob(os.path.join(DATA, service, "*", "endpoint-rule-set-1.json*")))
    if not rules:
        continue
    provider = EndpointProvider(load(rules[-1]), partitions)
    for partition in partitions["partitions"]:
        for region in sorted(partition["regions"]):
            if region.endswith("-global"):
                continue
            for fips in (False, True):
                for dual in (False, True):
                    try:
                        found = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual)
                    except Exception:  # the rule says that there is none
                        print(service, region, int(fips), int(dual), "!", "-")
                        continue
                    schemes = found.properties.get("authSchemes") or [{}]
                    host = found.url.split("://", 1)[1]
                    print(service, region, int(fips), int(dual), host, schemes[0].get("signingRegion", "-"))
