"""The table at the end of a run: engines, checks, and what was skipped for want of a GPU."""

from __future__ import annotations

import json
import math

import pytest

from pytest_trt.lint.report.visible import visible
from pytest_trt.suite.width import columns, fit, pad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

_PRODUCTS = {"tensorrt": "TensorRT", "tensorrt-rtx": "TensorRT-RTX"}
_HEADS = ("engine", "built by", "precision", "made", "seconds", "checks", "worst error")
_NUMBERS = frozenset(("seconds",))
_REASONS_SHOWN = 10


class Row:
    """One engine: how often it was made in which way, the longest time that took, and its checks."""

    def __init__(self, what: str, product: str, precision: str) -> None:
        self.what = what
        self.product = product
        self.precision = precision
        self.made: dict[str, int] = {}
        self.seconds = 0.0
        self.passed = 0
        self.failed = 0
        self.worst: tuple[float, str] | None = None

    def cells(self) -> tuple[str, ...]:
        made = ", ".join(origin if count == 1 else f"{count} {origin}" for origin, count in self.made.items())
        checks = [f"{self.passed} passed"] if self.passed else []
        checks += [f"{self.failed} failed"] if self.failed else []
        seconds = f"{self.seconds:.2f}" if self.made else ""
        worst = self.worst[1] if self.worst is not None else ""
        return self.what, self.product, self.precision, made, seconds, ", ".join(checks), worst


class Summary:
    """What the reports of a run say of engines.

    reports: all of them, in any order; a fact is in each report of its test from its time on, and counts once. Of the
    checks of a test that was run again, those of its last run count.
    """

    def __init__(self, reports: Iterable[pytest.TestReport]) -> None:
        self.rows: dict[str, Row] = {}
        self.skips: dict[str, int] = {}
        self.reruns = 0
        facts: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
        last: dict[tuple[str, str], int] = {}
        for report in reports:
            for name, text in report.user_properties:
                fact = _fact(text) if name in ("trt_engine", "trt_check", "trt_skip") else None
                if fact is not None:
                    facts.setdefault((name, str(fact["id"])), (report.nodeid, fact))
                    run = (report.nodeid, str(fact["id"]).partition("-")[0])
                    last[run] = max(last.get(run, 0), int(fact["attempt"]))
        for (name, identity), (nodeid, fact) in facts.items():
            if name == "trt_skip":
                reason = visible(str(fact.get("reason")))
                self.skips[reason] = self.skips.get(reason, 0) + 1
            elif name == "trt_engine":
                self._engine(fact)
            elif int(fact["attempt"]) == last[nodeid, identity.partition("-")[0]]:
                self._check(fact)
            else:
                self.reruns += 1

    @property
    def failed(self) -> int:
        return sum(row.failed for row in self.rows.values())

    def _engine(self, fact: Mapping[str, Any]) -> None:
        row = self._row(fact)
        origin = visible(str(fact.get("origin")), 12)
        row.made[origin] = row.made.get(origin, 0) + 1
        row.seconds = max(row.seconds, _number(fact.get("seconds")))

    def _check(self, fact: Mapping[str, Any]) -> None:
        row = self._row(fact)
        row.passed += fact.get("passed") is True
        row.failed += fact.get("passed") is not True
        if "output" in fact:
            # What cannot be measured is worse than any number.
            measured = isinstance(fact.get("max_abs"), (int, float)) and not fact.get("nan")
            error = _number(fact.get("max_abs")) if measured else math.inf
            if row.worst is None or error > row.worst[0]:
                text = f"{error:.1e}" if measured else "NaN" if fact.get("nan") else "another shape"
                row.worst = (error, f"{text} in {visible(str(fact['output']), 16)}")

    def _row(self, fact: Mapping[str, Any]) -> Row:
        key = str(fact.get("key"))
        if key not in self.rows:
            product = _PRODUCTS.get(str(fact.get("product")), visible(str(fact.get("product") or "-"), 16))
            version = visible(str(fact.get("tensorrt") or ""), 16)
            what, precision = visible(str(fact.get("what") or "-")), visible(str(fact.get("precision") or "-"), 12)
            self.rows[key] = Row(what, f"{product} {version}".strip(), precision)
        return self.rows[key]


def write(terminal: pytest.TerminalReporter, reports: Sequence[pytest.TestReport]) -> None:
    """Print the summary of these reports, where there is one."""
    summary = Summary(reports)
    rows = [row.cells() for row in summary.rows.values()]
    products = {row[1] for row in rows}
    if len(products) == 1:
        rows = [(*row[:1], "", *row[2:]) for row in rows]
    terminal.write_sep("=", products.pop() if len(products) == 1 else "TensorRT", bold=True)
    if rows:
        for line, failed in table(rows, terminal.config.get_terminal_writer().fullwidth):
            terminal.write_line(line, red=failed)
    if summary.reruns:
        terminal.write_line(f"{_times(summary.reruns, 'check')} of runs that were repeated not counted")
    ordered = sorted(summary.skips.items(), key=lambda one: (-one[1], one[0]))
    for reason, count in ordered[:_REASONS_SHOWN]:
        terminal.write_line(f"{_times(count, 'test')} skipped: {reason}", yellow=True)
    if len(ordered) > _REASONS_SHOWN:
        rest = sum(count for _, count in ordered[_REASONS_SHOWN:])
        terminal.write_line(f"{_times(rest, 'test')} skipped for other reasons", yellow=True)


def table(rows: Sequence[Sequence[str]], width: int) -> list[tuple[str, bool]]:
    """The lines of the table, and whether each has a failed check. Columns that say nothing are left out.

    Where it is wider than width the first column gives way.
    """
    shown = [place for place in range(len(_HEADS)) if any(row[place] for row in rows)]
    widths = {place: max(columns(_HEADS[place]), *(columns(row[place]) for row in rows)) for place in shown}
    over = sum(widths.values()) + 2 * (len(shown) - 1) - width
    widths[0] = max(8, widths[0] - max(0, over))
    lines = []
    for row in (_HEADS, *rows):
        cells = [
            pad(fit(row[place], max(8, widths[place])), widths[place], _HEADS[place] in _NUMBERS) for place in shown
        ]
        lines.append(("  ".join(cells).rstrip(), "failed" in row[5]))
    return lines


def _fact(text: object) -> Mapping[str, Any] | None:
    """A fact that Session.note wrote; None for a property that somebody else gave this name."""
    try:
        fact = json.loads(str(text))
    except ValueError:
        return None
    known = isinstance(fact, dict) and isinstance(fact.get("id"), str) and isinstance(fact.get("attempt"), int)
    return fact if known else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
