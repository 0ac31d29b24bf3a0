#!/usr/bin/env python3
# tests/limits/limits_test.py: large values, deep recursion and endless streams at the prompt.
#
#   limits_test.py PALLADIUM [--full]
#
# Each works in bounded memory, and under a heap limit that is too small it ends as "out of memory"
# while the prompt goes on. With --full the sizes are those that are promised (recursion 10^7 deep,
# lists and rows of 10^7, a nat of 100 MB, a bar of 1 GB, a stream of 10^8); without, a fiftieth.

import os
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv.pop(1))
IS_FULL = "--full" in sys.argv
if IS_FULL:
    sys.argv.remove("--full")
SHARE = 1 if IS_FULL else 50
COUNT = 10**7 // SHARE
PATIENCE_S = 1200
MB = 1 << 20
ALIVE = "\n\n= alive 4321\n"

COUNTING = """= (count i xs)
| if (isNat xs) i | count (inc i) (idx 1 xs)

= (countdown n xs)
| natCase xs (m & countdown m [m xs]) n

"""


class Limits(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def run_prompt(self, text, heap_mb, *options):
        """What the prompt printed and complained, and the most memory it had, in MB."""
        environment = dict(os.environ, HOME=self.folder)
        # Frames of native code are smaller: no run may have what another one compiled.
        words = [PROGRAM, "sire", "--code-cache=off", "--heap", f"{heap_mb}M", *options]
        files = {name: Path(self.folder, name) for name in ("in", "out", "err")}
        files["in"].write_text(text + ALIVE)
        with files["in"].open() as stdin, files["out"].open("wb") as stdout, \
                files["err"].open("wb") as stderr:
            process = subprocess.Popen(words, cwd=self.folder, env=environment, stdin=stdin,
                                       stdout=stdout, stderr=stderr)
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        _, status, usage = os.wait4(process.pid, 0)
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out, err = files["out"].read_text(), files["err"].read_text()
        self.assertEqual(process.returncode, 0, err[-500:])
        self.assertTrue(out.endswith("\nalive=4321\n\n"), out[-500:])
        return out, err, usage.ru_maxrss // 1024

    def expect(self, text, value, heap_mb, *options):
        out, err, peak_mb = self.run_prompt(text, heap_mb, *options)
        self.assertTrue(out.endswith(f"\n{value}\n\nalive=4321\n\n"), out[-500:] + err[-500:])
        print(f"{peak_mb} MB of {heap_mb} MB ... ", end="", file=sys.stderr)
        return peak_mb

    def expect_out_of_memory(self, text, heap_mb):
        out, err, _ = self.run_prompt(text, heap_mb)
        self.assertIn("out of memory", err, out[-500:])

    def expect_both(self, text, value, needed_mb, small_mb):
        """It works with so much memory, and ends well with too little."""
        with self.subTest("large heap"):
            self.expect(text, value, needed_mb)
        with self.subTest("small heap"):
            self.expect_out_of_memory(text, small_mb)

    def test_recursion(self):
        text = f"= (deep n)\n| natCase 0 (m & inc (deep m)) n\n\n(deep {COUNT})\n"
        self.expect_both(text, COUNT, 20 + 1000 // SHARE, 3 + 100 // SHARE)

    def test_demands_within_demands(self):
        # A chain of delayed sums is built in a loop, and then wanted.
        # (It may be found out that the sums could as well be done at once: then little is needed.)
        text = f"= (chain n s)\n| natCase s (m & chain m (add 1 s)) n\n\n(chain {COUNT} 0)\n"
        self.expect(text, COUNT, 20 + 2000 // SHARE)

    def test_a_list(self):
        text = COUNTING + f"(count 0 (force (countdown {COUNT} 0)))\n"
        self.expect_both(text, COUNT, 20 + 1500 // SHARE, 3 + 100 // SHARE)

    def test_equal_lists(self):
        text = COUNTING + f"=?= (countdown {COUNT} 0) (countdown {COUNT} 0)\n\n1\n"
        self.expect_both(text, 1, 20 + 3000 // SHARE, 3 + 100 // SHARE)

    def test_a_row(self):
        total = COUNT * (COUNT + 1) // 2
        self.expect_both(f"(sum (gen {COUNT} inc))\n", total, 20 + 2000 // SHARE,
                         3 + 100 // SHARE)

    def test_a_nat(self):
        bits = 8 * 100 * MB // SHARE
        self.expect_both(f"(met (mul 3 (bex {bits})))\n", bits + 2, 20 + 600 // SHARE,
                         3 + 50 // SHARE)

    def test_a_bar(self):
        doublings = 30 if IS_FULL else 24
        text = ("= (double n b)\n| natCase b (m & double m (barWeld b b)) n\n\n"
                f"(barLen (double {doublings} b#x))\n")
        size_mb = (1 << doublings) // MB
        self.expect_both(text, 1 << doublings, 20 + 3 * size_mb, 3 + size_mb // 2)

    def test_a_tree_of_shared_parts(self):
        text = "= (share n x)\n| natCase x (m & share m [x x]) n\n\n(len (share 1000000 0))\n"
        self.expect(text, 2, 200)

    def test_a_stream_runs_in_constant_space(self):
        length = 10**8 // SHARE
        text = ("= (ints n)\n| [n (ints (inc n))]\n\n= (total k acc xs)\n"
                "| natCase acc (m & seq acc (total m (add acc (idx 0 xs)) (idx 1 xs))) k\n\n"
                f"(total {length} 0 (ints 0))\n")
        heap_mb = 8
        # The compiler takes memory, too, if it is loaded before the end; this is about the heap.
        interpreter = "--tier=interpreter"
        _, _, before_mb = self.run_prompt("1\n", heap_mb, interpreter)
        peak_mb = self.expect(text, length * (length - 1) // 2, heap_mb, interpreter)
        self.assertLess(peak_mb - before_mb, 2 * heap_mb)

    def test_endless_things_end_in_a_small_heap(self):
        # They look at what they make: what a loop only hands on is not made (vm/absence.h).
        for text in ("= (deep x)\n| inc (deep x)\n\n(deep 1)\n",
                     "= (ints n)\n| [n (ints (inc n))]\n\n(force (ints 0))\n",
                     "= (double b)\n| if (barIsEmpty b) 0 (double (barWeld b b))\n\n(double b#x)\n",
                     "= (square n)\n| if (isNat n) (square (mul n n)) 0\n\n(square 3)\n",
                     "= (wide n)\n| if (isNat n) 0 (wide (weld n n))\n\n(wide [1])\n",
                     "(gen 1000000000000 inc)\n", "(bex 10000000000000)\n",
                     "(lsh 1 18446744073709551616)\n"):
            with self.subTest(text):
                self.expect_out_of_memory(text, 16)


if __name__ == "__main__":
    unittest.main(verbosity=2)
