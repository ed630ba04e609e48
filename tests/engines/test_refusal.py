"""Why a runtime refuses a plan: the sentences of real TensorRT versions, and what a plan's header tells before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_trt.artifacts.plan import Plan, read_plan
from pytest_trt.engines.errors import EngineIncompatible, OutOfDeviceMemory
from pytest_trt.engines.running.refusal import check_whole, preflight, refusal

PLANS = Path(__file__).parent.parent / "data" / "plans"
# What TensorRT 8.6.0 said on an H100 of plans of which one thing had been changed.
RUNTIME: dict[str, dict[str, Any]] = json.loads((PLANS / "runtime.json").read_text())
REFUSED = {name: about["log"] for name, about in RUNTIME.items() if about.get("accepted") is False}
KINDS = {
    "capability-8.0": ("compute-capability", "9.0", "8.0"),
    "capability-9.9": ("compute-capability", "9.0", "9.9"),
    "inner-8.5.0.12": ("version", "8.6.0.12", "8.5.0.12"),
    "inner-8.6.1.12": ("version", "8.6.0.12", "8.6.1.12"),
    "inner-serialization-235": ("version", "236", "235"),
    "prefix-ultralytics": ("product", None, None),
    "lean-runtime": ("other", None, None),
    "library": ("other", None, None),
}
_PREFIX = "IRuntime::deserializeCudaEngine: Error Code 6: API Usage Error ("
_OTHER = "Trying to load an engine created with incompatible serialization version"
SENTENCES: tuple[tuple[str, str, str | None, str | None], ...] = (
    (
        "The engine plan file is not compatible with this version of TensorRT, expecting library version 9.2.0.5 got"
        " 9.3.0.1, please rebuild.",
        "version",
        "9.2.0.5",
        "9.3.0.1",
    ),
    ("Version tag does not match. Note: Current Version: 213, Serialized Engine Version: 205", "version", "213", "205"),
    ("Version tag does not match", "version", None, None),
    ("TensorRT plan major version does not match runtime major version.", "version", None, None),
    ("Failed due to an old deserialization call on a newer plan file", "version", None, None),
    ("Unexpected call to stub loadRunner for ReformatRunner", "version", None, None),
    (
        "Engine Version Forward Compatibility supported starting TensorRT 8.6.0. This Engine was created with TensorRT"
        " 8.5.3",
        "version",
        None,
        "8.5.3",
    ),
    (
        "The engine has been created with TensorRT-RTX version 1.6.0.10, but the current runtime is TensorRT-RTX"
        " version 1.7.1.116. Rebuild the engine with the same version of TensorRT-RTX as the current runtime.",
        "version",
        "1.7.1.116",
        "1.6.0.10",
    ),
    (
        _PREFIX + "The engine plan file is generated on an incompatible device, expecting compute 6.1 got compute 8.6,"
        " please rebuild.)",
        "compute-capability",
        "6.1",
        "8.6",
    ),
    (
        "The current device is not compatible with this hardware-compatible engine. Expected compute capability >= 8.0"
        " but got compute capability = 7.5",
        "compute-capability",
        "7.5",
        "8.0",
    ),
    (
        "The engine cannot run on this GPU, which has compute capability 9.0. Supported compute capabilities: 8.0 8.6"
        " 8.9 12.0 12.1 >12.0.",
        "compute-capability",
        "9.0",
        "8.0 8.6 8.9 12.0 12.1 >12.0",
    ),
    (
        "The current device only supports 66 multiprocessors but the engine file requires 132. Deadlocking is likely.",
        "compute-capability",
        "66",
        "132",
    ),
    ("Serialization assertion header.pad == expectedPlatformTag failed.", "platform", None, None),
    (
        "Platform specific tag mismatch detected. TensorRT plan files are only supported on the target runtime platform"
        " they were created on.",
        "platform",
        None,
        None,
    ),
    (
        "Cannot deserialize engine with lean runtime since IRuntime::getEngineHostCodeAllowed() is false.",
        "native-code",
        None,
        None,
    ),
    ("Runtime load failed: could not create lean runtime", "native-code", None, None),
    ("it requires TempfileControlFlag::kALLOW_TEMPORARY_FILES", "native-code", None, None),
    (
        "The engine requires 9000000000 bytes of GPU memory, but the current GPU only has 8000000000 bytes of memory.",
        "memory",
        "8000000000",
        "9000000000",
    ),
    (
        "The engine has been created with CUDA driver version 13.1, but the current CUDA driver version is 12.8."
        " Ensure that the CUDA driver is installed and up to date.",
        "driver",
        "12.8",
        "13.1",
    ),
    (
        "The engine has been created with CUDA runtime version 13.1, but the current CUDA runtime version is 12.8",
        "driver",
        "12.8",
        "13.1",
    ),
    ("plan.header.size == blobSize failed", "damaged", None, None),
    ("assertion footer == rt::kEND_OF_PLAN_MARKER failed", "damaged", None, None),
    ("Failed to read header from the stream: read 4 out of 32 bytes.", "damaged", None, None),
    (
        "coreReadArchive.cpp (31) - Serialization Error in verifyHeader: 0 (Magic tag does not match)",
        "damaged",
        None,
        None,
    ),
    (
        f"Serialization assertion header.magicTag == kEXPECTED_MAGIC_TAG failed.{_OTHER} (1953657958 != 1953657974)."
        " Check that the engine was not created using safety runtime. In throwUnlessHeaderOk",
        "product",
        "tensorrt-rtx",
        "tensorrt",
    ),
    (f"{_OTHER} (1953657968 != 1953657958)", "product", "tensorrt", "tensorrt before 8.6"),
    (f"{_OTHER} (1 != 1953657958)", "product", "tensorrt", None),
    ("Serialization assertion plan->header.magicTag == rt::kPLAN_MAGIC_TAG failed", "product", None, None),
    ("something that nobody has seen", "other", None, None),
)


@pytest.mark.parametrize("name", REFUSED)
def test_what_8_6_said(name: str) -> None:
    change = name.partition(".")[2]
    found = refusal("m.plan", "TensorRT 8.6.0", REFUSED[name])
    assert isinstance(found, EngineIncompatible)
    assert (found.kind, found.expected, found.got) == KINDS.get(change, ("damaged", None, None))
    assert found.what.startswith("m.plan: TensorRT 8.6.0 refuses this plan:\n  ")
    assert found.cure


@pytest.mark.parametrize(("sentence", "kind", "expected", "got"), SENTENCES)
def test_sentences(sentence: str, kind: str, expected: str | None, got: str | None) -> None:
    """In whatever it comes: alone, behind a prefix, before the complaints that follow it."""
    follow = "[engine.cpp::deserializeEngine::934] Error Code 2: Internal Error (Assertion engine->deserialize failed.)"
    for log in ([sentence], [f"[runtime.cpp::f::1] Error Code 1: {sentence}"], [sentence, follow]):
        found = refusal("m.plan", "TensorRT", log)
        assert isinstance(found, EngineIncompatible)
        assert (found.kind, found.expected, found.got) == (kind, expected, got)
        assert sentence in str(found)


@pytest.mark.parametrize(
    "said", ["CUDA error: out of memory", "OutOfMemory (no further information)", "cudaErrorMemoryAllocation"]
)
def test_memory(said: str) -> None:
    assert isinstance(refusal("m.plan", "TensorRT", [said]), OutOfDeviceMemory)


def test_an_empty_log() -> None:
    found = refusal("m.plan", "TensorRT", [])
    assert isinstance(found, EngineIncompatible)
    assert found.kind == "other"
    assert "(the log is empty)" in str(found)


def plan_of(data: bytes) -> Plan | None:
    return read_plan(lambda at, length: data[at : at + length], len(data))


def ahead(data: bytes, product: str = "tensorrt", version: str = "8.6.0", capability: str | None = "9.0") -> None:
    plan = check_whole("m.plan", plan_of(data))
    preflight("m.plan", plan, product, "TensorRT", version, capability)


@pytest.mark.parametrize("name", sorted(path.stem for path in PLANS.glob("*.plan")))
def test_sound_plans_are_left_to_the_runtime(name: str) -> None:
    data = (PLANS / f"{name}.plan").read_bytes()
    plan = plan_of(data)
    assert plan is not None
    ahead(data, plan.product, plan.version or "", "9.0" if plan.product == "tensorrt" else None)
    ahead(data, plan.product, plan.version or "", None)


def refused(data: bytes, *about: Any) -> EngineIncompatible:
    with pytest.raises(EngineIncompatible) as caught:
        ahead(data, *about)
    assert str(caught.value).startswith("m.plan")
    return caught.value


def test_another_product() -> None:
    found = refused((PLANS / "rtx.plan").read_bytes())
    assert (found.kind, found.expected, found.got) == ("product", "tensorrt", "tensorrt-rtx")
    found = refused((PLANS / "fp32.plan").read_bytes(), "tensorrt-rtx", "1.7.1.116")
    assert (found.kind, found.expected, found.got) == ("product", "tensorrt-rtx", "tensorrt")


def test_another_version() -> None:
    data = (PLANS / "fp32.plan").read_bytes()
    found = refused(data, "tensorrt", "8.5.3")
    assert (found.kind, found.expected, found.got) == ("version", "8.5.3", "8.6.0.12")
    ahead(data, "tensorrt", "10.3.0")
    plan = plan_of((PLANS / "rtx.plan").read_bytes())
    assert plan is not None
    for version in ("1.0.0.1", "9.0.0.1"):
        found = refused((PLANS / "rtx.plan").read_bytes(), "tensorrt-rtx", version, None)
        assert (found.kind, found.expected, found.got) == ("version", version, plan.version)


def test_another_gpu() -> None:
    found = refused((PLANS / "fp32.plan").read_bytes(), "tensorrt", "8.6.0", "8.6")
    assert (found.kind, found.expected, found.got) == ("compute-capability", "8.6", "9.0")
    for capability in ("8.0", "8.9", "12.0"):
        ahead((PLANS / "hardware-compatible.plan").read_bytes(), "tensorrt", "8.6.0", capability)
    assert refused((PLANS / "hardware-compatible.plan").read_bytes(), "tensorrt", "8.6.0", "7.5").got == "9.0"


@pytest.mark.parametrize("name", ["fp32", "rtx", "version-compatible"])
def test_damage(name: str) -> None:
    data = (PLANS / f"{name}.plan").read_bytes()
    for broken in (data[:-1], data + b"\0", data[:40], data[: len(data) // 2], data[:-4] + b"\0\0\0\0"):
        assert refused(broken).kind == "damaged"
    for nothing in (b"", b"hello", b"\0" * 100, bytes(4) + data):
        found = refused(nothing)
        assert "is not a TensorRT plan" in found.what
