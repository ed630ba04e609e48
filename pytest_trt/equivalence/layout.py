"""Is an engine's output the reference in another layout: axes permuted, or the memory of another shape."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]

# 120 permutations; arrays of more axes are not tried.
_AXES = 5
_SAMPLE = 512


def matching_layout(actual: Array, reference: Array, same: Callable[[Array], bool]) -> str | None:
    """The call on the engine's array ("transpose(0, 2, 3, 1)") with which it is the reference; None if none is.

    same(rearranged): does an array of the reference's shape pass. It is asked only where a sample is near enough, of
    several that pass the first is taken: a transposition before a change of shape.
    """
    if actual.size != reference.size or actual.size < 2:
        return None
    for text, rearranged in _candidates(actual, reference.shape):
        if _near(rearranged, reference) and same(rearranged):
            return text
    return None


def _candidates(actual: Array, shape: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    """Views of actual in this shape, each with its text; actual itself is none of them."""
    axes = len(shape)
    if actual.ndim == axes <= _AXES:
        for order in itertools.permutations(range(axes)):
            if tuple(actual.shape[axis] for axis in order) == shape and _moves(order, shape):
                yield f"transpose{_call(order)}", actual.transpose(order)
    if actual.shape != shape:
        yield f"reshape{_call(shape)}", actual.reshape(shape)
    if axes <= _AXES:
        for order in itertools.permutations(range(axes)):
            # The memory of a reference whose axes are in this order, under any name of its shape.
            stored = tuple(shape[axis] for axis in order)
            back = tuple(order.index(axis) for axis in range(axes))
            if _moves(order, shape):
                change = "" if stored == actual.shape else f"reshape{_call(stored)}."
                if change:
                    yield f"{change}transpose{_call(back)}", actual.reshape(stored).transpose(back)


def _moves(order: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Axes of one element may stand anywhere without a change in memory."""
    long = [axis for axis in order if shape[axis] > 1]
    return long != sorted(long)


def _near(one: Array, two: Array) -> bool:
    """Is the cosine of a sample of both at least 0.9: what fails that is not the same array."""
    flat = np.random.default_rng(0).integers(0, two.size, min(_SAMPLE, two.size))
    places = np.unravel_index(flat, two.shape)
    with np.errstate(all="ignore"):
        left, right = (np.nan_to_num(array[places].astype(np.float64)) for array in (one, two))
        lengths = math.sqrt(float(left @ left) * float(right @ right))
        return not lengths or not math.isfinite(lengths) or float(left @ right) >= 0.9 * lengths


def _call(numbers: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, numbers))})"
