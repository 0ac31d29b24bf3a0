#!/usr/bin/env python3
# tools/tidy.py: checks the rules of style that a machine can check; runs as the test `tidy`.
#
#   tools/tidy.py                    check the whole tree: complaints on stdout, exit code 1 if any
#   tools/tidy.py --root DIR         check another tree
#   tools/tidy.py --lower-ratchet    rewrite tools/tidy_ratchet.tsv: only lower or drop its entries
#
# Each rule is one function that yields complaints (path, line, text), listed in RULES at the end.
# Functions longer than FUNCTION_LINES_MAX that existed when the rule came stand in the ratchet file
# with their length: they may shrink, not grow, and no new one may join them unless a person writes
# it in there and says why in the commit.

import argparse
import ast
import os
import re
import sys
from pathlib import Path

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
HEADER_LINES_MAX = 60
RATCHET = "tools/tidy_ratchet.tsv"

# Which folders a folder may include, besides itself. See the layers in doc/architecture.md.
ARROWS = {
    "base": set(),
    "value": {"base"},
    "gc": {"base", "value"},
    "vm": {"base", "value", "gc"},
    "jit": {"base", "value", "gc", "vm"},
    "sire": {"base", "value", "gc", "vm"},
    "persist": {"base", "value", "gc"},
    "machine": {"base", "value", "gc", "vm", "jit", "sire", "persist"},
}
EVERYTHING = set(ARROWS) | {"tools", "tests", "bench"}
ARROWS |= {"tools": EVERYTHING, "tests": EVERYTHING, "bench": EVERYTHING}

SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}
COMMENT = {".h": "//", ".cc": "//", ".def": "//", ".c": "//", ".hs": "--", ".sire": ";",
           ".py": "#", ".sh": "#", ".cmake": "#"}
CPP = (".h", ".cc", ".def")

# Pattern, where it is allowed (a path prefix), what to do instead. Matched in C++ without comments
# and strings.
BANNED = [
    (r"\bstd::function\b", None, "a template parameter, or a function pointer with a context"),
    (r"\bstd::(shared_ptr|make_shared|weak_ptr)\b", None, "one owner, and unique_ptr"),
    (r"#\s*include\s*<(iostream|fstream|sstream|ostream|istream|iomanip)>", None, "base/file.h"),
    (r"#\s*include\s*<(format|expected|regex|coroutine|ranges)>", None, "see the style guide, 4"),
    (r"\bdynamic_cast\s*<", None, "a kind and a switch"),
    (r"\bthread_local\b", "base/mapped_file.cc", "a member of the evaluator"),
    (r"(?<![\w.>])(?:::)?(mmap|munmap|mprotect|madvise|mremap)\s*\(", "base/",
     "base/memory_map.h: only base calls the operating system"),
    (r"\b(throw|catch|try)\b", "tools/cli", "Result<T>: exceptions are off"),
    (r"(?<![\w.>])(?:std::)?(abort|assert|_Exit)\s*\(", "base/check", "a macro of base/check.h"),
    (r"\b(clang::)?(musttail|preserve_none)\b", "vm/dispatch.h", "the macros of vm/dispatch.h"),
    (r'#\s*include\s*[<"]llvm(-c)?/', ("jit/", "base/hash.cc"), "only jit includes LLVM"),
]
BANNED_FILE_NAMES = {"util", "utils", "common", "misc", "helper", "helpers", "impl"}


class Tree:
    """The files under a root, read once."""

    def __init__(self, root):
        self.root = Path(root)
        self.texts = {}
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
            for name in sorted(names):
                path = Path(folder, name)
                if path.suffix in COMMENT or name == "CMakeLists.txt":
                    self.texts[path.relative_to(self.root).as_posix()] = path.read_text("utf-8")
        self.plain = {p: strip_cpp(t) for p, t in self.texts.items() if p.endswith(CPP)}

    def files(self, *suffixes):
        return ((p, t) for p, t in self.texts.items() if p.endswith(suffixes))


def strip_cpp(text):
    """The text with comments, string and character contents blanked; the lines stay in place."""
    token = re.compile(
        r'//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/|R"([^()\\ \n]*)\(.*?\)\1"'
        r'|"(?:[^"\\\n]|\\.)*"|(?<![0-9a-fA-F])\'(?:[^\'\\\n]|\\.)+\'', re.S)

    def blank(match):
        found = match.group()
        kept = re.sub(r"[^\n]", " ", found)
        # An include's path is a string that the rules want to see.
        start = text.rfind("\n", 0, match.start()) + 1
        if found[0] == '"' and re.match(r"\s*#\s*include", text[start:match.start()]):
            return found
        return kept if found[0] == "/" else found[0] + kept[1:-1] + found[-1]

    return token.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def check_include_arrows(tree):
    """Includes go only along the arrows between layers, and name the folder."""
    for path, text in tree.plain.items():
        folder = path.split("/")[0]
        if folder not in ARROWS:
            yield path, 1, f"folder {folder} is in no layer; add it to ARROWS"
            continue
        for match in re.finditer(r'^\s*#\s*include\s*"([^"]+)"', text, re.M):
            target = match.group(1)
            line = line_of(text, match.start(1))
            if "/" not in target:
                yield path, line, f'"{target}": an include names its folder'
            elif target.split("/")[0] not in ARROWS[folder] | {folder}:
                yield path, line, f"{folder} may not include {target}"


