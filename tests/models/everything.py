"""One small model that holds every field that the readers read, and what they have to read."""

from __future__ import annotations

from models.writer import (
    DType,
    Func,
    Function,
    Graph,
    MetaGraph,
    Node,
    Saver,
    Shape,
    Signature,
    Tensor,
    TensorInfo,
    any_list,
    data,
    node_list,
    number,
)

FLOAT = DType.FLOAT
CPU = "/device:CPU:0"


def function(name: str = "f") -> Function:
    return Function(
        name,
        [("a", FLOAT), ("b", DType.INT32)],
        [("r", FLOAT)],
        [
            Node("inner", "Neg", ["a"], {"T": FLOAT}),
            Node("call", "PartitionedCall", ["inner:y:0"], {"Tin": [FLOAT], "Tout": [FLOAT], "f": Func("g")}, CPU),
        ],
        {"r": "call:output:0"},
        {"done": "call"},
        {"_noinline": True, "_text": "hello"},
        stateful=True,
    )


def graph() -> Graph:
    nodes = [
        Node("x", "Placeholder", [], {"dtype": FLOAT, "shape": Shape((-1, 2))}),
        Node("c", "Const", [], {"dtype": FLOAT, "value": Tensor(FLOAT, [1.0])}, CPU),
        Node("empty", "Const", [], {"dtype": FLOAT}),
        Node("sum", "AddV2", ["x", "c", "^empty"], {"T": FLOAT}),
        Node("if", "If", ["c", "x"], {"then_branch": Func("f"), "else_branch": Func("g"), "Tcond": FLOAT}),
        Node("case", "Case", ["c"], {"branches": [Func("f"), Func("g"), Func("f")]}),
        Node("names", "Const", [], {"dtype": DType.STRING, "value": Tensor(DType.STRING, ["n\u00e4me", b"\xff"])}),
        Node("init", "NoOp", ["^sum"]),
    ]
    other = Function("g", [("x", FLOAT)], [("r", FLOAT)], [], {"r": "x"})
    return Graph(nodes, [function(), other], {"f": "grad_f"}, producer=1234, min_consumer=12)


def metagraph(tags: tuple[str, ...] = ("serve",)) -> MetaGraph:
    init = "__saved_model_init_op"
    return MetaGraph(
        graph(),
        {
            "serving_default": Signature({"in": TensorInfo("x:0")}, {"out": TensorInfo("sum:0")}),
            "other": Signature({}, {"out": TensorInfo("c:0"), "again": TensorInfo("c:0")}, "tensorflow/serving/other"),
            init: Signature({}, {init: TensorInfo("init", DType.INVALID, Shape(None))}, ""),
        },
        tags,
        Saver("save/Const:0", "save/Identity:0", "save/restore_all"),
        {"saved_model_main_op": node_list(["init"]), "mine": node_list(["a", "b"])},
        {"file:0": "vocab.txt", "other:0": "more.txt"},
        data(1, number(1, 3)),
    )


def assets_of_version_1(names: dict[str, str]) -> dict[str, bytes]:
    """The collection that named assets before asset_file_def did. names: tensor to file."""
    url = "type.googleapis.com/tensorflow.AssetFileDef"
    values = [(url, data(1, data(1, tensor)) + data(2, name)) for tensor, name in names.items()]
    return {"saved_model_assets": any_list(values)}
