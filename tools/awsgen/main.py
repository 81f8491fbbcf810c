#!/usr/bin/env python3
"""awsgen: AWS service models -> C++ types, descriptor tables and server stubs. See README.md.

Deterministic: the output depends on the inputs only. A file whose text did not change is not written.
"""

import argparse
import os
import sys
import tomllib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import emit_server  # noqa: E402
import emit_shapes  # noqa: E402
import emit_types  # noqa: E402
from model import ModelError, load_service  # noqa: E402

FILES = (
    ("fwd.hpp", emit_types.emit_fwd),
    ("types.hpp", emit_types.emit_types),
    ("types.cpp", emit_types.emit_types_source),
    ("ops.hpp", emit_types.emit_ops),
    ("shapes.cpp", emit_shapes.emit_shapes),
    ("server.hpp", emit_server.emit_server),
    ("server.cpp", emit_server.emit_server_source),
)


def generate(service):
    """{file name: text} of one service's IR."""
    return {name: emit(service) for name, emit in FILES}


def read_selection(path):
    with open(path, "rb") as stream:
        return tomllib.load(stream)


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as stream:
            if stream.read() == text:
                return
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


def write_depfile(path, target, sources):
    def escape(name):
        return name.replace("$", "$$").replace(" ", "\\ ")

    write_if_changed(path, f"{escape(target)}: " + " ".join(escape(s) for s in sorted(set(sources))) + "\n")


def _parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog="awsgen", description=__doc__.splitlines()[0])
    parser.add_argument("--models", help="a botocore data folder")
    parser.add_argument("--overlay", help="folder of the same layout, merged over the models")
    parser.add_argument("--selection", required=True, help="TOML: services and operations")
    parser.add_argument("--service", help="the service to generate; all of the selection without it")
    parser.add_argument("--out", help="output folder; each service gets a folder of its name in it")
    parser.add_argument("--depfile", help="write a Makefile fragment that lists what was read (with --service)")
    parser.add_argument("--list-services", action="store_true", help="print the services of the selection, one a line")
    return parser.parse_args(arguments)


def main(arguments=None):
    options = _parse_arguments(arguments)
    try:
        selection = read_selection(options.selection)
        if options.list_services:
            print("\n".join(sorted(selection)))
            return 0
        services = [options.service] if options.service else sorted(selection)
        for name in services:
            if name not in selection:
                raise ModelError(f"{name}: not in {options.selection}")
            service = load_service(options.models, options.overlay, name, selection[name])
            for file, text in generate(service).items():
                write_if_changed(os.path.join(options.out, name, file), text)
            if options.depfile:
                own = [os.path.abspath(m.__file__) for m in list(sys.modules.values())
                       if getattr(m, "__file__", None) and
                       os.path.dirname(os.path.abspath(m.__file__)) == os.path.dirname(os.path.abspath(__file__))]
                target = os.path.join(options.out, name, FILES[0][0])
                write_depfile(options.depfile, target, service.sources + own + [os.path.abspath(options.selection)])
    except (ModelError, OSError, KeyError, ValueError) as error:
        print(f"awsgen: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
