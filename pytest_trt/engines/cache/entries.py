"""One entry of the cache: ROOT/v1/ab/KEY/ with plan, meta.json, `used` and `checked`.

meta.json is sealed JSON (digests.seal): {"schema": 1, "key", "fields", "sha256", "size", "created", "seconds", "pid",
"host", "layout", "what", and what the builder added}. layout is what artifacts.plan calls the plan's
layout, null where it did not take the bytes for a sound plan when they were built. The mtime of `used` is the last
hit's, give or take a minute. `checked` remembers the digest of the unchanged plan.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import time
from pathlib import Path

from pytest_trt.artifacts.plan import Plan, read_plan
from pytest_trt.engines.cache.digests import Stamp, hashed, record, recorded, seal, stamp, unseal
from pytest_trt.engines.cache.folders import HOST, Folder, temporary
from pytest_trt.engines.cache.locks import hold_folder
from pytest_trt.engines.cache.store import utc
from pytest_trt.errors import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal, TypeAlias

    Buffer: TypeAlias = "bytes | bytearray | memoryview | mmap.mmap"
    Origin: TypeAlias = Literal["hit", "built", "waited", "uncached"]

SCHEMA = 1
META_LIMIT = 1 << 24
NATIVE = ("lean runtime", "plugin library")
_PLAN, _META, _USED, _CHECKED = "plan", "meta.json", "used", "checked"
_TOUCH_EVERY = 60.0


class Built:
    """What a build gives. plan: the plan's bytes. meta: what meta.json holds besides its own members; JSON."""

    __slots__ = ("plan", "meta")

    def __init__(self, plan: Buffer, meta: Mapping[str, Any]) -> None:
        self.plan = plan
        self.meta = meta


class Entry:
    """A plan that obtain() or find() gave.

    plan: its file, None where it is in no cache. meta: what its meta.json holds; of one in no cache, what it would
    hold. data: the bytes, where this process built them. origin: "hit", "built" (here and now), "waited" (another
    built it meanwhile) or "uncached". seconds: that it took to find, to build or to wait.
    """

    __slots__ = ("key", "plan", "meta", "data", "origin", "seconds", "_view")

    def __init__(
        self,
        key: str,
        plan: Path | None,
        meta: dict[str, Any],
        data: Buffer | None,
        origin: Origin,
        seconds: float,
        view: Buffer | None = None,
    ) -> None:
        self.key = key
        self.plan = plan
        self.meta = meta
        self.data = data
        self.origin = origin
        self.seconds = seconds
        self._view = data if view is None else view

    def bytes(self) -> Buffer:
        """The plan: data, or the file that was checked, mapped read-only. It stays, whatever becomes of the entry."""
        if self._view is None:
            raise ValueError(f"the entry {self.key} was made with neither data nor view")
        return self._view


class Damaged(Exception):
    """Why an entry is not as it was written."""


class Found:
    """A sound entry: its meta, its plan mapped read-only, and what the plan's header says where that is known."""

    __slots__ = ("meta", "view", "plan")

    def __init__(self, meta: dict[str, Any], view: Buffer, plan: Plan | None) -> None:
        self.meta = meta
        self.view = view
        self.plan = plan


def describe(key: str, fields: Mapping[str, object], built: Built, seconds: float, what: str) -> dict[str, Any]:
    """The meta of a plan that was just built."""
    view = memoryview(built.plan).cast("B")
    plan = read_plan(lambda offset, length: bytes(view[offset : offset + length]), len(view))
    own = {
        "schema": SCHEMA,
        "key": key,
        "fields": fields,
        "sha256": hashlib.sha256(view).hexdigest(),
        "size": len(view),
        "created": utc(),
        "seconds": round(seconds, 3),
        "pid": os.getpid(),
        "host": HOST,
        "layout": plan.layout if plan is not None and plan.damage is None else None,
    }
    # As a reader will get it: tuples as lists, keys as text.
    meta: dict[str, Any] = json.loads(json.dumps({**own, "what": what, **built.meta, **own}))
    return meta


