"""Sources, options and networks at the edges: each gives an engine or one of our errors, with text that is safe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from networks.in_onnx import CONVOLUTION_16 as PROFILE
from networks.in_onnx import convolution, reshaped, value
from networks.in_onnx import model as network
from onnx import TensorProto, helper, numpy_helper

from pytest_trt.engines.errors import (
    BuildFailed,
    EngineIncompatible,
    NotOnnx,
    ProfileMismatch,
    UnsupportedOperator,
    UsageError,
)
from pytest_trt.engines.provide import Provider
from pytest_trt.errors import TrtError


def expanded() -> onnx.ModelProto:
    """x (1,), n () int64 -> x, n times: the scalar n is a shape tensor."""
    nodes = [helper.make_node("Unsqueeze", ["n", "axes"], ["n1"]), helper.make_node("Expand", ["x", "n1"], ["y"])]
    axes = numpy_helper.from_array(np.array([0], np.int64), "axes")
    return network(nodes, [value("x", [1]), value("n", [], TensorProto.INT64)], [value("y", ["k"])], [axes])


def test_a_scalar_shape_tensor(provider: Provider) -> None:
    with pytest.raises(ProfileMismatch, match=r"(?s)'n' decides shapes by values.*\"n\": \(\(1,\), \(4,\), \(8,\)\)"):
        provider.engine(expanded())
    with pytest.raises(ProfileMismatch, match="holds 1 values, the profile gives 2"):
        provider.engine(expanded(), profiles={"n": (2, 2)})
    engine = provider.engine(expanded(), profiles={"n": ((1,), (2,), (4,))})
    n = engine.inputs[1]
    assert (n.name, n.is_shape_tensor, n.shape, n.profiles) == ("n", True, (), (((1,), (2,), (4,)),))


def test_a_shape_tensor_without_a_profile(provider: Provider) -> None:
    with pytest.raises(ProfileMismatch, match=r"\"shape\": \(\(1, 1\), \(4, 4\), \(8, 8\)\)"):
        provider.engine(reshaped(), profiles={"x": ((1, 12), (2, 12), (4, 12))})


def test_scalars_and_empty_tensors(provider: Provider) -> None:
    scalar = network([helper.make_node("Mul", ["x", "s"], ["y"])], [value("x", [4]), value("s", [])], [value("y", [4])])
    assert provider.engine(scalar).inputs[1].shape == ()
    empty = network([helper.make_node("Relu", ["x"], ["y"])], [value("x", [0, 3])], [value("y", [0, 3])])
    assert provider.engine(empty).inputs[0].shape == (0, 3)
    assert provider.engine(convolution(), profiles={"x": ((0, 3, 16, 16), (2, 3, 16, 16), (4, 3, 16, 16))}).io


def test_an_input_that_nothing_uses(provider: Provider) -> None:
    inputs = [value("x", [2]), value("unused", ["n"])]
    model = network([helper.make_node("Relu", ["x"], ["y"])], inputs, [value("y", [2])])
    with pytest.raises(ProfileMismatch, match="'unused' has a dynamic shape"):
        provider.engine(model)
    engine = provider.engine(model, profiles={"unused": ((1,), (2,), (4,))})
    assert [tensor.name for tensor in engine.inputs] == ["x", "unused"]


HOSTILE = "\x1b[31mred\n::error::"


def test_hostile_names_are_escaped(provider: Provider) -> None:
    """Of inputs and nodes, in whatever error names them."""
    values = [value(HOSTILE, ["n"]), value("y", ["n"])]
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Relu", [HOSTILE], ["y"], name=HOSTILE)], "g" + HOSTILE, values[:1], values[1:]
        ),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    model.ir_version = 8
    wrong: list[dict[str, Any]] = [
        {},
        {"profiles": {"x": (1,)}},
        {"profiles": {HOSTILE: (1, 2)}},
        {"profiles": {HOSTILE: (1,)}, "plugins": [f"/nowhere/{HOSTILE}"]},
    ]
    for options in wrong:
        with pytest.raises(TrtError) as caught:
            provider.engine(model, **options)
        assert "\x1b" not in str(caught.value)
        assert "\n::error::" not in str(caught.value)
    with pytest.raises(TrtError) as caught:
        provider.engine(f"/nowhere/{HOSTILE}.onnx")
    assert "\x1b" not in str(caught.value)


def test_names_that_are_no_utf8(provider: Provider) -> None:
    """TensorRT takes them; its log cannot be read then, and the build goes on."""
    data = convolution().SerializeToString().replace(b"conv", b"c\xffnv")
    assert provider.engine(data, profiles=PROFILE).plan_path is not None


def test_a_path_that_is_no_utf8(provider: Provider, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.onnx"))
    path.write_bytes(convolution().SerializeToString())
    with pytest.raises(UsageError, match=r"\\udcff.onnx: TensorRT's parser takes names in UTF-8 alone"):
        provider.engine(path, profiles=PROFILE)


@pytest.mark.parametrize("source", ["a" * 5_000, "a\0b", "/proc/self/mem/x", Path("b" * 300)])
def test_paths_that_cannot_be(provider: Provider, source: Any) -> None:
    with pytest.raises(UsageError) as caught:
        provider.engine(source)
    assert len(str(caught.value)) < 6_000


def test_what_is_no_file(provider: Provider, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.plan")
    for source in (tmp_path / "fifo.plan", "/dev/zero"):
        with pytest.raises(NotOnnx, match="not a regular file"):
            provider.engine(source)


class TooLarge:
    """A ModelProto of over 2 GiB, which protobuf cannot serialise."""

    graph = None

    def SerializeToString(self) -> bytes:
        raise ValueError("exceeds maximum protobuf size of 2GB")


def test_a_model_that_cannot_be_serialised(provider: Provider) -> None:
    with pytest.raises(NotOnnx, match="cannot be serialised: exceeds"):
        provider.engine(TooLarge())


@pytest.mark.parametrize("key", ["", 5, ("a", object())])
def test_keys_that_name_nothing(provider: Provider, key: Any) -> None:
    with pytest.raises(UsageError, match="names no content"):
        provider.engine(lambda network, trt: None, key=key)


def test_plans_that_are_none(provider: Provider, tmp_path: Path, model: Path) -> None:
    """Also where the TensorRT that would run them is not installed."""
    path = tmp_path / "m.plan"
    for content in (b"ftrt", b"vtrt" + bytes(60), b"\x08\0\0\0" + b'{"a":1}' + b"z" * 100):
        path.write_bytes(content)
        for source in (path, content):
            with pytest.raises(EngineIncompatible) as caught:
                provider.engine(source)
            assert caught.value.kind == "damaged"
    path.write_bytes(b"")
    with pytest.raises(NotOnnx, match="is empty"):
        provider.engine(path)


@pytest.mark.parametrize(
    "given", [{"calibration": np.zeros(3)}, {"signature": "s"}, {"opset": 17}, {"key": "k"}, {"flags": []}]
)
def test_options_of_a_plan(provider: Provider, model: Path, given: dict[str, Any]) -> None:
    path = provider.engine(model, profiles=PROFILE).plan_path
    with pytest.raises(UsageError, match="is built already"):
        provider.engine(path, **given)


def test_a_plan_that_its_owner_changes(provider: Provider, model: Path, tmp_path: Path) -> None:
    """What was judged is what is kept: a file that is cut afterwards ends no process."""
    built = provider.engine(model, profiles=PROFILE).plan_path
    assert built is not None
    path = tmp_path / "m.plan"
    path.write_bytes(built.read_bytes())
    engine = provider.engine(path)
    os.truncate(path, 10)
    assert engine.meta["size"] == built.stat().st_size
    assert engine.key == engine.meta["sha256"]


def test_sizes_that_tensorrt_cannot_hold(provider: Provider) -> None:
    for size in (2**63, 2**70):
        with pytest.raises(ProfileMismatch):
            provider.engine(convolution(), profiles={"x": ((1, 3, 16, 16), (2, 3, 16, 16), (size, 3, 16, 16))})


def test_a_network_function_is_no_reference(provider: Provider) -> None:
    def fill(network: Any, trt: Any) -> None:
        x = network.add_input("x", trt.float32, (4,))
        network.mark_output(network.add_activation(x, trt.ActivationType.RELU).get_output(0))

    assert provider.engine(fill, key="relu").source is None
    assert provider.engine(convolution(), profiles=PROFILE).source is not None


def test_unsupported_operators_are_told_safely(provider: Provider) -> None:
    node = helper.make_node("Foo", ["x"], ["y"], name="foo", domain="my.own")
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("my.own", 1)]
    made = helper.make_model(helper.make_graph([node], "g", [value("x", [1])], [value("y", [1])]), opset_imports=opsets)
    with pytest.raises(UnsupportedOperator, match="node 'foo'"):
        provider.engine(made)


def test_a_function_that_fails(provider: Provider) -> None:
    """Its own exceptions pass through; the next build has a Builder that works."""

    def broken(network: Any, trt: Any) -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        provider.engine(broken, key="broken")
    with pytest.raises(BuildFailed, match="no output"):
        provider.engine(lambda network: None)
    assert provider.engine(convolution(), profiles=PROFILE).plan_path is not None
