"""Folders and files that somebody else could have made or changed: CacheUnsafe, with the cure."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

import pytest
from racers import PLAN, key

from pytest_trt.engines.cache.cache import Built, Cache
from pytest_trt.engines.cache.memo import Memo
from pytest_trt.engines.cache.upkeep import clear, info
from pytest_trt.engines.errors import CacheUnsafe, NativeCodeRefused

KEY = key("model")
NOBODY = 65534
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")


def built() -> Built:
    return Built(PLAN, {})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A cache with one entry and a timing cache."""
    cache = Cache(tmp_path / "cache")
    cache.obtain(KEY, {}, built)
    cache.merge_timing(KEY, lambda stored: b"timing")
    return tmp_path / "cache"


def refused(root: Path, name: str, *words: str, read_only: bool = False) -> None:
    """Neither find nor obtain uses it; the text names the place, what is wrong, and the cure."""
    warned: list[str] = []
    cache = Cache(root, read_only=read_only, warn=warned.append)
    for use in (lambda: cache.find(KEY), lambda: cache.obtain(KEY, {}, built)):
        with pytest.raises(CacheUnsafe) as caught:
            use()
        assert str(root / name) in caught.value.what
        assert str(root / name) in caught.value.cure
        for word in words:
            assert word in str(caught.value)
    assert warned == []


ENTRY = f"v1/{KEY[:2]}/{KEY}"


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("name", ["v1", f"v1/{KEY[:2]}", ENTRY, f"{ENTRY}/plan", f"{ENTRY}/meta.json"])
def test_links(root: Path, tmp_path: Path, name: str, read_only: bool) -> None:
    (root / name).rename(tmp_path / "moved")
    (root / name).symlink_to(tmp_path / "moved")
    refused(root, name, "a symbolic link", "rm -r", read_only=read_only)


@pytest.mark.parametrize("name", ["v1/locks", "v1/log.jsonl", "v1/tmp"])
def test_links_where_it_writes(tmp_path: Path, name: str) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "cache" / "v1").mkdir(0o700, parents=True)
    (tmp_path / "cache").chmod(0o700)
    (tmp_path / "cache" / name).symlink_to(tmp_path / "target")
    with pytest.raises(CacheUnsafe, match="a symbolic link"):
        Cache(tmp_path / "cache").obtain(KEY, {}, built)
    assert list((tmp_path / "target").iterdir()) == []


def test_a_root_of_the_users_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    found = Cache(tmp_path / "link").find(KEY)
    assert found is not None
    assert bytes(found.bytes()) == PLAN


