"""@pytest.mark.trt(...): what a test needs of TensorRT and of the GPU, and what of it is not there."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import importlib.util
import operator
import os
import re
import reprlib
from dataclasses import dataclass

from pytest_trt.suite.settings import size

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pytest_trt.engines.device import Device, Devices

_OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_CLAUSE = re.compile(r"(>=|<=|==|!=|>|<)\s*(\d{1,6}(?:\.\d{1,6}){0,3})", re.ASCII)
_NAMES = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX"}
# Wheels of TensorRT for one CUDA bring the same modules under these names.
_DISTRIBUTIONS = ("{}", "{}_cu13", "{}_cu12", "{}_cu11", "{}_cu13_bindings", "{}_cu12_bindings")


class BadRequirement(ValueError):
    """A marker that cannot be understood; the text names the keyword and the cure."""


class Versions:
    """A requirement such as ">=8.6,<11": every clause must hold. Parts that a version lacks are 0, and == and !=
    look at the parts that they name: 8.6.1 is ==8.6."""

    def __init__(self, text: str) -> None:
        """Raises BadRequirement."""
        self.text = text
        self._clauses = []
        for clause in text.split(","):
            match = _CLAUSE.fullmatch(clause.strip())
            if match is None:
                raise BadRequirement(f"{text!r} is no requirement; write it as '>=8.6' or '>=8.6,<11'")
            parts = 4 if match[1] not in ("==", "!=") else match[2].count(".") + 1
            self._clauses.append((_OPERATORS[match[1]], _version(match[2], parts), parts))

    def __contains__(self, version: str) -> bool:
        return all(compare(_version(version, parts), wanted) for compare, wanted, parts in self._clauses)


@dataclass(frozen=True)
class Requirements:
    """What one marker asks for. memory: bytes. product: "tensorrt" or "tensorrt_rtx". None: anything will do."""

    tensorrt: Versions | None = None
    compute_capability: Versions | None = None
    memory: int | None = None
    gpus: int | None = None
    product: str | None = None

    @property
    def needs_gpu(self) -> bool:
        return self.compute_capability is not None or self.memory is not None or self.gpus is not None


@dataclass(frozen=True)
class Unmet:
    """Why a test cannot run. absent: there is no GPU or no TensorRT at all, and not one that falls short."""

    reason: str
    absent: bool


def parse(arguments: Sequence[object], keywords: Mapping[str, object]) -> Requirements:
    """The requirements of a marker. Raises BadRequirement."""
    if arguments:
        shown = reprlib.repr(arguments[0])
        raise BadRequirement(f"takes keywords only, not {shown}; name what it is: {', '.join(_PARSERS)}")
    values: dict[str, Any] = {}
    for name, value in keywords.items():
        if name not in _PARSERS:
            close = difflib.get_close_matches(name, _PARSERS, 1)
            cure = f"did you mean {close[0]}?" if close else f"use {', '.join(_PARSERS)}"
            raise BadRequirement(f"there is no requirement {name!r}; {cure}")
        try:
            values[name] = None if value is None else _PARSERS[name](value)
        except ValueError as error:
            raise BadRequirement(f"{name}={reprlib.repr(value)}: {error}") from None
    return Requirements(**values)


def unmet(wanted: Requirements, wish: str, index: int, probe: Callable[[], Devices]) -> Unmet | None:
    """What of it is not there, None where all is. wish: the backend of the settings; index: of the GPU in use.

    TensorRT is not imported unless its package does not say which version it is.
    """
    if wanted.tensorrt is not None or wanted.product is not None:
        found = _tensorrt(wanted, wish, probe)
        if found is not None:
            return found
    return _gpus(wanted, index, probe()) if wanted.needs_gpu else None


def product_of(wish: str, probe: Callable[[], Devices]) -> str | None:
    """The module that this run builds with, None where none is installed: as engines.backend.find_backend chooses,
    without importing any. On a machine without a GPU TensorRT-RTX goes before TensorRT, which cannot build there."""
    installed = [name for name in _NAMES if wish in ("auto", name) and version_of(name) is not None]
    if len(installed) > 1 and not probe().devices:
        return "tensorrt_rtx"
    return installed[0] if installed else None


def version_of(module: str) -> str | None:
    """The version of an installed tensorrt or tensorrt_rtx, None where there is none."""
    try:
        if importlib.util.find_spec(module) is None:
            return None
    except (ImportError, ValueError):
        return None
    for pattern in _DISTRIBUTIONS:
        try:
            return importlib.metadata.version(pattern.format(module))
        except importlib.metadata.PackageNotFoundError:
            continue
    try:
        return str(importlib.import_module(module).__version__)
    except (ImportError, OSError, AttributeError):
        return None


def _tensorrt(wanted: Requirements, wish: str, probe: Callable[[], Devices]) -> Unmet | None:
    product = wanted.product or "tensorrt"
    name = _NAMES[product] + (f" {wanted.tensorrt.text}" if wanted.tensorrt is not None else "")
    version = version_of(product)
    if version is None:
        return Unmet(f"needs {name}, which is not installed", True)
    if wanted.tensorrt is not None and version not in wanted.tensorrt:
        return Unmet(f"needs {name}, {version} is installed", False)
    used = product_of(wish, probe)
    if used in (None, product):
        return None
    if wish == "auto" and product == "tensorrt":
        return Unmet(f"needs {name}, which builds on a GPU only: {probe().why}", True)
    return Unmet(f"needs {name}, and this run uses {_NAMES[str(used)]} (--trt-backend {product} changes it)", False)


def _gpus(wanted: Requirements, index: int, found: Devices) -> Unmet | None:
    count = wanted.gpus or 1
    needs = f"needs {count} GPUs" if count > 1 else "needs a GPU"
    if not found.devices:
        return Unmet(f"{needs}, none is there: {found.why}", True)
    if len(found.devices) < count:
        return Unmet(
            f"{needs}, {len(found.devices)} {'is' if len(found.devices) == 1 else 'are'} visible{_why()}", False
        )
    # One GPU: the one in use. Several: as many as are asked for must do.
    candidates = found.devices if count > 1 else tuple(one for one in found.devices if one.index == index)
    if not candidates:
        return Unmet(f"{needs}, and --trt-device {index} names none of the {len(found.devices)} visible", True)
    lacks = [lack for device in candidates if (lack := _lack(wanted, device)) is not None]
    return Unmet(lacks[0], False) if len(candidates) - len(lacks) < count else None


def _lack(wanted: Requirements, device: Device) -> str | None:
    capability = wanted.compute_capability
    if capability is not None and device.compute_capability not in capability:
        return f"needs compute capability {capability.text}, {device.name} has {device.compute_capability}"
    if wanted.memory is not None and device.total_memory < wanted.memory:
        return f"needs {_gib(wanted.memory)} of GPU memory, {device.name} has {_gib(device.total_memory)}"
    return None


def _why() -> str:
    """What may hide GPUs."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return ""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return f" (CUDA_VISIBLE_DEVICES={visible}{f' in xdist worker {worker}' if worker else ''})"


def _gib(size: int) -> str:
    return f"{size / 2**30:.3g} GiB"


def _version(text: str, parts: int) -> tuple[int, ...]:
    """So many leading numbers of a version; those that it lacks are 0."""
    match = re.match(r"\d+(?:\.\d+)*", text)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    return tuple((numbers + [0] * parts)[:parts])


def _versions(value: object) -> Versions:
    if not isinstance(value, str):
        raise BadRequirement("give text, as in '>=8.6'")
    return Versions(value)


def _memory(value: object) -> int:
    if not isinstance(value, str):
        raise BadRequirement("give text with a unit, as in '8GiB'")
    return size(value.strip().removeprefix(">="))


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadRequirement("give a whole number from 1 up")
    return value


def _product(value: object) -> str:
    name = str(value).lower().replace("-", "_")
    if name not in _NAMES:
        raise BadRequirement("use 'tensorrt' or 'tensorrt_rtx'")
    return name


_PARSERS: dict[str, Callable[[object], object]] = {
    "tensorrt": _versions,
    "compute_capability": _versions,
    "memory": _memory,
    "gpus": _count,
    "product": _product,
}
