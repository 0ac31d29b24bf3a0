#!/usr/bin/env python3
# tools/fuzz.py: runs a fuzz test for a while, under AddressSanitizer and UBSan.
#
#   tools/fuzz.py NAME SECONDS [OPTION of libFuzzer...]     NAME: rex, sire, seed,
#                                                           show, ir_text or code_cache
#
# SECONDS are those of the processor, so that a busy machine does not shorten the search.
# Builds preset `fuzz`; begins with what the repository has to offer as examples (the library, the
# recorded values), and keeps what it finds in build/fuzz/corpus/NAME for the next time. An input
# that breaks something is left in build/fuzz/NAME-*; the same command with the file instead of
# SECONDS runs it again.

import hashlib
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("PALLADIUM_FUZZ_BUILD", ROOT / "build" / "fuzz"))
FOLDERS = {"rex": "sire", "sire": "sire", "show": "sire", "seed": "gc", "ir_text": "vm",
           "code_cache": "jit"}
# An input for the Sire fuzzer begins with a byte of settings (sire/sire_fuzz.cc).
SIRE_SETTINGS = (0, 1, 2, 3, 5, 13, 14)
# One for the seed fuzzer begins with the kind of the file (gc/seed_fuzz.cc); by column.
SEED_KINDS = {2: 0, 4: 1, 5: 2, 3: 3}
SEED_COLUMN = 2
EXAMPLE_BYTES_MAX = 2000
# A cut image, a file that is none, changes to a good file (jit/code_cache_fuzz.cc).
CODE_CACHE_EXAMPLES = (bytes(9), b"\x01PALLCODE", bytes([2, 0, 20, 1, 255, 255, 30]))
SECONDS_PER_INPUT = 20
STACK_BYTES = 1 << 30
WORDS = ["= ", "=?= ", "^-^ ", "#### ", "<- ", ":| ", "| ", "@ ", "@@ ", "^ ", "? ", "?? ", "& ",
         "* ", "** ", "# ", "{%%}", "state", "rex", "err", "ok", "\\x0a\\x0a"]


def blocks_of_modules():
    for path in sorted([*ROOT.glob("sire/lib/*.sire"), *ROOT.glob("sire/examples/*.sire")]):
        text = path.read_text("utf-8")
        for block in text.split("\n\n"):
            yield (block + "\n").encode()[:EXAMPLE_BYTES_MAX]


def recorded_values():
    table = ROOT / "tests" / "conformance" / "data" / "vectors.tsv"
    for line in table.read_text("utf-8").splitlines():
        if line and not line.startswith("# value"):
            yield line.split("\t")


def laws_of_tests():
    """Laws, and expressions over the parameters a1 a2 a3, in the tests of the optimiser."""
    for path in sorted(ROOT.glob("vm/*_test.cc")):
        text = path.read_text("utf-8")
        for law in re.findall(r'"(law [^"\\]*})"', text):
            yield law.encode()
        for expression in re.findall(r'"(\([^"\\]*\))"', text):
            yield f"law a1 a2 a3 {{ {expression} }}".encode()


def examples(name):
    if name == "rex":
        yield from blocks_of_modules()
    elif name == "sire":
        for number, block in enumerate(blocks_of_modules()):
            yield bytes([SIRE_SETTINGS[number % len(SIRE_SETTINGS)]]) + block
    elif name == "ir_text":
        yield from laws_of_tests()
    elif name == "code_cache":
        yield from CODE_CACHE_EXAMPLES
    elif name == "seed":
        for row in recorded_values():
            for column, kind in SEED_KINDS.items():
                yield bytes([kind]) + bytes.fromhex(row[column])
    else:
        for row in recorded_values():
            yield bytes.fromhex(row[SEED_COLUMN])


def write_corpus(name):
    folder = BUILD / "corpus" / name
    folder.mkdir(parents=True, exist_ok=True)
    for example in examples(name):
        (folder / hashlib.sha1(example).hexdigest()).write_bytes(example)
    words = BUILD / "corpus" / "sire.words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS), "utf-8")
    return folder


def run_for(command, cpu_seconds):
    """Runs the command again until it failed or has used the processor that long; its exit code."""
    # The front end recurses, on a stack made for it: see base/large_stack.h.
    large_stack = lambda: resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES, STACK_BYTES))

    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    begin = used()
    while True:
        remaining = cpu_seconds - int(used() - begin)
        code = subprocess.run([*command, f"-max_total_time={max(1, remaining)}"],
                              preexec_fn=large_stack).returncode
        if code != 0 or used() - begin >= cpu_seconds:
            print(f"{used() - begin:.0f} s of processor time, exit code {code}", flush=True)
            return code


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in FOLDERS:
        names = "|".join(FOLDERS)
        sys.exit(f"usage: tools/fuzz.py {names} SECONDS|FILE [OPTION of libFuzzer...]")
    name, what = sys.argv[1], sys.argv[2]
    target = f"plan_{name}_fuzz"
    if "PALLADIUM_FUZZ_BUILD" not in os.environ:
        subprocess.run(["cmake", "--preset", "fuzz"], cwd=ROOT, check=True)
    subprocess.run(["cmake", "--build", str(BUILD), "--target", target], cwd=ROOT, check=True)
    command = [str(BUILD / FOLDERS[name] / target), f"-artifact_prefix={BUILD}/{name}-"]
    if what.isdigit():
        # What the program writes to standard error is not wanted; reports come all the same.
        command += [f"-timeout={SECONDS_PER_INPUT}",
                    "-rss_limit_mb=4096", "-close_fd_mask=2", "-print_final_stats=1"]
        if name in ("rex", "sire"):
            command.append(f"-dict={BUILD / 'corpus' / 'sire.words'}")
        command.append(str(write_corpus(name)))
    else:
        command.append(what)
    sys.exit(run_for(command + sys.argv[3:], int(what) if what.isdigit() else 0))


if __name__ == "__main__":
    main()
