"""Arrays by name: made of what a model returned, and their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def as_array(value: Any) -> Array:
    """A NumPy array, in native byte order, of an array, a number, or a tensor of PyTorch, TensorFlow or JAX.

    Raises TypeError for what holds no numbers.
    """
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu()
    array = np.asarray(value)
    if array.dtype.hasobject or array.dtype.kind in "USMm" or array.dtype.names is not None:
        raise TypeError(f"{type(value).__name__} of dtype {array.dtype}")
    return array if array.dtype.isnative else array.astype(array.dtype.type)


def arrays_digest(arrays: Mapping[str, Array]) -> str:
    """SHA-256 of names, dtypes, shapes and values (in C order), in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        head = json.dumps([name, array.dtype.name, list(array.shape)], separators=(",", ":"))
        digest.update(f"{len(head)}:{head}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
