#!/usr/bin/env python3
# bench/code_cache.py: how much sooner a second run is at full speed, thanks to the code cache.
#
#   bench/code_cache.py BINARY [PROGRAM...] [--rounds N] [--without] [--check]
#
# A program of bench/programs is loaded, and its result asked for again and again at the prompt of
# one process: first with an empty code cache (cold), then with what that run has left (warm). The
# time to steady state is from the first request to the begin of the first steady iteration.
# Loading the library is not part of it, nor is the start of the process; nor are the first writes
# to memory, which the system has to clear: some is filled once before.
#
# Time is that of the processor that the evaluator's thread has had: on a machine that is shared,
# waiting for a processor would be most of the time on the clock. Processors also change their pace
# (the clock, and what runs beside): so after each iteration another process, which has run the
# program for long, is asked for the same, and a time is by how many of its nine around it took.
# The process that is measured is stopped meanwhile, or the compiler's thread would gain time.
#
# An iteration is steady if the median of it and the next eight is at most a tenth more than that of
# the second half of the run (templates of optimised code, which a cold run has after a millisecond
# or two, may be within a quarter of LLVM's), and if it does not itself stand out: it takes a tenth
# more at most or, if one in ten of the second half takes longer than that, no longer than those,
# and never more than NOISE_MAX. A warm run that ends up slower than the cold one did has not
# reached the same state, and says so.
#
# Each round is a cold run and a warm one; printed are the median of the rounds' ratios, and the
# quartiles. A warm time below a tenth of an iteration cannot be told from none, and counts as that.
# With --without the "warm" runs have no cache either: the ratio must then be about 1. So it is for
# a program that templates run as fast as LLVM's code does, such as sieve: that is steady after an
# iteration or two of a millisecond in all, which no cache can be ten times sooner than.
"""Measures the time to steady state, cold and warm."""

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import run

# A size for each: an iteration of a third of a millisecond or more, for a request takes some 30 us.
SIZES = {"fib": 26, "nqueens": 8, "mergesort": 2000, "sieve": 300, "stackmachine": 5000,
         "pipeline": 5000}
# Nurseries full of numbers of 25 KB, while rows live on that two collections copy, and of 60 KB,
# which are large objects. From then on no first write to a part of the heap, which takes a
# millisecond at times, comes between the first iterations.
FILL = ("((rows & add (sumOf len rows) (add (sumOf (x & add (mod (bex (add 200000 (len x))) 7) "
        "(mod (bex (add 200001 (len x))) 7)) rows) "
        "(add (sumOf (x & mod (bex (add 480000 (len x))) 7) rows) (sumOf len rows)))) "
        "(map (x & rep x 200) (rep 0 450)))")
