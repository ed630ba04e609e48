"""What names an engine: the sha256 of canonical JSON, whose fields docs/cache.md lists.

Everything that changes the plan, or whether it may be used, is in it: the source's content, TensorRT's product and
version, the CUDA runtime it is linked with, every builder option by name, plugin libraries, calibration, the variables
that change arithmetic, operating system and processor, and the device that TensorRT tunes for. Not in it: paths, names,
times, the GPU's index, the driver. Source: what existing caches leave out, and the wrong results that follow
(onnxruntime#32254 and #6455, pytorch/TensorRT#3148).
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from typing import Any

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.engines.backend import Backend
from pytest_trt.engines.building.spec import BuildSpec
from pytest_trt.engines.device import Device
from pytest_trt.engines.errors import UsageError
from pytest_trt.engines.sources.source import Remembers
from pytest_trt.errors import visible

SCHEMA = 1


def key_of(fields: Mapping[str, Any]) -> str:
    """sha256, in hexadecimal, of the fields as canonical JSON."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def key_fields(
    backend: Backend,
    source: Mapping[str, Any],
    spec: BuildSpec,
    device: Device | None,
    memo: Remembers,
    *,
    calibration: str | None,
    environment: Mapping[str, str | None],
) -> dict[str, Any]:
    """All that the key holds. source: the source's own fields; calibration: a sha256, None where there is none.

    Raises UsageError for a plugin library that cannot be read.
    """
    return {
        "schema": SCHEMA,
        "product": backend.product,
        "version": backend.version,
        "cuda": backend.cuda,
        "source": dict(source),
        "options": spec.canonical(),
        "plugins": sorted(_plugin(memo, path) for path in spec.plugins),
        "calibration": calibration,
        "environment": dict(environment),
        "platform": f"{sys.platform}-{platform.machine()}",
        "device": device_fields(backend, spec, device),
    }


def timing_key(backend: Backend, device: Device) -> str:
    """What names a timing cache: TensorRT, CUDA and the kind of device that was timed."""
    fields = {
        "schema": SCHEMA,
        "product": backend.product,
        "version": backend.version,
        "cuda": backend.cuda,
        "device": _model(device),
    }
    return key_of(fields)


def device_fields(backend: Backend, spec: BuildSpec, device: Device | None) -> dict[str, Any] | None:
    """The device as far as the plan is bound to it. None: TensorRT-RTX compiles for its default set of GPUs."""
    if backend.product == "tensorrt-rtx":
        if "CURRENT" in spec.compute_capabilities and device is not None:
            return {"compute_capability": device.compute_capability}
        return {"compute_capabilities": sorted(spec.compute_capabilities)} if spec.compute_capabilities else None
    assert device is not None
    if spec.hardware_compatibility == "AMPERE_PLUS":
        return {"compute_capability": "8.0+"}
    if spec.hardware_compatibility == "SAME_COMPUTE_CAPABILITY":
        return {"compute_capability": device.compute_capability}
    return _model(device)


def _model(device: Device) -> dict[str, Any]:
    return {
        "name": device.name,
        "compute_capability": device.compute_capability,
        "multiprocessors": device.multiprocessors,
        # Rounded: the driver keeps a little for itself, and how much differs from version to version.
        "memory_gib": round(device.total_memory / 2**30),
        "mig": device.mig,
    }


def _plugin(memo: Remembers, path: str) -> str:
    try:
        return memo.digest(path)[0]
    except (OSError, ArtifactError) as error:
        why = error.why if isinstance(error, ArtifactError) else error.strerror
        raise UsageError(
            f"the plugin library {visible(path)} cannot be read: {why}", "give the path of a .so file"
        ) from None
