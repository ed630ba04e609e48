"""Whole processes in turns: medians of the ratios of each turn."""

from __future__ import annotations

import json
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
    """What the turns of one command were. memory and read: bytes; the smallest peak, the largest sum of reads."""

    def __init__(self, rows: Sequence[tuple[float, int, int, int | None]]) -> None:
        self.times = [row[0] for row in rows]
        self.seconds = statistics.median(self.times)
        self.memory = min(row[1] for row in rows) * _RSS_UNITS
        self.statuses = {row[2] for row in rows}
        self.read = max((row[3] for row in rows if row[3] is not None), default=None)

    def ratio(self, base: Process) -> float:
        """How many times base this takes: the median over turns."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.times, base.times))

    @property
    def status(self) -> int:
        assert len(self.statuses) == 1, f"exit statuses {self.statuses}"
        return next(iter(self.statuses))


def measure(commands: Sequence[Sequence[str]], turns: int) -> list[Process]:
    """Run these commands one after the other, so many turns."""
    run = subprocess.run(
        [sys.executable, str(HERE / "launcher.py"), str(turns), json.dumps([list(one) for one in commands])],
        stdout=subprocess.PIPE,
        check=True,
    )
    rows = [tuple(json.loads(line)) for line in run.stdout.splitlines()]
    assert len(rows) == turns * len(commands)
    return [Process(rows[place :: len(commands)]) for place in range(len(commands))]
