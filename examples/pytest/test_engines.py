"""Does an engine of this model build, and does it compute what the model computes? README.md shows what this prints."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SAVED_MODEL = Path(__file__).parents[1] / "conv" / "1"
BATCHES = {"x": ((1, 3, 16, 16), (4, 3, 16, 16), (16, 3, 16, 16))}

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None or importlib.util.find_spec("tf2onnx") is None,
    reason="needs TensorFlow and tf2onnx: pip install pytest-trt[tensorflow]",
)


def image(batch=2):
    """x (batch, 3, 16, 16), the same on every machine."""
    return (np.arange(batch * 3 * 16 * 16, dtype=np.float32) % 17 / 17).reshape(batch, 3, 16, 16)


def test_builds(engine):
    """Without a GPU too: TensorRT-RTX builds on the processor."""
    assert [str(tensor) for tensor in engine.io] == ["x: float32 (?, 3, 16, 16)", "y: float32 (?, 10)"]


def test_is_kept(engine, trt_cache):
    assert trt_cache.find(engine.key).plan == engine.plan_path


def test_computes_the_same(engine, assert_trt_equivalent):
    """The reference is the model itself, run by ONNX Runtime, at batch 1, 4 and 16: min, opt and max of the profile."""
    assert_trt_equivalent(engine)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_precisions(model, trt_engine, assert_trt_equivalent, precision):
    """What may differ follows the precision: fp16 is allowed more than fp32, which is FP32 with TF32 off."""
    assert_trt_equivalent(trt_engine(model, precision=precision, profiles=BATCHES), model)


@pytest.mark.parametrize("batch", [1, 3, 16])
def test_any_batch(engine, batch):
    """One engine answers every shape of its profile, and an item does not depend on the others of its batch."""
    y = engine.infer({"x": image(batch)})["y"]
    assert y.shape == (batch, 10)
    assert np.allclose(y[:1], engine.infer({"x": image(1)})["y"], atol=1e-2)


@pytest.mark.trt(tensorrt=">=8.6", compute_capability=">=8.0", memory="4GiB")
def test_speed(engine):
    """The marker skips the test, with the reason, where TensorRT or the GPU falls short."""
    assert engine.benchmark(iterations=20).median < 50  # milliseconds


def test_as_before(engine, assert_trt_equivalent):
    """A golden file beside the tests holds the outputs for these inputs; --trt-update-goldens writes it anew."""
    assert_trt_equivalent(engine, "small.npz", {"x": image()})


@needs_tensorflow
def test_saved_model(trt_engine, assert_trt_equivalent):
    """tf2onnx converts it, and TensorFlow runs the reference."""
    engine = trt_engine(SAVED_MODEL, profiles={"image": ((1, 32, 32, 3), (4, 32, 32, 3), (8, 32, 32, 3))})
    assert_trt_equivalent(engine)
