#!/usr/bin/env python3
# tools/profile.py: which paths of the program are hot, for the compiler.
#
#   tools/profile.py record                  -> tools/profile.gz; builds build/profile, some minutes
#   tools/profile.py unpack PROFDATA CLANG OUTPUT    for the build: for clang, by llvm-profdata
#
# What a cold load takes is spread over hundreds of small functions of the front end and of the
# evaluator. Inlined and laid out by what was counted, loads of the reference's libraries execute
# 0.86 to 0.91 of the instructions, in 0.89 to 0.95 of the time: bench/compare.py --count, with a
# build with -DPLAN_PROFILE=off. The profile is LLVM's own, as text,
# compressed. It goes by a hash of each function's control flow: one that has
# changed since is compiled without, and nothing else happens. So record again before a release, or
# when much has changed. What runs for it is this tree's own: its library, examples and benchmarks.

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROFILE = ROOT / "tools" / "profile.gz"
BUILD = ROOT / "build" / "profile"
PROFDATA = "/usr/lib/llvm-19/bin/llvm-profdata"
LOADS = 10  # of the library, that it counts for as much as the programs


class Unusable(Exception):
    """The profile, or a tool that it needs."""


def call(*command):
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Unusable(f"{command[0]}: {error.strerror}") from error
    if run.returncode != 0:
        raise Unusable(f"{command[0]} refuses it: {run.stderr.strip()}")


def unpack(profdata, clang, output):
    """Makes `output`, which clang accepts, or nothing and raises Unusable."""
    try:
        text = gzip.decompress(PROFILE.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"{PROFILE}: {error}") from error
    if not text:  # llvm-profdata would take it for a program that never ran
        raise Unusable(f"{PROFILE}: it is empty")
    with tempfile.TemporaryDirectory(dir=Path(output).parent) as folder:
        made = Path(folder) / "made"
        (Path(folder) / "text").write_bytes(text)
        call(profdata, "merge", "-o", made, Path(folder) / "text")
        call(clang, f"-fprofile-use={made}", "-x", "c++", "-c", os.devnull, "-o", os.devnull)
        made.replace(output)


def build():
    """A program that writes the counts when it ends."""
    subprocess.run(["cmake", "--preset", "release", "-B", BUILD, "-DPLAN_PROFILE=record"],
                   cwd=ROOT, check=True)
    subprocess.run(["cmake", "--build", BUILD, "--target", "palladium", "palladium_native"],
                   check=True)
    return BUILD / "tools" / "palladium"


def programs(folder):
    """Modules in the folder's sire/: the benchmarks at their tiny size, the examples."""
    sire = folder / "sire"
    shutil.copytree(ROOT / "sire" / "examples", sire)
    for path in sorted((ROOT / "bench" / "programs").glob("*.sire")):
        text = path.read_text("utf-8")
        size = re.search(r"^; size tiny (\d+)", text, re.M)
        if size:
            text = re.sub(r"^= size \d+$", f"= size {size[1]}", text, flags=re.M)
        (sire / f"bench_{path.stem}.sire").write_text(text, "utf-8")
    return sorted(path.stem for path in sire.glob("*.sire"))


def record():
    binary = build()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        environment = dict(os.environ, HOME=str(folder), XDG_CACHE_HOME=str(folder / "cache"),
                           LLVM_PROFILE_FILE=str(folder / "%p.profraw"))

        def run(*arguments):
            subprocess.run([binary, "sire", *arguments], cwd=folder, env=environment, check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

        for _ in range(LOADS):
            run("--no-cache", "prelude")
        for name in programs(folder):
            run("--no-cache", name)
            run("--tier=interpreter", name)
            run(name)
        text = folder / "profile.txt"
        counts = sorted(folder.glob("*.profraw"))
        subprocess.run([PROFDATA, "merge", "-sparse", "-text", "-o", text, *counts], check=True)
        PROFILE.write_bytes(gzip.compress(text.read_bytes(), mtime=0))
    print(f"{PROFILE.relative_to(ROOT)}: {PROFILE.stat().st_size} bytes, {len(counts)} runs")


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        record()
    elif len(sys.argv) == 5 and sys.argv[1] == "unpack":
        try:
            unpack(*sys.argv[2:])
        except Unusable as unusable:
            raise SystemExit(unusable) from unusable
    else:
        raise SystemExit("usage: see the head of this file")
