"""An evidence record as the gate reads it. Standard library only; docs/evidence.md describes schema 1.

Whether the check passed is computed from the metrics and tolerances that the record holds, never read from a flag.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat

from pytest_trt.equivalence.verdict import failures
from pytest_trt.errors import TrtError, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SCHEMA = 1
SUFFIX = ".trt-evidence.json"
_LIMIT = 64 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Members that every record of schema 1 has; a fact that could not be had is null there, and `unknown` says why.
MEMBERS = (
    "schema",
    "plan",
    "source",
    "reference",
    "tensorrt",
    "cuda",
    "driver",
    "gpu",
    "precision",
    "options",
    "cases",
    "test",
    "commit",
    "created",
    "plugin",
    "unknown",
)


class EvidenceError(TrtError):
    """A file that is no evidence record, or a damaged one."""


class Evidence:
    """One check of one plan. fields: the record as schema 1 has it."""

    __slots__ = ("path", "fields")

    def __init__(self, path: str, fields: Mapping[str, Any]) -> None:
        self.path = path
        self.fields = fields

    @property
    def plan_sha256(self) -> str:
        return str(self.fields["plan"]["sha256"])

    def failures(self) -> list[str]:
        """Why it does not pass: one line for each output of each case. Empty where it passes."""
        return judge(self.fields)


def read_evidence(path: str | os.PathLike[str]) -> Evidence:
    """Read a record. Raises EvidenceError for a file that cannot be read or is not one of schema 1."""
    shown = visible(path)
    try:
        data = _content(path)
    except OSError as error:
        raise EvidenceError(f"{shown} cannot be read: {error.strerror}", "name a readable file") from None
    except ValueError:
        raise EvidenceError(f"{shown} cannot be read: a NUL in its name", "name a readable file") from None
    if len(data) > _LIMIT:
        raise EvidenceError(f"{shown} is larger than any evidence record", "name a file that --trt-evidence wrote")
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"{shown} is not JSON: {error}", "run the check again with --trt-evidence") from None
    wrong = _wrong(fields)
    if wrong:
        raise EvidenceError(f"{shown} is no evidence record: {wrong}", "run the check again with --trt-evidence")
    return Evidence(shown, fields)


def judge(fields: Mapping[str, Any]) -> list[str]:
    """The verdict on a record's fields: why each output that fails does. A record without a comparison fails."""
    why = []
    compared = 0
    for case in fields["cases"]:
        label = visible(case.get("label"))
        outputs = case.get("outputs")
        if not isinstance(outputs, dict) or not outputs:
            why.append(f"{label}: no output was compared")
            continue
        for name, output in outputs.items():
            compared += 1
            metrics, tolerance = output.get("metrics"), output.get("tolerance")
            if not isinstance(metrics, dict) or not isinstance(tolerance, dict):
                why.append(f"{label}: {visible(name)}: no metrics or no tolerance")
                continue
            why.extend(f"{label}: {visible(name)}: {visible(reason)}" for reason in failures(metrics, tolerance))
    if not compared and not why:
        why.append("nothing was compared")
    return why


def _content(path: str | os.PathLike[str]) -> bytes:
    """A regular file's bytes, of which _LIMIT + 1 at most. Raises OSError, also for a FIFO, which would not answer."""
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file")
    with open(fd, "rb") as file:
        return file.read(_LIMIT + 1)


def _wrong(fields: Any) -> str | None:
    """What keeps this from being a record; None where nothing does."""
    if not isinstance(fields, dict):
        return "not a JSON object"
    if type(fields.get("schema")) is not int or fields["schema"] != SCHEMA:
        return f"schema {fields.get('schema')!r:.40}; this version reads {SCHEMA}"
    missing = [name for name in MEMBERS if name not in fields]
    if missing:
        return f"it lacks {', '.join(missing)}"
    plan = fields["plan"]
    if not isinstance(plan, dict) or not _SHA256.fullmatch(str(plan.get("sha256"))):
        return "plan.sha256 is no SHA-256"
    if type(plan.get("size")) is not int or plan["size"] < 0:
        return "plan.size is no number"
    if not isinstance(fields["cases"], list) or not all(isinstance(case, dict) for case in fields["cases"]):
        return "cases is no list of objects"
    for case in fields["cases"]:
        outputs = case.get("outputs")
        if isinstance(outputs, dict) and not all(isinstance(output, dict) for output in outputs.values()):
            return "an output is no object"
    return None
