#!/usr/bin/env python3
# bench/higher_order.py: what an element costs that a map, fold or generator goes through.
#
#   bench/higher_order.py BINARY.. [--tier TIER] [--only TEXT] [--rounds N] [--turns N]
#   bench/higher_order.py BINARY --check
#
# A loop written in Sire applies the function to each element of a row or tab of 1000, again and
# again. `known`: the function stands in the call; `unknown`: the loop is given it. Processor time
# of the process, compilation included, of a long run less a short one; rounds are interleaved,
# and the best of each counts. Every binary must give the same results. Ratios are to the first.
"""Measures functions that are given a function, in nanoseconds an element."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ELEMENTS = 1000
SHORT = 100  # turns
ONE = "x & mul 3 x"
THREE = "a k v & add a (mul k v)"

# Name, the call with FUNCTION, the function.
CASES = [
    ("map", "idx 7 (map FUNCTION r)", ONE),
    ("sum of map", "sum (map FUNCTION r)", ONE),
    ("gen", "idx 7 (gen (len r) FUNCTION)", ONE),
    ("sumOf", "sumOf FUNCTION r", ONE),
    ("foldl", "foldl FUNCTION 0 r", "a x & add a (mul 3 x)"),
    ("tabMap", "tabIdx 7 (tabMap FUNCTION t)", ONE),
    ("tabFoldlWithKey", "tabFoldlWithKey FUNCTION 0 t", THREE),
]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binaries", nargs="+", metavar="binary")
    parser.add_argument("--tier", default="mixed", choices=["interpreter", "mixed", "native"])
    parser.add_argument("--only", default="", help="cases with this in their name")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=30000)
    parser.add_argument("--check", action="store_true",
                        help="a short run: what is known and what is not give the same")
    return parser.parse_args()


def program(call, function, is_known, turns):
    known = call.replace("FUNCTION", f"({function})" if is_known else "f")
    return f"""#### work <- prelude

:| prelude

= row (gen {ELEMENTS} id)
= tab (tabFromPairs (gen {ELEMENTS} (i & [i i])))

= (step f r t k acc)
| ifNot k acc
| seq acc
| step f r t (dec k) (add acc ({known}))

= answer (step ({function}) row tab {turns} 0)

; {time.time()}
"""


def run(binary, tier, text, folder):
    """Seconds of processor time, and the answer."""
    (folder / "sire").mkdir(exist_ok=True)
    (folder / "sire" / "work.sire").write_text(text)
    environment = dict(os.environ, HOME=str(folder), XDG_CACHE_HOME=str(folder / "cache"))
    output = folder / "output"
    with open(output, "w") as out:
        process = subprocess.Popen([binary, "sire", "--code-cache=off", "--tier", tier, "work"],
                                   cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    text = output.read_text()
    found = re.search(r"^answer=([0-9]+)$", text, re.MULTILINE)
    if status != 0 or not found:
        sys.exit(f"higher_order.py: {binary} gives no answer:\n{text[-2000:]}")
    return usage.ru_utime + usage.ru_stime, found.group(1)


def measure(options, name, call, function, is_known):
    """Nanoseconds an element, for each binary."""
    count = len(options.binaries)
    long = [float("inf")] * count
    short = [float("inf")] * count
    answers = set()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for i, binary in enumerate(options.binaries):
                here = Path(folder) / str(i)
                here.mkdir(exist_ok=True)
                for turns, best in ((SHORT, short), (options.turns, long)):
                    seconds, answer = run(binary, options.tier,
                                          program(call, function, is_known, turns), here)
                    best[i] = min(best[i], seconds)
                    if turns == options.turns:
                        answers.add(answer)
    if len(answers) != 1:
        sys.exit(f"higher_order.py: {name}: answers differ: {sorted(answers)}")
    steps = (options.turns - SHORT) * ELEMENTS
    return [(a - b) / steps * 1e9 for a, b in zip(long, short)], answers.pop()


def main():
    options = parse_options()
    options.binaries = [os.path.abspath(binary) for binary in options.binaries]
    if options.check:
        options.rounds, options.turns = 1, 2 * SHORT
    for name, call, function in CASES:
        if options.only not in name:
            continue
        given = set()
        for is_known in (True, False):
            title = f"{name}, {'known' if is_known else 'unknown'}"
            nanoseconds, answer = measure(options, title, call, function, is_known)
            given.add(answer)
            cells = [f"{ns:7.2f} ns ({ns / nanoseconds[0] if nanoseconds[0] > 0 else 0:5.2f})"
                     for ns in nanoseconds]
            # A short run says nothing about time.
            print(f"{title:26}" + (answer if options.check else "  ".join(cells)), flush=True)
        if len(given) != 1:
            sys.exit(f"higher_order.py: {name}: {sorted(given)}")


if __name__ == "__main__":
    main()
