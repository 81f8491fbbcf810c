#!/usr/bin/env python3
"""The repository's own rules as a test (CONTRIBUTING.md lists them).

    tools/tidy/tidy.py [--root DIR] [FILE...]

Without files: everything that git tracks or would track. A finding is `file:line: [rule] message`. It is allowed by a
comment on the same line or the line before, `tidy: allow(rule) reason`, or for the whole file among its first 12 lines,
`tidy: allow-file(rule) reason`. An allowance without a reason, or without a finding, is a finding.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import layers as layering  # noqa: E402
import rules  # noqa: E402

TEXT = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".txt", ".md", ".json", ".yaml", ".yml", ".tsv", ".toml", ".supp", "")
SIZED = (".cpp", ".hpp", ".py", ".sh", ".cmake")
ALLOW = re.compile(r"tidy: (allow|allow-file)\(([\w-]+)\)[ \t]*([^\n]*)")
ALLOW_FILE_LINES = 12


def listed_files(root):
    """Tracked files and new ones that .gitignore does not name; without git, everything but build folders."""
    try:
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, folders, files in os.walk(root):
            folders[:] = [f for f in folders if f not in ("build", ".git", "__pycache__")]
            names += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return sorted(name for name in set(names) if name and (root / name).is_file())


def extension(path):
    return os.path.splitext(path)[1]


def check_file(file, layers, private=frozenset()):
    """Findings of one file before allowances: [(line, rule, message)]."""
    found = []
    if file.is_cpp:
        for rule in rules.CPP_RULES:
            found += rule(file)
        found += rules.third_party(file, private)
        found += rules.includes(file, layers)
    if extension(file.path) in SIZED:
        found += rules.file_size(file)
    if extension(file.path) in (".cpp", ".hpp", ".py"):
        found += rules.line_length(file)
    if file.path != "LICENSE":
        found += rules.open_ends(file)
        found += rules.banned_paths(file)
    return found


def apply_allowances(file, found):
    """Drops what a comment allows; adds a finding per allowance that is bare or not needed."""
    allowances = []
    for m in ALLOW.finditer(file.text):
        line = file.line(m.start())
        kind, rule, reason = m.group(1), m.group(2), m.group(3).strip().rstrip("*/ ")
        if kind == "allow-file" and line > ALLOW_FILE_LINES:
            continue
        if not reason:
            yield line, "allow", f"tidy: {kind}({rule}) without a reason"
        allowances.append({"line": line, "file": kind == "allow-file", "rule": rule, "used": False})
    for line, rule, message in found:
        allowed = False
        for one in allowances:
            if one["rule"] == rule and (one["file"] or line in (one["line"], one["line"] + 1)):
                one["used"] = allowed = True
        if not allowed:
            yield line, rule, message
    for one in allowances:
        if not one["used"]:
            yield one["line"], "allow", f"nothing here needs the allowance of {one['rule']}"


def check_modules(files, layers):
    """What concerns folders: a README each, CMake's DEPS. Yields (path, line, rule, message)."""
    by_path = {file.path: file for file in files}
    folders = {}
    for file in files:
        module = layering.module_of(file.path, layers)
        if module:
            folders.setdefault(module, []).append(file)
    for module, members in sorted(folders.items()):
        home = f"src/{module}"
        if f"{home}/README.md" not in by_path:
            message = "each module has one: purpose, what it may include, which type to read first"
            yield f"{home}/README.md", 1, "readme", message
        included = {}
        for file in members:
            if file.is_cpp and not file.is_test:
                for other, line in layering.included_modules(file.path, file.text, layers).items():
                    included.setdefault(other, f"{file.path}:{line}")
        cmake = by_path.get(f"{home}/CMakeLists.txt")
        if cmake:
            for line, message in layering.check_cmake(cmake.path, cmake.text, layers, included):
                yield cmake.path, line, "layers", message


def check_tree(root, only=()):
    """Every finding of the tree (or of the files in `only`) as a sorted list of text lines."""
    layers = layering.parse((root / "tools/tidy/layers.txt").read_text())
    found = [("tools/tidy/layers.txt", line, "layers", message) for line, message in layers.errors]
    files = []
    for name in listed_files(root):
        # Fixtures are other people's words.
        if extension(name) not in TEXT or "/testdata/" in name or name.startswith("tools/tidy/tidy_test.py"):
            continue
        try:
            files.append(rules.File(name, (root / name).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    private = layering.private_headers(files, layers)
    for file in files:
        if not only or file.path in only:
            found += [(file.path, *finding) for finding in check_one(file, layers, private)]
    if not only:
        found += check_modules(files, layers)
        for file in files:
            if file.path == "docs/assumptions.tsv":
                found += [(file.path, *finding) for finding in rules.assumptions(file, rules.test_names(files))]
    return [f"{path}:{line}: [{rule}] {message}" for path, line, rule, message in sorted(found)]


def check_one(file, layers, private):
    if file.path.startswith("tools/tidy/"):
        # This folder writes about the rules: only sizes apply.
        return list(rules.file_size(file)) + list(rules.line_length(file)) if extension(file.path) in SIZED else []
    raw = check_file(file, layers, private)
    return list(apply_allowances(file, raw)) if extension(file.path) in SIZED else raw


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    found = check_tree(args.root, set(args.files))
    for line in found:
        print(line)
    print(f"tidy: {len(found)} finding{'' if len(found) == 1 else 's'}" if found else "tidy: clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
