#!/usr/bin/env python3
# tools/tidy_test.py: every rule of tools/tidy.py finds its fault, and accepts what is right.

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # A new folder would look like a changed source.
import tidy

CLEAN = "// gc/space.h: a range of addresses.\n#pragma once\n"


def long_function(lines, name="grow"):
    return f"void {name}(int a) {{\n" + "  a++;\n" * (lines - 2) + "}\n"


class TidyTest(unittest.TestCase):
    def complaints(self, rule, files):
        """What the rule says about a tree of these files, as (path, line) pairs."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                Path(root, path).parent.mkdir(parents=True, exist_ok=True)
                Path(root, path).write_text(text)
            return [(path, line) for path, line, _ in rule(tidy.Tree(root))]

    def header(self, body):
        return {"gc/space.h": CLEAN + body}

    def test_include_may_follow_an_arrow_only(self):
        check = tidy.check_include_arrows
        self.assertEqual(self.complaints(check, self.header('#include "value/value.h"\n')), [])
        for bad in ("vm/eval.h", "space.h", "nowhere/space.h"):
            found = self.complaints(check, self.header(f'#include "{bad}"\n'))
            self.assertEqual(found, [("gc/space.h", 3)], bad)

    def test_include_in_a_comment_is_not_one(self):
        body = '// #include "vm/eval.h"\n/*\n#include "vm/eval.h"\n*/\n'
        self.assertEqual(self.complaints(tidy.check_include_arrows, self.header(body)), [])

    def test_file_begins_with_its_path(self):
        check = tidy.check_file_headers
        good = {"gc/space.h": CLEAN, "tools/a.sh": "#!/bin/sh\n# tools/a.sh: does it.\n",
                "sire/lib/nat.sire": "#### nat\n\n; sire/lib/nat.sire: numbers.\n"}
        self.assertEqual(self.complaints(check, good), [])
        bad = {"gc/a.h": CLEAN, "gc/b.cc": "#include <span>\n", "gc/c.cc": "// gc/c.cc\n"}
        self.assertEqual(self.complaints(check, bad), [(p, 1) for p in sorted(bad)])

    def test_header_needs_pragma_once(self):
        files = {"gc/space.h": "// gc/space.h: a range.\n"}
        self.assertEqual(self.complaints(tidy.check_file_headers, files), [("gc/space.h", 1)])

    def test_notes_are_defined_and_used(self):
        check = tidy.check_notes
        note = "// Note [Ageing]\n// Why objects wait.\n"
        good = {"gc/a.cc": note, "gc/b.cc": "// See Note [Ageing] in gc/a.cc.\n"}
        self.assertEqual(self.complaints(check, good), [])
        self.assertEqual(self.complaints(check, {"gc/a.cc": note}), [("gc/a.cc", 1)])
        dangling = {"gc/b.cc": "// See Note [Ageing].\n"}
        self.assertEqual(self.complaints(check, dangling), [("gc/b.cc", 1)])
        moved = {"gc/a.cc": note, "gc/b.cc": "\n// See Note [Ageing] in this file.\n"}
        self.assertEqual(self.complaints(check, moved), [("gc/b.cc", 2)])
        twice = {"gc/a.cc": note, "gc/b.cc": note, "gc/c.cc": "// See Note [Ageing].\n"}
        self.assertEqual(self.complaints(check, twice), [("gc/b.cc", 1)])

    def test_lines_have_a_width(self):
        check = tidy.check_columns
        self.assertEqual(self.complaints(check, self.header("//" + "é" * 98 + "\n")), [])
        self.assertEqual(self.complaints(check, self.header("//" + "x" * 99 + "\n")),
                         [("gc/space.h", 3)])
        self.assertEqual(self.complaints(check, self.header("\tint a;\n")), [("gc/space.h", 3)])

    def test_a_new_function_may_not_be_long(self):
        check = tidy.check_function_length
        self.assertEqual(self.complaints(check, {"gc/a.cc": long_function(70)}), [])
        nested = "namespace plan {\nclass A {\n public:\n" + long_function(71) + "};\n}\n"
        self.assertEqual(self.complaints(check, {"gc/a.cc": nested}), [("gc/a.cc", 4)])
        member = "A::A(int x) : x_{x}, y_(x) {\n" + "  f();\n" * 70 + "}\n"
        self.assertEqual(self.complaints(check, {"gc/a.cc": member}), [("gc/a.cc", 1)])

    def test_tables_and_classes_are_not_functions(self):
        body = ("const int kTable[] = {\n" + "  1,\n" * 90 + "};\n"
                "class A {\n" + "  int f(int a);\n" * 90 + "};\n")
        self.assertEqual(self.complaints(tidy.check_function_length, {"gc/a.cc": body}), [])

    def test_an_exhaustive_switch_does_not_count(self):
        check = tidy.check_function_length
        switch = "void f(K k) {\n  switch (k) {\n" + "    case K::a: return;\n" * 90 + "%s  }\n}\n"
        self.assertEqual(self.complaints(check, {"gc/a.cc": switch % ""}), [])
        self.assertEqual(self.complaints(check, {"gc/a.cc": switch % "    default: return;\n"}),
                         [("gc/a.cc", 1)])

    def test_ratchet_only_goes_down(self):
        check = tidy.check_function_length
        ratchet = {tidy.RATCHET: "gc/a.cc\tgrow\t80\n"}
        self.assertEqual(self.complaints(check, ratchet | {"gc/a.cc": long_function(80)}), [])
        self.assertEqual(self.complaints(check, ratchet | {"gc/a.cc": long_function(81)}),
                         [("gc/a.cc", 1)])
        self.assertEqual(self.complaints(check, ratchet | {"gc/a.cc": long_function(9)}),
                         [(tidy.RATCHET, 1)])

    def test_lowering_the_ratchet_drops_and_lowers(self):
        with tempfile.TemporaryDirectory() as root:
            Path(root, "tools").mkdir()
            Path(root, tidy.RATCHET).write_text("a.cc\tgone\t90\na.cc\tgrow\t90\n")
            Path(root, "a.cc").write_text(long_function(75) + long_function(99, "other"))
            tidy.lower_ratchet(tidy.Tree(root))
            self.assertEqual(tidy.read_ratchet(tidy.Tree(root)), {("a.cc", "grow"): 75})

    def test_todo_names_an_issue(self):
        check = tidy.check_todos
        self.assertEqual(self.complaints(check, self.header("// TODO(#41): linear\n")), [])
        for bad in ("TODO: linear", "TODO(me): linear", "FIXME", "a HACK"):
            self.assertEqual(self.complaints(check, self.header(f"// {bad}\n")),
                             [("gc/space.h", 3)], bad)

    def test_banned_names_are_found_in_code_only(self):
        check = tidy.check_banned_names
        for bad in ("std::function<void()> f;", "auto p = mmap(nullptr);", "#include <iostream>",
                    "throw 1;", "assert(true);"):
            self.assertEqual(self.complaints(check, self.header(bad + "\n")),
                             [("gc/space.h", 3)], bad)
        good = '// std::function\nauto s = "throw mmap(";\nx.mmap(1);\nstatic_assert(true);\n'
        self.assertEqual(self.complaints(check, self.header(good)), [])
        self.assertEqual(self.complaints(check, {"base/memory_map.cc": "p = ::mmap(q);\n"}), [])

    def test_file_names_name_a_concept(self):
        files = {"gc/utils.h": CLEAN, "base/impl/a.cc": "\n", "gc/space.h": CLEAN}
        found = self.complaints(tidy.check_banned_names, files)
        self.assertEqual(found, [("base/impl/a.cc", 1), ("gc/utils.h", 1)])

    def test_every_source_stands_in_cmake(self):
        check = tidy.check_cmake_entries
        files = {"gc/space.cc": "\n", "vm/optimise/inline.cc": "\n"}
        lists = {"gc/CMakeLists.txt": "add_library(gc space.cc)\n",
                 "vm/CMakeLists.txt": "add_library(vm optimise/inline.cc)\n"}
        self.assertEqual(self.complaints(check, files | lists), [])
        lists["gc/CMakeLists.txt"] = "add_library(gc old_space.cc)\n"
        self.assertEqual(self.complaints(check, files | lists), [("gc/space.cc", 1)])


if __name__ == "__main__":
    unittest.main()
