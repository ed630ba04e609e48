"""Why a runtime refuses a plan: TensorRT returns None and writes a sentence into its log. Here the sentence is read.

In every "expecting X got Y", X is this runtime or GPU and Y the plan. Messages: TensorRT 8.6.0 on an H100
(tests/data/plans/runtime.json), strings of TensorRT-RTX 1.7.1 and of the 11.4 libraries, and public issue threads.
"""

from __future__ import annotations

import re

from pytest_trt.artifacts.plan import Plan
from pytest_trt.engines.errors import EngineIncompatible, OutOfDeviceMemory
from pytest_trt.errors import TrtError

_VERSION = r"(\d+(?:\.\d+)+)"
_SENTENCES: tuple[tuple[str, str], ...] = (
    ("version", rf"not compatible with this version of TensorRT, expecting library version {_VERSION} got {_VERSION}"),
    ("version", r"Current Version: (\d+), Serialized Engine Version: (\d+)"),
    ("version", rf"created with TensorRT-RTX version {_VERSION}, but the current runtime is .*?version {_VERSION}"),
    ("version", r"plan major version does not match runtime major version"),
    ("version", r"old deserialization call on a newer plan"),
    ("version", rf"Forward Compatibility supported starting .*?This Engine was created with TensorRT {_VERSION}"),
    ("version", r"Forward Compatibility supported starting|call to stub loadRunner"),
    ("version", r"[Vv]ersion tag does not match"),
    ("compute-capability", r"incompatible device, expecting compute (\d+\.\d+) got compute (\d+\.\d+)"),
    ("compute-capability", r"Expected compute capability >= (\d+\.\d+) but got compute capability = (\d+\.\d+)"),
    ("compute-capability", r"this GPU, which has compute capability (\d+\.\d+)\. Supported[^:\n]*: ([^\n]+?)\.?\s*$"),
    ("compute-capability", r"only supports (\d+) multiprocessors but the engine file requires (\d+)"),
    ("compute-capability", r"not compatible with this hardware-compatible engine"),
    ("platform", r"[Pp]latform specific tag mismatch|expectedPlatformTag"),
    ("native-code", r"getEngineHostCodeAllowed\(\) is false|could not create lean runtime|kALLOW_TEMPORARY_FILES"),
    ("memory", r"requires (\d+) bytes of GPU memory, but the current GPU only has (\d+) bytes"),
    ("driver", rf"created with CUDA (?:driver|runtime) version {_VERSION}, but the current .*?version is {_VERSION}"),
    ("damaged", r"blobSize|kEND_OF_PLAN_MARKER|Failed to read header|Size specified in header does not match"),
    ("damaged", r"e\.offset|Engine not found in plan|magicTagRead|Magic tag does not match"),
    ("product", r"incompatible serialization version \((\d+) != (\d+)\)"),
    ("product", r"header\.magicTag"),
)  # fmt: skip
# In these sentences the plan comes first.
_PLAN_FIRST = (
    "Forward Compatibility",
    "created with TensorRT-RTX",
    "Expected compute capability",
    "bytes of GPU memory",
    "created with CUDA",
)
# The first four bytes of a plan as the number that the runtime shows.
_MAGICS = {"1953657958": "tensorrt", "1953657974": "tensorrt-rtx", "1953657968": "tensorrt before 8.6"}
_CURES = {
    "version": "build the plan again with this TensorRT; a plan runs on the version that built it",
    "compute-capability": "build the plan again on this kind of GPU, or with hardware_compatibility='AMPERE_PLUS'",
    "platform": "build the plan again on this operating system and processor",
    "native-code": "it holds native code: --trt-allow-native-code permits that, where you trust who built it",
    "memory": "use a GPU with more memory, or build with weight streaming",
    "driver": "update the NVIDIA driver",
    "damaged": "the file is cut or changed: copy or build it again",
    "product": "TensorRT, TensorRT-RTX and TensorRT before 8.6 do not read each other's plans: build it with the one"
    " that runs it",
    "other": "build the plan again here; the log says more",
}


def refusal(what: str, runtime: str, log: list[str]) -> TrtError:
    """The exception for a plan that deserialize_cuda_engine returned None for.

    log: the runtime's errors. runtime: "TensorRT 8.6.0". OutOfDeviceMemory where that was the reason.
    """
    said = "".join(f"\n  {line}" for line in log) or "\n  (the log is empty)"
    text = "\n".join(log)
    if re.search(r"out of memory|OutOfMemory|cudaErrorMemoryAllocation", text):
        return OutOfDeviceMemory(
            f"{what}: the GPU's memory does not suffice for it. {runtime} said:{said}",
            "free GPU memory: nvidia-smi shows who holds it",
        )
    for kind, pattern in _SENTENCES:
        found = re.search(pattern, text, re.MULTILINE)
        if found is None:
            continue
        expected, got = (*found.groups(), None, None)[:2]
        if kind == "product":
            expected, got = _MAGICS.get(str(got)), _MAGICS.get(str(expected))
        elif any(start in pattern for start in _PLAN_FIRST):
            expected, got = got, expected
        return EngineIncompatible(f"{what}: {runtime} refuses this plan:{said}", _CURES[kind], kind, expected, got)
    return EngineIncompatible(f"{what}: {runtime} refuses this plan:{said}", _CURES["other"], "other")


def check_whole(what: str, plan: Plan | None) -> Plan:
    """The plan. Raises EngineIncompatible for bytes that are none, or not all of one."""
    if plan is None:
        raise EngineIncompatible(
            f"{what} is not a TensorRT plan",
            "give a plan as TensorRT wrote it: its first bytes are ftrt, vtrt or ptrt",
            "damaged",
        )
    if plan.damage:
        raise EngineIncompatible(f"{what}: the plan is damaged: {plan.damage}", _CURES["damaged"], "damaged")
    return plan


def preflight(what: str, plan: Plan, product: str, runtime: str, version: str, capability: str | None) -> None:
    """Raise EngineIncompatible for what the plan's header says already; the runtime's own words are worse or fewer.

    version: the runtime's, "8.6.0"; a version-compatible plan does not say so in its header, so a version of the
    same or a later minor release is left to the runtime. capability: of the GPU, None where it is not known.
    """
    if plan.product != product:
        raise EngineIncompatible(
            f"{what} is a plan of {_product(plan.product)}, and this is {_product(product)}",
            _CURES["product"],
            "product",
            product,
            plan.product,
        )
    if plan.version is not None and _parts(plan.version)[:3] > _parts(version)[:3]:
        raise EngineIncompatible(
            f"{what} was built by {_product(plan.product)} {plan.version}, and this is {version}, which is older",
            _CURES["version"],
            "version",
            version,
            plan.version,
        )
    if product == "tensorrt-rtx" and plan.version is not None and _parts(plan.version)[:3] != _parts(version)[:3]:
        raise EngineIncompatible(
            f"{what} was built by TensorRT-RTX {plan.version}; this is {version}, and it takes its own version only",
            _CURES["version"],
            "version",
            version,
            plan.version,
        )
    if capability is not None and plan.compute_capability is not None:
        compatible = plan.hardware_compatibility == "ampere+" and float(capability) >= 8
        if plan.compute_capability != capability and not compatible and plan.hardware_compatibility is not None:
            raise EngineIncompatible(
                f"{what} was built on a GPU of compute capability {plan.compute_capability}, and this one has"
                f" {capability}",
                _CURES["compute-capability"],
                "compute-capability",
                capability,
                plan.compute_capability,
            )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _product(product: str) -> str:
    return {"tensorrt": "TensorRT", "tensorrt-rtx": "TensorRT-RTX"}.get(product, product)
