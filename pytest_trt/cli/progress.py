"""What is being read, on stderr, for people who wait."""

from __future__ import annotations

import os
import sys
import time

from pytest_trt.lint.report.visible import visible

_PATIENCE = 0.4  # seconds before anything is shown
_PACE = 0.1  # seconds between two updates
_LARGE = 1 << 28  # bytes from which one file is worth a word at once


class Progress:
    """A line that is overwritten; nothing remains of it after done()."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _PATIENCE
        self._shown = False

    def __call__(self, count: int, path: str) -> None:
        now = time.monotonic()
        if now < self._next and not _is_large(path):
            return
        self._next = now + _PACE
        self._shown = True
        width = _width()
        line = f"{count:,} read, reading {visible(path, max(20, width - 40))}"
        sys.stderr.write(f"\r\x1b[K{line[: width - 1]}")
        sys.stderr.flush()

    def done(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def _is_large(path: str) -> bool:
    try:
        return os.stat(path).st_size >= _LARGE
    except OSError:
        return False


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
