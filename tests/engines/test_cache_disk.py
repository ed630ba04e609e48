"""Disks that are full, read-only or not there: a warning, and an engine that no cache keeps. Never a crash."""

from __future__ import annotations

import errno
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from racers import FLOCK, PLAN, Racer, content, key

from pytest_trt.engines.cache.cache import Built, Cache
from pytest_trt.engines.cache.memo import Memo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = key("model")
NOBODY = 65534
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """mounted("size=64k"): a new tmpfs. Skips where it cannot be mounted."""
    places: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"disk{len(places)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"mode=700,{options}", "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        except FileNotFoundError:
            pytest.skip("no mount command")
        if done.returncode:
            pytest.skip(f"cannot mount a tmpfs: {done.stderr.splitlines()[0].rpartition(': ')[2]}")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=30)


def obtain(root: Path, data: bytes = PLAN, name: str = KEY) -> tuple[str, list[str]]:
    """The origin and the warnings; the engine is always there."""
    warned: list[str] = []
    entry = Cache(root, warn=warned.append).obtain(name, {}, lambda: Built(data, {}), what="m.onnx")
    assert bytes(entry.bytes()) == data
    assert (entry.plan is None) == (entry.origin == "uncached")
    assert entry.meta["size"] == len(data)
    return entry.origin, warned


@pytest.mark.parametrize("room", [0, 4, 8, 16, 32, 60])
def test_full_disk(mounted: Callable[[str], Path], room: int) -> None:
    """KiB that are left: full before it begins, full in the log, in the plan, in meta.json."""
    disk = mounted("size=64k")
    (disk / "ballast").write_bytes(bytes((64 - room) << 10))
    origin, warned = obtain(disk / "cache", content(48 << 10))
    assert origin == ("built" if room == 60 else "uncached")
    if origin == "uncached":
        assert len(warned) == 1
        assert "No space left on device" in warned[0]
        assert str(disk / "cache") in warned[0]
        assert "m.onnx" in warned[0]
        assert not (disk / "cache" / "v1" / KEY[:2] / KEY).exists()
        assert not any((disk / "cache" / "v1" / "tmp").glob("*"))
        (disk / "ballast").unlink()
        assert obtain(disk / "cache", content(48 << 10)) == ("built", [])
    assert obtain(disk / "cache", content(48 << 10)) == ("hit", [])


def test_no_inodes(mounted: Callable[[str], Path]) -> None:
    origin, warned = obtain(mounted("nr_inodes=4") / "cache")
    assert origin == "uncached"
    assert len(warned) == 1


def test_hits_on_a_full_disk(mounted: Callable[[str], Path]) -> None:
    disk = mounted("size=256k")
    assert obtain(disk / "cache")[0] == "built"
    with pytest.raises(OSError, match="No space"):
        (disk / "ballast").write_bytes(bytes(256 << 10))
    assert obtain(disk / "cache") == ("hit", [])
    warned: list[str] = []
    cache = Cache(disk / "cache", warn=warned.append)
    cache.merge_timing(KEY, lambda stored: bytes(100_000))
    assert cache.timing(KEY) is None
    assert len(warned) == 1
    memo = Memo(cache)
    memo.put("a", 1)
    assert memo.get("a") is None
    assert memo.put_file("a", bytes(100_000)) is None


def test_read_only_disk(mounted: Callable[[str], Path]) -> None:
    disk = mounted("size=1m")
    assert obtain(disk / "cache")[0] == "built"
    entry = disk / "cache" / "v1" / KEY[:2] / KEY
    damaged = key("damaged")
    assert obtain(disk / "cache", name=damaged)[0] == "built"
    (disk / "cache" / "v1" / damaged[:2] / damaged / "plan").write_bytes(b"damaged")
    os.utime(entry / "used", (1e9, 1e9))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True, timeout=30)
    assert obtain(disk / "cache") == ("hit", [])
    origin, warned = obtain(disk / "cache", name=key("new"))
    assert origin == "uncached"
    assert len(warned) == 1
    assert "Read-only file system" in warned[0]
    assert obtain(disk / "another")[0] == "uncached"
    assert obtain(disk / "cache", name=damaged)[0] == "uncached"
    warned = []
    cache = Cache(disk / "cache", warn=warned.append)
    cache.merge_timing(KEY, lambda stored: b"x")
    assert not cache.set_aside(KEY, "because")
    assert len(warned) == 2


def test_limit_on_file_size(tmp_path: Path) -> None:
    """RLIMIT_FSIZE needs no root: the plan cannot be written whole."""
    with Racer(tmp_path / "cache", "model", tmp_path / "log", fsize=8192, size=20_000).go() as racer:
        result = racer.result()
    assert result["origin"] == "uncached"
    assert result["plan"] is None
    assert len(result["warned"]) == 1
    assert "File too large" in result["warned"][0]
    assert not any((tmp_path / "cache" / "v1" / "tmp").iterdir())
    assert obtain(tmp_path / "cache") == ("built", [])


@ROOT_ONLY
@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_no_permission(mode: int) -> None:
    """As another user, whom root's own folder for temporary files would keep out."""
    with tempfile.TemporaryDirectory() as name:
        os.chown(name, NOBODY, NOBODY)
        root = Path(name, "cache")
        with Racer(root, "first", Path(name, "log"), uid=NOBODY).go() as racer:
            assert racer.result()["origin"] == "built"
        root.joinpath("v1").chmod(mode)
        with Racer(root, "second", Path(name, "log"), uid=NOBODY).go() as racer:
            result = racer.result()
        assert result["origin"] == "uncached"
        assert result["warned"]
        assert all("Permission denied" in warning for warning in result["warned"])
        with Racer(root, "first", Path(name, "log"), uid=NOBODY).go() as racer:
            assert racer.result()["origin"] == ("hit" if mode else "uncached")


@pytest.mark.parametrize("name", ["cache", "cache/v1", "cache/v1/locks", "cache/v1/tmp"])
def test_a_file_where_a_folder_should_be(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    path.touch(0o600)
    origin, warned = obtain(tmp_path / "cache")
    assert origin == "uncached"
    assert "Not a directory" in warned[0]


def test_locks_elsewhere(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", lock_root=tmp_path / "locks")
    assert cache.obtain(KEY, {}, lambda: Built(PLAN, {})).origin == "built"
    assert (tmp_path / "locks" / KEY).exists()
    assert not (tmp_path / "cache" / "v1" / "locks").exists()


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() not in FLOCK, reason="needs seccomp and flock's number"
)
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EBADF, errno.ENOTSUP])
def test_a_file_system_without_locks(tmp_path: Path, number: int) -> None:
    """The kernel refuses flock to the other process, as NFS without its lock daemon does."""
    with Racer(tmp_path / "cache", "model", tmp_path / "log", flock=number).go() as racer:
        result = racer.result()
    assert (result["origin"], result["plan"]) == ("uncached", None)
    assert len(result["warned"]) == 1
    assert os.strerror(number) in result["warned"][0]
    assert obtain(tmp_path / "cache") == ("built", [])
    with Racer(tmp_path / "cache", "model", tmp_path / "log", flock=number).go() as racer:
        assert racer.result()["origin"] == "hit"


def test_locks_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "locks").touch()
    warned: list[str] = []
    cache = Cache(tmp_path / "cache", lock_root=tmp_path / "locks", warn=warned.append)
    assert cache.obtain(KEY, {}, lambda: Built(PLAN, {})).origin == "uncached"
    assert len(warned) == 1
