#!/usr/bin/env python3
# bench/run_test.py: the benchmark driver believes only right results, and computes its numbers.

import argparse
import contextlib
import io
import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # A new folder would look like a changed source.
import run

TEXT = """; size tiny 15 -> 610
; size full 32 -> 2178309
; note C: calls become loops
; note Int, Integer: another algorithm

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


class FakeSystem:
    """A system whose runs cost what they are said to, without running anything."""

    folder, flags = None, ""

    def __init__(self, name, startup, first, further):
        self.name, self.startup, self.first, self.further = name, startup, first, further
        self.runs = []

    def compiler(self):
        return "none"

    def has(self, program):
        return True

    def results_printed(self, times):
        return times

    def command(self, program, n, times):
        seconds = self.startup
        if program.name != "empty":
            self.runs.append(times)
            seconds += self.first + (times - 1) * self.further
        return seconds, (program.sizes["tiny"][1] + "\n") * times


class FakeRunner:
    def run(self, command, folder):
        seconds, output = command
        return fake_run(seconds, output, peak_kb=2048, instructions=int(seconds * 1000))


class RunTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name)
        (self.folder / "sire").mkdir()
        (self.folder / "fib.sire").write_text(TEXT)
        (self.folder / "empty.sire").write_text(TEXT)
        self.program = run.Program(self.folder / "fib.sire")

    def tearDown(self):
        self.scratch.cleanup()

    def meter(self, runner):
        return run.Meter(runner, self.program, "tiny", "wall")

    def shell_system(self, name, script):
        system = run.SireSystem(name, ["sh", "-c", script], self.folder, "prelude")
        return system

    def test_sizes_are_read_from_the_program(self):
        self.assertEqual(self.program.sizes, {"tiny": (15, "610"), "full": (32, "2178309")})

    def test_a_note_is_shown_to_those_who_compare_with_its_system(self):
        self.assertEqual(self.program.notes_on(["C", "Integer"]),
                         "C: calls become loops; Int, Integer: another algorithm")
        self.assertEqual(self.program.notes_on(["interpreter"]), "")

    def test_the_result_is_computed_as_often_as_asked(self):
        before, after = self.program.sized(3, "top", 1, 2).split("= size 3\n")
        self.assertIn(":| top\n", before)
        self.assertEqual(after, "\n(fib size)\n\n(fib size)\n")

    def test_size_and_library_are_filled_in_and_every_text_is_new(self):
        text = self.program.sized(32, "top", 1, 1)
        self.assertIn("= size 32\n", text)
        self.assertIn("#### bench_fib <- top\n", text)
        self.assertIn(":| top\n", text)
        self.assertNotEqual(text, self.program.sized(32, "top", 2, 1))

    def test_result_must_be_a_line_of_its_own(self):
        fake_run(1, "banner\n610\n").check("610")
        fake_run(1, "610\nbetween\n610\n").check("610", 2)
        for output, count in (("6100\n", 1), ("x610\n", 1), ("", 1), ("610\n", 2)):
            with self.assertRaises(run.Failure):
                fake_run(1, output).check("610", count)

    def test_a_run_that_ends_badly_has_failed(self):
        with self.assertRaises(run.Failure):
            fake_run(1, "610\n", code=-11).check("610")

    def test_cold_is_a_run_without_start_up_and_steady_is_one_more_computation(self):
        samples = [run.Sample(fake_run(0.5), fake_run(0.5 + t, peak_kb=int(t)),
                              fake_run(0.5 + t + 5 * t / 2), 5) for t in (4, 8, 40)]
        found = self.meter(None).summarise(samples)
        self.assertAlmostEqual(found["cold_seconds"], 8)
        self.assertAlmostEqual(found["cold_spread"], 9)  # The quartiles of 4, 8, 40 are 6 and 24.
        self.assertAlmostEqual(found["steady_seconds"], 4)
        self.assertAlmostEqual(found["steady_spread"], 4.5)
        self.assertAlmostEqual(found["startup_seconds"], 0.5)
        self.assertEqual((found["peak_kb"], found["runs"], found["repeats"]), (40, 3, 5))
        self.assertIsNone(found["cold_instructions"])

    def test_instructions_are_those_of_the_program_alone(self):
        sample = run.Sample(*(fake_run(1, instructions=i) for i in (100, 900, 1700)), 4)
        found = self.meter(None).summarise([sample])
        self.assertEqual((found["cold_instructions"], found["steady_instructions"]), (800, 200))

    def test_a_program_is_repeated_until_its_steady_state_takes_long_enough(self):
        system = FakeSystem("slow start", 1, 2.0, run.STEADY_SECONDS / 20)
        self.assertEqual(self.meter(FakeRunner()).choose_repeats(system, self.program), 20)
        system = FakeSystem("long", 1, 2.0, 2.0)
        self.assertEqual(self.meter(FakeRunner()).choose_repeats(system, self.program), 1)
        system = FakeSystem("nothing", 0, 0, 0)
        repeats = self.meter(FakeRunner()).choose_repeats(system, self.program)
        self.assertEqual(repeats, run.REPEATS_MAX)

    def test_the_table_has_cold_and_steady_ratios_their_means_and_notes(self):
        systems = [FakeSystem("ours", 1, 0.4, 0.1), FakeSystem("C", 0, 0.1, 0.05)]
        meter = run.Meter(FakeRunner(), run.Program(self.folder / "empty.sire"), "tiny", "wall")
        emitted, printed = [], io.StringIO()
        with contextlib.redirect_stdout(printed):
            failures = run.compare([self.program, self.program], systems,
                                   argparse.Namespace(runs=3, size="tiny"), meter, emitted.append)
        self.assertEqual(failures, [])
        head, first, _, means = (re.split(r" {2,}", line)
                                 for line in printed.getvalue().splitlines())
        self.assertEqual(head, ["program", "ours cold ms", "steady ms", "peak MB", "C ms",
                                "steady ratio", "cold ratio", "notes"])
        self.assertEqual(first, ["fib", "400.00 ±0%", "100.00 ±0%", "2", "50.00 ±0%", "2.00",
                                 "4.00", "C: calls become loops"])
        self.assertEqual(means, ["geometric mean", "2.00", "4.00"])
        self.assertEqual([e["system"] for e in emitted], ["ours", "C"] * 2)
        self.assertAlmostEqual(emitted[0]["steady_seconds"], 0.1)
        self.assertAlmostEqual(emitted[0]["cold_seconds"], 0.4)

    def test_the_geometric_mean_leaves_out_what_was_not_measured(self):
        self.assertAlmostEqual(run.geometric_mean([1, None, 4]), 2)
        self.assertIsNone(run.geometric_mean([None]))

    def test_no_two_runs_of_systems_that_share_a_folder_have_the_same_text(self):
        texts = set()
        for system in (self.shell_system("a", ""), self.shell_system("b", "")):
            system.command(self.program, 15, 1)
            texts.add((self.folder / "sire" / "bench_fib.sire").read_text())
        self.assertEqual(len(texts), 2)

    def test_a_wrong_result_is_reported_by_system(self):
        tools = self.folder / "tools"
        runner = run.Runner(tools, self.folder, 10)
        right = self.shell_system("right", "echo 610; echo {n}; echo 610")
        wrong = self.shell_system("wrong", "echo 0; echo 611")
        slow = self.shell_system("slow", "sleep 60")
        runner.seconds_max = 1
        options = argparse.Namespace(size="tiny")
        failures = run.check([self.program], [right, wrong, slow], options, runner)
        self.assertEqual([f.split(":")[0] for f in failures], ["fib wrong", "fib slow"])

    def test_native_code_is_kept_only_if_asked_for(self):
        cache = self.folder / "cache" / "palladium"
        for keep in (False, True):
            (cache / "code").mkdir(parents=True, exist_ok=True)
            (cache / "x.module").write_text("")
            runner = run.Runner(self.folder / "tools", self.folder, 10, keep_code=keep)
            runner.forget_modules()
            self.assertFalse((cache / "x.module").exists())
            runner.run(["true"], self.folder)
            self.assertEqual((cache / "code").exists(), keep)

    def test_a_system_that_fails_once_is_out(self):
        runner = run.Runner(self.folder / "tools", self.folder, 10)
        system = self.shell_system("wrong", "echo 611; echo run >> ran")
        samples, failures, meter = {}, {}, self.meter(runner)
        for _ in range(3):
            meter.round([system], self.program, samples, failures)
        self.assertEqual((samples, list(failures)), ({}, ["wrong"]))
        self.assertEqual((self.folder / "ran").read_text(), "run\n")

    def test_reference_times_come_with_their_calibration(self):
        path = self.folder / "reference.tsv"
        path.write_text("# calibrate printed 0.0202 there\nfib\t0.5\t46\t610\n")
        self.assertEqual(run.read_reference(path), ([("fib", 0.5, 46.0, "610")], 0.0202))

    def test_theirs_is_scaled_by_the_unit_of_each_round(self):
        # Twice as slow a machine in the second round, and nothing measured in the last.
        self.assertEqual(run.times_faster(10.0, 0.5, [0.5, 1.0, 1.0], [1.0, 2.0, 0]), 10.0)
        self.assertIsNone(run.times_faster(10.0, 0.5, [0.5], [0]))

    def reference_of(self, row, system=None):
        class Options:
            reference, tools, size, runs = self.folder / "reference.tsv", self.folder, "tiny", 2
        Options.reference.write_text(f"# calibrate printed 0.0202 there\n{row}\n")
        entries = []
        runner = run.Runner(self.folder / "tools", self.folder, 10)
        with contextlib.redirect_stdout(io.StringIO()):
            failures = run.compare_with_reference(
                Options, system or self.shell_system("sh", "exit 3"), self.meter(runner),
                entries.append, lambda: self.folder)
        return failures, entries

    def test_a_row_that_nobody_can_run_is_a_failure(self):
        failures, entries = self.reference_of("unheard\t0.5\t46\t610")
        self.assertEqual(failures, ["unheard: nobody knows how to run this"])
        self.assertEqual(entries, [])

    def test_a_load_that_fails_is_a_failure(self):
        failures, _ = self.reference_of("prelude.sire cold\t0.5\t46\t-")
        self.assertEqual([f[:30] for f in failures], ["prelude.sire cold: exit code 3"])

    def test_a_compiler_that_makes_another_seed_is_a_failure(self):
        # `save` writes its name, `repl` what it was given.
        compiler = self.folder / "compiler"
        compiler.write_text("#!/bin/sh\n[ $1 = save ] && echo save >$4\n"
                            "[ $1 = repl ] && cat >$4 || exit 0\n")
        compiler.chmod(0o755)
        row = "Sire in PLAN compiling the modules\t0.5\t46\t-"
        source = self.folder / "sire" / "sire_01_one.sire"
        for text, expected in (("save\n", []), ("other\n", ["the seed that was made is another"])):
            source.write_text(text)
            (self.folder / "sire.seed").unlink(missing_ok=True)
            system = run.SireSystem("fake", [str(compiler)], self.folder, "prelude")
            failures, entries = self.reference_of(row, system)
            self.assertEqual([f.partition(": ")[2] for f in failures], expected)
            self.assertEqual(len(entries), 1 - len(expected))

    def test_every_program_has_both_sizes_and_a_peer_in_c(self):
        for path in (run.BENCH / "programs").glob("*.sire"):
            program = run.Program(path)
            self.assertEqual(set(program.sizes), {"tiny", "full"}, path)
            self.assertIn(f"#### bench_{path.stem} <- prelude\n", program.text)
            self.assertTrue((run.BENCH / "peers" / f"{path.stem}.c").exists(), path)


if __name__ == "__main__":
    unittest.main()
