"""The GPUs of this machine, as the CUDA driver tells them: libcuda.so.1 through ctypes, and no context is made.

Everybody asks here before TensorRT: without a driver `tensorrt.Runtime(logger)` is an object around a null pointer,
and its first use is a segmentation fault instead of a skipped test. Importing this module calls nothing.
"""

from __future__ import annotations

import ctypes
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_trt.engines.errors import DeviceUnavailable, UsageError

LIBRARY = "libcuda.so.1"
_KERNEL_MODULE = "/proc/driver/nvidia/version"
# CUdevice_attribute of cuda.h.
_CLOCK_RATE, _MULTIPROCESSORS, _BUS_WIDTH, _CAPABILITY_MAJOR, _CAPABILITY_MINOR = 13, 16, 37, 75, 76
_NO_DEVICE = 100
# CUresult of cuda.h -> its name there, for a driver too old to have cuGetErrorName, and for its stub.
_NAMES = {
    1: "CUDA_ERROR_INVALID_VALUE",
    2: "CUDA_ERROR_OUT_OF_MEMORY",
    3: "CUDA_ERROR_NOT_INITIALIZED",
    4: "CUDA_ERROR_DEINITIALIZED",
    34: "CUDA_ERROR_STUB_LIBRARY",
    35: "CUDA_ERROR_INSUFFICIENT_DRIVER",
    46: "CUDA_ERROR_DEVICE_UNAVAILABLE",
    100: "CUDA_ERROR_NO_DEVICE",
    101: "CUDA_ERROR_INVALID_DEVICE",
    201: "CUDA_ERROR_INVALID_CONTEXT",
    304: "CUDA_ERROR_OPERATING_SYSTEM",
    802: "CUDA_ERROR_SYSTEM_NOT_READY",
    803: "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
    804: "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
    999: "CUDA_ERROR_UNKNOWN",
}
_LOOK = "run nvidia-smi to see what the driver says"
# CUresult of cuInit -> what it means, the cure.
_MEANINGS = {
    3: (
        "the CUDA driver was initialised before this process was forked, and it does not work in the child",
        "start the process afresh (multiprocessing: the spawn method), or use CUDA only after the fork",
    ),
    34: (
        f"{LIBRARY} is the CUDA toolkit's stub for linking, not a driver",
        "take the toolkit's stubs folder out of LD_LIBRARY_PATH",
    ),
    35: ("the NVIDIA driver is older than this CUDA needs", "update the NVIDIA driver"),
    46: ("the GPU is busy, exclusive to another process, or not ready", _LOOK),
    100: ("the driver reports no CUDA device", _LOOK + "; in a container, start it with --gpus all"),
    304: ("the driver cannot reach the device files /dev/nvidia*", "in a container, start it with --gpus all"),
    802: ("the system is not ready: on an NVSwitch machine its fabric manager does not run", _LOOK),
    803: ("the driver's library and kernel module are of different versions", "reboot, or reload the kernel module"),
    804: (
        "the forward-compatibility libcuda does not work on this GPU",
        "take the cuda-compat folder out of LD_LIBRARY_PATH, or update the NVIDIA driver",
    ),
    999: ("the driver failed for a reason that it does not name", _LOOK + ", and dmesg for Xid errors"),
}
_SIGNATURES: dict[str, list[Any]] = {
    "cuInit": [ctypes.c_uint],
    "cuDriverGetVersion": [ctypes.c_void_p],
    "cuDeviceGetCount": [ctypes.c_void_p],
    "cuDeviceGet": [ctypes.c_void_p, ctypes.c_int],
    "cuDeviceGetName": [ctypes.c_char_p, ctypes.c_int, ctypes.c_int],
    "cuDeviceGetUuid": [ctypes.c_void_p, ctypes.c_int],
    "cuDeviceGetPCIBusId": [ctypes.c_char_p, ctypes.c_int, ctypes.c_int],
    "cuDeviceGetAttribute": [ctypes.c_void_p, ctypes.c_int, ctypes.c_int],
    "cuDeviceTotalMem_v2": [ctypes.c_void_p, ctypes.c_int],
}


