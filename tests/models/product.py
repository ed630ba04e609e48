"""Several hundred tiny SavedModels: what is wrong x where it is x what calls it.

    python product.py FOLDER        # writes FOLDER/NAME/saved_model.pb ... and prints the folders

A model's name says what it holds: `untaken.If-lowered.op.unregistered` has an op that no
TensorFlow knows in the branch of a lowered If that is not taken. What the real loader says
of each is in verdicts-VERSION.json. Signatures take one float scalar "x" (the oracle feeds
4.0) and return one, unless the model is about signatures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

if __package__:
    from .writer import (
        Attr,
        DType,
        Func,
        Function,
        Graph,
        MetaGraph,
        Node,
        Placeholder,
        Saver,
        Shape,
        Signature,
        Tensor,
        TensorInfo,
        any_list,
        node_list,
        write_saved_model,
    )
else:
    from writer import (
        Attr,
        DType,
        Func,
        Function,
        Graph,
        MetaGraph,
        Node,
        Placeholder,
        Saver,
        Shape,
        Signature,
        Tensor,
        TensorInfo,
        any_list,
        node_list,
        write_saved_model,
    )

F, B, I, S, RES, VAR = DType.FLOAT, DType.BOOL, DType.INT32, DType.STRING, DType.RESOURCE, DType.VARIANT  # noqa: E741
SCALAR = Shape()
CPU0 = "/job:localhost/replica:0/task:0/device:CPU:0"
CAST = {"SrcT": I, "DstT": F}


@dataclass(frozen=True)
class Model:
    """A model that was written."""

    name: str
    folder: Path


@dataclass
class Body:
    """The nodes of the main graph or of a function, and how its tensors are called."""

    draft: Draft
    function: bool
    nodes: list[Node] = field(default_factory=list)

    def add(
        self, op: str, *inputs: str, out: str = "", name: str = "", device: str = "", index: int = 0, **attrs: Attr
    ) -> str:
        """Add a node; returns its output: number `index` of its output `out` ("": the node's own name)."""
        name = name or self.draft.fresh(op.lower())
        attrs = {key.removesuffix("__"): value for key, value in attrs.items()}
        self.nodes.append(Node(name, op, list(inputs), attrs, device))
        if not out:
            return name
        if self.function:
            return f"{name}:{out}:{index}"
        return f"{name}:{index}" if index else name

    def const(self, value: float | int | str, dtype: DType = F, name: str = "") -> str:
        return self.add("Const", out="output", name=name, dtype=dtype, value=Tensor(dtype, [value]))

    def identity(self, x: str, *controls: str, dtype: DType = F, name: str = "") -> str:
        return self.add("Identity", x, *controls, out="output", name=name, T=dtype)

    def plus(self, x: str, number: float) -> str:
        return self.add("AddV2", x, self.const(number), out="z", T=F)

    def after(self, x: str, node: str) -> str:
        """x once the node ran."""
        return self.identity(x, "^" + node.split(":")[0])


Piece = Callable[[Body, str], str]  # adds nodes to a body, from a float scalar to a float scalar
Caller = Callable[[Body, str, Piece], str]  # the same through functions that hold the piece
Names = dict[str, Piece]


@dataclass
class Draft:
    """A model in the making."""

    main: Body = field(init=False)
    graph: Graph = field(default_factory=Graph)
    meta: MetaGraph = field(init=False)
    others: list[MetaGraph] = field(default_factory=list)
    before: list[MetaGraph] = field(default_factory=list)
    variables: dict[str, Tensor] | None = None
    assets: dict[str, bytes] | None = None
    counter: int = 0
    small: bool = False

    def __post_init__(self) -> None:
        self.main = Body(self, function=False, nodes=self.graph.nodes)
        self.meta = MetaGraph(self.graph)

    def fresh(self, stem: str) -> str:
        self.counter += 1
        return f"{stem}_{self.counter}"

    def function(
        self, piece: Piece, *, stem: str = "f", out: DType = F, dtype: DType = F, stateful: bool = False
    ) -> str:
        """A function of one argument x; its name."""
        name = self.fresh(stem)
        self.named(name, piece, out=out, dtype=dtype, stateful=stateful)
        return name

    def named(self, name: str, piece: Piece, *, out: DType = F, dtype: DType = F, stateful: bool = False) -> Function:
        body = Body(self, function=True)
        ret = piece(body, "x")
        function = Function(name, [("x", dtype)], [("r", out)], body.nodes, {"r": ret}, stateful=stateful)
        self.graph.functions.append(function)
        return function

    def signature(self, ref: str, key: str = "serving_default", x: str = "x") -> None:
        name = ref if ":" in ref else ref + ":0"
        inputs = {"x": TensorInfo(x + ":0")} if x else {}
        self.meta.signatures[key] = Signature(inputs, {"y": TensorInfo(name)})

    def init(self, *nodes: str, name: str = "init") -> str:
        """A main-graph NoOp after the nodes, as the model's init op."""
        op = self.main.add("NoOp", *("^" + node.split(":")[0] for node in nodes), name=name)
        key = "__saved_model_init_op"
        self.meta.signatures[key] = Signature({}, {key: TensorInfo(op, DType.INVALID, Shape(None))}, "")
        return op

    def placeholder(self) -> str:
        """The fed tensor, and as many other nodes as make TensorFlow optimise the graph (four in all)."""
        for number in range(0 if self.small else 3):
            self.main.const(1.0, name=f"pad_{number}")
        return self.main.add("Placeholder", out="output", name="x", dtype=F, shape=SCALAR)

    def write(self, folder: Path) -> None:
        write_saved_model(folder, [*self.before, self.meta, *self.others], self.variables, self.assets)


def clean(body: Body, x: str) -> str:
    return body.plus(x, 1.0)


# What is wrong: pieces


def custom(op: str) -> Piece:
    return lambda b, x: b.add(op, x, out="y", name=b.draft.fresh("bad"), T=F)


def trt_engine(b: Body, x: str) -> str:
    attrs: dict[str, Attr] = {
        "InT": [F],
        "OutT": [F],
        "serialized_segment": b"",
        "workspace_size_bytes": 1 << 20,
        "precision_mode": "FP32",
        "segment_func": Func(""),
        "static_engine": False,
        "input_shapes": [SCALAR],
    }
    return b.add("TRTEngineOp", x, out="out_tensor", name=b.draft.fresh("bad"), **attrs)


def trt_resource(b: Body, x: str) -> str:
    return b.after(
        x, b.add("CreateTRTResourceHandle", out="resource_handle", name=b.draft.fresh("bad"), resource_name="e")
    )


def cudnn_size(b: Body, x: str) -> str:
    sizes = [b.const(2, I) for _ in range(3)]
    size = b.add("CudnnRNNParamsSize", *sizes, out="params_size", name=b.draft.fresh("bad"), T=F, S=I)
    return b.add("AddV2", x, b.add("Cast", size, out="y", **CAST), out="z", T=F)


def nccl(b: Body, x: str) -> str:
    return b.add(
        "NcclAllReduce", x, out="data", name=b.draft.fresh("bad"), T=F, reduction="sum", num_devices=1, shared_name="n"
    )


def tpu_input(b: Body, x: str) -> str:
    return b.add("TPUReplicatedInput", x, out="output", name=b.draft.fresh("bad"), N=1, T=F)


def gpu_only(b: Body, x: str) -> str:
    attrs: dict[str, Attr] = {"Toutput_types": [F], "output_shapes": [SCALAR]}
    ds = b.add("TensorDataset", x, out="handle", **attrs)
    f = b.draft.function(clean, stem="map")
    attrs = {"f": Func(f), "Targuments": [], "output_types": [F], "output_shapes": [SCALAR]}
    return b.after(x, b.add("ExperimentalMapDataset", ds, out="handle", name=b.draft.fresh("bad"), **attrs))


def wrong_type(b: Body, x: str) -> str:
    flag = b.add("Cast", x, out="y", SrcT=F, DstT=B)
    one = b.add("Einsum", flag, out="output", name=b.draft.fresh("bad"), equation="->", N=1, T=B)
    return b.add("Cast", one, out="y", SrcT=B, DstT=F)


def kernel_label(b: Body, x: str) -> str:
    return b.add("Neg", x, out="y", name=b.draft.fresh("bad"), T=F, _kernel="no_such_label")


def pinned(device: str, op: str = "Sinh") -> Piece:
    return lambda b, x: b.add(op, x, out="y", name=b.draft.fresh("bad"), device=device, T=F)


def pinned_const(b: Body, x: str) -> str:
    two = b.add(
        "Const", out="output", name=b.draft.fresh("bad"), device="/device:GPU:0", dtype=F, value=Tensor(F, [2.0])
    )
    return b.add("AddV2", x, two, out="z", T=F)


def pinned_folded(b: Body, x: str) -> str:
    """A pinned node of constants only: constant folding could remove it."""
    two = b.add("Sinh", b.const(2.0), out="y", name=b.draft.fresh("bad"), device="/device:GPU:0", T=F)
    return b.add("AddV2", x, two, out="z", T=F)


def colocated_missing(b: Body, x: str) -> str:
    return b.add("Neg", x, out="y", name=b.draft.fresh("bad"), T=F, _class=["loc:@nobody"])


def undefined_direct(b: Body, x: str) -> str:
    return b.add("no_such_fn", x, out="r", name=b.draft.fresh("bad"))


def undefined_f(op: str = "PartitionedCall") -> Piece:
    return lambda b, x: b.add(op, x, out="output", name=b.draft.fresh("bad"), Tin=[F], Tout=[F], f=Func("no_such_fn"))


def undefined_branch(lowered: bool, taken: bool, stateless: bool = False) -> Piece:
    def piece(b: Body, x: str) -> str:
        good = Func(b.draft.function(clean))
        pred = b.add("Greater", x, b.const(100.0), out="z", T=F)
        branches = (good, Func("no_such_fn")) if taken else (Func("no_such_fn"), good)
        attrs: dict[str, Attr] = {"_lower_using_switch_merge": True} if lowered else {}
        return b.add(
            "StatelessIf" if stateless else "If",
            pred,
            x,
            out="output",
            name=b.draft.fresh("bad"),
            Tcond=B,
            Tin=[F],
            Tout=[F],
            then_branch=branches[0],
            else_branch=branches[1],
            **attrs,
        )

    return piece


def py_func(op: str) -> Piece:
    return lambda b, x: b.add(op, x, out="output", name=b.draft.fresh("bad"), token="pyfunc_0", Tin=[F], Tout=[F])


def variable(b: Body, x: str) -> str:
    v = b.add("VarHandleOp", out="resource", name=b.draft.fresh("v"), dtype=F, shape=SCALAR, shared_name="v")
    value = b.add("ReadVariableOp", v, out="value", dtype=F)
    return b.add("AddV2", x, value, out="z", T=F)


def ref_variable(b: Body, x: str) -> str:
    v = b.add("VariableV2", out="ref", name="v", dtype=F, shape=SCALAR)
    return b.add("AddV2", x, b.identity(v), out="z", T=F)


def table(b: Body, x: str, initialise: bool = True) -> str:
    """A table filled from the file that a constant names, and x once that is done."""
    key: dict[str, Attr] = {"key_dtype": S, "value_dtype": DType.INT64, "shared_name": "t"}
    handle = b.add("HashTableV2", out="table_handle", **key)
    file = b.const("/nonexistent/vocab.txt", S)
    fill = b.add("InitializeTableFromTextFileV2", handle, file, name=b.draft.fresh("bad"), key_index=-2, value_index=-1)
    return b.after(x, fill)


def const_without_value(b: Body, x: str) -> str:
    return b.add("AddV2", x, b.add("Const", out="output", name=b.draft.fresh("bad"), dtype=F), out="z", T=F)


def const_wrong_type(b: Body, x: str) -> str:
    return b.add(
        "AddV2", x, b.add("Const", out="output", name=b.draft.fresh("bad"), dtype=F, value=Tensor(I, [1])), out="z", T=F
    )


def attr_missing(b: Body, x: str) -> str:
    return b.add("Neg", x, out="y", name=b.draft.fresh("bad"))


def attr_unknown(b: Body, x: str) -> str:
    return b.add("Neg", x, out="y", name=b.draft.fresh("bad"), T=F, no_such_attr=1)


def attr_bad_type(b: Body, x: str) -> str:
    return b.add("Neg", x, out="y", name=b.draft.fresh("bad"), T=B)


def attr_wrong_kind(b: Body, x: str) -> str:
    return b.add("Neg", x, out="y", name=b.draft.fresh("bad"), T=1)


def attr_placeholder(b: Body, x: str) -> str:
    return b.add("Neg", x, out="y", name=b.draft.fresh("bad"), T=Placeholder("T"))


def recursive(b: Body, x: str) -> str:
    def call(body: Body, arg: str) -> str:
        return body.add("PartitionedCall", arg, out="output", Tin=[F], Tout=[F], f=Func("recursive"))

    b.draft.named("recursive", call)
    return call(b, x)


def recursive_untaken(b: Body, x: str) -> str:
    """Recursion that the values end."""

    def call(body: Body, arg: str) -> str:
        pred = body.add("Greater", arg, body.const(0.5), out="z", T=F)
        return body.add(
            "If", pred, arg, out="output", Tcond=B, Tin=[F], Tout=[F], then_branch=Func("halve"), else_branch=Func(good)
        )

    good = b.draft.function(clean)
    b.draft.named("halve", lambda body, arg: call(body, body.add("Mul", arg, body.const(0.5), out="z", T=F)))
    return call(b, x)


def mutually_recursive(b: Body, x: str) -> str:
    def call(name: str) -> Piece:
        return lambda body, arg: body.add("PartitionedCall", arg, out="output", Tin=[F], Tout=[F], f=Func(name))

    b.draft.named("ping", call("pong"))
    b.draft.named("pong", call("ping"))
    return call("ping")(b, x)


def duplicate(b: Body, x: str) -> str:
    first = b.add("Neg", x, out="y", name="twin", T=F)
    b.add("Neg", x, out="y", name="twin", T=F)
    return first


def input_missing(b: Body, x: str) -> str:
    return b.add("Neg", "nobody:y:0" if b.function else "nobody", out="y", name=b.draft.fresh("bad"), T=F)


def input_index(b: Body, x: str) -> str:
    one = b.const(1.0)
    return b.add(
        "Neg", f"{one.split(':')[0]}:output:3" if b.function else f"{one}:3", out="y", name=b.draft.fresh("bad"), T=F
    )


def input_type(b: Body, x: str) -> str:
    return b.add("Neg", b.const(1, I), out="y", name=b.draft.fresh("bad"), T=F)


def control_missing(b: Body, x: str) -> str:
    return b.add("Neg", x, "^nobody", out="y", name=b.draft.fresh("bad"), T=F)


def too_few_inputs(b: Body, x: str) -> str:
    return b.add("AddV2", x, out="z", name=b.draft.fresh("bad"), T=F)


def runtime_error(b: Body, x: str) -> str:
    return b.add(
        "CheckNumerics",
        b.add("Log", b.const(-1.0), out="y", T=F),
        out="output",
        name=b.draft.fresh("bad"),
        T=F,
        message="nan",
    )


REASONS: Names = {
    "op.unregistered": custom("MyCustomOp"),
    "op.trt": trt_engine,
    "op.trt-resource": trt_resource,
    "kernel.none-stateless": cudnn_size,
    "kernel.none-stateful": nccl,
    "kernel.none-tpu": tpu_input,
    "kernel.gpu-only": gpu_only,
    "kernel.type": wrong_type,
    "kernel.label": kernel_label,
    "device.gpu": pinned("/device:GPU:0"),
    "device.gpu-old": pinned("/gpu:0"),
    "device.gpu-full": pinned("/job:localhost/replica:0/task:0/device:GPU:0"),
    "device.gpu-any": pinned("/device:GPU:*"),
    "device.tpu": pinned("/device:TPU:0"),
    "device.malformed": pinned("/device:GPU:zero"),
    "device.nonsense": pinned("gpu0"),
    "device.job": pinned("/job:worker"),
    "device.job-cpu": pinned("/job:worker/replica:0/task:0/device:CPU:0"),
    "device.cpu1": pinned("/device:CPU:1"),
    "device.cpu": pinned("/device:CPU:0"),
    "device.cpu-old": pinned("/cpu:0"),
    "device.task1": pinned("/task:1"),
    "device.gpu-const": pinned_const,
    "device.gpu-folded": pinned_folded,
    "device.colocated-missing": colocated_missing,
    "undefined.direct": undefined_direct,
    "undefined.f": undefined_f(),
    "undefined.f-stateful": undefined_f("StatefulPartitionedCall"),
    "undefined.branch-taken": undefined_branch(False, True),
    "undefined.branch-untaken": undefined_branch(False, False),
    "undefined.branch-taken-lowered": undefined_branch(True, True),
    "undefined.branch-untaken-lowered": undefined_branch(True, False),
    "undefined.branch-untaken-stateless": undefined_branch(False, False, True),
    "python.PyFunc": py_func("PyFunc"),
    "python.PyFuncStateless": py_func("PyFuncStateless"),
    "python.EagerPyFunc": py_func("EagerPyFunc"),
    "variable.uninitialised": variable,
    "variable.ref-uninitialised": ref_variable,
    "asset.missing": table,
    "const.no-value": const_without_value,
    "const.wrong-type": const_wrong_type,
    "attr.missing": attr_missing,
    "attr.unknown": attr_unknown,
    "attr.bad-type": attr_bad_type,
    "attr.wrong-kind": attr_wrong_kind,
    "attr.placeholder": attr_placeholder,
    "recursion.self": recursive,
    "recursion.mutual": mutually_recursive,
    "recursion.ending": recursive_untaken,
    "node.duplicate": duplicate,
    "node.input-missing": input_missing,
    "node.input-index": input_index,
    "node.input-type": input_type,
    "node.control-missing": control_missing,
    "node.too-few-inputs": too_few_inputs,
    "value.error": runtime_error,
    "clean": clean,
}
ONLY_MAIN = {"variable.ref-uninitialised"}  # references cannot be used in functions


# Who calls


def call(op: str) -> Caller:
    def caller(b: Body, x: str, piece: Piece) -> str:
        f = b.draft.function(piece, stateful=op.startswith("Stateful"))
        return b.add(op, x, out="output", Tin=[F], Tout=[F], f=Func(f))

    return caller


def direct(b: Body, x: str, piece: Piece) -> str:
    return b.add(b.draft.function(piece), x, out="r")


def lower(lowered: bool) -> dict[str, Attr]:
    return {"_lower_using_switch_merge": True} if lowered else {}


def conditional(op: str, lowered: bool, taken: bool) -> Caller:
    """If and StatelessIf; x is 4."""

    def caller(b: Body, x: str, piece: Piece) -> str:
        f, g = Func(b.draft.function(piece)), Func(b.draft.function(clean, stem="good"))
        pred = b.add("Greater", x, b.const(100.0), out="z", T=F)
        branches = {"then_branch": g if taken else f, "else_branch": f if taken else g}
        return b.add(
            op, pred, x, out="output", Tcond=B, Tin=[F], Tout=[F], output_shapes=[SCALAR], **branches, **lower(lowered)
        )

    return caller


def loop(op: str, lowered: bool, taken: bool, in_cond: bool = False) -> Caller:
    """While and StatelessWhile; body once (taken) or never."""

    def caller(b: Body, x: str, piece: Piece) -> str:
        limit = -1e9 if in_cond else 100.0 if taken else 0.0

        def cond(body: Body, arg: str) -> str:
            value = piece(body, arg) if in_cond else arg
            return body.add("Less", value, body.const(limit), out="z", T=F)

        def step(body: Body, arg: str) -> str:
            return body.plus(arg if in_cond else piece(body, arg), 1000.0)

        cond_f, step_f = b.draft.function(cond, stem="cond", out=B), b.draft.function(step, stem="step")
        return b.add(
            op,
            x,
            out="output",
            T=[F],
            cond=Func(cond_f),
            body=Func(step_f),
            output_shapes=[SCALAR],
            parallel_iterations=10,
            **lower(lowered),
        )

    return caller


def for_loop(b: Body, x: str, piece: Piece) -> str:
    name = b.draft.fresh("step")
    body = Body(b.draft, function=True)
    ret = piece(body, "x")
    b.draft.graph.functions.append(Function(name, [("i", I), ("x", F)], [("r", F)], body.nodes, {"r": ret}))
    bounds = [b.const(number, I) for number in (0, 1, 1)]
    return b.add("For", *bounds, x, out="output", T=[F], body=Func(name))


def case(op: str, lowered: bool, taken: bool) -> Caller:
    def caller(b: Body, x: str, piece: Piece) -> str:
        f, g = Func(b.draft.function(piece)), Func(b.draft.function(clean, stem="good"))
        pred = b.add("Greater", x, b.const(100.0), out="z", T=F)
        index = b.add("Cast", pred, out="y", SrcT=B, DstT=I)
        branches = [f, g] if taken else [g, f]
        return b.add(
            op, index, x, out="output", Tin=[F], Tout=[F], branches=branches, output_shapes=[SCALAR], **lower(lowered)
        )

    return caller


def batch(b: Body, x: str, piece: Piece) -> str:
    def inner(body: Body, arg: str) -> str:
        empty = body.add("Const", out="output", dtype=I, value=Tensor(I, [], Shape((0,))))
        y = piece(body, body.add("Reshape", arg, empty, out="output", T=F, Tshape=I))
        one = body.add("Const", out="output", dtype=I, value=Tensor(I, [1], Shape((1,))))
        return body.add("Reshape", y, one, out="output", T=F, Tshape=I)

    f = b.draft.function(inner)
    one = b.add("Const", out="output", dtype=I, value=Tensor(I, [1], Shape((1,))))
    empty = b.add("Const", out="output", dtype=I, value=Tensor(I, [], Shape((0,))))
    row = b.add("Reshape", x, one, out="output", T=F, Tshape=I)
    y = b.add(
        "BatchFunction",
        row,
        out="out_tensors",
        f=Func(f),
        num_batch_threads=1,
        max_batch_size=1,
        batch_timeout_micros=1,
        Tin=[F],
        Tcaptured=[],
        Tout=[F],
    )
    return b.add("Reshape", y, empty, out="output", T=F, Tshape=I)


def dataset(b: Body, x: str, op: str = "", f: str = "") -> str:
    types: dict[str, Attr] = {"output_types": [F], "output_shapes": [SCALAR]}
    ds = b.add("TensorDataset", x, out="handle", Toutput_types=[F], output_shapes=[SCALAR])
    return b.add(op, ds, out="handle", f=Func(f), Targuments=[], **types) if op else ds


def map_dataset(b: Body, x: str, piece: Piece) -> str:
    ds = dataset(b, x, "MapDataset", b.draft.function(piece))
    return b.add("DatasetToSingleElement", ds, out="components", output_types=[F], output_shapes=[SCALAR])


def map_dataset_unread(b: Body, x: str, piece: Piece) -> str:
    """The dataset is made, never iterated."""
    return b.after(x, dataset(b, x, "MapDataset", b.draft.function(piece)))


def reduce_dataset(b: Body, x: str, piece: Piece) -> str:
    name = b.draft.fresh("reduce")
    body = Body(b.draft, function=True)
    ret = piece(body, "x")
    b.draft.graph.functions.append(Function(name, [("state", F), ("x", F)], [("r", F)], body.nodes, {"r": ret}))
    return b.add(
        "ReduceDataset",
        dataset(b, x),
        b.const(0.0),
        out="components",
        f=Func(name),
        Tstate=[F],
        Targuments=[],
        output_types=[F],
        output_shapes=[SCALAR],
    )


def one_shot(b: Body, x: str, piece: Piece) -> str:
    name = b.draft.fresh("make")
    body = Body(b.draft, function=True)
    ret = dataset(body, body.const(4.0), "MapDataset", b.draft.function(piece))
    b.draft.graph.functions.append(Function(name, [], [("r", VAR)], body.nodes, {"r": ret}))
    types: dict[str, Attr] = {"output_types": [F], "output_shapes": [SCALAR]}
    it = b.add("OneShotIterator", out="handle", dataset_factory=Func(name), **types)
    return b.add("IteratorGetNext", it, out="components", **types)


def symbolic_gradient(b: Body, x: str, piece: Piece) -> str:
    f = b.draft.function(lambda body, arg: body.add("Neg", piece(body, arg), out="y", T=F))
    return b.add("SymbolicGradient", x, b.const(1.0), out="output", Tin=[F, F], Tout=[F], f=Func(f))


def remote_call(b: Body, x: str, piece: Piece) -> str:
    target = b.const(CPU0, S)
    return b.add("RemoteCall", target, x, out="output", Tin=[F], Tout=[F], f=Func(b.draft.function(piece)))


def levels(*callers: Caller) -> Caller:
    def caller(b: Body, x: str, piece: Piece) -> str:
        if len(callers) == 1:
            return callers[0](b, x, piece)
        return callers[0](b, x, lambda body, arg: levels(*callers[1:])(body, arg, piece))

    return caller


P, SP = call("PartitionedCall"), call("StatefulPartitionedCall")
SIMPLE: dict[str, Caller] = {
    "PartitionedCall": P,
    "StatefulPartitionedCall": SP,
    "direct": direct,
    "For": for_loop,
    "BatchFunction": batch,
    "MapDataset": map_dataset,
    "MapDataset-unread": map_dataset_unread,
    "ReduceDataset": reduce_dataset,
    "OneShotIterator": one_shot,
    "SymbolicGradient": symbolic_gradient,
    "RemoteCall": remote_call,
}


def branching(taken: bool) -> dict[str, Caller]:
    out: dict[str, Caller] = {}
    for low in (False, True):
        suffix = "-lowered" if low else ""
        for op in ("If", "StatelessIf"):
            out[op + suffix] = conditional(op, low, taken)
        for op in ("While", "StatelessWhile"):
            out[f"{op}{suffix}-body"] = loop(op, low, taken)
            if taken:
                out[f"{op}{suffix}-cond"] = loop(op, low, False, in_cond=True)
        for op in ("Case", "StatelessCase"):
            out[op + suffix] = case(op, low, taken)
    return out


TAKEN, UNTAKEN = branching(True), branching(False)


# Where it is


def dangling(piece: Piece) -> Piece:
    """The piece's value is not used."""

    def around(b: Body, x: str) -> str:
        piece(b, x)
        return clean(b, x)

    return around


def main_path(d: Draft, piece: Piece) -> None:
    d.signature(piece(d.main, d.placeholder()))


def main_dangling(d: Draft, piece: Piece) -> None:
    main_path(d, dangling(piece))


def main_upstream(d: Draft, piece: Piece) -> None:
    """Behind the tensor that the signature feeds."""
    piece_out = piece(d.main, d.main.const(4.0))
    fed = d.main.identity(piece_out, name="x")
    d.signature(clean(d.main, fed))


def main_init(d: Draft, piece: Piece) -> None:
    d.signature(clean(d.main, d.placeholder()))
    d.init(piece(d.main, d.main.const(4.0)))


def main_legacy(collection: str) -> Callable[[Draft, Piece], None]:
    def place(d: Draft, piece: Piece) -> None:
        d.signature(clean(d.main, d.placeholder()))
        d.main.add("NoOp", "^" + piece(d.main, d.main.const(4.0)).split(":")[0], name="legacy")
        d.meta.collections[collection] = node_list(["legacy"])

    return place


def main_two(d: Draft, piece: Piece) -> None:
    """One of two signatures."""
    x = d.placeholder()
    d.signature(clean(d.main, x))
    d.signature(piece(d.main, x), "other")


def main_switch(d: Draft, piece: Piece) -> None:
    """Behind a TensorFlow 1 Switch, on the side that is not taken."""
    b, x = d.main, d.placeholder()
    pred = b.add("Greater", x, b.const(100.0), out="z", T=F)
    switch = b.add("Switch", x, pred, out="output_false", T=F)
    bad = piece(b, switch + ":1")
    good = b.plus(switch, 1.0)
    d.signature(b.add("Merge", good, bad, out="output", T=F, N=2))


def main_switch_taken(d: Draft, piece: Piece) -> None:
    b, x = d.main, d.placeholder()
    pred = b.add("Less", x, b.const(100.0), out="z", T=F)
    switch = b.add("Switch", x, pred, out="output_false", T=F)
    bad = piece(b, switch + ":1")
    d.signature(b.add("Merge", b.plus(switch, 1.0), bad, out="output", T=F, N=2))


def bare(tags: tuple[str, ...], piece: Piece) -> MetaGraph:
    d = Draft()
    main_path(d, piece)
    d.meta.tags = tags
    return d.meta


def meta_other(d: Draft, piece: Piece) -> None:
    main_path(d, clean)
    d.others.append(bare(("serve", "gpu"), piece))


def meta_second(d: Draft, piece: Piece) -> None:
    main_path(d, clean)
    d.others.append(bare(("serve",), piece))


def meta_first(d: Draft, piece: Piece) -> None:
    """The serving metagraph holds it, another one before it is clean."""
    main_path(d, piece)
    d.before.append(bare(("serve", "gpu"), clean))


def function_uncalled(d: Draft, piece: Piece) -> None:
    main_path(d, clean)
    d.function(piece)


def function_unfetched(caller: Caller) -> Callable[[Draft, Piece], None]:
    """Called in the main graph by a node that nothing needs."""
    return lambda d, piece: main_dangling(d, lambda b, x: caller(b, x, piece))


def function_gradient(d: Draft, piece: Piece) -> None:
    """Only named as the gradient of a function that is called."""
    main_path(d, lambda b, x: P(b, x, clean))
    d.graph.gradients[d.graph.functions[-1].name] = d.function(piece, stem="gradient")


def function_attr(d: Draft, piece: Piece) -> None:
    """Only named by an attribute that the op does not have."""
    x = d.placeholder()
    d.signature(d.main.add("Neg", x, out="y", T=F, _unused_func=Func(d.function(piece))))


def function_init(caller: Caller) -> Callable[[Draft, Piece], None]:
    return lambda d, piece: main_init(d, lambda b, x: caller(b, x, piece))


def init_itself(caller: Caller) -> Callable[[Draft, Piece], None]:
    """The call is the init op."""

    def place(d: Draft, piece: Piece) -> None:
        d.signature(clean(d.main, d.placeholder()))
        key = "__saved_model_init_op"
        node = caller(d.main, d.main.const(4.0), piece)
        d.meta.signatures[key] = Signature({}, {key: TensorInfo(node, DType.INVALID, Shape(None))}, "")

    return place


def restore(d: Draft, piece: Piece, save: bool = False) -> None:
    """The restore function (save: the save function) of an object-based SavedModel with one variable."""
    b, x = d.main, d.placeholder()
    v = b.add("VarHandleOp", out="resource", name="v", dtype=F, shape=SCALAR, shared_name="v")
    d.signature(b.add("AddV2", x, b.add("ReadVariableOp", v, out="value", dtype=F), out="z", T=F))
    file = b.add("Placeholder", out="output", name="saver_filename", dtype=S, shape=SCALAR)

    def vector(body: Body, value: str) -> str:
        return body.add("Const", out="output", dtype=S, value=Tensor(S, [value], Shape((1,))))

    def restoring(body: Body, name: str) -> str:
        value = body.add("RestoreV2", name, vector(body, "v"), vector(body, ""), out="tensors", dtypes=[F])
        handle = body.add("VarHandleOp", out="resource", dtype=F, shape=SCALAR, shared_name="v")
        ready = body.identity(value) if save else piece(body, value)
        done = body.add("AssignVariableOp", handle, ready, dtype=F)
        return body.identity(name, "^" + done, dtype=S)

    def saving(body: Body, name: str) -> str:
        handle = body.add("VarHandleOp", out="resource", dtype=F, shape=SCALAR, shared_name="v")
        value = piece(body, body.add("ReadVariableOp", handle, out="value", dtype=F)) if save else None
        value = value or body.add("ReadVariableOp", handle, out="value", dtype=F)
        done = body.add("SaveV2", name, vector(body, "v"), vector(body, ""), value, dtypes=[F])
        return body.identity(name, "^" + done, dtype=S)

    for name, make in (("save", saving), ("restore", restoring)):
        f = d.function(make, stem=name, dtype=S, out=S, stateful=True)
        b.add("StatefulPartitionedCall", file, out="output", name=f"{name}_call", Tin=[S], Tout=[S], f=Func(f))
    d.meta.saver = Saver("saver_filename:0", "save_call:0", "restore_call")
    d.variables = {"v": Tensor(F, [7.0])}


MAIN: dict[str, Callable[[Draft, Piece], None]] = {
    "main.path": main_path,
    "main.dangling": main_dangling,
    "main.upstream": main_upstream,
    "main.init": main_init,
    "main.two": main_two,
    "main.switch": main_switch,
}


def called(caller: Caller) -> Callable[[Draft, Piece], None]:
    return lambda d, piece: main_path(d, lambda b, x: caller(b, x, piece))


def called_dangling(caller: Caller) -> Callable[[Draft, Piece], None]:
    return lambda d, piece: main_path(d, lambda b, x: caller(b, x, dangling(piece)))


def controlled(piece: Piece) -> Piece:
    """Not a value that is returned, but run before it."""
    return lambda b, x: b.after(clean(b, x), piece(b, x))


EVERYWHERE: dict[str, Callable[[Draft, Piece], None]] = MAIN | {
    "func.PartitionedCall": called(P),
    "func-dangling.PartitionedCall": called_dangling(P),
    "untaken.If": called(UNTAKEN["If"]),
    "untaken.If-lowered": called(UNTAKEN["If-lowered"]),
    "uncalled": function_uncalled,
}
WIDE = {
    "op.unregistered",
    "op.trt-resource",
    "kernel.none-stateless",
    "kernel.none-stateful",
    "kernel.type",
    "device.gpu",
    "device.malformed",
    "undefined.direct",
    "undefined.f",
    "undefined.branch-untaken",
    "python.PyFunc",
    "variable.uninitialised",
    "asset.missing",
    "const.no-value",
    "attr.missing",
    "node.input-missing",
}
LEFT_OUT = {  # endless or fatal for the process that loads or serves them
    (where, reason)
    for where in ("main.path", "func.PartitionedCall")
    for reason in ("recursion.self", "recursion.mutual", "recursion.ending", "const.wrong-type")
}
FEW = ("op.unregistered", "kernel.none-stateless", "kernel.none-stateful", "device.gpu", "undefined.f")


def places() -> dict[str, Callable[[Draft, Piece], None]]:
    """Places and callers for the reasons that differ most."""
    out: dict[str, Callable[[Draft, Piece], None]] = {}
    for name, caller in (SIMPLE | TAKEN).items():
        out[f"func.{name}"] = called(caller)
    for name in ("If", "StatelessIf-lowered", "While-body", "While-lowered-body", "Case", "Case-lowered"):
        out[f"untaken.{name}"] = called(UNTAKEN[name])
    for name in ("StatefulPartitionedCall", "direct", "MapDataset"):
        out[f"func-dangling.{name}"] = called_dangling(SIMPLE[name])
    for name in ("If", "While-body", "Case-lowered"):
        out[f"taken-dangling.{name}"] = called_dangling(TAKEN[name])
    for name in ("If", "If-lowered"):
        out[f"unfetched.{name}"] = function_unfetched(UNTAKEN[name])
    for name in ("PartitionedCall", "direct"):
        out[f"unfetched.{name}"] = function_unfetched(SIMPLE[name])
    for name, callers in {
        "PartitionedCall-PartitionedCall": (P, P),
        "StatefulPartitionedCall-direct": (SP, direct),
        "PartitionedCall-PartitionedCall-PartitionedCall": (P, P, P),
        "PartitionedCall-untaken-If": (P, UNTAKEN["If"]),
        "PartitionedCall-untaken-If-lowered": (P, UNTAKEN["If-lowered"]),
        "untaken-If-lowered-PartitionedCall": (UNTAKEN["If-lowered"], P),
        "PartitionedCall-MapDataset": (P, map_dataset),
    }.items():
        out[f"nested.{name}"] = called(levels(*callers))
    out["nested-dangling.PartitionedCall-PartitionedCall"] = called_dangling(levels(P, P))
    out["func-control.PartitionedCall"] = lambda d, piece: called(P)(d, controlled(piece))
    out["two.PartitionedCall"] = lambda d, piece: main_two(d, lambda b, x: P(b, x, piece))
    out["switch.PartitionedCall"] = lambda d, piece: main_switch(d, lambda b, x: P(b, x, piece))
    out["upstream.PartitionedCall"] = lambda d, piece: main_upstream(d, lambda b, x: P(b, x, piece))
    for name, caller in {"PartitionedCall": P, "StatefulPartitionedCall": SP, "direct": direct}.items():
        out[f"init-control.{name}"] = function_init(caller)
        out[f"init-itself.{name}"] = init_itself(caller)
    out["init-dangling.StatefulPartitionedCall"] = lambda d, piece: init_itself(SP)(d, dangling(piece))
    out["init-control.If-untaken"] = function_init(UNTAKEN["If"])
    for collection in ("legacy_init_op", "saved_model_main_op"):
        out[f"legacy.{collection}"] = lambda d, piece, c=collection: main_legacy(c)(d, lambda b, x: SP(b, x, piece))
    out |= {
        "restore": restore,
        "save": lambda d, piece: restore(d, piece, save=True),
        "gradient": function_gradient,
        "attribute": function_attr,
        "meta.other-tags": meta_other,
        "meta.second": meta_second,
        "meta.first": meta_first,
    }
    return out


def stateful_random(b: Body, x: str) -> str:
    shape = b.add("Const", out="output", dtype=I, value=Tensor(I, [], Shape((0,))))
    return b.add("AddV2", x, b.add("RandomUniform", shape, out="output", T=I, dtype=F), out="z", T=F)


def ready_variable(b: Body, x: str) -> str:
    """A variable that the function itself assigns and reads."""
    v = b.add("VarHandleOp", out="resource", dtype=F, shape=SCALAR, shared_name="v")
    done = b.add("AssignVariableOp", v, x, dtype=F)
    return b.add("ReadVariableOp", v, "^" + done, out="value", dtype=F)


# What else a function holds that has a pinned node: whether TensorFlow inlines it decides about the pin
BESIDE: Names = {
    "nothing": lambda b, x: x,
    "random": stateful_random,
    "variable": ready_variable,
    "unlowered-if": lambda b, x: UNTAKEN["If"](b, x, clean),
    "lowered-if": lambda b, x: UNTAKEN["If-lowered"](b, x, clean),
    "call": lambda b, x: P(b, x, clean),
    "stateful-call": lambda b, x: SP(b, x, clean),
    "stateful-call-of-random": lambda b, x: SP(b, x, stateful_random),
    "dead-random": lambda b, x: dangling(stateful_random)(b, x),
}
PLACES = places()


def drafts() -> dict[str, Draft]:
    """Every model, by name."""
    out: dict[str, Draft] = {}

    def make(name: str, place: Callable[[Draft, Piece], None], piece: Piece) -> None:
        if name not in out:
            out[name] = Draft()
            place(out[name], piece)

    for reason, piece in REASONS.items():
        for where, place in EVERYWHERE.items():
            wide = reason in WIDE or where in ("main.path", "func.PartitionedCall")
            if wide and (where, reason) not in LEFT_OUT and not (reason in ONLY_MAIN and not where.startswith("main.")):
                make(f"{where}.{reason}", place, piece)
    for reason in FEW:
        piece = REASONS[reason]
        for where, place in PLACES.items():
            make(f"{where}.{reason}", place, piece)
        small = f"small.PartitionedCall.{reason}"
        out[small] = Draft(small=True)
        called(P)(out[small], piece)
    for name, caller in (SIMPLE | TAKEN).items():
        make(f"func.{name}.clean", called(caller), clean)
    for extra, beside in BESIDE.items():
        make(f"pin-beside.{extra}", called(SP), lambda b, x, beside=beside: beside(b, REASONS["device.gpu"](b, x)))
    out |= special()
    return out


def special() -> dict[str, Draft]:
    """Models of their own kind."""
    out: dict[str, Draft] = {}

    def new(name: str) -> Draft:
        out[name] = Draft()
        return out[name]

    for name, ref in {"node": "nobody:0", "index": "y:1", "no-index": "y", "control": "^y", "index-9": "y:9"}.items():
        d = new(f"signature.output-{name}")
        d.main.identity(d.main.add("Neg", d.placeholder(), out="y", T=F), name="y")
        d.signature(ref)
        d.meta.signatures["serving_default"].outputs["y"].name = ref
    for name, ref in {"node": "nobody", "index": "x:1", "const": "two", "no-index": "x"}.items():
        d = new(f"signature.input-{name}")
        x = d.placeholder()
        d.signature(d.main.add("Mul", x, d.main.const(2.0, name="two"), out="z", T=F), x="x")
        d.meta.signatures["serving_default"].inputs["x"].name = {"index": "x:1", "no-index": "x"}.get(name, ref + ":0")
    d = new("signature.input-missing-and-output-missing")
    d.placeholder()
    d.signature("nobody_out:0", x="nobody_in")
    d = new("signature.two-outputs-missing")
    d.placeholder()
    d.signature("nobody_b:0")
    d.meta.signatures["serving_default"].outputs["a"] = TensorInfo("nobody_a:0")
    d = new("signature.input-unfed")
    d.signature(clean(d.main, d.placeholder()), x="")
    d = new("signature.none")
    clean(d.main, d.placeholder())
    d = new("signature.other-wrong")
    x = d.placeholder()
    d.signature(clean(d.main, x))
    d.signature("nobody:0", "other")
    d = new("signature.input-twice")
    x = d.placeholder()
    d.signature(clean(d.main, x))
    d.meta.signatures["serving_default"].inputs["z"] = TensorInfo("x:0")
    d = new("signature.output-is-input")
    d.placeholder()
    d.signature("x:0")
    d = new("init.missing-node")
    main_path(d, clean)
    d.meta.signatures["__saved_model_init_op"] = Signature(
        {}, {"__saved_model_init_op": TensorInfo("nobody", DType.INVALID, Shape(None))}
    )
    d = new("init.tensor-name")
    main_path(d, clean)
    d.init()
    d.meta.signatures["__saved_model_init_op"].outputs["__saved_model_init_op"].name = "init:0"
    d = new("init.no-output")
    main_path(d, clean)
    d.meta.signatures["__saved_model_init_op"] = Signature()
    d = new("init.collection-of-two")
    main_path(d, clean)
    for name in ("one", "two"):
        d.main.add("NoOp", name=name)
    d.meta.collections["saved_model_main_op"] = node_list(["one", "two"])
    d = new("init.both-collections")
    main_path(d, clean)
    d.main.add("NoOp", name="one")
    d.meta.collections["saved_model_main_op"] = node_list(["one"])
    d.meta.collections["legacy_init_op"] = node_list(["nobody"])
    for offset, name in enumerate(("graph.min-consumer", "graph.producer")):
        d = new(name)
        main_path(d, clean)
        if offset:
            d.graph.producer = 99999
        else:
            d.graph.producer = d.graph.min_consumer = 99998
    d = new("graph.duplicate-function-same")
    main_path(d, lambda b, x: P(b, x, clean))
    d.graph.functions.append(d.graph.functions[0])
    d = new("graph.duplicate-function-other")
    main_path(d, lambda b, x: P(b, x, clean))
    d.named(d.graph.functions[0].name, lambda b, x: b.plus(x, 2.0))
    d = new("graph.function-named-as-op")
    main_path(d, clean)
    d.named("Neg", clean)
    d = new("graph.function-named-TRTEngineOp")
    d.named("TRTEngineOp", clean)
    main_path(d, lambda b, x: b.add("TRTEngineOp", x, out="r"))
    d = new("graph.cycle")
    x = d.placeholder()
    d.main.add("AddV2", x, "b", out="z", name="a", T=F)
    d.main.add("AddV2", x, "a", out="z", name="b", T=F)
    d.signature(clean(d.main, x))
    d = new("graph.empty")
    d.signature("x:0")
    for name, value in {"space": "a b", "empty": "", "slash": "/a", "unicode": "\u00e4", "underscore": "_a"}.items():
        d = new(f"graph.node-name-{name}")
        x = d.placeholder()
        d.main.nodes.append(Node(value, "Neg", [x], {"T": F}))
        d.signature(clean(d.main, x))

    # Variables
    for kind in ("resource", "ref"):
        for fill in ("none", "init", "restore", "restore-no-files"):
            variable_model(new(f"variable.{kind}.{fill}"), kind, fill)
    d = new("variable.restore-key-missing")
    variable_model(d, "resource", "restore")
    d.variables = {"w": Tensor(F, [7.0])}
    d = new("variable.restore-shape")
    variable_model(d, "resource", "restore")
    d.variables = {"v": Tensor(F, [7.0, 8.0], Shape((2,)))}
    d = new("variable.restore-op-missing")
    variable_model(d, "resource", "restore")
    assert d.meta.saver
    d.meta.saver.restore_op = "nobody"
    d = new("variable.filename-tensor-missing")
    variable_model(d, "resource", "restore")
    assert d.meta.saver
    d.meta.saver.filename_tensor = "nobody:0"
    d = new("variable.no-saver")
    variable_model(d, "resource", "restore")
    d.meta.saver = None

    # Assets: fed by file name
    for name in ("main", "function"):
        for there in (True, False):
            for init in (True, False):
                asset_model(
                    new(f"asset.{name}.{'there' if there else 'missing'}.{'init' if init else 'request'}"),
                    name == "function",
                    there,
                    init,
                )
    d = new("asset.unread.missing")
    main_path(d, clean)
    d.main.const("unset", S, "file")
    d.meta.assets["file:0"] = "vocab.txt"
    d.meta.collections["saved_model_assets"] = any_list([])
    d = new("asset.tensor-missing")
    main_path(d, clean)
    d.meta.assets["nobody:0"] = "vocab.txt"
    d.init()

    # Several at once: who is named
    for place_name, place in {"main": main_path, "func": called(P)}.items():
        for first, second in [
            ("op.unregistered", "op.trt"),
            ("op.unregistered", "device.gpu"),
            ("device.gpu", "op.unregistered"),
            ("kernel.none-stateless", "kernel.none-stateful"),
            ("kernel.none-stateful", "device.gpu"),
            ("device.gpu", "kernel.none-stateful"),
            ("device.gpu", "device.tpu"),
            ("undefined.f", "op.unregistered"),
            ("op.unregistered", "undefined.f"),
            ("undefined.f", "device.gpu"),
            ("device.gpu", "undefined.f"),
            ("kernel.none-stateless", "undefined.f"),
            ("attr.missing", "op.unregistered"),
            ("device.malformed", "op.unregistered"),
            ("device.malformed", "device.gpu"),
            ("node.input-missing", "op.unregistered"),
            ("node.input-missing", "device.gpu"),
        ]:
            for order in ("serial", "reversed"):
                d = new(f"several.{place_name}.{first}+{second}.{order}")
                place(d, lambda b, x, f=first, s=second: REASONS[s](b, REASONS[f](b, x)))
                if order == "reversed":
                    d.graph.nodes.reverse()
                    for function in d.graph.functions:
                        function.nodes.reverse()
    for first, second in [
        ("op.unregistered", "op.trt"),
        ("device.gpu", "device.tpu"),
        ("undefined.f", "op.trt"),
        ("kernel.none-stateless", "op.trt"),
        ("device.gpu", "kernel.none-stateful"),
    ]:
        for order in ("serial", "reversed"):
            for shape_ in ("parallel", "chain"):
                d = new(f"several.two-functions.{first}+{second}.{shape_}.{order}")
                x = d.placeholder()
                a = P(d.main, x, REASONS[first])
                b = P(d.main, x if shape_ == "parallel" else a, REASONS[second])
                d.signature(d.main.add("AddV2", a, b, out="z", T=F))
                if order == "reversed":
                    d.graph.nodes.reverse()
                    d.graph.functions.reverse()
    return out


def variable_model(d: Draft, kind: str, fill: str) -> None:
    b, x = d.main, d.placeholder()
    resource = kind == "resource"
    if resource:
        v = b.add("VarHandleOp", out="resource", name="v", dtype=F, shape=SCALAR, shared_name="v")
        value = b.add("ReadVariableOp", v, out="value", dtype=F)
    else:
        v = b.add("VariableV2", out="ref", name="v", dtype=F, shape=SCALAR)
        value = b.identity(v)

    def assign(what: str) -> str:
        if resource:
            return b.add("AssignVariableOp", v, what, dtype=F)
        return b.add("Assign", v, what, T=F)

    d.signature(b.add("AddV2", x, value, out="z", T=F))
    if fill == "init":
        d.init(assign(b.const(3.0)))
    if fill.startswith("restore"):
        file = b.add("Placeholder", out="output", name="saver_filename", dtype=S, shape=SCALAR)
        parts = [b.add("Const", dtype=S, value=Tensor(S, [text], Shape((1,)))) for text in ("v", "")]
        value = b.add("RestoreV2", file, *parts, out="tensors", dtypes=[F])
        b.add("NoOp", "^" + assign(value), name="restore_all")
        save = b.identity(file, dtype=S)
        d.meta.saver = Saver(file + ":0", save + ":0", "restore_all")
        d.variables = {"v": Tensor(F, [7.0])} if fill == "restore" else None


def asset_model(d: Draft, in_function: bool, there: bool, init: bool) -> None:
    b, x = d.main, d.placeholder()
    file = b.const("unset", S, "file")
    d.meta.assets["file:0"] = "vocab.txt"
    if there:
        d.assets = {"vocab.txt": b"a\nb\n"}

    def fill(body: Body, name: str) -> str:
        key: dict[str, Attr] = {"key_dtype": S, "value_dtype": DType.INT64, "shared_name": "t"}
        handle = body.add("HashTableV2", out="table_handle", **key)
        done = body.add(
            "InitializeTableFromTextFileV2", handle, name, name="fill", key_index=-2, value_index=-1, vocab_size=-1
        )
        return body.identity(name, "^" + done, dtype=S)

    if in_function:
        f = d.function(fill, stem="fill", dtype=S, out=S, stateful=True)
        filled = b.add("StatefulPartitionedCall", file, out="output", Tin=[S], Tout=[S], f=Func(f))
    else:
        filled = fill(b, file)
    if init:
        d.init(filled)
        d.signature(clean(b, x))
    else:
        d.signature(b.after(clean(b, x), filled))


def generate(root: Path) -> list[Model]:
    """Write every model under root, one folder each."""
    models = []
    for name, draft in drafts().items():
        draft.write(root / name)
        models.append(Model(name, root / name))
    return models


if __name__ == "__main__":
    for model in generate(Path(sys.argv[1])):
        print(model.folder)
