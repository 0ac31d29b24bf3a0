#!/usr/bin/env python3
# tests/robustness/hostile_test.py: the program among mistakes, damage and other programs.
#
#   hostile_test.py PALLADIUM
#
# Whatever happens, it says what is wrong, leaves files whole and, at a prompt, goes on. Sizes are
# such that the tests take seconds; PLAN_SIZE=10 makes inputs ten times as large.

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv.pop(1))
SIZE = int(os.environ.get("PLAN_SIZE", "1"))
PATIENCE_S = 120 * SIZE
EXIT_ERROR = 1

MODULES = {
    "one": "#### one\n\n= a 1\n= (f x)\n| 3 x\n",
    "two": "#### two <- one\n\n:| one\n\n= b (f a)\n",
    "three": "#### three <- two\n\n:| two\n\n= main (f b)\n\n=?= 3 main\n",
}


class Folder(unittest.TestCase):
    """Works in a folder of its own, with three modules and a folder for the cache."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        (self.folder / "sire").mkdir()
        for name, text in MODULES.items():
            (self.folder / "sire" / f"{name}.sire").write_text(text)
        self.cache = self.folder / "cache"
        self.environment = dict(os.environ, HOME=str(self.folder), NO_COLOR="1")
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            self.environment.pop(name, None)

    def start(self, *words, **more):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE} | more
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, env=self.environment, **options)

    def run_program(self, *words, text=b"", **more):
        with self.start(*words, **{"stdin": subprocess.PIPE, **more}) as process:
            try:
                out, err = process.communicate(text, timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                self.fail(f"{words} did not end")
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def expect_error(self, result, *words):
        """It ended with an error, in a line or two, that has the words."""
        self.assertEqual(result.returncode, EXIT_ERROR, result.stderr)
        for word in words:
            self.assertIn(word.encode(), result.stderr)
        self.assertLess(result.stderr.count(b"\n"), 3, result.stderr)

    def prompt(self, text, *words):
        """Feeds a prompt, which must go on with the line after the text."""
        result = self.run_program("sire", "--bare", *words, text=text + b"\n\n\n= alive 4321\n")
        self.assertEqual(result.returncode, 0, result.stderr[-500:])
        self.assertTrue(result.stdout.endswith(b"\nalive=4321\n\n"), result.stdout[-500:])
        return result


class Mistakes(Folder):
    def test_a_command_that_is_none(self):
        result = self.run_program("sirre")
        self.assertEqual((result.returncode, result.stdout), (EXIT_ERROR, b""))
        self.assertTrue(result.stderr.startswith(b"Invalid argument `sirre'\n"))

    def test_an_option_that_is_none_or_has_no_sense(self):
        for words in (["--heep", "4G"], ["--heap", "4X"], ["--heap", "9" * 40], ["--jets=maybe"],
                      ["--heap"], ["-Z"]):
            result = self.run_program("sire", *words)
            self.assertEqual((result.returncode, result.stdout), (EXIT_ERROR, b""), words)
            self.assertIn(words[0][:2].encode(), result.stderr.split(b"\n")[0])

    def test_a_law_to_be_shown_that_is_none(self):
        for option in ("--dump-ir", "--dump-asm"):
            result = self.run_program("sire", "--bare", option, "nosuchlaw", text=b"= x 3\n")
            self.assertEqual(result.returncode, 0)
            self.assertIn(option.encode(), result.stderr)
            self.assertIn(b"nosuchlaw", result.stderr)

    def test_files_that_are_not_there(self):
        self.expect_error(self.run_program("sire", "nowhere"), "nowhere")
        for command in ("show", "repl"):
            self.expect_error(self.run_program(command, "gone.seed"), "gone.seed",
                              "No such file or directory")
        self.expect_error(self.run_program("save", "--quiet", "no/where", "three"), "no/where")

    def test_folders_instead_of_files(self):
        (self.folder / "sire" / "folder.sire").mkdir()
        self.expect_error(self.run_program("sire", "folder"), "folder.sire", "Is a directory")
        for command in ("show", "repl"):
            self.expect_error(self.run_program(command, "sire"), "sire", "Is a directory")
        self.expect_error(self.run_program("save", "--quiet", "sire", "three"), "Is a directory")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_files_that_may_not_be_read(self):
        (self.folder / "sire" / "one.sire").chmod(0)
        self.expect_error(self.run_program("sire", "one"), "one.sire", "Permission denied")

    def test_files_that_are_too_large_to_read(self):
        with open(self.folder / "sire" / "huge.sire", "wb") as file:
            file.truncate(5 << 30)  # takes no room on the disk
        self.expect_error(self.run_program("show", "sire/huge.sire"), "huge", "File too large")
        self.expect_error(self.run_program("sire", "huge"), "huge.sire", "File too large")

    def test_files_that_are_no_seeds(self):
        for text in (b"", b"x", os.urandom(5000), b"\xff" * 5000, b"\0" * 5000):
            (self.folder / "bad").write_bytes(text)
            for command in ("show", "repl"):
                result = self.run_program(command, "bad")
                if result.returncode != 0:  # zeros are a seed
                    self.expect_error(result, "bad: ")

    def test_modules_that_are_no_text(self):
        for text in (b"\0", b"\xff\xfe", b"\xef\xbb\xbf#### x\n",
                     random.Random(1).randbytes(10_000)):
            (self.folder / "sire" / "bad.sire").write_bytes(text)
            result = self.run_program("sire", "--no-cache", "bad")
            self.assertIn(result.returncode, (1, 2))
            self.assertIn(b"bad.sire:", result.stderr, text[:20])


class Output(Folder):
    def test_that_cannot_be_written_is_an_error(self):
        for words in (["sire", "--bare"], ["sire", "--help"], ["sire", "three"],
                      ["sire", "--facts", "three"]):
            with open("/dev/full", "wb") as full:
                result = self.run_program(*words, stdout=full)
            self.assertEqual(result.returncode, EXIT_ERROR, words)
            if "--help" not in words:
                self.assertIn(b"cannot write to standard output: No space left", result.stderr)

    def test_nobody_reads_ends_the_program_silently(self):
        process = self.start("sire", "--bare", stdin=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        _, err = process.communicate(b"= a 1\n\n" * 20_000, timeout=PATIENCE_S)
        self.assertEqual(process.returncode, -signal.SIGPIPE)
        self.assertEqual(err, b"")

    def test_is_closed(self):
        result = self.run_program("sire", "--cache-dir", str(self.cache), "three",
                                  preexec_fn=lambda: os.close(1))
        self.expect_error(result, "cannot write to standard output: Bad file descriptor")
        # The numbers of closed descriptors did not go to the files of the cache.
        again = self.run_program("sire", "--cache-dir", str(self.cache), "three", text=b"main\n")
        self.assertTrue(again.stdout.endswith(b"\n3\n\n"))

    def test_input_and_errors_are_closed(self):
        self.assertEqual(self.run_program("sire", "--bare", stdin=subprocess.DEVNULL,
                                          preexec_fn=lambda: os.close(0)).returncode, 0)
        result = self.run_program("sire", "--bare", text=b"(\n\n3\n",
                                  preexec_fn=lambda: os.close(2))
        self.assertTrue(result.stdout.endswith(b"\n3\n\n"))

    def test_goes_through_links_and_pipes(self):
        (self.folder / "link").symlink_to(self.folder / "target")
        (self.folder / "target").write_bytes(b"old")
        self.assertEqual(self.run_program("save", "--quiet", "link", "three").returncode, 0)
        self.assertTrue((self.folder / "link").is_symlink())
        seed = (self.folder / "target").read_bytes()
        piped = self.run_program("save", "--quiet", "/dev/stdout", "three")
        self.assertEqual(piped.stdout, seed)


class AddressSpace(Folder):
    def test_too_little_is_an_error(self):
        # For nothing; for the heap, and not for the stack, which is reserved after it; for those.
        for gibibytes in (1, 5000, 5376 + 4):
            limit = gibibytes << 30
            result = self.run_program("sire", preexec_fn=lambda limit=limit: resource.setrlimit(
                resource.RLIMIT_AS, (limit, limit)))
            if b"Sanitizer" in result.stderr:
                self.skipTest("a sanitizer needs more itself")
            with self.subTest(gibibytes=gibibytes):
                self.expect_error(result, "GiB of address space")


def small_files():
    """From here on files end after this many bytes, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))


