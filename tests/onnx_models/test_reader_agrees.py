"""The ONNX reader against the onnx package, on models that the package writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from pytest_trt.artifacts.onnx import OnnxModel, read_onnx
from pytest_trt.artifacts.wire import Memory, Source

OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("my.own", 1)]


def read(model: onnx.ModelProto) -> OnnxModel:
    with Memory(model.SerializeToString(), "m.onnx") as source:
        return read_onnx(source)


def made(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    initializers: list[onnx.TensorProto] | None = None,
    **more: object,
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers or [], **more)
    return helper.make_model(graph, opset_imports=OPSETS, producer_name="tests")


def declared(value: onnx.ValueInfoProto) -> tuple[str, str | None, tuple[int | str | None, ...] | None]:
    """What the package says of an input: name, NumPy's name of the type, sizes."""
    about = value.type.tensor_type
    name = "string" if about.elem_type == TensorProto.STRING else str(helper.tensor_dtype_to_np_dtype(about.elem_type))
    shape: tuple[int | str | None, ...] | None = None
    if about.HasField("shape"):
        shape = tuple(dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None for dim in about.shape.dim)
    return value.name, name, shape


def value(name: str, kind: int, shape: list[int | str | None] | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


@pytest.mark.parametrize("kind", sorted(set(TensorProto.DataType.values()) - {TensorProto.UNDEFINED}))
def test_types(kind: int) -> None:
    model = made([], [value("x", kind, [2, "n", None])], [value("x", kind, [2, "n", None])])
    (found,) = read(model).inputs
    assert found.shape == (2, "n", None)
    if kind <= TensorProto.BFLOAT16:
        assert (found.name, found.dtype, found.shape) == declared(model.graph.input[0])
    else:
        # NumPy has no name for these: the specification's, of those that were known when this was written.
        name = TensorProto.DataType.Name(kind).lower()
        assert found.dtype is None if kind > 23 else str(found.dtype).replace("_", "") == name


@pytest.mark.parametrize("shape", [None, [], [0], [1, 2**40], ["n" * 300, None], [-1]])
def test_shapes(shape: list[int | str | None] | None) -> None:
    model = made([], [value("x", TensorProto.FLOAT, shape)], [])
    (found,) = read(model).inputs
    assert (found.name, found.dtype, found.shape) == declared(model.graph.input[0])


def test_initializers_are_no_inputs() -> None:
    """Until IR version 4 every initializer was an input as well; a sparse one may be now."""
    weight = numpy_helper.from_array(np.ones(3, np.float32), "w")
    thin = helper.make_sparse_tensor(
        numpy_helper.from_array(np.ones(1, np.float32), "s"), numpy_helper.from_array(np.zeros(1, np.int64), "i"), [3]
    )
    inputs = [value(name, TensorProto.FLOAT, [3]) for name in ("x", "w", "s", "i")]
    model = made([helper.make_node("Add", ["x", "w"], ["y"])], inputs, [inputs[0]], [weight], sparse_initializer=[thin])
    assert [one.name for one in read(model).inputs] == ["x", "i"]


def test_declarations() -> None:
    name = "long" * 100
    nodes = [
        helper.make_node("Relu", ["x"], [name], name=name),
        helper.make_node("Own", [name], ["y"], name="own", domain="my.own", strength=2.0, words=["a", "b"]),
    ]
    sequence = helper.make_tensor_sequence_value_info("q", TensorProto.FLOAT, [1])
    model = made(nodes, [value("x", TensorProto.FLOAT, ["n"]), sequence], [value("y", TensorProto.FLOAT, ["n"])])
    model.doc_string = "d" * 1_000
    helper.set_model_props(model, {"k": "v"})
    found = read(model)
    assert found.nodes == [(node.name, node.op_type, node.domain) for node in model.graph.node]
    assert found.opsets == {opset.domain: opset.version for opset in model.opset_import}
    assert (found.producer, found.ir_version) == ("tests", model.ir_version)
    assert [(one.name, one.dtype) for one in found.inputs] == [("x", "float32"), ("q", None)]
    assert [one.name for one in found.outputs] == ["y"]


def everywhere() -> onnx.ModelProto:
    """Tensors in initializers, in a Constant's attributes, in the branches of an If, and in a function."""

    def tensor(name: str, size: int = 40) -> onnx.TensorProto:
        return numpy_helper.from_array(np.arange(size, dtype=np.float32), name)

    out = value("b", TensorProto.FLOAT, [40])
    branches = {
        branch: helper.make_graph(
            [helper.make_node("Constant", [], ["b"], value=tensor(f"{branch}.constant"))],
            branch,
            [],
            [out],
            [tensor(f"{branch}.weight")],
        )
        for branch in ("then_branch", "else_branch")
    }
    nodes = [
        helper.make_node("If", ["c"], ["chosen"], name="if", **branches),
        helper.make_node("Constant", [], ["k"], value=tensor("constant")),
        helper.make_node("Add", ["chosen", "k"], ["sum"]),
        helper.make_node("Add", ["sum", "w"], ["y"]),
    ]
    function = helper.make_function(
        "my.own", "F", [], ["o"], [helper.make_node("Constant", [], ["o"], value=tensor("function"))], OPSETS[:1]
    )
    model = made(nodes, [value("c", TensorProto.BOOL, [])], [value("y", TensorProto.FLOAT, [40])], [tensor("w", 40)])
    model.functions.append(function)
    return model


@pytest.mark.parametrize("one_file", [True, False])
def test_external_data(tmp_path: Path, one_file: bool) -> None:
    """Each file that the package writes is named, with no more bytes than it has, and all of what it writes."""
    model = everywhere()
    onnx.save(
        model,
        tmp_path / "m.onnx",
        save_as_external_data=True,
        all_tensors_to_one_file=one_file,
        location="weights.bin" if one_file else None,
        size_threshold=0,
        convert_attribute=True,
    )
    written = {path.name: path.stat().st_size for path in tmp_path.iterdir() if path.name != "m.onnx"}
    with Source(str(tmp_path / "m.onnx")) as source:
        found = read_onnx(source)
    expected: dict[str, int] = {}
    stored = onnx.load(tmp_path / "m.onnx", load_external_data=False)
    for tensor in external_data_helper._get_all_tensors(stored):
        if external_data_helper.uses_external_data(tensor):
            about = external_data_helper.ExternalDataInfo(tensor)
            least = int(about.offset or 0) + int(about.length or 0)
            expected[about.location] = max(expected.get(about.location, 0), least)
    assert found.external == expected
    assert set(found.external) == set(written)
    assert all(least <= written[name] for name, least in found.external.items())
    assert len(written) == (1 if one_file else 7)