@dataclass(frozen=True)
class Device:
    """One GPU, or one MIG instance of a GPU.

    index: the driver's, among those that CUDA_VISIBLE_DEVICES leaves. uuid: "GPU-..." or "MIG-...", as nvidia-smi -L
    writes it. compute_capability: "9.0". multiprocessors: of the instance, where it is one. total_memory: bytes.
    driver_version: the newest CUDA that the driver has, "13.0". mig: False, the profile ("1g.10gb"), or True where
    the device's name does not tell it. display_driver: the kernel module's version, "580.159.04"; None where /proc
    does not tell it. memory_bus_width: bits. clock_rate: kHz, at most. None: the driver does not say.
    """

    index: int
    name: str
    uuid: str
    compute_capability: str
    multiprocessors: int
    total_memory: int
    driver_version: str
    mig: bool | str = False
    display_driver: str | None = None
    pci_bus_id: str | None = None
    memory_bus_width: int | None = None
    clock_rate: int | None = None


@dataclass(frozen=True)
class Devices:
    """What there is. why: the precise reason where devices is empty, and cure what to do about it; else None, ""."""

    devices: tuple[Device, ...]
    why: str | None
    cure: str = ""


_known: tuple[int, Devices] | None = None


def probe() -> Devices:
    """The GPUs of this process. Asked once: the driver does not look again either. A forked child asks anew."""
    global _known
    here = os.getpid()
    if _known is None or _known[0] != here:
        _known = (here, ask(LIBRARY, os.environ, Path(_KERNEL_MODULE)))
    return _known[1]


def require(index: int = 0) -> Device:
    """The GPU of this index. Raises DeviceUnavailable with the precise reason, UsageError for a negative index."""
    if index < 0:
        raise UsageError(f"{index} is no index of a GPU", "count from 0: --trt-device 0")
    found = probe()
    if found.why is not None:
        raise DeviceUnavailable(found.why, found.cure)
    if index >= len(found.devices):
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        hidden = "" if visible is None else f" (CUDA_VISIBLE_DEVICES={visible!r})"
        are = "1 is" if len(found.devices) == 1 else f"{len(found.devices)} are"
        last = len(found.devices) - 1
        ask_for = "--trt-device 0" if last == 0 else f"--trt-device 0 to {last}"
        raise DeviceUnavailable(f"there is no GPU {index}: {are} visible{hidden}", f"ask for {ask_for}")
    return found.devices[index]


def ask(library: str, environment: Mapping[str, str], kernel_module: Path) -> Devices:
    """What the driver in this library says of its GPUs. kernel_module: where the display driver tells its version."""
    try:
        driver = ctypes.CDLL(library)
    except OSError as error:
        # dlopen names the file that it misses: the library itself, or one that the library needs.
        absent = str(error).startswith(f"{library}:") and "No such file" in str(error)
        what = f"no NVIDIA driver: {os.path.basename(library)} cannot be loaded" + ("" if absent else f" ({error})")
        return Devices((), what, "run on a machine with an NVIDIA GPU; in a container, start it with --gpus all")
    try:
        for name, arguments in _SIGNATURES.items():
            function = getattr(driver, name)
            function.argtypes = arguments
            function.restype = ctypes.c_int
    except AttributeError as error:
        return Devices((), f"{os.path.basename(library)} is not a CUDA driver: {error}", _LOOK)
    code = driver.cuInit(0)
    if code != 0:
        return _none(driver, code, environment)
    try:
        count = _integer(driver, "cuDeviceGetCount")
        if count == 0:
            return _none(driver, _NO_DEVICE, environment)
        version = _integer(driver, "cuDriverGetVersion")
        display = _display_driver(kernel_module)
        api = f"{version // 1000}.{version % 1000 // 10}"
        return Devices(tuple(_device(driver, index, api, display) for index in range(count)), None)
    except _Refused as refused:
        return Devices((), str(refused), _LOOK)


