"""Baselines: the findings of a day, written down, so that only what is new since then is reported.

{"schema_version": 1, "tool": {...}, "findings": [{"fingerprint": "v1:...", "count": 1, "code": ..., "path": ...,
"message": ...}, ...]}, sorted by fingerprint: the same findings give the same bytes. Only fingerprint and count are
read again, and code and path to tell which entries a run could have found; the message is for people.
"""

from __future__ import annotations

import json
import os

from pytest_trt import __version__
from pytest_trt.artifacts.location import Location
from pytest_trt.lint.config import ConfigError
from pytest_trt.lint.globs import inside
from pytest_trt.lint.report.visible import whole
from pytest_trt.serving.verdict import FILE, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_trt.lint.finding import Finding

SCHEMA_VERSION = 1
OUTDATED = "TRT907"
# Findings about the configuration itself: written down, they would never be mended.
NEVER = ("TRT905", "TRT906", OUTDATED)
_SHOWN = 3


class Entry:
    """A fingerprint, how many findings have it, and what the file says of the first."""

    __slots__ = ("fingerprint", "count", "code", "path", "offset")

    def __init__(self, fingerprint: str, count: int, code: str, path: str, offset: int) -> None:
        self.fingerprint = fingerprint
        self.count = count
        self.code = code
        self.path = path
        self.offset = offset


class Baseline:
    """path: of its file, as users name it. entries: by fingerprint."""

    __slots__ = ("path", "entries")

    def __init__(self, path: str, entries: dict[str, Entry]) -> None:
        self.path = path
        self.entries = entries

    def apply(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Entry]]:
        """(findings that are not in it, entries with the number of findings that are gone)."""
        left = {fingerprint: entry.count for fingerprint, entry in self.entries.items()}
        kept = []
        for finding in findings:
            fingerprint = finding.fingerprint()
            if finding.code not in NEVER and left.get(fingerprint, 0):
                left[fingerprint] -= 1
            else:
                kept.append(finding)
        gone = []
        for fingerprint, count in left.items():
            if count:
                entry = self.entries[fingerprint]
                gone.append(Entry(fingerprint, count, entry.code, entry.path, entry.offset))
        return kept, gone

    def outdated(
        self, gone: Sequence[Entry], active: set[str], looked: Sequence[str], unread: Sequence[str]
    ) -> Reason | None:
        """The cause of a finding about entries that are gone; None where the run could not have found them.

        active: codes of the rules that were asked. looked, unread: as allowances.stale() has them.
        """
        unsure = [os.path.abspath(path) for path in unread]
        certain = [
            entry
            for entry in gone
            if entry.code in active
            and any(inside(path, one) for path in [os.path.abspath(entry.path)] for one in looked)
            and not any(inside(os.path.abspath(entry.path), one) for one in unsure)
        ]
        if not certain:
            return None
        certain.sort(key=lambda entry: (entry.path, entry.code, entry.offset))
        places = [
            Location(self.path, (("finding", f"{entry.code} in {entry.path}"),), entry.offset, len(entry.fingerprint))
            for entry in certain[:_SHOWN]
        ]
        count = sum(entry.count for entry in certain)
        facts = {"count": str(count), "baseline": self.path}
        return Reason(
            FILE, OUTDATED, "", places[0], also=[(place, "") for place in places[1:]], count=count, facts=facts
        )


def document(findings: Iterable[Finding]) -> str:
    """The text of a baseline that holds these findings; those about the configuration are left out."""
    entries: dict[str, dict[str, object]] = {}
    counts: dict[str, int] = {}
    for finding in sorted(findings, key=lambda one: (one.at.path, one.code, one.message)):
        if finding.code in NEVER:
            continue
        fingerprint = finding.fingerprint()
        counts[fingerprint] = counts.get(fingerprint, 0) + 1
        entries.setdefault(
            fingerprint,
            {
                "fingerprint": fingerprint,
                "count": 0,
                "code": finding.code,
                "path": whole(finding.at.path),
                "message": whole(finding.message),
            },
        )
    table = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trt-lint", "version": __version__},
        "findings": [{**entries[fingerprint], "count": counts[fingerprint]} for fingerprint in sorted(entries)],
    }
    return json.dumps(table, indent=2) + "\n"


def read(path: str) -> Baseline:
    """Raises ConfigError for what is no baseline."""
    shown = path.replace(os.sep, "/")
    cure = f"write it with --write-baseline {path}"
    if not os.path.isfile(path):
        raise ConfigError(f"baseline {path}: there is no such file; {cure}")
    try:
        with open(path, "rb") as file:
            data = file.read()
        table = json.loads(data)
    except OSError as error:
        raise ConfigError(f"baseline {path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"baseline {path}: is not JSON ({error}); {cure}") from None
    if not isinstance(table, dict) or "schema_version" not in table or not isinstance(table.get("findings"), list):
        raise ConfigError(f"baseline {path}: is not a baseline of trt-lint; {cure}")
    if table["schema_version"] != SCHEMA_VERSION or isinstance(table["schema_version"], bool):
        raise ConfigError(
            f"baseline {path}: schema_version is {table['schema_version']!r}, and this trt-lint reads"
            f" {SCHEMA_VERSION}; {cure}"
        )
    entries: dict[str, Entry] = {}
    for place, one in enumerate(table["findings"]):
        entry = _entry(one, data)
        if entry is None:
            raise ConfigError(
                f"baseline {path}: findings[{place}] must have a fingerprint of version 1, a count, a code and a path;"
                f" {cure}"
            )
        known = entries.setdefault(entry.fingerprint, entry)
        if known is not entry:
            known.count += entry.count
    return Baseline(shown, entries)


def _entry(one: object, data: bytes) -> Entry | None:
    if not isinstance(one, dict):
        return None
    fingerprint, count, code, path = (one.get(key) for key in ("fingerprint", "count", "code", "path"))
    if not isinstance(fingerprint, str) or not isinstance(code, str) or not isinstance(path, str):
        return None
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        return None
    digits = fingerprint.removeprefix("v1:")
    if len(fingerprint) != 67 or len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        return None
    return Entry(fingerprint, count, code, path, max(0, data.find(fingerprint.encode())))
