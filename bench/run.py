#!/usr/bin/env python3
# bench/run.py: times whole programs, ours and the same in other systems, and checks their results.
#
#   bench/run.py                                 all programs, against C and GHC where installed
#   bench/run.py fib nqueens --runs 20           some programs
#   bench/run.py --library DIR                   over the Sire library in DIR instead of our own
#   bench/run.py --reference FILE --library DIR  the programs beside FILE, against the times in it
#   bench/run.py --systems palladium,template,interpreter    our tiers against each other
#   bench/run.py --system 'other=CMD'            also CMD, with {module}, {file} and {n} filled in
#   bench/run.py --check                         tiny inputs, one run: are the results right?
#
# Programs (bench/programs): fib tak ackermann nqueens listsum pipeline mergesort sieve factorial
# treeinsert mandelbrot stackmachine strings mutual tabinsert interpreter calculator.
#
# Method: in every round each system runs an empty program, the program, and the program that
# computes its result 1 + k times in one process, one system after the other. Of each round
#   cold   = T(1) - T(empty)           what one run costs, with all warming up there is,
#   steady = (T(1 + k) - T(1)) / k     what each further computation costs,
# and a time is the median over the rounds; its spread is half the distance between the quartiles.
# k is chosen so that the k computations take about half a second. A Sire program is repeated by its
# last paragraph, the expression that is its result. Every run must print the result that stands in
# the Sire program, a Sire system as often as it was computed.
#
# A ratio is ours by theirs, cold by cold and steady by steady. Where a peer does something else
# than the Sire program, that has a line `; note PEER: ...`, which stands in the table.

import argparse
import hashlib
import itertools
import json
import math
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
STEADY_SECONDS = 0.5  # A run repeats its program until the repetitions take about this long,
REPEATS_MAX = 1000  # but not more often than this.
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
        self.notes = re.findall(r"^; note ([\w, ]+): (.+)$", self.text, re.M)

    def notes_on(self, systems):
        """What a reader of a comparison with these systems has to know."""
        return "; ".join(f"{names}: {text}" for names, text in self.notes
                         if set(names.split(", ")) & set(systems))

    def sized(self, n, library, serial, times):
        """The text that computes the result for this n so many times, over this library module.

        No two serials give the same text.
        """
        text = re.sub(r"^= size \d+$", f"= size {n}", self.text, flags=re.M)
        text = text.replace("<- prelude", f"<- {library}").replace(":| prelude", f":| {library}")
        before, _, result = text.strip().rpartition("\n\n")
        return f"; run {serial}\n{before}\n" + f"\n{result}\n" * times


class Run:
    """What one run of a command cost."""

    def __init__(self, report, output):
        code, wall_ns, cpu_ns, peak_kb, instructions = map(int, report.split())
        self.code, self.output = code, output
        self.seconds = {"wall": wall_ns * 1e-9, "cpu": cpu_ns * 1e-9}
        self.peak_kb = peak_kb
        self.instructions = instructions if instructions >= 0 else None

    def check(self, expected, count=1):
        """Believes the run if it printed the result at least so often.

        A library that is loaded for the first time may print the same line once more.
        """
        if self.code != 0:
            raise Failure(f"exit code {self.code}: {self.errors_end()}")
        printed = [line.strip() for line in self.output.splitlines()].count(expected)
        if printed < count:
            raise Failure(f"printed {self.output[-200:]!r}, {printed} times {expected} instead of "
                          f"{count}: {self.errors_end()}")
        return self

    def errors_end(self):
        return self.errors.strip()[-300:]


class Runner:
    """Runs commands through bench/measure, in a scratch folder that is also their home."""

    def __init__(self, tools, scratch, seconds_max, keep_code=False):
        self.measure = build_c("measure", BENCH / "measure.c", tools, ["-O2"])
        self.scratch, self.seconds_max, self.keep_code = scratch, seconds_max, keep_code

    def forget_modules(self):
        for module in (self.scratch / "cache" / "palladium").glob("*.module"):
            module.unlink()

    def run(self, command, folder):
        report, output = self.scratch / "report", self.scratch / "output"
        # Every run compiles for itself, unless what the code cache gains is to be seen.
        if not self.keep_code:
            shutil.rmtree(self.scratch / "cache" / "palladium" / "code", ignore_errors=True)
        homes = {"HOME": str(self.scratch), "XDG_CACHE_HOME": str(self.scratch / "cache"),
                 "PALLADIUM_NO_BUILD": "1"}
        subprocess.run([self.measure, str(self.seconds_max), report, output, *command], cwd=folder,
                       env=os.environ | homes, check=True)
        run = Run(report.read_text(), output.read_text("utf-8", "replace"))
        run.errors = Path(f"{output}.err").read_text("utf-8", "replace")
        return run


