"""The rules. Each takes a File and yields (line, rule, message)."""

import re
from dataclasses import dataclass

import cpp
import layers as layering

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
LINE_LENGTH_MAX = 120
PYTHON_LINE_LENGTH_MAX = 140  # templates of generated code


@dataclass
class File:
    path: str
    text: str
    code: str = ""  # C++ only: comments, literals and preprocessor lines blanked
    comments: tuple = ()

    def __post_init__(self):
        if self.is_cpp:
            self.code, self.comments = cpp.mask(self.text)

    @property
    def is_cpp(self):
        return self.path.endswith((".cpp", ".hpp"))

    @property
    def is_test(self):
        return self.path.endswith("_test.cpp") or self.path.startswith("tests/") or "/testing/" in self.path

    def line(self, offset):
        return cpp.line_of(self.text, offset)


def under(path, *folders):
    return any(path == f or path.startswith(f.rstrip("/") + "/") for f in folders)


# ---- bans -----------------------------------------------------------------------------------------------------------


@dataclass
class Ban:
    rule: str
    pattern: re.Pattern
    message: str
    allowed: object  # File -> bool


def _effects_allowed(file):
    return under(file.path, "src/rt", "src/os", "bench")


def _environment_allowed(file):
    return file.is_test or under(file.path, "src/os", "src/app", "bench", "fuzz")


def _print_allowed(file):
    return file.is_test or under(
        file.path, "src/cli", "src/app", "tools", "bench", "fuzz", "src/base/check.cpp", "src/lambda"
    )


def _spawn_allowed(file):
    in_cpp = file.path.endswith(".cpp") and under(file.path, "src/os", "src/net", "src/http")
    return in_cpp or under(file.path, "src/rt")


BANS = [
    Ban(
        "clock",
        re.compile(
            r"\b(?:system_clock::now|steady_clock::now|high_resolution_clock|clock_gettime\s*\(|gettimeofday\s*\()"
            r"|(?<![\w.>])(?:std::)?time\s*\(\s*(?:nullptr|NULL|0)\s*\)"
        ),
        "time comes from rt::Clock",
        _effects_allowed,
    ),
    Ban(
        "random",
        re.compile(r"\bstd::random_device\b|(?<![\w.>])(?:std::)?s?rand\s*\("),
        "random numbers come from rt::Random",
        _effects_allowed,
    ),
    Ban(
        "random",
        re.compile(r"\bmt19937(?:_64)?\b"),
        "random numbers come from rt::Random (a test may use a generator with a fixed seed)",
        lambda file: file.is_test or _effects_allowed(file),
    ),
    Ban(
        "sleep",
        re.compile(r"\bthis_thread::sleep_|\b(?:usleep|nanosleep)\s*\(|(?:::|^[ \t]*)sleep\s*\(", re.M),
        "waiting is done by rt's timers",
        _effects_allowed,
    ),
    Ban(
        "thread",
        re.compile(r"\bstd::(?:jthread|thread(?!::id)|async)\b|\bpthread_create\s*\("),
        "one thread: blocking work goes to a worker of rt or os",
        _effects_allowed,
    ),
    Ban(
        "environment",
        re.compile(r"(?<![\w.>])(?:std::|::)?(?:secure_)?getenv\s*\("),
        "the environment is a constructor argument (os::Environment)",
        _environment_allowed,
    ),
    Ban(
        "print",
        re.compile(r"\bstd::(?:cout|cerr|clog)\b|(?<![\w.>])(?:std::)?(?:printf|puts|putchar)\s*\("),
        "only cli, app and tools write to the terminal",
        _print_allowed,
    ),
    Ban(
        "detached",
        re.compile(r"\basio::(?:detached|co_spawn)\b"),
        "nothing is detached: background work belongs to a TaskGroup",
        _spawn_allowed,
    ),
    Ban("singleton", re.compile(r"\bthread_local\b"), "no hidden state", _effects_allowed),
]


