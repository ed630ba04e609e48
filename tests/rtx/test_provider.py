"""Sources, keys, errors: real builds by TensorRT-RTX, cached for real."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from networks.in_onnx import CONVOLUTION_16 as PROFILE
from networks.in_onnx import convolution
from onnx import TensorProto, external_data_helper, helper

from pytest_trt.artifacts.plan import read_plan
from pytest_trt.engines.errors import (
    BuildFailed,
    DeviceUnavailable,
    EngineIncompatible,
    ExternalDataMissing,
    NotOnnx,
    PrecisionUnavailable,
    ProfileMismatch,
    UnsupportedOperator,
    UsageError,
)
from pytest_trt.engines.provide import Provider

DATA = Path(__file__).parent.parent / "data"


def origins(provider: Provider) -> list[Any]:
    return [event["origin"] for event in provider.events]


def test_built_then_hit(provider: Provider, model: Path) -> None:
    first = provider.engine(model, profiles=PROFILE)
    again = provider.engine(str(model), profiles=PROFILE)
    assert origins(provider) == ["built", "hit"]
    assert first.key == again.key
    assert first.plan_path == again.plan_path
    assert first.plan_path is not None
    plan = first.plan_path.read_bytes()
    header = read_plan(lambda at, length: plan[at : at + length], len(plan))
    assert header is not None
    assert (header.product, header.damage) == ("tensorrt-rtx", None)
    assert first.meta["tensorrt_version"] == header.version
    assert [str(tensor) for tensor in again.io] == ["x: float32 (?, 3, 16, 16)", "y: float32 (?, 8, 16, 16)"]
    assert again.inputs[0].profiles == (PROFILE["x"],)
    assert again.meta["precision_in_use"] == "tf32"


def test_path_bytes_and_proto_are_one_engine(provider: Provider, model: Path) -> None:
    proto = onnx.load(model)
    keys = {provider.engine(source, profiles=PROFILE).key for source in (model, model.read_bytes(), proto)}
    assert len(keys) == 1
    assert origins(provider) == ["built", "hit", "hit"]


def test_every_difference_is_another_engine(provider: Provider, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What existing caches leave out of their keys: weights, shapes, attributes, options, environment."""
    changed_weights = convolution(seed=1)
    changed_attribute = convolution()
    changed_attribute.graph.node[0].attribute[0].ints[:] = [1, 1, 1, 1]
    renamed = convolution()
    renamed.graph.node[0].name = "other"
    variants: list[tuple[Any, dict[str, Any]]] = [
        (model, {}),
        (changed_weights, {}),
        (renamed, {}),
        (model, {"profiles": {"x": ((1, 3, 16, 16), (2, 3, 16, 16), (5, 3, 16, 16))}}),
        (model, {"profiles": [PROFILE, PROFILE]}),
        (model, {"precision": "fp32"}),
        (model, {"optimization_level": 1}),
        (model, {"workspace": "64MiB"}),
        (model, {"compute_capabilities": ["SM86"]}),
        (model, {"flags": ["STRICT_NANS"]}),
        (model, {"profiling_verbosity": "DETAILED"}),
    ]
    keys = [provider.engine(source, **{"profiles": PROFILE, **options}).key for source, options in variants]
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    keys.append(provider.engine(model, profiles=PROFILE).key)
    assert len(set(keys)) == len(keys)
    assert set(origins(provider)) == {"built"}
    assert provider.engine(model, profiles=PROFILE).meta["precision_in_use"] == "fp32"


def test_order_and_spelling_are_no_difference(provider: Provider, model: Path) -> None:
    one = provider.engine(
        model, profiles=PROFILE, flags=["STRICT_NANS", "SPARSE_WEIGHTS"], memory_pools={"WORKSPACE": 2**30}
    )
    two = provider.engine(model, profiles=[PROFILE], flags=("sparse_weights", "STRICT_NANS"), workspace="1GiB")
    assert one.key == two.key


