#!/usr/bin/env python3
"""Tests of the linter: each rule finds what it should and leaves alone what it should."""

import pathlib
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import cpp  # noqa: E402
import layers as layering  # noqa: E402
import rules  # noqa: E402
import tidy  # noqa: E402

LAYERS = layering.parse(
    """
base[0]:
rt[1]: base
os[2]: base rt
net[3]: base rt os
http[4]: base rt net
aws/core[5]: base rt http
world[5]: base rt
gen[6]: base aws/core
aws/auth[7]: base rt aws/core gen
fleet[8]: base rt
sim[10]: base world gen
cli[12]: base
app[13]: *
"""
)


def rules_of(path, text):
    """The names of the rules that `text` breaks, with lines: ["clock:3", ...]."""
    file = rules.File(path, textwrap.dedent(text).lstrip("\n"))
    found = tidy.apply_allowances(file, tidy.check_file(file, LAYERS))
    return [f"{rule}:{line}" for line, rule, _ in sorted(found)]


class Masking(unittest.TestCase):
    def code(self, text):
        masked, _ = cpp.mask(text)
        self.assertEqual(len(masked), len(text))
        self.assertEqual(masked.count("\n"), text.count("\n"))
        return masked

    def test_comments_and_literals_are_blanked(self):
        self.assertEqual(self.code("a; // {b}\nc"), "a;       \nc")
        self.assertEqual(self.code("a /* { \n } */ b"), "a      \n      b")
        self.assertNotIn("{", self.code('f("{ \\" {", \'{\', \'\\\'\');'))

    def test_raw_strings(self):
        self.assertNotIn("sleep", self.code('auto s = R"x(usleep( ")" )x" + y;'))
        self.assertIn("+ y;", self.code('auto s = R"x(usleep( ")" )x" + y;'))
        self.assertIn("; }", self.code('auto s = R"({\n"key": 1})"; }'))

    def test_digit_separators_are_not_characters(self):
        self.assertIn("{ b", self.code("x = 1'000'000; if (a) { b"))
        self.assertIn("{ b", self.code("x = 0xFF'00; if (c == 'x') { b"))

    def test_preprocessor_lines_are_blanked(self):
        self.assertNotIn("{", self.code("#define X(a) \\\n  { a }\n;"))


class Functions(unittest.TestCase):
    def names(self, text):
        code, _ = cpp.mask(textwrap.dedent(text))
        return [f.name for f in cpp.functions(code)]

    def test_scopes_and_initialisers_are_no_functions(self):
        text = """
            namespace a::b {
            namespace {
            struct S final : Base<int> { int x = 0; std::vector<int> v{1, 2}; };
            enum class E : int { a, b };
            constexpr std::array<Row, 2> rows = {{{"a", {1}}, {"b", {2}}}};
            const Row one{"a", f(1)};
            template <class T> concept C = requires(T t) { t.f(); };
            }
            }
            """
        self.assertEqual(self.names(text), [])

    def test_functions_methods_and_tests(self):
        text = """
            int f(Options o = {}) { if (o.x) { g(); } return 1; }
            template <class T, class U = std::vector<T>> auto g(T t) -> Result<T> { return {}; }
            class A : public B { public: explicit A(int x) noexcept : x_{x}, b_(x), c_{} { h(); } ~A() override { }
              bool operator==(const A&) const { return true; } private: int x_; };
            A::A() : x_(1) {}
            TEST(Loop, StopsAtDeadline) { EXPECT_TRUE(x); }
            struct stat read_it(int fd) { return {}; }
            """
        self.assertEqual(
            self.names(text),
            ["f", "g", "A", "~A", "operator==", "A::A", "Loop.StopsAtDeadline", "read_it"],
        )

    def test_length_counts_from_brace_to_brace(self):
        body = "\n".join(["  x();"] * 68)
        self.assertEqual(rules_of("src/base/a.cpp", f"void f() {{\n{body}\n}}\n"), [])
        self.assertEqual(rules_of("src/base/a.cpp", f"void f() {{\n{body}\n  x();\n}}\n"), ["function-size:1"])

    def test_a_long_table_is_no_function(self):
        rows = "\n".join(['  {"a", 1},'] * 100)
        self.assertEqual(rules_of("src/base/a.cpp", f"constexpr Row rows[] = {{\n{rows}\n}};\n"), [])
        self.assertEqual(rules_of("src/base/a.cpp", f"const std::vector<Row> rows{{\n{rows}\n}};\n"), [])