def read_entry(folder: Folder, key: str, known: dict[Stamp, str], write: bool) -> Found:
    """The entry in this folder, if all of it is as it was written. Raises Damaged, CacheUnsafe, OSError.

    known: digests of unchanged files. write: also remember them in `checked`, and note the use in `used`.
    """
    meta = read_meta(folder, key)
    try:
        fd = folder.open(_PLAN)
    except FileNotFoundError:
        raise Damaged("its plan is missing") from None
    try:
        size = os.fstat(fd).st_size
        if size != meta["size"]:
            raise Damaged(f"its plan has {size:,} bytes, {meta['size']:,} were written")
        plan = read_plan(lambda offset, length: os.pread(fd, length, offset), size)
        if meta["layout"] is not None:
            if plan is None or plan.layout != meta["layout"]:
                raise Damaged("its plan does not begin as it did")
            if plan.damage is not None:
                raise Damaged(f"its plan is damaged ({plan.damage})")
        if _sha256(folder, fd, known, write) != meta["sha256"]:
            raise Damaged("its plan is not what was written: the SHA-256 differs")
        view: Buffer = mmap.mmap(fd, size, access=mmap.ACCESS_READ) if size else b""
    finally:
        os.close(fd)
    if write:
        _touch(folder)
    return Found(meta, view, plan)


def read_meta(folder: Folder, key: str) -> dict[str, Any]:
    """meta.json of the entry. Raises Damaged, CacheUnsafe, OSError."""
    try:
        meta = unseal(folder.read(_META, META_LIMIT))
    except FileNotFoundError:
        raise Damaged("its meta.json is missing") from None
    if meta is None:
        raise Damaged("its meta.json is not what was written")
    if meta.get("schema") != SCHEMA or meta.get("key") != key:
        raise Damaged(f"its meta.json is of schema {meta.get('schema')!r} and key {visible(meta.get('key'))!r}")
    return meta


def last_used(folder: Folder) -> float:
    """Seconds since the epoch; of an entry without `used`, when its folder last changed."""
    try:
        return folder.stat(_USED).st_mtime
    except FileNotFoundError:
        return os.fstat(folder.fd).st_mtime


def write_entry(version: Folder, key: str, plan: Buffer, meta: dict[str, Any]) -> None:
    """Publish a new entry: it is there as a whole, or not at all, also after a crash of the machine.

    Raises FileExistsError where there is one already, CacheUnsafe, OSError.
    """
    name = temporary(key)
    with version.inner("tmp", create=True) as work:
        try:
            with work.inner(name, create=True) as folder:
                hold_folder(folder)
                folder.create(_PLAN, memoryview(plan))
                folder.create(_META, seal(meta))
                folder.create(_USED, b"")
                os.fsync(folder.fd)
            with version.inner(key[:2], create=True) as shelf:
                try:
                    work.move(name, shelf, key)
                except OSError:
                    # rename() says ENOTEMPTY or EEXIST; only an empty folder would be replaced.
                    if key in shelf.names():
                        raise FileExistsError(f"{shelf.path / key} exists") from None
                    raise
                os.fsync(shelf.fd)
        except BaseException:
            try:
                work.remove(name)
            except OSError:
                pass
            raise


def _sha256(folder: Folder, fd: int, known: dict[Stamp, str], write: bool) -> str:
    mark = stamp(os.fstat(fd))
    if mark in known:
        return known[mark]
    try:
        sha256 = recorded(folder.read(_CHECKED, META_LIMIT), mark)
    except FileNotFoundError:
        sha256 = None
    if sha256 is None:
        result = hashed(fd)
        if result is None:
            raise Damaged("its plan changed while it was read")
        sha256, mark, settled = result
        if not settled:
            return sha256
        if write:
            _remember(folder, record(mark, sha256))
    known[mark] = sha256
    return sha256


def _remember(folder: Folder, data: bytes) -> None:
    """Written in place: whoever reads half of it sees that by its seal, and hashes."""
    try:
        fd = folder.open(_CHECKED, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)
    except OSError:
        pass


def _touch(folder: Folder) -> None:
    try:
        if abs(time.time() - folder.stat(_USED).st_mtime) < _TOUCH_EVERY:
            return
    except OSError:
        pass
    try:
        fd = folder.open(_USED, os.O_WRONLY | os.O_CREAT)
        try:
            os.utime(fd)
        finally:
            os.close(fd)
    except OSError:
        pass
