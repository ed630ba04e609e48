"""What an output differs by from its reference: every number that a verdict, a report or a record needs."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from pytest_trt.equivalence.accumulate import Array, Blocks, Scale, Sums
from pytest_trt.equivalence.errors import ReferenceNotFinite, UnsupportedOutput
from pytest_trt.equivalence.layout import matching_layout
from pytest_trt.equivalence.tolerance import Tolerance
from pytest_trt.equivalence.ulp import ulp_distance
from pytest_trt.equivalence.verdict import SCALE_FLOOR, failures, kind

Value = float | int


@dataclasses.dataclass(frozen=True)
class Place:
    """One element. abs, rel (to the reference) and ratio (to the element's bound) are None where they are not finite.

    ulp: values of the engine's dtype between the two; None for integers, and where one of them is not finite.
    ratio is None also where the tolerance is exact.
    """

    index: tuple[int, ...]
    actual: Value
    reference: Value
    abs: Value | None
    rel: float | None
    ulp: int | None
    ratio: float | None

    def as_dict(self) -> dict[str, object]:
        stored = {name: _stored(value) for name, value in vars(self).items()}
        return {**stored, "index": list(self.index)}


@dataclasses.dataclass(frozen=True)
class Metrics:
    """What one output differs by from its reference.

    shape, dtype: the engine's. layout: how the engine's array would have to be rearranged to match a reference of
    another shape, None if no rearrangement does. Where shapes or kinds of dtype differ, all below is None.
    rtol, atol: of the tolerance that out was counted with. out: elements out of it, mask_mismatches among them: NaN
    or Inf on one side only, or Inf of another sign. worst: the largest error as part of its bound, of pairs that
    are finite. needed: see accumulate.Sums. rms: of the reference's finite values. nan, inf: counts.
    Over pairs that are finite: max_abs; max_rel, of references other than 0, None without any; mean_abs; p99_abs, the
    least error that 99 % of them do not exceed; cosine, 1 where both are zero and 0 where one is; snr_db, signal to
    noise, None without noise or signal; bias, the mean of engine - reference; scale, the s that fits
    engine = s * reference best, None for a reference of zeros. None also for what overflows float64.
    """

    shape: tuple[int, ...]
    reference_shape: tuple[int, ...]
    dtype: str
    reference_dtype: str
    size: int
    layout: str | None = None
    rtol: float | None = None
    atol: float | None = None
    out: int | None = None
    mask_mismatches: int | None = None
    nan: int | None = None
    nan_reference: int | None = None
    inf: int | None = None
    inf_reference: int | None = None
    first_out: Place | None = None
    first_mask_mismatch: Place | None = None
    worst: Place | None = None
    needed: float | None = None
    max_abs: float | None = None
    max_rel: float | None = None
    mean_abs: float | None = None
    p99_abs: float | None = None
    cosine: float | None = None
    snr_db: float | None = None
    bias: float | None = None
    scale: float | None = None
    rms: float | None = None

    def as_dict(self) -> dict[str, object]:
        """For JSON: numbers, text, lists and null; NaN and Inf are null."""
        return {
            name: value.as_dict() if isinstance(value, Place) else _stored(value) for name, value in vars(self).items()
        }

    @property
    def scale_of_errors(self) -> float:
        """S: what atol is a share of."""
        return max(self.rms or 0.0, SCALE_FLOOR)


def measure(actual: npt.ArrayLike, reference: npt.ArrayLike, tolerance: Tolerance, name: str = "output") -> Metrics:
    """What actual, an engine's output called name, differs by from reference. Any layout in memory; nothing is copied.

    Raises ReferenceNotFinite for a NaN in the reference (not with tolerance.equal_nan), UnsupportedOutput for dtypes
    other than floats, integers and bools.
    """
    one, two = np.asarray(actual), np.asarray(reference)
    kinds = [_kind(one, name, "engine"), _kind(two, name, "reference")]
    found = Metrics(one.shape, two.shape, one.dtype.name, two.dtype.name, one.size)
    blocks = Blocks(two)
    scale = Scale(blocks, kinds[1] == "float" and two.dtype.itemsize >= 8)
    if scale.nan is not None and not tolerance.equal_nan:
        first = place_text(_index(scale.nan, two.shape))
        raise ReferenceNotFinite(
            f"the reference of {name!r} holds NaN, first at {first}",
            "mend the reference or its inputs; if NaN is meant there, allow it: Tolerance(..., equal_nan=True)",
        )
    if kinds[0] != kinds[1]:
        return found
    if one.shape != two.shape:
        return dataclasses.replace(found, layout=_layout(one, two, tolerance))
    sums = Sums(one, two, tolerance, scale)

    def scaled(value: float) -> float | None:
        return _finite(math.ldexp(value, scale.shift)) if math.isfinite(value) else None

    def place(flat: int | None) -> Place | None:
        return None if flat is None else _place(one, two, _index(flat, one.shape), tolerance, scale)

    finite = max(sums.finite, 1)
    return dataclasses.replace(
        found,
        rtol=tolerance.rtol,
        atol=tolerance.atol,
        out=sums.out,
        mask_mismatches=sums.mismatches,
        nan=sums.nan,
        nan_reference=sums.nan_reference,
        inf=sums.inf,
        inf_reference=sums.inf_reference,
        first_out=place(sums.first_out),
        first_mask_mismatch=place(sums.first_mismatch),
        worst=place(sums.worst),
        needed=_finite(sums.needed),
        max_abs=scaled(sums.largest),
        max_rel=_finite(sums.largest_relative) if sums.squares_reference else None,
        mean_abs=scaled(sums.total / finite),
        p99_abs=scaled(sums.p99),
        cosine=_cosine(sums),
        snr_db=_snr(sums),
        bias=scaled(sums.signed / finite),
        scale=_finite(sums.cross / sums.squares_reference) if sums.squares_reference else None,
        rms=_finite(scale.rms),
    )


def place_text(index: tuple[int, ...]) -> str:
    """An index as one would write it behind an array; "()" for the only element of an array without axes."""
    return f"[{', '.join(map(str, index))}]" if index else "()"


def _layout(one: Array, two: Array, tolerance: Tolerance) -> str | None:
    def same(rearranged: Array) -> bool:
        return not failures(measure(rearranged, two, tolerance).as_dict(), tolerance.as_dict())

    return matching_layout(one, two, same)


def _kind(array: Array, name: str, side: str) -> str:
    found = kind(array.dtype.name)
    if found is None:
        raise UnsupportedOutput(
            f"the {side}'s {name!r} has dtype {array.dtype.name}", "compare floats, integers and bools"
        )
    return found


def _place(one: Array, two: Array, index: tuple[int, ...], tolerance: Tolerance, scale: Scale) -> Place:
    floats = kind(one.dtype.name) == "float"
    actual, reference = (_value(array, index, floats) for array in (one, two))
    error = abs(actual - reference)
    if not math.isfinite(error):
        return Place(index, actual, reference, None, None, None, None)
    bound = tolerance.atol * max(scale.rms, SCALE_FLOOR) + tolerance.rtol * abs(reference)
    return Place(
        index,
        actual,
        reference,
        error,
        _finite(error / abs(reference)) if reference else None,
        ulp_distance(one[index], two[index], one.dtype) if floats else None,
        None if tolerance.exact else _finite(error / bound) if bound else None if error else 0.0,
    )


def _value(array: Array, index: tuple[int, ...], floats: bool) -> Value:
    return float(array[index]) if floats else int(array[index])


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(place) for place in np.unravel_index(flat, shape))


def _cosine(sums: Sums) -> float | None:
    one, two = sums.squares, sums.squares_reference
    if not sums.squares_error:
        return 1.0
    if not one or not two:
        return 0.0
    if not math.isfinite(one) or not math.isfinite(sums.cross):
        return None
    return max(-1.0, min(1.0, sums.cross / math.sqrt(one) / math.sqrt(two)))


def _snr(sums: Sums) -> float | None:
    if not sums.squares_error or not sums.squares_reference or not math.isfinite(sums.squares_error):
        return None
    return 10 * (math.log10(sums.squares_reference) - math.log10(sums.squares_error))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _stored(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return _finite(value) if isinstance(value, float) else value
