"""fwd.hpp, types.hpp, types.cpp and ops.hpp: what people who call a service see."""

from names import cpp_string, enumerator_names, member_names, namespace_name

# Above this many members the special members are defined once, in types.cpp: halves what copies cost to compile.
INLINE_MEMBERS_MAX = 12

SCALARS = {
    "boolean": "bool", "int32": "std::int32_t", "int64": "std::int64_t", "float32": "float", "float64": "double",
    "blob": "postern::Blob", "timestamp": "postern::WallTime",
}
BANNER = "// Written by tools/awsgen from AWS's service model of {id} ({version}); not to be edited.\n"


def banner(service):
    return BANNER.format(id=service.id, version=service.metadata["apiVersion"])


def open_namespace(service):
    return f"namespace postern::aws::{namespace_name(service.id)} {{\n"


def close_namespace(service):
    return f"}}  // namespace postern::aws::{namespace_name(service.id)}\n"


def value_type(shape):
    """The C++ type of a value of the shape: what a list or map of it holds."""
    if shape.kind == "structure":
        return shape.cpp_name
    if shape.kind == "list":
        return f"std::vector<{value_type(shape.element)}>"
    if shape.kind == "map":
        return f"aws::Map<{value_type(shape.element)}>"
    if shape.kind == "string":
        if shape.sensitive:
            return "postern::Secret<std::string>"
        return f"aws::Open<{shape.cpp_name}>" if shape.enum else "std::string"
    return SCALARS[shape.kind]


def field_type(member):
    """The C++ type of a struct's member."""
    inner = value_type(member.shape)
    if member.boxed:
        return f"aws::Box<{inner}>"
    return inner if member.shape.kind in ("list", "map") else f"std::optional<{inner}>"


def fields(shape):
    """(member, C++ name) in the model's order."""
    return list(zip(shape.members, member_names([m.name for m in shape.members], shape.cpp_name)))


def is_out_of_line(shape):
    return shape.cyclic or len(shape.members) > INLINE_MEMBERS_MAX


def enum_tags(service):
    return [s for s in service.shapes if s.is_open_enum]


def emit_fwd(service):
    out = ["#pragma once\n\n", banner(service), "\n/// Forward declarations, nothing else.\n\n", open_namespace(service), "\n"]
    out += [f"struct {name};\n" for name in sorted(s.cpp_name for s in service.structures + enum_tags(service))]
    out += [f"using {name} = {target};\n" for name, target in service.aliases]
    return "".join(out + ["\n", close_namespace(service)])


def _emit_enum(shape):
    names = enumerator_names(shape.enum)
    out = [f"struct {shape.cpp_name} {{\n", "  enum class Value : std::uint16_t {\n"]
    out += [f"    {name},\n" for name in names]
    out += ["  };\n"]
    out += [f"  static constexpr Value {name} = Value::{name};\n" for name in names]
    out += ["  static std::string_view text(Value value);\n",
            "  static std::optional<Value> parse(std::string_view text);\n", "};\n\n"]
    return "".join(out)


def _emit_struct(shape):
    name = shape.cpp_name
    out = []
    if shape.error:
        out.append(f"/// Error {shape.error_code}, HTTP {shape.error_status}.\n")
    out.append(f"struct {name} {{\n")
    if is_out_of_line(shape):
        out += [f"  {name}();\n", f"  {name}(const {name}&);\n", f"  {name}({name}&&) noexcept;\n",
                f"  {name}& operator=(const {name}&);\n", f"  {name}& operator=({name}&&) noexcept;\n", f"  ~{name}();\n"]
    else:
        out.append(f"  {name}() = default;\n")
    out.append("  static const aws::Shape& shape();\n")
    for member, cpp in fields(shape):
        note = "  ///< required" if member.required else ""
        out.append(f"  {field_type(member)} {cpp};{note}\n")
    equality = ";" if shape.cyclic else " = default;"
    out += [f"  friend bool operator==(const {name}&, const {name}&){equality}\n", "};\n\n"]
    return "".join(out)


def emit_types(service):
    out = ["#pragma once\n\n", banner(service), "\n"]
    out += [f"#include <{h}>\n" for h in ("cstdint", "optional", "string", "string_view", "vector")]
    out += ["\n", '#include "aws/core/types.hpp"\n', f'#include "aws/{service.id}/fwd.hpp"\n', "\n", open_namespace(service), "\n"]
    out += [_emit_enum(s) for s in enum_tags(service)]
    out += [_emit_struct(s) for s in service.structures]
    return "".join(out + [close_namespace(service)])


def emit_types_source(service):
    """Special members of large and cyclic structs."""
    out = [banner(service), "\n", f'#include "aws/{service.id}/types.hpp"\n', "\n", open_namespace(service), "\n"]
    for shape in service.structures:
        name = shape.cpp_name
        if is_out_of_line(shape):
            out += [f"{name}::{name}() = default;\n", f"{name}::{name}(const {name}&) = default;\n",
                    f"{name}::{name}({name}&&) noexcept = default;\n",
                    f"{name}& {name}::operator=(const {name}&) = default;\n",
                    f"{name}& {name}::operator=({name}&&) noexcept = default;\n", f"{name}::~{name}() = default;\n"]
        if shape.cyclic:
            # Not defaulted: clang 19 crashes on a defaulted comparison that reaches itself.
            same = " && ".join(f"a.{cpp} == b.{cpp}" for _, cpp in fields(shape))
            out.append(f"bool operator==(const {name}& a, const {name}& b) {{ return {same}; }}\n")
    return "".join(out + ["\n", close_namespace(service)])


def emit_ops(service):
    out = ["#pragma once\n\n", banner(service), "\n/// One tag per operation: `co_await aws::call<Tag>(...)`.\n\n", "#include <span>\n\n",
           '#include "aws/core/spec.hpp"\n', f'#include "aws/{service.id}/types.hpp"\n', "\n", open_namespace(service), "\n",
           "const aws::ServiceSpec& service();\n", "/// Every operation of the selection, by name.\n",
           "std::span<const aws::OperationSpec* const> operations();\n\n"]
    for operation in service.operations:
        if operation.note:
            out.append(f"/// {operation.note}\n")
        out += [f"struct {operation.name} {{\n", f"  using Request = {operation.name}Request;\n",
                f"  using Response = {operation.name}Response;\n", "  static const aws::OperationSpec& spec();\n", "};\n"]
    return "".join(out + ["\n", close_namespace(service)])


__all__ = ["cpp_string", "emit_fwd", "emit_ops", "emit_types", "emit_types_source", "enum_tags", "field_type", "fields",
           "value_type"]
