#!/usr/bin/env python3
"""Tests of order.py on the smallest files that have what valgrind and nm write."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import order  # noqa: E402

WATCHED = """\
positions: instr line
ob=(1) /lib/libc.so.6
fn=(1) strlen
0x1000 0 5
ob=(2) /build/program
fn=(2) main
0x2000 0 5
+4 0 5
cob=(1)
cfn=(1)
calls=1 0x1000 0
* 0 9
+12 0 1
ob=(1)
fn=(1)
0x2040 0 5
ob=(2)
fn=(3) work
-32 0 5
"""

LISTING = """\
0000000000002000 0000000000000010 T main
0000000000002010 0000000000000010 t main.cold
0000000000002020 0000000000000010 W _ZN4WorkC1Ev
0000000000002020 0000000000000010 W _ZN4WorkC2Ev
0000000000002030 0000000000000000 t empty
0000000000002040 0000000000000010 T never
0000000000003000 0000000000000010 r data
                 U strlen
"""


class Order(unittest.TestCase):
    def test_the_instructions_of_the_program_alone_are_taken(self):
        self.assertEqual(order.executed(WATCHED.splitlines(), "/build/program"), {0x2000, 0x2004, 0x2010, 0x2020})

    def test_an_instruction_is_looked_up_with_all_names_of_its_function(self):
        rows = order.functions(LISTING.splitlines())
        self.assertEqual(order.names_of({0x2004, 0x2010}, rows), {"main", "main.cold"})
        self.assertEqual(order.names_of({0x202F}, rows), {"_ZN4WorkC1Ev", "_ZN4WorkC2Ev"})
        self.assertEqual(order.names_of({0x1FFF, 0x2030, 0x9000}, rows), set())

    def test_a_large_section_that_is_mostly_untouched_is_sparse(self):
        lines = ["             VMA              LMA     Size Align Out     In      Symbol",
                 "            2000             2000    9000    16 .text",
                 "            2000             2000     4000    16         lib.a(dense.o):(.text)",
                 "            2000             2000       10     1                 main",
                 "            6000             6000     4000    16         lib.a(sparse.o):(.text)",
                 "            a000             a000      100    16         lib.a(small.o):(.text.f)"]
        ran = {0x2000, 0x3000, 0x4000, 0x6010, 0xA000}
        self.assertEqual(order.sparse_places(ran, lines), [(0x6000, 0xA000)])

    def test_a_group_comes_behind_the_one_before_and_cold_halves_behind_hot_ones(self):
        groups = [{"b", "a.cold", "a", "0"}, {"c", "b"}]
        self.assertEqual(order.ordered(groups, {"0"}), ["a", "b", "a.cold", "0", "c"])


if __name__ == "__main__":
    unittest.main()
