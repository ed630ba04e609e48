"""The variables of a SavedModel: a tensor bundle (index and data shards).

The index is a table in LevelDB's format: key "" holds a BundleHeaderProto, every other key a tensor's
BundleEntryProto. Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc, tsl/lib/io/table.cc and format.cc,
tensorflow/core/protobuf/tensor_bundle.proto.
"""

from __future__ import annotations

from pytest_trt.artifacts.attrs import numbers, parts
from pytest_trt.artifacts.crc32c import crc32c, mask
from pytest_trt.artifacts.errors import LimitReached
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.member import DISK
from pytest_trt.artifacts.wire import varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.member import Folder

_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER = 48
INDEX_LIMIT = 64 << 20
# Blocks above this are taken without their checksum, which costs a Python loop over every byte.
_CHECKED = 64 << 10
# Blocks of an index, which may name the same one again and again: in all so many bytes, checked so many.
_BLOCKS_LIMIT, _CHECKED_LIMIT = 16 << 20, 4 << 20


class Damaged(Exception):
    """TensorFlow refuses the index; the text is its status, without the node that reads it."""


class Entry:
    """A tensor of the bundle. dtype: DataType number. size: bytes in the shard, from offset on."""

    __slots__ = ("dtype", "shard", "offset", "size", "sliced")

    def __init__(self, dtype: int, shard: int, offset: int, size: int, sliced: bool) -> None:
        self.dtype = dtype
        self.shard = shard
        self.offset = offset
        self.size = size
        self.sliced = sliced


class Bundle:
    """variables/variables.*: entries by tensor name, shard count; which shards are there and how long.

    folder, prefix: where the shards lie.
    """

    __slots__ = ("entries", "shards", "prefix", "_folder", "_sizes")

    def __init__(self, prefix: str, entries: dict[str, Entry], shards: int, folder: Folder = DISK) -> None:
        self.prefix = prefix
        self._folder = folder
        self.entries = entries
        self.shards = shards
        self._sizes: dict[int, int | None] = {}

    def shard_name(self, shard: int) -> str:
        return f"{self.prefix}.data-{shard:05d}-of-{self.shards:05d}"

    def shard_size(self, shard: int) -> int | None:
        """Bytes of a shard, None where there is no such file."""
        if shard not in self._sizes:
            self._sizes[shard] = self._folder.size(self.shard_name(shard))
        return self._sizes[shard]


def read_bundle(prefix: str, shown: str, folder: Folder = DISK) -> Bundle:
    """Read PREFIX.index of a folder. Raises Damaged in TensorFlow's words, Unreadable, LimitReached."""
    entries = {}
    shards = 0
    seen_header = False
    with folder.open(shown, prefix + ".index") as source:
        if source.size > INDEX_LIMIT:
            raise LimitReached(Location(shown), f"an index of {source.size:,} bytes; at most {INDEX_LIMIT:,} are read")
        if source.size < _FOOTER:
            raise Damaged("DATA_LOSS: file is too short to be an sstable")
        data = source.at(0, source.size)
        source.unchanged()
    footer = data[-_FOOTER:]
    if footer[-8:] != _MAGIC:
        raise Damaged("DATA_LOSS: not an sstable (bad magic number)")
    try:
        pos = varint(footer, varint(footer, 0)[1])[1]
        offset, pos = varint(footer, pos)
        size, pos = varint(footer, pos)
    except (IndexError, ValueError):
        raise Damaged("DATA_LOSS: bad block handle") from None
    blocks = _Blocks(data, shown)
    for _, handle in _records(blocks.at(offset, size)):
        try:
            offset, pos = varint(handle, 0)
            size, pos = varint(handle, pos)
        except (IndexError, ValueError):
            raise Damaged("DATA_LOSS: bad block handle") from None
        for key, value in _records(blocks.at(offset, size)):
            plain = numbers(value)
            if not key:
                seen_header = True
                shards = plain.get(1, 0)
                continue
            sliced = any(tag == 0x3A for tag, _ in parts(value))
            entries[key.decode("utf-8", "replace")] = Entry(
                plain.get(1, 0), plain.get(3, 0), plain.get(4, 0), plain.get(5, 0), sliced
            )
    if not seen_header:
        path = folder.whole(prefix + ".index")
        raise Damaged(
            f"DATA_LOSS: Unable to read file ({path}). Perhaps the file is corrupt or was produced by a newer version"
            " of TensorFlow with format changes (failed to seek to header entry): "
        )
    return Bundle(prefix, entries, shards, folder)


