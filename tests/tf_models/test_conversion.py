"""SavedModel and Keras to ONNX: the converted model computes, in ONNX Runtime, what TensorFlow computes."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import tensorflow as tf
from tf_models.networks import OUTPUTS, called, convolution, feed_of, keras, layers, transformer

from pytest_trt.artifacts.content import file_digest
from pytest_trt.engines.errors import ConversionFailed
from pytest_trt.engines.sources import tensorflow as conversion
from pytest_trt.equivalence.reference import as_reference

# What Keras does with NumPy 2 and TensorFlow 2.15 with Python 3.11 is not ours to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:non-integer arguments to randrange:DeprecationWarning"),
]
EXAMPLES = Path(__file__).parents[2] / "examples"
CONV = EXAMPLES / "conv" / "1"
HALF_PLUS_TWO = EXAMPLES / "half_plus_two_gpu" / "00000123"


def agree(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return set(found) == set(wanted) and all(
        found[name].shape == wanted[name].shape and np.allclose(found[name], wanted[name], rtol=1e-4, atol=1e-5)
        for name in wanted
    )


def test_keras_object(model: Any, name: str, folder: Path) -> None:
    feed = feed_of(name)
    made = conversion.convert_keras(model, folder=folder)
    assert [one["name"] for one in made.facts["inputs"]] == sorted(feed)
    assert [one["name"] for one in made.facts["outputs"]] == OUTPUTS[name]
    assert made.facts["opset"] == 15 and made.facts["tensorflow"] == tf.__version__
    onnx.checker.check_model(str(made.path), full_check=True)
    assert agree(as_reference(made.path).run(feed, OUTPUTS[name]), called(model, name, feed))
    assert sorted(os.listdir(folder)) == ["conversion.log", "model.onnx"]


def test_keras_file_gives_the_same_model(model: Any, name: str, folder: Path, tmp_path: Path) -> None:
    first = conversion.convert_keras(model, folder=folder).onnx
    model.save(tmp_path / "m.keras")
    assert conversion.convert_keras(tmp_path / "m.keras", folder=folder).onnx == first


def test_saved_model(model: Any, name: str, folder: Path, tmp_path: Path) -> None:
    """As model.export writes it, which names outputs by keys or by number."""
    model.export(str(tmp_path / "exported"))
    made = conversion.convert_saved_model(tmp_path / "exported", folder=folder)
    names = [one["name"] for one in made.facts["outputs"]]
    feed = feed_of(name)
    wanted = as_reference(tmp_path / "exported").run(feed, names)
    assert agree(as_reference(made.path).run(feed, names), wanted)
    assert sorted(map(np.sum, wanted.values())) == pytest.approx(
        sorted(map(np.sum, called(model, name, feed).values())), rel=1e-4, abs=1e-4
    )


@pytest.mark.parametrize("folder_of_model", [CONV, HALF_PLUS_TWO], ids=["conv", "half_plus_two"])
def test_examples(folder_of_model: Path, folder: Path) -> None:
    made = conversion.convert_saved_model(folder_of_model, folder=folder)
    about = made.facts["inputs"][0]
    feed = {about["name"]: np.random.default_rng(0).random([2, *about["shape"][1:]], np.float32)}
    names = [one["name"] for one in made.facts["outputs"]]
    assert agree(as_reference(made.path).run(feed, names), as_reference(folder_of_model).run(feed, names))


def test_one_source_one_model(tmp_path: Path) -> None:
    """Wherever it lies and however often; tf2onnx by itself gives another model each time."""
    transformer().export(str(tmp_path / "here"))
    shutil.copytree(tmp_path / "here", tmp_path / "there" / "deep")
    found = []
    for number, source in enumerate((tmp_path / "here", tmp_path / "there" / "deep")):
        (tmp_path / str(number)).mkdir()
        found.append(conversion.convert_saved_model(source, folder=tmp_path / str(number)))
    assert found[0].onnx == found[1].onnx and found[0].facts == found[1].facts
    assert found[0].facts["source"] == conversion.saved_model_digest(tmp_path / "here")[0]


def test_weights_in_files(folder: Path) -> None:
    """As models of more than 2 GB are converted."""
    made = conversion.convert_saved_model(CONV, folder=folder, large=True)
    assert made.external and all(file.parent == folder for file in made.external.values())
    assert sum(file.stat().st_size for file in made.external.values()) + len(made.onnx) > 1000
    proto = onnx.load(str(made.path), load_external_data=False)
    assert set(made.external) == {
        entry.value for tensor in proto.graph.initializer for entry in tensor.external_data if entry.key == "location"
    }
    feed = {"image": np.ones((2, 32, 32, 3), np.float32)}
    assert agree(as_reference(made.path).run(feed, ["logits"]), as_reference(CONV).run(feed, ["logits"]))
    assert not (folder / "model.zip").exists()


def test_opset_is_what_was_asked_for(folder: Path) -> None:
    made = conversion.convert_saved_model(CONV, folder=folder, opset=17)
    assert onnx.load(str(made.path)).opset_import[0].version == made.facts["opset"] == 17


def test_tensorrt_rtx_builds_what_was_converted(model: Any, folder: Path) -> None:
    import tensorrt_rtx as trt

    made = conversion.convert_keras(model, folder=folder)
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network()
    parser = trt.OnnxParser(network, logger)
    assert parser.parse(made.onnx), [parser.get_error(at).desc() for at in range(parser.num_errors)]
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    for at in range(network.num_inputs):
        tensor = network.get_input(at)
        shape = [2 if size < 0 else size for size in tensor.shape]
        profile.set_shape(tensor.name, shape, shape, shape)
    config.add_optimization_profile(profile)
    assert builder.build_serialized_network(network, config) is not None


@pytest.mark.parametrize(
    ("source", "options", "says", "cure"),
    [
        (CONV, {"signature": "nope"}, "has no signature 'nope'", "one of: 'serving_default'"),
        (CONV, {"tag": "train"}, "exactly the tag 'train'", "one of: 'serve'"),
        (EXAMPLES / "conv_trt_built/1", {}, "holds TRTEngineOp", "export the native model"),
        (EXAMPLES / "conv", {}, "a folder without saved_model.pb", "whole and readable"),
        (EXAMPLES / "nowhere", {}, "a folder without saved_model.pb", "whole and readable"),
    ],
)
def test_refused_before_anything_is_started(
    source: Path, options: dict[str, Any], says: str, cure: str, folder: Path
) -> None:
    begin = time.monotonic()
    with pytest.raises(ConversionFailed) as caught:
        conversion.convert_saved_model(source, folder=folder, **options)
    assert str(source) in caught.value.what and says in caught.value.what and cure in caught.value.cure
    assert time.monotonic() - begin < 1 and os.listdir(folder) == []


def test_damaged_models(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "damaged"
    shutil.copytree(CONV, source)
    data = (source / "saved_model.pb").read_bytes()
    (source / "saved_model.pb").write_bytes(data[: len(data) // 2])
    with pytest.raises(ConversionFailed, match="damaged or cut"):
        conversion.convert_saved_model(source, folder=folder)
    (source / "saved_model.pb").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n")
    with pytest.raises(ConversionFailed, match="git lfs pull"):
        conversion.convert_saved_model(source, folder=folder)
    (source / "saved_model.pb").write_bytes(data)
    for file in (source / "variables").iterdir():
        file.write_bytes(b"")
    with pytest.raises(ConversionFailed, match="ended status 1") as caught:
        conversion.convert_saved_model(source, folder=folder)
    assert "Error" in caught.value.what and "conversion.log" in caught.value.cure
    assert (folder / "conversion.log").stat().st_size > 0 and not (folder / "model").exists()


def test_operators_without_an_onnx_form(folder: Path, tmp_path: Path) -> None:
    """tf2onnx leaves them as they are, says so in its log, and ends well."""

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([4], tf.float32, name="x")])
        def __call__(self, x: Any) -> Any:
            return {"y": tf.math.lgamma(x, name="the_gamma")}

    module = Module()
    tf.saved_model.save(module, str(tmp_path / "m"), signatures={"serving_default": module.__call__})
    with pytest.raises(ConversionFailed) as caught:
        conversion.convert_saved_model(tmp_path / "m", folder=folder)
    assert "no ONNX form in opset 15 for 1 operators" in caught.value.what
    assert "the_gamma: Lgamma" in caught.value.what and "opset=" in caught.value.cure


def test_timeout_ends_the_child(folder: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(ConversionFailed, match=r"ended after 0\.2 s") as caught:
        conversion.convert_saved_model(CONV, folder=folder, timeout=0.2)
    assert time.monotonic() - begin < 5 and "timeout=" in caught.value.cure


def test_a_source_that_changes_meanwhile(folder: Path) -> None:
    digests = iter(str(number) for number in range(1000))
    with pytest.raises(ConversionFailed, match="changed while it was converted"):
        conversion.convert_saved_model(CONV, folder=folder, digest=lambda path: (next(digests), 0))


def test_a_file_with_code_of_its_own(folder: Path, tmp_path: Path) -> None:
    class Own(layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    keras.Sequential([keras.Input((2,)), Own()]).save(tmp_path / "m.keras")
    with pytest.raises(ConversionFailed, match="could not load and export") as caught:
        conversion.convert_keras(tmp_path / "m.keras", folder=folder)
    assert "Own" in caught.value.what
    with pytest.raises(ConversionFailed, match="is no file"):
        conversion.convert_keras(tmp_path / "nowhere.keras", folder=folder)


def test_a_model_object_with_code_of_its_own(folder: Path) -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x: Any, training: bool = False) -> Any:
            return {"twice": self.dense(x) * 2}

    model = Own()
    x = np.ones((2, 4), np.float32)
    wanted = model(x)["twice"].numpy()
    made = conversion.convert_keras(model, folder=folder)
    assert agree(as_reference(made.path).run({"x": x}, ["twice"]), {"twice": wanted})
    assert agree(as_reference(model).run({"x": x}, ["twice"]), {"twice": wanted})
    digest, why = conversion.keras_digest(model)
    assert digest is None and why is not None and "code of its own" in why and "Own" in why


def test_a_model_that_keras_cannot_export(folder: Path) -> None:
    class Never(keras.Model):
        def call(self, x: Any, training: bool = False) -> Any:
            return x

    with pytest.raises(ConversionFailed, match="Keras could not export model"):
        conversion.convert_keras(Never(), folder=folder)


def test_conversion_key() -> None:
    key = conversion.conversion_key("ab")
    assert key == conversion.conversion_key("ab") and len(key) == 64
    others = [
        conversion.conversion_key("ac"),
        conversion.conversion_key("ab", signature="other"),
        conversion.conversion_key("ab", tag="train"),
        conversion.conversion_key("ab", opset=17),
        conversion.conversion_key("ab", large=True),
    ]
    assert len({key, *others}) == 6
    assert set(conversion.versions()) >= {"tensorflow", "tf2onnx", "onnx"}


def test_keras_digest_is_of_configuration_and_weights(tmp_path: Path) -> None:
    model = convolution()
    digest, why = conversion.keras_digest(model)
    assert digest is not None and why is None
    model.compile("adam", "mse")
    assert conversion.keras_digest(model)[0] == digest
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras", compile=False)
    assert conversion.keras_digest(loaded)[0] == digest
    assert as_reference(tmp_path / "m.keras").digest() == file_digest(str(tmp_path / "m.keras"))[0]
    weights = model.get_weights()
    weights[0][0, 0, 0, 0] += 1e-3
    model.set_weights(weights)
    assert conversion.keras_digest(model)[0] != digest


@pytest.mark.parametrize("own", ["lambda layer", "activation", "nested"])
def test_keras_code_of_its_own_has_no_digest(own: str) -> None:
    def mine(x: Any) -> Any:
        return x * 2

    class Own(layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    layer = {
        "lambda layer": lambda: layers.Lambda(lambda x: x),
        "activation": lambda: layers.Dense(2, activation=mine),
        "nested": lambda: keras.Sequential([Own()]),
    }[own]()
    digest, why = conversion.keras_digest(keras.Sequential([keras.Input((2,)), layer]))
    assert digest is None and why is not None and "of its own" in why


def test_the_child_sees_no_gpu_and_ours_keeps_tensorflow_out(folder: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys; from pathlib import Path\n"
        "from pytest_trt.engines.sources.tensorflow import convert_saved_model\n"
        f"convert_saved_model({str(CONV)!r}, folder=Path({str(folder)!r}))\n"
        "print({'tensorflow', 'tf2onnx', 'onnx', 'numpy'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "set()", done.stderr