def error_name(driver: Any, code: int) -> str:
    """The name that cuda.h gives a CUresult. driver: the library, loaded."""
    named = ctypes.c_char_p()
    ask_name = getattr(driver, "cuGetErrorName", None)
    if ask_name is not None:
        ask_name.argtypes = [ctypes.c_int, ctypes.c_void_p]
        if ask_name(code, ctypes.byref(named)) == 0 and named.value:
            return named.value.decode("ascii", "replace")
    return _NAMES.get(code, f"CUDA error {code}")


class _Refused(Exception):
    """The driver answered a question with an error: which one, and its name."""


def _none(driver: Any, code: int, environment: Mapping[str, str]) -> Devices:
    """No device, for the reason that is behind the code of cuInit."""
    name = error_name(driver, code)
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if code == _NO_DEVICE and visible is not None:
        how = "is empty and hides every device" if not visible.strip() else f"is {visible!r} and leaves no device"
        return Devices((), f"CUDA_VISIBLE_DEVICES {how} ({name})", "unset CUDA_VISIBLE_DEVICES, or name a GPU in it")
    meaning, cure = _MEANINGS.get(code, ("the CUDA driver cannot be initialised", _LOOK))
    return Devices((), f"{meaning} ({name})", cure)


def _device(driver: Any, index: int, version: str, display: str | None) -> Device:
    handle = _integer(driver, "cuDeviceGet", index)
    name = ctypes.create_string_buffer(256)
    _call(driver, "cuDeviceGetName", name, len(name), handle)
    text = name.value.decode("utf-8", "replace")
    profile = re.search(r" MIG (\S+)$", text)
    whole, own = _uuid(driver, "cuDeviceGetUuid", handle), None
    # Since CUDA 11.4 the second version tells a MIG instance's own number, and the first its GPU's.
    if hasattr(driver, "cuDeviceGetUuid_v2"):
        driver.cuDeviceGetUuid_v2.argtypes = _SIGNATURES["cuDeviceGetUuid"]
        own = _uuid(driver, "cuDeviceGetUuid_v2", handle)
    mig = profile[1] if profile else own is not None and own != whole
    bus = ctypes.create_string_buffer(32)
    found = driver.cuDeviceGetPCIBusId(bus, len(bus), handle) == 0
    memory = ctypes.c_size_t()
    _call(driver, "cuDeviceTotalMem_v2", ctypes.byref(memory), handle)
    major, minor = (
        _integer(driver, "cuDeviceGetAttribute", one, handle) for one in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR)
    )
    return Device(
        index=index,
        name=text,
        uuid=f"{'MIG' if mig else 'GPU'}-{own or whole}",
        compute_capability=f"{major}.{minor}",
        multiprocessors=_integer(driver, "cuDeviceGetAttribute", _MULTIPROCESSORS, handle),
        total_memory=memory.value,
        driver_version=version,
        mig=mig,
        display_driver=display,
        pci_bus_id=bus.value.decode("ascii", "replace") if found else None,
        memory_bus_width=_optional(driver, _BUS_WIDTH, handle),
        clock_rate=_optional(driver, _CLOCK_RATE, handle),
    )


def _call(driver: Any, name: str, *arguments: Any) -> None:
    code = getattr(driver, name)(*arguments)
    if code != 0:
        raise _Refused(f"{name} failed: {error_name(driver, code)}")


def _integer(driver: Any, name: str, *arguments: int) -> int:
    value = ctypes.c_int()
    _call(driver, name, ctypes.byref(value), *arguments)
    return value.value


def _optional(driver: Any, attribute: int, handle: int) -> int | None:
    value = ctypes.c_int()
    code = driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, handle)
    return value.value if code == 0 and value.value > 0 else None


def _uuid(driver: Any, name: str, handle: int) -> uuid.UUID:
    number = (ctypes.c_ubyte * 16)()
    _call(driver, name, ctypes.byref(number), handle)
    return uuid.UUID(bytes=bytes(number))


def _display_driver(path: Path) -> str | None:
    """The version in "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build ..."."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            line = file.readline(1000)
    except OSError:
        return None
    found = re.search(r"Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)", line)
    return found[1] if found else None
