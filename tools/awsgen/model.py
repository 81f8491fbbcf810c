"""Reads botocore service models and makes the IR: the shapes that the selected operations reach, traits resolved.

A trait may stand at the member or at the shape that it refers to; the member wins. This is botocore's own rule
(`ShapeResolver`), and only here it is applied: emitters see resolved values.
"""

import gzip
import json
import os
import re
from dataclasses import dataclass, field

from names import pascal_case, type_name

READ_PREFIXES = ("Describe", "List", "Get")
EFFECTS = ("read", "idempotent_write", "write")
PROTOCOLS = {"json": "json", "query": "query", "ec2": "ec2", "rest-json": "rest_json", "rest-xml": "rest_xml"}
KINDS = {
    "structure": "structure", "list": "list", "map": "map", "string": "string", "character": "string",
    "boolean": "boolean", "integer": "int32", "long": "int64", "float": "float32", "double": "float64",
    "blob": "blob", "timestamp": "timestamp",
}
TIME_FORMATS = {"unixtimestamp": "epoch_seconds", "iso8601": "iso8601", "rfc822": "http_date"}
LOCATIONS = {"header": "header", "headers": "headers", "querystring": "query", "uri": "uri", "statusCode": "status_code"}


class ModelError(Exception):
    """The input is wrong or uses something that the generator does not know; the text names service and place."""


@dataclass
class Member:
    name: str
    shape: "Shape"
    wire_name: str
    query_name: str
    location: str = "body"
    time_format: str = ""
    required: bool = False
    idempotency_token: bool = False
    flattened: bool = False
    xml_attribute: bool = False
    payload: bool = False
    json_value: bool = False
    xml_namespace: tuple = None  # (uri, prefix) of the reference itself
    boxed: bool = False  # a struct that holds itself through this member


@dataclass
class Shape:
    name: str  # the model's
    kind: str
    cpp_name: str = ""  # of structures and enum tags
    ident: str = ""  # in the names of its tables
    members: list = field(default_factory=list)
    element: "Shape" = None
    element_name: str = "member"
    key_name: str = "key"
    flattened: bool = False
    sensitive: bool = False
    union: bool = False
    document: bool = False
    time_format: str = ""
    min: int = None
    max: int = None
    enum: list = field(default_factory=list)
    error: bool = False
    error_code: str = ""
    error_status: int = 0
    sender_fault: bool = True
    xml_namespace: str = ""
    xml_prefix: str = ""
    element_namespace: tuple = None  # (uri, prefix) where the list or map refers to its elements
    key_namespace: tuple = None
    cyclic: bool = False  # a structure that reaches itself

    @property
    def is_open_enum(self):
        return self.kind == "string" and bool(self.enum) and not self.sensitive


@dataclass
class Operation:
    name: str
    input: Shape
    output: Shape
    errors: list
    effect: str
    http_method: str
    request_uri: str
    result_wrapper: str = ""
    host_prefix: str = ""
    unsigned: bool = False
    pagination: dict = None
    xml_root: str = ""
    xml_root_namespace: str = ""
    success_status: int = 200
    reply_root: str = ""
    unwrapped_reply: bool = False
    body_checksum: str = "none"
    note: str = ""


@dataclass
class Service:
    id: str
    protocol: str
    metadata: dict
    plain_handlers: bool = False  # the server half's methods are ordinary functions, not coroutines
    operations: list = field(default_factory=list)
    shapes: list = field(default_factory=list)  # by name
    structures: list = field(default_factory=list)  # dependencies first
    aliases: list = field(default_factory=list)  # (new name, type name), sorted
    sources: list = field(default_factory=list)  # files that were read


def _read_json(path, sources):
    """The file, or its .gz (newer botocore), or None; adds what it read to sources."""
    for candidate, opener in ((path, open), (path + ".gz", gzip.open)):
        if os.path.exists(candidate):
            sources.append(candidate)
            with opener(candidate, "rt", encoding="utf-8") as stream:
                return json.load(stream)
    return None


def _newest_version(models, overlay, service):
    folder = os.path.join(models, service)
    if not os.path.isdir(folder) and overlay:
        folder = os.path.join(overlay, service)  # a service that AWS publishes no model of
    if not os.path.isdir(folder):
        raise ModelError(f"{service}: no folder {folder}")
    versions = sorted(v for v in os.listdir(folder) if re.fullmatch(r"\d{4}-\d\d-\d\d", v))
    if not versions:
        raise ModelError(f"{service}: no version folder in {folder}")
    return versions[-1]


