"""shapes.cpp: the packed tables (aws/core/packed.hpp): numbers and one text, no pointers but to operations on types."""

from emit_types import banner, close_namespace, enum_tags, field_type, fields, open_namespace, value_type
from model import ModelError
from names import cpp_string, enumerator_names

TEXT_MAX = 1 << 22  # PackedText::offset
PART_MAX = (1 << 10) - 1  # PackedText::length
NAMESPACES_MAX = 255


class _Rows:
    """A table of different rows, in the order in which they were first asked for."""

    def __init__(self):
        self.rows = []
        self._places = {}

    def place(self, row):
        if row not in self._places:
            self._places[row] = len(self.rows)
            self.rows.append(row)
        return self._places[row]

    def place_from_1(self, row):
        return self.place(row) + 1


class _Text:
    """The one text of a service, and where each string is in it."""

    def __init__(self, service):
        self.service = service
        self.parts = []
        self._places = {}
        self._length = 0

    def place(self, text):
        """A PackedText, or None for the empty one."""
        if not text:
            return None
        length = len(text.encode("utf-8"))
        if text not in self._places:
            if length > PART_MAX or self._length + length > TEXT_MAX:
                raise ModelError(f"{self.service.id}: too long for a table: {text[:80]}")
            self._places[text] = self._length
            self._length += length
            self.parts.append(text)
        return f"{{{self._places[text]}, {length}}}"


class _Tables:
    """Everything that becomes an array."""

    def __init__(self, service):
        self.service = service
        self.text = _Text(service)
        self.namespaces = _namespaces(service)
        self.field_ops, self.value_ops, self.limits, self.extras, self.paginations = (_Rows() for _ in range(5))
        self.shapes, self.members, self.values, self.errors, self.operations = [], [], [], [], []
        for shape in service.shapes:
            self._shape(shape)
        for operation in service.operations:
            self._operation(operation)

    def _shape(self, shape):
        first = count = None
        text = self.text.place
        name = text(shape.name)
        if shape.kind in ("list", "map"):
            first = _shape(shape.element)
        elif shape.members:
            first, count = len(self.members), len(shape.members)
            self.members += [self._member(shape, m, cpp) for m, cpp in fields(shape)]
        elif shape.enum:
            first, count = len(self.values), len(shape.enum)
            self.values += [f"{text(v) or '{}'},  // {_note(v)}" for v in shape.enum]
        ops = _ops(shape)
        self.shapes.append(_row([
            ("name", name),
            ("kind", f"aws::Kind::{shape.kind}"),
            ("time_format", _time_format(shape)),
            ("flattened", _flag(shape.flattened)),
            ("sensitive", _flag(shape.sensitive)),
            ("is_union", _flag(shape.union)),
            ("is_document", _flag(shape.document)),
            ("sender_fault", "false" if shape.error and not shape.sender_fault else None),
            ("ops", self.value_ops.place_from_1(ops) if ops else None),
            ("first", first),
            ("count", count),
            ("limits", self._limits(shape)),
            ("extras", self._extras(shape)),
        ], shape.name))

    def _limits(self, shape):
        if shape.min is None and shape.max is None:
            return None
        return self.limits.place_from_1(_initialiser([("min", shape.min), ("max", shape.max)]))

    def _extras(self, shape):
        """What few shapes have; None where all of it is what a Shape has anyway."""
        collection = shape.kind in ("list", "map")
        element, key = (shape.element_name, shape.key_name) if collection else ("member", "key")
        if (element, key) == ("member", "key") and not (
                shape.error or shape.xml_namespace or shape.xml_prefix or shape.element_namespace or shape.key_namespace):
            return None
        text = self.text.place
        return self.extras.place_from_1(_initialiser([
            ("element_name", text(element)),
            ("key_name", text(key)),
            ("error_code", text(shape.error_code) if shape.error else None),
            ("xml_namespace", text(shape.xml_namespace)),
            ("xml_namespace_prefix", text(shape.xml_prefix)),
            ("error_status", shape.error_status if shape.error else None),
            ("element_namespace", self._namespace(shape.element_namespace)),
            ("key_namespace", self._namespace(shape.key_namespace)),
        ]))

    def _namespace(self, namespace):
        return self.namespaces.index(namespace) + 1 if namespace else None

    def _member(self, shape, member, cpp):
        text = self.text.place
        return _row([
            ("name", text(member.name)),
            ("wire_name", text(member.wire_name)),
            ("query_name", text(member.query_name)),
            ("shape", _shape(member.shape)),
            ("ops", self.field_ops.place(_field_ops(member))),
            ("offset", f"offsetof({shape.cpp_name}, {cpp})"),
            ("location", None if member.location == "body" else f"aws::Location::{member.location}"),
            ("time_format", _time_format(member)),
            ("required", _flag(member.required)),
            ("idempotency_token", _flag(member.idempotency_token)),
            ("flattened", _flag(member.flattened)),
            ("xml_attribute", _flag(member.xml_attribute)),
            ("payload", _flag(member.payload)),
            ("json_value", _flag(member.json_value)),
            ("xml_namespace", self._namespace(member.xml_namespace)),
        ])

    def _pagination(self, operation):
        if not operation.pagination:
            return None
        return self.paginations.place_from_1(_initialiser([(k, self.text.place(v)) for k, v in operation.pagination.items()]))

    def _operation(self, operation):
        text = self.text.place
        first = len(self.errors)
        self.errors += [_shape(e) for e in operation.errors]
        self.operations.append(_row([
            ("name", text(operation.name)),
            ("result_wrapper", text(operation.result_wrapper)),
            ("http_method", text(operation.http_method)),
            ("request_uri", text(operation.request_uri)),
            ("host_prefix", text(operation.host_prefix)),
            ("xml_root", text(operation.xml_root)),
            ("xml_root_namespace", text(operation.xml_root_namespace)),
            ("reply_root", text(operation.reply_root)),
            ("input", _shape(operation.input)),
            ("output", _shape(operation.output)),
            ("first_error", first if operation.errors else None),
            ("errors", len(operation.errors) or None),
            ("pagination", self._pagination(operation)),
            ("success_status", operation.success_status if operation.success_status != 200 else None),
            ("effect", f"aws::Effect::{operation.effect}"),
            ("body_checksum", f"aws::BodyChecksum::{operation.body_checksum}" if operation.body_checksum != "none" else None),
            ("unsigned_request", _flag(operation.unsigned)),
            ("unwrapped_reply", _flag(operation.unwrapped_reply)),
        ], operation.name))

    def arrays(self):
        """(PackedModel's member, type, name, rows) of each array that has rows."""
        namespaces = [f"{{{cpp_string(uri)}, {cpp_string(prefix)}}}," for uri, prefix in self.namespaces]
        found = (
            ("shapes", "aws::PackedShape", "kShapes", self.shapes),
            ("members", "aws::PackedMember", "kMembers", self.members),
            ("values", "aws::PackedText", "kValues", self.values),
            ("limits", "aws::PackedLimits", "kLimits", _lines(self.limits)),
            ("extras", "aws::PackedExtras", "kExtras", _lines(self.extras)),
            ("operations", "aws::PackedOperation", "kOperations", self.operations),
            ("errors", "std::uint16_t", "kErrors", [f"{e}," for e in self.errors]),
            ("paginations", "aws::PackedPagination", "kPaginations", _lines(self.paginations)),
            ("field_ops", "const aws::FieldOps*", "kFieldOps", _lines(self.field_ops)),
            ("value_ops", "const aws::ValueOps*", "kValueOps", _lines(self.value_ops)),
            ("namespaces", "aws::XmlNamespace", "kNamespaces", namespaces),
        )
        return [array for array in found if array[3]]


