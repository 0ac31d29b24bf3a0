#!/usr/bin/env python3
# tests/install/install_test.py: the program away from its build folder.
#
#   install_test.py CMAKE BUILD PALLADIUM NATIVE
#
# NATIVE is 0 if the build has no native code.

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE, BUILD, PALLADIUM = (os.path.abspath(path) for path in sys.argv[1:4])
HAS_NATIVE = sys.argv[4] == "1"
del sys.argv[1:]
SECONDS_MAX = 200
PLUG_IN = "libpalladium_native.so"
# With the thresholds given below, fib is hot.
PROGRAM = "= (fib n)\n| if (lth n 2) n\n| add (fib (sub n 1)) (fib (sub n 2))\n\n(fib 21)\n"
RESULT = "\n10946\n"


class InstallTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "empty").mkdir()

    def sire(self, program, *options):
        """Runs the program on PROGRAM, from an empty folder, without anything of the build's."""
        environment = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"):
            if name in os.environ:
                environment[name] = os.environ[name]
        return subprocess.run([program, "sire", *options], input=PROGRAM, text=True,
                              cwd=self.folder / "empty", env=environment, capture_output=True,
                              timeout=SECONDS_MAX, check=False)

    def run_without_native_code(self, program):
        """What the program says on standard error if it waits for native code."""
        run = self.sire(program, "--tier=native")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(RESULT, run.stdout)
        # One that does not wait may end before anybody has looked for the plug-in.
        usual = self.sire(program, "--jit-threshold=100")
        self.assertEqual(usual.returncode, 0, usual.stderr)
        self.assertIn(RESULT, usual.stdout)
        self.assertLessEqual(usual.stderr.count("no native code"), 1, usual.stderr)
        return run.stderr

    def install(self):
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", self.folder / "usr"], check=True,
                       capture_output=True, timeout=SECONDS_MAX)
        return self.folder / "usr"

    def test_what_is_installed_is_all_it_needs(self):
        prefix = self.install()
        installed = {str(path.relative_to(prefix)) for path in prefix.rglob("*")
                     if not path.is_dir()}
        plug_in = {f"lib/palladium/{PLUG_IN}"} if HAS_NATIVE else set()
        self.assertEqual(installed, {"bin/palladium", "bin/pallas"} | plug_in)
        # The library is inside: the folder is empty, and fib is made of its functions.
        run = self.sire(prefix / "bin" / "palladium")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(RESULT, run.stdout)

    @unittest.skipUnless(HAS_NATIVE, "this build has no native code")
    def test_what_is_installed_makes_native_code(self):
        program = self.install() / "bin" / "palladium"
        run = self.sire(program, "--tier=native", "--tier-report")
        self.assertIn(RESULT, run.stdout)
        report = re.search(r"(\d+) laws became native code,.* (\d+) were refused", run.stderr)
        self.assertIsNotNone(report, run.stderr)
        self.assertGreater(int(report.group(1)), 0)
        self.assertEqual(int(report.group(2)), 0)

    def test_pallas_is_the_reference_by_its_name(self):
        pallas = self.install() / "bin" / "pallas"
        self.assertEqual(os.readlink(pallas), "palladium")
        run = subprocess.run([pallas, "--help"], capture_output=True, text=True, check=False,
                             timeout=SECONDS_MAX)
        self.assertIn("Usage: pallas COMMAND", run.stdout)

    @unittest.skipUnless(HAS_NATIVE, "this build has no native code")
    def test_without_its_plug_in_the_program_says_so_once_and_goes_on(self):
        alone = shutil.copy(PALLADIUM, self.folder / "palladium")
        told = self.run_without_native_code(alone)
        self.assertEqual(told.count(f"no native code: {PLUG_IN} was not found"), 1, told)

    @unittest.skipUnless(HAS_NATIVE, "this build has no native code")
    def test_with_a_plug_in_that_is_none_the_program_says_so_once_and_goes_on(self):
        alone = shutil.copy(PALLADIUM, self.folder / "palladium")
        (self.folder / PLUG_IN).write_text("not a library")
        told = self.run_without_native_code(alone)
        self.assertEqual(told.count("no native code"), 1, told)

    @unittest.skipIf(HAS_NATIVE, "this build has native code")
    def test_a_build_without_native_code_refuses_to_make_some(self):
        run = self.sire(PALLADIUM, "--tier=native")
        self.assertEqual(run.returncode, 1)
        self.assertIn("no native code", run.stderr)
        usual = self.sire(PALLADIUM, "--jit-threshold=100")
        self.assertEqual((usual.returncode, usual.stderr), (0, ""))
        self.assertIn(RESULT, usual.stdout)


if __name__ == "__main__":
    unittest.main()
