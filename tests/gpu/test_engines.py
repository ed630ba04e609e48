"""Engines that TensorRT builds here and runs here: every kind of input and output, errors, memory."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from networks import in_onnx as networks
from networks.in_onnx import TACTICS, onnxruntime_of
from onnx import TensorProto

from pytest_trt.engines.errors import (
    BuildFailed,
    EngineClosed,
    EngineIncompatible,
    InferenceFailed,
    InputMismatch,
    OutOfDeviceMemory,
    PrecisionUnavailable,
    ProfileMismatch,
    UnsupportedOperator,
)
from pytest_trt.engines.provide import Provider
from pytest_trt.engines.running.engine import Engine

Build = Callable[..., Engine]
DATA = Path(__file__).parent.parent / "data"


def rand(*shape: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def close(actual: dict[str, Any], expected: dict[str, Any], tolerance: float) -> None:
    assert actual.keys() == expected.keys()
    for name, reference in expected.items():
        scale = np.sqrt(np.mean(np.square(reference.astype(np.float64)))) or 1.0
        assert actual[name].shape == reference.shape
        assert np.abs(actual[name].astype(np.float64) - reference).max() <= tolerance * scale, name


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-5), ("tf32", 3e-3), ("fp16", 2e-2)])
def test_convolutions(build: Build, precision: str, tolerance: float) -> None:
    model = networks.convolutions()
    engine = build(model, precision=precision, profiles=networks.CONVOLUTION_PROFILE)
    assert engine.meta["precision_in_use"] == precision
    assert [str(tensor) for tensor in engine.io] == ["x: float32 (?, 3, 32, 32)", "y: float32 (?, 10)"]
    for batch in (1, 4, 8, 1):
        x = rand(batch, 3, 32, 32, seed=batch)
        close(engine.infer({"x": x}), onnxruntime_of(model, {"x": x}), tolerance)


def test_repeated_calls_give_arrays_of_their_own(build: Build) -> None:
    engine = build(networks.two_in_two_out(), profiles=dict.fromkeys("ab", ((1, 64), (4, 64), (8, 64))))
    first = engine.infer({"a": rand(2, 64, seed=1), "b": rand(2, 64, seed=2)})
    kept = first["sum"].copy()
    engine.infer({"a": rand(2, 64, seed=3), "b": rand(2, 64, seed=4)})
    assert np.array_equal(first["sum"], kept)
    close(first, onnxruntime_of(networks.two_in_two_out(), {"a": rand(2, 64, seed=1), "b": rand(2, 64, seed=2)}), 3e-3)


def test_several_profiles(build: Build) -> None:
    model = networks.convolutions(side="s")
    small = {"x": ((1, 3, 16, 16), (1, 3, 16, 16), (2, 3, 16, 16))}
    large = {"x": ((1, 3, 64, 64), (4, 3, 64, 64), (8, 3, 96, 96))}
    engine = build(model, precision="fp32", profiles=[small, large])
    for shape in ((2, 3, 16, 16), (8, 3, 96, 96), (1, 3, 16, 16), (1, 3, 64, 64)):
        x = rand(*shape)
        close(engine.infer({"x": x}), onnxruntime_of(model, {"x": x}), 1e-5)
    with pytest.raises(InputMismatch, match=r"profile 0: x has shape \(4, 3, 32, 32\)"):
        engine.infer({"x": rand(4, 3, 32, 32)})
    with pytest.raises(InputMismatch, match="profile 1 does not cover"):
        engine.infer({"x": rand(1, 3, 16, 16)}, profile=1)
    # Both sides are the dimension `s` in the model: 8.6.0 says so by a shape of rank -1, or in its log of the run.
    with pytest.raises(InferenceFailed, match="'y' has no shape for the inputs|Dimensions with name s must be equal"):
        engine.infer({"x": rand(8, 3, 96, 64)})
    assert engine.infer({"x": rand(1, 3, 16, 16)}, profile=0)["y"].shape == (1, 10)


def test_shape_tensor(build: Build) -> None:
    model = networks.reshaped()
    engine = build(model, profiles={"x": ((1, 12), (2, 12), (4, 12)), "shape": ((1, 1), (4, 6), (12, 48))})
    shape = next(tensor for tensor in engine.io if tensor.name == "shape")
    assert shape.is_shape_tensor
    assert shape.profiles == (((1, 1), (4, 6), (12, 48)),)
    for rows, target in ((2, (4, 6)), (2, (6, 4)), (4, (12, 4)), (2, (4, 6))):
        feed = {"x": rand(rows, 12), "shape": np.array(target, np.int64)}
        close(engine.infer(feed), onnxruntime_of(model, feed), 0)
    with pytest.raises(InputMismatch, match=r"shape has values \(13, 1\)"):
        engine.infer({"x": rand(2, 12), "shape": np.array((13, 1), np.int64)})


def test_output_whose_shape_depends_on_data(build: Build) -> None:
    model = networks.non_zero()
    engine = build(model, profiles={"x": ((1, 8), (4, 8), (64, 8))})
    for rows in (4, 64, 1, 4):
        x = rand(rows, 8, seed=rows)
        assert np.array_equal(engine.infer({"x": x})["places"], onnxruntime_of(model, {"x": x})["places"])
    none = engine.infer({"x": -np.ones((4, 8), np.float32)})["places"]
    assert none.shape == (2, 0)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        (TensorProto.FLOAT, "float32"),
        (TensorProto.FLOAT16, "float16"),
        (TensorProto.INT32, "int32"),
        (TensorProto.BOOL, "bool"),
        (TensorProto.INT8, "int8"),
        (TensorProto.UINT8, "uint8"),
    ],
)
def test_dtypes(build: Build, kind: int, dtype: str) -> None:
    try:
        engine = build(networks.cast_through(kind), precision="fp16" if dtype == "float16" else None)
    except (UnsupportedOperator, BuildFailed) as error:
        assert dtype in ("int8", "uint8"), error  # 8.6 casts to these in Q/DQ and image inputs only
        return
    x = (rand(4, 5) * 100).astype(dtype)
    y = engine.infer({"x": x})["y"]
    assert y.dtype == np.dtype(dtype)
    assert np.array_equal(y, np.abs(x.astype(np.float32)).astype(dtype))


def test_int64_of_the_model_is_int32_here(build: Build) -> None:
    model = networks.cast_through(TensorProto.INT64)
    engine = build(model)
    x = np.arange(20, dtype=np.int64).reshape(4, 5)
    assert np.array_equal(engine.infer({"x": x})["y"], x)
    with pytest.raises(InputMismatch, match="outside of it"):
        engine.infer({"x": x + 2**40})


def test_wrong_feeds(build: Build) -> None:
    engine = build(networks.convolutions(), profiles=networks.CONVOLUTION_PROFILE)
    x = rand(1, 3, 32, 32)
    for feed, words in (
        ({"z": x}, "has no input 'z'"),
        ({}, "input 'x' is missing"),
        ({"x": x.astype(np.float64)}, r"\.astype\(numpy\.float32\)"),
        ({"x": x[0]}, r"got an array of shape \(3, 32, 32\)"),
        ({"x": rand(1, 4, 32, 32)}, r"got an array of shape \(1, 4, 32, 32\)"),
        ({"x": rand(9, 3, 32, 32)}, r"it takes \(1, 3, 32, 32\) to \(8, 3, 32, 32\)"),
    ):
        with pytest.raises(InputMismatch, match=words):
            engine.infer(feed)
    assert engine.infer({"x": np.asfortranarray(x)})["y"].shape == (1, 10)
    assert engine.infer({"x": x})["y"].shape == (1, 10)


def test_benchmark(build: Build) -> None:
    engine = build(networks.convolutions(channels=64), profiles=networks.CONVOLUTION_PROFILE)
    timing = engine.benchmark(iterations=50)
    assert 0 < timing.median <= timing.p90 <= timing.p99 < 1000
    assert timing.iterations == 50
    large = engine.benchmark({"x": rand(8, 3, 32, 32)}, iterations=50)
    assert large.median > 0


def test_closing_frees_the_memory(provider: Provider) -> None:
    from pytest_trt.engines.cuda import choose

    cuda = choose(None, 0)
    engine = provider.engine(
        networks.convolutions(channels=64, side="s"),
        profiles={"x": ((1, 3, 32, 32), (8, 3, 512, 512), (16, 3, 512, 512))},
        tactic_sources=TACTICS,
    )
    engine.infer({"x": rand(16, 3, 512, 512)})
    gc.collect()
    before, _ = cuda.memory()
    engine.close()
    gc.collect()
    after, _ = cuda.memory()
    assert after - before > 50 << 20
    with pytest.raises(EngineClosed):
        engine.infer({"x": rand(1, 3, 512, 512)})


def test_second_provider_hits(provider: Provider, build: Build, cache_root: Path) -> None:
    model = networks.two_in_two_out()
    profile = dict.fromkeys("ab", ((1, 64), (4, 64), (8, 64)))
    first = build(model, profiles=profile)
    other = Provider(cache_root=cache_root, backend="tensorrt")
    second = other.engine(model, profiles=profile, tactic_sources=TACTICS)
    assert (other.events[0]["origin"], second.key) == ("hit", first.key)
    assert [str(tensor) for tensor in second.io] == [str(tensor) for tensor in first.io]
    feed = {"a": rand(3, 64), "b": rand(3, 64, seed=9)}
    close(second.infer(feed), first.infer(feed), 0)
    second.close()


def test_timing_cache_of_this_device(build: Build, cache_root: Path) -> None:
    """One file for this TensorRT and GPU, which grows with each build."""
    build(in_onnx_variant(5), profiles=networks.CONVOLUTION_PROFILE)
    (timing,) = (cache_root / "v1" / "timing").iterdir()
    before = timing.stat().st_size
    build(in_onnx_variant(7), profiles=networks.CONVOLUTION_PROFILE)
    assert [timing] == list((cache_root / "v1" / "timing").iterdir())
    assert timing.stat().st_size > before


def in_onnx_variant(channels: int) -> onnx.ModelProto:
    return networks.convolutions(channels=channels)


def test_plan_of_another_tensorrt(provider: Provider) -> None:
    plan = bytearray((DATA / "plans" / "fp32.plan").read_bytes())
    assert provider.engine(bytes(plan)).infer({"x": rand(1, 8, 16, 16)})["y"].shape == (1, 8, 14, 14)
    # The version that the runtime compares: four records of one byte behind the inner archive's header.
    inner = plan.index(bytes.fromhex("0280010008"))
    plan[inner + 14] = 1
    with pytest.raises(EngineIncompatible, match="8.6.1.12") as caught:
        provider.engine(bytes(plan))
    assert (caught.value.kind, caught.value.got) == ("version", "8.6.1.12")


def test_damaged_plan(provider: Provider) -> None:
    plan = (DATA / "plans" / "fp32.plan").read_bytes()
    with pytest.raises(EngineIncompatible, match="damaged"):
        provider.engine(plan[:-100])
    with pytest.raises(EngineIncompatible):
        provider.engine(plan[:2000] + bytes(3000) + plan[5000:])


def test_unsupported_operator(build: Build) -> None:
    node = onnx.helper.make_node("Foo", ["x"], ["y"], name="foo1", domain="my.own")
    graph = onnx.helper.make_graph([node], "g", [networks.value("x", [1])], [networks.value("y", [1])])
    opsets = [onnx.helper.make_opsetid("", 15), onnx.helper.make_opsetid("my.own", 1)]
    model = onnx.helper.make_model(graph, opset_imports=opsets)
    with pytest.raises(UnsupportedOperator, match="node 'foo1' \\(Foo\\)") as caught:
        build(model)
    assert caught.value.nodes[0][:2] == ("foo1", "Foo")


def test_precisions_of_this_version(build: Build) -> None:
    with pytest.raises(PrecisionUnavailable, match="BF16"):
        build(networks.convolutions(), precision="bf16", profiles=networks.CONVOLUTION_PROFILE)
    with pytest.raises(PrecisionUnavailable, match="no strongly typed"):
        build(networks.convolutions(), precision="typed", profiles=networks.CONVOLUTION_PROFILE)
    with pytest.raises(ProfileMismatch):
        build(networks.convolutions())


def test_calibrated_int8(build: Build) -> None:
    model = networks.convolutions()
    samples = [{"x": rand(4, 3, 32, 32, seed=seed)} for seed in range(8)]
    engine = build(model, precision="int8", profiles=networks.CONVOLUTION_PROFILE, calibration=samples)
    assert engine.meta["precision_in_use"] == "int8"
    x = rand(4, 3, 32, 32, seed=99)
    close(engine.infer({"x": x}), onnxruntime_of(model, {"x": x}), 0.2)
    other = build(model, precision="int8", profiles=networks.CONVOLUTION_PROFILE, calibration=samples[:4])
    assert other.key != engine.key


def test_out_of_memory(build: Build) -> None:
    from pytest_trt.engines.cuda import choose

    engine = build(networks.two_in_two_out(), profiles=dict.fromkeys("ab", ((1, 64), (4, 64), (2**22, 64))))
    feed = {"a": rand(4, 64), "b": rand(4, 64)}
    expected = engine.infer(feed)
    cuda = choose(None, 0)
    hog = cuda.alloc(cuda.memory()[0] - (256 << 20))
    try:
        wide = np.broadcast_to(np.float32(1), (2**22, 64))
        with pytest.raises(OutOfDeviceMemory, match="no room for 1073741824 bytes"):
            engine.infer({"a": wide, "b": wide})
    finally:
        hog.free()
    close(engine.infer(feed), expected, 0)
