#!/usr/bin/env python3
# bench/compile_time.py: how long laws take to compile: the median, and the distribution.
#
#   bench/compile_time.py BINARY [--library DIR] [--module M] [--runs N] [--check]
#
# A library is loaded from source, each law of it compiled at its first entry. A law's time is the
# processor time of the compile thread for it, the median over the runs.
"""Measures the compile time of each law of a library."""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import run

LIMITS_MS = [1, 2, 5, 10, 20, 50, 100]


def compile_times(options, folder):
    """[(law, milliseconds, bytes of code)] in the order of their installation."""
    command = [options.binary, "sire", "--tier=native", "--tier-report", "--code-cache=off",
               "--no-cache", options.module]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          check=True)
    text = done.stderr.decode("utf-8", "replace")
    found = re.findall(r"^  (.*): compiled, (\d+) bytes in (\d+) us$", text, re.M)
    if not found:
        raise SystemExit(f"nothing was compiled: {text[-300:]}")
    return [(name, int(us) / 1000, int(size)) for name, size, us in found]


def report(runs):
    """Prints the distribution of the laws' times."""
    times = sorted(statistics.median(ms) for ms in zip(*([t for _, t, _ in r] for r in runs)))
    size = sum(bytes_ for _, _, bytes_ in runs[0])
    print(f"{len(times)} laws, {size >> 10} KB of code; processor time, milliseconds a law")
    print(f"median {statistics.median(times):.2f}, mean {statistics.mean(times):.2f}, "
          f"total {sum(times):.0f}")
    tenths = statistics.quantiles(times, n=10, method="inclusive") if len(times) > 1 else times
    print("tenths: " + " ".join(f"{t:.2f}" for t in [times[0], *tenths, times[-1]]))
    below = 0
    for limit in [*LIMITS_MS, float("inf")]:
        count = sum(t < limit for t in times) - below
        below += count
        name = f"< {limit}" if limit != float("inf") else "more"
        print(f"{name:>7} {count:5} {100 * count / len(times):5.1f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--library", help="folder with a Sire library; none: the binary's own")
    parser.add_argument("--module", default="prelude")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="one run: does it say anything?")
    options = parser.parse_args()
    options.binary = str(Path(options.binary).resolve())
    with tempfile.TemporaryDirectory(prefix="palladium-bench-") as scratch:
        folder = run.lay_out_library(Path(scratch) / "work", options.library)
        runs = [compile_times(options, folder) for _ in range(1 if options.check else options.runs)]
    if len({tuple(name for name, _, _ in r) for r in runs}) != 1:
        raise SystemExit("the runs compiled different laws")
    report(runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
