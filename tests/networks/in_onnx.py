"""ONNX networks with seeded weights, each with the profiles that it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 15
# What the library that TensorRT 8.6 has its plugins in links with, cuBLAS and cuDNN, may be absent: these need neither.
TACTICS = ["EDGE_MASK_CONVOLUTIONS", "JIT_CONVOLUTIONS"]


def weights(name: str, shape: tuple[int, ...], scale: float = 1.0, seed: int = 0) -> onnx.TensorProto:
    numbers = np.random.default_rng(np.frombuffer(f"{name}{seed}".encode(), np.uint8).tolist())
    fan_in = max(1, int(np.prod(shape[1:]))) if len(shape) > 1 else 1
    return numpy_helper.from_array((scale * numbers.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32), name)


def model(
    nodes: list[onnx.NodeProto],
    inputs: list[Any],
    outputs: list[Any],
    initializers: list[onnx.TensorProto] | None = None,
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "network", inputs, outputs, initializers or [])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made


def value(name: str, shape: list[int | str], kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def convolutions(channels: int = 16, side: int | str = 32, batch: int | str = "n") -> onnx.ModelProto:
    """x (n, 3, side, side) -> three convolutions with bias and ReLU, global mean, 10 scores: y (n, 10)."""
    nodes, constants, last, before = [], [], "x", 3
    for number in range(3):
        name = f"conv{number}"
        constants += [weights(f"{name}.w", (channels, before, 3, 3), 1.4), weights(f"{name}.b", (channels,), 0.5)]
        nodes.append(
            helper.make_node(
                "Conv", [last, f"{name}.w", f"{name}.b"], [name], name=name, pads=[1] * 4, kernel_shape=[3, 3]
            )
        )
        nodes.append(helper.make_node("Relu", [name], [f"{name}.relu"], name=f"{name}.relu"))
        last, before = f"{name}.relu", channels
    constants += [weights("dense.w", (channels, 10)), weights("dense.b", (10,), 0.5)]
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["pool"], name="pool"))
    nodes.append(helper.make_node("Flatten", ["pool"], ["flat"], name="flat"))
    nodes.append(helper.make_node("Gemm", ["flat", "dense.w", "dense.b"], ["y"], name="dense"))
    return model(nodes, [value("x", [batch, 3, side, side])], [value("y", [batch, 10])], constants)


def convolution(size: int = 8, kind: int = TensorProto.FLOAT, seed: int = 0, opset: int = 17) -> onnx.ModelProto:
    """x (n, 3, 16, 16) -> convolution `conv` with weights w and b, ReLU -> y (n, size, 16, 16)."""
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    numbers = np.random.default_rng(seed)
    w = numpy_helper.from_array((numbers.standard_normal((size, 3, 3, 3)) / 5).astype(dtype), "w")
    b = numpy_helper.from_array(numbers.standard_normal(size).astype(dtype), "b")
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["y"], name="relu"),
    ]
    inputs = [helper.make_tensor_value_info("x", kind, ["n", 3, 16, 16])]
    outputs = [helper.make_tensor_value_info("y", kind, ["n", size, 16, 16])]
    graph = helper.make_graph(nodes, "convolution", inputs, outputs, [w, b])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    return model


CONVOLUTION_16 = {"x": ((1, 3, 16, 16), (2, 3, 16, 16), (4, 3, 16, 16))}


CONVOLUTION_PROFILE = {"x": ((1, 3, 32, 32), (4, 3, 32, 32), (8, 3, 32, 32))}


def two_in_two_out() -> onnx.ModelProto:
    """a, b (n, 64) -> sum (n, 64), product (n, 32): two inputs, two outputs, one of them through a weight."""
    nodes = [
        helper.make_node("Add", ["a", "b"], ["sum"], name="add"),
        helper.make_node("Mul", ["a", "b"], ["scaled"], name="mul"),
        helper.make_node("MatMul", ["scaled", "w"], ["product"], name="project"),
    ]
    inputs = [value("a", ["n", 64]), value("b", ["n", 64])]
    return model(nodes, inputs, [value("sum", ["n", 64]), value("product", ["n", 32])], [weights("w", (64, 32))])


def non_zero() -> onnx.ModelProto:
    """x (n, 8) -> places (2, how many are not zero): a shape that only the data decide."""
    nodes = [
        helper.make_node("Relu", ["x"], ["positive"], name="relu"),
        helper.make_node("NonZero", ["positive"], ["places"], name="nonzero"),
    ]
    return model(nodes, [value("x", ["n", 8])], [value("places", [2, "k"], TensorProto.INT64)])


def reshaped() -> onnx.ModelProto:
    """x (n, 12), shape (2,) int64 -> y of that shape: `shape` is a shape tensor."""
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["r"], name="reshape"),
        helper.make_node("Relu", ["r"], ["y"], name="relu"),
    ]
    inputs = [value("x", ["n", 12]), value("shape", [2], TensorProto.INT64)]
    return model(nodes, inputs, [value("y", ["p", "q"])])


def cast_through(kind: int) -> onnx.ModelProto:
    """x (4, 5) of this type -> the same values, through float: input and output of one dtype."""
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], name="to_float", to=TensorProto.FLOAT),
        helper.make_node("Abs", ["f"], ["a"], name="abs"),
        helper.make_node("Cast", ["a"], ["y"], name="back", to=kind),
    ]
    return model(nodes, [value("x", [4, 5], kind)], [value("y", [4, 5], kind)])


def overflowing() -> onnx.ModelProto:
    """x (n, 64) -> x * 400 squared and scaled back: harmless in FP32, Inf in FP16."""
    nodes = [
        helper.make_node("Mul", ["x", "large"], ["big"], name="grow"),
        helper.make_node("Mul", ["big", "big"], ["bigger"], name="square"),
        helper.make_node("MatMul", ["bigger", "w"], ["mixed"], name="mix"),
        helper.make_node("Mul", ["mixed", "small"], ["y"], name="shrink"),
    ]
    constants = [
        numpy_helper.from_array(np.array([1000.0], np.float32), "large"),
        numpy_helper.from_array(np.array([1e-6], np.float32), "small"),
        weights("w", (64, 64)),
    ]
    return model(nodes, [value("x", ["n", 64])], [value("y", ["n", 64])], constants)


def permuted(made: onnx.ModelProto, axes: tuple[int, ...]) -> onnx.ModelProto:
    """The same network with its input's axes permuted first: a layout mistake (NCHW given as NCWH)."""
    changed = onnx.ModelProto()
    changed.CopyFrom(made)
    for node in changed.graph.node:
        node.input[:] = ["x.permuted" if name == "x" else name for name in node.input]
    changed.graph.node.insert(0, helper.make_node("Transpose", ["x"], ["x.permuted"], name="permute", perm=axes))
    return changed


