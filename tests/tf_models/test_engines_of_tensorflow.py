"""SavedModels and Keras models as sources of engines: converted once, then hits that run no TensorFlow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from networks import in_keras

from pytest_trt.engines.errors import ConversionFailed, UsageError
from pytest_trt.engines.provide import Provider

# What Keras does with NumPy 2 as it saves a model is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    return Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import keras

    folder = tmp_path_factory.mktemp("saved") / "convolution_net"
    in_keras.convolution_net(keras).export(str(folder))
    return folder


PROFILES = {"x": ((1, 32, 32, 3), (4, 32, 32, 3), (8, 32, 32, 3))}


def origins(provider: Provider) -> list[Any]:
    return [event["origin"] for event in provider.events]


def test_converted_once(provider: Provider, saved: Path, tmp_path: Path) -> None:
    first = provider.engine(saved, profiles=PROFILES)
    copy = tmp_path / "another place"
    shutil.copytree(saved, copy)
    again = provider.engine(copy, profiles=PROFILES)
    fp32 = provider.engine(saved, profiles=PROFILES, precision="fp32")
    assert origins(provider) == ["built", "hit", "built"]
    assert first.key == again.key != fp32.key
    assert [tensor.name for tensor in first.inputs] == ["x"]
    kept = [path for path in (tmp_path / "cache" / "v1" / "sources").iterdir() if path.name.startswith("file-")]
    assert len(kept) == 1, "the ONNX model is kept, once"


def test_a_hit_runs_no_tensorflow(provider: Provider, saved: Path, tmp_path: Path) -> None:
    provider.engine(saved, profiles=PROFILES)
    program = f"""
import subprocess, sys
def refused(*words, **more):
    raise AssertionError(f"a process was started: {{words}}")
subprocess.Popen = refused
from pytest_trt.engines.provide import Provider
provider = Provider(cache_root={str(tmp_path / "cache")!r}, backend="tensorrt_rtx")
provider.engine({str(saved)!r}, profiles={PROFILES!r})
print(provider.events[0]["origin"], "tensorflow" in sys.modules, "tf2onnx" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert run.stdout.split() == ["hit", "False", "False"], run.stderr


def test_changed_weights_are_another_engine(provider: Provider, saved: Path, tmp_path: Path) -> None:
    import keras

    model = in_keras.convolution_net(keras)
    model.set_weights([weight * 1.5 for weight in model.get_weights()])
    model.export(str(tmp_path / "changed"))
    changed = provider.engine(tmp_path / "changed", profiles=PROFILES)
    assert provider.engine(saved, profiles=PROFILES).key != changed.key


def test_what_failed_leaves_its_log(provider: Provider, saved: Path, tmp_path: Path) -> None:
    copy = tmp_path / "damaged"
    shutil.copytree(saved, copy)
    shard = next((copy / "variables").glob("variables.data*"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 0x40
    shard.write_bytes(data)
    with pytest.raises(ConversionFailed, match="Checksum does not match") as caught:
        provider.engine(copy, profiles=PROFILES)
    log = Path(caught.value.cure.split("'")[1])
    assert "Checksum" in log.read_text()
    shutil.rmtree(log.parent)


def test_keras_object_and_file(provider: Provider, tmp_path: Path) -> None:
    import keras

    model = in_keras.transformer(keras)
    profiles = {"x": ((1, 32, 64), (2, 32, 64), (4, 32, 64))}
    first = provider.engine(model, profiles=profiles)
    assert {tensor.name for tensor in first.outputs} == {"encoded", "pooled"}
    assert provider.engine(model, profiles=profiles).key == first.key
    model.save(tmp_path / "model.keras")
    assert provider.engine(tmp_path / "model.keras", profiles=profiles).key == first.key
    assert origins(provider) == ["built", "hit", "hit"]


def test_native_example(provider: Provider) -> None:
    engine = provider.engine(
        EXAMPLES / "conv" / "1", profiles={"image": ((1, 32, 32, 3), (2, 32, 32, 3), (4, 32, 32, 3))}
    )
    assert engine.meta["source"]["kind"] == "onnx"


def test_tf_trt_model_is_refused(provider: Provider) -> None:
    with pytest.raises(ConversionFailed, match="TF-TRT"):
        provider.engine(EXAMPLES / "conv_trt_unbuilt" / "1")


def test_wrong_signature(provider: Provider, saved: Path) -> None:
    with pytest.raises(ConversionFailed, match="serving_default"):
        provider.engine(saved, signature="serve_me", profiles=PROFILES)
    import keras

    with pytest.raises(UsageError, match="no signatures"):
        provider.engine(in_keras.transformer(keras), signature="serving_default")


def test_no_cache_folder_leaves_nothing_behind(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the ONNX model cannot be kept, its temporary folder goes with the build, and no warning is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    provider = Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx", read_only=True)
    engine = provider.engine(saved, profiles=PROFILES)
    assert engine.plan_path is None
    assert not list(tmp_path.glob("pytest-trt-onnx-*"))
