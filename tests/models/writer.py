"""Writes SavedModels byte by byte, with the standard library alone.

Only what a test model needs: nodes, functions, metagraphs, signatures,
collections, assets and small uncompressed tensor bundles. Nothing is checked,
so that broken models can be written as easily as sound ones.

Attribute values are Python values: bool, int, float, str or bytes, DType,
Shape, Tensor, Func, Placeholder, Raw, or a list of one kind of these.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path


class DType(IntEnum):
    """tensorflow.DataType"""

    INVALID = 0
    FLOAT = 1
    DOUBLE = 2
    INT32 = 3
    UINT8 = 4
    STRING = 7
    INT64 = 9
    BOOL = 10
    QINT8 = 11
    BFLOAT16 = 14
    HALF = 19
    RESOURCE = 20
    VARIANT = 21


_PACKING = {DType.FLOAT: "<f", DType.DOUBLE: "<d", DType.INT32: "<i", DType.INT64: "<q", DType.BOOL: "<?"}


@dataclass(frozen=True)
class Shape:
    """A static shape; dims None: unknown rank; -1: unknown dimension."""

    dims: tuple[int, ...] | None = ()


@dataclass(frozen=True)
class Tensor:
    """A constant. values: numbers (flat, as many as the shape has), or str/bytes for STRING."""

    dtype: DType
    values: Sequence[float | int | bool | str | bytes]
    shape: Shape = Shape()


@dataclass(frozen=True)
class Func:
    """A function as an attribute."""

    name: str
    attrs: Mapping[str, Attr] = field(default_factory=dict)


@dataclass(frozen=True)
class Placeholder:
    """An attribute that takes the value of an attribute of the enclosing function."""

    name: str


@dataclass(frozen=True)
class Raw:
    """Any bytes in place of an AttrValue."""

    data: bytes = b""


Scalar = bool | int | float | str | bytes | DType | Shape | Tensor | Func
Attr = Scalar | Placeholder | Raw | Sequence[Scalar]


# Protocol buffers, on the wire


def varint(number: int) -> bytes:
    """A base-128 number; negative ones as their 64-bit complement."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def number(tag: int, value: int) -> bytes:
    """A varint field."""
    return varint(tag << 3) + varint(value)


def data(tag: int, value: bytes | str) -> bytes:
    """A length-delimited field: bytes, text, a message or packed numbers."""
    value = value.encode() if isinstance(value, str) else value
    return varint(tag << 3 | 2) + varint(len(value)) + value


def fixed32(tag: int, value: bytes) -> bytes:
    """A field of four bytes."""
    return varint(tag << 3 | 5) + value


def text(tag: int, value: bytes | str) -> bytes:
    """A text field, left out where it is empty."""
    return data(tag, value) if value else b""


def texts(tag: int, values: Iterable[bytes | str]) -> bytes:
    """A repeated text or message field."""
    return b"".join(data(tag, value) for value in values)


def mapping(tag: int, entries: Mapping[str, bytes | str]) -> bytes:
    """A map from text to text or messages."""
    return b"".join(data(tag, data(1, key) + data(2, value)) for key, value in entries.items())


# Values


def shape_proto(shape: Shape) -> bytes:
    """TensorShapeProto"""
    if shape.dims is None:
        return number(3, 1)
    return b"".join(data(2, number(1, size) if size else b"") for size in shape.dims)


def tensor_content(tensor: Tensor) -> bytes:
    """The little-endian bytes of a tensor of numbers."""
    return b"".join(struct.pack(_PACKING[tensor.dtype], value) for value in tensor.values)


def tensor_proto(tensor: Tensor) -> bytes:
    """TensorProto"""
    head = number(1, tensor.dtype) + data(2, shape_proto(tensor.shape))
    if tensor.dtype is DType.STRING:
        return head + texts(8, (value for value in tensor.values if isinstance(value, str | bytes)))
    return head + data(4, tensor_content(tensor))


def func_proto(func: Func) -> bytes:
    """NameAttrList"""
    return text(1, func.name) + attr_map(2, func.attrs)


