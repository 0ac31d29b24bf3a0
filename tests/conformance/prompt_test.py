#!/usr/bin/env python3
# tests/conformance/prompt_test.py: runs the program as people do: commands, pipes and a terminal.
#
#   prompt_test.py PALLADIUM

import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv[1])
PATIENCE_S = 60


class Folder(unittest.TestCase):
    """Works in a folder of its own, with modules in `sire`."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        (self.folder / "sire").mkdir()
        self.environment = dict(os.environ, HOME=str(self.folder), NO_COLOR="1", TERM="xterm")
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            self.environment.pop(name, None)
        self.write("one", "#### one\n\n= a 1\n= (f x)\n| 3 x\n")
        self.write("two", "#### two <- one\n\n:| one\n\n= main (f a)\n\n=?= 2 main\n")

    def tearDown(self):
        self.temporary.cleanup()

    def write(self, module, text):
        (self.folder / "sire" / f"{module}.sire").write_text(text)

    def run_program(self, *words, text="", program=PROGRAM):
        return subprocess.run([program, *words], cwd=self.folder, env=self.environment, input=text,
                              capture_output=True, text=True, timeout=PATIENCE_S)


class Commands(Folder):
    def test_modules_print_what_they_bind_and_assert(self):
        result = self.run_program("sire", "--no-cache", "two")
        self.assertTrue(result.stdout.startswith(
            "a=1\n\n(f a)=(3 a)\n\nmain=2\n\n=?= 2 main\n\n"), result.stdout)
        self.assertEqual(result.returncode, 0)

    def test_quiet_shows_the_prompt_only(self):
        result = self.run_program("sire", "--quiet", "two", text="a\n")
        self.assertEqual(result.stdout.count("="), "==== Sire REPL ====".count("="))
        self.assertTrue(result.stdout.endswith("\n1\n\n"), result.stdout)

    def test_a_failed_assertion_shows_both_sides_and_the_place(self):
        self.write("bad", "#### bad\n\n=?= 5\n  | 3 3\n")
        result = self.run_program("sire", "bad")
        self.assertEqual(result.returncode, 2)
        self.assertIn("ASSERTION FAILURE", result.stdout)
        self.assertRegex(result.stdout, r"=\?=\n *\* 5\n *\* 4\n")
        self.assertTrue(result.stderr.startswith("./sire/bad.sire:3:1: ASSERTION FAILURE\n"
                                                 "    =?= 5\n    ^^^"), result.stderr)

    def test_an_unknown_name_is_marked_in_its_line(self):
        self.write("bad", "#### bad\n\n= (f x)\n| g x\n")
        result = self.run_program("sire", "bad")
        self.assertEqual(result.stderr, "./sire/bad.sire:4:3: Unresolved symbol: g\n"
                                        "    | g x\n      ^\n")

    def test_broken_rex_is_reported_with_its_line(self):
        self.write("bad", "#### bad\n\n= a (1\n")
        result = self.run_program("sire", "bad")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "\n\n./sire/bad.sire:3:5 error:\n\n"
                                        "    unterminated nesting\n\n\t= a (1\n\t    ^^\n\n\n")

    def test_save_show_and_repl_agree(self):
        # A seed program that puts its input out and goes on as it is.
        self.write("echo", "#### echo\n\n= (main input)\n| 0 0 3 0 main input\n")
        self.assertEqual(self.run_program("save", "--quiet", "echo.seed", "echo").returncode, 0)
        shown = self.run_program("show", "echo.seed")
        self.assertEqual(shown.stdout, "main\n(main a)=(0!0!3 0 main a)\n\n")
        result = self.run_program("repl", "echo.seed", "--save", "out", text="x" * 200 + "\n")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual((self.folder / "out").read_text(), "x" * 200 + "\n")

    def test_a_module_may_declare_another_name_than_its_file_has(self):
        self.write("file", "#### declared\n\n= a 5\n")
        for _ in range(2):  # the second time from the cache
            result = self.run_program("sire", "--quiet", "file", text="a\n")
            self.assertEqual(result.returncode, 0, result.stdout)
            self.assertTrue(result.stdout.endswith("\n5\n\n"), result.stdout)

    def test_save_needs_main(self):
        result = self.run_program("save", "out.seed", "one")
        self.assertEqual(result.returncode, 1)
        self.assertIn("No `main` defined in this file", result.stderr)

    def test_a_seed_program_must_return_a_pair(self):
        self.write("bad", "#### bad\n\n= (main x)\n| 7\n")
        self.run_program("save", "--quiet", "bad.seed", "bad")
        result = self.run_program("repl", "bad.seed", text="a")
        self.assertEqual((result.returncode, result.stdout), (1, "7\n\n"))
        self.assertIn("bad noun", result.stderr)

    def test_a_crash_of_a_seed_program_is_told_in_a_sentence(self):
        self.write("bad", "#### bad\n\n= (main x)\n| {oops} 7\n")
        self.run_program("save", "--quiet", "bad.seed", "bad")
        result = self.run_program("repl", "bad.seed", text="a")
        self.assertEqual(result.returncode, 1)
        self.assertIn("crashed by calling the number", result.stderr)

    def test_profiles_are_for_later(self):
        result = self.run_program("sire", "--bare", "-p", "out.json", "-P", text="3\n")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stdout.endswith("\n3\n\n"))
        self.assertIn("profiles are not written yet (-p)", result.stderr)
        silent = self.run_program("sire", "--bare", "-p", "", text="3\n")
        self.assertEqual((silent.returncode, silent.stderr), (0, ""))

    def test_machines_are_for_later(self):
        result = self.run_program("start", "store")
        self.assertEqual(result.returncode, 1)
        self.assertIn("not available yet", result.stderr)

    def test_errors_name_the_file(self):
        for words in (["sire", "a/b"], ["sire", "nowhere"], ["show", "nowhere"]):
            result = self.run_program(*words)
            self.assertEqual(result.returncode, 1)
            self.assertIn(words[1], result.stderr)

    def test_facts_count_and_hash_what_modules_leave(self):
        result = self.run_program("sire", "--facts", "two")
        rows = [line.split("\t") for line in result.stdout.splitlines()]
        facts = [row[:2] + row[4:] for row in rows]
        self.assertEqual(facts, [["one", "3", "2"], ["two", "4", "3"]])
        self.assertTrue(all(re.fullmatch("[1-9A-Za-z]{40,44}", hash) for row in rows
                            for hash in row[2:4]))

    def test_the_name_pallas_begins_bare(self):
        link = self.folder / "pallas"
        link.symlink_to(PROGRAM)
        result = self.run_program("sire", text="3\n", program=str(link))
        self.assertTrue(result.stdout.endswith("}\n\n\n3\n\n"), result.stdout)
        help_text = self.run_program("sire", "--help", program=str(link)).stdout
        self.assertTrue(help_text.startswith("Usage: pallas sire "), help_text)


class Pipes(Folder):
    def test_the_prompt_goes_on_after_errors(self):
        result = self.run_program("sire", "--bare", text="= a 1\n\nb\n\n(\n\na\n")
        self.assertIn("Unresolved symbol: b", result.stdout)
        self.assertIn("REPL:5:1 error:", result.stderr)
        self.assertTrue(result.stdout.endswith("\n1\n\n"), result.stdout)
        self.assertEqual(result.returncode, 0)

    def test_the_last_line_needs_no_end(self):
        self.assertTrue(self.run_program("sire", "--bare", text="= a\n| 3 4").stdout
                        .endswith("\na=5\n\n"))

    def test_a_heap_limit_ends_an_evaluation_and_not_the_prompt(self):
        grow = "= (grow x)\n| grow (0 x x)\n\n= (deep x)\n| 3 (deep x)\n\n| deep 1\n\n7\n"
        result = self.run_program("sire", "--bare", "--heap", "64M", text=grow)
        self.assertIn("out of memory", result.stderr)
        self.assertTrue(result.stdout.endswith("\n7\n\n"), result.stdout)


class Terminal(Folder):
    def setUp(self):
        super().setUp()
        self.child, self.descriptor = pty.fork()
        if self.child == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, ["palladium", "sire", "--quiet", "two"], self.environment)
        self.seen = ""

    def tearDown(self):
        if self.child is not None:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self.descriptor)
        super().tearDown()

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def expect(self, pattern):
        """Waits until the output since the last match has the pattern."""
        end = time.monotonic() + PATIENCE_S
        while not (match := re.search(pattern, self.seen)):
            left = end - time.monotonic()
            ready, _, _ = select.select([self.descriptor], [], [], max(0, left))
            self.assertTrue(ready, f"{pattern!r} did not come: {self.seen!r}")
            try:
                self.seen += os.read(self.descriptor, 65536).decode(errors="replace")
            except OSError:
                self.fail(f"the program ended without {pattern!r}: {self.seen!r}")
        self.seen = self.seen[match.end():]

    def expect_prompt(self):
        """Waits until a line is being edited: the prompt comes a little before."""
        self.expect("sire ")
        end = time.monotonic() + PATIENCE_S
        while termios.tcgetattr(self.descriptor)[3] & termios.ICANON:
            self.assertLess(time.monotonic(), end, "the terminal stays in its usual mode")
            time.sleep(0.001)

    def leave(self):
        self.type("\x04")
        end = time.monotonic() + PATIENCE_S
        while True:  # until the program closes its side
            ready, _, _ = select.select([self.descriptor], [], [], max(0, end - time.monotonic()))
            self.assertTrue(ready, "Ctrl-D did not end the program")
            try:
                if not os.read(self.descriptor, 65536):
                    break
            except OSError:
                break
        _, status = os.waitpid(self.child, 0)
        self.child = None
        return os.waitstatus_to_exitcode(status)

    def test_lines_are_edited_and_evaluated(self):
        self.expect_prompt()
        self.type("(f 40)\x1b[D\x7f1\r")  # left over `)`, erase the 0, type 1
        self.expect("42")
        self.expect_prompt()
        self.assertEqual(self.leave(), 0)

    def test_blocks_take_lines_until_an_empty_one(self):
        self.expect_prompt()
        self.type("= (g x)\r")
        self.expect(r" \.\.\. ")
        self.type("| f (f x)\r\r")
        self.expect(r"\(g a\)=\(f f-a\)")
        self.type("(g 5)\r")
        self.expect("7")

    def test_an_end_of_input_typed_ahead_is_kept(self):
        self.expect_prompt()
        self.type("= (count x)\r| count x\r\r")
        self.expect(r"\(count a\)=\(count a\)")
        self.type("(count 1)\r")
        self.expect(r"\(count 1\)\r*\n")
        self.type("\x03")
        self.assertEqual(self.leave(), 0)

    def test_names_are_completed(self):
        self.expect_prompt()
        self.type("= applesauce 1234\r\r")
        self.expect("applesauce=1234")
        self.type("appl\t\r")
        self.expect("esauce[^=]*1234")

    def test_the_line_before_comes_back(self):
        self.expect_prompt()
        self.type("(f 1999)\r")
        self.expect("2000")
        self.expect_prompt()
        self.type("\x1b[A\r")
        self.expect("2000")

    def test_history_is_kept_between_sessions(self):
        self.expect_prompt()
        self.type("(f 1234)\r")
        self.expect("1235")
        self.expect_prompt()
        self.assertEqual(self.leave(), 0)
        history = self.folder / ".local/state/palladium/history"
        self.assertIn("1234", history.read_text())

    def test_interrupt_drops_what_was_typed(self):
        self.expect_prompt()
        self.type("= broken")
        self.expect("broken")
        self.type("\x03")
        self.expect(r"\^C")
        self.expect_prompt()
        self.type("(f 6)\r")
        self.expect("7")

    def test_interrupt_stops_an_evaluation(self):
        self.expect_prompt()
        self.type("= (loop x)\r| loop x\r\r")
        self.expect(r"\(loop a\)=\(loop a\)")
        self.type("(loop 1)\r")
        time.sleep(0.3)  # it runs for ever; nothing tells when it has begun
        self.type("\x03")
        self.expect("interrupted")
        self.type("(f 8)\r")
        self.expect("9")

    def test_interrupt_stops_a_value_that_is_printed_without_end(self):
        self.expect_prompt()
        self.type("= (twice x)\r| 0 x x\r\r")
        self.expect(r"\(twice a\)=\(0 a a\)")
        levels = 50
        self.type("(twice " * levels + "1" + ")" * levels + "\r")
        self.expect(r"\)\r*\n")
        time.sleep(0.3)  # the text has 2^50 words, but for the limit of some millions
        self.type("\x03")
        self.expect("printing was interrupted")
        self.assertNotIn("0 1 1", self.seen)
        self.type("(f 8)\r")
        self.expect("9")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