def load_documents(models, overlay, service, version=None):
    """The service model and the paginators with the overlay merged over them, and the list of files read."""
    sources = []
    version = version or _newest_version(models, overlay, service)
    base = os.path.join(models, service, version)
    model = _read_json(os.path.join(base, "service-2.json"), sources)
    if model is None and os.path.isdir(os.path.join(models, service)):
        raise ModelError(f"{service}: no service-2.json in {base}")
    model = model or {}
    pages = (_read_json(os.path.join(base, "paginators-1.json"), sources) or {}).get("pagination", {})
    if overlay:
        over = os.path.join(overlay, service, version)
        extra = _read_json(os.path.join(over, "service-2.json"), sources) or {}
        for section in ("metadata", "operations", "shapes"):
            model.setdefault(section, {}).update(extra.get(section, {}))
        pages.update((_read_json(os.path.join(over, "paginators-1.json"), sources) or {}).get("pagination", {}))
    if "metadata" not in model:
        raise ModelError(f"{service}: neither the models nor the overlay describe it")
    return model, pages, sources


class _Builder:
    def __init__(self, service, model, pages, selection):
        self.id = service
        self.model = model
        self.pages = pages
        self.selection = selection
        self.protocol = PROTOCOLS.get(model["metadata"]["protocol"])
        if self.protocol is None:
            raise ModelError(f"{service}: unknown protocol {model['metadata']['protocol']}")
        self.shapes = {}

    # --- shapes ---

    def shape(self, name):
        """The shape of that name and everything that it reaches."""
        if name in self.shapes:
            return self.shapes[name]
        raw = self.model["shapes"].get(name)
        if raw is None:
            raise ModelError(f"{self.id}: shape {name} is not in the model")
        document = bool(raw.get("document"))
        kind = "string" if document else KINDS.get(raw["type"])
        if kind is None or raw.get("eventstream"):
            raise ModelError(f"{self.id}: shape {name} has a type that is not supported: {raw['type']}")
        shape = Shape(name, kind, document=document)
        self.shapes[name] = shape
        shape.sensitive = bool(raw.get("sensitive"))
        shape.flattened = bool(raw.get("flattened"))
        shape.time_format = self._time_format(raw)
        shape.min, shape.max = self._limit(raw.get("min")), self._limit(raw.get("max"))
        shape.enum = list(raw.get("enum", []))
        shape.xml_namespace, shape.xml_prefix = self._xml_namespace(raw)
        if kind == "list":
            self._list(shape, raw)
        elif kind == "map":
            self._map(shape, raw)
        elif kind == "structure":
            self._structure(shape, raw)
        return shape

    def _list(self, shape, raw):
        shape.element = self.shape(raw["member"]["shape"])
        shape.element_name = self._trait(raw["member"], "locationName") or "member"
        shape.element_namespace = self._own_namespace(raw["member"])
        if shape.element.kind == "boolean":
            raise ModelError(f"{self.id}: {shape.name}: lists of booleans are not supported (vector<bool>)")

    def _map(self, shape, raw):
        shape.element = self.shape(raw["value"]["shape"])
        shape.element_name = self._trait(raw["value"], "locationName") or "value"
        shape.key_name = self._trait(raw["key"], "locationName") or "key"
        shape.element_namespace = self._own_namespace(raw["value"])
        shape.key_namespace = self._own_namespace(raw["key"])

    def _structure(self, shape, raw):
        shape.union = bool(raw.get("union"))
        required = set(raw.get("required", []))
        payload = raw.get("payload")
        for name, ref in raw.get("members", {}).items():
            location_name = self._trait(ref, "locationName")
            # A payload's root element is called as its shape when nothing else is said.
            wire_name = location_name or (ref["shape"] if self.protocol == "rest_xml" and name == payload else name)
            query_name = wire_name
            if self.protocol == "ec2":
                capital = location_name[0].upper() + location_name[1:] if location_name else name
                query_name = self._trait(ref, "queryName") or capital
            shape.members.append(Member(
                name, self.shape(ref["shape"]), wire_name, query_name,
                location=self._location(shape, name, ref),
                time_format=self._time_format(ref),
                required=name in required,
                idempotency_token=bool(self._trait(ref, "idempotencyToken")),
                flattened=bool(ref.get("flattened")),
                xml_attribute=bool(self._trait(ref, "xmlAttribute")),
                payload=name == payload,
                json_value=bool(self._trait(ref, "jsonvalue")),
                xml_namespace=self._own_namespace(ref)))
        if raw.get("exception") or "error" in raw:
            error = raw.get("error", {})
            shape.error = True
            shape.error_code = error.get("code") or shape.name
            shape.sender_fault = not raw.get("fault", False)
            shape.error_status = error.get("httpStatusCode") or (400 if shape.sender_fault else 500)

    def _location(self, shape, name, ref):
        location = self._trait(ref, "location")
        if location is None:
            return "body"
        if location not in LOCATIONS:
            raise ModelError(f"{self.id}: {shape.name}.{name}: unknown location {location}")
        if location == "querystring" and self.model["shapes"][ref["shape"]]["type"] == "map":
            return "query_map"
        return LOCATIONS[location]

    def _trait(self, ref, key):
        return ref.get(key, self.model["shapes"].get(ref["shape"], {}).get(key))

    def _time_format(self, raw):
        text = raw.get("timestampFormat")
        if text is None:
            return ""
        if text.lower() not in TIME_FORMATS:
            raise ModelError(f"{self.id}: unknown timestampFormat {text}")
        return TIME_FORMATS[text.lower()]

    @staticmethod
    def _xml_namespace(raw):
        namespace = raw.get("xmlNamespace") or {}
        if isinstance(namespace, str):
            return namespace, ""
        return namespace.get("uri", ""), namespace.get("prefix", "")

    def _own_namespace(self, ref):
        namespace = self._xml_namespace(ref)
        return namespace if namespace[0] else None

    @staticmethod
    def _limit(value):
        """Whole numbers only: the one limit with a fraction in AWS's models bounds a percentage of ours to nothing."""
        return int(value) if value is not None and float(value) == int(value) else None

    # --- operations ---

    def operation(self, name, choice):
        raw = self.model["operations"].get(name)
        if raw is None:
            raise ModelError(f"{self.id}: operation {name} is neither in the model nor in the overlay")
        effect = choice.get("effect") or ("read" if name.startswith(READ_PREFIXES) else "write")
        if effect not in EFFECTS:
            raise ModelError(f"{self.id}.{name}: effect must be one of {', '.join(EFFECTS)}, not {effect}")
        unknown = set(choice) - {"effect", "note", "reply", "unwrapped"}
        if unknown:
            raise ModelError(f"{self.id}.{name}: unknown keys {sorted(unknown)} in the selection")
        output = raw.get("output", {})
        root = raw.get("input", {})
        http = raw.get("http", {})
        return Operation(
            name,
            self._message(root.get("shape"), name, "Request"),
            self._message(output.get("shape"), name, "Response"),
            [self.shape(e["shape"]) for e in sorted(raw.get("errors", []), key=lambda e: e["shape"])],
            effect,
            http.get("method", "POST"),
            http.get("requestUri", "/"),
            result_wrapper=output.get("resultWrapper", ""),
            host_prefix=raw.get("endpoint", {}).get("hostPrefix", ""),
            unsigned=raw.get("authtype") == "none" or name in self.selection.get("unsigned", []),
            pagination=self._pagination(name),
            xml_root=root.get("locationName", ""),
            xml_root_namespace=self._xml_namespace(root)[0],
            success_status=http.get("responseCode", 200),
            reply_root=choice.get("reply", ""),
            unwrapped_reply=choice.get("unwrapped", False),
            body_checksum=self._body_checksum(raw),
            note=choice.get("note", ""))

    @staticmethod
    def _body_checksum(raw):
        flexible = raw.get("httpChecksum", {})
        if raw.get("httpChecksumRequired") or flexible.get("requestChecksumRequired"):
            return "required"
        return "optional" if "requestAlgorithmMember" in flexible else "none"

    def _message(self, shape_name, operation, suffix):
        if shape_name is not None:
            return self.shape(shape_name)
        name = operation + suffix
        if name in self.model["shapes"]:
            raise ModelError(f"{self.id}: {name} is in the model but {operation} does not use it")
        return self.shapes.setdefault(name, Shape(name, "structure"))

    def _pagination(self, operation):
        """Only operations with a single token, which are all that have been needed."""
        page = self.pages.get(operation)
        if page is None or isinstance(page["input_token"], list) or isinstance(page["output_token"], list):
            return None
        result = page["result_key"]
        return {
            "input_token": page["input_token"],
            "output_token": page["output_token"],
            "limit_key": page.get("limit_key", ""),
            "result_key": result[0] if isinstance(result, list) else result,
            "more_results": page.get("more_results", ""),
        }


