"""Eviction, clearing, leftovers of killed processes, and the table of what is there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from racers import PLAN, PLANS, content, events, key

from pytest_trt.engines.cache.cache import Built, Cache
from pytest_trt.engines.cache.folders import HOST, Folder, open_root
from pytest_trt.engines.cache.locks import Lock, attempt
from pytest_trt.engines.cache.memo import Memo
from pytest_trt.engines.cache.upkeep import CacheInfo, EntryInfo, clear, format_info, info, size_text
from pytest_trt.engines.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE = 100_000


def add(root: Path, name: str, used: float | None = None, max_bytes: int = 1 << 30) -> None:
    cache = Cache(root, max_bytes=max_bytes)
    assert cache.obtain(key(name), {}, lambda: Built(content(SIZE), {}), what=name).origin == "built"
    if used is not None:
        os.utime(root / "v1" / key(name)[:2] / key(name) / "used", (used, used))


def names(root: Path) -> list[str]:
    return sorted(entry.what or "" for entry in info(Cache(root)).entries)


def hold(root: Path, name: str) -> Lock:
    with open_root(root, False, False) as top, top.inner("v1") as version, version.inner("locks") as locks:
        lock = attempt(locks, name)
    assert lock is not None
    return lock


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    for place, name in enumerate("bdac"):
        add(tmp_path / "cache", name, 1e9 + place)
    add(tmp_path / "cache", "new", max_bytes=3 * SIZE + 10_000)
    assert names(tmp_path / "cache") == ["a", "c", "new"]
    assert [event["key"] for event in events(tmp_path / "cache", "evicted")] == [key("b"), key("d")]
    assert list((tmp_path / "cache" / "v1" / "tmp").iterdir()) == []


def test_within_the_limit_nothing_goes(tmp_path: Path) -> None:
    for name in "abc":
        add(tmp_path / "cache", name, 1e9, max_bytes=3 * SIZE + 10_000)
    assert names(tmp_path / "cache") == ["a", "b", "c"]


def test_the_new_one_stays_whatever_its_size(tmp_path: Path) -> None:
    add(tmp_path / "cache", "old", 1e9)
    add(tmp_path / "cache", "new", max_bytes=1)
    assert names(tmp_path / "cache") == ["new"]


def test_a_held_lock_protects(tmp_path: Path) -> None:
    for place, name in enumerate("abc"):
        add(tmp_path / "cache", name, 1e9 + place)
    with hold(tmp_path / "cache", key("a")):
        add(tmp_path / "cache", "new", max_bytes=3 * SIZE + 10_000)
    assert names(tmp_path / "cache") == ["a", "c", "new"]


def test_one_at_a_time(tmp_path: Path) -> None:
    add(tmp_path / "cache", "a", 1e9)
    with hold(tmp_path / "cache", "upkeep"):
        add(tmp_path / "cache", "new", max_bytes=1)
    assert names(tmp_path / "cache") == ["a", "new"]


def test_a_reader_keeps_what_is_evicted(tmp_path: Path) -> None:
    add(tmp_path / "cache", "a", 1e9)
    entry = Cache(tmp_path / "cache").find(key("a"))
    assert entry is not None
    os.utime(tmp_path / "cache" / "v1" / key("a")[:2] / key("a") / "used", (1e9, 1e9))
    add(tmp_path / "cache", "new", max_bytes=1)
    assert not (entry.plan or tmp_path).exists()
    assert bytes(entry.bytes()) == content(SIZE)


def test_a_hit_counts_as_use(tmp_path: Path) -> None:
    add(tmp_path / "cache", "a", 1e9)
    add(tmp_path / "cache", "b", 1e9 + 1)
    assert Cache(tmp_path / "cache").find(key("a")) is not None
    add(tmp_path / "cache", "new", max_bytes=2 * SIZE + 10_000)
    assert names(tmp_path / "cache") == ["a", "new"]


def ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(30)
    return process.pid


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Folder]:
    add(tmp_path / "cache", "a")
    with (
        open_root(tmp_path / "cache", False, False) as root,
        root.inner("v1") as version,
        version.inner("tmp") as work,
    ):
        yield work


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        ("KEY-HOST-DEAD-00000000", 0, False),
        ("KEY-HOST-LIVE-00000000", 0, True),
        ("KEY-HOST-LIVE-00000000", 90_000, False),
        ("KEY-elsewhere-DEAD-00000000", 0, True),
        ("KEY-elsewhere-DEAD-00000000", 90_000, False),
        ("anything", 0, True),
        ("anything", 90_000, False),
        ("KEY-HOST-99999999999999999999999-00000000", 0, True),
    ],
)
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_leftovers(tmp_path: Path, work: Folder, name: str, age: int, stays: bool, kind: str) -> None:
    for word, text in (("HOST", HOST), ("DEAD", str(ended_pid())), ("LIVE", str(os.getpid()))):
        name = name.replace(word, text)
    path = work.path / name
    if kind == "folder":
        path.mkdir(0o700)
        (path / "plan").touch(0o600)
    else:
        path.touch(0o600)
    os.utime(path, (time.time() - age,) * 2)
    add(tmp_path / "cache", "b")
    assert path.exists() == stays


def test_what_another_container_is_writing_stays(tmp_path: Path, work: Folder) -> None:
    """Its process ids mean nothing here; it holds the folder."""
    name = f"KEY-{HOST}-{ended_pid()}-00000000"
    holding = """if True:
        import sys
        from pathlib import Path
        from pytest_trt.engines.cache.folders import open_root
        from pytest_trt.engines.cache.locks import hold_folder
        with open_root(Path(sys.argv[1]), True, False) as folder:
            hold_folder(folder)
            print("held", flush=True)
            sys.stdin.readline()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", holding, str(work.path / name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    add(tmp_path / "cache", "b")
    assert (work.path / name).exists()
    process.communicate(b"\n", timeout=30)
    add(tmp_path / "cache", "c")
    assert not (work.path / name).exists()


