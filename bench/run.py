#!/usr/bin/env python3
# bench/run.py: times whole programs, ours and the same in other systems, and checks their results.
#
#   bench/run.py                                 all programs, against C and GHC where installed
#   bench/run.py fib nqueens --runs 20           some programs
#   bench/run.py --library DIR                   over the Sire library in DIR instead of our own
#   bench/run.py --reference FILE --library DIR  the programs beside FILE, against the times in it
#   bench/run.py --system 'other=CMD'            also CMD, with {module}, {file} and {n} filled in
#   bench/run.py --check                         tiny inputs, one run: are the results right?
#
# Programs (bench/programs): fib tak ackermann nqueens listsum pipeline mergesort sieve factorial
# treeinsert mandelbrot stackmachine strings mutual tabinsert interpreter.
#
# Method: in every round each system runs an empty program and then the program, one system after
# the other; a time is the median over the rounds of program minus empty. Its spread is half the
# distance between the quartiles. Peers repeat a short program within one run, so that a millisecond
# can be measured. Every run must print the result that stands in the Sire program.

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
PEER_SECONDS = 0.1  # A peer repeats its program until a run takes about this long,
PEER_REPEATS_MAX = 1000  # but not more often than this.
C_FLAGS = ["-O3", "-I", str(ROOT)]
GHC_FLAGS = ["-v0", "-O2", "-cpp", f"-i{BENCH / 'peers'}"]


class Failure(Exception):
    """A run that ended badly or printed something else than the result."""


FAILURES = (Failure, OSError, subprocess.CalledProcessError)


class Program:
    """A Sire program with its sizes: name -> (n, result), from its `; size` lines."""

    def __init__(self, path):
        self.name, self.text = path.stem, path.read_text("utf-8")
        self.sizes = {name: (int(n), result) for name, n, result in
                      re.findall(r"^; size (\w+) (\d+) -> (.+)$", self.text, re.M)}

    def sized(self, n, library, serial):
        """The text for this n, over this library module. No two serials give the same text."""
        text = re.sub(r"^= size \d+$", f"= size {n}", self.text, flags=re.M)
        text = text.replace("<- prelude", f"<- {library}").replace(":| prelude", f":| {library}")
        return f"; run {serial}\n{text}"


class Run:
    """What one run of a command cost."""

    def __init__(self, report, output):
        code, wall_ns, cpu_ns, peak_kb, instructions = map(int, report.split())
        self.code, self.output = code, output
        self.seconds = {"wall": wall_ns * 1e-9, "cpu": cpu_ns * 1e-9}
        self.peak_kb = peak_kb
        self.instructions = instructions if instructions >= 0 else None

    def check(self, expected):
        if self.code != 0:
            raise Failure(f"exit code {self.code}: {self.errors_end()}")
        if expected not in (line.strip() for line in self.output.splitlines()):
            raise Failure(f"printed {self.output[-200:]!r}, not {expected}: {self.errors_end()}")
        return self

    def errors_end(self):
        return self.errors.strip()[-300:]


class Runner:
    """Runs commands through bench/measure, in a scratch folder that is also their home."""

    def __init__(self, tools, scratch, seconds_max):
        self.measure = build_c("measure", BENCH / "measure.c", tools, ["-O2"])
        self.scratch, self.seconds_max = scratch, seconds_max

    def run(self, command, folder):
        report, output = self.scratch / "report", self.scratch / "output"
        homes = {"HOME": str(self.scratch), "XDG_CACHE_HOME": str(self.scratch / "cache"),
                 "PALLADIUM_NO_BUILD": "1"}
        subprocess.run([self.measure, str(self.seconds_max), report, output, *command], cwd=folder,
                       env=os.environ | homes, check=True)
        run = Run(report.read_text(), output.read_text("utf-8", "replace"))
        run.errors = Path(f"{output}.err").read_text("utf-8", "replace")
        return run


class SireSystem:
    """A system that runs the Sire programs themselves, each as a module over a library."""

    def __init__(self, name, template, folder, library):
        self.name, self.template, self.library = name, template, library
        self.folder, self.serial = folder, 0
        self.flags = ""

    def compiler(self):
        return self.template[0]

    def has(self, program):
        return True

    def times(self, program, n, runner):
        return 1

    def command(self, program, n, times):
        # Every run's text is new, or a cache of modules would answer instead of running it.
        self.serial += 1
        module = f"bench_{program.name}"
        file = self.folder / "sire" / f"{module}.sire"
        file.write_text(program.sized(n, self.library, f"{os.getpid()}-{self.serial}"), "utf-8")
        filled = {"module": module, "file": str(file), "n": n}
        return [part.format(**filled) for part in self.template]


