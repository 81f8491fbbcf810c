"""Just enough C++ for the rules: masking of comments and literals, statements, functions, lambdas.

Not a parser. It relies on the tree being formatted by .clang-format: a brace that opens a block stands after a space
that follows `)` or a keyword; a brace that opens an initialiser follows a name, `=`, `,`, `(`, `return`.
"""

import re
from dataclasses import dataclass

_RAW = re.compile(r'(?:u8|[uUL])?R"([^()\\\s]{0,16})\(')


def mask(text):
    """`text` with comments, string contents and preprocessor lines blanked; same length, same line breaks.

    Also returns the comments as a list of (offset, text).
    """
    out = list(text)
    comments = []
    i, n = 0, len(text)

    def blank(start, end):
        for k in range(start, min(end, n)):
            if out[k] != "\n":
                out[k] = " "

    while i < n:
        c = text[i]
        if text.startswith("//", i):
            end = text.find("\n", i)
            end = n if end < 0 else end
            comments.append((i, text[i:end]))
            blank(i, end)
            i = end
        elif text.startswith("/*", i):
            end = text.find("*/", i + 2)
            end = n if end < 0 else end + 2
            comments.append((i, text[i:end]))
            blank(i, end)
            i = end
        elif c in 'RuUL8"' and (raw := _RAW.match(text, i)) and not _word_before(text, i):
            closing = ")" + raw.group(1) + '"'
            end = text.find(closing, raw.end())
            end = n if end < 0 else end + len(closing)
            blank(i, end)
            out[i] = '"'
            if end - 1 > i:
                out[end - 1] = '"'
            i = end
        elif c == '"' or (c == "'" and not _digit_separator(text, i)):
            end = i + 1
            while end < n and text[end] != c and text[end] != "\n":
                end += 2 if text[end] == "\\" else 1
            blank(i + 1, end)
            i = end + 1
        elif c == "#" and text[text.rfind("\n", 0, i) + 1 : i].strip() == "":
            end = i
            while True:
                end = text.find("\n", end)
                if end < 0:
                    end = n
                    break
                if text[end - 1] != "\\":
                    break
                end += 1
            comment = re.search(r"//.*", text[i:end])
            if comment:
                comments.append((i + comment.start(), comment.group()))
            blank(i, end)
            i = end
        else:
            i += 1
    return "".join(out), comments


def _word_before(text, i):
    return i > 0 and (text[i - 1].isalnum() or text[i - 1] == "_")


def _digit_separator(text, i):
    return i > 0 and i + 1 < len(text) and text[i - 1].isalnum() and text[i + 1].isalnum() and _number_before(text, i)


def _number_before(text, i):
    start = i
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "'_."):
        start -= 1
    return text[start].isdigit()


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


_PAIRS = {"(": ")", "[": "]", "{": "}"}


def match_forward(code, i):
    """Offset of the bracket that closes the one at `i`, or len(code)."""
    stack = []
    for k in range(i, len(code)):
        c = code[k]
        if c in _PAIRS:
            stack.append(_PAIRS[c])
        elif c in ")]}":
            if stack and stack[-1] == c:
                stack.pop()
            if not stack:
                return k
    return len(code)


_BLOCK_BEFORE = re.compile(r"(?:\)|\]|[;{}]|\b(?:else|do|try|const|noexcept|override|final|mutable))\s*$")


def opens_block(code, i):
    """Is the brace at `i` a block (not an initialiser)? Reads what stands before it."""
    before = code[max(0, i - 200) : i]
    if not before.strip():
        return True
    if not before[-1].isspace():
        return False
    if _BLOCK_BEFORE.search(before):
        # `[x] {` is a lambda; `int a[] {` is not written in this tree.
        return True
    # A lambda or function with a trailing return type: `-> Task<void> {`.
    return bool(re.search(r"->\s*[\w:<>,&*\s]+$", before))


@dataclass
class Function:
    name: str
    start: int  # offset of the first character of its head
    open: int  # offset of its opening brace
    close: int  # offset of its closing brace


_TEMPLATE_HEAD = re.compile(r"^\s*template\s*<")
_CONTROL = re.compile(r"^(?:if|for|while|switch|catch|else|do|try|return)\b")


def _strip_head(head):
    """Without leading template<...>, attributes and access labels."""
    while True:
        stripped = re.sub(r"^\s*(?:public|private|protected)\s*:(?!:)", "", head).lstrip()
        if _TEMPLATE_HEAD.match(stripped):
            depth, k = 0, stripped.index("<")
            while k < len(stripped):
                if stripped[k] == "<":
                    depth += 1
                elif stripped[k] == ">" and stripped[k - 1] not in "-=":
                    depth -= 1
                    if depth == 0:
                        break
                k += 1
            stripped = stripped[k + 1 :]
        elif stripped.startswith("[["):
            stripped = stripped[stripped.find("]]") + 2 :]
        if stripped == head:
            return stripped
        head = stripped


def _top_level(head):
    """`head` with everything inside (), [] and {} removed, except the brackets."""
    out, depth = [], 0
    for c in head:
        if c in ")]}":
            depth -= 1
        if depth == 0:
            out.append(c)
        if c in "([{":
            depth += 1
    return "".join(out)