SERIALS = itertools.count(1)


class SireSystem:
    """A system that runs the Sire programs themselves, each as a module over a library."""

    def __init__(self, name, template, folder, library):
        self.name, self.template, self.library = name, template, library
        self.folder = folder
        self.flags = ""

    def compiler(self):
        return self.template[0]

    def has(self, program):
        return True

    def results_printed(self, times):
        return times

    def command(self, program, n, times):
        # Every run's text is new, or a cache of modules would answer instead of running it.
        module = f"bench_{program.name}"
        file = self.folder / "sire" / f"{module}.sire"
        text = program.sized(n, self.library, f"{os.getpid()}-{next(SERIALS)}", times)
        file.write_text(text, "utf-8")
        filled = {"module": module, "file": str(file), "n": n}
        return [part.format(**filled) for part in self.template]


class Peer:
    """The programs of bench/peers with one ending, compiled on first use."""

    def __init__(self, name, suffix, tools, number=None):
        self.name, self.suffix, self.tools, self.number = name, suffix, tools, number
        self.folder = tools
        self.flags = " ".join(C_FLAGS if suffix == ".c" else GHC_FLAGS + [f"-DNUM={number}"])

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

    def results_printed(self, times):
        return 1

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
    run = runner.run(system.command(program, n, times), system.folder)
    return run.check(result, system.results_printed(times))


class Sample:
    """One round of one system: the empty program, one computation, and 1 + repeats of them."""

    def __init__(self, start, one, many, repeats):
        self.start, self.one, self.many, self.repeats = start, one, many, repeats

    def cold(self, cost):
        return max(0, cost(self.one) - cost(self.start))

    def steady(self, cost):
        return max(0, cost(self.many) - cost(self.one)) / self.repeats


class Meter:
    """Takes samples of programs at one size, by one clock."""

    def __init__(self, runner, empty, size, clock):
        self.runner, self.empty, self.size, self.clock = runner, empty, size, clock
        self.repeats = {}

    def cost(self, run):
        return run.seconds[self.clock]

    def sample_with(self, system, program, repeats):
        start, one, many = (run_once(system, what, self.size, self.runner, times) for what, times in
                            ((self.empty, 1), (program, 1), (program, 1 + repeats)))
        return Sample(start, one, many, repeats)

    def choose_repeats(self, system, program):
        """How often a run repeats the program; found out once, by what it costs when warm."""
        def repeats_for(seconds):
            return max(1, min(REPEATS_MAX, round(STEADY_SECONDS / max(seconds, 1e-6))))

        key = system.name, program.name
        if key not in self.repeats:
            start, one = (run_once(system, what, self.size, self.runner)
                          for what in (self.empty, program))
            guess = repeats_for(self.cost(one) - self.cost(start))
            seen = self.sample_with(system, program, guess).steady(self.cost)
            self.repeats[key] = repeats_for(seen)
        return self.repeats[key]

    def round(self, systems, program, samples, failures):
        """One sample of every system, in turn. A system that fails is out for this program."""
        for system in systems:
            if system.name in failures:
                continue
            try:
                repeats = self.choose_repeats(system, program)
                sample = self.sample_with(system, program, repeats)
                samples.setdefault(system.name, []).append(sample)
            except FAILURES as failure:
                failures[system.name] = str(failure)

    def summarise(self, samples):
        """The numbers of one system on one program."""
        cold = [sample.cold(self.cost) for sample in samples]
        steady = [sample.steady(self.cost) for sample in samples]
        counted = [s for s in samples
                   if None not in (r.instructions for r in (s.start, s.one, s.many))]
        entry = {
            "runs": len(samples), "repeats": samples[0].repeats,
            "cold_seconds": statistics.median(cold),
            "cold_spread": half_quartile_distance(cold),
            "steady_seconds": statistics.median(steady),
            "steady_spread": half_quartile_distance(steady),
            "startup_seconds": statistics.median(self.cost(s.start) for s in samples),
            "peak_kb": max(s.one.peak_kb for s in samples),
        }
        for kind in ("cold", "steady"):
            counts = [getattr(s, kind)(lambda run: run.instructions) for s in counted]
            entry[f"{kind}_instructions"] = int(statistics.median(counts)) if counts else None
        return entry


