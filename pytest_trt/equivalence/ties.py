"""Do indices (of argmax, top-k, sorting) differ only where the scores that they were chosen by are equal."""

from __future__ import annotations

import numpy as np

from pytest_trt.equivalence.accumulate import Array, Floats
from pytest_trt.equivalence.measure import Metrics
from pytest_trt.equivalence.tolerance import Tolerance

# The share of the differing indices that ties have to explain.
_SHARE = 0.95
_ROWS = 4096


def tied(
    actual: Array, reference: Array, engine: Array, scores: Array, metrics: Metrics, tolerance: Tolerance
) -> tuple[int, int, float] | None:
    """(ties, differing indices looked at, largest difference of tied scores), or None where ties explain too little.

    actual, reference: indices. engine, scores: the engine's and the reference's scores, with their own tolerance:
    either what the indices are the argmax of, along any axis, or the sorted scores of a top-k along the last axis.
    """
    found = None
    if scores.ndim in (actual.ndim, actual.ndim + 1) and scores.size and engine.shape == scores.shape:
        atol = tolerance.atol * metrics.scale_of_errors
        found = _argmax(actual, reference, scores.astype(np.float64), atol, tolerance.rtol)
        if found is None and scores.shape == actual.shape and actual.ndim:
            found = _sorted(actual, reference, scores.astype(np.float64), atol, tolerance.rtol)
    if found is None or not found[1] or found[0] < _SHARE * found[1]:
        return None
    return found


def _argmax(actual: Array, reference: Array, scores: Floats, atol: float, rtol: float) -> tuple[int, int, float] | None:
    for axis, extent in enumerate(scores.shape):
        kept = (*scores.shape[:axis], 1, *scores.shape[axis + 1 :])
        if actual.shape not in (kept, kept[:axis] + kept[axis + 1 :]):
            continue
        one, two = actual.reshape(kept).astype(np.int64), reference.reshape(kept).astype(np.int64)
        if not ((0 <= one) & (one < extent) & (0 <= two) & (two < extent)).all():
            continue
        chosen, best = (np.take_along_axis(scores, index, axis) for index in (one, two))
        if not (best == scores.max(axis=axis, keepdims=True)).all():
            continue
        differ = one != two
        gap = np.abs(chosen - best)[differ]
        # Each of the two scores may be off by its bound.
        ties = gap <= 2 * (atol + rtol * np.abs(best[differ]))
        return int(np.count_nonzero(ties)), int(np.count_nonzero(differ)), float(gap[ties].max(initial=0.0))
    return None


def _sorted(actual: Array, reference: Array, scores: Floats, atol: float, rtol: float) -> tuple[int, int, float] | None:
    extent = scores.shape[-1]
    one, two = actual.reshape(-1, extent), reference.reshape(-1, extent)
    rows = scores.reshape(-1, extent)
    steps = np.diff(rows, axis=-1)
    if not ((steps <= 0).all() or (steps >= 0).all()):
        return None
    ties = differ = 0
    largest = 0.0
    for row in np.flatnonzero((one != two).any(axis=-1))[:_ROWS]:
        places = {int(index): place for place, index in enumerate(two[row])}
        for place in np.flatnonzero(one[row] != two[row]):
            differ += 1
            # An index that the reference left out can only tie with the last that it kept.
            other = places.get(int(one[row][place]), extent - 1)
            gap = float(abs(rows[row][place] - rows[row][other]))
            if gap <= 2 * (atol + rtol * abs(float(rows[row][place]))):
                ties += 1
                largest = max(largest, gap)
    return ties, differ, largest