def bans(file):
    for ban in BANS:
        if ban.allowed(file):
            continue
        for m in ban.pattern.finditer(file.code):
            word = m.group().strip()
            yield file.line(m.start() + m.group().index(word)), ban.rule, f"`{word}`: {ban.message}"


def using_namespace(file):
    if file.path.endswith(".hpp"):
        for m in re.finditer(r"\busing\s+namespace\b", file.code):
            yield file.line(m.start()), "using-namespace", "not in a header"


def catch_all(file):
    """`catch (...)` swallows programming errors: only at a boundary to a third party, and the comment says which."""
    lines = file.text.split("\n")
    for m in re.finditer(r"\bcatch\s*\(\s*\.\.\.\s*\)", file.code):
        line = file.line(m.start())
        near = lines[max(0, line - 2) : line + 1]
        if not any("//" in text for text in near):
            yield line, "catch-all", "`catch (...)` needs a comment that says which boundary it stands at"


# ---- third-party headers --------------------------------------------------------------------------------------------

_ANGLE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([^>]+)>", re.M)
_THIRD_PARTY = ("boost/", "yaml-cpp/", "pugixml", "openssl/", "sqlite3", "CLI/", "zlib", "nlohmann/")


def third_party(file, private=frozenset()):
    """Libraries stay in .cpp files (and headers that only .cpp files of one module include); Asio: rt anywhere, os,
    net, http and ws in .cpp.
    """
    if not file.path.startswith("src/"):
        return
    hidden = file.path.endswith(".cpp") or file.path in private
    for m in _ANGLE.finditer(file.text):
        header = m.group(1)
        line = file.line(m.start())
        if header.startswith("boost/asio"):
            in_cpp = hidden and under(file.path, "src/os", "src/net", "src/http", "src/ws")
            if not (under(file.path, "src/rt") or in_cpp):
                yield line, "asio", f"<{header}>: Asio is seen through src/rt headers, or in .cpp of os, net, http, ws"
        elif header.startswith(_THIRD_PARTY) and not hidden:
            yield line, "third-party-header", f"<{header}>: third-party headers stay in .cpp files"


# ---- sizes ----------------------------------------------------------------------------------------------------------


def file_size(file):
    lines = file.text.count("\n") + (not file.text.endswith("\n"))
    if lines > FILE_LINES_MAX:
        yield 1, "file-size", f"{lines} lines, at most {FILE_LINES_MAX}"


def line_length(file):
    limit = PYTHON_LINE_LENGTH_MAX if file.path.endswith(".py") else LINE_LENGTH_MAX
    for number, line in enumerate(file.text.split("\n"), 1):
        if len(line) > limit and "://" not in line and "NOLINT" not in line:
            yield number, "line-length", f"{len(line)} columns, at most {limit}"


def function_size(file):
    for function in cpp.functions(file.code):
        first, last = file.line(function.open), file.line(function.close)
        if last - first + 1 > FUNCTION_LINES_MAX:
            yield (
                file.line(function.start),
                "function-size",
                f"{function.name} has {last - first + 1} lines, at most {FUNCTION_LINES_MAX}",
            )


# ---- coroutines (CONTRIBUTING.md has the reasons; tests/coroutine the proof) ---------------------------------------

# Class types with constructors of the standard library: safe as braced temporaries.
_SAFE_BRACED = re.compile(
    r"(?:std::)?(?:chrono::\w+|string_view|string|span|(?:nano|micro|milli)?seconds|minutes|hours)$"
)
_BRACED = re.compile(r"((?:\b[A-Za-z_][\w:]*)(?:<[^<>{};()]*(?:<[^<>]*>[^<>{};()]*)*>)?|[(,])\s?\{")
_PLAIN = r"(?:-?\d[\w.']*|nullptr|true|false|\"\s*\"|[\w:]*::\w+|k[A-Z]\w*)"
_PLAIN_CONDITIONAL = re.compile(rf"\?\s*{_PLAIN}\s*:\s*{_PLAIN}\s*(?=[,;)\s}}]|$)")


