"""What keeps the cache small and lets people see into it: eviction, clearing, leftovers, the table of its entries.

What goes is renamed into v1/tmp and removed there, under its key's lock: whoever has the plan open or mapped keeps it.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from pathlib import Path

from pytest_trt.artifacts.plan import Plan, read_plan
from pytest_trt.engines.cache.entries import Damaged, last_used, read_meta
from pytest_trt.engines.cache.folders import HOST, Folder, temporary
from pytest_trt.engines.cache.locks import attempt, is_abandoned
from pytest_trt.engines.cache.store import HEX, is_key
from pytest_trt.engines.errors import CacheUnsafe, UsageError
from pytest_trt.errors import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from typing import Any

    from pytest_trt.engines.cache.cache import Cache
    from pytest_trt.engines.cache.store import Store

KEPT_BAD = 5
_DAY = 86400.0
_SOURCES_DAYS = 30 * _DAY
_PRODUCTS = {"tensorrt": "TensorRT", "tensorrt-rtx": "TensorRT-RTX"}


class EntryInfo:
    """What is known of one entry; None where it is not. gpu: a name, or the capability that the plan was built on.

    bytes: of all its files. created, last_used: UTC. damage: why its meta.json says nothing.
    """

    __slots__ = ("key", "what", "product", "version", "gpu", "precision", "bytes", "created", "last_used", "damage")

    def __init__(
        self,
        key: str,
        what: str | None,
        product: str | None,
        version: str | None,
        gpu: str | None,
        precision: str | None,
        bytes: int,
        created: datetime | None,
        last_used: datetime | None,
        damage: str | None = None,
    ) -> None:
        self.key = key
        self.what = what
        self.product = product
        self.version = version
        self.gpu = gpu
        self.precision = precision
        self.bytes = bytes
        self.created = created
        self.last_used = last_used
        self.damage = damage


class CacheInfo:
    """path: the root. entries: the latest used first. timing, bad: (name, bytes). sources: bytes. limit: max_bytes."""

    __slots__ = ("path", "entries", "timing", "bad", "sources", "limit")

    def __init__(
        self,
        path: Path,
        entries: list[EntryInfo],
        timing: list[tuple[str, int]],
        bad: list[tuple[str, int]],
        sources: int,
        limit: int,
    ) -> None:
        self.path = path
        self.entries = entries
        self.timing = timing
        self.bad = bad
        self.sources = sources
        self.limit = limit

    @property
    def bytes(self) -> int:
        """Of the entries; it is what max_bytes bounds."""
        return sum(entry.bytes for entry in self.entries)


def info(cache: Cache) -> CacheInfo:
    """What the cache holds, without a lock and without changing it. Raises CacheUnsafe, OSError."""
    entries: list[EntryInfo] = []
    sizes: dict[str, list[tuple[str, int]]] = {}
    try:
        with cache.store.version() as version:
            for key, shelf in _keys(version):
                try:
                    with shelf.inner(key) as folder:
                        entries.append(_about(shelf, folder, key))
                except FileNotFoundError:
                    pass  # Evicted meanwhile.
            sizes = {room: _sizes(version, room) for room in ("timing", "bad", "sources")}
    except FileNotFoundError:
        pass
    entries.sort(key=lambda entry: (-entry.last_used.timestamp() if entry.last_used else 0.0, entry.key))
    sources = sum(size for _, size in sizes.get("sources", []))
    return CacheInfo(cache.root, entries, sizes.get("timing", []), sizes.get("bad", []), sources, cache.max_bytes)


def format_info(info: CacheInfo) -> str:
    """The table for people, ending with a newline. Times are UTC."""
    rows: list[tuple[str, ...]] = [("key", "model", "built by", "gpu", "precision", "size", "created", "last used")]
    for entry in info.entries:
        product = _PRODUCTS.get(entry.product or "", entry.product)
        by = " ".join(part for part in (product, entry.version) if part)
        model = f"(damaged: {entry.damage})" if entry.damage else entry.what
        times = (moment.strftime("%Y-%m-%d %H:%M") if moment else None for moment in (entry.created, entry.last_used))
        facts = (model, by, entry.gpu, entry.precision, size_text(entry.bytes), *times)
        rows.append((entry.key[:12], *(visible(fact) if fact else "-" for fact in facts)))
    lines = [f"engine cache {visible(info.path)}"]
    if info.entries:
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            cells = (
                cell.rjust(width) if rows[0][column] == "size" else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths))
            )
            lines.append("  ".join(cells).rstrip())
    count = len(info.entries)
    lines.append(
        f"{count} {'engine' if count == 1 else 'engines'}, {size_text(info.bytes)} of at most {size_text(info.limit)}"
    )
    for name, rooms in (("timing caches", info.timing), ("set aside as damaged", info.bad)):
        if rooms:
            lines.append(f"{name}: {len(rooms)}, {size_text(sum(size for _, size in rooms))}")
    if info.sources:
        lines.append(f"digests and converted models: {size_text(info.sources)}")
    return "\n".join(lines) + "\n"


def clear(cache: Cache, *, older_than: timedelta | None = None, prefix: str | None = None) -> tuple[int, int]:
    """Remove entries: those not used for that long, those whose key begins so, or all. Gives (entries, bytes freed).

    Without either, timing caches, converted models and what was set aside go as well. Entries whose lock is held stay.
    Raises UsageError where the cache is read-only, CacheUnsafe, OSError.
    """
    if cache.read_only:
        raise UsageError(f"the engine cache {visible(cache.root)} is used read-only", "clear it without that option")
    count = freed = 0
    now = time.time()
    try:
        with cache.store.version() as version, cache.store.locks() as locks:
            for key, shelf in _keys(version):
                if prefix is not None and not key.startswith(prefix):
                    continue
                if older_than is not None and now - _used(shelf, key) < older_than.total_seconds():
                    continue
                size = _drop(version, locks, shelf, key)
                if size is not None:
                    count, freed = count + 1, freed + size
                    cache.store.log("cleared", key, bytes=size)
            if older_than is None and prefix is None:
                for room in ("timing", "bad", "sources"):
                    freed += _empty(version, room)
                _leftovers(version)
    except FileNotFoundError:
        pass
    return count, freed


def tidy(store: Store, max_bytes: int, keep: str) -> None:
    """After a build: remove leftovers, old sources, and the least recently used entries beyond max_bytes, but keep.

    One process at a time does it; what the disk refuses stays for the next time.
    """
    try:
        with store.locks() as locks:
            lock = attempt(locks, "upkeep")
            if lock is None:
                return
            with lock, store.version() as version:
                _leftovers(version)
                _old_sources(version)
                _evict(store, version, locks, max_bytes, keep)
    except (OSError, CacheUnsafe):
        pass


def bad_name(key: str) -> str:
    """KEY-<UTC>-<pid>, by which the oldest can be told."""
    return f"{key}-{datetime.now(timezone.utc).strftime('%Y%m%dT%H%M%S.%fZ')}-{os.getpid()}"


def keep_newest(bad: Folder) -> None:
    """Remove all but the newest KEPT_BAD of what was set aside."""
    names = sorted(bad.names(), key=lambda name: name.partition("-")[2])
    for name in names[:-KEPT_BAD]:
        try:
            bad.remove(name)
        except OSError:
            pass  # Another process is doing it.


def size_text(size: int) -> str:
    """1023 B, 1.0 KiB, 20.0 GiB."""
    if size < 1024:
        return f"{size} B"
    amount = float(size)
    units = iter(("KiB", "MiB", "GiB"))
    unit = ""
    while amount >= 1024 and (larger := next(units, "")):
        amount, unit = amount / 1024, larger
    return f"{amount:.1f} {unit}"


def _keys(version: Folder) -> Iterator[tuple[str, Folder]]:
    """(key, the open folder that it is in) of each entry."""
    for first in version.names():
        if len(first) != 2 or not HEX.issuperset(first):
            continue
        with version.inner(first) as shelf:
            for key in shelf.names():
                if is_key(key):
                    yield key, shelf


def _used(shelf: Folder, key: str) -> float:
    """Seconds since the epoch; now for one that is gone."""
    try:
        with shelf.inner(key) as folder:
            return last_used(folder)
    except FileNotFoundError:
        return time.time()


def _evict(store: Store, version: Folder, locks: Folder, max_bytes: int, keep: str) -> None:
    entries = [(_used(shelf, key), key, shelf.size(key)) for key, shelf in _keys(version)]
    total = sum(size for _, _, size in entries)
    for _, key, size in sorted(entries):
        if total <= max_bytes:
            break
        if key == keep:
            continue
        with version.inner(key[:2]) as shelf:
            if _drop(version, locks, shelf, key) is not None:
                total -= size
                store.log("evicted", key, bytes=size)


def _drop(version: Folder, locks: Folder, shelf: Folder, key: str) -> int | None:
    """Remove an entry; its bytes, or None where its lock is held or it is gone."""
    lock = attempt(locks, key)
    if lock is None:
        return None
    with lock, version.inner("tmp", create=True) as work:
        name = temporary(key)
        size = shelf.size(key)
        try:
            shelf.move(key, work, name)
        except FileNotFoundError:
            return None
    # A reader may just be writing into it; what cannot be removed now is a leftover.
    try:
        with version.inner("tmp") as work:
            work.remove(name)
    except OSError:
        pass
    return size


def _empty(version: Folder, room: str) -> int:
    freed = 0
    try:
        with version.inner(room) as folder:
            for name in folder.names():
                freed += folder.remove(name)
    except FileNotFoundError:
        pass
    return freed


def _leftovers(version: Folder) -> None:
    """What killed processes left in v1/tmp: a day old, or of a process of this machine that is gone."""
    try:
        with version.inner("tmp") as work:
            for name in work.names():
                about = work.stat(name)
                if time.time() - about.st_mtime > _DAY or _is_left_over(work, name):
                    try:
                        work.remove(name)
                    except OSError:
                        pass
    except FileNotFoundError:
        pass


def _is_left_over(work: Folder, name: str) -> bool:
    rest, _, _ = name.rpartition("-")
    rest, _, pid = rest.rpartition("-")
    if rest.partition("-")[2] != HOST.replace("/", "_") or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        # In another container of this name that process may well live: it then holds the folder's lock.
        return is_abandoned(work, name)
    except (OSError, OverflowError):
        pass
    return False


def _old_sources(version: Folder) -> None:
    try:
        with version.inner("sources") as folder:
            for name in folder.names():
                if time.time() - folder.stat(name).st_mtime > _SOURCES_DAYS:
                    folder.remove(name)
    except FileNotFoundError:
        pass


def _sizes(version: Folder, room: str) -> list[tuple[str, int]]:
    try:
        with version.inner(room) as folder:
            return [(name, folder.size(name)) for name in folder.names()]
    except FileNotFoundError:
        return []


def _about(shelf: Folder, folder: Folder, key: str) -> EntryInfo:
    used = datetime.fromtimestamp(last_used(folder), timezone.utc)
    size = shelf.size(key)
    try:
        meta = read_meta(folder, key)
    except Damaged as damage:
        return EntryInfo(key, None, None, None, None, None, size, None, used, str(damage))
    plan = _plan(folder)
    fields = meta["fields"]
    devices = (meta.get("device"), fields.get("device"))
    gpu = next((device["name"] for device in devices if isinstance(device, dict) and device.get("name")), None)
    if gpu is None and plan is not None:
        capability = plan.compute_capability or " ".join(plan.capabilities)
        gpu = f"capability {capability}" if capability else None
    options = fields.get("options")
    precision = meta.get("precision_in_use") or meta.get("precision")
    if precision is None and isinstance(options, dict):
        precision = options.get("precision")
    return EntryInfo(
        key,
        _text(meta.get("what")),
        plan.product if plan is not None else _text(fields.get("product")),
        plan.version if plan is not None else _text(fields.get("version")),
        _text(gpu),
        _text(precision),
        size,
        _moment(meta.get("created")),
        used,
    )


def _plan(folder: Folder) -> Plan | None:
    fd = folder.open("plan")
    try:
        return read_plan(lambda offset, length: os.pread(fd, length, offset), os.fstat(fd).st_size)
    finally:
        os.close(fd)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _moment(value: Any) -> datetime | None:
    """Python 3.10 reads no Z."""
    try:
        return datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
