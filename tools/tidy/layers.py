"""The include layers: layers.txt against every #include and every module's CMakeLists.txt."""

import re
from dataclasses import dataclass, field

_LINE = re.compile(r"^(\S+)\[(\d+)\]:\s*(.*)$")


@dataclass
class Layers:
    rank: dict = field(default_factory=dict)
    deps: dict = field(default_factory=dict)
    errors: list = field(default_factory=list)

    def may(self, module, other):
        return other == module or other in self.deps.get(module, ())


def parse(text):
    layers = Layers()
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        m = _LINE.match(line)
        if not m:
            layers.errors.append((number, f"cannot read `{line}`"))
            continue
        name, rank, deps = m.group(1), int(m.group(2)), m.group(3).split()
        if name in layers.rank:
            layers.errors.append((number, f"{name} stands here twice"))
        layers.rank[name] = rank
        if deps == ["*"]:
            deps = [other for other, r in layers.rank.items() if r < rank]
        layers.deps[name] = set(deps)
        for dep in deps:
            if dep not in layers.rank:
                layers.errors.append((number, f"{name} names {dep}, which no line above it declares"))
            elif layers.rank[dep] >= rank:
                layers.errors.append((number, f"{name} [{rank}] names {dep} [{layers.rank[dep]}]: not of lower rank"))
    return layers


def module_of(path, layers):
    """The module that a repository path belongs to, or None: src/aws/core/x.hpp -> aws/core."""
    if not path.startswith("src/"):
        return None
    return module_of_include(path[len("src/") :], layers)


def module_of_include(include, layers):
    """The module that an include path belongs to: base/error.hpp -> base, aws/ssm/types.hpp -> gen."""
    parts = include.split("/")
    if len(parts) >= 3 and parts[0] == "aws":
        name = "/".join(parts[:2])
        return name if name in layers.rank else "gen"
    if len(parts) >= 2:
        return parts[0]
    return None


_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


def check_includes(path, text, layers):
    """(line, message) per include that the layers forbid. `path` is a C++ file below src/."""
    module = module_of(path, layers)
    if module is None:
        return
    if module not in layers.rank:
        yield 1, f"module {module} is not in tools/tidy/layers.txt"
        return
    is_test = path.endswith("_test.cpp") or "/testing/" in path
    for m in _INCLUDE.finditer(text):
        line = text.count("\n", 0, m.start()) + 1
        include = m.group(1)
        if include.startswith("."):
            yield line, f'"{include}": include from the root of src/, not by a relative path'
            continue
        other = module_of_include(include, layers)
        if other is None:
            yield line, f'"{include}": include from the root of src/, e.g. "{module}/{include}"'
        elif layers.may(module, other) or (is_test and other == "world"):
            continue
        elif other not in layers.rank:
            yield line, f'"{include}": module {other} is not in tools/tidy/layers.txt'
        else:
            yield line, f'"{include}": {module} [{layers.rank[module]}] may not use {other} [{layers.rank[other]}]'


def included_modules(path, text, layers):
    module = module_of(path, layers)
    found = {}
    for m in _INCLUDE.finditer(text):
        other = module_of_include(m.group(1), layers)
        if other and other != module:
            found.setdefault(other, text.count("\n", 0, m.start()) + 1)
    return found


def private_headers(files, layers):
    """Headers below src/ that only .cpp files of their own module see, directly or through other such headers: they may
    wrap a library.
    """
    users = {}
    for file in files:
        if file.is_cpp:
            for m in _INCLUDE.finditer(file.text):
                users.setdefault("src/" + m.group(1), []).append(file.path)
    private = {header for header in users if header.endswith(".hpp")}
    while True:
        public = set()
        for header in private:
            home = module_of(header, layers)
            if any(module_of(p, layers) != home or not (p.endswith(".cpp") or p in private) for p in users[header]):
                public.add(header)
        if not public:
            return private
        private -= public


_MODULE_CALL = re.compile(r"\bpostern_module\s*\(\s*([\w-]+)([^)]*)\)", re.S)
_KEYWORDS = ("SOURCES", "DEPS", "LIBS", "TESTS", "TEST_DEPS", "TEST_LIBS", "NO_UNITY")


def cmake_modules(text):
    """[(name, {keyword: [words]}, line)] of the postern_module calls in a CMakeLists.txt."""
    text = re.sub(r"#[^\n]*", lambda m: " " * len(m.group()), text)
    found = []
    for m in _MODULE_CALL.finditer(text):
        words, current = {k: [] for k in _KEYWORDS}, None
        for word in m.group(2).split():
            if word in _KEYWORDS:
                current = word
            elif current:
                words[current].append(word)
        found.append((m.group(1), words, text.count("\n", 0, m.start()) + 1))
    return found


def cmake_name(module):
    return module.replace("/", "_")


def check_cmake(path, text, layers, includes):
    """CMake's DEPS against the whitelist and against what the module's sources include.

    `includes` maps a module that the non-test sources of this folder include to where they do ("file:line").
    """
    module = module_of(path, layers)
    if module is None or module not in layers.rank:
        return
    names = {cmake_name(other): other for other in layers.rank}
    for name, words, line in cmake_modules(text):
        if any("${" in word for word in words["DEPS"]):
            continue
        deps = set()
        for dep in words["DEPS"]:
            other = names.get(dep) or ("gen" if dep.startswith("aws_") else None)  # postern_aws_<service>
            if other is None:
                yield line, f"{name}: DEPS names {dep}, which tools/tidy/layers.txt does not know"
            elif not layers.may(module, other):
                yield line, f"{name}: DEPS names {dep}, which tools/tidy/layers.txt does not allow"
            else:
                deps.add(other)
        if len(cmake_modules(text)) == 1:
            for other in sorted(set(includes) & layers.deps[module] - deps):
                shown = "aws_<service>" if other == "gen" else cmake_name(other)
                yield line, f"{name}: DEPS lacks {shown}, which {includes[other]} includes"