def test_external_data(provider: Provider, tmp_path: Path) -> None:
    made = convolution(size=64)
    external_data_helper.convert_model_to_external_data(made, location="weights.bin", size_threshold=0)
    folder = tmp_path / "external"
    folder.mkdir()
    onnx.save(made, folder / "m.onnx")
    first = provider.engine(folder / "m.onnx", profiles=PROFILE)
    assert provider.engine(folder / "m.onnx", profiles=PROFILE).key == first.key
    weights = bytearray((folder / "weights.bin").read_bytes())
    weights[100] ^= 1
    (folder / "weights.bin").write_bytes(weights)
    assert provider.engine(folder / "m.onnx", profiles=PROFILE).key != first.key
    (folder / "weights.bin").write_bytes(weights[:-10])
    with pytest.raises(ExternalDataMissing, match=r"weights.bin' up to byte .* the file has"):
        provider.engine(folder / "m.onnx", profiles=PROFILE)
    (folder / "weights.bin").unlink()
    with pytest.raises(ExternalDataMissing, match="weights.bin"):
        provider.engine(folder / "m.onnx", profiles=PROFILE)
    with pytest.raises(ExternalDataMissing, match="bytes have no folder"):
        provider.engine((folder / "m.onnx").read_bytes(), profiles=PROFILE)


def test_external_data_that_leads_out(provider: Provider, tmp_path: Path) -> None:
    made = convolution(size=64)
    external_data_helper.convert_model_to_external_data(made, location="weights.bin", size_threshold=0)
    onnx.save(made, tmp_path / "m.onnx")
    data = (tmp_path / "m.onnx").read_bytes()
    for name in (b"../../x.bin", b"/etc/passwd"):
        (tmp_path / "m.onnx").write_bytes(data.replace(b"weights.bin", name))
        with pytest.raises(ExternalDataMissing, match="outside of its folder"):
            provider.engine(tmp_path / "m.onnx", profiles=PROFILE)


def fill(network: Any, trt: Any) -> None:
    x = network.add_input("x", trt.float32, (4, 8))
    layer = network.add_activation(x, trt.ActivationType.RELU)
    layer.get_output(0).name = "y"
    network.mark_output(layer.get_output(0))


def test_network_function(provider: Provider) -> None:
    uncached = provider.engine(fill)
    assert uncached.plan_path is None
    first, second = provider.engine(fill, key="relu 1"), provider.engine(fill, key="relu 1")
    assert first.plan_path is not None
    assert first.key == second.key != provider.engine(fill, key="relu 2").key
    assert origins(provider) == ["uncached", "built", "hit", "built"]
    with pytest.raises(BuildFailed, match="the network has no output"):
        provider.engine(lambda network, trt: network.add_input("x", trt.float32, (1,)))


def test_typed_network(provider: Provider) -> None:
    half = convolution(kind=TensorProto.FLOAT16)
    engine = provider.engine(half, precision="typed", profiles=PROFILE)
    assert engine.meta["precision_in_use"] == "fp16"
    assert engine.io[0].dtype == np.float16
    for precision in ("fp16", "int8", "bf16", "fp8"):
        with pytest.raises(PrecisionUnavailable, match="takes types from the model") as caught:
            provider.engine(half, precision=precision, profiles=PROFILE)
        assert "precision='typed'" in caught.value.cure


def test_plan_as_source(provider: Provider, model: Path) -> None:
    built = provider.engine(model, profiles=PROFILE)
    assert built.plan_path is not None
    given = provider.engine(built.plan_path)
    assert given.plan_path == built.plan_path
    assert given.meta["tensorrt_version"] == built.meta["tensorrt_version"]
    with pytest.raises(DeviceUnavailable):
        _ = given.io
    with pytest.raises(UsageError, match="built already"):
        provider.engine(built.plan_path, precision="fp16")
    data = built.plan_path.read_bytes()
    with pytest.raises(EngineIncompatible, match="damaged") as caught:
        provider.engine(data[:-1])
    assert caught.value.kind == "damaged"
    with pytest.raises(EngineIncompatible, match=r"TensorRT-RTX 9\.7\.1\.116") as caught:
        provider.engine(data[:24] + b"\x09" + data[25:])
    assert (caught.value.kind, caught.value.got) == ("version", "9.7.1.116")


