#!/usr/bin/env python3
"""Writes which functions of a program ran, for the linker: order.py PROGRAM MAP OUT PATTERN...

PROGRAM has its symbols, MAP is what lld wrote of it (-Map); every PATTERN names files of `valgrind --tool=callgrind
--dump-instr=yes` that watched it. What ran in the first pattern's files comes first, behind it what ran in the next one's
alone, so that nobody pays for the other's pages. Instructions are looked up, not callgrind's names: it counts the cold half
of a function, which the compiler puts elsewhere under a name of its own (foo.cold), to the function.

The linker moves sections. Ours are one function each; a library's may be a hundred, of which one runs: those that are
mostly untouched come last, so that they lie beside nothing that is needed."""

import bisect
import glob
import re
import subprocess
import sys

NAME = re.compile(r"[A-Za-z_$][\w.$@]*")


def executed(lines, program):
    """The addresses, as the program's file has them, of the instructions that ran.

    "ob=(1) /path" says whose lines follow, later just by its number; "cob=" whose function is called. A line of cost
    begins with the instruction's address, or with its distance from the line before: "0x486030 0 5", "+4 0 5", "* 0 5"."""
    objects, inside, address, found = {}, False, 0, set()
    for line in lines:
        match = re.match(r"(c?)ob=\((\d+)\)(?: (.*))?", line)
        if match:
            called, number, path = match.groups()
            if path:
                objects[number] = path
            if not called:
                inside = objects[number] == program
            continue
        match = re.match(r"(?:(0x[0-9a-f]+)|([+-]\d+)|\*) ", line)
        if match:
            absolute, distance = match.groups()
            address = int(absolute, 16) if absolute else address + int(distance or 0)
            if inside:
                found.add(address)
    return found


def functions(listing):
    """(start, end, name) of every function in what `nm -S` printed, by address; a function may have several names."""
    rows = []
    for line in listing:
        words = line.split()
        if len(words) == 4 and words[2] in "tTwW" and int(words[1], 16) > 0 and NAME.fullmatch(words[3]):
            start = int(words[0], 16)
            rows.append((start, start + int(words[1], 16), words[3]))
    return sorted(rows)


def sparse_places(addresses, map_lines):
    """(start, end) of the sections of code that ran in less than half of their pages; small ones do not matter."""
    found, pages = [], sorted({address >> 12 for address in addresses})
    for line in map_lines:
        match = re.match(r" *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ {8,9}\S.*:\(\.text", line)
        if not match:
            continue
        start, size = int(match[1], 16), int(match[2], 16)
        touched = bisect.bisect(pages, (start + size - 1) >> 12) - bisect.bisect_left(pages, start >> 12)
        if size >= 16384 and 0 < touched * 4096 < size / 2:
            found.append((start, start + size))
    return sorted(found)


def names_of(addresses, rows):
    starts = [row[0] for row in rows]
    found = set()
    for address in addresses:
        last = bisect.bisect(starts, address) - 1
        # All names of one start: which of them the linker keeps is not ours to know.
        while last >= 0 and address < rows[last][1]:
            found.add(rows[last][2])
            if last == 0 or rows[last - 1][0] != rows[last][0]:
                break
            last -= 1
    return found


def ordered(groups, sparse):
    """Group after group, each name once; within a group what is hot, the cold halves, and what is in sparse sections."""
    seen, out = set(), []
    for names in groups:
        out += sorted(names - seen, key=lambda name: (name in sparse, name.endswith(".cold"), name))
        seen |= names
    return out


def main(program, map_path, out, *patterns):
    listing = subprocess.run(["nm", "-S", program], check=True, capture_output=True, text=True).stdout
    rows = functions(listing.splitlines())
    groups, everything = [], set()
    for pattern in patterns:
        addresses = set()
        for path in glob.glob(pattern):
            with open(path, encoding="utf-8") as file:
                addresses |= executed(file, program)
        if not addresses:
            sys.exit(f"order.py: nothing of {program} ran in {pattern}")
        groups.append(names_of(addresses, rows))
        everything |= addresses
    with open(map_path, encoding="utf-8") as file:
        places = sparse_places(everything, file)
    sparse = {name for start, _, name in rows if any(low <= start < high for low, high in places)}
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(name + "\n" for name in ordered(groups, sparse))


if __name__ == "__main__":
    main(*sys.argv[1:])