def check_file_headers(tree):
    """A file begins with its own path and what it is; a C++ header has `#pragma once`."""
    for path, text in tree.files(*COMMENT):
        lines = text.split("\n")
        mark = COMMENT[Path(path).suffix]
        first = 1 if lines[0].startswith("#!") else 0
        if path.endswith(".sire"):
            first = next((i for i, l in enumerate(lines) if l.startswith(";")), first)
        if not re.match(re.escape(f"{mark} {path}: ") + r"\S", lines[first]):
            yield path, first + 1, f"the file must begin with `{mark} {path}: what it is`"
            continue
        length = next((i for i, l in enumerate(lines[first:]) if not l.startswith(mark)), 0)
        if length > HEADER_LINES_MAX:
            yield path, first + 1, f"a file header of {length} lines; {HEADER_LINES_MAX} are enough"
        if path.endswith(".h") and "\n#pragma once\n" not in text:
            yield path, 1, "no `#pragma once`"


def check_notes(tree):
    """Every reference to a Note finds it, in the file it names; every Note is referred to."""
    defined, referred = {}, []
    for path, text in tree.files(*COMMENT):
        mark = re.escape(COMMENT[Path(path).suffix])
        for match in re.finditer(rf"{mark}[^\n]*?\bNote \[([^\]\n]+)\]([^\n]*)", text):
            title, line = match.group(1), line_of(text, match.start())
            alone = re.fullmatch(rf"{mark}+\s*Note \[[^\]]+\]\s*[:.]?", match.group().strip())
            if alone:
                if title in defined:
                    yield path, line, f"Note [{title}] is also in {defined[title][0]}"
                defined[title] = (path, line)
                continue
            for part in re.finditer(r"\bNote \[([^\]\n]+)\]([^\n]*)", match.group()):
                place = re.match(r"\s+in\s+(this file|[\w./]+\.\w+)", part.group(2))
                referred.append((part.group(1), path, line, place and place.group(1)))
    for title, path, line, place in referred:
        if title not in defined:
            yield path, line, f"there is no Note [{title}]"
        elif place and defined[title][0] != (path if place == "this file" else place):
            yield path, line, f"Note [{title}] is in {defined[title][0]}, not in {place}"
    for title in set(defined) - {r[0] for r in referred}:
        yield *defined[title], f"nothing refers to Note [{title}]"


def check_columns(tree):
    for path, text in tree.texts.items():
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > COLUMNS_MAX:
                yield path, number, f"{len(line)} columns; {COLUMNS_MAX} is the limit"
            if "\t" in line or line.endswith((" ", "\r")):
                yield path, number, "a tab, or space at the end of the line"


def cpp_functions(text):
    """Yields (name, first line, lines that count) of the functions of stripped C++ text.

    By matching braces: a brace at file, namespace or class level opens a function if what stands
    before it has a parameter list. An exhaustive switch (no default) does not count.
    """
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                  text, flags=re.M)
    text = re.sub(r"^([ \t]*(?:public|private|protected)\s*):", r"\1;", text, flags=re.M)
    containers = [True]  # for each open brace: does it hold declarations?
    start = 0            # where the text before the next brace begins
    function = None
    for match in re.finditer(r"[{};]", text):
        before = text[start:match.start()].strip()
        if match.group() == ";":
            if containers[-1]:
                start = match.end()
        elif match.group() == "}":
            if len(containers) > 1:
                containers.pop()
            if function and len(containers) == function[2]:
                yield function_size(text, function[0], function[1], match.end())
                function = None
            if containers[-1] and not (function is None and initialiser(text[start:match.end()])):
                start = match.end()
        elif not containers[-1]:
            containers.append(False)
        elif re.search(r"\b(namespace|struct|class|union|enum|extern)\b[^()=]*$", before):
            containers.append(not re.search(r"\benum\b[^()=]*$", before))
            start = match.end()
        else:
            is_body = "(" in before and not initialiser(before + "{") and before[-1:] != "="
            if is_body and function is None:
                lead = len(text[start:match.start()]) - len(text[start:match.start()].lstrip())
                function = (before, start + lead, len(containers))
            containers.append(False)


def initialiser(text):
    """Is the last brace a member initialiser, as in `Foo(int a) : a_{a}`?"""
    before = text[:text.rfind("{")].rstrip()
    if not re.search(r"\)\s*(noexcept\s*)?:(?!:)", before):
        return False
    return bool(re.search(r"[,:]\s*\w+(<[^<>]*>)?$", before))