class FullDisk(Folder):
    def test_an_old_seed_stays_whole(self):
        (self.folder / "out.seed").write_bytes(b"precious")
        result = self.run_program("save", "--quiet", "--no-cache", "out.seed", "three",
                                  preexec_fn=small_files)
        self.expect_error(result, "out.seed")
        self.assertEqual((self.folder / "out.seed").read_bytes(), b"precious")
        self.assertEqual({f.name for f in self.folder.iterdir()}, {"out.seed", "sire"})

    def test_a_cache_is_done_without(self):
        for _ in range(2):
            result = self.run_program("sire", "--cache-dir", str(self.cache), "three",
                                      text=b"main\n", preexec_fn=small_files)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertTrue(result.stdout.endswith(b"\n3\n\n"))
        self.assertEqual(list(self.cache.iterdir()), [])


class Cache(Folder):
    WORDS = ("sire", "--quiet", "--cache-dir", "cache", "three")
    TEXT = b"main\n\n(. one f)\n\n= (g x)\n| f (f x)\n\n(g b)\n"

    def setUp(self):
        super().setUp()
        self.expected = self.run_program("sire", "--quiet", "--no-cache", "three",
                                         text=self.TEXT).stdout
        self.assertTrue(self.expected.endswith(b"\n4\n\n"))

    def expect_same(self):
        result = self.run_program(*self.WORDS, text=self.TEXT)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(result.stdout, self.expected)

    def files(self):
        return sorted(self.cache.iterdir())

    def test_that_is_damaged_is_done_without(self):
        self.expect_same()
        source = random.Random(1)
        files = self.files()
        self.assertEqual(len(files), len(MODULES))
        for path in files:
            whole = path.read_bytes()
            for _ in range(12):
                path.write_bytes(whole[:source.randrange(len(whole))])
                self.expect_same()
            for _ in range(20):
                # Heads are short, so half of the damage is done there.
                end = len(whole) if source.random() < 0.5 else 112
                damaged = bytearray(whole)
                damaged[source.randrange(end)] ^= 1 << source.randrange(8)
                path.write_bytes(damaged)
                self.expect_same()
            path.write_bytes(whole + b"\0")
            self.expect_same()
            path.write_bytes(whole)
        self.expect_same()

    def test_whose_files_are_something_else(self):
        self.expect_same()
        for path in self.files():
            path.unlink()
            os.mkfifo(path)
            self.expect_same()
            path.unlink()
            path.mkdir()
            self.expect_same()
            path.rmdir()
            path.symlink_to(path)
            self.expect_same()
            path.unlink(missing_ok=True)
            path.write_bytes(os.urandom(10_000))
            self.expect_same()

    def test_whose_files_have_each_others_names(self):
        self.expect_same()
        contents = [path.read_bytes() for path in self.files()]
        for turn in range(len(contents)):
            for path, content in zip(self.files(), contents[turn:] + contents[:turn]):
                path.write_bytes(content)
            self.expect_same()

    def test_serves_many_programs_at_once(self):
        results = []
        threads = [threading.Thread(target=lambda: results.append(
            self.run_program(*self.WORDS, text=self.TEXT))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([r.stdout for r in results], [self.expected] * 6)
        self.expect_same()

    def test_survives_programs_that_are_killed(self):
        source = random.Random(1)
        for _ in range(25):
            # Each round has a text of its own, so there is always something to write.
            salt = source.randrange(10**9)
            (self.folder / "sire" / "one.sire").write_text(MODULES["one"] + f"\n= salt {salt}\n")
            process = self.start(*self.WORDS)
            try:
                process.wait(timeout=source.random() * 0.05)
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
            self.expect_same()


class Input(Folder):
    def test_that_cannot_be_read_is_an_error(self):
        self.run_program("save", "--quiet", "three.seed", "three")
        folder = os.open(self.folder, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        for words in (["sire", "--bare"], ["repl", "three.seed"]):
            self.expect_error(self.run_program(*words, stdin=folder),
                              "cannot read standard input: Is a directory")

    def test_a_line_without_end(self):
        result = self.prompt(b"a" * (30_000_000 * SIZE))
        self.assertIn(b"block too large", result.stderr)
        self.assertLess(len(result.stderr), 5000)

    def test_errors_in_long_lines_show_a_part_of_them(self):
        result = self.prompt(b"(0 1)" * 100_000 + b" ) " + b"(0 1)" * 100_000)
        self.assertIn(b"Unexpected: ')'", result.stderr)
        self.assertIn(b"REPL:1:500002 error", result.stderr)
        self.assertLess(len(result.stderr), 5000)
        result = self.prompt(b"= x (0 " + b"1 " * 100_000 + b"missing)")
        self.assertIn(b"Unresolved symbol: missing", result.stderr)
        self.assertLess(len(result.stderr), 5000)

    def test_endless_texts_comments_and_spaces(self):
        size = 20_000_000 * SIZE
        for text in (b"{" + b"a" * size + b"}", b";" * size, b" " * size, b'"' * size,
                     b"\n" * (size // 10)):
            self.prompt(text)

    def test_nesting_without_end(self):
        depth = 1_000_000
        for text in (b"(" * depth + b"3" + b")" * depth, b"(" * depth, b")" * depth,
                     b"[" * depth + b"]" * depth, b"(0 " * depth + b"1" + b")" * depth,
                     b"3" + b"-3" * depth, b"3" + b"(3)" * depth, b"- " * depth + b"3",
                     b"{" * depth + b"}" * depth, b"{" * depth):
            self.prompt(text)

    def test_expressions_deeper_than_can_be_compiled(self):
        for depth in (9_000, 100_000):
            self.prompt(b"= a " + b"(0 " * depth + b"1" + b")" * depth)
            self.prompt(b"= (f x)\n" + b"".join(b"@ y%d x\n" % i for i in range(depth)) + b"x")

    def test_bytes_that_are_no_text(self):
        for seed in range(5):
            self.prompt(random.Random(seed).randbytes(200_000 * SIZE))
        self.prompt(bytes(range(256)) * 100)

    def test_zeros(self):
        result = self.prompt(b"= a {x\0y}\n\n\0\0\0\n\n= b 7 \0 what is behind a zero is lost")
        self.assertIn(b"a=7929976", result.stdout)
        self.assertIn(b"b=7\n", result.stdout)

    def test_line_ends_of_other_systems_are_named(self):
        result = self.prompt(b"= a 1\r\n\r\n= (f x)\r\n| 3 x\r\n\r\n")
        self.assertIn(b"Unexpected: '\\r'", result.stderr)

    def test_seed_programs_get_any_input(self):
        (self.folder / "sire" / "echo.sire").write_text(
            "#### echo\n\n= (main input)\n| 0 0 3 0 main input\n")
        self.run_program("save", "--quiet", "echo.seed", "echo")
        text = random.Random(1).randbytes(20_000)
        result = self.run_program("repl", "echo.seed", "--save", "out", text=text)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.folder / "out").read_bytes(), text)


class Sharing(Folder):
    def test_equal_values_are_compared_in_the_time_of_their_parts(self):
        self.prompt(b"= (go n x)\n| 2 x (m & go m (0 x x)) n\n\n=?= (go 60 7) (go 60 7)")

    def test_functions_that_double_when_they_expand(self):
        texts = [b"= (**f0 x) (0 x (0 x))"]
        texts += [b"= (**f%d x) (0 (f%d 1) (f%d x))" % (i, i - 1, i - 1) for i in range(1, 12)]
        self.prompt(b"\n\n".join(texts) + b"\n\n= (y a)\n| f11 a")
        result = self.prompt(b"= (**d x) (x x)\n\n= (e y)\n| d d")
        self.assertIn(b"inlining nests too deeply", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
