"""The key of an engine: pinned, so that a change is meant, and different for whatever makes another plan."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_trt.engines.building.spec import make_spec
from pytest_trt.engines.cache.cache import Cache
from pytest_trt.engines.cache.memo import Memo
from pytest_trt.engines.device import Device
from pytest_trt.engines.errors import UsageError
from pytest_trt.engines.key import device_fields, key_fields, key_of, timing_key

H100 = Device(0, "NVIDIA H100 80GB HBM3", "GPU-1", "9.0", 132, 85_028_896_768, "13.0")
# Of the fields of the test below. It changes only with SCHEMA in key.py: engines that are cached are built again then.
PINNED = "00092a733cf0b50400c8697397c1bc3aef1072e45cc5c26a6fb180492babfcfe"


@dataclasses.dataclass
class TensorRT:
    """What a key asks of a backend; TensorRT itself needs a GPU, and its version would be in the pin."""

    product: str = "tensorrt"
    version: str = "8.6.0"
    cuda: str | None = "12"


@pytest.fixture
def memo(tmp_path: Path) -> Memo:
    return Memo(Cache(tmp_path / "cache"))


@pytest.fixture
def fields(memo: Memo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """fields(...) of one fixed engine, with what is given instead."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    plugin = tmp_path / "libplugin.so"
    plugin.write_bytes(b"plugin")

    def make(**changed: Any) -> dict[str, Any]:
        spec = make_spec(
            "fp16",
            {"x": ((1, 3, 8, 8), (4, 3, 8, 8), (8, 3, 8, 8))},
            flags=["STRICT_NANS"],
            workspace="1GiB",
            plugins=[plugin],
        )
        known: dict[str, Any] = {
            "backend": TensorRT(),
            "source": {"kind": "onnx", "sha256": "0" * 64, "external": {"w.bin": "1" * 64}},
            "spec": spec,
            "device": H100,
            "memo": memo,
            "calibration": None,
            "environment": {"NVIDIA_TF32_OVERRIDE": None},
        }
        return key_fields(**{**known, **changed})

    return make


def test_pinned(fields: Any) -> None:
    assert key_of(fields()) == PINNED


def test_order_is_no_difference(fields: Any) -> None:
    found = fields()
    assert key_of(dict(reversed(found.items()))) == key_of(found)


def test_every_field_makes_another_key(fields: Any, tmp_path: Path) -> None:
    other = tmp_path / "other.so"
    other.write_bytes(b"other plugin")
    source = {"kind": "onnx", "sha256": "0" * 64, "external": {"w.bin": "1" * 64}}
    changes: list[dict[str, Any]] = [
        {},
        {"backend": TensorRT(product="tensorrt-rtx")},
        {"backend": TensorRT(version="8.6.1")},
        {"backend": TensorRT(cuda=None)},
        {"source": {**source, "sha256": "2" * 64}},
        {"source": {**source, "external": {"w.bin": "2" * 64}}},
        {"source": {**source, "external": {}}},
        {"source": {"kind": "network", "key": "0" * 64}},
        {"spec": make_spec("fp16")},
        {"spec": make_spec("fp16", plugins=[other])},
        {"calibration": "3" * 64},
        {"environment": {"NVIDIA_TF32_OVERRIDE": "0"}},
        {"environment": {"NVIDIA_TF32_OVERRIDE": ""}},
        {"device": dataclasses.replace(H100, name="NVIDIA H100 PCIe")},
        {"device": dataclasses.replace(H100, compute_capability="8.9")},
        {"device": dataclasses.replace(H100, multiprocessors=114)},
        {"device": dataclasses.replace(H100, total_memory=40 << 30)},
        {"device": dataclasses.replace(H100, mig="1g.10gb")},
    ]
    keys = [key_of(fields(**change)) for change in changes]
    assert len(set(keys)) == len(keys)


def test_what_is_no_difference(fields: Any, tmp_path: Path) -> None:
    moved = tmp_path / "moved" / "libplugin.so"
    moved.parent.mkdir()
    moved.write_bytes(b"plugin")
    spec = make_spec(
        "FP16",
        [{"x": ((1, 3, 8, 8), (4, 3, 8, 8), (8, 3, 8, 8))}],
        flags="strict_nans",
        memory_pools={"WORKSPACE": 2**30},
        plugins=str(moved),
    )
    assert key_of(fields(spec=spec)) == key_of(fields())
    same = dataclasses.replace(
        H100, index=3, uuid="GPU-2", total_memory=H100.total_memory + (1 << 20), driver_version="12.4", clock_rate=1
    )
    assert key_of(fields(device=same)) == key_of(fields())


def test_device_by_what_the_plan_is_bound_to() -> None:
    trt, rtx = TensorRT(), TensorRT("tensorrt-rtx", "1.7.1.116", "13")
    ask: Any = device_fields
    assert ask(trt, make_spec(hardware_compatibility="AMPERE_PLUS"), H100) == {"compute_capability": "8.0+"}
    same = make_spec(hardware_compatibility="SAME_COMPUTE_CAPABILITY")
    assert ask(trt, same, H100) == {"compute_capability": "9.0"}
    assert ask(trt, make_spec(hardware_compatibility="NONE"), H100) == ask(trt, make_spec(), H100)
    assert ask(rtx, make_spec(), H100) is ask(rtx, make_spec(), None) is None
    wanted = make_spec(compute_capabilities=["SM89", "SM86"])
    assert ask(rtx, wanted, H100) == {"compute_capabilities": ["SM86", "SM89"]}
    current = make_spec(compute_capabilities=["CURRENT"])
    assert ask(rtx, current, H100) == {"compute_capability": "9.0"}


def test_a_timing_cache_belongs_to_a_kind_of_gpu() -> None:
    ask: Any = timing_key
    other = dataclasses.replace(H100, uuid="GPU-2", index=1)
    assert ask(TensorRT(), H100) == ask(TensorRT(), other)
    assert ask(TensorRT(), H100) != ask(TensorRT(version="8.6.1"), H100)
    assert ask(TensorRT(), H100) != ask(TensorRT(), dataclasses.replace(H100, multiprocessors=114))


def test_a_plugin_that_cannot_be_read(fields: Any, tmp_path: Path) -> None:
    for path in (tmp_path / "absent.so", tmp_path):
        with pytest.raises(UsageError, match="the plugin library .* cannot be read"):
            fields(spec=make_spec(plugins=[path]))


def test_key_is_the_sha256_of_canonical_json() -> None:
    assert key_of({"b": [1, None], "a": "é"}) == hashlib.sha256(b'{"a":"\\u00e9","b":[1,null]}').hexdigest()


def test_nothing_heavy_is_imported_for_a_key() -> None:
    program = (
        "import sys, pytest_trt.engines.key;"
        "print([m for m in ('tensorrt', 'tensorrt_rtx', 'onnx', 'tensorflow', 'numpy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