def _lines(rows):
    return [f"{row}," for row in rows.rows]


def _note(text):
    """For a comment at the end of a line."""
    return cpp_string(text).replace("\\", "/")


def _shape(shape):
    return f"kShape{shape.ident}"


def _ops(shape):
    if shape.kind == "list":
        return f"&aws::kListOps<{value_type(shape.element)}>"
    if shape.kind == "map":
        return f"&aws::kMapOps<{value_type(shape.element)}>"
    if shape.kind == "string":
        if shape.sensitive:
            return "&aws::kSecretOps"
        return f"&aws::kOpenOps<{shape.cpp_name}>" if shape.enum else "&aws::kStringOps"
    return None


def _field_ops(member):
    if member.boxed:
        return f"&aws::kBoxField<{value_type(member.shape)}>"
    if member.shape.kind in ("list", "map"):
        return f"&aws::kContainerField<{field_type(member)}>"
    return f"&aws::kOptionalField<{value_type(member.shape)}>"


def _initialiser(pairs):
    return "{" + ", ".join(f".{key} = {value}" for key, value in pairs if value is not None) + "}"


def _row(pairs, note=None):
    return _initialiser(pairs) + "," + (f"  // {_note(note)}" if note else "")


def _namespaces(service):
    """Every namespace that a reference declares, in order: (uri, prefix)."""
    found = set()
    for shape in service.shapes:
        found.update((shape.element_namespace, shape.key_namespace))
        found.update(m.xml_namespace for m in shape.members)
    found.discard(None)
    if len(found) > NAMESPACES_MAX:
        raise ModelError(f"{service.id}: too many XML namespaces for a table")
    return sorted(found)


