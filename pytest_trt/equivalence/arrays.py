"""Arrays, made of what a model or a person gave."""

from __future__ import annotations

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