class Peer:
    """The programs of bench/peers with one ending, compiled on first use."""

    def __init__(self, name, suffix, tools, number=None):
        self.name, self.suffix, self.tools, self.number = name, suffix, tools, number
        self.folder = tools
        self.flags = " ".join(C_FLAGS if suffix == ".c" else GHC_FLAGS + [f"-DNUM={number}"])
        self.repeats = {}

    def compiler(self):
        return c_compiler() if self.suffix == ".c" else "ghc"

    def source(self, program):
        return BENCH / "peers" / f"{program.name}{self.suffix}"

    def has(self, program):
        source = self.source(program)
        if not source.exists():
            return False
        variants = re.search(r"^-- variants: (.*)$", source.read_text("utf-8"), re.M)
        return variants is None or self.number in variants.group(1).split()

    def times(self, program, n, runner):
        """How often a run repeats the program; found out once."""
        key = program.name, n
        if key not in self.repeats:
            once = runner.run(self.command(program, n, 1), self.folder).seconds["cpu"]
            self.repeats[key] = max(1, min(PEER_REPEATS_MAX, int(PEER_SECONDS / max(once, 1e-4))))
        return self.repeats[key]

    def command(self, program, n, times):
        source = self.source(program)
        if self.suffix == ".c":
            libraries = ["-lgmp"] if "<gmp.h>" in source.read_text("utf-8") else []
            binary = build_c(source.stem, source, self.tools, C_FLAGS, libraries)
        else:
            binary = build_haskell(source, self.tools, self.number)
        return [binary, str(n), str(times)]


def c_compiler():
    return shutil.which("gcc") or shutil.which("clang-19") or shutil.which("cc")


def build(binary, sources, command):
    """Runs the command if the binary is older than a source."""
    newest = max(source.stat().st_mtime for source in sources)
    if not binary.exists() or binary.stat().st_mtime < newest:
        binary.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, check=True)
    return str(binary)


def build_c(name, source, tools, flags, libraries=()):
    binary = tools / "c" / name
    return build(binary, [source, BENCH / "peers" / "peer.h"],
                 [c_compiler(), *flags, "-o", binary, source, *libraries])


def build_haskell(source, tools, number):
    folder = tools / f"ghc-{number}" / source.stem
    folder.mkdir(parents=True, exist_ok=True)
    return build(folder / "main", [source, BENCH / "peers" / "Peer.hs"],
                 ["ghc", *GHC_FLAGS, f"-DNUM={number}", "-outputdir", folder,
                  "-o", folder / "main", source])


def lay_out_library(folder, library):
    """A working directory with the modules of `library` (a folder; none: our own) in ./sire."""
    (folder / "sire").mkdir(parents=True)
    for file in sorted(Path(library).glob("*.sire")) if library else []:
        (folder / "sire" / file.name).symlink_to(file.resolve())
    return folder


def run_once(system, program, size, runner, times=1):
    """Runs the program and believes it only if the result is right."""
    n, result = program.sizes[size]
    return runner.run(system.command(program, n, times), system.folder).check(result)


def measure_round(systems, program, empty, size, runner, samples, failures):
    """One run of everything, in turn. A system that fails is out for this program."""
    for system in systems:
        if system.name in failures:
            continue
        try:
            times = system.times(program, program.sizes[size][0], runner)
            start = run_once(system, empty, size, runner)
            run = run_once(system, program, size, runner, times)
            samples.setdefault(system.name, []).append((start, run, times))
        except FAILURES as failure:
            failures[system.name] = str(failure)


def half_quartile_distance(values):
    if len(values) < 2:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2


def summarise(samples, clock):
    """The numbers of one system on one program."""
    net = [max(0.0, run.seconds[clock] - start.seconds[clock]) / times
           for start, run, times in samples]
    counts = [(run.instructions - start.instructions) // times for start, run, times in samples
              if run.instructions is not None and start.instructions is not None]
    return {
        "runs": len(net), "repeats": samples[0][2], "seconds": statistics.median(net),
        "spread": half_quartile_distance(net),
        "startup_seconds": statistics.median(s.seconds[clock] for s, _, _ in samples),
        "peak_kb": max(run.peak_kb for _, run, _ in samples),
        "instructions": int(statistics.median(counts)) if counts else None,
    }


def environment_facts(options):
    def said(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True, cwd=ROOT,
                                  check=False).stdout.split("\n")[0].strip()
        except OSError:
            return ""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    facts = {"commit": said("git", "describe", "--always", "--dirty", "--abbrev=12"),
             "cpu": model.group(1) if model else platform.machine(), "clock": options.clock,
             "load": round(os.getloadavg()[0], 2)}
    caches = [p / "CMakeCache.txt" for p in Path(options.binary).resolve().parents]
    cache = next((c.read_text("utf-8") for c in caches if c.exists()), "")
    values = dict(re.findall(r"^(\w+):\w+=(.*)$", cache, re.M))
    kind = values.get("CMAKE_BUILD_TYPE", "")
    facts["compiler"] = said(values.get("CMAKE_CXX_COMPILER", "clang++-19"), "--version")
    facts["flags"] = f"{kind} {values.get('CMAKE_CXX_FLAGS_' + kind.upper(), '')}".strip()
    return facts


