"""What may have gone wrong, from the arrays themselves: each finder knows one fault and says why it thinks so.

A finder returns None where its fault does not explain nearly all of the difference.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pytest_trt.equivalence.accumulate import Array, Flags, Floats
from pytest_trt.equivalence.layout import matching_layout
from pytest_trt.equivalence.measure import Metrics
from pytest_trt.equivalence.sample import Places, Sample, places_out
from pytest_trt.equivalence.ties import tied
from pytest_trt.equivalence.tolerance import Tolerance
from pytest_trt.equivalence.verdict import failures, kind

HALF_MAX = 65504.0
# From here on rounding to FP16 gives Inf.
_HALF_INF = 65520.0
# Once in a thousand times.
_CHANCE = math.log(1000)
# The part of an error's mean square that a cause may leave unexplained.
_REST = 0.05
_SCALES = {255.0: "255", 1 / 255: "1/255", 127.5: "127.5", 1 / 127.5: "1/127.5", 256.0: "256", 1 / 256: "1/256"}


@dataclasses.dataclass(frozen=True)
class Hint:
    """what: the probable cause and what to do about it. why: what was seen. weight: how sure, 0 to 1."""

    what: str
    why: str
    weight: float
    output: str = ""


def find(
    arrays: Mapping[str, tuple[Array, Array]], measured: Mapping[str, tuple[Metrics, Tolerance]], most: int = 3
) -> list[Hint]:
    """The most probable causes, surest first. arrays: output name -> engine's, reference's, as they were measured."""
    hints: list[Hint] = []
    for name, (actual, reference) in arrays.items():
        metrics, tolerance = measured[name]
        if not failures(metrics.as_dict(), tolerance.as_dict()):
            continue
        if metrics.layout is not None:
            hints.append(_layout_hint(metrics.layout, name))
        if metrics.out is None:
            continue
        with np.errstate(all="ignore"):
            found = [
                *_of_one(np.atleast_1d(actual), np.atleast_1d(reference), metrics, tolerance),
                tie(name, arrays, measured),
            ]
        hints.extend(dataclasses.replace(hint, output=name) for hint in found if hint is not None)
    return sorted(hints, key=lambda hint: -hint.weight)[:most]


def _of_one(actual: Array, reference: Array, metrics: Metrics, tolerance: Tolerance) -> list[Hint | None]:
    whole = overflow(actual, reference)
    still = constant(actual, reference)
    if still is not None:
        return [still]
    sample = Sample(actual, reference, metrics, tolerance)
    found = [whole, permuted(sample), shifted(sample)]
    if kind(metrics.dtype) == "float":
        linear = affine(sample)
        found += [linear, channel_offset(sample) if linear is None else None]
    return [*found, single_index(places_out(actual, reference, metrics, tolerance), actual.shape)]


def overflow(actual: Array, reference: Array) -> Hint | None:
    """FP16 ends at 65504: what is larger becomes Inf or is held there, and Inf - Inf and 0 * Inf become NaN."""
    if kind(actual.dtype.name) != "float":
        return None
    broken = ~np.isfinite(actual) & np.isfinite(reference)
    cure = "keep the layers that lead there in FP32, scale the model, or use BF16"
    if not broken.any():
        with np.errstate(over="ignore"):
            held = (np.abs(actual) == HALF_MAX) & (np.abs(reference) >= _HALF_INF) & np.isfinite(reference)
        if not held.any():
            return None
        why = f"{_elements(held)} held at 65504, FP16's largest, where the reference is beyond it"
        return Hint(f"FP16 overflow; {cure}", why, 0.95)
    largest = float(np.max(np.abs(reference[broken].astype(np.float64))))
    why = f"{_elements(broken)} NaN or Inf where the reference is finite, at most {largest:.6g}"
    if largest >= _HALF_INF:
        return Hint(f"FP16 overflow; {cure}", f"{why}; FP16 ends at 65504", 0.99)
    if largest >= HALF_MAX / 64:
        return Hint(f"FP16 overflow of an intermediate value; {cure}", f"{why}; FP16 ends at 65504", 0.8)
    what = "an intermediate value overflows; FP16 overflow begins at 65504, for squares, sums and exponentials too"
    return Hint(f"{what}; {cure}", why, 0.5)


def _elements(flags: Flags) -> str:
    count = np.count_nonzero(flags)
    return f"{count:,} element{' is' if count == 1 else 's are'}"


def constant(actual: Array, reference: Array) -> Hint | None:
    """The engine writes nothing, or stops writing part of the way along the first axis."""
    if actual.size < 2 or (reference == reference.flat[0]).all():
        return None
    first = actual.flat[0]
    if (actual == first).all():
        what = "the output was never written, was read before the engine had finished, or its input is constant"
        return Hint(what, f"the engine gives {float(first):.6g} everywhere, the reference does not", 0.97)
    if actual.ndim < 2:
        return None
    rows = actual.astype(bool).any(axis=tuple(range(1, actual.ndim)))
    last = int(np.flatnonzero(rows)[-1])
    if last + 1 < actual.shape[0] and reference[last + 1 :].astype(bool).any():
        what = "only a part of the batch is computed or copied; compare the batch size with the input's shape"
        return Hint(what, f"the engine gives zeros from index {last + 1} of axis 0 on, the reference does not", 0.93)
    return None


def permuted(sample: Sample) -> Hint | None:
    """The reference in another layout of the same shape."""
    square = sample.square()

    def same(rearranged: Array) -> bool:
        error = rearranged[sample.places].astype(np.float64) - sample.two
        return float(np.mean(error[sample.finite] ** 2)) <= _REST * square

    if not square:
        return None
    found = matching_layout(sample.actual, sample.reference, same)
    return None if found is None else _layout_hint(found)


def _layout_hint(call: str, output: str = "") -> Hint:
    what = "the layout is permuted; the model or its input is NCHW on one side and NHWC on the other, or the like"
    return Hint(what, f"engine.{call} matches the reference", 0.98, output)


def shifted(sample: Sample) -> Hint | None:
    """The reference's values one index further along an axis."""
    # A few elements that are out may leave with the edge that the shift cuts off.
    if np.count_nonzero(sample.out) < max(8, 0.05 * sample.out.size):
        return None
    for axis, extent in enumerate(sample.actual.shape):
        if extent < 4:
            continue
        for step in (1, -1):
            moved = sample.places[axis] + step
            inside = (moved >= 0) & (moved < extent) & sample.finite
            places = tuple(moved[inside] if at == axis else index[inside] for at, index in enumerate(sample.places))
            with np.errstate(all="ignore"):
                error = sample.actual[places].astype(np.float64) - sample.two[inside]
                before = float(np.mean(sample.error[inside] ** 2)) if error.size > 8 else 0.0
                near = before > 0 and float(np.mean(error**2)) <= _REST * before
            if near:
                where = "later" if step == 1 else "earlier"
                return Hint(
                    "a shift by one; look at padding, at the offset of a slice, and at time steps",
                    f"the engine gives the reference's values one index {where} along axis {axis}",
                    0.9,
                )
    return None


