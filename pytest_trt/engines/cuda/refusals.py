"""What the driver's refusals mean to whoever reads them: pycuda and cuda-core give the driver's own sentence."""

from __future__ import annotations

from pytest_trt.engines.errors import CudaError, OutOfDeviceMemory

# cuGetErrorString of the errors after which a context answers nothing but this error.
_STICKY = (
    "illegal memory access",
    "unspecified launch failure",
    "launch timed out",
    "uncorrectable ECC",
    "hardware stack error",
    "illegal instruction",
    "misaligned address",
    "global/shared address space",
    "invalid program counter",
    "device-side assert",
    "context is destroyed",
)


def refused(doing: str, said: str) -> CudaError:
    """doing: what was tried, "copy 64 bytes to the GPU". said: the driver's sentence."""
    if "forked" in said or "initialization error" in said:
        cure = "CUDA does not survive a fork: start the process afresh (multiprocessing: the spawn method)"
    elif any(sticky in said for sticky in _STICKY):
        cure = (
            "a kernel that ran before broke the CUDA context, and nothing more works in this process: "
            "run this test alone, with CUDA_LAUNCH_BLOCKING=1 or under compute-sanitizer"
        )
    else:
        cure = "run nvidia-smi to see whether the GPU is well and free"
    return CudaError(f"CUDA refused to {doing}: {said}", cure)


def no_room(wanted: int, free: int, total: int) -> OutOfDeviceMemory:
    """All in bytes."""
    return OutOfDeviceMemory(
        f"the GPU has no room for {wanted} bytes ({_size(wanted)}): "
        f"{free} bytes ({_size(free)}) are free of {total} ({_size(total)})",
        "free GPU memory (nvidia-smi shows who holds it), or use smaller shapes",
    )


def _size(nbytes: int) -> str:
    return f"{nbytes / 2**30:.1f} GiB" if nbytes >= 2**30 else f"{nbytes / 2**20:.1f} MiB"
