"""An ONNX model's declarations: inputs, outputs, nodes, and the files beside it that hold its weights.

Source: onnx/onnx.proto (field numbers) and onnx's external_data_helper (location, offset, length). Weights are jumped
over; subgraphs of If, Loop and Scan, functions and their attributes' defaults are walked as well.
"""

from __future__ import annotations

from pytest_trt.artifacts.errors import LimitReached, Malformed
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.wire import DEPTH_LIMIT, Source, fields, message, signed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# TensorProto.DataType -> the name NumPy or the ONNX specification has for it.
_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 21: "uint4", 22: "int4",
    23: "float4_e2m1",
}  # fmt: skip
_EXTERNAL = 1
# Digits of the largest offset that a file can have.
_DIGITS = 19


class OnnxValue:
    """An input or output of the graph. dtype: "float32"; None where the model does not say or it is no tensor.
    shape: sizes, names ("batch") and None for what is not known; None where the rank is not known."""

    __slots__ = ("name", "dtype", "shape")

    def __init__(self, name: str, dtype: str | None, shape: tuple[int | str | None, ...] | None) -> None:
        self.name = name
        self.dtype = dtype
        self.shape = shape


class OnnxModel:
    """What a model declares. inputs: without those that an initializer of the same name makes optional. nodes: (name,
    operator, domain) of the main graph, in order. opsets: domain -> version. external: location -> the least number
    of bytes that the file must have."""

    __slots__ = ("ir_version", "opsets", "producer", "inputs", "outputs", "nodes", "external")

    def __init__(self) -> None:
        self.ir_version = 0
        self.opsets: dict[str, int] = {}
        self.producer = ""
        self.inputs: list[OnnxValue] = []
        self.outputs: list[OnnxValue] = []
        self.nodes: list[tuple[str, str, str]] = []
        self.external: dict[str, int] = {}


def read_onnx(source: Source) -> OnnxModel:
    """Read what the model declares. Raises Malformed for bytes that are no ModelProto, Unreadable, LimitReached."""
    model = OnnxModel()
    graphs = 0
    for tag, value, _, at, stop in fields(source, 0, source.size):
        if tag == 0x08:
            model.ir_version = signed(value)
        elif tag == 0x12:
            model.producer = _text(source, at, stop)
        elif tag == 0x42:
            domain, version = "", 0
            for inner, number, _, left, right in fields(source, at, stop, 1):
                if inner == 0x0A:
                    domain = _text(source, left, right)
                elif inner == 0x10:
                    version = signed(number)
            model.opsets[domain] = version
        elif tag == 0x3A:
            graphs += 1
            _graph(source, at, stop, model, 1, main=True)
        elif tag == 25 << 3 | 2:
            for inner, _, _, left, right in fields(source, at, stop, 1):
                if inner == 7 << 3 | 2:
                    _node(source, left, right, model, 2)
                elif inner == 11 << 3 | 2:
                    _attribute(source, left, right, model, 2)
    if not graphs or not model.opsets:
        missing = "graph" if not graphs else "opset_import"
        raise Malformed(Location(source.shown), f"not an ONNX model: no field `{missing}`")
    return model


def _graph(source: Source, start: int, end: int, model: OnnxModel, depth: int, main: bool) -> None:
    if depth > DEPTH_LIMIT:
        raise LimitReached(Location(source.shown, offset=start), f"more than {DEPTH_LIMIT} messages inside one another")
    constants = set()
    for tag, _, _, at, stop in fields(source, start, end, depth):
        if tag == 0x0A:
            node = _node(source, at, stop, model, depth + 1)
            if main:
                model.nodes.append(node)
        elif tag == 0x2A:
            constants.add(_tensor(source, at, stop, model, depth + 1))
        elif tag == 15 << 3 | 2:
            constants.add(_sparse_tensor(source, at, stop, model, depth + 1))
        elif main and tag == 0x5A:
            model.inputs.append(_value(source, at, stop, depth + 1))
        elif main and tag == 0x62:
            model.outputs.append(_value(source, at, stop, depth + 1))
    if main:
        model.inputs = [value for value in model.inputs if value.name not in constants]


