#!/usr/bin/env python3
# tests/library/library_test.py: the Sire library inside the binary, used from an empty folder.
#
#   library_test.py PALLADIUM

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PALLADIUM = os.path.abspath(sys.argv.pop(1))
SECONDS_MAX = 120


class LibraryTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def sire(self, *arguments, text=""):
        """Runs `palladium sire` in the empty folder; nothing is cached between tests."""
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"))
        return subprocess.run([PALLADIUM, "sire", *arguments], input=text, cwd=self.folder,
                              env=environment, capture_output=True, text=True,
                              timeout=SECONDS_MAX, check=False)

    def sire_file(self, path):
        """Runs the program in the file."""
        (self.folder / "sire").mkdir(exist_ok=True)
        text = path.read_text("utf-8")
        name = re.search(r"^#### (\w+)", text, re.M).group(1)
        (self.folder / "sire" / f"{name}.sire").write_text(text, "utf-8")
        return self.sire(name)

    def test_every_assertion_of_the_library_holds(self):
        run = self.sire("prelude")
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_every_jet_of_the_library_is_known(self):
        run = self.sire("--trace-jets", "prelude")
        self.assertNotIn("NOT MATCHED", run.stderr)
        for jet in ["_If", "_Add", "_Cmp", "_Idx", "_SizedListToRow", "setIns", "tabIns", "barIdx"]:
            self.assertRegex(run.stderr, rf"(?m)^{jet} +MATCHED$")

    def test_a_jet_that_hands_its_arguments_to_the_law_is_told_or_crashes(self):
        text = "= (f x)\n| implode [97 x]\n\n(f 98)\n\n(f 300)\n\n7\n"
        law = "\n%ab\n\n76897\n\n7\n\n"  # what it gives for the byte 300
        self.assertTrue(self.sire(text=text).stdout.endswith(law))
        told = self.sire("-f", text=text)
        self.assertTrue(told.stdout.endswith(law), told.stdout)
        self.assertIn("deopt:[implode [%a 300]]", told.stderr)
        self.assertNotIn("%b", told.stderr)
        for options in (["-F"], ["-fF"]):
            crashed = self.sire(*options, text=text)
            self.assertEqual(crashed.returncode, 0, crashed.stderr)
            self.assertIn("\n%ab\n\n\n++ %crash\n", crashed.stdout)
            self.assertIn("[%deopt [implode [%a 300]]]", crashed.stdout)
            self.assertTrue(crashed.stdout.endswith("\n7\n\n"), crashed.stdout)

    def test_a_jet_tells_nobody_that_its_law_runs_on_what_the_jet_is_for(self):
        slow = "= (slow x)\n| ifz x 1\n| inc (slow (dec x))\n\n"
        for expression, value in [("divMod (slow 6) 3", "(0 2 1)"),
                                  ("max [1 (slow 1)] [1 2]", "[1 2]"),
                                  ("setSplitAt (slow 0) (setSing 7)", "[%[7] %[]]"),
                                  ("tabSplitLT [(slow 0)] #[[1]=5]", "[#[] [[1]=5]]"),
                                  ("tabFromPairs [[0 1] [[(slow 0)] 2]]", "[0=1 [1]=2]")]:
            with self.subTest(expression=expression):
                text = f"{slow}= (f x)\n| {expression.replace('slow', 'slow | add x')}\n\n(f 0)\n"
                self.assertTrue(self.sire("-F", text=text).stdout.endswith(f"\n{value}\n\n"))

    def test_the_library_gives_no_jet_what_it_declines(self):
        run = self.sire("-F", "--no-cache", "prelude")
        self.assertEqual(run.returncode, 0, run.stdout[-500:] + run.stderr[-500:])

    def test_a_switch_takes_its_branches_from_any_app(self):
        text = "(switch 1 (die {not taken}) (1 8 9))\n\n(switch 2 4 (1 8 9))\n"
        self.assertTrue(self.sire(text=text).stdout.endswith("\n8\n\n4\n\n"))

    def test_without_jets_laws_give_the_same(self):
        text = "(add 2 3)\n\n(implode [97 98])\n\n(map inc [1 2])\n\n(idx 1 [7 8 9])\n"
        usual = self.sire(text=text)
        laws = self.sire("--jets=off", text=text)  # with the cache that the first one left
        self.assertEqual((laws.returncode, laws.stdout), (0, usual.stdout))

    def test_a_prompt_without_a_file_has_the_library(self):
        run = self.sire(text="(map inc [1 2 40])\n")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("[2 3 41]", run.stdout.splitlines())

    def test_a_wrong_row_of_lines_is_told(self):
        run = self.sire(text="++ 1\n** 2\n")
        self.assertIn("begins with ++", run.stdout + run.stderr)

    def test_programs_give_their_results(self):
        programs = sorted((ROOT / "bench" / "programs").glob("*.sire"))
        self.assertGreater(len(programs), 10)
        for path in programs:
            with self.subTest(program=path.stem):
                result = re.search(r"^; size tiny \d+ -> (.+)$", path.read_text(), re.M).group(1)
                run = self.sire_file(path)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertIn(result, run.stdout.splitlines()[-12:])

    def test_examples_run(self):
        for name, line in [("fib", "6765"), ("queens", "[3 1 6 2 5 7 4 0]"),
                           ("words", "## =merrily 4")]:
            with self.subTest(example=name):
                run = self.sire_file(ROOT / "sire" / "examples" / f"{name}.sire")
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertIn(line, run.stdout.splitlines())


if __name__ == "__main__":
    unittest.main()