def quartiles(values):
    """Those, and the median between them; all the same if there is one value."""
    if len(values) < 2:
        return list(values) * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def half_quartile_distance(values):
    low, _, high = quartiles(values)
    return (high - low) / 2


def ratio(mine, theirs, kind):
    """Ours by theirs; None if there is nothing to divide by, or into."""
    if not (mine and theirs and mine[kind] and theirs[kind]):
        return None
    return mine[kind] / theirs[kind]


def geometric_mean(values):
    values = [value for value in values if value is not None]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


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


def milliseconds_text(entry, kind):
    if entry is None:
        return "-"
    seconds, spread = entry[f"{kind}_seconds"], entry[f"{kind}_spread"]
    return f"{1000 * seconds:.2f} ±{100 * spread / seconds if seconds else 0:.0f}%"


def ratio_text(value):
    return "-" if value is None else f"{value:.2f}"


def print_table(head, rows):
    """Columns of words (the first, and a last one called notes) to the left, of numbers right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    words = {0} | {i for i, title in enumerate(head) if title == "notes"}
    for row in [head, *rows]:
        cells = [cell.ljust(width) if i in words else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip(), flush=True)


def check(programs, systems, options, runner):
    """Runs everything once; returns the failures."""
    failures = []
    for program in programs:
        for system in (s for s in systems if s.has(program)):
            try:
                run_once(system, program, options.size, runner, times=2)
            except FAILURES as failure:
                failures.append(f"{program.name} {system.name}: {failure}")
    print(f"{len(programs)} programs on {', '.join(s.name for s in systems)}: "
          f"{len(failures)} failures")
    return failures


def measure_program(program, systems, options, meter, emit):
    """(numbers by the system's name, failures by the system's name) of one program."""
    samples, failures = {}, {}
    for _ in range(options.runs):
        meter.round(systems, program, samples, failures)
    results = {}
    for system in systems:
        if system.name in failures:
            continue
        results[system.name] = meter.summarise(samples[system.name])
        n, result = program.sizes[options.size]
        emit({"program": program.name, "system": system.name, "n": n,
              "note": program.notes_on([system.name]),
              "result_hash": hashlib.sha256(result.encode()).hexdigest()[:16],
              "system_compiler": system.compiler(), "system_flags": system.flags,
              **results[system.name]})
    return results, failures


def compare(programs, systems, options, meter, emit):
    """Measures, prints the table of times and ratios, returns the failures."""
    all_failures, rows, ours = [], [], systems[0].name
    others = [s.name for s in systems[1:]]
    ratios = {(name, kind): [] for name in others for kind in ("steady", "cold")}
    for program in programs:
        chosen = [s for s in systems if s.has(program)]
        results, failures = measure_program(program, chosen, options, meter, emit)
        all_failures += [f"{program.name} {name}: {text}" for name, text in failures.items()]
        mine = results.get(ours)
        row = [program.name, milliseconds_text(mine, "cold"), milliseconds_text(mine, "steady"),
               f"{mine['peak_kb'] / 1024:.0f}" if mine else "-"]
        for name in others:
            row.append(milliseconds_text(results.get(name), "steady"))
            for kind in ("steady", "cold"):
                found = ratio(mine, results.get(name), f"{kind}_seconds")
                ratios[name, kind].append(found)
                row.append(ratio_text(found))
        rows.append([*row, program.notes_on(others)])
    head = ["program", f"{ours} cold ms", "steady ms", "peak MB"]
    means = ["geometric mean", "", "", ""]
    for name in others:
        head += [f"{name} ms", "steady ratio", "cold ratio"]
        means += ["", *(ratio_text(geometric_mean(ratios[name, k])) for k in ("steady", "cold"))]
    print_table([*head, "notes"], [*rows, [*means, ""]] if others else rows)
    return all_failures


def read_reference(path):
    """The rows of a reference.tsv, (program, seconds, peak MB, result), and its calibration."""
    text = path.read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    calibration = re.search(r"printed ([0-9.]+)", text)
    if not calibration:
        raise SystemExit(f"{path}: no line says what the calibration printed")
    return [(name, float(s), float(mb), r) for name, s, mb, r in rows], float(calibration.group(1))


class Calibration:
    """How fast this machine is just now; a row keeps it for each of its rounds."""

    def __init__(self, tools):
        self.command = [build_c("calibrate", BENCH / "calibrate.c", tools, ["-O3"])]

    def seconds(self):
        made = subprocess.run(self.command, capture_output=True, check=True, text=True)
        return float(made.stdout)


def load_run(module, temperature, system, runner, folder):
    """A load of a library's module, `cold` or, with what a load before it left, `warm`."""
    command = [part.format(module=module, file="", n="") for part in system.template]
    runner.forget_modules()
    if temperature == "warm":
        runner.run(command, folder)
    return runner.run(command, folder)