class Bans(unittest.TestCase):
    def test_effects_only_in_rt_and_os(self):
        text = """
            auto a = std::chrono::system_clock::now();
            auto b = steady_clock::now();
            std::random_device r;
            int c = rand();
            std::thread t;
            std::this_thread::sleep_for(d);
            auto f = std::async(g);
              sleep(1);
            """
        expected = ["clock:1", "clock:2", "random:3", "random:4", "thread:5", "sleep:6", "thread:7", "sleep:8"]
        self.assertEqual(rules_of("src/fleet/a.cpp", text), expected)
        self.assertEqual(rules_of("src/os/a.cpp", text), [])

    def test_names_that_only_look_alike(self):
        text = """
            auto n = clock.now();
            co_await sleep(ctx, d);
            auto x = operand(1);
            // std::thread is not used
            const char* s = "rand()";
            out.printf(x);
            std::snprintf(buffer, size, "x");
            co_await task.time(0);
            """
        self.assertEqual(rules_of("src/fleet/a.cpp", text), [])

    def test_printing_and_environment(self):
        text = 'std::cout << 1;\nprintf("x");\nauto h = std::getenv("HOME");\n'
        self.assertEqual(rules_of("src/fleet/a.cpp", text), ["print:1", "print:2", "environment:3"])
        self.assertEqual(rules_of("src/cli/a.cpp", text), ["environment:3"])
        self.assertEqual(rules_of("src/fleet/a_test.cpp", text), [])

    def test_catch_all_needs_a_comment(self):
        self.assertEqual(rules_of("src/base/a.cpp", "try {\n  f();\n} catch (...) {\n}\n"), ["catch-all:3"])
        self.assertEqual(rules_of("src/base/a.cpp", "try {\n  f();\n} catch (...) {  // the YAML parser\n}\n"), [])

    def test_nothing_detached(self):
        text = "asio::co_spawn(ex, f(), asio::detached);\n"
        self.assertEqual(rules_of("src/fleet/a.cpp", text), ["detached:1", "detached:1"])
        self.assertEqual(rules_of("src/rt/a.cpp", text), [])

    def test_third_party_headers(self):
        text = "#include <boost/json.hpp>\n#include <boost/asio/ip/tcp.hpp>\n#include <openssl/ssl.h>\n"
        self.assertEqual(
            rules_of("src/net/a.hpp", text), ["third-party-header:1", "asio:2", "third-party-header:3"]
        )
        self.assertEqual(rules_of("src/net/a.cpp", text), [])
        self.assertEqual(rules_of("src/fleet/a.cpp", text), ["asio:2"])
        self.assertEqual(rules_of("src/rt/a.hpp", "#include <boost/asio/awaitable.hpp>\n"), [])

    def test_private_headers_may_wrap_a_library(self):
        files = [
            rules.File("src/net/a.hpp", "#include <openssl/ssl.h>\n"),
            rules.File("src/net/b.hpp", "#include <openssl/ssl.h>\n"),
            rules.File("src/net/a.cpp", '#include "net/a.hpp"\n#include "net/b.hpp"\n'),
            rules.File("src/http/a.cpp", '#include "net/b.hpp"\n'),
        ]
        private = layering.private_headers(files, LAYERS)
        self.assertEqual(private, {"src/net/a.hpp"})
        self.assertEqual([list(rules.third_party(f, private)) != [] for f in files], [False, True, False, False])

    def test_unordered_iteration(self):
        text = "std::unordered_map<std::string, int> counts;\nfor (const auto& [k, v] : counts) use(k);\n"
        self.assertEqual(rules_of("src/fleet/a.cpp", text), ["unordered-iteration:2"])
        self.assertEqual(rules_of("src/fleet/a.cpp", text.replace("unordered_", "")), [])

    def test_open_ends_and_paths(self):
        word = "TO" + "DO"
        self.assertEqual(rules_of("src/fleet/a.cpp", f"// {word}: later\n"), ["open-end:1"])
        self.assertEqual(rules_of("src/fleet/a.cpp", f"// {word}(#12): AWS has no token here\n"), [])
        self.assertEqual(rules_of("src/fleet/a.cpp", 'auto p = "/wo' + 'rk/x";\n'), ["path:1"])
        self.assertEqual(rules_of("src/fleet/a.cpp", 'auto p = "a/wo' + 'rk/x";\n'), [])

    def test_line_length(self):
        self.assertEqual(rules_of("src/fleet/a.cpp", "x" * 120 + "\n"), [])
        self.assertEqual(rules_of("src/fleet/a.cpp", "x" * 121 + "\n"), ["line-length:1"])