def _members_of(shape):
    """Structures that a structure holds: (structure, by value). Through a list or map is not by value."""
    for member in shape.members:
        target, direct = member.shape, True
        while target.kind in ("list", "map"):
            target, direct = target.element, False
        if target.kind == "structure":
            yield member, target, direct


def _components(structures):
    """Strongly connected components of the structures, dependencies first (Tarjan, without recursion)."""
    index, low, on_stack, stack, out = {}, {}, set(), [], []
    for root in structures:
        if root.name in index:
            continue
        work = [(root, iter([t for _, t, _ in _members_of(root)]))]
        index[root.name] = low[root.name] = len(index)
        stack.append(root)
        on_stack.add(root.name)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target.name not in index:
                    index[target.name] = low[target.name] = len(index)
                    stack.append(target)
                    on_stack.add(target.name)
                    work.append((target, iter([t for _, t, _ in _members_of(target)])))
                    break
                if target.name in on_stack:
                    low[node.name] = min(low[node.name], index[target.name])
            else:
                work.pop()
                if work:
                    low[work[-1][0].name] = min(low[work[-1][0].name], low[node.name])
                if low[node.name] == index[node.name]:
                    component = []
                    while not component or component[-1] is not node:
                        component.append(stack.pop())
                        on_stack.discard(component[-1].name)
                    out.append(sorted(component, key=lambda s: s.name))
    return out