def attr_value(value: Attr) -> bytes:
    """AttrValue"""
    if isinstance(value, Raw):
        return value.data
    if isinstance(value, Placeholder):
        return data(9, value.name)
    if isinstance(value, list | tuple):
        return data(1, b"".join(_scalar(item, 9) for item in value))
    return _scalar(value, 10)  # type: ignore[arg-type]


def _scalar(value: Scalar, func_tag: int) -> bytes:
    if isinstance(value, DType):
        return number(6, value)
    if isinstance(value, bool):
        return number(5, value)
    if isinstance(value, int):
        return number(3, value)
    if isinstance(value, float):
        return fixed32(4, struct.pack("<f", value))
    if isinstance(value, Shape):
        return data(7, shape_proto(value))
    if isinstance(value, Tensor):
        return data(8, tensor_proto(value))
    if isinstance(value, Func):
        return data(func_tag, func_proto(value))
    return data(2, value)


def attr_map(tag: int, attrs: Mapping[str, Attr]) -> bytes:
    """map<string, AttrValue>"""
    return mapping(tag, {name: attr_value(value) for name, value in attrs.items()})


# Graphs


@dataclass
class Node:
    """NodeDef"""

    name: str
    op: str
    inputs: list[str] = field(default_factory=list)
    attrs: dict[str, Attr] = field(default_factory=dict)
    device: str = ""

    def encode(self) -> bytes:
        head = text(1, self.name) + text(2, self.op) + texts(3, self.inputs)
        return head + text(4, self.device) + attr_map(5, self.attrs)


@dataclass
class Function:
    """FunctionDef. args and outputs: (name, type); ret: output name to tensor `node:output_arg:index`."""

    name: str
    args: list[tuple[str, DType]]
    outputs: list[tuple[str, DType]]
    nodes: list[Node]
    ret: dict[str, str]
    control_ret: dict[str, str] = field(default_factory=dict)
    attrs: dict[str, Attr] = field(default_factory=dict)
    stateful: bool = False

    def encode(self) -> bytes:
        signature = data(1, self.name)
        for tag, arguments in ((2, self.args), (3, self.outputs)):
            signature += texts(tag, (data(1, name) + number(3, dtype) for name, dtype in arguments))
        if self.stateful:
            signature += number(17, 1)
        signature += texts(20, self.control_ret)
        out = data(1, signature) + texts(3, (node.encode() for node in self.nodes))
        return out + mapping(4, self.ret) + attr_map(5, self.attrs) + mapping(6, self.control_ret)


@dataclass
class Graph:
    """GraphDef with its FunctionDefLibrary. gradients: function to gradient function."""

    nodes: list[Node] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    gradients: dict[str, str] = field(default_factory=dict)
    producer: int = 1882
    min_consumer: int = 0

    def encode(self) -> bytes:
        library = texts(1, (function.encode() for function in self.functions))
        library += texts(2, (data(1, name) + data(2, gradient) for name, gradient in self.gradients.items()))
        versions = number(1, self.producer) + (number(2, self.min_consumer) if self.min_consumer else b"")
        return texts(1, (node.encode() for node in self.nodes)) + data(2, library) + data(4, versions)


@dataclass
class TensorInfo:
    """TensorInfo: a tensor of the graph (`node:0`), its type and its shape."""

    name: str
    dtype: DType = DType.FLOAT
    shape: Shape = Shape()

    def encode(self) -> bytes:
        return text(1, self.name) + number(2, self.dtype) + data(3, shape_proto(self.shape))


@dataclass
class Signature:
    """SignatureDef"""

    inputs: dict[str, TensorInfo] = field(default_factory=dict)
    outputs: dict[str, TensorInfo] = field(default_factory=dict)
    method: str = "tensorflow/serving/predict"

    def encode(self) -> bytes:
        inputs, outputs = ({key: info.encode() for key, info in side.items()} for side in (self.inputs, self.outputs))
        return mapping(1, inputs) + mapping(2, outputs) + text(3, self.method)


@dataclass
class Saver:
    """SaverDef, second version"""

    filename_tensor: str
    save_tensor: str
    restore_op: str

    def encode(self) -> bytes:
        return text(1, self.filename_tensor) + text(2, self.save_tensor) + text(3, self.restore_op) + number(7, 2)


