"""Distance of two floats in units in the last place."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_BITS: dict[int, type[np.unsignedinteger]] = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def ulp_distance(actual: np.generic, reference: np.generic, dtype: npt.DTypeLike) -> int | None:
    """How many values of dtype lie between the two, one end included, both rounded to it; 0 where they are equal.

    dtype: a float of 1 to 8 bytes, also of ml_dtypes. None where either is not finite in it.
    """
    size = np.dtype(dtype).itemsize
    if size not in _BITS:
        return None
    places = []
    for value in (actual, reference):
        with np.errstate(over="ignore"):
            rounded = np.asarray(value).astype(dtype)
        if not math.isfinite(float(rounded)):
            return None
        bits = int(rounded.reshape(1).view(_BITS[size])[0])
        sign = 1 << 8 * size - 1
        places.append(sign - bits if bits & sign else bits)
    return abs(places[0] - places[1])
