"""Whole processes in turns: medians of the ratios of each turn."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MIB = 1 << 20
HERE = Path(__file__).parent
LINT = str(Path(sys.executable).with_name("trt-lint"))
PASS = [sys.executable, "-c", "pass"]
_RSS_UNITS = 1 if sys.platform == "darwin" else 1024


class Process:
    """What the turns of one command were. memory and read: bytes; the smallest peak, the largest sum of reads.

    times and cpu: seconds of each turn, on the clock and of the processor.
    """

    def __init__(self, rows: Sequence[tuple[float, int, int, int | None, float]]) -> None:
        self.rows = list(rows)
        self.times = [row[0] for row in rows]
        self.cpu = [row[4] for row in rows]
        self.seconds = statistics.median(self.times)
        self.memory = min(row[1] for row in rows) * _RSS_UNITS
        self.statuses = {row[2] for row in rows}
        self.read = max((row[3] for row in rows if row[3] is not None), default=None)

    def ratio(self, base: Process) -> float:
        """How many times base this takes: the median over turns."""
        return statistics.median(self.ratios(base))

    def ratios(self, base: Process) -> list[float]:
        return [ours / theirs for ours, theirs in zip(self.times, base.times)]

    @property
    def status(self) -> int:
        assert len(self.statuses) == 1, f"exit statuses {self.statuses}"
        return next(iter(self.statuses))


def measure(commands: Sequence[Sequence[str]], turns: int) -> list[Process]:
    """Run these commands one after the other, so many turns."""
    words = [word for command in commands for word in ("--", *command)][1:]
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(HERE / "launcher.py"), str(turns), *words],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    rows = [ast.literal_eval(line) for line in run.stdout.splitlines()]
    assert len(rows) == turns * len(commands)
    return [Process(rows[place :: len(commands)]) for place in range(len(commands))]


def typical(same: Sequence[Process]) -> Process:
    """A command that ran several times a turn, as if it had run once: the run of median time of each turn."""
    return Process([sorted(turn)[len(turn) // 2] for turn in zip(*(process.rows for process in same))])
