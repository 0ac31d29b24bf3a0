#!/usr/bin/env python3
# bench/compare.py: the same command by two builds or more, in turn.
#
#   bench/compare.py BUILD BUILD.. [--rounds N] [--folder DIR] [--keep] [-- ARGUMENT..]
#   bench/compare.py build/before build/after -- sire prelude
#   bench/compare.py build/before build/after --folder ~/reference -- sire sire/sire.sire
#   bench/compare.py build/before build/after --count -- sire prelude
#
# A BUILD is a build folder, or a program. It is run with the arguments (sire prelude, if there are
# none), in DIR or in an empty folder, with empty input. Every run begins without caches; with
# --keep there are those of the build's run before, and one that does not count comes first.
#
# A round runs each build once, every other round in the opposite order. Times are medians over the
# rounds; the ratio is that of each round to the build named first, its median and quartiles: what
# the machine does meanwhile, it does to both. Builds that print different things are not compared.
#
# --count also runs each build once under valgrind, which counts instructions on any machine: those
# of all threads, and each thread's share, the main thread first and the others as they began.
# Valgrind 3.19 gives up over clang's debug information, so build folders are installed without it.
"""Compares whole commands of several builds."""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import run

COSTS = {"wall": lambda r: r.seconds["wall"], "cpu": lambda r: r.seconds["cpu"],
         "instructions": lambda r: r.instructions}  # none, if the machine does not count them
UNITS = {"wall": (1e3, "ms"), "cpu": (1e3, "ms"), "instructions": (1e-6, "M")}


def parse_options(words):
    split = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("builds", nargs="+", metavar="build")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="to run in; an empty one if none is given")
    parser.add_argument("--keep", action="store_true", help="keep the caches from run to run")
    parser.add_argument("--count", action="store_true", help="count instructions by valgrind, too")
    parser.add_argument("--seconds-max", type=int, default=300, help="for one run")
    parser.add_argument("--tools", type=Path, default=run.ROOT / "build" / "bench",
                        help="where measure.c is built")
    options = parser.parse_args(words[:split])
    options.arguments = words[split + 1:] or ["sire", "prelude"]
    return options


def program_of(build):
    """The program of a build folder, or the one that is named."""
    path = Path(build).resolve()
    program = path / "tools" / "palladium" if path.is_dir() else path
    if not program.is_file():
        raise SystemExit(f"{build}: there is no {program}")
    return program


class Build:
    """A build with caches of its own, and what its runs cost."""

    def __init__(self, options, name, scratch):
        self.name, self.program, self.options = name, program_of(name), options
        scratch.mkdir()
        self.scratch = scratch
        self.runner = run.Runner(options.tools, scratch, options.seconds_max, options.keep)
        self.runs = []

    def run(self, folder, under=()):
        if not self.options.keep:
            shutil.rmtree(self.scratch / "cache", ignore_errors=True)
        made = self.runner.run([*under, self.program, *self.options.arguments], folder)
        if made.code != 0:
            raise SystemExit(f"{self.name}: exit code {made.code}: {made.errors_end()}")
        return made

    def install(self):
        """Goes on with the stripped program, if the build is a folder."""
        if not Path(self.name).is_dir():
            return
        prefix = self.scratch / "installed"
        made = subprocess.run(["cmake", "--install", self.name, "--prefix", prefix, "--strip"],
                              capture_output=True, text=True)
        if made.returncode != 0:
            raise SystemExit(f"{self.name}: not installed: {made.stderr.strip()}")
        self.program = prefix / "bin" / "palladium"

    def count(self, folder):
        """The instructions of each thread, in the order in which they began."""
        if shutil.which("valgrind") is None:
            raise SystemExit("--count needs valgrind")
        self.install()
        self.run(folder, ["valgrind", "--tool=callgrind", "--fair-sched=yes",
                          "--separate-threads=yes",
                          f"--callgrind-out-file={self.scratch / 'counts'}"])
        files = sorted(self.scratch.glob("counts-*"))
        totals = [re.search(r"^totals: (\d+)$", f.read_text("utf-8", "replace"), re.M)
                  for f in files]
        if not totals or None in totals:
            raise SystemExit(f"valgrind left no counts in {self.scratch}")
        return [int(t.group(1)) for t in totals]


def measure(builds, folder, options):
    """Runs all builds in turn."""
    for build in builds if options.keep else []:
        build.run(folder)
    for k in range(options.rounds):
        for build in builds if k % 2 == 0 else reversed(builds):
            build.runs.append(build.run(folder))
    outputs = {build.name: build.runs[-1].output for build in builds}
    if len(set(outputs.values())) != 1:
        raise SystemExit(f"the builds do not print the same: {[t[-80:] for t in outputs.values()]}")


def row(build, first, cost):
    """The median cost, and the quartiles of its ratio to that of the first build."""
    costs = [cost(r) for r in build.runs]
    if None in costs:
        return None
    ratios = [c / cost(r) for c, r in zip(costs, first.runs)]
    return statistics.median(costs), run.quartiles(ratios)


def report(builds):
    for name, cost in COSTS.items():
        factor, unit = UNITS[name]
        for build in builds:
            found = row(build, builds[0], cost)
            if found is None:
                print(f"{name}: not counted on this machine")
                break
            median, (low, middle, high) = found
            print(f"{name:14}{median * factor:10.1f} {unit:3}{middle:8.3f}{low:8.3f} ..{high:6.3f}"
                  f"  {build.name}")


def report_counts(counts):
    """Of each build: instructions, their ratio to the first build's, shares of its threads."""
    first = sum(next(iter(counts.values())))
    for build, threads in counts.items():
        total = sum(threads)
        shares = " ".join(f"{t / total:.3f}" for t in threads)
        print(f"{'counted':14}{total / 1e6:10.1f} {'M':3}{total / first:8.3f}  {build.name}"
              f"  of threads: {shares}")


def main(words):
    options = parse_options(words)
    with tempfile.TemporaryDirectory(prefix="palladium-bench-") as scratch:
        scratch = Path(scratch)
        folder = options.folder or run.lay_out_library(scratch / "empty", None)
        builds = [Build(options, name, scratch / str(k)) for k, name in enumerate(options.builds)]
        measure(builds, folder, options)
        counts = {b: b.count(folder) for b in builds} if options.count else {}
    print(f"{options.rounds} rounds: the median, the ratio to the first, and its quartiles")
    report(builds)
    if counts:
        report_counts(counts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
