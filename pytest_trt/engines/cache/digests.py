"""SHA-256 of files, remembered while they are unchanged; and JSON that tells when it was damaged.

A file is unchanged while its device, inode, size, mtime and ctime are. A change within the clock's grain of the
hashing would not show, so that a digest is remembered only if the file's ctime was two seconds old by then.
"""

from __future__ import annotations

import hashlib
import json
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CHUNK = 1 << 20
_SETTLED = 2 * 10**9

Stamp = tuple[int, int, int, int, int]


def stamp(about: os.stat_result) -> Stamp:
    """Device, inode, size, mtime and ctime in ns."""
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns


def hashed(fd: int) -> tuple[str, Stamp, bool] | None:
    """SHA-256 of an open file, its stamp, and whether the two may be remembered; None: it changed meanwhile."""
    begin = time.time_ns()
    before = os.fstat(fd)
    digest = hashlib.sha256()
    at = 0
    while part := os.pread(fd, _CHUNK, at):
        digest.update(part)
        at += len(part)
    if stamp(os.fstat(fd)) != stamp(before) or at != before.st_size:
        return None
    return digest.hexdigest(), stamp(before), begin - before.st_ctime_ns >= _SETTLED


def record(mark: Stamp, sha256: str) -> bytes:
    """Sealed: a digest and the stamp that it holds for."""
    return seal({"stamp": list(mark), "sha256": sha256})


def recorded(data: bytes, mark: Stamp) -> str | None:
    """The digest that record() wrote, where it is of this stamp."""
    known = unseal(data)
    if known is None or known.get("stamp") != list(mark):
        return None
    sha256 = known.get("sha256")
    return sha256 if isinstance(sha256, str) else None


def seal(table: dict[str, Any]) -> bytes:
    """JSON of the object with a last member "check": the SHA-256 of the JSON without it. One line."""
    check = hashlib.sha256(json.dumps(table).encode()).hexdigest()
    return json.dumps({**table, "check": check}).encode() + b"\n"


def unseal(data: bytes) -> dict[str, Any] | None:
    """The object that was sealed, without "check"; None where a bit of it is not as it was."""
    try:
        table = json.loads(data)
        if not isinstance(table, dict) or table.pop("check", None) is None or seal(table) != data:
            return None
    except (ValueError, RecursionError):
        return None
    return table
