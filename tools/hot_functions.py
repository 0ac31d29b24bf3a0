#!/usr/bin/env python3
# tools/hot_functions.py: has the functions of LLVM that compiling a law takes stand together.
#
#   tools/hot_functions.py record BUILD    which are they? -> jit/hot_functions.txt
#   tools/hot_functions.py order OUTPUT ARCHIVE...     their names, for the linker; for the build
#
# Half of what LLVM's code occupies in memory, and most page faults of the first compilation, are
# for functions that only stand beside one that runs. So the plug-in is linked in the order in which
# functions are first called. The list has hashes of their names (the names are 800 KB): 30 bits of
# a CRC as 5 characters each. A name that is missing or comes to much costs its place, no more.
# Record again with another release of LLVM or when jit/ uses other parts of it: BUILD is a release
# build; some programs run with every law compiled at its first entry.

import base64
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "jit" / "hot_functions.txt"
PROGRAMS = ["fib", "nqueens", "interpreter"]
PER_LINE = 19
BREAKPOINT = 0xCC


def key(name):
    """5 characters for a function's name."""
    return base64.b64encode((zlib.crc32(name.encode()) >> 2 << 2).to_bytes(4, "big"))[:5].decode()


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def order(output, archives):
    """Writes the names of the functions in the list that are defined in the archives."""
    lines = [line for line in LIST.read_text("utf-8").splitlines() if not line.startswith("#")]
    rank = {}
    for line in lines:
        for at in range(0, len(line), 5):
            rank.setdefault(line[at:at + 5], len(rank))
    names = set()
    for line in output_of("nm", "--defined-only", *archives).splitlines():
        found = re.fullmatch(r"\w* [tTwW] (\S+)", line)
        if found and key(found[1]) in rank:
            names.add(found[1])
    ordered = sorted(names, key=lambda name: (rank[key(name)], name))
    Path(output).write_text("".join(f"{name}\n" for name in ordered), "utf-8")


def text_section(library):
    """(address, offset in the file, size) of the code."""
    for line in output_of("readelf", "-SW", library).splitlines():
        found = re.search(r"\.text\s+PROGBITS\s+(\w+)\s+(\w+)\s+(\w+)", line)
        if found:
            return tuple(int(part, 16) for part in found.groups())
    raise SystemExit(f"{library} has no code")


def plant(library, copy):
    """A copy with a breakpoint in every function; the names by their offset in the file."""
    address, offset, size = text_section(library)
    names, code = {}, bytearray(library.read_bytes())
    for line in output_of("nm", "--defined-only", library).splitlines():
        at, kind, name = line.split(maxsplit=2)
        if kind in "tTwW" and address <= int(at, 16) < address + size:
            names.setdefault(int(at, 16) - address + offset, []).append(name)
    for at in names:
        code[at] = BREAKPOINT
    copy.write_bytes(code)
    return names


def run_programs(binary, scratch, environment):
    """Some programs, each with every law that it enters compiled."""
    (scratch / "sire").mkdir()
    for name in PROGRAMS:
        text = (ROOT / "bench" / "programs" / f"{name}.sire").read_text("utf-8")
        size = re.search(r"^; size tiny (\d+)", text, re.M)[1]
        text = re.sub(r"^= size \d+$", f"= size {size}", text, flags=re.M)
        (scratch / "sire" / f"bench_{name}.sire").write_text(text, "utf-8")
        subprocess.run([binary, "sire", "--tier=native", "--code-cache=off", f"bench_{name}"],
                       cwd=scratch, env=environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, check=True)


def record(build):
    library = Path(build) / "jit" / "libpalladium_native.so"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        for folder in ("tools", "jit"):
            (scratch / folder).mkdir()
        shutil.copy(Path(build) / "tools" / "palladium", scratch / "tools")
        names = plant(library, scratch / "jit" / library.name)
        tracer, calls = scratch / "tracer.so", scratch / "calls"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", tracer,
                        ROOT / "tools" / "hot_functions.c"], check=True)
        environment = dict(os.environ, HOME=str(scratch), XDG_CACHE_HOME=str(scratch / "cache"),
                           LD_PRELOAD=str(tracer), HOT_ORIGINAL=str(library.resolve()),
                           HOT_OUTPUT=str(calls))
        run_programs(scratch / "tools" / "palladium", scratch, environment)
        keys = []
        for (at,) in struct.iter_unpack("<Q", calls.read_bytes()):
            keys += [key(name) for name in names[at]]
    keys = list(dict.fromkeys(keys))
    lines = ["".join(keys[at:at + PER_LINE]) for at in range(0, len(keys), PER_LINE)]
    LIST.write_text("# jit/hot_functions.txt: written by tools/hot_functions.py; do not edit.\n"
                    + "".join(f"{line}\n" for line in lines), "utf-8")
    print(f"{len(keys)} functions")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "record":
        record(sys.argv[2])
    elif len(sys.argv) > 3 and sys.argv[1] == "order":
        order(sys.argv[2], sys.argv[3:])
    else:
        raise SystemExit("usage: see the head of this file")