def compiler_run(system, runner, folder):
    """The library's compiler, as a seed, compiles the modules that it was made of."""
    seed, made, text = (folder / name for name in ("sire.seed", "made.seed", "all.sire"))
    program = system.compiler()
    if not seed.exists():
        subprocess.run([program, "save", "--quiet", "--no-cache", seed, "sire/sire.sire"],
                       cwd=folder, check=True)
        sources = sorted((folder / "sire").glob("sire_??_*.sire"))
        text.write_bytes(b"".join(source.read_bytes() for source in sources))
    made.unlink(missing_ok=True)
    run = runner.run(["sh", "-c", 'exec "$0" repl "$1" --save "$2" <"$3"', program, seed, made,
                      text], folder)
    if run.code == 0 and made.read_bytes() != seed.read_bytes():
        raise Failure("the seed that was made is another")
    return run


def command_rounds(one_run, options, meter, calibration):
    """Numbers of a whole command, which has no steady state, and the unit of each round."""
    units, runs = [], []
    for _ in range(options.runs):
        units.append(calibration.seconds())
        runs.append(one_run())
        if runs[-1].code != 0:
            raise Failure(f"exit code {runs[-1].code}: {runs[-1].errors_end()}")
    seconds = [meter.cost(run) for run in runs]
    return {"cold_seconds": statistics.median(seconds), "runs": len(runs),
            "cold_spread": half_quartile_distance(seconds),
            "peak_kb": max(run.peak_kb for run in runs)}, units, {"cold": seconds}


def program_rounds(source, result, options, system, meter, calibration):
    """The same for the program beside a reference.tsv, cold and steady."""
    program = Program(source)
    program.sizes = {options.size: (0, result)}
    program.text = re.sub(r"^#### \S+", f"#### bench_{source.stem}", program.text, flags=re.M)
    samples, failed, units = {}, {}, []
    for _ in range(options.runs):
        units.append(calibration.seconds())
        meter.round([system], program, samples, failed)
    if failed:
        raise Failure(failed[system.name])
    mine = samples[system.name]
    return meter.summarise(mine), units, {"cold": [s.cold(meter.cost) for s in mine],
                                          "steady": [s.steady(meter.cost) for s in mine]}


def reference_rounds(row, options, system, meter, calibration, folder):
    """Our numbers for a row (program, seconds, MB, result): entry, units, seconds by kind."""
    name, _, _, result = row
    source = options.reference.parent / f"{name}.sire"
    if source.exists():
        return program_rounds(source, result, options, system, meter, calibration)
    load = re.match(r"(\w+)\.sire (cold|warm)", name)
    if load:
        return command_rounds(lambda: load_run(*load.groups(), system, meter.runner, folder),
                              options, meter, calibration)
    if name.startswith("Sire in PLAN compiling"):
        return command_rounds(lambda: compiler_run(system, meter.runner, folder),
                              options, meter, calibration)
    raise Failure("nobody knows how to run this")


