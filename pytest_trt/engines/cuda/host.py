"""Arrays of the host as CUDA copies them: an address and a number of bytes."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_trt.engines.errors import UsageError

_BYTE = ctypes.c_char
# What a freed pinned buffer holds.
NOTHING: NDArray[np.uint8] = np.empty(0, np.uint8)


def address(array: NDArray[Any], nbytes: int) -> int:
    """Where the bytes of a C-contiguous array begin. Raises UsageError where it is not one, or has fewer."""
    if array.nbytes < nbytes or not array.flags.c_contiguous:
        raise misfit(array, nbytes)
    if array.flags.writeable:
        # A third of the time that array.ctypes.data takes, and it is on the way of each inference.
        return ctypes.addressof(_BYTE.from_buffer(array))
    return int(array.ctypes.data)


def first_bytes(array: NDArray[Any] | int, nbytes: int) -> Any:
    """A buffer of exactly the first nbytes of an array, or of what lies at an address; nothing is copied."""
    if isinstance(array, int):
        return (_BYTE * nbytes).from_address(array)
    if array.nbytes < nbytes or not array.flags.c_contiguous:
        raise misfit(array, nbytes)
    return array.reshape(-1).view(np.uint8)[:nbytes]


def misfit(array: NDArray[Any], nbytes: int) -> UsageError:
    if array.nbytes < nbytes:
        return UsageError(f"an array of {array.nbytes} bytes is too small for {nbytes}", "copy no more than it holds")
    return UsageError("an array that is not C-contiguous cannot be copied", "np.ascontiguousarray makes one that is")


def memory_at(pointer: int, nbytes: int) -> NDArray[np.uint8]:
    """The bytes at an address, as an array that does not own them."""
    return np.frombuffer((_BYTE * nbytes).from_address(pointer), np.uint8)