def _order_structures(shapes):
    """Structures, dependencies first; marks what is cyclic and which members must be boxed."""
    ordered = []
    for component in _components([s for s in shapes if s.kind == "structure"]):
        names = {s.name for s in component}
        for shape in component:
            inner = [(m, direct) for m, target, direct in _members_of(shape) if target.name in names]
            shape.cyclic = bool(inner)
            for member, direct in inner:
                member.boxed = direct
        ordered.extend(component)
    return ordered


def _assign_names(service):
    """C++ names: operations and their XRequest / XResponse first, so that those are always predictable."""
    used = {pascal_case(o.name) for o in service.operations}
    wanted, uses = {}, {}
    for shape in service.shapes:
        for reference in [m.shape for m in shape.members] + ([shape.element] if shape.element else []):
            uses[reference.name] = uses.get(reference.name, 0) + 1
    for operation in service.operations:
        base = pascal_case(operation.name)
        for shape, suffix in ((operation.input, "Request"), (operation.output, "Response")):
            wanted.setdefault(shape.name, []).append(base + suffix)
            used.add(base + suffix)
        uses.update({e.name: uses.get(e.name, 0) + 1 for e in operation.errors})
    idents = set()
    for shape in service.shapes:
        # Two shapes of a model may differ in a capital letter alone: "String" and "string".
        shape.ident = pascal_case(shape.name)
        while shape.ident in idents:
            shape.ident += "_"
        idents.add(shape.ident)
        names = wanted.get(shape.name, [])
        if len(names) == 1 and shape.name not in uses:
            shape.cpp_name = names[0]
        elif pascal_case(shape.name) in names:
            shape.cpp_name = pascal_case(shape.name)
        elif shape.kind == "structure" or shape.is_open_enum:
            shape.cpp_name = type_name(shape.name, used)
        service.aliases.extend((name, shape.cpp_name) for name in names if name != shape.cpp_name)
    service.aliases.sort()


def build_service(service, model, pages, selection):
    """The IR of one service. `selection` is its table in the selection file."""
    unknown = set(selection) - {"operations", "version", "metadata", "unsigned", "plain_handlers"}
    if unknown:
        raise ModelError(f"{service}: unknown keys {sorted(unknown)} in the selection")
    builder = _Builder(service, model, pages, selection)
    metadata = {**model["metadata"], **selection.get("metadata", {})}
    out = Service(service, builder.protocol, metadata, bool(selection.get("plain_handlers", False)))
    for name in sorted(selection.get("operations", {})):
        out.operations.append(builder.operation(name, selection["operations"][name]))
    out.shapes = [builder.shapes[name] for name in sorted(builder.shapes)]
    out.structures = _order_structures(out.shapes)
    _assign_names(out)
    return out


def load_service(models, overlay, service, selection):
    model, pages, sources = load_documents(models, overlay, service, selection.get("version"))
    out = build_service(service, model, pages, selection)
    out.sources = sources
    return out
