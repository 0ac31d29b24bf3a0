#!/usr/bin/env python3
# bench/code_cache.py: how much sooner a second run is at full speed, thanks to the code cache.
#
#   bench/code_cache.py BINARY [PROGRAM...] [--rounds N] [--check]
#
# A program of bench/programs is loaded, and its result asked for again and again at the prompt of
# one process: first with an empty code cache (cold), then with what that run has left (warm). An
# iteration is steady if it, and most of the next few, take at most a tenth more than the median of
# the second half of their run: templates of optimised code, which a cold run has after a
# millisecond or two, may be within a quarter of LLVM's. The time to steady state is from the first
# request to the begin of the first steady iteration. Loading the library is not part of it, nor is
# the start of the process; nor are the first writes to memory, which the system has to clear:
# some is filled once before. Rounds are interleaved; printed are medians.
"""Measures the time to steady state, cold and warm."""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import run

# A size for each: an iteration of a third of a millisecond or more, for a request takes some 30 us.
SIZES = {"fib": 26, "nqueens": 8, "mergesort": 2000, "sieve": 500, "stackmachine": 5000,
         "pipeline": 5000}
# A few hundred numbers of 25 KB and of 60 KB: more than the nursery has room for, and what large
# objects have before the first major collection.
FILL = "(sumOf (x & add (mod (bex (add 200000 x)) 7) (mod (bex (add 480000 x)) 7)) (rep 0 450))"
STEADY = 1.1  # of the median
NEXT = 9


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("programs", nargs="*", metavar="program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one run")
    parser.add_argument("--check", action="store_true",
                        help="a short run: answers agree, and the cache serves")
    return parser.parse_args()


class Session:
    """One process at its prompt."""

    def __init__(self, binary, module, folder, cache):
        environment = dict(os.environ, HOME=str(folder), XDG_CACHE_HOME=str(folder / "cache"))
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [binary, "sire", "--tier-report", f"--code-cache={cache}", module], cwd=folder,
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)

    def ask(self, text, marker):
        """The seconds until the answer to `text`, and the answer; `marker` is answered last."""
        begin = time.perf_counter()
        self.process.stdin.write(f"{text}\n\n{marker}\n\n".encode())
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline().decode("utf-8", "replace").strip()
            if line == str(marker):
                return time.perf_counter() - begin, lines
            if not line and self.process.poll() is not None:
                raise SystemExit(f"the process ended: {lines[-5:]}")
            if line:
                lines.append(line)

    def end(self):
        """What --tier-report says: (compiled, from the cache)."""
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()
        self.errors.seek(0)
        text = self.errors.read().decode("utf-8", "replace")
        found = re.search(r"(\d+) laws became native code, (\d+) of them from the cache", text)
        if not found:
            raise SystemExit(f"no report: {text[-300:]}")
        return int(found[1]) - int(found[2]), int(found[2])


def time_to_steady(times):
    """Seconds, from the times of all iterations; and the steady time of one."""
    steady = statistics.median(times[len(times) // 2:])
    for k in range(len(times) - NEXT):
        if statistics.median(times[k:k + NEXT]) <= STEADY * steady and times[k] <= STEADY * steady:
            return max(0.0, sum(times[:k + 1]) - steady), steady
    return sum(times), steady


def measure(options, program, folder, cache):
    """Runs once: seconds to steady state, the steady time, answers, (compiled, cached)."""
    text = program.sized(SIZES[program.name], "prelude", "", 1)
    definitions, _, request = text.strip().rpartition("\n\n")
    module = f"bench_{program.name}"
    (folder / "sire" / f"{module}.sire").write_text(definitions + "\n", "utf-8")
    session = Session(options.binary, module, folder, cache)
    session.ask(FILL, 987654321)  # the library is there
    times, answers = [], set()
    begin = time.monotonic()
    while time.monotonic() - begin < options.seconds or len(times) < 4 * NEXT:
        k = len(times)
        seconds, lines = session.ask(request.strip(), 1_000_000 + k)
        times.append(seconds)
        answers.add(tuple(lines))
    late, steady = time_to_steady(times)
    return late, steady, answers, session.end()


def compare(options, program, scratch):
    """Prints one line; the ratio."""
    folder = run.lay_out_library(scratch / program.name, None)
    cache = folder / "code"
    measure(options, program, folder, "off")  # the cache of modules is filled
    cold, warm, answers = [], [], set()
    for _ in range(1 if options.check else options.rounds):
        shutil.rmtree(cache, ignore_errors=True)
        for kind in (cold, warm):
            result = measure(options, program, folder, cache)
            kind.append(result)
            answers |= result[2]
    if len(answers) != 1:
        raise SystemExit(f"{program.name}: the answers differ: {answers}")
    middle = [statistics.median(r[0] for r in kind) * 1000 for kind in (cold, warm)]
    steady = statistics.median(r[1] for r in cold + warm) * 1000
    compiled, cached = warm[-1][3]
    if not cached:
        raise SystemExit(f"{program.name}: the second run found nothing in the cache")
    ratio = middle[0] / max(middle[1], 0.01)
    print(f"{program.name:14}{middle[0]:9.2f}{middle[1]:9.2f}{ratio:9.1f}{steady:11.3f}"
          f"{cold[-1][3][0]:10}{compiled:8}{cached:8}", flush=True)
    return ratio


def main():
    options = parse_options()
    options.binary = str(Path(options.binary).resolve())
    if options.check:
        options.seconds = 0.3
    names = options.programs or (["fib"] if options.check else list(SIZES))
    print("milliseconds to steady state; laws compiled by the cold run, compiled and cached by the"
          " warm one\n"
          f"{'':14}{'cold':>9}{'warm':>9}{'ratio':>9}{'steady':>11}{'compiled':>10}{'again':>8}"
          f"{'cached':>8}")
    with tempfile.TemporaryDirectory(prefix="palladium-bench-") as scratch:
        ratios = [compare(options, run.Program(run.BENCH / "programs" / f"{name}.sire"),
                          Path(scratch)) for name in names]
    print(f"geometric mean of the ratios: {statistics.geometric_mean(ratios):.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