STEADY = 1.1  # of the median
NOISE_MAX = 1.3  # likewise
NEXT = 9


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("programs", nargs="*", metavar="program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.5, help="of one run")
    parser.add_argument("--without", action="store_true",
                        help="no cache for the second run either: what the measure makes of that")
    parser.add_argument("--traces", action="store_true", help="print the first iterations")
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
        self.marker = 987654321
        self.thread = None
        self.ask(FILL)  # the library is there
        # Up to now the evaluator's thread has done all the work.
        threads = Path(f"/proc/{self.process.pid}/task")
        self.thread = max(threads.iterdir(), key=lambda thread: self.ran_ns(thread))
        self.ran = self.ran_when_idle()

    @staticmethod
    def ran_ns(thread):
        return int((thread / "schedstat").read_text().split()[0])

    def ran_when_idle(self):
        """What the thread has had of the processor. It is brought up to date when it waits."""
        while (self.thread / "stat").read_text().rpartition(")")[2].split()[0] != "S":
            time.sleep(0)
        return self.ran_ns(self.thread)

    def ask(self, text):
        """The processor seconds until the answer to `text`, and the answer."""
        self.marker += 1  # answered last
        self.process.stdin.write(f"{text}\n\n{self.marker}\n\n".encode())
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline().decode("utf-8", "replace").strip()
            if line == str(self.marker):
                break
            if not line and self.process.poll() is not None:
                raise SystemExit(f"the process ended: {lines[-5:]}")
            if line:
                lines.append(line)
        if self.thread is None:
            return None, lines
        before, self.ran = self.ran, self.ran_when_idle()
        return (self.ran - before) * 1e-9, lines

    def pause(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

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


def at_even_pace(times, paces, usual):
    """The times as if the reference, which took `paces`, had always taken the usual time."""
    around = [statistics.median(paces[max(0, k - NEXT // 2):k + NEXT // 2 + 1])
              for k in range(len(paces))]
    return [t * usual / pace for t, pace in zip(times, around)]


class Steady:
    """What a run's iterations (seconds) say: when it was steady, and what it takes then."""

    def __init__(self, times):
        end = sorted(times[len(times) // 2:])
        self.level = statistics.median(end)
        usual = min(max(STEADY * self.level, end[len(end) * 9 // 10]), NOISE_MAX * self.level)
        self.late = sum(times)
        for k in range(len(times) - NEXT):
            median = statistics.median(times[k:k + NEXT])
            if times[k] <= usual and median <= STEADY * self.level:
                self.late = max(0.0, sum(times[:k + 1]) - self.level)
                break


class Bench:
    """A program, with the process that tells the pace, and what has been measured."""

    def __init__(self, options, program, scratch):
        self.options, self.name = options, program.name
        self.module = f"bench_{self.name}"
        self.folder = run.lay_out_library(scratch / self.name, None)
        text = program.sized(SIZES[self.name], "prelude", "", 1)
        definitions, _, request = text.strip().rpartition("\n\n")
        self.request = request.strip()
        (self.folder / "sire" / f"{self.module}.sire").write_text(definitions + "\n", "utf-8")
        self.answers = set()
        self.reference = self.start("off")  # the cache of modules is filled
        self.pace = self.usual_pace()

    def start(self, cache):
        return Session(self.options.binary, self.module, self.folder, cache)

    def ask(self, session):
        seconds, lines = session.ask(self.request)
        self.answers.add(tuple(lines))
        return seconds

    def usual_pace(self):
        """What the reference takes once it is steady."""
        begin, paces = time.monotonic(), []
        while time.monotonic() - begin < self.options.seconds or len(paces) < 4 * NEXT:
            paces.append(self.ask(self.reference))
        return statistics.median(paces[len(paces) // 2:])

    def measure(self, kind, cache):
        """Runs once: what the iterations say, and (compiled, cached)."""
        session = self.start(cache)
        times, paces = [], []
        begin = time.monotonic()
        while time.monotonic() - begin < self.options.seconds or len(times) < 4 * NEXT:
            times.append(self.ask(session))
            session.pause()
            paces.append(self.ask(self.reference))
            session.go_on()
        times = at_even_pace(times, paces, self.pace)
        if self.options.traces:
            print(f"{self.name} {kind}:", *(f"{t * 1000:.2f}" for t in times[:60]))
        return Steady(times), session.end()

    def compare(self):
        """Prints one line; the ratio."""
        cache = self.folder / "code"
        cold, warm = [], []
        for _ in range(1 if self.options.check else self.options.rounds):
            shutil.rmtree(cache, ignore_errors=True)
            cold.append(self.measure("cold", cache))
            warm.append(self.measure("warm", "off" if self.options.without else cache))
        self.reference.end()
        if len(self.answers) != 1:
            raise SystemExit(f"{self.name}: the answers differ: {self.answers}")
        return self.conclude(cold, warm)

    def conclude(self, cold, warm):
        compiled, cached = warm[-1][1]
        if not cached and not self.options.without:
            raise SystemExit(f"{self.name}: the second run found nothing in the cache")
        ratios = [c.late / max(w.late, (STEADY - 1) * w.level)
                  for (c, _), (w, _) in zip(cold, warm)]
        low, ratio, high = run.quartiles(ratios)
        late = [1000 * statistics.median(steady.late for steady, _ in kind)
                for kind in (cold, warm)]
        level = [1000 * statistics.median(steady.level for steady, _ in kind)
                 for kind in (cold, warm)]
        slower = "  slower for good" if level[1] > STEADY * level[0] else ""
        print(f"{self.name:13}{late[0]:8.2f}{late[1]:8.2f}{ratio:8.1f}{low:8.1f} ..{high:6.1f}"
              f"{level[0]:9.3f}{level[1]:8.3f}{cold[-1][1][0]:9}{compiled:7}{cached:8}{slower}",
              flush=True)
        return ratio


def main():
    options = parse_options()
    options.binary = str(Path(options.binary).resolve())
    if options.check:
        options.seconds = 0.3
    names = options.programs or (["fib"] if options.check else list(SIZES))
    print("milliseconds of processor time to steady state; their ratio with its quartiles; of a "
          "steady iteration;\nlaws compiled by the cold run, compiled and cached by the warm one\n"
          f"{'':13}{'cold':>8}{'warm':>8}{'ratio':>8}{'quartiles':>17}{'cold':>8}{'warm':>8}"
          f"{'compiled':>9}{'again':>7}{'cached':>8}")
    with tempfile.TemporaryDirectory(prefix="palladium-bench-") as scratch:
        ratios = [Bench(options, run.Program(run.BENCH / "programs" / f"{name}.sire"),
                        Path(scratch)).compare() for name in names]
    print(f"geometric mean of the ratios: {statistics.geometric_mean(ratios):.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
