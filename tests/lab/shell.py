#!/usr/bin/env python3
"""Types at the shell of cgnctl through a pseudo-terminal; prints a line per check."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = 20


class Terminal:
    """A program on a terminal of so many rows and columns."""

    def __init__(self, argv, rows=24, columns=100, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, {**os.environ, "TERM": "vt100", **(env or {})})
        self.seen = ""
        self.resize(rows, columns)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        """Waits until the program itself echoes, else the terminal would do so too."""
        end = time.monotonic() + DEADLINE
        while termios.tcgetattr(self.fd)[3] & termios.ECHO:
            if time.monotonic() > end:
                raise AssertionError(f"nobody reads keys: {self.seen[-300:]!r}")
            self.read(0.01)
        os.write(self.fd, keys.encode())

    def read(self, seconds):
        """Whether something came; the end of the program counts as nothing."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)

    def expect(self, pattern):
        """Text up to the end of the pattern's first match, which is taken away."""
        end = time.monotonic() + DEADLINE
        while True:
            match = re.search(pattern, self.seen)
            if match:
                text, self.seen = self.seen[: match.end()], self.seen[match.end():]
                return text
            left = end - time.monotonic()
            if left <= 0 or not self.read(left):
                raise AssertionError(f"no {pattern!r} in {self.seen[-600:]!r}")

    def ask(self, line, prompt=r"cgnctl> "):
        """What is printed after a line until the next prompt."""
        self.type(line + "\n")
        self.expect(re.escape(line.split()[-1]) + r"\r*\n")
        return self.expect(prompt)[: -len("cgnctl> ")].replace("\r", "")

    def end(self):
        """The exit status, after the terminal has been hung up on if need be."""
        stop = time.monotonic() + DEADLINE
        while time.monotonic() < stop:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        return None


failed = 0


def check(text, good, seen=""):
    global failed
    print(f"{'ok   ' if good else 'FAIL '} {text}" + ("" if good else f": {seen!r}"))
    failed += not good


def commands(t):
    out = t.ask("show board")
    check("a command", "SLOT" in out and " up " in out, out)
    check("abbreviations", t.ask("sh bo").split()[:3] == out.split()[:3])
    out = t.ask("show s")
    check("one that may mean several", "may be" in out and "statistics" in out, out)
    out = t.ask("show service-location 99")
    check("a refusal", "no service-location 99" in out, out)
    out = t.ask("show ports | include outside")
    check("include keeps the header and what matches",
          len(out.splitlines()) == 2 and "NAME" in out and "outside" in out, out)
    out = t.ask("show ports | exclude outside")
    check("exclude", "inside" in out and "outside" not in out, out)
    check("count", t.ask("show ports | count").strip() == "3")
    check("filters one after the other",
          t.ask("show ports | include inside | count").strip() == "2")
    out = t.ask("show version | json")
    check("json", '"product":"Softboard"' in out.replace(" ", ""), out)
    out = t.ask("show ports | include [")
    check("a wrong expression says why", "[" in out and "expression" in out, out)
    out = t.ask("show ports | frobnicate")
    check("an unknown filter says what is allowed", "exclude RE" in out, out)


def keys(t):
    """libedit draws a line by moving about; so what a line did is looked at."""
    t.type("sho\tbo\t\n")
    out = t.expect(r"SLOT|unknown")
    check("Tab completes", "SLOT" in out, out)
    t.expect("cgnctl> ")
    t.type("show nat?")
    out = t.expect("nat64 ")
    check("? lists what may follow", re.search(r"nat  ", out), out)
    t.type("\x15show config ?")  # ^U empties the line
    out = t.expect("candidate")
    check("? names arguments", "running" in out, out)
    t.type("\x15show session proto=t\t\n")
    out = t.expect(r"INSTANCE|expected")
    check("Tab completes values", "INSTANCE" in out, out)
    t.expect("cgnctl> ")
    t.ask("show board")
    t.type("\x1b[A\n")  # up
    out = t.expect(r"SLOT|cgnctl> ")
    check("the arrow goes back in history", "SLOT" in out, out)
    t.expect("cgnctl> ")


def paging(t):
    t.resize(10, 100)
    t.type("show statistics\n")
    t.expect("-- more")
    t.type(" ")
    t.expect("-- more")
    t.type("q")
    t.expect("cgnctl> ")
    check("a page at a time, and no more of it", True)
    out = t.ask("show statistics | no-more")
    check("no-more", "-- more" not in out and len(out.splitlines()) > 60)
    t.resize(24, 100)


def interrupt(t):
    """Ctrl-C ends what is printed, not the shell."""
    t.resize(5, 100)
    t.type("show statistics\n")
    t.expect("-- more")
    t.type("\x03")
    t.expect("cgnctl> ")
    t.resize(24, 100)
    check("Ctrl-C ends the command", "Softboard" in t.ask("show version"))


def top(argv, env, rows, columns):
    """One frame fills the terminal, and no more."""
    t = Terminal(argv + ["top"], rows, columns, env)
    t.expect(r"\x1b\[H")
    frame = t.expect(r"\x1b\[J")
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frame).split("\r\n")[:-1]
    t.expect(r"\x1b\[J")  # and another
    good = len(lines) < rows and max(map(len, lines)) <= columns
    if rows >= 24:
        good = good and all(re.search(word, frame) for word in
                            ("BOARD ", "1/0 .* up ", "LOCATION", "DROPS", "USER"))
    check(f"top on {rows} rows of {columns}: {len(lines)} lines", good, frame)
    t.type("q")
    check("q leaves with 0", t.end() == 0)


def main():
    program, run_dir, home = sys.argv[1:]
    env = {"HOME": home}
    argv = [program, "--run-dir", run_dir]
    t = Terminal(argv, env=env)
    t.expect("cgnctl> ")
    commands(t)
    keys(t)
    paging(t)
    interrupt(t)
    t.type("exit\n")
    check("exit leaves with 0", t.end() == 0)
    again = Terminal(argv, env=env)
    again.expect("cgnctl> ")
    again.type("\x1b[A\x1b[A\n")
    out = again.expect(r"Softboard|cgnctl> ")
    check("the history is there the next time", "Softboard" in out, out)
    again.type("\x04")
    check("Ctrl-D leaves with 0", again.end() == 0)
    for rows, columns in ((24, 100), (60, 200), (8, 40), (3, 20)):
        top(argv, env, rows, columns)
    sys.exit(failed != 0)


main()