def _statements(file):
    """The full expressions with co_await, bodies of lambdas inside them blanked: (offset, text)."""
    bodies = [(one.body_open, one.body_close) for one in cpp.lambdas(file.code)]
    seen = set()
    for m in re.finditer(r"\bco_await\b", file.code):
        begin, end = cpp.statement_around(file.code, m.start())
        if (begin, end) in seen:
            continue
        seen.add((begin, end))
        text = list(file.code[begin:end])
        for body_open, body_close in bodies:
            if begin <= body_open and body_close <= end:
                for k in range(body_open - begin, min(body_close - begin + 1, len(text))):
                    if text[k] != "\n":
                        text[k] = " "
        yield begin, "".join(text)


def coroutine_temporary(file):
    for begin, text in _statements(file):
        for m in _BRACED.finditer(text):
            name = m.group(1)
            depth = text.count("(", 0, m.start(1) + (name in "(,")) - text.count(")", 0, m.start(1))
            awaited = name not in "(," and re.search(r"\b(?:co_await|co_return|return)\s+$", text[: m.start(1)])
            if (depth <= 0 and not awaited) or (name not in "(," and _SAFE_BRACED.search(name)):
                continue
            shown = "{..}" if name in "(," else f"{name}{{..}}"
            message = f"`{shown}` inside a co_await expression: name it first"
            yield file.line(begin + m.start(1)), "coroutine-temporary", message


def coroutine_conditional(file):
    for begin, text in _statements(file):
        for m in re.finditer(r"\?", text):
            if not _PLAIN_CONDITIONAL.match(text, m.start()):
                message = "`?:` inside a co_await expression: use if/else or name it first"
                yield file.line(begin + m.start()), "coroutine-conditional", message


_KEYWORD = r"(?:return|co_return|co_await|co_yield|delete|throw|goto|new|else|case|using|typedef|break|continue)\b"
_DECLARATION = re.compile(
    rf"(?:^|[;{{}}(])\s*(?:(?:const|constexpr|static)\s+)*(?!{_KEYWORD})(?:[A-Za-z_][\w:]*(?:<[^;{{}}]*>)?)"
    r"(?:\s*[&*]+\s*|\s+)(?:\[[^\]]*\]|[A-Za-z_]\w*)\s*(?:[=;({]|:(?!:))|\bCO_TRY\w*\("
)
_CONDITION = re.compile(r"\b(?:if(?:\s+constexpr)?|while|switch|for)\s*\(")


def _bodies(file):
    """(offset, text) of every function and lambda body, lambdas inside it blanked."""
    found = cpp.lambdas(file.code)
    spans = [(f.open, f.close) for f in cpp.functions(file.code)] + [(one.body_open, one.body_close) for one in found]
    for begin, end in sorted(set(spans)):
        text = list(file.code[begin : end + 1])
        for one in found:
            if begin < one.body_open and one.body_close <= end:
                for k in range(one.body_open - begin, one.body_close - begin + 1):
                    if text[k] != "\n":
                        text[k] = " "
        yield begin, "".join(text)


def coroutine_condition(file):
    """g++ 12 miscompiles an await in a condition when the coroutine declares no local variable at all."""
    for begin, text in _bodies(file):
        if "co_await" not in text or _DECLARATION.search(text):
            continue
        for m in _CONDITION.finditer(text):
            condition = text[m.end() : cpp.match_forward(text, m.end() - 1)]
            if re.search(r"\bco_await\b", condition):
                message = "an awaited condition in a coroutine without local variables: name the result first"
                yield file.line(begin + m.start()), "coroutine-condition", message


def coroutine_capture(file):
    found = cpp.lambdas(file.code)
    statements = list(_statements(file))
    for one in found:
        owning = cpp.owning_captures(one.captures)
        if one.captures and _is_coroutine(file.code, one, found):
            message = f"`[{one.captures}]`: a coroutine lambda captures nothing (pass arguments)"
            yield file.line(one.open), "coroutine-lambda", message
        elif owning:
            for begin, text in statements:
                at = one.open - begin
                if 0 <= at < len(text) and text[at] == "[":
                    message = f"`[{one.captures}]` owns what it captures, inside a co_await expression: name it first"
                    yield file.line(one.open), "coroutine-capture", message
                    break


