"""shapes.cpp: the descriptor tables, as constants that need no code at start-up."""

from emit_types import banner, close_namespace, enum_tags, field_type, fields, open_namespace, value_type
from names import cpp_string, enumerator_names

_SUPPORT = """std::string_view text_at(std::span<const std::string_view> values, std::size_t index) { return values[index]; }

std::optional<std::size_t> index_of(std::span<const std::string_view> values, std::string_view text) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == text) return i;
  }
  return std::nullopt;
}

"""


def _ident(shape):
    return shape.ident


def _shape(shape):
    return f"kShape{_ident(shape)}"


def _values(shape):
    return f"kValues{_ident(shape)}"


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


def _namespaces(service):
    """Every namespace that a reference declares, in order: (uri, prefix)."""
    found = set()
    for shape in service.shapes:
        found.update((shape.element_namespace, shape.key_namespace))
        found.update(m.xml_namespace for m in shape.members)
    return sorted(found - {None})


def _namespace(service, namespace):
    return f"&kNamespaces[{_namespaces(service).index(namespace)}]" if namespace else None


def _flag(condition):
    return "true" if condition else None


def _member(service, shape, member, cpp):
    return _initialiser([
        ("name", cpp_string(member.name)),
        ("wire_name", cpp_string(member.wire_name)),
        ("query_name", cpp_string(member.query_name)),
        ("shape", f"&{_shape(member.shape)}"),
        ("ops", _field_ops(member)),
        ("offset", f"offsetof({shape.cpp_name}, {cpp})"),
        ("location", None if member.location == "body" else f"aws::Location::{member.location}"),
        ("time_format", f"aws::TimeFormat::{member.time_format}" if member.time_format else None),
        ("required", _flag(member.required)),
        ("idempotency_token", _flag(member.idempotency_token)),
        ("flattened", _flag(member.flattened)),
        ("xml_attribute", _flag(member.xml_attribute)),
        ("payload", _flag(member.payload)),
        ("json_value", _flag(member.json_value)),
        ("xml_namespace", _namespace(service, member.xml_namespace)),
    ])


def _descriptor(service, shape):
    collection = shape.kind in ("list", "map")
    return _initialiser([
        ("name", cpp_string(shape.name)),
        ("kind", f"aws::Kind::{shape.kind}"),
        ("ops", _ops(shape)),
        ("members", f"kMembers{_ident(shape)}" if shape.members else "{}"),
        ("element", f"&{_shape(shape.element)}" if collection else None),
        ("element_name", cpp_string(shape.element_name) if collection else None),
        ("key_name", cpp_string(shape.key_name) if shape.kind == "map" else None),
        ("flattened", _flag(shape.flattened)),
        ("sensitive", _flag(shape.sensitive)),
        ("is_union", _flag(shape.union)),
        ("is_document", _flag(shape.document)),
        ("time_format", f"aws::TimeFormat::{shape.time_format}" if shape.time_format else None),
        ("min", str(shape.min) if shape.min is not None else None),
        ("max", str(shape.max) if shape.max is not None else None),
        ("enum_values", _values(shape) if shape.enum else "{}"),
        ("error_code", cpp_string(shape.error_code if shape.error else "")),
        ("error_status", str(shape.error_status) if shape.error else None),
        ("sender_fault", "false" if shape.error and not shape.sender_fault else None),
        ("xml_namespace", cpp_string(shape.xml_namespace)),
        ("xml_namespace_prefix", cpp_string(shape.xml_prefix)),
        ("element_namespace", _namespace(service, shape.element_namespace)),
        ("key_namespace", _namespace(service, shape.key_namespace)),
    ])


