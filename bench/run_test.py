#!/usr/bin/env python3
# bench/run_test.py: the benchmark driver believes only right results, and computes its numbers.

import argparse
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # A new folder would look like a changed source.
import run

TEXT = """; size tiny 15 -> 610
; size full 32 -> 2178309

#### bench_fib <- prelude

:| prelude

= size 15
(fib size)
"""


def fake_run(seconds, output="", code=0, peak_kb=1, instructions=-1):
    ns = int(seconds * 1e9)
    made = run.Run(f"{code} {ns} {ns} {peak_kb} {instructions}", output)
    made.errors = ""
    return made


class RunTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name)
        (self.folder / "sire").mkdir()
        (self.folder / "fib.sire").write_text(TEXT)
        self.program = run.Program(self.folder / "fib.sire")

    def tearDown(self):
        self.scratch.cleanup()

    def shell_system(self, name, script):
        system = run.SireSystem(name, ["sh", "-c", script], self.folder, "prelude")
        return system

    def test_sizes_are_read_from_the_program(self):
        self.assertEqual(self.program.sizes, {"tiny": (15, "610"), "full": (32, "2178309")})

    def test_size_and_library_are_filled_in_and_every_text_is_new(self):
        text = self.program.sized(32, "top", 1)
        self.assertIn("= size 32\n", text)
        self.assertIn("#### bench_fib <- top\n", text)
        self.assertIn(":| top\n", text)
        self.assertNotEqual(text, self.program.sized(32, "top", 2))

    def test_result_must_be_a_line_of_its_own(self):
        fake_run(1, "banner\n610\n").check("610")
        for output in ("6100\n", "x610\n", ""):
            with self.assertRaises(run.Failure):
                fake_run(1, output).check("610")

    def test_a_run_that_ends_badly_has_failed(self):
        with self.assertRaises(run.Failure):
            fake_run(1, "610\n", code=-11).check("610")

    def test_start_up_is_subtracted_and_repeats_divide(self):
        samples = [(fake_run(0.5), fake_run(0.5 + t, peak_kb=int(t)), 4) for t in (4, 8, 40)]
        found = run.summarise(samples, "wall")
        self.assertAlmostEqual(found["seconds"], 2)
        self.assertAlmostEqual(found["spread"], 2.25)  # quartiles of 1, 2, 10: 1.5 and 6
        self.assertAlmostEqual(found["startup_seconds"], 0.5)
        self.assertEqual((found["peak_kb"], found["runs"], found["instructions"]), (40, 3, None))

    def test_instructions_are_those_of_the_program_alone(self):
        sample = (fake_run(0, instructions=100), fake_run(1, instructions=900), 2)
        self.assertEqual(run.summarise([sample], "cpu")["instructions"], 400)

    def test_a_wrong_result_is_reported_by_system(self):
        tools = self.folder / "tools"
        runner = run.Runner(tools, self.folder, 10)
        right = self.shell_system("right", "echo {n}; echo 610")
        wrong = self.shell_system("wrong", "echo 0; echo 611")
        slow = self.shell_system("slow", "sleep 60")
        runner.seconds_max = 1
        options = argparse.Namespace(size="tiny")
        failures = run.check([self.program], [right, wrong, slow], options, runner)
        self.assertEqual([f.split(":")[0] for f in failures], ["fib wrong", "fib slow"])

    def test_a_system_that_fails_once_is_out(self):
        runner = run.Runner(self.folder / "tools", self.folder, 10)
        system = self.shell_system("wrong", "echo 611; echo run >> ran")
        samples, failures = {}, {}
        for _ in range(3):
            run.measure_round([system], self.program, self.program, "tiny", runner, samples,
                              failures)
        self.assertEqual((samples, list(failures)), ({}, ["wrong"]))
        self.assertEqual((self.folder / "ran").read_text(), "run\n")

    def test_reference_times_come_with_their_calibration(self):
        path = self.folder / "reference.tsv"
        path.write_text("# calibrate printed 0.0202 there\nfib\t0.5\t46\t610\n")
        self.assertEqual(run.read_reference(path), ([("fib", 0.5, 46.0, "610")], 0.0202))

    def test_every_program_has_both_sizes_and_a_peer_in_c(self):
        for path in (run.BENCH / "programs").glob("*.sire"):
            program = run.Program(path)
            self.assertEqual(set(program.sizes), {"tiny", "full"}, path)
            self.assertIn(f"#### bench_{path.stem} <- prelude\n", program.text)
            self.assertTrue((run.BENCH / "peers" / f"{path.stem}.c").exists(), path)


if __name__ == "__main__":
    unittest.main()