def test_sources_go_after_a_month(tmp_path: Path) -> None:
    memo = Memo(Cache(tmp_path / "cache"))
    kept, gone = memo.put_file("kept", b"1"), memo.put_file("gone", b"2")
    assert kept is not None
    assert gone is not None
    for path, days in ((kept, 29), (gone, 31)):
        os.utime(path, (time.time() - days * 86400,) * 2)
    add(tmp_path / "cache", "a")
    assert kept.exists()
    assert not gone.exists()


def test_clear(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    cache = Cache(root)
    assert clear(cache) == (0, 0)
    assert not root.exists()
    for name in "abc":
        add(root, name)
    cache.merge_timing(key("t"), lambda stored: bytes(1000))
    Memo(cache).put_file("m", bytes(2000))
    cache.set_aside(key("c"), "because")
    before = info(cache)
    count, freed = clear(cache)
    assert count == 2
    assert freed == before.bytes + 1000 + before.sources + before.bad[0][1]
    after = info(cache)
    assert (after.entries, after.timing, after.bad, after.sources) == ([], [], [], 0)
    assert sorted(event["key"] for event in events(root, "cleared")) == sorted([key("a"), key("b")])
    assert (root / "v1" / "locks" / key("a")).exists()
    add(root, "a")


def test_clear_some(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    cache = Cache(root)
    for name in "abc":
        add(root, name, time.time() - 86400 * (ord(name) - ord("a")))
    cache.merge_timing(key("t"), lambda stored: b"x")
    assert clear(cache, prefix=key("a")[:6])[0] == 1
    assert names(root) == ["b", "c"]
    assert clear(cache, older_than=timedelta(hours=36))[0] == 1
    assert names(root) == ["b"]
    assert clear(cache, older_than=timedelta(0), prefix=key("a")) == (0, 0)
    assert cache.timing(key("t")) == b"x"


def test_clear_skips_what_is_being_built(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    for name in "ab":
        add(root, name)
    with hold(root, key("a")):
        assert clear(Cache(root))[0] == 1
    assert names(root) == ["a"]


def test_a_read_only_cache_is_not_cleared(tmp_path: Path) -> None:
    add(tmp_path / "cache", "a")
    with pytest.raises(UsageError, match="read-only"):
        clear(Cache(tmp_path / "cache", read_only=True))
    assert names(tmp_path / "cache") == ["a"]


def test_info(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    cache = Cache(root, max_bytes=10**9)
    empty = info(cache)
    assert (empty.entries, empty.bytes, empty.path, empty.limit) == ([], 0, root, 10**9)
    assert not root.exists()
    fields = {"product": "x", "version": "1", "device": {"name": "Some GPU"}, "options": {"precision": "fp16"}}
    rtx = (PLANS / "rtx.plan").read_bytes()
    cache.obtain(key(1), fields, lambda: Built(PLAN, {}), what="m.onnx")
    cache.obtain(key(2), {}, lambda: Built(rtx, {"precision_in_use": "fp32", "device": {"name": "My GPU"}}))
    cache.obtain(key(3), {}, lambda: Built(PLAN, {}))
    cache.obtain(key(4), {"options": None, "device": None, "product": "new", "version": "9"}, lambda: Built(b"?", {}))
    for place in (1, 2, 3, 4):
        os.utime(root / "v1" / key(place)[:2] / key(place) / "used", (2e9 - place, 2e9 - place))
    found = info(cache)
    assert [entry.key for entry in found.entries] == [key(place) for place in (1, 2, 3, 4)]
    assert [(one.what, one.product, one.version, one.gpu, one.precision) for one in found.entries] == [
        ("m.onnx", "tensorrt", "8.6.0.12", "Some GPU", "fp16"),
        (None, "tensorrt-rtx", "1.7.1.116", "My GPU", "fp32"),
        (None, "tensorrt", "8.6.0.12", "capability 9.0", None),
        (None, "new", "9", None, None),
    ]
    assert all(len(PLAN) < found.entries[place].bytes < len(PLAN) + 2000 for place in (0, 2))
    first = found.entries[0]
    assert first.last_used == datetime.fromtimestamp(2e9 - 1, timezone.utc)
    assert first.created is not None
    assert abs(first.created.timestamp() - time.time()) < 60
    assert found.bytes == sum(entry.bytes for entry in found.entries)


def test_info_of_a_damaged_entry(tmp_path: Path) -> None:
    add(tmp_path / "cache", "a")
    folder = tmp_path / "cache" / "v1" / key("a")[:2] / key("a")
    (folder / "meta.json").write_bytes(b"{")
    (folder / "used").unlink()
    (entry,) = info(Cache(tmp_path / "cache")).entries
    assert entry.damage == "its meta.json is not what was written"
    assert entry.last_used is not None
    assert "(damaged: its meta.json is not what was written)" in format_info(info(Cache(tmp_path / "cache")))


def test_format(golden: Callable[[str, str], None]) -> None:
    day = datetime(2026, 1, 31, 12, 5, tzinfo=timezone.utc)
    entries = [
        EntryInfo(key(1), "resnet.onnx", "tensorrt", "8.6.1.6", "NVIDIA H100", "fp16", 48_123_456, day, day),
        EntryInfo(key(2), "évil\x1b[31m\n", "tensorrt-rtx", "1.7.1.116", None, None, 1023, day, None),
        EntryInfo(key(3), None, None, None, None, None, 5, None, day, "its meta.json is missing"),
    ]
    full = CacheInfo(
        Path("/home/me/.cache/pytest-trt"), entries, [("t", 1035), ("u", 1)], [("b", 2**21)], 4096, 20 * 2**30
    )
    golden("cache-info.txt", format_info(full))
    golden("cache-info-empty.txt", format_info(CacheInfo(Path("/x"), [], [], [], 0, 20 * 2**30)))


def test_sizes() -> None:
    sizes = [0, 1023, 1024, 1536, 2**20 - 1, 2**20, 2**30, 2**41]
    texts = ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1024.0 KiB", "1.0 MiB", "1.0 GiB", "2048.0 GiB"]
    assert [size_text(size) for size in sizes] == texts
