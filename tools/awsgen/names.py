"""C++ names for what the models call things: pure functions, no state."""

import re

# Keywords, alternative tokens, and macros that the C library defines in lower case.
_RESERVED = frozenset(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl
    concept const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete
    do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast
    requires return short signed sizeof static static_assert static_cast struct switch template this thread_local throw
    true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq
    assert errno i386 linux major minor stderr stdin stdout unix
    """.split()
)

# Names that a generated struct or enum tag declares itself.
STRUCT_MEMBERS_TAKEN = frozenset({"shape"})
ENUMERATORS_TAKEN = frozenset({"text", "parse"})
# Names that the generated namespace or its enclosing namespaces give a meaning which generated code relies on.
TYPES_TAKEN = frozenset({"Handler", "Value"})


def snake_case(name):
    """`OutputS3BucketName` -> `output_s3_bucket_name`, `VpcIDs` -> `vpc_ids`, `aws:Thing` -> `aws_thing`."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", name)
    name = re.sub(r"([A-Z]{2,})s(?=$|[A-Z_])", lambda m: m.group(1).capitalize() + "s", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"_+", "_", name).strip("_").lower()


def pascal_case(name):
    """A type name: the model's own name with a capital first letter (`tagListType` -> `TagListType`)."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", name)
    name = name[:1].upper() + name[1:]
    return name if name[:1].isalpha() else "T" + name


def _identifier(name, fallback, taken):
    name = name or fallback
    if name[0].isdigit():
        name = "v" + name
    if name in _RESERVED or name in taken:
        name += "_"
    return name


def _unique(wanted, used):
    name, number = wanted, 2
    while name in used:
        name, number = f"{wanted}_{number}", number + 1
    used.add(name)
    return name


def member_names(model_names, type_name):
    """Data member names in order; unique within one struct and never the name of the struct itself."""
    used = set()
    taken = STRUCT_MEMBERS_TAKEN | {type_name}
    return [_unique(_identifier(snake_case(n), "member", taken), used) for n in model_names]


def enumerator_names(values):
    """Enumerators in order; unique within one enum. Capital words (`NOT_REVIEWED`) become lower case too."""
    used = set()
    out = []
    for value in values:
        plain = value.lower() if re.fullmatch(r"[A-Z0-9_.:\- ]+", value) else value
        out.append(_unique(_identifier(snake_case(plain), "empty", ENUMERATORS_TAKEN), used))
    return out


def method_name(operation):
    return _identifier(snake_case(operation), "operation", frozenset())


def namespace_name(service):
    return _identifier(service.replace("-", "_"), "service", frozenset())


def type_name(model_name, used):
    """A type name that collides with nothing in `used` (which grows)."""
    name = pascal_case(model_name)
    if name in used or name in TYPES_TAKEN:
        name += "Shape"
    return _unique(name, used)


def cpp_string(text):
    """A C++ string literal; anything but printable ASCII as octal escapes (they cannot run into what follows)."""
    out = []
    for byte in text.encode("utf-8"):
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'
