#!/usr/bin/env python3
# tools/unicode_table.py: writes sire/unicode_table.cc, the character classes that printing needs.
#
#   tools/unicode_table.py > sire/unicode_table.cc
#
# The classes are those of GHC 9.4's base library, which has Unicode 14: run it with a Python whose
# unicodedata has that version (3.11).

import sys
import unicodedata

VERSION = "14.0.0"
ALPHANUMERIC = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No"}
NOT_PRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
RANGES_PER_LINE = 5

HEADER = """\
// sire/unicode_table.cc: alphanumeric and printable characters beyond ASCII, as ascending ranges.
//
// Written by tools/unicode_table.py from Unicode {version}; do not edit.
#include "sire/unicode.h"

namespace plan::sire {{

// clang-format off
"""

FOOTER = """\
// clang-format on

}  // namespace plan::sire
"""


def ranges(is_member):
    first = None
    for code in range(0x80, sys.maxunicode + 2):
        inside = code <= sys.maxunicode and is_member(unicodedata.category(chr(code)))
        if inside and first is None:
            first = code
        if not inside and first is not None:
            yield first, code - 1
            first = None


def write(name, is_member):
    items = [f"{{0x{a:x},0x{b:x}}}" for a, b in ranges(is_member)]
    print(f"const CharacterRange {name}[] = {{")
    for i in range(0, len(items), RANGES_PER_LINE):
        print("  " + ", ".join(items[i : i + RANGES_PER_LINE]) + ",")
    print("};")
    print(f"const size_t {name}Count = {len(items)};\n")


def main():
    if unicodedata.unidata_version != VERSION:
        sys.exit(f"this Python has Unicode {unicodedata.unidata_version}, not {VERSION}")
    sys.stdout.write(HEADER.format(version=VERSION))
    write("kAlphanumericRanges", lambda c: c in ALPHANUMERIC)
    write("kPrintableRanges", lambda c: c not in NOT_PRINTABLE)
    sys.stdout.write(FOOTER)


if __name__ == "__main__":
    main()