@ROOT_ONLY
def test_a_root_that_somebody_else_linked(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    os.chown(tmp_path / "link", NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(CacheUnsafe, match=f"belongs to user {NOBODY}"):
        Cache(tmp_path / "link").find(KEY)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(("mode", "who"), [(0o020, "its group"), (0o002, "everybody")])
@pytest.mark.parametrize("name", ["", "v1", f"v1/{KEY[:2]}", ENTRY, f"{ENTRY}/plan", f"{ENTRY}/meta.json"])
def test_writable_by_others(root: Path, name: str, mode: int, who: str, read_only: bool) -> None:
    path = root / name
    path.chmod(path.stat().st_mode | mode)
    refused(root, name, who, "chmod go-w", read_only=read_only)
    path.chmod(path.stat().st_mode & ~0o022)
    assert Cache(root).find(KEY) is not None


@ROOT_ONLY
@pytest.mark.parametrize("name", ["", "v1", f"v1/{KEY[:2]}", ENTRY, f"{ENTRY}/plan", f"{ENTRY}/meta.json"])
def test_of_somebody_else(root: Path, name: str) -> None:
    os.chown(root / name, NOBODY, NOBODY)
    refused(root, name, f"belongs to user {NOBODY}", f"this is user {os.geteuid()}", "chown -R")


@ROOT_ONLY
def test_of_somebody_else_is_for_reading(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    hit = Cache(root, read_only=True).find(KEY)
    assert hit is not None
    assert bytes(hit.bytes()) == PLAN
    assert Cache(root, read_only=True).timing(KEY) == b"timing"
    os.chown(root / ENTRY / "plan", NOBODY - 1, NOBODY)
    refused(root, f"{ENTRY}/plan", f"belongs to user {NOBODY - 1}", read_only=True)


@pytest.mark.parametrize("name", [f"{ENTRY}/plan", f"{ENTRY}/meta.json"])
@pytest.mark.parametrize("kind", ["a FIFO", "a socket", "a folder"])
def test_no_regular_file(root: Path, tmp_path: Path, name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is waited for."""
    (root / name).unlink()
    if kind == "a FIFO":
        os.mkfifo(root / name, 0o600)
    elif kind == "a folder":
        (root / name).mkdir(0o700)
    else:
        # The path of a socket may be short only.
        monkeypatch.chdir((root / name).parent)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind((root / name).name)
        (root / name).chmod(0o600)
    refused(root, name, kind, "a regular file")


def test_timing_caches(root: Path, tmp_path: Path) -> None:
    (root / "v1" / "timing" / KEY).chmod(0o666)
    with pytest.raises(CacheUnsafe, match="everybody"):
        Cache(root).timing(KEY)
    (root / "v1" / "timing" / KEY).unlink()
    (root / "v1" / "timing" / KEY).symlink_to(tmp_path)
    with pytest.raises(CacheUnsafe, match="symbolic link"):
        Cache(root).merge_timing(KEY, lambda stored: b"x")


def test_everything_else_refuses_as_well(root: Path) -> None:
    root.chmod(0o777)
    cache = Cache(root)
    memo = Memo(cache)
    for use in (
        lambda: info(cache),
        lambda: clear(cache),
        lambda: memo.get("a"),
        lambda: memo.put("a", 1),
        lambda: memo.file("a"),
        lambda: memo.digest(__file__),
        lambda: cache.set_aside(KEY, "because"),
    ):
        with pytest.raises(CacheUnsafe):
            use()


def with_entry(plan: bytes, tag: bytes) -> bytes:
    """A plan of TensorRT 8.6 with one entry more, laid out as plans of TensorRT 10.6 have a second one."""
    start = 0x20 + 2 * 24
    engine = plan[56:-4]
    end = start + len(engine)
    size = end + 16 + 4
    table = struct.pack("<8sQQ8sQQ", b"NGNE", start, len(engine), tag, end, 16)
    return plan[:8] + struct.pack("<QQ", 2, size) + plan[0x18:0x20] + table + engine + bytes(16) + plan[-4:]


@pytest.mark.parametrize(("tag", "name"), [(b"NAEL", "lean runtime"), (b"NGLP", "plugin library")])
def test_native_code_of_a_shared_cache(tmp_path: Path, tag: bytes, name: str) -> None:
    plan = with_entry(PLAN, tag)
    root = tmp_path / "cache"
    own = Cache(root).obtain(KEY, {}, lambda: Built(plan, {}))
    assert own.meta["layout"] == "D"
    assert Cache(root).obtain(KEY, {}, built).origin == "hit"
    shared = Cache(root, read_only=True)
    for use in (lambda: shared.find(KEY), lambda: shared.obtain(KEY, {}, built)):
        with pytest.raises(NativeCodeRefused) as caught:
            use()
        assert str(own.plan) in caught.value.what
        assert name in caught.value.what
        assert "--trt-allow-native-code" in caught.value.cure
    allowed = Cache(root, read_only=True, allow_native_code=True).find(KEY)
    assert allowed is not None
    assert bytes(allowed.bytes()) == plan


def test_weights_are_no_native_code(tmp_path: Path) -> None:
    plan = with_entry(PLAN, b"THGW")
    Cache(tmp_path / "cache").obtain(KEY, {}, lambda: Built(plan, {}))
    assert Cache(tmp_path / "cache", read_only=True).find(KEY) is not None


def test_hostile_paths_are_shown_escaped(tmp_path: Path) -> None:
    root = tmp_path / "a\x1b[31m\nb"
    root.mkdir(0o777)
    root.chmod(0o777)
    with pytest.raises(CacheUnsafe) as caught:
        Cache(root).find(KEY)
    assert "\x1b" not in str(caught.value)
    assert r"a\x1b[31m\nb" in caught.value.what