def function_size(text, signature, begin, end):
    names = re.findall(r"([\w:~]+|operator\s*[^\s(]+)\s*\(", signature)
    names = [n for n in names if n not in ("alignas", "decltype", "requires", "__attribute__")]
    body = text[begin:end]
    lines = body.count("\n") + 1
    for match in re.finditer(r"\bswitch\b", body):
        opened = body.find("{", match.end())
        depth, at = 0, opened
        while at >= 0 and at < len(body):
            depth += (body[at] == "{") - (body[at] == "}")
            if depth == 0:
                break
            at += 1
        if opened >= 0 and not re.search(r"\bdefault\s*:", body[opened:at]):
            lines -= body.count("\n", opened, at)
            body = body[:opened] + " " * (at - opened) + body[at:]
    return (names[0] if names else "?"), line_of(text, begin), lines


def long_functions(tree):
    """(path, name) -> (line, length) of every function over the limit."""
    found = {}
    for path, text in tree.plain.items():
        for name, line, lines in cpp_functions(text):
            if lines > FUNCTION_LINES_MAX:
                found[path, name] = (line, max(lines, found.get((path, name), (0, 0))[1]))
    for path, text in tree.files(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    found[path, node.name] = (node.lineno, lines)
    return found


def read_ratchet(tree):
    """(path, name) -> allowed length."""
    path = tree.root / RATCHET
    entries = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        if line and not line.startswith("#"):
            file, name, lines = line.split("\t")
            entries[file, name] = int(lines)
    return entries


def check_function_length(tree):
    """No function over the limit but those in the ratchet, and those no longer than there."""
    ratchet, found = read_ratchet(tree), long_functions(tree)
    for (path, name), (line, lines) in found.items():
        allowed = ratchet.get((path, name), FUNCTION_LINES_MAX)
        if lines > allowed:
            yield path, line, f"{name} has {lines} lines; {allowed} is its limit"
    for path, name in set(ratchet) - set(found):
        yield RATCHET, 1, f"{path} {name} is short or gone; run tools/tidy.py --lower-ratchet"


def lower_ratchet(tree):
    found, kept = long_functions(tree), []
    for key, allowed in sorted(read_ratchet(tree).items()):
        if key in found:
            kept.append("\t".join([*key, str(min(allowed, found[key][1]))]))
    head = ["# Functions longer than the limit, with the length they may not exceed: only lower.",
            "# file\tfunction\tlines"]
    (tree.root / RATCHET).write_text("\n".join(head + kept) + "\n", "utf-8")


def check_todos(tree):
    """A TODO names an issue; other marks of unfinished work do not land."""
    for path, text in tree.files(*COMMENT):
        if path.startswith("tools/tidy"):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(r"\bTODO\b(?!\(#\d+\): )", line):
                yield path, number, "write `TODO(#41): what`, with the number of an issue"
            if re.search(r"\b(FIXME|XXX|HACK)\b", line):
                yield path, number, "FIXME, XXX and HACK do not land; see the style guide, 3"


def check_banned_names(tree):
    for path, text in tree.plain.items():
        for pattern, allowed, instead in BANNED:
            if allowed and path.startswith(allowed):
                continue
            for match in re.finditer(pattern, text):
                yield path, line_of(text, match.start()), f"`{match.group()}`: use {instead}"
    for path in tree.texts:
        for part in Path(path).parts:
            if part.split(".")[0] in BANNED_FILE_NAMES:
                yield path, 1, f"`{part}` says nothing; name the concept"


def check_cmake_entries(tree):
    """Every C++ source stands in a CMake file of its folder or of one above."""
    lists = {}  # folder -> what its CMake files say
    for path, text in tree.files("CMakeLists.txt", ".cmake"):
        folder = Path(path).parent
        lists[folder] = lists.get(folder, "") + text
    for path, _ in tree.files(".cc"):
        name, stem = Path(path).name, Path(path).stem
        entries = {(folder, Path(path).relative_to(folder).as_posix())
                   for folder in Path(path).parents}
        named = any(re.search(rf"(?<![\w/.]){re.escape(entry)}(?![\w.])", lists.get(folder, ""))
                    for folder, entry in entries | {(Path(path).parent, stem)})
        if not named:
            yield path, 1, f"no CMake file here or above names {name}"


RULES = [check_include_arrows, check_file_headers, check_notes, check_columns,
         check_function_length, check_todos, check_banned_names, check_cmake_entries]


def main():
    parser = argparse.ArgumentParser(description="Checks the rules of style a machine can check.")
    parser.add_argument("--root", default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lower-ratchet", action="store_true")
    options = parser.parse_args()
    tree = Tree(options.root)
    if options.lower_ratchet:
        lower_ratchet(tree)
        return 0
    complaints = sorted({c for rule in RULES for c in rule(tree)})
    for path, line, text in complaints:
        print(f"{path}:{line}: {text}")
    print(f"tidy: {len(complaints)} complaints in {len(tree.texts)} files")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
