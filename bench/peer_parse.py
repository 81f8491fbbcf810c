"""How long botocore's parsers need for a reply body, as one JSON line: the fastest of several runs."""
import argparse
import json
import time

import botocore
import botocore.parsers
import botocore.session


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--service", required=True)
    parser.add_argument("--operation", required=True)
    parser.add_argument("--body", required=True)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    with open(args.body, "rb") as file:
        body = file.read()
    model = botocore.session.Session().get_service_model(args.service)
    shape = model.operation_model(args.operation).output_shape
    parse = botocore.parsers.ResponseParserFactory().create_parser(model.metadata["protocol"])
    response = {"status_code": 200, "headers": {}, "body": body}
    best = None
    for _ in range(args.runs):
        begin = time.process_time()
        parsed = parse.parse(response, shape)
        spent = time.process_time() - begin
        best = spent if best is None else min(best, spent)
    first = parsed.get("Reservations") or parsed.get("CommandInvocations")
    print(json.dumps({"peer": f"botocore {botocore.__version__}", "bytes": len(body), "items": len(first),
                      "ms": best * 1e3}))


if __name__ == "__main__":
    main()