def affine(sample: Sample) -> Hint | None:
    """The engine is s * reference + b."""
    one, two = sample.one[sample.finite], sample.two[sample.finite]
    square = sample.square()
    if one.size < 8 or not square:
        return None
    with np.errstate(all="ignore"):
        spread = float(np.var(two))
        slope = float(np.mean((one - one.mean()) * (two - two.mean()))) / spread if spread else 1.0
        offset = float(one.mean() - slope * two.mean())
        rest = float(np.mean((one - slope * two - offset) ** 2))
        unscaled = float(np.var(one - two))
        # Nor may much of the engine be left over: noise that has nothing to do with the reference has a slope of 0.
        if not rest <= _REST * (min(square, float(np.var(one))) if spread else square):
            return None
        if unscaled <= _REST * square:
            return Hint(
                "a constant offset; one side lacks a bias, or the mean of the input's normalisation",
                f"engine = reference {_term(offset)} explains {_share(rest, square)} of the error",
                0.9,
            )
        alone = float(np.mean((one - slope * two) ** 2)) <= 2 * rest + 1e-3 * square
    name = next((name for value, name in _SCALES.items() if abs(slope / value - 1) < 0.02), f"{slope:.5g}")
    by = f"a scale of {name}" if alone else f"a scale of {name} and an offset of {offset:.4g}"
    fit = f"engine = {name} * reference" + ("" if alone else f" {_term(offset)}")
    return Hint(
        f"{by}; normalisation (1/255, mean, standard deviation) or a scale is missing on one side",
        f"{fit} explains {_share(rest, square)} of the error",
        0.9 if name != f"{slope:.5g}" or abs(slope - 1) > 0.2 else 0.75,
    )