class Coroutines(unittest.TestCase):
    def check(self, body):
        text = "Task<> f() {\n" + textwrap.dedent(body).strip("\n") + "\n}\n"
        return [f"{name}:{int(line) - 1}" for name, line in (r.split(":") for r in rules_of("src/fleet/a.cpp", text))]

    def test_braced_temporaries(self):
        self.assertEqual(self.check("co_await g(Request{.a = 1});"), ["coroutine-temporary:1"])
        self.assertEqual(self.check("auto x = co_await g(ctx, aws::Map<std::string, int>{});"), ["coroutine-temporary:1"])
        self.assertEqual(self.check("co_await g({.a = 1});"), ["coroutine-temporary:1"])
        self.assertEqual(self.check("co_await g(ctx, {});"), ["coroutine-temporary:1"])
        self.assertEqual(self.check("CO_TRY(auto x, co_await g(\n    Request{}));"), ["coroutine-temporary:2"])
        self.assertEqual(self.check("if (auto r = co_await g(Request{}); !r) {\n}"), ["coroutine-temporary:1"])
        self.assertEqual(self.check("co_return Pair{co_await g(), 1};"), ["coroutine-temporary:1"])
        self.assertEqual(self.check("co_await Awaiter{x};"), ["coroutine-temporary:1"])

    def test_what_is_not_a_braced_temporary(self):
        self.assertEqual(self.check("Request r{1};\nco_await g(r);"), [])
        self.assertEqual(self.check("Request r{co_await g()};"), [])
        self.assertEqual(self.check("co_await g(std::chrono::seconds{5}, std::string_view{p, n});"), [])
        self.assertEqual(self.check("const int a = 1;\nif (co_await g(a)) {\n  h(Request{1});\n}"), [])
        self.assertEqual(self.check("h(Request{1});\nco_await g(x);\nh(Request{1});"), [])
        self.assertEqual(self.check("for (;;) {\n  auto r = co_await g(x);\n  if (!r) {\n    h({1});\n  }\n}"), [])
        self.assertEqual(self.check("group.spawn(g(Request{}));\nco_await group.join();"), [])

    def test_conditionals(self):
        self.assertEqual(self.check("auto x = b ? co_await g() : v;"), ["coroutine-conditional:1"])
        self.assertEqual(self.check("co_await g(b ? P(1) : P(2));"), ["coroutine-conditional:1"])
        self.assertEqual(self.check("co_await g(b ? 1 : 2);\nco_await g(b ? Mode::fast : Mode::slow);"), [])
        self.assertEqual(self.check("auto p = b ? P(1) : P(2);\nco_await g(p);"), [])

    def test_awaited_conditions_without_locals(self):
        self.assertEqual(self.check("if (!co_await g()) co_return;"), ["coroutine-condition:1"])
        self.assertEqual(self.check("h();\nwhile (a && co_await g()) {\n  h();\n}"), ["coroutine-condition:2"])
        self.assertEqual(self.check("const bool ok = co_await g();\nif (!ok) co_return;"), [])
        self.assertEqual(self.check("if (co_await g()) co_return;\nauto& x = h();"), [])
        self.assertEqual(self.check("if (const bool ok = co_await g(); ok) co_return;"), [])
        self.assertEqual(self.check("for (const auto& x : xs) {\n  if (co_await g(x)) co_return;\n}"), [])
        self.assertEqual(self.check("CO_TRY_VOID(co_await h());\nif (co_await g()) co_return;"), [])

    def test_captures(self):
        self.assertEqual(self.check("co_await g([big] { return big; });"), ["coroutine-capture:1"])
        self.assertEqual(self.check("co_await g([o = std::move(big)] { return o; });"), ["coroutine-capture:1"])
        self.assertEqual(self.check("co_await g([=] { return big; });"), ["coroutine-capture:1"])
        self.assertEqual(self.check("co_await g([&] { return a[b]; });\nco_await g([this, &x] { return x; });"), [])
        self.assertEqual(self.check("auto f = [big] { return big; };\nco_await g(f);"), [])

    def test_coroutine_lambdas(self):
        self.assertEqual(self.check("auto f = [x]() -> Task<> { co_await g(x); };"), ["coroutine-lambda:1"])
        self.assertEqual(self.check("group.spawn([&](Ctx c) -> Task<Result<>> {\n  co_return g(c);\n});"), ["coroutine-lambda:1"])
        self.assertEqual(self.check("auto f = [](int x) -> Task<> { co_await g(x); };"), [])
        self.assertEqual(self.check("auto f = [this] {\n  return [](A* a) -> Task<> { co_await a->g(); }(this);\n};"), [])

    def test_a_lambda_body_is_its_own_function(self):
        self.assertEqual(self.check("co_await g([] { return Request{1}; });"), [])
        self.assertEqual(self.check("co_await g([&] { return b ? P(1) : P(2); });"), [])


