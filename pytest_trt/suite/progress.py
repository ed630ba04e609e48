"""What is being built or waited for, and for how long: one line of the terminal, below where pytest writes."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time

import pytest

from pytest_trt.lint.report.visible import visible
from pytest_trt.suite.width import fit

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_PATIENCE = 0.5  # seconds before anything is shown
_PACE = 0.1  # seconds between two looks
# A line below is made sure of without leaving the column (index, up), and the cursor is saved.
_BEGIN = "\x1bD\x1b[A\x1b7"
_BELOW = "\x1b8\r\n\x1b[K"
_BACK = "\x1b8"


class Progress:
    """Shown on a terminal alone, and never by a worker of xdist, which has none. Nothing remains after stop().

    start, say, phase and stop may be called from any thread.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._what = self._phase = ""
        self._since = 0.0
        self._timed = False
        self._shown = ""

    def start(self, what: str) -> None:
        """A build begins. what: the model's name."""
        self._begin(f"building {visible(what, 60)}", timed=True)

    def phase(self, text: str) -> None:
        """Where the build is."""
        self._phase = visible(text, 60)

    def say(self, text: str) -> None:
        """Show a whole line, of what is waited for."""
        if self._thread is None or self._timed:
            self._begin(visible(text), timed=False)
        self._what = visible(text)

    def stop(self) -> None:
        """The line goes."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopped.set()
            thread.join()

    def _begin(self, what: str, timed: bool) -> None:
        self.stop()
        self._what, self._phase, self._since, self._timed = what, "", time.monotonic(), timed
        if self._terminal():
            self._stopped.clear()
            self._thread = threading.Thread(target=self._draw, name="trt-progress", daemon=True)
            self._thread.start()

    def _terminal(self) -> bool:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        return bool(
            reporter is not None
            and getattr(reporter, "isatty", False)
            and os.environ.get("TERM", "dumb") != "dumb"
            and "PYTEST_XDIST_WORKER" not in os.environ
        )

    def _draw(self) -> None:
        wait = _PATIENCE
        try:
            while not self._stopped.wait(wait):
                wait = _PACE
                line = self._line()
                if line != self._shown:
                    self._write(("" if self._shown else _BEGIN) + _BELOW + line + _BACK)
                    self._shown = line
        finally:
            if self._shown:
                self._write(_BELOW + _BACK)
                self._shown = ""

    def _line(self) -> str:
        words = f"trt: {self._what}"
        if self._timed:
            seconds = int(time.monotonic() - self._since)
            words += f"  {seconds // 60}:{seconds % 60:02}" + (f"  {self._phase}" if self._phase else "")
        return fit(words, max(20, shutil.get_terminal_size().columns - 1))

    def _write(self, text: str) -> None:
        """To the terminal itself: what pytest captures is put aside meanwhile."""
        with self._uncaptured():
            sys.stdout.write(text)
            sys.stdout.flush()

    def _uncaptured(self) -> AbstractContextManager[object]:
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        return contextlib.nullcontext() if capture is None else capture.global_and_fixture_disabled()
