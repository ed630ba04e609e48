"""Allowances: findings that somebody has looked at and lives with, for a reason and perhaps until a day.

    [[tool.trt-lint.allow]]
    rule = "engine-built-in-first-request"
    path = "models/ranker"
    node = "*TRTEngineOp_*"
    reason = "warmed up by the deployment's own job"
    until = 2027-03-31

What is allowed is left out of findings and exit status; verdicts and their reasons stay. An allowance that has
expired or that nothing needs any more is a finding of its own.
"""

from __future__ import annotations

import os
import re

from pytest_trt.artifacts.location import Location
from pytest_trt.lint.globs import Glob, inside, translated
from pytest_trt.lint.keys import Word, known, table_of, text_of
from pytest_trt.serving.verdict import FILE, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.keys import Origin
    from pytest_trt.lint.toml import Keys

ALLOWANCE_KEYS = ("rule", "path", "node", "reason", "until")
EXPIRED, UNUSED = "TRT905", "TRT906"


class Allowance:
    """rule: a code, prefix or name. path, node: globs, node None for all. until: the last day, None for ever.

    used: whether it has allowed a finding, or would have on an earlier day.
    """

    __slots__ = ("rule", "path", "node", "reason", "until", "origin", "keys", "used", "_node")

    def __init__(
        self, rule: Word, path: Glob, node: str | None, reason: str, until: date | None, origin: Origin, keys: Keys
    ) -> None:
        self.rule = rule
        self.path = path
        self.node = node
        self.reason = reason
        self.until = until
        self.origin = origin
        self.keys = keys
        self.used = False
        self._node = None if node is None else re.compile(translated(node, names=True), re.DOTALL)

    def fits(self, finding: Finding) -> bool:
        """Whether it is about this finding: about every place that the finding names."""
        return (
            finding.code.startswith(self.rule.code)
            and self.path.fits(finding.at.path)
            and all(map(self._fits_node, (finding.at, *(place for place, _ in finding.also))))
        )

    def _fits_node(self, place: Location) -> bool:
        return self._node is None or any(
            what in ("function", "node") and self._node.fullmatch(name) for what, name in place.trail
        )

    def expired(self, today: date) -> bool:
        return self.until is not None and self.until < today

    def reason_for(self, code: str) -> Reason:
        """The cause of a finding about this allowance, at its place in the configuration file."""
        line, offset = self.origin.place(self.keys)
        what = f"{self.rule.text} in {self.path.text}" + (f" at {self.node}" if self.node is not None else "")
        at = Location(self.origin.path().replace(os.sep, "/"), (("line", str(line)), ("allow", what)), offset)
        facts = {
            "allows": self.rule.text,
            "path": self.path.text,
            "node": self.node or "",
            "reason": self.reason,
            "until": str(self.until or ""),
            "line": str(line),
        }
        return Reason(FILE, code, "", at, facts=facts)


def read(origin: Origin, keys: Keys, value: object) -> list[Allowance]:
    """The allowances of a file. Raises ConfigError."""
    if not isinstance(value, list):
        raise origin.error(keys, f"must be an array of tables, each under [[{origin.key(keys)}]]")
    return [_read(origin, (*keys, place), one) for place, one in enumerate(value)]


def _read(origin: Origin, keys: Keys, value: object) -> Allowance:
    entry = table_of(origin, keys, value, f"[[{origin.key(keys)}]]")
    known(origin, keys, entry, ALLOWANCE_KEYS)
    texts = {}
    for key, cure in (
        ("rule", 'must name a rule, as in "TRT105" or "engine-built-in-first-request"'),
        ("path", 'must be a pattern for paths, as in "models/ranker"'),
        ("reason", "must say why this may stay as it is"),
    ):
        texts[key] = text_of(origin, (*keys, key), entry.get(key), cure)
    node = entry.get("node")
    if node is not None:
        node = text_of(origin, (*keys, "node"), node, 'must be a pattern for names, as in "*TRTEngineOp_*"')
    until = entry.get("until")
    if until is not None:
        from datetime import date, datetime

        if not isinstance(until, date) or isinstance(until, datetime):
            raise origin.error((*keys, "until"), "must be a date without quotes, as in 2027-03-31")
    return Allowance(
        Word(texts["rule"], origin, (*keys, "rule")),
        Glob(texts["path"], origin.folder),
        node,
        texts["reason"],
        until,
        origin,
        keys,
    )


def apply(findings: Sequence[Finding], allowances: Sequence[Allowance], today: date | None = None) -> list[Finding]:
    """The findings that nothing allows; notes in the allowances which of them were used. today: default today."""
    today = _today(allowances) if today is None else today
    for allowance in allowances:
        allowance.used = False
    kept = []
    for finding in findings:
        allowed = False
        for allowance in allowances:
            if allowance.fits(finding):
                allowance.used = True
                allowed = allowed or today is None or not allowance.expired(today)
        if not allowed:
            kept.append(finding)
    return kept


def stale(
    allowances: Sequence[Allowance],
    asked: set[str],
    active: set[str],
    looked: Sequence[str],
    unread: Sequence[str],
    today: date | None = None,
) -> list[Reason]:
    """Causes of findings about allowances that have expired, and about those that nothing used.

    asked, active: codes of all rules, and of those that were asked. looked: absolute paths that the run covered as a
    whole; unread: paths of artifacts that were not read wholly. Nothing is said of an allowance unless the run would
    have found all that it can allow.
    """
    today = _today(allowances) if today is None else today
    found = []
    for allowance in allowances:
        if today is not None and allowance.expired(today):
            found.append(allowance.reason_for(EXPIRED))
        elif not allowance.used:
            begins = allowance.path.begins()
            if (
                any(inside(begins, path) for path in looked)
                and all(code in active for code in asked if code.startswith(allowance.rule.code))
                and not any(allowance.path.fits(path) or inside(begins, os.path.abspath(path)) for path in unread)
            ):
                found.append(allowance.reason_for(UNUSED))
    return found


def _today(allowances: Sequence[Allowance]) -> date | None:
    """None where it does not matter."""
    if all(allowance.until is None for allowance in allowances):
        return None
    from datetime import date

    return date.today()
