"""@pytest.mark.trt: what is understood, what is not met and with which words."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import pytest

from pytest_trt.engines.device import Device, Devices
from pytest_trt.suite.requirements import BadRequirement, Unmet, Versions, parse, unmet, version_of

GIB = 2**30
H100 = Device(0, "NVIDIA H100 80GB HBM3", "GPU-1", "9.0", 132, 80 * GIB, "13.0")
T4 = Device(1, "Tesla T4", "GPU-2", "7.5", 40, 16 * GIB, "13.0")
NONE = Devices((), "no NVIDIA driver: libcuda.so.1 cannot be loaded", "install one")


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


def said(devices: Devices | tuple[Device, ...], index: int = 0, **keywords: Any) -> Unmet | None:
    found = devices if isinstance(devices, Devices) else Devices(devices, None)
    return unmet(parse((), keywords), "auto", index, lambda: found)


def reason(devices: Devices | tuple[Device, ...], index: int = 0, **keywords: Any) -> str | None:
    found = said(devices, index, **keywords)
    return None if found is None else found.reason


@pytest.mark.parametrize(
    ("text", "version", "holds"),
    [
        (">=8.6", "8.6.0", True),
        (">=8.6", "8.6", True),
        (">=8.6.1", "8.6.0.12", False),
        (">=8.6", "10.0.1.6", True),
        (">=8.6", "11.4.0.106.post1", True),
        ("<11", "10.16", True),
        (">=8.6, <11", "11.0", False),
        ("==8.6", "8.6.1.6", True),
        ("==8.0", "8.6", False),
        ("!=8.6", "8.6.1", False),
        ("!=8.6", "8.5.3", True),
        (">8.6", "8.6.0.0", False),
        (">8.6", "8.6.0.1", True),
        ("<=9.0", "9.0", True),
        ("==9", "9.0", True),
    ],
)
def test_versions(text: str, version: str, holds: bool) -> None:
    assert (version in Versions(text)) is holds


@pytest.mark.parametrize("text", ["", "8.6", "~=8.6", ">=", ">=8.x", ">= 8.6.", "=8.6", ">=8.6,", ">=1.2.3.4.5", ">=٨"])
def test_no_version(text: str) -> None:
    with pytest.raises(BadRequirement, match="is no requirement; write it as '>=8.6' or '>=8.6,<11'"):
        Versions(text)


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"tensorRT": ">=8"}, "there is no requirement 'tensorRT'; did you mean tensorrt?"),
        ({"xyz": 1}, "there is no requirement 'xyz'; use tensorrt, compute_capability, memory, gpus, product"),
        ({"tensorrt": 8.6}, "tensorrt=8.6: give text, as in '>=8.6'"),
        ({"tensorrt": "8.6"}, "tensorrt='8.6': '8.6' is no requirement; write it as '>=8.6' or '>=8.6,<11'"),
        (
            {"compute_capability": "sm"},
            "compute_capability='sm': 'sm' is no requirement; write it as '>=8.6' or '>=8.6,<11'",
        ),
        ({"memory": 8}, "memory=8: give text with a unit, as in '8GiB'"),
        ({"memory": "much"}, "memory='much': 'much' is no size; write it as 20GiB or 500MB"),
        ({"gpus": 0}, "gpus=0: give a whole number from 1 up"),
        ({"gpus": True}, "gpus=True: give a whole number from 1 up"),
        ({"gpus": "2"}, "gpus='2': give a whole number from 1 up"),
        ({"product": "trt"}, "product='trt': use 'tensorrt' or 'tensorrt_rtx'"),
    ],
)
def test_bad_keywords(keywords: dict[str, Any], text: str) -> None:
    with pytest.raises(BadRequirement) as caught:
        parse((), keywords)
    assert str(caught.value) == text


def test_no_arguments_by_place() -> None:
    with pytest.raises(BadRequirement, match="takes keywords only, not '>=8.6'; name what it is: tensorrt, "):
        parse((">=8.6",), {})


def test_nothing_asked_for() -> None:
    assert reason(NONE) is None
    assert reason(NONE, tensorrt=None, gpus=None, memory=None) is None


def test_met() -> None:
    assert reason((H100,), compute_capability=">=8.0", memory="80GB", gpus=1) is None
    assert reason((T4, H100), gpus=2, memory=">=16GiB") is None


def test_no_gpu() -> None:
    for keywords in ({"gpus": 1}, {"memory": "1GiB"}, {"compute_capability": ">=7.0"}):
        assert said(NONE, **keywords) == Unmet(f"needs a GPU, none is there: {NONE.why}", True)
    assert said(NONE, gpus=2) == Unmet(f"needs 2 GPUs, none is there: {NONE.why}", True)


def test_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said((H100,), gpus=2) == Unmet("needs 2 GPUs, 1 is visible", False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert reason((H100,), gpus=2) == "needs 2 GPUs, 1 is visible (CUDA_VISIBLE_DEVICES=0)"
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw3")
    assert reason((H100,), gpus=2) == "needs 2 GPUs, 1 is visible (CUDA_VISIBLE_DEVICES=0 in xdist worker gw3)"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert reason((H100, T4), gpus=3) == "needs 3 GPUs, 2 are visible"


def test_falls_short() -> None:
    lacks = "needs compute capability >=8.0, Tesla T4 has 7.5"
    assert said((H100, T4), 1, compute_capability=">=8.0") == Unmet(lacks, False)
    assert reason((H100, T4), gpus=2, compute_capability=">=8.0") == lacks
    assert reason((H100, T4), 0, compute_capability=">=8.0") is None
    assert reason((T4,), 1, memory="24GiB") == "needs 24 GiB of GPU memory, Tesla T4 has 16 GiB"


def test_device_that_is_not_there() -> None:
    assert reason((H100,), 3, gpus=1) == "needs a GPU, and --trt-device 3 names none of the 1 visible"


def test_probe_is_not_asked_without_need() -> None:
    def probe() -> Devices:
        raise AssertionError

    assert unmet(parse((), {}), "auto", 0, probe) is None


def test_tensorrt_not_installed() -> None:
    if version_of("tensorrt") is not None:
        pytest.skip("TensorRT is installed")
    assert said((H100,), tensorrt=">=8.6") == Unmet("needs TensorRT >=8.6, which is not installed", True)
    assert said((H100,), product="tensorrt") == Unmet("needs TensorRT, which is not installed", True)


def test_version_is_read_from_metadata() -> None:
    assert version_of("pytest") == metadata.version("pytest")
    assert version_of("no_such_module_at_all") is None