def _is_coroutine(code, one, found):
    body = list(code[one.body_open : one.body_close])
    for inner in found:
        if one.body_open < inner.body_open and inner.body_close < one.body_close:
            for k in range(inner.body_open - one.body_open, inner.body_close - one.body_open + 1):
                body[k] = " "
    return re.search(r"\bco_(?:await|return|yield)\b|\bCO_TRY", "".join(body)) is not None


# ---- order ----------------------------------------------------------------------------------------------------------

_UNORDERED = re.compile(r"\bunordered_(?:multi)?(?:map|set)<(?:[^;{}()]*)>\s+(\w+)\s*[;={,)]")


def unordered_iteration(file):
    names = {m.group(1) for m in _UNORDERED.finditer(file.code)}
    for name in sorted(names):
        for m in re.finditer(rf"\bfor\s*\([^;()]*:\s*(?:\w+(?:\.|->))*{name}\s*\)", file.code):
            message = f"the order of `{name}` is not fixed: copy and sort, or use an ordered container"
            yield file.line(m.start()), "unordered-iteration", message


# ---- words ----------------------------------------------------------------------------------------------------------

_OPEN_ENDS = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X"))
_OPEN_END = re.compile(rf"\b(?:{_OPEN_ENDS})\b(?!\(#?[\w.-]+\): \S)")
_BANNED_PATHS = re.compile(r"(?<![\w.$}])/(?:wo" + r"rk|ro" + r"ot)/")


def open_ends(file):
    for m in _OPEN_END.finditer(file.text):
        message = f"{m.group()} needs an owner and a reason, e.g. `(#12): why`, or is not needed"
        yield file.line(m.start()), "open-end", message


def banned_paths(file):
    for m in _BANNED_PATHS.finditer(file.text):
        yield file.line(m.start()), "path", f"`{m.group()}` is a path of one machine"


# ---- assumptions ----------------------------------------------------------------------------------------------------

_TEST_NAME = re.compile(r"\bTEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)|^\s*def (test_\w+)", re.M)
_ASSUMPTION_COLUMNS = ["id", "statement", "source", "test", "last_seen_on_aws"]


def test_names(files):
    """Suite.Name of every gtest, and the name of every Python test function."""
    names = set()
    for file in files:
        if file.path.endswith((".cpp", ".py")):
            for m in _TEST_NAME.finditer(file.text):
                names.add(m.group(3) or f"{m.group(1)}.{m.group(2)}")
    return names


def assumptions(file, tests):
    """docs/assumptions.tsv: five columns, an id once, tests that exist."""
    lines = file.text.rstrip("\n").split("\n")
    if lines[0].split("\t") != _ASSUMPTION_COLUMNS:
        yield 1, "assumptions", "the first line must be " + ", ".join(_ASSUMPTION_COLUMNS)
    ids = set()
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(_ASSUMPTION_COLUMNS) or not all(cells):
            yield number, "assumptions", f"{len(_ASSUMPTION_COLUMNS)} filled columns are needed, - for no test"
            continue
        if cells[0] in ids:
            yield number, "assumptions", f"{cells[0]} stands here twice"
        ids.add(cells[0])
        for name in cells[3].split():
            if name != "-" and name not in tests:
                yield number, "assumptions", f"there is no test {name}"
        if not re.fullmatch(r"never|\d{4}-\d\d-\d\d \S+", cells[4]):
            yield number, "assumptions", "last_seen_on_aws is `never` or `YYYY-MM-DD REGION`"


# ---- layers ---------------------------------------------------------------------------------------------------------


def includes(file, layers):
    for line, message in layering.check_includes(file.path, file.text, layers):
        yield line, "layers", message


CPP_RULES = [
    bans,
    using_namespace,
    catch_all,
    function_size,
    coroutine_temporary,
    coroutine_conditional,
    coroutine_condition,
    coroutine_capture,
    unordered_iteration,
]
