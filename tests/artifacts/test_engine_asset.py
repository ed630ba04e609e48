"""Stored engines: TFRecords of TRTEngineInstance, whole, cut and bent."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.writer import crc32c, data

from pytest_trt.artifacts import engine_asset
from pytest_trt.artifacts.engine_asset import StoredEngine, read_engines
from pytest_trt.artifacts.errors import Unreadable

REAL = Path(__file__).parents[1] / "data" / "tftrt" / "conv_fp32_built" / "assets"


def record(content: bytes) -> bytes:
    head = struct.pack("<Q", len(content))
    return head + struct.pack("<I", crc32c(head)) + content + struct.pack("<I", crc32c(content))


def plan() -> bytes:
    """The smallest that passes for a plan of TensorRT 8.6."""
    engine = b"ptrt" + struct.pack("<II", 0, 236) + b"\0" * 48
    entry = b"NGNE\0\0\0\0" + struct.pack("<QQ", 0x38, len(engine))
    size = 0x38 + len(engine) + 4
    head = b"ftrt\0\0\0\0" + struct.pack("<QQ", 1, size) + bytes([8, 6, 1, 6]) + b"rtrt"
    return head + entry + engine + bytes.fromhex("998b8d8b")


def instance(content: bytes) -> bytes:
    return data(1, b"\x12\x02\x08\x01") + data(2, content)


def read(folder: Path, content: bytes) -> list[StoredEngine]:
    path = folder / "trt-serialized-engine.x"
    path.write_bytes(content)
    return read_engines(str(path), "m/assets/x")


def test_what_tf_trt_wrote() -> None:
    (path,) = REAL.iterdir()
    (engine,) = read_engines(str(path), "x")
    assert engine.damage is None
    assert engine.plan is not None
    assert engine.plan.version is not None


def test_engines_come_back(tmp_path: Path) -> None:
    found = read(tmp_path, record(instance(plan())) + record(instance(plan())))
    assert [(engine.damage, engine.plan.version if engine.plan else None) for engine in found] == [
        (None, "8.6.1.6")
    ] * 2
    assert found[0].offset == 12 + 6 + 2
    assert read(tmp_path, b"") == []


def test_cut_at_every_byte(tmp_path: Path) -> None:
    content = record(instance(plan()))
    for end in range(1, len(content)):
        (engine,) = read(tmp_path, content[:end])
        assert engine.plan is None
        assert engine.damage is not None
        assert engine.damage.startswith("cut: ")


def test_every_bit_flipped(tmp_path: Path) -> None:
    content = record(instance(plan()))
    for at in range(len(content)):
        for bit in range(8):
            bent = bytearray(content)
            bent[at] ^= 1 << bit
            assert read(tmp_path, bytes(bent))[0].damage


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "a TRTEngineInstance without an engine"),
        (data(1, b""), "a TRTEngineInstance without an engine"),
        (data(2, b"junk"), "not an engine: no TensorRT plan begins like that"),
        (data(2, b""), "not an engine: no TensorRT plan begins like that"),
        (b"\x0f", "not a TRTEngineInstance: wire type 7"),
        (b"\x12\x09", "not a TRTEngineInstance: "),
        (data(2, plan()[:-1]), "cut: its header says"),
    ],
)
def test_what_a_record_may_hold_instead(tmp_path: Path, content: bytes, why: str) -> None:
    (engine,) = read(tmp_path, record(content))
    assert engine.damage is not None
    assert engine.damage.startswith(why)


@given(st.binary(max_size=100))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    for engine in [
        *read(tmp_path, content),
        *read(tmp_path, record(content)),
        *read(tmp_path, record(data(2, content))),
    ]:
        assert engine.damage


def test_an_absurd_length(tmp_path: Path) -> None:
    for length in (2**63, 2**64 - 1, 2**31, 5):
        head = struct.pack("<Q", length)
        (engine,) = read(tmp_path, head + struct.pack("<I", crc32c(head)) + b"abcd")
        assert engine.damage == f"cut: a record of {length:,} bytes, 4 are there"


def test_checksums_cost_no_more_than_so_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = 0

    def count(content: bytes) -> int:
        nonlocal checked
        checked += len(content)
        return crc32c_of(content)

    crc32c_of = engine_asset.crc32c
    monkeypatch.setattr(engine_asset, "crc32c", count)
    monkeypatch.setattr(engine_asset, "_CHECKED", 1000)
    assert len(read(tmp_path, record(instance(plan())) * 50)) == 50
    assert checked < 1000 + 50 * 8


def test_records_have_a_bound(tmp_path: Path) -> None:
    assert len(read(tmp_path, record(b"") * 1100)) == 1000


def test_a_sparse_file(tmp_path: Path) -> None:
    """3 GiB of nothing: the length of its first record has another checksum."""
    path = tmp_path / "trt-serialized-engine.x"
    path.touch()
    os.truncate(path, 3 << 30)
    (engine,) = read_engines(str(path), "x")
    assert engine.damage == "not a TFRecord file: the checksum of a record's length differs"


def test_only_regular_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in ("fifo", "absent", "."):
        with pytest.raises(Unreadable):
            read_engines(str(tmp_path / path), "x")