def _share(rest: float, square: float) -> str:
    """How much of the error is explained."""
    return f"{100 - 100 * max(rest, 0) / square:.3g} %"


def _term(offset: float) -> str:
    return f"{'-' if offset < 0 else '+'} {abs(offset):.4g}"


def channel_offset(sample: Sample) -> Hint | None:
    """The error is one number for each index of an axis."""
    square = sample.square()
    if not square:
        return None
    best: tuple[float, int] | None = None
    for axis, extent in enumerate(sample.actual.shape):
        if 2 <= extent <= sample.error.size // 8:
            means, counts = _means(sample, axis)
            rest = square - float(np.sum(counts * means**2)) / sample.error.size
            # The mean of pure noise over c elements would explain 1/c of it.
            if rest <= _REST * square and (best is None or extent < sample.actual.shape[best[1]]):
                best = rest, axis
    if best is None:
        return None
    rest, axis = best
    means, _ = _means(sample, axis)
    largest = float(np.max(np.abs(means)))
    channels = np.flatnonzero(np.abs(means) > 0.05 * largest)
    order = channels[np.argsort(-np.abs(means[channels]), kind="stable")][:3]
    examples = ", ".join(f"{means[at]:+.4g} at index {at}" for at in order)
    return Hint(
        f"an offset for each index of axis {axis}; a bias along that axis is dropped or added twice",
        f"an offset at {len(channels):,} of {len(means):,} indices explains {_share(rest, square)}"
        f" of the error; largest {examples}",
        0.92,
    )


def _means(sample: Sample, axis: int) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Mean error and number of elements at each index of an axis."""
    extent = sample.actual.shape[axis]
    index = sample.places[axis][sample.finite]
    counts = np.bincount(index, minlength=extent)
    sums = np.bincount(index, sample.error[sample.finite], minlength=extent)
    return sums / np.maximum(counts, 1), counts


def single_index(places: Places, shape: tuple[int, ...]) -> Hint | None:
    """All that is out has one index along an axis, more often than chance would have it."""
    found = []
    for axis, (index, extent) in enumerate(zip(places, shape)):
        if extent >= 3 and index.size and (index == index[0]).all() and (index.size - 1) * math.log(extent) > _CHANCE:
            found.append(f"index {index[0]} of axis {axis}")
    if not found or len(found) == len(shape):
        return None
    return Hint(
        f"a single channel, row or item is wrong; look at what the model does only for {' and '.join(found)}",
        f"all elements that are out have {' and '.join(found)}",
        0.7,
    )


def tie(
    name: str, arrays: Mapping[str, tuple[Array, Array]], measured: Mapping[str, tuple[Metrics, Tolerance]]
) -> Hint | None:
    """Indices that differ only where another output scores both alike: argmax, top-k and sorting may choose either."""
    actual, reference = arrays[name]
    if actual.dtype.kind not in "iu":
        return None
    for other, (engine_scores, scores) in arrays.items():
        metrics, tolerance = measured[other]
        if kind(metrics.dtype) != "float" or metrics.out is None:
            continue
        found = tied(actual, reference, engine_scores, scores, metrics, tolerance)
        if found is not None:
            share, differ, gap = found
            return Hint(
                "a tie; compare the scores rather than the indices, or allow a bad_fraction here",
                f"at {share:,} of {differ:,} indices that differ, {other!a} has scores at most {gap:.3g} apart for"
                " both choices, within its tolerance",
                0.96,
            )
    return None
