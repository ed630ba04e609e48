"""Engines against references on the GPU: real networks that must pass, planted faults that must fail and be named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from networks import in_keras, in_onnx

from pytest_trt.engines.running.engine import Engine
from pytest_trt.equivalence.check import NotEquivalent, assert_equivalent, compare
from pytest_trt.equivalence.errors import ReferenceNotFinite

Build = Callable[..., Engine]
CONVOLUTION = in_onnx.CONVOLUTION_PROFILE


@pytest.mark.parametrize("precision", ["fp32", "tf32", "fp16"])
def test_convolutions(build: Build, precision: str) -> None:
    engine = build(in_onnx.convolutions(), precision=precision, profiles=CONVOLUTION)
    report = assert_equivalent(engine)
    assert [case.label for case in report.cases] == ["profile 0 min", "profile 0 opt", "profile 0 max"]
    assert report.precision == precision


def test_int8(build: Build) -> None:
    numbers = np.random.default_rng(1)
    samples = [{"x": numbers.uniform(-1, 1, (4, 3, 32, 32)).astype(np.float32)} for _ in range(8)]
    engine = build(in_onnx.convolutions(), precision="int8", profiles=CONVOLUTION, calibration=samples)
    assert_equivalent(engine)


def test_several_inputs_and_outputs(build: Build) -> None:
    engine = build(in_onnx.two_in_two_out(), profiles=dict.fromkeys("ab", ((1, 64), (16, 64), (64, 64))))
    report = assert_equivalent(engine)
    assert set(report.cases[0].outputs) == {"sum", "product"}


def test_shape_tensor_and_shape_by_data(build: Build) -> None:
    reshaped = build(
        in_onnx.reshaped(), profiles={"x": ((4, 12), (4, 12), (4, 12)), "shape": ((12, 4), (12, 4), (12, 4))}
    )
    assert_equivalent(reshaped)
    places = build(in_onnx.non_zero(), profiles={"x": ((1, 8), (4, 8), (64, 8))})
    assert_equivalent(places)


@pytest.fixture(scope="session")
def keras() -> Any:
    import keras

    return keras


@pytest.fixture(scope="session")
def convolution_net(keras: Any) -> Any:
    return in_keras.warmed(keras, in_keras.convolution_net(keras))


@pytest.mark.parametrize("precision", ["fp32", "tf32", "fp16"])
def test_keras_convolution_net(build: Build, convolution_net: Any, precision: str) -> None:
    profiles = {"x": ((1, 32, 32, 3), (8, 32, 32, 3), (8, 32, 32, 3))}
    engine = build(convolution_net, precision=precision, profiles=profiles)
    assert_equivalent(engine)


def test_saved_model_transformer(build: Build, keras: Any, tmp_path: Path) -> None:
    """With a static batch: TensorRT 8.6.0 computes attention over a dynamic one wrongly (docs/gpu/README.md)."""
    model = in_keras.transformer(keras)
    model.export(str(tmp_path / "transformer"))
    for precision in ("fp32", "tf32", "fp16"):
        engine = build(tmp_path / "transformer", precision=precision, profiles={"x": (4, 32, 64)})
        report = assert_equivalent(engine, tmp_path / "transformer")
        assert {len(case.outputs) for case in report.cases} == {2}
        assert report.reference.kind == "tensorflow-saved-model"


def failing(engine: Engine, reference: Any, **options: Any) -> str:
    with pytest.raises(NotEquivalent) as caught:
        assert_equivalent(engine, reference, **options)
    return str(caught.value)


def test_perturbed_weight(build: Build, tmp_path: Path) -> None:
    """One weight of 432 is off by a tenth: less than TF32 may be off, more than FP32 may."""

    def perturb(weight: Any) -> Any:
        weight[3, 1, 1, 1] += 0.1
        return weight

    wrong = in_onnx.with_weight(in_onnx.convolutions(), "conv0.w", perturb)
    engine = build(wrong, precision="fp32", profiles=CONVOLUTION)
    text = failing(engine, in_onnx.convolutions(), save_to=tmp_path)
    assert "y: float32" in text
    assert "Tolerance(" in text
    with np.load(next(tmp_path.glob("*.npz"))) as saved:
        assert {"inputs/x", "engine/y", "reference/y"} == set(saved.files)


def test_dropped_bias(build: Build) -> None:
    wrong = in_onnx.with_weight(in_onnx.convolutions(), "dense.b", np.zeros_like)
    text = failing(build(wrong, profiles=CONVOLUTION), in_onnx.convolutions())
    assert "bias" in text.lower()
    assert "channel" in text.lower() or "axis" in text.lower()


def test_permuted_axes(build: Build) -> None:
    model = in_onnx.convolutions(side=32)
    wrong = in_onnx.transposed_output(model, (1, 0))
    text = failing(build(wrong, profiles=CONVOLUTION), model)
    assert "transpose" in text.lower()


def test_overflow(build: Build) -> None:
    half = dict.fromkeys(("grow", "square", "mix"), "fp16")
    engine = build(
        in_onnx.overflowing(),
        precision="fp16",
        profiles={"x": ((1, 64), (4, 64), (8, 64))},
        layer_precisions=half,
    )
    text = failing(engine, in_onnx.overflowing())
    assert "FP16 overflow" in text


def test_missing_normalisation(build: Build) -> None:
    model = in_onnx.two_in_two_out()
    engine = build(model, profiles=dict.fromkeys("ab", ((1, 64), (16, 64), (64, 64))))

    def scaled(feed: dict[str, Any]) -> dict[str, Any]:
        right = in_onnx.onnxruntime_of(model, feed)
        return {"sum": right["sum"] * 255, "product": right["product"]}

    assert "255" in failing(engine, scaled)


def test_reference_with_nan(build: Build) -> None:
    engine = build(in_onnx.convolutions(), profiles=CONVOLUTION)
    with pytest.raises(ReferenceNotFinite, match="'y' holds NaN"):
        compare(engine, lambda feed: {"y": np.full((len(feed["x"]), 10), np.nan, np.float32)})


def test_golden(build: Build, tmp_path: Path) -> None:
    from pytest_trt.equivalence.errors import GoldenMissing

    engine = build(in_onnx.convolutions(), profiles=CONVOLUTION)
    with pytest.raises(GoldenMissing, match="commit it"):
        assert_equivalent(engine, tmp_path / "g.npz")
    assert_equivalent(engine, tmp_path / "g.npz")
    other = build(in_onnx.with_weight(in_onnx.convolutions(), "dense.b", np.zeros_like), profiles=CONVOLUTION)
    failing(other, tmp_path / "g.npz")
    assert_equivalent(other, tmp_path / "g.npz", update_golden=True)


def test_trained_networks(build: Build) -> None:
    """Models that somebody trained, where their folder is given: PYTEST_TRT_TEST_MODELS."""
    import os

    folder = os.environ.get("PYTEST_TRT_TEST_MODELS")
    if not folder:
        pytest.skip("PYTEST_TRT_TEST_MODELS names no folder of ONNX models")
    path = Path(folder) / "ch_PP-OCRv4_det_infer.onnx"
    engine = build(path, precision="fp16", profiles={"x": ((1, 3, 64, 64), (1, 3, 320, 320), (2, 3, 320, 320))})
    assert_equivalent(engine)
    assert onnx.load(path).graph.name