def times_faster(their_seconds, their_unit, units, seconds):
    """Median over the rounds of theirs, in the round's unit, by ours; None if there are none."""
    found = [their_seconds * unit / their_unit / mine for unit, mine in zip(units, seconds) if mine]
    return statistics.median(found) if found else None


def compare_with_reference(options, system, meter, emit, folder_of):
    """Our times against recorded ones of another machine, both in units of the calibration.

    The unit is measured in each round, before what it is for: this machine's pace changes, too.
    """
    reference, their_unit = read_reference(options.reference)
    calibration, folder = Calibration(options.tools), folder_of()
    rows, failures, all_units = [], [], []
    for row in reference:
        name, their_seconds, their_mb, _ = row
        try:
            entry, units, seconds = reference_rounds(row, options, system, meter, calibration,
                                                     folder)
        except FAILURES as failure:
            failures.append(f"{name}: {failure}")
            continue
        all_units += units
        faster = [times_faster(their_seconds, their_unit, units, seconds.get(kind, []))
                  for kind in ("cold", "steady")]
        unit = statistics.median(units)
        emit({"program": name, "system": system.name, "reference_seconds": their_seconds,
              "reference_unit": their_unit, "unit": unit, "faster_cold": faster[0],
              "faster_steady": faster[1], **entry})
        steady = milliseconds_text(entry, "steady") if "steady_seconds" in entry else "-"
        rows.append([name, milliseconds_text(entry, "cold"), steady,
                     f"{1000 * their_seconds * unit / their_unit:.0f}",
                     *map(ratio_text, faster), f"{entry['peak_kb'] / 1024:.0f}", f"{their_mb:.0f}"])
    if rows:
        low, middle, high = quartiles(all_units)
        print(f"\ncalibration: {middle:.4f} s here ({low:.4f} .. {high:.4f}), "
              f"{their_unit:.4f} s there")
        print_table(["program", f"{system.name} cold ms", "steady ms", "reference ms, scaled",
                     "times faster, cold", "steady", "peak MB", "its peak MB"], rows)
    return failures


def choose_systems(options, ours):
    """Ours first, then the peers that can be built here, then what the user named."""
    systems = []
    for name in options.systems.split(","):
        if name == "palladium":
            systems.append(ours)
        elif name in ("interpreter", "template"):
            template = [*ours.template, f"--tier={name}"]
            systems.append(SireSystem(name, template, ours.folder, options.module))
        elif name == "C" and c_compiler():
            systems.append(Peer("C", ".c", options.tools))
        elif name in ("Int", "Integer"):
            if shutil.which("ghc"):
                systems.append(Peer(name, ".hs", options.tools, name))
        elif name != "C":
            raise SystemExit(f"no such system: {name}; "
                             "there are palladium, interpreter, template, C, Int, Integer")
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
    add("--systems", default="palladium,C,Int,Integer",
        help="which, first the one judged; also interpreter and template: ours without more")
    add("--system", action="append", default=[], metavar="NAME=COMMAND",
        help="another system that runs Sire modules; {module}, {file}, {n} are filled in")
    add("--reference", type=Path, help="a reference.tsv with its programs beside it")
    add("--json", type=Path, help="append one line of JSON per result to this file")
    add("--clock", default="wall", choices=["wall", "cpu"], help="cpu is for a busy machine")
    add("--seconds-max", type=int, default=120, help="a run that takes longer has failed")
    add("--keep-code", action="store_true",
        help="leave the code cache to later rounds, so that a cold run finds its native code there")
    add("--tools", type=Path, default=ROOT / "build/bench", help="where peers are built")
    add("--check", action="store_true", help="tiny, once, no table: exit 1 if a result is wrong")
    options = parser.parse_args()
    options.binary = str(Path(options.binary).resolve())  # Programs run in folders of their own.
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
        runner = Runner(options.tools, scratch, options.seconds_max, options.keep_code)
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

        meter = Meter(runner, empty, options.size, options.clock)
        if options.reference:
            failures = compare_with_reference(options, ours, meter, emit, new_folder)
        else:
            systems = choose_systems(options, ours)
            if not systems:
                raise SystemExit("none of these systems is installed")
            if options.check:
                failures = check([empty, *programs], systems, options, runner)
            else:
                failures = compare(programs, systems, options, meter, emit)
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
