"""Tensor bundles: what is written comes back; a cut or bent index is refused in TensorFlow's words, within bounds."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.writer import DType, Tensor, bundle, crc32c, data, number, table, varint

from pytest_trt.artifacts import variables
from pytest_trt.artifacts.crc32c import crc32c as ours
from pytest_trt.artifacts.crc32c import mask
from pytest_trt.artifacts.errors import LimitReached, Unreadable
from pytest_trt.artifacts.variables import Bundle, Damaged, _records, _snappy, read_bundle

TENSORS = {"b/weights": Tensor(DType.FLOAT, [1.0, 2.0]), "a": Tensor(DType.INT64, [7]), "c": Tensor(DType.BOOL, [True])}


def written(folder: Path, index: bytes | None = None) -> Path:
    for name, content in bundle(TENSORS).items():
        (folder / name).write_bytes(content)
    if index is not None:
        (folder / "variables.index").write_bytes(index)
    return folder / "variables"


def read(prefix: Path) -> Bundle:
    return read_bundle(str(prefix), "v/variables.index")


def test_everything_comes_back(tmp_path: Path) -> None:
    found = read(written(tmp_path))
    assert {name: (e.dtype, e.shard, e.offset, e.size, e.sliced) for name, e in found.entries.items()} == {
        "a": (DType.INT64, 0, 0, 8, False),
        "b/weights": (DType.FLOAT, 0, 8, 8, False),
        "c": (DType.BOOL, 0, 16, 1, False),
    }
    assert found.shards == 1
    assert found.shard_name(0).endswith("variables.data-00000-of-00001")
    assert found.shard_size(0) == 17
    assert found.shard_size(1) is None


def test_what_tensorflow_wrote() -> None:
    folder = Path(__file__).parents[1] / "data" / "oracle" / "c00_v1_clean" / "variables"
    found = read(folder / "variables")
    assert found.entries
    assert all(entry.offset + entry.size <= (found.shard_size(entry.shard) or 0) for entry in found.entries.values())


def test_slices_and_negative_numbers(tmp_path: Path) -> None:
    entry = number(1, 1) + number(3, 2) + number(4, -1) + data(7, b"")
    index = table({b"": number(1, 3), b"sliced": entry})
    found = read(written(tmp_path, index))
    assert found.shards == 3
    assert (found.entries["sliced"].sliced, found.entries["sliced"].offset) == (True, -1)


def test_cut_at_every_byte(tmp_path: Path) -> None:
    index = bundle(TENSORS)["variables.index"]
    prefix = written(tmp_path)
    for end in range(len(index)):
        (tmp_path / "variables.index").write_bytes(index[:end])
        with pytest.raises(Damaged) as caught:
            read(prefix)
        assert str(caught.value).startswith("DATA_LOSS: ")


def test_every_bit_flipped(tmp_path: Path) -> None:
    """Checksums see all of it, but the padding of the footer and what nobody reads of the meta block."""
    index = bundle(TENSORS)["variables.index"]
    prefix = written(tmp_path)
    taken = set()
    for at in range(len(index)):
        for bit in range(8):
            bent = bytearray(index)
            bent[at] ^= 1 << bit
            (tmp_path / "variables.index").write_bytes(bent)
            try:
                read(prefix)
                taken.add(at)
            except (Damaged, LimitReached):
                pass
    meta_block = range(index.index(b"\0\0\0\0\x01\0\0\0"), index.index(b"\0\0\0\0\x01\0\0\0") + 13)
    assert all(at in meta_block or at >= len(index) - 48 for at in taken)


@given(st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    prefix = written(tmp_path, content + bundle(TENSORS)["variables.index"][-48:])
    with pytest.raises(Damaged):
        read(prefix)


def test_where_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no such file"):
        read(tmp_path / "variables")
    (tmp_path / "variables.index").mkdir()
    with pytest.raises(Unreadable, match="not a regular file"):
        read(tmp_path / "variables")


def test_an_index_without_a_header(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="failed to seek to header entry"):
        read(written(tmp_path, table({b"a": number(1, 1)})))


def test_a_very_large_index_is_a_limit(tmp_path: Path) -> None:
    prefix = written(tmp_path)
    with open(tmp_path / "variables.index", "r+b") as file:
        file.truncate(variables.INDEX_LIMIT + 1)
    with pytest.raises(LimitReached, match="67,108,865 bytes"):
        read(prefix)


def block(content: bytes, kind: int = 0) -> bytes:
    return content + bytes([kind]) + struct.pack("<I", mask(ours(content + bytes([kind]))))


def entries(*pairs: tuple[bytes, bytes]) -> bytes:
    out = b"".join(b"\0" + varint(len(key)) + varint(len(value)) + key + value for key, value in pairs)
    return out + struct.pack("<II", 0, 1)


def index_of(data_block: bytes, times: int, kind: int = 0) -> bytes:
    """An index that names one block so often."""
    first = block(data_block, kind)
    handle = varint(0) + varint(len(data_block))
    names = entries(*[(str(place).encode(), handle) for place in range(times)])
    footer = (varint(0) + varint(0) + varint(len(first)) + varint(len(names))).ljust(40, b"\0")
    return first + block(names) + footer + bytes.fromhex("57fb808b247547db")


def test_a_block_that_is_named_again_and_again(tmp_path: Path) -> None:
    one = entries((b"", number(1, 1)), (b"x", b"y" * 60_000))
    assert read(written(tmp_path, index_of(one, 1))).shards == 1
    with pytest.raises(LimitReached, match="an index whose blocks hold more than"):
        read(written(tmp_path, index_of(one, 5000)))


def literal(content: bytes) -> bytes:
    if len(content) <= 60:
        return bytes([len(content) - 1 << 2]) + content
    return bytes([61 << 2]) + struct.pack("<H", len(content) - 1) + content


def copy(length: int, back: int) -> bytes:
    return bytes([length - 1 << 2 | 2]) + struct.pack("<H", back)


def test_compressed_blocks(tmp_path: Path) -> None:
    one = entries((b"", number(1, 1)), (b"x", number(1, 3)))
    packed = varint(len(one)) + literal(one)
    found = read(written(tmp_path, index_of(packed, 1, kind=1)))
    assert found.entries["x"].dtype == 3


@given(st.lists(st.one_of(st.binary(min_size=1, max_size=300), st.tuples(st.integers(1, 64), st.integers(1, 400)))))
def test_snappy(parts: list[bytes | tuple[int, int]]) -> None:
    out, packed = bytearray(), b""
    for part in parts:
        if isinstance(part, bytes):
            out += part
            packed += literal(part)
        elif part[1] <= len(out):
            length, back = part
            for _ in range(length):
                out.append(out[-back])
            short = 4 <= length <= 11
            packed += bytes([(back >> 8) << 5 | length - 4 << 2 | 1, back & 255]) if short else copy(length, back)
    packed = varint(len(out)) + packed
    assert _snappy(packed) == bytes(out)
    for end in range(len(packed)):
        try:
            assert _snappy(packed[:end]) == bytes(out)  # no more than the length of nothing
        except Damaged:
            pass


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x05",
        b"\x05" + copy(5, 1),
        b"\x03" + literal(b"abcd"),
        varint(1 << 40),
        b"\x02" + literal(b"a") + copy(5, 9),
    ],
)
def test_snappy_refuses(packed: bytes) -> None:
    with pytest.raises(Damaged, match="corrupted compressed block contents"):
        _snappy(packed)


def test_snappy_cannot_grow_without_end() -> None:
    bomb = varint(variables.INDEX_LIMIT) + literal(b"a") + copy(64, 1) * 200_000
    with pytest.raises(Damaged):
        _snappy(bomb)


def test_keys_share_their_beginnings() -> None:
    content = b"\0\x03\x01abc1" + b"\x02\x01\x01d2" + b"\x00\x00\x00" + struct.pack("<II", 0, 1)
    assert list(_records(content)) == [(b"abc", b"1"), (b"abd", b"2"), (b"", b"")]
    for bad in (b"", b"\0\0\0", b"\x05\0\0" + struct.pack("<II", 0, 1), struct.pack("<I", 2**31)):
        with pytest.raises(Damaged):
            list(_records(bad))


@given(st.binary(max_size=64))
def test_checksum(content: bytes) -> None:
    assert mask(ours(content)) == crc32c(content)


@pytest.mark.parametrize("length", [16383, 16384, 16385, 20000, 65536, 100_001])
def test_checksum_of_long_data(length: int) -> None:
    content = bytes(place * 37 + (place >> 8) & 255 for place in range(length))
    assert mask(ours(content)) == crc32c(content)


def test_checksum_of_the_standard() -> None:
    assert ours(b"123456789") == 0xE3069283
