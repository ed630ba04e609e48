"""TF-TRT's stored engines: a TFRecord file of TRTEngineInstance, one record an engine.

Source: tensorflow/compiler/tf2tensorrt/kernels/trt_engine_resource_ops.cc, utils/trt_engine_instance.proto
(input_shapes = 1, serialized_engine = 2); TFRecord: tsl/lib/io/record_reader.cc.
"""

from __future__ import annotations

from pytest_trt.artifacts.crc32c import crc32c, mask
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.member import DISK
from pytest_trt.artifacts.plan import Plan, read_plan
from pytest_trt.artifacts.wire import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.member import Folder
    from pytest_trt.artifacts.wire import Source

PREFIX = "trt-serialized-engine."
_RECORDS_LIMIT = 1000
# Records are taken without their checksum once so many bytes were checked: 60 ns a byte is a tenth of a second here.
_CHECKED = 2 << 20


class StoredEngine:
    """An engine of an asset. offset: of its plan in the file. damage: why TensorRT refuses it, None if none is seen."""

    __slots__ = ("offset", "plan", "damage")

    def __init__(self, offset: int, plan: Plan | None, damage: str | None) -> None:
        self.offset = offset
        self.plan = plan
        self.damage = damage


def read_engines(path: str, shown: str, folder: Folder = DISK) -> list[StoredEngine]:
    """The engines of an asset file of a folder, [] where it holds none. Raises Unreadable, LimitReached."""
    with folder.open(shown, path) as source:
        engines: list[StoredEngine] = []
        pos = checked = 0
        while pos < source.size and len(engines) < _RECORDS_LIMIT:
            if pos + 12 > source.size:
                engines.append(StoredEngine(pos, None, f"cut: {source.size - pos} bytes are left of a record's header"))
                break
            head = source.at(pos, 12)
            length = int.from_bytes(head[:8], "little")
            if mask(crc32c(head[:8])) != int.from_bytes(head[8:], "little"):
                engines.append(
                    StoredEngine(pos, None, "not a TFRecord file: the checksum of a record's length differs")
                )
                break
            if pos + 12 + length + 4 > source.size:
                engines.append(
                    StoredEngine(pos, None, f"cut: a record of {length:,} bytes, {source.size - pos - 12:,} are there")
                )
                break
            if checked + length <= _CHECKED:
                checked += length
                stored = int.from_bytes(source.at(pos + 12 + length, 4), "little")
                if mask(crc32c(source.at(pos + 12, length))) != stored:
                    engines.append(StoredEngine(pos, None, "the checksum of a record differs from its bytes"))
                    break
            engines += _record(source, pos + 12, length)
            pos += 12 + length + 4
        return engines


def _record(source: Source, start: int, length: int) -> list[StoredEngine]:
    found = []
    try:
        for tag, _, _, at, stop in fields(source, start, start + length):
            if tag == 0x12:
                plan = read_plan(lambda offset, size, at=at: source.at(at + offset, size), stop - at)  # type: ignore[misc]
                damage = "not an engine: no TensorRT plan begins like that" if plan is None else plan.damage
                found.append(StoredEngine(at, plan, damage))
    except ArtifactError as error:
        return [StoredEngine(start, None, f"not a TRTEngineInstance: {error.why}")]
    return found or [StoredEngine(start, None, "a TRTEngineInstance without an engine")]
