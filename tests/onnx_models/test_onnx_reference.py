"""ONNX references, run by ONNX Runtime."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pytest_trt.equivalence.errors import NamesDiffer, NotAReference, ReferenceFailed, ReferenceUnavailable
from pytest_trt.equivalence.reference import as_reference

X = np.arange(6, dtype=np.float32).reshape(2, 3)
WEIGHTS = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
F, I64 = TensorProto.FLOAT, TensorProto.INT64


def model(nodes: list[Any], inputs: dict[str, Any], outputs: dict[str, Any], weights: dict[str, Any]) -> Any:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(name, *about) for name, about in inputs.items()],
        [helper.make_tensor_value_info(name, *about) for name, about in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def matmul(size: int | str = "batch") -> Any:
    return model(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": (F, [size, 3])}, {"y": (F, [size, 4])}, {"w": WEIGHTS}
    )


def gather() -> Any:
    """table[index], scaled: an index of int64 and a scale, in that order; two outputs of the same shape."""
    nodes = [
        helper.make_node("Gather", ["table", "index"], ["picked"]),
        helper.make_node("Mul", ["picked", "scale"], ["scaled"]),
    ]
    inputs = {"index": (I64, ["n"]), "scale": (F, [1])}
    return model(nodes, inputs, {"picked": (F, ["n", 4]), "scaled": (F, ["n", 4])}, {"table": WEIGHTS})


def test_path_bytes_and_proto_agree(tmp_path: Path) -> None:
    proto = matmul()
    onnx.save(proto, tmp_path / "m.onnx")
    data = (tmp_path / "m.onnx").read_bytes()
    references = [as_reference(what) for what in (tmp_path / "m.onnx", str(tmp_path / "m.onnx"), data, proto)]
    for reference in references:
        assert reference.kind == "onnx" and "ONNX Runtime" in reference.describe()
        assert reference.digest() == hashlib.sha256(data).hexdigest()
        assert np.allclose(reference.run({"x": X}, ["y"])["y"], X @ WEIGHTS, atol=1e-6)
    assert repr(str(tmp_path / "m.onnx")) in references[0].describe()


def test_the_same_twice_and_after_close() -> None:
    reference = as_reference(matmul())
    first = reference.run({"x": X}, ["y"])["y"]
    assert np.array_equal(reference.run({"x": X}, ["y"])["y"], first)
    reference.close()
    assert np.array_equal(reference.run({"x": X}, ["y"])["y"], first)


def test_int32_of_the_engine_becomes_int64() -> None:
    feed = {"index": np.array([2, 0], np.int32), "scale": np.array([2], np.float32)}
    found = as_reference(gather()).run(feed, ["scaled", "picked"])
    assert np.array_equal(found["picked"], WEIGHTS[[2, 0]]) and np.array_equal(found["scaled"], 2 * WEIGHTS[[2, 0]])


def test_names_of_inputs_are_told_by_dtype_and_those_of_outputs_are_not() -> None:
    feed = {"a": np.array([2], np.float32), "b": np.array([1], np.int32)}
    assert np.array_equal(as_reference(gather()).run(feed, ["picked"])["picked"], WEIGHTS[[1]])
    with pytest.raises(NamesDiffer, match=r"names=\{'outputs': \{'p': 'picked', 's': 'scaled'\}\}"):
        as_reference(gather()).run(feed, ["p", "s"], {"p": (1, 4), "s": (1, 4)})
    mapped = as_reference(gather(), outputs={"p": "picked", "s": "scaled"}, inputs={"a": "scale", "b": "index"})
    assert np.array_equal(mapped.run(feed, ["s"])["s"], 2 * WEIGHTS[[1]])


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        ({"x": X.astype(np.int32)}, "input 'x' takes float32, and it was given int32"),
        ({"x": X[:1]}, r"input 'x' takes the shape \[2, 3\], not \[1, 3\]"),
        ({"x": X.T}, r"input 'x' takes the shape \[2, 3\], not \[3, 2\]"),
    ],
)
def test_wrong_inputs(feed: dict[str, Any], says: str) -> None:
    with pytest.raises(ReferenceFailed, match=says) as caught:
        as_reference(matmul(2)).run(feed, ["y"])
    assert "the ONNX model 'graph'" in str(caught.value) and caught.value.cure


def test_missing_and_superfluous_inputs() -> None:
    for feed in ({}, {"x": X, "mask": X}):
        with pytest.raises(NamesDiffer, match="reference: 'x' float32"):
            as_reference(matmul()).run(feed, ["y"])


def test_an_index_out_of_range_names_the_model() -> None:
    feed = {"index": np.array([99]), "scale": np.array([1], np.float32)}
    with pytest.raises(ReferenceFailed, match="failed while it ran: .*indices element out of data bounds"):
        as_reference(gather()).run(feed, ["picked"])


def external(folder: Path) -> Path:
    path = folder / "m.onnx"
    onnx.save(matmul(), path, save_as_external_data=True, location="w.bin", size_threshold=0)
    return path


def test_external_data(tmp_path: Path) -> None:
    path = external(tmp_path)
    reference = as_reference(path)
    assert np.allclose(reference.run({"x": X}, ["y"])["y"], X @ WEIGHTS, atol=1e-6)
    before = reference.digest()
    assert before != hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "w.bin").write_bytes((tmp_path / "w.bin").read_bytes()[::-1])
    assert as_reference(path).digest() != before


@pytest.mark.parametrize(("change", "says"), [(None, "is missing"), (b"\0" * 8, "is cut")])
def test_external_data_that_is_not_there(tmp_path: Path, change: bytes | None, says: str) -> None:
    path = external(tmp_path)
    (tmp_path / "w.bin").unlink()
    if change is not None:
        (tmp_path / "w.bin").write_bytes(change)
    with pytest.raises(ReferenceFailed, match=f"keeps weights in 'w.bin', which {says}"):
        as_reference(path).run({"x": X}, ["y"])


def test_external_data_outside_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    path = external(tmp_path / "inner")
    os.rename(tmp_path / "inner" / "w.bin", tmp_path / "w.")
    path.write_bytes(path.read_bytes().replace(b"w.bin", b"../w."))
    with pytest.raises(NotAReference, match="outside of its folder"):
        as_reference(path).run({"x": X}, ["y"])
    with pytest.raises(ReferenceFailed, match="outside of its folder"):
        as_reference(path).digest()


def test_external_data_of_bytes(tmp_path: Path) -> None:
    with pytest.raises(NotAReference, match="bytes have no folder to find it in") as caught:
        as_reference(external(tmp_path).read_bytes()).run({"x": X}, ["y"])
    assert "give the path" in caught.value.cure


def test_cut_files(tmp_path: Path) -> None:
    data = matmul().SerializeToString()
    for length in (len(data) // 2, len(data) - 1):
        (tmp_path / "m.onnx").write_bytes(data[:length])
        with pytest.raises((NotAReference, ReferenceFailed)) as caught:
            as_reference(tmp_path / "m.onnx").run({"x": X}, ["y"])
        assert "m.onnx" in str(caught.value)


def test_an_operator_that_is_not_known() -> None:
    proto = model([helper.make_node("Nonsense", ["x"], ["y"])], {"x": (F, [1])}, {"y": (F, [1])}, {})
    with pytest.raises(ReferenceFailed, match="cannot be loaded: .*Nonsense") as caught:
        as_reference(proto).run({"x": np.zeros(1, np.float32)}, ["y"])
    assert "onnx.checker" in caught.value.cure


def test_hostile_names_are_escaped() -> None:
    name = "x\x1b[2J\n::error::"
    proto = model([helper.make_node("Identity", [name], ["y"])], {name: (F, [1])}, {"y": (F, [1])}, {})
    with pytest.raises(ReferenceFailed) as caught:
        as_reference(proto).run({name: np.zeros(2, np.float32)}, ["y"])
    assert "\x1b" not in str(caught.value) and "\\x1b[2J\\n" in str(caught.value)


def test_without_onnxruntime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of that name without code is what Python finds where the package is not installed."""
    (tmp_path / "onnxruntime").mkdir()
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    for name in [name for name in __import__("sys").modules if name.partition(".")[0] == "onnxruntime"]:
        monkeypatch.delitem(__import__("sys").modules, name)
    with pytest.raises(ReferenceUnavailable) as caught:
        as_reference(matmul().SerializeToString()).run({"x": X}, ["y"])
    assert caught.value.cure == "pip install 'pytest-trt[onnx]'"
