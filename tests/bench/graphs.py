"""The large inputs: a chain of many nodes, and constants of a GiB."""

from __future__ import annotations

import random
import struct

from models.writer import (
    DType,
    Func,
    Function,
    Graph,
    MetaGraph,
    Node,
    Signature,
    TensorInfo,
    data,
    number,
    varint,
    write_saved_model,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

_FLOAT = {"T": DType.FLOAT}
_CONSTANT = 16 << 20


def chain(count: int, reach: bool) -> Graph:
    """A chain of additions; with reach, an op that no CPU server knows stands in a function that its last calls."""
    nodes = [Node("x", "Placeholder", [], {"dtype": DType.FLOAT})]
    for place in range(count):
        before = nodes[-1].name
        nodes.append(Node(f"model/block_{place // 100}/layer_{place}/add", "AddV2", [before, before], _FLOAT))
    if not reach:
        return Graph(nodes)
    body = [Node("inside", "TRTEngineOp", ["a"], {})]
    function = Function("f", [("a", DType.FLOAT)], [("b", DType.FLOAT)], body, {"b": "inside:out_tensor:0"})
    attrs = {"Tin": [DType.FLOAT], "Tout": [DType.FLOAT], "f": Func("f")}
    nodes.append(Node("call", "PartitionedCall", [nodes[-1].name], attrs))
    return Graph(nodes, [function])


def write_chain(folder: Path, count: int, reach: bool) -> None:
    graph = chain(count, reach)
    signature = Signature({"x": TensorInfo("x:0")}, {"y": TensorInfo(f"{graph.nodes[-1].name}:0")})
    write_saved_model(folder, MetaGraph(graph, {"serving_default": signature}))


def write_frozen(path: Path, constants: int) -> None:
    """A frozen graph of so many constants of 16 MiB of noise each, and a TRTEngineOp behind them."""
    noise = random.Random(0).randbytes(_CONSTANT)
    with open(path, "wb") as file:
        for place in range(constants):
            shape = data(2, data(2, number(1, _CONSTANT // 4)))
            tensor = number(1, DType.FLOAT) + shape + b"\x22" + varint(_CONSTANT)  # tensor_content, the noise
            value = b"\x42" + varint(len(tensor) + _CONSTANT)
            entry = data(1, "value") + b"\x12" + varint(len(value) + len(tensor) + _CONSTANT) + value
            entry_length = len(entry) + len(tensor) + _CONSTANT
            kind = data(5, data(1, "dtype") + data(2, number(6, DType.FLOAT)))
            node = data(1, f"w{place}") + data(2, "Const") + kind + b"\x2a" + varint(entry_length)
            file.write(b"\x0a" + varint(len(node) + entry_length) + node + entry + tensor)
            file.write(noise)
        file.write(data(1, Node("end", "TRTEngineOp").encode()))


def write_plan(path: Path, plan: bytes, size: int) -> None:
    """A plan of TensorRT 8.6 made larger: the engine grows by a hole, and every size in its headers with it."""
    more = size - len(plan)
    head = bytearray(plan[:-4])
    for place in (0x10, 0x30, 0x48):  # of the file, of the engine entry, of the archive in it
        struct.pack_into("<Q", head, place, *(one + more for one in struct.unpack_from("<Q", head, place)))
    with path.open("wb") as file:
        file.write(head)
        file.seek(size - 4)
        file.write(plan[-4:])
