"""The cache's folders, which the cache, its memo and its upkeep share: ROOT/v1, its locks and its log.

log.jsonl gets one line an event, in one write: {"event", "utc", "pid", "host", "key", "device", "seconds", ...}. At
1 MiB it becomes log.1.jsonl, in place of the one before.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from pytest_trt.engines.cache.folders import HOST, Folder, open_root
from pytest_trt.engines.cache.locks import attempt
from pytest_trt.engines.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = "v1"
LOG, OLD_LOG = "log.jsonl", "log.1.jsonl"
LOG_LIMIT = 1 << 20
_KEY_LENGTH = 64
HEX = frozenset("0123456789abcdef")


class Store:
    """root: absolute. read_only: nothing is made or written, and the folders may belong to another user.

    lock_root: the folder of the locks where it is not ROOT/v1/locks (on a disk of this machine, say, where ROOT is on
    NFS): one of the user's own, made with mode 0700.
    """

    __slots__ = ("root", "read_only", "lock_root")

    def __init__(self, root: Path, read_only: bool, lock_root: Path | None) -> None:
        self.root = root
        self.read_only = read_only
        self.lock_root = lock_root

    @property
    def path(self) -> Path:
        return self.root / _VERSION

    @contextmanager
    def version(self, create: bool = False) -> Iterator[Folder]:
        """ROOT/v1, open. Raises CacheUnsafe, OSError; FileNotFoundError where there is none and create is not set."""
        with open_root(self.root, create, self.read_only) as root, root.inner(_VERSION, create) as version:
            yield version

    @contextmanager
    def locks(self) -> Iterator[Folder]:
        """The folder of the locks, open; made where it is missing. Raises CacheUnsafe, OSError."""
        if self.lock_root is not None:
            with open_root(self.lock_root, create=True, foreign=False) as folder:
                yield folder
        else:
            with self.version(create=True) as version, version.inner("locks", create=True) as folder:
                yield folder

    def log(
        self, event: str, key: str | None, device: str | None = None, seconds: float | None = None, **more: object
    ) -> None:
        """Add a line to the log; where that cannot be done, it is left out."""
        line = {
            "event": event,
            "utc": utc(),
            "pid": os.getpid(),
            "host": HOST,
            "key": key,
            "device": device,
            "seconds": None if seconds is None else round(seconds, 3),
            **more,
        }
        try:
            with self.version(create=True) as version:
                fd = version.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                try:
                    os.write(fd, json.dumps(line).encode() + b"\n")
                    full = os.fstat(fd).st_size >= LOG_LIMIT
                finally:
                    os.close(fd)
                if full:
                    self._rotate(version)
        except OSError:
            pass

    def _rotate(self, version: Folder) -> None:
        with self.locks() as locks:
            lock = attempt(locks, "log")
            if lock is not None:
                with lock:
                    # Another process may have done it since.
                    if version.size(LOG) >= LOG_LIMIT:
                        version.move(LOG, version, OLD_LOG)


def check_key(key: str) -> str:
    """The key. Raises UsageError where it is no SHA-256 in lower-case hexadecimal."""
    if not is_key(key):
        raise UsageError(f"{key!r} is no key of the engine cache", "give 64 lower-case hexadecimal digits, a SHA-256")
    return key


def is_key(name: str) -> bool:
    return len(name) == _KEY_LENGTH and HEX.issuperset(name)


def utc() -> str:
    """Now, as 2026-01-31T12:00:00.000Z."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