class LayerRules(unittest.TestCase):
    def test_the_whitelist(self):
        text = '#include "base/a.hpp"\n#include "http/b.hpp"\n#include <vector>\n#include "aws/ssm/types.hpp"\n'
        self.assertEqual(rules_of("src/fleet/a.cpp", text), ["layers:2", "layers:4"])
        self.assertEqual(rules_of("src/aws/core/a.cpp", text), ["layers:4"])
        self.assertEqual(rules_of("src/aws/auth/a.cpp", text), ["layers:2"])
        self.assertEqual(rules_of("src/app/a.cpp", text), [])
        self.assertEqual(rules_of("tests/scenario/a.cpp", text), [])

    def test_tests_may_use_world(self):
        text = '#include "world/world.hpp"\n'
        self.assertEqual(rules_of("src/fleet/a.cpp", text), ["layers:1"])
        self.assertEqual(rules_of("src/fleet/a_test.cpp", text), [])
        self.assertEqual(rules_of("src/fleet/a_test.cpp", '#include "sim/sim.hpp"\n'), ["layers:1"])

    def test_includes_start_at_src(self):
        self.assertEqual(rules_of("src/fleet/a.cpp", '#include "b.hpp"\n#include "../rt/b.hpp"\n'), ["layers:1", "layers:2"])

    def test_the_file_itself_is_checked(self):
        bad = layering.parse("base[0]: rt\nrt[1]: base\nrt[1]:\nnonsense\nos[2]: nowhere\nfoo[1]: rt\n")
        self.assertEqual([line for line, _ in bad.errors], [1, 3, 4, 5, 6])

    def test_cmake_agrees(self):
        text = "postern_module(fleet SOURCES a.cpp DEPS base http nowhere)  # DEPS rt\n"
        used = {"rt": "src/fleet/a.cpp:3"}
        messages = [m for _, m in layering.check_cmake("src/fleet/CMakeLists.txt", text, LAYERS, used)]
        self.assertEqual(len(messages), 3)
        self.assertIn("does not allow", messages[0])
        self.assertIn("does not know", messages[1])
        self.assertIn("lacks rt", messages[2])
        text = "postern_module(aws_auth SOURCES a.cpp DEPS base aws_core aws_sts)"
        self.assertEqual(list(layering.check_cmake("src/aws/auth/CMakeLists.txt", text, LAYERS, {"gen": "a:1"})), [])


class Allowances(unittest.TestCase):
    def test_same_line_and_line_before(self):
        self.assertEqual(rules_of("src/fleet/a.cpp", "std::thread t;  // tidy: allow(thread) the peer needs one\n"), [])
        self.assertEqual(rules_of("src/fleet/a.cpp", "// tidy: allow(thread) the peer needs one\nstd::thread t;\n"), [])
        self.assertEqual(
            rules_of("src/fleet/a.cpp", "// tidy: allow(clock) wrong rule\nstd::thread t;\n"), ["allow:1", "thread:2"]
        )

    def test_reason_and_use_are_required(self):
        self.assertEqual(rules_of("src/fleet/a.cpp", "std::thread t;  // tidy: allow(thread)\n"), ["allow:1"])
        self.assertEqual(rules_of("src/fleet/a.cpp", "int t;  // tidy: allow(thread) no longer\n"), ["allow:1"])

    def test_whole_file(self):
        text = "// tidy: allow-file(thread) a load generator\n\n\n\nstd::thread t;\nstd::thread u;\n"
        self.assertEqual(rules_of("src/fleet/a.cpp", text), [])


class Assumptions(unittest.TestCase):
    def test_columns_ids_and_tests(self):
        head = "id\tstatement\tsource\ttest\tlast_seen_on_aws\n"
        rows = "a\ts\tx\tRun.Works\tnever\na\ts\tx\t-\tnever\nb\ts\tx\tRun.Gone\t2027-01-31 us-east-1\nc\ts\tx\n"
        tests = rules.test_names([rules.File("src/a_test.cpp", "TEST(Run, Works) {}\n")])
        found = list(rules.assumptions(rules.File("docs/assumptions.tsv", head + rows), tests))
        self.assertEqual([line for line, _, _ in found], [3, 4, 5])


class Tree(unittest.TestCase):
    def test_a_small_tree(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "tools/tidy").mkdir(parents=True)
            (root / "tools/tidy/layers.txt").write_text("base[0]:\nrt[1]: base\n")
            (root / "src/base").mkdir(parents=True)
            (root / "src/base/a.cpp").write_text('#include "rt/task.hpp"\n')
            (root / "src/rt").mkdir()
            (root / "src/rt/README.md").write_text("rt\n")
            (root / "src/rt/a.cpp").write_text("int x;\n")
            found = tidy.check_tree(root)
        self.assertEqual([line.split(" ")[0] + line.split(" ")[1] for line in found],
                         ["src/base/README.md:1:[readme]", "src/base/a.cpp:1:[layers]"])


if __name__ == "__main__":
    unittest.main()
