"""TensorRT's log, kept: TensorRT reports nearly everything that goes wrong there and returns None."""

from __future__ import annotations

import threading
from typing import Any

from pytest_trt.errors import visible

# The numbers of ILogger.Severity, which no version has changed.
INTERNAL_ERROR, ERROR, WARNING, INFO, VERBOSE = range(5)
_NAMES = ("internal error", "error", "warning", "info", "verbose")
_KEPT = 2000


class Record:
    """The last messages, for whoever asks what was said since some moment. Written to from TensorRT's own threads."""

    __slots__ = ("_lines", "_first", "_lock")

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []
        self._first = 0
        self._lock = threading.Lock()

    def add(self, severity: int, message: str) -> None:
        with self._lock:
            self._lines.append((severity, message))
            if len(self._lines) > 2 * _KEPT:
                self._first += _KEPT
                del self._lines[:_KEPT]

    def mark(self) -> int:
        """Now, to be given to `since`. Without the lock: it is asked for in each inference."""
        return self._first + len(self._lines)

    def since(self, mark: int, worst: int = WARNING) -> list[tuple[int, str]]:
        """(severity, message) of what was said after the mark, at this severity or a worse one."""
        with self._lock:
            return [line for line in self._lines[max(0, mark - self._first) :] if line[0] <= worst]

    def errors(self, mark: int, last: int = 8) -> list[str]:
        """The last errors after the mark, as one line each."""
        return [_line(message) for _, message in self.since(mark, ERROR)][-last:]

    def shown(self, mark: int, last: int = 8) -> list[str]:
        """The last errors and warnings, with their severity: what a person wants to see."""
        return [f"[{_NAMES[severity]}] {_line(message)}" for severity, message in self.since(mark)][-last:]


def _line(message: str) -> str:
    """On one line; names out of a model may hold control characters, which become escapes."""
    return visible(" ".join(message.split()))


def make_logger(trt: Any, record: Record) -> Any:
    """An ILogger of this TensorRT module that writes into the record. Must outlive all that was made with it."""

    class Logger(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            number = int(severity)
            if number <= WARNING:
                record.add(number, message)

    return Logger()