def with_weight(made: onnx.ModelProto, name: str, change: Any) -> onnx.ModelProto:
    """The same network, one of its weights changed."""
    changed = onnx.ModelProto()
    changed.CopyFrom(made)
    for tensor in changed.graph.initializer:
        if tensor.name == name:
            tensor.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(tensor).copy()), name))
            return changed
    raise KeyError(name)


def transposed_output(made: onnx.ModelProto, axes: tuple[int, ...]) -> onnx.ModelProto:
    """The same network, its output's axes permuted."""
    changed = onnx.ModelProto()
    changed.CopyFrom(made)
    for node in changed.graph.node:
        node.output[:] = ["y.before" if name == "y" else name for name in node.output]
    changed.graph.node.append(helper.make_node("Transpose", ["y.before"], ["y"], name="permute", perm=axes))
    sizes = changed.graph.output[0].type.tensor_type.shape
    dims = [sizes.dim[axis] for axis in axes]
    kept = [onnx.TensorShapeProto.Dimension.FromString(dim.SerializeToString()) for dim in dims]
    del sizes.dim[:]
    sizes.dim.extend(kept)
    return changed


def onnxruntime_of(model: Any, feed: dict[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """What ONNX Runtime computes on the CPU: model is a ModelProto or a path."""
    import onnxruntime

    given = model if isinstance(model, str) else model.SerializeToString()
    session = onnxruntime.InferenceSession(given, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feed)))
