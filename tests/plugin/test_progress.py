"""Progress on a real terminal (a pty): a line below pytest's own while something is built, and nothing afterwards."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from suites import Suite

TESTS = """
import os, sys, threading, time
import pytest
from pytest_trt.suite import session

@pytest.fixture
def progress(request):
    return session.of(request).progress

@pytest.mark.trt
def test_build(progress):
    print("captured out")
    os.write(1, b"captured by descriptor\\n")
    progress.start("model\\x1b[31m.onnx")
    thread = threading.Thread(target=progress.phase, args=("Tactic selection",))
    thread.start()
    time.sleep(1.3)
    thread.join()
    progress.stop()

@pytest.mark.trt
def test_wait(progress):
    progress.say("waiting 3 s for pid 4711")
    time.sleep(0.9)
    progress.say("waiting 4 s for pid 4711")
    time.sleep(0.3)
    progress.stop()
    progress.stop()

@pytest.mark.trt
def test_quick(progress):
    progress.start("quick.onnx")
    progress.stop()

@pytest.mark.trt
def test_later(progress):
    progress.start("later.onnx")
    raise KeyError("in the middle of a build")
"""


class Screen:
    """What a terminal shows: the sequences of control characters that pytest and the progress line write."""

    def __init__(self, height: int = 12) -> None:
        self.height = height
        self.lines = [""]
        self.row = self.column = 0
        self.saved = (0, 0)
        self.top = 0
        self.unknown: set[str] = set()

    def feed(self, text: str) -> None:
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[A-Z0-9]|[\r\n]|[^\x1b\r\n]+", text):
            if part == "\r":
                self.column = 0
            elif part in ("\n", "\x1bD"):
                self._down()
            elif part == "\x1b[A":
                self.row = max(self.top, self.row - 1)
            elif part == "\x1b7":
                self.saved = (self.row - self.top, self.column)
            elif part == "\x1b8":
                self.row, self.column = self.top + self.saved[0], self.saved[1]
            elif part == "\x1b[K":
                self.lines[self.row] = self.lines[self.row][: self.column]
            elif part.startswith("\x1b"):
                if not part.endswith("m"):
                    self.unknown.add(part)
            else:
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[: self.column] + part + line[self.column + len(part) :]
                self.column += len(part)

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")
        self.top = max(self.top, self.row - self.height + 1)


def on_a_terminal(suite: Suite, *words: str, term: str = "xterm") -> tuple[str, Screen]:
    """All that pytest writes to a terminal of 12 lines and 80 columns, and what it shows in the end."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 80, 0, 0))
    env = suite.environment({"TERM": term})
    env.pop("COLUMNS")
    command = [str(Path(sys.executable).with_name("pytest")), *words]
    process = subprocess.Popen(command, cwd=suite.folder, env=env, stdin=child, stdout=child, stderr=child)
    os.close(child)
    data = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([parent], [], [], 0.2)[0]:
            try:
                chunk = os.read(parent, 65536)
            except OSError:  # Linux says so when the other end is closed.
                break
            if not chunk:
                break
            data += chunk
    process.wait(10)
    os.close(parent)
    text = data.decode()
    screen = Screen()
    screen.feed(text)
    return text, screen


@pytest.fixture
def building(suite: Suite) -> Suite:
    suite.write(test_x=TESTS)
    return suite


@pytest.mark.parametrize("words", [(), ("-q",), ("-v",), ("-s",), ("--capture=sys",)], ids=" ".join)
def test_shown_and_gone(building: Suite, words: tuple[str, ...]) -> None:
    text, screen = on_a_terminal(building, *words, "--tb=no")
    assert "trt: building model\\x1b[31m.onnx  0:01  Tactic selection" in text
    assert "trt: waiting 3 s for pid 4711" in text
    assert "trt: waiting 4 s for pid 4711" in text
    assert "quick.onnx" not in text
    assert not [line for line in screen.lines if "trt: building" in line or "trt: waiting" in line]
    assert not screen.unknown
    if words != ("-s",):
        assert "captured out" not in text
    if words == ("-v",):
        assert [line.split()[:2] for line in screen.lines if "::" in line and "%" in line] == [
            ["test_x.py::test_build", "PASSED"],
            ["test_x.py::test_wait", "PASSED"],
            ["test_x.py::test_quick", "PASSED"],
            ["test_x.py::test_later", "FAILED"],
        ]
    if words == ():
        assert any(re.match(r"test_x\.py \.\.\.F +\[100%\]", line) for line in screen.lines)


def test_not_without_a_terminal(building: Suite) -> None:
    run = building.run("--tb=no")
    assert "building" not in run.out + run.err


def test_not_on_a_dumb_terminal(building: Suite) -> None:
    text, _ = on_a_terminal(building, "--tb=no", term="dumb")
    assert "building" not in text


def test_not_in_workers(building: Suite, xdist: None) -> None:
    text, _ = on_a_terminal(building, "--tb=no", "-n1")
    assert "building" not in text
    assert "3 passed" in text


def test_timeout_in_the_middle_of_a_build(suite: Suite) -> None:
    """pytest-timeout's signal leaves neither a line nor a thread."""
    if importlib.util.find_spec("pytest_timeout") is None:
        pytest.skip("pytest-timeout is not installed")
    text = TESTS.partition("@pytest.mark.trt")[0]
    test = "    progress.start('slow.onnx')\n    try:\n        time.sleep(60)\n    finally:\n        progress.stop()\n"
    after = "def test_after():\n    assert 'trt-progress' not in [one.name for one in threading.enumerate()]\n"
    suite.write(test_x=f"{text}@pytest.mark.trt\ndef test_slow(progress):\n{test}{after}")
    shown, screen = on_a_terminal(suite, "--tb=line", "--timeout=2", "--timeout-method=signal")
    assert "trt: building slow.onnx  0:01" in shown
    assert not any("trt: building" in line for line in screen.lines)
    assert "Timeout" in shown
    assert "1 passed" in shown