def _classify(head):
    """What a brace at namespace or class level opens: 'scope', 'function' or 'init'."""
    head = _strip_head(head).rstrip()
    if re.match(r"^(?:inline\s+)?namespace\b|^extern\s*\"", head):
        return "scope"
    top = _top_level(head)
    type_head = re.match(r"^(?:typedef\s+)?(?:class|struct|union|enum)\b", top)
    if type_head and not re.search(r"\w\(\)\s*(?:const|noexcept)?$", top):
        return "scope"
    if "operator" in top:
        return "function"
    if re.search(r"(?<![=!<>])=(?!=)", top) or top.startswith("concept"):
        return "lambda" if re.search(r"=\s*\[\]", top) else "init"
    if "(" not in top:
        return "init"
    after = re.search(r"\)(?:[^:()]|::)*[^:]:(?!:)(.*)$", top, re.S)
    if after and head[-1] not in ")}.":
        return "init"  # a member initialiser: `: a_` before its brace
    return "function"


def functions(code):
    """Every function defined at namespace or class level, in the masked text `code`."""
    found = []
    stack = []  # (kind, start of the statement that opened it)
    start, parens = 0, 0
    i, n = 0, len(code)
    while i < n:
        c = code[i]
        if c in "([":
            parens += 1
        elif c in ")]":
            parens = max(0, parens - 1)
        elif c == ";" and parens == 0:
            start = i + 1
        elif c == "{":
            head = code[start:i]
            kind = "init" if parens > 0 else _classify(head)
            if kind in ("function", "lambda"):
                close = match_forward(code, i)
                first = start + len(head) - len(head.lstrip())
                found.append(Function(_name(head), first, i, close))
                i = close
                if kind == "function":
                    start = close + 1
            elif kind == "init":
                i = match_forward(code, i)
            else:
                stack.append(kind)
                start = i + 1
        elif c == "}" and parens == 0:
            if stack:
                stack.pop()
            start = i + 1
        i += 1
    return found


def _name(head):
    head = _strip_head(head)
    gtest = re.match(r"\s*(TEST(?:_[FP])?|TYPED_TEST)\s*\(([^)]*)\)", head)
    if gtest:
        return ".".join(part.strip() for part in gtest.group(2).split(","))
    named = re.search(r"([~\w:]+|operator\s*[^\s(]+(?:\(\))?)\s*\(", head)
    return named.group(1) if named else "lambda"


@dataclass
class Lambda:
    open: int  # offset of `[`
    captures: str
    body_open: int  # offset of `{`
    body_close: int


_LAMBDA_BEFORE = re.compile(r"(?:^|[(,=;{}?:!&|+]|\breturn|\bco_return|\bco_await|>)\s*$")


def lambdas(code):
    """Every lambda in the masked text, outer ones before inner ones."""
    found = []
    for m in re.finditer(r"\[", code):
        i = m.start()
        if code[i + 1 : i + 2] == "[" or (i > 0 and code[i - 1] == "["):
            continue
        if not _LAMBDA_BEFORE.search(code[max(0, i - 40) : i]):
            continue
        close = match_forward(code, i)
        rest = close + 1
        template = re.match(r"\s*<", code[rest:])
        if template:
            angle = code.find(">", rest)
            rest = angle + 1 if angle > 0 else rest
        params = re.match(r"\s*\(", code[rest:])
        if params:
            rest = match_forward(code, rest + params.end() - 1) + 1
        tail = re.match(r"\s*(?:mutable\b|constexpr\b|noexcept\b|\s)*(?:->\s*[^{};=]+?)?\s*\{", code[rest:])
        if not tail:
            continue
        body_open = rest + tail.end() - 1
        found.append(Lambda(i, code[i + 1 : close].strip(), body_open, match_forward(code, body_open)))
    return found


def owning_captures(captures):
    """The captures that copy or move something into the lambda; references and `this` do not."""
    owning, depth, item, items = [], 0, "", []
    for c in captures + ",":
        if c == "," and depth == 0:
            items.append(item.strip())
            item = ""
            continue
        depth += c in "([{<"
        depth -= c in ")]}>"
        item += c
    for item in items:
        if item and not item.startswith("&") and item != "this":
            owning.append(item)
    return owning


_EXPRESSION_GOES_ON = re.compile(r"\s*(?:[.,)\]?]|->|:(?!:)|\|\||&&|==|!=)")


def statement_around(code, i):
    """(begin, end) of the full expression around offset `i`: outwards through brackets and initialiser braces, up to
    the statement's ends or the head of a block."""
    begin, depth, initialisers = i, 0, 0
    while begin > 0:
        c = code[begin - 1]
        if c in ")]" or (c == "}" and (depth > 0 or _EXPRESSION_GOES_ON.match(code, begin))):
            depth += 1
        elif c in "([":
            depth = max(0, depth - 1)
        elif c == "{" and depth > 0:
            depth -= 1
        elif c == "{" and not opens_block(code, begin - 1):
            initialisers += 1
        elif c in "{};" and depth == 0:
            break
        begin -= 1
    end, depth = i, 0
    while end < len(code):
        c = code[end]
        if c == "{" and depth == 0 and opens_block(code, end):
            break
        if c in "([{":
            depth += 1
        elif c in ")]":
            depth = max(0, depth - 1)
        elif c == "}" and depth > 0:
            depth -= 1
        elif c == "}" and initialisers > 0:
            initialisers -= 1
        elif c in "};" and depth == 0:
            break
        end += 1
    return begin, end
