"""Places of an output to look at for the cause of a difference: all of a small array, a random few of a large one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_trt.equivalence.accumulate import BLOCK, Array, Blocks, Flags, Floats
from pytest_trt.equivalence.measure import Metrics
from pytest_trt.equivalence.tolerance import Tolerance

Places = tuple[npt.NDArray[np.intp], ...]

_MOST = 1 << 16


class Sample:
    """places: one index array an axis. one, two: engine and reference there, in float64. finite: both are.

    bound: how far apart they may be. out: finite, and further apart.
    """

    def __init__(self, actual: Array, reference: Array, metrics: Metrics, tolerance: Tolerance) -> None:
        flat = np.arange(actual.size)
        if actual.size > _MOST:
            flat = np.random.default_rng(0).integers(0, actual.size, _MOST)
        self.actual, self.reference = actual, reference
        self.places: Places = np.unravel_index(flat, actual.shape)
        self.one = actual[self.places].astype(np.float64)
        self.two = reference[self.places].astype(np.float64)
        self.finite: Flags = np.isfinite(self.one) & np.isfinite(self.two)
        with np.errstate(all="ignore"):
            self.error: Floats = np.where(self.finite, self.one - self.two, 0.0)
            self.bound = tolerance.atol * metrics.scale_of_errors + tolerance.rtol * np.abs(self.two)
            self.out: Flags = np.abs(self.error) > self.bound

    def square(self) -> float:
        """Mean square of the error."""
        with np.errstate(over="ignore"):
            return float(np.mean(self.error**2)) if self.error.size else 0.0


def places_out(actual: Array, reference: Array, metrics: Metrics, tolerance: Tolerance) -> Places:
    """Where elements are out of tolerance: all of them, or some 65,536 from all over the array."""
    one, two = Blocks(actual), Blocks(reference)
    buffers = np.empty((2, min(BLOCK, actual.size)))
    found: list[npt.NDArray[np.intp]] = []
    held = 0
    with np.errstate(all="ignore"):
        for block in one.spread():
            left, right = one.read(block, buffers[0]), two.read(block, buffers[1])
            bound = tolerance.atol * metrics.scale_of_errors + tolerance.rtol * np.abs(right)
            within = (np.abs(left - right) <= bound) & np.isfinite(right) | (left == right)
            if tolerance.equal_nan:
                within |= np.isnan(left) & np.isnan(right)
            places = np.flatnonzero(~within) + block * BLOCK
            found.append(places)
            held += places.size
            if held > _MOST:
                break
    return np.unravel_index(np.concatenate(found or [np.zeros(0, np.intp)]), actual.shape)