def node_list(names: Sequence[str]) -> bytes:
    """CollectionDef of node names"""
    return data(1, texts(1, names))


def bytes_list(values: Sequence[bytes]) -> bytes:
    """CollectionDef of bytes"""
    return data(2, texts(1, values))


def any_list(values: Sequence[tuple[str, bytes]]) -> bytes:
    """CollectionDef of messages: (type URL, message)"""
    return data(5, texts(1, (data(1, url) + data(2, value) for url, value in values)))


@dataclass
class MetaGraph:
    """MetaGraphDef. assets: tensor to file name; collections: name to CollectionDef."""

    graph: Graph
    signatures: dict[str, Signature] = field(default_factory=dict)
    tags: tuple[str, ...] = ("serve",)
    saver: Saver | None = None
    collections: dict[str, bytes] = field(default_factory=dict)
    assets: dict[str, str] = field(default_factory=dict)
    object_graph: bytes = b""

    def encode(self) -> bytes:
        out = data(1, texts(4, self.tags) + data(5, "2.17.1")) + data(2, self.graph.encode())
        if self.saver:
            out += data(3, self.saver.encode())
        out += mapping(4, self.collections)
        out += mapping(5, {name: signature.encode() for name, signature in self.signatures.items()})
        out += texts(6, (data(1, data(1, tensor)) + data(2, name) for tensor, name in self.assets.items()))
        return out + text(7, self.object_graph)


def saved_model(metagraphs: Iterable[MetaGraph], schema_version: int = 1) -> bytes:
    """SavedModel"""
    return number(1, schema_version) + texts(2, (metagraph.encode() for metagraph in metagraphs))


# Tensor bundles: variables.index is a LevelDB table, variables.data-* the tensors


def crc32c(content: bytes) -> int:
    """Castagnoli's checksum, masked as LevelDB stores it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _block(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A table block; every entry is a restart point, so that no key is shortened."""
    out, restarts = b"", []
    for key, value in entries:
        restarts.append(len(out))
        out += b"\0" + varint(len(key)) + varint(len(value)) + key + value
    restarts = restarts or [0]
    return out + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def table(entries: Mapping[bytes, bytes]) -> bytes:
    """A LevelDB table of one uncompressed data block."""
    out = b""

    def append(block: bytes) -> bytes:
        nonlocal out
        handle = varint(len(out)) + varint(len(block))
        out += block + b"\0" + struct.pack("<I", crc32c(block + b"\0"))
        return handle

    content = append(_block(sorted(entries.items())))
    meta = append(_block([]))
    index = append(_block([(max(entries) + b"\0", content)]))
    return out + (meta + index).ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def bundle(tensors: Mapping[str, Tensor]) -> dict[str, bytes]:
    """The files of a tensor bundle of numbers, by name."""
    entries, shard = {b"": number(1, 1) + data(3, number(1, 1))}, b""
    for name in sorted(tensors):
        content = tensor_content(tensors[name])
        entry = number(1, tensors[name].dtype) + data(2, shape_proto(tensors[name].shape))
        entry += number(4, len(shard)) + number(5, len(content)) + fixed32(6, struct.pack("<I", crc32c(content)))
        entries[name.encode()] = entry
        shard += content
    return {"variables.index": table(entries), "variables.data-00000-of-00001": shard}


def write_saved_model(
    folder: Path,
    metagraphs: MetaGraph | Sequence[MetaGraph],
    variables: Mapping[str, Tensor] | None = None,
    assets: Mapping[str, bytes] | None = None,
    schema_version: int = 1,
) -> Path:
    """Write a SavedModel; variables None: without the folder variables/. assets: files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    metagraphs = [metagraphs] if isinstance(metagraphs, MetaGraph) else metagraphs
    (folder / "saved_model.pb").write_bytes(saved_model(metagraphs, schema_version))
    files = {} if variables is None else {f"variables/{name}": part for name, part in bundle(variables).items()}
    files |= {f"assets/{name}": content for name, content in (assets or {}).items()}
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
