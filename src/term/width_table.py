#!/usr/bin/env python3
"""Writes width_table.inc: code point ranges of display width 0 and 2, from Python's Unicode data (version in the file).

Zero: combining marks (Mn, Me), format characters (Cf) but SOFT HYPHEN, and the medial and final Hangul jamo.
Two: East Asian Width W or F, which covers emoji with emoji presentation.
"""
import sys
import unicodedata


def width(code):
    char = chr(code)
    category = unicodedata.category(char)
    if code == 0xAD:
        return 1
    if category in ("Mn", "Me", "Cf") or 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FB:
        return 0
    if category == "Cn":
        # Unassigned code points in the planes and blocks that the standard reserves for wide characters.
        wide = 0x20000 <= code <= 0x2FFFD or 0x30000 <= code <= 0x3FFFD or 0x1FA70 <= code <= 0x1FAFF
        return 2 if wide else 1
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def ranges(wanted):
    start = None
    for code in range(0x80, 0x110001):
        hit = code < 0x110000 and not 0xD800 <= code <= 0xDFFF and width(code) == wanted
        if hit and start is None:
            start = code
        elif not hit and start is not None:
            yield start, code - 1
            start = None


def main():
    out = [f"// Written by width_table.py from Unicode {unicodedata.unidata_version}; do not edit."]
    for name, wanted in (("kZeroWidth", 0), ("kDoubleWidth", 2)):
        out.append(f"constexpr WidthRange {name}[] = {{")
        line = "   "
        for first, last in ranges(wanted):
            item = f" {{0x{first:X}, 0x{last:X}}},"
            if len(line) + len(item) > 118:
                out.append(line)
                line = "   "
            line += item
        out += [line, "};"]
    sys.stdout.write("\n".join(out) + "\n")


main()
