"""SavedModels and Keras models as references, run by TensorFlow."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tf_models.networks import OUTPUTS, called, convolution, feed_of, several

from pytest_trt.equivalence.errors import NamesDiffer, NotAReference, ReferenceFailed, ReferenceUnavailable
from pytest_trt.equivalence.reference import as_reference

# What Keras does with NumPy 2 and TensorFlow 2.15 with Python 3.11 is not ours to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:non-integer arguments to randrange:DeprecationWarning"),
]
EXAMPLES = Path(__file__).parents[2] / "examples"
CONV = EXAMPLES / "conv" / "1"
HALF_PLUS_TWO = EXAMPLES / "half_plus_two_gpu" / "00000123"
X = np.array([[2.0], [6.0]], np.float32)


def test_saved_model_of_tensorflow_1() -> None:
    reference = as_reference(HALF_PLUS_TWO)
    assert reference.kind == "tensorflow-saved-model" and "signature 'serving_default'" in reference.describe()
    assert reference.run({"x": X}, ["y"])["y"].tolist() == [[3.0], [5.0]]
    reference.close()
    assert reference.run({"x:0": X}, ["y:0"])["y:0"].tolist() == [[3.0], [5.0]]
    assert reference.digest() == as_reference(str(HALF_PLUS_TWO)).digest()


def test_another_signature() -> None:
    metagraph = tf.saved_model.load(str(HALF_PLUS_TWO)).signatures
    name = next(name for name in metagraph if name != "serving_default")
    with pytest.raises((NamesDiffer, ReferenceFailed)) as caught:
        as_reference(HALF_PLUS_TWO, signature=name).run({"x": X, "more": X}, ["y"])
    assert repr(name) in str(caught.value)
    with pytest.raises(ReferenceFailed, match="has no signature 'nope'") as missing:
        as_reference(HALF_PLUS_TWO, signature="nope").run({"x": X}, ["y"])
    assert "'serving_default'" in missing.value.cure


def test_keras_object_and_file(model: Any, name: str, tmp_path: Path) -> None:
    feed = feed_of(name)
    wanted = called(model, name, feed)
    model.save(tmp_path / "m.keras")
    for what in (model, tmp_path / "m.keras"):
        reference = as_reference(what)
        assert reference.kind == "keras" and len(reference.digest() or "") == 64
        for _ in range(2):
            found = reference.run(feed, OUTPUTS[name])
            assert all(np.allclose(found[key], wanted[key], atol=1e-6) for key in OUTPUTS[name])
            reference.close()


def test_int64_of_the_engine_becomes_int32() -> None:
    feed = feed_of("several")
    wanted = called(several(), "several", feed)
    found = as_reference(several()).run({**feed, "words": feed["words"].astype(np.int64)}, ["score"])
    assert np.allclose(found["score"], wanted["score"], atol=1e-6)
    with pytest.raises(ReferenceFailed, match="input 'words' takes int32, and values of int64 do not all fit"):
        as_reference(several()).run({**feed, "words": np.full((2, 3), 2**40)}, ["score"])


def test_names_of_the_engine_may_be_others() -> None:
    feed = feed_of("several")
    shapes = {"s": (2, 2), "f": (2, 5)}
    found = as_reference(several()).run({"a:0": feed["words"], "b:0": feed["left"]}, ["s", "f"], shapes)
    with pytest.raises(NamesDiffer):
        as_reference(several()).run({"a": feed["left"], "b": feed["left"]}, ["score"])
    assert {name: array.shape for name, array in found.items()} == shapes


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        ({"image": np.zeros((2, 16, 16, 4), np.float32)}, r"takes the shape \[\?, 32, 32, 3\]"),
        ({"image": np.zeros((2, 32, 32, 3), np.int32)}, "takes float32, and it was given int32"),
    ],
)
def test_wrong_inputs(feed: dict[str, Any], says: str) -> None:
    with pytest.raises(ReferenceFailed, match=says) as caught:
        as_reference(CONV).run(feed, ["logits"])
    assert str(CONV) in str(caught.value) and caught.value.cure


def test_tf_trt_is_no_reference() -> None:
    with pytest.raises(ReferenceFailed, match="holds TRTEngineOp"):
        as_reference(EXAMPLES / "conv_trt_built/1").run({"image": np.zeros((1, 32, 32, 3), np.float32)}, ["logits"])


def test_variables_that_are_not_there(tmp_path: Path) -> None:
    shutil.copytree(CONV, tmp_path / "m")
    shutil.rmtree(tmp_path / "m" / "variables")
    with pytest.raises(ReferenceFailed, match="cannot be loaded: .*variables") as caught:
        as_reference(tmp_path / "m").run({"image": np.zeros((1, 32, 32, 3), np.float32)}, ["logits"])
    assert "tf.saved_model.load" in caught.value.cure


def test_an_index_out_of_range_names_the_reference() -> None:
    feed = {**feed_of("several"), "words": np.full((2, 3), 99, np.int32)}
    with pytest.raises(ReferenceFailed, match="failed while it ran: .*indices"):
        as_reference(several()).run(feed, ["score"])


def test_settings_of_tensorflow_are_left_as_they_were() -> None:
    assert tf.config.experimental.tensor_float_32_execution_enabled()
    as_reference(HALF_PLUS_TWO).run({"x": X}, ["y"])
    assert tf.config.experimental.tensor_float_32_execution_enabled()
    assert tf.constant(1.0).device.endswith("CPU:0")


def test_gpu_is_asked_for_and_not_there() -> None:
    with pytest.raises(ReferenceFailed, match="TensorFlow sees no GPU"):
        as_reference(HALF_PLUS_TWO, device="gpu").run({"x": X}, ["y"])


def test_a_damaged_keras_file(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(b"PK nothing")
    with pytest.raises(ReferenceFailed, match="cannot be loaded") as caught:
        as_reference(tmp_path / "m.keras").run({"x": X}, ["y"])
    assert "custom_objects" in caught.value.cure
    with pytest.raises(NotAReference, match="does not exist"):
        as_reference(tmp_path / "nowhere.keras")


def test_without_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of that name without code is what Python finds where the package is not installed."""
    (tmp_path / "tensorflow").mkdir()
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.delitem(__import__("sys").modules, "tensorflow")
    with pytest.raises(ReferenceUnavailable) as caught:
        as_reference(HALF_PLUS_TWO).run({"x": X}, ["y"])
    assert caught.value.cure == "pip install 'pytest-trt[tensorflow]'"


def test_dropped_and_perturbed_weights_are_seen() -> None:
    """The reference is no echo: a changed model gives other values."""
    model = convolution()
    feed = feed_of("convolution")
    before = as_reference(model).run(feed, OUTPUTS["convolution"])["probabilities"]
    weights = model.get_weights()
    weights[-1] = weights[-1] + np.arange(10, dtype=np.float32)
    model.set_weights(weights)
    after = as_reference(model).run(feed, OUTPUTS["convolution"])["probabilities"]
    assert np.abs(before - after).max() > 0.1
