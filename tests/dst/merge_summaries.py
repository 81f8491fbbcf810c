"""Adds up the last lines of several dst_seeds, which are JSON, and prints the sum for people."""
import collections
import json
import sys


def main():
    sums = collections.defaultdict(collections.Counter)
    single = collections.Counter()
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            lines = file.read().splitlines()
        if not lines or not lines[-1].startswith("{"):
            sys.exit(f"{name}: it ended before its summary")
        for key, value in json.loads(lines[-1]).items():
            if isinstance(value, dict):
                sums[key].update(value)
                for one in value:
                    sums[key][one] += 0
            else:
                single[key] += value
    counts = ", ".join(f"{single[name]} {name}" for name in ("seeds", "targets", "commands", "bytes", "messages") if name in single)
    print(f"{counts}, {single['virtual_hours']:.0f} hours of virtual time")
    for label, key in (("targets" if "targets" in single else "sessions", "outcomes"), ("injected", "faults")):
        print(f"  {label}: " + ", ".join(f"{name} {count}" for name, count in sorted(sums[key].items())))
    probes = sums["probes"]
    if not probes:
        return
    never = sorted(name for name, count in probes.items() if count == 0)
    print(f"  probes: {len(probes) - len(never)} of {len(probes)} branches were reached; never: {', '.join(never) or 'none'}")


if __name__ == "__main__":
    main()
