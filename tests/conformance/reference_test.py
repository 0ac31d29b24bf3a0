#!/usr/bin/env python3
# tests/conformance/reference_test.py: the reference's own library, against recorded facts.
#
#   PLAN_REFERENCE=FOLDER reference_test.py PALLADIUM CONFORMANCE
#
# FOLDER is a checkout of the reference (its folder `sire` is what counts), CONFORMANCE has the
# facts:
# sire/*.tsv, repl/expressions.*. Without them the test is skipped.

import hashlib
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv[1])
FACTS = Path(sys.argv[2]).absolute()
REFERENCE = os.environ.get("PLAN_REFERENCE", "")
SEED_SHA256 = "8dc8d50ed08e071c80424d3ac357872f9e7ef82b80ae54553461a03de109984a"
PATIENCE_S = 600
SKIPPED = 77
# These refer to names that the reference's library does not define (any more), or follow such ones.
NEVER_LOAD = ("demo", "two_cog_sandbox", "test_kern_var", "test_laws", "test_ordering")


def run(*words, text=b"", program_options=()):
    return subprocess.run([PROGRAM, *words, *program_options], cwd=REFERENCE, input=text,
                          capture_output=True, timeout=PATIENCE_S)


def table(name):
    lines = (FACTS / "sire" / name).read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


class Reference(unittest.TestCase):
    maxDiff = 2000

    def test_modules_leave_the_recorded_states(self):
        result = run("sire", "--facts", "sire_27_sire")
        self.assertEqual(result.stdout.decode().splitlines(), table("modules.tsv"))
        self.assertNotIn(b"NOT MATCHED", result.stderr)

    def test_bindings_have_the_recorded_values(self):
        result = run("sire", "--facts=bindings", "sire_27_sire")
        self.assertEqual(result.stdout.decode().splitlines(), table("bindings.tsv"))

    def test_states_do_not_depend_on_collections_or_jets(self):
        for options in (["--gc-stress"], ["--jets=off"]):
            # Without jets, later modules take for ever: division is repeated subtraction.
            result = run("sire", "--facts", "sire_02_bit", program_options=options)
            self.assertEqual(result.stdout.decode().splitlines(), table("modules.tsv")[:2], options)

    def test_the_prompt_prints_what_the_reference_prints(self):
        text = (FACTS / "repl" / "expressions.in").read_bytes()
        result = run("sire", "--quiet", "--no-cache", "sire/sire.sire", text=text)
        self.assertEqual(result.stdout, (FACTS / "repl" / "expressions.out").read_bytes())

    def test_the_compiler_in_sire_compiles_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            seed, made = Path(folder, "sire.seed"), Path(folder, "made.seed")
            saved = run("save", "--quiet", "--no-cache", str(seed), "sire/sire.sire")
            self.assertEqual(saved.returncode, 0, saved.stderr)
            self.assertEqual(hashlib.sha256(seed.read_bytes()).hexdigest(), SEED_SHA256)
            sources = sorted(Path(REFERENCE, "sire").glob("sire_??_*.sire"))
            self.assertEqual(len(sources), 25)
            text = b"".join(source.read_bytes() for source in sources)
            result = run("repl", "--heap", "4G", str(seed), "--save", str(made), text=text)
            self.assertEqual(result.returncode, 0, result.stderr[-1000:])
            self.assertEqual(made.read_bytes(), seed.read_bytes())

    def test_every_module_loads_with_all_its_assertions(self):
        for source in sorted(Path(REFERENCE, "sire").glob("*.sire")):
            if source.stem.startswith(NEVER_LOAD):
                continue
            with self.subTest(source.stem):
                result = run("sire", "--quiet", "--no-cache", "--heap", "4G", source.stem)
                self.assertEqual(result.returncode, 0, result.stderr[-1000:])

    def test_a_cached_library_is_the_library(self):
        with tempfile.TemporaryDirectory() as folder:
            text = b"=?= 3 (add 1 2)\n\n(map inc [1 2 3])\n"
            words = ["sire", "--quiet", "--cache-dir", folder, "prelude"]
            first, second = run(*words, text=text), run(*words, text=text)
            self.assertEqual(first.stdout, second.stdout)
            self.assertIn(b"[2 3 4]", second.stdout)


if __name__ == "__main__":
    if not Path(REFERENCE, "sire", "sire_27_sire.sire").exists() or not FACTS.is_dir():
        print("skipped: PLAN_REFERENCE names no checkout of the reference, or there are no facts")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
