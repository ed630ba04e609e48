"""What is remembered of sources, and when it is not."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from pytest_trt.artifacts.errors import Unreadable
from pytest_trt.engines.cache.cache import Cache
from pytest_trt.engines.cache.memo import Memo, digest


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def memo(tmp_path: Path, read_only: bool = False) -> Memo:
    """As a new process has it."""
    return Memo(Cache(tmp_path / "cache", read_only=read_only))


def stored(tmp_path: Path, begin: str) -> list[Path]:
    return sorted((tmp_path / "cache" / "v1" / "sources").glob(f"{begin}-*"))


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (3 << 20) + 1])
def test_digest(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "m").write_bytes(data)
    (tmp_path / "link").symlink_to("m")
    for path in (tmp_path / "m", str(tmp_path / "link")):
        assert digest(path) == (sha256(data), size)
        assert memo(tmp_path).digest(path) == (sha256(data), size)


def test_a_new_file_is_not_remembered_an_old_one_is(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"one")
    assert memo(tmp_path).digest(path) == (sha256(b"one"), 3)
    assert stored(tmp_path, "stat") == []
    time.sleep(2.1)
    assert memo(tmp_path).digest(path) == (sha256(b"one"), 3)
    assert len(stored(tmp_path, "stat")) == 1
    about = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert memo(tmp_path).digest(path) == (sha256(b"two"), 3)


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(bytes(64 << 20))
    time.sleep(2.1)
    begin = time.process_time()
    expected = memo(tmp_path).digest(path)
    reading = time.process_time() - begin
    begin = time.process_time()
    assert memo(tmp_path).digest(path) == expected
    assert time.process_time() - begin < reading / 5


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"one")
    time.sleep(2.1)
    memo(tmp_path).digest(path)
    (record,) = stored(tmp_path, "stat")
    data = record.read_bytes()
    for at in range(0, len(data), 7):
        record.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert memo(tmp_path).digest(path) == (sha256(b"one"), 3)


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo", "nul"])
def test_what_has_no_digest(tmp_path: Path, kind: str) -> None:
    path = str(tmp_path / ("m\0" if kind == "nul" else "m"))
    if kind == "folder":
        (tmp_path / "m").mkdir()
    if kind == "fifo":
        os.mkfifo(tmp_path / "m")
    for use in (digest, memo(tmp_path).digest):
        with pytest.raises(Unreadable) as caught:
            use(path)
        assert caught.value.location.path == path


def test_records(tmp_path: Path) -> None:
    value = {"onnx": "ab", "list": [1, None, "é"]}
    assert memo(tmp_path).get("a") is None
    memo(tmp_path).put("a", value)
    memo(tmp_path).put("b/../\0\n", [2])
    assert memo(tmp_path).get("a") == value
    assert memo(tmp_path).get("b/../\0\n") == [2]
    memo(tmp_path).put("a", 1)
    assert memo(tmp_path).get("a") == 1
    assert memo(tmp_path).get("c") is None


def test_a_damaged_record_is_none(tmp_path: Path) -> None:
    memo(tmp_path).put("a", {"onnx": "ab"})
    (record,) = stored(tmp_path, "record")
    data = record.read_bytes()
    for at in range(len(data)):
        record.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert memo(tmp_path).get("a") is None
        record.write_bytes(data[:at])
        assert memo(tmp_path).get("a") is None


def test_files(tmp_path: Path) -> None:
    assert memo(tmp_path).file("model.onnx") is None
    path = memo(tmp_path).put_file("model.onnx", b"onnx")
    assert path is not None
    assert path.read_bytes() == b"onnx"
    assert memo(tmp_path).file("model.onnx") == path
    assert memo(tmp_path).put_file("model.onnx", b"other") == path
    assert memo(tmp_path).file("model.onnx") == path
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"othex")
    assert memo(tmp_path).file("model.onnx") is None
    path.write_bytes(b"")
    assert memo(tmp_path).file("model.onnx") is None
    path.unlink()
    assert memo(tmp_path).file("model.onnx") is None


def test_a_kept_file_is_not_read_again(tmp_path: Path) -> None:
    memo(tmp_path).put_file("m", bytes(64 << 20))
    time.sleep(2.1)
    begin = time.process_time()
    assert memo(tmp_path).file("m") is not None
    reading = time.process_time() - begin
    begin = time.process_time()
    assert memo(tmp_path).file("m") is not None
    assert time.process_time() - begin < reading / 5


def test_use_is_noted_once_a_day(tmp_path: Path) -> None:
    memo(tmp_path).put("a", 1)
    (record,) = stored(tmp_path, "record")
    os.utime(record, (1e9, 1e9))
    memo(tmp_path, read_only=True).get("a")
    assert record.stat().st_mtime == 1e9
    memo(tmp_path).get("a")
    assert abs(record.stat().st_mtime - time.time()) < 10


def test_read_only_writes_nothing(tmp_path: Path) -> None:
    reader = memo(tmp_path, read_only=True)
    reader.put("a", 1)
    assert reader.put_file("a", b"") is None
    assert reader.get("a") is None
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_remembers_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    (tmp_path / "m").write_bytes(b"one")
    one = memo(tmp_path)
    one.put("a", 1)
    assert one.get("a") is None
    assert one.put_file("a", b"x") is None
    assert one.file("a") is None
    assert one.digest(tmp_path / "m") == (sha256(b"one"), 3)
