"""docs/conformance.md: made of what two runs of the cases recorded, and compared with the file in the repository."""
import difflib
import os

FILE = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "docs", "conformance.md"))
INTRODUCTION = """\
# What AWS's own clients do with the simulated cloud

Written by `tests/conformance/operations/run.py --write`; the ctest `conformance_operations` runs all of it and fails when
this file says anything else. The list of operations is the server's own: what its services are bound to.

* **boto3**, **AWS CLI**: the client, unmodified, called the operation with valid parameters, and its reply was parsed and
  compared with what it must say. A dash: the client does not know the operation, which is the agent's or newer.
* **Refused with**: the codes of the refusals that both clients were answered with.
"""


# What needs no signature is answered before the server counts who calls.
UNCOUNTED = {"RegisterManagedInstance"}


def merged(results):
    """One service's records by client, with the operations that its server offers."""
    services = {}
    for one in results:
        found = services.setdefault(one["service"], {"operations": one["operations"], "never": one["never"]})
        found[one["kind"]] = one
    return services


def check_calls(service, one, problems):
    """The server must have counted what the client's record says."""
    names = {row["operation"]: f"{row['service']}:{row['operation']}" for row in one["operations"]
             if row["service_id"] == one["service_id"]}
    for operation, count in one["valid"].items():
        if operation not in names:
            problems.append(f"{service} {operation} was called, and the server does not list it")
        elif operation not in UNCOUNTED and one["calls"].get(names[operation], 0) < count:
            problems.append(f"{service} {operation}: the server has seen fewer calls than recorded")


def row_of(service, operation, boto3, cli, never, problems):
    """The table's line of an operation; None for one that is not offered."""
    name = f"{service} {operation}"
    if operation in boto3["absent"]:
        if operation in boto3["valid"]:
            problems.append(f"{name} answers, and says that it is not offered")
        return None
    codes = boto3["refusals"].get(operation, set())
    if not codes:
        problems.append(f"{name}: no refused case")
    if operation in never:
        return [operation, f"always refused: {never[operation]}", "the same" if cli else "", codes]
    if operation not in boto3["valid"]:
        problems.append(f"{name}: no valid call by boto3")
    if cli is None or operation in cli["unknown"]:
        return [operation, "yes", "-", codes]
    if operation not in cli["valid"]:
        problems.append(f"{name}: no valid call by the AWS CLI")
    if cli["refusals"].get(operation, set()) != codes:
        problems.append(f"{name}: the AWS CLI was refused with {cli['refusals'].get(operation)}, boto3 with {codes}")
    return [operation, "yes", "yes", codes]


def text_of(rows):
    return [f"| {name} | {boto3} | {cli} | {', '.join(sorted(codes))} |" for name, boto3, cli, codes in rows]


def build(services, pages, problems):
    """The file's lines."""
    lines = INTRODUCTION.rstrip("\n").split("\n")
    for service, found in services.items():
        boto3, cli = found["boto3"], found.get("cli")
        for one in (boto3, cli):
            if one:
                check_calls(service, one, problems)
        operations = [row["operation"] for row in found["operations"] if row["service_id"] == boto3["service_id"]]
        rows = [(name, row_of(service, name, boto3, cli, found["never"], problems)) for name in operations]
        absent = [name for name, row in rows if row is None]
        lines += ["", f"## {boto3['service_id']}: {len(rows) - len(absent)} operations", "",
                  "| Operation | boto3 | AWS CLI | Refused with |", "|---|---|---|---|"]
        lines += text_of([row for _, row in rows if row is not None])
        if absent:
            lines += ["", "Not offered, and refused with words to that effect: " + ", ".join(absent) + "."]
    return lines + pages


def settle(results, pages, write):
    """0 when the table is complete and as committed. `pages` are the lines about waiters and paginators."""
    problems = []
    services = merged(results)
    complete = all("cli" in found for found in services.values())
    lines = build(services, pages, problems)
    for problem in problems:
        print("MISSING: " + problem)
    if problems:
        return 1
    count = sum(line.startswith("| ") and not line.startswith("| Operation") for line in lines)
    print(f"{count} lines; nothing is missing")
    if write and complete:
        with open(FILE, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        return 0
    if not complete:
        return 0
    with open(FILE, encoding="utf-8") as file:
        committed = file.read().splitlines()
    found = list(difflib.unified_diff(committed, lines, "docs/conformance.md", "this run", lineterm="", n=0))
    print("\n".join(found))
    return 1 if found else 0