def _enum_functions(shape):
    name, values = shape.cpp_name, _values(shape)
    return (f"std::string_view {name}::text(Value value) {{ return text_at({values}, static_cast<std::size_t>(value)); }}\n"
            f"std::optional<{name}::Value> {name}::parse(std::string_view text) {{\n"
            f"  const auto index = index_of({values}, text);\n"
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


def _operation_spec(operation):
    return _initialiser([
        ("name", cpp_string(operation.name)),
        ("service", "&kService"),
        ("input", f"&{_shape(operation.input)}"),
        ("output", f"&{_shape(operation.output)}"),
        ("result_wrapper", cpp_string(operation.result_wrapper)),
        ("http_method", cpp_string(operation.http_method)),
        ("request_uri", cpp_string(operation.request_uri)),
        ("host_prefix", cpp_string(operation.host_prefix)),
        ("errors", f"kErrors{operation.name}" if operation.errors else "{}"),
        ("effect", f"aws::Effect::{operation.effect}"),
        ("unsigned_request", _flag(operation.unsigned)),
        ("pagination", f"&kPages{operation.name}" if operation.pagination else None),
        ("xml_root", cpp_string(operation.xml_root)),
        ("xml_root_namespace", cpp_string(operation.xml_root_namespace)),
        ("success_status", str(operation.success_status) if operation.success_status != 200 else None),
        ("reply_root", cpp_string(operation.reply_root) if operation.reply_root else None),
        ("unwrapped_reply", _flag(operation.unwrapped_reply)),
        ("body_checksum", f"aws::BodyChecksum::{operation.body_checksum}" if operation.body_checksum != "none" else None),
    ])


def _operations(service):
    out = [f"const aws::ServiceSpec kService{_service_spec(service)};\n\n"]
    for operation in service.operations:
        name = operation.name
        if operation.errors:
            errors = ", ".join(f"&{_shape(e)}" for e in operation.errors)
            out.append(f"constexpr const aws::Shape* kErrors{name}[] = {{{errors}}};\n")
        if operation.pagination:
            page = _initialiser([(k, cpp_string(v)) for k, v in operation.pagination.items()])
            out.append(f"constexpr aws::Pagination kPages{name}{page};\n")
        out.append(f"const aws::OperationSpec kOperation{name}{_operation_spec(operation)};\n")
    names = ", ".join(f"&kOperation{o.name}" for o in service.operations)
    out.append(f"\nconstexpr const aws::OperationSpec* kOperations[] = {{{names}}};\n")
    return "".join(out)


def emit_shapes(service):
    out = [banner(service), "\n#include <cstddef>\n\n", f'#include "aws/{service.id}/ops.hpp"\n', "\n",
           "// The structs hold std::map and std::optional, which no standard promises a layout for; both compilers support it.\n",
           '#pragma GCC diagnostic ignored "-Winvalid-offsetof"\n', "\n", open_namespace(service), "namespace {\n\n"]
    if enum_tags(service):
        out.append(_SUPPORT)
    out += [f"extern const aws::Shape {_shape(s)};\n" for s in service.shapes]
    out.append("\n")
    if _namespaces(service):
        values = ", ".join("{" + cpp_string(uri) + ", " + cpp_string(prefix) + "}" for uri, prefix in _namespaces(service))
        out.append(f"constexpr aws::XmlNamespace kNamespaces[] = {{{values}}};\n")
    for shape in service.shapes:
        if shape.enum:
            values = ", ".join(cpp_string(v) for v in shape.enum)
            out.append(f"constexpr std::string_view {_values(shape)}[] = {{{values}}};\n")
        if shape.members:
            members = "".join(f"    {_member(service, shape, m, cpp)},\n" for m, cpp in fields(shape))
            out.append(f"constexpr aws::Member kMembers{_ident(shape)}[] = {{\n{members}}};\n")
    out.append("\n")
    out += [f"constinit const aws::Shape {_shape(s)}{_descriptor(service, s)};\n" for s in service.shapes]
    out += ["\n", _operations(service), "\n}  // namespace\n\n"]
    out += [_enum_functions(s) for s in enum_tags(service)]
    out += [f"const aws::Shape& {s.cpp_name}::shape() {{ return {_shape(s)}; }}\n" for s in service.structures]
    out += ["\nconst aws::ServiceSpec& service() { return kService; }\n",
            "std::span<const aws::OperationSpec* const> operations() { return kOperations; }\n"]
    out += [f"const aws::OperationSpec& {o.name}::spec() {{ return kOperation{o.name}; }}\n" for o in service.operations]
    return "".join(out + ["\n", close_namespace(service)])


__all__ = ["emit_shapes", "enumerator_names"]