class _Blocks:
    """The blocks of a table, within bounds."""

    def __init__(self, data: bytes, shown: str) -> None:
        self.data = data
        self.shown = shown
        self.read = 0
        self.checked = 0

    def at(self, offset: int, size: int) -> bytes:
        """A block's contents; behind it stand its compression type (one byte) and its masked CRC32C."""
        data = self.data
        if offset + size + 5 > len(data):
            raise Damaged("DATA_LOSS: truncated block read")
        block = data[offset : offset + size]
        if size <= _CHECKED and self.checked + size <= _CHECKED_LIMIT:
            self.checked += size + 1
            stored = int.from_bytes(data[offset + size + 1 : offset + size + 5], "little")
            if stored != mask(crc32c(data[offset : offset + size + 1])):
                raise Damaged("DATA_LOSS: block checksum mismatch")
        kind = data[offset + size]
        if kind > 1:
            raise Damaged("DATA_LOSS: bad block type")
        if kind:
            block = _snappy(block)
        self.read += len(block) + 64
        if self.read > _BLOCKS_LIMIT:
            raise LimitReached(Location(self.shown), f"an index whose blocks hold more than {_BLOCKS_LIMIT:,} bytes")
        return block


def _snappy(data: bytes) -> bytes:
    """A block in Snappy's raw format. Source: google/snappy format_description.txt."""
    out = bytearray()
    try:
        size, pos = varint(data, 0)
        if size > INDEX_LIMIT:
            raise Damaged("DATA_LOSS: corrupted compressed block contents")
        while pos < len(data):
            tag = data[pos]
            pos += 1
            kind = tag & 3
            if kind == 0:
                length = (tag >> 2) + 1
                if length > 60:
                    extra = length - 60
                    length = int.from_bytes(data[pos : pos + extra], "little") + 1
                    pos += extra
                if pos + length > len(data) or len(out) + length > size:
                    raise Damaged("DATA_LOSS: corrupted compressed block contents")
                out += data[pos : pos + length]
                pos += length
                continue
            if kind == 1:
                length = (tag >> 2 & 7) + 4
                back = (tag >> 5) << 8 | data[pos]
                pos += 1
            else:
                width = 2 if kind == 2 else 4
                if pos + width > len(data):
                    raise Damaged("DATA_LOSS: corrupted compressed block contents")
                length = (tag >> 2) + 1
                back = int.from_bytes(data[pos : pos + width], "little")
                pos += width
            if not 0 < back <= len(out) or len(out) + length > size:
                raise Damaged("DATA_LOSS: corrupted compressed block contents")
            start = len(out) - back
            piece = out[start : start + length]
            out += (piece * (length // back + 1))[:length]
    except (IndexError, ValueError):
        raise Damaged("DATA_LOSS: corrupted compressed block contents") from None
    if len(out) != size:
        raise Damaged("DATA_LOSS: corrupted compressed block contents")
    return bytes(out)


def _records(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block; each key shares a prefix with the one before it."""
    if len(block) < 4:
        raise Damaged("DATA_LOSS: bad block contents")
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise Damaged("DATA_LOSS: bad block contents")
    key = b""
    pos = 0
    try:
        while pos < end:
            shared, pos = varint(block, pos)
            unshared, pos = varint(block, pos)
            length, pos = varint(block, pos)
            if shared > len(key) or pos + unshared + length > end:
                raise Damaged("DATA_LOSS: bad entry in block")
            key = key[:shared] + block[pos : pos + unshared]
            pos += unshared
            yield key, block[pos : pos + length]
            pos += length
    except (IndexError, ValueError):
        raise Damaged("DATA_LOSS: bad entry in block") from None
