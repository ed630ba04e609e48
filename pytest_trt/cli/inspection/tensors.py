"""Names, dtypes and shapes: of a signature's tensors (TensorInfo), of variables (BundleEntryProto).

Source: tensorflow/core/protobuf/meta_graph.proto, tensorflow/core/framework/types.proto and tensor_shape.proto,
tensorflow/core/protobuf/tensor_bundle.proto.
"""

from __future__ import annotations

from pytest_trt.artifacts.attrs import decode, numbers, parts
from pytest_trt.artifacts.wire import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.saved_model import MetaGraph
    from pytest_trt.artifacts.wire import Source

    Shape = list[int | None] | None

DTYPES = dict(
    enumerate(
        "float32 float64 int32 uint8 int16 int8 string complex64 int64 bool qint8 quint8 qint32 bfloat16 qint16 quint16"
        " uint16 complex128 float16 resource variant uint32 uint64 float8_e5m2 float8_e4m3fn float8_e4m3fnuz"
        " float8_e4m3b11fnuz float8_e5m2fnuz int4 uint4 int2 uint2 float4_e2m1fn".split(),
        1,
    )
)
_SHAPE_LIMIT = 4096


def dtype(number: int) -> str | None:
    """TensorFlow's name of a DataType, None for DT_INVALID."""
    if number > 100 and number - 100 in DTYPES:
        return DTYPES[number - 100] + "_ref"
    return DTYPES.get(number) or (f"DataType {number}" if number else None)


def shape(proto: bytes) -> Shape:
    """The dimensions of a TensorShapeProto, None for one of them that is not known, or for all: unknown rank."""
    if numbers(proto).get(3):
        return None
    sizes = [numbers(dimension).get(1, 0) for tag, dimension in parts(proto) if tag == 0x12]
    return [None if size < 0 else size for size in sizes]


def signatures(metagraph: MetaGraph) -> dict[str, dict[str, object]]:
    """The signatures in the file's order, those of TensorFlow's own (`__...`) left out. Raises Malformed."""
    found: dict[str, dict[str, object]] = {}
    source = metagraph.source
    for tag, _, _, at, stop in fields(source, *metagraph.span, 1):
        if tag == 0x2A:
            key, body = "", (at, at)
            for inner, _, _, left, right in fields(source, at, stop):
                if inner == 0x0A:
                    key = decode(source, left, right)
                elif inner == 0x12:
                    body = (left, right)
            if not key.startswith("__"):
                found[key] = _signature(source, *body)
    return found


def _signature(source: Source, start: int, end: int) -> dict[str, object]:
    method = ""
    sides: dict[int, list[dict[str, object]]] = {0x0A: [], 0x12: []}
    defaults: list[str] = []
    for tag, _, _, at, stop in fields(source, start, end):
        if tag in sides:
            sides[tag].append(_tensor(source, at, stop))
        elif tag == 0x1A:
            method = decode(source, at, stop)
        elif tag == 0x22:
            defaults += [
                decode(source, left, right) for inner, _, _, left, right in fields(source, at, stop) if inner == 0x0A
            ]
    for side in sides.values():
        side.sort(key=lambda tensor: str(tensor["name"]))
    return {"method": method, "inputs": sides[0x0A], "outputs": sides[0x12], "defaults": sorted(defaults)}


def _tensor(source: Source, start: int, end: int) -> dict[str, object]:
    """An entry of the map alias -> TensorInfo. encoding: how it is made of tensors."""
    entry: dict[str, object] = {"name": "", "tensor": "", "dtype": None, "shape": None, "encoding": "dense"}
    for tag, _, _, at, stop in fields(source, start, end):
        if tag == 0x0A:
            entry["name"] = decode(source, at, stop)
        elif tag == 0x12:
            for inner, value, _, left, right in fields(source, at, stop):
                if inner == 0x0A:
                    entry["tensor"] = decode(source, left, right)
                elif inner == 0x10:
                    entry["dtype"] = dtype(value)
                elif inner == 0x1A:
                    entry["shape"] = shape(source.at(left, min(right - left, _SHAPE_LIMIT)))
                elif inner == 0x22:
                    entry["encoding"] = "sparse"
                elif inner == 0x2A:
                    entry["encoding"] = "composite"
    return entry
