# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sits in front of a program: check_interactive.py <program of storyteller>."""

import os
import pty
import re
import select
import subprocess
import sys
import time


class Terminal:
    """A program that believes to have somebody in front of it."""

    def __init__(self, *command: str) -> None:
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.execv(command[0], command)
        self.seen = ""

    def read(self, pattern: str) -> str:
        """Reads until the pattern comes; gives what came up to its end."""
        end = time.monotonic() + 30
        while not (match := re.search(pattern, self.seen)):
            left = end - time.monotonic()
            assert left > 0, (pattern, self.seen)
            if select.select([self.master], [], [], left)[0]:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    data = b""
                assert data, (pattern, self.seen)
                self.seen += data.decode(errors="replace")
        text, self.seen = self.seen[:match.end()], self.seen[match.end():]
        return text

    def write(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def check_stop(terminal: Terminal) -> bool:
    """Stops an answer; false if it came to its end before."""
    terminal.write("Once upon a time\n")
    terminal.read(r"Once upon a time\r\n.")
    terminal.write("\x03")
    rest = terminal.read(r"answer: \d+ tokens[^\n]*\n")
    terminal.read("> ")
    terminal.write("/reset\n")
    terminal.read("> ")
    return "(stopped)" in rest


def main() -> None:
    # No prompt and a terminal: that is what it does.
    terminal = Terminal(sys.argv[1], "--threads=1", "-n", "480")
    terminal.read("/help lists what there is\r\n> ")
    assert any([check_stop(terminal) for _ in range(5)])
    # The program goes on, also after Ctrl-C without an answer.
    terminal.write("\x03")
    terminal.read(r"\(Ctrl-D ends\)\r\n> ")
    terminal.write("The king\n")
    terminal.read(r"prompt: (\d) of \1 tokens")
    terminal.read("> ")
    # A line that goes on.
    terminal.write("/reset\n")
    terminal.read("> ")
    terminal.write("The\\\n")
    terminal.read(r"\. ")
    terminal.write("king\n")
    terminal.read(r"prompt: (\d) of \1 tokens")
    terminal.read("> ")
    terminal.write("\x04")
    assert terminal.wait() == 0
    terminal = Terminal(sys.argv[1], "-i", "-p", "The king", "-n", "2")
    terminal.read("answer: 2 tokens[^>]*> ")
    terminal.write("/exit\n")
    assert terminal.wait() == 0
    # Standard input that is no terminal is read only if it is asked for.
    subprocess.run([sys.argv[1], "-n", "1"], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


main()
