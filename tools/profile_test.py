#!/usr/bin/env python3
# tools/profile_test.py: a profile that cannot be used stops the build and says why.
#
#   profile_test.py CMAKE LLVM_ROOT CC CXX

import gzip
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # A new folder would look like a changed source.
import profile

CMAKE, LLVM_ROOT, CC, CXX = sys.argv[1:5]
del sys.argv[1:]
PROFDATA = f"{LLVM_ROOT}/bin/llvm-profdata"


class ProfileTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.output = self.folder / "made.profdata"
        self.recorded = profile.PROFILE.read_bytes()
        self.addCleanup(setattr, profile, "PROFILE", profile.PROFILE)
        profile.PROFILE = self.folder / "profile.gz"

    def why_not(self, recorded, profdata=PROFDATA, clang=CXX):
        """Why it cannot be used; nothing is left behind then."""
        profile.PROFILE.write_bytes(recorded)
        with self.assertRaises(profile.Unusable) as caught:
            profile.unpack(profdata, clang, self.output)
        self.assertEqual(list(self.folder.iterdir()), [profile.PROFILE])
        return str(caught.exception)

    def test_the_recorded_one_can_be_used(self):
        profile.PROFILE.write_bytes(self.recorded)
        profile.unpack(PROFDATA, CXX, self.output)
        self.assertGreater(self.output.stat().st_size, 0)

    def test_a_missing_tool_is_named(self):
        self.assertIn("/nowhere/llvm-profdata: No such file",
                      self.why_not(self.recorded, profdata="/nowhere/llvm-profdata"))

    def test_a_damaged_file_is_named(self):
        half = self.recorded[:len(self.recorded) // 2]
        flipped = bytes([*self.recorded[:5000], self.recorded[5000] ^ 1, *self.recorded[5001:]])
        for recorded in (b"", b"not compressed", half, flipped):
            self.assertIn("profile.gz: ", self.why_not(recorded))

    def test_what_is_no_profile_is_refused_by_the_tool(self):
        self.assertIn("llvm-profdata refuses it: ", self.why_not(gzip.compress(b"no profile\n")))

    def test_what_clang_does_not_read_is_refused(self):
        tool = self.folder.parent / f"{self.folder.name}-profdata"
        self.addCleanup(tool.unlink)
        tool.write_text("#!/bin/sh\necho of another version > $3\n", "utf-8")
        tool.chmod(0o700)
        self.assertIn(f"{CXX} refuses it: ", self.why_not(self.recorded, profdata=str(tool)))

    def configure(self, *options):
        """The end of what CMake says about it; it fails."""
        run = subprocess.run(
            [CMAKE, "-S", profile.ROOT, "-B", self.folder / "build", "-G", "Ninja",
             f"-DCMAKE_C_COMPILER={CC}", f"-DCMAKE_CXX_COMPILER={CXX}", *options],
            capture_output=True, text=True, check=False, timeout=200)
        self.assertNotEqual(run.returncode, 0, run.stdout)
        return " ".join(run.stderr.split())

    def test_cmake_stops_without_the_tool(self):
        root = self.folder / "llvm"
        root.mkdir()
        (root / "lib").symlink_to(f"{LLVM_ROOT}/lib")
        said = self.configure("-DCMAKE_BUILD_TYPE=Release", f"-DPLAN_LLVM_ROOT={root}")
        self.assertIn(f"{root}/bin/llvm-profdata: No such file", said)
        self.assertIn("-DPLAN_PROFILE=off builds without", said)

    def test_cmake_knows_the_choices(self):
        self.assertIn("not sometimes", self.configure("-DPLAN_PROFILE=sometimes"))


if __name__ == "__main__":
    unittest.main()