def seconds_text(entry):
    if entry is None:
        return "-"
    percent = 100 * entry["spread"] / entry["seconds"] if entry["seconds"] else 0
    return f"{1000 * entry['seconds']:.2f} ±{percent:.0f}%"


def print_table(head, rows):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip(), flush=True)


def check(programs, systems, options, runner):
    """Runs everything once; returns the failures."""
    failures = []
    for program in programs:
        for system in (s for s in systems if s.has(program)):
            try:
                run_once(system, program, options.size, runner)
            except FAILURES as failure:
                failures.append(f"{program.name} {system.name}: {failure}")
    print(f"{len(programs)} programs on {', '.join(s.name for s in systems)}: "
          f"{len(failures)} failures")
    return failures


def compare(programs, systems, empty, options, runner, emit):
    """Measures, prints the table of times and ratios, returns the failures."""
    all_failures, rows, ours = [], [], systems[0].name
    others = [s.name for s in systems[1:]]
    for program in programs:
        samples, failures = {}, {}
        chosen = [s for s in systems if s.has(program)]
        for _ in range(options.runs):
            measure_round(chosen, program, empty, options.size, runner, samples, failures)
        results = {}
        for system in chosen:
            if system.name in failures:
                all_failures.append(f"{program.name} {system.name}: {failures[system.name]}")
                continue
            results[system.name] = summarise(samples[system.name], options.clock)
            n, result = program.sizes[options.size]
            emit({"program": program.name, "system": system.name, "n": n,
                  "result_hash": hashlib.sha256(result.encode()).hexdigest()[:16],
                  "system_compiler": system.compiler(), "system_flags": system.flags,
                  **results[system.name]})
        mine = results.get(ours)
        row = [program.name, seconds_text(mine), f"{mine['peak_kb'] / 1024:.0f}" if mine else "-"]
        for name in others:
            theirs = results.get(name)
            ratio = mine["seconds"] / theirs["seconds"] if mine and theirs and theirs["seconds"] \
                else None
            row += [seconds_text(theirs), f"{ratio:.2f}" if ratio is not None else "-"]
        rows.append(row)
    head = ["program", f"{ours} ms", "peak MB"]
    for name in others:
        head += [f"{name} ms", f"{ours}/{name}"]
    print_table(head, rows)
    return all_failures


def read_reference(path):
    """The rows of a reference.tsv, (program, seconds, peak MB, result), and its calibration."""
    text = path.read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    calibration = re.search(r"printed ([0-9.]+)", text)
    if not calibration:
        raise SystemExit(f"{path}: no line says what the calibration printed")
    return [(name, float(s), float(mb), r) for name, s, mb, r in rows], float(calibration.group(1))


def load_command(row, system, runner, folder_of):
    """Seconds and memory of loading a library module: `prelude.sire cold`, `prelude.sire warm`."""
    module, temperature = re.match(r"(\w+)\.sire (cold|warm)", row).groups()
    folder = folder_of()
    command = [part.format(module=module, file="", n="") for part in system.template]
    shutil.rmtree(runner.scratch / "cache", ignore_errors=True)
    if temperature == "warm":
        runner.run(command, folder)
    run = runner.run(command, folder)
    if run.code != 0:
        raise Failure(f"exit code {run.code}: {run.errors_end()}")
    return run