def _node(source: Source, start: int, end: int, model: OnnxModel, depth: int) -> tuple[str, str, str]:
    name = operator = domain = ""
    for tag, _, _, at, stop in fields(source, start, end, depth):
        if tag == 0x1A:
            name = _text(source, at, stop)
        elif tag == 0x22:
            operator = _text(source, at, stop)
        elif tag == 0x3A:
            domain = _text(source, at, stop)
        elif tag == 0x2A:
            _attribute(source, at, stop, model, depth + 1)
    return name, operator, domain


def _attribute(source: Source, start: int, end: int, model: OnnxModel, depth: int) -> None:
    """An AttributeProto, for the tensors and graphs in it."""
    for tag, _, _, at, stop in fields(source, start, end, depth):
        if tag in (0x2A, 0x52):
            _tensor(source, at, stop, model, depth + 1)
        elif tag in (22 << 3 | 2, 23 << 3 | 2):
            _sparse_tensor(source, at, stop, model, depth + 1)
        elif tag in (0x32, 0x5A):
            _graph(source, at, stop, model, depth + 1, main=False)


def _sparse_tensor(source: Source, start: int, end: int, model: OnnxModel, depth: int) -> str:
    """A SparseTensorProto's name, which is that of its values."""
    name = ""
    for tag, _, _, at, stop in fields(source, start, end, depth):
        if tag == 0x0A:
            name = _tensor(source, at, stop, model, depth + 1)
        elif tag == 0x12:
            _tensor(source, at, stop, model, depth + 1)
    return name


def _tensor(source: Source, start: int, end: int, model: OnnxModel, depth: int) -> str:
    """A TensorProto's name; where its data are in another file is noted in the model."""
    name = ""
    location = None
    where: dict[str, str] = {}
    for tag, value, _, at, stop in fields(source, start, end, depth):
        if tag == 0x42:
            name = _text(source, at, stop)
        elif tag == 0x6A:
            pair = {inner: _text(source, left, right) for inner, _, _, left, right in fields(source, at, stop, depth)}
            where[pair.get(0x0A, "")] = pair.get(0x12, "")
        elif tag == 0x70:
            location = value
    if location == _EXTERNAL:
        file = where.get("location", "")
        least = 0
        for part in ("offset", "length"):
            digits = where.get(part, "0")
            if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS:
                place = Location(source.shown, offset=start)
                raise Malformed(place, f"tensor {name[:200]!r}: the {part} of its external data is no number of bytes")
            least += int(digits)
        model.external[file] = max(model.external.get(file, 0), least)
    return name


def _value(source: Source, start: int, end: int, depth: int) -> OnnxValue:
    name = ""
    dtype: str | None = None
    shape: tuple[int | str | None, ...] | None = None
    for tag, _, _, at, stop in fields(source, start, end, depth):
        if tag == 0x0A:
            name = _text(source, at, stop)
        elif tag == 0x12:
            for left, right in _inside(source, at, stop, 0x0A, depth + 1):
                for inner, value, _, low, high in fields(source, left, right, depth + 2):
                    if inner == 0x08:
                        dtype = _TYPES.get(value)
                    elif inner == 0x12:
                        shape = tuple(
                            _size(source, begin, stop_, depth + 4)
                            for begin, stop_ in _inside(source, low, high, 0x0A, depth + 3)
                        )
    return OnnxValue(name, dtype, shape)


def _size(source: Source, start: int, end: int, depth: int) -> int | str | None:
    size: int | str | None = None
    for tag, value, _, at, stop in fields(source, start, end, depth):
        if tag == 0x08:
            size = signed(value)
        elif tag == 0x12:
            size = _text(source, at, stop) or None
    return size


def _inside(source: Source, start: int, end: int, wanted: int, depth: int) -> Iterator[tuple[int, int]]:
    return ((at, stop) for tag, _, _, at, stop in fields(source, start, end, depth) if tag == wanted)


def _text(source: Source, start: int, end: int) -> str:
    return message(source, start, end).decode("utf-8", "replace")
