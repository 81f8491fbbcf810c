#!/usr/bin/env python3
"""Tests of the generator. `awsgen_test.py --update-golden` rewrites testdata/golden."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import emit_shapes  # noqa: E402
import main as awsgen  # noqa: E402
import names  # noqa: E402
from model import ModelError, build_service, load_documents, load_service  # noqa: E402

TESTDATA = os.path.join(HERE, "testdata")
GOLDEN = os.path.join(TESTDATA, "golden", "aws")
MODELS = os.environ.get("POSTERN_AWS_MODELS", "/usr/lib/python3/dist-packages/botocore/data")
OVERLAY = os.path.join(ROOT, "models", "overlay")


def tiny():
    selection = awsgen.read_selection(os.path.join(TESTDATA, "selection.toml"))
    return load_service(os.path.join(TESTDATA, "models"), os.path.join(TESTDATA, "overlay"), "tiny", selection["tiny"])


def build(protocol="json", operations=None, shapes=None, selected=None, pages=None):
    """The IR of a model written in a test."""
    model = {
        "metadata": {"protocol": protocol, "apiVersion": "2020-01-01", "endpointPrefix": "x", "serviceId": "X",
                     "serviceFullName": "X"},
        "operations": operations or {}, "shapes": shapes or {}}
    chosen = selected if selected is not None else {name: {} for name in operations}
    return build_service("x", model, pages or {}, {"operations": chosen})


class Names(unittest.TestCase):
    def test_snake_case(self):
        for name, expected in (
                ("InstanceIds", "instance_ids"), ("OutputS3BucketName", "output_s3_bucket_name"), ("VpcIDs", "vpc_ids"),
                ("IPAddress", "ip_address"), ("ARN", "arn"), ("ARNs", "arns"), ("ebsOptimized", "ebs_optimized"), ("Sha1", "sha1"),
                ("StreamUrl", "stream_url"), ("Ipv6CidrBlock", "ipv6_cidr_block"), ("AWS::EC2::Instance", "aws_ec2_instance"),
                ("t2.micro", "t2_micro"), ("key", "key"), ("InProgress", "in_progress")):
            self.assertEqual(names.snake_case(name), expected)

    def test_members_avoid_keywords_the_type_and_each_other(self):
        self.assertEqual(names.member_names(["default", "shape", "Thing", "thing", "linux"], "thing"),
                         ["default_", "shape_", "thing_", "thing__2", "linux_"])

    def test_enumerators(self):
        self.assertEqual(names.enumerator_names(["NOT_REVIEWED", "2.0", "", "text", "default", "A", "a"]),
                         ["not_reviewed", "v2_0", "empty", "text_", "default_", "a", "a_2"])

    def test_strings_are_escaped(self):
        self.assertEqual(names.cpp_string('a"b\\é\n'), '"a\\"b\\\\\\303\\251\\012"')


class Model(unittest.TestCase):
    def test_only_what_is_reached_is_there(self):
        shapes = [s.name for s in tiny().shapes]
        self.assertNotIn("Unreached", shapes)
        self.assertNotIn("Nodes", shapes)
        self.assertIn("NodeList", shapes)

    def test_effects_by_name_and_by_choice(self):
        effects = {o.name: o.effect for o in tiny().operations}
        self.assertEqual(effects, {"DeleteThing": "idempotent_write", "ListThings": "read", "StartThing": "write"})

    def test_messages_have_predictable_names(self):
        service = tiny()
        self.assertEqual({s.name: s.cpp_name for s in service.structures}, {
            "Broken": "Broken", "DeleteThingResponse": "DeleteThingResponse", "ListThings": "ListThingsShape",
            "ListThingsResult": "ListThingsResponse", "Node": "Node", "StartThingRequest": "StartThingRequest",
            "Thing": "Thing", "TooManyThings": "TooManyThings", "listThingsInput": "ListThingsRequest"})
        self.assertEqual(service.aliases, [("DeleteThingRequest", "Thing"), ("StartThingResponse", "Thing")])

    def test_recursion_is_boxed_and_lists_are_not(self):
        node = next(s for s in tiny().structures if s.name == "Node")
        self.assertTrue(node.cyclic)
        self.assertEqual([m.boxed for m in node.members], [True, False, False])

    def test_structures_come_after_what_they_hold(self):
        order = [s.name for s in tiny().structures]
        self.assertLess(order.index("Node"), order.index("ListThingsResult"))

    def test_mutual_recursion(self):
        service = build(operations={"Go": {"input": {"shape": "A"}}}, shapes={
            "A": {"type": "structure", "members": {"B": {"shape": "B"}}},
            "B": {"type": "structure", "members": {"As": {"shape": "As"}, "A": {"shape": "A"}}},
            "As": {"type": "list", "member": {"shape": "A"}}})
        boxed = {f"{s.name}.{m.name}": m.boxed for s in service.structures for m in s.members}
        self.assertEqual(boxed, {"A.B": True, "B.As": False, "B.A": True})

    def test_ec2_query_names(self):
        shapes = {
            "In": {"type": "structure", "members": {
                "Plain": {"shape": "S"}, "Located": {"shape": "S", "locationName": "locatedName"},
                "Queried": {"shape": "S", "locationName": "a", "queryName": "Q"}}},
            "S": {"type": "string"}}
        operation = {"Go": {"input": {"shape": "In"}}}
        member = {m.name: (m.wire_name, m.query_name) for m in build("ec2", operation, shapes).operations[0].input.members}
        self.assertEqual(member, {"Plain": ("Plain", "Plain"), "Located": ("locatedName", "LocatedName"), "Queried": ("a", "Q")})
        member = {m.name: m.query_name for m in build("query", operation, shapes).operations[0].input.members}
        self.assertEqual(member["Queried"], "a")

    def test_trait_of_the_shape_serves_when_the_member_has_none(self):
        shapes = {"In": {"type": "structure", "members": {"M": {"shape": "L"}, "N": {"shape": "L", "locationName": "n"}}},
                  "L": {"type": "list", "member": {"shape": "S"}, "locationName": "item"}, "S": {"type": "string"}}
        members = build("ec2", {"Go": {"input": {"shape": "In"}}}, shapes).operations[0].input.members
        self.assertEqual([m.wire_name for m in members], ["item", "n"])

    def test_rest(self):
        shapes = {
            "In": {"type": "structure", "payload": "Body", "required": ["Id"], "members": {
                "Id": {"shape": "S", "location": "uri", "locationName": "id"},
                "Value": {"shape": "S", "location": "header", "locationName": "x-value", "jsonvalue": True},
                "Rest": {"shape": "Map", "location": "querystring", "locationName": "rest"},
                "Body": {"shape": "Config", "xmlNamespace": {"uri": "http://x/"}}}},
            "Config": {"type": "structure", "members": {"Names": {"shape": "Names"}}},
            "Names": {"type": "list", "member": {"shape": "S", "xmlNamespace": {"uri": "http://y/", "prefix": "y"}}},
            "Map": {"type": "map", "key": {"shape": "S"}, "value": {"shape": "S"}}, "S": {"type": "string"}}
        operation = {"Put": {"http": {"method": "PUT", "requestUri": "/{id}?put", "responseCode": 201},
                             "input": {"shape": "In"}, "httpChecksum": {"requestChecksumRequired": True}}}
        put = build("rest-xml", operation, shapes, selected={"Put": {"reply": "PutResult", "unwrapped": True}}).operations[0]
        self.assertEqual((put.http_method, put.request_uri, put.success_status, put.reply_root, put.unwrapped_reply),
                         ("PUT", "/{id}?put", 201, "PutResult", True))
        self.assertEqual(put.body_checksum, "required")
        self.assertEqual([(m.location, m.wire_name) for m in put.input.members],
                         [("uri", "id"), ("header", "x-value"), ("query_map", "rest"), ("body", "Config")])
        self.assertEqual([m.json_value for m in put.input.members], [False, True, False, False])
        self.assertEqual(put.input.members[3].xml_namespace, ("http://x/", ""))
        self.assertEqual(put.input.members[3].shape.members[0].shape.element_namespace, ("http://y/", "y"))

    def test_pagination(self):
        operations = {"A": {}, "B": {}}
        pages = {"A": {"input_token": ["x", "y"], "output_token": ["x", "y"], "result_key": "r"},
                 "B": {"input_token": "t", "output_token": "R.t", "result_key": ["r", "s"], "more_results": "m"}}
        service = build(operations=operations, pages=pages)
        self.assertIsNone(service.operations[0].pagination)
        self.assertEqual(service.operations[1].pagination, {
            "input_token": "t", "output_token": "R.t", "limit_key": "", "result_key": "r", "more_results": "m"})

    def test_errors_name_the_place(self):
        cases = (
            (dict(operations={"A": {}}, selected={"B": {}}), "x: operation B is neither"),
            (dict(operations={"A": {}}, selected={"A": {"effect": "safe"}}), "x.A: effect must be one of"),
            (dict(operations={"A": {}}, selected={"A": {"efect": "read"}}), "x.A: unknown keys ['efect']"),
            (dict(operations={"A": {"input": {"shape": "S"}}}), "x: shape S is not in the model"),
            (dict(operations={"A": {}}, protocol="soap"), "x: unknown protocol soap"))
        for arguments, expected in cases:
            with self.subTest(expected), self.assertRaises(ModelError) as caught:
                build(**arguments)
            self.assertIn(expected, str(caught.exception))

    def test_newest_version_and_overlay_are_read(self):
        service = tiny()
        self.assertEqual([os.path.relpath(s, TESTDATA) for s in service.sources], [
            "models/tiny/2020-01-01/service-2.json", "models/tiny/2020-01-01/paginators-1.json",
            "overlay/tiny/2020-01-01/service-2.json"])
        self.assertEqual(next(s.min for s in service.shapes if s.name == "Long"), -1)


class Tables(unittest.TestCase):
    def test_texts_and_rows_are_shared(self):
        names_of = {"type": "list", "member": {"shape": "S", "locationName": "item"}, "max": 5}
        shapes = {"In": {"type": "structure", "members": {"S": {"shape": "A"}, "T": {"shape": "B", "locationName": "S"}}},
                  "A": names_of, "B": names_of, "S": {"type": "string"}}
        text = emit_shapes.emit_shapes(build(operations={"Go": {"input": {"shape": "In"}}}, shapes=shapes))
        self.assertEqual(text.count('    "S"\n'), 1)
        self.assertEqual(text.count('    "item"\n'), 1)
        for row in (".limits = 1", ".extras = 1", ".ops = 1"):
            self.assertEqual(text.count(row), 2, row)
        self.assertEqual(text.count("    {.max = 5},\n"), 1)
        self.assertEqual(text.count("kContainerField<std::vector<std::string>>"), 1)

    def test_places_count_bytes(self):
        shapes = {"In": {"type": "structure", "members": {"E": {"shape": "E"}}},
                  "E": {"type": "string", "enum": ["\u00e9", "", "z"]}}
        text = emit_shapes.emit_shapes(build(operations={"Go": {"input": {"shape": "In"}}}, shapes=shapes))
        self.assertIn('    {1, 2},  // "/303/251"\n    {},  // ""\n    {3, 1},  // "z"\n', text)

    def test_what_fits_no_table_is_refused(self):
        shapes = {"In": {"type": "structure", "members": {"x" * 1024: {"shape": "S"}}}, "S": {"type": "string"}}
        with self.assertRaises(ModelError) as caught:
            emit_shapes.emit_shapes(build(operations={"Go": {"input": {"shape": "In"}}}, shapes=shapes))
        self.assertIn("x: too long for a table: xxx", str(caught.exception))


class Output(unittest.TestCase):
    def arguments(self, out):
        return ["--models", os.path.join(TESTDATA, "models"), "--overlay", os.path.join(TESTDATA, "overlay"),
                "--selection", os.path.join(TESTDATA, "selection.toml"), "--service", "tiny", "--out", out,
                "--depfile", os.path.join(out, "d")]

    def test_golden(self):
        for file, text in awsgen.generate(tiny()).items():
            with self.subTest(file), open(os.path.join(GOLDEN, "tiny", file), encoding="utf-8") as stream:
                self.assertEqual(text, stream.read(), "run tools/awsgen/awsgen_test.py --update-golden and read the difference")

    def test_same_input_same_output_and_unchanged_files_are_not_written(self):
        with tempfile.TemporaryDirectory() as out:
            self.assertEqual(awsgen.main(self.arguments(out)), 0)
            paths = [os.path.join(out, "tiny", f) for f, _ in awsgen.FILES]
            for path in paths:
                os.utime(path, (1, 1))
            self.assertEqual(awsgen.main(self.arguments(out)), 0)
            self.assertEqual([os.stat(p).st_mtime for p in paths], [1] * len(paths))

    def test_depfile_lists_models_overlay_selection_and_generator(self):
        with tempfile.TemporaryDirectory() as out:
            awsgen.main(self.arguments(out))
            with open(os.path.join(out, "d"), encoding="utf-8") as stream:
                text = stream.read()
        self.assertTrue(text.startswith(os.path.join(out, "tiny", "fwd.hpp") + ": "))
        for part in ("models/tiny/2020-01-01/service-2.json", "overlay/tiny/2020-01-01/service-2.json", "selection.toml", "model.py"):
            self.assertIn(part, text)

    def test_mistakes_are_one_line_on_stderr(self):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.assertEqual(awsgen.main(["--selection", "/nonexistent/selection.toml", "--list-services"]), 1)
        self.assertEqual(errors.getvalue().count("\n"), 1)


class Selection(unittest.TestCase):
    """The real models: every selected operation exists and builds."""

    def setUp(self):
        if not os.path.isdir(MODELS):
            self.skipTest(f"NO MODELS at {MODELS}: the selection was not checked")

    def test_builds(self):
        for name, table in awsgen.read_selection(os.path.join(ROOT, "models", "selection.toml")).items():
            with self.subTest(name):
                self.assertTrue(load_service(MODELS, OVERLAY, name, table).operations)

    def test_overlay_agrees_with_a_newer_botocore(self):
        """What the overlay adds must be what AWS published; it may only be stricter about secrets."""
        newer = _newer_models()
        if newer is None:
            self.skipTest("NO NEWER BOTOCORE on PATH: the overlay was not checked against it")
        deviations = _read(os.path.join(OVERLAY, "deviations.json"))
        for service in sorted(s for s in os.listdir(OVERLAY) if os.path.isdir(os.path.join(OVERLAY, s))):
            if not os.path.isdir(os.path.join(newer, service)):
                continue  # spoken by AWS's agents only: no SDK has a model of it
            for version in os.listdir(os.path.join(OVERLAY, service)):
                overlay = _read(os.path.join(OVERLAY, service, version, "service-2.json"))
                model = load_documents(newer, None, service, version)[0]
                for section in ("operations", "shapes"):
                    for name, value in overlay.get(section, {}).items():
                        with self.subTest(f"{service} {name}"):
                            self._compare(f"{service}.{name}", value, model[section].get(name), deviations)

    def _compare(self, name, ours, theirs, deviations):
        if theirs is None:
            return  # the other botocore is older than the overlay
        ours, theirs = _plain(ours), _plain(theirs)
        if set(ours.get("enum", ())) > set(theirs.get("enum", ())):
            return  # the same, only newer
        if name in deviations:
            self.assertNotEqual(ours, theirs, f"{name} is no deviation any more")
            ours.pop("sensitive", None)
            theirs.pop("sensitive", None)
        self.assertEqual(ours, theirs)


def _read(path):
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def _plain(node):
    """Without what the generator does not read."""
    if isinstance(node, dict):
        ignored = ("documentation", "pattern", "box")
        return {k: _plain(v) for k, v in node.items() if k not in ignored or isinstance(v, dict)}
    return [_plain(v) for v in node] if isinstance(node, list) else node


def _newer_models():
    """The data folder of the botocore of the first python3 on PATH, when it is another one than ours."""
    code = "import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), 'data'))"
    found = subprocess.run(["python3", "-c", code], capture_output=True, text=True, check=False).stdout.strip()
    return found if found and os.path.isdir(found) and not os.path.samefile(found, MODELS) else None


def update_golden():
    for file, text in awsgen.generate(tiny()).items():
        awsgen.write_if_changed(os.path.join(GOLDEN, "tiny", file), text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update-golden"]:
        update_golden()
    else:
        unittest.main()