def compare_with_reference(options, system, empty, runner, emit, folder_of):
    """Our times against recorded ones of another machine, both in units of the calibration."""
    reference, their_unit = read_reference(options.reference)
    calibrate = build_c("calibrate", BENCH / "calibrate.c", options.tools, ["-O3"])
    unit = float(subprocess.run([calibrate], capture_output=True, check=True, text=True).stdout)
    rows, failures = [], []
    for name, their_seconds, their_mb, result in reference:
        source = options.reference.parent / f"{name}.sire"
        try:
            if source.exists():
                program = Program(source)
                program.sizes = {options.size: (0, result)}
                program.text = re.sub(r"^#### \S+", f"#### bench_{name}", program.text, flags=re.M)
                samples, failed = {}, {}
                for _ in range(options.runs):
                    measure_round([system], program, empty, options.size, runner, samples, failed)
                if failed:
                    raise Failure(failed[system.name])
                entry = summarise(samples[system.name], options.clock)
            elif re.match(r"\w+\.sire (cold|warm)", name):
                runs = [load_command(name, system, runner, folder_of) for _ in range(options.runs)]
                seconds = [run.seconds[options.clock] for run in runs]
                entry = {"seconds": statistics.median(seconds), "runs": len(runs),
                         "spread": half_quartile_distance(seconds),
                         "peak_kb": max(run.peak_kb for run in runs)}
            else:
                continue
        except Failure as failure:
            failures.append(f"{name}: {failure}")
            continue
        scaled = their_seconds * unit / their_unit
        emit({"program": name, "system": system.name, "reference_seconds": their_seconds,
              "reference_unit": their_unit, "unit": unit, **entry})
        rows.append([name, seconds_text(entry), f"{1000 * scaled:.0f}",
                     f"{scaled / entry['seconds']:.2f}" if entry["seconds"] else "-",
                     f"{entry['peak_kb'] / 1024:.0f}", f"{their_mb:.0f}"])
    print(f"\ncalibration: {unit:.4f} s here, {their_unit:.4f} s there")
    print_table(["program", f"{system.name} ms", "reference ms, scaled", "times faster",
                 "peak MB", "its peak MB"], rows)
    return failures


def choose_systems(options, ours):
    """Ours first, then the peers that can be built here, then what the user named."""
    systems = []
    for name in options.systems.split(","):
        if name == "palladium":
            systems.append(ours)
        elif name == "C" and c_compiler():
            systems.append(Peer("C", ".c", options.tools))
        elif name in ("Int", "Integer"):
            if shutil.which("ghc"):
                systems.append(Peer(name, ".hs", options.tools, name))
        elif name != "C":
            raise SystemExit(f"no such system: {name}; there are palladium, C, Int, Integer")
    for named in options.system:
        name, _, template = named.partition("=")
        systems.append(SireSystem(name, template.split(), ours.folder, options.module))
    return systems


def parse_options():
    parser = argparse.ArgumentParser(description="Times whole programs and checks their results.")
    add = parser.add_argument
    add("programs", nargs="*", help="names from bench/programs; none: all")
    add("--binary", default=str(ROOT / "build/release/tools/palladium"), help="what is timed")
    add("--library", default=os.environ.get("PLAN_SIRE_LIBRARY"),
        help="folder with the modules of a Sire library; none: the binary's own")
    add("--module", default=os.environ.get("PLAN_SIRE_MODULE", "prelude"),
        help="the library's last module, which programs import")
    add("--size", default="full", choices=["tiny", "full"])
    add("--runs", type=int, default=10, help="rounds; 10 by default")
    add("--systems", default="palladium,C,Int,Integer", help="which of these, first the one judged")
    add("--system", action="append", default=[], metavar="NAME=COMMAND",
        help="another system that runs Sire modules; {module}, {file}, {n} are filled in")
    add("--reference", type=Path, help="a reference.tsv with its programs beside it")
    add("--json", type=Path, help="append one line of JSON per result to this file")
    add("--clock", default="wall", choices=["wall", "cpu"], help="cpu is for a busy machine")
    add("--seconds-max", type=int, default=120, help="a run that takes longer has failed")
    add("--tools", type=Path, default=ROOT / "build/bench", help="where peers are built")
    add("--check", action="store_true", help="tiny, once, no table: exit 1 if a result is wrong")
    options = parser.parse_args()
    if options.check:
        options.size = "tiny"
    return options


def main():
    options = parse_options()
    options.tools.mkdir(parents=True, exist_ok=True)
    known = {p.stem: p for p in sorted((BENCH / "programs").glob("*.sire"))}
    unknown = set(options.programs) - set(known)
    if unknown:
        raise SystemExit(f"no such program: {' '.join(sorted(unknown))}")
    empty = Program(known.pop("empty"))
    programs = [Program(known[name]) for name in options.programs or known]

    with tempfile.TemporaryDirectory(prefix="palladium-bench-") as scratch:
        scratch = Path(scratch)
        runner = Runner(options.tools, scratch, options.seconds_max)
        made = iter(range(1 << 30))

        def new_folder():
            return lay_out_library(scratch / f"work{next(made)}", options.library)

        ours = SireSystem("palladium", [options.binary, "sire", "{module}"], new_folder(),
                          options.module)
        facts = environment_facts(options)
        lines = options.json.open("a", encoding="utf-8") if options.json else None

        def emit(entry):
            if lines:
                print(json.dumps(facts | entry), file=lines, flush=True)

        if options.reference:
            failures = compare_with_reference(options, ours, empty, runner, emit, new_folder)
        else:
            systems = choose_systems(options, ours)
            if not systems:
                raise SystemExit("none of these systems is installed")
            if options.check:
                failures = check([empty, *programs], systems, options, runner)
            else:
                failures = compare(programs, systems, empty, options, runner, emit)
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