def test_inference_needs_a_device(provider: Provider, model: Path) -> None:
    engine = provider.engine(model, profiles=PROFILE)
    for call in (engine.infer, engine.benchmark):
        with pytest.raises(DeviceUnavailable, match="libcuda"):
            call({"x": np.zeros((1, 3, 16, 16), np.float32)})
    with pytest.raises(DeviceUnavailable, match="libcuda"):
        provider.device()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, ProfileMismatch, r"input 'x' has a dynamic shape.*profiles=\{\"x\": \(\(1, 3, 16, 16\)"),
        ({"profiles": {"z": (1, 2)}}, ProfileMismatch, "names input 'z', which the model does not have.*inputs: x"),
        ({"profiles": {"x": (1, 3, 16)}}, ProfileMismatch, "of rank 4"),
        ({"profiles": {"x": (1, 4, 16, 16)}}, ProfileMismatch, "dimension 1 is 3 in the model"),
        ({"profiles": {"x": ((4, 3, 16, 16), (2, 3, 16, 16), (4, 3, 16, 16))}}, ProfileMismatch, "min <= opt <= max"),
        ({"profiles": 5}, ProfileMismatch, "no mappings"),
        ({"profiles": PROFILE, "precision": "fp61"}, PrecisionUnavailable, "did you mean fp16"),
        ({"profiles": PROFILE, "optimisation_level": 3}, UsageError, "did you mean 'optimization_level'"),
        ({"profiles": PROFILE, "flags": ["TF23"]}, UsageError, "did you mean TF32"),
        ({"profiles": PROFILE, "workspace": "lots"}, UsageError, "'lots' is no size"),
        ({"profiles": PROFILE, "optimization_level": "high"}, UsageError, "must be a number"),
        ({"profiles": PROFILE, "signature": "s"}, UsageError, "belong to TensorFlow sources"),
        ({"profiles": PROFILE, "calibration": []}, UsageError, "no samples"),
        ({"profiles": PROFILE, "calibration": b"cache"}, PrecisionUnavailable, "Q/DQ"),
        ({"profiles": PROFILE, "plugins": ["/nowhere/libx.so"]}, UsageError, "plugin library /nowhere/libx.so"),
    ],
)
def test_wrong_options(
    provider: Provider, model: Path, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        provider.engine(model, **options)
    import re

    assert re.search(words, str(caught.value), re.DOTALL), str(caught.value)
    assert not list(provider.cache.root.glob("v1/??/*")), "a build that failed leaves nothing"


def test_wrong_sources(provider: Provider, tmp_path: Path) -> None:
    def given(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    whole = convolution().SerializeToString()
    for source, error, words in (
        (given("a.onnx", b""), NotOnnx, "a.onnx is empty"),
        (given("b.onnx", b"hello, world\n"), NotOnnx, "b.onnx is not an ONNX model"),
        (given("c.onnx", whole[: len(whole) // 2]), NotOnnx, "the file ends at byte"),
        (given("d.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), NotOnnx, "git-LFS"),
        (DATA.parent.parent / "examples/conv/1/saved_model.pb", NotOnnx, "give the folder"),
        (tmp_path / "missing.onnx", UsageError, "missing.onnx does not exist"),
        ("", UsageError, "the path of the model is empty"),
        (tmp_path, UsageError, "without saved_model.pb"),
        (DATA.parent.parent / "examples/conv", UsageError, "folder of SavedModels"),
        (42, UsageError, "cannot be built from builtins.int"),
        (b"", NotOnnx, "is empty"),
    ):
        with pytest.raises(error, match=words):
            provider.engine(source)


def test_unsupported_operator(provider: Provider) -> None:
    node = helper.make_node("Foo", ["x"], ["y"], name="foo1", domain="my.own")
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("my.own", 1)]
    made = helper.make_model(helper.make_graph([node], "g", value[:1], value[1:]), opset_imports=opsets)
    with pytest.raises(UnsupportedOperator, match=r"node 'foo1' \(Foo\)") as caught:
        provider.engine(made)
    assert [one[:2] for one in caught.value.nodes] == [("foo1", "Foo")]


def test_a_source_that_changes_while_it_is_built(provider: Provider, model: Path) -> None:
    """The engine in the cache is of the bytes that its key names, or there is none."""
    before = provider.engine(model, profiles=PROFILE).key
    onnx.save(convolution(seed=5), model)
    assert provider.engine(model, profiles=PROFILE).key != before


def test_nothing_of_tensorrt_is_imported_to_import_us() -> None:
    program = (
        "import sys, pytest_trt.engines.provide as p; p.Provider();"
        "print([m for m in ('tensorrt', 'tensorrt_rtx', 'onnx', 'onnxruntime', 'tensorflow', 'pycuda', 'cuda')"
        " if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_plugin_library_that_is_none(provider: Provider, model: Path, tmp_path: Path) -> None:
    """Libraries are loaded before the model is parsed, so that its operators may be theirs."""
    (tmp_path / "libnone.so").write_text("not a library")
    with pytest.raises(UsageError, match=r"libnone\.so: TensorRT-RTX .* cannot load this plugin library"):
        provider.engine(model, profiles=PROFILE, plugins=[tmp_path / "libnone.so"])
    assert not list(provider.cache.root.glob("v1/??/*/plan"))