def _time_format(carrier):
    return f"aws::TimeFormat::{carrier.time_format}" if carrier.time_format else None


def _flag(condition):
    return "true" if condition else None


def _enum_functions(shape):
    name, index = shape.cpp_name, _shape(shape)
    return (f"std::string_view {name}::text(Value value) {{ return kModel.enum_text({index}, static_cast<std::size_t>(value)); }}\n"
            f"std::optional<{name}::Value> {name}::parse(std::string_view text) {{\n"
            f"  const auto index = kModel.enum_value({index}, text);\n"
            "  return index ? std::optional<Value>(static_cast<Value>(*index)) : std::nullopt;\n}\n\n")


def _service_spec(service):
    meta = service.metadata
    return _initialiser([
        ("id", cpp_string(service.id)),
        ("service_id", cpp_string(meta["serviceId"])),
        ("full_name", cpp_string(meta["serviceFullName"])),
        ("api_version", cpp_string(meta["apiVersion"])),
        ("protocol", f"aws::Protocol::{service.protocol}"),
        ("json_version", cpp_string(meta.get("jsonVersion", ""))),
        ("target_prefix", cpp_string(meta.get("targetPrefix", ""))),
        ("endpoint_prefix", cpp_string(meta["endpointPrefix"])),
        ("signing_name", cpp_string(meta.get("signingName") or meta["endpointPrefix"])),
        ("xml_namespace", cpp_string(meta.get("xmlNamespace", ""))),
        ("global_endpoint", cpp_string(meta.get("globalEndpoint", ""))),
        ("s3_rules", _flag(meta.get("signatureVersion") == "s3")),
    ])


def _index_enum(values):
    return "enum : std::uint16_t {\n" + "".join(f"  {value},\n" for value in values) + "};\n\n"


def _model(service, arrays):
    parts = [("service", "&kService"), ("text", "kText")]
    parts += [(member, name) for member, _, name, _ in arrays]
    parts += [("unpacked_shapes", "unpacked_shapes"), ("unpacked_operations", "unpacked_operations"),
              ("operation_list", "operation_list")]
    shapes, operations = len(service.shapes), len(service.operations)
    return (f"const aws::ServiceSpec kService{_service_spec(service)};\n\n"
            "// What has been asked for; the rest is null.\n"
            f"constinit std::atomic<const aws::Shape*> unpacked_shapes[{shapes}];\n"
            f"constinit std::atomic<const aws::OperationSpec*> unpacked_operations[{operations}];\n"
            f"constinit const aws::OperationSpec* operation_list[{operations}] = {{}};\n\n"
            "constexpr aws::PackedModel kModel{\n" + "".join(f"    .{key} = {value},\n" for key, value in parts) + "};\n")


def emit_shapes(service):
    tables = _Tables(service)
    arrays = tables.arrays()
    out = [banner(service), "\n#include <atomic>\n#include <cstddef>\n\n", '#include "aws/core/packed.hpp"\n',
           f'#include "aws/{service.id}/ops.hpp"\n', "\n",
           "// The structs hold std::map and std::optional, which no standard promises a layout for; both compilers support it.\n",
           '#pragma GCC diagnostic ignored "-Winvalid-offsetof"\n', "\n", open_namespace(service), "namespace {\n\n",
           "// Indices into the tables.\n",
           _index_enum([_shape(s) for s in service.shapes]),
           _index_enum([f"kOperation{o.name}" for o in service.operations])]
    out.append("constexpr char kText[] =\n" + "\n".join(f"    {cpp_string(part)}" for part in tables.text.parts) + ";\n\n")
    for _, kind, name, rows in arrays:
        out.append(f"constexpr {kind} {name}[] = {{\n" + "".join(f"    {row}\n" for row in rows) + "};\n\n")
    out += [_model(service, arrays), "\n}  // namespace\n\n"]
    out += [_enum_functions(s) for s in enum_tags(service)]
    out += [f"const aws::Shape& {s.cpp_name}::shape() {{ return kModel.shape({_shape(s)}); }}\n" for s in service.structures]
    out += ["\nconst aws::ServiceSpec& service() { return kService; }\n",
            "std::span<const aws::OperationSpec* const> operations() { return kModel.all_operations(); }\n"]
    out += [f"const aws::OperationSpec& {o.name}::spec() {{ return kModel.operation(kOperation{o.name}); }}\n"
            for o in service.operations]
    return "".join(out + ["\n", close_namespace(service)])


__all__ = ["emit_shapes", "enumerator_names"]
